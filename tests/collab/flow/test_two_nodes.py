"""Two web nodes over a real Redis: one attaches, both show, and a node that dies leaves its events to the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from collab.document import EnvironmentsDoc
from render.announce import Announcer
from store.config import StoreConfig
from store.opening import Stores, open_stores
from tests.collab.flow.house import DOC, ENV, SLOW_TO_SETTLE, change, make, open_node, state, value
from tests.collab.flow.test_farm_presence import PLACE, farm
from tests.collab.sync.client import connected
from tests.helpers.waiting import wait_until


@asynccontextmanager
async def over_redis(tmp_path: Path, redis_url: str) -> AsyncIterator[Stores]:
    config = StoreConfig(f"sqlite:///{tmp_path}/house.db", f"file://{tmp_path}/objects", redis_url)
    async with open_stores(config) as stores:
        yield stores


async def test_one_node_attaches_and_both_hold_the_picture(tmp_path: Path, redis_url: str) -> None:
    async with over_redis(tmp_path, redis_url) as stores, open_node(stores, node="web-1") as one, open_node(
        stores, node="web-2"
    ) as two:
        here, there = await one.room(), await two.room()
        make(here)
        for _ in range(3):
            await one.painter.paint()
            await wait_until(lambda: state(here) == state(there) == "done")
            change(there, haze=0.1 * one.painter.count)
            await wait_until(lambda: state(here) == state(there) == "queued")
        await one.painter.paint()
        await wait_until(lambda: state(here) == state(there) == "done")

        assert value(here) == value(there)
        await here.saved()
        await there.saved()
        rows = await stores.log.history(DOC, limit=200, before=None)
        attached = [row.origin for row in rows if row.origin.startswith("attach:job")]
        assert len(attached) == len(set(attached)) == 4


async def test_a_preview_asked_on_one_node_shows_on_the_other(tmp_path: Path, redis_url: str) -> None:
    async with over_redis(tmp_path, redis_url) as stores, open_node(stores, SLOW_TO_SETTLE, "web-1") as one, open_node(
        stores, SLOW_TO_SETTLE, "web-2"
    ) as two:
        here, there = await one.room(), await two.room()
        make(here)
        await wait_until(lambda: EnvironmentsDoc(there.doc).view(ENV) is not None)
        async with connected(here), connected(there) as ben:
            change(here, time_of_day=18.0)
            job = await one.painter.paint("preview")

            await wait_until(lambda: farm(ben)["previews"].get(PLACE, {}).get("digest") == job.digest)
            assert two.farm.requests == []


async def test_F2_an_event_said_while_no_node_lived_is_attached_by_the_next(tmp_path: Path, redis_url: str) -> None:
    async with over_redis(tmp_path, redis_url) as stores:
        async with open_node(stores, node="web-1") as one:
            make(await one.room())
            job = await one.painter.claim()
        result = await one.painter.picture(job)
        for done in await stores.ledger.finish(job.id, job.fence, result, 5.0):
            await Announcer(stores.relay).say("done", done)

        async with open_node(stores, SLOW_TO_SETTLE, "web-2"):

            async def attached() -> bool:
                rows = await stores.log.history(DOC, limit=50, before=None)
                return any(row.origin == f"attach:{job.id}" for row in rows)

            await wait_until(attached, what="the picture is attached though nobody opened the room")
