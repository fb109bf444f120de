"""The shape of a picture and the film behind the lens: aspects, sensors, the sizes of tiers, orbits.

One rule of framing for every aspect: the sensor's width lies along the picture's longer side, as one turns a camera for
an upright picture. So a lens sees the same along the long side whatever the aspect, and previews and settled pictures
of one camera differ in their number of pixels only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, get_args

from render.errors import SpecError

Aspect = Literal["1:1", "4:3", "16:9", "2.39:1", "9:16"]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
DEFAULT_ASPECT: Aspect = "16:9"
"""Of every camera that does not name one, standard or custom, preview or settled."""

_RATIO: Mapping[Aspect, float] = {"1:1": 1.0, "4:3": 4 / 3, "16:9": 16 / 9, "2.39:1": 2.39, "9:16": 9 / 16}

Sensor = Literal["full_frame", "super_35", "aps_c", "65_mm", "micro_four_thirds", "phone"]
SENSORS_MM: Mapping[Sensor, tuple[float, float]] = {
    "full_frame": (36.0, 24.0),
    "super_35": (24.89, 18.66),
    "aps_c": (23.5, 15.6),
    "65_mm": (54.12, 25.58),
    "micro_four_thirds": (17.3, 13.0),
    "phone": (9.8, 7.3),
}
"""Width and height in millimetres; 65 mm is its five-perforation frame, a phone has a sensor of type 1/1.3."""

WIDEST_DEG, NARROWEST_DEG = 150.0, 0.5
_MOST_TILTED_DEG = 89.0


def parse_aspect(value: object) -> Aspect:
    """Read an aspect; None is the default.

    Raises:
        SpecError: it is none of ours.
    """
    if value is None:
        return DEFAULT_ASPECT
    for known in ASPECTS:
        if value == known:
            return known
    raise SpecError("camera.aspect", f"must be one of {', '.join(ASPECTS)}, not {str(value)[:20]!r}")


def size_of(pixels: int, aspect: Aspect) -> tuple[int, int]:
    """(width, height) in pixels, both even, of a picture of about that many pixels: within 2 % of both wishes."""
    ratio = _RATIO[aspect]
    if ratio < 1:
        tall, wide = _sides(pixels, 1 / ratio)
        return wide, tall
    return _sides(pixels, ratio)


def _sides(pixels: int, ratio: float) -> tuple[int, int]:
    short = 2 * round(math.sqrt(pixels / ratio) / 2)
    return 2 * round(short * ratio / 2), short


def focal_px(focal_mm: float, sensor_width_mm: float, width_px: int, height_px: int) -> float:
    """Focal length in pixels: the sensor's width lies along the longer side."""
    return focal_mm / sensor_width_mm * max(width_px, height_px)


def check_field(focal_mm: float, sensor_width_mm: float) -> None:
    """Refuse a lens that sees nearly half of everything, or next to nothing.

    Raises:
        SpecError: the angle of view lies outside 0.5–150°.
    """
    degrees = 2 * math.degrees(math.atan(sensor_width_mm / 2 / focal_mm))
    film = f"{focal_mm:g} mm on a film {sensor_width_mm:g} mm wide sees {degrees:.3g}°"
    if degrees > WIDEST_DEG:
        least = sensor_width_mm / 2 / math.tan(math.radians(WIDEST_DEG / 2))
        raise SpecError("camera.focal_mm", f"{film}; use at least {least:.1f} mm, or the 360° view")
    if degrees < NARROWEST_DEG:
        most = sensor_width_mm / 2 / math.tan(math.radians(NARROWEST_DEG / 2))
        raise SpecError("camera.focal_mm", f"{film}; use at most {most:.0f} mm and move the camera nearer")


def on_orbit(
    target_m: tuple[float, float, float], yaw_deg: float, pitch_deg: float, distance_m: float
) -> tuple[float, float, float]:
    """Where a camera on an orbit stands, to a tenth of a millimetre.

    Args:
        target_m: what it goes around and looks at, world frame.
        yaw_deg: compass heading at which it stands seen from the target (0 north, 90 east).
        pitch_deg: how high it stands above the target's horizon, −89 to 89.
        distance_m: to the target.
    """
    yaw, pitch = math.radians(yaw_deg), math.radians(pitch_deg)
    level = distance_m * math.cos(pitch)
    way = (level * math.sin(yaw), level * math.cos(yaw), distance_m * math.sin(pitch))
    x, y, z = (round(t + w, 4) + 0.0 for t, w in zip(target_m, way, strict=True))
    return (x, y, z)
