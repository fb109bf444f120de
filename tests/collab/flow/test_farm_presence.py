"""What people see of the farm at work, in their own presence map."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from collab.attach import AT_ONCE
from collab.schema import FIRST_SLOT
from tests.collab.flow.house import (
    DOC,
    ENV,
    QUICK,
    SLOW_TO_SETTLE,
    change,
    make,
    open_house,
    open_node,
    open_shelves,
    state,
    value,
)
from tests.collab.sync.client import Client, connected
from tests.helpers.waiting import wait_until

PLACE = f"{ENV}/{FIRST_SLOT}"


def farm(client: Client) -> dict[str, Any]:
    """The farm as this client sees it."""
    found = [said["farm"] for _, said in client.presence.values() if "farm" in said]
    assert len(found) <= 1
    return found[0] if found else {"jobs": {}, "previews": {}}


async def test_progress_is_shown_while_it_lasts_and_nothing_after(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await wait_until(lambda: state(room) == "queued", what="asked for before anybody looks, so without a preview")
        async with connected(room) as ana:
            job = await node.painter.claim()
            await node.painter.progress(job, 0.4567, "building the land")
            await wait_until(lambda: farm(ana)["jobs"].get(job.id, {}).get("progress") == 0.457)

            assert farm(ana)["jobs"][job.id] == {
                "environment": ENV, "slot": FIRST_SLOT, "lane": "settled", "state": "running", "progress": 0.457,
                "phase": "building the land",
            }  # fmt: skip

            await node.painter.finish(job)
            await wait_until(lambda: not ana.presence, what="the farm's state is gone")


async def test_a_preview_reaches_everybody_and_leaves_when_the_settled_picture_comes(tmp_path: Path) -> None:
    async with open_house(tmp_path, replace(QUICK, quiet_s=0.5)) as node:
        room = await node.room()
        make(room)
        async with connected(room) as ana, connected(room) as ben:
            change(room, time_of_day=18.0)
            job = await node.painter.claim("preview")
            small = {"image": "a" * 64, "width": 256, "height": 144}
            await node.painter.progress(job, 0.2, "light", result=small)
            await wait_until(lambda: farm(ben)["previews"].get(PLACE, {}).get("width") == 256)
            result = await node.painter.finish(job)
            await wait_until(lambda: farm(ben)["previews"].get(PLACE, {}).get("width") == 512)
            assert farm(ben)["previews"][PLACE]["image"] == result["image"]
            assert farm(ben)["previews"][PLACE]["digest"] == job.digest
            assert value(room).get("image") is None, "a preview is never written into the document"

            await node.painter.paint()

            await wait_until(lambda: not farm(ana)["previews"] and not farm(ben)["previews"])
            await wait_until(lambda: state(room) == "done")


async def test_a_preview_stays_until_the_settled_picture_stands_in_the_document(tmp_path: Path) -> None:
    async with open_house(tmp_path, replace(QUICK, quiet_s=0.2)) as node:
        room = await node.room()
        make(room)
        async with connected(room) as ana:
            change(room, time_of_day=18.0)
            await node.painter.paint("preview")
            await wait_until(lambda: PLACE in farm(ana)["previews"])
            job = await node.painter.claim()
            await wait_until(lambda: job.id in farm(ana)["jobs"])
            places = node.flow.attacher._places
            for _ in range(AT_ONCE):
                await places.acquire()

            await node.painter.finish(job)
            await wait_until(lambda: job.id not in farm(ana)["jobs"], what="everybody knows that the job is done")

            assert PLACE in farm(ana)["previews"], "people would see the picture of before for a moment"
            for _ in range(AT_ONCE):
                places.release()
            await wait_until(lambda: not farm(ana)["previews"])
            assert state(room) == "done"


async def test_F1_an_older_preview_never_replaces_a_newer_one(tmp_path: Path) -> None:
    async with open_house(tmp_path, SLOW_TO_SETTLE) as node:
        room = await node.room()
        make(room)
        async with connected(room) as ana:
            change(room, time_of_day=10.0)
            old = await node.painter.claim("preview")
            await node.painter.progress(old, 0.1, "", result={"image": "a" * 64, "width": 256, "height": 144})
            change(room, time_of_day=11.0)
            new = await node.painter.paint("preview")
            await wait_until(lambda: farm(ana)["previews"].get(PLACE, {}).get("digest") == new.digest)

            await node.painter.progress(old, 0.9, "", result={"image": "b" * 64, "width": 512, "height": 288})
            await node.painter.progress(old, 0.95, "late word")
            await wait_until(lambda: farm(ana)["jobs"].get(old.id, {}).get("phase") == "late word")

            assert farm(ana)["previews"][PLACE]["digest"] == new.digest


async def test_F5_a_preview_known_before_shows_on_every_node_without_a_job(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores, open_node(stores, SLOW_TO_SETTLE) as one, open_node(
        stores, SLOW_TO_SETTLE, "node-2"
    ) as two:
        here, there = await one.room(), await two.room()
        make(here)
        async with connected(here), connected(there) as ben:
            change(here, time_of_day=10.0)
            first = await one.painter.paint("preview")
            change(here, time_of_day=11.0)
            second = await one.painter.paint("preview")
            await wait_until(lambda: farm(ben)["previews"].get(PLACE, {}).get("digest") == second.digest)

            change(here, time_of_day=10.0)

            await wait_until(lambda: farm(ben)["previews"][PLACE]["digest"] == first.digest)
            assert len(await one.jobs("preview")) == 2


async def test_F5_an_undo_takes_the_preview_away_with_the_known_picture(tmp_path: Path) -> None:
    async with open_house(tmp_path, replace(QUICK, quiet_s=0.2)) as node:
        room = await node.room()
        make(room)
        await node.painter.paint()
        await wait_until(lambda: state(room) == "done")
        async with connected(room) as ana:
            change(room, haze=0.9)
            await node.painter.paint("preview")
            await wait_until(lambda: PLACE in farm(ana)["previews"])

            change(room, haze=None)

            await wait_until(lambda: not farm(ana)["previews"])
            assert state(room) == "done"


async def test_a_room_that_opens_late_shows_what_is_under_way(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores:
        async with open_node(stores) as node:
            make(await node.room())
            job = await node.painter.claim()
            await stores.ledger.beat(job.id, job.fence, lease_s=60, now=1.0, progress=0.5, phase="shading")
        async with open_node(stores) as node, connected(await node.room()) as ana:
            await wait_until(lambda: job.id in farm(ana)["jobs"])

            assert farm(ana)["jobs"][job.id]["progress"] == 0.5
            assert farm(ana)["jobs"][job.id]["phase"] == "shading"

            await node.painter.finish(job)
            await wait_until(lambda: not farm(ana)["jobs"])


async def test_words_that_come_late_leave_no_ghost(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await wait_until(lambda: state(room) == "queued", what="asked for before anybody looks, so without a preview")
        async with connected(room) as ana:
            job = await node.painter.claim()
            await wait_until(lambda: farm(ana)["jobs"].get(job.id, {}).get("state") == "running")
            await node.painter._say("queued", job)
            await node.painter.progress(job, 0.5, "shading")
            await wait_until(lambda: farm(ana)["jobs"].get(job.id, {}).get("phase") == "shading")
            assert farm(ana)["jobs"][job.id]["state"] == "running"

            await node.painter.finish(job)
            await node.painter._say("queued", job)
            await node.painter.progress(job, 0.9, "shading")
            await wait_until(lambda: not ana.presence)
            make(room, "env_next", parameters={"seed": 8})
            await wait_until(lambda: farm(ana)["jobs"])

            assert job.id not in farm(ana)["jobs"]


async def test_presence_stays_small_however_long_the_queue(tmp_path: Path) -> None:
    async with open_house(tmp_path, replace(QUICK, shown_jobs=5)) as node:
        room = await node.room()
        for number in range(12):
            make(room, f"env_{number:02}", parameters={"seed": number})

        async def all_queued() -> bool:
            return len(await node.jobs()) == 12

        await wait_until(all_queued)
        async with connected(room) as ana:
            job = await node.painter.claim()
            await wait_until(lambda: farm(ana)["jobs"].get(job.id, {}).get("state") == "running")

            assert len(farm(ana)["jobs"]) == 5


async def test_R5_a_room_that_is_not_open_shows_nothing_and_keeps_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        assert list(node.flow.presence._boards) == [DOC]

        node.flow.presence.unwatch(room)
        job = await node.painter.claim()
        await node.painter.progress(job, 0.5, "x")

        assert not node.flow.presence._boards
