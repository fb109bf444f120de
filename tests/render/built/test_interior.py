"""The room: daylight through its windows, lamps at night, furniture by density."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from render.scene import WEATHERS
from render.shots import ANGLES
from render.shots import place as place_camera
from render.spec import CameraSpec
from render.world.built import BuiltWorld
from render.world.place import rotation
from render.world.quads_scene import Material
from tests.render.built.helpers import adapted, built, picture, room_view, scene


@pytest.fixture(scope="module")
def world() -> BuiltWorld:
    return built(scene("living_room"))


def _luma(image: Tensor) -> Tensor:
    return image @ torch.tensor([0.2126, 0.7152, 0.0722])


def test_E1_the_same_room_twice_is_the_same_picture(world: BuiltWorld) -> None:
    twin = built(scene("living_room"))

    _, image = picture(world, scene("living_room"), room_view(world))
    _, image2 = picture(twin, scene("living_room"), room_view(twin))

    assert torch.equal(image, image2)


def test_E2_depth_in_the_room_ends_at_its_walls(world: BuiltWorld) -> None:
    g = world.trace(room_view(world))
    turn = torch.from_numpy(rotation(world.place.heading_deg)).float()
    own = world.position_m(g, torch.arange(g.quad.numel())) @ turn.T
    outside = g.material == Material.FACADE
    inside = g.hit & ~outside & (own[:, 0].abs() < 3.2) & (own[:, 1].abs() < 3.7)

    assert float(g.depth_m[inside].max()) < 10
    assert float(inside.float().mean()) > 0.8


def test_all_six_standard_angles_stand_inside_the_room(world: BuiltWorld) -> None:
    turn = rotation(world.place.heading_deg)

    for kind in ANGLES:
        eye = place_camera(world, CameraSpec(kind), 64, 64).view.eye_m @ turn.T
        assert abs(eye[0]) < 2.8
        assert abs(eye[1]) < 3.3
        assert 0.2 < eye[2] < 2.95


def test_walls_and_furniture_are_not_free(world: BuiltWorld) -> None:
    turn = rotation(world.place.heading_deg)

    assert world.is_free(np.array([0.9, -1.8, 1.5]) @ turn, 0.3)
    assert not world.is_free(np.array([2.9, 0.0, 1.5]) @ turn, 0.1)
    assert not world.is_free(np.array([1.75, 0.65, 0.4]) @ turn, 0.1)  # in the sofa
    assert not world.is_free(np.array([30.0, 0.0, 1.5]) @ turn, 0.1)  # out in the street


def test_the_sun_moves_its_patch_over_the_floor(world: BuiltWorld) -> None:
    view = room_view(world)

    g, morning = picture(world, scene("living_room", time_of_day=9.0), view)
    _, later = picture(world, scene("living_room", time_of_day=11.0), view)

    floor = (g.material == Material.PLANKS) | (g.material == Material.RUG)
    threshold = 4 * float(_luma(morning)[floor].median())
    patch, patch_later = _luma(morning)[floor] > threshold, _luma(later)[floor] > threshold
    assert bool(patch.any())
    both = (patch & patch_later).sum() / (patch | patch_later).sum()
    assert float(both) < 0.8


def test_light_bounces_to_the_ceiling(world: BuiltWorld) -> None:
    place = scene("living_room", time_of_day=9.0)
    light = adapted(world, place)
    hour = world.lighting.hour(light, world._casters, world._leaf_share, True)
    nodes = world.lighting.nodes
    ceiling = world.lighting.inside & (nodes.normal[:, 2] < -0.9) & (nodes.position[:, 2] > 2.8)
    floor = world.lighting.inside & (nodes.normal[:, 2] > 0.9) & (nodes.position[:, 2] < 0.05)

    assert float(hour.sky[ceiling].mean()) > 0.1 * float(hour.sky[floor].mean())


def test_lamps_carry_the_night(world: BuiltWorld) -> None:
    view = room_view(world)

    g, lit = picture(world, scene("living_room", time_of_day=23.0, lamps=0.8), view)

    shade = g.material == Material.GLOW
    wall = g.material == Material.WALLPAPER
    assert float(_luma(lit)[shade].mean()) > 1
    assert 0.02 < float(_luma(lit)[wall].mean()) < 0.6
    assert float(lit[wall, 0].mean()) > 1.4 * float(lit[wall, 2].mean())  # warm


def test_density_furnishes_and_height_lifts_the_ceiling() -> None:
    bare = built(scene("living_room", density=0.0, height=0.0))
    full = built(scene("living_room", density=1.0, height=1.0))

    assert len(full.place.mesh) > 1.2 * len(bare.place.mesh)
    up = np.array([0.0, 0.0, 1.0])
    turn = rotation(bare.place.heading_deg)
    low, high = bare.first_hit(np.array([1.5, -2.0, 1.0]) @ turn, up), full.first_hit(
        np.array([1.5, -2.0, 1.0]) @ rotation(full.place.heading_deg), up
    )
    assert low == pytest.approx(1.45, abs=0.03)
    assert high == pytest.approx(2.80, abs=0.03)


@pytest.mark.parametrize("weather", WEATHERS)
def test_every_weather_at_every_hour_gives_finite_light(world: BuiltWorld, weather: str) -> None:
    view = room_view(world, 64)
    for hour in (0.0, 8.0):
        g, image = picture(world, scene("living_room", weather=weather, time_of_day=hour), view)
        assert bool(torch.isfinite(image).all())
        assert 0.005 < float(_luma(image)[g.hit].median()) < 2.0
