"""Workers as real processes over real Postgres and Redis: killed, stopped, drained, cut off."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from render.embedded import open_farm
from render.queue import Farm
from store.config import StoreConfig
from store.jobs import JobState
from store.opening import Stores, open_stores
from tests.helpers.services import RedisServer
from tests.helpers.waiting import wait_until
from tests.render.farm.conftest import QUICK, Heard, listening, wanted
from tests.render.farm.worker_process import start_worker

StartWorker = Callable[..., subprocess.Popen[bytes]]


@dataclass
class Asker:
    """A server's half of the farm: it asks and heals, and renders nothing."""

    stores: Stores
    farm: Farm
    heard: Heard


@contextlib.asynccontextmanager
async def asking(config: StoreConfig) -> AsyncIterator[Asker]:
    farm_config = dataclasses.replace(QUICK, redis_url=config.redis_url)
    async with (
        open_stores(config) as stores,
        listening(stores) as heard,
        open_farm(stores, farm_config, embedded=False) as farm,
    ):
        yield Asker(stores, farm, heard)


@pytest.fixture
def config(tmp_path: Path, postgres_url: str, redis_url: str) -> StoreConfig:
    return StoreConfig(postgres_url, f"file://{tmp_path}/objects", redis_url)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[StartWorker]:
    started: list[subprocess.Popen[bytes]] = []

    def start(config: StoreConfig, name: str, **changes: Any) -> subprocess.Popen[bytes]:
        started.append(start_worker(tmp_path, config, name, **changes))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait(10)


