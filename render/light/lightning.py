"""Lightning of a strong storm: bolts that stand in the world, and the cloud that they light from within.

A picture is an instant, so the flash is fixed: by the scene's seed and the half hour, the same for every camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from render.light.base import Light

_BASE_M = 1150.0
"""Height of the cover's base, where bolts come out."""
_ROWS = 256
_TINT = (0.80, 0.86, 1.0)
_BOLTS = 5


@dataclass(frozen=True, slots=True)
class _Bolt:
    """One bolt: foot (x, y) metres, offsets (2, _ROWS) from it by height of trunk and branches, NaN where none."""

    foot_m: tuple[float, float]
    paths: tuple[Tensor, ...]
    strength: float


def flashes(light: Light) -> bool:
    """Whether there is lightning at all."""
    return light.scene.weather == "storm" and light.scene.weather_intensity > 0.5


def lightning(radiance: Tensor, direction: Tensor, eye_m: Tensor, light: Light, pixel_rad: float) -> Tensor:
    """Sky (M, 3) along unit rays (M, 3) from an eye (3,), with the flash of this half hour."""
    strength = min(1.0, (light.scene.weather_intensity - 0.5) * 4)
    unit = strength * 2.0**light.scene.exposure_ev / light.exposure  # a bolt outshines any day
    tint = torch.tensor(_TINT)
    flat = torch.sqrt(direction[:, 0] ** 2 + direction[:, 1] ** 2).clamp(min=1e-3)
    slope = direction[:, 2] / flat
    texture = radiance.mean(1) * (math.pi / max(1e-9, float(light.sky_irradiance.mean())))  # the cover's own bellies
    ex, ey, ez = (float(x) for x in eye_m)
    reach = (max(_BASE_M - ez, 200.0) / slope.clamp(min=0.02)).clamp(max=30_000.0) / flat
    out = radiance.clone()
    for bolt in _bolts(light.scene.seed, math.floor(light.scene.time_of_day * 2)):
        dx, dy = bolt.foot_m[0] - ex, bolt.foot_m[1] - ey
        far = max(600.0, math.hypot(dx, dy))
        ahead = (direction[:, 0] * dx + direction[:, 1] * dy) / (far * flat)
        aside = (direction[:, 0] * dy - direction[:, 1] * dx) / (far * flat)
        # The cloud around its top glows: by how far from it the ray enters the cover.
        gap = ((ex + direction[:, 0] * reach - bolt.foot_m[0]) ** 2
               + (ey + direction[:, 1] * reach - bolt.foot_m[1]) ** 2)  # fmt: skip
        glow = torch.exp(-gap / 1900.0**2) * 0.62 + torch.exp(-gap / 650.0**2) * 0.9
        glow = glow * (slope > 0) * (slope * 12).clamp(0, 1)
        near = torch.nonzero((ahead > 0.9) & (slope > -0.02) & (slope * far + ez < _BASE_M * 1.15)).squeeze(1)
        lit = 0.42 * glow * texture.clamp(0.35, 1.8) ** 2
        if near.numel():
            lit[near] += _core(bolt, (dx, dy), aside[near] / ahead[near], slope[near] * far + ez, pixel_rad)
        out += lit[:, None] * tint * (unit * bolt.strength)
    return out


def _core(bolt: _Bolt, to_m: tuple[float, float], aside: Tensor, height_m: Tensor, pixel_rad: float) -> Tensor:
    """Light (K,) of a bolt's channels and the air around them, as seen over `to_m` from the eye to its foot."""
    far_m = max(600.0, math.hypot(*to_m))
    row = (height_m / _BASE_M * (_ROWS - 1)).clamp(0, _ROWS - 1.001)
    low = row.long()
    within = ((_BASE_M * 1.12 - height_m) / (0.12 * _BASE_M)).clamp(0, 1)  # it comes out of the cloud softly
    total = torch.zeros_like(aside)
    for index, path in enumerate(bolt.paths):
        across = (path[0] * to_m[1] - path[1] * to_m[0]) / far_m
        offset = torch.lerp(across[low], across[low + 1], row - low)
        angle = (aside - offset / far_m).abs()
        angle = torch.where(torch.isfinite(angle), angle, torch.full_like(angle, 9.0))
        thin = (3.2 if index == 0 else 1.7) / far_m
        wide = max(thin, 0.62 * pixel_rad)  # one thinner than a pixel is drawn a pixel wide and fainter
        share = 1.0 if index == 0 else 0.45
        core = torch.exp(-((angle / wide) ** 2)) * (5.0 * (thin / wide) ** 0.5)
        halo = 0.16 * torch.exp(-angle / 0.006) + 0.035 * torch.exp(-angle / 0.05)
        total = torch.maximum(total, share * (core + halo))
    return total * within


def _bolts(seed: int, half_hour: int) -> list[_Bolt]:
    rng = np.random.default_rng([seed % 2**32, half_hour, 977])
    turn = rng.uniform(0, 2 * math.pi)
    bolts = []
    for index in range(_BOLTS):
        azimuth = turn + (index + rng.uniform(-0.2, 0.2)) * 2 * math.pi / _BOLTS
        far = rng.uniform(3200, 5600)
        trunk = _crooked(rng, 120.0)
        paths = [trunk]
        for _ in range(int(rng.integers(2, 5))):
            start, length = int(rng.integers(90, 235)), int(rng.integers(35, 85))
            branch = np.full((2, _ROWS), np.nan)
            stop = max(0, start - length)
            run = np.arange(start - stop, -1, -1) * (_BASE_M / _ROWS)
            heading = rng.uniform(0, 2 * math.pi)
            away = np.array([[math.sin(heading)], [math.cos(heading)]]) * rng.uniform(0.6, 1.5)
            kinks = _crooked(rng, 50.0)[:, stop : start + 1] * (run / 200).clip(0, 1)
            branch[:, stop : start + 1] = trunk[:, start : start + 1] + away * run + kinks
            paths.append(branch)
        bolts.append(_Bolt(
            (far * math.sin(azimuth), far * math.cos(azimuth)),
            tuple(torch.tensor(path, dtype=torch.float32) for path in paths), (1.0, 0.7, 0.85, 0.6, 0.75)[index],
        ))  # fmt: skip
    return bolts


def _crooked(rng: np.random.Generator, swing_m: float) -> npt.NDArray[np.float64]:
    """(2, _ROWS) offsets in metres, x and y, of a zigzag: ever finer kinks, no curves."""
    rows = np.arange(_ROWS)
    total = np.zeros((2, _ROWS))
    for nodes, share in ((5, 1.0), (13, 0.42), (37, 0.20), (91, 0.08)):
        at = np.linspace(0, _ROWS - 1, nodes)
        total += [np.interp(rows, at, rng.normal(0, swing_m * share, nodes)) for _ in range(2)]
    return total
