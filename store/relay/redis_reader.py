"""One blocked XREAD for all the streams this process follows, and the followers it serves."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError, ResponseError

from store.relay.base import BEGINNING, Message, order

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = logging.getLogger(__name__)

WAITING_MAX = 1000
"""A follower that lets more messages than this lie reads the rest from Redis itself, when it gets to it."""
WAITING_BYTES = 4 << 20
"""The same for their size."""

_BLOCK_MS = 5000
_COUNT = 200
_RETRY_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
_WAKE_EXPIRES_S = 60
_SHARE = 0.2
_PAUSE_MAX_S = 0.02
_ASIDE_S = 5.0
_NAMING_S = 4e-6
"""Seconds of CPU for each stream that a read names."""
_WORTH_A_PAUSE_S = 0.002


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
        self._waiting_bytes = 0
        self._behind = True  # what lies between its place and the shared reader's, it fetches itself
        self._news = asyncio.Event()
        self._closed = False

    def give(self, message: Message) -> None:
        """The shared reader has a message."""
        if len(self._waiting) >= WAITING_MAX or self._waiting_bytes > WAITING_BYTES:
            self._fall_behind()
        if not self._behind:
            self._waiting.append(message)
            self._waiting_bytes += len(message.payload)
        self._news.set()

    def rewind(self) -> None:
        """The stream began anew, with ids that may be lower than before."""
        self.last = BEGINNING
        self._fall_behind()
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
        self._waiting_bytes = 0
        if taken:
            self.last = taken[-1].id
        return taken

    def _fall_behind(self) -> None:
        self._waiting.clear()
        self._waiting_bytes = 0
        self._behind = True

    async def _catch_up(self, redis: Redis) -> list[Message]:
        # Messages given during the await belong after what it answers; they are kept, and those it holds as well are
        # dropped by their id in `take`.
        self._behind = False
        asked_after = self.last
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
        if found and self.last == asked_after:  # not rewound meanwhile
            self.last = found[-1][0].decode()
        if len(found) >= _COUNT:
            self._fall_behind()
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
        self._calls = 0
        self._is_calling = False
        self._aside: dict[str, float] = {}
        self.interruptions = 0
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
        """Make the blocked read return, so that it takes up a new stream. If Redis is away, the next read does.

        Five hundred rooms that open at once wake it a few times: who comes while a call is under way joins the next.
        """
        self._calls += 1
        if self._is_calling:
            return
        self._is_calling = True
        try:
            answered = 0
            while answered < self._calls:
                answered = self._calls
                async with self._asking.pipeline(transaction=False) as pipe:
                    pipe.xadd(self._wake_key, {"p": b""}, maxlen=1)
                    pipe.expire(self._wake_key, _WAKE_EXPIRES_S)
                    await pipe.execute()
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("relay.wake_failed: %s", error)
        finally:
            self._is_calling = False

    async def _run(self) -> None:
        tries = 0
        while not self._closed:
            began = time.perf_counter()
            streams: dict[Any, Any] = {
                **{key: place for key, place in self._places.items() if key not in self._aside},
                self._wake_key: self._wake_place,
            }
            cost = time.perf_counter() - began
            try:
                if tries:
                    await self._look_for_new_streams()
                answer: Any = await self._waiting.xread(streams, count=_COUNT, block=_BLOCK_MS)
                heed_cancellation()
                tries = 0
            except ResponseError as error:
                # One key of all that is no stream fails the whole read: it must not silence the others.
                heed_cancellation()
                logger.error("relay.read_refused streams=%d: %s", len(streams), error)
                await self._put_aside()
                continue
            except (RedisError, OSError, TimeoutError) as error:
                self.interruptions += tries == 0
                logger.warning("relay.read_waits streams=%d: %s", len(self._places), error)
                await asyncio.sleep(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
                tries += 1
                continue
            self._bring_back()
            began = time.perf_counter()
            for name, entries in answer or ():
                self._deliver(name.decode(), entries[-1][0].decode(), _messages(entries))
            # A read names every stream, so that with many rooms each costs; under load one brings more at a time.
            cost = (cost + time.perf_counter() - began + _NAMING_S * len(streams)) / _SHARE
            if cost > _WORTH_A_PAUSE_S:
                await asyncio.sleep(min(cost, _PAUSE_MAX_S))

    async def _look_for_new_streams(self) -> None:
        """After an outage: a stream that is empty now, or whose newest id is below our place, began anew."""
        places = dict(self._places)
        async with self._asking.pipeline(transaction=False) as pipe:
            for key in places:
                pipe.xrevrange(key, count=1)
            heads: Any = await pipe.execute(raise_on_error=False)
        heed_cancellation()
        for (key, place), head in zip(places.items(), heads, strict=True):
            if isinstance(head, Exception) or self._places.get(key) != place:
                continue
            if place != BEGINNING and (not head or order(head[0][0].decode()) < order(place)):
                logger.warning("relay.stream_began_anew key=%s place=%s", key, place)
                self._places[key] = BEGINNING
                for follower in self._followers[key]:
                    follower.rewind()

    async def _put_aside(self) -> None:
        """Leave out for a while what is no stream."""
        names = [key for key in self._places if key not in self._aside]
        try:
            async with self._asking.pipeline(transaction=False) as pipe:
                for name in names:
                    pipe.type(name)
                kinds: Any = await pipe.execute()
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("relay.kinds_unknown: %s", error)
            kinds = []
        bad = [name for name, kind in zip(names, kinds, strict=False) if kind not in (b"stream", b"none")]
        for name in bad:
            logger.error("relay.not_a_stream key=%s: left alone for %g s", name, _ASIDE_S)
            self._aside[name] = asyncio.get_running_loop().time() + _ASIDE_S
        if not bad:
            await asyncio.sleep(1.0)

    def _bring_back(self) -> None:
        if self._aside:
            now = asyncio.get_running_loop().time()
            self._aside = {key: until for key, until in self._aside.items() if until > now and key in self._places}

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
