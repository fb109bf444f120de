"""Rooms: late joiners, idle unload, slow readers."""

# ruff: noqa: SIM117 — one `with` for the room, one for the people in it

from __future__ import annotations

import asyncio
import gc
from weakref import ref

import psutil
import pytest
from pycrdt import Doc, Map, Text

from collab import codec
from collab.config import CollabConfig
from collab.errors import CloseCode
from collab.origin import DirectOrigin
from collab.rooms import Rooms
from collab.session import serve
from collab.structs import extent_of
from tests.collab.sync.client import Client, closed_with, connected, doc_id, person, rooms_over, same
from tests.collab.sync.memory_log import MemoryLog
from tests.helpers.waiting import wait_until


async def test_R1_edits_reach_the_others_and_both_hold_the_same() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            ana.root["env_1"] = Map({"name": "Åsen 山", "parameters": Map({"time_of_day": 7.5})})
            await same(ana, ben)
            ben.root["env_1"]["parameters"]["time_of_day"] = 19.0
            ana.root["env_1"]["parameters"]["weather"] = "rain"
            await same(ana, ben)

            assert ana.content()["env_1"]["parameters"] == {"time_of_day": 19.0, "weather": "rain"}


async def test_R1_a_sole_author_is_not_told_their_own_change() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            await asyncio.sleep(0)
            before = len(ana.frames)
            ana.root["x"] = 1
            await same(ana, ben)

            assert len(ana.frames) == before


async def test_R4_a_late_joiner_gets_what_it_lacks_then_presence() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        ana.root["x"] = 1
        ana.be({"looking_at": "env_1"})
        await wait_until(lambda: len(room.presence) == 1)

        async with connected(room, person("ben")) as ben:
            await wait_until(lambda: ana.doc.client_id in ben.presence)
            kinds = [codec.decode_frame(frame).kind for frame in ben.frames]

        assert ben.content() == {"x": 1.0}
        assert kinds.index(codec.Kind.SYNC_STEP2) < kinds.index(codec.Kind.AWARENESS)


async def test_R4_all_who_join_at_once_are_sent_the_very_same_bytes() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        ana.root["description"] = "wet stone and cranes " * 10_000
        await wait_until(lambda: room.replica.bytes > 200_000)

        async with connected(room, person("ben")) as ben, connected(room, person("cleo")) as cleo:
            answers = [
                next(frame for frame in client.frames if codec.decode_frame(frame).kind is codec.Kind.SYNC_STEP2)
                for client in (ben, cleo)
            ]
            assert answers[0] is answers[1]

            ana.root["description"] = "dry"
            await same(ana, ben, cleo)
            async with connected(room, person("dan")) as dan:
                assert dan.content() == {"description": "dry"}


def gapped() -> list[bytes]:
    """Three updates of one text, each building on the one before."""
    source: Doc = Doc()
    pieces: list[bytes] = []
    subscription = source.observe(lambda event: pieces.append(event.update))
    text = source.get("notes", type=Text)
    for word in ("one ", "two ", "three"):
        text += word
    source.unobserve(subscription)
    return pieces


def notes(client: Client) -> str:
    return str(client.doc.get("notes", type=Text))


async def test_R4_a_late_joiner_also_gets_updates_that_wait_for_earlier_ones() -> None:
    pieces = gapped()
    log = MemoryLog()

    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana:
            for piece in (pieces[0], pieces[2]):
                room.take_remote(piece, "node-2")
                room.save_for("node-2", piece)
            await wait_until(lambda: room.replica.waiting)
            await room.saved()
            async with connected(room, person("ben")) as ben:
                assert notes(ben) == "one "
                ana.say(codec.sync_update(pieces[1]))
                await wait_until(lambda: notes(ben) == "one two three")
        assert room.replica.waiting == []

    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room:
        assert str(room.doc.get("notes", type=Text)) == "one two three"


async def test_R5_all_who_ask_at_once_share_one_load() -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms:
        opened = await asyncio.gather(*(rooms.get(doc_id()) for _ in range(50)))

        assert len(set(map(id, opened))) == 1
        assert log.loads == 1


