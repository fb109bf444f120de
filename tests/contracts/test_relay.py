"""What every relay promises: order, fan-out, sharing, redelivery."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from store.opening import open_relay
from store.relay.base import BEGINNING, Message, Relay, order
from store.relay.memory import MemoryRelay
from store.relay.redis import RedisRelay
from tests.helpers.waiting import wait_until


async def collect(messages: AsyncIterator[Message], into: list[Message]) -> None:
    async for message in messages:
        into.append(message)  # noqa: PERF401 — the test looks at the list while it grows


async def take(messages: AsyncIterator[Message], count: int) -> list[bytes]:
    return [(await asyncio.wait_for(anext(messages), 10)).payload for _ in range(count)]


async def test_messages_have_growing_ids_and_head_names_the_last(relay: Relay) -> None:
    assert await relay.head("news") == BEGINNING

    ids = [await relay.publish("news", b"%d" % n) for n in range(12)]

    assert sorted(ids, key=order) == ids
    assert len(set(ids)) == 12
    assert await relay.head("news") == ids[-1]
    assert await relay.head("other") == BEGINNING


async def test_every_follower_gets_everything_in_order(relay: Relay) -> None:
    start = await relay.head("news")
    followers = [relay.follow("news", start) for _ in range(3)]
    expected = [b"message %d" % n for n in range(300)]

    async def publish() -> None:
        for payload in expected:
            await relay.publish("news", payload)

    *received, _ = await asyncio.gather(*(take(follower, 300) for follower in followers), publish())

    assert received == [expected] * 3


async def test_any_bytes_pass(relay: Relay) -> None:
    payloads = [b"", bytes(range(256)), b"\xff" * 300_000]
    for payload in payloads:
        await relay.publish("news", payload)

    assert await take(relay.follow("news", BEGINNING), 3) == payloads


async def test_a_follower_begins_after_the_id_it_names(relay: Relay) -> None:
    ids = [await relay.publish("news", b"%d" % n) for n in range(700)]

    assert await take(relay.follow("news", ids[99]), 600) == [b"%d" % n for n in range(100, 700)]


async def test_a_follower_without_an_id_begins_now(relay: Relay) -> None:
    await relay.publish("news", b"old")
    received: list[Message] = []
    following = asyncio.create_task(collect(relay.follow("news"), received))

    async def publish_until_heard() -> bool:
        await relay.publish("news", b"new")
        return bool(received)

    await wait_until(publish_until_heard)
    following.cancel()
    assert {message.payload for message in received} == {b"new"}


async def test_streams_are_apart_and_new_ones_join_a_reader_that_waits(relay: Relay) -> None:
    first, received = relay.follow("a", BEGINNING), []
    waiting = asyncio.create_task(collect(first, received))
    await asyncio.sleep(0)

    second = relay.follow("b", BEGINNING)
    taking = asyncio.create_task(take(second, 1))
    await relay.publish("b", b"for b")

    assert await asyncio.wait_for(taking, 2) == [b"for b"]
    await relay.publish("a", b"for a")
    await wait_until(lambda: [message.payload for message in received] == [b"for a"])
    waiting.cancel()


async def test_a_follower_that_left_and_came_back_misses_nothing(relay: Relay) -> None:
    await relay.publish("news", b"1")
    first = relay.follow("news", BEGINNING)
    seen = await asyncio.wait_for(anext(first), 10)
    await first.aclose()

    await relay.publish("news", b"2")
    await relay.publish("news", b"3")

    assert await take(relay.follow("news", seen.id), 2) == [b"2", b"3"]


async def test_a_slow_follower_loses_nothing_and_stops_nobody(relay: Relay) -> None:
    slow, quick = relay.follow("news", BEGINNING), relay.follow("news", BEGINNING)
    await relay.publish("news", b"0")
    assert await take(slow, 1) == await take(quick, 1) == [b"0"]

    for n in range(1, 1300):
        await relay.publish("news", b"%d" % n)
        if n % 500 == 0:
            await take(quick, 500)

    assert await take(slow, 1299) == [b"%d" % n for n in range(1, 1300)]


async def test_members_of_a_group_divide_the_messages(relay: Relay) -> None:
    expected = {b"%d" % n for n in range(100)}
    for payload in sorted(expected):
        await relay.publish("farm", payload)
    taken: list[list[Message]] = [[], [], []]

    async def work(member: int) -> None:
        async for message in relay.share("farm", "attach", f"node_{member}"):
            taken[member].append(message)
            await relay.ack("farm", "attach", message.id)

    working = [asyncio.create_task(work(member)) for member in range(3)]
    await wait_until(lambda: sum(map(len, taken)) >= 100)
    for task in working:
        task.cancel()

    assert sorted(message.payload for messages in taken for message in messages) == sorted(expected)


async def test_each_group_gets_every_message(relay: Relay) -> None:
    await relay.publish("farm", b"1")

    assert await take(relay.share("farm", "attach", "node"), 1) == [b"1"]
    assert await take(relay.share("farm", "count", "node"), 1) == [b"1"]


async def test_a_member_that_comes_back_gets_first_what_it_left_unacknowledged(relay: Relay) -> None:
    for n in range(4):
        await relay.publish("farm", b"%d" % n)
    before = relay.share("farm", "attach", "node_1")
    first = await asyncio.wait_for(anext(before), 10)
    second = await asyncio.wait_for(anext(before), 10)
    await relay.ack("farm", "attach", first.id)
    await before.aclose()

    after = relay.share("farm", "attach", "node_1")

    again = await asyncio.wait_for(anext(after), 10)
    assert again == second
    await relay.ack("farm", "attach", again.id)


@pytest.mark.parametrize("kind", ["memory", "redis"])
async def test_what_a_dead_member_left_goes_to_another_one(kind: str, request: pytest.FixtureRequest) -> None:
    relay: Relay = MemoryRelay(idle_s=0.2)
    if kind == "redis":
        relay = RedisRelay(request.getfixturevalue("redis_url"), idle_s=0.2)
    await relay.publish("farm", b"left behind")
    dead = relay.share("farm", "attach", "node_1")
    assert await take(dead, 1) == [b"left behind"]
    await dead.aclose()

    assert await take(relay.share("farm", "attach", "node_2"), 1) == [b"left behind"]
    await relay.close()


async def test_an_acknowledged_message_never_comes_again(relay: Relay) -> None:
    await relay.publish("farm", b"1")
    first = relay.share("farm", "attach", "node_1")
    message = await asyncio.wait_for(anext(first), 10)
    await relay.ack("farm", "attach", message.id)
    await relay.ack("farm", "attach", message.id)
    await first.aclose()

    await relay.publish("farm", b"2")

    assert await take(relay.share("farm", "attach", "node_1"), 1) == [b"2"]


async def test_close_ends_every_iteration(relay: Relay) -> None:
    received: list[Message] = []
    reading = [
        asyncio.create_task(collect(relay.follow("a", BEGINNING), received)),
        asyncio.create_task(collect(relay.follow("b"), received)),
        asyncio.create_task(collect(relay.share("c", "group", "member"), received)),
    ]
    await relay.publish("a", b"1")
    await wait_until(lambda: received)

    await relay.close()

    await asyncio.wait_for(asyncio.gather(*reading), 10)


async def test_messages_pass_between_processes(redis_url: str) -> None:
    one, two = open_relay(redis_url), open_relay(redis_url)
    start = await one.head("news")
    following = asyncio.create_task(take(two.follow("news", start), 2))

    await one.publish("news", b"1")
    await two.publish("news", b"2")

    assert await following == [b"1", b"2"]
    await one.close()
    await two.close()
