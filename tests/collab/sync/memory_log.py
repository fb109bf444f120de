"""An update log in memory that can be told to fail or to hang."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace

from store.errors import UnavailableError
from store.ids import DocId
from store.snapshots import OldRow, Snapshot
from store.updates import Loaded, Row, Update


class MemoryLog:
    """Keeps rows as the real log does; shared by several `Rooms` it is what several nodes share."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.snapshots: dict[DocId, tuple[int, bytes]] = {}
        self.epochs: dict[DocId, int] = {}
        self.markers: dict[DocId, int] = {}
        self.appends = 0
        self.loads = 0
        self.is_down = False
        self.gate = asyncio.Event()
        self.gate.set()
        self._known: dict[DocId, list[Snapshot]] = {}

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

    async def load(
        self, doc: DocId, *, epoch: int | None = None, until: int | None = None, below: int | None = None
    ) -> Loaded:
        await asyncio.sleep(0)
        self._check()
        self.loads += 1
        present = self.epochs.get(doc, 1)
        upto, state = self.snapshots.get(doc, (0, None)) if below is None else (0, None)
        return Loaded(
            present, state, upto, await self.tail(doc, upto, present), rows_before=upto, marker=self.markers.get(doc)
        )

    async def tail(self, doc: DocId, after: int, epoch: int | None = None) -> list[Row]:
        self._check()
        wanted = self.epochs.get(doc, 1) if epoch is None else epoch
        return [row for row in self.rows if row.doc == doc and row.seq > after and row.epoch == wanted]

    async def epochs_of(self, docs: Sequence[DocId]) -> dict[DocId, int]:
        self._check()
        return {doc: self.epochs.get(doc, 1) for doc in docs}

    async def put_snapshot(self, doc: DocId, snapshot: Snapshot, state: bytes) -> None:
        self._check()
        self.snapshots[doc] = (snapshot.upto, state)
        self._known[doc] = [*self._known.get(doc, []), snapshot]

    async def read_snapshot(self, doc: DocId, epoch: int, upto: int) -> bytes | None:
        return self.snapshots[doc][1]

    async def trust_snapshot(self, doc: DocId, epoch: int, upto: int, state: bytes) -> bool:
        self._known[doc] = [replace(snapshot, is_verified=True) for snapshot in self._known[doc]]
        return True

    async def distrust_snapshot(self, doc: DocId, epoch: int, upto: int) -> None:
        del self.snapshots[doc]

    async def snapshots_of(self, doc: DocId, epoch: int) -> list[Snapshot]:
        return self._known.get(doc, [])

    async def drop_snapshots(self, doc: DocId, epoch: int, uptos: Sequence[int]) -> None:
        self._known[doc] = [snapshot for snapshot in self._known[doc] if snapshot.upto not in uptos]

    async def claim(self, name: str, owner: str, for_s: float) -> bool:
        self._check()
        return True

    async def release(self, name: str, owner: str) -> None:
        self._check()

    # The sweeps over documents that nobody has open are tried over the real log.

    async def behind(self, *, rows: int, size: int, before: float, limit: int = 100) -> list[DocId]:
        return []

    async def with_rows_before(self, before: float) -> list[DocId]:
        return []

    async def old_rows(self, doc: DocId, epoch: int, before: float) -> list[OldRow]:
        return []

    async def epochs_with_rows(self, doc: DocId) -> list[int]:
        return []

    async def thin(self, doc: DocId, epoch: int, upto: int) -> int:
        return 0
