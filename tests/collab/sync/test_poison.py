"""Rooms: what does not decode, panics, is too large or of another history ends only its sender."""

# ruff: noqa: SIM117 — one `with` for the room, one for the people in it

from __future__ import annotations

from collections.abc import Callable

import pytest
from pycrdt import Doc, Map

from collab import codec
from collab.config import CollabConfig
from collab.errors import CloseCode
from tests.collab.sync.client import Client, closed_with, connected, doc_id, person, rooms_over
from tests.collab.sync.memory_log import MemoryLog
from tests.helpers.waiting import wait_until

CRASHERS = ["0101070004010174036162ff00", "01010900c40715070104636fe26300"]


@pytest.mark.parametrize("update", CRASHERS)
async def test_R3_an_update_that_does_not_decode_ends_only_its_sender(update: str) -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("eve")) as eve:
            eve.say(codec.sync_update(bytes.fromhex(update)))
            code, reason = await closed_with(eve)
            assert (code, bool(reason)) == (4400, True)

            ana.root["still"] = "here"
            await wait_until(lambda: room.doc.get("environments", type=Map).to_py() == {"still": "here"})
            await room.saved()
            assert len(log.rows) == 1


class PanicException(BaseException):
    """What pyo3 raises when Rust panics."""


def panic_on(monkeypatch: pytest.MonkeyPatch, is_poison: Callable[[bytes], bool]) -> None:
    """Let the Doc take an update and then panic, as yrs does."""

    def apply(doc: Doc, update: bytes) -> None:
        doc.apply_update(update)
        if is_poison(update):
            raise PanicException("attempt to subtract with overflow")

    monkeypatch.setattr("collab.replica.apply_to", apply)


async def test_R3_an_update_of_another_node_on_which_yrs_panics_out_of_order_is_taken_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = Doc()
    elsewhere.get("environments", type=Map)["odd"] = 2
    payload = elsewhere.get_update()
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        ana.root["before"] = 1
        await wait_until(lambda: room.replica.version)
        panic_on(monkeypatch, lambda update: update == payload)
        room.take_remote(payload, "node-2")
        await wait_until(lambda: ana.content() == {"before": 1.0, "odd": 2.0})
        assert room.doc.get("environments", type=Map).to_py() == ana.content()


async def test_R3_a_panic_in_apply_rebuilds_the_document_and_ends_only_its_sender(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poison = Doc()
    poison.get("environments", type=Map)["poison"] = True
    payload = poison.get_update()
    panic_on(monkeypatch, lambda update: b"poison" in update)
    changes = []
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        room.on_change.append(lambda paths, origin: changes.append(paths))
        async with connected(room) as ana, connected(room, person("eve")) as eve:
            ana.root["before"] = 1
            await wait_until(lambda: room.replica.version == 1)
            broken = room.doc
            eve.say(codec.sync_update(payload))
            code, _ = await closed_with(eve)

            assert code == 4400
            assert room.doc is not broken
            assert room.doc.get("environments", type=Map).to_py() == {"before": 1.0}

            ana.root["after"] = 2
            await wait_until(lambda: room.doc.get("environments", type=Map).to_py() == {"before": 1.0, "after": 2.0})
            assert changes[-1] == {("environments", "after")}


@pytest.mark.parametrize("frame", [b"", b"\x09", b"\x00\x09\x00", b"\x00\x02" + b"\xff" * 9 + b"\x01", b"{}"])
async def test_R3_a_malformed_frame_ends_only_its_sender(frame: bytes) -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("eve")) as eve:
            eve.say(frame)
            assert (await closed_with(eve))[0] == 4400
            ana.root["x"] = 1
            await room.saved()
            assert len(room.sessions) == 1


async def test_R3_too_large_and_too_fast_have_their_own_codes() -> None:
    config = CollabConfig(max_update_bytes=1000, messages_per_s=1, messages_burst=10)
    async with rooms_over(MemoryLog(), config=config) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as big, connected(room) as fast:
            big.root["description"] = "x" * 10_000
            assert (await closed_with(big))[0] == CloseCode.TOO_LARGE
            for n in range(20):
                fast.root["n"] = n
            assert (await closed_with(fast))[0] == CloseCode.TOO_FAST


async def test_D4_a_client_of_another_history_is_refused_and_nothing_of_it_taken() -> None:
    log = MemoryLog()
    log.epochs[doc_id()] = 2
    old = Client()
    old.root["ghost"] = 1
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room:
        async with connected(room, client=old, epoch=1):
            assert (await closed_with(old))[0] == CloseCode.EPOCH
        async with connected(room, epoch=2) as fresh:
            assert fresh.content() == {}


async def test_R3_one_bad_update_among_many_ends_its_sender_and_the_good_ones_before_it_stand() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("eve")) as eve:
            for n in range(5):
                eve.root[f"k{n}"] = n
            eve.say(codec.sync_update(bytes.fromhex(CRASHERS[0])))
            eve.root["after"] = 1
            assert (await closed_with(eve))[0] == 4400
            await wait_until(lambda: ana.content() == {f"k{n}": float(n) for n in range(5)})
            await room.saved()
            assert ana.result is None
