"""Several nodes over one relay and one log: everybody sees everything; what the relay loses is read from the log."""

# ruff: noqa: SIM117 — one `with` for the rooms, one for the people in them

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from collab.codec import decode_state_vector
from collab.config import CollabConfig
from collab.room import Room
from collab.rooms import Rooms
from store.errors import UnavailableError
from store.relay.base import Message
from store.relay.memory import MemoryRelay
from tests.collab.sync.client import Client, connected, doc_id, person, rooms_over, same
from tests.collab.sync.memory_log import MemoryLog
from tests.helpers.waiting import wait_until

CONFIG = CollabConfig(
    reconcile_s=(0.0, 0.02, 0.1), save_retry_min_s=0.01, save_retry_max_s=0.02, unconfirmed_s=0.1, pulse_s=0.03
)


class LossyRelay(MemoryRelay):
    """A relay that can be cut, or lose what is published."""

    def __init__(self) -> None:
        super().__init__()
        self.is_cut = False
        self.loses = False
        self.published = 0

    async def publish(self, stream: str, payload: bytes) -> str:
        if self.is_cut:
            raise UnavailableError("the relay is cut (a test said so)")
        self.published += 1
        if self.loses:
            return "0-0"
        return await super().publish(stream, payload)

    async def head(self, stream: str) -> str | None:
        if self.is_cut:
            raise UnavailableError("the relay is cut (a test said so)")
        return await super().head(stream)

    def follow(self, stream: str, after: str | None = None) -> AsyncIterator[Message]:
        return super().follow(stream, after)


@asynccontextmanager
async def nodes(
    count: int, relay: LossyRelay, log: MemoryLog, config: CollabConfig = CONFIG
) -> AsyncIterator[list[Room]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                (await stack.enter_async_context(rooms_over(log, relay, config, f"node-{n}"))).use(doc_id())
            )
            for n in range(count)
        ]


async def test_many_nodes_converge_and_each_change_is_saved_once() -> None:
    log, relay = MemoryLog(), LossyRelay()
    async with nodes(3, relay, log) as rooms:
        async with connected(rooms[0]) as ana, connected(rooms[1], person("ben")) as ben, connected(rooms[2]) as eva:
            for n in range(20):
                ana.root[f"a{n}"] = n
                ben.root[f"b{n}"] = n
                await asyncio.sleep(0)
            await wait_until(lambda: len(eva.content()) == 40)
            await same(ana, ben, eva)
            await asyncio.gather(*(room.saved() for room in rooms))

            assert {row.node for row in log.rows} == {"node-0", "node-1"}
            assert sum(len(row.payload) for row in log.rows) < 40 * 60
    fresh = Client()
    for row in log.rows:
        fresh.doc.apply_update(row.payload)
    assert len(fresh.content()) == 40


async def test_a_batch_is_published_once_whatever_the_number_of_nodes() -> None:
    log, relay = MemoryLog(), LossyRelay()
    async with nodes(4, relay, log) as rooms:
        async with connected(rooms[0]) as ana, connected(rooms[3]) as eva:
            await asyncio.gather(*(room.wire.drain(1) for room in rooms))
            before = relay.published
            ana.root["x"] = 1
            await wait_until(lambda: eva.content() == {"x": 1.0})
            assert relay.published == before + 1


async def test_a_node_that_opens_while_another_is_unsaved_gets_everything() -> None:
    log, relay = MemoryLog(), LossyRelay()
    async with nodes(1, relay, log) as (first,):
        async with connected(first) as ana:
            log.gate.clear()
            ana.root["unsaved"] = 1
            await wait_until(lambda: first.unsaved)
            await first.wire.drain(1)
            async with rooms_over(log, relay, CONFIG, "node-late") as late, late.use(doc_id()) as second:
                async with connected(second) as eva:
                    assert eva.content() == {}
                    log.gate.set()
                    await wait_until(lambda: eva.content() == {"unsaved": 1.0})


async def test_a_gap_is_read_from_the_log() -> None:
    log, relay = MemoryLog(), LossyRelay()
    async with nodes(2, relay, log) as rooms:
        async with connected(rooms[0]) as ana, connected(rooms[1]) as eva:
            ana.root["a"] = 1
            await same(ana, eva)
            await wait_until(lambda: eva.content() == {"a": 1.0})
            await asyncio.gather(*(room.wire.drain(1) for room in rooms))
            await asyncio.sleep(0.15)  # the reads after opening are over: what follows is found by its number only
            relay.loses = True
            ana.root["lost"] = 1
            await wait_until(lambda: len(log.rows) == 2)
            await rooms[0].wire.drain(1)
            relay.loses = False
            ana.root["b"] = 1

            await wait_until(lambda: eva.content() == {"a": 1.0, "lost": 1.0, "b": 1.0})
            assert rooms[1].wire.gaps == 1


async def test_a_node_without_its_relay_serves_its_people_and_reconciles_when_it_returns() -> None:
    log, relay = MemoryLog(), LossyRelay()
    async with nodes(2, relay, log) as rooms:
        async with connected(rooms[0]) as ana, connected(rooms[0], person("ben")) as ben, connected(rooms[1]) as eva:
            await asyncio.gather(*(room.wire.drain(1) for room in rooms))
            relay.is_cut = True
            ana.root["here"] = 1
            eva.root["there"] = 1
            await wait_until(lambda: ben.content() == {"here": 1.0})
            await wait_until(lambda: rooms[0].wire.is_cut_off and rooms[1].wire.is_cut_off)

            relay.is_cut = False

            await wait_until(lambda: len(ana.content()) == 2 and len(ben.content()) == 2 and len(eva.content()) == 2)
            await same(ana, ben, eva)


