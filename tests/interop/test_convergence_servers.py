"""Random runs whose server is killed, that live on two nodes, or that pycrdt takes part in. All hold the same."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc

from tests.helpers.peer import Peer
from tests.helpers.waiting import wait_until
from tests.interop.conftest import RoomServer
from tests.interop.python_clients import edit, python_client
from tests.interop.runs import Crowd, Failures, RunFailed, at_most, crowd, room_of, run
from tests.interop.seeds import PLANS, groups_of, seeds_of

RESTARTS, NODES, MIXED = groups_of("restart"), seeds_of("nodes"), seeds_of("mixed")
OVER_REDIS = 4


class Restarts:
    """Kills the server when a run wants it, one at a time, and starts it again."""

    def __init__(self, server: RoomServer) -> None:
        self.count = 0
        self._server = server
        self._one = asyncio.Lock()

    async def __call__(self, hard: bool) -> None:
        async with self._one:
            if hard:
                self._server.kill()
            else:
                await asyncio.to_thread(self._server.stop)
            self._server.start()
            await self._server.ready()
            self.count += 1


@pytest.mark.timeout(180 + 20 * len(RESTARTS))
async def test_R1_D1_stock_clients_converge_though_their_server_is_killed_and_restarted(server: RoomServer) -> None:
    """Half the time with -9, half the time gently; what is left is what everybody wrote, and the log holds it."""
    failures = Failures("restart")
    restarts = Restarts(server)
    urls = [server.url]
    async with crowd(restarts) as them:
        for group in RESTARTS:
            await asyncio.gather(*(failures.guard(seed, run(them, "restart", seed, urls)) for seed in group))
            failures.none()
            await restarts(True)
            await asyncio.gather(
                *(failures.guard(seed, them.do("reread", seed=seed, urls=urls)) for seed in group)
            )
            failures.none()
            for seed in group:
                await them.do("end", seed=seed)
    assert restarts.count > len(RESTARTS) or not RESTARTS, "no run killed its server"


@asynccontextmanager
async def two_nodes(data: Path, *more: str) -> AsyncIterator[list[str]]:
    """Two of our nodes that share log and relay; yields their URLs."""
    server = RoomServer(data, None, "tests.interop.nodes", *more)
    server.start()
    try:
        await server.ready()
        yield [f"ws://127.0.0.1:{server.port}/node{number}/ws/project" for number in (1, 2)]
    finally:
        server.stop()


async def run_on(urls: list[str], seeds: Sequence[int]) -> None:
    """Clients of each run are spread over the nodes; at the end a new client on each node reads the same."""
    failures = Failures("nodes")

    async def one(them: Crowd, seed: int) -> None:
        await run(them, "nodes", seed, urls)
        await them.do("reread", seed=seed, urls=urls)
        await them.do("end", seed=seed)

    async with crowd() as them:
        await at_most(PLANS["nodes"].together, (failures.guard(seed, one(them, seed)) for seed in seeds))
    failures.none()


@pytest.mark.timeout(180 + 2 * len(NODES))
async def test_R1_stock_clients_on_two_nodes_converge(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as urls:
        await run_on(urls, NODES)


async def test_R1_stock_clients_on_two_nodes_over_redis_converge(tmp_path: Path, redis_url: str) -> None:
    async with two_nodes(tmp_path, "--redis", redis_url) as urls:
        await run_on(urls, NODES[:OVER_REDIS])


async def python_part(server: RoomServer, seed: int, doc: Doc[Any]) -> None:
    """pycrdt's provider comes, edits, goes, edits alone, and comes back."""
    chance = random.Random(seed)
    for _ in range(3):
        async with python_client(server.url, room_of(seed), doc):
            for _ in range(chance.randrange(1, 10)):
                edit(doc, chance)
                await asyncio.sleep(0)
        for _ in range(chance.randrange(4)):
            edit(doc, chance)


async def mixed(server: RoomServer, them: Crowd, seed: int) -> None:
    """One seed with two pycrdt providers and a plain wire client beside the stock ones."""
    docs: list[Doc[Any]] = [Doc(client_id=10 * seed + number + 1) for number in range(3)]
    project = room_of(seed).split("/")[0]

    async def with_peer() -> None:
        chance = random.Random(~seed)
        async with Peer(f"ws://127.0.0.1:{server.port}", project, doc=docs[2]) as peer:
            for _ in range(15):
                edit(peer.doc, chance)
                await asyncio.sleep(0)

    await asyncio.gather(
        them.do("begin", seed=seed, urls=[server.url], room=room_of(seed), plan=asdict(PLANS["mixed"])),
        python_part(server, seed, docs[0]), python_part(server, seed + 1_000_000, docs[1]), with_peer(),
    )  # fmt: skip
    url, room = server.url, room_of(seed)
    async with (
        python_client(url, room, docs[0]),
        python_client(url, room, docs[1]),
        Peer(f"ws://127.0.0.1:{server.port}", project, doc=docs[2]),
    ):
        await them.do("settle", seed=seed)
        seen: list[str | None] = []

        async def same() -> bool:
            seen[:] = [await them.do("compare", seed=seed, others=[doc.get_update().hex() for doc in docs])]
            return seen == [None]

        try:
            await wait_until(same, timeout_s=20)
        except AssertionError:
            raise RunFailed(f"the Python clients hold something else: {seen[0]}", []) from None
    await them.do("end", seed=seed)


@pytest.mark.timeout(180 + 2 * len(MIXED))
async def test_R1_pycrdt_and_plain_wire_clients_converge_with_stock_clients(server: RoomServer) -> None:
    failures = Failures("mixed")
    async with crowd() as them:
        await at_most(PLANS["mixed"].together, (failures.guard(seed, mixed(server, them, seed)) for seed in MIXED))
    failures.none()
