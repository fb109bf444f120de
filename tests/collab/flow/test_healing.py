"""Opening a room puts right what a crash left wrong, and leaves the rest alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collab import renders
from collab.document import EnvironmentsDoc
from collab.origin import AttachOrigin
from collab.planning import plan
from collab.rooms import Rooms
from collab.schema import FIRST_SLOT
from store.opening import Stores
from tests.collab.flow.house import DOC, ENV, edit, make, open_node, open_shelves, state, value
from tests.helpers.waiting import wait_until

IMAGE = "f" * 64


async def left_behind(stores: Stores, write: Callable[[EnvironmentsDoc, str], Any]) -> None:
    """A document as a server left it that had no triggers."""
    rooms = Rooms(stores.log, stores.relay, None, "node-0")
    async with rooms.use(DOC) as room:
        make(room)
        view = EnvironmentsDoc(room.doc).view(ENV)
        assert view is not None
        digest = plan(view, FIRST_SLOT).digest()
        edit(room, lambda tree: write(tree, digest), AttachOrigin("test"))
        await room.saved()
    await rooms.close()



OLD = renders.done("a" * 64, {"image": IMAGE})


@pytest.mark.parametrize(
    "left",
    [
        lambda digest: None,
        lambda digest: OLD,
        lambda digest: renders.queued(OLD, digest),
        lambda digest: renders.queued(None, "b" * 64),
        lambda digest: renders.failed(OLD, digest, "worker_lost", "The worker was lost three times."),
        lambda digest: {"state": ["garbage"]},
    ],
    ids=["missing", "outdated", "queued without a job", "queued for something else", "worker lost", "garbage"],
)
async def test_F2_opening_a_room_asks_for_what_is_owed(tmp_path: Path, left: Callable[[str], Any]) -> None:
    async with open_shelves(tmp_path) as stores:
        await left_behind(stores, lambda tree, digest: tree.set_render(ENV, FIRST_SLOT, left(digest)))
        async with open_node(stores) as node:
            room = await node.room()
            job = await node.painter.paint()
            await wait_until(lambda: state(room) == "done")

            assert job.priority == 40, "people who edit come first"
            assert value(room)["digest"] == job.digest


@pytest.mark.parametrize(
    "left",
    [
        lambda digest: renders.done(digest, {"image": IMAGE}),
        lambda digest: renders.failed(OLD, digest, "validation", "The camera is inside the hill."),
        lambda digest: renders.canceled(renders.queued(OLD, digest), digest),
    ],
    ids=["done", "cannot be made", "stopped by hand"],
)
async def test_opening_a_room_leaves_alone_what_needs_nothing(tmp_path: Path, left: Callable[[str], Any]) -> None:
    async with open_shelves(tmp_path) as stores:
        await left_behind(stores, lambda tree, digest: tree.set_render(ENV, FIRST_SLOT, left(digest)))
        async with open_node(stores) as node:
            room = await node.room()
            before = room.doc.get_state()
            await wait_until(lambda: not node.flow.healer._tasks)

            assert node.farm.requests == []
            assert room.doc.get_state() == before


async def test_F2_a_result_whose_event_was_lost_attaches_when_the_room_opens(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores:
        async with open_node(stores) as node:
            make(await node.room())
            job = await node.painter.claim()
        done = await stores.ledger.finish(job.id, job.fence, await node.painter.picture(job), 5.0)
        assert done, "the row is closed, and nobody was told"

        async with open_node(stores) as node:
            room = await node.room()
            await wait_until(lambda: state(room) == "done")

            assert len(await node.jobs()) == 1


async def test_a_job_still_waiting_is_not_asked_for_twice(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores:
        async with open_node(stores) as node:
            make(await node.room())
            await wait_until(lambda: node.farm.asked("settled"))
        async with open_node(stores) as node:
            await node.room()
            await wait_until(lambda: node.farm.asked("settled"))
            await wait_until(lambda: not node.flow.healer._tasks)

            assert len(await node.jobs()) == 1


async def test_a_large_project_is_healed_a_few_at_a_time(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores:
        rooms = Rooms(stores.log, stores.relay, None, "node-0")
        async with rooms.use(DOC) as room:
            for number in range(30):
                make(room, f"env_{number:02}", parameters={"seed": number})
            await room.saved()
        await rooms.close()

        async with open_node(stores) as node:
            await node.room()
            await wait_until(lambda: len(node.farm.asked("settled")) == 30)
            await wait_until(lambda: not node.flow.healer._tasks)

            assert {request.priority for request in node.farm.asked("settled")} == {40}
            assert len(await node.jobs()) == 30


async def test_environments_are_found_by_their_id_alone(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores:
        await left_behind(stores, lambda tree, digest: None)
        await stores.directory.put("env_taken", "prj_other")  # type: ignore[arg-type]  # plain text in a test
        async with open_node(stores) as node:
            room = await node.room()
            make(room, "env_from_a_browser")
            make(room, "env_taken")

            async def known() -> bool:
                return await stores.directory.list(DOC.project) == ["env_from_a_browser", ENV]

            await wait_until(known)
            assert await stores.directory.project_of("env_taken") == "prj_other"  # type: ignore[arg-type]  # as above
