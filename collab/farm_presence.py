"""What people see of the farm at work: progress and previews, as presence of the server's own client.

Ephemeral by design. A room that opens late asks the ledger once what is under way; everything else comes by event.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from collab import renders
from collab.document import EnvironmentsDoc
from collab.ending import ended
from collab.flow_config import FlowConfig
from collab.room import Room
from render.events import RenderEvent
from store.errors import StoreError
from store.ids import DocId, ProjectId
from store.jobs import ACTIVE_STATES, Job, JobState

logger = logging.getLogger(__name__)

_ENDED_KEPT = 512
_LEAVE_AT_MOST_S = 3.0
"""An outcome that no document takes (it was overtaken) holds its preview this long, and no longer."""
_UNDER_WAY = {"queued": "queued", "requeued": "queued", "started": "running", "progress": "running"}


class LiveJobs(Protocol):
    """The one thing asked of the ledger."""

    async def list_jobs(
        self, project: ProjectId, *, states: Collection[JobState] | None = None, limit: int = 100
    ) -> list[Job]:
        """A project's jobs, newest first."""
        ...


@dataclass
class _Preview:
    order: int
    value: dict[str, Any]


@dataclass
class _Leaving:
    """A preview whose settled picture is done, but may not stand in the document yet.

    If it left first, people would see the picture of before for a moment.
    """

    preview: _Preview
    digest: str
    until: float
    is_attached: bool = False


@dataclass
class _Board:
    """What one room shows.

    `orders` numbers jobs as they were asked for: a picture of an older request never replaces that of a newer one.
    """

    room: Room
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    previews: dict[str, _Preview] = field(default_factory=dict)
    leaving: dict[str, _Leaving] = field(default_factory=dict)
    ended: OrderedDict[str, None] = field(default_factory=OrderedDict)
    is_dirty: bool = False
    count: int = 0

    def order_of(self, job: str) -> int:
        """The job's number; one never heard of is the newest."""
        if job not in self.orders:
            self.count += 1
            self.orders[job] = self.count
        return self.orders[job]

    def forget(self, job: str) -> None:
        """The job has ended. It is remembered for a while that it has: words about it may come late."""
        self.jobs.pop(job, None)
        self.orders.pop(job, None)
        self.ended[job] = None
        while len(self.ended) > _ENDED_KEPT:
            self.ended.popitem(last=False)


class FarmPresence:
    """Shows each open environments room its farm.

    Args:
        ledger: tells what is under way when a room opens.
        config: how often, and how much.
        clock: Unix seconds, for the previews' `at`.
    """

    def __init__(self, ledger: LiveJobs, config: FlowConfig, clock: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._config = config
        self._clock = clock
        self._boards: dict[DocId, _Board] = {}
        self._loading: set[asyncio.Task[None]] = set()
        self._dirty = asyncio.Event()

    def watch(self, room: Room) -> None:
        """Begin to show a room its farm; for `Rooms.on_open`."""
        if room.doc_id.kind != "environments":
            return
        doc = room.doc_id
        board = self._boards[doc] = _Board(room)
        task = asyncio.create_task(self._load(doc, board), name=f"farm-presence-{doc}")
        self._loading.add(task)
        task.add_done_callback(self._loading.discard)

    def unwatch(self, room: Room) -> None:
        """The room leaves memory; for `Rooms.on_close`."""
        board = self._boards.get(room.doc_id)
        if board is not None and board.room is room:
            del self._boards[room.doc_id]

    def heard(self, event: RenderEvent) -> None:
        """Take note of an event; for `FarmFeed.listeners`."""
        board = self._boards.get(DocId(event.target.project, "environments"))
        if board is None:
            return
        place = f"{event.target.environment}/{event.target.slot}"
        if event.type in _UNDER_WAY:
            # Words may come late: a quick worker begins, or even ends, before whoever asked has said so.
            if event.job in board.ended or (event.type == "queued" and event.job in board.jobs):
                return
            order = board.order_of(event.job)
            board.jobs[event.job] = {
                "environment": event.target.environment, "slot": event.target.slot, "lane": event.lane,
                "state": _UNDER_WAY[event.type], "progress": round(event.progress, 3), "phase": event.phase,
            }  # fmt: skip
        else:
            # Done without having been under way is a picture known before, asked for just now: the newest.
            order = board.order_of(event.job)
            board.forget(event.job)
        if event.lane == "preview" and event.result.get("image"):
            self._show(board, place, order, event)
        elif event.lane == "settled" and event.type == "done":
            preview = board.previews.get(place)
            if preview is not None and preview.order < order:
                until = self._clock() + _LEAVE_AT_MOST_S
                board.leaving[place] = _Leaving(preview, event.digest, until)
        self._mark(board)

    async def run(self) -> None:
        """Show what changed, at most `presence_hz` times a second, until canceled."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            for board in list(self._boards.values()):
                if board.is_dirty:
                    self._let_go(board)
                    self._flush(board)
                    if board.leaving:
                        self._mark(board)
            await asyncio.sleep(1 / self._config.presence_hz)

    async def close(self) -> None:
        """Let the last look into the ledger come to its end."""
        await ended(self._loading)

    def _show(self, board: _Board, place: str, order: int, event: RenderEvent) -> None:
        """A preview's picture goes out at once: it is what a moving hand waits for."""
        held = board.previews.get(place)
        if held is not None and held.order > order:
            return
        value = {key: event.result.get(key) for key in ("image", "width", "height")}
        board.previews.pop(place, None)
        board.previews[place] = _Preview(order, value | {"digest": event.digest, "at": self._clock()})
        while len(board.previews) > self._config.shown_previews:
            del board.previews[next(iter(board.previews))]
        self._flush(board)

    def _let_go(self, board: _Board) -> None:
        """Take away the previews whose settled picture has stood in the document for a beat."""
        now = self._clock()
        for place, leaving in list(board.leaving.items()):
            if board.previews.get(place) is not leaving.preview:
                del board.leaving[place]
            elif leaving.is_attached or now >= leaving.until:
                del board.leaving[place], board.previews[place]
            else:
                environment, _, slot = place.partition("/")
                value = EnvironmentsDoc(board.room.doc).render(environment, slot)
                leaving.is_attached = renders.is_current(value, leaving.digest)

    def _mark(self, board: _Board) -> None:
        board.is_dirty = True
        self._dirty.set()

    def _flush(self, board: _Board) -> None:
        board.is_dirty = False
        by_need = sorted(board.jobs.items(), key=lambda item: item[1]["state"] != "running")
        jobs = dict(by_need[: self._config.shown_jobs])
        previews = {place: preview.value for place, preview in board.previews.items()}
        board.room.set_farm({"jobs": jobs, "previews": previews} if jobs or previews else None)

    async def _load(self, doc: DocId, board: _Board) -> None:
        try:
            rows = await self._ledger.list_jobs(doc.project, states=ACTIVE_STATES, limit=self._config.shown_jobs)
        except StoreError as error:
            logger.warning("farm_presence.load_failed doc=%s: %s", doc, error)
            rows = []
        self._add_rows(board, [job for job in rows if job.id not in board.orders and job.id not in board.ended])

    def _add_rows(self, board: _Board, rows: Sequence[Job]) -> None:
        for number, job in enumerate(rows):
            board.orders[job.id] = -number  # all older than anything heard of since
            board.jobs[job.id] = {
                "environment": job.environment, "slot": job.slot, "lane": job.lane, "state": str(job.state),
                "progress": round(job.progress, 3), "phase": job.phase,
            }  # fmt: skip
        if rows:
            self._mark(board)
