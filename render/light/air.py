"""Air between the eye and what it sees: haze that takes the sky's colour, and ground fog, both in closed form."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.light.base import Light
from render.world.noise import lookup, stack

_HAZE_HEIGHT_M = 1500.0
_SKY_DISTANCE_M = 60_000.0


def through_air(
    radiance: Tensor, direction: Tensor, distance_m: Tensor, eye_height_m: float, light: Light,
    eye_xy_m: tuple[float, float] = (0.0, 0.0), sunny: Tensor | None = None,
) -> Tensor:
    """What arrives at the eye of radiance that left a surface.

    Args:
        radiance: (M, 3); direction: (M, 3) unit rays; distance_m: (M,) along them.
        eye_height_m: the eye's z.
        light: the scene's.
        eye_xy_m: the eye's x and y, from which banks of fog are met.
        sunny: (M,) share of the fog along each ray that stands in the sun; None for all of it.

    Returns:
        (M, 3).
    """
    amount = distance_m * _mean_density(direction[:, 2], distance_m, eye_height_m, _HAZE_HEIGHT_M)
    left = torch.exp(-amount[:, None] * light.haze_per_m)
    # Haze glows like the sky a little above the horizon; a low sun would paint mountains orange, so look higher then.
    low = 1 - _ramp(1.0, 11.0, light.sun_elevation_deg)
    level = direction.clone()
    flat = torch.sqrt(direction[:, 0] ** 2 + direction[:, 1] ** 2).clamp(min=1e-4)
    rise = 0.06 + 0.10 * low
    level[:, :2] = direction[:, :2] * (math.cos(rise) / flat)[:, None]
    level[:, 2] = math.sin(rise)
    glow = light.sky.radiance(level) * (0.85 - 0.30 * low)
    result = radiance * left + glow * (1 - left)
    return through_fog(result, direction, distance_m, eye_height_m, light, eye_xy_m, sunny)


def through_fog(
    radiance: Tensor, direction: Tensor, distance_m: Tensor, eye_height_m: float, light: Light,
    eye_xy_m: tuple[float, float] = (0.0, 0.0), sunny: Tensor | None = None,
) -> Tensor:
    """Ground fog and dust alone, (M, 3): brighter towards the sun, gathered in banks that stand in the world."""
    if light.fog_per_m <= 0:
        return radiance
    amount = distance_m * _mean_density(direction[:, 2], distance_m, eye_height_m, light.fog_height_m)
    if light.fog_banks > 0:
        amount = amount * _banks(direction, distance_m, eye_height_m, light, eye_xy_m)
    left = torch.exp(-amount * light.fog_per_m)[:, None]
    towards = _towards_sun(direction, light)[:, None]
    color = light.fog_color + light.fog_glow * towards
    if sunny is not None:  # what the sun does not reach is lit by the sky, and by what the rest hands on
        share = sunny[:, None]
        color = light.fog_color * (0.78 + 0.34 * share) + light.fog_glow * (towards * (1.35 * share))
    return radiance * left + color * (1 - left)


def sky_through_fog(
    radiance: Tensor, direction: Tensor, eye_height_m: float, light: Light, eye_xy_m: tuple[float, float] = (0.0, 0.0),
    sunny: Tensor | None = None,
) -> Tensor:
    """Fog in front of the sky, (M, 3)."""
    far = torch.full((direction.shape[0],), _SKY_DISTANCE_M)
    return through_fog(radiance, direction, far, eye_height_m, light, eye_xy_m, sunny)


def _banks(
    direction: Tensor, distance_m: Tensor, eye_height_m: float, light: Light, eye_xy_m: tuple[float, float]
) -> Tensor:
    """Factor (M,) on the fog met along rays, by where they end: the same place is as misty for every camera."""
    wisps = stack("fog banks a", "fog banks b", low=3, high=24, slope=-0.8)
    reach = distance_m.clamp(max=1600.0)
    x, y = eye_xy_m[0] + direction[:, 0] * reach, eye_xy_m[1] + direction[:, 1] * reach
    height = eye_height_m + direction[:, 2] * reach
    lift = 2.0 * height
    drift = lookup(wisps[0], x + lift, y - lift, 2400.0) + 0.4 * lookup(wisps[1], x + lift, y + lift, 620.0)
    lying = 1 / (1 + (height * (1 / (3.5 * light.fog_height_m))) ** 2)  # looking up through fog, its banks even out
    return torch.exp(light.fog_banks * lying * (0.55 * drift).clamp(-1.6, 1.6))


def _towards_sun(direction: Tensor, light: Light) -> Tensor:
    """How much fog scatters sunlight on along rays (M,), per unit of irradiance."""
    mu = (direction * light.sun_direction).sum(1)
    sharp = 0.36 / (1.64 - 1.6 * mu).clamp(min=1e-3) ** 1.5
    broad = 0.75 / (1.25 - mu).clamp(min=1e-3) ** 1.5
    return (0.62 * sharp + 0.38 * broad) * (1 / (4 * math.pi))


def _ramp(start: float, end: float, value: float) -> float:
    t = min(1.0, max(0.0, (value - start) / (end - start)))
    return t * t * (3 - 2 * t)


def _mean_density(rise: Tensor, distance: Tensor, eye_height_m: float, scale_m: float) -> Tensor:
    """Mean of exp(−z / scale) along rays, z never counted below 0."""
    start = max(eye_height_m, 0.0) / scale_m
    climb = (rise * distance / scale_m).clamp(-start, 60)
    steep = climb.abs() > 1e-3
    safe = torch.where(steep, climb, torch.ones_like(climb))
    # As a difference of two densities, both at most 1: from a plane over low fog neither overflows.
    met = (math.exp(-start) - torch.exp(-(start + safe).clamp(min=0))) / safe
    return torch.where(steep, met, math.exp(-start) * (1 - climb / 2))
