"""One client's connection: what it may, what waits to be sent to it, and its end.

Nothing here waits. A frame for a reader that keeps up is handed to the socket at once; a reader that does not is given
a bounded outbox, then one resync in its place, and in the end a close with 1013. Others do not notice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from collab.config import CollabConfig
from collab.errors import CloseCode, EpochError, ProtocolError, RefusalError, TooFastError, TooLargeError
from collab.origin import SessionOrigin
from collab.presence import Speaker
from store.ids import new_id

if TYPE_CHECKING:
    from collab.room import Room

logger = logging.getLogger(__name__)

Role = Literal["viewer", "reviewer", "editor", "owner"]
_REASON_BYTES = 123
_NOTHING = b"\x00"
"""The state vector of an empty document."""


class Transport(Protocol):
    """What a session needs of a socket; `api.wire.FrameSocket` is the real one."""

    is_writable: bool
    """Whether the socket takes more; False while its buffer is full."""

    def attach(self, receiver: Session) -> None:
        """Hand every message to the receiver from now on, and tell it when the socket drains and when it is gone."""
        ...

    def write(self, frame: bytes) -> None:
        """Hand over one binary message; never waits.

        Raises:
            Exception: the connection is gone.
        """
        ...

    def pause(self) -> None:
        """Read nothing more from the client."""
        ...

    def resume(self) -> None:
        """Read again."""
        ...

    def end(self, code: int, reason: str) -> None:
        """Close with a code and at most 123 bytes of reason; never waits, and cuts off a client that does."""
        ...


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is at the other end, as the api has established it."""

    user_id: str
    name: str
    color: str
    role: Role


