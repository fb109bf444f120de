"""How a town is photographed: brighter at noon than at dusk, a low sun golden, mist as dim as the street it fills."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.light.base import Light
from render.light.exposure import luma

_HOUR_KEY = ((-4.0, 0.62), (2.0, 0.70), (8.0, 0.90), (17.0, 1.00), (30.0, 1.27), (60.0, 1.85))
"""Sun's elevation in degrees and how bright a street is meant to be: full at noon, held back towards dusk.

What is metered is evened out by `Metering.pull`; without this, dusk would look like noon on a dull day.
"""
_GOLDEN = ((-1.0, 1.0), (3.0, 1.45), (14.0, 1.6), (20.0, 1.35), (30.0, 1.0))
"""Sun's elevation in degrees and the power to which its hue is raised; see `_raked`."""
_THICK_PER_M = 0.008
"""Fog of this extinction is what a picture of the street shows most of."""
_BRIGHTEST_FOG = 0.95
"""What such fog may expose to before the film's curve: light grey, so that what looms in it is told from it."""


def hour_key(elevation_deg: float) -> float:
    """Factor on a street's exposure by the sun's elevation: continuous, so that dragging the hour never jumps."""
    elevations, keys = zip(*_HOUR_KEY, strict=True)
    return float(np.interp(elevation_deg, elevations, keys))


def in_town(light: Light, openness: float) -> Light:
    """The light as streets have it.

    Args:
        openness: 0–1, how freely the ground sees the sky: the air between houses is lit by so much of it.
    """
    light = _raked(light)
    if light.fog_per_m <= 0:
        return light
    return replace(
        light, fog_color=light.fog_color * (0.75 + 0.25 * openness), fog_glow=light.fog_glow * (0.25 + 0.75 * openness)
    )


def fog_limit(light: Light) -> float:
    """The most that a street's exposure may be raised before thick fog goes white; large in clear air."""
    thick = min(1.0, light.fog_per_m / _THICK_PER_M)
    if thick <= 0.05:
        return 1e3
    shown = luma(light.fog_color + 0.12 * light.fog_glow) * light.exposure / 2.0**light.scene.exposure_ev
    return float(_BRIGHTEST_FOG / max(shown, 1e-6) / thick)


def _raked(light: Light) -> Light:
    """The light with a low sun's colour deepened at the same luminance.

    The film pales what is bright: a wall that a low sun rakes over would come out cream instead of golden. Walls fill
    the frame of a street as they never do in a landscape, so that towns want more of that colour than the air gives.
    """
    elevations, depth = zip(*_GOLDEN, strict=True)
    power = float(np.interp(light.sun_elevation_deg, elevations, depth))
    before = luma(light.sun_irradiance)
    if power <= 1.0 or before <= 1e-9:
        return light
    hue = (light.sun_irradiance / before).clamp_min(1e-6) ** power
    return replace(light, sun_irradiance=hue * (before / luma(hue)))
