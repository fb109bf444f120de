"""Is it alive, is it ready, and what does it measure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

from fastapi import APIRouter, Request, Response
from sqlalchemy import func, select

from api.auth import find_caller
from api.errors import Problem
from api.house import House, TheHouse
from api.models.base import HealthOut
from api.settings import LOOPBACK_HOSTS
from store.errors import StoreError, UnavailableError
from store.tables import jobs

logger = logging.getLogger(__name__)
router = APIRouter(tags=["health"])

CHECK_TIMEOUT_S = 3.0


@router.get("/healthz", operation_id="healthz", summary="Whether the process answers at all")
async def healthz() -> HealthOut:
    return HealthOut(status="ok", checks={})


@router.get(
    "/readyz", operation_id="readyz", summary="Whether every service it needs answers",
    responses={503: {"model": HealthOut, "description": "One of them does not; `checks` says which and why."}},
)
async def readyz(response: Response, house: TheHouse) -> HealthOut:
    checks = await check_services(house)
    # A full disk still answers what is asked of it; whether it takes what people write, only writing shows.
    checks["saving"] = house.rooms.figures().saving_trouble or "ok"
    # Without the relay this node serves its own people and their changes are saved: a balancer must not send them away,
    # least of all from every node at once.
    ready = all(each == "ok" for name, each in checks.items() if name != "relay")
    if checks["relay"] != "ok":
        checks["relay"] = f"cut off from the other nodes, serving its own people: {checks['relay']}"
    response.status_code = 200 if ready else 503
    return HealthOut(status="ok" if ready else "unavailable", checks=checks)


async def check_services(house: House) -> dict[str, str]:
    """Each service's state: "ok", or a sentence that says what is wrong."""
    stores = house.stores
    checks = {
        "database": _check(stores.database.ping()),
        "objects": _check(stores.objects.check()),
        "relay": _check(stores.relay.check()),
    }
    return dict(zip(checks, await asyncio.gather(*checks.values()), strict=True))


async def _check(answer: Awaitable[None]) -> str:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await answer
    except StoreError as error:
        return str(error)
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_S:g} s"
    return "ok"


async def _count_jobs(house: House) -> dict[tuple[str, str], int]:
    async with house.stores.database.read() as connection:
        counted = await connection.execute(
            select(jobs.c.lane, jobs.c.state, func.count()).group_by(jobs.c.lane, jobs.c.state)
        )
        return {(row[0], row[1]): row[2] for row in counted}


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, house: TheHouse) -> Response:
    near = request.client is not None and request.client.host in LOOPBACK_HOSTS
    if not near or "x-forwarded-for" in request.headers:
        caller = await find_caller(house, request)
        if caller is None or caller.via != "bearer":
            raise Problem("sign-in", "metrics are open to this machine, and to tools with 'Authorization: Bearer …'")
    figures = house.rooms.figures()
    try:
        if figures.saving_trouble:
            raise UnavailableError(figures.saving_trouble)  # a hung store would hold up every scrape for seconds
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            house.meters.show_jobs(await _count_jobs(house))
    except (StoreError, TimeoutError) as error:  # what this node measures itself is wanted most just then
        logger.warning("metrics.no_jobs node=%s: %s", house.settings.node, error or "no answer in time")
        house.meters.show_jobs({})
    house.meters.show_rooms(figures)
    return Response(house.meters.expose(), media_type=house.meters.content_type)
