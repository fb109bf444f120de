"""Updates that once ended the process, broke the room for those who came later, or broke stock Yjs clients."""

# ruff: noqa: SIM117 — one `with` for the room, one for the people in it

from __future__ import annotations

import pytest
from pycrdt import Doc, Map, Text

from collab import codec
from collab.codec import write_bytes, write_uint
from store.ids import DocKind
from tests.collab.sync.client import Client, closed_with, connected, doc_id, person, rooms_over, same
from tests.collab.sync.memory_log import MemoryLog
from tests.collab.sync.test_nesting import chain
from tests.helpers.waiting import wait_until

ROOT = b"\x01" + write_bytes(b"environments")
NULL = b"\x01a\x01\x7e"  # under the key a


def update(*structs: bytes, client: int = 5, clock: int = 0, deletions: bytes = b"\x00") -> bytes:
    """One client's structs."""
    return b"\x01" + write_uint(len(structs)) + write_uint(client) + write_uint(clock) + b"".join(structs) + deletions


def section(client: int, clock: int, *structs: bytes) -> bytes:
    return write_uint(len(structs)) + write_uint(client) + write_uint(clock) + b"".join(structs)


BAD = {
    "two sections of one client": b"\x02" + section(5, 0, b"\x28" + ROOT + NULL) * 2 + b"\x00",
    "a value 30,000 deep": update(b"\x28" + ROOT + b"\x01a\x01" + b"\x75\x01" * 30_000 + b"\x7e"),
    "JSON 30,000 deep": update(b"\x05" + ROOT + write_bytes(b"[" * 30_000 + b"]" * 30_000)),
    "types 30,000 deep": chain(0, 30_000),
    "text that is not UTF-8": update(b"\x04" + ROOT + write_bytes(b"ab\xff")),
    "an empty text": update(b"\x04" + ROOT + b"\x00"),
    "nothing, deleted": update(b"\x01" + ROOT + b"\x00"),
    "a deletion of nothing": b"\x00\x01\x05\x01\x00\x00",
    "deletions that overlap": b"\x00\x01\x05\x02\x03\x05\x00\x09",
    "an unknown shared type": update(b"\x27" + ROOT + b"\x01a\x0f"),
    "a format that is not JSON": update(b"\x06" + ROOT + write_bytes(b"bold") + write_bytes(b"{oops")),
    "a subdocument without options": update(b"\x29" + ROOT + b"\x01a" + write_bytes(b"guid") + b"\x7e"),
    "a struct beside itself": update(b"\x84" + write_uint(5) + b"\x00" + write_bytes(b"x")),
    "a struct in a later one": update(b"\x28\x00" + write_uint(5) + b"\x01" + NULL, b"\x27" + ROOT + b"\x01a\x01"),
    "a clock beyond counting": update(b"\x28" + ROOT + NULL, clock=2**32),
    "an integer beyond counting": update(b"\x28" + ROOT + b"\x01a\x01\x7d" + b"\xff" * 9 + b"\x01"),
}


@pytest.mark.parametrize("name", BAD)
async def test_R3_an_update_that_Yjs_would_not_write_ends_its_sender(name: str) -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        async with connected(room, person("eve")) as eve:
            eve.say(codec.sync_update(BAD[name]))
            assert (await closed_with(eve))[0] == 4400
        async with connected(room, person("ben")) as ben:
            ana.root["still"] = "here"
            await same(ana, ben)
    assert len(log.rows) == 1


@pytest.mark.parametrize("kind", ["annotations", "votes"])
async def test_R3_where_changes_are_tried_on_a_copy_the_copy_is_as_safe(kind: DocKind) -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id(kind)) as room:
        for bad in BAD.values():
            async with connected(room, person("eve", "owner")) as eve:
                eve.say(codec.sync_update(bad))
                assert (await closed_with(eve))[0] == 4400


