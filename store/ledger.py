"""The job ledger: the truth about every render, which tickets and events only echo.

Every change is one guarded UPDATE: a worker's by its fence number, so that a worker which lost its lease cannot touch
the row any more; everybody's by the state it expects.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from store.claiming import next_number
from store.contention import gives_way
from store.database import Database
from store.errors import ConflictError, NotFoundError
from store.ids import EnvironmentId, JobId, ProjectId, UserId
from store.jobs import ACTIVE_STATES, TERMINAL_STATES, Job, JobState, NewJob, Submission, job_from_row
from store.submitting import enter, lock_slots
from store.tables import jobs

__all__ = ["Job", "JobLedger", "JobState", "NewJob", "Submission"]

logger = logging.getLogger(__name__)

LOST_LIMIT = 3
"""A job whose worker was lost this often is parked as failed: it may be what kills them."""

_CLAIM_TRIES = 8


class JobLedger:
    """Submits, claims and closes jobs.

    Args:
        database: with its tables up to date.
        clock: unix seconds, for the calls that are not given `now`.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._claiming = asyncio.Lock()

    @gives_way
    async def submit(self, wanted: Sequence[NewJob]) -> list[Submission]:
        """Enter requests in one transaction; see `store.submitting.enter` for what each does to its slot."""
        if not wanted:
            return []
        now = self._clock()
        async with self._database.write() as connection:
            if self._database.dialect == "postgresql":
                await lock_slots(connection, wanted)
            return await enter(connection, wanted, now)

    @gives_way
    async def claim(self, *, lane: str, worker: str, lease_s: float, now: float) -> Job | None:
        """Take the job whose turn it is (`store.claiming`), or None when none may be taken.

        Args:
            lane: whose queue.
            worker: name of the one who takes it.
            lease_s: how long the claim stands without a beat, seconds.
            now: unix seconds.
        """
        for _ in range(_CLAIM_TRIES):
            try:
                if self._database.dialect == "postgresql":
                    async with self._database.write() as connection:
                        number = await connection.scalar(next_number(lane, now, lock=True))
                        taken = await _take(connection, number, worker, lease_s, now)
                else:
                    # SQLite has one writer and people wait for it: choose before, take with a guard.
                    async with self._claiming, self._database.read() as connection:
                        number = await connection.scalar(next_number(lane, now, lock=False))
                        taken = []
                        if number is not None:
                            async with self._database.write() as writing:
                                taken = await _take(writing, number, worker, lease_s, now)
                if taken:
                    return taken[0]
                if number is None:
                    return None
            except ConflictError:
                # Another worker began the same digest in this moment, and the database refused a second run.
                logger.debug("ledger.claim_again lane=%s worker=%s", lane, worker)
        return None

    @gives_way
    async def beat(
        self, job_id: JobId, fence: int, *, lease_s: float, now: float, progress: float | None = None,
        phase: str | None = None,
    ) -> Literal["held", "cancel", "lost"]:
        """Renew the lease and tell how far the work is.

        Returns:
            "held": go on. "cancel": stop, nobody wants it any more; call `stop`. "lost": the job is somebody else's
            or closed; throw the work away.
        """
        values: dict[str, Any] = {"lease_until": now + lease_s}
        if progress is not None:
            values["progress"] = progress
        if phase is not None:
            values["phase"] = phase
        async with self._database.write() as connection:
            held = await _change(connection, _held(job_id, fence), **values)
            if held:
                return "cancel" if held[0].cancel_requested else "held"
            row = await _find(connection, job_id)
        if row is not None and row.fence == fence and row.state in (JobState.CANCELED, JobState.SUPERSEDED):
            return "cancel"
        return "lost"

    @gives_way
    async def finish(self, job_id: JobId, fence: int, result: dict[str, Any], now: float) -> list[Job]:
        """Close a job as done, and with it every queued one that asks for the same picture (F5).

        Returns:
            The jobs now done, this one first; none when the fence is stale, and the result must be thrown away.
        """
        done = {
            "state": JobState.DONE, "result": json.dumps(result, separators=(",", ":")), "progress": 1.0,
            "finished_at": now, "lease_until": None, "error_kind": None, "error": None,
        }
        async with self._database.write() as connection:
            own = await _change(connection, _held(job_id, fence), **done)
            if not own:
                return []
            same = (jobs.c.digest == own[0].digest) & (jobs.c.state == JobState.QUEUED)
            return own + await _change(connection, same, **done)

    @gives_way
    async def fail(self, job_id: JobId, fence: int, kind: str, message: str, now: float) -> Job | None:
        """Close a job as failed: `kind` for programs, `message` a sentence for people. None when the fence is stale."""
        async with self._database.write() as connection:
            failed = await _change(
                connection, _held(job_id, fence),
                state=JobState.FAILED, error_kind=kind, error=message, finished_at=now, lease_until=None,
            )
        return failed[0] if failed else None

    @gives_way
    async def release(self, job_id: JobId, fence: int) -> bool:
        """Give a job back unfinished, as a draining worker does: queued again, not counted as lost."""
        async with self._database.write() as connection:
            held = await _lock(connection, _held(job_id, fence))
            return bool([await self._put_back(connection, job, self._clock(), lost=False) for job in held])

    @gives_way
    async def stop(self, job_id: JobId, fence: int, now: float) -> Job | None:
        """The worker obeyed "cancel": close the row as superseded or canceled.

        If in the meantime the same picture was asked for again, the row goes back to the queue instead. None when the
        row was closed already (`cancel` closes it at once) or the fence is stale.
        """
        async with self._database.write() as connection:
            held = await _lock(connection, _held(job_id, fence))
            return await self._put_back(connection, held[0], now, lost=False) if held else None

    @gives_way
    async def cancel(self, job_id: JobId, now: float) -> Job | None:
        """Close a job as canceled, row first: its worker learns it on the next beat. None when it was closed already.

        Raises:
            NotFoundError: there is no such job.
        """
        async with self._database.write() as connection:
            canceled = await _change(
                connection, (jobs.c.id == job_id) & jobs.c.state.in_(ACTIVE_STATES),
                state=JobState.CANCELED, cancel_requested=True, finished_at=now, lease_until=None,
            )
            if not canceled and await _find(connection, job_id) is None:
                raise NotFoundError(f"there is no job {job_id}")
        return canceled[0] if canceled else None

    @gives_way
    async def expire(self, now: float) -> list[Job]:
        """Take back jobs whose lease has run out: queued again, or failed ("worker_lost") the third time.

        Returns:
            The rows as they are now.
        """
        gone = (jobs.c.state == JobState.RUNNING) & (jobs.c.lease_until < now)
        async with self._database.write() as connection:
            return [await self._put_back(connection, job, now, lost=True) for job in await _lock(connection, gone)]

    @gives_way
    async def retry(self, job_id: JobId, user: UserId, now: float) -> Job:
        """Ask again for a closed job's picture: a new row with `retried_from`.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: the job is still queued or running.
        """
        old = await self.get(job_id)
        if not old.is_terminal:
            raise ConflictError(f"job {job_id} is still {old.state}; cancel it first or wait for it")
        wanted = NewJob(
            project=old.project, environment=old.environment, user=user, slot=old.slot, lane=old.lane, tier=old.tier,
            digest=old.digest, spec=old.spec, priority=old.priority, batch=old.batch,
        )
        async with self._database.write() as connection:
            if self._database.dialect == "postgresql":
                await lock_slots(connection, [wanted])
            [submission] = await enter(connection, [wanted], now, retried_from=job_id)
            return submission.job

    async def find_done(self, digest: str) -> Job | None:
        """The latest done job with this digest: its result is the picture."""
        query = select(jobs).where(jobs.c.digest == digest, jobs.c.state == JobState.DONE, jobs.c.result.is_not(None))
        async with self._database.read() as connection:
            found = await connection.execute(query.order_by(jobs.c.number.desc()).limit(1))
            row = found.mappings().first()
        return None if row is None else job_from_row(row)

    async def waiting(self, lane: str) -> int:
        """How many jobs of a lane are queued."""
        query = select(func.count()).where(jobs.c.lane == lane, jobs.c.state == JobState.QUEUED)
        async with self._database.read() as connection:
            return int(await connection.scalar(query) or 0)

    async def get(self, job_id: JobId) -> Job:
        """One job.

        Raises:
            NotFoundError: there is no such job.
        """
        async with self._database.read() as connection:
            job = await _find(connection, job_id)
        if job is None:
            raise NotFoundError(f"there is no job {job_id}")
        return job

    async def list_jobs(
        self,
        project: ProjectId,
        *,
        states: Iterable[JobState] | None = None,
        environment: EnvironmentId | None = None,
        slot: str | None = None,
        lane: str | None = None,
        limit: int = 100,
    ) -> list[Job]:
        """A project's jobs, newest first; each filter that is given narrows the list."""
        query = select(jobs).where(jobs.c.project == project).order_by(jobs.c.number.desc()).limit(limit)
        if states is not None:
            query = query.where(jobs.c.state.in_(list(states)))
        for column, value in ((jobs.c.environment, environment), (jobs.c.slot, slot), (jobs.c.lane, lane)):
            if value is not None:
                query = query.where(column == value)
        async with self._database.read() as connection:
            return [job_from_row(row) for row in (await connection.execute(query)).mappings()]

    @gives_way
    async def prune_previews(self, older_than: float) -> list[Job]:
        """Remove preview rows closed before `older_than` (unix seconds) and return them: their blobs may go too."""
        old = (
            (jobs.c.lane == "preview")
            & jobs.c.state.in_(TERMINAL_STATES)
            & (jobs.c.finished_at < older_than)
        )
        async with self._database.write() as connection:
            result = await connection.execute(delete(jobs).where(old).returning(jobs))
            return [job_from_row(row) for row in result.mappings()]

    async def _put_back(self, connection: AsyncConnection, job: Job, now: float, *, lost: bool) -> Job:
        """Where a running job goes whose worker is done with it without a result. The row's lock is held."""
        closed: dict[str, Any] = {"finished_at": now, "lease_until": None}
        lost_count = job.lost_count + 1 if lost else job.lost_count
        values: dict[str, Any]
        if job.cancel_requested:
            ended = JobState.SUPERSEDED if job.superseded_by else JobState.CANCELED
            values = {"state": ended, **closed}
        elif lost_count >= LOST_LIMIT:
            sentence = f"The worker was lost {lost_count} times while rendering this. Try again, or at a smaller size."
            values = {"state": JobState.FAILED, "error_kind": "worker_lost", "error": sentence, **closed}
        else:
            values = {"state": JobState.QUEUED, "lease_owner": None, "lease_until": None, "progress": 0.0, "phase": ""}
        changed = await _change(connection, _held(job.id, job.fence), lost_count=lost_count, **values)
        return changed[0]


