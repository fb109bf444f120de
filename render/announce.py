"""Saying what happened: ledger rows become RenderEvents on the relay.

Events that change a job's state are kept and sent again when the relay does not answer; progress is dropped, the next
one is more recent anyway. An event that is lost for good (this process dies with the relay down) is healed elsewhere:
opening a room re-plans slots that lack their picture, and the farm answers those from `find_done` without a render.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Any

from render.events import FARM_STREAM, EventType, RenderEvent
from render.spec import Lane, RenderTarget
from store.errors import UnavailableError
from store.jobs import Job, JobState
from store.relay.base import Relay

logger = logging.getLogger(__name__)

KEPT_EVENTS = 1000

_SAID: dict[JobState, EventType] = {
    JobState.QUEUED: "requeued", JobState.RUNNING: "started", JobState.DONE: "done", JobState.FAILED: "failed",
    JobState.CANCELED: "canceled", JobState.SUPERSEDED: "superseded",
}


class Announcer:
    """Publishes job events; bounded memory of what the relay would not take (oldest forgotten first)."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._unsent: deque[RenderEvent] = deque(maxlen=KEPT_EVENTS)

    async def say(
        self, kind: EventType, job: Job, *, progress: float = 0.0, phase: str = "", result: dict[str, Any] | None = None
    ) -> None:
        """Publish one event about a job; never raises for an unreachable relay."""
        event = RenderEvent(
            type=kind, job=job.id, target=RenderTarget(job.project, job.environment, job.slot), lane=_lane(job),
            tier=job.tier, digest=job.digest, progress=progress, phase=phase, result=result or job.result or {},
            error_kind=job.error_kind or "", error=job.error or "",
        )
        if self._unsent and kind != "progress":
            self._unsent.append(event)
            await self.flush()
            return
        try:
            await self._relay.publish(FARM_STREAM, event.encode())
        except UnavailableError as error:
            if kind != "progress":
                logger.warning("farm.event_kept type=%s job=%s: %s", kind, job.id, error)
                self._unsent.append(event)

    async def say_state(self, job: Job) -> None:
        """Publish what a row has become after a lease, a stop or a failure moved it."""
        await self.say(_SAID[job.state], job)

    async def flush(self) -> None:
        """Send again what could not be sent, in order."""
        while self._unsent:
            event = self._unsent[0]
            try:
                await self._relay.publish(FARM_STREAM, event.encode())
            except UnavailableError:
                return
            if self._unsent and self._unsent[0] is event:
                self._unsent.popleft()


def _lane(job: Job) -> Lane:
    return "preview" if job.lane == "preview" else "settled"
