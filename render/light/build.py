"""Scene → Light: hour, season and weather become sun, sky, air and exposure."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.archetypes import KINDS
from render.light.atmosphere import atmosphere, rayleigh_per_m
from render.light.base import Light
from render.light.clouds import CloudDeck
from render.light.exposure import exposure_of, luma
from render.light.high_clouds import HighClouds
from render.light.sky import MixedSky, SkyTable, sky_table, sun_through_air
from render.light.sun import Direction, moon_direction, sun_direction
from render.light.weather import Air, air_of, season_haze, season_tint, winter_share
from render.scene import Scene

_MOON_TINT = (0.62, 0.80, 1.25)
_MOON_GAIN = 0.026
_TAN = (1.0, 0.72, 0.42)
_TOWN = {"village": 0.25, "city": 0.8, "downtown": 1.3, "office": 0.8, "living_room": 0.4, "kitchen": 0.4}
"""How brightly the lamps of a kind of place light the air above it."""


_WINTER_WHITE = {"alpine": 1.0, "conifer": 0.8, "forest": 0.6, "farmland": 0.7, "lake": 0.7, "coast": 0.4}
"""How white the ground of a kind of place lies in midwinter, whatever the weather."""


def build_light(scene: Scene) -> Light:
    """The light of a scene: sky and sun, air, exposure.

    Exposure comes from this light alone and is the same for every camera (E4).
    """
    air = air_of(scene)
    sun = sun_direction(scene.time_of_day, scene.season, scene.sun_heading_deg)
    elevation_deg = math.degrees(math.asin(max(-1.0, min(1.0, float(sun[2])))))
    moon = moon_direction(scene.time_of_day, scene.sun_heading_deg)
    night = _ramp(-5.0, -13.0, elevation_deg)

    day = sky_table(round(math.radians(max(elevation_deg, -18.0)) * 1000))
    clear = day.level_irradiance()
    dark: SkyTable | None = None
    # As steeply as twilight fades, so that neither takes over from the other at a stroke.
    gain = torch.tensor(_MOON_TINT) * (_MOON_GAIN * math.expm1(5.5 * night) / math.expm1(5.5))
    floor = torch.tensor([0.00009, 0.00013, 0.00024]) * night
    clear = clear + floor * math.pi
    # The last sunlight is gone before the first moonlight comes, so that changing over is no jump.
    sunlight, key, by_moon = _sunlight(float(sun[2])) * torch.tensor(season_tint(scene.season)), sun, False
    if night > 0:
        dark = sky_table(round(math.asin(float(moon[2])) * 200) * 5)
        clear = clear + dark.level_irradiance() * gain
        moonlight = sun_through_air(float(moon[2])) * gain
        if luma(moonlight) > luma(sunlight):
            sunlight, key, by_moon = moonlight, moon, True
    towards = torch.tensor(key, dtype=torch.float32)
    rise = max(float(key[2]), 0.0)
    above = sunlight  # before any cloud

    cover = _cover(above, clear, rise) * air.gain
    sky_irradiance = torch.lerp(clear, cover, air.overcast)
    sunlight = sunlight * ((1 - air.overcast) ** 1.3 + 0.06 * air.overcast * (1 - air.overcast))
    sunlight = sunlight * (1 - 0.5 * air.veil * min(1.0, air.fog_per_m * 300))
    if air.dust:
        tan = torch.tensor(_TAN)
        sunlight = sunlight * torch.lerp(torch.ones(3), tan * 0.55, air.dust)
        sky_irradiance = torch.lerp(sky_irradiance, luma(sky_irradiance) * tan * 1.15, air.dust)
    fog_color = sky_irradiance * (0.88 / math.pi) + sunlight * (0.02 + 0.05 * rise)
    # Light that has been through fog is scattered often and pales.
    fog_glow = torch.lerp(sunlight, luma(sunlight) * torch.tensor([1.08, 1.0, 0.9]), 0.35 * (1 - air.dust))
    fog_glow = fog_glow * (0.5 + 0.4 * air.dust)
    if air.dust:
        fog_color = torch.lerp(fog_color, luma(fog_color) * torch.tensor(_TAN) * 1.2, 0.7 * air.dust)

    if air.snow:  # falling snow stands grey before lying snow, which sees the whole sky
        fog_color = fog_color * (1 - 0.26 * air.snow)

    level = sunlight * rise
    bounce = (level + sky_irradiance) * torch.tensor(KINDS[scene.archetype].ground)
    if air.snow:
        bounce = torch.lerp(bounce, (level + sky_irradiance) * 0.6, air.snow * 0.7)
    white = max(air.snow, _WINTER_WHITE.get(scene.archetype, 0.0) * _ramp(0.55, 0.95, winter_share(scene.season)))
    exposure = exposure_of(sunlight, sky_irradiance, float(key[2]), night, air, white, scene.exposure_ev)

    lamps_on = scene.lamps * _ramp(4.0, -3.0, elevation_deg - 5 * air.overcast * (1 - air.gain) * 2)
    lamplit = min(1.0, _TOWN.get(scene.archetype, 0.0) * 2 * lamps_on) * _ramp(1.0, -8.0, elevation_deg)
    town = torch.tensor([0.95, 0.58, 0.34]) * (0.14 * lamplit * 2.0**scene.exposure_ev / exposure)
    sky_irradiance = sky_irradiance + 0.3 * town
    cover_radiance = cover * (0.78 * 9 / (7 * math.pi))  # a cover keeps its shapes only below white
    return Light(
        scene=scene,
        sun_direction=towards,
        sun_irradiance=sunlight,
        sky_irradiance=sky_irradiance,
        ground_bounce=bounce,
        sun_elevation_deg=elevation_deg,
        sky=MixedSky(
            day=day, day_azimuth=math.atan2(float(sun[0]), float(sun[1])), night=dark,
            night_azimuth=math.atan2(float(moon[0]), float(moon[1])), night_gain=gain, overcast=air.overcast,
            cover_radiance=cover_radiance, cover_glow=above * (0.05 + 0.06 * air.breaks) * air.gain**2,
            towards=towards, storm=air.storm, floor=floor, veil=air.veil, veil_radiance=fog_color, town=town,
            has_town=float(town.max()) > 0,
        ),
        exposure=exposure,
        fog_per_m=air.fog_per_m,
        fog_height_m=air.fog_height_m,
        fog_color=fog_color + town * 0.7,
        fog_glow=fog_glow,
        fog_banks=air.banks,
        haze_per_m=rayleigh_per_m() * 1.1 + 3.0e-5 * (scene.haze / 0.25) ** 1.6 * season_haze(scene.season),
        wetness=air.wetness,
        puddles=air.puddles,
        snow=air.snow,
        precipitation=air.precipitation,
        dust=air.dust,
        storm=air.storm,
        by_moon=by_moon,
        lamplit_air=lamplit,
        clouds=_cumulus(scene, air, key, gain if by_moon else torch.ones(3), sky_irradiance, towards),
        high_clouds=_sheets(scene, air, sun, moon, gain, night, clear, cover_radiance, above),
        overcast=air.overcast + (1 - air.overcast) * air.veil * 0.6,
        lamps_on=lamps_on,
        key=(*scene.key("light"), scene.archetype, scene.season),
    )


def _sunlight(sin_elevation: float) -> Tensor:
    """(3,) sunlight on the ground. What the air forwards of the sun's own glow keeps the last light orange, not red."""
    direct = sun_through_air(sin_elevation)
    forwarded = luma(direct) * torch.tensor([1.75, 0.86, 0.32])
    return torch.lerp(direct, forwarded, 0.55 * _ramp(0.16, 0.0, sin_elevation))


