"""How presence comes in and goes out: gathered, at most so many frames a second, the newest state of each client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from collab.codec import decode_presence, presence_frame, read_uint
from collab.errors import RefusalError

if TYPE_CHECKING:
    from collab.room import Room
    from collab.session import Session

_ENTRIES = 4096
_ENTRIES_A_MESSAGE = 16
_IS_GONE = b"\x04null"
_UNHEARD = 8
_RECALL_S = 0.5
_RECALL_S_PER_SESSION = 0.02


class Showing:
    """Hears who is here, and tells a room's people and other nodes what of it changed.

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

    def hear(self, session: Session, body: bytes) -> None:
        """Take what a session says. Words that come faster than they go out wait, the newest about a client: but never
        the first about it, which say whose it is, nor the last.

        Raises:
            RefusalError: the session must be closed.
        """
        room = self._room
        if room.now() - session.heard_at < 0.9 / room.config.presence_hz and not body.endswith(_IS_GONE):
            count, at = read_uint(body, 0)
            about, _ = read_uint(body, at) if count == 1 else (0, 0)
            if count == 1 and room.presence.is_spoken_for(about, session.id):
                self._put_off(session, about, body)
                return
        self._take(session, body)

    def hear_node(self, node: str, body: bytes) -> None:
        """Take what another node relays.

        Raises:
            ProtocolError: it does not decode here.
        """
        room = self._room
        changed = room.presence.take_remote(node, decode_presence(body, max_entries=_ENTRIES), room.now())
        if changed:
            self.show(changed)

    def tell(self, session: Session) -> None:
        """Tell a session of everybody who is here."""
        clients = self._room.presence.clients()
        if session.is_congested:
            session.send_presence(b"", clients)  # noted, and sent once there is room
            return
        frame = presence_frame(self._room.presence.everybody())
        session.allowance.burden(0, len(frame))
        session.send_presence(frame, clients)

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

    def _take(self, session: Session, body: bytes) -> None:
        room = self._room
        session.heard_at = room.now()
        entries = decode_presence(body, max_entries=_ENTRIES)
        session.allowance.burden(len(entries) // _ENTRIES_A_MESSAGE, 0)
        taken = room.presence.take(session.speaker, entries, room.now())
        if taken.answers:
            session.send_presence(presence_frame(taken.answers), set())
            self.recall()  # it was here before
        if taken.changed:
            self.show(taken.changed)

    def _put_off(self, session: Session, about: int, body: bytes) -> None:
        said = self._unheard.setdefault(session, {})
        said.pop(about, None)
        said[about] = body
        if len(said) > _UNHEARD:
            del said[next(iter(said))]
        self.show(())

    def _hear_late(self) -> None:
        unheard, self._unheard = self._unheard, {}
        for session, said in unheard.items():
            for body in said.values():
                if session.closed is None:
                    try:
                        self._take(session, body)
                    except RefusalError as refusal:
                        session.refuse(refusal)

    def _flush(self) -> None:
        room = self._room
        self._hear_late()
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
