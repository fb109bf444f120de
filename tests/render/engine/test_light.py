"""Light and air: nothing jumps while the hour or the season is dragged, nothing breaks at the ends of any range, E4."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
import torch

from render.film import develop
from render.light.air import through_air
from render.light.base import Light
from render.light.beams import Beams, has_beams
from render.light.build import build_light
from render.light.exposure import luma
from render.light.lightning import flashes, lightning
from render.light.particles import fall
from render.light.skyward import sky_behind, sky_mirrored
from render.scene import WEATHERS, Scene, Weather
from render.view import equirect, pinhole
from render.visibility.polar import rays

HOURS = [h / 4 for h in range(96)]
GREY = 0.18


def shown(light: Light) -> tuple[float, float]:
    """Log2 of what grey level ground and the sky in the middle of the dome come to before the film's curve."""
    rise = max(float(light.sun_direction[2]), 0.0)
    ground = (light.sun_irradiance * rise + light.sky_irradiance) * (GREY / math.pi) * light.exposure
    dome = torch.tensor([[0.0, 0.7, 0.714], [0.7, 0.0, 0.714], [-0.7, 0.0, 0.714], [0.0, -0.7, 0.714]])
    sky = light.sky.radiance(dome).mean(0) * light.exposure
    return math.log2(luma(ground) + 1e-3), math.log2(luma(sky) + 1e-3)


def steps(lights: list[Light]) -> float:
    """The largest step between neighbours, in stops."""
    values = np.array([shown(light) for light in lights])
    return float(np.abs(np.diff(values, axis=0)).max())


@pytest.mark.parametrize("weather", WEATHERS)
def test_no_quarter_of_an_hour_changes_the_picture_at_a_stroke(weather: Weather) -> None:
    lights = [build_light(Scene(weather=weather, time_of_day=h, season=2.3)) for h in HOURS]
    assert steps([*lights, lights[0]]) < 1.05


def test_dragging_through_dusk_in_small_steps_never_jumps() -> None:
    lights = [build_light(Scene(time_of_day=h, season=2.3)) for h in np.arange(17.5, 20.5, 0.05).tolist()]
    assert steps(lights) < 0.35


def test_the_ring_of_seasons_closes_and_never_jumps() -> None:
    lights = [build_light(Scene(season=s % 4, time_of_day=17.0)) for s in np.arange(0, 4.01, 0.1).tolist()]
    assert steps(lights) < 0.3
    assert shown(lights[0]) == pytest.approx(shown(lights[-1]), abs=1e-4)


@pytest.mark.parametrize("weather", WEATHERS)
def test_intensity_never_jumps(weather: Weather) -> None:
    scenes = [Scene(weather=weather, weather_intensity=i / 20) for i in range(21)]
    assert steps([build_light(scene) for scene in scenes]) < 0.3


def test_days_are_brighter_than_dusk_and_dusk_than_night() -> None:
    for weather in WEATHERS:
        noon, dusk, night = (
            shown(build_light(Scene(weather=weather, time_of_day=h, season=2.3))) for h in (12.5, 18.5, 0.5)
        )
        assert noon[0] > dusk[0] + 0.7
        assert noon[0] > night[0] + 0.7
        assert dusk[1] > night[1] + 0.2


def test_the_blue_hour_is_blue_and_a_pink_arch_stands_over_the_earth_s_shadow() -> None:
    light = build_light(Scene(time_of_day=18.7, season=2.3, cloud_cover=0))
    assert -4 < light.sun_elevation_deg < -2
    zenith = light.sky.radiance(torch.tensor([[0.0, 0.0, 1.0]]))[0]
    assert zenith[2] > 1.4 * zenith[0]
    assert zenith[2] > 1.4 * zenith[1]
    away = -light.sun_direction[:2] / light.sun_direction[:2].norm()
    arch, shadow = (
        light.sky.radiance(torch.tensor([[*(away * math.cos(e)).tolist(), math.sin(e)]]))[0] for e in (0.20, 0.05)
    )
    assert arch[0] / arch[2] > 1.5 * shadow[0] / shadow[2]
    assert arch[0] > arch[1] > 0


