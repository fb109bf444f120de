"""Who opens a connection must say what they want, soon: deadlines that uvicorn's HTTP protocol does not have.

    head of a request    10 s, 64 KiB      else 408 or 431
    its body             60 s, 32 MiB      else 408 or 413
    an answer            60 s without a byte taken, then it is cut off

A connection that has not said anything yet costs a descriptor. When there are many, the oldest goes as a new one
comes, so that a thousand who say nothing keep nobody out; above what the process may open, newcomers hear 503.
"""

from __future__ import annotations

import asyncio
import logging
import resource
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

logger = logging.getLogger(__name__)

HEAD_WITHIN_S = 10.0
BODY_WITHIN_S = 60.0
STALLED_S = 60.0
HEAD_BYTES = 64 * 1024
BODY_BYTES = 32 * 2**20
MOST_SILENT = 1024
"""Connections that have said nothing yet, at most; of more the oldest is let go."""
RESERVED = 256
"""Descriptors kept for files, databases and workers."""


def raise_descriptor_limit() -> int:
    """Take as many descriptors as the system allows this process; returns how many connections that leaves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (OSError, ValueError) as error:
            logger.warning("server.descriptors_not_raised soft=%d hard=%d: %s", soft, hard, error)
    return max(64, soft - RESERVED) if soft > 0 else 2**20


class Door(HttpToolsProtocol):
    """One HTTP connection with deadlines. Use a class of `door`, which knows how many there may be."""

    most: ClassVar[int]
    silent: ClassVar[dict[Door, None]]
    turned_away: ClassVar[dict[str, int]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._due: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._body_bytes = 0
        self._is_in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        """Somebody is at the door."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            self._turn_away("full", 503, "the server has as many connections as it may; come back in a moment")
            return
        self.silent[self] = None
        if len(self.silent) > MOST_SILENT:
            oldest = next(iter(self.silent))
            oldest._turn_away("silent", 0, "")
        self._until(HEAD_WITHIN_S, "head")

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        if self.transport.is_closing():
            return
        if self._is_in_head:
            if self._due is None:  # another request on the same connection
                self._until(HEAD_WITHIN_S, "head")
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > HEAD_BYTES:
            self._turn_away("head_too_large", 431, "the head of this request is too large")

    def on_headers_complete(self) -> None:
        """The head is here."""
        self.silent.pop(self, None)
        self._is_in_head = False
        self._body_bytes = 0
        self._until(BODY_WITHIN_S, "body")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body_bytes += len(body)
        if self._body_bytes > BODY_BYTES:
            self._turn_away("body_too_large", 413, "the body of this request is too large")
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is here, whole."""
        self._is_in_head = True
        self._head_bytes = 0
        self._calm()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """From here on it is a websocket's affair."""
        self.silent.pop(self, None)
        self._calm()
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # as uvicorn does at the end: each holds the other in memory

    def pause_writing(self) -> None:
        """The client does not take what it asked for."""
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALLED_S, self._turn_away, "stalled", 0, "")
        super().pause_writing()

    def resume_writing(self) -> None:
        """It does."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, whoever wanted it."""
        self.silent.pop(self, None)
        self._calm()
        if self._stalled is not None:
            self._stalled.cancel()
        super().connection_lost(exc)

    def _until(self, seconds: float, what: str) -> None:
        self._calm()
        words = f"the {what} of the request did not come within {seconds:.0f} s"
        self._due = self.loop.call_later(seconds, self._turn_away, f"{what}_late", 408, words)

    def _calm(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _turn_away(self, why: str, status: int, words: str) -> None:
        """Say why, if there is a request to answer, and let go of the connection at once."""
        self.silent.pop(self, None)
        self._calm()
        self.turned_away[why] = self.turned_away.get(why, 0) + 1
        is_answering = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if status and not is_answering and not self.transport.is_closing():
            text = words.encode()
            self.transport.write(
                b"HTTP/1.1 %d %s\r\ncontent-type: text/plain; charset=utf-8\r\nretry-after: 5\r\nconnection: close\r\n"
                b"content-length: %d\r\n\r\n%s" % (status, _PHRASES[status], len(text), text)
            )
            self.transport.close()
            self.loop.call_later(1.0, self.transport.abort)
        else:
            self.transport.abort()


_PHRASES = {
    408: b"Request Timeout", 413: b"Content Too Large", 431: b"Request Header Fields Too Large",
    503: b"Service Unavailable",
}  # fmt: skip


def door(most: int) -> type[Door]:
    """A protocol class for one server that takes so many connections."""
    return type("Door", (Door,), {"most": most, "silent": {}, "turned_away": {}})