def renders(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


async def until_done(asker: Asker, job_id: Any, timeout_s: float = 30) -> None:
    async def is_done() -> bool:
        return (await asker.stores.ledger.get(job_id)).state == JobState.DONE

    await wait_until(is_done, timeout_s=timeout_s, what=f"{job_id} is done")


async def test_F2_worker_killed_and_redis_flushed_gives_exactly_one_result(
    tmp_path: Path, config: StoreConfig, redis_server: RedisServer, worker: StartWorker
) -> None:
    log = tmp_path / "renders"
    async with asking(config) as asker:
        first = worker(config, "first")
        [answer] = await asker.farm.submit([wanted(steps=20, step_s=0.1, log=log)])
        await wait_until(lambda: renders(log), timeout_s=20, what="the first worker renders")
        child = int(renders(log)[0].split()[2])
        worker(config, "second")

        first.kill()
        assert redis_server.command("FLUSHALL") == b"+OK"

        await until_done(asker, answer.job_id)
        await wait_until(lambda: not _is_alive(child), what="the render process died with its worker")
        assert len(renders(log)) == 2, "begun by the first, done by the second"
        job = await asker.stores.ledger.get(answer.job_id)
        assert (job.lost_count, job.fence) == (1, 2)
        assert job.result is not None
        assert await asker.stores.objects.head(job.result["image"])


async def test_F2_stopped_worker_that_wakes_up_late_attaches_nothing(
    tmp_path: Path, config: StoreConfig, worker: StartWorker
) -> None:
    log = tmp_path / "renders"
    async with asking(config) as asker:
        sleeper = worker(config, "sleeper")
        [answer] = await asker.farm.submit([wanted(steps=6, step_s=0.1, log=log)])
        await wait_until(lambda: renders(log), timeout_s=20, what="the sleeper renders")
        sleeper.send_signal(signal.SIGSTOP)
        worker(config, "other")
        await until_done(asker, answer.job_id)
        result = (await asker.stores.ledger.get(answer.job_id)).result

        sleeper.send_signal(signal.SIGCONT)

        sleeper_log = tmp_path / "sleeper.log"
        await wait_until(
            lambda: "run.stale_fence" in (text := sleeper_log.read_text()) or "run.dropped" in text, what="it gives up"
        )
        assert (await asker.stores.ledger.get(answer.job_id)).result == result
        assert len(asker.heard.of(answer.job_id, "done")) == 1


async def test_doubled_tickets_over_two_workers_render_each_job_once(
    tmp_path: Path, config: StoreConfig, worker: StartWorker
) -> None:
    log = tmp_path / "renders"
    async with asking(config) as asker:
        for name in ("one", "two"):
            worker(config, name)
        requests = [wanted(seed=seed, slot=f"base/c{seed}", log=log, steps=4, step_s=0.05) for seed in range(12)]
        answers = await asker.farm.submit(requests)
        for _ in range(4):
            await asker.farm._tickets.send("settled", 6)

        for answer in answers:
            await until_done(asker, answer.job_id)

        seeds = sorted(int(line.split()[0]) for line in renders(log))
        assert seeds == list(range(12))
        assert len({line.split()[2] for line in renders(log)}) == 2, "both took their share"


async def test_cancel_reaches_a_worker_in_another_process(
    tmp_path: Path, config: StoreConfig, worker: StartWorker
) -> None:
    log = tmp_path / "renders"
    async with asking(config) as asker:
        worker(config, "only")
        [answer] = await asker.farm.submit([wanted(steps=1000, step_s=0.05, log=log)])
        await wait_until(lambda: renders(log), timeout_s=20, what="it renders")

        await asker.farm.cancel(answer.job_id)

        [after] = await asker.farm.submit([wanted(seed=2, log=log)])
        await until_done(asker, after.job_id)
        assert (await asker.stores.ledger.get(answer.job_id)).state == JobState.CANCELED
        assert not asker.heard.of(answer.job_id, "done")


async def test_sigterm_lets_a_short_render_finish(tmp_path: Path, config: StoreConfig, worker: StartWorker) -> None:
    log = tmp_path / "renders"
    async with asking(config) as asker:
        draining = worker(config, "draining", drain_s=20)
        [answer, waiting] = await asker.farm.submit(
            [wanted(steps=10, step_s=0.1, log=log), wanted(seed=2, slot="base/medium", log=log)]
        )
        await wait_until(lambda: renders(log), timeout_s=20, what="it renders")

        draining.send_signal(signal.SIGTERM)

        assert await asyncio.to_thread(draining.wait, 20) == 0
        states = {(await asker.stores.ledger.get(a.job_id)).state for a in (answer, waiting)}
        assert states == {JobState.DONE, JobState.QUEUED}, "the one in hand was finished, the next not begun"


async def test_sigterm_gives_a_long_render_back_uncounted(
    tmp_path: Path, config: StoreConfig, worker: StartWorker
) -> None:
    log = tmp_path / "renders"
    async with asking(config) as asker:
        draining = worker(config, "draining", drain_s=0.5)
        [answer] = await asker.farm.submit([wanted(steps=1000, step_s=0.05, log=log)])
        await wait_until(lambda: renders(log), timeout_s=20, what="it renders")

        draining.send_signal(signal.SIGTERM)

        assert await asyncio.to_thread(draining.wait, 20) == 0
        job = await asker.stores.ledger.get(answer.job_id)
        assert (job.state, job.lost_count) == (JobState.QUEUED, 0)
        await wait_until(asker.heard.saw(answer.job_id, "requeued"), what="it is said")


async def test_renders_go_on_without_redis_and_events_arrive_when_it_returns(
    tmp_path: Path, postgres_url: str, worker: StartWorker
) -> None:
    redis = RedisServer()
    redis.start()
    config = StoreConfig(postgres_url, f"file://{tmp_path}/objects", redis.url)
    try:
        async with asking(config) as asker:
            worker(config, "only")
            [warm] = await asker.farm.submit([wanted(seed=1)])
            await until_done(asker, warm.job_id)
            redis.kill()

            [answer] = await asker.farm.submit([wanted(seed=2)])
            await until_done(asker, answer.job_id)

            redis.start()
            await wait_until(asker.heard.saw(answer.job_id, "done"), timeout_s=30, what="the event arrives late")
    finally:
        redis.remove()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


async def test_worker_that_cannot_render_ends_and_leaves_the_queue_to_others(
    tmp_path: Path, config: StoreConfig, worker: StartWorker
) -> None:
    async with asking(config) as asker:
        [answer] = await asker.farm.submit([wanted()])
        broken = worker(config, "broken", engines="tests.render.farm.flat_engine:no_such_engine")

        assert await asyncio.to_thread(broken.wait, 40) == 1
        assert "no_such_engine" in (tmp_path / "broken.log").read_text().splitlines()[-1]
        assert (await asker.stores.ledger.get(answer.job_id)).state == JobState.QUEUED

        worker(config, "sound")
        await until_done(asker, answer.job_id)
