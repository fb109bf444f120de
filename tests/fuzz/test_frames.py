"""Mutated bytes and malformed frames thrown at rooms in which honest people go on working; and what once did harm.

20,000 inputs here and in `test_structures.py`, `CYCLORAMA_FUZZ=200000` for a long night.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from collab import codec
from tests.collab.sync.client import connected, doc_id, person, rooms_over
from tests.collab.sync.memory_log import MemoryLog
from tests.fuzz.running import INPUTS, PER_ROUND, assert_flat, play
from tests.helpers.waiting import wait_until

SHARDS = 4
EACH = INPUTS // 2 // SHARDS
CRASHERS = [
    "0101070004010174036162ff00",
    "01010900c40715070104636fe26300",
    "0201050028010c656e7669726f6e6d656e74730161017e01050028010c656e7669726f6e6d656e74730162017e00",
]
"""Updates that once killed the process that applied them."""
REGRESSIONS = [
    line.split() for line in Path(__file__).with_name("regressions.txt").read_text().splitlines() if line[:1] not in "#"
]
"""A kind of document, and the frames that once did harm in it."""


@pytest.mark.timeout(max(180, EACH // 10))
@pytest.mark.parametrize("shard", range(SHARDS))
def test_R3_mutated_frames_harm_nobody_but_their_sender(shard: int, tmp_path: Path) -> None:
    first = 1_000_000 + shard * (EACH // PER_ROUND)
    reports = play(tmp_path, "--first", str(first), "--inputs", str(EACH), "--by-structure", "0.2")
    assert len(reports) == max(1, EACH // PER_ROUND)
    assert_flat(reports)


@pytest.mark.parametrize("number", range(len(REGRESSIONS)))
def test_R3_what_once_did_harm_does_none(number: int, tmp_path: Path) -> None:
    kind, *frames = REGRESSIONS[number]
    said = tmp_path / "frames"
    said.write_text("\n".join(frames))
    play(tmp_path, "--kind", kind, "--only", str(said))


@pytest.mark.parametrize("update", CRASHERS)
async def test_R3_what_once_crashed_is_refused(update: str) -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room, person("eve")) as eve:
        eve.say(codec.sync_update(bytes.fromhex(update)))
        await wait_until(lambda: eve.result is not None)
        assert eve.result is not None
        assert eve.result[0] == 4400
