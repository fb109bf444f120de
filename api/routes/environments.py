"""Environments: each call is one edit of the project's document, through the same door as everybody's."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.access import Access, EnvironmentEditor, EnvironmentViewer, ProjectEditor, ProjectViewer
from api.house import TheHouse
from api.models.environments import EnvironmentIn, EnvironmentList, EnvironmentOut, EnvironmentPatch
from api.strict import StrictRoute
from collab import direct
from collab.document import EnvironmentsDoc
from collab.schema import EnvironmentView, NewEnvironment, NoSuchRecordError
from render.describe import describe
from store.ids import DocId, ProjectId

router = APIRouter(route_class=StrictRoute, tags=["environments"])


def show_environment(project: ProjectId, view: EnvironmentView) -> EnvironmentOut:
    """An environment as REST shows it."""
    return EnvironmentOut.model_validate(view.to_json() | {"project_id": project})


def _document(access: Access) -> DocId:
    return DocId(access.project.id, "environments")


@router.post(
    "/api/projects/{project_id}/environments", operation_id="createEnvironment", summary="Add an environment",
    status_code=201,
)
async def create_environment(body: EnvironmentIn, access: ProjectEditor, house: TheHouse) -> EnvironmentOut:
    parameters = body.parameters
    if "parameters" not in body.model_fields_set and body.description.strip():
        parameters = dict((await asyncio.to_thread(describe, body.description)).parameters)
    new = NewEnvironment(
        name=body.name, description=body.description, location_type=body.location_type, quality=body.quality,
        parameters=parameters, style=body.style, tags=tuple(body.tags),
    )
    async with house.rooms.use(_document(access)) as room:
        view = await direct.create_environment(
            room, house.stores.directory, new, user=access.caller.user.id, now=house.clock()
        )
    return show_environment(access.project.id, view)


@router.get(
    "/api/projects/{project_id}/environments", operation_id="listEnvironments", summary="A project's environments"
)
async def list_environments(
    access: ProjectViewer,
    house: TheHouse,
    archived: Annotated[bool, Query(description="The archived ones instead of the living.")] = False,
) -> EnvironmentList:
    async with house.rooms.use(_document(access)) as room:
        views = EnvironmentsDoc(room.doc).views()
    return EnvironmentList(environments=[
        show_environment(access.project.id, view) for view in views if (view.archived_at is not None) == archived
    ])


@router.get("/api/environments/{environment_id}", operation_id="getEnvironment", summary="One environment")
async def get_environment(access: EnvironmentViewer, house: TheHouse) -> EnvironmentOut:
    async with house.rooms.use(_document(access)) as room:
        view = EnvironmentsDoc(room.doc).view(access.environment)
    if view is None:
        raise NoSuchRecordError(f"there is no environment {access.environment} in this project's document")
    return show_environment(access.project.id, view)


@router.patch("/api/environments/{environment_id}", operation_id="updateEnvironment", summary="Change an environment")
async def update_environment(
    patch: EnvironmentPatch, access: EnvironmentEditor, house: TheHouse
) -> EnvironmentOut:
    changes: dict[str, Any] = patch.model_dump(exclude_unset=True)
    changes = {name: value for name, value in changes.items() if value is not None}
    async with house.rooms.use(_document(access)) as room:
        view = await direct.patch_environment(room, access.environment, changes, user=access.caller.user.id)
    return show_environment(access.project.id, view)


@router.delete(
    "/api/environments/{environment_id}", operation_id="archiveEnvironment",
    summary="Put an environment away; restore brings it back",
)
async def archive_environment(access: EnvironmentEditor, house: TheHouse) -> EnvironmentOut:
    async with house.rooms.use(_document(access)) as room:
        view = await direct.archive_environment(
            room, access.environment, user=access.caller.user.id, now=house.clock()
        )
    return show_environment(access.project.id, view)


@router.post(
    "/api/environments/{environment_id}/restore", operation_id="restoreEnvironment",
    summary="Bring an archived environment back",
)
async def restore_environment(access: EnvironmentEditor, house: TheHouse) -> EnvironmentOut:
    async with house.rooms.use(_document(access)) as room:
        view = await direct.restore_environment(room, access.environment, user=access.caller.user.id)
    return show_environment(access.project.id, view)
