"""Environments: each call is one edit of the project's document, through the same door as everybody's."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.access import Access, EnvironmentEditor, EnvironmentViewer, ProjectEditor, ProjectViewer
from api.errors import Problem
from api.house import House, TheHouse
from api.models import (
    Accepted,
    AcceptedJob,
    EnvironmentIn,
    EnvironmentList,
    EnvironmentOut,
    EnvironmentPatch,
    GenerateIn,
    MultiAngleIn,
    VariationsIn,
)
from api.strict import StrictRoute
from collab.document import EnvironmentsDoc
from collab.origin import DirectOrigin
from collab.schema import EnvironmentView, NewEnvironment
from store.ids import DocId, EnvironmentId, ProjectId, new_id

router = APIRouter(route_class=StrictRoute, tags=["environments"])


def show_environment(project: ProjectId, view: EnvironmentView) -> EnvironmentOut:
    """An environment as REST shows it."""
    return EnvironmentOut.model_validate(view.to_json() | {"project_id": project})


def _doc_id(access: Access) -> DocId:
    return DocId(access.project.id, "environments")


def _origin(access: Access) -> DirectOrigin:
    return DirectOrigin(access.caller.user.id, "rest")


def _found(view: EnvironmentView | None, environment: str) -> EnvironmentView:
    if view is None:
        raise Problem("not-found", f"there is no environment {environment} in this project's document")
    return view


@router.post(
    "/api/projects/{project_id}/environments", operation_id="createEnvironment", summary="Add an environment",
    status_code=201,
)
async def create_environment(body: EnvironmentIn, access: ProjectEditor, house: TheHouse) -> EnvironmentOut:
    environment = EnvironmentId(new_id("env"))
    new = NewEnvironment(
        name=body.name, description=body.description, location_type=body.location_type, quality=body.quality,
        parameters=body.parameters, style=body.style.model_dump(exclude_none=True),
    )
    async with house.rooms.use(_doc_id(access)) as room:
        view = room.edit(
            _origin(access),
            lambda doc: EnvironmentsDoc(doc).create_environment(
                environment, new, created_by=access.caller.user.id, now=house.clock()
            ),
        )
        await room.saved()
    await house.stores.directory.put(environment, access.project.id)
    return show_environment(access.project.id, view)


@router.get(
    "/api/projects/{project_id}/environments", operation_id="listEnvironments", summary="A project's environments"
)
async def list_environments(
    access: ProjectViewer,
    house: TheHouse,
    archived: Annotated[bool, Query(description="The archived ones instead of the living.")] = False,
) -> EnvironmentList:
    async with house.rooms.use(_doc_id(access)) as room:
        views = EnvironmentsDoc(room.doc).views()
    return EnvironmentList(environments=[
        show_environment(access.project.id, view) for view in views if (view.archived_at is not None) == archived
    ])


@router.get("/api/environments/{environment_id}", operation_id="getEnvironment", summary="One environment")
async def get_environment(access: EnvironmentViewer, house: TheHouse) -> EnvironmentOut:
    async with house.rooms.use(_doc_id(access)) as room:
        view = EnvironmentsDoc(room.doc).view(access.environment)
    return show_environment(access.project.id, _found(view, access.environment))


@router.patch("/api/environments/{environment_id}", operation_id="updateEnvironment", summary="Change an environment")
async def update_environment(
    patch: EnvironmentPatch, access: EnvironmentEditor, house: TheHouse
) -> EnvironmentOut:
    changes: dict[str, Any] = patch.model_dump(exclude_unset=True, exclude={"style"})
    if patch.style.model_fields_set:
        changes["style"] = patch.style.model_dump(exclude_unset=True)
    changes = {name: value for name, value in changes.items() if value is not None}
    async with house.rooms.use(_doc_id(access)) as room:
        view = room.edit(_origin(access), lambda doc: EnvironmentsDoc(doc).patch(access.environment, changes))
        await room.saved()
    return show_environment(access.project.id, view)


@router.delete(
    "/api/environments/{environment_id}", operation_id="archiveEnvironment",
    summary="Put an environment away; restore brings it back",
)
async def archive_environment(access: EnvironmentEditor, house: TheHouse) -> EnvironmentOut:
    return await _archive(house, access, access.environment, house.clock())


@router.post(
    "/api/environments/{environment_id}/restore", operation_id="restoreEnvironment",
    summary="Bring an archived environment back",
)
async def restore_environment(access: EnvironmentEditor, house: TheHouse) -> EnvironmentOut:
    return await _archive(house, access, access.environment, None)


async def _archive(house: House, access: Access, environment: EnvironmentId, at: float | None) -> EnvironmentOut:
    async with house.rooms.use(_doc_id(access)) as room:
        view = room.edit(_origin(access), lambda doc: EnvironmentsDoc(doc).archive(environment, at))
        await room.saved()
    return show_environment(access.project.id, view)


@router.post(
    "/api/environments/{environment_id}/generate", operation_id="generate", summary="Render one picture",
    status_code=202,
)
async def generate(body: GenerateIn, access: EnvironmentEditor, house: TheHouse) -> Accepted:
    raise NotImplementedError


@router.post(
    "/api/environments/{environment_id}/multi-angle", operation_id="multiAngle",
    summary="Render several angles of the same place", status_code=202,
)
async def multi_angle(body: MultiAngleIn, access: EnvironmentEditor, house: TheHouse) -> Accepted:
    raise NotImplementedError


@router.post(
    "/api/environments/{environment_id}/variations", operation_id="makeVariations",
    summary="Make variations by hour, weather or season and render them", status_code=202,
)
async def make_variations(body: VariationsIn, access: EnvironmentEditor, house: TheHouse) -> Accepted:
    raise NotImplementedError


_ = AcceptedJob
