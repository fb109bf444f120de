"""From a view to a spec: pure, deterministic, and strict where the document is not."""

from __future__ import annotations

from typing import Any

import pytest

from collab.planning import plan, slots_of
from collab.schema import FIRST_SLOT, EnvironmentView, VariationView
from render.errors import SpecError
from render.spec import STANDARD_KINDS
from store.ids import EnvironmentId


def view(**fields: Any) -> EnvironmentView:
    return EnvironmentView(EnvironmentId("env_a"), **fields)


def test_F5_numbers_read_back_as_floats_give_the_same_digest() -> None:
    written = view(parameters={"seed": 7, "time_of_day": 9})
    read_back = view(parameters={"seed": 7.0, "time_of_day": 9.0})

    assert plan(written, FIRST_SLOT).digest() == plan(read_back, FIRST_SLOT).digest()


def test_F5_what_the_engine_does_not_read_does_not_change_the_digest() -> None:
    digest = plan(view(), FIRST_SLOT).digest()

    assert plan(view(name="Other", description="x", tags=("t",), style={"mood": "grim"}), FIRST_SLOT).digest() == digest
    assert plan(view(parameters={"lamps": 0.9}), FIRST_SLOT).digest() == digest, "an alpine valley has no lamps"
    assert plan(view(style={"mood": "grim"}), FIRST_SLOT, engine="diffusion").style == {"mood": "grim"}


@pytest.mark.parametrize(("quality", "size"), [("low", (682, 384)), ("standard", (1024, 576)), ("high", (1366, 768))])
def test_the_quality_is_the_tier_and_a_preview_is_small_whatever_the_quality(quality: Any, size: Any) -> None:
    settled = plan(view(quality=quality), FIRST_SLOT)
    preview = plan(view(quality=quality), FIRST_SLOT, "preview")

    assert (settled.tier, settled.width_px, settled.height_px) == (quality, *size)
    assert (preview.tier, preview.width_px, preview.height_px) == ("preview", 512, 288)
    assert plan(view(), FIRST_SLOT, "preview", (256, 144)).width_px == 256
    assert (plan(view(), "base/pano").width_px, plan(view(), "base/pano").height_px) == (2048, 1024)


def test_a_variation_overrides_the_base_and_keeps_the_rest() -> None:
    dusk = VariationView("dusk", "Dusk", "time_of_day", {"time_of_day": 19.4})
    place = view(parameters={"seed": 7.0, "time_of_day": 9.0}, variations={"dusk": dusk})

    scene = plan(place, "dusk/medium").scene

    assert (scene.seed, scene.time_of_day) == (7, 19.4)
    assert plan(place, "base/medium").scene.time_of_day == 9.0


def test_cameras_standard_adjusted_and_custom() -> None:
    mast = {"kind": "custom", "position_m": [0.0, 0.0, 30.0], "look_at_m": [50.0, 10.0, 0.0], "focal_mm": 50.0}
    place = view(cameras={"mast": mast, "medium": {"kind": "wide_establishing", "focal_mm": 85.0}})

    assert {plan(place, f"base/{kind}").camera.kind for kind in STANDARD_KINDS} == set(STANDARD_KINDS)
    assert plan(place, "base/mast").camera.position_m == (0.0, 0.0, 30.0)
    assert plan(place, "base/medium").camera.kind == "medium"
    assert plan(place, "base/medium").camera.focal_mm == 85.0


@pytest.mark.parametrize(
    ("fields", "slot", "field"),
    [
        ({"parameters": {"antigravity": 1.0}}, FIRST_SLOT, "parameters.antigravity"),
        ({"parameters": {"time_of_day": float("nan")}}, FIRST_SLOT, "parameters.time_of_day"),
        ({"parameters": {"weather": {"a": 1}}}, FIRST_SLOT, "parameters.weather"),
        ({"variations": {"v": VariationView("v", "", "custom", {"haze": "thick"})}}, "v/medium", "parameters.haze"),
        ({}, "nope/medium", "variation"),
        ({}, "base/nope", "camera"),
        ({}, "base", "slot"),
        ({}, "base/../x", "slot"),
        ({"cameras": {"c": {"kind": "custom"}}}, "base/c", "camera"),
        ({"cameras": {"c": {"kind": ["x"]}}}, "base/c", "camera.kind"),
        ({"cameras": {"c": {"kind": "medium", "sensor_mm": "big"}}}, "base/c", "camera.sensor_mm"),
    ],
)
def test_F6_what_cannot_be_planned_names_its_field(fields: dict[str, Any], slot: str, field: str) -> None:
    with pytest.raises(SpecError) as raised:
        plan(view(**fields), slot)

    assert raised.value.field == field


def test_the_first_slot_is_always_kept_and_dangling_ones_are_not() -> None:
    dusk = VariationView("dusk", "Dusk", "time_of_day", {})
    renders: dict[str, Any] = {
        "base/medium": {}, "dusk/wide_establishing": {}, "gone/medium": {}, "base/gone": {}, "nonsense": {},
        "base/pano": {},
    }  # fmt: skip

    assert slots_of(view()) == (FIRST_SLOT,)
    assert slots_of(view(variations={"dusk": dusk}, renders=renders)) == (
        FIRST_SLOT, "base/medium", "dusk/wide_establishing", "base/pano",
    )  # fmt: skip
