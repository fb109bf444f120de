"""Saving: one commit for many rooms, "saved" only after it, nothing lost while the store is down."""

# ruff: noqa: SIM117 — one `with` for the room, one for the people in it

from __future__ import annotations

import asyncio

import pytest
from pycrdt import Doc, Map, get_state

from collab import codec
from collab.config import CollabConfig
from collab.origin import AttachOrigin, DirectOrigin
from collab.replica import merged
from store.errors import UnavailableError
from tests.collab.sync.client import Client, connected, doc_id, person, rooms_over, same
from tests.collab.sync.memory_log import MemoryLog
from tests.helpers.waiting import wait_until

QUICK = CollabConfig(save_retry_min_s=0.005, save_retry_max_s=0.01, idle_unload_s=0.0)


def replay(log: MemoryLog, kind: str = "environments") -> object:
    doc: Doc = Doc()
    for row in log.rows:
        doc.apply_update(row.payload)
    return doc.get(kind, type=Map).to_py()


async def test_D1_a_subscriber_is_told_the_state_that_is_committed_and_not_before() -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        ana.say(b"\x78")
        await wait_until(lambda: ana.saved_states == [b"\x00"])
        log.gate.clear()
        ana.root["x"] = 1
        await wait_until(lambda: room.unsaved == 1)
        for _ in range(5):
            await asyncio.sleep(0)
        assert ana.saved_states == [b"\x00"]

        log.gate.set()
        await wait_until(lambda: len(ana.saved_states) == 2)

        assert ana.saved_states[-1] == ana.doc.get_state()
        assert len(log.rows) == 1


async def test_D1_who_did_not_subscribe_hears_only_y_protocols() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            ana.root["x"] = 1
            await same(ana, ben)
            await room.saved()
            assert all(frame[0] in (0, 1) for frame in ana.frames + ben.frames)


async def test_D1_while_a_commit_is_in_flight_the_next_batch_gathers_from_all_rooms() -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms:
        opened = [await rooms.get(doc_id(project=f"prj_{n}")) for n in range(20)]
        origin = DirectOrigin("usr_a", "rest")
        log.gate.clear()
        opened[0].edit(origin, lambda doc: doc.get("meta", type=Map).__setitem__("n", -1))
        await asyncio.sleep(0.01)
        for room in opened:
            room.edit(origin, lambda doc: doc.get("meta", type=Map).__setitem__("n", 1))
        log.gate.set()
        await asyncio.gather(*(room.saved() for room in opened))

        assert log.appends == 2
        assert len(log.rows) == 21


async def test_D2_with_the_store_down_people_go_on_and_nothing_is_lost_when_it_returns() -> None:
    log = MemoryLog()
    async with rooms_over(log, config=QUICK) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            ana.say(b"\x78")
            log.is_down = True
            for n in range(10):
                ana.root[f"a{n}"] = n
                ben.root[f"b{n}"] = n
            await same(ana, ben)
            await wait_until(lambda: ana.saving)
            assert ana.saving[0]["saving"] == "failing"
            figures = rooms.figures()
            assert figures.saving_failing_since is not None
            assert figures.unsaved > 0
            assert figures.oldest_unsaved_s >= 0
            with pytest.raises(UnavailableError, match="not saved yet"):
                await room.saved(0.02)

            log.is_down = False
            await room.saved()
            await wait_until(lambda: ana.saving[-1] == {"saving": "ok"})

            assert replay(log) == ana.content()
            assert rooms.figures().unsaved_bytes == 0


async def test_D2_a_hung_store_counts_as_failed_and_is_tried_again() -> None:
    log = MemoryLog()
    config = CollabConfig(save_timeout_s=0.02, save_retry_min_s=0.005, save_retry_max_s=0.01)
    async with rooms_over(log, config=config) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        log.gate.clear()
        ana.root["x"] = 1
        await wait_until(lambda: rooms.figures().save_failures >= 2)
        log.gate.set()
        await room.saved(1.0)
        assert replay(log) == {"x": 1.0}


