"""The way of a change through a room:

    taken in → applied → queued for saving → merged with its neighbours → sent to the others, here and on other nodes

All of it is synchronous; nobody waits for anybody. When the room is idle a change is applied and goes out in the same
turn of the loop; under load what a session sends meanwhile is merged before it is applied, and everybody's before it
is sent, so that both take a bounded share of the time.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from collab.codec import sync_update
from collab.errors import ProtocolError
from collab.replica import PoisonError, merged
from collab.structs import Extent

if TYPE_CHECKING:
    from collab.room import Room
    from collab.session import Session

_Arrival = tuple["Session", bytes, Extent]
"""Who sent it, the update, and what `checked` found in it."""
_Applied = tuple[bytes, str | None, bool]
"""The update, the session that alone is its author, and whether other nodes must hear it from this one."""
_WORTH_A_PAUSE_S = 0.005
_GATHER_S = 0.002
_SOON_S = 0.001
_NOTE_EVERY_S = 1.0


class Wire(Protocol):
    """Where changes go on their way to other nodes; `collab.fanout` has the real one."""

    @property
    def unconfirmed(self) -> int:
        """Changes of other nodes that are not known to be saved."""
        ...

    def changed(self, update: bytes, handed_over: int) -> None:
        """A merged batch of this node's changes, and how many had been handed over for saving by then."""
        ...

    def saved(self, count: int) -> None:
        """So many of the changes handed over are COMMITted."""
        ...

    def only_saved(self, state_vector: bytes) -> bytes:
        """A state vector without other nodes' changes that are not known to be saved."""
        ...

    def rescue(self, room: Room) -> None:
        """Save what other nodes changed and did not confirm in time."""
        ...

    def present(self, entries: Sequence[bytes]) -> None:
        """Presence of this node's sessions."""
        ...

    def close(self) -> None:
        """The room leaves memory."""
        ...


