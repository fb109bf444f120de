"""How a request enters the ledger: one queued row per slot and lane, the newest (promise F1)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from store.ids import JobId, new_id
from store.jobs import ACTIVE_STATES, Job, JobState, NewJob, Submission, job_from_row
from store.tables import jobs


async def enter(
    connection: AsyncConnection, wanted: NewJob, now: float, *, retried_from: JobId | None = None
) -> Submission:
    """Add a row, or find the one that already makes this picture for this slot; what it outdates gives way.

    Older queued rows of the slot become superseded. Running ones are asked to stop; if the picture wanted is the one
    running, and it had been asked to stop for a newer edit since taken back, it is asked to go on.
    """
    found = await connection.execute(
        select(jobs).where(_same_slot(wanted), jobs.c.state.in_(ACTIVE_STATES)).order_by(jobs.c.number)
    )
    active = [job_from_row(row) for row in found.mappings()]
    same = [job for job in active if job.digest == wanted.digest]
    if same:
        kept = min(same, key=lambda job: job.state != JobState.RUNNING)
        if kept.cancel_requested:
            kept = await _change(connection, kept.id, cancel_requested=False, superseded_by=None)
        fresh = False
    else:
        kept = await _insert(connection, wanted, now, retried_from)
        fresh = True
    superseded: list[Job] = []
    for job in active:
        if job.id == kept.id:
            continue
        if job.state == JobState.QUEUED:
            superseded.append(
                await _change(
                    connection, job.id, state=JobState.SUPERSEDED, superseded_by=kept.id, finished_at=now
                )
            )
        elif not job.cancel_requested or job.superseded_by is not None:
            await _change(connection, job.id, cancel_requested=True, superseded_by=kept.id)
    return Submission(job=kept, superseded=superseded, fresh=fresh)


async def lock_slots(connection: AsyncConnection, wanted: Sequence[NewJob]) -> None:
    """On Postgres, let nobody else submit to these slots until COMMIT. Sorted, so that two callers cannot deadlock."""
    names = {f"{job.project}/{job.environment}/{job.slot}/{job.lane}" for job in wanted}
    keys = sorted(
        int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True) for name in names
    )
    await connection.execute(
        text("SELECT count(pg_advisory_xact_lock(key)) FROM unnest(CAST(:keys AS bigint[])) AS key"), {"keys": keys}
    )


def _same_slot(wanted: NewJob) -> ColumnElement[bool]:
    return (
        (jobs.c.project == wanted.project)
        & (jobs.c.environment == wanted.environment)
        & (jobs.c.slot == wanted.slot)
        & (jobs.c.lane == wanted.lane)
    )


async def _change(connection: AsyncConnection, job_id: JobId, **values: object) -> Job:
    result = await connection.execute(update(jobs).where(jobs.c.id == job_id).values(**values).returning(jobs))
    return job_from_row(result.mappings().one())


async def _insert(connection: AsyncConnection, wanted: NewJob, now: float, retried_from: JobId | None) -> Job:
    result = await connection.execute(
        insert(jobs)
        .values(
            id=new_id("job"), project=wanted.project, environment=wanted.environment, user_id=wanted.user,
            slot=wanted.slot, lane=wanted.lane, tier=wanted.tier, digest=wanted.digest, spec=wanted.spec,
            priority=wanted.priority, batch=wanted.batch, state=JobState.QUEUED, attempt=0, fence=0, lost_count=0,
            progress=0.0, phase="", cancel_requested=False, created_at=now, retried_from=retried_from,
        )
        .returning(jobs)
    )
    return job_from_row(result.mappings().one())