async def test_R5_a_failed_load_is_told_to_all_and_tried_again_by_the_next() -> None:
    log = MemoryLog()
    log.is_down = True
    async with rooms_over(log) as rooms:
        results = await asyncio.gather(*(rooms.get(doc_id()) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(result, Exception) for result in results)

        log.is_down = False
        assert (await rooms.get(doc_id())).epoch == 1


async def test_R5_idle_rooms_leave_memory_but_never_while_unsaved() -> None:
    log = MemoryLog()
    config = CollabConfig(idle_unload_s=0.02, save_retry_min_s=0.01, save_retry_max_s=0.02)
    async with rooms_over(log, config=config) as rooms:
        async with rooms.use(doc_id()) as room, connected(room) as ana:
            log.is_down = True
            ana.root["x"] = 1
            await wait_until(lambda: room.unsaved)
        await wait_until(lambda: rooms.figures().save_failures > 5)
        assert rooms.live() == [room]

        log.is_down = False
        await wait_until(lambda: not rooms.live())

        assert len(log.rows) == 1
        assert (await rooms.get(doc_id())).doc.get("environments", type=Map).to_py() == {"x": 1.0}


async def test_R5_a_closed_room_and_its_document_go_at_once_without_the_collector() -> None:
    async def visit(rooms: Rooms) -> list[ref[object]]:
        async with rooms.use(doc_id()) as room:
            async with connected(room) as ana:
                ana.root["env_1"] = Map({"name": "Ridge"})
                await wait_until(lambda: room.doc.get("environments", type=Map).to_py())
                await room.saved()
            ana.socket.receiver = None
            return [ref(room), ref(room.replica), ref(room.doc)]

    gc.collect()
    gc.disable()
    try:
        async with rooms_over(MemoryLog(), config=CollabConfig(idle_unload_s=0.0)) as rooms:
            kept = await visit(rooms)
            await wait_until(lambda: not rooms.live())
            await wait_until(lambda: all(one() is None for one in kept), what="nothing holds what holds it")
    finally:
        gc.enable()


async def test_R5_opening_and_closing_rooms_does_not_grow_memory() -> None:
    log = MemoryLog()
    filler = Doc()
    values = filler.get("environments", type=Map)
    with filler.transaction():
        for n in range(5_000):
            values[f"key {n}"] = n
    config = CollabConfig(idle_unload_s=0.0)
    async with rooms_over(log, config=config) as rooms:
        async with rooms.use(doc_id()) as room:
            room.edit(DirectOrigin("usr_a", "rest"), lambda doc: doc.apply_update(filler.get_update()))
            await room.saved()
        process = psutil.Process()

        async def open_and_close(times: int) -> int:
            for _ in range(times):
                async with rooms.use(doc_id()) as room:
                    room.on_change.append(lambda paths, origin, room=room: None)
                    room.edit(DirectOrigin("usr_a", "rest"), lambda doc: doc.get("meta", type=Map).__setitem__("a", 1))
                    await room.saved()
                for room in rooms.live():
                    rooms._let_go(room)
            gc.collect()
            return process.memory_info().rss

        settled = await open_and_close(40)
        later = await open_and_close(60)

    assert later - settled < 30 * 2**20  # one such document weighs about 1.8 MB: 60 leaked ones would be 108


async def test_R2_a_reader_who_stops_gets_one_resync_and_nobody_waits() -> None:
    config = CollabConfig(outbox_frames=5, fanout_pause_max_s=0.0)
    async with rooms_over(MemoryLog(), config=config) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben, connected(room) as eva:
            ben.socket.stop_reading()
            for n in range(50):
                ana.root[f"k{n}"] = n
                await wait_until(lambda n=n: eva.content().get(f"k{n}") == n)
            before = len(ben.frames)
            session = next(s for s in room.sessions.values() if s.principal.user_id == "usr_ben")
            assert session.resyncs == 1

            ben.socket.read_on()
            await same(ana, ben, eva)

            assert len(ben.frames) - before <= 3


async def test_R2_a_resync_leaves_out_nothing_that_was_dropped_from_the_outbox() -> None:
    config = CollabConfig(outbox_frames=3, fanout_pause_max_s=0.0, idle_unload_s=3600)
    async with rooms_over(MemoryLog(), config=config) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            for round_ in range(3):
                room.pulse()  # remembers what ben has
                for n in range(9):
                    if n == 2:
                        ben.socket.stop_reading()
                    if n == 5:
                        room.pulse()  # must not take for received what waits
                    ana.root[f"r{round_} k{n}"] = n
                    await wait_until(lambda r=round_, n=n: f"r{r} k{n}" in room.doc.get("environments", type=Map))
                ben.socket.read_on()
                await same(ana, ben)


async def test_R2_a_reader_who_never_asked_is_brought_the_whole_document() -> None:
    config = CollabConfig(outbox_frames=2, fanout_pause_max_s=0.0, idle_unload_s=3600)
    async with rooms_over(MemoryLog(), config=config) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana:
            ana.root["before"] = 1
            await wait_until(lambda: room.doc.get("environments", type=Map).to_py() == {"before": 1})
            ben = Client()
            task = asyncio.create_task(serve(room, ben.socket, person("ben")))
            await wait_until(lambda: len(room.sessions) == 2)
            room.pulse()
            ben.socket.stop_reading()
            for n in range(6):
                ana.root[f"k{n}"] = n
                await wait_until(lambda n=n: f"k{n}" in room.doc.get("environments", type=Map))
            assert "before" not in ben.content()

            ben.socket.read_on()

            await same(ana, ben)
            ben.hang_up()
            await task
            ben.let_go()


async def test_R2_a_resync_carries_updates_that_still_wait() -> None:
    config = CollabConfig(outbox_frames=2, fanout_pause_max_s=0.0)
    pieces = gapped()
    async with rooms_over(MemoryLog(), config=config) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            ben.socket.stop_reading()
            for n in range(6):
                ana.root[f"k{n}"] = n
                await wait_until(lambda: not room.is_busy)
                await asyncio.sleep(0.002)
            room.take_remote(pieces[1], "node-2")
            await wait_until(lambda: room.replica.waiting)
            ben.socket.read_on()
            await wait_until(lambda: "k5" in ben.content())
            ana.say(codec.sync_update(pieces[0]))

            await wait_until(lambda: notes(ben) == "one two ")


async def test_R2_a_reader_who_never_reads_again_is_closed() -> None:
    config = CollabConfig(stall_s=0.05, close_timeout_s=0.05, fanout_pause_max_s=0.0)
    async with rooms_over(MemoryLog(), config=config) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            ben.socket.stop_reading()
            ana.root["x"] = 1

            code, _ = await closed_with(ben)

            assert code == CloseCode.TRY_LATER
            assert len(room.sessions) == 1


async def test_R1_text_with_astral_characters_converges() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id("annotations")) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            notes = ana.doc.get("annotations", type=Map)
            notes["a"] = Map({"author": "usr_ana", "body": Text("blå 😀 山")})
            await same(ana, ben, what=lambda client: client.content("annotations"))
            body = ana.doc.get("annotations", type=Map)["a"]["body"]
            body += " — ok"
            await same(ana, ben, what=lambda client: client.content("annotations"))
            assert ben.content("annotations")["a"]["body"] == "blå 😀 山 — ok"


