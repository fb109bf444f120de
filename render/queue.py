"""Farm: where pictures are asked for. The ledger row is the request; ticket and events only hurry things along."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from render.announce import Announcer
from render.config import LANES
from render.control import CONTROL_STREAM, Control, Stop, Supersede, encode_control
from render.remembered import are_there
from render.results import object_ids
from render.run import Clock
from render.scores.request import ScoreSpec
from render.spec import Lane, RenderSpec, RenderTarget
from render.tickets import Tickets
from store.errors import UnavailableError
from store.ids import JobId, UserId
from store.jobs import Job, JobState, NewJob, Submission
from store.opening import Stores

logger = logging.getLogger(__name__)

TICKETS_AT_ONCE = 16
"""A worker works its lane until it is empty, so one ticket per worker would do; the sweeper tops up."""


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One picture wanted, or the scores of a set of pictures.

    Args:
        target: where it belongs.
        spec: what decides it.
        lane: "preview" while a hand is moving, "settled" for what goes into the document.
        user: on whose behalf; the farm is fair between users.
        priority: 0 is the most urgent.
        batch: names the request this one came with, "" for none.
    """

    target: RenderTarget
    spec: RenderSpec | ScoreSpec
    lane: Lane
    user: str
    priority: int
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request.

    Args:
        job_id: the row that makes (or made) the picture; None when it was made for another project.
        digest: of the spec.
        state: `done` with a result, or `queued` / `running`.
        result: set when done; no event follows then.
    """

    job_id: JobId | None
    digest: str
    state: JobState
    result: dict[str, Any] | None = None


class Farm:
    """Submits, cancels and retries renders.

    Args:
        stores: opened.
        tickets: wake workers up.
        clock: unix seconds.
    """

    def __init__(self, stores: Stores, tickets: Tickets, *, clock: Clock = time.time) -> None:
        self.announcer = Announcer(stores.relay)
        self._stores = stores
        self._tickets = tickets
        self._clock = clock

    async def submit(self, requests: Sequence[RenderRequest]) -> list[Answer]:
        """Ask for pictures; answers come in the order of the requests.

        What has been rendered before is answered at once. The rest enters the ledger in one transaction, replacing
        older requests for the same slot and lane (F1).

        Raises:
            UnavailableError: the ledger does not answer; nothing was asked for.
        """
        wanted = [_row(request) for request in requests]
        submissions = await self._stores.ledger.submit(wanted, remember=True)
        made = {submission.job.digest: submission.job for submission in submissions if _is_made(submission)}
        gone = {job.digest for job in made.values() if not await are_there(self._stores.objects, job)}
        if gone:  # somebody deleted files: what they showed is rendered again, without a word (F5)
            again = iter(await self._stores.ledger.submit([row for row in wanted if row.digest in gone]))
            submissions = [_both(old, next(again)) if old.job.digest in gone else old for old in submissions]
        for submission, request in zip(submissions, requests, strict=True):
            if _is_made(submission):
                await self._stores.grants.give(request.target.project, object_ids(submission.job.result or {}))
        await self._hurry(submissions)
        return [
            _answer(submission.job, request) for submission, request in zip(submissions, requests, strict=True)
        ]

    async def cancel(self, job_id: JobId) -> Job | None:
        """Stop a job by its id, row first (F3). None when it had ended already.

        Raises:
            NotFoundError: there is no such job.
            UnavailableError: the ledger does not answer.
        """
        job = await self._stores.ledger.cancel(job_id, self._clock())
        if job is not None:
            await self._tell_workers(Stop(job.id))
            await self.announcer.say("canceled", job)
        return job

    async def retry(self, job_id: JobId, user: str) -> Job:
        """Ask again for what an ended job asked for.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it has not ended.
            UnavailableError: the ledger does not answer.
        """
        job = await self._stores.ledger.retry(job_id, UserId(user), self._clock())
        await self._tell_workers(Supersede(job.project, job.environment, job.slot, job.lane, keep=job.id))
        await self._hurry([Submission(job, [], True)])
        return job

    async def _hurry(self, submissions: Sequence[Submission]) -> None:
        """After the rows: stop what runs in vain, say who has lost their turn and who waits, wake workers."""
        for submission in submissions:
            job = submission.job
            for old in submission.stopping:
                if _is_made(submission):
                    await self._tell_workers(Stop(old.id))
                else:
                    await self._tell_workers(Supersede(old.project, old.environment, old.slot, old.lane, keep=job.id))
            for old in submission.superseded:
                await self.announcer.say("superseded", old)
            if submission.fresh:
                await self.announcer.say("queued", job)
        for lane in LANES:
            fresh = sum(submission.fresh and submission.job.lane == lane for submission in submissions)
            try:
                await self._tickets.send(lane, min(fresh, TICKETS_AT_ONCE))
            except UnavailableError as error:
                logger.warning("farm.tickets_not_sent lane=%s jobs=%d: %s", lane, fresh, error)

    async def _tell_workers(self, message: Control) -> None:
        try:
            await self._stores.relay.publish(CONTROL_STREAM, encode_control(message))
        except UnavailableError as error:
            logger.warning("farm.control_not_sent %s: %s", message, error)


def _is_made(submission: Submission) -> bool:
    return submission.job.state is JobState.DONE


def _both(first: Submission, second: Submission) -> Submission:
    """A request that was submitted twice: what either outdated."""
    superseded, stopping = first.superseded + second.superseded, first.stopping + second.stopping
    return replace(second, superseded=superseded, stopping=stopping)


def _answer(job: Job, request: RenderRequest) -> Answer:
    is_ours = job.project == request.target.project
    return Answer(job.id if is_ours else None, job.digest, job.state, job.result)


def _row(request: RenderRequest) -> NewJob:
    target, spec = request.target, request.spec
    return NewJob(
        project=target.project, environment=target.environment, user=UserId(request.user), slot=target.slot,
        lane=request.lane, tier=spec.tier, digest=spec.digest(),
        spec=json.dumps(spec.to_json(), sort_keys=True, allow_nan=False), priority=request.priority,
        batch=request.batch,
    )

