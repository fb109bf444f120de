"""What a job is: its row in the ledger, its states and the way between them.

    queued ──claim──▶ running ──finish──▶ done
      ▲                  ├──fail───▶ failed
      └─lease expired,   └──cancel─▶ canceled | superseded
        release
    queued ──cancel──▶ canceled · queued ──newer edit──▶ superseded · queued ──same digest done──▶ done

A terminal row never leaves its state; a retry is a new row.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping

from store.ids import EnvironmentId, JobId, ProjectId, UserId


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"
    SUPERSEDED = "superseded"


ACTIVE_STATES = (JobState.QUEUED, JobState.RUNNING)
TERMINAL_STATES = (JobState.DONE, JobState.FAILED, JobState.CANCELED, JobState.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class NewJob:
    """A request for one picture.

    Args:
        project, environment, slot: where the picture belongs.
        user: who asked.
        lane: "preview" or "settled"; each lane has its own workers.
        tier: quality tier, for people to read.
        digest: of the spec; equal digests are the same picture.
        spec: JSON text, unread here.
        priority: 0 is the most urgent.
        batch: groups the jobs of one request, "" for none.
    """

    project: ProjectId
    environment: EnvironmentId
    user: UserId
    slot: str
    lane: str
    tier: str
    digest: str
    spec: str
    priority: int
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the ledger. Times are unix seconds, `progress` is 0–1; `fence` counts claims and guards writes."""

    id: JobId
    project: ProjectId
    environment: EnvironmentId
    user: UserId
    slot: str
    lane: str
    tier: str
    digest: str
    spec: str
    priority: int
    batch: str
    state: JobState
    attempt: int
    fence: int
    lease_owner: str | None
    lease_until: float | None
    lost_count: int
    progress: float
    phase: str
    cancel_requested: bool
    error_kind: str | None
    error: str | None
    result: dict[str, Any] | None
    created_at: float
    started_at: float | None
    finished_at: float | None
    retried_from: JobId | None
    superseded_by: JobId | None

    @property
    def is_terminal(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.state in TERMINAL_STATES


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of one request.

    Args:
        job: the row that will make the picture, or that has made it.
        superseded: queued rows of the same slot that this one replaced.
        fresh: False when the same picture was already queued or running for the slot, or made.
        stopping: running rows of the same slot that were asked to stop.
    """

    job: Job
    superseded: list[Job]
    fresh: bool
    stopping: list[Job] = field(default_factory=list)


_TIMES = ("progress", "lease_until", "created_at", "started_at", "finished_at")


def job_from_row(row: RowMapping) -> Job:
    """Read a row of the `jobs` table."""
    value: dict[str, Any] = {str(name): found for name, found in row.items()}
    del value["number"]
    for name in _TIMES:  # SQLite's RETURNING hands whole floats back as int
        value[name] = None if value[name] is None else float(value[name])
    result = value.pop("result")
    return Job(
        user=value.pop("user_id"),
        state=JobState(value.pop("state")),
        cancel_requested=bool(value.pop("cancel_requested")),
        result=None if result is None else json.loads(result),
        **value,
    )
