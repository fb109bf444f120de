"""Projects as REST takes and gives them."""

from __future__ import annotations

from api.models.base import Input, Name, Output
from store.ids import DocKind
from store.people import Role


class ProjectIn(Input):
    """A new project."""

    name: Name


class ProjectPatch(Input):
    """What may be changed about a project; what is left out stays."""

    name: Name | None = None
    archived: bool | None = None


class ProjectOut(Output):
    """A project and the caller's role in it."""

    id: str
    name: str
    role: Role
    created_at: float
    created_by: str
    archived_at: float | None
    environment_count: int


class DocumentOut(Output):
    """One of a project's documents. Clients name `epoch` when they connect: no copy meets another history."""

    epoch: int


class ProjectDetail(ProjectOut):
    """A project with its documents."""

    documents: dict[DocKind, DocumentOut]


class ProjectList(Output):
    """The caller's projects, newest first."""

    projects: list[ProjectOut]
