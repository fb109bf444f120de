"""From edits to render requests: an observer marks which environments are dirty, one task per environment acts.

    edit ──mark──▶ preview of what people look at, at once, the newest only
              └──▶ after a second of quiet, every slot of the environment whose picture is outdated

The origin decides: people and tools trigger on the node that took their edit; a render's own attach and another node's
edits never do (another node's edits only put off a settling that is due here anyway).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol

from collab import renders
from collab.document import EnvironmentsDoc
from collab.ending import Closing, ended
from collab.flow_config import FlowConfig
from collab.looking import slots_before_people
from collab.ordering import EDIT_PRIORITY, PREVIEW_PRIORITY, Farm, Order, place, priority_of
from collab.origin import AttachOrigin, Origin
from collab.planning import plan, slots_of
from collab.replica import Path
from collab.room import Room
from collab.rooms import Rooms
from collab.schema import EnvironmentView
from render.errors import SpecError
from render.events import FARM_STREAM, RenderEvent
from render.queue import RenderRequest
from render.spec import RenderTarget
from store.errors import StoreError, UnavailableError
from store.ids import DocId, EnvironmentId, JobId, is_id
from store.jobs import Job
from store.relay.base import Relay

logger = logging.getLogger(__name__)

NOBODY = "farm"
"""On whose behalf pictures are asked for when no edit of this node is the reason."""
MARKS = AttachOrigin("mark")
"""Origin of the marks that say a slot is queued."""

PREVIEWED_FIELDS = frozenset({"parameters", "cameras", "variations"})
SETTLED_FIELDS = PREVIEWED_FIELDS | {"quality", "archived_at", "renders"}
"""What of an environment decides its pictures. The style is not among them: the procedural engine does not read it."""

_PHASES = {
    "queued": "waiting", "requeued": "waiting", "started": "drawing", "done": "over", "failed": "over",
    "canceled": "over", "superseded": "over",
}  # fmt: skip
_REMEMBERED_JOBS = 2000

Key = tuple[DocId, EnvironmentId]


class KnownPictures(Protocol):
    """The one thing asked of the ledger."""

    async def find_done(self, digest: str) -> Job | None:
        """The latest job that rendered this digest."""
        ...


@dataclass(frozen=True, slots=True)
class _Outstanding:
    """A preview asked for and not over yet."""

    job: JobId
    since: float


@dataclass
class _Work:
    """One dirty environment.

    `shown` holds, by slot, the digest of the preview asked for last. `wake` is for anything that happened, `news` for
    what the farm says.
    """

    doc: DocId
    environment: EnvironmentId
    user: str = ""
    preview_due: bool = False
    settle_due: bool = False
    changed_at: float = 0.0
    looked_up: bool = False
    previewed_at: float = 0.0
    preview_over_at: float = 0.0
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    shown: dict[str, str] = field(default_factory=dict)
    outstanding: dict[str, _Outstanding] = field(default_factory=dict)


class Triggers:
    """Turns edits into requests.

    Args:
        rooms: hold the documents.
        farm: renders.
        ledger: knows pictures rendered before.
        relay: tells every node when a preview has become pointless.
        config: the rhythm.
    """

    def __init__(
        self, rooms: Rooms, farm: Farm, ledger: KnownPictures, relay: Relay, config: FlowConfig | None = None
    ) -> None:
        self._rooms = rooms
        self._farm = farm
        self._ledger = ledger
        self._relay = relay
        self._config = config or FlowConfig()
        self._works: dict[Key, _Work] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._phases: OrderedDict[str, str] = OrderedDict()
        self._closing = Closing()

    def watch(self, room: Room) -> None:
        """Begin to listen to a room; for `Rooms.on_open`."""
        if room.doc_id.kind == "environments":
            doc = room.doc_id
            room.on_change.append(lambda paths, origin: self._changed(doc, paths, origin))

    def heard(self, event: RenderEvent) -> None:
        """Take note of how previews get on; for `FarmFeed.listeners`."""
        if event.lane != "preview":
            return
        phase = _PHASES.get(event.type) or ("shown" if event.result.get("image") else "drawing")
        known = self._phases.get(event.job)
        # Words may come late: a job that has been begun is not queued again by whoever asked for it.
        if known is None or (event.type != "queued" and not (known == "shown" and phase == "drawing")):
            self._phases[event.job] = phase
            self._phases.move_to_end(event.job)
        while len(self._phases) > _REMEMBERED_JOBS:
            self._phases.popitem(last=False)
        work = self._works.get((DocId(event.target.project, "environments"), event.target.environment))
        if work is not None:
            if phase == "over" and any(p.job == event.job for p in work.outstanding.values()):
                work.preview_over_at = asyncio.get_running_loop().time()
            work.wake.set()
            work.news.set()

    def recheck(self, doc: DocId, environment: EnvironmentId) -> None:
        """Look again, after the usual quiet, whether the environment's slots hold what the document asks for."""
        work = self._works.get((doc, environment))
        if work is None or not work.settle_due:  # else it will be looked at anyway, and must not be put off
            self._mark(doc, environment, "", preview=False)

    async def close(self) -> None:
        """Stop acting. Edits not yet settled are found again when their room opens."""
        self._closing.set()
        for work in self._works.values():
            work.wake.set()
            work.news.set()
        await ended(self._tasks.values())

    # ── marking: called from inside transactions, only takes notes ────────────────────────────────────────────────

    def _changed(self, doc: DocId, paths: frozenset[Path], origin: Origin) -> None:
        for environment, preview in _dirty(paths).items():
            if origin.may_trigger:
                self._mark(doc, environment, origin.author, preview=preview)
            elif origin.kind == "relay" and (work := self._works.get((doc, environment))) is not None:
                work.changed_at = asyncio.get_running_loop().time()

    def _mark(self, doc: DocId, environment: EnvironmentId, user: str, *, preview: bool) -> None:
        if self._closing.is_set:
            return
        key = (doc, environment)
        work = self._works.get(key)
        if work is None:
            work = self._works[key] = _Work(doc, environment)
        work.user = user or work.user or NOBODY
        work.preview_due |= preview
        work.settle_due = True
        work.changed_at = asyncio.get_running_loop().time()
        work.wake.set()
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._run(key, work), name=f"trigger-{doc}-{environment}")

    # ── acting ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _run(self, key: Key, work: _Work) -> None:
        is_broken = True
        try:
            async with self._rooms.use(work.doc) as room:
                while (work.preview_due or work.settle_due) and not self._closing.is_set:
                    work.wake.clear()
                    work.news.clear()
                    await self._step(room, work)
                    await self._rest(work)
            is_broken = False
        except StoreError as error:
            logger.error("trigger.room_lost doc=%s environment=%s: %s", work.doc, work.environment, error)
        except Exception:
            # One environment's trouble stays its own; the next edit tries anew, and so does opening the room.
            logger.exception("trigger.failed doc=%s environment=%s", work.doc, work.environment)
        finally:
            del self._works[key], self._tasks[key]
        if not is_broken and work.settle_due:  # marked again while the room was let go of
            self._mark(work.doc, work.environment, work.user, preview=work.preview_due)

    async def _step(self, room: Room, work: _Work) -> None:
        try:
            if work.preview_due and self._may_preview(work):
                await self._preview(room, work)
            if work.settle_due and self._settle_at(work) <= asyncio.get_running_loop().time():
                await self._settle(room, work)
        except StoreError as error:
            logger.warning("trigger.retry doc=%s environment=%s: %s", work.doc, work.environment, error)
            work.preview_due = False
            await self._closing.rest(self._config.retry_s)

    async def _rest(self, work: _Work) -> None:
        """Wait for the next edit, the next news of a preview, or the time to act without either.

        While a preview is on its way a moving hand wakes nobody: only news of it, or the end of patience, does.
        """
        now = asyncio.get_running_loop().time()
        deadlines = [self._settle_at(work)] if work.settle_due else []
        happens = work.wake
        if work.preview_due:
            ends = [self._patience_ends(outstanding) for outstanding in work.outstanding.values()]
            next_at = min((end for end in ends if end > now), default=now)
            next_at = max(next_at, work.previewed_at + self._config.preview_gap_s)
            deadlines.append(next_at)
            if next_at > now:
                happens = work.news
        if deadlines:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, min(deadlines) - now)):
                    await happens.wait()

    async def _preview(self, room: Room, work: _Work) -> None:
        """Ask for the newest preview of each view in front of people; at most one is outstanding per view."""
        work.preview_due = False
        work.previewed_at = asyncio.get_running_loop().time()
        view = EnvironmentsDoc(room.doc).view(work.environment)
        if view is None or not view.is_live:
            return
        is_first, work.looked_up = not work.looked_up, True
        requests: list[RenderRequest] = []
        for slot in slots_before_people(room, work.environment, self._config.previewed_slots):
            value = view.renders.get(slot)
            try:
                # What a moving hand asks for again and again is not planned before its turn has come.
                settled = plan(view, slot).digest() if is_first or renders.has_picture(value) else ""
                if renders.is_current(value, settled):
                    if is_first or slot in work.shown:
                        await self._take_back_preview(view, work, slot)
                elif is_first and await self._ledger.find_done(settled) is not None:
                    # An undo: the finished picture is known, so nobody has to wait for quiet or look at a preview.
                    await self._place(room, work, [Order(work.environment, slot, priority_of(slot))])
                elif self._is_outstanding(work, slot):
                    work.preview_due = True
                elif work.shown.get(slot) != (spec := plan(view, slot, "preview")).digest():
                    target = RenderTarget(work.doc.project, work.environment, slot)
                    requests.append(RenderRequest(target, spec, "preview", work.user, PREVIEW_PRIORITY))
            except SpecError:
                continue  # settling says why, in the document
        if not requests:
            return
        for request, answer in zip(requests, await self._farm.submit(requests), strict=True):
            slot = request.target.slot
            work.shown[slot] = answer.digest
            if answer.state == "done" and answer.result is not None:
                work.outstanding.pop(slot, None)
                await self._announce(request.target, "preview", "preview", answer.digest, answer.result, answer.job_id)
            elif answer.job_id is not None:
                work.outstanding[slot] = _Outstanding(answer.job_id, asyncio.get_running_loop().time())

    async def _settle(self, room: Room, work: _Work) -> None:
        """Ask for every picture of the environment that is outdated."""
        changed_at = work.changed_at
        view = EnvironmentsDoc(room.doc).view(work.environment)
        if view is not None and view.is_live:
            seen = slots_before_people(room, work.environment, self._config.previewed_slots)
            orders = [
                Order(work.environment, slot, EDIT_PRIORITY if slot in seen else priority_of(slot))
                for slot in slots_of(view)
            ]
            await self._place(room, work, orders)
        work.settle_due = work.changed_at != changed_at

    async def _place(self, room: Room, work: _Work, orders: list[Order]) -> None:
        placed = await place(room, self._farm, orders, origin=MARKS, user=work.user)
        known = {slot.slot for slot in placed if slot.state == "done"}
        view = EnvironmentsDoc(room.doc).view(work.environment)
        for slot in known | set(work.shown):
            with contextlib.suppress(SpecError):
                if view is not None and renders.is_current(view.renders.get(slot), plan(view, slot).digest()):
                    await self._take_back_preview(view, work, slot)

    async def _take_back_preview(self, view: EnvironmentView, work: _Work, slot: str) -> None:
        """The settled picture is in the document without a job of ours: have every node drop its preview."""
        work.shown.pop(slot, None)
        work.outstanding.pop(slot, None)
        value = dict(view.renders[slot])
        target = RenderTarget(work.doc.project, work.environment, slot)
        await self._announce(target, "settled", view.quality, str(value["digest"]), value, None)

    async def _announce(
        self, target: RenderTarget, lane: str, tier: str, digest: str, result: dict[str, object], job: JobId | None
    ) -> None:
        """Say that a picture is done which no worker will speak of."""
        event = RenderEvent(
            "done", job or JobId(""), target, "preview" if lane == "preview" else "settled", tier, digest, 1.0,
            result=result,
        )
        try:
            await self._relay.publish(FARM_STREAM, event.encode())
        except UnavailableError as error:
            logger.warning("trigger.not_announced environment=%s slot=%s: %s", target.environment, target.slot, error)

    # ── patience ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _settle_at(self, work: _Work) -> float:
        """When settled pictures may be asked for: after the quiet, and when nobody waits for or looks at a preview."""
        drawn = (p.since for p in work.outstanding.values() if self._phases.get(p.job) in ("drawing", "shown"))
        waits = [since + self._config.preview_first_s for since in drawn]
        waits.append(work.preview_over_at + self._config.preview_rest_s)
        return max(work.changed_at + self._config.quiet_s, *waits)

    def _may_preview(self, work: _Work) -> bool:
        return asyncio.get_running_loop().time() - work.previewed_at >= self._config.preview_gap_s

    def _is_outstanding(self, work: _Work, slot: str) -> bool:
        outstanding = work.outstanding.get(slot)
        return outstanding is not None and self._patience_ends(outstanding) > asyncio.get_running_loop().time()

    def _patience_ends(self, outstanding: _Outstanding) -> float:
        """When a preview may be overtaken: at once if it is over or has shown a picture."""
        phase = self._phases.get(outstanding.job, "waiting")
        if phase in ("over", "shown"):
            return 0.0
        wait_s = self._config.preview_patience_s if phase == "drawing" else self._config.preview_after_s
        return outstanding.since + wait_s


def _dirty(paths: frozenset[Path]) -> dict[EnvironmentId, bool]:
    """The environments whose pictures the changed paths may decide, and whether a preview is due."""
    dirty: dict[EnvironmentId, bool] = {}
    for path in paths:
        if len(path) < 2 or path[0] != "environments" or not is_id(str(path[1])):
            continue
        name = str(path[2]) if len(path) > 2 else None
        if name is None or name in SETTLED_FIELDS:
            environment = EnvironmentId(str(path[1]))
            dirty[environment] = dirty.get(environment, False) or name is None or name in PREVIEWED_FIELDS
    return dirty
