"""Random runs of stock clients in a room: edits of every kind, partitions, late joiners, reloads. All hold the same."""

from __future__ import annotations

import asyncio

import pytest

from tests.interop.conftest import RoomServer
from tests.interop.runs import Crowd, Failures, at_most, crowd, room_of, run
from tests.interop.seeds import PLANS, seeds_of

SEEDS = seeds_of("stock")


@pytest.mark.timeout(180 + 2 * len(SEEDS))
async def test_R1_D1_stock_clients_converge_under_random_edits_and_partitions(server: RoomServer) -> None:
    """Afterwards the server starts anew, and who comes then reads the same out of the log."""
    failures = Failures("stock")
    urls = [server.url]

    async def one(them: Crowd, seed: int) -> None:
        await run(them, "stock", seed, urls)
        await them.do("leave", seed=seed)

    async def again(them: Crowd, seed: int) -> None:
        await them.do("reread", seed=seed, urls=urls)

    async with crowd() as them:
        await at_most(PLANS["stock"].together, (failures.guard(seed, one(them, seed)) for seed in SEEDS))
        failures.none()
        await asyncio.to_thread(server.stop)  # gently: nobody is left who would bring what was not saved yet
        server.start()
        await server.ready()
        await at_most(PLANS["stock"].together, (failures.guard(seed, again(them, seed)) for seed in SEEDS))
    failures.none()
    assert len({room_of(seed) for seed in SEEDS}) == len(SEEDS)