def _cover(sunlight: Tensor, clear: Tensor, rise: float) -> Tensor:
    """(3,) irradiance under a white closed cover: nearly grey by day, blue when only the sky is left to light it."""
    amount = 0.34 * luma(sunlight) * (rise + 0.03) + 0.72 * luma(clear)
    hue = clear / max(luma(clear), 1e-9)
    grey = torch.tensor([0.94, 0.99, 1.06])
    share = 0.16 + 0.44 * _ramp(0.22, -0.02, rise)
    return torch.lerp(grey, hue, share) * amount


def _cumulus(
    scene: Scene, air: Air, key: Direction, gain: Tensor, sky_irradiance: Tensor, towards: Tensor
) -> CloudDeck | None:
    if air.cumulus is None:
        return None
    aloft = atmosphere().towards(torch.tensor([2200.0]), torch.tensor([float(key[2])]))[0] * gain
    return CloudDeck(scene.seed, air.cumulus, aloft, sky_irradiance / math.pi, towards)


def _sheets(
    scene: Scene, air: Air, sun: Direction, moon: Direction, gain: Tensor, night: float, clear: Tensor, cover: Tensor,
    above: Tensor,
) -> HighClouds:
    """Cirrus and altocumulus keep the sun for minutes after it has set on the ground; then the moon lights them."""
    heights, low = torch.tensor([9000.0, 4200.0]), torch.full((2,), float(sun[2]))
    by_sun = atmosphere().towards(heights, low)
    by_moon = atmosphere().towards(heights, torch.full((2,), float(moon[2]))) * gain
    to = moon if night > 0.5 else sun
    lit = by_sun + by_moon
    return HighClouds(
        seed=scene.seed, cirrus=air.cirrus * (1 - air.overcast), altocumulus=air.altocumulus * (1 - air.overcast),
        on_cirrus=lit[0], on_alto=lit[1], ambient=clear / math.pi, towards=torch.tensor(to, dtype=torch.float32),
        overcast=air.overcast, rough=air.rough, breaks=air.breaks, storm=air.storm, cover=cover,
        cover_light=above, curtains=air.curtains,
    )


def _ramp(start: float, end: float, value: float) -> float:
    t = min(1.0, max(0.0, (value - start) / (end - start)))
    return t * t * (3 - 2 * t)
