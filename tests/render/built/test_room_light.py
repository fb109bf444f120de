"""One exposure holds a room and the day outside, and beams of sun stand in its air for every camera alike."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from render.engines.procedural import ProceduralEngine
from render.light.base import Light
from render.light.build import build_light
from render.light.glazing import beam, gel, held, scrim, through_panes
from render.light.roomsun import RoomSun
from render.light.shafts import thickness
from render.spec import CameraSpec, RenderSpec
from render.world.build import build_world
from render.world.built import BuiltWorld
from render.world.place import rotation
from tests.render.built.helpers import adapted, scene, silent


@pytest.fixture(scope="module")
def church() -> BuiltWorld:
    world = build_world(scene("church"), silent, fine=False)
    assert isinstance(world, BuiltWorld)
    return world


def _sun(world: BuiltWorld, light: Light) -> RoomSun:
    sun = world.hour(light, coarse=True).sun
    assert isinstance(sun, RoomSun)
    return sun


def test_neither_windows_nor_patches_of_sun_burn_out() -> None:
    spec = RenderSpec(scene("church", time_of_day=9.0), CameraSpec("wide_establishing"), 160, 90, "preview")
    shown = ProceduralEngine(cache_bytes=200_000_000).render(spec, silent).display

    assert float((shown.min(2) >= 250).mean()) < 0.02


def test_gels_and_scrims_vanish_at_night_and_hold_the_day() -> None:
    night, day = (build_light(scene("church", time_of_day=hour)) for hour in (23.5, 11.0))
    bright = replace(day, exposure=day.exposure * 50)  # as a room is exposed

    assert min(gel(night), scrim(night), beam(night)) > 0.95
    assert max(gel(bright), scrim(bright)) < 0.4
    assert gel(bright) * bright.exposure > day.exposure  # a window stays brighter than the same view outdoors


def test_held_glass_keeps_its_colour_and_its_most() -> None:
    radiance = torch.tensor([[0.02, 0.01, 0.01], [4.0, 2.0, 1.0], [400.0, 200.0, 100.0]])
    got = held(radiance, 2.0, 0.8)

    assert torch.allclose(got[0], radiance[0], rtol=1e-3)
    assert bool((got @ torch.tensor([0.2126, 0.7152, 0.0722]) <= 2.0 * 0.8 + 1e-5).all())
    assert torch.allclose(got[:, 0] / got[:, 1], radiance[:, 0] / radiance[:, 1])


def test_weather_begins_outside_the_windows(church: BuiltWorld) -> None:
    turn = torch.from_numpy(rotation(church.place.heading_deg)).float()
    eye = torch.tensor([0.0, 0.0, 1.7]) @ turn
    way = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]) @ turn

    outside = church.outdoors_m(eye, way, torch.tensor([4.9, 30.0, 3.0]))

    assert outside[0] == 0
    assert outside[2] == 0
    assert 24.0 < float(outside[1]) < 25.0
    light = build_light(scene("church", weather="mist"))
    assert bool((through_panes(torch.ones(1, 3), light) <= 1).all())


def test_beams_are_the_shadow_maps_own(church: BuiltWorld) -> None:
    sun = _sun(church, adapted(church, scene("church", time_of_day=15.0)))
    low, high = sun.inside
    at = torch.rand(4000, 3, generator=torch.Generator().manual_seed(3)) * 0.9 + 0.05
    exact = sun.lit((low + at * (high - low)) @ sun.own.T, torch.zeros(4000, 3))
    read = torch.nn.functional.grid_sample(
        sun.air[None, None], (at * 2 - 1).view(1, 1, 1, -1, 3), align_corners=False
    ).view(-1)

    assert float(exact.mean()) > 0.004
    assert abs(float(read.mean()) - float(exact.mean())) < 0.15 * float(exact.mean())
    assert float(read[exact > 0.5].mean()) > 5 * float(read[exact < 0.5].mean())


def test_mist_dust_and_haze_thicken_the_beams() -> None:
    def thick(**changes: object) -> float:
        return thickness(build_light(scene("church", **changes)), 0.002)

    clear = thick(haze=0.25)
    assert thick(haze=0.0) < clear < thick(haze=0.8)
    assert thick(weather="mist") > 1.5 * clear
    assert thick(weather="dust") > 1.5 * clear


def test_what_is_held_late_keeps_its_lower_half() -> None:
    grey = torch.tensor([0.1, 0.5, 1.0, 50.0])[:, None].expand(4, 3)
    got = held(grey, 1.0, 1.0, late=True)[:, 0]

    assert torch.allclose(got[:2], grey[:2, 0], rtol=0.02)
    assert 0.8 < float(got[2]) < 0.9
    assert float(got[3]) <= 1.0


def test_reveals_are_one_surface_across_the_pane() -> None:
    # the part beyond the pane was five times as bright and blue, the part before it mottled by few samples
    world = build_world(scene("corridor"), silent, fine=False)
    assert isinstance(world, BuiltWorld)
    assert world.place.portals is not None
    nodes, indoors = world.lighting.nodes, world.lighting.inside
    sky = world.hour(adapted(world, scene("corridor", time_of_day=12.5)), coarse=True).sky
    spots = world.place.portals.samples(72)[0].float()
    beside = torch.stack([(nodes.position - spot).norm(dim=1) for spot in spots]).amin(0) < 0.6
    beside &= (nodes.normal[:, 2].abs() < 0.1) & ~nodes.soft
    warmth = (sky[:, 0] / sky[:, 2]).log()

    steps = []
    for quad in torch.unique(nodes.quad[beside]).tolist():
        here = beside & (nodes.quad == quad)
        before, beyond = here & indoors, here & ~indoors
        if before.sum() > 2 and beyond.sum() > 2:
            brighter, warmer = sky[beyond].mean() / sky[before].mean(), warmth[beyond].mean() - warmth[before].mean()
            steps.append((float(brighter), float(warmer)))
    uneven = (warmth - nodes.smoothed(warmth[:, None], 1)[:, 0])[beside].abs().mean()

    ratios, hues = zip(*steps, strict=True)
    assert len(steps) > 8
    assert sorted(ratios)[len(ratios) // 2] < 2
    assert max(abs(hue) for hue in hues) < 0.3
    assert float(uneven) < 0.025
