"""Clients that write without pause and note what they were told is saved: by the wire, by stock Yjs, by REST."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pycrdt
import websockets

from tests.helpers.house import OWNER_TOKEN, Server
from tests.helpers.peer import Peer, Reader
from tests.interop.conftest import Node, node_client

SCRIPT = str(Path(__file__).with_name("durable_writer.mjs"))
FAULTS = "faults"
"""The root map that holds one key for every edit."""


def clocks(state: bytes) -> dict[int, int]:
    """A state vector, decoded."""
    reader = Reader(state)
    return {reader.uint(): reader.uint() for _ in range(reader.uint())}


def content(doc: pycrdt.Doc[Any]) -> dict[str, Any]:
    """Every edit that a document holds."""
    return dict(doc.get(FAULTS, type=pycrdt.Map).to_py() or {})


class PythonWriter:
    """Writes by the wire; keeps its document over reconnects, as a browser tab does.

    Args:
        name: begins its keys.
        project: whose environments document it writes.
        environment: one of its parameters changes now and then, which sets the farm's planning going.
        seed: of its rhythm.
    """

    def __init__(self, name: str, project: str, environment: str, seed: int) -> None:
        self.name, self.project, self.environment = name, project, environment
        self.doc: pycrdt.Doc[Any] = pycrdt.Doc()
        self.acknowledged: set[str] = set()
        self.written = 0
        self.saving: list[dict[str, Any]] = []
        self.peer: Peer | None = None
        self._waiting: deque[tuple[int, str]] = deque()
        self._chance = random.Random(seed)

    @property
    def waiting(self) -> int:
        """Edits that nobody said are saved."""
        return len(self._waiting)

    @asynccontextmanager
    async def connected(self, server: Server) -> AsyncIterator[Peer]:
        """Be online while the block lasts."""
        peer = Peer(server.ws_url, self.project, doc=self.doc)
        peer.on_message.append(lambda: self._heard(peer))
        async with peer:
            self.peer = peer
            try:
                yield peer
            finally:
                self.peer = None
                self.saving += peer.saving

    def write(self) -> str:
        """One edit; returns its key."""
        key = f"{self.name}-{self.written}"
        self.written += 1
        self.doc.get(FAULTS, type=pycrdt.Map)[key] = "fjell 😀" * self._chance.randrange(6)
        self._waiting.append((clocks(self.doc.get_state())[self.doc.client_id], key))
        return key

    def set(self, key: str, value: str) -> None:
        """One edit under a key of one's own choice."""
        self.doc.get(FAULTS, type=pycrdt.Map)[key] = value
        self._waiting.append((clocks(self.doc.get_state())[self.doc.client_id], key))

    async def write_on(self) -> None:
        """Write until the connection is lost."""
        while self.peer is not None and self.peer.close_code is None:
            self.write()
            if self._chance.random() < 0.05:
                self.peer.set_parameter(self.environment, "haze", round(self._chance.random(), 3))
            if self._chance.random() < 0.5:
                await asyncio.sleep(self._chance.uniform(0.001, 0.015))

    def _heard(self, peer: Peer) -> None:
        saved = clocks(peer.saved_state).get(self.doc.client_id, 0) if peer.saved_state else 0
        while self._waiting and self._waiting[0][0] <= saved:
            self.acknowledged.add(self._waiting.popleft()[1])


class NodeWriter:
    """Writes by stock Yjs and y-websocket in a node process of its own."""

    def __init__(self, name: str, project: str, node: Node) -> None:
        self.name, self.project, self.node = name, project, node

    async def acknowledged(self) -> set[str]:
        """The keys it was told are saved."""
        return set((await self.node.do("report"))["acknowledged"])


@asynccontextmanager
async def node_writer(name: str, project: str, server: Server) -> AsyncIterator[NodeWriter]:
    """A node client, not yet online; the process ends with the block."""
    async with node_client(SCRIPT, f"{server.ws_url}/ws/project/{project}", "environments", OWNER_TOKEN, name) as node:
        yield NodeWriter(name, project, node)


class RestWriter:
    """Changes environments by REST and notes what was answered with success.

    Args:
        project: it adds environments to.
        environment: whose description counts up.
    """

    def __init__(self, project: str, environment: str) -> None:
        self.project, self.environment = project, environment
        self.made: set[str] = set()
        self.counted = 0
        self.answers: list[int] = []

    async def write_on(self, server: Server, news: int = 1) -> None:
        """Ask until the server is gone."""
        headers = {"authorization": f"Bearer {OWNER_TOKEN}"}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=20, trust_env=False) as client:
            with contextlib.suppress(httpx.TransportError):
                while True:
                    if news:
                        news -= 1
                        made = await client.post(f"/api/projects/{self.project}/environments", json={"name": "New"})
                        self.answers.append(made.status_code)
                        if made.status_code == 201:
                            self.made.add(made.json()["id"])
                    count = self.counted + 1
                    path = f"/api/environments/{self.environment}"
                    answer = await client.patch(path, json={"description": str(count)})
                    self.answers.append(answer.status_code)
                    if answer.status_code == 200:
                        self.counted = count


async def connect_again(writer: PythonWriter, server: Server, stack: contextlib.AsyncExitStack) -> None:
    """Go online, trying again while the server is not there yet."""
    async with asyncio.timeout(30):
        while True:
            try:
                await stack.enter_async_context(writer.connected(server))
                return
            except (OSError, websockets.WebSocketException, TimeoutError):
                await asyncio.sleep(0.05)
