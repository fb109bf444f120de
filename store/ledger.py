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
from functools import partial
from typing import Any, Literal

from sqlalchemy import Connection, Result, Select, delete, func, select, update
from sqlalchemy.sql.elements import ColumnElement

from store.claiming import next_number
from store.contention import gives_way
from store.database import Database
from store.errors import ConflictError, NotFoundError
from store.ids import EnvironmentId, JobId, ProjectId, UserId
from store.jobs import ACTIVE_STATES, TERMINAL_STATES, Job, JobState, NewJob, Submission, job_from_row
from store.submitting import enter
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
    async def submit(self, wanted: Sequence[NewJob], *, remember: bool = False) -> list[Submission]:
        """Enter requests in one transaction; see `store.submitting.enter` for what each does to its slot, and for
        `remember`."""
        if not wanted:
            return []
        now = self._clock()
        return await self._database.transact(lambda connection: enter(connection, wanted, now, remember=remember))

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
                    number, taken = await self._database.transact(partial(_claim, lane, worker, lease_s, now))
                else:
                    # SQLite has one writer and people wait for it: choose before, take with a guard.
                    async with self._claiming:
                        number = await self._database.look(partial(_choose, lane, now))
                        taken = None
                        if number is not None:
                            taken = await self._database.transact(partial(_take, number, worker, lease_s, now))
                if taken is not None or number is None:
                    return taken
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

        def beat(connection: Connection) -> Literal["held", "cancel", "lost"]:
            held = _change(connection, _held(job_id, fence), **values)
            if held:
                return "cancel" if held[0].cancel_requested else "held"
            row = _find(connection, job_id)
            if row is not None and row.fence == fence and row.state in (JobState.CANCELED, JobState.SUPERSEDED):
                return "cancel"
            return "lost"

        return await self._database.transact(beat)

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

        def finish(connection: Connection) -> list[Job]:
            own = _change(connection, _held(job_id, fence), **done)
            if not own:
                return []
            same = (jobs.c.digest == own[0].digest) & (jobs.c.state == JobState.QUEUED)
            return own + _change(connection, same, **done)

        return await self._database.transact(finish)

    @gives_way
    async def fail(self, job_id: JobId, fence: int, kind: str, message: str, now: float) -> Job | None:
        """Close a job as failed: `kind` for programs, `message` a sentence for people. None when the fence is stale."""
        failed = await self._database.transact(
            lambda connection: _change(
                connection, _held(job_id, fence),
                state=JobState.FAILED, error_kind=kind, error=message, finished_at=now, lease_until=None,
            )
        )
        return failed[0] if failed else None

    @gives_way
    async def release(self, job_id: JobId, fence: int) -> bool:
        """Give a job back unfinished, as a draining worker does: queued again, not counted as lost."""
        now = self._clock()
        return bool(await self._database.transact(lambda connection: _put_back(connection, _held(job_id, fence), now)))

    @gives_way
    async def stop(self, job_id: JobId, fence: int, now: float) -> Job | None:
        """The worker obeyed "cancel": close the row as superseded or canceled.

        If in the meantime the same picture was asked for again, the row goes back to the queue instead. None when the
        row was closed already (`cancel` closes it at once) or the fence is stale.
        """
        back = await self._database.transact(lambda connection: _put_back(connection, _held(job_id, fence), now))
        return back[0] if back else None

    @gives_way
    async def cancel(self, job_id: JobId, now: float) -> Job | None:
        """Close a job as canceled, row first: its worker learns it on the next beat. None when it was closed already.

        Raises:
            NotFoundError: there is no such job.
        """

        def cancel(connection: Connection) -> Job | None:
            canceled = _change(
                connection, (jobs.c.id == job_id) & jobs.c.state.in_(ACTIVE_STATES),
                state=JobState.CANCELED, cancel_requested=True, finished_at=now, lease_until=None,
            )
            if not canceled and _find(connection, job_id) is None:
                raise NotFoundError(f"there is no job {job_id}")
            return canceled[0] if canceled else None

        return await self._database.transact(cancel)

    @gives_way
    async def expire(self, now: float) -> list[Job]:
        """Take back jobs whose lease has run out: queued again, or failed ("worker_lost") the third time.

        Returns:
            The rows as they are now.
        """
        gone = (jobs.c.state == JobState.RUNNING) & (jobs.c.lease_until < now)
        # Nearly always there is none: that is seen without keeping other writers waiting.
        query = select(jobs.c.number).where(gone).limit(1)
        if await self._database.look(lambda connection: connection.scalar(query)) is None:
            return []
        return await self._database.transact(lambda connection: _put_back(connection, gone, now, lost=True))

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
        [submission] = await self._database.transact(
            lambda connection: enter(connection, [wanted], now, retried_from=job_id)
        )
        return submission.job

    async def find_done(self, digest: str) -> Job | None:
        """The latest done job with this digest: its result is the picture."""
        query = select(jobs).where(jobs.c.digest == digest, jobs.c.state == JobState.DONE, jobs.c.result.is_not(None))
        found = await self._all(query.order_by(jobs.c.number.desc()).limit(1))
        return found[0] if found else None

    async def waiting(self, lane: str) -> int:
        """How many jobs of a lane are queued."""
        query = select(func.count()).where(jobs.c.lane == lane, jobs.c.state == JobState.QUEUED)
        return await self._database.look(lambda connection: int(connection.scalar(query) or 0))

    async def get(self, job_id: JobId) -> Job:
        """One job.

        Raises:
            NotFoundError: there is no such job.
        """
        found = await self._all(select(jobs).where(jobs.c.id == job_id))
        if not found:
            raise NotFoundError(f"there is no job {job_id}")
        return found[0]

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
        return await self._all(query)

    @gives_way
    async def prune_previews(self, older_than: float) -> list[Job]:
        """Remove preview rows closed before `older_than` (unix seconds) and return them: their blobs may go too."""
        old = (
            (jobs.c.lane == "preview")
            & jobs.c.state.in_(TERMINAL_STATES)
            & (jobs.c.finished_at < older_than)
        )
        return await self._database.transact(
            lambda connection: _jobs(connection.execute(delete(jobs).where(old).returning(jobs)))
        )

    async def _all(self, query: Select[Any]) -> list[Job]:
        return await self._database.look(lambda connection: _jobs(connection.execute(query)))


