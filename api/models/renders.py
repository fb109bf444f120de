"""Requests for pictures, and jobs, as REST takes and gives them."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field

from api.models.base import Id, Input, Output, Quality, VariationType
from render.errors import FailureKind
from render.spec import Lane, Tier


class GenerateIn(Input):
    """One picture."""

    variation: Id | None = Field(default=None, description="A variation's id; left out for the base.")
    camera: Id | None = Field(
        default=None, description="A standard angle or a camera's id; wide_establishing if left out."
    )
    quality: Quality | None = Field(default=None, description="Sets the environment's quality before rendering.")
    use_360: bool = Field(default=False, description="The whole sphere instead of one angle.")


class MultiAngleIn(Input):
    """Several angles of the same place; all six standard ones if left out."""

    angles: list[Id] | None = Field(default=None, min_length=1, max_length=24)
    variation: Id | None = None


class VariationsIn(Input):
    """Variations of the same place, each with pictures of its own; along all three axes if left out."""

    types: list[VariationType] = Field(
        default_factory=lambda: list(get_args(VariationType)), min_length=1, max_length=3
    )
    camera: Id | None = None


class AcceptedJob(Output):
    """One picture asked for. `job_id` is null when the very same picture existed already and was attached at once."""

    job_id: str | None
    slot: str
    state: str
    digest: str
    error: str | None = None


class Accepted(Output):
    """What a request for pictures set going."""

    batch: str
    jobs: list[AcceptedJob]
    job_ids: list[str]


class JobOut(Output):
    """A render job as the ledger has it."""

    id: str
    project_id: str
    environment_id: str
    slot: str
    lane: Lane
    tier: Tier | Literal["scores"] = Field(description="Of a picture; `scores` where pictures are compared.")
    digest: str
    state: Literal["queued", "running", "done", "failed", "canceled", "superseded"]
    progress: float = Field(description="Share done, 0–1.")
    phase: str
    attempt: int
    batch: str
    requested_by: str
    error_kind: FailureKind | str | None
    error: str | None
    result: dict[str, Any] | None
    created_at: float
    started_at: float | None
    finished_at: float | None
    retried_from: str | None
    superseded_by: str | None


class JobList(Output):
    """Jobs, newest first."""

    jobs: list[JobOut]
