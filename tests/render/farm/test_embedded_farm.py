"""The embedded farm end to end: real stores, real Dramatiq threads, real render processes, a flat engine."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
from PIL import Image

from render.config import FarmConfig
from render.embedded import open_farm
from render.queue import Farm
from render.spec import ENGINE_VERSION
from store.errors import StorageFullError, UnavailableError
from store.ids import ObjectId
from store.jobs import JobState
from store.opening import Stores
from tests.helpers.waiting import wait_until
from tests.render.farm.conftest import Heard, wanted, with_config


@pytest.fixture
async def farm(stores: Stores, quick: FarmConfig) -> AsyncIterator[Farm]:
    async with open_farm(stores, quick, embedded=True) as opened:
        yield opened


async def test_settled_render_delivers_png_exr_and_thumbs(stores: Stores, farm: Farm, heard: Heard) -> None:
    [answer] = await farm.submit([wanted(seed=7, size=(600, 300))])
    await wait_until(heard.saw(answer.job_id, "done"), what="the picture is done")

    result = heard.of(answer.job_id, "done")[0].result
    assert {k: result[k] for k in ("width", "height", "tier", "engine", "scores", "notes")} == {
        "width": 600, "height": 300, "tier": "low", "engine": f"procedural/{ENGINE_VERSION}", "scores": None,
        "notes": ["flat"],
    }
    sidecar = json.loads(await stores.objects.get(result["sidecar"]))
    assert sidecar["files"]["image"]["sha256"] == result["image"], "an object's id is the sha256 of its bytes"
    png = Image.open(io.BytesIO(await stores.objects.get(result["image"])))
    assert (png.format, png.size) == ("PNG", (600, 300))
    assert json.loads(png.info["cyclorama"])["digest"] == answer.digest
    exr = OpenEXR.File(io.BytesIO(await stores.objects.get(result["depth"])))
    assert exr.channels()["Z"].pixels.shape == (300, 600)
    assert exr.channels()["Z"].pixels.dtype == np.float32
    widths = {}
    for width, thumb in result["thumbs"].items():
        widths[width] = Image.open(io.BytesIO(await stores.objects.get(thumb))).width
    assert widths == {"512": 512, "256": 256, "128": 128}
    job = await stores.ledger.get(answer.job_id)
    assert (job.state, job.result) == (JobState.DONE, result)


async def test_preview_shows_a_small_picture_first(stores: Stores, farm: Farm, heard: Heard) -> None:
    [answer] = await farm.submit([wanted("preview", size=(512, 288))])
    await wait_until(heard.saw(answer.job_id, "done"), what="the preview is done")

    [draft] = [event for event in heard.of(answer.job_id, "progress") if event.result]
    done = heard.of(answer.job_id, "done")[0]
    assert (draft.result["width"], draft.result["height"]) == (256, 144)
    assert (done.result["width"], done.result["height"]) == (512, 288)
    for picture in (draft.result, done.result):
        image = Image.open(io.BytesIO(await stores.objects.get(picture["image"])))
        assert (image.format, image.size) == ("JPEG", (picture["width"], picture["height"]))


async def test_F1_latest_preview_wins_and_every_started_one_shows_a_picture(
    stores: Stores, farm: Farm, heard: Heard, tmp_path: Path
) -> None:
    log = tmp_path / "renders"
    slow = {"steps": 20, "step_s": 0.05, "log": log}
    first = (await farm.submit([wanted("preview", seed=1, **slow)]))[0]
    await wait_until(log.exists, what="the first preview has begun")

    later = await farm.submit([wanted("preview", seed=seed, **slow) for seed in range(2, 12)])

    await wait_until(heard.saw(later[-1].job_id, "done"), what="the latest preview is done")
    assert [event for event in heard.of(first.job_id, "progress") if event.result], "the first one showed a picture"
    assert not heard.of(first.job_id, "done"), "but was not finished"
    assert heard.of(first.job_id, "superseded")
    begun = {line.split()[0] for line in log.read_text().splitlines()}
    assert begun == {"1", "11"}, "those between were never begun"
    assert not any(heard.of(answer.job_id, "done") for answer in later[:-1])


async def test_F1_continuous_drag_keeps_showing_pictures(stores: Stores, farm: Farm, heard: Heard) -> None:
    """A new request every 30 ms, each taking 400 ms: were the running one always dropped, nothing would ever show."""
    slow = {"steps": 8, "step_s": 0.025}
    hour = 0

    async def drag() -> bool:
        nonlocal hour
        hour += 1
        await farm.submit([wanted("preview", seed=hour, **slow)])
        return len([event for event in heard.events if event.type == "progress" and event.result]) >= 4

    await wait_until(drag, timeout_s=20, what="four pictures while dragging")
    assert hour > 4


async def test_settled_render_never_delays_a_preview(
    stores: Stores, farm: Farm, heard: Heard, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    [settled] = await farm.submit([wanted(steps=400, step_s=0.05, log=log)])
    await wait_until(log.exists, what="the settled render runs")

    [preview] = await farm.submit([wanted("preview")])
    await wait_until(heard.saw(preview.job_id, "done"), what="the preview is done")

    assert (await stores.ledger.get(settled.job_id)).state == JobState.RUNNING


async def test_F3_cancel_by_job_row_first(stores: Stores, farm: Farm, heard: Heard, tmp_path: Path) -> None:
    log = tmp_path / "log"
    [answer, other] = await farm.submit(
        [wanted(steps=1000, step_s=0.05, log=log), wanted(seed=2, slot="base/medium")]
    )
    await wait_until(log.exists, what="it runs")

    canceled = await farm.cancel(answer.job_id)

    assert canceled is not None
    assert canceled.state == JobState.CANCELED
    await wait_until(heard.saw(other.job_id, "done"), what="the lane goes on with the next job")
    assert heard.of(answer.job_id, "canceled")
    assert not heard.of(answer.job_id, "done")
    assert await farm.cancel(answer.job_id) is None


async def test_F3_render_that_does_not_listen_is_killed_after_grace(
    stores: Stores, farm: Farm, heard: Heard, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    [answer] = await farm.submit([wanted(steps=1000, step_s=1, deaf=1, log=log)])
    await wait_until(log.exists, what="it runs")
    deaf_pid = int(log.read_text().split()[2])

    await farm.cancel(answer.job_id)
    [after] = await farm.submit([wanted(seed=5, log=log)])

    await wait_until(heard.saw(after.job_id, "done"), what="the next render in a new process")
    assert int(log.read_text().split()[-1]) != deaf_pid
    assert not _is_alive(deaf_pid)


async def test_F5_same_digest_is_answered_without_a_render(farm: Farm, heard: Heard, tmp_path: Path) -> None:
    log = tmp_path / "log"
    [first] = await farm.submit([wanted(log=log)])
    await wait_until(heard.saw(first.job_id, "done"), what="rendered once")

    [here, elsewhere] = await farm.submit([wanted(log=log, slot="base/medium"), wanted(log=log, project="prj_b")])

    assert (here.state, here.job_id) == (JobState.DONE, first.job_id)
    assert (elsewhere.state, elsewhere.job_id) == (JobState.DONE, None), "another project's job stays its own"
    assert here.result == elsewhere.result == heard.of(first.job_id, "done")[0].result
    assert len(log.read_text().splitlines()) == 1


async def test_F5_same_digest_at_once_in_two_projects_renders_once(
    stores: Stores, farm: Farm, heard: Heard, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    answers = await farm.submit(
        [wanted(log=log, steps=4, step_s=0.05, project=name) for name in ("prj_a", "prj_b", "prj_c")]
    )
    for answer in answers:
        await wait_until(heard.saw(answer.job_id, "done"), what="everybody gets the picture")
    assert len(log.read_text().splitlines()) == 1


async def test_F5_missing_blob_renders_again_silently(
    stores: Stores, farm: Farm, heard: Heard, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    [first] = await farm.submit([wanted(log=log)])
    await wait_until(heard.saw(first.job_id, "done"), what="rendered once")
    result = heard.of(first.job_id, "done")[0].result
    await stores.objects.delete(ObjectId(result["depth"]))

    [again] = await farm.submit([wanted(log=log)])

    assert again.state == JobState.QUEUED
    await wait_until(heard.saw(again.job_id, "done"), what="rendered again")
    assert await stores.objects.head(ObjectId(result["depth"])), "the same pixels under the same name"
    assert len(log.read_text().splitlines()) == 2


async def test_answered_at_once_stops_older_requests_of_the_slot(
    farm: Farm, stores: Stores, heard: Heard, tmp_path: Path
) -> None:
    [first] = await farm.submit([wanted("preview", seed=1)])
    await wait_until(heard.saw(first.job_id, "done"), what="the first picture")
    [second] = await farm.submit([wanted("preview", seed=2, steps=500, step_s=0.02)])

    [back] = await farm.submit([wanted("preview", seed=1)])

    assert back.state == JobState.DONE

    async def has_made_room() -> bool:
        job = await stores.ledger.get(second.job_id)
        return job.state == JobState.SUPERSEDED and job.superseded_by == first.job_id

    await wait_until(has_made_room, what="the older request is closed, queued or begun")


@pytest.mark.parametrize(
    ("style", "kind", "words"),
    [
        ({"oom": 1}, "oom", "lower quality tier"),
        ({"kill": 1}, "oom", "lower quality tier"),
        ({"nan": 1}, "nan_output", "not numbers"),
        ({"bad": 1}, "validation", "move it up by 3 m"),
        ({"crash": "always"}, "engine", "twice"),
    ],
)
async def test_F6_every_failure_has_a_kind_and_a_sentence(
    farm: Farm, stores: Stores, heard: Heard, style: dict[str, object], kind: str, words: str
) -> None:
    [answer] = await farm.submit([wanted(**style)])
    await wait_until(heard.saw(answer.job_id, "failed"), timeout_s=20, what="it fails")

    event = heard.of(answer.job_id, "failed")[0]
    assert (event.error_kind, words in event.error) == (kind, True), event.error
    job = await stores.ledger.get(answer.job_id)
    assert (job.state, job.error_kind, job.error) == (JobState.FAILED, kind, event.error)

    [good] = await farm.submit([wanted(seed=99)])
    await wait_until(heard.saw(good.job_id, "done"), what="the lane goes on")


async def test_stray_crash_is_retried_once(farm: Farm, stores: Stores, heard: Heard, tmp_path: Path) -> None:
    [answer] = await farm.submit([wanted(crash=tmp_path / "crashed")])
    await wait_until(heard.saw(answer.job_id, "done"), timeout_s=20, what="done at the second try")
    assert (tmp_path / "crashed").exists()


async def test_retry_of_a_failed_job_is_a_new_row(farm: Farm, stores: Stores, heard: Heard) -> None:
    [answer] = await farm.submit([wanted(bad=1)])
    await wait_until(heard.saw(answer.job_id, "failed"), what="it fails")

    again = await farm.retry(answer.job_id, "usr_b")

    assert again.retried_from == answer.job_id
    await wait_until(heard.saw(again.id, "failed"), what="it was tried again")


async def test_silent_render_is_killed_by_the_watchdog(stores: Stores, quick: FarmConfig, heard: Heard) -> None:
    async with open_farm(stores, with_config(quick, no_progress_s=0.6), embedded=True) as farm:
        [answer] = await farm.submit([wanted(hang=1)])
        await wait_until(heard.saw(answer.job_id, "failed"), what="the watchdog barks")
        event = heard.of(answer.job_id, "failed")[0]
        assert event.error_kind == "timeout_no_progress"
        [good] = await farm.submit([wanted(seed=3)])
        await wait_until(heard.saw(good.job_id, "done"), what="a new process renders")


async def test_closing_gives_running_jobs_back(stores: Stores, quick: FarmConfig, heard: Heard, tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with open_farm(stores, with_config(quick, embedded_drain_s=0.2), embedded=True) as farm:
        [answer] = await farm.submit([wanted(steps=1000, step_s=0.05, log=log)])
        await wait_until(log.exists, what="it runs")
        pid = int(log.read_text().split()[2])

    job = await stores.ledger.get(answer.job_id)
    assert (job.state, job.lost_count) == (JobState.QUEUED, 0)
    assert not _is_alive(pid)


async def test_closing_lets_a_short_render_finish(
    stores: Stores, quick: FarmConfig, heard: Heard, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    async with open_farm(stores, with_config(quick, embedded_drain_s=10), embedded=True) as farm:
        [answer] = await farm.submit([wanted(steps=10, step_s=0.05, log=log)])
        await wait_until(log.exists, what="it runs")
    assert (await stores.ledger.get(answer.job_id)).state == JobState.DONE


async def test_lost_tickets_are_healed_by_the_sweeper(
    stores: Stores, quick: FarmConfig, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(self: object, lane: str, count: int = 1) -> None:
        return None

    async with open_farm(stores, quick, embedded=True) as farm:
        monkeypatch.setattr("render.tickets.Tickets.send", lose)
        [answer] = await farm.submit([wanted()])
        await wait_until(heard.saw(answer.job_id, "done"), what="found by sweeping")


async def test_doubled_tickets_render_once(farm: Farm, heard: Heard, tmp_path: Path) -> None:
    log = tmp_path / "log"
    [answer] = await farm.submit([wanted(log=log, steps=4, step_s=0.05)])
    for _ in range(5):
        await farm._tickets.send("settled", 3)
    await wait_until(heard.saw(answer.job_id, "done"), what="done")
    assert len(log.read_text().splitlines()) == 1


async def test_large_render_process_is_replaced_between_jobs(
    stores: Stores, quick: FarmConfig, heard: Heard, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    async with open_farm(stores, with_config(quick, recycle_rss_mb=1), embedded=True) as farm:
        for seed in (1, 2):
            [answer] = await farm.submit([wanted(seed=seed, log=log)])
            await wait_until(heard.saw(answer.job_id, "done"), what="done")
    pids = {line.split()[2] for line in log.read_text().splitlines()}
    assert len(pids) == 2


def test_asking_for_pictures_imports_no_torch() -> None:
    code = "import sys, render.embedded, render.serve_worker, render.queue; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_F2_default_configuration_heals_within_30_seconds() -> None:
    """Killed right after a beat: its lease runs out, a sweep finds it, a nudge or ticket follows, it is rendered."""
    config = FarmConfig()
    slowest_settled_render_s = 5.0
    assert config.lease_s + 2 * config.sweep_s + slowest_settled_render_s <= 30


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status").read_text()
    return "State:\tZ" not in status



async def test_F6_engine_that_will_not_start_fails_jobs_with_the_reason(
    stores: Stores, quick: FarmConfig, heard: Heard
) -> None:
    broken = with_config(quick, engines="tests.render.farm.flat_engine:no_such_engine")
    async with open_farm(stores, broken, embedded=True) as farm:
        [answer] = await farm.submit([wanted()])
        await wait_until(heard.saw(answer.job_id, "failed"), timeout_s=30, what="it fails")
    event = heard.of(answer.job_id, "failed")[0]
    assert event.error_kind == "engine"
    assert "no_such_engine" in event.error


async def test_F6_full_store_fails_with_storage(
    stores: Stores, farm: Farm, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(self: object, data: bytes) -> None:
        raise StorageFullError("no room left in the objects folder: make space")

    monkeypatch.setattr(type(stores.objects), "put", full)
    [answer] = await farm.submit([wanted()])
    await wait_until(heard.saw(answer.job_id, "failed"), what="it fails")
    event = heard.of(answer.job_id, "failed")[0]
    assert (event.error_kind, "make space" in event.error) == ("storage", True)


async def test_finished_picture_waits_for_a_ledger_that_does_not_answer(
    stores: Stores, farm: Farm, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    finish, refusals = stores.ledger.finish, 3

    async def moody(*arguments: Any) -> Any:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise UnavailableError("the database is restarting")
        return await finish(*arguments)

    monkeypatch.setattr(stores.ledger, "finish", moody)
    [answer] = await farm.submit([wanted(log=log)])
    await wait_until(heard.saw(answer.job_id, "done"), what="done")
    assert (refusals, len(log.read_text().splitlines())) == (0, 1)


async def test_closing_while_the_engine_loads_does_not_wait_for_it(stores: Stores, quick: FarmConfig) -> None:
    slow = with_config(quick, engines="tests.render.farm.flat_engine:get_slowly")
    started = time.monotonic()
    async with open_farm(stores, slow, embedded=True) as farm:
        await farm.submit([wanted(), wanted("preview")])
    assert time.monotonic() - started < 20, "the engine takes a minute"


async def test_early_preview_pictures_are_forgotten_too(stores: Stores, quick: FarmConfig, heard: Heard) -> None:
    """No row remembers a 256×144 picture, so the worker that made it has to."""
    async with open_farm(stores, with_config(quick, preview_keep_s=0.5), embedded=True) as farm:
        [answer] = await farm.submit([wanted("preview", size=(512, 288))])
        await wait_until(heard.saw(answer.job_id, "done"), what="done")
        draft = next(event.result["image"] for event in heard.of(answer.job_id, "progress") if event.result)

        async def is_gone() -> bool:
            return await stores.objects.head(draft) is None

        await wait_until(is_gone, what="the early picture is deleted")


async def test_settled_lane_is_nicer_than_the_preview_lane(
    stores: Stores, quick: FarmConfig, heard: Heard, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    async with open_farm(stores, with_config(quick, settled_nice=10), embedded=True) as farm:
        slow = {"steps": 500, "step_s": 0.05}
        await farm.submit([wanted(seed=1, log=log, **slow), wanted("preview", seed=2, log=log, **slow)])
        await wait_until(lambda: log.exists() and len(log.read_text().splitlines()) == 2, what="both run")
        pids = {line.split()[0]: int(line.split()[2]) for line in log.read_text().splitlines()}
        niceness = {seed: os.getpriority(os.PRIO_PROCESS, pid) for seed, pid in pids.items()}
    assert niceness["1"] - niceness["2"] == 10


async def test_sweeper_outlives_a_broken_round(
    stores: Stores, quick: FarmConfig, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    expire, is_broken = stores.ledger.expire, True

    async def moody(now: float) -> Any:
        nonlocal is_broken
        if is_broken:
            is_broken = False
            raise ZeroDivisionError("a bug")
        return await expire(now)

    monkeypatch.setattr(stores.ledger, "expire", moody)
    async with open_farm(stores, quick, embedded=False):
        await wait_until(lambda: not is_broken, what="the broken round")
        async with open_farm(stores, quick, embedded=True) as farm:
            [answer] = await farm.submit([wanted()])
            await wait_until(heard.saw(answer.job_id, "done"), what="done")
