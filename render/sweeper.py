"""The farm's self-healing, once every `sweep_s`: expired leases, lost tickets, forgotten previews.

It runs in every server and every worker process. Several at once do no harm: each step is a guarded UPDATE, and tickets
are only topped up to what waits.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from render.announce import Announcer
from render.config import LANES, FarmConfig
from render.pausing import happens_within
from render.results import object_ids
from render.run import Clock
from render.spec import Lane
from render.tickets import Tickets
from store.errors import StoreError, UnavailableError
from store.opening import Stores

logger = logging.getLogger(__name__)

PREVIEW_MEDIA_TYPE = "image/jpeg"


class Sweeper:
    """Heals what crashes, flushes and restarts left behind.

    Args:
        stores: opened.
        tickets: to send again.
        announcer: for requeued and failed jobs; its unsent events are retried.
        config: intervals.
        nudge: called with a lane that has waiting jobs; a worker looks for itself then, tickets or not.
        chore: something of the caller's to do in every round.
        clock: unix seconds.
    """

    def __init__(
        self, stores: Stores, tickets: Tickets, announcer: Announcer, config: FarmConfig, *,
        nudge: Callable[[Lane], None] | None = None, chore: Callable[[], Awaitable[None]] | None = None,
        clock: Clock = time.time,
    ) -> None:
        self._stores = stores
        self._tickets = tickets
        self._announcer = announcer
        self._config = config
        self._nudge = nudge
        self._chore = chore
        self._clock = clock
        self._pruned_at = 0.0

    async def run(self, told_to_stop: asyncio.Event) -> None:
        """Sweep until told to stop. No round's error ends it: who heals must not need healing."""
        while True:
            try:
                await self.sweep()
            except StoreError as error:
                logger.warning("sweeper.skipped: %s", error)
            except Exception:
                logger.exception("sweeper.round_broke")
            if await happens_within(told_to_stop, self._config.sweep_s):
                return

    async def sweep(self) -> None:
        """One round.

        Raises:
            StoreError: ledger or object store did not answer.
        """
        now = self._clock()
        for job in await self._stores.ledger.expire(now):
            logger.warning("sweeper.lease_expired job=%s lost=%d state=%s", job.id, job.lost_count, job.state)
            await self._announcer.say_state(job)
        for lane in LANES:
            await self._top_up(lane)
        await self._announcer.flush()
        if self._chore is not None:
            await self._chore()
        if now - self._pruned_at >= self._config.prune_s:
            self._pruned_at = now
            await self._prune(now)

    async def _top_up(self, lane: Lane) -> None:
        waiting = await self._stores.ledger.waiting(lane)
        if not waiting:
            return
        try:
            missing = min(waiting, self._config.max_tickets) - await self._tickets.depth(lane)
            if missing > 0:
                await self._tickets.send(lane, missing)
        except UnavailableError as error:
            logger.warning("sweeper.no_tickets lane=%s waiting=%d: %s", lane, waiting, error)
        # Tickets can sit in a dead worker's hand, and the thread that answers them can be waiting for Redis to take an
        # acknowledgement. A worker that sees waiting jobs therefore looks for itself; its ticks take turns.
        if self._nudge is not None:
            self._nudge(lane)

    async def _prune(self, now: float) -> None:
        """Forget old previews and their pictures.

        A preview's picture is a JPEG and a settled render names none, so what is deleted here belongs to no document.
        Another, younger preview may have had the same bytes; it is rendered again when somebody asks for it.
        """
        for job in await self._stores.ledger.prune_previews(now - self._config.preview_keep_s):
            for object_id in object_ids(job.result or {}):
                info = await self._stores.objects.head(object_id)
                if info is not None and info.media_type == PREVIEW_MEDIA_TYPE:
                    await self._stores.objects.delete(object_id)
                    await self._stores.grants.forget(object_id)
