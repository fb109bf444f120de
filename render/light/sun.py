"""Where sun and moon stand. The year is kept gentle, so that dawn and dusk hours stay dawn and dusk in every season."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

_LATITUDE_DEG = 46.0
_SOLSTICE = 1.22
"""Season value of midsummer: 21 June when 1 is the first of June."""

Direction = npt.NDArray[np.float64]


def sun_direction(time_of_day: float, season: float, heading_deg: float) -> Direction:
    """Unit direction (3,) to the sun, x east, y north, z up.

    Args:
        time_of_day: local solar hours.
        season: the ring 0–4. The declination swings between −3° and 17° instead of ±23.4°, as the day's length of a
            real northern winter would turn "dusk at 19:24" into deep night.
        heading_deg: turns the whole path clockwise.
    """
    declination = math.radians(7 + 10 * math.cos(2 * math.pi * (season - _SOLSTICE) / 4))
    latitude = math.radians(_LATITUDE_DEG)
    angle = math.radians((time_of_day - 12) * 15)
    up = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(angle)
    east = -math.cos(declination) * math.sin(angle)
    north = math.cos(latitude) * math.sin(declination) - math.sin(latitude) * math.cos(declination) * math.cos(angle)
    return _turned(east, north, up, heading_deg)


def moon_direction(time_of_day: float, heading_deg: float) -> Direction:
    """Unit direction (3,) to a moon that stands high in the south-west around midnight: made for pictures."""
    hours = (time_of_day + 12) % 24 - 12
    azimuth = math.radians(232 + 9 * hours)
    elevation = math.radians(38 - 0.9 * abs(hours))
    flat = math.cos(elevation)
    return _turned(flat * math.sin(azimuth), flat * math.cos(azimuth), math.sin(elevation), heading_deg)


def _turned(east: float, north: float, up: float, heading_deg: float) -> Direction:
    turn = math.radians(heading_deg)
    return np.array([
        east * math.cos(turn) + north * math.sin(turn), north * math.cos(turn) - east * math.sin(turn), up,
    ])
