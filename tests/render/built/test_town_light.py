"""How towns are photographed: hours differ, shade is blue, mist is no wall of white, nothing jumps (E4)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from render.light.base import Light
from render.light.build import build_light
from render.light.exposure import luma
from render.scene import Scene
from render.world.build import build_world
from render.world.built import BuiltWorld
from render.world.town_light import in_town


@pytest.fixture(scope="module")
def street() -> BuiltWorld:
    world = build_world(Scene(archetype="city"), lambda share, phase: None, fine=False)
    assert isinstance(world, BuiltWorld)
    return world


def shown(world: BuiltWorld, **changes: object) -> tuple[float, Light]:
    """Mean display brightness of the street around the focus by daylight, and the light it is exposed in."""
    scene = Scene(archetype="city", **changes)  # type: ignore[arg-type]  # any parameters
    light = world.adapt(scene, build_light(scene))
    return world.hour(light, coarse=True).metered * light.exposure, light


def test_noon_is_brighter_than_the_golden_hour_and_that_than_dusk(street: BuiltWorld) -> None:
    noon, golden, dusk = (shown(street, time_of_day=hour)[0] for hour in (12.5, 18.4, 19.1))
    assert noon > 1.2 * golden
    assert golden > 1.5 * dusk


def test_E4_no_quarter_of_an_hour_changes_the_exposure_of_a_street_at_a_stroke(street: BuiltWorld) -> None:
    for start in (4.0, 17.25):  # half hours around sunrise and sunset, where most happens
        hours = np.arange(start, start + 3.1, 0.5).tolist()
        stops = [math.log2(shown(street, time_of_day=hour)[0] + 0.01) for hour in hours]
        assert np.abs(np.diff(stops)).max() < 2.1  # twice what a quarter may change


def test_shade_in_the_street_is_blue_when_only_eaves_are_in_the_sun(street: BuiltWorld) -> None:
    _, light = shown(street, time_of_day=18.6)
    nodes, sky = street.lighting.nodes, street.hour(light, coarse=True).sky
    road = (nodes.normal[:, 2] > 0.9) & (nodes.position[:, 2] < 0.1) & (nodes.position[:, :2].norm(dim=1) < 40)
    shade = sky[road].mean(0)
    assert shade[2] > 1.25 * shade[0]


def test_a_low_sun_is_deepened_in_towns_at_the_same_luminance() -> None:
    light = build_light(Scene(archetype="city", time_of_day=18.0))
    golden = in_town(light, 0.5)
    assert luma(golden.sun_irradiance) == pytest.approx(luma(light.sun_irradiance), rel=1e-4)
    assert golden.sun_irradiance[2] / golden.sun_irradiance[0] < 0.8 * light.sun_irradiance[2] / light.sun_irradiance[0]
    noon = build_light(Scene(archetype="city", time_of_day=12.0))
    assert torch.equal(in_town(noon, 0.5).sun_irradiance, noon.sun_irradiance)


def test_thick_mist_in_a_street_is_grey_and_not_white(street: BuiltWorld) -> None:
    for hour in (8.0, 12.0, 17.5):
        _, light = shown(street, time_of_day=hour, weather="mist", weather_intensity=1.0)
        assert luma(light.fog_color) * light.exposure < 1.0


def test_mist_thickens_without_a_jump(street: BuiltWorld) -> None:
    stops = [
        math.log2(shown(street, weather="mist", weather_intensity=share)[1].exposure) for share in np.linspace(0, 1, 8)
    ]
    assert np.abs(np.diff(stops)).max() < 0.55