def _held(job_id: JobId, fence: int) -> ColumnElement[bool]:
    return (jobs.c.id == job_id) & (jobs.c.fence == fence) & (jobs.c.state == JobState.RUNNING)


async def _take(
    connection: AsyncConnection, number: int | None, worker: str, lease_s: float, now: float
) -> list[Job]:
    if number is None:
        return []
    return await _change(
        connection, (jobs.c.number == number) & (jobs.c.state == JobState.QUEUED),
        state=JobState.RUNNING, attempt=jobs.c.attempt + 1, fence=jobs.c.fence + 1, lease_owner=worker,
        lease_until=now + lease_s, started_at=now, progress=0.0, phase="",
    )


async def _find(connection: AsyncConnection, job_id: JobId) -> Job | None:
    row = (await connection.execute(select(jobs).where(jobs.c.id == job_id))).mappings().first()
    return None if row is None else job_from_row(row)


async def _lock(connection: AsyncConnection, which: ColumnElement[bool]) -> list[Job]:
    found = await connection.execute(select(jobs).where(which).order_by(jobs.c.number).with_for_update())
    return [job_from_row(row) for row in found.mappings()]


async def _change(connection: AsyncConnection, which: ColumnElement[bool], **values: Any) -> list[Job]:
    result = await connection.execute(update(jobs).where(which).values(**values).returning(jobs))
    return [job_from_row(row) for row in result.mappings()]
