"""The relay between processes, on Redis Streams.

All followers of this process share one connection that waits in XREAD for all their streams at once, so that a thousand
open rooms cost one blocked connection. The reader learns of a new stream through a small wake-up stream of its own,
which, unlike a signal, cannot come too early to be heard.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from store.errors import UnavailableError
from store.relay.base import BEGINNING, IDLE_BEFORE_REDELIVERY_S, KEEP_STREAM_S, STREAM_LENGTH, Message
from store.relay.redis_reader import Follower, StreamReader, heed_cancellation

T = TypeVar("T")
logger = logging.getLogger(__name__)

PREFIX = "cyclorama:"
_ANSWER_TIMEOUT_S = 5.0
_CONNECTION: dict[str, Any] = {"protocol": 2, "socket_connect_timeout": 2.0}
_SHARE_WAIT_MS = 1000
_SHARE_COUNT = 16
_RETRY_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)


class RedisRelay:
    """Streams in Redis.

    Args:
        url: `redis://host:port/db`.
        idle_s: how long a message may stay unacknowledged before another member gets it.
    """

    def __init__(self, url: str, idle_s: float = IDLE_BEFORE_REDELIVERY_S) -> None:
        self._url = url
        self._idle_ms = int(idle_s * 1000)
        pool = BlockingConnectionPool.from_url(
            url, max_connections=16, timeout=_ANSWER_TIMEOUT_S, socket_timeout=_ANSWER_TIMEOUT_S,
            # Once more at once: after a restart of Redis every pooled connection is dead at its first use.
            retry=Retry(NoBackoff(), 1), **_CONNECTION,
        )
        self._redis = Redis(connection_pool=pool)
        # Blocked reads hold their connection, so their pool has no bound; they retry by themselves.
        self._waiting = Redis.from_url(
            url, socket_timeout=_ANSWER_TIMEOUT_S + 5.0, retry=Retry(NoBackoff(), 0), **_CONNECTION
        )
        self._reader = StreamReader(self._waiting, self._redis)
        self._closing = asyncio.Event()

    @property
    def interruptions(self) -> int:
        """See `Relay.interruptions`."""
        return self._reader.interruptions

    async def publish(
        self, stream: str, payload: bytes, *, length: int = STREAM_LENGTH, keep_s: int = KEEP_STREAM_S
    ) -> str:
        """See `Relay.publish`."""
        key = PREFIX + stream
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.xadd(key, {"p": payload}, maxlen=length, approximate=True)
            pipe.expire(key, keep_s)
            added, _ = await self._ask(pipe.execute())
        return str(added.decode())

    async def follow(self, stream: str, after: str | None = None) -> AsyncIterator[Message]:
        """See `Relay.follow`."""
        key = PREFIX + stream
        while after is None and not self._closing.is_set():
            try:
                after = await self.head(stream)
            except UnavailableError as error:
                logger.warning("relay.follow_waits stream=%s: %s", stream, error)
                await self._pause(1.0)
        if after is None:
            return
        follower = Follower(key, after)
        try:
            await self._reader.add(follower)
            while not self._closing.is_set():
                for message in await follower.take(self._redis):
                    yield message
        finally:
            self._reader.remove(follower)

    async def share(self, stream: str, group: str, member: str) -> AsyncIterator[Message]:
        """See `Relay.share`."""
        key = PREFIX + stream
        own_left: str | None = BEGINNING  # first what this member left unacknowledged, until there is no more
        look_for_idle_at = 0.0
        tries = 0
        while not self._closing.is_set():
            try:
                found: list[tuple[bytes, dict[bytes, bytes] | None]] = []
                now = asyncio.get_running_loop().time()
                if own_left is not None:
                    found = await self._read_group(key, group, member, own_left)
                    own_left = found[-1][0].decode() if found else None
                elif now >= look_for_idle_at:
                    answer: Any = await self._waiting.xautoclaim(
                        key, group, member, min_idle_time=self._idle_ms, count=_SHARE_COUNT
                    )
                    found = answer[1]
                    if not found:
                        look_for_idle_at = now + self._idle_ms / 5000
                if not found and own_left is None:
                    found = await self._read_group(key, group, member, ">")
                tries = 0
                heed_cancellation()
            except ResponseError as error:
                heed_cancellation()
                if "NOGROUP" not in str(error):
                    logger.warning("relay.share_failed stream=%s group=%s: %s", stream, group, error)
                    await self._pause(1.0)
                await self._make_group(key, group)
                continue
            except (RedisError, OSError, TimeoutError) as error:
                if self._closing.is_set():
                    return
                logger.warning("relay.share_waits stream=%s group=%s: %s", stream, group, error)
                await self._pause(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
                tries += 1
                continue
            for found_id, fields in found:
                if fields and b"p" in fields:  # an entry that was trimmed while it was pending has no fields
                    yield Message(found_id.decode(), fields[b"p"])
                else:
                    await self._waiting.xack(key, group, found_id)

    async def ack(self, stream: str, group: str, message_id: str) -> None:
        """See `Relay.ack`."""
        await self._ask(self._redis.xack(PREFIX + stream, group, message_id))

    async def head(self, stream: str) -> str | None:
        """See `Relay.head`."""
        newest: Any = await self._ask(self._redis.xrevrange(PREFIX + stream, count=1))
        return str(newest[0][0].decode()) if newest else BEGINNING

    async def check(self) -> None:
        """See `Relay.check`."""
        await self._ask(self._redis.ping())

    async def close(self) -> None:
        """See `Relay.close`."""
        self._closing.set()
        await self._reader.close()
        await self._waiting.aclose()
        await self._waiting.connection_pool.disconnect(inuse_connections=True)
        await self._redis.aclose()

    async def _read_group(
        self, key: str, group: str, member: str, after: str
    ) -> list[tuple[bytes, dict[bytes, bytes] | None]]:
        block = _SHARE_WAIT_MS if after == ">" else None
        answer: Any = await self._waiting.xreadgroup(group, member, {key: after}, count=_SHARE_COUNT, block=block)
        return list(answer[0][1]) if answer else []

    async def _make_group(self, key: str, group: str) -> None:
        try:
            await self._waiting.xgroup_create(key, group, id=BEGINNING, mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):  # another member made it
                logger.warning("relay.group_failed key=%s group=%s: %s", key, group, error)
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("relay.group_waits key=%s group=%s: %s", key, group, error)
            await self._pause(0.25)

    async def _ask(self, answer: Awaitable[T]) -> T:
        try:
            answered = await answer
            heed_cancellation()
            return answered
        except (RedisError, OSError, TimeoutError) as error:
            raise UnavailableError(
                f"Redis does not answer ({error or type(error).__name__}). Is it running, and is CYCLORAMA_REDIS_URL "
                "right?"
            ) from error

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until close."""
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return
