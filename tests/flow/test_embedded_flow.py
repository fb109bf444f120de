"""The life of one edit in embedded mode, with nothing faked between the browser and the pixels but the engine.

Real rooms, SQLite, files, Dramatiq's threads and render processes. The flat engine keeps it quick; the last test has
the real one.
"""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import OpenEXR
import psutil
import pytest
from PIL import Image

from collab.config import CollabConfig
from collab.flow import Flow, run_flow
from collab.flow_config import FlowConfig
from collab.rooms import Rooms
from collab.schema import FIRST_SLOT
from render.config import FarmConfig
from render.embedded import open_farm
from render.queue import Farm
from render.spec import TIER_SIZE_PX
from store.opening import Stores
from tests.collab.flow.house import DOC, ENV, change, make, open_shelves, state, value
from tests.collab.sync.client import Client, connected
from tests.helpers.waiting import wait_until
from tests.render.farm.conftest import QUICK as QUICK_FARM

FLOW = FlowConfig(quiet_s=0.3, heal_pause_s=0.001)
PLACE = f"{ENV}/{FIRST_SLOT}"


@dataclass
class House:
    stores: Stores
    rooms: Rooms
    farm: Farm
    flow: Flow


@asynccontextmanager
async def embedded(
    stores: Stores, farm_config: FarmConfig = QUICK_FARM, flow: FlowConfig = FLOW, node: str = "node-1"
) -> AsyncIterator[House]:
    async with open_farm(stores, farm_config, embedded=True) as farm:
        rooms = Rooms(stores.log, None, CollabConfig(), node)
        try:
            async with run_flow(rooms, farm, stores, node=node, config=flow) as running:
                yield House(stores, rooms, farm, running)
        finally:
            await rooms.close(2.0)


def slot(client: Client, name: str = FIRST_SLOT) -> dict[str, Any]:
    """What this person's own copy of the document says of a slot."""
    node = client.root.get(ENV)
    found = node["renders"].get(name) if node is not None else None
    return found or {}


def preview(client: Client) -> dict[str, Any]:
    """The preview this person sees."""
    farms = [said["farm"] for _, said in client.presence.values() if "farm" in said]
    return farms[0]["previews"].get(PLACE, {}) if farms else {}


def turn(client: Client, **parameters: Any) -> None:
    """A hand on the sliders, in this person's browser."""
    with client.doc.transaction():
        for name, to in parameters.items():
            client.root[ENV]["parameters"][name] = to


async def test_R1_F1_an_edit_in_one_browser_is_previewed_and_then_settled_in_the_other(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores, embedded(stores) as house, house.rooms.use(DOC) as room:
        make(room, quality="low")
        async with connected(room) as ana, connected(room) as ben:
            await wait_until(lambda: slot(ben).get("state") == "done", 60, "the first picture")
            first = slot(ben)

            turn(ana, time_of_day=18.0)
            await wait_until(lambda: preview(ben), 30, "ben sees ana's preview")
            assert slot(ben).get("image") == first["image"], "nothing goes blank meanwhile"
            turn(ana, time_of_day=19.0)
            await wait_until(lambda: slot(ben)["digest"] != first["digest"], 60, "the new picture")
            await wait_until(lambda: slot(ana) == slot(ben) and not preview(ben))

        result = value(room)
        with Image.open(io.BytesIO(await stores.objects.get(result["image"]))) as picture:
            assert (picture.format, picture.size) == ("PNG", TIER_SIZE_PX["low"])
            assert picture.getpixel((5, 300)) == (7, 190, 100), "the flat engine paints seed and hour: 19 o'clock"
        depth = OpenEXR.File(io.BytesIO(await stores.objects.get(result["depth"]))).channels()["Z"].pixels
        assert (depth.shape, str(depth.dtype)) == (TIER_SIZE_PX["low"][::-1], "float32")


async def test_F2_a_killed_render_process_costs_a_moment_and_no_picture(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores, embedded(stores) as house, house.rooms.use(DOC) as room:
        make(room, quality="low")
        await wait_until(lambda: state(room) == "done", 60)
        children = _children(os.getpid())
        assert children

        for child in children:
            os.kill(child, signal.SIGKILL)
        change(room, time_of_day=3.0)

        await wait_until(lambda: state(room) == "queued", 10)
        await wait_until(lambda: state(room) == "done", 60)
        await room.saved()
        rows = await stores.log.history(DOC, limit=100, before=None)
        attached = [row.origin for row in rows if row.origin.startswith("attach:job")]
        assert len(attached) == len(set(attached)) == 2, "each picture was attached exactly once"


async def test_F2_edits_a_server_did_not_live_to_render_are_rendered_by_the_next(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores:
        async with embedded(stores, flow=replace(FLOW, quiet_s=60.0)) as house, house.rooms.use(DOC) as room:
            make(room, quality="low")
            await room.saved()
        async with embedded(stores, node="node-2") as house, house.rooms.use(DOC) as room:
            await wait_until(lambda: state(room) == "done", 60)


async def test_F1_a_long_drag_shows_previews_on_the_way_and_renders_once(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores, embedded(stores) as house, house.rooms.use(DOC) as room:
        make(room, quality="low")
        await wait_until(lambda: state(room) == "done", 60)
        async with connected(room) as ana:
            await wait_until(lambda: slot(ana).get("state") == "done")
            first = slot(ana)["digest"]
            seen: set[str] = set()
            for step in range(400):
                turn(ana, time_of_day=(6.0 + step / 4) % 24)
                seen |= {preview(ana).get("digest", "")} - {""}
                if step >= 40 and len(seen) >= 2:
                    break
                await asyncio.sleep(0.03)  # a hand's own rhythm, not a wait for anything
            await wait_until(lambda: slot(ana).get("state") == "done" and slot(ana)["digest"] != first, 60)

        jobs = await stores.ledger.list_jobs(DOC.project, limit=500)
        assert len(seen) >= 2, "the hand saw pictures while it moved"
        settled = [job for job in jobs if job.lane == "settled"]
        assert len(settled) == 2, "one when it was made, one when the hand rested"


@pytest.mark.timeout(300)
async def test_E1_the_real_engine_paints_a_valley(tmp_path: Path) -> None:
    real = FarmConfig(embedded_drain_s=1.0)
    async with open_shelves(tmp_path) as stores, embedded(stores, real) as house, house.rooms.use(DOC) as room:
        make(room, quality="low", parameters={"archetype": "alpine", "seed": 7, "time_of_day": 17.5})
        async with connected(room) as ana:
            await wait_until(lambda: slot(ana).get("state") in ("done", "failed"), 240, "the real picture")
            assert slot(ana)["state"] == "done", slot(ana).get("error")
            turn(ana, time_of_day=18.5)
            await wait_until(lambda: preview(ana), 60, "a preview of the real engine")

        with Image.open(io.BytesIO(await stores.objects.get(value(room)["image"]))) as picture:
            assert picture.size == TIER_SIZE_PX["low"]
            low, high = picture.convert("L").getextrema()
            assert high - low > 60, "a valley has light and shade"


def _children(parent: int) -> list[int]:
    """The render processes of this process."""
    return [
        child.pid for child in psutil.Process(parent).children(recursive=True) if "render.child" in child.cmdline()
    ]
