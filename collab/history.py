"""Looking back: what a document was at any moment, who changed it, and how another history of it is begun.

A moment is rebuilt from the log alone: the nearest snapshot before it and the rows up to it. What people have not saved
yet is not history. Where retention has thinned the rows, the nearest checkpoint before the moment is given instead.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from json import loads
from typing import Any, Protocol

from collab.codec import EMPTY_UPDATE
from collab.errors import CollabError
from collab.merging import Merger, clients_of, new_history, replayed
from store.ids import DocId
from store.updates import Change, Loaded, Update

logger = logging.getLogger(__name__)

__all__ = ["Change", "Histories", "Moment", "NoSuchMomentError"]


class NoSuchMomentError(CollabError):
    """The document was empty then, or what it was is no longer known."""


class HistoryLog(Protocol):
    """What looking back needs of `store.updates.UpdateLog`."""

    async def load(
        self, doc: DocId, *, epoch: int | None = None, until: int | None = None, below: int | None = None
    ) -> Loaded:
        """Snapshot and the rows after it, up to one."""
        ...

    async def changes(self, doc: DocId, *, limit: int, before: int | None = None) -> list[Change]:
        """Rows without payloads, newest first."""
        ...

    async def position(self, doc: DocId, *, at: float | None = None, seq: int | None = None) -> tuple[int, int] | None:
        """Epoch and seq of the last row at a moment."""
        ...

    async def begin_epoch(self, first: Update, marker: int) -> int:
        """Begin another history."""
        ...

    async def epochs_of(self, docs: list[DocId]) -> dict[DocId, int]:
        """The present epochs."""
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """A document as it was.

    Args:
        epoch: the history it belonged to.
        seq: the last row that is in it; 0 when it was empty.
        at: when that row was written, unix seconds; 0 when it was empty.
        is_exact: no row between this one and the moment asked for is gone.
        update: the document as one Yjs update.
        json: the same as JSON text, by root name; made where the replay was, because it may be large.
    """

    epoch: int
    seq: int
    at: float
    is_exact: bool
    update: bytes
    json: bytes

    @property
    def content(self) -> Any:
        """The JSON, parsed."""
        return loads(self.json)


class Histories:
    """Looks back, and begins histories anew.

    Args:
        log: the update log.
        merger: where replaying happens.
        clock: wall clock in seconds.
    """

    def __init__(self, log: HistoryLog, merger: Merger, clock: Callable[[], float] = time.time) -> None:
        self._log = log
        self._merger = merger
        self._clock = clock

    async def changes(self, doc: DocId, *, limit: int, before: int | None = None) -> list[Change]:
        """Who changed it and when, newest first, from just below the seq `before` downwards."""
        return await self._log.changes(doc, limit=limit, before=before)

    async def at(self, doc: DocId, *, time: float | None = None, seq: int | None = None) -> Moment:
        """The document as it was.

        Args:
            time: unix seconds: with all rows written by then.
            seq: or with all rows of its epoch up to this one.
        """
        found = await self._log.position(doc, at=time, seq=seq)
        if found is None:
            return Moment(1, 0, 0.0, True, EMPTY_UPDATE, b"{}")
        epoch, last = found
        below: int | None = None
        while True:
            loaded = await self._log.load(doc, epoch=epoch, until=last, below=below)
            pieces = [row.payload for row in loaded.rows]
            if loaded.snapshot is not None:
                pieces.insert(0, loaded.snapshot)
            made = await self._merger.run(replayed, pieces, doc.kind, size=sum(map(len, pieces)))
            if made.is_base_readable or loaded.snapshot is None:
                break
            logger.error("history.snapshot_unreadable doc=%s epoch=%d upto=%d", doc, epoch, loaded.upto)
            below = loaded.upto
        return Moment(
            epoch=epoch,
            seq=loaded.rows[-1].seq if loaded.rows else loaded.upto,
            at=max([loaded.moment, *(row.at for row in loaded.rows)]),
            is_exact=not loaded.missing,
            update=made.update,
            json=made.json,
        )

    async def begin_epoch(
        self, doc: DocId, author: str, node: str, *, time: float | None = None, seq: int | None = None
    ) -> tuple[int, Moment]:
        """Begin another history of a document, with what it was at a moment. Everybody who has the old one open is
        sent away within seconds; the rows of the old history stay, and history still shows them.

        Args:
            author: who does it.
            node: where.
            time, seq: the moment, as in `at`.

        Returns:
            The new epoch, and the moment it begins with.

        Raises:
            NoSuchMomentError: the document was empty then, or the rows of that moment are gone and no checkpoint of
                just then is left.
            ConflictError: somebody else began another history meanwhile.
        """
        present = (await self._log.epochs_of([doc]))[doc]
        moment = await self.at(doc, time=time, seq=seq)
        if not moment.seq:
            raise NoSuchMomentError(f"{doc} was empty then: there is nothing to begin again with")
        marker = _unheard_of(clients_of(moment.update))
        state = await self._merger.run(new_history, moment.update, present + 1, marker, size=len(moment.update))
        first = Update(
            doc=doc, payload=state, author=author, origin=f"epoch:{moment.epoch}.{moment.seq}", session="", node=node,
            at=self._clock(), epoch=present + 1,
        )  # fmt: skip
        seq = await self._log.begin_epoch(first, marker)
        logger.info(
            "history.epoch_begun doc=%s epoch=%d from=%d.%d seq=%d author=%s",
            doc, present + 1, moment.epoch, moment.seq, seq, author,
        )  # fmt: skip
        return present + 1, moment


def _unheard_of(known: set[int]) -> int:
    """A client id that no document has heard of; of 32 bits, as JavaScript makes them."""
    while True:
        marker = int.from_bytes(os.urandom(4), "big")
        if marker and marker not in known:
            return marker
