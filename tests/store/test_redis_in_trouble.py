"""The Redis relay through kills and restarts of Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from store.config import StoreConfig
from store.errors import UnavailableError
from store.opening import open_stores
from store.relay.base import BEGINNING
from store.relay.redis import RedisRelay
from tests.helpers.services import RedisServer, free_port
from tests.helpers.waiting import wait_until


@pytest.fixture
async def server() -> AsyncIterator[RedisServer]:
    """A Redis that forgets nothing and may be killed."""
    own = RedisServer(durable=True)
    own.start()
    yield own
    own.remove()


async def test_nothing_that_was_published_is_lost_when_redis_is_killed_while_following(server: RedisServer) -> None:
    reading, writing = RedisRelay(server.url), RedisRelay(server.url)
    received: list[int] = []

    async def read() -> None:
        async for message in reading.follow("news", BEGINNING):
            received.append(int(message.payload))  # noqa: PERF401 — looked at while it grows

    following = asyncio.create_task(read())
    published: list[int] = []

    async def publish(first: int, count: int) -> None:
        for n in range(first, first + count):
            await writing.publish("news", b"%d" % n)
            published.append(n)

    await publish(0, 40)
    await wait_until(lambda: len(received) == 40)
    for first in (100, 200):
        await publish(first, 5)
        server.kill()
        begun = time.monotonic()
        with pytest.raises(UnavailableError, match="CYCLORAMA_REDIS_URL"):
            await writing.publish("news", b"-1")
        assert time.monotonic() - begun < 5
        server.start()
        await publish(first + 50, 40)

    await wait_until(lambda: received == published)
    following.cancel()
    await reading.close()
    await writing.close()


async def test_a_group_goes_on_after_redis_was_killed(server: RedisServer) -> None:
    relay = RedisRelay(server.url)
    received: list[int] = []

    async def work() -> None:
        async for message in relay.share("farm", "attach", "node_1"):
            received.append(int(message.payload))
            await relay.ack("farm", "attach", message.id)

    working = asyncio.create_task(work())
    await relay.publish("farm", b"1")
    await wait_until(lambda: received == [1])

    server.kill()
    server.start()

    await relay.publish("farm", b"2")
    await wait_until(lambda: received == [1, 2])
    working.cancel()
    await relay.close()


async def test_a_flushed_redis_gets_its_groups_and_streams_anew(redis_server: RedisServer) -> None:
    redis_server.command("FLUSHALL")
    relay = RedisRelay(redis_server.url)
    shared, followed = relay.share("farm", "attach", "node_1"), relay.follow("farm", BEGINNING)
    await relay.publish("farm", b"1")
    assert (await asyncio.wait_for(anext(shared), 10)).payload == b"1"
    assert (await asyncio.wait_for(anext(followed), 10)).payload == b"1"
    waiting = [asyncio.ensure_future(anext(shared)), asyncio.ensure_future(anext(followed))]

    redis_server.command("FLUSHALL")
    await relay.publish("farm", b"2")

    both = await asyncio.wait_for(asyncio.gather(*waiting), 10)
    assert [message.payload for message in both] == [b"2", b"2"]
    await relay.close()


async def test_a_redis_that_comes_back_empty_with_a_clock_behind_is_followed_from_its_beginning() -> None:
    server = RedisServer()
    server.start()
    relay = RedisRelay(server.url)
    following = relay.follow("news", BEGINNING)
    server.command("XADD", "cyclorama:news", f"{2**43}-0", "p", "far-ahead")
    assert (await asyncio.wait_for(anext(following), 10)).payload == b"far-ahead"
    coming = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0.05)  # it waits in the shared read

    server.kill()
    server.start()
    await wait_until(lambda: relay.interruptions == 1, what="whoever follows can tell that something may be lost")
    await relay.publish("news", b"by today's clock")

    assert (await asyncio.wait_for(coming, 15)).payload == b"by today's clock"
    await relay.close()
    server.remove()


async def test_a_hundred_followed_streams_cost_one_blocked_connection(redis_server: RedisServer) -> None:
    relay = RedisRelay(redis_server.url)
    received: set[bytes] = set()

    async def read(stream: str) -> None:
        async for message in relay.follow(stream, BEGINNING):
            received.add(message.payload)

    following = [asyncio.create_task(read(f"doc-{n}")) for n in range(100)]
    for n in range(100):
        await relay.publish(f"doc-{n}", b"%d" % n)
    await wait_until(lambda: len(received) == 100)

    async with Redis.from_url(redis_server.url) as looking:
        info = await looking.info("clients")
    assert info["blocked_clients"] == 1
    for task in following:
        task.cancel()
    await relay.close()


async def test_a_foreign_entry_in_a_stream_stops_nobody(redis_server: RedisServer) -> None:
    redis_server.command("FLUSHALL")
    redis_server.command("XADD", "cyclorama:farm", "*", "by", "hand")
    relay = RedisRelay(redis_server.url)
    shared, followed = relay.share("farm", "attach", "node_1"), relay.follow("farm", BEGINNING)

    await relay.publish("farm", b"1")

    assert (await asyncio.wait_for(anext(shared), 10)).payload == b"1"
    assert (await asyncio.wait_for(anext(followed), 10)).payload == b"1"
    await relay.close()


async def test_no_redis_at_start_is_said_with_a_mend(tmp_path: Path) -> None:
    config = StoreConfig(
        f"sqlite:///{tmp_path}/test.db", f"file://{tmp_path}/objects", f"redis://127.0.0.1:{free_port()}/0"
    )
    with pytest.raises(UnavailableError, match="Redis does not answer"):
        async with open_stores(config):
            pass


async def test_close_does_not_wait_for_a_blocked_read(redis_server: RedisServer) -> None:
    for turns in range(12):  # wherever in its first steps the reader is
        relay = RedisRelay(redis_server.url)
        reading = asyncio.create_task(anext(relay.follow("quiet", BEGINNING), None))
        for _ in range(turns):
            await asyncio.sleep(0)

        begun = time.monotonic()
        await relay.close()
        await asyncio.wait_for(reading, 5)
        assert time.monotonic() - begun < 2


@pytest.mark.parametrize("how", ["share", "follow", "publish"])
async def test_a_canceled_reader_ends_wherever_the_cancellation_meets_it(redis_server: RedisServer, how: str) -> None:
    async def read_for_ever(relay: RedisRelay) -> None:
        if how == "publish":
            while True:
                await relay.publish("busy", b"x")
        messages = relay.share("busy", "group", "member") if how == "share" else relay.follow("busy")
        async for _ in messages:
            pass

    for turns in range(20):
        relay = RedisRelay(redis_server.url)
        reading = asyncio.create_task(read_for_ever(relay))
        for _ in range(turns):
            await asyncio.sleep(0)
        reading.cancel()

        await asyncio.wait({reading}, timeout=5)

        assert reading.cancelled(), f"still runs after a cancellation in turn {turns}"
        await relay.close()
