"""The store dies, hangs, is full or slow under load: people go on together, are told, and nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import resource
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.faults.writers import NodeWriter, PythonWriter, content, node_writer
from tests.helpers.house import OWNER_TOKEN, Server, free_port, start_server
from tests.helpers.peer import Peer
from tests.helpers.services import PostgresCluster
from tests.helpers.waiting import wait_until
from tests.interop.conftest import node_packages  # noqa: F401 — installs what the node client imports

pytestmark = pytest.mark.timeout(300)  # they end in 5 to 20 s; two cores may be busy with others

SLOW_COMMIT = """
    CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$;
    CREATE TRIGGER slow_commit AFTER INSERT ON updates FOR EACH STATEMENT EXECUTE FUNCTION slow_commit();
"""


@dataclass
class Scene:
    """A server, two people at Python clients, one at a stock Yjs client, all in one document."""

    folder: Path
    environment_variables: dict[str, str]
    port: int
    server: Server
    project: str
    environment: str
    ana: PythonWriter
    ben: PythonWriter
    eva: NodeWriter

    def client(self) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {OWNER_TOKEN}"}
        return httpx.AsyncClient(base_url=self.server.url, headers=headers, timeout=40, trust_env=False)

    async def metric(self, name: str) -> float:
        async with self.client() as client:
            text = (await client.get("/metrics")).text
        found = re.search(rf"^cyclorama_{name}(?:\{{[^}}]*\}})? ([0-9.e+-]+)$", text, re.MULTILINE)
        assert found, f"no {name} in /metrics"
        return float(found[1])

    async def patch(self, description: str) -> httpx.Response:
        async with self.client() as client:
            return await client.patch(f"/api/environments/{self.environment}", json={"description": description})

    async def everybody_sees(self, key: str, value: str) -> None:
        """Ana writes; Ben and the stock client have it, saved or not."""
        self.ana.set(key, value)
        await wait_until(lambda: content(self.ben.doc).get(key) == value, what="Ben sees it")

        async def eva_has() -> bool:
            return bool((await self.eva.node.do("dump")).get(key) == value)

        await wait_until(eva_has, what="the stock client sees it")

    def told(self) -> list[str]:
        """What Ana was last told of saving, in order."""
        assert self.ana.peer is not None
        return [each["saving"] for each in self.ana.peer.saving]

    async def all_saved(self, timeout_s: float = 30.0) -> None:
        async def saved() -> bool:
            return not self.ana.waiting and not self.ben.waiting and not (await self.eva.node.do("report"))["waiting"]

        await wait_until(saved, timeout_s, "every edit is acknowledged")

    async def is_ready(self) -> bool:
        async with self.client() as client:
            return (await client.get("/readyz")).status_code == 200


@contextlib.asynccontextmanager
async def scene_of(folder: Path, variables: dict[str, str]) -> AsyncIterator[Scene]:
    variables = {"CYCLORAMA_EMBEDDED_WORKERS": "off", **variables}
    port = free_port()
    server = start_server(folder, variables, port=port)
    with server.api() as api:
        project = api.post("/api/projects", json={"name": "Trouble"}).raise_for_status().json()["id"]
        path = f"/api/projects/{project}/environments"
        made = api.post(path, json={"name": "Dunes", "quality": "low"}).raise_for_status().json()["id"]
    async with node_writer("eva", project, server) as eva:
        ana, ben = (PythonWriter(name, project, made, seed) for seed, name in enumerate(("ana", "ben")))
        scene = Scene(folder, variables, port, server, project, made, ana, ben, eva)
        try:
            async with ana.connected(server), ben.connected(server):
                await eva.node.do("online")
                yield scene
        finally:
            scene.server.stop()


@contextlib.asynccontextmanager
async def load(scene: Scene, pad: int = 0) -> AsyncIterator[None]:
    """Everybody writes while the block lasts."""

    async def write_on(writer: PythonWriter) -> None:
        for number in itertools.count():
            writer.write()
            if pad:
                writer.set(f"pad-{writer.name}-{number % 3}", os.urandom(pad // 2).hex())
            await asyncio.sleep(0.02)

    await scene.eva.node.do("write", every_ms=20)
    works = [asyncio.create_task(write_on(writer)) for writer in (scene.ana, scene.ben)]
    try:
        yield
    finally:
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
        await scene.eva.node.do("rest")


async def trouble(
    scene: Scene, begin: Callable[[], Any], end: Callable[[], Any], *, pad: int = 0, reads: bool = False
) -> None:
    """The whole story of one outage.

    Args:
        begin: makes the trouble.
        end: ends it.
        pad: bytes that each person adds to every edit.
        reads: whether the store still answers questions, so that somebody may come while it lasts.
    """
    async with load(scene, pad):
        await wait_until(lambda: len(scene.ana.acknowledged) > 5, what="saving works")
        await asyncio.to_thread(begin)
        await wait_until(lambda: "failing" in scene.told(), 20, "Ana is told that saving fails")
        await scene.everybody_sees("during", "seen, not saved")

        async def eva_was_told() -> bool:
            return any(each["saving"] == "failing" for each in (await scene.eva.node.do("report"))["saving"])

        await wait_until(eva_was_told, what="the stock client is told, too")
        before = [await scene.metric(name) for name in ("unsaved_bytes", "oldest_unsaved_seconds")]
        began = time.monotonic()
        answer = await scene.patch("during the trouble")
        took = time.monotonic() - began
        assert answer.status_code == 503, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.json()["detail"]) > 20
        assert took < 12, "a tool hears it before its own patience ends"
        after = [await scene.metric(name) for name in ("unsaved_bytes", "oldest_unsaved_seconds")]
        assert after[0] > before[0] > 0
        assert after[1] > before[1] > 0
        assert await scene.metric("saving_failing_since_seconds") > 1_500_000_000
        async with scene.client() as client:
            ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert len(ready.json()["checks"]["saving"]) > 20
        if reads:
            async with Peer(scene.server.ws_url, scene.project) as late:
                assert content(late.doc)["during"] == "seen, not saved"
                await late.until(lambda: late.saving, what="who comes late is told, too")
        assert "during" not in scene.ana.acknowledged
        assert scene.told()[-1] == "failing"
        unsaved = await scene.metric("unsaved_updates")
        await asyncio.to_thread(end)
        ended = time.monotonic()
        await wait_until(lambda: scene.told()[-1] == "ok", 40, "Ana is told that saving works again")
        back = time.monotonic() - ended
    await scene.all_saved()
    await wait_until(scene.is_ready, 20, "ready again")
    assert await scene.metric("unsaved_updates") == 0
    assert (await scene.patch("after")).status_code == 200
    await same_after_a_kill(scene)
    told = len(scene.ana.acknowledged) + len(scene.ben.acknowledged) + len(await scene.eva.acknowledged())
    print(
        f"{unsaved:.0f} updates waited, REST heard 503 after {took:.1f} s, saving again {back:.1f} s after the end, "
        f"{told} edits acknowledged, none lost"
    )


async def same_after_a_kill(scene: Scene) -> None:
    """What everybody holds is what a server started anew shows."""
    await wait_until(lambda: content(scene.ana.doc) == content(scene.ben.doc), what="Ana and Ben hold the same")
    whole = content(scene.ana.doc)
    assert await scene.eva.node.do("dump") == whole
    told = scene.ana.acknowledged | scene.ben.acknowledged | await scene.eva.acknowledged()
    assert told <= whole.keys()
    scene.server.kill9()
    await scene.eva.node.do("offline")
    scene.server = await asyncio.to_thread(
        start_server, scene.folder, scene.environment_variables, port=scene.port, name="server-again"
    )
    async with Peer(scene.server.ws_url, scene.project) as fresh:
        assert content(fresh.doc) == whole
        assert fresh.environments[scene.environment]["description"] == "after"


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    cluster = PostgresCluster()
    cluster.start()
    yield cluster
    cluster.remove()


async def test_D2_postgres_killed_and_restarted_under_load(tmp_path: Path, cluster: PostgresCluster) -> None:
    async with scene_of(tmp_path, {"CYCLORAMA_DATABASE_URL": cluster.new_database()}) as scene:
        await trouble(scene, cluster.kill, cluster.start)


async def test_D2_postgres_hung_under_load(tmp_path: Path, cluster: PostgresCluster) -> None:
    """Every process of it is stopped: connections stay open, nothing is answered, nothing fails."""
    async with scene_of(tmp_path, {"CYCLORAMA_DATABASE_URL": cluster.new_database()}) as scene:
        await trouble(scene, cluster.pause, cluster.resume)


async def test_D1_a_slow_store_only_delays_acknowledgements(tmp_path: Path, cluster: PostgresCluster) -> None:
    url = cluster.new_database()
    async with scene_of(tmp_path, {"CYCLORAMA_DATABASE_URL": url}) as scene:
        connection = await asyncpg.connect(url, ssl=False)
        await connection.execute(SLOW_COMMIT)
        await connection.close()
        async with load(scene):
            for number in range(3):
                key = f"seen-{number}"
                scene.ana.set(key, "yes")
                await wait_until(lambda key=key: key in content(scene.ben.doc))
                assert scene.ana.waiting, "Ben sees it before it is saved"
            began = time.monotonic()
            assert (await scene.patch("after")).status_code == 200
            assert time.monotonic() - began > 0.3, "answered before its COMMIT"
        await scene.all_saved()
        assert scene.told() == []
        assert await scene.metric("save_failures") == 0
        await same_after_a_kill(scene)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A file system of its own on `folder`; the test is skipped where one may not be made."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if made.returncode != 0:
        pytest.skip("may not mount a small disk here; the file-size limit tries the same")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_D2_full_disk_under_load(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    ballast = data / "ballast"

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 65536)

    with small_disk(data, 24):
        async with scene_of(tmp_path, {}) as scene:
            await trouble(scene, fill, ballast.unlink, pad=20_000, reads=True)


async def test_D2_a_database_file_that_may_not_grow_under_load(tmp_path: Path) -> None:
    """What a quota does; needs no rights."""
    async with scene_of(tmp_path, {}) as scene:
        pid = scene.server.pid
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)

        def limit() -> None:
            largest = max(path.stat().st_size for path in (tmp_path / "data").glob("*.db*"))
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, hard))

        await trouble(
            scene, limit, lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard)), pad=20_000, reads=True
        )