async def test_D2_closing_saves_what_is_left_and_says_when_it_could_not() -> None:
    log = MemoryLog()
    async with rooms_over(log, config=QUICK) as rooms:
        room = await rooms.get(doc_id())
        room.edit(DirectOrigin("usr_a", "rest"), lambda doc: doc.get("meta", type=Map).__setitem__("n", 1))
        assert await rooms.close()
    assert len(log.rows) == 1

    log.is_down = True
    log.loads = 0
    stubborn = MemoryLog()
    async with rooms_over(stubborn, config=QUICK) as rooms:
        room = await rooms.get(doc_id())
        stubborn.is_down = True
        room.edit(DirectOrigin("usr_a", "rest"), lambda doc: doc.get("meta", type=Map).__setitem__("n", 1))
        assert not await rooms.close(0.05)


async def test_H1_every_row_has_author_session_node_and_origin() -> None:
    log = MemoryLog()
    async with rooms_over(log, node="node-7") as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            ana.root["a"] = 1
            await same(ana, ben)
            await room.saved()
            ben.root["b"] = 1
            await same(ana, ben)
            await room.saved()
            room.edit(AttachOrigin("job_1"), lambda doc: doc.get("environments", type=Map).__setitem__("c", 1))
            await room.saved()

    assert [(row.author, row.origin, row.node) for row in log.rows] == [
        ("usr_ana", "session", "node-7"), ("usr_ben", "session", "node-7"), ("farm", "attach:job_1", "node-7"),
    ]  # fmt: skip
    assert log.rows[0].session.startswith("ses_")
    assert log.rows[2].session == ""
    assert log.rows[0].at > 1_500_000_000


async def test_D3_what_one_session_did_in_a_row_is_one_row_and_nobody_elses() -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            log.gate.clear()
            ana.root["first"] = 0
            await asyncio.sleep(0.01)
            for n in range(5):
                ana.root[f"a{n}"] = n
            await same(ana, ben)
            ben.root["b"] = 1
            await same(ana, ben)
            log.gate.set()
            await room.saved()

            assert [row.author for row in log.rows] == ["usr_ana", "usr_ana", "usr_ben"]
            assert replay(log) == ana.content()


async def test_D3_an_idle_room_writes_a_snapshot_and_the_rows_stay() -> None:
    log = MemoryLog()
    config = CollabConfig(idle_unload_s=0.01, snapshot_rows=5)
    async with rooms_over(log, config=config) as rooms:
        async with rooms.use(doc_id()) as room, connected(room) as ana:
            for n in range(10):
                ana.root[f"k{n}"] = n
                await wait_until(lambda n=n: f"k{n}" in room.doc.get("environments", type=Map).to_py())
                await room.saved()
        await wait_until(lambda: not rooms.live())

        upto, state = log.snapshots[doc_id()]
        assert upto == 10
        assert len(log.rows) == 10
        assert get_state(state) == ana.doc.get_state()
        ana.doc.get("environments", type=Map)["later"] = 1
        async with rooms.use(doc_id()) as room:
            assert len(room.doc.get("environments", type=Map)) == 10


async def test_D3_a_snapshot_of_large_pieces_is_merged_in_another_process_and_keeps_what_waits() -> None:
    log = MemoryLog()
    config = CollabConfig(idle_unload_s=0.01, snapshot_rows=2, merge_in_process_bytes=1)
    source: Doc = Doc()
    pieces: list[bytes] = []
    subscription = source.observe(lambda event: pieces.append(event.update))
    root = source.get("environments", type=Map)
    root["a"], root["b"], root["c"] = "x" * 1000, "y" * 1000, "z"
    source.unobserve(subscription)
    async with rooms_over(log, config=config) as rooms:
        async with rooms.use(doc_id()) as room, connected(room, person(), Client()) as ana:
            for piece in (pieces[0], pieces[2]):
                ana.say(codec.sync_update(piece))
                await wait_until(lambda piece=piece: piece in room.replica.pieces())
                await room.saved()
        await wait_until(lambda: not rooms.live(), timeout_s=20)

        _, state = log.snapshots[doc_id()]
        whole = Doc()
        for piece in merged([state, pieces[1]]):
            whole.apply_update(piece)
        assert whole.get("environments", type=Map).to_py() == source.get("environments", type=Map).to_py()


async def test_D3_a_row_that_breaks_does_not_keep_the_document_from_opening() -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        ana.root["x"] = 1
        await wait_until(lambda: room.replica.version)
        await room.saved()
    from dataclasses import replace

    log.rows.insert(0, replace(log.rows[0], payload=b"\x01\x01garbage", seq=0))
    log.rows = [replace(row, seq=at + 1) for at, row in enumerate(log.rows)]

    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room:
        assert room.doc.get("environments", type=Map).to_py() == {"x": 1.0}
