"""Several nodes over one relay and one log: everybody sees everything; what the relay loses is read from the log."""

# ruff: noqa: SIM117 — one `with` for the rooms, one for the people in them

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from collab.codec import decode_state_vector
from collab.config import CollabConfig
from collab.fanout import Fanout
from collab.room import Room
from store.opening import open_relay
from store.relay.base import Relay
from store.relay.memory import MemoryRelay
from tests.collab.sync.client import Client, connected, doc_id, person, rooms_over, same
from tests.collab.sync.memory_log import MemoryLog
from tests.collab.sync.relays import FaultyRelay, Weather
from tests.helpers.waiting import wait_until

CONFIG = CollabConfig(
    reconcile_s=(0.0, 0.02, 0.1), save_retry_min_s=0.01, save_retry_max_s=0.02, unconfirmed_s=0.1, pulse_s=0.03
)


@dataclass
class Cluster:
    """What nodes share: one log, and relays over one memory or one Redis."""

    log: MemoryLog
    weather: Weather
    new_relay: Callable[[], FaultyRelay]

    @asynccontextmanager
    async def node(self, name: str, config: CollabConfig = CONFIG, log: MemoryLog | None = None) -> AsyncIterator[Room]:
        async with rooms_over(log or self.log, self.new_relay(), config, name) as rooms, rooms.use(doc_id()) as room:
            yield room

    @asynccontextmanager
    async def nodes(self, count: int, config: CollabConfig = CONFIG) -> AsyncIterator[list[Room]]:
        async with AsyncExitStack() as stack:
            yield [await stack.enter_async_context(self.node(f"node-{n}", config)) for n in range(count)]