async def test_R3_types_cannot_be_nested_without_end_by_many_small_updates() -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room:
        async with connected(room, person("eve")) as eve:
            for clock in range(70):
                eve.say(codec.sync_update(chain(clock, 1)))
            code, reason = await closed_with(eve)
        assert code == 4400
        assert "nested" in reason
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room:  # and the bound is known after a load
        async with connected(room, person("eve")) as eve:
            eve.say(codec.sync_update(chain(64, 1)))
            assert (await closed_with(eve))[0] == 4400


async def test_R3_nobody_writes_as_a_client_whose_owner_is_here() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            ana.root["a"] = 1
            await same(ana, ben)
            mine = ana.doc.client_id
            for forged in (
                update(b"\x28" + ROOT + NULL, client=mine, clock=1),
                update(b"\x28" + ROOT + NULL, client=mine, clock=50),
            ):
                async with connected(room, person("eve")) as eve:
                    eve.say(codec.sync_update(forged))
                    code, reason = await closed_with(eve)
                assert code == 4403, forged
                assert "another person" in reason
            ana.root["a"] = 2
            await same(ana, ben)
            assert ben.content()["a"] == 2


async def test_R3_nobody_writes_as_a_client_whose_owner_is_seen_here_and_has_not_written_yet() -> None:
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        ana.be({"cursor": [0, 0]})
        await wait_until(lambda: len(room.presence) == 1)
        async with connected(room, person("eve")) as eve:
            eve.say(codec.sync_update(update(b"\x28" + ROOT + NULL, client=ana.doc.client_id)))
            assert (await closed_with(eve))[0] == 4403
        ana.root["a"] = 1
        await wait_until(lambda: room.replica.version)
        assert ana.result is None


async def test_R1_what_others_wrote_may_be_handed_on_by_whoever_has_it() -> None:
    """A server that lost what it had not saved gets it back from any of those who have it."""
    old: Doc = Doc()
    old.get("environments", type=Map)["by ana"] = 1
    for order in (("ana", "ben"), ("ben", "ana")):
        async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
            ana, ben = Client(Doc(client_id=old.client_id)), Client()
            ana.doc.apply_update(old.get_update())
            ben.doc.apply_update(old.get_update())
            people = {"ana": ana, "ben": ben}
            async with connected(room, person(order[0]), people[order[0]]):
                async with connected(room, person(order[1]), people[order[1]]):
                    ana.root["later"] = 2
                    ben.root["too"] = 3
                    await same(ana, ben)
                    assert ana.content() == {"by ana": 1, "later": 2, "too": 3}


@pytest.mark.parametrize("is_heard", [True, False], ids=["has written", "is seen"])
async def test_R1_what_its_owner_said_a_moment_ago_may_be_handed_on(is_heard: bool) -> None:
    """After a crash the owner and those who have the owner's unsaved changes come back in the same moment."""
    old: Doc = Doc()
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room:
        ana, ben = Client(Doc(client_id=old.client_id)), Client()
        async with connected(room, person("ana"), ana), connected(room, person("ben"), ben):
            if is_heard:
                ana.root["first"] = 0
                await same(ana, ben)
                old.apply_update(ana.doc.get_update())
            else:
                ana.be({"cursor": [0, 0]})
                await wait_until(lambda: len(room.presence) == 1)
            old.get("environments", type=Map)["unsaved"] = 1
            for who in (ana, ben):
                assert who.socket.receiver is not None
                who.socket.receiver.take(codec.sync_update(old.get_update()))
            await wait_until(lambda: ben.content() == old.get("environments", type=Map).to_py())
            assert ben.result is None
            assert ben.socket.close_code is None


