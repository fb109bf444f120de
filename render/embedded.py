"""The farm inside the server: one context that composes tickets, farm, sweeper and, when wanted, a worker.

With `embedded` the server renders by itself: Dramatiq's worker threads (on its in-memory broker, or on Redis when
configured) hand each tick to the server's event loop, and the pixels are made in render processes. Without, it only
asks and heals, and `cyclorama worker` processes render.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from render.config import FarmConfig
from render.queue import Farm
from render.run import Clock
from render.serving import serving, sweeping
from render.sweeper import Sweeper
from render.tickets import Tickets, open_broker
from store.opening import Stores


@asynccontextmanager
async def open_farm(
    stores: Stores, config: FarmConfig, *, embedded: bool, clock: Clock = time.time
) -> AsyncIterator[Farm]:
    """The farm of a server process.

    Args:
        stores: opened; stay open longer than the farm.
        config: how it behaves.
        embedded: render here.
        clock: unix seconds.

    Yields:
        The farm. On leaving, running renders get `embedded_drain_s` to finish and are given back after that.
    """
    broker = open_broker(config)
    tickets = Tickets(broker)
    farm = Farm(stores, tickets, clock=clock)
    try:
        if embedded:
            is_alone = config.redis_url is None
            async with serving(
                stores, config, broker, drain_s=config.embedded_drain_s, is_alone=is_alone, announcer=farm.announcer,
                clock=clock,
            ):
                yield farm
        else:
            sweeper = Sweeper(stores, tickets, farm.announcer, config, clock=clock)
            async with sweeping(sweeper):
                yield farm
    finally:
        tickets.close()
