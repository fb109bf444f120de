"""Two web nodes over Postgres and Redis behind one address, people who write there, and a look into the log itself."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pycrdt
import websockets

from tests.faults.writers import NodeWriter, PythonWriter, connect_again, content, node_writer
from tests.helpers.forwarder import Forwarder
from tests.helpers.house import OWNER_TOKEN, Server, free_port, start_server
from tests.helpers.peer import Peer
from tests.helpers.waiting import wait_until

SEED = int(os.environ.get("CYCLORAMA_NODES_SEED", "1"))


@dataclass
class Nodes:
    """Two nodes, started and stopped by number."""

    folder: Path
    database_url: str
    environments: list[dict[str, str]]
    ports: list[int]
    servers: list[Server] = field(default_factory=list)
    project: str = ""
    environment: str = ""

    def start(self, number: int) -> Server:
        """Start a node, also again; returns when it is ready."""
        server = start_server(
            self.folder, self.environments[number], name=f"web{number}", port=self.ports[number]
        )
        self.servers[number:number + 1] = [server]
        return server

    async def restart(self, number: int) -> float:
        """SIGTERM, wait for the end, start again; returns the seconds that the end took."""
        begun = time.monotonic()
        status = await asyncio.to_thread(self.servers[number].stop)
        took = time.monotonic() - begun
        assert status == 0, f"web{number} ended with {status}:\n{self.servers[number].tail()}"
        await asyncio.to_thread(self.start, number)
        return took

    async def log(self) -> dict[str, Any]:
        """What the document holds that is made of COMMITted rows only."""
        connection = await asyncpg.connect(self.database_url, ssl=False)
        try:
            rows = await connection.fetch(
                "SELECT payload FROM updates WHERE doc = $1 ORDER BY seq", f"{self.project}/environments"
            )
        finally:
            await connection.close()
        doc: pycrdt.Doc[Any] = pycrdt.Doc()
        if rows:  # merged, as yrs keeps something back now and then when rows come one by one and out of order
            doc.apply_update(pycrdt.merge_updates(*(bytes(row["payload"]) for row in rows)))
        return content(doc)


@asynccontextmanager
async def two_nodes(
    folder: Path, database_url: str, redis_url: str, first: dict[str, str] | None = None
) -> AsyncIterator[Nodes]:
    """Both nodes, with a project and an environment. `first` changes the first node's environment."""
    common = {
        "CYCLORAMA_DATABASE_URL": database_url,
        "CYCLORAMA_REDIS_URL": redis_url,
        "CYCLORAMA_EMBEDDED_WORKERS": "off",
        "CYCLORAMA_OBJECTS_URL": f"file://{folder}/objects",
    }
    environments = [{**common, "CYCLORAMA_NODE": f"web{n}"} for n in range(2)]
    environments[0] |= first or {}
    nodes = Nodes(folder, database_url, environments, [free_port(), free_port()])
    try:
        for number in range(2):
            await asyncio.to_thread(nodes.start, number)
        with nodes.servers[1].api() as api:
            nodes.project = api.post("/api/projects", json={"name": "Nodes"}).raise_for_status().json()["id"]
            path = f"/api/projects/{nodes.project}/environments"
            made = api.post(path, json={"name": "Dunes", "quality": "low"})
            assert made.status_code == 201, f"{made.text}\n{nodes.servers[1].tail(80)}"
            nodes.environment = made.json()["id"]
        yield nodes
    finally:
        for server in nodes.servers:
            if server.popen.poll() is None:
                server.stop()


class Caller:
    """Asks by REST without pause and notes every answer; a connection that is lost is asked again."""

    def __init__(self, nodes: Nodes, front: Forwarder) -> None:
        self.statuses: dict[int, int] = {}
        self.switched = 0
        self.counted = 0
        self._nodes, self._front = nodes, front

    async def call_on(self) -> None:
        headers = {"authorization": f"Bearer {OWNER_TOKEN}"}
        path = f"/api/environments/{self._nodes.environment}"
        while True:
            async with httpx.AsyncClient(
                base_url=self._front.url, headers=headers, timeout=20, trust_env=False
            ) as client:
                try:
                    while True:
                        answer = await client.patch(path, json={"description": str(self.counted + 1)})
                        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
                        assert answer.status_code < 500, answer.text
                        self.counted += answer.status_code == 200
                        await asyncio.sleep(0.01)
                except httpx.TransportError:
                    self.switched += 1


