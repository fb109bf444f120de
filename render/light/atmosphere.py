"""Clear air: how Rayleigh, Mie and ozone carry and scatter sunlight, as small tables computed once per process.

Source: S. Hillaire, "A Scalable and Production Ready Sky and Atmosphere Rendering Technique", EGSR 2020
(coefficients of table 1, multiple scattering of section 5.5). Sunlight above the air has irradiance 1 per channel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

GROUND_M = 6_360_000.0
TOP_M = 60_000.0
_RAYLEIGH = (5.802e-6, 13.558e-6, 33.1e-6)
_MIE_SCATTER = 3.996e-6
_MIE_EXTINCT = _MIE_SCATTER + 4.4e-6
# Ozone where the primaries of a screen lie (about 610, 545 and 460 nm): it takes red most, which makes the blue hour.
_OZONE = (2.10e-6, 1.62e-6, 0.085e-6)
_MIE_G = 0.8
_GROUND_ALBEDO = 0.3
_MU_LOW = -0.16
_HEIGHTS, _COSINES = 32, 256


def rayleigh_per_m() -> Tensor:
    """(3,) scattering of clean air at sea level."""
    return torch.tensor(_RAYLEIGH)


@dataclass(frozen=True)
class Atmosphere:
    """Tables of the clear atmosphere: transmittance to its top, and the light scattered more than once.

    Args:
        transmittance: (3, 32, 256) over height (quadratic to 60 km) and cosine of zenith angle.
        scattered: (3, 12, 24) over height and cosine of the sun's zenith angle.
    """

    transmittance: Tensor
    scattered: Tensor

    def towards(self, height_m: Tensor, cosine: Tensor) -> Tensor:
        """(..., 3) share of light that comes from outer space along a zenith cosine; 0 where the ground is hit."""
        return _lookup(self.transmittance, _height_row(height_m), _cosine_column(cosine))

    def multiple(self, height_m: Tensor, sun_cosine: Tensor) -> Tensor:
        """(..., 3) radiance scattered in from all around, per unit of scattering."""
        return _lookup(self.scattered, _height_row(height_m), (sun_cosine * 0.5 + 0.5).clamp(0, 1))


def densities(height_m: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Relative density of air, aerosol and ozone at a height above the sea."""
    height = height_m.clamp(min=0)
    return torch.exp(-height / 8000), torch.exp(-height / 1200), (1 - (height - 25_000).abs() / 15_000).clamp(min=0)


