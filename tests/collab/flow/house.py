"""A house without a farmhand: real rooms, stores, ledger and farm; the test itself is the worker.

`Painter` claims jobs as a worker does and finishes them with tiny pictures, so that every step between an edit and its
picture can be stopped and looked at.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collab.config import CollabConfig
from collab.direct import Batch
from collab.document import EnvironmentsDoc
from collab.flow import Flow, run_flow
from collab.flow_config import FlowConfig
from collab.origin import DirectOrigin, Origin, SessionOrigin
from collab.room import Room
from collab.rooms import Rooms
from collab.schema import FIRST_SLOT, NewEnvironment
from render.announce import Announcer
from render.config import FarmConfig
from render.queue import Answer, Farm, RenderRequest
from render.tickets import Tickets, open_broker
from store.config import StoreConfig
from store.errors import UnavailableError
from store.ids import DocId, ProjectId
from store.jobs import Job
from store.opening import Stores, open_stores
from tests.helpers.waiting import wait_until

PROJECT = ProjectId("prj_film")
DOC = DocId(PROJECT, "environments")
ENV = "env_ridge"
ANA = SessionOrigin("usr_ana", "ses_1")

QUICK = FlowConfig(
    quiet_s=0.05, preview_rest_s=0.05, preview_after_s=0.05, preview_patience_s=0.5, retry_s=0.05, heal_pause_s=0.001,
    presence_hz=100.0,
)
SLOW_TO_SETTLE = FlowConfig(
    quiet_s=60.0, preview_after_s=30.0, preview_patience_s=30.0, retry_s=0.05, heal_pause_s=0.001, presence_hz=100.0
)
"""For tests of what happens while hands are moving: nothing happens by the clock."""


class WatchedFarm:
    """The real farm, with a list of what was asked of it and a switch that makes it unreachable."""

    def __init__(self, farm: Farm) -> None:
        self.real = farm
        self.requests: list[RenderRequest] = []
        self.is_down = False

    async def submit(self, requests: Sequence[RenderRequest]) -> list[Answer]:
        if self.is_down:
            raise UnavailableError("the ledger is away, says the test")
        answers = await self.real.submit(requests)
        self.requests += requests
        return answers

    def asked(self, lane: str) -> list[RenderRequest]:
        return [request for request in self.requests if request.lane == lane]


@dataclass
class Painter:
    """The worker: what it claims stays running until it is finished, failed or given progress by hand."""

    stores: Stores
    count: int = 0

    def __post_init__(self) -> None:
        self._say = Announcer(self.stores.relay).say

    async def claim(self, lane: str = "settled") -> Job:
        """The job whose turn it is, once there is one."""
        found: list[Job] = []

        async def look() -> bool:
            job = await self.stores.ledger.claim(lane=lane, worker="painter", lease_s=60, now=time.time())
            if job is not None:
                found.append(job)
            return bool(found)

        await wait_until(look, what=f"a {lane} job to claim")
        await self._say("started", found[0])
        return found[0]

    async def none_left(self, lane: str = "settled") -> bool:
        return await self.stores.ledger.waiting(lane) == 0

    async def finish(self, job: Job, salt: str = "") -> dict[str, Any]:
        """Close the job with a picture of its own; returns the result."""
        result = await self.picture(job, salt)
        for done in await self.stores.ledger.finish(job.id, job.fence, result, time.time()):
            await self._say("done", done, progress=1.0)
        return result

    async def picture(self, job: Job, salt: str = "") -> dict[str, Any]:
        self.count += 1
        image = (await self.stores.objects.put(b"\x89PNG\r\n\x1a\n" + (job.digest + salt).encode())).id
        if job.lane == "preview":
            return {"image": image, "width": 512, "height": 288}
        return {"image": image, "depth": image, "thumbs": {"512": image}, "width": 768, "height": 768,
                "tier": job.tier, "engine": "procedural/1", "scores": None, "finished_at": time.time()}  # fmt: skip

    async def progress(self, job: Job, share: float, phase: str, result: dict[str, Any] | None = None) -> None:
        await self._say("progress", job, progress=share, phase=phase, result=result)

    async def fail(self, job: Job, kind: str, sentence: str) -> None:
        failed = await self.stores.ledger.fail(job.id, job.fence, kind, sentence, time.time())
        assert failed is not None
        await self._say("failed", failed)

    async def paint(self, lane: str = "settled") -> Job:
        """Claim and finish one."""
        job = await self.claim(lane)
        await self.finish(job)
        return job


@dataclass
class Node:
    """One web node: its rooms, its flow, its farm."""

    stores: Stores
    rooms: Rooms
    farm: WatchedFarm
    flow: Flow
    painter: Painter
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def room(self) -> Room:
        return await self._stack.enter_async_context(self.rooms.use(DOC))

    async def job_of(self, batch: Batch) -> Job:
        """The row of the batch's only job, as it is now."""
        (placed,) = batch.jobs
        assert placed.job_id is not None
        return await self.stores.ledger.get(placed.job_id)

    async def jobs(self, lane: str | None = None) -> list[Job]:
        return [job for job in await self.stores.ledger.list_jobs(PROJECT, limit=1000) if lane in (None, job.lane)]


