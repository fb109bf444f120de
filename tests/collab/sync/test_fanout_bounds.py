"""Between nodes nothing grows without bound: publications, what waits, what is kept of others, streams, readers."""

# ruff: noqa: SIM117 — one `with` for the rooms, one for the people in them

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from pycrdt import Doc, Map
from redis.asyncio import Redis

from collab.codec import write_bytes
from collab.config import CollabConfig
from collab.envelope import VERSION, Envelope, Word, new_incarnation, seal, unseal
from collab.errors import ProtocolError
from collab.fanout import Fanout
from collab.neighbours import Neighbours
from collab.room import Room
from collab.rooms import Rooms
from store.relay.memory import MemoryRelay
from store.relay.redis import PREFIX, RedisRelay
from tests.collab.sync.client import connected, doc_id, person, rooms_over
from tests.collab.sync.memory_log import MemoryLog
from tests.collab.sync.relays import FaultyRelay, Weather
from tests.helpers.services import RedisServer
from tests.helpers.waiting import wait_until

STREAM = f"doc:{doc_id()}"


@asynccontextmanager
async def over_memory(count: int, config: CollabConfig) -> AsyncIterator[tuple[list[Room], list[FaultyRelay], Weather]]:
    inner, weather, log = MemoryRelay(), Weather(), MemoryLog()
    relays = [FaultyRelay(inner, weather, n) for n in range(count)]
    async with AsyncExitStack() as stack:
        rooms = []
        for n, relay in enumerate(relays):
            opened = await stack.enter_async_context(rooms_over(log, relay, config, f"node-{n}"))
            rooms.append(await stack.enter_async_context(opened.use(doc_id())))
        yield rooms, relays, weather


def update_of(key: str, size: int = 1) -> bytes:
    doc: Doc[object] = Doc()
    doc.get("environments", type=Map)[key] = "x" * size
    return doc.get_update()


@pytest.mark.parametrize("count", [2, 4])
async def test_a_burst_is_published_in_merged_batches_and_read_once_by_each_node(count: int) -> None:
    config = CollabConfig(pulse_s=60)
    async with over_memory(count, config) as (rooms, relays, weather):
        async with connected(rooms[0]) as ana, connected(rooms[-1], person("ben")) as ben:
            await asyncio.gather(*(room.wire.drain(1) for room in rooms))
            await asyncio.sleep(0.1)  # what opening had to say has been said
            published, read = weather.published, [relay.handed_out for relay in relays]
            batches = rooms[0].counts["flushes"]
            for n in range(500):
                ana.root[f"k{n}"] = n
                if n % 50 == 0:
                    await asyncio.sleep(0)
            await wait_until(lambda: len(ben.content()) == 500)
            await rooms[0].wire.drain(1)
            sent = weather.published - published
            assert sent <= rooms[0].counts["flushes"] - batches + 1, "one for a merged batch, whoever listens"
            assert sent < 60
            await wait_until(lambda: [relay.handed_out - sent for relay in relays] == read, what="each reads each once")


async def test_who_asks_who_is_here_is_answered_once_for_many() -> None:
    async with over_memory(5, CollabConfig(pulse_s=60)) as (rooms, _, weather):
        async with connected(rooms[0]) as ana:
            ana.be({"x": 1})
            await asyncio.gather(*(room.wire.drain(1) for room in rooms))
            await wait_until(lambda: all(len(room.presence) == 1 for room in rooms))
            before = weather.published
            for room in rooms[1:]:
                room.wire._publisher.say(Word.HELLO)
            await asyncio.sleep(0.7)
            assert weather.published - before <= 4 + 2, "four questions, two answers of who has people"


async def test_a_relay_that_does_not_keep_up_leaves_a_gap_and_no_mountain() -> None:
    class Stuck(MemoryRelay):
        gate = asyncio.Event()

        async def publish(self, stream: str, payload: bytes, **kept: int) -> str:
            await self.gate.wait()
            return await super().publish(stream, payload, **kept)

    relay, log = Stuck(), MemoryLog()
    relay.gate = asyncio.Event()
    async with rooms_over(log, relay, CollabConfig(), "node-0") as one, one.use(doc_id()) as room:
        async with rooms_over(log, relay, CollabConfig(pulse_s=0.1), "node-1") as two, two.use(doc_id()) as other:
            wire = room.wire
            assert isinstance(wire, Fanout)
            async with connected(room) as ana, connected(other, person("ben")) as ben:
                for n in range(40):
                    ana.root[f"k{n % 4}"] = str(n) * 2**18
                    await wait_until(lambda n=n: str(room.doc.get("environments", type=Map).get(f"k{n % 4}"))[:1])
                    await room.saved()
                    assert wire._publisher._updates_bytes <= 8 * 2**20
                    assert len(wire._publisher._updates) <= 128
                relay.gate.set()
                await wait_until(lambda: ben.content() == ana.content(), timeout_s=15, what="the rest is in the log")


