"""One worker at work: the composition that the embedded farm and a worker process share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from dramatiq import Broker

from render.announce import Announcer
from render.config import LANES, FarmConfig
from render.run import Clock
from render.spec import Lane
from render.sweeper import Sweeper
from render.ticket_office import answer_tickets
from render.tickets import Tickets
from render.worker import RenderWorker
from store.opening import Stores


@asynccontextmanager
async def serving(
    stores: Stores, config: FarmConfig, broker: Broker, *, drain_s: float, lanes: Sequence[Lane] = LANES,
    name: str | None = None, is_alone: bool = False, announcer: Announcer | None = None,
    clock: Clock = time.time,
) -> AsyncIterator[RenderWorker]:
    """A worker that answers tickets and sweeps while the context is open.

    Leaving goes in this order: stop sweeping, stop claiming, let running jobs finish for `drain_s`, give back the rest,
    stop answering tickets, end the render processes.
    """
    worker = RenderWorker(
        stores, config, lanes=lanes, name=name, is_alone=is_alone, announcer=announcer, clock=clock
    )
    await worker.start()
    try:
        async with answer_tickets(broker, worker.tick, worker.lanes, config):
            sweeper = Sweeper(
                stores, Tickets(broker), worker.announcer, config, nudge=worker.nudge, chore=worker.drop_old_drafts,
                clock=clock,
            )
            try:
                async with sweeping(sweeper):
                    yield worker
            finally:
                await worker.drain(drain_s)
    finally:
        await worker.close()


@asynccontextmanager
async def sweeping(sweeper: Sweeper) -> AsyncIterator[None]:
    """Sweep while the context is open; a round that has begun is let finish."""
    told_to_stop = asyncio.Event()
    task = asyncio.create_task(sweeper.run(told_to_stop), name="farm-sweeper")
    try:
        yield
    finally:
        told_to_stop.set()
        await task
