"""Mutated frames and updates thrown at a room in which honest people go on working.

3,000 inputs by default, `CYCLORAMA_FUZZ=200000` for a long night. A failing seed is printed; keep it in `CRASHERS`.
"""

# ruff: noqa: SIM117, ASYNC110 — one `with` for the room, one for the people in it; yielding is what lets them work

from __future__ import annotations

import asyncio
import os
import random

import psutil
import pytest
from pycrdt import Array, Doc, Map, Text, merge_updates

from collab import codec
from collab.config import CollabConfig
from collab.replica import Replica
from collab.session import Role
from tests.collab.sync.client import connected, doc_id, person, rooms_over, same
from tests.collab.sync.memory_log import MemoryLog
from tests.helpers.waiting import wait_until

INPUTS = int(os.environ.get("CYCLORAMA_FUZZ", "3000"))
PER_ROOM = 250
CONFIG = CollabConfig(messages_burst=1e9, bytes_burst=1e9, idle_unload_s=3600)
CRASHERS = ["0101070004010174036162ff00", "01010900c40715070104636fe26300"]
"""Updates that once killed the process that applied them."""


def seeds(chance: random.Random) -> list[bytes]:
    """Honest updates of many shapes: maps, nested maps, text with emoji, arrays, deletions, gaps."""
    doc: Doc = Doc(client_id=chance.randrange(1, 2**32))
    updates: list[bytes] = []
    subscription = doc.observe(lambda event: updates.append(event.update))
    root, text, values = doc.get("environments", type=Map), doc.get("notes", type=Text), doc.get("list", type=Array)
    for step in range(12):
        match chance.randrange(6):
            case 0:
                root[f"k{chance.randrange(3)}"] = chance.choice([1, 2.5, None, "Åsen 山", {"a": [1, "x"]}, b"raw"])
            case 1:
                root[f"m{step}"] = Map({"parameters": Map({"hour": 7.5}), "tags": Array(["a", "b"])})
            case 2:
                text += chance.choice(["lys ", "山", "😀", "é"])
            case 3:
                values.append([step, {"deep": [None]}])
            case 4:
                if len(values):
                    del values[0]
            case _:
                if "k0" in root:
                    del root["k0"]
    doc.unobserve(subscription)
    chance.shuffle(updates)
    return [*updates, doc.get_update(), merge_updates(*updates[: len(updates) // 2] or [b"\x00\x00"])]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Flip, insert, remove, repeat, cut or splice a few bytes."""
    out = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(out) + 1)
        match chance.randrange(6):
            case 0 if out:
                out[at % len(out)] = chance.randrange(256)
            case 1:
                out[at:at] = bytes((chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)]),))
            case 2 if out:
                del out[at % len(out)]
            case 3:
                out[at:at] = out[max(0, at - chance.randrange(1, 9)) : at]
            case 4:
                del out[at:]
            case _ if out:
                out[at % len(out)] ^= 1 << chance.randrange(8)
            case _:
                pass
    return bytes(out)


def hostile_frame(chance: random.Random, updates: list[bytes]) -> bytes:
    """A frame that is wrong somewhere, or right and carries an update that is."""
    update = chance.choice(updates)
    match chance.randrange(8):
        case 0 | 1 | 2:
            return codec.sync_update(mutated(update, chance))
        case 3:
            return codec.sync_step2(mutated(update, chance))
        case 4:
            return codec.sync_step1(mutated(b"\x02\x05\x03\xff\xff\x03\x01", chance))
        case 5:
            states = [b"{}", b"null", b'{"user":{"id":"usr_ana"}}', mutated(b'{"cursor":[0.5,0.5]}', chance)]
            entry = codec.PresenceEntry(chance.randrange(2**33), chance.randrange(9), chance.choice(states))
            return mutated(codec.presence_frame([codec.presence_bytes(entry)]), chance)
        case 6:
            return chance.randbytes(chance.randrange(40))
        case _:
            return mutated(codec.sync_update(update), chance)


@pytest.mark.timeout(max(180, INPUTS // 20))
async def test_R3_mutated_frames_harm_nobody_but_their_sender(caplog: pytest.LogCaptureFixture) -> None:
    process = psutil.Process()
    settled = 0
    for round_ in range(max(1, INPUTS // PER_ROOM)):
        chance = random.Random(round_)
        updates = seeds(chance)
        kind = chance.choice(["environments", "environments", "annotations"])
        role: Role = "editor" if kind == "environments" else "reviewer"
        log = MemoryLog()
        async with rooms_over(log, config=CONFIG) as rooms, rooms.use(doc_id(kind)) as room:  # type: ignore[arg-type]
            async with connected(room) as ana, connected(room, person("ben")) as ben:
                sent = 0
                while sent < PER_ROOM:
                    async with connected(room, person("eve", role)) as eve:
                        while eve.result is None and sent < PER_ROOM:
                            eve.say(hostile_frame(chance, updates))
                            sent += 1
                            while eve.unread and eve.result is None:
                                await asyncio.sleep(0)
                    assert eve.result is not None, f"round {round_}"
                    assert eve.result[0] in (1000, 1013, 4400, 4403, 4413), f"round {round_}: {eve.result}"
                if kind == "environments":
                    ana.root["still"] = round_
                    await wait_until(lambda n=round_: ben.content().get("still") == n, what=f"round {round_}")
                assert ana.result is None, f"round {round_}: an honest client was closed: {ana.result}"
                assert ben.result is None, f"round {round_}: an honest client was closed: {ben.result}"
                await room.saved(5)
                await same(ana, ben)
        again = Replica(doc_id(kind))  # type: ignore[arg-type]
        for row in log.rows:
            again.load(row.payload)
        assert again.version == len(log.rows), f"round {round_}: a row of the log cannot be read back"
        caplog.clear()  # records hold errors, errors hold frames, frames hold documents
        if round_ == 4:
            settled = process.memory_info().rss
    if settled:
        assert process.memory_info().rss - settled < 100 * 2**20, "memory stays flat"


@pytest.mark.parametrize("update", CRASHERS)
async def test_R3_what_once_crashed_is_refused(update: str) -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room, person("eve")) as eve:
        eve.say(codec.sync_update(bytes.fromhex(update)))
        await wait_until(lambda: eve.result is not None)
        assert eve.result is not None
        assert eve.result[0] == 4400
