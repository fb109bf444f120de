"""Compaction: every document's log gets snapshots, so that opening it stays short, whether it is in memory or not.

    claim → load → merge, and compare with what is merged → write → read back, compare → trust → let go of older ones

A crash between any two of these leaves rows and verified snapshots as they were, or one more of them. The rows stay: a
snapshot is a shortcut. One node at a time works on a document, by a claim in the store that runs out with its owner.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from collab.config import CollabConfig
from collab.merging import Merged, Merger, merge_checked
from store.errors import StoreError
from store.ids import DocId, new_id
from store.snapshots import OldRow, Snapshot
from store.updates import Loaded, Row

logger = logging.getLogger(__name__)

_CLAIM_S = 120.0
_NEWEST_KEPT = 2


class SnapshotLog(Protocol):
    """What compaction and retention need of `store.updates.UpdateLog`."""

    async def load(
        self, doc: DocId, *, epoch: int | None = None, until: int | None = None, below: int | None = None
    ) -> Loaded:
        """Snapshot and the rows after it."""
        ...

    async def put_snapshot(self, doc: DocId, snapshot: Snapshot, state: bytes) -> None:
        """Keep a merged state, not yet trusted."""
        ...

    async def read_snapshot(self, doc: DocId, epoch: int, upto: int) -> bytes | None:
        """What is kept now."""
        ...

    async def trust_snapshot(self, doc: DocId, epoch: int, upto: int, state: bytes) -> bool:
        """Let loading use it."""
        ...

    async def distrust_snapshot(self, doc: DocId, epoch: int, upto: int) -> None:
        """Let loading step over it."""
        ...

    async def snapshots_of(self, doc: DocId, epoch: int) -> list[Snapshot]:
        """All, oldest first."""
        ...

    async def drop_snapshots(self, doc: DocId, epoch: int, uptos: Sequence[int]) -> None:
        """Let go of some."""
        ...

    async def behind(self, *, rows: int, size: int, before: float, limit: int = 100) -> list[DocId]:
        """Documents with many, large or old rows since their snapshot."""
        ...

    async def with_rows_before(self, before: float) -> list[DocId]:
        """Documents whose oldest row is older than a time."""
        ...

    async def old_rows(self, doc: DocId, epoch: int, before: float) -> list[OldRow]:
        """The rows of an epoch before a time."""
        ...

    async def epochs_with_rows(self, doc: DocId) -> list[int]:
        """Its histories."""
        ...

    async def thin(self, doc: DocId, epoch: int, upto: int) -> int:
        """Remove rows that two verified snapshots stand for."""
        ...

    async def claim(self, name: str, owner: str, for_s: float) -> bool:
        """Take a piece of housekeeping."""
        ...

    async def release(self, name: str, owner: str) -> None:
        """Give it back."""
        ...


class Compactor:
    """Writes snapshots.

    Args:
        log: the update log.
        merger: where merging happens.
        config: when a document needs a snapshot.
        node: this process among the nodes.
        clock: wall clock in seconds.
    """

    def __init__(
        self, log: SnapshotLog, merger: Merger, config: CollabConfig, node: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.written = 0
        self.failures = 0
        self._log = log
        self._merger = merger
        self._config = config
        self._owner = f"{node}/{new_id('cmp')}"
        self._clock = clock
        self._given_up: dict[DocId, int] = {}

    async def run(self) -> None:
        """Sweep until cancelled. A store that is away is met by waiting for the next turn."""
        while True:
            # Apart from each other, so that nodes that started together do not all ask at once.
            await asyncio.sleep(self._config.compact_every_s * random.uniform(0.7, 1.3))
            try:
                await self.sweep()
            except StoreError as error:
                logger.warning("compaction.sweep_failed: %s", error)

    async def sweep(self) -> int:
        """Look through all documents of the store, and compact those that need it.

        Returns:
            How many snapshots were written.

        Raises:
            StoreError: the store cannot say which.
        """
        config = self._config
        found = await self._log.behind(
            rows=config.snapshot_rows, size=config.snapshot_bytes, before=self._clock() - config.snapshot_age_s
        )
        return sum([await self.compact(doc) for doc in found])

    async def compact(self, doc: DocId) -> bool:
        """Write a snapshot of one document, unless another node is at it. Never raises over the store: without a
        snapshot a document loads slower, and that is all.

        Returns:
            Whether one was written.
        """
        name = f"compact {doc}"
        try:
            if not await self._log.claim(name, self._owner, _CLAIM_S):
                return False
            try:
                return await self._compact(doc)
            finally:
                await self._log.release(name, self._owner)
        except Exception as error:  # of the store or the merging process; the rows are untouched by either
            self.failures += 1
            logger.warning("compaction.failed doc=%s: %r", doc, error)
            return False

    async def _compact(self, doc: DocId) -> bool:
        began = time.perf_counter()
        loaded, merged = await self.merge(doc)
        if not loaded.rows or self._given_up.get(doc) == loaded.rows[-1].seq:
            return False
        if merged.state is None:
            self._given_up[doc] = loaded.rows[-1].seq
            logger.error(
                "compaction.not_merged doc=%s rows=%d unreadable=%d: its rows stay as they are",
                doc, len(loaded.rows), merged.unreadable,
            )  # fmt: skip
            return False
        if not await self.keep(doc, covering(loaded), merged.state):
            return False
        await self._tidy(doc, loaded.epoch)
        logger.info(
            "compaction.snapshot doc=%s epoch=%d upto=%d rows=%d bytes=%d unreadable=%d seconds=%.2f",
            doc, loaded.epoch, loaded.rows[-1].seq, len(loaded.rows), len(merged.state), merged.unreadable,
            time.perf_counter() - began,
        )  # fmt: skip
        return True

    async def merge(
        self, doc: DocId, *, epoch: int | None = None, until: int | None = None
    ) -> tuple[Loaded, Merged]:
        """The document's newest readable snapshot and the rows after it, as one checked state."""
        below: int | None = None
        while True:
            loaded = await self._log.load(doc, epoch=epoch, until=until, below=below)
            payloads = [row.payload for row in loaded.rows]
            size = sum(map(len, payloads)) + len(loaded.snapshot or b"")
            merged = await self._merger.run(merge_checked, loaded.snapshot, payloads, size=size)
            if not merged.is_base_bad:
                return loaded, merged
            logger.error("compaction.snapshot_unreadable doc=%s epoch=%d upto=%d", doc, loaded.epoch, loaded.upto)
            await self._log.distrust_snapshot(doc, loaded.epoch, loaded.upto)
            below = loaded.upto

    async def keep(self, doc: DocId, snapshot: Snapshot, state: bytes) -> bool:
        """Write a state, read it back, and trust it when it came back as it went."""
        await self._log.put_snapshot(doc, snapshot, state)
        back = await self._log.read_snapshot(doc, snapshot.epoch, snapshot.upto)
        if back != state or not await self._log.trust_snapshot(doc, snapshot.epoch, snapshot.upto, state):
            self.failures += 1
            logger.error("compaction.not_kept doc=%s epoch=%d upto=%d", doc, snapshot.epoch, snapshot.upto)
            return False
        self.written += 1
        return True

    async def _tidy(self, doc: DocId, epoch: int) -> None:
        """Let go of all but the newest two and, for looking back, one every `checkpoint_rows`."""
        known = await self._log.snapshots_of(doc, epoch)
        newest = [snapshot.upto for snapshot in known if snapshot.is_verified][-_NEWEST_KEPT:]
        if len(newest) < _NEWEST_KEPT:
            return
        goes: list[int] = []
        last_kept = 0
        for snapshot in known:
            is_apart = snapshot.is_verified and snapshot.rows - last_kept >= self._config.checkpoint_rows
            if snapshot.upto >= newest[0] or snapshot.is_checkpoint or is_apart:
                last_kept = snapshot.rows
            else:
                goes.append(snapshot.upto)
        if goes:
            await self._log.drop_snapshots(doc, epoch, goes)


def covering(loaded: Loaded, *, is_checkpoint: bool = False) -> Snapshot:
    """What a snapshot of all of this is called."""
    rows: Sequence[Row] = loaded.rows
    return Snapshot(
        epoch=loaded.epoch,
        upto=rows[-1].seq if rows else loaded.upto,
        moment=max([loaded.moment, *(row.at for row in rows)]),
        rows=loaded.rows_before + len(rows),
        is_verified=False,
        is_checkpoint=is_checkpoint,
    )
