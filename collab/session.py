"""One client's connection: what it may, what waits to be sent to it, and its end.

Sending never waits. A frame for a reader that keeps up is written at once, without a task; a reader that does not is
given a bounded outbox, then one resync in its place, and in the end a close with 1013. Others do not notice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from collab.config import CollabConfig
from collab.errors import CloseCode, EpochError, RefusalError
from collab.origin import SessionOrigin
from collab.pace import Bucket
from collab.presence import Speaker
from store.ids import new_id

if TYPE_CHECKING:
    from collab.room import Room

logger = logging.getLogger(__name__)

Role = Literal["viewer", "reviewer", "editor", "owner"]
_REASON_BYTES = 123


class Transport(Protocol):
    """What a session needs of a socket.

    `send` is driven without a task of its own while it does not have to wait, so it must not use asyncio timeouts or
    task groups; it returns when the socket has taken the bytes.
    """

    async def send(self, data: bytes) -> None:
        """Send one binary message.

        Raises:
            Exception: the connection is gone.
        """
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close with a code and at most 123 bytes of reason."""
        ...


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is at the other end, as the api has established it."""

    user_id: str
    name: str
    color: str
    role: Role


class _Resumed:
    """A coroutine that was started outside a task and has to wait; awaiting this takes it to its end."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        item = self._waits_for
        while True:
            try:
                try:
                    value = yield item
                except BaseException as error:
                    item = self._coroutine.throw(error)
                else:
                    item = self._coroutine.send(value)
            except StopIteration:
                return


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
        self._config = config
        self._messages = Bucket(config.messages_per_s, config.messages_burst, now)
        self._bytes = Bucket(config.bytes_per_s, config.bytes_burst, now)
        self._outbox: deque[bytes] = deque()
        self._outbox_bytes = 0
        self._sending: asyncio.Task[None] | None = None
        self._base_state = b""
        self._needs_resync = False
        self._missed_presence: set[int] = set()
        self._missed_saved = False
        self._finishing: asyncio.Task[None] | None = None

    @property
    def is_congested(self) -> bool:
        """Whether a frame is waiting for the reader."""
        return self._sending is not None

    def may_speak(self, size: int, now: float) -> bool:
        """Take a frame of this size from the connection's allowance."""
        return self._messages.take(1, now) and self._bytes.take(size, now)

    def send(self, frame: bytes) -> None:
        """Send a frame that belongs to the document's history: now, or in order after those that wait."""
        if self.closed is not None:
            return
        if self._sending is None:
            self._start(frame)
        elif not self._needs_resync:
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
        if self._sending is None:
            self._start(frame)
        else:
            self._missed_presence |= clients

    def send_light(self, frame: bytes) -> None:
        """Send a frame that a later one makes obsolete: dropped when the reader does not keep up."""
        if self.closed is None and self._sending is None:
            self._start(frame)

    def send_saved(self, frame: bytes) -> None:
        """Send what is durable; a reader that does not keep up gets the newest once it does."""
        if self.closed is not None:
            return
        if self._sending is None:
            self._start(frame)
        else:
            self._missed_saved = True

    def close(self, code: int, reason: str) -> None:
        """End the connection. The first reason stands."""
        if self.closed is not None:
            return
        self.closed = (int(code), reason)
        self._outbox.clear()
        self._missed_presence.clear()
        self._finishing = asyncio.get_running_loop().create_task(self._finish(int(code), reason))

    def refuse(self, refusal: RefusalError) -> None:
        """End the connection over something it sent."""
        logger.info(
            "session.refused doc=%s session=%s user=%s code=%d: %s",
            self.room.doc_id, self.id, self.principal.user_id, refusal.code, refusal.reason,
        )  # fmt: skip
        self.close(refusal.code, refusal.reason)

    def _start(self, frame: bytes) -> None:
        self.last_sent_at = self.room.now()
        sending = self.transport.send(frame)
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return
        except Exception as error:  # whatever a dead socket raises, this client is gone and nobody else is
            self._lost(error)
            return
        self._base_state = self.room.replica.state()
        self._sending = asyncio.get_running_loop().create_task(self._drain(_Resumed(sending, waits_for)))

    async def _drain(self, first: _Resumed) -> None:
        try:
            async with asyncio.timeout(self._config.stall_s):
                await first
            while (frame := self._next()) is not None:
                async with asyncio.timeout(self._config.stall_s):
                    await self.transport.send(frame)
                self.last_sent_at = self.room.now()
        except TimeoutError:
            self.close(CloseCode.TRY_LATER, f"nothing was read for {self._config.stall_s:.0f} s")
        except RefusalError as error:
            self.close(CloseCode.TRY_LATER, f"the resync failed: {error.reason}")
        except Exception as error:  # as in _start
            self._lost(error)
        finally:
            self._sending = None

    def _next(self) -> bytes | None:
        if self.closed is not None:
            return None
        if self._needs_resync:
            self._needs_resync = False
            frames, self._base_state = self.room.resync(self._base_state)
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
        return None

    def _lost(self, error: Exception) -> None:
        if self.closed is None:
            logger.info("session.lost doc=%s session=%s: %r", self.room.doc_id, self.id, error)
            self.closed = (1006, "connection lost")
            self._outbox.clear()
            self.finished.set()

    async def _finish(self, code: int, reason: str) -> None:
        try:
            if self._sending is not None:
                self._sending.cancel()
            async with asyncio.timeout(self._config.close_timeout_s):
                await self.transport.close(code, reason.encode()[:_REASON_BYTES].decode(errors="ignore"))
        except Exception as error:  # closing is a courtesy: the session ends whether the socket takes it or not
            logger.debug("session.close_failed doc=%s session=%s: %r", self.room.doc_id, self.id, error)
        finally:
            self.finished.set()


async def serve(
    room: Room,
    transport: Transport,
    principal: Principal,
    incoming: AsyncIterator[bytes],
    *,
    epoch: int | None = None,
) -> tuple[int, str]:
    """Run one client to its end.

    Args:
        room: the room, held open by the caller (`Rooms.use`).
        transport: an accepted socket.
        principal: who it is and what they may.
        incoming: binary messages; ends when the client goes.
        epoch: the history that the client's copy descends from, when it says so.

    Returns:
        Close code and reason; code 1000 when the client left of its own accord.
    """
    session = Session(room, transport, principal, room.config, room.now())
    if epoch is not None and epoch != room.epoch:
        refusal = EpochError(f"this document has another history now (epoch {room.epoch}, you have {epoch})")
        session.close(refusal.code, refusal.reason)
        await session.finished.wait()
        return refusal.code, refusal.reason
    room.join(session)
    pump = asyncio.get_running_loop().create_task(_pump(room, session, incoming))
    ended = asyncio.get_running_loop().create_task(session.finished.wait())
    try:
        await asyncio.wait([pump, ended], return_when=asyncio.FIRST_COMPLETED)
        if session.closed is not None:
            await session.finished.wait()
    finally:
        for task in (pump, ended):
            task.cancel()
        await asyncio.gather(pump, ended, return_exceptions=True)
        room.leave(session)
    return session.closed or (1000, "")


async def _pump(room: Room, session: Session, incoming: AsyncIterator[bytes]) -> None:
    try:
        async for frame in incoming:
            if session.closed is not None:
                return
            room.receive(session, frame)
            if room.wants_pause():
                await room.pause()
    except RefusalError as refusal:
        session.refuse(refusal)
    except asyncio.CancelledError:
        raise
    except Exception:
        logger.exception("session.failed doc=%s session=%s", room.doc_id, session.id)
        session.close(1011, "something went wrong on the server")
