"""Histories: which clients' copies descend from a document's present epoch, and what a room sees of the log.

A document whose history was begun anew (`UpdateLog.begin_epoch`) carries a mark: `meta.epoch`, written by a client id
that exists in no other history. A client that names the epoch (`?epoch=`) is taken at its word. Of one that names none,
as stock clients do, the first state vector tells: it is empty, or it has the mark, or the copy is of another history
and must not be merged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from collab.codec import EMPTY_UPDATE, Kind, Message, decode_state_vector
from collab.errors import EpochError
from store.ids import DocId
from store.updates import Row

if TYPE_CHECKING:
    from collab.room import Room
    from collab.session import Session


def another_history(present: int, own: int) -> EpochError:
    """The refusal of a client, or a whole room, of another epoch."""
    return EpochError(f"this document has another history now (epoch {present}, you have {own}); your copy is kept")


def vouch(room: Room, session: Session, message: Message) -> None:
    """Look at what a client that named no epoch sends, until it has shown where its copy comes from.

    Raises:
        EpochError: its copy descends from another history, or it writes before it has said what it has.
    """
    if message.kind is Kind.SYNC_STEP1:
        state = decode_state_vector(message.body)
        if any(state.values()) and room.marker not in state:
            raise EpochError(f"your copy is of another history of this document (it is in epoch {room.epoch} now)")
        session.is_vouched = True
    elif message.kind in (Kind.SYNC_UPDATE, Kind.SYNC_STEP2) and message.body != EMPTY_UPDATE:
        raise EpochError(f"name the epoch ({room.epoch}) or send your state vector before you write")


class EpochTail(Protocol):
    """What `OneHistory` needs of `store.updates.UpdateLog`."""

    async def tail(self, doc: DocId, after: int, epoch: int | None = None) -> list[Row]:
        """Rows of one epoch after a sequence number."""
        ...


class OneHistory:
    """The log as a room of one epoch may see it: were it to read rows of another, two histories would mix."""

    def __init__(self, log: EpochTail, epoch: int) -> None:
        self._log = log
        self._epoch = epoch

    async def tail(self, doc: DocId, after: int) -> list[Row]:
        """Rows after a sequence number."""
        return await self._log.tail(doc, after, self._epoch)
