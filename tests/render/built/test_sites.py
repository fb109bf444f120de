"""Sites: land and built things in one picture, under one light, for every camera, hour and weather."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from render.light.base import Light
from render.light.build import build_light
from render.scene import Scene
from render.shots import place as place_camera
from render.spec import STANDARD_KINDS, CameraSpec
from render.view import View, pinhole
from render.world.build import build_world
from render.world.place import rotation
from render.world.quads_scene import Material
from render.world.site import FIRST_MATERIAL, SiteBuffer, SiteWorld
from render.world.village_plan import plan_village
from tests.render.built.helpers import scene, silent


def _site(of: Scene, *, fine: bool = False) -> SiteWorld:
    world = build_world(of, silent, fine=fine)
    assert isinstance(world, SiteWorld)
    return world


@pytest.fixture(scope="module")
def village() -> SiteWorld:
    return _site(scene("village"))


@pytest.fixture(scope="module")
def ruins() -> SiteWorld:
    return _site(scene("ruins"))


def _light(world: SiteWorld, of: Scene) -> Light:
    return world.adapt(of, build_light(of))


def _view(world: SiteWorld, width: int = 96, back_m: float = 24.0, up_m: float = 6.0) -> View:
    """Along the own y axis towards the focus."""
    turn = rotation(world.built.place.heading_deg)
    focus = world.stage.focus_m
    eye = focus + np.array([-1.0, -back_m, up_m - focus[2]]) @ turn
    return pinhole(width, width * 9 // 16, eye, focus + np.array([0.0, 0.0, 1.0]), 22.0)


def _picture(world: SiteWorld, of: Scene, view: View) -> tuple[SiteBuffer, Tensor]:
    light = _light(world, of)
    g = world.trace(view)
    image = light.sky.radiance(g.direction)
    which = g.hit.nonzero().squeeze(1)
    image[which] = world.shade(g, which, light)
    return g, image * light.exposure


def _luma(image: Tensor) -> Tensor:
    return image @ torch.tensor([0.2126, 0.7152, 0.0722])


def _own(world: SiteWorld, x: float, y: float) -> tuple[float, float]:
    at = np.array([x, y, 0.0]) @ rotation(world.built.place.heading_deg)
    return float(at[0]), float(at[1])


@pytest.mark.parametrize("name", ["village", "ruins"])
def test_a_site_shows_land_and_built_things_the_nearest_in_front(name: str, request: pytest.FixtureRequest) -> None:
    world: SiteWorld = request.getfixturevalue(name)
    g = world.trace(_view(world))

    built, land = (g.front & g.hit).float().mean(), (~g.front & g.hit).float().mean()
    assert float(built) > 0.1
    assert float(land) > 0.1
    both = g.built.hit & g.land.hit
    nearest = torch.minimum(g.built.depth_m, g.land.depth_m)[both]
    torch.testing.assert_close(g.depth_m[both], nearest, rtol=5e-3, atol=0.07)
    assert bool((g.material[g.front] >= FIRST_MATERIAL).all())


def test_E1_the_same_site_twice_is_the_same_picture(ruins: SiteWorld) -> None:
    evening = scene("ruins", time_of_day=20.4, weather="cloudy")
    g, image = _picture(ruins, evening, _view(ruins, 64))
    twin = _site(scene("ruins"), fine=False)
    g2, image2 = _picture(twin, evening, _view(twin, 64))

    assert torch.equal(g.depth_m, g2.depth_m)
    assert torch.equal(image, image2)


def test_E2_what_is_traced_is_what_a_ray_meets(village: SiteWorld) -> None:
    view = _view(village, 64)
    g = village.trace(view)
    forward = torch.from_numpy(view.world_from_cam[:, 2]).float()
    along = g.depth_m / (g.direction @ forward)
    walls = (g.front & (g.built.material == int(Material.FACADE))).nonzero().squeeze(1)[::9]

    met = np.array([village.first_hit(view.eye_m, g.direction[k].double().numpy()) for k in walls.tolist()])

    assert np.isclose(met, along[walls].numpy(), rtol=0.02, atol=0.3).mean() > 0.9


def test_E5_both_versions_of_a_site_share_their_houses(village: SiteWorld) -> None:
    again = _site(replace(scene("village"), time_of_day=18.0, season=3.0, weather="snow"))

    assert again.built.place is village.built.place


def test_E6_the_six_angles_find_a_place_to_stand(village: SiteWorld, ruins: SiteWorld) -> None:
    for world in (village, ruins):
        for kind in STANDARD_KINDS:
            eye = place_camera(world, CameraSpec(kind), 64, 36).view.eye_m
            assert world.is_free(eye, 0.2)
            assert eye[2] > world.ground_m(float(eye[0]), float(eye[1])) + 0.3


def test_houses_stand_on_their_ground_and_nobody_stands_in_them(village: SiteWorld) -> None:
    plan = plan_village(scene("village"))
    for plot in plan.plots[::4]:
        out = np.array([-np.sin(plot.yaw), np.cos(plot.yaw)])
        x, y = _own(village, *(np.array([plot.x, plot.y]) + out * plot.deep / 2))
        ground = village.land.ground_m(x, y)
        assert not village.is_free(np.array([x, y, ground + 1.6]), 0.5)
        front = _own(village, *(np.array([plot.x, plot.y]) - out * 0.3))
        assert abs(village.land.ground_m(*front) - ground) < 1.1  # walls reach 1.2 m below their floor


def test_houses_and_columns_throw_shade_on_the_land(village: SiteWorld, ruins: SiteWorld) -> None:
    for world, name in ((village, "village"), (ruins, "ruins")):
        light = _light(world, scene(name, time_of_day=17.0))
        side = torch.linspace(-40, 40, 81)
        x, y = (v.reshape(-1) for v in torch.meshgrid(side, side, indexing="ij"))
        focus = world.stage.focus_m
        z = world.land.layers.at(x + float(focus[0]), y + float(focus[1]))[4]
        position = torch.stack([x + float(focus[0]), y + float(focus[1]), z])
        sun, opening, _ = world.light.fall(position, torch.ones(x.shape[0]), light)
        assert 0.03 < float((sun < 0.5).float().mean()) < 0.9
        assert float(opening.min()) < 0.75
        assert float(opening.max()) <= 1.0


def test_lamps_light_the_ground_after_dark(ruins: SiteWorld) -> None:
    view = _view(ruins)
    # fixed exposure: where lamps burn, a picture is exposed for them
    g, lit = _picture(ruins, night := scene("ruins", time_of_day=23.0, lamps=0.8), view)
    _, dark = _picture(ruins, moonlit := scene("ruins", time_of_day=23.0, lamps=0.0), view)
    lit, dark = lit / _light(ruins, night).exposure, dark / _light(ruins, moonlit).exposure

    near = ~g.front & g.hit & (g.depth_m < 40)
    assert float(_luma(lit)[near].mean()) > 1.3 * float(_luma(dark)[near].mean())


def test_hills_and_clouds_may_take_the_sun_from_houses(village: SiteWorld) -> None:
    light = _light(village, scene("village", time_of_day=18.6))
    walls = village.built.lighting.nodes.position[::97]

    share = village.light.arrives(walls, light)

    assert 0 <= float(share.min()) <= float(share.max()) <= 1.001


def test_downtown_shines_and_its_streets_are_damp_on_a_dry_night() -> None:
    from render.world.built import BuiltWorld

    world = build_world(scene("downtown", density=0.3), silent)
    assert isinstance(world, BuiltWorld)
    turn = rotation(world.place.heading_deg)
    view = pinhole(96, 54, np.array([1.0, -18.0, 1.7]) @ turn, np.array([0.0, 24.0, 7.0]) @ turn, 22.0)
    night = scene("downtown", density=0.3, time_of_day=22.0)
    light = world.adapt(night, build_light(night))
    g = world.trace(view)
    which = g.hit.nonzero().squeeze(1)
    image = torch.zeros(g.depth_m.shape[0], 3)
    image[which] = world.shade(g, which, light) * light.exposure

    signs = (g.material == int(Material.NEON)) | (g.material == int(Material.SCREEN))
    road = g.material == int(Material.ROAD)
    assert float(_luma(image)[signs].mean()) > 5 * float(_luma(image)[road].mean())
    assert float(_luma(image)[road].std() / _luma(image)[road].mean()) > 0.5  # mirrored lights
