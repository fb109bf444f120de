"""Asking for pictures: one, several angles of a place, or variations of it by hour, weather and season."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter

from api.access import EnvironmentAccess, EnvironmentEditor
from api.house import House, TheHouse
from api.models.renders import Accepted, AcceptedJob, GenerateIn, MultiAngleIn, VariationsIn
from api.strict import StrictRoute
from collab.direct import Batch, request_angles, request_generate, request_variations
from collab.room import Room
from store.ids import DocId

router = APIRouter(route_class=StrictRoute, prefix="/api/environments/{environment_id}", tags=["environments"])


@router.post("/generate", operation_id="generate", summary="Render one picture", status_code=202)
async def generate(access: EnvironmentEditor, house: TheHouse, body: GenerateIn | None = None) -> Accepted:
    body = body or GenerateIn()
    async with _room(house, access) as room:
        return _accepted(await request_generate(
            room, house.farm, access.environment, user=access.caller.user.id, variation=body.variation,
            camera=body.camera, quality=body.quality, use_360=body.use_360,
        ))


@router.post(
    "/multi-angle", operation_id="multiAngle", summary="Render several angles of the same place", status_code=202
)
async def multi_angle(access: EnvironmentEditor, house: TheHouse, body: MultiAngleIn | None = None) -> Accepted:
    body = body or MultiAngleIn()
    async with _room(house, access) as room:
        return _accepted(await request_angles(
            room, house.farm, access.environment, user=access.caller.user.id, angles=body.angles,
            variation=body.variation,
        ))


@router.post(
    "/variations", operation_id="makeVariations",
    summary="Make variations by hour, weather or season and render them", status_code=202,
)
async def make_variations(access: EnvironmentEditor, house: TheHouse, body: VariationsIn | None = None) -> Accepted:
    body = body or VariationsIn()
    async with _room(house, access) as room:
        return _accepted(await request_variations(
            room, house.farm, access.environment, user=access.caller.user.id, types=body.types, camera=body.camera
        ))


@asynccontextmanager
async def _room(house: House, access: EnvironmentAccess) -> AsyncIterator[Room]:
    async with house.rooms.use(DocId(access.project.id, "environments")) as room:
        yield room


def _accepted(batch: Batch) -> Accepted:
    jobs = [
        AcceptedJob(
            job_id=each.job_id, slot=each.slot, state=each.state, digest=each.digest, error=each.error or None
        )
        for each in batch.jobs
    ]
    return Accepted(batch=batch.id, jobs=jobs, job_ids=[each.job_id for each in batch.jobs if each.job_id is not None])
