"""kill -9 of the server at random moments under eight writing clients, again and again: what was acknowledged is there.

On Postgres the database dies in the same moment, as when a machine loses its power: a server that dies alone leaves
Postgres time to commit what it was sent.

A fresh client looks before the writers come back: they would bring back what the server lost, and hide it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.faults.writers import NodeWriter, PythonWriter, RestWriter, connect_again, content, node_writer
from tests.helpers.house import Server, free_port, start_server
from tests.helpers.peer import Peer
from tests.helpers.services import PostgresCluster
from tests.helpers.waiting import wait_until
from tests.interop.conftest import node_packages  # noqa: F401 — installs what the node clients import

ROUNDS = int(os.environ.get("CYCLORAMA_KILL_ROUNDS", "20"))
POSTGRES_ROUNDS = max(1, ROUNDS // 5)
SEED = int(os.environ.get("CYCLORAMA_KILL_SEED", "1"))
SLOW_COMMIT = """
    CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END $$;
    CREATE TRIGGER slow_commit AFTER INSERT ON updates FOR EACH STATEMENT EXECUTE FUNCTION slow_commit();
"""


@dataclass
class Scene:
    """Eight writers on two documents, and one by REST."""

    folder: Path
    port: int
    environment: dict[str, str]
    places: list[tuple[str, str]] = field(default_factory=list)
    python: list[PythonWriter] = field(default_factory=list)
    node: list[NodeWriter] = field(default_factory=list)
    rest: RestWriter | None = None
    server: Server | None = None
    cluster: PostgresCluster | None = None

    def kill(self) -> None:
        if self.cluster is not None:
            self.cluster.kill()
        assert self.server is not None
        self.server.kill9()

    def start(self) -> Server:
        if self.cluster is not None and not self.cluster.is_running:
            self.cluster.start()
        self.server = start_server(
            self.folder, {"CYCLORAMA_EMBEDDED_WORKERS": "off", **self.environment}, port=self.port
        )
        return self.server

    async def acknowledged(self, project: str) -> set[str]:
        told: set[str] = set()
        for writer in self.python:
            if writer.project == project:
                told |= writer.acknowledged
        for node in self.node:
            if node.project == project:
                told |= await node.acknowledged()
        return told

    async def count(self) -> int:
        return sum([len(await self.acknowledged(project)) for project, _ in self.places])


@contextlib.asynccontextmanager
async def scene_of(folder: Path, environment: dict[str, str]) -> AsyncIterator[Scene]:
    scene = Scene(folder, free_port(), environment)
    server = scene.start()
    with server.api() as api:
        for name in ("One", "Two"):
            project = api.post("/api/projects", json={"name": name}).raise_for_status().json()["id"]
            path = f"/api/projects/{project}/environments"
            made = api.post(path, json={"name": "Dunes", "quality": "low"}).raise_for_status().json()["id"]
            scene.places.append((project, made))
    scene.rest = RestWriter(*scene.places[0])
    scene.python = [PythonWriter(f"py{n}", *scene.places[n % 2], seed=SEED * 100 + n) for n in range(6)]
    async with contextlib.AsyncExitStack() as stack:
        for n in range(2):
            node = await stack.enter_async_context(node_writer(f"node{n}", scene.places[n % 2][0], server))
            scene.node.append(node)
        try:
            yield scene
        finally:
            assert scene.server is not None
            scene.server.stop()


async def one_round(scene: Scene, chance: random.Random) -> None:
    """Everybody writes, the server is killed, a fresh client finds all that was acknowledged."""
    server, rest = scene.server, scene.rest
    assert server is not None
    assert rest is not None
    async with contextlib.AsyncExitStack() as stack:
        await asyncio.gather(*(connect_again(writer, server, stack) for writer in scene.python))
        await asyncio.gather(*(writer.node.do("online") for writer in scene.node))
        await asyncio.gather(*(writer.node.do("write", every_ms=4) for writer in scene.node))
        works = [asyncio.create_task(writer.write_on()) for writer in scene.python]
        works.append(asyncio.create_task(rest.write_on(server)))
        await asyncio.sleep(chance.uniform(0.1, 0.7))  # the moment of death, not a wait for something
        scene.kill()
        await asyncio.gather(*works)
        await asyncio.gather(*(writer.node.do("rest") for writer in scene.node))
        await asyncio.gather(*(writer.node.do("offline") for writer in scene.node))
    server = await asyncio.to_thread(scene.start)
    await look(scene, server)


async def look(scene: Scene, server: Server) -> None:
    """A client that knows nothing finds every acknowledged edit."""
    for project, environment in scene.places:
        told = await scene.acknowledged(project)
        async with Peer(server.ws_url, project) as fresh:
            lost = told - content(fresh.doc).keys()
            assert not lost, f"{len(lost)} of {len(told)} acknowledged edits are lost: {sorted(lost)[:5]}"
            if scene.rest is not None and scene.rest.environment == environment:
                counted = int(fresh.environments[environment]["description"] or 0)
                assert counted >= scene.rest.counted, "an edit that REST answered with 200 is lost"
                assert scene.rest.made <= set(fresh.environments.keys()), "an environment answered with 201 is lost"


async def all_equal(scene: Scene) -> None:
    """Everybody comes back; every replica, and a fresh one after yet another kill, holds the same."""
    server = scene.server
    assert server is not None
    held: dict[str, dict[str, Any]] = {}
    async with contextlib.AsyncExitStack() as stack:
        await asyncio.gather(*(connect_again(writer, server, stack) for writer in scene.python))
        await asyncio.gather(*(writer.node.do("online") for writer in scene.node))
        for project, _ in scene.places:
            here = [writer for writer in scene.python if writer.project == project]
            nodes = [writer.node for writer in scene.node if writer.project == project]

            async def same(here: Any = here, nodes: Any = nodes) -> bool:
                first = content(here[0].doc)
                if any(content(writer.doc) != first for writer in here) or any(writer.waiting for writer in here):
                    return False
                reports = [await node.do("report") for node in nodes]
                if any(report["waiting"] for report in reports):
                    return False
                return all([await node.do("dump") == first for node in nodes])

            await wait_until(same, timeout_s=30, what="all replicas are equal and everything is acknowledged")
            held[project] = content(here[0].doc)
            written = sum(writer.written for writer in here) + sum([(await n.do("report"))["written"] for n in nodes])
            assert len(held[project]) == written, "what was written offline is there too"
        scene.kill()
        await asyncio.gather(*(writer.node.do("offline") for writer in scene.node))
    server = await asyncio.to_thread(scene.start)
    for project, whole in held.items():
        async with Peer(server.ws_url, project) as fresh:
            assert content(fresh.doc) == whole


async def rounds(scene: Scene, count: int) -> None:
    chance = random.Random(SEED)
    for number in range(count):
        try:
            await one_round(scene, chance)
        except AssertionError as error:
            raise AssertionError(f"round {number + 1} of {count}, seed {SEED}: {error}") from error
    await all_equal(scene)
    rest = scene.rest
    assert rest is not None
    told = await scene.count()
    assert told > 20 * count, f"only {told} edits were acknowledged: the rounds tried nothing"
    print(f"{count} kills: {told} edits by socket, {rest.counted} + {len(rest.made)} by REST acknowledged, none lost")


@pytest.mark.timeout(600)
async def test_D1_what_was_acknowledged_survives_kill9_at_random_moments_under_eight_writers(tmp_path: Path) -> None:
    async with scene_of(tmp_path, {}) as scene:
        await rounds(scene, ROUNDS)


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    cluster = PostgresCluster()
    cluster.start()
    yield cluster
    cluster.remove()


@pytest.mark.timeout(600)
async def test_D1_the_same_when_postgres_dies_in_the_same_moment(tmp_path: Path, cluster: PostgresCluster) -> None:
    """A commit that takes 50 ms leaves a wide gap for an acknowledgement that comes too early."""
    url = cluster.new_database()
    async with scene_of(tmp_path, {"CYCLORAMA_DATABASE_URL": url}) as scene:
        connection = await asyncpg.connect(url, ssl=False)
        await connection.execute(SLOW_COMMIT)
        await connection.close()
        scene.cluster = cluster
        await rounds(scene, POSTGRES_ROUNDS)
