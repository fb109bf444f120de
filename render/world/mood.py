"""From light to mood: the few numbers about hour, weather and season that the materials of built worlds share."""

from __future__ import annotations

import math

import torch

from render.light.base import Light
from render.materials.base import Mood


def leaf_share(season: float) -> float:
    """0–1 share of the leaves that hang on street trees; the ring's 0 is early spring, 2.5 mid autumn."""
    if season < 0.5:
        return 0.10 + 0.90 * _step(0.05, 0.5, season)
    if season < 2.2:
        return 1.0
    return 1.0 - _step(2.35, 3.05, season) if season < 3.6 else 0.10 * _step(3.6, 4.0, season)


def mood_of(light: Light, indoors: bool, damp: float = 0.0) -> Mood:
    """The mood of a light; `damp` is how wet the place's ground is on a dry night."""
    season = light.scene.season
    sky = light.sky_irradiance
    daylight = (sky + light.sun_irradiance * max(float(light.sun_direction[2]), 0.0)) / math.pi
    display = float(2.0**light.scene.exposure_ev / light.exposure)
    lamps = light.lamps_on
    street = (0.22 * sky + 0.10 * light.sun_irradiance * max(float(light.sun_direction[2]), 0.0)) / math.pi
    street = street + torch.tensor([0.05, 0.035, 0.02]) * (display * min(1.0, 2 * lamps))
    return Mood(
        wet=max(light.wetness, damp * min(1.0, 2 * lamps) * (light.snow < 0.05)),
        snow=light.snow, wear=light.scene.wear, leaf=leaf_share(season),
        autumn=_step(1.85, 2.6, season) * (season < 3.9), fresh=1 - _step(0.6, 1.3, season) if season < 2 else 0.0,
        lamps=lamps, display=display, daylight=daylight, street=street, sun=light.sun_direction, sky=light.sky,
        indoors=indoors,
    )


def _step(low: float, high: float, x: float) -> float:
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3 - 2 * t)
