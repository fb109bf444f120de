"""The relay inside one process: what an embedded server uses."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import islice

from store.relay.base import BEGINNING, IDLE_BEFORE_REDELIVERY_S, KEEP_STREAM_S, STREAM_LENGTH, Message, order

STREAM_BYTES = 4 << 20
"""A stream of large messages keeps fewer of them: every room has a stream, and all live in this process."""


@dataclass
class _Group:
    """A group's place in the stream, and who holds which unacknowledged message since when."""

    last: str = BEGINNING
    pending: dict[str, tuple[str, float, Message]] = field(default_factory=dict)


@dataclass
class _Stream:
    messages: deque[Message] = field(default_factory=deque)
    size: int = 0
    count: int = 0
    groups: dict[str, _Group] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, payload: bytes, length: int) -> Message:
        self.count += 1
        message = Message(f"{self.count}-0", payload)
        self.messages.append(message)
        self.size += len(payload)
        while len(self.messages) > length or (self.size > STREAM_BYTES and len(self.messages) > 1):
            self.size -= len(self.messages.popleft().payload)
        return message

    def after(self, last: str) -> list[Message]:
        # Ids count up by one, so the place of the next message is known without a search.
        first = self.count - len(self.messages)
        return list(islice(self.messages, max(0, order(last)[0] - first), None))

    def wake(self) -> None:
        self.news.set()
        self.news = asyncio.Event()


class MemoryRelay:
    """Streams in this process's memory.

    Args:
        clock: seconds that only go forward, for redelivery.
        idle_s: how long a message may stay unacknowledged before another member gets it.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, idle_s: float = IDLE_BEFORE_REDELIVERY_S
    ) -> None:
        self._clock = clock
        self._idle_s = idle_s
        self._streams: dict[str, _Stream] = {}
        self._closed = False

    @property
    def interruptions(self) -> int:
        """See `Relay.interruptions`; nothing comes between."""
        return 0

    async def publish(
        self, stream: str, payload: bytes, *, length: int = STREAM_LENGTH, keep_s: int = KEEP_STREAM_S
    ) -> str:
        """See `Relay.publish`; never fails, and keeps a stream as long as the process lives."""
        there = self._stream(stream)
        message = there.add(payload, length)
        there.wake()
        return message.id

    async def follow(self, stream: str, after: str | None = None) -> AsyncIterator[Message]:
        """See `Relay.follow`."""
        there = self._stream(stream)
        last = f"{there.count}-0" if after is None else after
        while not self._closed:
            news = there.news
            for message in there.after(last):
                last = message.id
                yield message
            await news.wait()

    async def share(self, stream: str, group: str, member: str) -> AsyncIterator[Message]:
        """See `Relay.share`."""
        there = self._stream(stream)
        place = there.groups.setdefault(group, _Group())
        left = [message for holder, _, message in place.pending.values() if holder == member]
        for message in left:
            if message.id in place.pending:
                yield self._hand(place, member, message)
        while not self._closed:
            news = there.news
            message_now = self._next(there, place)
            if message_now is not None:
                yield self._hand(place, member, message_now)
                continue
            try:
                # Not wait_for: on Python 3.11 it swallows a cancellation that comes with the news.
                async with asyncio.timeout(self._patience(place)):
                    await news.wait()
            except TimeoutError:
                continue

    async def ack(self, stream: str, group: str, message_id: str) -> None:
        """See `Relay.ack`; never fails."""
        place = self._stream(stream).groups.get(group)
        if place is not None:
            place.pending.pop(message_id, None)

    async def head(self, stream: str) -> str | None:
        """See `Relay.head`."""
        return f"{self._stream(stream).count}-0"

    async def check(self) -> None:
        """See `Relay.check`; always well."""

    async def close(self) -> None:
        """See `Relay.close`."""
        self._closed = True
        for stream in self._streams.values():
            stream.wake()

    def _stream(self, name: str) -> _Stream:
        return self._streams.setdefault(name, _Stream())

    def _next(self, there: _Stream, place: _Group) -> Message | None:
        now = self._clock()
        for _, since, message in place.pending.values():
            if now - since >= self._idle_s:
                return message
        for message in islice(there.after(place.last), 1):
            place.last = message.id
            return message
        return None

    def _hand(self, place: _Group, member: str, message: Message) -> Message:
        place.pending[message.id] = (member, self._clock(), message)
        return message

    def _patience(self, place: _Group) -> float | None:
        """Seconds until the first pending message may go to somebody else; None when nothing is pending."""
        if not place.pending:
            return None
        first = min(since for _, since, _ in place.pending.values())
        return max(0.01, first + self._idle_s - self._clock())
