"""A score job through the whole farm: pictures from the object store, a real render process, scores in the row."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from render.config import FarmConfig
from render.embedded import open_farm
from render.queue import Farm, RenderRequest
from render.scores.request import Delivered, ScoreSpec
from render.spec import RenderTarget
from store.ids import EnvironmentId, ObjectId, ProjectId
from store.jobs import JobState
from store.opening import Stores
from tests.helpers.waiting import wait_until
from tests.render.farm.conftest import Heard, wanted


@pytest.fixture
async def farm(stores: Stores, quick: FarmConfig) -> AsyncIterator[Farm]:
    async with open_farm(stores, quick, embedded=True) as opened:
        yield opened


def asked(spec: ScoreSpec) -> RenderRequest:
    target = RenderTarget(ProjectId("prj_a"), EnvironmentId("env_a"), "base/*")
    return RenderRequest(target, spec, "settled", "farm", 50)


async def delivered(farm: Farm, heard: Heard, slot: str) -> Delivered:
    [answer] = await farm.submit([wanted(slot=slot, seed=7, size=(256, 144))])
    await wait_until(
        lambda: answer.result or heard.saw(answer.job_id, "done")(), timeout_s=30, what="the picture is done"
    )
    result = answer.result or heard.of(answer.job_id, "done")[0].result
    return Delivered(result["image"], result["depth"])


async def test_F5_a_set_is_scored_in_a_render_process_once(stores: Stores, farm: Farm, heard: Heard) -> None:
    """The flat engine shows two cameras the same flat colour from the same place: all of it agrees."""
    picture = await delivered(farm, heard, "base/medium")
    spec = ScoreSpec({"medium": picture, "medium_wide": picture})
    [answer] = await farm.submit([asked(spec)])
    await wait_until(heard.saw(answer.job_id, "done"), timeout_s=60, what="the set is scored")

    result = heard.of(answer.job_id, "done")[0].result
    assert result["scores"]["verdict"] == "passed"
    assert result["scores"]["spatial"]["score"] == 1.0
    report = json.loads(await stores.objects.get(result["report"]))
    assert [pair["first"] for pair in report["pairs"]] == ["medium", "medium_wide"]
    [again] = await farm.submit([asked(spec)])
    assert (again.state, again.result) == (JobState.DONE, result)


async def test_F6_a_picture_that_is_gone_fails_its_scores_with_a_sentence(
    stores: Stores, farm: Farm, heard: Heard
) -> None:
    picture = await delivered(farm, heard, "base/medium")
    spec = ScoreSpec({"medium": picture, "low_angle": Delivered(ObjectId("0" * 64), picture.depth)})
    [answer] = await farm.submit([asked(spec)])
    await wait_until(heard.saw(answer.job_id, "failed"), timeout_s=30, what="the scores fail")
    failed = heard.of(answer.job_id, "failed")[0]
    assert failed.error_kind == "storage"
    assert "low_angle is no longer in the store" in failed.error
