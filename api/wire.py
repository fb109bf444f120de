"""uvicorn's websocket with a short way for binary messages: straight from the socket to a receiver, and back.

Under ASGI every message is a dict in a queue, a task that wakes up, and a pause and resumption of the socket, several
times what the document's own work takes. Here a whole, plain binary frame is read at once and handed on by a function
call. Everything else (handshake, control frames, fragments, whatever breaks the rules) goes frame by frame through
uvicorn's own implementation, which stands on the `websockets` library. Frames: RFC 6455 §5.2.
"""

from __future__ import annotations

import logging
from typing import Any, Protocol

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

try:
    from websockets.speedups import apply_mask
except ImportError:  # the library's compiled part is optional
    from websockets.utils import apply_mask

logger = logging.getLogger(__name__)

EXTENSION = "cyclorama.frames"
"""Key in the ASGI scope's extensions under which an application finds its socket."""
CLOSE_WITHIN_S = 5.0
"""How long a client has to take what is left and answer a close."""
_PLAIN_BINARY = 0x82  # FIN, no extension bits, opcode 2
_CLOSE = 8
_HELD_BYTES = 64 * 1024
_SHARED_BYTES = 64 * 1024


class Receiver(Protocol):
    """What happens on a socket. None of these may wait."""

    def take(self, frame: bytes) -> None:
        """A whole binary message."""
        ...

    def take_text(self) -> None:
        """A text message, which has no meaning here."""
        ...

    def take_control(self, size: int) -> None:
        """A ping, or a part of a message, of so many bytes: it costs more than a message."""
        ...

    def take_oversized(self, size: int) -> None:
        """A message of so many bytes is announced, more than is read; nothing after it will be."""
        ...

    def drained(self) -> None:
        """The socket takes bytes again."""
        ...

    def gone(self) -> None:
        """The connection is lost or closed."""
        ...