@pytest.fixture(params=["memory", "redis"])
async def cluster(request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    """The whole suite over each relay; over Redis each node has its own connections, as processes have."""
    weather = Weather()
    opened: list[Relay] = []

    def new_relay() -> FaultyRelay:
        if request.param == "redis":
            opened.append(open_relay(request.getfixturevalue("redis_url")))
        elif not opened:
            opened.append(MemoryRelay())
        return FaultyRelay(opened[-1], weather, len(opened))

    if request.param == "redis":
        request.getfixturevalue("redis_url")
    yield Cluster(MemoryLog(), weather, new_relay)
    await asyncio.gather(*(relay.close() for relay in opened))


def kill(room: Room) -> None:
    """As if by kill -9: from now on nothing is heard of the room's node, and it hears nothing."""
    assert isinstance(room.wire, Fanout)
    assert isinstance(room.wire._relay, FaultyRelay)
    room.wire._relay.is_dead = True
    room.wire._publisher._room = None  # it has no last words either


async def test_many_nodes_converge_and_each_change_is_saved_once(cluster: Cluster) -> None:
    async with cluster.nodes(3) as rooms:
        async with connected(rooms[0]) as ana, connected(rooms[1], person("ben")) as ben, connected(rooms[2]) as eva:
            for n in range(20):
                ana.root[f"a{n}"] = n
                ben.root[f"b{n}"] = n
                await asyncio.sleep(0)
            await wait_until(lambda: len(eva.content()) == 40)
            await same(ana, ben, eva)
            await asyncio.gather(*(room.saved() for room in rooms))

            assert {row.node for row in cluster.log.rows} == {"node-0", "node-1"}
            assert sum(len(row.payload) for row in cluster.log.rows) < 40 * 60
    fresh = Client()
    for row in cluster.log.rows:
        fresh.doc.apply_update(row.payload)
    assert len(fresh.content()) == 40


async def test_a_batch_is_published_once_whatever_the_number_of_nodes(cluster: Cluster) -> None:
    async with cluster.nodes(4) as rooms:
        async with connected(rooms[0]) as ana, connected(rooms[3]) as eva:
            await asyncio.gather(*(room.wire.drain(1) for room in rooms))
            before = cluster.weather.published
            ana.root["x"] = 1
            await wait_until(lambda: eva.content() == {"x": 1.0})
            assert cluster.weather.published == before + 1


async def test_a_node_that_opens_while_another_is_unsaved_gets_everything(cluster: Cluster) -> None:
    async with cluster.nodes(1) as (first,):
        async with connected(first) as ana:
            cluster.log.gate.clear()
            ana.root["unsaved"] = 1
            await wait_until(lambda: first.unsaved)
            await first.wire.drain(1)
            async with cluster.node("node-late") as second:
                async with connected(second) as eva:
                    assert eva.content() == {}
                    cluster.log.gate.set()
                    await wait_until(lambda: eva.content() == {"unsaved": 1.0})


async def test_a_gap_is_read_from_the_log(cluster: Cluster) -> None:
    async with cluster.nodes(2) as rooms:
        async with connected(rooms[0]) as ana, connected(rooms[1]) as eva:
            ana.root["a"] = 1
            await same(ana, eva)
            await wait_until(lambda: eva.content() == {"a": 1.0})
            await asyncio.gather(*(room.wire.drain(1) for room in rooms))
            await asyncio.sleep(0.15)  # the reads after opening are over: what follows is found by its number only
            cluster.weather.loses = True
            ana.root["lost"] = 1
            await wait_until(lambda: len(cluster.log.rows) == 2)
            await rooms[0].wire.drain(1)
            cluster.weather.loses = False
            ana.root["b"] = 1

            await wait_until(lambda: eva.content() == {"a": 1.0, "lost": 1.0, "b": 1.0})
            assert rooms[1].wire.gaps == 1


async def test_a_node_without_its_relay_serves_its_people_and_reconciles_when_it_returns(cluster: Cluster) -> None:
    async with cluster.nodes(2) as rooms:
        async with connected(rooms[0]) as ana, connected(rooms[0], person("ben")) as ben, connected(rooms[1]) as eva:
            await asyncio.gather(*(room.wire.drain(1) for room in rooms))
            cluster.weather.is_cut = True
            ana.root["here"] = 1
            eva.root["there"] = 1
            await wait_until(lambda: ben.content() == {"here": 1.0})
            await wait_until(lambda: rooms[0].wire.is_cut_off and rooms[1].wire.is_cut_off)

            cluster.weather.is_cut = False

            await wait_until(lambda: len(ana.content()) == 2 and len(ben.content()) == 2 and len(eva.content()) == 2)
            await same(ana, ben, eva)


async def test_people_are_told_when_their_node_is_cut_off_and_when_it_is_not_any_more(cluster: Cluster) -> None:
    config = CollabConfig(pulse_s=0.03, cut_off_patience_s=0.1)

    def told(client: Client) -> list[str]:
        return [said["relay"] for said in client.saving if "relay" in said]

    async with cluster.nodes(1, config) as (room,), connected(room) as ana, connected(room, person("ben")) as ben:
        ana.say(bytes([120]))
        await wait_until(lambda: ana.saved_states)
        cluster.weather.is_cut = True
        ana.root["x"] = 1
        await wait_until(lambda: told(ana) == ["cut_off"])
        assert room.wire.cut_off_s > 0
        async with connected(room, person("eva")) as eva:
            eva.say(bytes([120]))
            await wait_until(lambda: told(eva) == ["cut_off"], what="who comes later is told too")
            cluster.weather.is_cut = False
            await wait_until(lambda: told(ana) == told(eva) == ["cut_off", "ok"])
        await asyncio.sleep(0.1)
        assert told(ana) == ["cut_off", "ok"], "once each"
        assert not told(ben), "who did not ask is not told"


async def test_a_room_opens_while_the_relay_is_cut(cluster: Cluster) -> None:
    cluster.weather.is_cut = True
    async with cluster.nodes(1) as (room,), connected(room) as ana:
        ana.root["x"] = 1
        await wait_until(lambda: len(cluster.log.rows) == 1)


async def test_R6_presence_crosses_nodes_and_goes_with_its_connection(cluster: Cluster) -> None:
    async with cluster.nodes(2) as rooms:
        async with connected(rooms[1]) as eva:
            async with connected(rooms[0]) as ana:
                ana.be({"user": {"id": "usr_ana", "name": "Ana", "color": "#c0ffee"}})
                await wait_until(lambda: ana.doc.client_id in eva.presence)
            await wait_until(lambda: not eva.presence)


async def test_R6_a_node_that_opens_later_learns_who_is_here(cluster: Cluster) -> None:
    async with cluster.nodes(1) as (first,), connected(first) as ana:
        ana.be({"x": 1})
        await wait_until(lambda: len(first.presence) == 1)
        async with cluster.node("node-late") as second:
            async with connected(second) as eva:
                await wait_until(lambda: ana.doc.client_id in eva.presence)


async def test_R6_ghosts_of_a_node_that_died_expire(cluster: Cluster) -> None:
    config = CollabConfig(presence_remote_ttl_s=0.3, pulse_s=0.05)
    async with cluster.node("node-dead", config) as dead, cluster.node("node-1", config) as living:
        async with connected(living) as eva, connected(dead) as ana:
            ana.be({"x": 1})
            await wait_until(lambda: ana.doc.client_id in eva.presence)
            kill(dead)
            await wait_until(lambda: not eva.presence, timeout_s=5)


async def test_R6_a_node_that_comes_back_under_its_name_is_not_taken_for_the_one_that_died(cluster: Cluster) -> None:
    async with cluster.node("node-1") as living, connected(living) as eva:
        async with cluster.node("node-dead") as dead, connected(dead) as ana:
            ana.be({"x": 1})
            ana.root["by the old one"] = 1
            await wait_until(lambda: ana.doc.client_id in eva.presence and "by the old one" in eva.content())
            await dead.saved()
            kill(dead)
            async with cluster.node("node-dead") as again, connected(again, person("ben")) as ben:
                ben.be({"y": 2})
                await wait_until(lambda: ben.doc.client_id in eva.presence)
                assert set(eva.presence) == {ben.doc.client_id}, "the ghosts go at once, not after their lease"
                ben.root["by the new one"] = 1  # its numbers begin again, and none is a repetition or a gap
                await same(ben, eva)
                assert len(eva.content()) == 2


async def test_R6_who_comes_over_from_a_node_that_died_is_seen_at_once(cluster: Cluster) -> None:
    async with cluster.node("node-dead") as dead, cluster.node("node-1") as near, cluster.node("node-2") as far:
        async with connected(near, person("eva")) as eva, connected(far, person("kim")) as kim:
            state = {"user": {"id": "usr_ana"}}
            async with connected(dead, person("ana")) as ana:
                ana.be(state, clock=7)
                number = ana.doc.client_id
                await wait_until(lambda: number in eva.presence and number in kim.presence)
                kill(dead)
            async with connected(near, person("forger")) as forger:
                forger.be(state, clock=9, client=number)
                forger.be({"x": 1})
                await wait_until(lambda: forger.doc.client_id in eva.presence)
                assert eva.presence[number][0] == 7
            async with connected(near, person("ana")) as ana:
                ana.frames.clear()
                ana.be(state, clock=7, client=number)  # as y-websocket does when it has connected again
                await wait_until(lambda: number not in eva.presence)
                assert any(frame[0] == 1 for frame in ana.frames), "told that it is gone"
                ana.be(state, clock=9, client=number)  # which makes y-protocols raise its clock by one above that
                await wait_until(lambda: all(one.presence.get(number, (0,))[0] == 9 for one in (eva, kim)))


async def test_R6_the_farms_state_stays_on_its_node(cluster: Cluster) -> None:
    async with cluster.nodes(2) as rooms:
        async with connected(rooms[0]) as ana, connected(rooms[1]) as eva:
            rooms[0].set_farm({"jobs": {}, "previews": {}})
            ana.be({"x": 1})
            await wait_until(lambda: len(ana.presence) == 2)
            await wait_until(lambda: ana.doc.client_id in eva.presence)
            assert len(eva.presence) == 1


async def test_D1_what_a_node_took_and_did_not_save_before_it_died_is_saved_by_those_who_heard_it(
    cluster: Cluster,
) -> None:
    dead_log = MemoryLog()
    async with cluster.node("node-1") as living, connected(living) as eva:
        async with cluster.node("node-dead", log=dead_log) as dead, connected(dead) as ana:
            dead_log.is_down = True
            ana.root["only heard"] = 1
            await wait_until(lambda: eva.content() == {"only heard": 1.0})
            assert living.is_busy
            kill(dead)
            await wait_until(lambda: len(cluster.log.rows) == 1, timeout_s=5)
            assert cluster.log.rows[0].origin.startswith("relay:node-dead")
            await wait_until(lambda: not living.is_busy)


async def test_D1_nobody_is_told_that_what_another_node_has_not_saved_is_saved(cluster: Cluster) -> None:
    slow_log = MemoryLog()
    config = CollabConfig(unconfirmed_s=60, silent_s=60, pulse_s=0.03)
    async with cluster.node("node-0", config, slow_log) as first, cluster.node("node-1", config) as second:
        async with connected(first) as ana, connected(second, person("ben")) as ben:
            ben.say(bytes([120]))
            slow_log.gate.clear()
            ana.root["a"] = 1
            await wait_until(lambda: ben.content() == {"a": 1.0})
            ben.root["b"] = 1  # its COMMIT tells of everything that is in memory but what is not saved
            await wait_until(lambda: saved_by(ben).get(ben.doc.client_id))
            ben.say(bytes([120]))  # as a client does that comes over from a node that died
            said = len(ben.saved_states)
            await wait_until(lambda: len(ben.saved_states) > said)
            assert ana.doc.client_id not in saved_by(ben)

            slow_log.gate.set()
            await wait_until(lambda: saved_by(ben).get(ana.doc.client_id), what="told without asking, once it is saved")


def saved_by(client: Client) -> dict[int, int]:
    return decode_state_vector(client.saved_states[-1]) if client.saved_states else {}


async def test_what_the_other_node_has_saved_is_not_saved_again(cluster: Cluster) -> None:
    async with cluster.nodes(2, CollabConfig(pulse_s=0.03)) as rooms:
        async with connected(rooms[0]) as ana, connected(rooms[1]) as eva:
            ana.root["x"] = 1
            await wait_until(lambda: eva.content() == {"x": 1.0})
            await wait_until(lambda: not rooms[1].is_busy, timeout_s=5)
            await asyncio.gather(*(room.saved() for room in rooms))
            assert [row.node for row in cluster.log.rows if row.payload] == ["node-0"]


@pytest.mark.parametrize("seed", range(6))
async def test_R1_nodes_converge_under_random_cuts_and_losses(cluster: Cluster, seed: int) -> None:
    import random

    random_ = random.Random(seed)
    async with cluster.nodes(3) as rooms, AsyncExitStack() as stack:
        people = [await stack.enter_async_context(connected(room)) for room in rooms for _ in range(2)]
        for step in range(120):
            who = random_.choice(people)
            who.root[f"k{random_.randrange(30)}"] = step
            if random_.random() < 0.1:
                cluster.weather.is_cut = random_.random() < 0.4
                cluster.weather.loses = random_.random() < 0.3
                cluster.log.is_down = random_.random() < 0.3
            if random_.random() < 0.3:
                await asyncio.sleep(0.001)
        cluster.weather.is_cut = cluster.weather.loses = cluster.log.is_down = False
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
