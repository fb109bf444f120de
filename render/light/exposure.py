"""Exposure: one number per scene from its light alone, the same for every camera (E4), continuous over the hours."""

from __future__ import annotations

import math

from torch import Tensor

from render.light.weather import Air

_LUMA = (0.2126, 0.7152, 0.0722)
_MIDDLE = 1.06 * math.pi
_FULL_DAY = 0.32
"""Illuminance on level ground, in units of the sun above the air, from which on pictures are as bright as they get."""
_NIGHT = 0.42


def luma(color: Tensor) -> float:
    """Luminance of a (3,) colour with Rec. 709 primaries."""
    return float(color[0]) * _LUMA[0] + float(color[1]) * _LUMA[1] + float(color[2]) * _LUMA[2]


def exposure_of(sun: Tensor, sky: Tensor, sin_elevation: float, night: float, air: Air, ev: float) -> float:
    """Middle grey for level ground, held back where the scene is meant to be dark: dusk, storm, night.

    Args:
        sun: (3,) irradiance facing it; sky: (3,) on level ground; sin_elevation: of the sun, or the moon at night.
        night: 0–1, how far the moon has taken over.
        air: the weather's amounts.
        ev: stops that the scene asks for on top.

    Returns:
        factor on radiance.
    """
    level = luma(sun) * max(sin_elevation, 0.12) * 0.7 + luma(sky)
    # An eye adapts, but not wholly: each stop that is lost at dusk darkens the picture by about a third of one.
    hold = (1 + (_FULL_DAY / max(level, 1e-9)) ** 2) ** (-0.5 * (0.31 + 0.05 * air.overcast * (1 - night)))
    exposure = _MIDDLE / max(level, 1e-6) * hold * 2**0.155
    exposure *= _NIGHT**night
    exposure *= 0.42 + 0.58 * air.gain
    exposure *= 1 + 0.12 * air.veil
    exposure *= 1 - 0.28 * air.snow  # a white ground sends back four times what a green one does
    return float(exposure * 2.0**ev)
