"""Group commit: what all rooms have to save goes into one transaction, and only then counts as saved.

One task per process. While a commit is in flight the next batch gathers, so the cost of a commit is shared by everybody
who waits for it. When the store fails, nothing is let go of: the batch goes back to its rooms in order, the loop tries
again with growing pauses, and a room with unsaved changes cannot leave memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Protocol

from collab.config import CollabConfig
from collab.origin import AttachOrigin, DirectOrigin, Origin, RelayOrigin, SessionOrigin
from collab.replica import merged
from store.errors import UnavailableError
from store.ids import DocId
from store.updates import Update

logger = logging.getLogger(__name__)

Change = tuple[bytes, Origin, float]
"""An applied update, who caused it, and when (unix seconds)."""


class Log(Protocol):
    """What saving needs of `store.updates.UpdateLog`."""

    async def append(self, updates: Sequence[Update]) -> list[int]:
        """Write all updates in one transaction; their sequence numbers."""
        ...


class SaveQueue:
    """What one room has applied and not yet saved, in order.

    Args:
        doc_id: the room's document.
        node: this node, for the rows.
        saver: the loop that takes from it.
        on_saved: called after each COMMIT with the state vector that was current when the batch was taken, the
            sequence numbers and the bytes written.
        take_state: the room's state vector now, or None when nobody wants to know.
    """

    def __init__(
        self,
        doc_id: DocId,
        node: str,
        saver: Saver,
        on_saved: Callable[[bytes | None, Sequence[int], int], None],
        on_failing: Callable[[float | None], None],
        take_state: Callable[[], bytes | None],
    ) -> None:
        self._doc_id = doc_id
        self._node = node
        self._saver = saver
        self._on_saved = on_saved
        self.on_failing = on_failing
        self._take_state = take_state
        self._pending: list[Change] = []
        self._in_flight: list[Change] = []
        self._put = 0
        self._saved = 0
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self.bytes = 0

    @property
    def unsaved(self) -> int:
        """Updates applied and not COMMITted."""
        return len(self._pending) + len(self._in_flight)

    @property
    def handed_over(self) -> int:
        """Updates handed over so far, ever."""
        return self._put

    @property
    def committed(self) -> int:
        """How many of them are COMMITted."""
        return self._saved

    @property
    def oldest_at(self) -> float | None:
        """When the oldest unsaved update was applied, in the clock of its `at`."""
        for changes in (self._in_flight, self._pending):
            if changes:
                return changes[0][2]
        return None

    def put(self, update: bytes, origin: Origin, at: float) -> None:
        """Hand over an applied update; returns at once.

        Args:
            update: as it came.
            origin: who caused it.
            at: when, in unix seconds.
        """
        self._pending.append((update, origin, at))
        self._put += 1
        self.bytes += len(update)
        self._saver.wake(self)

    async def saved(self, timeout_s: float) -> None:
        """Wait until everything handed over so far is COMMITted.

        Raises:
            UnavailableError: that took too long; the updates are kept and tried again all the same.
        """
        if self._saved >= self._put:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (self._put, future)
        self._waiters.append(entry)
        try:
            async with asyncio.timeout(timeout_s):
                await future
        except TimeoutError:
            raise UnavailableError(
                f"the change is not saved yet after {timeout_s:.0f} s: the database does not take it "
                f"({self._saver.last_error or 'no answer'}). It is kept in memory and tried again."
            ) from None
        finally:
            if entry in self._waiters:
                self._waiters.remove(entry)

    def take(self) -> tuple[list[Update], bytes | None, int]:
        """For the loop: move everything pending into flight. The rows it makes, and how many changes are in them."""
        self._in_flight, self._pending = self._pending, []
        return rows_of(self._in_flight, self._doc_id, self._node), self._take_state(), len(self._in_flight)

    def commit(self, state: bytes | None, count: int, seqs: Sequence[int]) -> None:
        """For the loop: what was in flight is COMMITted."""
        size = sum(len(change[0]) for change in self._in_flight)
        self.bytes -= size
        self._in_flight = []
        self._saved += count
        for entry in [entry for entry in self._waiters if entry[0] <= self._saved]:
            self._waiters.remove(entry)
            if not entry[1].done():
                entry[1].set_result(None)
        self._on_saved(state, seqs, size)

    def put_back(self) -> None:
        """For the loop: the commit failed; what was in flight goes before what came since."""
        self._pending = self._in_flight + self._pending
        self._in_flight = []


class Saver:
    """The loop that commits for all rooms of a process.

    Args:
        log: the update log.
        config: pauses, time-out and size of a commit.
        clock: wall clock in seconds, for `failing_since`.
    """

    def __init__(self, log: Log, config: CollabConfig, clock: Callable[[], float]) -> None:
        self._log = log
        self._config = config
        self._clock = clock
        self._dirty: dict[SaveQueue, None] = {}
        self._told: set[SaveQueue] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self.failing_since: float | None = None
        self.last_error = ""
        self.commits = 0
        self.rows = 0
        self.failures = 0

    def wake(self, queue: SaveQueue) -> None:
        """A queue has something; the loop starts with the first."""
        self._dirty[queue] = None
        self._wake.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="collab-saver")

    async def close(self, timeout_s: float) -> bool:
        """Save what is left and end. Returns False when something could not be saved in time."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=timeout_s)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._dirty:
            logger.error("saving.lost rooms=%d since=%s: %s", len(self._dirty), self.failing_since, self.last_error)
        return not self._dirty

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        pause = self._config.save_retry_min_s
        while True:
            if not self._dirty:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            began = loop.time()
            if await self._commit_once():
                pause = self._config.save_retry_min_s
                if self.failing_since is not None:
                    self._tell(None)
                rest = self._config.save_pause_s - (loop.time() - began)
                if rest > 0 and not self._closing:
                    await asyncio.sleep(rest)
            else:
                self._tell(self.failing_since or self._clock())
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._config.save_retry_max_s)

    async def _commit_once(self) -> bool:
        taken: list[tuple[SaveQueue, bytes | None, int, int]] = []
        rows: list[Update] = []
        size = 0
        while self._dirty and size < self._config.save_batch_bytes:
            queue = next(iter(self._dirty))
            del self._dirty[queue]
            made, state, count = queue.take()
            taken.append((queue, state, count, len(made)))
            rows.extend(made)
            size += sum(len(row.payload) for row in made)
        try:
            async with asyncio.timeout(self._config.save_timeout_s):
                seqs = await self._log.append(rows)
        except asyncio.CancelledError:
            self._return(taken)
            raise
        except Exception as error:  # any failure of the store is met the same way: keep, tell, try again
            self.failures += 1
            self.last_error = str(error) or repr(error)
            logger.warning("saving.failed rows=%d bytes=%d: %s", len(rows), size, self.last_error)
            self._return(taken)
            return False
        self.commits += 1
        self.rows += len(rows)
        at = 0
        for queue, state, count, written in taken:
            queue.commit(state, count, seqs[at : at + written])
            at += written
        return True

    def _return(self, taken: Sequence[tuple[SaveQueue, bytes | None, int, int]]) -> None:
        for queue, *_ in taken:
            queue.put_back()
            self._dirty[queue] = None

    def _tell(self, since: float | None) -> None:
        if since is None:
            logger.info("saving.recovered after_s=%.1f", self._clock() - (self.failing_since or self._clock()))
            told, self._told = self._told, set()
        else:
            told = set(self._dirty)
            self._told |= told
        self.failing_since = since
        for queue in told:
            queue.on_failing(since)


def rows_of(changes: Sequence[Change], doc_id: DocId, node: str) -> list[Update]:
    """Rows for the log: one for what one session did in a row; `merge_updates` loses nothing."""
    rows: list[Update] = []
    for origin, run in groupby(changes, key=lambda change: change[1]):
        made = list(run)
        session = origin.session if isinstance(origin, SessionOrigin) else ""
        rows.extend(
            Update(
                doc=doc_id, payload=payload, author=origin.author, origin=_describe(origin), session=session, node=node,
                at=made[0][2],
            )
            for payload in merged([change[0] for change in made])
        )  # fmt: skip
    return rows


def _describe(origin: Origin) -> str:
    """The origin as the log keeps it: its kind, and through which door, by which job or for which node."""
    if isinstance(origin, AttachOrigin):
        return f"attach:{origin.job}"
    if isinstance(origin, DirectOrigin):
        return f"direct:{origin.what}"
    if isinstance(origin, RelayOrigin):
        return f"relay:{origin.node}"
    return origin.kind
