"""How presence goes out: gathered, at most so many frames a second, the newest state of each client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collab.room import Room


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

    def show(self, clients: Iterable[int]) -> None:
        """The presence of these clients changed."""
        self._changed.update(clients)
        if self._due is None:
            wait = self._next_at - self._loop.time()
            later = self._loop.call_later
            self._due = later(wait, self._flush) if wait > 0 else self._loop.call_soon(self._flush)

    def close(self) -> None:
        """Tell nothing more."""
        if self._due is not None:
            self._due.cancel()

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
