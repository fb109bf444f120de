"""One blocked XREAD for all the streams this process follows, and the followers it serves."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from store.relay.base import BEGINNING, Message, order

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = logging.getLogger(__name__)

WAITING_MAX = 1000
"""A follower that lets more messages than this lie reads the rest from Redis itself, when it gets to it."""

_BLOCK_MS = 5000
_COUNT = 200
_RETRY_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
_WAKE_EXPIRES_S = 60


def heed_cancellation() -> None:
    """Raise the cancellation that redis-py swallows when it comes while a connection is being made (seen with 8.1).

    Without this a task that reads the relay could outlive its cancellation, and a shutdown wait for it for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class Follower:
    """One reader's place in one stream.

    Args:
        key: the stream's key in Redis.
        after: id of the last message it has seen.
    """

    def __init__(self, key: str, after: str) -> None:
        self.key = key
        self.last = after
        self._waiting: deque[Message] = deque()
        self._behind = True  # what lies between its place and the shared reader's, it fetches itself
        self._news = asyncio.Event()
        self._closed = False

    def give(self, message: Message) -> None:
        """The shared reader has a message."""
        if len(self._waiting) >= WAITING_MAX:
            self._waiting.clear()
            self._behind = True
        if not self._behind:
            self._waiting.append(message)
        self._news.set()

    def close(self) -> None:
        """Nothing more will come."""
        self._closed = True
        self._news.set()

    async def take(self, redis: Redis) -> list[Message]:
        """The next messages, once there are some; none when Redis has to be asked again, or after `close`."""
        if self._behind:
            return await self._catch_up(redis)
        if not self._waiting:
            self._news.clear()
            await self._news.wait()
        taken = [message for message in self._waiting if order(message.id) > order(self.last)]
        self._waiting.clear()
        if taken:
            self.last = taken[-1].id
        return taken

    async def _catch_up(self, redis: Redis) -> list[Message]:
        # Messages given during the await belong after what it answers; they are kept, and those it holds as well are
        # dropped by their id in `take`.
        self._behind = False
        try:
            found: Any = await redis.xrange(self.key, min=f"({self.last}", count=_COUNT)
            heed_cancellation()
        except (RedisError, OSError, TimeoutError) as error:
            self._behind = True
            if not self._closed:
                logger.warning("relay.catch_up_waits key=%s: %s", self.key, error)
                await asyncio.sleep(0.25)
            return []
        taken = _messages(found)
        if found:
            self.last = found[-1][0].decode()
        if len(found) >= _COUNT:
            self._behind = True
            self._waiting.clear()
        return taken


class StreamReader:
    """Reads every followed stream over one connection.

    Args:
        waiting: client whose connection blocks.
        asking: client for short commands.
    """

    def __init__(self, waiting: Redis, asking: Redis) -> None:
        self._waiting = waiting
        self._asking = asking
        self._followers: dict[str, list[Follower]] = {}
        self._places: dict[str, str] = {}
        self._wake_key = f"cyclorama:wake:{os.urandom(8).hex()}"
        self._wake_place = BEGINNING
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def add(self, follower: Follower) -> None:
        """Serve one more follower."""
        self._followers.setdefault(follower.key, []).append(follower)
        if follower.key not in self._places:
            self._places[follower.key] = follower.last
            if self._task is None:
                self._task = asyncio.create_task(self._run(), name="relay-reader")
            else:
                await self._wake()

    def remove(self, follower: Follower) -> None:
        """Serve it no longer; its stream leaves the next read."""
        others = [other for other in self._followers.get(follower.key, []) if other is not follower]
        if others:
            self._followers[follower.key] = others
        else:
            self._followers.pop(follower.key, None)
            self._places.pop(follower.key, None)

    async def close(self) -> None:
        """Stop reading and end every follower."""
        self._closed = True
        while self._task is not None and not self._task.done():
            # More than once if need be: one that redis-py swallows (see `heed_cancellation`) would show after
            # `_BLOCK_MS`.
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=0.1)
        for followers in self._followers.values():
            for follower in followers:
                follower.close()

    async def _wake(self) -> None:
        """Make the blocked read return, so that it takes up a new stream. If Redis is away, the next read does."""
        try:
            async with self._asking.pipeline(transaction=False) as pipe:
                pipe.xadd(self._wake_key, {"p": b""}, maxlen=1)
                pipe.expire(self._wake_key, _WAKE_EXPIRES_S)
                await pipe.execute()
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("relay.wake_failed: %s", error)

    async def _run(self) -> None:
        tries = 0
        while not self._closed:
            streams: dict[Any, Any] = {**self._places, self._wake_key: self._wake_place}
            try:
                answer: Any = await self._waiting.xread(streams, count=_COUNT, block=_BLOCK_MS)
                heed_cancellation()
                tries = 0
            except (RedisError, OSError, TimeoutError) as error:
                logger.warning("relay.read_waits streams=%d: %s", len(self._places), error)
                await asyncio.sleep(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
                tries += 1
                continue
            for name, entries in answer or ():
                self._deliver(name.decode(), entries[-1][0].decode(), _messages(entries))

    def _deliver(self, key: str, last: str, messages: list[Message]) -> None:
        if key == self._wake_key:
            self._wake_place = last
            return
        if key not in self._places:  # its last follower left while the read was under way
            return
        self._places[key] = last
        for follower in self._followers[key]:
            for message in messages:
                follower.give(message)


def _messages(entries: list[tuple[bytes, dict[bytes, bytes]]]) -> list[Message]:
    # Only what a relay wrote: somebody may have put an entry there by hand.
    return [Message(found_id.decode(), fields[b"p"]) for found_id, fields in entries if fields and b"p" in fields]
