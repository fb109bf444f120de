"""Requests that cannot be: each is refused or mended in words, and the same render process makes the next picture."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Any

import pytest

from render.config import FarmConfig
from render.embedded import open_farm
from render.errors import SpecError
from render.queue import Farm, RenderRequest
from render.spec import RenderTarget, parse_spec
from store.ids import EnvironmentId, ProjectId
from store.opening import Stores
from tests.helpers.waiting import wait_until
from tests.render.farm.conftest import Heard, with_config


@pytest.mark.parametrize(("value", "field", "mend"), [
    ({"width_px": 0}, "width_px", "between 16 and 4096"),
    ({"width_px": 20_000}, "width_px", "between 16 and 4096"),
    ({"width_px": 4096, "height_px": 4096}, "width_px", "3072×3072 is the largest"),
    ({"width_px": 300.5}, "width_px", "whole number"),
    ({"height_px": math.nan}, "height_px", "finite"),
    ({"tier": "gigantic"}, "tier", "one of preview, low"),
    ({"scene": {"time_of_day": math.nan}}, "parameters.time_of_day", "finite"),
    ({"scene": {"season": math.inf}}, "parameters.season", "finite"),
    ({"scene": {"seed": 10**400}}, "parameters.seed", "finite"),
    ({"camera": {"kind": "drone"}}, "camera.kind", "one of wide_establishing"),
    ({"camera": {"kind": "custom"}}, "camera", "needs position_m and look_at_m"),
    ({"camera": {"kind": "custom", "position_m": [0, 0, math.nan], "look_at_m": [0, 0, 0]}},
     "camera.position_m", "finite"),
    ({"camera": {"kind": "custom", "position_m": [0, 0, 1e9], "look_at_m": [0, 0, 0]}},
     "camera.position_m", "between -100000 and 100000"),
    ({"camera": {"kind": "custom", "position_m": [0, 0, 5], "look_at_m": [0, 0, 5]}},
     "camera.look_at_m", "1 cm from position_m"),
    ({"camera": {"kind": "custom", "orbit": {"target_m": [0, 0, 5], "distance_m": 0}}},
     "camera.orbit.distance_m", "between 0.05"),
    ({"camera": {"kind": "custom", "orbit": {"distance_m": 9}}},
     "camera.orbit.target_m", "what the camera goes around"),
    ({"camera": {"focal_mm": 2}}, "camera.focal_mm", "use at least 4.8 mm, or the 360° view"),
    ({"camera": {"focal_mm": 1200, "sensor": "phone"}}, "camera.focal_mm", "use at most 1123 mm"),
    ({"camera": {"sensor": "imax"}}, "camera.sensor", "one of full_frame"),
    ({"camera": {"aspect": "21:9"}}, "camera.aspect", "one of 1:1, 4:3, 16:9"),
    ({"camera": {"roll_deg": 999}}, "camera.roll_deg", "between -180 and 180"),
])  # fmt: skip
def test_F6_a_request_that_cannot_be_says_what_to_change(value: dict[str, Any], field: str, mend: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(value)

    assert caught.value.field == field
    assert mend in caught.value.message


@pytest.fixture
async def farm(stores: Stores, quick: FarmConfig) -> AsyncIterator[Farm]:
    config = with_config(quick, engines="tests.render.farm.tight_engine:get_engine", no_progress_s=60.0)
    async with open_farm(stores, config, embedded=True) as opened:
        yield opened


async def test_the_farm_goes_on_after_memory_ran_out_and_after_cameras_in_impossible_places(
    farm: Farm, heard: Heard
) -> None:
    async def ending(**value: Any) -> Any:
        target = RenderTarget(ProjectId("prj_a"), EnvironmentId("env_a"), "base/wide_establishing")
        size = {"width_px": 64, "height_px": 36}
        spec = parse_spec({"tier": "low", **size, "scene": {"archetype": "desert"}, **value})
        [answer] = await farm.submit([RenderRequest(target, spec, "settled", "usr_a", 1)])
        await wait_until(
            lambda: heard.of(answer.job_id, "done") or heard.of(answer.job_id, "failed"), timeout_s=90, what="an ending"
        )
        return (heard.of(answer.job_id, "done") or heard.of(answer.job_id, "failed"))[0]

    large = await ending(width_px=2048, height_px=1024, camera={"kind": "pano"}, style={"limit_mb": "160"})
    assert (large.type, large.error_kind) == ("failed", "oom")
    assert "smaller size" in large.error

    buried = await ending(camera={"kind": "custom", "position_m": [0, 0, -80], "look_at_m": [0, 50, -80]})
    assert buried.type == "failed" or buried.result["notes"], "under the ground: refused in words, or moved with a note"

    skyward = await ending(camera={"kind": "custom", "position_m": [0, 0, 900], "look_at_m": [0, 10, 960]})
    assert "nothing but sky" in skyward.result["notes"][0]

    far = await ending(camera={"kind": "custom", "position_m": [99e3, -99e3, 40], "look_at_m": [0, 0, 0]})
    assert far.type in ("done", "failed")

    plain = await ending()
    assert plain.type == "done"
    assert plain.result["notes"] == []
