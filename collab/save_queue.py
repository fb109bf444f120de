"""What one room has applied and not yet saved: in order, counted, bounded together with what all other rooms hold."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from collab.errors import NotSavingError
from collab.origin import AttachOrigin, DirectOrigin, Origin, RelayOrigin, SessionOrigin
from collab.replica import merged
from store.errors import UnavailableError
from store.ids import DocId
from store.updates import Update

logger = logging.getLogger(__name__)

Change = tuple[bytes, Origin, float]
"""An applied update, who caused it, and when (unix seconds)."""

_MOMENT_S = 0.25
"""The history tells apart what one session did further apart than this."""

CHANGE_OVERHEAD_BYTES = 200
"""What a waiting change costs beside its bytes: objects are not free, and most updates are small."""


class Keeper(Protocol):
    """What a queue needs of the loop that empties it; `collab.saving.Saver` is it."""

    last_error: str

    @property
    def is_full(self) -> bool:
        """Whether this process keeps as much unsaved as it may."""
        ...

    def wake(self, queue: SaveQueue, size: int) -> None:
        """A queue has something new, of so many bytes."""
        ...


@dataclass(slots=True, eq=False)
class Taken:
    """A queue's share of one commit.

    Args:
        queue: it was taken from.
        rows: for the log.
        state: the room's state vector that holds all of it and nothing unsaved; None when nobody wants to know, or more
            is waiting.
        changes: how many changes the rows hold.
        size: their bytes.
    """

    queue: SaveQueue
    rows: list[Update]
    state: bytes | None
    changes: int
    size: int


class SaveQueue:
    """What one room has applied and not yet saved, in order.

    Args:
        doc_id: the room's document.
        node: this node, for the rows.
        saver: the loop that takes from it.
        on_saved: called after each COMMIT with the state vector that is durable now (None: nobody wants to know, or
            that cannot be said yet), the sequence numbers and the bytes written.
        on_failing: called with the time since when saving fails, and with None when all is saved again.
        take_state: the room's state vector now, or None when nobody wants to know.
        absorb: has the room apply what has come in, and hand it over, before a share is taken.
        epoch: the history its rows belong to.
    """

    def __init__(
        self,
        doc_id: DocId,
        node: str,
        saver: Keeper,
        on_saved: Callable[[bytes | None, Sequence[int], int], None],
        on_failing: Callable[[float | None], None],
        take_state: Callable[[], bytes | None],
        absorb: Callable[[], None],
        epoch: int = 1,
    ) -> None:
        self.doc_id = doc_id
        self.bytes = 0
        self._node = node
        self._epoch = epoch
        self._saver = saver
        self._on_saved = on_saved
        self._on_failing = on_failing
        self._take_state = take_state
        self.absorb = absorb
        self._pending: deque[Change] = deque()
        self._in_flight: list[Change] = []
        self._put = 0
        self._saved = 0
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []

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

    def check(self) -> None:
        """Ask before applying what a client or tool wants to change.

        Raises:
            NotSavingError: this process keeps as much unsaved as it may.
        """
        if self._saver.is_full:
            raise NotSavingError("the server cannot save and takes no more changes; keep yours and come back later")

    def expect(self) -> None:
        """Something has come in that `absorb` will hand over: it is not left to wait until it is sent to the others."""
        self._saver.wake(self, 0)

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
        self._saver.wake(self, len(update) + CHANGE_OVERHEAD_BYTES)

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

    def tell(self, since: float | None) -> None:
        """For the loop: saving fails since then, or, with None, works again."""
        try:
            self._on_failing(since)
        except Exception:  # as in `commit`
            logger.exception("saving.listener_failed doc=%s", self.doc_id)

    def take(self, max_bytes: int, max_changes: int) -> Taken:
        """For the loop: move what is pending into flight, oldest first, until a limit is reached."""
        size = sum(len(change[0]) for change in self._in_flight)  # none, unless taking them failed before
        while self._pending and len(self._in_flight) < max_changes and size < max_bytes:
            self._in_flight.append(self._pending.popleft())
            size += len(self._in_flight[-1][0])
        # What is still pending is in the room's state and must not be called durable with this.
        state = None if self._pending else self._take_state()
        rows = rows_of(self._in_flight, self.doc_id, self._node, self._epoch)
        return Taken(self, rows, state, len(self._in_flight), size)

    def commit(self, taken: Taken, seqs: Sequence[int]) -> None:
        """For the loop: what was in flight is COMMITted."""
        self.bytes -= taken.size
        self._in_flight = []
        self._saved += taken.changes
        for entry in [entry for entry in self._waiters if entry[0] <= self._saved]:
            self._waiters.remove(entry)
            if not entry[1].done():
                entry[1].set_result(None)
        try:
            state = taken.state
            if state is None and not self._pending:
                state = self._take_state()  # somebody asked meanwhile, and would hear nothing until the next change
            self._on_saved(state, seqs, taken.size)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # saved is saved, whatever the room or yrs makes of it; the others want to hear of theirs
            logger.exception("saving.listener_failed doc=%s", self.doc_id)


def rows_of(changes: Sequence[Change], doc_id: DocId, node: str, epoch: int = 1) -> list[Update]:
    """Rows for the log: one for what one session did within a moment; `merge_updates` loses nothing, and does not mind
    what others did in between."""
    runs: dict[Origin, list[Change]] = {}
    done: list[list[Change]] = []
    for change in changes:
        run = runs.get(change[1])
        if run is not None and change[2] - run[0][2] <= _MOMENT_S:
            run.append(change)
        else:
            run = runs[change[1]] = [change]
            done.append(run)
    rows: list[Update] = []
    for run in done:
        origin, at = run[0][1], run[0][2]
        session = origin.session if isinstance(origin, SessionOrigin) else ""
        rows.extend(
            Update(
                doc=doc_id, payload=payload, author=origin.author, origin=_describe(origin), session=session, node=node,
                at=at, epoch=epoch,
            )
            for payload in merged([change[0] for change in run])
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
