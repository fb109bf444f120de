"""Group commit: what all rooms have to save goes into one transaction, and only then counts as saved.

One task per process. While a commit is in flight the next batch gathers, so the cost of a commit is shared by everybody
who waits for it. When the store fails, nothing is let go of: the same batch is tried again with growing pauses, what
comes meanwhile waits behind it, and a room with unsaved changes cannot leave memory. A document whose rows the database
refuses, while it takes others', is set aside and tried by itself, so that it holds up nobody else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from collab.config import CollabConfig
from collab.save_queue import CHANGE_OVERHEAD_BYTES, SaveQueue, Taken
from store.errors import StorageFullError, UnavailableError
from store.updates import Update

__all__ = ["Log", "SaveQueue", "Saver"]

logger = logging.getLogger(__name__)

Outcome = Literal["saved", "away", "refused"]
_NAMED = 5


class Log(Protocol):
    """What saving needs of `store.updates.UpdateLog`."""

    async def append(self, updates: Sequence[Update]) -> list[int]:
        """Write all updates in one transaction; their sequence numbers."""
        ...


@dataclass(slots=True)
class _Aside:
    """A document that is tried by itself: its rows (None: they could not be made), since when, and when next."""

    taken: Taken | None
    since: float
    pause_s: float
    next_at: float


class Saver:
    """The loop that commits for all rooms of a process.

    Args:
        log: the update log.
        config: pauses, time-outs and sizes.
        clock: wall clock in seconds, for `failing_since`.
    """

    def __init__(self, log: Log, config: CollabConfig, clock: Callable[[], float]) -> None:
        self._log = log
        self._config = config
        self._clock = clock
        self._dirty: dict[SaveQueue, None] = {}
        self._batch: list[Taken] = []
        self._aside: dict[SaveQueue, _Aside] = {}
        self._told: set[SaveQueue] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._held = 0
        self._away_since: float | None = None
        self._refusals = 0
        self.last_error = ""
        self.commits = 0
        self.rows = 0
        self.failures = 0

    @property
    def failing_since(self) -> float | None:
        """Since when something is not saved that should be, by the clock; None while all is well."""
        since = [aside.since for aside in self._aside.values()]
        if self._away_since is not None:
            since.append(self._away_since)
        return min(since, default=None)

    @property
    def trouble(self) -> str:
        """What keeps this process from saving anything, in one sentence; empty while the store takes rows."""
        if self._away_since is None:
            return ""
        return f"changes are not saved since {self._clock() - self._away_since:.0f} s: {self.last_error}"

    @property
    def is_full(self) -> bool:
        """Whether as much is unsaved as this process may keep."""
        return self._held >= self._config.unsaved_max_bytes

    def wake(self, queue: SaveQueue, size: int) -> None:
        """A queue has something; the loop starts with the first."""
        self._held += size
        if queue not in self._aside:
            self._dirty[queue] = None
        self._wake.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._go_on(), name="collab-saver")

    async def close(self, timeout_s: float) -> bool:
        """Save what is left and end. Returns False when something could not be saved in time."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=timeout_s)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        known = {taken.queue for taken in self._batch} | set(self._dirty) | set(self._aside)
        lost = {queue for queue in known if queue.unsaved}
        if lost:
            logger.error(
                "saving.lost docs=%s updates=%d since=%s: %s", _names(lost), sum(queue.unsaved for queue in lost),
                self.failing_since, self.last_error,
            )  # fmt: skip
        return not lost

    # -- the loop ------------------------------------------------------------------------------------------------------

    async def _go_on(self) -> None:
        """A loop that ended by a mistake of ours would save nothing more, and nobody would know."""
        while True:
            try:
                return await self._run()
            except Exception as error:
                logger.exception("saving.crashed docs=%s", _names({taken.queue for taken in self._batch}))
                self.last_error = repr(error)
                self._failing()
                await asyncio.sleep(self._config.save_retry_max_s)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        pause = self._config.save_retry_min_s
        while True:
            await self._try_asides(loop.time())
            if not self._batch and not self._dirty:
                if self._closing:
                    return
                await self._rest(loop)
                continue
            began = loop.time()
            self._batch = self._batch or self._gather()
            if not self._batch:
                continue
            outcome = await self._write(self._batch)
            if outcome == "saved":
                self._batch = []
                self._refusals = 0
                pause = self._config.save_retry_min_s
                self._recovered()
                took = loop.time() - began
                rest = min(took * (1 / self._config.save_share - 1), self._config.save_pause_max_s)
                if not self._closing:
                    await asyncio.sleep(rest)
                continue
            if outcome == "refused":
                self._refusals += 1
                if self._refusals >= self._config.save_refusals:
                    self._refusals = 0
                    await self._split(self._batch)
                    if not self._batch:
                        self._recovered()
                    continue
            self._failing()
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._config.save_retry_max_s)

    def _gather(self) -> list[Taken]:
        """Everybody's share of the next commit, up to its limits."""
        batch: list[Taken] = []
        room, changes = self._config.save_batch_bytes, self._config.save_batch_changes
        while self._dirty and room > 0 and changes > 0:
            queue = next(iter(self._dirty))
            try:
                queue.absorb()
                del self._dirty[queue]  # after it, for what it hands over marks the queue
                taken = queue.take(room, changes)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # a panic of yrs is no Exception; one bad room is no reason to save nobody's
                self._dirty.pop(queue, None)
                self._failed([], "refused", f"its changes do not become rows: {error!r}")
                self._set_aside(queue, None)
                continue
            if not taken.changes:
                continue
            batch.append(taken)
            room -= taken.size
            changes -= taken.changes
            if taken.changes < queue.unsaved:
                self._dirty[queue] = None  # at the end of the line, so that nobody waits for one long queue
        return batch

    async def _write(self, batch: Sequence[Taken]) -> Outcome:
        rows = [row for taken in batch for row in taken.rows]
        slow = asyncio.get_running_loop().call_later(self._config.save_warn_s, self._slow, batch)
        try:
            async with asyncio.timeout(self._config.save_timeout_s):
                seqs = await self._log.append(rows)
        except (UnavailableError, StorageFullError, OSError) as error:  # TimeoutError is an OSError
            return self._failed(batch, "away", str(error) or f"no answer within {self._config.save_timeout_s:g} s")
        except Exception as error:  # whatever the database has against these rows: keep, tell, try again
            return self._failed(batch, "refused", str(error) or repr(error))
        finally:
            slow.cancel()
        self.commits += 1
        self.rows += len(rows)
        at = 0
        for taken in batch:
            self._held -= taken.size + taken.changes * CHANGE_OVERHEAD_BYTES
            taken.queue.commit(taken, seqs[at : at + len(taken.rows)])
            at += len(taken.rows)
        return "saved"

    def _slow(self, batch: Sequence[Taken]) -> None:
        self.last_error = f"the database has not answered for {self._config.save_warn_s:g} s"
        logger.warning("saving.slow docs=%s: %s", _names({taken.queue for taken in batch}), self.last_error)
        self._failing(batch)

    def _failed(self, batch: Sequence[Taken], outcome: Outcome, why: str) -> Outcome:
        self.failures += 1
        self.last_error = why
        logger.warning(
            "saving.failed docs=%s rows=%d bytes=%d kind=%s: %s", _names({taken.queue for taken in batch}),
            sum(len(taken.rows) for taken in batch), sum(taken.size for taken in batch), outcome, why,
        )  # fmt: skip
        return outcome

    # -- documents that the database refuses ---------------------------------------------------------------------------

    async def _split(self, part: list[Taken]) -> None:
        """Write the batch in ever smaller parts, by document, until it shows whose rows are refused."""
        middle = len(part) // 2
        for half in (part[:middle], part[middle:]) if middle else (part,):
            outcome: Outcome = await self._write(half) if middle else "refused"
            if outcome == "refused" and len(half) > 1:
                await self._split(half)
            elif outcome != "away":
                self._batch = [taken for taken in self._batch if taken not in half]
                if outcome == "refused":
                    self._set_aside(half[0].queue, half[0])

    def _set_aside(self, queue: SaveQueue, taken: Taken | None) -> None:
        now, pause = self._clock(), self._config.save_retry_max_s
        self._dirty.pop(queue, None)
        self._aside[queue] = _Aside(taken, now, pause, asyncio.get_running_loop().time() + pause)
        logger.error("saving.set_aside doc=%s updates=%d: %s", queue.doc_id, queue.unsaved, self.last_error)
        self._tell([queue], now)

    async def _try_asides(self, now: float) -> None:
        for queue, aside in list(self._aside.items()):
            if aside.next_at > now and not self._closing:
                continue
            if aside.taken is None or await self._write([aside.taken]) == "saved":
                del self._aside[queue]
                if queue.unsaved:
                    self._dirty[queue] = None
                self._recovered()
            else:
                aside.pause_s = min(aside.pause_s * 2, self._config.save_refused_retry_s)
                aside.next_at = asyncio.get_running_loop().time() + aside.pause_s
                self._tell([queue], aside.since)

    # -- telling people ------------------------------------------------------------------------------------------------

    def _failing(self, batch: Sequence[Taken] = ()) -> None:
        self._away_since = self._away_since or self._clock()
        self._tell([*(taken.queue for taken in batch or self._batch), *self._dirty], self._away_since)

    def _recovered(self) -> None:
        if self._away_since is not None:
            logger.info("saving.recovered after_s=%.1f", self._clock() - self._away_since)
            self._away_since = None
        if self._told:
            self._tell([queue for queue in self._told if not queue.unsaved], None)

    def _tell(self, queues: Sequence[SaveQueue], since: float | None) -> None:
        for queue in dict.fromkeys(queues):
            if since is None:
                self._told.discard(queue)
            else:
                self._told.add(queue)
            queue.tell(since)

    async def _rest(self, loop: asyncio.AbstractEventLoop) -> None:
        """Sleep until there is something to save, or a document set aside is due."""
        self._wake.clear()
        due = min((aside.next_at for aside in self._aside.values()), default=None)
        try:
            async with asyncio.timeout(None if due is None else max(0.0, due - loop.time())):
                await self._wake.wait()
        except TimeoutError:
            pass  # the document's turn


def _names(queues: set[SaveQueue]) -> str:
    """The documents' ids, the first few of them."""
    names = sorted(str(queue.doc_id) for queue in queues)
    return ",".join(names[:_NAMED]) + (f",…{len(names) - _NAMED} more" if len(names) > _NAMED else "")
