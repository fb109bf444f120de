"""Saving: one commit for many rooms, "saved" only after it, nothing lost while the store is down."""

# ruff: noqa: SIM117 — one `with` for the room, one for the people in it

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from pycrdt import Doc, Map, get_state

from collab.config import CollabConfig
from collab.errors import NotSavingError
from collab.origin import AttachOrigin, DirectOrigin, SessionOrigin
from collab.replica import merged
from collab.room import Room
from collab.save_queue import rows_of
from store.errors import UnavailableError
from store.ids import DocId
from store.updates import Update
from tests.collab.sync.client import Client, closed_with, connected, doc_id, person, rooms_over, same
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
        async with rooms.use(doc_id()) as room:
            for piece in (pieces[0], pieces[2]):
                room.take_remote(piece, "node-2")
                room.save_for("node-2", piece)
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


class PickyLog(MemoryLog):
    """Refuses whatever transaction holds rows of certain documents, and says why when asked to be slow."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[DocId] = set()
        self.tried: list[set[DocId]] = []

    async def append(self, updates: Sequence[Update]) -> list[int]:
        docs = {update.doc for update in updates}
        self.tried.append(docs)
        if docs & self.refused:
            raise ValueError("value too long for type bytea (a test said so)")
        return await super().append(updates)


def count(room: Room, to: int) -> None:
    room.edit(AttachOrigin(f"job_{to}"), lambda doc: doc.get("meta", type=Map).__setitem__("n", to))


async def test_D2_a_document_that_the_database_refuses_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    log = PickyLog()
    config = CollabConfig(save_retry_min_s=0.005, save_retry_max_s=0.02, save_refused_retry_s=0.02)
    async with rooms_over(log, config=config) as rooms:
        opened = [await rooms.get(doc_id(project=f"prj_{n}")) for n in range(7)]
        poisoned = {3, 5}
        log.refused = {opened[n].doc_id for n in poisoned}
        async with connected(opened[3]) as ana, connected(opened[1], person("ben")) as ben:
            for client in (ana, ben):
                client.say(b"\x78")
                await wait_until(lambda client=client: client.saved_states)
            for room in opened:
                count(room, 1)
            await asyncio.gather(*(room.saved(2.0) for n, room in enumerate(opened) if n not in poisoned))
            await wait_until(lambda: ana.saving and ben.saving and ben.saving[-1] == {"saving": "ok"})
            assert ana.saving[-1]["saving"] == "failing"
            assert rooms.figures().saving_failing_since is not None
            log.tried.clear()
            for room in opened:
                count(room, 2)
            await asyncio.gather(*(room.saved(2.0) for n, room in enumerate(opened) if n not in poisoned))
            assert all(docs.isdisjoint(log.refused) or len(docs) == 1 for docs in log.tried), "others wait for nobody"
            assert [opened[n].unsaved for n in poisoned] == [2, 2]

            log.refused.clear()
            await asyncio.gather(*(opened[n].saved(2.0) for n in poisoned))
            await wait_until(lambda: ana.saving[-1] == {"saving": "ok"})
            assert rooms.figures().unsaved_bytes == 0
            assert rooms.figures().saving_failing_since is None
    assert "prj_3/environments" in caplog.text


async def test_D2_a_failed_commit_names_its_documents(caplog: pytest.LogCaptureFixture) -> None:
    log = MemoryLog()
    async with rooms_over(log, config=QUICK) as rooms:
        room = await rooms.get(doc_id(project="prj_named"))
        log.is_down = True
        count(room, 1)
        await wait_until(lambda: "saving.failed" in caplog.text)
        log.is_down = False
    assert "docs=prj_named/environments" in caplog.text


async def test_D2_a_slow_commit_is_shown_as_failing_while_it_goes_on_and_written_once() -> None:
    log = MemoryLog()
    config = CollabConfig(save_warn_s=0.02)
    async with rooms_over(log, config=config) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        ana.say(b"\x78")
        await wait_until(lambda: ana.saved_states)
        log.gate.clear()
        ana.root["x"] = 1
        await wait_until(lambda: ana.saving)
        assert ana.saving[0]["saving"] == "failing"

        log.gate.set()
        await wait_until(lambda: ana.saving[-1] == {"saving": "ok"})
        assert ana.saved_states[-1] == ana.doc.get_state()
        assert len(log.rows) == 1
        assert rooms.figures().save_failures == 0


async def test_D2_who_comes_while_saving_fails_is_told_so() -> None:
    log = MemoryLog()
    async with rooms_over(log, config=QUICK) as rooms, rooms.use(doc_id()) as room:
        log.is_down = True
        count(room, 1)
        await wait_until(lambda: rooms.figures().save_failures > 2)
        async with connected(room) as ana:
            ana.say(b"\x78")
            await wait_until(lambda: ana.saving)
            assert ana.saving[0]["saving"] == "failing"
            log.is_down = False
            await wait_until(lambda: ana.saving[-1] == {"saving": "ok"})


async def test_D2_what_waits_is_bounded_and_what_is_refused_stays_with_its_client() -> None:
    log = MemoryLog()
    config = CollabConfig(save_retry_min_s=0.005, save_retry_max_s=0.01, unsaved_max_bytes=20_000)
    async with rooms_over(log, config=config) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana:
            log.is_down = True
            for n in range(4):
                ana.root[f"k{n}"] = "x" * 6000
                await wait_until(lambda n=n: room.unsaved == n + 1)
            ana.root["more"] = "y" * 6000
            code, reason = await closed_with(ana)
            assert code == 1013
            assert "cannot save" in reason
        assert room.unsaved == 4
        with pytest.raises(NotSavingError):
            room.edit(DirectOrigin("usr_a", "rest"), lambda doc: doc.get("meta", type=Map).__setitem__("n", 1))
        count(room, 1)  # a picture that was rendered is taken all the same

        log.is_down = False
        await room.saved(2.0)
        async with connected(room, person(), Client(ana.doc)):
            await wait_until(lambda: "more" in room.doc.get("environments", type=Map).to_py())
            await room.saved(2.0)
    whole = replay(log)
    assert isinstance(whole, dict)
    assert set(whole) == {"k0", "k1", "k2", "k3", "more"}


async def test_D2_a_long_backlog_goes_in_several_commits_and_is_called_durable_with_the_last() -> None:
    log = MemoryLog()
    config = CollabConfig(save_retry_min_s=0.005, save_retry_max_s=0.01, save_batch_changes=10)
    async with rooms_over(log, config=config) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        ana.say(b"\x78")
        await wait_until(lambda: ana.saved_states)
        log.is_down = True
        for n in range(45):
            count(room, n)
        told = len(ana.saved_states)
        log.is_down = False
        await room.saved(2.0)
        await wait_until(lambda: len(ana.saved_states) > told)
        assert len(ana.saved_states) == told + 1
        assert ana.saved_states[-1] == room.replica.state()
        assert log.appends >= 5


async def test_D1_who_asks_while_a_commit_is_in_flight_hears_of_it() -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        log.gate.clear()
        ana.root["x"] = 1
        await wait_until(lambda: room.unsaved == 1)
        await asyncio.sleep(0)
        ana.say(b"\x78")
        await wait_until(lambda: ana.saved_states == [b"\x00"])
        log.gate.set()
        await wait_until(lambda: len(ana.saved_states) == 2)
        assert ana.saved_states[-1] == ana.doc.get_state()


async def test_D2_a_mistake_of_a_listener_stops_no_saving(caplog: pytest.LogCaptureFixture) -> None:
    log = MemoryLog()
    async with rooms_over(log, config=QUICK) as rooms:
        one, two = await rooms.get(doc_id(project="prj_1")), await rooms.get(doc_id(project="prj_2"))

        def mistake(*_: object) -> None:
            raise RuntimeError("a listener's own mistake")

        one._saves._on_saved = mistake  # type: ignore[method-assign]  # no way of its own to fail
        count(one, 1)
        count(two, 1)
        await asyncio.gather(one.saved(2.0), two.saved(2.0))
    assert "saving.listener_failed doc=prj_1/environments" in caplog.text


def test_H1_what_each_session_did_within_a_moment_is_one_row_of_its_own() -> None:
    source: Doc = Doc()
    pieces: list[bytes] = []
    subscription = source.observe(lambda event: pieces.append(event.update))
    for n in range(6):
        source.get("environments", type=Map)[f"k{n}"] = n
    source.unobserve(subscription)
    ana, ben = SessionOrigin("usr_ana", "ses_1"), SessionOrigin("usr_ben", "ses_2")
    changes = [(piece, (ana, ben)[n % 2], 100.0 + n / 100) for n, piece in enumerate(pieces[:4])]
    changes += [(pieces[4], ana, 101.0), (pieces[5], AttachOrigin("job_1"), 101.0)]

    rows = rows_of(changes, doc_id(), "node-1")

    assert [(row.author, row.session, row.at) for row in rows] == [
        ("usr_ana", "ses_1", 100.0), ("usr_ben", "ses_2", 100.01), ("usr_ana", "ses_1", 101.0), ("farm", "", 101.0),
    ]  # fmt: skip
    again: Doc = Doc()
    for row in rows:
        again.apply_update(row.payload)
    assert again.get("environments", type=Map).to_py() == {f"k{n}": float(n) for n in range(6)}


async def test_D2_a_room_does_not_leave_memory_with_something_unsaved_in_it() -> None:
    log = MemoryLog()
    async with rooms_over(log, config=QUICK) as rooms:
        async with rooms.use(doc_id()) as room, connected(room) as ana:
            log.is_down = True
            ana.root["x"] = 1
            await wait_until(lambda: room.unsaved == 1)
        before = rooms.figures().save_failures
        await wait_until(lambda: rooms.figures().save_failures > before + 5, what="it was swept several times")
        assert rooms.live() == [room]

        log.is_down = False
        await wait_until(lambda: not rooms.live(), what="saved, it goes")
        assert replay(log) == {"x": 1.0}


async def test_D2_an_outage_costs_the_same_however_long_it_is() -> None:
    """The batch that failed is tried again as it is: what comes meanwhile is not merged anew with every attempt."""
    log = MemoryLog()
    sizes: list[int] = []
    append = log.append

    async def counted(updates: Sequence[Update]) -> list[int]:
        sizes.append(len(updates))
        return await append(updates)

    log.append = counted  # type: ignore[method-assign]  # to see what is tried
    async with rooms_over(log, config=QUICK) as rooms:
        room = await rooms.get(doc_id())
        log.is_down = True
        count(room, 0)
        await wait_until(lambda: len(sizes) > 1)
        for n in range(50):
            count(room, n)
        tried = len(sizes)
        await wait_until(lambda: len(sizes) > tried + 3)
        assert set(sizes) == {1}
        log.is_down = False
        await room.saved(2.0)
    assert len(log.rows) == 51


async def test_D2_a_panic_in_one_room_keeps_nobody_else_from_saving(caplog: pytest.LogCaptureFixture) -> None:
    class Panic(BaseException):
        """As pyo3 raises it: no Exception."""

    log = MemoryLog()
    config = CollabConfig(save_retry_min_s=0.005, save_retry_max_s=0.02)
    async with rooms_over(log, config=config) as rooms:
        one, two = await rooms.get(doc_id(project="prj_1")), await rooms.get(doc_id(project="prj_2"))
        take_state = one._saves._take_state

        def panic() -> bytes | None:
            raise Panic("called `Option::unwrap()` on a `None` value")

        one._saves._take_state = panic  # type: ignore[method-assign]  # no way of its own to panic
        count(one, 1)
        count(two, 1)
        await two.saved(2.0)
        count(two, 2)
        await two.saved(2.0)
        assert one.unsaved == 1

        one._saves._take_state = take_state
        await one.saved(2.0)
    assert "saving.set_aside doc=prj_1/environments" in caplog.text


async def test_D1_what_comes_in_while_a_commit_is_made_up_is_in_it_once() -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            for n in range(20):
                (ana, ben)[n % 2].root[f"k{n}"] = n
                await asyncio.sleep(0.001 * (n % 4))
                await same(ana, ben)
            await room.saved()
    payloads = [row.payload for row in log.rows]
    assert len(payloads) == len(set(payloads))
    assert replay(log) == {f"k{n}": float(n) for n in range(20)}
