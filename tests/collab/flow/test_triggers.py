"""From an edit to a request: who triggers, what, when, and what never does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from collab.codec import decode_state_vector
from collab.document import EnvironmentsDoc
from collab.looking import states
from collab.origin import AttachOrigin
from collab.planning import plan
from collab.schema import FIRST_SLOT
from store.jobs import Job
from tests.collab.flow.house import (
    ANA,
    DOC,
    ENV,
    QUICK,
    SLOW_TO_SETTLE,
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
from tests.collab.sync.client import connected
from tests.helpers.waiting import wait_until


async def settle(node: Node, times: int = 1) -> None:
    """Paint what is asked for until nothing is."""
    for _ in range(times):
        await node.painter.paint()


async def quiet(node: Node) -> None:
    """Wait until no environment has anything left to do."""
    await wait_until(lambda: not node.flow.triggers._works, what="the triggers are at rest")


async def test_a_new_environment_gets_its_first_picture_with_nobody_watching(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()

        make(room)
        await wait_until(lambda: state(room) == "queued")
        job = await node.painter.paint()
        await wait_until(lambda: state(room) == "done")

        assert (job.slot, job.tier, job.user, job.priority) == (FIRST_SLOT, "standard", "usr_ana", 10)
        assert value(room)["digest"] == job.digest
        assert value(room)["width"] == 768
        assert await node.jobs("preview") == [], "nobody looked, so nobody needed a preview"


async def test_F1_the_first_touch_is_previewed_at_once_and_the_newest_only(tmp_path: Path) -> None:
    async with open_house(tmp_path, SLOW_TO_SETTLE) as node:
        room = await node.room()
        make(room)
        await wait_until(lambda: any(work.looked_up for work in node.flow.triggers._works.values()))
        async with connected(room):
            change(room, time_of_day=10.0)
            await wait_until(lambda: len(node.farm.asked("preview")) == 1)
            job = await node.painter.claim("preview")
            for hour in (11.0, 12.0, 13.0):
                change(room, time_of_day=hour)
                await asyncio.sleep(0)
            assert len(node.farm.asked("preview")) == 1, "one preview is outstanding, the others wait"

            await node.painter.finish(job)
            await wait_until(lambda: len(node.farm.asked("preview")) == 2)

            assert [request.spec.scene.time_of_day for request in node.farm.asked("preview")] == [10.0, 13.0]
            assert {request.spec.width_px for request in node.farm.asked("preview")} == {512}
            assert node.farm.asked("settled") == []


async def test_F1_a_preview_no_worker_takes_up_makes_room_for_the_newest(tmp_path: Path) -> None:
    async with open_house(tmp_path, replace(SLOW_TO_SETTLE, preview_after_s=0.05)) as node:
        room = await node.room()
        make(room)
        async with connected(room):
            change(room, time_of_day=10.0)
            await wait_until(lambda: len(node.farm.asked("preview")) == 1)
            change(room, time_of_day=11.0)
            await wait_until(lambda: len(node.farm.asked("preview")) == 2)

            assert sorted(str(job.state) for job in await node.jobs("preview")) == ["queued", "superseded"]


async def test_F1_a_preview_that_shows_a_first_picture_may_be_overtaken(tmp_path: Path) -> None:
    async with open_house(tmp_path, SLOW_TO_SETTLE) as node:
        room = await node.room()
        make(room)
        async with connected(room):
            change(room, time_of_day=10.0)
            job = await node.painter.claim("preview")
            change(room, time_of_day=11.0)
            await node.painter.progress(job, 0.3, "light", result=await node.painter.picture(job))

            await wait_until(lambda: len(node.farm.asked("preview")) == 2)
            assert node.farm.asked("preview")[-1].spec.scene.time_of_day == 11.0


async def test_F1_a_preview_being_drawn_is_not_overtaken_before_it_shows_anything(tmp_path: Path) -> None:
    async with open_house(tmp_path, replace(SLOW_TO_SETTLE, preview_after_s=0.05)) as node:
        room = await node.room()
        make(room)
        async with connected(room):
            change(room, time_of_day=10.0)
            job = await node.painter.claim("preview")
            await wait_until(lambda: node.flow.triggers._phases.get(job.id) == "drawing")
            change(room, time_of_day=11.0)
            await asyncio.sleep(0.15)  # well past `preview_after_s`
            assert len(node.farm.asked("preview")) == 1, "a long drag over slow ground would show nothing at all"

            await node.painter.fail(job, "engine", "The engine failed.")
            await wait_until(lambda: len(node.farm.asked("preview")) == 2)


async def test_F1_a_drag_settles_once_with_where_it_ended(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        for hour in range(24):
            change(room, time_of_day=float(hour))
            await asyncio.sleep(0.002)
        await quiet(node)

        assert [request.spec.scene.time_of_day for request in node.farm.asked("settled")] == [23.0]


@asynccontextmanager
async def previewed(node: Node) -> AsyncIterator[Job]:
    """Somebody edits a settled environment, and a worker has begun the preview."""
    room = await node.room()
    make(room)
    await node.painter.paint()
    async with connected(room):
        change(room, time_of_day=10.0)
        yield await node.painter.claim("preview")


async def test_a_settled_picture_is_asked_for_when_the_preview_is_drawn(tmp_path: Path) -> None:
    config = replace(SLOW_TO_SETTLE, quiet_s=1.0, preview_first_s=60.0)
    async with open_house(tmp_path, config) as node, previewed(node) as job:
        await wait_until(lambda: node.flow.triggers._phases.get(job.id) == "drawing")
        await node.painter.progress(job, 0.3, "light", result=await node.painter.picture(job))
        await asyncio.sleep(1.2)  # past `quiet_s`
        assert len(node.farm.asked("settled")) == 1, "it would take the cores that draw the preview"

        await node.painter.finish(job)
        await wait_until(lambda: len(node.farm.asked("settled")) == 2)


async def test_a_preview_that_never_ends_puts_the_settled_picture_off_for_a_while_only(tmp_path: Path) -> None:
    config = replace(SLOW_TO_SETTLE, quiet_s=0.05, preview_first_s=0.2)
    async with open_house(tmp_path, config) as node, previewed(node) as job:
        await wait_until(lambda: len(node.farm.asked("settled")) == 2)

        assert [(each.id, str(each.state)) for each in await node.jobs("preview")] == [(job.id, "running")]


async def test_people_get_previews_of_what_they_look_at(tmp_path: Path) -> None:
    async with open_house(tmp_path, SLOW_TO_SETTLE) as node:
        room = await node.room()
        async with connected(room) as ana:
            ana.be({"user": {"id": "usr_ana"}, "looking_at": {"environment": ENV, "slot": "base/medium"}})
            await wait_until(lambda: any("looking_at" in state for state in states(room)))
            make(room)
            edit(room, lambda tree: tree.set_render(ENV, "base/medium", {"state": "queued"}))

            change(room, time_of_day=18.0)

            await wait_until(lambda: node.farm.asked("preview"))
            assert {request.target.slot for request in node.farm.asked("preview")} == {"base/medium"}


@pytest.mark.parametrize("looking", [None, 5, {"environment": 7}, {"environment": ENV, "slot": ["x"]}, "env"])
async def test_R6_odd_presence_still_gets_the_first_view(tmp_path: Path, looking: object) -> None:
    async with open_house(tmp_path, SLOW_TO_SETTLE) as node:
        room = await node.room()
        make(room)
        async with connected(room) as ana:
            ana.be({"user": {"id": "usr_ana"}, "looking_at": looking})
            await wait_until(lambda: len(room.presence) == 1)
            change(room, time_of_day=18.0)

            await wait_until(lambda: node.farm.asked("preview"))
            assert [request.target.slot for request in node.farm.asked("preview")] == [FIRST_SLOT]


async def test_every_slot_in_the_document_is_rendered_after_an_edit_most_seen_first(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)

        def add(tree: EnvironmentsDoc) -> None:
            tree.add_variation(ENV, "dusk", label="Dusk", axis="time_of_day", overrides={"time_of_day": 19.4},
                               proposed_by="usr_ana")  # fmt: skip
            for slot in ("dusk/wide_establishing", "base/medium", "gone/medium"):
                tree.set_render(ENV, slot, {"state": "queued"})

        edit(room, add)
        await quiet(node)

        asked = {request.target.slot: request.priority for request in node.farm.asked("settled")}
        assert asked == {FIRST_SLOT: 10, "base/medium": 20, "dusk/wide_establishing": 30}
        dusk = next(request for request in node.farm.asked("settled") if request.target.slot.startswith("dusk"))
        assert dusk.spec.scene.time_of_day == 19.4


async def test_what_no_picture_depends_on_triggers_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await settle(node)
        await wait_until(lambda: state(room) == "done")
        asked = len(node.farm.requests)

        edit(room, lambda tree: tree.patch(ENV, {"name": "Other", "description": "x", "style": {"mood": "calm"},
                                                 "tags": {"a": True}, "scenes": {"s": {}}}))  # fmt: skip

        assert not node.flow.triggers._works
        assert len(node.farm.requests) == asked


async def test_a_renders_own_attach_never_triggers(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await settle(node)
        await wait_until(lambda: state(room) == "done")
        await quiet(node)
        asked = len(node.farm.requests)

        edit(room, lambda tree: tree.set_render(ENV, FIRST_SLOT, value(room) | {"x": 1}), AttachOrigin("job_x"))

        assert not node.flow.triggers._works
        assert len(node.farm.requests) == asked


async def test_the_old_picture_stays_while_the_new_one_is_queued(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await settle(node)
        await wait_until(lambda: state(room) == "done")
        before = value(room)

        change(room, haze=0.9)
        await wait_until(lambda: state(room) == "queued")

        wanted = plan(EnvironmentsDoc(room.doc).view(ENV), FIRST_SLOT).digest()  # type: ignore[arg-type]  # it is there
        assert value(room)["image"] == before["image"]
        assert value(room)["digest"] == before["digest"]
        assert value(room)["wanted"] == wanted


async def test_F5_undo_to_a_known_picture_attaches_at_once_without_a_job(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores:
        async with open_node(stores) as node:
            room = await node.room()
            make(room)
            await settle(node)
            await wait_until(lambda: state(room) == "done")
            first = value(room)
            change(room, haze=0.9)
            await settle(node)
            await wait_until(lambda: value(room)["digest"] != first["digest"])
            await quiet(node)
        jobs = len(await stores.ledger.list_jobs(DOC.project, limit=100))

        async with open_node(stores, SLOW_TO_SETTLE) as node:
            room = await node.room()
            async with connected(room):
                change(room, haze=None)
                await wait_until(lambda: value(room)["digest"] == first["digest"] and state(room) == "done")

            assert value(room)["image"] == first["image"]
            assert len(await node.jobs()) == jobs, "neither a preview nor a settled job was needed"


async def test_F5_two_environments_that_look_the_same_share_one_render(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room, "env_a")
        make(room, "env_b", name="Same place, other name")
        await wait_until(lambda: state(room, environment="env_a") == state(room, environment="env_b") == "queued")

        await settle(node)

        await wait_until(lambda: state(room, environment="env_a") == state(room, environment="env_b") == "done")
        assert node.painter.count == 1
        assert await node.painter.none_left()


async def test_F6_what_cannot_be_planned_is_said_once_and_mended_by_the_next_edit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "collab.ordering")
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await settle(node)
        await wait_until(lambda: state(room) == "done")
        image = value(room)["image"]

        room.edit(ANA, lambda doc: doc["environments"][ENV]["parameters"].__setitem__("antigravity", 1))
        await wait_until(lambda: state(room) == "failed")
        await quiet(node)
        before = room.doc.get_state()
        change(room, haze=0.4)
        await quiet(node)

        assert value(room)["error_kind"] == "validation"
        assert "antigravity" in value(room)["error"]
        (event,) = [record.getMessage() for record in caplog.records if "order.refused" in record.getMessage()]
        assert f"environment={ENV} slot=base/wide_establishing user=usr_ana: parameters.antigravity" in event
        assert value(room)["image"] == image
        farm_client = room.doc.client_id
        written = _clock(room.doc.get_state(), farm_client) - _clock(before, farm_client)
        assert written == 1, "only the edit, no second complaint"

        room.edit(ANA, lambda doc: doc["environments"][ENV]["parameters"].pop("antigravity"))
        await settle(node)
        await wait_until(lambda: state(room) == "done")
        assert "error" not in value(room)


async def test_D2_a_farm_that_does_not_answer_is_asked_again(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        node.farm.is_down = True
        make(room)
        await wait_until(lambda: state(room) == "queued")
        node.farm.is_down = False

        await settle(node)

        await wait_until(lambda: state(room) == "done")
        assert len(await node.jobs("settled")) == 1, "asked again, made once"


async def test_an_archived_environment_is_left_alone_and_a_restored_one_is_not(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        edit(room, lambda tree: tree.archive(ENV, 5.0))
        await quiet(node)
        assert node.farm.requests == []

        edit(room, lambda tree: tree.archive(ENV, None))
        await wait_until(lambda: node.farm.asked("settled"))


async def test_the_node_that_took_the_edit_triggers_and_no_other(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores, open_node(stores) as one, open_node(stores, node="node-2") as two:
        here, there = await one.room(), await two.room()
        make(here)
        await wait_until(lambda: EnvironmentsDoc(there.doc).view(ENV) is not None)
        async with connected(there):
            change(here, time_of_day=20.0)
            await wait_until(lambda: state(there) == "queued")
            await settle(one)
            await wait_until(lambda: state(here) == state(there) == "done")

        assert two.farm.requests == []
        assert len(one.farm.asked("settled")) == 1


async def test_another_nodes_edit_puts_off_the_settling_that_is_due_here(tmp_path: Path) -> None:
    config = replace(QUICK, quiet_s=1.0)  # long, for a busy machine makes the hand slow
    async with open_shelves(tmp_path) as stores, open_node(stores, config) as one, open_node(
        stores, config, "node-2"
    ) as two:
        here, there = await one.room(), await two.room()
        make(here)
        await wait_until(lambda: EnvironmentsDoc(there.doc).view(ENV) is not None)
        for hour in (1.0, 2.0, 3.0, 4.0):
            change(there, time_of_day=hour)
            await wait_until(lambda at=hour: EnvironmentsDoc(here.doc).view(ENV).parameters.get("time_of_day") == at)
            await asyncio.sleep(0.1)  # a hand that goes on before `quiet_s` is over
        await wait_until(lambda: one.farm.requests and two.farm.requests)

        assert [request.spec.scene.time_of_day for request in one.farm.requests + two.farm.requests] == [4.0, 4.0]
        assert len(await one.jobs("settled")) == 1, "the same digest is one job, whoever asks"


def _clock(state_vector: bytes, client: int) -> int:
    return decode_state_vector(state_vector).get(client, 0)