@dataclass
class Crowd:
    """People who write to one document through a front."""

    nodes: Nodes
    front: Forwarder
    python: list[PythonWriter]
    node: list[NodeWriter]
    caller: Caller
    codes: list[int | None] = field(default_factory=list)
    _works: list[asyncio.Task[None]] = field(default_factory=list)

    async def begin(self) -> None:
        """Everybody goes online and writes, and comes back when the connection is lost."""
        await asyncio.gather(*(one.node.do("online") for one in self.node))
        await asyncio.gather(*(one.node.do("write", every_ms=15) for one in self.node))
        self._works = [asyncio.create_task(self._live(one)) for one in self.python]
        self._works.append(asyncio.create_task(self.caller.call_on()))

    async def _live(self, writer: PythonWriter) -> None:
        while True:
            try:
                async with writer.connected(self.front) as peer:  # type: ignore[arg-type]  # only its address is used
                    try:
                        while peer.close_code is None:
                            writer.write()
                            await asyncio.sleep(0.01)
                    finally:
                        if peer.close_code is not None:
                            self.codes.append(peer.close_code)
            except (OSError, websockets.WebSocketException, TimeoutError):
                await asyncio.sleep(0.05)

    def check(self) -> None:
        """Nobody's work has ended by an error."""
        for work in self._works:
            if work.done() and not work.cancelled():
                work.result()

    async def acknowledged(self) -> set[str]:
        """Every edit that anybody was told is saved."""
        told: set[str] = set()
        for writer in self.python:
            told |= writer.acknowledged
        for node in self.node:
            told |= await node.acknowledged()
        return told

    async def progress(self, edits: int, what: str) -> None:
        """Wait until so many more edits are acknowledged."""
        goal = len(await self.acknowledged()) + edits

        async def reached() -> bool:
            self.check()
            return len(await self.acknowledged()) >= goal

        await wait_until(reached, 30, what)

    async def promises_are_kept(self) -> int:
        """Everything acknowledged up to now is COMMITted; returns how much that is."""
        told = await self.acknowledged()
        lost = told - (await self.nodes.log()).keys()
        assert not lost, f"{len(lost)} of {len(told)} acknowledged edits are not in the log: {sorted(lost)[:5]}"
        return len(told)

    async def rest(self) -> None:
        """Stop writing; the node clients stay online."""
        self.check()
        for work in self._works:
            work.cancel()
        await asyncio.gather(*self._works, return_exceptions=True)
        await asyncio.gather(*(one.node.do("rest") for one in self.node))

    async def settle(self, timeout_s: float = 30.0) -> float:
        """Everybody online, half of them at each node; returns the seconds until all is equal and acknowledged."""
        begun = time.monotonic()
        async with AsyncExitStack() as stack:
            for number, writer in enumerate(self.python):
                await connect_again(writer, self.nodes.servers[number % 2], stack)

            async def same() -> bool:
                first = content(self.python[0].doc)
                if any(content(one.doc) != first for one in self.python) or any(one.waiting for one in self.python):
                    return False
                reports = [await one.node.do("report") for one in self.node]
                if any(report["waiting"] for report in reports):
                    return False
                return all([await one.node.do("dump") == first for one in self.node])

            await wait_until(same, timeout_s, "all replicas are equal and everything is acknowledged")
        took = time.monotonic() - begun
        held = content(self.python[0].doc)
        written = sum(one.written for one in self.python)
        written += sum([(await one.node.do("report"))["written"] for one in self.node])
        assert len(held) == written, f"{written} edits were written, {len(held)} are held"
        assert await self.nodes.log() == held
        for server in self.nodes.servers:
            async with Peer(server.ws_url, self.nodes.project) as fresh:
                assert content(fresh.doc) == held
        return took

    async def all_codes(self) -> set[int | None]:
        """With which codes connections ended."""
        codes = set(self.codes)
        for one in self.node:
            codes |= set((await one.node.do("report"))["codes"])
        return codes


@asynccontextmanager
async def crowd_at(nodes: Nodes, front: Forwarder, python: int = 3, node: int = 3) -> AsyncIterator[Crowd]:
    """People who write; begun by the test."""
    async with AsyncExitStack() as stack:
        writers = [PythonWriter(f"py{n}", nodes.project, nodes.environment, SEED * 100 + n) for n in range(python)]
        stock = [
            await stack.enter_async_context(
                node_writer(f"node{n}", nodes.project, front)  # type: ignore[arg-type]  # all it needs is a ws_url
            )
            for n in range(node)
        ]
        crowd = Crowd(nodes, front, writers, stock, Caller(nodes, front))
        try:
            yield crowd
        finally:
            for work in crowd._works:
                work.cancel()
            await asyncio.gather(*crowd._works, return_exceptions=True)


def said(peer: Peer, key: str) -> list[Any]:
    """What a peer was told under a key of the 121 frames, in order."""
    return [word[key] for word in peer.saving if key in word]


def figure(server: Server, name: str) -> float:
    """A figure of /metrics."""
    text = httpx.get(f"{server.url}/metrics", timeout=10, trust_env=False).text
    for line in text.splitlines():
        if line.startswith(f"cyclorama_{name} "):
            return float(line.split()[1])
    raise AssertionError(f"no figure {name}")


