"""Every implementation of every store interface, for the suites beside this file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.config import StoreConfig
from store.database import Database
from store.objects.base import ObjectStore
from store.objects.memory import MemoryObjects
from store.opening import Stores, open_objects, open_relay, open_stores
from store.relay.base import Relay


class Clock:
    """Unix seconds that pass when told to."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> float:
        """Let time pass; returns the new time."""
        self.now += seconds
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database without tables."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def stores(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Stores]:
    """Open stores over each engine, on the test's clock."""
    async with open_stores(StoreConfig(database_url, f"file://{tmp_path}/objects"), clock=clock) as opened:
        yield opened


@pytest.fixture(params=["memory", "filesystem", "s3"])
async def objects(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    """Each object store, empty."""
    opened: ObjectStore
    if request.param == "memory":
        opened = MemoryObjects()
    elif request.param == "filesystem":
        opened = open_objects(f"file://{tmp_path}/objects")
    else:
        opened = open_objects(request.getfixturevalue("s3_url"))
    await opened.check()
    yield opened
    await opened.close()


@pytest.fixture(params=["memory", "redis"])
async def relay(request: pytest.FixtureRequest) -> AsyncIterator[Relay]:
    """Each relay, with no stream."""
    opened = open_relay(None if request.param == "memory" else request.getfixturevalue("redis_url"))
    yield opened
    await opened.close()
