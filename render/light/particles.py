"""Rain and falling snow: sheets of drops or flakes standing around the eye at a few depths, hidden by what is nearer.

They hang on directions in the world, not on the picture, so that turning the camera does not drag them along. They are
no part of depth: scores mask them out.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.light.base import Light
from render.world.noise import tile

# distance in metres, azimuth cells per turn, weight
_SNOW_LAYERS = ((4.0, 150.0, 0.75), (8.0, 300.0, 0.7), (16.0, 560.0, 0.6), (32.0, 1000.0, 0.5))
_RAIN_LAYERS = ((5.0, 420.0, 0.15), (11.0, 800.0, 0.15), (24.0, 1500.0, 0.13))


def fall(radiance: Tensor, direction: Tensor, distance_m: Tensor, light: Light, pixel_rad: float) -> Tensor:
    """Lay rain or flakes over radiance (M, 3).

    Args:
        radiance: (M, 3); direction: (M, 3) unit rays; distance_m: (M,), +inf at sky.
        light: its `precipitation` is how much falls, its `snow` whether it is flakes.
        pixel_rad: angle of a pixel; layers finer than that are left out.
    """
    if light.precipitation <= 0:
        return radiance
    azimuth = torch.atan2(direction[:, 0], direction[:, 1]) * (1 / (2 * math.pi))
    flat = torch.sqrt(direction[:, 0] ** 2 + direction[:, 1] ** 2).clamp(min=0.05)
    slope = (direction[:, 2] / flat).clamp(-4, 4) * (1 / (2 * math.pi))
    steep = (flat * 4 - 0.6).clamp(0, 1)  # at the poles the sheets would pinch
    snow = light.snow > 0
    bright = light.sky_irradiance * (1 / math.pi) * (1.5 if snow else 1.15)
    cover = torch.zeros_like(azimuth)
    for index, (reach, cells, weight) in enumerate(_SNOW_LAYERS if snow else _RAIN_LAYERS):
        if 2 * math.pi / cells < 1.2 * pixel_rad:
            continue
        spots = _flakes(azimuth, slope, cells, index, light) if snow else _drops(azimuth, slope, cells, index, light)
        cover = torch.maximum(cover, spots * weight * (distance_m > reach))
    cover = (cover * steep)[:, None]
    return radiance * (1 - cover) + bright * cover


def _flakes(azimuth: Tensor, slope: Tensor, cells: float, layer: int, light: Light) -> Tensor:
    u, v = azimuth * cells, slope * cells + 0.13 * torch.sin(azimuth * 2 * math.pi * 9 + layer)
    return _spots(u, v, cells, layer, 0.10 + 0.28 * light.precipitation, 0.20, 1.0)


def _drops(azimuth: Tensor, slope: Tensor, cells: float, layer: int, light: Light) -> Tensor:
    u = azimuth * cells + 0.04 * slope * cells
    return _spots(u, slope * cells / 16, cells, layer + 7, 0.16 + 0.42 * light.precipitation, 0.16, 3.2) * 0.8


def _spots(u: Tensor, v: Tensor, cells: float, layer: int, share: float, radius: float, long: float) -> Tensor:
    """One soft spot in a share of the cells, at a place and of a size drawn from a tile of noise."""
    iu, iv = u.floor(), v.floor()
    pattern = tile(f"fall/{layer}", 1.0, 200.0, 0.0).reshape(-1)
    key = (iu.remainder(cells).long() * 7919 + iv.long() * 104_729 + layer * 31) % (512 * 512)
    a, b = pattern[key], pattern[(key + 70_001) % (512 * 512)]
    there = torch.erf(pattern[(key + 140_009) % (512 * 512)] * 0.7071) * 0.5 + 0.5 < share
    du, dv = u - iu - 0.5 - 0.13 * a.clamp(-2, 2), (v - iv - 0.5 - 0.10 * b.clamp(-2, 2)) / long
    size = radius * (0.75 + 0.2 * b.clamp(-2, 2))
    return (1 - torch.sqrt(du * du + dv * dv) / size).clamp(min=0) * there