def test_E4_exposure_comes_from_the_light_and_knows_no_camera() -> None:
    scene = Scene(weather="mist", time_of_day=6.5)
    assert build_light(scene).exposure == build_light(scene).exposure
    assert build_light(dataclasses.replace(scene, exposure_ev=1.0)).exposure == pytest.approx(
        2 * build_light(scene).exposure
    )


@pytest.mark.parametrize("weather", WEATHERS)
def test_sky_air_and_rain_are_finite_at_every_extreme(weather: Weather) -> None:
    views = [
        pinhole(48, 27, np.array([0.0, 0.0, 2.0]), np.array([0.0, 100.0, 30.0]), 18),
        pinhole(48, 27, np.array([0.0, 0.0, 4000.0]), np.array([0.0, 1.0, 4000.0]), 200),
        equirect(64, 32, np.array([900.0, -900.0, 12.0])),
    ]
    for hour, share in itertools.product((0.0, 5.4, 12.0, 19.0), (0.0, 1.0)):
        scene = Scene(
            archetype="city", weather=weather, time_of_day=hour, weather_intensity=share,
            cloud_cover=share, haze=share, lamps=share, season=share * 3.2,
        )
        light = build_light(scene)
        assert math.isfinite(light.exposure)
        assert light.exposure > 0
        for view in views:
            way = rays(view)
            up = torch.nonzero(way[:, 2] > -0.2).squeeze(1)
            for fineness in (1, 2) if view.projection == "pinhole" and hour == 19.0 else (1,):
                fine = rays(view.scaled(fineness)) if fineness > 1 else way
                which = torch.arange(fine.shape[0]) if fineness > 1 else up
                sky = sky_behind(fine[which], which, fine, view, light, fineness)
                assert torch.isfinite(sky).all()
                assert float(sky.min()) >= 0
            far = torch.full((way.shape[0],), 1e5)
            air = through_air(torch.zeros(way.shape[0], 3), way, far, float(view.eye_m[2]), light)
            assert torch.isfinite(air).all()
            assert torch.isfinite(fall(air, way, far, light, 0.004)).all()


def test_sky_of_part_of_the_picture_is_the_sky_of_the_whole() -> None:
    light = build_light(Scene(weather="cloudy", time_of_day=17.0))
    view = pinhole(64, 36, np.array([0.0, 0.0, 2.0]), np.array([0.0, 100.0, 40.0]), 24)
    way = rays(view)
    everything = torch.arange(way.shape[0])
    some = torch.nonzero(way[:, 2] > 0.15).squeeze(1)
    whole = sky_behind(way, everything, way, view, light, 1)
    assert torch.allclose(whole[some], sky_behind(way[some], some, way, view, light, 1), atol=1e-6)


def test_a_panorama_s_sky_has_no_seam() -> None:
    light = build_light(Scene(weather="cloudy", time_of_day=17.0, cloud_cover=0.6))
    view = equirect(384, 192, np.array([0.0, 0.0, 2.0]))
    way = rays(view)
    up = torch.nonzero(way[:, 2] > 0.02).squeeze(1)
    sky = sky_behind(way[up], up, way, view, light, 1).view(-1, 384, 3).mean(2) * light.exposure
    across = (sky[:, 0] - sky[:, -1]).abs().mean()
    within = (sky[:, 1:] - sky[:, :-1]).abs().mean(0)
    assert float(across) < float(within.quantile(0.98))


def test_still_water_mirrors_sheets_of_cloud() -> None:
    light = build_light(Scene(weather="storm"))
    way = torch.nn.functional.normalize(torch.rand(200, 3, generator=torch.Generator().manual_seed(1)) + 0.1, dim=1)
    mirrored = sky_mirrored(way, torch.tensor([0.0, 0.0, 2.0]), light)
    assert float((mirrored - light.sky.radiance(way)).abs().max()) > 1e-4


