"""What a photographer does to a room's windows, so that one exposure holds room and view: gels and scrims.

Film exposed for a room burns everything the sun strikes outdoors, and every patch it throws on the floor. On location
a grey gel goes over the panes and a scrim into the beam. Both are factors from the scene's light alone, its exposure
included, hence the same for every camera (E4); they grow and vanish smoothly with the hour, and a night needs neither.
"""

from __future__ import annotations

import math

from torch import Tensor

from render.light.base import Light
from render.light.exposure import luma

_VIEW_WHITE = 21.0
"""What a white sheet lying outdoors is let to expose to, seen through a window: bright, with leaves still green."""
_SKY_MOST = 2.2
"""Clouds near the sun keep their shapes below this exposure."""
_COVER = 4.0
"""A window shows more sky than ground: under a cover, which is brighter than what it lights, the gel is denser."""
_PATCH_WHITE = 4.5
"""What a white sheet facing the sun in a room is let to expose to."""
_BEAM_WHITE = 80.0
"""The same, of sunbeams in dusty air: much more, for air shows little of it."""
_LUMA = (0.2126, 0.7152, 0.0722)


def gel(light: Light) -> float:
    """Share of what lies outdoors that the panes of a room pass on to the eye."""
    rise = max(float(light.sun_direction[2]), 0.0)
    white = (luma(light.sun_irradiance) * rise + _COVER * luma(light.sky_irradiance)) * light.exposure / math.pi
    return _shoulder(white, _VIEW_WHITE)


def through_panes(radiance: Tensor, light: Light) -> Tensor:
    """What the eye in a room gets of radiance (M, 3) that arrives from outdoors."""
    return held(radiance * gel(light), 1 / light.exposure, _SKY_MOST)


def scrim(light: Light) -> float:
    """Share of the sun that patches in a room show; what they throw back into the room is the whole."""
    return _shoulder(luma(light.sun_irradiance) * light.exposure / math.pi, _PATCH_WHITE)


def beam(light: Light) -> float:
    """Share of the sun that dust in its beams shows."""
    return _shoulder(luma(light.sun_irradiance) * light.exposure / math.pi, _BEAM_WHITE)


def held(radiance: Tensor, unit: float, most: float, *, late: bool = False) -> Tensor:
    """Radiance (M, 3) of glass that glows with the day, held so that it nowhere exposes to more than `most`.

    Args:
        unit: radiance that exposes to 1. most: in that unit; far below it nothing changes.
        late: leave everything up to half of `most` as it is, and turn more sharply.
    """
    bright = (radiance[:, 0] * _LUMA[0] + radiance[:, 1] * _LUMA[1] + radiance[:, 2] * _LUMA[2]) / (unit * most)
    over = 1 + (bright * bright) ** 2 if late else 1 + bright * bright
    return radiance / (over.sqrt().sqrt() if late else over.sqrt())[:, None]


def _shoulder(value: float, most: float) -> float:
    """Factor that leaves small values alone and brings great ones to `most`."""
    return 1 / math.sqrt(1 + (value / most) ** 2)
