"""`/ws/project/{project_id}/{environments|annotations|votes}`: who may, then frames to and from the room.

Refusals are sent as close codes after accepting, because a browser shows a refused handshake as nothing but 1006.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth import Caller, find_caller, is_own_page
from api.house import House
from api.metrics import Meters
from api.revocation import OpenSocket
from api.wire import FrameSocket, socket_of
from collab.errors import CloseCode
from collab.session import Principal, serve
from store.errors import StoreError
from store.ids import DocId

logger = logging.getLogger(__name__)

LONGEST_REASON_BYTES = 123


class _Refused(Exception):
    """The socket is closed before it joins anything."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Sockets:
    """Takes every websocket before any other middleware does: nothing stands between a frame and its room."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self.app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        house: House = connection.app.state.house
        opening = await receive()
        if opening["type"] != "websocket.connect":
            return
        socket = socket_of(scope)
        offered = scope.get("subprotocols") or [None]  # a browser that offers some takes no answer without one
        await send({"type": "websocket.accept", "subprotocol": offered[0]})
        code, reason = await self._run(house, connection, socket)
        self._meters.socket_closed(code)
        socket.end(code, reason.encode()[:LONGEST_REASON_BYTES].decode(errors="ignore"))

    async def _run(self, house: House, connection: HTTPConnection, socket: FrameSocket) -> tuple[int, str]:
        verdict: list[tuple[int, str]] = []
        task = asyncio.current_task()
        assert task is not None

        def end(code: int, reason: str) -> None:
            if not verdict:
                verdict.append((code, reason))
                task.cancel()

        try:
            return await _serve(house, connection, socket, end_of=end)
        except _Refused as refused:
            logger.info(
                "socket.refused path=%s code=%d: %s", connection.url.path, refused.code, refused.reason
            )
            return refused.code, refused.reason
        except StoreError as error:
            logger.warning("socket.unavailable path=%s: %s", connection.url.path, error)
            return CloseCode.TRY_LATER, "the server cannot reach its store; come back in a moment"
        except asyncio.CancelledError:
            if not verdict:
                raise
            task.uncancel()
            logger.info("socket.ended path=%s code=%d: %s", connection.url.path, *verdict[0])
            return verdict[0]


async def _serve(
    house: House, connection: HTTPConnection, socket: FrameSocket, *, end_of: Callable[[int, str], None]
) -> tuple[int, str]:
    doc_id = document_at(connection.scope["path"])
    if doc_id is None:
        raise _Refused(CloseCode.NO_DOCUMENT, "there is no such document")
    caller = await _caller(house, connection)
    opened = OpenSocket(doc_id.project, caller.user.id, caller.token.id, end_of)
    house.revocation.opened(opened)
    try:
        # Looked up after registering: a revocation in between ends the socket instead of being missed.
        role = await house.stores.people.role_of(doc_id.project, caller.user.id)
        if role is None:
            raise _Refused(CloseCode.NO_DOCUMENT, "there is no such document, or you are not a member of its project")
        principal = Principal(caller.user.id, caller.user.name, caller.user.color, role)
        async with house.rooms.use(doc_id, is_entering=True) as room:
            return await serve(room, socket, principal, epoch=_epoch(connection))
    finally:
        house.revocation.closed(opened)


def document_at(path: str) -> DocId | None:
    """The document whose websocket lives at this path."""
    try:
        return DocId.parse(path.removeprefix("/ws/project/")) if path.startswith("/ws/project/") else None
    except ValueError:
        return None


async def _caller(house: House, connection: HTTPConnection) -> Caller:
    caller = await find_caller(house, connection)
    if caller is None:
        raise _Refused(CloseCode.SIGN_IN, "sign in first")
    if caller.via == "cookie" and not is_own_page(connection, house.settings.origins):
        raise _Refused(CloseCode.FORBIDDEN, "a session cookie may only be used by pages of this server")
    return caller


def _epoch(connection: HTTPConnection) -> int | None:
    text = connection.query_params.get("epoch", "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise _Refused(CloseCode.PROTOCOL, "epoch must be a whole number")
    return int(text)