def test_fog_is_brighter_towards_a_low_sun_and_thins_with_height() -> None:
    light = build_light(Scene(weather="mist", time_of_day=7.0, season=2.3, weather_intensity=0.3))
    towards = light.sun_direction * torch.tensor([1.0, 1.0, 0.0])
    towards = towards / towards.norm()
    way = torch.stack([towards, -towards])
    lit = through_air(torch.zeros(2, 3), way, torch.full((2,), 500.0), 2.0, light)
    assert float(lit[0].sum()) > 1.3 * float(lit[1].sum())
    high = through_air(torch.zeros(2, 3), way, torch.full((2,), 500.0), 900.0, light)
    assert float(high.sum()) < float(lit.sum())


def test_towns_light_their_night_sky_and_hide_its_stars() -> None:
    town = build_light(Scene(archetype="city", time_of_day=23.0, weather="overcast"))
    wild = build_light(Scene(archetype="coast", time_of_day=23.0, weather="overcast"))
    low = torch.tensor([[0.0, 0.98, 0.199]])
    warm, cold = town.sky.radiance(low)[0] * town.exposure, wild.sky.radiance(low)[0] * wild.exposure
    assert float(warm[0] / warm[2]) > 1.3 * float(cold[0] / cold[2])


def test_a_slow_gradient_shows_no_bands() -> None:
    ramp = torch.linspace(0.020, 0.024, 512)[None, :, None].expand(64, 512, 3).contiguous()
    picture = develop(ramp, 1.0, vignette=False)[:, :, 1].astype(float)
    columns = picture.mean(0)
    smooth = np.convolve(columns, np.ones(9) / 9, "valid")
    line = np.polyval(np.polyfit(np.arange(smooth.size), smooth, 2), np.arange(smooth.size))
    assert np.unique(picture).size > 1
    assert np.abs(smooth - line).max() < 0.3  # plain rounding is off by half a step
    assert (develop(ramp, 1.0) == develop(ramp, 1.0)).all()


def test_lightning_stands_in_the_world_and_only_strong_storms_have_it() -> None:
    light = build_light(Scene(weather="storm", weather_intensity=0.9, time_of_day=20.0))
    assert flashes(light)
    assert not flashes(build_light(Scene(weather="storm", weather_intensity=0.4)))
    turn = torch.linspace(-math.pi, math.pi, 20_001)
    level = torch.stack([turn.sin(), turn.cos(), torch.full_like(turn, 0.05)], 1) / math.sqrt(1.0025)
    sighted: list[tuple[torch.Tensor, torch.Tensor]] = []
    for eye in (torch.zeros(3), torch.tensor([900.0, -400.0, 0.0])):
        way = level if not sighted else level[(level @ sighted[0][1]) > 0.90]  # the same bolt
        dark = torch.full((way.shape[0], 3), 1e-4)
        flash = lightning(dark, way, eye, light, 0.001).sum(1)
        assert torch.equal(flash, lightning(dark, way, eye, light, 0.001).sum(1))
        sighted.append((eye, way[int(flash.argmax())]))
    (one, a), (other, b) = sighted
    gap = (other - one)[:2]
    # Where the two lines of sight cross lies the foot, kilometres out and before both.
    far = float((gap[0] * b[1] - gap[1] * b[0]) / (a[0] * b[1] - a[1] * b[0]))
    assert 2500 < far < 6500


def test_beams_stand_between_shades_and_cost_the_mist_no_light_where_there_are_none() -> None:
    light = build_light(Scene(weather="mist", weather_intensity=0.5, time_of_day=9.0))
    assert has_beams(light)
    assert not has_beams(build_light(Scene(weather="clear")))
    view = pinhole(96, 54, np.array([0.0, 0.0, 2.0]), np.array([0.0, 100.0, 2.0]), 24)
    pixel, far = torch.arange(96 * 54), torch.full((96 * 54,), 300.0)
    open_, closed = (Beams(view, light, lambda x, y, top=top: torch.full_like(x, top)) for top in (-99.0, 999.0))
    assert float(open_.share(pixel, far).min()) > 0.999
    assert float(closed.share(pixel, far).max()) < 0.001
    wall = Beams(view, light, lambda x, y: torch.where(x < 0, 999.0, -99.0))
    share = wall.share(pixel, far).view(54, 96)
    assert float(share[:, :40].max()) < 0.2
    assert float(share[:, 56:].min()) > 0.8
