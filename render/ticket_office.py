"""Where tickets are answered: a Dramatiq worker whose actor hands each tick to an asyncio loop and waits for it.

The same office serves the embedded farm and a worker process. It runs one thread per lane. Each queue has a prefetch
of one, so at most one ticket per lane is in hand: a long settled render holds its own thread, never the preview's.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import dramatiq
from dramatiq import Broker, Worker
from dramatiq.brokers.stub import StubBroker

from render.config import FarmConfig
from render.spec import Lane
from render.tickets import ACTOR, queue_name

logger = logging.getLogger(__name__)

Tick = Callable[[Lane], Awaitable[None]]
STUB_POLL_MS = 250
"""The in-process queue wakes its reader at once; this only bounds how long stopping takes."""


@asynccontextmanager
async def answer_tickets(broker: Broker, tick: Tick, lanes: Sequence[Lane], config: FarmConfig) -> AsyncIterator[None]:
    """Answer tickets while the context is open; on leaving, waits for the ticks in hand.

    Args:
        broker: from `open_broker`; one office per broker.
        tick: called in the current event loop with the ticket's lane; must not raise.
        lanes: the lanes to serve.
        config: for `ticket_poll_ms`.
    """
    loop = asyncio.get_running_loop()

    async def ticked(lane: Lane) -> None:
        await tick(lane)

    def answer(lane: Lane) -> None:
        try:
            asyncio.run_coroutine_threadsafe(ticked(lane), loop).result()
        except (concurrent.futures.CancelledError, RuntimeError) as error:
            # The loop is stopping. The ticket is spent, its job is still in the ledger.
            logger.info("tickets.loop_stopped lane=%s: %s", lane, error)

    dramatiq.actor(actor_name=ACTOR, queue_name=queue_name(lanes[0]), broker=broker)(answer)
    worker = Worker(
        broker,
        queues={queue_name(lane) for lane in lanes},
        worker_threads=len(lanes),
        worker_timeout=STUB_POLL_MS if isinstance(broker, StubBroker) else config.ticket_poll_ms,
    )
    worker.queue_prefetch = 1
    worker.start()
    try:
        yield
    finally:
        await asyncio.to_thread(worker.stop, 5000)
