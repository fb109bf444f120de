"""Scene parameters and specs: what is refused, what is wrapped, and what the digest is made of."""

from __future__ import annotations

import math

import pytest

from render.errors import SpecError
from render.scene import BY_NAME, PARAMETERS, Scene, check_value, parse_scene, scene_schema
from render.spec import CameraSpec, RenderSpec, parse_camera, parse_spec


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wind", 0.5), ("haze", "thick"), ("haze", True), ("haze", math.nan), ("haze", math.inf), ("haze", 1.01),
        ("haze", 10**400), ("seed", 1.5), ("seed", -1), ("weather", "frogs"), ("weather", 3), ("time_of_day", None),
    ],
)
def test_bad_parameter_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(SpecError) as caught:
        check_value(name, value)
    assert caught.value.field == f"parameters.{name}"


def test_cyclic_parameters_wrap_at_their_end() -> None:
    assert check_value("time_of_day", 24) == check_value("time_of_day", 0) == 0.0
    assert check_value("season", 4.0) == 0.0


def test_scene_and_table_agree() -> None:
    defaults = Scene()
    assert {p.name for p in PARAMETERS} == set(Scene.__dataclass_fields__)
    for parameter in PARAMETERS:
        assert getattr(defaults, parameter.name) == parameter.default
        assert check_value(parameter.name, parameter.default) == parameter.default
    properties = scene_schema()["properties"]
    assert set(properties) == set(BY_NAME)
    assert properties["time_of_day"]["maximum"] == 24.0


def spec(**scene: object) -> RenderSpec:
    return parse_spec({"scene": scene})


def test_E1_digest_ignores_what_the_place_does_not_have_and_sees_all_it_has() -> None:
    assert spec(archetype="alpine", lamps=0.9).digest() == spec(archetype="alpine").digest()
    assert spec(archetype="city", lamps=0.9).digest() != spec(archetype="city").digest()
    assert spec(time_of_day=9.0).digest() == spec().digest()
    assert spec(seed=2.0).digest() == spec(seed=2).digest() != spec(seed=3).digest()


def test_spec_reads_back_what_it_wrote() -> None:
    camera = CameraSpec("custom", (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), 35.0, (24.89, 18.66), 2.0)
    written = RenderSpec(parse_scene({"archetype": "coast", "haze": 0.1}), camera, 640, 360, "low")
    assert parse_spec(written.to_json()).digest() == written.digest()


@pytest.mark.parametrize(
    ("camera", "field"),
    [
        ({"kind": "selfie"}, "camera.kind"),
        ({"kind": "custom"}, "camera"),
        ({"kind": "custom", "position_m": [0, 0, 1], "look_at_m": [0, 0, 1]}, "camera.look_at_m"),
        ({"kind": "custom", "position_m": [0, math.nan, 1], "look_at_m": [0, 0, 1]}, "camera.position_m"),
        ({"kind": "medium", "focal_mm": 10**400}, "camera.focal_mm"),
        ({"kind": "medium", "sensor_mm": [36]}, "camera.sensor_mm"),
    ],
)
def test_bad_camera_is_refused_by_field(camera: dict[str, object], field: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_camera(camera)
    assert caught.value.field == field


@pytest.mark.parametrize("size", [{"width_px": 20_000}, {"height_px": 0}, {"width_px": 100.5}, {"tier": "best"}])
def test_absurd_sizes_are_refused(size: dict[str, object]) -> None:
    with pytest.raises(SpecError):
        parse_spec({"scene": {}, **size})
