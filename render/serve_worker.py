"""`cyclorama worker`: a process that renders for the farm until it is told to stop.

SIGTERM and SIGINT drain it: it stops claiming, finishes what it has within `drain_s`, gives the rest back to the queue
and ends. A second signal ends it at once; its leases then run out and others take over.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Sequence

from render.config import LANES, FarmConfig
from render.errors import EngineError
from render.serving import serving
from render.spec import Lane
from render.tickets import open_broker
from store.config import StoreConfig
from store.opening import open_stores

logger = logging.getLogger(__name__)

EXIT_IMPATIENT = 130


async def run_worker(
    store_config: StoreConfig, farm_config: FarmConfig, lanes: Sequence[Lane] = LANES, *, name: str | None = None
) -> None:
    """Serve lanes until SIGTERM or SIGINT. Call it in the main thread's event loop.

    Args:
        store_config: the same database, objects and Redis as the servers.
        farm_config: with a `redis_url`; without one no ticket ever arrives, and jobs are found by sweeping only.
        lanes: what this process serves; one render process each.
        name: unique among workers; made up when None.

    Raises:
        UnavailableError: a store cannot be reached at start.
        EngineError: a render process will not start; a worker that cannot render must not look alive.
    """
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal(received: signal.Signals) -> None:
        if told_to_stop.is_set():
            logger.warning("worker.impatient_stop signal=%s", received.name)
            os._exit(EXIT_IMPATIENT)
        logger.info("worker.draining signal=%s", received.name)
        told_to_stop.set()

    for received in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(received, on_signal, received)
    broker = open_broker(farm_config)
    async with open_stores(store_config) as stores:
        async with serving(
            stores, farm_config, broker, drain_s=farm_config.drain_s, lanes=lanes, name=name
        ) as worker:
            logger.info("worker.ready name=%s lanes=%s", worker.name, ",".join(lanes))
            worker.broken.add_done_callback(lambda _: told_to_stop.set())
            await told_to_stop.wait()
        broker.close()
    if worker.broken.done():
        raise EngineError(worker.broken.result())
    logger.info("worker.stopped")