async def test_what_others_do_not_confirm_is_kept_up_to_a_bound_and_then_saved_here() -> None:
    slow_log, log, relay = MemoryLog(), MemoryLog(), MemoryRelay()
    config = CollabConfig(unconfirmed_bytes=40_000, unconfirmed_s=600, silent_s=600)
    async with rooms_over(slow_log, relay, config, "node-0") as one, one.use(doc_id()) as first:
        async with rooms_over(log, relay, config, "node-1") as two, two.use(doc_id()) as second:
            slow_log.gate.clear()
            wire = second.wire
            assert isinstance(wire, Fanout)
            async with connected(first) as ana:
                for n in range(30):
                    ana.root[f"k{n}"] = "x" * 5000
                    await wait_until(lambda n=n: len(second.doc.get("environments", type=Map)) > n)
                    assert wire._neighbours.unconfirmed_bytes <= 40_000
                await second.saved()
                saved: Doc[object] = Doc()
                for row in log.rows:
                    saved.apply_update(row.payload)
                assert len(saved.get("environments", type=Map)) > 20
                assert {row.origin for row in log.rows} == {"relay:node-0"}
                slow_log.gate.set()


async def test_numbers_that_are_waited_for_stay_within_bounds() -> None:
    neighbours, incarnation = Neighbours(), new_incarnation()
    for number in range(1, 10**6, 9973):
        neighbours.hear(Envelope("node", incarnation, 1, number, 0, Word.MARK), 0.0)
    (one,) = neighbours._known.values()
    assert len(one.owed) <= 4096 * 101
    before = len(one.owed)
    neighbours.hear(Envelope("node", incarnation, 1, 10**9, 0, Word.MARK), 0.0)
    assert len(one.owed) <= before + 4096


async def test_a_stopped_nodes_incarnations_are_forgotten() -> None:
    neighbours = Neighbours()
    for n in range(1000):
        neighbours.hear(Envelope("node", new_incarnation(), 1, 1, 1, Word.HELLO), float(n * 10))
        neighbours.prune(float(n * 10))
    assert len(neighbours) <= 62


def test_envelopes_of_any_bytes_are_read_or_refused() -> None:
    whole = seal(Envelope("node-ø", new_incarnation(), 3, 70_000, 69_999, Word.UPDATE, b"body"))
    assert unseal(whole).body == b"body"
    for end in range(len(whole) - 4):
        with pytest.raises(ProtocolError):
            unseal(whole[:end])
    other_version = bytes((VERSION + 1,)) + whole[1:]
    for bad in (b"\xff" * 50, bytes((VERSION,)) + write_bytes(b"\xff\xfe") + bytes(20), other_version):
        with pytest.raises(ProtocolError):
            unseal(bad)


@pytest.mark.parametrize("poison", [b"", b"\x00", b"\xff" * 40, b"update", b"presence"])
async def test_a_poisoned_message_stops_neither_its_room_nor_others(redis_url: str, poison: bytes) -> None:
    log, relay, other = MemoryLog(), RedisRelay(redis_url), RedisRelay(redis_url)
    forged = Envelope("node-9", new_incarnation(), 1, 1, 0, Word.UPDATE, b"\xff\xff\xff")
    if poison == b"update":
        poison = seal(forged)
    elif poison == b"presence":
        poison = seal(Envelope("node-9", new_incarnation(), 1, 1, 1, Word.PRESENCE, b"\xff\xff"))
    two = doc_id(project="prj_two")
    async with rooms_over(log, relay, None, "node-0") as here, rooms_over(log, other, None, "node-1") as there:
        async with here.use(doc_id()) as a, there.use(doc_id()) as b, here.use(two) as c, there.use(two) as d:
            async with connected(a) as ana, connected(b) as ben, connected(c) as kim, connected(d) as eva:
                await relay.publish(STREAM, poison)
                ana.root["after"] = 1
                kim.root["after"] = 1
                await wait_until(lambda: ben.content() == {"after": 1.0} and eva.content() == {"after": 1.0})
                assert b.wire.refused == 1
                assert not b.wire.unconfirmed, "what was refused is not saved for its sender"
    await asyncio.gather(relay.close(), other.close())


