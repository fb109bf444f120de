"""Exposure: one number per scene from its light alone, the same for every camera (E4), continuous over the hours."""

from __future__ import annotations

from torch import Tensor

from render.light.weather import Air

_LUMA = (0.2126, 0.7152, 0.0722)
_MIDDLE = 4.7
_FULL_DAY = 0.60
"""Metered light, in units of the sun above the air, from which on pictures are as bright as they get."""
_DARKEST = 0.006
_ADAPTS = 0.36
"""An eye adapts, but not wholly: each stop that is lost at dusk darkens the picture by a third of one."""
_NIGHT = 0.62


def luma(color: Tensor) -> float:
    """Luminance of a (3,) colour with Rec. 709 primaries."""
    return float(color[0]) * _LUMA[0] + float(color[1]) * _LUMA[1] + float(color[2]) * _LUMA[2]


def exposure_of(
    sun: Tensor, sky: Tensor, sin_elevation: float, night: float, air: Air, white: float, ev: float
) -> float:
    """Middle grey for level ground, held back where the scene is meant to be dark: dusk, storm, night.

    Args:
        sun: (3,) irradiance facing it; sky: (3,) on level ground; sin_elevation: of the sun, or the moon at night.
        night: 0–1, how far the moon has taken over.
        air: the weather's amounts.
        white: 0–1, how white snow has made the ground, from weather or winter.
        ev: stops that the scene asks for on top.

    Returns:
        factor on radiance.
    """
    # The sky itself is in the picture: the less direct sun there is, the brighter it stands against the ground.
    level = 0.7 * luma(sun) * max(sin_elevation, 0.12) + (2.2 - 1.2 * air.overcast) * luma(sky)
    hold = (1 + ((_FULL_DAY + _DARKEST) / (level + _DARKEST)) ** 2) ** (-0.5 * _ADAPTS) * 2 ** (0.5 * _ADAPTS)
    exposure = _MIDDLE / max(level, 1e-6) * min(hold, 1.0)
    exposure *= (_NIGHT + 0.10 * air.overcast) ** night
    exposure *= 0.54 + 0.46 * air.gain
    exposure *= 1 + 0.12 * air.veil
    exposure *= 1 - (0.34 + 0.12 * night) * white  # a white ground sends back four times what a green one does
    return float(exposure * 2.0**ev)
