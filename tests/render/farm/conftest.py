"""Open stores in a folder, a farm over them, and requests for the flat engine."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from render.config import FarmConfig
from render.events import FARM_STREAM, RenderEvent, decode_event
from render.queue import RenderRequest
from render.spec import Lane, RenderTarget, parse_spec
from store.config import StoreConfig
from store.ids import EnvironmentId, ProjectId
from store.opening import Stores, open_stores

FLAT = "tests.render.farm.flat_engine:get_engine"
QUICK = FarmConfig(
    engines=FLAT, lease_s=2.0, beat_s=0.2, sweep_s=0.2, cancel_grace_s=0.4, no_progress_s=10.0, embedded_drain_s=1.0,
    storage_retry_s=2.0, settled_nice=0,
)


def store_config(folder: Path, redis_url: str | None = None) -> StoreConfig:
    return StoreConfig(f"sqlite:///{folder}/cyclorama.db", f"file://{folder}/objects", redis_url)


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[Stores]:
    async with open_stores(store_config(tmp_path)) as opened:
        yield opened


@pytest.fixture
def quick() -> FarmConfig:
    return QUICK


def wanted(
    lane: Lane = "settled", *, seed: int = 1, slot: str = "base/wide_establishing", environment: str = "env_a",
    project: str = "prj_a", user: str = "usr_a", priority: int = 1, size: tuple[int, int] = (64, 36), **style: Any,
) -> RenderRequest:
    """A request for the flat engine; `style` tells it how to behave."""
    spec = parse_spec(
        {
            "scene": {"seed": seed}, "tier": "preview" if lane == "preview" else "low", "width_px": size[0],
            "height_px": size[1], "style": {key: str(value) for key, value in style.items()},
        }
    )
    target = RenderTarget(ProjectId(project), EnvironmentId(environment), slot)
    return RenderRequest(target, spec, lane, user, priority)


class Heard:
    """Every event of the farm since it began to listen."""

    def __init__(self) -> None:
        self.events: list[RenderEvent] = []

    def of(self, job: str | None, kind: str | None = None) -> list[RenderEvent]:
        return [e for e in self.events if (job is None or e.job == job) and (kind is None or e.type == kind)]

    def saw(self, job: str | None, kind: str) -> Callable[[], bool]:
        return lambda: bool(self.of(job, kind))


@contextlib.asynccontextmanager
async def listening(stores: Stores) -> AsyncIterator[Heard]:
    heard = Heard()
    after = await stores.relay.head(FARM_STREAM)

    async def listen() -> None:
        async for message in stores.relay.follow(FARM_STREAM, after):
            heard.events.append(decode_event(message.payload))

    task = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def heard(stores: Stores) -> AsyncIterator[Heard]:
    async with listening(stores) as ears:
        yield ears


def with_config(config: FarmConfig, **changes: Any) -> FarmConfig:
    return dataclasses.replace(config, **changes)