def scattering(height_m: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rayleigh scattering (..., 3), Mie scattering (..., 1) and extinction (..., 3) per metre at a height."""
    air, aerosol, ozone = (d[..., None] for d in densities(height_m))
    rayleigh = air * torch.tensor(_RAYLEIGH)
    extinct = rayleigh + aerosol * _MIE_EXTINCT + ozone * torch.tensor(_OZONE)
    return rayleigh, aerosol * _MIE_SCATTER, extinct


def phase_rayleigh(cosine: Tensor) -> Tensor:
    """Rayleigh phase function, integrating to 1 over the sphere."""
    return 3 / (16 * math.pi) * (1 + cosine**2)


def phase_mie(cosine: Tensor, g: float = _MIE_G) -> Tensor:
    """Cornette–Shanks phase function."""
    k = 3 / (8 * math.pi) * (1 - g * g) / (2 + g * g)
    return k * (1 + cosine**2) / (1 + g * g - 2 * g * cosine).clamp(min=1e-4) ** 1.5


def march(
    air: Atmosphere, eye_height_m: float, direction: Tensor, sun: Tensor, steps: int, isotropic: bool = False
) -> tuple[Tensor, Tensor]:
    """Light scattered towards the eye along rays through clear air.

    Args:
        air: tables; `scattered` may be empty while it is being made.
        eye_height_m: above the sea.
        direction: (..., 3) unit rays, z up.
        sun: (3,) or (..., 3) unit direction to the sun.
        steps: samples along each ray, denser near the eye.
        isotropic: use the uniform phase function, for the multiple-scattering table.

    Returns:
        radiance (..., 3), and transfer (..., 3): what uniform unit light would give, for multiple scattering.
    """
    r0 = GROUND_M + eye_height_m
    mu = direction[..., 2]
    ground = mu < -math.sqrt(max(0.0, 1 - (GROUND_M / r0) ** 2)) - 1e-7
    to_top = -r0 * mu + torch.sqrt((r0 * mu) ** 2 + (GROUND_M + TOP_M) ** 2 - r0**2)
    to_ground = -r0 * mu - torch.sqrt(((r0 * mu) ** 2 + GROUND_M**2 - r0**2).clamp(min=0))
    length = torch.where(ground, to_ground, to_top)
    edges = torch.linspace(0, 1, steps + 1) ** 2
    middle = (edges[1:] + edges[:-1]) / 2
    t = length[..., None] * middle  # (..., S)
    dt = length[..., None] * (edges[1:] - edges[:-1])
    up = r0 + t * mu[..., None]
    radius = torch.sqrt((r0**2 + t**2 + 2 * r0 * t * mu[..., None]).clamp(min=1))
    height = radius - GROUND_M
    cosine = (direction * sun).sum(-1)
    sun_cosine = (up * sun[..., 2:3] + t * (cosine - mu * sun[..., 2])[..., None]) / radius
    rayleigh, mie, extinct = scattering(height)
    optical = torch.cumsum(extinct * dt[..., None], dim=-2)
    seen = torch.exp(-(optical - extinct * dt[..., None] / 2))  # (..., S, 3)
    sunlight = air.towards(height, sun_cosine)
    if isotropic:
        scatter = sunlight * (rayleigh + mie) / (4 * math.pi)
    else:
        air_phase, mist_phase = phase_rayleigh(cosine)[..., None, None], phase_mie(cosine)[..., None, None]
        scatter = sunlight * (rayleigh * air_phase + mie * mist_phase)
        scatter = scatter + air.multiple(height, sun_cosine) * (rayleigh + mie)
    radiance = (seen * scatter * dt[..., None]).sum(-2)
    transfer = (seen * (rayleigh + mie) * dt[..., None]).sum(-2)
    if isotropic:
        lit = air.towards(torch.zeros_like(mu), sun[..., 2].expand_as(mu)) * sun[..., 2:3].clamp(min=0)
        bounce = lit * torch.exp(-optical[..., -1, :]) * _GROUND_ALBEDO / math.pi
        radiance = radiance + torch.where(ground[..., None], bounce, torch.zeros_like(bounce))
    return radiance, transfer


@lru_cache(maxsize=1)
def atmosphere() -> Atmosphere:
    """The tables; about 30 ms the first time."""
    height = (torch.arange(_HEIGHTS) / (_HEIGHTS - 1)) ** 2 * TOP_M
    mu = _MU_LOW + (1 - _MU_LOW) * (torch.arange(_COSINES) / (_COSINES - 1)) ** 2
    r = GROUND_M + height[:, None]
    top = -r * mu + torch.sqrt((r * mu) ** 2 + (GROUND_M + TOP_M) ** 2 - r**2)
    t = top[..., None] * ((torch.arange(40) + 0.5) / 40)
    radius = torch.sqrt(r[..., None] ** 2 + t**2 + 2 * r[..., None] * t * mu[None, :, None])
    depth = (scattering(radius - GROUND_M)[2] * (top / 40)[..., None, None]).sum(-2)
    grazing = mu + torch.sqrt((1 - (GROUND_M / r) ** 2).clamp(min=0))  # above the horizon where positive
    above = ((grazing + 0.004) / 0.008).clamp(0, 1)[..., None]  # the sun's disk sets over half a degree
    transmittance = (torch.exp(-depth) * above).permute(2, 0, 1).contiguous()
    return Atmosphere(transmittance, _multiple(Atmosphere(transmittance, torch.zeros(3, 2, 2))))


def _multiple(air: Atmosphere) -> Tensor:
    rows, columns, rays = 12, 24, 32
    index = torch.arange(rays) + 0.5
    z = 1 - 2 * index / rays
    turn = index * math.pi * (3 - math.sqrt(5))
    flat = torch.sqrt(1 - z * z)
    direction = torch.stack([flat * torch.cos(turn), flat * torch.sin(turn), z], -1)  # (32, 3)
    cosine = torch.linspace(-1, 1, columns)
    sun = torch.stack([torch.sqrt((1 - cosine**2).clamp(min=0)), torch.zeros(columns), cosine], -1)
    table = torch.zeros(3, rows, columns)
    for row in range(rows):
        height = max((row / (rows - 1)) ** 2 * TOP_M, 10.0)
        wide = direction[None].expand(columns, rays, 3)
        once, transfer = march(air, height, wide, sun[:, None].expand(columns, rays, 3), 14, isotropic=True)
        second, factor = once.mean(1), transfer.mean(1)  # (24, 3)
        table[:, row] = (second / (1 - factor.clamp(max=0.95))).T
    return table


def _height_row(height_m: Tensor) -> Tensor:
    return torch.sqrt((height_m / TOP_M).clamp(0, 1))


def _cosine_column(cosine: Tensor) -> Tensor:
    return torch.sqrt(((cosine - _MU_LOW) / (1 - _MU_LOW)).clamp(0, 1))


def _lookup(table: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Bilinear fetch from (3, R, C) at 0–1 coordinates on the samples' centres; (..., 3)."""
    shape = row.shape
    column = column.expand(shape)
    grid = torch.stack([column.reshape(-1) * 2 - 1, row.reshape(-1) * 2 - 1], -1)[None, None]
    got = torch.nn.functional.grid_sample(table[None], grid, align_corners=True, padding_mode="border")
    return got[0, :, 0].T.reshape(*shape, 3)
