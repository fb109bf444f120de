"""How presence goes out: gathered, at most so many frames a second, the newest state of each client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from collab.codec import presence_frame

if TYPE_CHECKING:
    from collab.room import Room
    from collab.session import Session

_UNHEARD = 8
_RECALL_S = 0.5
_RECALL_S_PER_SESSION = 0.02


class Showing:
    """Tells a room's people, and other nodes, whose presence changed.

    Args:
        room: whose presence this is.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._loop = asyncio.get_running_loop()
        self._changed: set[int] = set()
        self._due: asyncio.Handle | None = None
        self._next_at = 0.0
        self._recall_due: asyncio.Handle | None = None
        self._unheard: dict[Session, dict[int, bytes]] = {}
        self._next_recall_at = 0.0

    def show(self, clients: Iterable[int]) -> None:
        """The presence of these clients changed."""
        self._changed.update(clients)
        if self._due is None:
            wait = self._next_at - self._loop.time()
            later = self._loop.call_later
            self._due = later(wait, self._flush) if wait > 0 else self._loop.call_soon(self._flush)

    def put_off(self, session: Session, about: int, body: bytes) -> None:
        """A session says more than goes out: its newest word about a client is heard with the next frame."""
        said = self._unheard.setdefault(session, {})
        said.pop(about, None)
        said[about] = body
        if len(said) > _UNHEARD:
            del said[next(iter(said))]
        self.show(())

    def forget(self, session: Session) -> None:
        """A session has ended."""
        self._unheard.pop(session, None)

    def recall(self) -> None:
        """Somebody is back: let everybody say again who they are, so that the one who was away sees them at once."""
        if self._recall_due is None:
            wait = self._next_recall_at - self._loop.time()
            later = self._loop.call_later
            self._recall_due = later(wait, self._recall) if wait > 0 else self._loop.call_soon(self._recall)

    def close(self) -> None:
        """Tell nothing more."""
        for handle in (self._due, self._recall_due):
            if handle is not None:
                handle.cancel()

    def _recall(self) -> None:
        room = self._room
        self._recall_due = None
        # A whole room that returns at once, after a restart, is asked rarely: each answer goes to everybody.
        self._next_recall_at = self._loop.time() + _RECALL_S + _RECALL_S_PER_SESSION * len(room.sessions)
        entries, own = room.presence.recalled()
        for speaker, theirs in entries.items():
            if speaker in room.sessions:
                room.sessions[speaker].send_light(presence_frame(theirs))
        if own:
            self.show(own)

    def _flush(self) -> None:
        room = self._room
        unheard, self._unheard = self._unheard, {}
        for session, said in unheard.items():
            for body in said.values():
                room.hear_late(session, body)
        self._due = None
        clients, self._changed = self._changed, set()
        if not clients:
            self._next_at = self._loop.time() + 1 / room.config.presence_hz
            return
        frame = room.presence_of(clients)
        # Many people with large states are told less often: presence gives way, the document does not.
        weight = len(frame) * len(room.sessions) / room.config.presence_bytes_per_s
        self._next_at = self._loop.time() + max(1 / room.config.presence_hz, weight)
        for session in list(room.sessions.values()):
            session.send_presence(frame, clients)
        if room.wire is not None:
            own = room.presence.encoded(room.presence.relayed(clients))
            if own:
                room.wire.present(own)
