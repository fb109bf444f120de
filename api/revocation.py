"""Open websockets by who holds them, and the closing of those whose right has gone, on every node (G2)."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from collab.errors import CloseCode
from store.errors import UnavailableError
from store.ids import ProjectId, UserId
from store.relay.base import Relay

logger = logging.getLogger(__name__)

STREAM = "members"
RETRY_S = 1.0


@dataclass(eq=False, slots=True)
class OpenSocket:
    """One websocket from before its rights were looked up until it has ended.

    Registering first and looking up second leaves no moment in which a revocation passes it by.
    """

    project: ProjectId
    user: UserId
    token: str
    end: Callable[[int, str], None]
    """Closes it with a code and a reason; called on the event loop, returns at once."""


class Revocation:
    """Ends sockets when a membership or a token ends, here at once and on other nodes through the relay."""

    def __init__(self, relay: Relay, node: str) -> None:
        self._relay = relay
        self._node = node
        self._sockets: set[OpenSocket] = set()
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue()

    def opened(self, socket: OpenSocket) -> None:
        """Take notice of a socket."""
        self._sockets.add(socket)

    def closed(self, socket: OpenSocket) -> None:
        """Forget it."""
        self._sockets.discard(socket)

    def member_changed(self, project: ProjectId, user: UserId, *, lost: bool) -> None:
        """A member left (`lost`) or has another role now; the sockets of the latter come back with the new one."""
        self._tell({"project": project, "user": user, "lost": lost})

    def token_dropped(self, token: str) -> None:
        """A token or session was revoked."""
        self._tell({"token": token})

    def _tell(self, news: dict[str, Any]) -> None:
        self._act(news)
        self._outbox.put_nowait(json.dumps(news | {"node": self._node}).encode())

    def _act(self, news: dict[str, Any]) -> None:
        for socket in list(self._sockets):
            if "token" in news:
                if socket.token == news["token"]:
                    socket.end(CloseCode.SIGN_IN, "this sign-in was ended")
            elif socket.project == news.get("project") and socket.user == news.get("user"):
                if news.get("lost"):
                    socket.end(CloseCode.FORBIDDEN, "you are no longer a member of this project")
                else:
                    socket.end(CloseCode.GOING_AWAY, "your role has changed, connect again")

    async def send(self) -> None:
        """Hand news to the other nodes, again and again while the relay does not answer; runs until cancelled."""
        while True:
            payload = await self._outbox.get()
            while True:
                try:
                    await self._relay.publish(STREAM, payload)
                    break
                except UnavailableError as error:
                    logger.warning("revocation.not_sent news=%s: %s", payload.decode(), error)
                    await asyncio.sleep(RETRY_S)

    async def receive(self) -> None:
        """Act on other nodes' news; runs until cancelled."""
        async for message in self._relay.follow(STREAM):
            try:
                news = json.loads(message.payload)
            except ValueError as error:
                logger.warning("revocation.unreadable message=%s: %s", message.id, error)
                continue
            if isinstance(news, dict) and news.get("node") != self._node:
                self._act(news)