async def test_a_room_opens_while_the_relay_is_cut() -> None:
    log, relay = MemoryLog(), LossyRelay()
    relay.is_cut = True
    async with nodes(1, relay, log) as (room,), connected(room) as ana:
        ana.root["x"] = 1
        await wait_until(lambda: len(log.rows) == 1)


async def test_R6_presence_crosses_nodes_and_goes_with_its_connection() -> None:
    log, relay = MemoryLog(), LossyRelay()
    async with nodes(2, relay, log) as rooms:
        async with connected(rooms[1]) as eva:
            async with connected(rooms[0]) as ana:
                ana.be({"user": {"id": "usr_ana", "name": "Ana", "color": "#c0ffee"}})
                await wait_until(lambda: ana.doc.client_id in eva.presence)
            await wait_until(lambda: not eva.presence)


async def test_R6_a_node_that_opens_later_learns_who_is_here() -> None:
    log, relay = MemoryLog(), LossyRelay()
    async with nodes(1, relay, log) as (first,), connected(first) as ana:
        ana.be({"x": 1})
        await wait_until(lambda: len(first.presence) == 1)
        async with rooms_over(log, relay, CONFIG, "node-late") as late, late.use(doc_id()) as second:
            async with connected(second) as eva:
                await wait_until(lambda: ana.doc.client_id in eva.presence)


async def test_R6_ghosts_of_a_node_that_died_expire() -> None:
    log, relay = MemoryLog(), LossyRelay()
    config = CollabConfig(presence_remote_ttl_s=0.1, pulse_s=0.05)
    dead = Rooms(log, relay, config, "node-dead")
    room = await dead.get(doc_id())
    async with nodes(1, relay, log, config) as (living,), connected(living) as eva:
        async with connected(room) as ana:
            ana.be({"x": 1})
            await wait_until(lambda: ana.doc.client_id in eva.presence)
            room.wire.close()
            room.wire = None  # it died: nothing more is heard of it
        await wait_until(lambda: not eva.presence, timeout_s=5)
    await dead.close(1)


async def test_R6_the_farms_state_stays_on_its_node() -> None:
    log, relay = MemoryLog(), LossyRelay()
    async with nodes(2, relay, log) as rooms:
        async with connected(rooms[0]) as ana, connected(rooms[1]) as eva:
            rooms[0].set_farm({"jobs": {}, "previews": {}})
            ana.be({"x": 1})
            await wait_until(lambda: len(ana.presence) == 2)
            await wait_until(lambda: ana.doc.client_id in eva.presence)
            assert len(eva.presence) == 1


async def test_D1_what_a_node_took_and_did_not_save_before_it_died_is_saved_by_those_who_heard_it() -> None:
    relay, dead_log, log = LossyRelay(), MemoryLog(), MemoryLog()
    dead = Rooms(dead_log, relay, CONFIG, "node-dead")
    room = await dead.get(doc_id())
    async with nodes(1, relay, log) as (living,), connected(living) as eva:
        async with connected(room) as ana:
            dead_log.is_down = True
            ana.root["only heard"] = 1
            await wait_until(lambda: eva.content() == {"only heard": 1.0})
            assert living.is_busy
        await wait_until(lambda: len(log.rows) == 1, timeout_s=5)
        assert log.rows[0].origin.startswith("relay:node-dead")
        await wait_until(lambda: not living.is_busy)
    await dead.close(0.05)


async def test_what_the_other_node_has_saved_is_not_saved_again() -> None:
    log, relay = MemoryLog(), LossyRelay()
    async with nodes(2, relay, log) as rooms:
        async with connected(rooms[0]) as ana, connected(rooms[1]) as eva:
            ana.root["x"] = 1
            await wait_until(lambda: eva.content() == {"x": 1.0})
            await wait_until(lambda: not rooms[1].is_busy, timeout_s=5)
            await asyncio.gather(*(room.saved() for room in rooms))
            assert [row.node for row in log.rows if row.payload] == ["node-0"]


@pytest.mark.parametrize("seed", range(6))
async def test_R1_nodes_converge_under_random_cuts_and_losses(seed: int) -> None:
    import random

    random_ = random.Random(seed)
    log, relay = MemoryLog(), LossyRelay()
    async with nodes(3, relay, log) as rooms, AsyncExitStack() as stack:
        people = [await stack.enter_async_context(connected(room)) for room in rooms for _ in range(2)]
        for step in range(120):
            who = random_.choice(people)
            who.root[f"k{random_.randrange(30)}"] = step
            if random_.random() < 0.1:
                relay.is_cut = random_.random() < 0.4
                relay.loses = random_.random() < 0.3
                log.is_down = random_.random() < 0.3
            if random_.random() < 0.3:
                await asyncio.sleep(0.001)
        relay.is_cut = relay.loses = log.is_down = False
        await asyncio.gather(*(room.saved(5) for room in rooms))
        people[0].root["end"] = 1
        people[2].root["end2"] = 1
        people[4].root["end3"] = 1

        def all_same() -> bool:
            return all(
                decode_state_vector(one.doc.get_state()) == decode_state_vector(people[0].doc.get_state())
                and one.content() == people[0].content()
                for one in people
            )

        await wait_until(all_same, timeout_s=10)