class Session:
    """A connection that is part of a room. Made by `serve`."""

    def __init__(
        self, room: Room, transport: Transport, principal: Principal, config: CollabConfig, now: float
    ) -> None:
        self.id = new_id("ses")
        self.room = room
        self.transport = transport
        self.principal = principal
        self.origin = SessionOrigin(principal.user_id, self.id)
        self.speaker = Speaker(self.id, principal.user_id, principal.name, principal.color)
        self.wants_saved = False
        self.last_sent_at = now
        self.closed: tuple[int, str] | None = None
        self.finished = asyncio.Event()
        self.resyncs = 0
        self.has_asked = False
        self.is_vouched = True
        self._config = config
        self.allowance = room.quotas.allowance(principal.user_id, room.doc_id.project)
        self.heard_at = 0.0
        self._outbox: deque[bytes] = deque()
        self._outbox_bytes = 0
        self._stalled_at = 0.0
        self._received = _NOTHING
        self._needs_resync = False
        self._missed_presence: set[int] = set()
        self._missed_saved = False
        self._missed_saving = b""
        self._is_paused = False

    @property
    def is_congested(self) -> bool:
        """Whether something waits for the reader."""
        return not self.transport.is_writable or bool(self._outbox) or self._needs_resync

    # -- from the room -------------------------------------------------------------------------------------------------

    def send(self, frame: bytes) -> None:
        """Send a frame that belongs to the document's history: now, or in order after those that wait."""
        if self.closed is not None or self._needs_resync:
            return
        if self.transport.is_writable and not self._outbox:
            self._write(frame)
            return
        self._outbox.append(frame)
        self._outbox_bytes += len(frame)
        if self._outbox_bytes > self._config.outbox_bytes or len(self._outbox) > self._config.outbox_frames:
            self._outbox.clear()
            self._outbox_bytes = 0
            self._needs_resync = True
            self.resyncs += 1

    def send_presence(self, frame: bytes, clients: set[int]) -> None:
        """Send presence; a reader that does not keep up gets the newest once it does."""
        if self.closed is not None:
            return
        if self.is_congested:
            self._missed_presence |= clients
        else:
            self._write(frame)

    def send_light(self, frame: bytes) -> None:
        """Send a frame that a later one makes obsolete: dropped when the reader does not keep up."""
        if self.closed is None and not self.is_congested:
            self._write(frame)

    def send_saved(self, frame: bytes) -> None:
        """Send what is durable; a reader that does not keep up gets the newest once it does."""
        if self.closed is not None:
            return
        if self.is_congested:
            self._missed_saved = True
        else:
            self._write(frame)

    def send_saving(self, frame: bytes) -> None:
        """Send whether saving works; a reader that does not keep up gets the newest once it does."""
        if self.closed is not None:
            return
        if self.is_congested:
            self._missed_saving = frame
        else:
            self._write(frame)

    def has_received(self, state: bytes) -> None:
        """Everything up to a state vector has been handed to the socket, unless the reader does not keep up."""
        if self.has_asked and not self.is_congested:
            self._received = state

    def pause(self) -> bool:
        """Stop reading from the client; False when it is paused already."""
        if self._is_paused:
            return False
        self._is_paused = True
        self.transport.pause()
        return True

    def resume(self) -> None:
        """Read from the client again."""
        self._is_paused = False
        if self.closed is None:
            self.transport.resume()

    def check_stall(self, now: float) -> None:
        """Close a reader that has taken nothing for too long; called every second or so."""
        if self.transport.is_writable:
            self._stalled_at = 0.0
        elif not self._stalled_at:
            self._stalled_at = now
        elif now - self._stalled_at > self._config.stall_s:
            self.close(CloseCode.TRY_LATER, f"nothing was read for {self._config.stall_s:.0f} s")

    def close(self, code: int, reason: str) -> None:
        """End the connection. The first reason stands."""
        if self.closed is not None:
            return
        self._ended(int(code), reason)
        try:
            self.transport.end(int(code), reason.encode()[:_REASON_BYTES].decode(errors="ignore"))
        except Exception as error:  # closing is a courtesy: the session ends whether the socket takes it or not
            logger.debug("session.close_failed doc=%s session=%s: %r", self.room.doc_id, self.id, error)

    def refuse(self, refusal: RefusalError) -> None:
        """End the connection over something it sent."""
        if self.closed is None:
            logger.info(
                "session.refused doc=%s session=%s user=%s code=%d: %s",
                self.room.doc_id, self.id, self.principal.user_id, refusal.code, refusal.reason,
            )  # fmt: skip
        self.close(refusal.code, refusal.reason)

    # -- from the socket -----------------------------------------------------------------------------------------------

    def take(self, frame: bytes) -> None:
        """A binary message."""
        if self.closed is not None:
            return
        try:
            self.room.receive(self, frame)
        except RefusalError as refusal:
            self.refuse(refusal)
        except Exception:
            logger.exception("session.failed doc=%s session=%s", self.room.doc_id, self.id)
            self.close(1011, "something went wrong on the server")

    def take_text(self) -> None:
        """A text message."""
        self.refuse(ProtocolError("only binary messages are taken here"))

    def take_control(self, size: int) -> None:
        """A ping, or a part of a message: it counts as a message does."""
        if self.closed is None and not self.allowance.take(size, self.room.now()):
            self.refuse(TooFastError(self.allowance.reason))

    def take_oversized(self, size: int) -> None:
        """A message that is too large to be read."""
        self.refuse(TooLargeError(f"a frame of {size} bytes; {self._config.max_frame_bytes} is the limit"))

    def drained(self) -> None:
        """The socket takes bytes again."""
        self._stalled_at = 0.0
        try:
            while self.closed is None and self.transport.is_writable and (frame := self._next()) is not None:
                self._write(frame)
        except RefusalError as error:
            self.close(CloseCode.TRY_LATER, f"the resync failed: {error.reason}")

    def gone(self) -> None:
        """The connection is lost or closed."""
        if self.closed is None:
            self._ended(1000, "")

    # -- inside --------------------------------------------------------------------------------------------------------

    def _write(self, frame: bytes) -> None:
        self.last_sent_at = self.room.now()
        try:
            self.transport.write(frame)
        except Exception as error:  # whatever a dead socket raises, this client is gone and nobody else is
            logger.info("session.lost doc=%s session=%s: %r", self.room.doc_id, self.id, error)
            if self.closed is None:
                self._ended(1006, "connection lost")

    def _next(self) -> bytes | None:
        """The most important thing that waits."""
        if self._needs_resync:
            self._needs_resync = False
            frames, self._received = self.room.resync(self._received)
            self._outbox.extend(frames)
            self._outbox_bytes = sum(map(len, frames))
        if self._outbox:
            frame = self._outbox.popleft()
            self._outbox_bytes -= len(frame)
            return frame
        if self._missed_presence:
            clients, self._missed_presence = self._missed_presence, set()
            return self.room.presence_of(clients)
        if self._missed_saved:
            self._missed_saved = False
            return self.room.durable()
        if self._missed_saving:
            frame, self._missed_saving = self._missed_saving, b""
            return frame
        return None

    def _ended(self, code: int, reason: str) -> None:
        self.closed = (code, reason)
        self._outbox.clear()
        self._missed_presence.clear()
        self.finished.set()


async def serve(
    room: Room, transport: Transport, principal: Principal, *, epoch: int | None = None
) -> tuple[int, str]:
    """Run one client to its end.

    Args:
        room: the room, held open by the caller (`Rooms.use`).
        transport: an accepted socket.
        principal: who it is and what they may.
        epoch: the history that the client's copy descends from, when it says so.

    Returns:
        Close code and reason; code 1000 when the client left of its own accord.
    """
    session = Session(room, transport, principal, room.config, room.now())
    if epoch is not None and epoch != room.epoch:
        session.refuse(EpochError(f"this document has another history now (epoch {room.epoch}, you have {epoch})"))
        return session.closed or (int(CloseCode.EPOCH), "")
    session.is_vouched = epoch is not None or room.epoch == 1
    try:
        room.quotas.enter(session.allowance)
    except RefusalError as full:
        session.refuse(full)
        return session.closed or (int(full.code), "")
    room.join(session)
    transport.attach(session)
    try:
        await session.finished.wait()
    finally:
        room.leave(session)
        room.quotas.leave(session.allowance)
        session.gone()
    return session.closed or (1000, "")
