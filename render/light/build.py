"""Scene → Light: hour, season and weather become sun, sky, air and exposure. Only here are weather words read."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from render.archetypes import KINDS
from render.light.atmosphere import atmosphere, rayleigh_per_m
from render.light.base import Light
from render.light.clouds import CloudDeck
from render.light.sky import MixedSky, SkyTable, sky_table, sun_through_air
from render.light.sun import moon_direction, sun_direction
from render.scene import Scene

_LUMA = (0.2126, 0.7152, 0.0722)
_MOON_TINT = (0.62, 0.80, 1.25)
_MOON_GAIN = 0.030


@dataclass(frozen=True)
class _Air:
    """What a weather word and its intensity do, before the hour is known."""

    overcast: float = 0.0
    cumulus: float | None = None
    cover_gain: float = 1.0
    fog_per_m: float = 0.0
    fog_height_m: float = 60.0
    veil: float = 0.0
    wetness: float = 0.0
    snow: float = 0.0
    precipitation: float = 0.0
    dust: float = 0.0


def _air(scene: Scene) -> _Air:
    i = scene.weather_intensity
    match scene.weather:
        case "clear":
            return _Air(cumulus=None if scene.cloud_cover < 0.02 else -0.62 + 0.62 * scene.cloud_cover)
        case "cloudy":
            return _Air(overcast=0.10 * i, cumulus=-0.18 + 0.34 * i + 0.14 * scene.cloud_cover)
        case "overcast":
            return _Air(overcast=0.82 + 0.18 * i, cover_gain=1.0 - 0.15 * i)
        case "mist":
            return _Air(overcast=0.30 + 0.3 * i, fog_per_m=0.0009 * 16**i, fog_height_m=42.0 + 30 * i,
                        veil=0.30 + 0.5 * i, wetness=0.15 * i)
        case "rain":
            return _Air(overcast=0.9 + 0.1 * i, cover_gain=0.85 - 0.2 * i, fog_per_m=0.00015 + 0.0009 * i,
                        fog_height_m=400.0, veil=0.25 + 0.3 * i, wetness=0.55 + 0.45 * i, precipitation=0.35 + 0.65 * i)
        case "storm":
            return _Air(overcast=1.0, cover_gain=0.55 - 0.2 * i, fog_per_m=0.0003 + 0.0012 * i, fog_height_m=500.0,
                        veil=0.2 + 0.25 * i, wetness=0.9 + 0.1 * i, precipitation=0.7 + 0.3 * i)
        case "snow":
            return _Air(overcast=0.8 + 0.2 * i, cover_gain=1.05, fog_per_m=0.00025 + 0.0015 * i, fog_height_m=600.0,
                        veil=0.35 + 0.6 * i, snow=0.45 + 0.55 * i, precipitation=0.25 + 0.75 * i)
        case "dust":
            return _Air(overcast=0.25 + 0.4 * i, cover_gain=0.8, fog_per_m=0.0004 + 0.0032 * i, fog_height_m=220.0,
                        veil=0.45 + 0.45 * i, dust=0.3 + 0.7 * i, precipitation=0.0)


def build_light(scene: Scene) -> Light:
    """The light of a scene: sky and sun, air, exposure.

    Exposure comes from this light alone and is the same for every camera (E4).
    """
    air = _air(scene)
    sun = sun_direction(scene.time_of_day, scene.season, scene.sun_heading_deg)
    elevation_deg = math.degrees(math.asin(max(-1.0, min(1.0, float(sun[2])))))
    moon = moon_direction(scene.time_of_day, scene.sun_heading_deg)
    night = _ramp(-3.0, -9.0, elevation_deg)

    day = sky_table(round(math.radians(max(elevation_deg, -18.0)) * 1000))
    clear = day.level_irradiance()
    dark: SkyTable | None = None
    gain = torch.tensor(_MOON_TINT) * (_MOON_GAIN * night)
    floor = torch.tensor([0.00010, 0.00014, 0.00024]) * night
    clear = clear + floor * math.pi
    # The last sunlight is gone before the first moonlight comes, so that changing over is no jump.
    sunlight, key = sun_through_air(float(sun[2])), sun
    if night > 0:
        dark = sky_table(round(math.asin(float(moon[2])) * 1000))
        clear = clear + dark.level_irradiance() * gain
        moonlight = sun_through_air(float(moon[2])) * gain
        if float(_luma(moonlight)) > float(_luma(sunlight)):
            sunlight, key = moonlight, moon
    rise = max(float(key[2]), 0.02)

    cover = (0.32 * _luma(sunlight) * max(rise, 0.05) + 0.75 * _luma(clear)) * torch.tensor([0.92, 0.98, 1.08])
    cover = cover * air.cover_gain
    sky_irradiance = torch.lerp(clear, cover, air.overcast)
    through = (1 - air.overcast) ** 1.3 + 0.06 * air.overcast * (1 - air.overcast)
    sunlight = sunlight * through * (1 - 0.55 * air.veil * min(1.0, air.fog_per_m * 400))
    if air.dust:
        tan = torch.tensor([1.0, 0.74, 0.46])
        sunlight = sunlight * tan * (1 - 0.6 * air.dust)
        sky_irradiance = torch.lerp(sky_irradiance, _luma(sky_irradiance) * tan * 1.15, air.dust)
    fog_color = sky_irradiance / math.pi * 0.92 + sunlight * (0.10 * max(float(key[2]), 0.05))

    level = sunlight * max(float(key[2]), 0.0)
    bounce = (level + sky_irradiance) * torch.tensor(KINDS[scene.archetype].ground)
    if air.snow:
        bounce = torch.lerp(bounce, (level + sky_irradiance) * 0.6, air.snow * 0.7)
    sky = MixedSky(
        day=day, day_azimuth=math.atan2(float(sun[0]), float(sun[1])), night=dark,
        night_azimuth=math.atan2(float(moon[0]), float(moon[1])), night_gain=gain, overcast=air.overcast,
        cover_radiance=cover * (9 / (7 * math.pi)), floor=floor, veil=air.veil, veil_radiance=fog_color,
    )
    mie = 3.0e-5 * (scene.haze / 0.25) ** 1.6
    clouds = None
    if air.cumulus is not None:
        aloft = atmosphere().towards(torch.tensor([2200.0]), torch.tensor([float(key[2])]))[0]
        clouds = CloudDeck(
            scene.seed, air.cumulus, aloft * (gain if key is moon else 1.0), sky_irradiance / math.pi,
            torch.tensor(key, dtype=torch.float32),
        )
    return Light(
        scene=scene,
        sun_direction=torch.tensor(key, dtype=torch.float32),
        sun_irradiance=sunlight,
        sky_irradiance=sky_irradiance,
        ground_bounce=bounce,
        sun_elevation_deg=elevation_deg,
        sky=sky,
        exposure=_exposure(sunlight, sky_irradiance, float(key[2]), night, air, scene.exposure_ev),
        fog_per_m=air.fog_per_m,
        fog_height_m=air.fog_height_m,
        fog_color=fog_color,
        haze_per_m=rayleigh_per_m() * 1.1 + mie,
        wetness=air.wetness,
        snow=air.snow,
        precipitation=air.precipitation,
        dust=air.dust,
        clouds=clouds,
        overcast=air.overcast + (1 - air.overcast) * air.veil * 0.7,
        lamps_on=scene.lamps * _ramp(4.0, -3.0, elevation_deg - 6 * air.overcast * (air.cover_gain < 0.8)),
        key=(*scene.key("light"), scene.archetype, scene.season),
    )


def _exposure(sun: Tensor, sky: Tensor, sin_elevation: float, night: float, air: _Air, ev: float) -> float:
    """Middle grey for level ground, held back where the scene is meant to be dark: dusk, storm, night."""
    level = float(_luma(sun)) * max(sin_elevation, 0.12) * 0.7 + float(_luma(sky))
    dusk = min(1.0, level / 0.3) ** 0.23
    exposure = 1.16 * math.pi / max(level, 1e-6) * dusk
    exposure *= 1 - (1 - 0.50) * night
    exposure *= 0.50 + 0.50 * air.cover_gain if air.cover_gain < 1 else 1.0
    exposure *= 1 + 0.25 * air.veil
    exposure *= 1 - 0.26 * air.snow  # a white ground sends back four times what a green one does
    return float(exposure * 2.0**ev)


def _luma(color: Tensor) -> Tensor:
    return color[0] * _LUMA[0] + color[1] * _LUMA[1] + color[2] * _LUMA[2]


def _ramp(start: float, end: float, value: float) -> float:
    t = min(1.0, max(0.0, (value - start) / (end - start)))
    return t * t * (3 - 2 * t)
