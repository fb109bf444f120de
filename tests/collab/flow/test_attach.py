"""From the farm's outcomes back into the document: once, in time, durable, and only what is still wanted."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from collab import ordering
from collab.attach import GROUP
from collab.direct import request_generate
from collab.document import EnvironmentsDoc
from collab.origin import RelayOrigin
from collab.schema import FIRST_SLOT
from render.announce import Announcer
from render.events import FARM_STREAM, RenderEvent
from render.queue import Farm
from render.spec import RenderTarget
from store.errors import UnavailableError
from store.ids import EnvironmentId, JobId, ProjectId
from store.jobs import Job
from store.opening import Stores
from tests.collab.flow.house import (
    DOC,
    ENV,
    PROJECT,
    Node,
    change,
    edit,
    make,
    open_house,
    open_node,
    open_shelves,
    state,
    value,
)
from tests.helpers.waiting import wait_until


def acknowledged(stores: Stores) -> bool:
    """Whether everything said on the farm's stream was taken and acknowledged."""
    stream: Any = stores.relay._stream(FARM_STREAM)  # type: ignore[attr-defined]  # the in-process relay's inside
    group = stream.groups[GROUP]
    return group.last == f"{stream.count}-0" and not group.pending


async def everything_attached(node: Node) -> None:
    await wait_until(lambda: acknowledged(node.stores), what="every event is acknowledged")


async def again(node: Node, job: Job, kind: str = "done", **more: Any) -> None:
    """Say an event about a job once more."""
    await Announcer(node.stores.relay).say(kind, await node.stores.ledger.get(job.id), **more)  # type: ignore[arg-type]  # a word from the test


