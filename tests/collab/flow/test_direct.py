"""What tools ask for by hand: edits with an author, renders with job ids."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from collab.direct import (
    archive_environment,
    create_environment,
    patch_environment,
    request_angles,
    request_generate,
    request_retry,
    request_variations,
    restore_environment,
)
from collab.document import EnvironmentsDoc
from collab.schema import FIRST_SLOT, InvalidEditError, LimitError, NewEnvironment, NoSuchRecordError
from render.spec import STANDARD_KINDS
from store.errors import ConflictError, StorageFullError, UnavailableError
from tests.collab.flow.house import DOC, ENV, SLOW_TO_SETTLE, Node, edit, make, open_house, state, value
from tests.helpers.waiting import wait_until

USER = "usr_ben"


async def test_H1_an_environment_made_by_a_tool_is_durable_found_by_id_and_has_an_author(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()

        view = await create_environment(room, node.stores.directory, NewEnvironment("Ridge"), user=USER, now=5.0)

        assert not room.unsaved
        assert await node.stores.directory.project_of(view.id) == DOC.project
        assert view.created_by == USER
        row = (await node.stores.log.history(DOC, limit=50, before=None))[-1]
        assert (row.author, row.origin) == (USER, "direct:create")


async def test_H1_patch_archive_and_restore_are_edits_with_an_author(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)

        assert (await patch_environment(room, ENV, {"name": "Saddle"}, user=USER)).name == "Saddle"
        assert (await archive_environment(room, ENV, user=USER, now=9.0)).archived_at == 9.0
        assert (await restore_environment(room, ENV, user=USER)).archived_at is None

        rows = await node.stores.log.history(DOC, limit=50, before=None)
        by_ben = {row.origin for row in rows if row.author == USER}
        assert by_ben == {"direct:patch", "direct:archive", "direct:restore"}


async def test_generate_answers_with_a_job_and_the_picture_comes(tmp_path: Path) -> None:
    async with open_house(tmp_path, SLOW_TO_SETTLE) as node:
        room = await node.room()
        make(room)

        batch = await request_generate(room, node.farm, ENV, user=USER, camera="medium")

        (placed,) = batch.jobs
        assert placed.slot == "base/medium"
        assert placed.state == "queued"
        assert state(room, "base/medium") == "queued"
        job = await node.stores.ledger.get(placed.job_id)  # type: ignore[arg-type]  # it has one: it is queued
        assert (job.batch, job.user, job.digest) == (batch.id, USER, placed.digest)
        await node.painter.paint()
        await wait_until(lambda: state(room, "base/medium") == "done")


async def test_F5_generate_for_a_picture_that_is_there_answers_done_without_a_render(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        job = await node.painter.paint()
        await wait_until(lambda: state(room) == "done")
        before = value(room)

        batch = await request_generate(room, node.farm, ENV, user=USER)

        assert [(placed.job_id, placed.state) for placed in batch.jobs] == [(job.id, "done")]
        assert value(room) == before


async def test_generate_tries_again_what_had_failed(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await node.painter.fail(await node.painter.claim(), "oom", "It does not fit.")
        await wait_until(lambda: state(room) == "failed")

        await request_generate(room, node.farm, ENV, user=USER)
        await node.painter.paint()

        await wait_until(lambda: state(room) == "done")


async def test_D2_a_tool_hears_in_time_that_its_edit_is_not_saved_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> list[int]:
        raise StorageFullError("no room left: make space")

    async with open_house(tmp_path, SLOW_TO_SETTLE) as node:
        room = await node.room()
        make(room)
        await room.saved()
        with monkeypatch.context() as broken:
            broken.setattr(node.stores.log, "append", full)
            broken.setattr("collab.direct.SAVED_WITHIN_S", 0.05)
            async with asyncio.timeout(5):
                with pytest.raises(UnavailableError, match="make space"):
                    await patch_environment(room, ENV, {"name": "Saddle"}, user=USER)

        await room.saved()
        rows = await node.stores.log.history(DOC, limit=1, before=None)
        assert (rows[0].author, rows[0].origin) == (USER, "direct:patch")


async def test_a_retry_marks_the_slot_queued_before_the_farm_hears_of_it(tmp_path: Path) -> None:
    async with open_house(tmp_path, SLOW_TO_SETTLE) as node:
        room = await node.room()
        make(room)
        asked = await request_generate(room, node.farm, ENV, user=USER, camera="medium")
        with pytest.raises(ConflictError, match="queued"):
            await request_retry(room, node.farm.real, await node.job_of(asked), user=USER)
        await node.painter.fail(await node.painter.claim(), "oom", "It does not fit.")
        await wait_until(lambda: state(room, "base/medium") == "failed")

        again = await request_retry(room, node.farm.real, await node.job_of(asked), user=USER)

        assert value(room, "base/medium") == {
            "digest": again.digest, "state": "queued", "wanted": again.digest
        }
        assert again.retried_from == asked.jobs[0].job_id
        rows = await node.stores.log.history(DOC, limit=1, before=None)
        assert (rows[0].author, rows[0].origin) == (USER, "direct:retry")
        await node.painter.paint()
        await wait_until(lambda: state(room, "base/medium") == "done")


async def test_a_retry_brings_back_a_slot_that_a_cancel_had_taken_away(tmp_path: Path) -> None:
    async with open_house(tmp_path, SLOW_TO_SETTLE) as node:
        room = await node.room()
        make(room)
        asked = await request_generate(room, node.farm, ENV, user=USER, camera="medium")
        await node.farm.real.cancel((await node.job_of(asked)).id)
        await wait_until(lambda: state(room, "base/medium") is None)

        await request_retry(room, node.farm.real, await node.job_of(asked), user=USER)

        assert state(room, "base/medium") == "queued"


async def test_a_retry_of_what_the_document_no_longer_asks_for_leaves_the_slot_alone(tmp_path: Path) -> None:
    async with open_house(tmp_path, SLOW_TO_SETTLE) as node:
        room = await node.room()
        make(room)
        asked = await request_generate(room, node.farm, ENV, user=USER, camera="medium")
        await node.farm.real.cancel((await node.job_of(asked)).id)
        await wait_until(lambda: state(room, "base/medium") is None)
        await patch_environment(room, ENV, {"parameters": {"haze": 0.9}}, user=USER)

        await request_retry(room, node.farm.real, await node.job_of(asked), user=USER)

        assert state(room, "base/medium") is None


async def test_generate_with_a_quality_sets_the_environments_quality(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)

        batch = await request_generate(room, node.farm, ENV, user=USER, quality="high", use_360=True)

        assert batch.jobs[0].slot == "base/pano"
        view = EnvironmentsDoc(room.doc).view(ENV)
        assert view is not None
        assert view.quality == "high"
        pano = next(request for request in node.farm.asked("settled") if request.target.slot == "base/pano")
        assert (pano.spec.width_px, pano.spec.height_px) == (4096, 2048)


async def test_multi_angle_asks_for_the_six_standard_angles(tmp_path: Path) -> None:
    async with open_house(tmp_path, SLOW_TO_SETTLE) as node:
        room = await node.room()
        make(room)

        batch = await request_angles(room, node.farm, ENV, user=USER)

        assert [placed.slot for placed in batch.jobs] == [f"base/{kind}" for kind in STANDARD_KINDS]
        assert len({placed.job_id for placed in batch.jobs}) == 6
        assert {(await node.stores.ledger.get(job.id)).batch for job in await node.jobs()} == {batch.id}


async def test_variations_are_proposed_once_and_keep_what_was_tuned(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)

        batch = await request_variations(room, node.farm, ENV, user=USER, types=["time_of_day", "season"])
        edit(room, lambda tree: tree.add_variation(ENV, "time-dusk", label="Late dusk", axis="time_of_day",
                                                   overrides={"time_of_day": 20.1}, proposed_by="usr_ana"))  # fmt: skip
        again = await request_variations(room, node.farm, ENV, user=USER, types=["time_of_day"], camera="medium")

        assert [placed.slot for placed in batch.jobs][:4] == [
            f"time-{name}/wide_establishing" for name in ("dawn", "noon", "dusk", "night")
        ]
        assert len(batch.jobs) == 8
        view = EnvironmentsDoc(room.doc).view(ENV)
        assert view is not None
        assert view.variations["time-dawn"].proposed_by == USER
        assert view.variations["time-dusk"].overrides == {"time_of_day": 20.1}
        assert again.jobs[0].slot == "time-dawn/medium"


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda room, farm: request_generate(room, farm, "env_x", user=USER), NoSuchRecordError, "env_x"),
        (lambda room, farm: request_generate(room, farm, ENV, user=USER, camera="crane"), NoSuchRecordError, "crane"),
        (lambda room, farm: request_generate(room, farm, ENV, user=USER, variation="dusk"), NoSuchRecordError, "dusk"),
        (lambda room, farm: request_generate(room, farm, ENV, user=USER, quality="ultra"), InvalidEditError, "quality"),
        (
            lambda room, farm: request_generate(room, farm, ENV, user=USER, camera="medium", use_360=True),
            InvalidEditError, "camera",
        ),
        (lambda room, farm: request_angles(room, farm, ENV, user=USER, angles=["a b"]), NoSuchRecordError, "a b"),
        (lambda room, farm: request_angles(room, farm, ENV, user=USER, angles=[]), InvalidEditError, "angles"),
        (lambda room, farm: request_variations(room, farm, ENV, user=USER, types=["mood"]), InvalidEditError, "mood"),
        (lambda room, farm: request_variations(room, farm, ENV, user=USER, types=[]), InvalidEditError, "types"),
    ],
)  # fmt: skip
async def test_F6_a_request_that_cannot_be_met_says_why_and_changes_nothing(
    tmp_path: Path, ask: Any, error: type[Exception], says: str
) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        before = room.doc.get_state()

        with pytest.raises(error, match=says):
            await ask(room, node.farm)

        assert room.doc.get_state() == before


async def test_an_archived_environment_takes_no_requests(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await archive_environment(room, ENV, user=USER, now=9.0)

        with pytest.raises(InvalidEditError, match="restore"):
            await request_angles(room, node.farm, ENV, user=USER)


async def test_too_many_variations_are_refused_before_the_first_is_added(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)

        def fill(tree: EnvironmentsDoc) -> None:
            for number in range(62):
                tree.add_variation(ENV, f"v{number}", label="v", axis="custom", overrides={}, proposed_by=USER)

        edit(room, fill)
        with pytest.raises(LimitError, match="64"):
            await request_variations(room, node.farm, ENV, user=USER, types=["weather"])

        view = EnvironmentsDoc(room.doc).view(ENV)
        assert view is not None
        assert len(view.variations) == 62


async def test_D2_a_request_the_farm_did_not_hear_is_carried_on_by_the_triggers(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await settled(node)
        node.farm.is_down = True

        with pytest.raises(UnavailableError):
            await request_generate(room, node.farm, ENV, user=USER, camera="medium")
        assert state(room, "base/medium") == "queued"
        node.farm.is_down = False

        await node.painter.paint()
        await wait_until(lambda: state(room, "base/medium") == "done")


async def settled(node: Node) -> None:
    await node.painter.paint()
    room = await node.room()
    await wait_until(lambda: state(room, FIRST_SLOT) == "done")
