"""How requests enter the ledger: one queued row per slot and lane, the newest (promise F1).

What is decided is decided in memory, between one SELECT per environment and two batched statements, so that six angles
of an environment cost about as much as one.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields, replace

from sqlalchemy import Connection, bindparam, insert, select, text, update

from store.ids import EnvironmentId, JobId, ProjectId, new_id
from store.jobs import ACTIVE_STATES, Job, JobState, NewJob, Submission, job_from_row
from store.tables import jobs

Place = tuple[ProjectId, EnvironmentId, str, str]
"""Project, environment, slot, lane: where at most one row waits."""

_CHANGE = (
    update(jobs)
    .where(jobs.c.id == bindparam("job"))
    .values(
        state=bindparam("to_state"), superseded_by=bindparam("by"), cancel_requested=bindparam("stop"),
        finished_at=bindparam("finished"), priority=bindparam("urgency"),
    )
)
# Made once: SQLAlchemy takes longer to put a query together than SQLite to answer it, and people drag sliders.
_ACTIVE = (
    select(jobs)
    .where(
        jobs.c.project == bindparam("of_project"),
        jobs.c.environment == bindparam("of_environment"),
        jobs.c.slot.in_(bindparam("slots", expanding=True)),
        jobs.c.lane.in_(bindparam("lanes", expanding=True)),
        jobs.c.state.in_(ACTIVE_STATES),
    )
    .order_by(jobs.c.number)
    .with_for_update()
)
_DONE = (
    select(jobs)
    .where(jobs.c.digest.in_(bindparam("digests", expanding=True)))
    .where(jobs.c.state == JobState.DONE, jobs.c.result.is_not(None))
    .order_by(jobs.c.number)
)
_ADD = insert(jobs)
_COLUMNS = {"user_id" if field.name == "user" else field.name: field.name for field in fields(Job)}


def enter(
    connection: Connection, wanted: Sequence[NewJob], now: float, *, retried_from: JobId | None = None,
    remember: bool = False,
) -> list[Submission]:
    """Add rows, or find those that already make these pictures for these slots; what they outdate gives way.

    Older queued rows of a slot become superseded. Running ones are asked to stop; if the picture wanted is the one
    running, and it had been asked to stop for a newer edit since taken back, it is asked to go on. One that waits
    already becomes as urgent as the most urgent who asks for it.

    Args:
        connection: in a writing transaction.
        wanted: in order: a later one outdates an earlier one of its slot.
        now: unix seconds.
        retried_from: for the rows added.
        remember: answer what is done already with the row that did it, whoever asked for it then.
    """
    if connection.dialect.name == "postgresql":
        _lock_slots(connection, wanted)
    done = _done_rows(connection, wanted) if remember else {}
    before = _active_rows(connection, wanted)
    rows = {job.id: job for jobs_there in before.values() for job in jobs_there}
    there = {place: [job.id for job in jobs_there] for place, jobs_there in before.items()}
    submissions: list[tuple[Job, bool, list[JobId], list[JobId]]] = []
    for request in wanted:
        here = there.setdefault(_place(request), [])
        active = [rows[job_id] for job_id in here if not rows[job_id].is_terminal]
        same = [job for job in active if job.digest == request.digest]
        made = done.get(request.digest)
        if made is not None:
            chosen = made
        elif same:
            chosen = min(same, key=lambda job: job.state != JobState.RUNNING)
            urgency = min(chosen.priority, request.priority)
            rows[chosen.id] = replace(chosen, cancel_requested=False, superseded_by=None, priority=urgency)
        else:
            chosen = _new_row(request, now, retried_from)
            rows[chosen.id] = chosen
            here.append(chosen.id)
        by = chosen.id if chosen.project == request.project else None
        superseded: list[JobId] = []
        stopping: list[JobId] = []
        for job in active:
            if job.id == chosen.id:
                continue
            if job.state == JobState.QUEUED:
                superseded.append(job.id)
                rows[job.id] = replace(job, state=JobState.SUPERSEDED, superseded_by=by, finished_at=now)
            else:
                stopping.append(job.id)
                rows[job.id] = replace(job, cancel_requested=True, superseded_by=by)
        submissions.append((chosen, made is None and not same, superseded, stopping))
    old = {job.id: job for jobs_there in before.values() for job in jobs_there}
    _write(connection, old, rows)
    return [
        Submission(
            rows.get(chosen.id, chosen), [rows[job_id] for job_id in superseded], fresh,
            [rows[job_id] for job_id in stopping],
        )
        for chosen, fresh, superseded, stopping in submissions
    ]


def _lock_slots(connection: Connection, wanted: Sequence[NewJob]) -> None:
    """Let nobody else submit to these slots until COMMIT. Sorted, so that two callers cannot deadlock."""
    names = {"/".join(_place(request)) for request in wanted}
    keys = sorted(
        int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True) for name in names
    )
    connection.execute(
        text("SELECT count(pg_advisory_xact_lock(key)) FROM unnest(CAST(:keys AS bigint[])) AS key"), {"keys": keys}
    )


def _place(job: NewJob | Job) -> Place:
    return job.project, job.environment, job.slot, job.lane


def _active_rows(connection: Connection, wanted: Sequence[NewJob]) -> dict[Place, list[Job]]:
    """The queued and running rows of the slots wanted, oldest first, locked until COMMIT."""
    by_environment: dict[tuple[ProjectId, EnvironmentId], set[tuple[str, str]]] = defaultdict(set)
    for request in wanted:
        by_environment[request.project, request.environment].add((request.slot, request.lane))
    found: dict[Place, list[Job]] = defaultdict(list)
    for (project, environment), slots in by_environment.items():
        asked = {
            "of_project": project, "of_environment": environment, "slots": [slot for slot, _ in slots],
            "lanes": list({lane for _, lane in slots}),
        }
        for row in connection.execute(_ACTIVE, asked).mappings():
            job = job_from_row(row)
            if (job.slot, job.lane) in slots:
                found[_place(job)].append(job)
    return found


def _done_rows(connection: Connection, wanted: Sequence[NewJob]) -> dict[str, Job]:
    """The latest row by digest that has made its picture."""
    digests = list({request.digest for request in wanted})
    found = connection.execute(_DONE, {"digests": digests}).mappings()
    return {job.digest: job for job in map(job_from_row, found)}


def _new_row(request: NewJob, now: float, retried_from: JobId | None) -> Job:
    return Job(
        id=JobId(new_id("job")), project=request.project, environment=request.environment, user=request.user,
        slot=request.slot, lane=request.lane, tier=request.tier, digest=request.digest, spec=request.spec,
        priority=request.priority, batch=request.batch, state=JobState.QUEUED, attempt=0, fence=0, lease_owner=None,
        lease_until=None, lost_count=0, progress=0.0, phase="", cancel_requested=False, error_kind=None, error=None,
        result=None, created_at=now, started_at=None, finished_at=None, retried_from=retried_from, superseded_by=None,
    )


def _write(connection: Connection, before: dict[JobId, Job], rows: dict[JobId, Job]) -> None:
    added, changed = [], []
    for job_id, job in rows.items():
        if job_id not in before:
            added.append({column: getattr(job, name) for column, name in _COLUMNS.items()})
        elif job != before[job_id]:
            changed.append({
                "job": job_id, "to_state": job.state, "by": job.superseded_by, "stop": job.cancel_requested,
                "finished": job.finished_at, "urgency": job.priority,
            })
    if changed:
        connection.execute(_CHANGE, changed)
    if added:
        connection.execute(_ADD, added)