async def test_changed_paths_and_their_origin_reach_listeners() -> None:
    seen = []
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        room.on_change.append(lambda paths, origin: seen.append((paths, origin.kind)))
        room.on_change.append(lambda paths, origin: 1 / 0)  # a listener that fails harms nobody
        async with connected(room) as ana:
            ana.root["e"] = Map({"parameters": Map({"a": 1})})
            await wait_until(lambda: seen)
            ana.root["e"]["parameters"]["a"] = 2
            await wait_until(lambda: len(seen) == 2)
            room.edit(DirectOrigin("usr_x", "rest"), lambda doc: doc.get("meta", type=Map).__setitem__("schema", 1))

    assert seen == [
        ({("environments", "e")}, "session"),
        ({("environments", "e", "parameters", "a")}, "session"),
        ({("meta", "schema")}, "direct"),
    ]


async def test_an_edit_that_fails_half_way_is_raised_and_what_it_changed_reaches_everybody() -> None:
    def half(doc: Doc) -> None:
        doc.get("environments", type=Map)["done"] = 1
        raise KeyError("no such environment")

    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        with pytest.raises(KeyError):
            room.edit(DirectOrigin("usr_x", "rest"), half)
        await room.saved()
        await wait_until(lambda: ana.content() == {"done": 1.0})
        assert [(row.author, row.origin) for row in log.rows] == [("usr_x", "direct:rest")]


async def test_R1_clients_that_say_nothing_are_kept_alive() -> None:
    config = CollabConfig(pulse_s=0.05)
    async with rooms_over(MemoryLog(), config=config) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        await wait_until(lambda: ana.frames.count(codec.PULSE_FRAME) >= 2)


async def test_R1_half_an_emoji_deleted_by_a_browser_does_not_break_those_who_join_later() -> None:
    """yrs tears a text when an update deletes one of the two units of a character; Yjs itself copes."""
    inserts_a_smile_b = "010105000401056e6f7465730661f09f98806200"
    deletes_half_of_the_smile = "000105010201"
    inserts_x_there = "01010504c405020503015800"
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id("annotations")) as room:
        async with connected(room) as ana:
            for update in (inserts_a_smile_b, deletes_half_of_the_smile, inserts_x_there):
                ana.say(codec.sync_update(bytes.fromhex(update)))
            await wait_until(lambda: room.replica.version == 3)

            (answer,) = room.replica.diff(b"\x00")

            assert extent_of(answer).last == {5: 5}
            assert "a😀b".encode() in answer, "handed on as the client wrote it"
    torn = Doc()
    for update in (inserts_a_smile_b, deletes_half_of_the_smile, inserts_x_there):
        torn.apply_update(bytes.fromhex(update))
    assert "b" not in str(torn.get("notes", type=Text)), "yrs has been mended: the detour in Replica.diff can go"


@pytest.mark.parametrize("astral", [False, True])
async def test_R5_a_document_weighs_what_is_in_it_however_often_it_was_changed(astral: bool) -> None:
    config = CollabConfig(max_document_bytes=2 * 2**20, max_project_bytes=3 * 2**20, messages_burst=1e6)
    async with rooms_over(MemoryLog(), config=config) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            if astral:
                ana.doc.get("notes", type=Text).insert(0, "😀")
            for n in range(900):
                ana.root["hour"] = f"{n:4}" + "x" * 5000
                if n % 50 == 0:
                    await wait_until(lambda n=n: ana.unread == 0)
            await same(ana, ben)
            assert ana.result is None, "4.5 MB have been written, 5 KB are there"
            assert room.replica.bytes < 2**20 + 10_000
            async with connected(room, person("eva")) as eva:
                await same(ana, eva)
            assert (sum(map(len, room.replica.pieces())) < 2 * 2**20) != astral
