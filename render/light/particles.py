"""Rain and falling snow: sheets of drops or flakes standing around the eye at a few depths, hidden by what is nearer.

They hang on directions in the world, not on the picture, so that turning the camera does not drag them along, and the
wind leans them the same way for everybody. They are no part of depth: scores mask them out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from render.light.base import Light
from render.world.noise import lookup, stack, tile

_WIND_RAD = 0.9
_TILE = 512


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Spots at one distance: cells around the horizon, how much they cover, their radius in cells, their softness."""

    reach_m: float
    cells: float
    weight: float
    radius: float
    sharp: float


_FLAKES = (
    _Sheet(2.2, 58.0, 0.42, 0.26, 0.8), _Sheet(4.5, 130.0, 0.66, 0.20, 1.3), _Sheet(9.0, 270.0, 0.66, 0.19, 1.6),
    _Sheet(18.0, 520.0, 0.56, 0.20, 1.6), _Sheet(36.0, 980.0, 0.42, 0.22, 1.6),
)
_DROPS = (
    _Sheet(3.5, 210.0, 0.11, 0.085, 1.0), _Sheet(7.0, 420.0, 0.14, 0.105, 1.0), _Sheet(14.0, 800.0, 0.14, 0.13, 1.0),
    _Sheet(28.0, 1500.0, 0.12, 0.17, 1.0),
)


def fall(
    radiance: Tensor, direction: Tensor, distance_m: Tensor, light: Light, pixel_rad: float,
    eye_m: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Tensor:
    """Lay rain or flakes over radiance (M, 3).

    Args:
        radiance: (M, 3); direction: (M, 3) unit rays; distance_m: (M,) along them, +inf at sky.
        light: its `precipitation` is how much falls, its `snow` whether it is flakes.
        pixel_rad: angle of a pixel; layers finer than that are left out.
        eye_m: the eye, so that far rain hangs before the same place for every camera.
    """
    if light.precipitation <= 0:
        return radiance
    azimuth = torch.atan2(direction[:, 0], direction[:, 1]) * (1 / (2 * math.pi))
    flat = torch.sqrt(direction[:, 0] ** 2 + direction[:, 1] ** 2).clamp(min=0.05)
    slope = (direction[:, 2] / flat).clamp(-4, 4) * (1 / (2 * math.pi))
    steep = (flat * 4 - 0.6).clamp(0, 1)  # at the poles the sheets would pinch
    lean = torch.sin(azimuth * (2 * math.pi) - _WIND_RAD)
    snow = light.snow > 0
    cover = torch.zeros_like(azimuth)
    for layer, sheet in enumerate(_FLAKES if snow else _DROPS):
        if 2 * math.pi / sheet.cells < 1.2 * pixel_rad:
            continue
        if snow:
            u = azimuth * sheet.cells + (0.5 * lean * slope * sheet.cells)
            v = slope * sheet.cells + 0.35 * torch.sin(azimuth * (2 * math.pi * 9) + layer)
            spots = _spots(u, v, sheet, layer, 0.06 + 0.26 * light.precipitation, 1.15, pixel_rad)
        else:
            u = azimuth * sheet.cells + (0.10 + 0.16 * light.precipitation) * lean * slope * sheet.cells
            share = 0.10 + 0.34 * light.precipitation
            spots = _spots(u, slope * sheet.cells / 15, sheet, layer + 7, share, 3.4, pixel_rad)
        cover = torch.maximum(cover, spots * (sheet.weight * (distance_m > sheet.reach_m)))
    if not snow:
        cover = cover + _far_rain(direction, distance_m, light, pixel_rad, eye_m)
    cover = (cover * steep)[:, None]
    # Falling things are lit by the sky and by lamps, and carry on some of the light behind them.
    bright = light.sky_irradiance * ((1.35 if snow else 0.95) / math.pi) + _lamplight(light) * (1.6 if snow else 1.0)
    return radiance * (1 - cover * (0.9 if snow else 0.55)) + bright * cover


def _lamplight(light: Light) -> Tensor:
    """(3,) radiance that lamps lend to what falls near them."""
    unit = 2.0**light.scene.exposure_ev / light.exposure * min(1.0, 2 * light.lamps_on)
    strength: float = unit * min(1.0, 1.6 * light.lamplit_air)
    return torch.tensor([0.20, 0.145, 0.09]) * strength


def _far_rain(
    direction: Tensor, distance_m: Tensor, light: Light, pixel_rad: float, eye_m: tuple[float, float, float]
) -> Tensor:
    """Cover (M,) of rain too far for single drops: slanting strands, by where the rays end as seen from the middle."""
    strands = stack("far rain a", "far rain b", low=4, high=120, slope=-0.35)
    reach = distance_m.clamp(max=20_000.0)
    x, y = eye_m[0] + direction[:, 0] * reach, eye_m[1] + direction[:, 1] * reach
    out = torch.sqrt(x * x + y * y).clamp(min=1.0)
    azimuth = torch.atan2(x, y)
    slope = ((eye_m[2] + direction[:, 2] * reach) / out).clamp(-4, 4) * (1 / (2 * math.pi))
    turn = azimuth * (1 / (2 * math.pi)) + 0.22 * torch.sin(azimuth - _WIND_RAD) * slope
    veil = ((reach - 15) * (1 / 220)).clamp(0, 1)
    far = ((out - 250) * (1 / 900)).clamp(0, 1)
    fine = lookup(strands[0], turn * 9.0, slope * 0.45, 1.0) * max(0.0, 1 - pixel_rad / 0.006)
    broad = lookup(strands[1], turn * 3.0, slope * 0.12, 1.0)
    return ((0.04 + (0.04 * fine + 0.03 * broad) * far) * light.precipitation).clamp(0, 0.2) * veil


def _spots(u: Tensor, v: Tensor, sheet: _Sheet, layer: int, share: float, long: float, pixel_rad: float) -> Tensor:
    """One soft spot in a share of the cells, at a place and of a size drawn from a tile of noise."""
    iu, iv = u.floor(), v.floor()
    pattern = tile(f"fall/{layer}", 1.0, 200.0, 0.0)[:_TILE, :_TILE].reshape(-1)
    key = (iu.remainder(sheet.cells).long() * 7919 + iv.long() * 104_729 + layer * 31).remainder(_TILE * _TILE)
    there = pattern[(key + 140_009) % (_TILE * _TILE)] < math.sqrt(2) * _inverse_erf(2 * share - 1)
    at = torch.nonzero(there).squeeze(1)
    spots = torch.zeros_like(u)
    key = key[at]
    a, b = pattern[key].clamp(-2, 2), pattern[(key + 70_001) % (_TILE * _TILE)].clamp(-2, 2)
    du = u[at] - iu[at] - 0.5 - 0.14 * a
    dv = (v[at] - iv[at] - 0.5 - 0.07 * b) / long
    # A spot thinner than a pixel is drawn a pixel wide and fainter, so that small pictures do not sparkle.
    size = sheet.radius * (0.75 + 0.22 * b)
    wide = size.clamp(min=0.75 * pixel_rad * sheet.cells / (2 * math.pi))
    inside = 1 - torch.sqrt((du / wide) ** 2 + (dv / size) ** 2)
    spots[at] = (inside * sheet.sharp * 1.4).clamp(0, 1) * (size / wide) * (0.75 + 0.25 * a)
    return spots.clamp(0, 1)


def _inverse_erf(x: float) -> float:
    return float(torch.erfinv(torch.tensor(x, dtype=torch.float64)))
