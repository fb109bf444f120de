"""The whole house in one object, built in order and taken down in reverse.

    stores → farm (its workers and sweeper) → rooms → flow (triggers, attach, presence, healing) → revocation
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.alone import alone
from api.limits import Pace
from api.metrics import Meters
from api.passwords import Passwords
from api.revocation import Revocation
from api.settings import Settings, masked
from collab.config import CollabConfig
from collab.flow import run_flow
from collab.history import Histories
from collab.rooms import Rooms
from render.embedded import open_farm
from render.queue import Farm
from store.ids import ProjectId, UserId
from store.opening import Stores, open_stores

logger = logging.getLogger(__name__)

RESTART_S = 1.0


@dataclass
class House:
    """Everything a route may need.

    Args:
        settings: what the operator chose.
        clock: unix seconds.
    """

    settings: Settings
    stores: Stores
    meters: Meters
    revocation: Revocation
    farm: Farm
    rooms: Rooms
    clock: Callable[[], float] = time.time
    passwords: Passwords = field(default_factory=Passwords)
    pace_by_account: Pace = field(default_factory=lambda: Pace(10, 300, time.monotonic))
    pace_by_address: Pace = field(default_factory=lambda: Pace(100, 300, time.monotonic))

    @property
    def histories(self) -> Histories:
        """What the documents were, and who changed them."""
        return Histories(self.stores.log, self.rooms.merger, self.clock)

    async def member_changed(self, project: ProjectId, user: UserId, *, lost: bool) -> None:
        """Tell every node that a membership ended or changed (G2)."""
        self.revocation.member_changed(project, user, lost=lost)

    async def drop_token(self, token_id: str) -> None:
        """Revoke a token or session, and end the sockets it opened."""
        await self.stores.people.drop_token(token_id)
        self.revocation.token_dropped(token_id)


@asynccontextmanager
async def open_house(settings: Settings, meters: Meters | None = None) -> AsyncIterator[House]:
    """Build everything; take it down in reverse.

    Raises:
        UnavailableError: the database, Redis or bucket cannot be reached, or another server has the SQLite file; names
            it and the mend.
    """
    meters = meters or Meters()
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(open_stores(settings.store))
        stack.enter_context(alone(settings))
        revocation = Revocation(stores.relay, settings.node)
        farm = await stack.enter_async_context(open_farm(stores, settings.farm, embedded=settings.embedded_workers))
        # A node alone needs no line to others: their relay would only carry its own words back to it.
        rooms = Rooms(
            stores.log, stores.relay if settings.redis_url else None, CollabConfig(history_days=settings.history_days),
            node_id=settings.node,
        )
        stack.push_async_callback(rooms.close, 2.0)
        await stack.enter_async_context(run_flow(rooms, farm, stores, node=settings.node))
        house = House(settings, stores, meters, revocation, farm, rooms)
        works = (revocation.send, revocation.receive, meters.watch_lag, rooms.keep_house)
        await stack.enter_async_context(_running(*works))
        logger.info("house.opened node=%s database=%s", settings.node, masked(settings.database_url))
        yield house


@asynccontextmanager
async def _running(*works: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Keep endless works going while the context is open."""
    tasks = [asyncio.create_task(_keep_going(work)) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_going(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """A work that ends by an error is an event in the log and begins again: without it revocations would go unheard."""
    while True:
        try:
            await work()
        except Exception:
            logger.exception("house.restart work=%s", work.__qualname__)
        await asyncio.sleep(RESTART_S)


def the_house(connection: HTTPConnection) -> House:
    """Dependency: the house this request came to."""
    house: House = connection.app.state.house
    return house


TheHouse = Annotated[House, Depends(the_house)]
