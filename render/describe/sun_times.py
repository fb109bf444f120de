"""When the engine's sun rises and sets: `render/light/sun.py` moves it, and the tests hold both together."""

from __future__ import annotations

import math

_LATITUDE_DEG = 46.0
_SOLSTICE = 1.22


def half_day_h(season: float) -> float:
    """Hours between noon and the sun's setting, in a season of the ring 0–4."""
    declination = math.radians(7 + 10 * math.cos(2 * math.pi * (season - _SOLSTICE) / 4))
    return math.degrees(math.acos(-math.tan(math.radians(_LATITUDE_DEG)) * math.tan(declination))) / 15


def sun_hour(of: str, after_h: float, season: float) -> float:
    """An hour relative to sunrise or sunset, on the dial's steps.

    Args:
        of: "rise" or "set".
        after_h: hours after it, negative before.
        season: 0–4.
    """
    half = half_day_h(season)
    hour = (12 - half if of == "rise" else 12 + half) + after_h
    return round(round(hour / 0.05) * 0.05, 2)
