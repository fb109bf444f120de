"""The embedded farm in a process of its own, killed mid-render and started again; and on the loop that serves it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop

from render.embedded import open_farm
from store.jobs import JobState
from store.opening import open_stores
from tests.helpers.waiting import wait_until
from tests.render.farm.conftest import QUICK, listening, store_config, wanted

REPOSITORY = Path(__file__).resolve().parents[2]

SERVER = """
import asyncio, json, sys
from pathlib import Path
from render.embedded import open_farm
from store.opening import open_stores
from tests.render.farm.conftest import QUICK, store_config, wanted

async def main(folder, style):
    async with open_stores(store_config(folder)) as stores, open_farm(stores, QUICK, embedded=True) as farm:
        if style is not None:
            await farm.submit([wanted(**style)])
        await asyncio.Event().wait()

asyncio.run(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
"""


@pytest.fixture
def servers() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for server in started:
        if server.poll() is None:
            server.kill()
            server.wait(10)


def start(folder: Path, style: dict[str, str] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SERVER, str(folder), json.dumps(style)], cwd=REPOSITORY)


async def test_F2_embedded_server_killed_mid_render_heals_at_its_next_start(
    tmp_path: Path, servers: list[subprocess.Popen[bytes]]
) -> None:
    log = tmp_path / "renders"
    servers.append(start(tmp_path, {"steps": "20", "step_s": "0.1", "log": str(log)}))
    await wait_until(log.exists, timeout_s=30, what="it renders")
    child = int(log.read_text().split()[2])

    servers[0].kill()
    await asyncio.to_thread(servers[0].wait, 10)
    await wait_until(lambda: not os.path.exists(f"/proc/{child}/fd/0"), what="its render process is gone too")
    servers.append(start(tmp_path, None))

    async with open_stores(store_config(tmp_path)) as stores:

        async def is_done() -> bool:
            jobs = await stores.ledger.list_jobs(wanted().target.project)
            return [job.state for job in jobs] == [JobState.DONE]

        await wait_until(is_done, timeout_s=30, what="the picture is there")
    assert len(log.read_text().splitlines()) == 2


def test_embedded_farm_on_uvloop(tmp_path: Path) -> None:
    """The server runs on uvloop, whose subprocesses are its own."""

    async def scenario() -> None:
        async with (
            open_stores(store_config(tmp_path)) as stores,
            listening(stores) as heard,
            open_farm(stores, QUICK, embedded=True) as farm,
        ):
            log = tmp_path / "renders"
            [settled, preview] = await farm.submit(
                [wanted(size=(1024, 1024)), wanted("preview", size=(512, 288), crash=tmp_path / "crashed")]
            )
            for answer in (settled, preview):
                await wait_until(heard.saw(answer.job_id, "done"), timeout_s=30, what="done")
            [doomed] = await farm.submit([wanted(steps=1000, step_s=1, deaf=1, log=log)])
            await wait_until(log.exists, what="it runs")
            await farm.cancel(doomed.job_id)
            [after] = await farm.submit([wanted(seed=5)])
            await wait_until(heard.saw(after.job_id, "done"), timeout_s=30, what="a new process renders")

    uvloop.run(scenario())
