"""The engine's parts against known points: polar table, sun, sky, noise, film, cache."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from render.engines.cache import ByteCache
from render.film import develop
from render.light.air import through_air
from render.light.atmosphere import atmosphere
from render.light.build import build_light
from render.light.sky import sky_table
from render.light.sun import moon_direction, sun_direction
from render.scene import Scene
from render.view import View, equirect, pinhole
from render.visibility.polar import build_table, intersect, planar_per_metre, rays
from render.world.noise import FEATURES, lookup, tile, weighed

EYE = np.array([3.0, -2.0, 10.0])


def seen(view: View, ground: object, radii: int = 1200) -> tuple[Tensor, Tensor]:
    """Distances (N,) along the rays (N, 3) of a view over a ground."""
    direction = rays(view)
    return intersect(build_table(view, direction, ground, radii), direction), direction  # type: ignore[arg-type]  # a lambda


@pytest.mark.parametrize(
    "view",
    [
        pinhole(64, 36, EYE, EYE + np.array([1.0, 3.0, -0.8]), 28),
        pinhole(64, 36, EYE, EYE + np.array([-2.0, 0.4, -3.0]), 18, roll_deg=50),
        pinhole(64, 36, EYE, EYE + np.array([0.0, 0.0, -1.0]), 24),
        equirect(96, 48, EYE),
    ],
    ids=["pitched", "rolled", "nadir", "equirect"],
)
def test_polar_table_meets_a_plane_exactly(view: View) -> None:
    distance, direction = seen(view, lambda x, y: torch.zeros_like(x))

    truth = torch.where(direction[:, 2] < 0, -10.0 / direction[:, 2], math.inf)
    near = truth < 2000
    assert torch.allclose(distance[near], truth[near], rtol=2e-4)
    assert torch.isinf(distance[direction[:, 2] > 0]).all()


@pytest.mark.parametrize("height", [17.0, 60.0, 300.0, 5000.0])
@pytest.mark.parametrize("kind", ["nadir", "steep", "equirect"])
def test_E2_straight_down_from_any_height_the_ground_is_as_far_as_it_is(height: float, kind: str) -> None:
    eye = np.array([3.0, -2.0, height])
    view = {
        "nadir": pinhole(96, 54, eye, eye + np.array([0.0, 0.0, -1.0]), 24),
        "steep": pinhole(96, 54, eye, eye + np.array([0.3, 0.1, -1.0]), 18),
        "equirect": equirect(96, 48, eye),
    }[kind]
    distance, direction = seen(view, lambda x, y: torch.zeros_like(x))

    truth = -height / direction[:, 2]
    down = direction[:, 2] < -0.4
    assert torch.allclose(distance[down], truth[down], rtol=1e-3)


def test_polar_table_meets_a_slope_and_hides_what_lies_behind_a_wall() -> None:
    view = pinhole(80, 60, np.array([0.0, 0.0, 2.0]), np.array([0.0, 100.0, 2.0]), 30)

    slope, direction = seen(view, lambda x, y: 0.25 * y)
    hit = torch.isfinite(slope) & (slope < 800)
    off = 2 + slope * direction[:, 2] - 0.25 * slope * direction[:, 1]
    assert float((off[hit].abs() / slope[hit]).max()) < 0.25 * 0.5 / view.fx_px  # rows of azimuth lie a pixel apart

    wall, direction = seen(view, lambda x, y: torch.where((y > 50) & (y < 60), 6.0, torch.where(y > 60, 5.0, 0.0)))
    reach = wall * direction[:, 1]
    assert float(reach[torch.isfinite(reach)].max()) < 62


def test_depth_is_planar_for_a_pinhole() -> None:
    view = pinhole(40, 30, EYE, EYE + np.array([0.0, 10.0, 0.0]), 20)

    planar = planar_per_metre(view, rays(view))

    assert torch.allclose(rays(view)[:, 1], planar, atol=1e-6)


def test_rays_follow_the_published_conventions() -> None:
    pano = rays(equirect(8, 4, EYE)).view(4, 8, 3)
    assert float(pano[:2, :, 2].min()) > 0
    right_of_centre = pano[1, 4]
    assert float(right_of_centre[1]) > 0
    assert float(right_of_centre[0]) > 0  # yaw grows to the right, towards +x


def test_noon_stands_in_the_south_and_the_heading_turns_it() -> None:
    noon = sun_direction(12.0, 1.22, 0.0)
    assert noon[1] < 0
    assert abs(noon[0]) < 1e-9
    assert math.degrees(math.asin(noon[2])) == pytest.approx(90 - 46 + 17, abs=0.01)
    assert sun_direction(12.0, 1.22, 90.0)[0] == pytest.approx(noon[1], abs=1e-9)
    assert sun_direction(6.0, 1.22, 0.0)[0] > 0.8
    for hour in (0.0, 6.0, 12.0, 21.5):
        assert np.linalg.norm(sun_direction(hour, 2.0, 33.0)) == pytest.approx(1)
        assert np.linalg.norm(moon_direction(hour, 33.0)) == pytest.approx(1)


def test_clear_sky_is_blue_overhead_and_the_low_sun_red() -> None:
    zenith = sky_table(800).fetch(torch.tensor([[0.0, 0.0, 1.0]]), 0.0)[0]
    assert zenith[2] > 2 * zenith[0]
    low = atmosphere().towards(torch.tensor([100.0]), torch.tensor([0.05]))[0]
    assert low[0] > 2 * low[2]
    assert float(atmosphere().towards(torch.tensor([100.0]), torch.tensor([-0.05])).max()) == 0


def test_light_passes_smoothly_through_the_whole_day() -> None:
    levels = []
    for hour in (4.0, 8.0, 12.0, *np.arange(17.6, 20.6, 0.1), 23.0):
        light = build_light(Scene(time_of_day=float(hour), season=2.2))
        for value in (light.sun_irradiance, light.sky_irradiance, light.fog_color):
            assert torch.isfinite(value).all()
            assert float(value.min()) >= 0
        assert light.exposure > 0
        if 17.5 < hour < 20.5:
            levels.append(float(light.sky_irradiance[1]) * light.exposure)
    # through dusk, six minutes never change how bright the sky's light develops by a whole stop
    ratios = np.abs(np.log2(np.array(levels[1:]) / np.array(levels[:-1])))
    assert ratios.max() < 1.0


def test_lamps_are_lit_after_dark_only() -> None:
    assert build_light(Scene(archetype="city", time_of_day=12)).lamps_on == 0
    assert build_light(Scene(archetype="city", time_of_day=22)).lamps_on > 0.4


def test_haze_takes_far_things_towards_the_sky() -> None:
    light = build_light(Scene(haze=1.0))
    way = torch.tensor([[0.0, 1.0, 0.0]]).expand(2, 3)

    near, far = through_air(torch.zeros(2, 3), way, torch.tensor([10.0, 20_000.0]), 2.0, light)

    assert float(near.max()) < 0.01 * float(far.max()) + 1e-3
    assert float(far.min()) > 0


def test_what_is_weighed_is_the_same_where_it_counts_and_asked_nowhere_else() -> None:
    x, y = (torch.linspace(-50, 50, 60)[:, None].expand(60, 60).contiguous() for _ in range(2))
    asked: list[int] = []

    def of(x: Tensor, y: Tensor) -> Tensor:
        asked.append(x.numel())
        return 3 * x + y

    weight = (x - 20).clamp(min=0)

    assert torch.equal(weighed(weight, x, y, of), weight * (3 * x + y))
    assert asked == [int((weight > 0).sum())]


def test_noise_repeats_where_its_period_says_and_nowhere_else() -> None:
    pattern = tile("test")
    x, y = torch.rand(500) * 90, torch.rand(500) * 90

    first = lookup(pattern, x, y, 30 * FEATURES)

    assert torch.allclose(first, lookup(pattern, x + 30 * FEATURES, y, 30 * FEATURES), atol=2e-3)
    assert not torch.allclose(first, lookup(tile("other"), x, y, 30 * FEATURES), atol=0.1)
    assert abs(float(pattern[:-1, :-1].std()) - 1) < 0.01


def test_film_maps_black_to_black_and_keeps_order() -> None:
    ramp = torch.linspace(0, 4, 64)[None, :, None].expand(40, 64, 3).contiguous()

    shown = develop(ramp, 1.0, vignette=False).astype(int)

    assert shown[0, 0].max() == 0
    assert (np.diff(shown[0, :, 1]) >= -1).all()
    assert shown[0, -1].min() > 200


def test_the_cache_keeps_within_its_bytes_and_drops_the_oldest() -> None:
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name

    cache: ByteCache[str] = ByteCache(10, lambda _: 4)
    for name in ("a", "b", "a", "c", "a", "b"):
        cache.get_or_make(name, lambda name=name: make(name))  # type: ignore[misc]  # binds the loop's name

    assert made == ["a", "b", "c", "b"]
    assert cache.bytes <= 10
