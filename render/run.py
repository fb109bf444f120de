"""One job on one worker, from claim to closed row.

Blobs first, then the row, then the word: pictures are put under their own sha256, the row is closed under its fence,
and only then is anybody told. Killed between any two of these steps, the job is claimed again and ends the same way;
what was put already is the same object. A worker that has lost its lease finds its fence stale and throws its picture
away.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar

from render.announce import Announcer
from render.child_process import ChildProcess, StoppedError
from render.config import FarmConfig
from render.control import StopMode
from render.failures import ChildDiedError, Failure, RenderFailedError, after_death, picture_gone, storage
from render.frames import Frame
from render.pausing import happens_within
from render.remembered import remembered
from render.results import object_ids, scores_result, settled_result
from render.scores.request import is_scores, parse_scores
from store.errors import NotFoundError, StorageFullError, StoreError, UnavailableError
from store.ids import ObjectId
from store.ledger import Job
from store.opening import Stores

logger = logging.getLogger(__name__)

Clock = Callable[[], float]
Kept = TypeVar("Kept")


class Run:
    """The rendering of one claimed job.

    Args:
        job: as claimed; its fence guards every write.
        child: warm process of the job's lane.
        stores, announcer: where the outcome goes.
        config: beats, retries, rates.
        clock: unix seconds.
        on_draft: told the object id of each early preview picture, which no row remembers.
    """

    def __init__(
        self, job: Job, child: ChildProcess, stores: Stores, announcer: Announcer, config: FarmConfig, clock: Clock,
        on_draft: Callable[[ObjectId], None],
    ) -> None:
        self.job = job
        self._child = child
        self._ledger = stores.ledger
        self._objects = stores.objects
        self._grants = stores.grants
        self._announcer = announcer
        self._config = config
        self._clock = clock
        self._on_draft = on_draft
        self._progress = 0.0
        self._phase = ""
        self._said_at = 0.0
        self._is_abandoned = False
        self._has_ended = asyncio.Event()

    async def perform(self) -> None:
        """Render and close the row. Every ending is in the ledger, the log, or both; only cancellation is raised."""
        job = self.job
        logger.info("run.started job=%s fence=%d lane=%s slot=%s", job.id, job.fence, job.lane, job.slot)
        await self._announcer.say("started", job)
        beating = asyncio.create_task(self._beat(), name=f"beat-{job.id}")
        try:
            result = await self._recall() or await self._render()
            if result is not None:
                await self._finish(result)
        except StoppedError:
            await self._close_stopped()
        except RenderFailedError as error:
            await self._fail(error.failure)
        except StoreError as error:
            # The ledger itself would not answer for `storage_retry_s`. The lease runs out and the job is tried again.
            logger.error("run.given_up job=%s fence=%d: %s", job.id, job.fence, error)
        finally:
            # Not canceled: a beat cut off inside its transaction would leave a database connection in doubt.
            self._has_ended.set()
            await beating

    def stop(self, mode: StopMode) -> None:
        """Ask the render to stop (see ChildProcess.stop)."""
        self._child.stop(self.job.id, mode)

    def abandon(self) -> None:
        """The worker is leaving: end the render at once and give the job back."""
        self._is_abandoned = True
        self._child.kill_now()

    async def _recall(self) -> dict[str, Any] | None:
        """The result, if the same picture was finished between the asking and the claiming (F5)."""
        done = await remembered(self._ledger, self._objects, self.job.digest)
        return None if done is None else done.result

    async def _render(self) -> dict[str, Any] | None:
        """The final result with its blobs stored; tries again once if the process dies."""
        spec = json.loads(self.job.spec)
        crashes = 0
        while True:
            try:
                await self._supply(spec)
                async with aclosing(self._child.render(self.job.id, spec)) as frames:
                    async for frame in frames:
                        if frame.kind == "progress":
                            await self._show_progress(frame)
                        elif frame.kind == "picture":
                            result = await self._keep(frame)
                            if frame.header["final"]:
                                return result
                            await self._announcer.say(
                                "progress", self.job, progress=self._progress, phase=self._phase, result=result
                            )
                return None
            except ChildDiedError as error:
                crashes += 1
                failure = after_death(error, crashes)
                logger.error(
                    "run.child_died job=%s code=%s crashes=%d: %s", self.job.id, error.returncode, crashes,
                    error.last_words[-2000:],
                )
                if failure is not None:
                    raise RenderFailedError(failure) from error

    async def _supply(self, spec: dict[str, Any]) -> None:
        """Hand the render process the pictures that are to be scored: it reaches no store itself."""
        if not is_scores(spec):
            return
        for part, camera, delivered in parse_scores(spec).needed():
            blobs: list[bytes] = []
            for object_id in (delivered.image, delivered.depth):
                try:
                    blobs.append(await self._insist(partial(self._objects.get, object_id)))
                except NotFoundError as error:
                    raise RenderFailedError(picture_gone(camera)) from error
                except UnavailableError as error:
                    raise RenderFailedError(storage(error)) from error
            await self._child.supply(self.job.id, f"{part}/{camera}", tuple(blobs))

    async def _show_progress(self, frame: Frame) -> None:
        self._progress, self._phase = float(frame.header["progress"]), str(frame.header["phase"])
        now = self._clock()
        if now - self._said_at >= 1.0 / self._config.progress_hz:
            self._said_at = now
            await self._announcer.say("progress", self.job, progress=self._progress, phase=self._phase)

    async def _keep(self, frame: Frame) -> dict[str, Any]:
        """Put a picture's files and name them in its result."""
        ids: dict[str, ObjectId] = {}
        for part, blob in zip(frame.header["parts"], frame.blobs, strict=True):
            try:
                ids[part] = (await self._insist(self._put(blob))).id
            except (StorageFullError, UnavailableError) as error:
                raise RenderFailedError(storage(error)) from error
        result: dict[str, Any] = dict(frame.header["result"])
        if not frame.header["final"]:
            self._on_draft(ids["image"])
            await self._insist(partial(self._grants.give, self.job.project, ids.values()))
            return {"image": ids["image"], "width": result["width"], "height": result["height"]}
        if self.job.lane == "preview":
            return {**result, "image": ids["image"]}
        if "report" in ids:
            return scores_result(result, ids, finished_at=self._clock())
        return settled_result(result, ids, finished_at=self._clock())

    def _put(self, blob: bytes) -> Callable[[], Awaitable[Any]]:
        return lambda: self._objects.put(blob)

    async def _finish(self, result: dict[str, Any]) -> None:
        job = self.job
        done = await self._insist(lambda: self._ledger.finish(job.id, job.fence, result, self._clock()))
        if not done:
            logger.warning("run.stale_fence job=%s fence=%d: the picture is thrown away", job.id, job.fence)
        for project in {other.project for other in done}:
            await self._insist(partial(self._grants.give, project, object_ids(result)))
        for other in done:
            await self._announcer.say("done", other, progress=1.0)
        logger.info("run.done job=%s fence=%d answered=%d", job.id, job.fence, len(done))

    async def _fail(self, failure: Failure) -> None:
        job = self.job
        logger.error("run.failed job=%s kind=%s: %s", job.id, failure.kind, failure.sentence)
        failed = await self._insist_or_none(
            lambda: self._ledger.fail(job.id, job.fence, failure.kind, failure.sentence, self._clock())
        )
        if failed is not None:
            await self._announcer.say("failed", failed)

    async def _close_stopped(self) -> None:
        """The render ended because it was asked to: give the job back, or close it the way the ledger says."""
        job = self.job
        if self._is_abandoned:
            released = await self._insist_or_none(lambda: self._ledger.release(job.id, job.fence))
            logger.info("run.released job=%s fence=%d released=%s", job.id, job.fence, released)
            if released:
                await self._announcer.say("requeued", job)
            return
        closed = await self._insist_or_none(lambda: self._ledger.stop(job.id, job.fence, self._clock()))
        if closed is None:
            logger.info("run.dropped job=%s fence=%d: canceled, or another worker has it", job.id, job.fence)
            return
        logger.info("run.stopped job=%s fence=%d state=%s", job.id, job.fence, closed.state)
        await self._announcer.say_state(closed)

    async def _beat(self) -> None:
        """Renew the lease; learn that the job was canceled, superseded or taken over."""
        job, config = self.job, self._config
        while not await happens_within(self._has_ended, config.beat_s):
            try:
                answer = await self._ledger.beat(
                    job.id, job.fence, lease_s=config.lease_s, now=self._clock(), progress=self._progress,
                    phase=self._phase,
                )
            except StoreError as error:
                # Keep rendering: if the lease runs out meanwhile, the fence decides whose picture counts.
                logger.warning("run.beat_failed job=%s: %s", job.id, error)
                continue
            if answer == "lost":
                self.stop("cancel")
            elif answer == "cancel":
                self.stop("supersede")

    async def _insist(self, attempt: Callable[[], Awaitable[Kept]]) -> Kept:
        """Try until the store answers, for `storage_retry_s`; a finished picture is not given up for one bad moment.

        Raises:
            UnavailableError: it never did.
        """
        deadline = asyncio.get_running_loop().time() + self._config.storage_retry_s
        pause_s = 0.1
        while True:
            try:
                return await attempt()
            except UnavailableError as error:
                if asyncio.get_running_loop().time() + pause_s > deadline:
                    raise
                logger.warning("run.store_retry job=%s: %s", self.job.id, error)
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))
            pause_s = min(2.0, pause_s * 2)

    async def _insist_or_none(self, attempt: Callable[[], Awaitable[Kept]]) -> Kept | None:
        try:
            return await self._insist(attempt)
        except UnavailableError as error:
            logger.error("run.row_not_closed job=%s: %s; its lease will run out", self.job.id, error)
            return None