class FrameSocket(WebSocketsSansIOProtocol):
    """One websocket connection. Until a receiver is attached, what the client sends waits, in small."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_writable = True
        self._receiver: Receiver | None = None
        self._unread: bytes | bytearray = b""
        self._is_deaf = False

    # -- for the application -------------------------------------------------------------------------------------------

    def attach(self, receiver: Receiver) -> None:
        """Hand everything to `receiver` from now on, and what waits at once."""
        if self.disconnected:
            receiver.gone()
            return
        self._receiver = receiver
        self.transport.resume_reading()
        if self._unread:
            self._read()

    def write(self, frame: bytes) -> None:
        """Hand one binary message to the socket. It is buffered without bound: look at `is_writable`.

        Raises:
            ConnectionError: the connection is closed or closing.
        """
        if self.close_sent or self.transport.is_closing():
            raise ConnectionError("the websocket is closed")
        if len(frame) < _SHARED_BYTES:
            self.transport.write(framed(frame))
        else:  # not copied behind its header: 200 people who wait for one large document wait for the same bytes
            self.transport.writelines((_head(len(frame)), frame))

    def pause(self) -> None:
        """Read nothing more from the client until `resume`."""
        self.transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def end(self, code: int, reason: str) -> None:
        """Close, once; a client that does not answer in time is cut off."""
        if self.close_sent or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_WITHIN_S, self.transport.abort)
        if self._receiver is None and self._unread:
            self._read()  # its answer to the close stands behind what nobody wants any more

    # -- from the transport --------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        if not self.handshake_initiated:
            super().data_received(data)
            return
        if self._is_deaf:
            return
        if self._unread:
            if isinstance(self._unread, bytes):
                self._unread = bytearray(self._unread)
            self._unread += data
        else:
            self._unread = data
        if self._receiver is not None or self.close_sent:
            self._read()
        elif len(self._unread) > _HELD_BYTES:
            self.transport.pause_reading()

    def pause_writing(self) -> None:
        """The transport's buffer is above its high-water mark."""
        self.is_writable = False
        super().pause_writing()

    def resume_writing(self) -> None:
        """It has drained."""
        self.is_writable = True
        super().resume_writing()
        if self._receiver is not None:
            self._receiver.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, whoever wanted it."""
        super().connection_lost(exc)
        self._unread = b""
        self.conn.parser.close()  # a generator that holds the connection that holds it
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.gone()

    # -- from uvicorn's implementation ---------------------------------------------------------------------------------

    def handle_connect(self, event: Request) -> None:
        """The handshake: the application finds this socket in its scope."""
        super().handle_connect(event)
        if not self.close_sent:
            extensions: Any = self.scope["extensions"]
            extensions[EXTENSION] = {"socket": self}

    def send_receive_event_to_app(self) -> None:
        """A message that came in fragments, or as text."""
        data = b"".join(self.frames)
        self.frames = []
        if self._receiver is None or self.close_sent:
            return
        if self.curr_msg_data_type == "bytes":
            self._receiver.take(data)
        else:
            self._receiver.take_text()

    def handle_ping(self) -> None:
        """A ping is answered unless the client takes no answers: they would pile up."""
        answer = b"".join(self.conn.data_to_send())
        if self.is_writable:
            self.transport.write(answer)

    def keepalive_timeout(self) -> None:
        """A ping went unanswered: nobody is there to take what is left, so it is not waited for."""
        super().keepalive_timeout()
        self.transport.abort()

    def _read(self) -> None:
        """Take all whole frames; after a close only what answers it."""
        data, at, end = self._unread, 0, len(self._unread)
        receiver = self._receiver
        largest = self.config.ws_max_size
        while end - at >= 6:
            if not data[at + 1] & 0x80:  # a client must mask; the library knows what to answer
                super().data_received(bytes(data[at:]))
                at = end
                break
            size = data[at + 1] & 0x7F
            start = at + 6  # of the payload, behind two bytes of header and four of mask
            if size == 126:
                size = data[at + 2] << 8 | data[at + 3]
                start += 2
            elif size == 127:
                if end - at < 10:
                    break
                size = int.from_bytes(data[at + 2 : at + 10], "big")
                start += 8
            if size > largest:
                self._is_deaf = True
                self._unread = b""
                if receiver is not None:
                    receiver.take_oversized(size)
                return
            after = start + size
            if after > end:
                break
            if data[at] == _PLAIN_BINARY and not self.frames:
                if receiver is not None and not self.close_sent:
                    receiver.take(apply_mask(data[start:after], data[start - 4 : start]))
            elif not self.close_sent or data[at] & 0x0F == _CLOSE:
                if receiver is not None:
                    receiver.take_control(size)
                super().data_received(bytes(data[at:after]))
            at = after
        if at == end:
            self._unread = b""
        elif at:
            self._unread = data[at:]


def socket_of(scope: Scope) -> FrameSocket:
    """Take the socket of a websocket's scope, once: a scope that kept it would be a circle.

    Raises:
        RuntimeError: the server was started without `ws=FrameSocket`.
    """
    found = scope.get("extensions", {}).pop(EXTENSION, None)
    if found is None:
        raise RuntimeError("websockets need this server's own protocol: start it with `cyclorama serve`, or uvicorn "
                           "with --ws api.wire:FrameSocket")  # fmt: skip
    socket = found["socket"]
    assert isinstance(socket, FrameSocket)
    return socket


_last: tuple[bytes, bytes] = (b"", b"\x82\x00")


def framed(payload: bytes) -> bytes:
    """A binary message as it goes on the wire. The last one is kept: a room sends the same one to everybody."""
    global _last
    known, wired = _last
    if payload is not known:
        wired = _head(len(payload)) + payload
        _last = payload, wired
    return wired


def _head(size: int) -> bytes:
    """The header of an unmasked binary message of so many bytes."""
    if size < 126:
        return bytes((_PLAIN_BINARY, size))
    if size < 65536:
        return bytes((_PLAIN_BINARY, 126)) + size.to_bytes(2, "big")
    return bytes((_PLAIN_BINARY, 127)) + size.to_bytes(8, "big")
