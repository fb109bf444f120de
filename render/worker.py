"""RenderWorker: claims jobs, has them rendered, closes them. The same class serves inside the server and on the farm.

It lives in one asyncio loop. `tick(lane)` is all that a ticket, a sweep or a test ever calls: claim the best row of the
lane, run it, again, until the lane is empty. Ticks of one lane take turns; the lanes know nothing of each other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections import deque
from collections.abc import Sequence

from render.announce import Announcer
from render.child_process import ChildProcess
from render.config import LANES, FarmConfig
from render.control import CONTROL_STREAM, Stop, decode_control
from render.failures import ChildDiedError
from render.run import Clock, Run
from render.spec import Lane
from store.errors import NotFoundError, StoreError
from store.ids import ObjectId, new_id
from store.opening import Stores

logger = logging.getLogger(__name__)

MAX_FAILED_STARTS = 3


class RenderWorker:
    """One worker: a warm render process per lane.

    Args:
        stores: opened.
        config: leases, grace, engines.
        lanes: what it serves.
        name: unique; defaults to host, process id and a random part.
        is_alone: nobody else renders, so jobs it cannot render are failed instead of left to others.
        announcer: to share with a farm in the same process.
        clock: unix seconds; leases are compared with other hosts' clocks, so hosts keep time by NTP.
    """

    def __init__(
        self, stores: Stores, config: FarmConfig, *, lanes: Sequence[Lane] = LANES, name: str | None = None,
        is_alone: bool = False, announcer: Announcer | None = None, clock: Clock = time.time,
    ) -> None:
        self.name = name or f"{socket.gethostname()}:{os.getpid()}:{new_id('wrk')}"
        self.lanes = tuple(lanes)
        self.announcer = announcer or Announcer(stores.relay)
        self.broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done, with the reason, once a render process has refused to start several times."""
        self._stores = stores
        self._is_alone = is_alone
        self._config = config
        self._clock = clock
        self._children = {lane: ChildProcess(lane, config) for lane in self.lanes}
        self._turns = {lane: asyncio.Lock() for lane in self.lanes}
        self._runs: dict[str, Run] = {}
        self._drafts: deque[tuple[float, ObjectId]] = deque()
        self._tasks: list[asyncio.Task[None]] = []
        self._nudges: dict[Lane, asyncio.Task[None]] = {}
        self._failed_starts = dict.fromkeys(self.lanes, 0)
        self._is_draining = False
        self._all_quiet = asyncio.Event()
        self._all_quiet.set()

    async def start(self) -> None:
        """Warm the render processes (in the background) and listen for cancellations."""
        self._tasks.append(asyncio.create_task(self._follow_control(), name="farm-control"))
        self._tasks += [asyncio.create_task(self._warm(lane), name=f"warm-{lane}") for lane in self.lanes]

    @property
    def is_draining(self) -> bool:
        """Whether it has stopped claiming."""
        return self._is_draining

    @property
    def running(self) -> list[str]:
        """Ids of the jobs in hand."""
        return list(self._runs)

    def child_pid(self, lane: Lane) -> int | None:
        """Process id of a lane's render process."""
        return self._children[lane].pid

    async def tick(self, lane: Lane) -> None:
        """Work the lane until it is empty or the worker drains. Never raises for a store that does not answer."""
        if lane not in self._turns:
            return
        async with self._turns[lane]:
            while not self._is_draining and await self._is_fit(lane):
                try:
                    job = await self._stores.ledger.claim(
                        lane=lane, worker=self.name, lease_s=self._config.lease_s, now=self._clock()
                    )
                except StoreError as error:
                    logger.warning("worker.claim_failed lane=%s: %s", lane, error)
                    return
                if job is None:
                    return
                run = Run(
                    job, self._children[lane], self._stores, self.announcer, self._config, self._clock,
                    self._remember_draft,
                )
                self._runs[job.id] = run
                self._all_quiet.clear()
                try:
                    await run.perform()
                except Exception:
                    # A bug of ours. The lease runs out, the job is tried again, and the third loss parks it.
                    logger.exception("worker.run_broke job=%s lane=%s", job.id, lane)
                finally:
                    del self._runs[job.id]
                    if not self._runs:
                        self._all_quiet.set()

    def nudge(self, lane: Lane) -> None:
        """Tick without a ticket and without waiting; does nothing while an earlier nudge still works."""
        task = self._nudges.get(lane)
        if task is None or task.done():
            self._nudges[lane] = asyncio.create_task(self.tick(lane), name=f"nudge-{lane}")

    async def drain(self, timeout_s: float | None = None) -> None:
        """Stop claiming; let running jobs finish, then give back those that did not.

        Args:
            timeout_s: how long they may take; `drain_s` when None.
        """
        self._is_draining = True
        try:
            async with asyncio.timeout(self._config.drain_s if timeout_s is None else timeout_s):
                await self._all_quiet.wait()
        except TimeoutError:
            for run in list(self._runs.values()):
                logger.info("worker.abandons job=%s", run.job.id)
                run.abandon()
            await self._all_quiet.wait()
        for child in self._children.values():
            await child.close()
        await asyncio.gather(*self._nudges.values(), return_exceptions=True)

    async def close(self) -> None:
        """Let go of everything. Call `drain` first."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._drop_drafts(float("inf"))

    async def drop_old_drafts(self) -> None:
        """Delete early preview pictures nobody looks at any more; no row remembers them, so nobody else can."""
        await self._drop_drafts(self._clock() - self._config.preview_keep_s)

    async def _is_fit(self, lane: Lane) -> bool:
        """Whether the lane's process can render, before a job is claimed for it.

        A worker that cannot start its engine must not eat the queue: it claims nothing and, after a few tries, says so
        through `broken`. Only where nobody else would render (`is_alone`) are jobs claimed, and fail with the reason.
        """
        try:
            await self._children[lane].refresh()
        except ChildDiedError as error:
            if self._is_draining:
                return False
            self._failed_starts[lane] += 1
            logger.error(
                "worker.child_will_not_start lane=%s tries=%d: %s", lane, self._failed_starts[lane], error.last_words
            )
            if self._failed_starts[lane] >= MAX_FAILED_STARTS and not self.broken.done():
                last = error.last_words.strip().splitlines()[-1:] or [f"it ended with code {error.returncode}"]
                self.broken.set_result(f"the render process of lane {lane} cannot start: {last[0]}")
            return self._is_alone
        self._failed_starts[lane] = 0
        return True

    async def _warm(self, lane: Lane) -> None:
        for _ in range(MAX_FAILED_STARTS):
            if await self._is_fit(lane) and not self._failed_starts[lane]:
                return

    async def _follow_control(self) -> None:
        async for message in self._stores.relay.follow(CONTROL_STREAM):  # survives outages by itself
            try:
                control = decode_control(message.payload)
            except ValueError as error:
                logger.warning("worker.bad_control_message id=%s: %s", message.id, error)
                continue
            for run in list(self._runs.values()):
                if isinstance(control, Stop):
                    if run.job.id == control.job:
                        run.stop("cancel")
                elif control.concerns(run.job):
                    run.stop("supersede")

    def _remember_draft(self, object_id: ObjectId) -> None:
        self._drafts.append((self._clock(), object_id))

    async def _drop_drafts(self, older_than: float) -> None:
        while self._drafts and self._drafts[0][0] < older_than:
            _, object_id = self._drafts.popleft()
            with contextlib.suppress(NotFoundError):
                try:
                    await self._stores.objects.delete(object_id)
                    await self._stores.grants.forget(object_id)
                except StoreError as error:
                    logger.warning("worker.draft_not_deleted object=%s: %s", object_id, error)
                    return