async def test_H1_the_picture_is_an_ordinary_edit_by_the_farm_that_names_its_job(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        job = await node.painter.paint()
        await everything_attached(node)

        newest, *_ = await node.stores.log.history(DOC, limit=1, before=None)
        assert (newest.author, newest.origin) == ("farm", f"attach:{job.id}")
        assert state(room) == "done"


async def test_attaching_twice_changes_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        job = await node.painter.paint()
        await everything_attached(node)
        before = room.doc.get_state()

        await again(node, job)
        await again(node, job)
        await everything_attached(node)

        assert room.doc.get_state() == before


async def test_F5_a_picture_rendered_again_because_its_file_was_lost_takes_the_old_ones_place(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        job = await node.painter.paint()
        await everything_attached(node)
        image = value(room)["image"]
        await node.stores.objects.delete(image)

        batch = await request_generate(room, node.farm, ENV, user="usr_ana")
        assert state(room) == "done", "nobody need see that a file is missing"
        repeat = await node.painter.claim()
        assert (repeat.digest, repeat.id) == (job.digest, batch.jobs[0].job_id)
        await node.painter.finish(repeat, salt="other bytes")
        await wait_until(lambda: value(room)["image"] != image)

        assert await node.stores.objects.head(value(room)["image"]) is not None


async def test_F1_a_picture_nobody_wants_any_more_is_left_out_and_the_slot_is_looked_at_again(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        old = await node.painter.claim()
        # An edit that slipped past the triggers, as when its node died before it settled.
        change(room, RelayOrigin("node-2"), haze=0.9)
        await node.painter.finish(old)
        await everything_attached(node)
        assert state(room) == "queued"

        new = await node.painter.paint()
        await wait_until(lambda: state(room) == "done")

        assert new.digest != old.digest
        assert value(room)["digest"] == new.digest


async def test_F6_a_failure_keeps_the_old_picture_and_says_why(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await node.painter.paint()
        await wait_until(lambda: state(room) == "done")
        image = value(room)["image"]
        change(room, haze=0.9)
        job = await node.painter.claim()

        await node.painter.fail(job, "oom", "The picture does not fit into memory; a lower quality will.")
        await wait_until(lambda: state(room) == "failed")

        assert value(room)["image"] == image
        assert value(room)["error"] == "The picture does not fit into memory; a lower quality will."
        assert value(room)["error_kind"] == "oom"


async def test_F6_a_late_failure_does_not_take_a_picture_away(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        job = await node.painter.paint()
        await everything_attached(node)

        await again(node, job, "failed")
        await everything_attached(node)

        assert state(room) == "done"


async def test_F3_a_canceled_job_gives_the_old_picture_back(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await node.painter.paint()
        await wait_until(lambda: state(room) == "done")
        before = value(room)
        change(room, haze=0.9)
        job = await node.painter.claim()

        await node.farm.real.cancel(job.id)
        await wait_until(lambda: state(room) == "done")

        assert {key: value(room)[key] for key in before} == before
        assert value(room)["canceled"] == job.digest


async def test_F3_a_canceled_first_picture_leaves_no_slot(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        job = await node.painter.claim()

        await node.farm.real.cancel(job.id)

        await wait_until(lambda: value(room) == {})


async def test_a_picture_for_what_is_gone_or_archived_is_acknowledged_and_left(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        job = await node.painter.claim()
        edit(room, lambda tree: tree.archive(ENV, 5.0))
        nowhere = RenderTarget(ProjectId("prj_none"), EnvironmentId("env_none"), FIRST_SLOT)
        event = RenderEvent("done", JobId("job_x"), nowhere, "settled", "low", "a" * 64, result={"image": "b" * 64})

        await node.painter.finish(job)
        await node.stores.relay.publish(FARM_STREAM, event.encode())
        await node.stores.relay.publish(FARM_STREAM, b"\xff not an event")
        await node.stores.relay.publish(FARM_STREAM, b"{}")
        await everything_attached(node)

        assert state(room) == "queued"


async def test_D1_the_event_is_acknowledged_only_after_the_picture_is_durable(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await room.saved()
        job = await node.painter.claim()
        append = node.stores.log.append
        is_down = True

        async def failing(updates: Any) -> list[int]:
            if is_down:
                raise UnavailableError("no room on the disk, says the test")
            return await append(updates)

        node.stores.log.append = failing  # type: ignore[method-assign]  # a store that fails on purpose
        await node.painter.finish(job)
        await wait_until(lambda: state(room) == "done")
        assert not acknowledged(node.stores)

        is_down = False
        await everything_attached(node)

        assert not room.unsaved


async def test_a_room_nobody_has_open_gets_its_picture_too(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores:
        async with open_node(stores) as node:
            make(await node.room())
            await wait_until(lambda: node.farm.asked("settled"))
            job = await node.painter.claim()
        # The server is gone; a worker finishes, and the next server begins with an empty memory.
        await Announcer(stores.relay).say("started", job)
        async with open_node(stores, node="node-2") as node:
            await node.painter.finish(job)
            await everything_attached(node)

            assert state(await node.room()) == "done"


async def test_of_several_nodes_one_attaches_and_all_see_it(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores, open_node(stores) as one, open_node(stores, node="node-2") as two:
        here, there = await one.room(), await two.room()
        make(here)
        await one.painter.paint()
        await wait_until(lambda: state(here) == state(there) == "done")
        await everything_attached(one)

        rows = await stores.log.history(DOC, limit=100, before=None)
        assert len([row for row in rows if row.origin.startswith("attach:job")]) == 1


async def test_the_real_farm_is_what_the_flow_asks_for(tmp_path: Path) -> None:
    """The Protocol beside the caller, held against the real one."""
    asked = inspect.signature(ordering.Farm.submit)
    assert asked.parameters.keys() == inspect.signature(Farm.submit).parameters.keys()
    assert inspect.iscoroutinefunction(Farm.submit)
    async with open_house(tmp_path) as node:
        assert isinstance(node.farm.real, Farm)
        assert EnvironmentsDoc((await node.room()).doc).ids() == []
        assert await node.stores.ledger.list_jobs(PROJECT) == []
