"""How presence goes out: gathered, at most so many frames a second, the newest state of each client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from collab.codec import presence_frame

if TYPE_CHECKING:
    from collab.room import Room

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
        self._next_recall_at = 0.0

    def show(self, clients: Iterable[int]) -> None:
        """The presence of these clients changed."""
        self._changed.update(clients)
        if self._due is None:
            wait = self._next_at - self._loop.time()
            later = self._loop.call_later
            self._due = later(wait, self._flush) if wait > 0 else self._loop.call_soon(self._flush)

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
        self._due = None
        self._next_at = self._loop.time() + 1 / room.config.presence_hz
        clients, self._changed = self._changed, set()
        frame = room.presence_of(clients)
        for session in list(room.sessions.values()):
            session.send_presence(frame, clients)
        if room.wire is not None:
            own = room.presence.encoded(room.presence.relayed(clients))
            if own:
                room.wire.present(own)
