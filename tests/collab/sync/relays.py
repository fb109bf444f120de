"""Relays that misbehave: cut, lossy, and by a seed doubling, delaying and shuffling what passes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from store.errors import UnavailableError
from store.relay.base import KEEP_STREAM_S, STREAM_LENGTH, Message, Relay


@dataclass
class Weather:
    """What befalls every relay under it; a test changes it as it goes."""

    is_cut: bool = False
    loses: bool = False
    drop: float = 0.0
    double: float = 0.0
    delay: float = 0.0
    delay_s: float = 0.0
    published: int = 0
    streams: dict[str, int] = field(default_factory=dict)


class FaultyRelay:
    """One node's relay, over a real one.

    Args:
        inner: the real one; nodes may share it.
        weather: shared by all nodes.
        seed: of what happens by chance.
    """

    def __init__(self, inner: Relay, weather: Weather, seed: int = 0) -> None:
        self.weather = weather
        self.is_dead = False
        self.handed_out = 0
        self._inner = inner
        self._random = random.Random(seed)

    @property
    def interruptions(self) -> int:
        return self._inner.interruptions

    async def publish(
        self, stream: str, payload: bytes, *, length: int = STREAM_LENGTH, keep_s: int = KEEP_STREAM_S
    ) -> str:
        if self.is_dead:
            await asyncio.Event().wait()  # a process that was killed says nothing, not even that it failed
        if self.weather.is_cut:
            raise UnavailableError("the relay is cut (a test said so)")
        self.weather.published += 1
        self.weather.streams[stream] = self.weather.streams.get(stream, 0) + 1
        if self.weather.loses:
            return "0-0"
        return await self._inner.publish(stream, payload, length=length, keep_s=keep_s)

    async def head(self, stream: str) -> str | None:
        if self.weather.is_cut:
            raise UnavailableError("the relay is cut (a test said so)")
        return await self._inner.head(stream)

    async def follow(self, stream: str, after: str | None = None) -> AsyncIterator[Message]:
        passed: asyncio.Queue[Message] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        async def read() -> None:
            async for message in self._inner.follow(stream, after):
                if self.is_dead or self._random.random() < self.weather.drop:
                    continue
                for _ in range(1 + (self._random.random() < self.weather.double)):
                    if self._random.random() < self.weather.delay:
                        wait = self._random.uniform(0, self.weather.delay_s)
                        loop.call_later(wait, passed.put_nowait, message)
                    else:
                        passed.put_nowait(message)

        reading = asyncio.create_task(read())
        try:
            while True:
                message = await passed.get()
                self.handed_out += 1
                yield message
        finally:
            reading.cancel()
