"""What shines in the sky behind everything: sun and moon disks, stars and the Milky Way."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.light.base import Light
from render.world.noise import lookup, stack

_STAR_CELLS = 150.0
_GALAXY_WIDTH = 0.17
_GALAXY_POLE, _GALAXY_ALONG = (0.62, 0.56, 0.549), (-0.36, -0.42, 0.833)


def darkness(light: Light) -> float:
    """0–1, how far it is dark and clear enough for stars; lamps of a town outshine most of them."""
    deep = min(1.0, max(0.0, (-light.sun_elevation_deg - 6) / 7))
    return float(deep * (1 - light.overcast) ** 2 * (1 - 0.85 * light.lamplit_air))


def star_unit(light: Light) -> float:
    """Radiance that develops to 1 on the film: stars are as bright in twilight's long exposure as at midnight."""
    return float(2.0**light.scene.exposure_ev / light.exposure)


def lights_in_the_sky(direction: Tensor, light: Light, pixel_rad: float) -> Tensor | None:
    """Radiance (M, 3) that sun or moon and stars add to the sky along rays; None where a cover hides them all.

    Args:
        direction: (M, 3) unit rays.
        light: the scene's.
        pixel_rad: angle of a pixel, so that stars keep their brightness in small pictures.
    """
    open_sky = (1 - light.overcast) ** 2
    if open_sky < 0.01:
        return None
    radiance = torch.zeros_like(direction)
    rise = direction[:, 2].clamp(min=0)
    irradiance = light.sun_irradiance * open_sky
    if float(irradiance.max()) > 0:
        away = torch.acos((direction * light.sun_direction).sum(1).clamp(-1, 1))
        size = max(0.012 if light.by_moon else 0.0075, 0.9 * pixel_rad)
        disk = ((size * 1.2 - away) * (1 / (size * 0.35))).clamp(0, 1)
        glow = 0.35 * torch.exp(-away * (1 / 0.03)) + 0.05 * torch.exp(-away * (1 / 0.12))
        strength = disk * 6.0 + glow * 0.12 if light.by_moon else disk * 60.0 + glow
        radiance = radiance + irradiance * (strength * (rise > 0))[:, None]
    dark = darkness(light)
    if dark > 0.01:
        latitude = (direction * torch.tensor(_GALAXY_POLE)).sum(1)
        crowd = torch.exp(-(latitude * (1 / _GALAXY_WIDTH)) ** 2)
        strength = (dark * star_unit(light)) * (rise * 6).clamp(max=1)
        radiance = radiance + _stars(direction, pixel_rad, crowd) * strength[:, None]
    return radiance


def milky_way(direction: Tensor) -> Tensor:
    """Its soft light (M, 3) along rays in the darkest of nights, in units of `star_unit`."""
    pole, along = torch.tensor(_GALAXY_POLE), torch.tensor(_GALAXY_ALONG)
    side = torch.linalg.cross(pole, along)
    latitude = (direction * pole).sum(1)
    u, v = (direction * along).sum(1), (direction * side).sum(1)
    dust = stack("galaxy a", "galaxy b", low=3, high=60, slope=-0.9)
    longitude = torch.atan2(v, u)
    got = lookup(dust, longitude * (1 / (2 * math.pi)), latitude * 0.5, 1.0)
    band = torch.exp(-((latitude + 0.04 * got[0]) * (1 / _GALAXY_WIDTH)) ** 2)
    rift = torch.exp(-((latitude - 0.03 + 0.05 * got[1]) * (1 / 0.045)) ** 2) * (0.5 + 0.5 * torch.cos(longitude))
    power = band * (1 + 0.35 * got[1]).clamp(min=0.2) * (1 - 0.65 * rift) * (0.65 + 0.35 * torch.cos(longitude))
    power = power * (direction[:, 2].clamp(min=0) * 6).clamp(max=1)
    return power[:, None] * torch.tensor([0.027, 0.029, 0.034])


def _stars(direction: Tensor, pixel_rad: float, crowd: Tensor) -> Tensor:
    """Hashed cells on the faces of a cube, in units of `star_unit`; a few bright, many faint, hardly coloured."""
    size, axis = direction.abs().max(1)
    others = torch.tensor([[1, 2], [0, 2], [0, 1]])[axis]
    u = direction.gather(1, others[:, :1]).squeeze(1) / size
    v = direction.gather(1, others[:, 1:]).squeeze(1) / size
    face = axis + 3 * (direction.gather(1, axis[:, None]).squeeze(1) < 0)
    cells = min(_STAR_CELLS, 0.35 / pixel_rad)
    gu, gv = u * cells, v * cells
    iu, iv = gu.floor(), gv.floor()
    key = (iu.long() + 512) + 1024 * (iv.long() + 512) + 1_048_576 * face
    at = torch.nonzero(_hash(key, 4) < 0.11 + 0.13 * crowd).squeeze(1)
    key = key[at]
    a, b = _hash(key, 1), _hash(key, 2)
    du, dv = (gu - iu)[at] - (0.25 + 0.5 * a), (gv - iv)[at] - (0.25 + 0.5 * b)
    radius = max(0.10, 0.75 * pixel_rad * cells)
    spot = (1 - (du * du + dv * dv) / (radius * radius)).clamp(min=0)
    power = _hash(key, 3) ** 6 * spot * 1.7
    warm = _hash(key, 5)
    stars = torch.zeros_like(direction)
    stars[at] = torch.stack([0.8 + 0.4 * warm, torch.ones_like(warm), 1.25 - 0.4 * warm], 1) * power[:, None]
    return stars


def _hash(key: Tensor, salt: int) -> Tensor:
    """0–1 from an int64 key: a few rounds of multiply and shift, the same on every machine."""
    h = (key * 0x9E3779B1 + salt * 0x85EBCA77) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 0x2C1B3C6D) & 0xFFFFFFFF
    h = ((h ^ (h >> 12)) * 0x297A2D39) & 0xFFFFFFFF
    return ((h ^ (h >> 15)) & 0xFFFFFF).float() * (1 / 0x1000000)


def pixel_angle(fx_px: float, width_px: int) -> float:
    """Angle of a pixel in radians, for a pinhole (fx > 0) or an equirect."""
    return 1 / fx_px if fx_px > 0 else 2 * math.pi / width_px