async def test_a_key_that_is_no_stream_silences_only_its_own_room(redis_server: RedisServer) -> None:
    redis_server.command("FLUSHALL")
    log, relay, other = MemoryLog(), RedisRelay(redis_server.url), RedisRelay(redis_server.url)
    config = CollabConfig(reconcile_s=(0.0, 0.1), reconcile_every_s=6.0, pulse_s=0.1)
    two = doc_id(project="prj_two")
    async with rooms_over(log, relay, config, "node-0") as here, rooms_over(log, other, config, "node-1") as there:
        async with here.use(doc_id()) as a, there.use(doc_id()) as b, here.use(two) as c, there.use(two) as d:
            async with connected(a) as ana, connected(b) as ben, connected(c) as kim, connected(d) as eva:
                ana.root["before"] = 0
                await wait_until(lambda: ben.content() == {"before": 0})
                redis_server.command("SET", f"{PREFIX}{STREAM}", "poison")
                for n in range(3):
                    kim.root["after"] = n
                    await wait_until(lambda n=n: eva.content() == {"after": n}, 1.5, "the other room goes on")
                ana.root["cut off"] = 1
                await wait_until(lambda: ben.content() == {"before": 0, "cut off": 1.0}, 20, "its own by the log")
                redis_server.command("DEL", f"{PREFIX}{STREAM}")
                await wait_until(lambda: not a.wire.is_cut_off and not b.wire.is_cut_off, 15)
    await asyncio.gather(relay.close(), other.close())


async def test_five_hundred_rooms_cost_one_blocked_reader_and_short_streams(redis_server: RedisServer) -> None:
    redis_server.command("FLUSHALL")
    log, relay, other = MemoryLog(), RedisRelay(redis_server.url), RedisRelay(redis_server.url)
    config = CollabConfig(reconcile_s=(0.0, 1000.0))
    async with rooms_over(log, relay, config, "node-0") as here, rooms_over(log, other, config, "node-1") as there:
        docs = [doc_id(project=f"prj_{n}") for n in range(500)]
        rooms = await asyncio.gather(*(here.get(doc) for doc in docs))
        copies = await asyncio.gather(*(there.get(doc) for doc in docs))
        await asyncio.gather(*(room.wire.drain(10) for room in [*rooms, *copies]))
        async with Redis.from_url(redis_server.url) as looking:
            assert (await looking.info("clients"))["blocked_clients"] <= 2, "one for each process"
            for at in (0, 250, 499):
                async with connected(rooms[at]) as ana:
                    ana.root["x"] = 1
                    await wait_until(lambda at=at: len(copies[at].doc.get("environments", type=Map)) == 1, 5)
            key = f"{PREFIX}doc:{docs[0]}"
            assert 0 < await looking.ttl(key) <= 3600, "forgotten an hour after its last message"
            for _ in range(1500):
                await relay.publish(f"doc:{docs[0]}", b"", length=1000)
            assert await looking.xlen(key) < 1200
    await asyncio.gather(relay.close(), other.close())


async def test_streams_of_large_changes_are_shorter(redis_server: RedisServer) -> None:
    redis_server.command("FLUSHALL")
    relay, log = RedisRelay(redis_server.url), MemoryLog()
    async with rooms_over(log, relay, None, "node-0") as rooms, rooms.use(doc_id()) as room:
        for n in range(120):
            room.wire.changed(update_of(f"k{n}", 200_000), 0)
            await room.wire.drain(5)
        async with Redis.from_url(redis_server.url) as looking:
            assert await looking.xlen(f"{PREFIX}{STREAM}") < 60, "about 4 MiB, not a thousand of them"
    await relay.close()


async def test_a_room_opens_within_seconds_while_redis_hangs(redis_server: RedisServer) -> None:
    import os
    import signal

    redis_server.command("FLUSHALL")
    relay = RedisRelay(redis_server.url)
    rooms = Rooms(MemoryLog(), relay, CollabConfig(), "node-0")
    assert redis_server._process is not None
    os.kill(redis_server._process.pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(5), rooms.use(doc_id()) as room, connected(room) as ana:
            ana.root["x"] = 1
            await room.saved()
            assert room.wire.is_cut_off
    finally:
        os.kill(redis_server._process.pid, signal.SIGCONT)
    await rooms.close(1)
    await relay.close()