async def test_R1_a_change_that_comes_before_what_it_builds_on_waits_with_its_session() -> None:
    log = MemoryLog()
    source: Doc = Doc()
    pieces: list[bytes] = []
    subscription = source.observe(lambda event: pieces.append(event.update))
    text = source.get("notes", type=Text)
    for word in ("one ", "two ", "three"):
        text += word
    source.unobserve(subscription)
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            ana.say(codec.sync_update(pieces[2]))
            ana.say(codec.sync_update(pieces[1]))
            await wait_until(lambda: len(room.arrivals) == 2)
            assert room.replica.version == 0
            ana.say(codec.sync_update(pieces[0]))
            await wait_until(lambda: str(ben.doc.get("notes", type=Text)) == "one two three")
            assert not len(room.arrivals)

            async with connected(room, person("eve")) as eve:
                eve.say(codec.sync_update(update(b"\x28" + ROOT + NULL, clock=9)))
                await wait_until(lambda: len(room.arrivals) == 1)
            await wait_until(lambda: not len(room.arrivals), what="what waits goes with its session")


async def test_R3_what_hangs_on_a_number_that_somebody_will_use_next_breaks_nothing() -> None:
    """A type cannot lie in a number, and yrs fails over the number, whose author is honest."""
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room:
        async with connected(room) as ana, connected(room, person("ben")) as ben:
            async with connected(room, person("eve")) as eve:
                hers = write_uint(ana.doc.client_id)
                eve.say(codec.sync_update(update(b"\x28\x00" + hers + b"\x00" + NULL)))
                eve.say(codec.sync_update(b"\x00\x01" + hers + b"\x01\x00\x05"))
                await wait_until(lambda: len(room.arrivals) == 2)
                ana.root["a"] = 1
                await same(ana, ben)
            await same(ana, ben)
            assert ben.content() == {"a": 1}
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room:
        assert room.doc.get("environments", type=Map).to_py() == {"a": 1}


async def test_R3_a_second_version_of_what_somebody_wrote_reaches_neither_people_nor_the_log() -> None:
    """The document keeps the first; a merge of the log could keep the other, and bring it back with the next load."""
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id("votes")) as room:
        async with connected(room) as ana, connected(room, person("eve")) as eve:
            ana.doc.get("ballots", type=Map)["one"] = Map({"opened_by": "usr_ana", "note": "mine"})
            await same(ana, eve, what=lambda client: client.content("ballots"))
            whole = ana.doc.get_update()
            assert b"mine" in whole
            forged = whole.replace(b"mine", b"hers")
            for _ in range(3):
                eve.say(codec.sync_update(forged))
            eve.doc.get("ballots", type=Map)["two"] = Map({"opened_by": "usr_eve"})
            await same(ana, eve, what=lambda client: client.content("ballots"))
            await room.saved()
    assert not any(b"hers" in row.payload for row in log.rows)
    async with rooms_over(log) as rooms, rooms.use(doc_id("votes")) as room:
        assert room.doc.get("ballots", type=Map).to_py()["one"]["note"] == "mine"


async def test_R3_what_is_put_into_a_number_that_was_deleted_is_refused() -> None:
    """yrs takes it once the number is gone; whoever joins later hears of both at once, and could not join."""
    async with rooms_over(MemoryLog()) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        ana.root["a"] = 1
        await wait_until(lambda: room.replica.version)
        del ana.root["a"]
        async with connected(room, person("eve")) as eve:
            eve.say(codec.sync_update(update(b"\x28\x00" + write_uint(ana.doc.client_id) + b"\x00" + NULL)))
            assert (await closed_with(eve))[0] == 4400
        async with connected(room, person("ben")) as ben:
            ana.root["b"] = 2
            await wait_until(lambda: ben.content() == {"b": 2})


async def test_R3_what_follows_a_refused_change_of_the_same_session_is_not_taken() -> None:
    log = MemoryLog()
    async with rooms_over(log) as rooms, rooms.use(doc_id()) as room, connected(room) as ana:
        async with connected(room, person("eve")) as eve:
            eve.say(codec.sync_update(chain(0, 100)))
            eve.say(codec.sync_update(update(b"\x28" + ROOT + NULL, client=7, clock=100)))
            assert (await closed_with(eve))[0] == 4400
        ana.root["a"] = 1
        await room.saved()
        await wait_until(lambda: room.replica.version == 1)
        assert room.replica.waiting == []