def _held(job_id: JobId, fence: int) -> ColumnElement[bool]:
    return (jobs.c.id == job_id) & (jobs.c.fence == fence) & (jobs.c.state == JobState.RUNNING)


def _choose(lane: str, now: float, connection: Connection) -> int | None:
    number: int | None = connection.scalar(next_number(lane, now, lock=False))
    return number


def _claim(
    lane: str, worker: str, lease_s: float, now: float, connection: Connection
) -> tuple[int | None, Job | None]:
    number = connection.scalar(next_number(lane, now, lock=True))
    return number, None if number is None else _take(number, worker, lease_s, now, connection)


def _take(number: int, worker: str, lease_s: float, now: float, connection: Connection) -> Job | None:
    taken = _change(
        connection, (jobs.c.number == number) & (jobs.c.state == JobState.QUEUED),
        state=JobState.RUNNING, attempt=jobs.c.attempt + 1, fence=jobs.c.fence + 1, lease_owner=worker,
        lease_until=now + lease_s, started_at=now, progress=0.0, phase="",
    )
    return taken[0] if taken else None


def _put_back(
    connection: Connection, which: ColumnElement[bool], now: float, *, lost: bool = False
) -> list[Job]:
    """Where running jobs go whose worker is done with them without a result, or `lost`."""
    held = connection.execute(select(jobs).where(which).order_by(jobs.c.number).with_for_update())
    return [_put_one_back(connection, job, now, lost) for job in _jobs(held)]


def _put_one_back(connection: Connection, job: Job, now: float, lost: bool) -> Job:
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
    return _change(connection, _held(job.id, job.fence), lost_count=lost_count, **values)[0]


def _find(connection: Connection, job_id: JobId) -> Job | None:
    found = _jobs(connection.execute(select(jobs).where(jobs.c.id == job_id)))
    return found[0] if found else None


def _change(connection: Connection, which: ColumnElement[bool], **values: Any) -> list[Job]:
    return _jobs(connection.execute(update(jobs).where(which).values(**values).returning(jobs)))


def _jobs(result: Result[Any]) -> list[Job]:
    return [job_from_row(row) for row in result.mappings()]
