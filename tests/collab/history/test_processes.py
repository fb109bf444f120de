"""History with real processes: compaction that ends in the middle, `cyclorama history` and `epoch` beside a server."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import websockets

from store.config import StoreConfig
from store.opening import open_stores
from tests.collab.history.studio import DOC, Studio, normal
from tests.helpers.house import OWNER_TOKEN, REPOSITORY, start_server
from tests.helpers.peer import Peer, var_bytes
from tests.helpers.waiting import wait_until

DIE = """
import asyncio, os, random, sys
from sqlalchemy import event
from store.config import StoreConfig
from store.opening import open_stores
from tests.collab.history.studio import Studio

async def main():
    async with open_stores(StoreConfig(sys.argv[1], sys.argv[2])) as stores:
        left = int(sys.argv[3])
        def count(*_):
            nonlocal left
            left -= 1
            if not left:
                os._exit(9)
        for engine in {stores.database._writer.sync_engine, stores.database._reader.sync_engine}:
            event.listen(engine, "before_cursor_execute", count)
        compactor, retention, _ = Studio(stores, random.Random(1)).keepers(f"pid-{os.getpid()}", history_days=1.0)
        await compactor.sweep()
        await retention.sweep()

asyncio.run(main())
"""


async def test_D3_a_process_that_is_gone_in_the_middle_of_compaction_leaves_everything_readable(tmp_path: Path) -> None:
    config = StoreConfig(f"sqlite:///{tmp_path}/past.db", f"file://{tmp_path}/objects")
    async with open_stores(config) as stores:
        past = Studio(stores, random.Random(4))
        for day in range(3):
            past.at = 1_000_000.0 + day * 86_400
            await past.work(12)
        ended = []
        for statement in (9, 16, 30, 47, 1000):
            run = await asyncio.create_subprocess_exec(
                sys.executable, "-c", DIE, config.database_url, config.objects_url, str(statement), cwd=REPOSITORY
            )
            ended.append(await run.wait())
            assert normal(await past.now()) == normal(past.seen[-1][2]), statement
            async with stores.database.write() as connection:
                await connection.exec_driver_sql("DELETE FROM claims")
        assert ended[0] == 9
        assert ended[-1] == 0
        assert len(await stores.log.tail(DOC, 0)) < len(past.seen)


NAMED = "environments?epoch={}"


async def close_code(url: str, frame: bytes) -> int | None:
    """What the server ends a client with that says this."""
    headers = {"authorization": f"Bearer {OWNER_TOKEN}"}
    async with websockets.connect(url, additional_headers=headers, proxy=None) as socket:
        await socket.send(frame)
        async with asyncio.timeout(10):
            await socket.wait_closed()
        return socket.close_code


def cyclorama(data: Path, *words: str) -> str:
    """Run the command; its stdout."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CYCLORAMA_")}
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", *words, "--data", str(data)], cwd=REPOSITORY, env=environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_D4_cyclorama_epoch_sends_everybody_away_and_takes_the_document_back(tmp_path: Path) -> None:
    server = start_server(tmp_path, {"CYCLORAMA_EMBEDDED_WORKERS": "off"})
    try:
        with server.api() as api:
            project = api.post("/api/projects", json={"name": "Nordlicht"}).json()["id"]
            place = api.post(f"/api/projects/{project}/environments", json={"name": "Valley"}).json()["id"]
            for hour in (7.5, 8.5, 9.5):
                api.patch(f"/api/environments/{place}", json={"parameters": {"time_of_day": hour}}).raise_for_status()
        data = tmp_path / "data"
        lines = cyclorama(data, "history", project).splitlines()
        by_people = [line.split() for line in lines[1:] if "direct:" in line]
        assert len(by_people) == 4
        second = by_people[1][0]
        then = json.loads(cyclorama(data, "history", project, "--seq", second))
        assert then["environments"][place]["parameters"]["time_of_day"] == 8.5

        async with Peer(server.ws_url, project) as ana, Peer(server.ws_url, project, NAMED.format(1)) as ben:
            told = cyclorama(data, "epoch", project, "environments", "--from-seq", second, "--yes")
            assert "is in epoch 2 now" in told
            await wait_until(lambda: ana.close_code == ben.close_code == 4409, timeout_s=10)
            old = ana.doc

        url = f"{server.ws_url}/ws/project/{project}"
        assert await close_code(f"{url}/{NAMED.format(1)}", b"\x00\x00\x01\x00") == 4409
        assert await close_code(f"{url}/environments", b"\x00\x00" + var_bytes(old.get_state())) == 4409
        async with Peer(server.ws_url, project, NAMED.format(2)) as named, Peer(server.ws_url, project) as nameless:
            for peer in (named, nameless):
                assert peer.environments[place]["parameters"]["time_of_day"] == 8.5
            named.set_parameter(place, "time_of_day", 11.5)
            await nameless.until(lambda: nameless.environments[place]["parameters"]["time_of_day"] == 11.5)
        assert ana.environments[place]["parameters"]["time_of_day"] == 9.5
        with server.api() as api:
            assert api.get(f"/api/projects/{project}/history").json()["epoch"] == 2
    finally:
        server.stop()
