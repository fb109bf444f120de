"""Projects and their members."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.access import Access, ProjectOwner, ProjectViewer
from api.auth import TheCaller, sign_in_link
from api.errors import Problem
from api.house import House, TheHouse
from api.models.people import MemberIn, MemberList, MemberOut, NewMemberOut, RoleIn
from api.models.projects import DocumentOut, ProjectDetail, ProjectIn, ProjectList, ProjectOut, ProjectPatch
from api.routes.people import show_user
from api.strict import StrictRoute
from store.errors import ConflictError
from store.ids import UserId
from store.people import Project, Role

router = APIRouter(route_class=StrictRoute, prefix="/api/projects", tags=["projects"])


async def _show(house: House, project: Project, role: Role) -> ProjectOut:
    environments = await house.stores.directory.list(project.id)
    return ProjectOut(
        id=project.id, name=project.name, role=role, created_at=project.created_at, created_by=project.created_by,
        archived_at=project.archived_at, environment_count=len(environments),
    )


@router.post("", operation_id="createProject", summary="Begin a project; you become its owner", status_code=201)
async def create_project(body: ProjectIn, caller: TheCaller, house: TheHouse) -> ProjectOut:
    project = await house.stores.people.create_project(body.name, caller.user.id)
    return await _show(house, project, "owner")


@router.get("", operation_id="listProjects", summary="My projects, newest first")
async def list_projects(caller: TheCaller, house: TheHouse) -> ProjectList:
    found = await house.stores.people.list_projects(caller.user.id)
    found = sorted(found, key=lambda pair: (pair[0].created_at, pair[0].id), reverse=True)
    return ProjectList(projects=[await _show(house, project, role) for project, role in found])


@router.get("/{project_id}", operation_id="getProject", summary="One project")
async def get_project(access: ProjectViewer, house: TheHouse) -> ProjectDetail:
    shown = await _show(house, access.project, access.role)
    epochs = await house.stores.log.epochs(access.project.id)
    return ProjectDetail(
        **shown.model_dump(), documents={kind: DocumentOut(epoch=epoch) for kind, epoch in epochs.items()}
    )


@router.patch("/{project_id}", operation_id="updateProject", summary="Rename or archive a project")
async def update_project(patch: ProjectPatch, access: ProjectOwner, house: TheHouse) -> ProjectOut:
    people, project = house.stores.people, access.project
    if patch.name is not None:
        await people.rename_project(project.id, patch.name)
    if patch.archived is not None and patch.archived != (project.archived_at is not None):
        await people.archive_project(project.id, archived=patch.archived)
    return await _show(house, await people.get_project(project.id), access.role)


@router.get("/{project_id}/members", operation_id="listMembers", summary="Who works on a project")
async def list_members(access: ProjectViewer, house: TheHouse) -> MemberList:
    found = await house.stores.people.members(access.project.id)
    return MemberList(members=[MemberOut(user=show_user(user), role=role) for user, role in found])


@router.post(
    "/{project_id}/members", operation_id="addMember", summary="Take somebody in by e-mail address", status_code=201
)
async def add_member(body: MemberIn, access: ProjectOwner, house: TheHouse) -> NewMemberOut:
    people = house.stores.people
    user = await people.find_user_by_email(body.email)
    link = None
    if user is None:
        user = await people.create_user(body.name or body.email.partition("@")[0], body.email)
        link = await sign_in_link(house, user)
    elif await people.role_of(access.project.id, user.id) is not None:
        raise ConflictError(f"{body.email} is a member already; change the role with PUT …/members/{user.id}")
    await people.set_member(access.project.id, user.id, body.role)
    return NewMemberOut(user=show_user(user), role=body.role, sign_in_url=link)


MemberId = Annotated[str, Path(max_length=64)]


@router.put("/{project_id}/members/{user_id}", operation_id="setRole", summary="Change a member's role")
async def set_role(user_id: MemberId, body: RoleIn, access: ProjectOwner, house: TheHouse) -> MemberOut:
    people = house.stores.people
    user, old = UserId(user_id), await _role(house, access, user_id)
    await people.set_member(access.project.id, user, body.role)
    if old != body.role:
        await house.member_changed(access.project.id, user, lost=False)
    return MemberOut(user=show_user(await people.get_user(user)), role=body.role)


@router.delete(
    "/{project_id}/members/{user_id}", operation_id="dropMember",
    summary="Take somebody out; their sockets close at once", status_code=204,
)
async def drop_member(user_id: MemberId, access: ProjectViewer, house: TheHouse) -> None:
    user = UserId(user_id)
    if access.role != "owner" and user != access.caller.user.id:
        raise Problem("not-allowed", f"only an owner takes others out; your role here is {access.role}")
    await _role(house, access, user_id)
    await house.stores.people.drop_member(access.project.id, user)
    await house.member_changed(access.project.id, user, lost=True)


async def _role(house: House, access: Access, user_id: str) -> Role:
    role = await house.stores.people.role_of(access.project.id, UserId(user_id))
    if role is None:
        raise Problem("not-found", "there is no such member in this project")
    return role