class Changes:
    """What has come in and is not applied yet, and what is applied and not sent yet.

    Args:
        room: whose changes these are.
    """

    def __init__(self, room: Room) -> None:
        self.counts: Counter[str] = Counter()
        self._room = room
        self._config = room.config
        self._loop = asyncio.get_running_loop()
        self._inbox: list[_Arrival] = []
        self._batch: list[_Applied] = []
        self._pausing: list[Session] = []
        self._flush_due: asyncio.Handle | None = None
        self._next_flush_at = 0.0
        self._next_note_at = 0.0
        self._noted_version = -1

    @property
    def is_due(self) -> bool:
        """Whether something is still to be applied or sent."""
        return self._flush_due is not None

    def take(self, session: Session, update: bytes, extent: Extent) -> None:
        """A session's update that has been looked through: applied with the next flush or commit, with what else has
        come by then."""
        self._inbox.append((session, update, extent))
        self._flush_soon()
        self._room.soon_to_be_saved()
        # A socket that is read once for many frames costs a fraction of one that is read for each.
        if self._next_flush_at - self._loop.time() > _WORTH_A_PAUSE_S and session.pause():
            self._pausing.append(session)

    def apply(self, session: Session, update: bytes, extent: Extent) -> None:
        """Apply a session's update now.

        Raises:
            ProtocolError: it is refused.
        """
        try:
            self._room.replica.apply(update, session.origin, extent)
        except PoisonError:
            self.counts["poisoned"] += 1
            raise
        self._room.to_be_saved(update, session.origin)
        self._batch.append((update, session.id, True))
        self._flush_soon()

    def absorb_to_save(self) -> None:
        """Apply what has come in because a commit is about to begin, unless it will be in a moment anyway."""
        if self._next_flush_at - self._loop.time() > _SOON_S:
            self.absorb()

    def absorb(self) -> None:
        """Apply what has come in. A session whose update is refused is closed; what it sent before stands."""
        while self._inbox:
            inbox, self._inbox = self._inbox, []
            if len(inbox) == 1 or not self._apply_together(inbox):
                stopped: set[Session] = set()
                for session, update, extent in inbox:
                    if session in stopped:
                        continue  # it may build on what was refused
                    try:
                        self.apply(session, update, extent)
                    except ProtocolError as refused:
                        stopped.add(session)
                        self._room.arrivals.forget()
                        session.refuse(refused)

    def _apply_together(self, inbox: list[_Arrival]) -> bool:
        """Apply everybody's updates as one: a fraction of the cost of one after the other. Observers are told of it in
        the name of the first; each is saved in its author's own.

        Returns:
            Whether it worked; nothing has been done if not.
        """
        whole = merged([update for _, update, _ in inbox])
        if len(whole) > 1:
            return False
        author = inbox[0][0]
        try:
            self._room.replica.apply(whole[0], author.origin, _united([extent for _, _, extent in inbox]))
        except ProtocolError:
            return False  # one of them is bad: which one shows when they are taken one by one
        for session, update, _ in inbox:
            self._room.to_be_saved(update, session.origin)
        is_alone = all(session is author for session, _, _ in inbox)
        self._batch.append((whole[0], author.id if is_alone else None, True))
        return True

    def queue(self, update: bytes, *, is_ours: bool) -> None:
        """An applied update that no session sent is to go out; `is_ours` when this node's others must hear it too."""
        self._batch.append((update, None, is_ours))
        self._flush_soon()

    def hasten(self) -> None:
        """Apply and send what waits, now."""
        if self._flush_due is not None:
            self._flush_due.cancel()
            self._flush()

    def note_received(self) -> None:
        """Remember for every reader that keeps up what it has now, for the day it does not."""
        version = self._room.replica.version
        if not self._batch and not self._inbox and version != self._noted_version:
            self._noted_version = version
            state = self._room.replica.state()
            for session in self._room.sessions.values():
                session.has_received(state)

    def close(self) -> None:
        """Send nothing more."""
        if self._flush_due is not None:
            self._flush_due.cancel()
        self._resume()

    def _flush_soon(self) -> None:
        if self._flush_due is None:
            wait = self._next_flush_at - self._loop.time()
            later = self._loop.call_later
            self._flush_due = later(wait, self._gather) if wait > 0 else self._loop.call_soon(self._flush)

    def _gather(self) -> None:
        """Let those who paused read what has come meanwhile, and flush right after."""
        if not self._pausing:
            self._flush()
            return
        self._flush_due = self._loop.call_later(_GATHER_S, self._flush)
        self._resume()

    def _resume(self) -> None:
        pausing, self._pausing = self._pausing, []
        for session in pausing:
            session.resume()

    def _flush(self) -> None:
        began = time.perf_counter()
        self.absorb()
        self._flush_due = None
        self._resume()
        batch, self._batch = self._batch, []
        if not batch:
            return
        room = self._room
        updates = merged([update for update, _, _ in batch])
        author = batch[0][1]
        alone = author if all(sender == author for _, sender, _ in batch) else None
        for update in updates:
            frame = sync_update(update)
            for session in list(room.sessions.values()):
                if session.id != alone:
                    session.send(frame)
        if room.wire is not None:
            ours = [update for update, _, is_ours in batch if is_ours]
            for update in updates if len(ours) == len(batch) else merged(ours):
                room.wire.changed(update, room.handed_over)
        self.counts["flushes"] += 1
        self.counts["fanned_out"] += len(batch)
        now = self._loop.time()
        if now >= self._next_note_at:
            self._next_note_at = now + _NOTE_EVERY_S
            self.note_received()
        pause = min((time.perf_counter() - began) / self._config.fanout_share, self._config.fanout_pause_max_s)
        self._next_flush_at = now + pause


def _united(extents: Sequence[Extent]) -> Extent:
    """How far several updates reach together."""
    if len(extents) == 1:
        return extents[0]
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    deleted: dict[int, int] = {}
    for extent in extents:
        for client, clock in extent.first.items():
            first[client] = min(clock, first.get(client, clock))
        for client, clock in extent.last.items():
            last[client] = max(clock, last.get(client, 0))
        for client, clock in extent.deleted.items():
            deleted[client] = max(clock, deleted.get(client, 0))
    has_astral_text = any(extent.has_astral_text for extent in extents)
    places = [place for extent in extents for place in extent.places]
    return Extent(first, last, deleted, has_astral_text, places=places)
