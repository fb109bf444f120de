"""Whatever a client writes into the tree, the flow goes on: a seeded storm of garbage beside an honest environment."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Array, Map, Text

from collab.document import EnvironmentsDoc
from collab.planning import plan, slots_of
from collab.schema import FIRST_SLOT
from render.errors import SpecError
from render.scene import BY_NAME
from tests.collab.flow.house import ANA, Painter, change, make, open_house, state
from tests.helpers.waiting import wait_until

NAMES = [
    "name", "description", "location_type", "quality", "created_by", "created_at", "archived_at", "parameters",
    "style", "cameras", "variations", "renders", "scenes", "tags", "\u0000", "x" * 300, "__proto__",
]  # fmt: skip
KEYS = [
    *BY_NAME, "medium", "pano", "base/medium", "base/pano", FIRST_SLOT, "v1", "v1/medium", "/", "", "kind", "overrides",
    "position_m", "look_at_m", "sensor_mm", "focal_mm", "state", "digest", "image", "wanted", "a/b/c", "é山",
]  # fmt: skip


def garbage(dice: random.Random, depth: int = 0) -> Any:
    """Some value a client could put anywhere."""
    leaf = dice.choice([
        None, True, 0, -1, 7.5, 1e308, float("nan"), float("inf"), 2**60, "", "alpine", "custom", "queued", "done",
        "x" * 5000, "a" * 64, b"\xff\x00", [], [1, 2, 3], [0.0, 0.0, 0.0], {},
    ])  # fmt: skip
    if depth > 3 or dice.random() < 0.5:
        return leaf
    inner = {dice.choice(KEYS): garbage(dice, depth + 1) for _ in range(dice.randrange(4))}
    return dice.choice([inner, Map(plain(inner)), Array([1, "a"]), Text("text")]) if depth < 2 else plain(inner)


def plain(value: Any) -> Any:
    """Without shared types, which may not stand inside JSON values."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return "shared" if isinstance(value, Map | Array | Text) else value


@pytest.mark.parametrize("seed", range(8))
async def test_R3_garbage_in_one_environment_never_stops_another(
    tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    dice = random.Random(seed)
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room, "env_honest")

        def storm(doc: Any) -> None:
            environments = doc.get("environments", type=Map)
            for number in range(40):
                key = dice.choice([f"env_{number}", f"env {number}/", ""])
                environments[key] = garbage(dice) if dice.random() < 0.2 else Map()
                if isinstance(environments[key], Map):
                    for _ in range(dice.randrange(6)):
                        environments[key][dice.choice(NAMES)] = garbage(dice)

        room.edit(ANA, storm)
        change(room, environment="env_honest", haze=0.7)
        tree = EnvironmentsDoc(room.doc)
        for view in tree.views():
            view.to_json()
            for slot in slots_of(view):
                with contextlib.suppress(SpecError):
                    plan(view, slot).digest()
        enough = asyncio.Event()
        painting = asyncio.create_task(paint_until(node.painter, enough))

        await wait_until(lambda: state(room, environment="env_honest") == "done")
        await wait_until(lambda: not node.flow.triggers._works, what="nothing goes round and round")

        enough.set()
        await painting
        assert "trigger.failed" not in caplog.text
        assert "attach.event_dropped" not in caplog.text


async def paint_until(painter: Painter, enough: asyncio.Event) -> None:
    """Finish what is claimed until told that it is enough; never cut off inside a database call."""
    while not enough.is_set():
        job = await painter.stores.ledger.claim(lane="settled", worker="painter", lease_s=60, now=time.time())
        if job is not None:
            await painter.finish(job)
        else:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(enough.wait(), 0.02)
