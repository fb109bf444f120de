"""Retention: where an operator asked for it, rows older than some days give way to one checkpoint per day.

    checkpoints of the old days, each merged, compared, written and read back → the newest state compared with a replay
    from them → one DELETE, which the store refuses unless two verified snapshots stand for every row

The rows of the youngest old day stay until there is a checkpoint after them. Who did what in the days that were thinned
is gone with the rows; how the document was at the end of each of those days is not.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable
from itertools import groupby

from collab.codec import EMPTY_UPDATE
from collab.compaction import Compactor, SnapshotLog, covering
from collab.config import CollabConfig
from collab.merging import Merger, agree
from store.errors import StoreError
from store.ids import DocId, new_id
from store.snapshots import OldRow

logger = logging.getLogger(__name__)

DAY_S = 86_400.0
_EVERY_S = 3600.0
_CLAIM_S = 600.0


class Retention:
    """Thins old rows out.

    Args:
        log: the update log.
        compactor: writes the checkpoints.
        merger: where comparing happens.
        config: `history_days`; 0 keeps everything for ever.
        node: this process among the nodes.
        clock: wall clock in seconds.
    """

    def __init__(
        self, log: SnapshotLog, compactor: Compactor, merger: Merger, config: CollabConfig, node: str,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self.removed = 0
        self._log = log
        self._compactor = compactor
        self._merger = merger
        self._days = config.history_days
        self._owner = f"{node}/{new_id('ret')}"
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled; does nothing when everything is kept."""
        if not self._days:
            return
        while True:
            await asyncio.sleep(_EVERY_S * random.uniform(0.7, 1.3))
            try:
                await self.sweep()
            except StoreError as error:
                logger.warning("retention.sweep_failed: %s", error)

    async def sweep(self) -> int:
        """Thin all documents that have rows older than the window.

        Returns:
            How many rows were removed.

        Raises:
            StoreError: the store cannot say which.
        """
        if not self._days:
            return 0
        before = self._clock() - self._days * DAY_S
        removed = 0
        for doc in await self._log.with_rows_before(before):
            name = f"compact {doc}"
            try:
                if not await self._log.claim(name, self._owner, _CLAIM_S):
                    continue
                try:
                    for epoch in await self._log.epochs_with_rows(doc):
                        removed += await self.thin(doc, epoch, before)
                finally:
                    await self._log.release(name, self._owner)
            except Exception as error:  # of the store or the merging process; what was not removed is still there
                logger.warning("retention.failed doc=%s: %r", doc, error)
        self.removed += removed
        return removed

    async def thin(self, doc: DocId, epoch: int, before: float) -> int:
        """Thin the rows of one epoch that were written before a time."""
        rows = await self._log.old_rows(doc, epoch, before)
        ends = list(ends_of_days(rows))
        if not ends:
            return 0
        verified = {kept.upto for kept in await self._log.snapshots_of(doc, epoch) if kept.is_verified}
        if len(ends) == 1 and not any(upto > ends[0] for upto in verified):
            return 0  # the youngest day that is left of a document nobody edits: one snapshot is all it could have
        for end in ends:
            if not await self._checkpoint(doc, epoch, end):
                return 0
        if not any(upto > ends[-1] for upto in verified):  # a second snapshot, of the rows after the last checkpoint
            loaded, merged = await self._compactor.merge(doc, epoch=epoch)
            if loaded.rows and merged.state is not None:
                await self._compactor.keep(doc, covering(loaded), merged.state)
        if not await self._newest_agrees(doc, epoch):
            return 0
        for end in reversed(ends):
            removed = await self._log.thin(doc, epoch, end)
            if removed:
                logger.info("retention.thinned doc=%s epoch=%d upto=%d rows=%d", doc, epoch, end, removed)
                return removed
        return 0


    async def _checkpoint(self, doc: DocId, epoch: int, end: int) -> bool:
        """See that there is a verified checkpoint up to this row."""
        loaded, merged = await self._compactor.merge(doc, epoch=epoch, until=end)
        if merged.state is None or merged.unreadable or loaded.missing:
            logger.error(
                "retention.kept doc=%s epoch=%d upto=%d unreadable=%d: these rows do not merge and stay",
                doc, epoch, end, merged.unreadable,
            )  # fmt: skip
            return False
        if not loaded.rows:  # a verified snapshot that reaches just so far becomes one
            await self._log.put_snapshot(doc, covering(loaded, is_checkpoint=True), loaded.snapshot or b"")
            return True
        return await self._compactor.keep(doc, covering(loaded, is_checkpoint=True), merged.state)

    async def _newest_agrees(self, doc: DocId, epoch: int) -> bool:
        """Whether the newest snapshot is what the one before it and the rows between make: two that were made one from
        the other may share a fault, two that agree with the raw rows between them do not.
        """
        verified = [kept for kept in await self._log.snapshots_of(doc, epoch) if kept.is_verified]
        if len(verified) < 2:
            return True
        newest = verified[-1].upto
        state = await self._log.read_snapshot(doc, epoch, newest)
        loaded = await self._log.load(doc, epoch=epoch, until=newest, below=newest)
        pieces = [loaded.snapshot or EMPTY_UPDATE, *(row.payload for row in loaded.rows)]
        if state is not None and await self._merger.run(agree, pieces, [state], size=sum(map(len, pieces))):
            return True
        logger.error("retention.kept doc=%s epoch=%d upto=%d: snapshots disagree", doc, epoch, newest)
        await self._log.distrust_snapshot(doc, epoch, newest)
        return False


def ends_of_days(rows: Iterable[OldRow]) -> Iterable[int]:
    """The seq of the last row of each UTC day. Clocks of nodes differ: time goes on, never back."""
    youngest = 0.0

    def day(row: OldRow) -> int:
        nonlocal youngest
        youngest = max(youngest, row.at)
        return int(youngest // DAY_S)

    for _, group in groupby(rows, key=day):
        *_, last = group
        yield last.seq