def value(room: Room, slot: str = FIRST_SLOT, environment: str = ENV) -> dict[str, Any]:
    """What stands in a slot now."""
    return EnvironmentsDoc(room.doc).render(environment, slot) or {}


def state(room: Room, slot: str = FIRST_SLOT, environment: str = ENV) -> str | None:
    return value(room, slot, environment).get("state")


def make(room: Room, environment: str = ENV, origin: Origin = ANA, **fields: Any) -> None:
    """An environment, made by somebody."""
    new = NewEnvironment(**{"name": "Ridge", "parameters": {"seed": 7}, **fields})
    room.edit(
        origin, lambda doc: EnvironmentsDoc(doc).create_environment(environment, new, created_by="usr_ana", now=1.0)
    )


def change(room: Room, origin: Origin = ANA, environment: str = ENV, **parameters: Any) -> None:
    """Somebody moves sliders."""
    room.edit(origin, lambda doc: EnvironmentsDoc(doc).patch(environment, {"parameters": parameters}))


def edit(room: Room, do: Callable[[EnvironmentsDoc], Any], origin: Origin = ANA) -> Any:
    return room.edit(origin, lambda doc: do(EnvironmentsDoc(doc)))


SCRIPT = DirectOrigin("usr_ana", "test")


@asynccontextmanager
async def open_node(
    stores: Stores, config: FlowConfig = QUICK, node: str = "node-1", rooms_config: CollabConfig | None = None
) -> AsyncIterator[Node]:
    """A web node over these stores."""
    rooms = Rooms(stores.log, stores.relay, rooms_config or CollabConfig(), node)
    tickets = Tickets(open_broker(FarmConfig()))
    farm = WatchedFarm(Farm(stores, tickets))
    try:
        async with run_flow(rooms, farm, stores, node=node, config=config) as flow, AsyncExitStack() as stack:
            yield Node(stores, rooms, farm, flow, Painter(stores), stack)
    finally:
        await rooms.close(2.0)
        tickets.close()


@asynccontextmanager
async def open_shelves(tmp_path: Path) -> AsyncIterator[Stores]:
    """SQLite, files and the in-process relay."""
    config = StoreConfig(database_url=f"sqlite:///{tmp_path}/house.db", objects_url=f"file://{tmp_path}/objects")
    async with open_stores(config) as stores:
        yield stores


@asynccontextmanager
async def open_house(tmp_path: Path, config: FlowConfig = QUICK) -> AsyncIterator[Node]:
    """One node over fresh stores."""
    async with open_shelves(tmp_path) as stores, open_node(stores, config) as node:
        yield node

