"""Air between the eye and what it sees: haze that takes the sky's colour, and ground fog, both in closed form."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.light.base import Light

_HAZE_HEIGHT_M = 1500.0
_SKY_DISTANCE_M = 60_000.0


def through_air(radiance: Tensor, direction: Tensor, distance_m: Tensor, eye_height_m: float, light: Light) -> Tensor:
    """What arrives at the eye of radiance that left a surface.

    Args:
        radiance: (M, 3); direction: (M, 3) unit rays; distance_m: (M,) along them.
        eye_height_m: the eye's z.
        light: the scene's.

    Returns:
        (M, 3).
    """
    amount = distance_m * _mean_density(direction[:, 2], distance_m, eye_height_m, _HAZE_HEIGHT_M)
    left = torch.exp(-amount[:, None] * light.haze_per_m)
    # Haze glows like the sky a little above the horizon; a low sun would paint mountains orange, so look higher then.
    low_sun = light.sun_elevation_deg < 6
    level = direction.clone()
    flat = torch.sqrt(direction[:, 0] ** 2 + direction[:, 1] ** 2).clamp(min=1e-4)
    rise = 0.16 if low_sun else 0.06
    level[:, :2] = direction[:, :2] * (math.cos(rise) / flat)[:, None]
    level[:, 2] = math.sin(rise)
    glow = light.sky.radiance(level) * (0.6 if low_sun else 0.85)
    result = radiance * left + glow * (1 - left)
    return through_fog(result, direction, distance_m, eye_height_m, light)


def through_fog(radiance: Tensor, direction: Tensor, distance_m: Tensor, eye_height_m: float, light: Light) -> Tensor:
    """Ground fog and dust alone, (M, 3)."""
    if light.fog_per_m <= 0:
        return radiance
    amount = distance_m * _mean_density(direction[:, 2], distance_m, eye_height_m, light.fog_height_m)
    left = torch.exp(-amount * light.fog_per_m)[:, None]
    return radiance * left + light.fog_color * (1 - left)


def sky_through_fog(radiance: Tensor, direction: Tensor, eye_height_m: float, light: Light) -> Tensor:
    """Fog in front of the sky, (M, 3)."""
    return through_fog(radiance, direction, torch.full((direction.shape[0],), _SKY_DISTANCE_M), eye_height_m, light)


def _mean_density(rise: Tensor, distance: Tensor, eye_height_m: float, scale_m: float) -> Tensor:
    """Mean of exp(−z / scale) along rays, z never counted below 0."""
    start = math.exp(-max(eye_height_m, 0.0) / scale_m)
    climb = (rise * distance / scale_m).clamp(-max(eye_height_m, 0.0) / scale_m, 60)
    steep = climb.abs() > 1e-3
    safe = torch.where(steep, climb, torch.ones_like(climb))
    return start * torch.where(steep, (1 - torch.exp(-safe)) / safe, 1 - climb / 2)
