"""Who may do what in a project. A project that is not yours is answered like one that does not exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Path

from api.auth import Caller, TheCaller
from api.errors import Problem
from api.house import House, TheHouse
from store.errors import NotFoundError
from store.ids import EnvironmentId, JobId, ProjectId, is_id
from store.ledger import Job
from store.people import Project, Role

RANK: Mapping[Role, int] = {"viewer": 0, "reviewer": 1, "editor": 2, "owner": 3}


@dataclass(frozen=True, slots=True)
class Access:
    """The caller within one project."""

    caller: Caller
    project: Project
    role: Role


@dataclass(frozen=True, slots=True)
class EnvironmentAccess(Access):
    """The caller before one environment of a project."""

    environment: EnvironmentId


@dataclass(frozen=True, slots=True)
class JobAccess(Access):
    """The caller before one render job of a project."""

    job: Job


async def open_project(house: House, caller: Caller, project_id: str, at_least: Role, what: str) -> Access:
    """The caller's access to a project.

    Args:
        what: what is not there for strangers ("project", "environment").

    Raises:
        Problem: not-found for strangers, not-allowed for a role that does not suffice.
    """
    role = await house.stores.people.role_of(ProjectId(project_id), caller.user.id) if is_id(project_id) else None
    if role is None:
        raise Problem("not-found", f"there is no such {what}, or you are not a member of its project")
    if RANK[role] < RANK[at_least]:
        raise Problem("not-allowed", f"this needs the role {at_least}; yours here is {role}")
    project = await house.stores.people.get_project(ProjectId(project_id))
    return Access(caller, project, role)


def _project(at_least: Role) -> Callable[..., Awaitable[Access]]:
    async def access(
        project_id: Annotated[str, Path(max_length=64)], caller: TheCaller, house: TheHouse
    ) -> Access:
        return await open_project(house, caller, project_id, at_least, "project")

    return access


def _environment(at_least: Role) -> Callable[..., Awaitable[EnvironmentAccess]]:
    async def access(
        environment_id: Annotated[str, Path(max_length=64)], caller: TheCaller, house: TheHouse
    ) -> EnvironmentAccess:
        environment = EnvironmentId(environment_id)
        project = await house.stores.directory.project_of(environment) if is_id(environment_id) else None
        found = await open_project(house, caller, project or "", at_least, "environment")
        return EnvironmentAccess(found.caller, found.project, found.role, environment)

    return access


def _job(at_least: Role) -> Callable[..., Awaitable[JobAccess]]:
    async def access(job_id: Annotated[str, Path(max_length=64)], caller: TheCaller, house: TheHouse) -> JobAccess:
        try:
            job = await house.stores.ledger.get(JobId(job_id)) if is_id(job_id) else None
        except NotFoundError:
            job = None
        found = await open_project(house, caller, job.project if job else "", at_least, "job")
        assert job is not None
        return JobAccess(found.caller, found.project, found.role, job)

    return access


def _depends(access: Callable[..., Awaitable[Any]]) -> Any:
    return Depends(access)


ProjectViewer = Annotated[Access, _depends(_project("viewer"))]
ProjectEditor = Annotated[Access, _depends(_project("editor"))]
ProjectOwner = Annotated[Access, _depends(_project("owner"))]
EnvironmentViewer = Annotated[EnvironmentAccess, _depends(_environment("viewer"))]
EnvironmentEditor = Annotated[EnvironmentAccess, _depends(_environment("editor"))]
JobViewer = Annotated[JobAccess, _depends(_job("viewer"))]
JobEditor = Annotated[JobAccess, _depends(_job("editor"))]
