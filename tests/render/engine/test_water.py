"""Water mirrors what stands behind it, holds no grain finer than a pixel, and rain leaves puddles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from render.light.build import build_light
from render.scene import Scene
from render.world.land_maps import ground_at
from render.world.mirrored_things import turn_over
from render.world.terrain import THING, WATER
from tests.render.engine.scenes import engine, picture, quiet, spec, terrain

SIZE = (192, 108)


def test_a_lake_in_the_shade_of_mountains_is_as_dark_as_they_are() -> None:
    got = picture(size=SIZE, archetype="alpine", seed=7, time_of_day=6.0)
    view = got.view
    rows, columns = np.mgrid[0 : view.height_px, 0 : view.width_px] + 0.5
    ray = np.stack([(columns - view.cx_px) / view.fx_px, (rows - view.cy_px) / view.fy_px, np.ones_like(rows)], -1)
    height = view.eye_m[2] + (ray @ view.world_from_cam.T)[..., 2] * np.where(np.isfinite(got.depth_m), got.depth_m, 0)
    far_water = np.isfinite(got.depth_m) & (np.abs(height - 2.0) < 0.02) & (got.depth_m > 250)
    sky = ~np.isfinite(got.depth_m)

    assert far_water.sum() > 150
    assert np.median(got.linear[far_water].mean(-1)) < 0.5 * np.median(got.linear[sky].mean(-1))


def test_the_far_sea_does_not_sparkle() -> None:
    got = picture(size=SIZE, archetype="coast", time_of_day=9.0, cloud_cover=0.0)
    far = np.isfinite(got.depth_m) & (got.depth_m > 900)
    both = far[:, 1:] & far[:, :-1]
    assert both.sum() > 100
    steps = np.abs(np.diff(got.display.astype(float).mean(-1), axis=1))
    assert np.median(steps[both]) < 3.0  # of 255


def test_a_red_boathouse_stands_head_down_in_the_water() -> None:
    world = terrain("lake")
    shot = engine().render(spec(size=SIZE, archetype="lake"), quiet).view
    g = world.trace(shot)
    upside = turn_over(world, shot, 1.0)

    assert (g.material == THING).any()
    assert upside is not None
    water = g.material == WATER
    under = water & (upside.card >= 0) & (upside.along_m > g.along_m)  # type: ignore[attr-defined]  # a TerrainBuffer
    assert under.sum() > 20


def test_things_are_seen_where_they_stand_and_keep_cameras_out() -> None:
    world = terrain("lake")
    assert world.things is not None
    middle = world.things.quads.origin.mean(0)
    roof = world.things.quads.origin[:, 2].argmax()
    top = world.things.quads.origin[roof]
    assert not world.is_free(np.array([float(top[0]), float(top[1]), float(top[2]) - 1.5]), 0.3)
    assert torch.isfinite(middle).all()


@pytest.mark.parametrize("archetype", ["lake", "tropical"])
def test_ground_at_one_point_is_the_map_s(archetype: str) -> None:
    world = terrain(archetype)
    ground = ground_at(world.layers)
    for x, y in ((0.0, 0.0), (-31.4, 77.7), (174.0, -12.0), (650.0, 500.0), (-2500.0, 1800.0), (7900.0, -7900.0)):
        want = float(world.layers.at(torch.tensor([x]), torch.tensor([y]))[4, 0])
        assert ground(x, y) == pytest.approx(want, abs=0.02)


def test_micro_relief_belongs_to_the_place_and_ends_at_the_water_and_at_its_circle() -> None:
    world = terrain("lake")
    assert world.land.water_m is not None
    x, y = torch.linspace(-40, 40, 400), torch.linspace(-60, 0, 400)
    ground = torch.full_like(x, world.land.water_m + 3)

    raised = world.micro.raised(x, y, ground) - ground
    assert 0.3 * world.micro.height_m < float(raised.std()) < 1.5 * world.micro.height_m
    at_water = torch.full_like(x, world.land.water_m)
    assert (world.micro.raised(x, y, at_water) == at_water).all()
    assert (world.micro.raised(x + 900, y, ground) == ground).all()


def test_micro_slopes_are_those_of_the_micro_relief() -> None:
    world = terrain("lake")
    x, y = torch.linspace(-30, 30, 500), torch.linspace(-40, -10, 500)
    ground = torch.full_like(x, 5.0)
    step = 0.01
    east = (world.micro.raised(x + step, y, ground) - world.micro.raised(x - step, y, ground)) / (2 * step)

    got, _, _ = world.micro.slopes(x, y, ground, torch.zeros_like(x))

    both = torch.stack([east, got])
    assert float(torch.corrcoef(both)[0, 1]) > 0.9


def test_rain_leaves_puddles_on_level_ground_and_clear_weather_none() -> None:
    from render.world.land import Hit
    from render.world.puddles import puddles

    scene = Scene(archetype="alpine")
    some = torch.linspace(-1.5, 1.5, 4000)
    zero, one = torch.zeros(4000), torch.ones(4000)
    x = torch.linspace(0, 90, 4000)
    hit = Hit(x, x * 0.3, zero, zero, zero, zero, one, zero, one, one * 20, one * 5, some, zero, zero)

    dry = puddles(hit, zero, zero, build_light(scene))
    wet = puddles(hit, zero, zero, build_light(replace(scene, weather="rain", weather_intensity=0.8)))
    steep = puddles(replace(hit, steep=one), zero, zero, build_light(replace(scene, weather="rain")))

    assert float(dry.max()) == 0
    assert 0.05 < float(wet.mean()) < 0.6
    assert float(steep.max()) == 0


def test_a_lake_freezes_in_winter_from_its_shores_and_not_in_summer() -> None:
    from render.world.ice import Freezes, frozen

    deep = torch.tensor([0.2, 1.0, 8.0]).repeat_interleave(600)
    x, y = torch.linspace(0, 900, 1800), torch.linspace(0, 400, 1800)
    share = {}
    for cold in (0.25, 0.8):
        ice, lies = frozen(x, y, deep, torch.full_like(x, 0.2), cold, build_light(Scene(archetype="lake")))
        share[cold] = ice.reshape(3, 600).mean(1)
        assert bool(((ice >= 0) & (ice <= 1)).all())
        assert bool(((lies >= 0) & (lies < 1)).all())
    assert share[0.25][0] > 0.3 > 0.05 > share[0.25][2]
    assert share[0.8][2] > 0.9
    assert isinstance(terrain("lake").land, Freezes)
    assert not isinstance(terrain("coast").land, Freezes), "the sea does not"
