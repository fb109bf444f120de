"""An update log in memory that can be told to fail or to hang."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from store.errors import UnavailableError
from store.ids import DocId
from store.updates import Loaded, Row, Update


class MemoryLog:
    """Keeps rows as the real log does; shared by several `Rooms` it is what several nodes share."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.snapshots: dict[DocId, tuple[int, bytes]] = {}
        self.epochs: dict[DocId, int] = {}
        self.appends = 0
        self.loads = 0
        self.is_down = False
        self.gate = asyncio.Event()
        self.gate.set()

    def _check(self) -> None:
        if self.is_down:
            raise UnavailableError("the database is down (a test said so)")

    async def append(self, updates: Sequence[Update]) -> list[int]:
        await self.gate.wait()
        self._check()
        self.appends += 1
        first = len(self.rows) + 1
        self.rows += [
            Row(**{**asdict(update), "doc": update.doc}, seq=first + at) for at, update in enumerate(updates)
        ]
        return list(range(first, len(self.rows) + 1))

    async def load(self, doc: DocId) -> Loaded:
        await asyncio.sleep(0)
        self._check()
        self.loads += 1
        upto, state = self.snapshots.get(doc, (0, None))
        return Loaded(self.epochs.get(doc, 1), state, upto, await self.tail(doc, upto))

    async def tail(self, doc: DocId, after: int) -> list[Row]:
        self._check()
        return [row for row in self.rows if row.doc == doc and row.seq > after]

    async def put_snapshot(self, doc: DocId, upto: int, state: bytes) -> None:
        self._check()
        self.snapshots[doc] = (upto, state)
