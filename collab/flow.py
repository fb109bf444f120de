"""The flow of a server: triggers, healing, attach, scores and the farm's presence, started and stopped together."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from collab.attach import Attacher
from collab.directory import DirectoryKeeper
from collab.farm_presence import FarmPresence
from collab.feed import FarmFeed
from collab.flow_config import FlowConfig
from collab.healing import Healer
from collab.ordering import Farm
from collab.rooms import Rooms
from collab.scorer import Scorer
from collab.triggers import Triggers
from store.errors import UnavailableError
from store.opening import Stores

logger = logging.getLogger(__name__)

_RESTART_S = 1.0


@dataclass(frozen=True, slots=True)
class Flow:
    """The parts that run."""

    triggers: Triggers
    attacher: Attacher
    presence: FarmPresence
    healer: Healer


@asynccontextmanager
async def run_flow(
    rooms: Rooms, farm: Farm, stores: Stores, *, node: str, config: FlowConfig | None = None,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[Flow]:
    """Turn edits into pictures for as long as the block lasts.

    Open it before the first room, and close it before the rooms.

    Args:
        rooms: of this process.
        farm: where pictures are asked for.
        stores: opened.
        node: this process's name among the nodes.
        config: the rhythm.
        clock: Unix seconds.
    """
    config = config or FlowConfig()
    triggers = Triggers(rooms, farm, stores.ledger, stores.relay, config)
    presence = FarmPresence(stores.ledger, config, clock)
    scorer = Scorer(rooms, farm, config)
    healer = Healer(rooms, farm, config, scores=scorer.ask)
    keeper = DirectoryKeeper(rooms, stores.directory, config)
    attacher = Attacher(
        rooms, stores.relay, member=node, on_outdated=triggers.recheck, retry_s=config.retry_s
    )
    feed = FarmFeed(stores.relay)
    feed.listeners += [presence.heard, triggers.heard]
    watchers = [triggers.watch, presence.watch, keeper.watch, healer.watch, scorer.watch]
    rooms.on_open += watchers
    rooms.on_close.append(presence.unwatch)
    await feed.begin()
    tasks = [
        asyncio.create_task(_keep_running(name, run), name=f"flow-{name}")
        for name, run in (("feed", feed.run), ("presence", presence.run), ("attach", attacher.run))
    ]
    try:
        yield Flow(triggers, attacher, presence, healer)
    finally:
        for watcher in watchers:
            rooms.on_open.remove(watcher)
        rooms.on_close.remove(presence.unwatch)
        await asyncio.gather(triggers.close(), healer.close(), scorer.close(), keeper.close(), presence.close())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_running(name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """A part that ends by an error is logged and begun again: without it no picture would ever arrive."""
    while True:
        try:
            await run()
            logger.info("flow.ended part=%s", name)
            return
        except UnavailableError as error:
            logger.warning("flow.restart part=%s: %s", name, error)
        except Exception:
            logger.exception("flow.restart part=%s", name)
        await asyncio.sleep(_RESTART_S)
