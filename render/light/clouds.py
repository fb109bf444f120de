"""Cumulus: a deck of single clouds standing in the world, marched at low resolution, shadowing the ground.

Everything is looked up from two-dimensional periodic tiles in world metres, so that every camera sees the same clouds
and the shadows on the ground belong to them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from render.world.noise import lookup, stack, tile

BASE_M, TOP_M = 1500.0, 2650.0
_PERIOD_M = 31_000.0
_EXTINCT = 0.016
_LOWEST = 0.022
_BEND_M = 40_000.0
# Metres towards the sun and the metres of cloud that a look there stands for; the second set is for quick pictures.
_TAPS = ((110.0, 180.0), (330.0, 280.0), (800.0, 600.0))
_FEW_TAPS = ((170.0, 330.0), (680.0, 730.0))


@lru_cache(maxsize=8)
def _coverage(seed: int) -> Tensor:
    """(513, 513) periodic coverage of about unit range: large fields broken into single clouds."""
    # wave numbers per 31 km: 2 → 15 km fields, 5–16 → clouds of 2–6 km
    large = tile(f"clouds/{seed}/large", 1.5, 3.0, 0.0)
    middle = tile(f"clouds/{seed}/middle", 4.0, 9.0, -0.4)
    small = tile(f"clouds/{seed}/small", 9.0, 28.0, -1.1)
    return 0.19 * large + 0.28 * middle + 0.16 * small


@dataclass(frozen=True)
class CloudDeck:
    """Cumulus of one scene.

    Args:
        seed: which sky.
        amount: added to coverage; −0.6 hardly any, 0 scattered, 0.6 nearly closed.
        sunlight: (3,) irradiance that reaches the clouds' height; ambient: (3,) radiance from the rest of the sky.
        towards: (3,) to the sun or moon.
    """

    seed: int
    amount: float
    sunlight: Tensor
    ambient: Tensor
    towards: Tensor

    def shadow(self, position: Tensor, towards: Tensor) -> Tensor:
        """See `Clouds.shadow`: looked up where the ray to the sun passes the middle of the deck."""
        up = max(float(towards[2]), 0.06)
        climb = (BASE_M + 250 - position[:, 2]).clamp(min=0) * (1 / up)
        x = position[:, 0] + climb * float(towards[0])
        y = position[:, 1] + climb * float(towards[1])
        thick = lookup(_coverage(self.seed), x, y, _PERIOD_M) + self.amount
        wisps = stack(f"wisps/{self.seed}/a", f"wisps/{self.seed}/b", low=5, high=26, slope=-0.9)
        torn = lookup(wisps[0], x, y, 9200.0).abs()
        t = ((thick + 0.12 - 0.26 * torn) * (1 / 0.24)).clamp(0, 1)
        return 1 - 0.82 * t * t * (3 - 2 * t)

    def fray(self, eye_m: Tensor, direction: Tensor, pixel_rad: float) -> Tensor:
        """See `Clouds.fray`: billows finer than the march, on a sheet through the deck that bends down far away."""
        wisps = stack(f"wisps/{self.seed}/a", f"wisps/{self.seed}/b", low=5, high=26, slope=-0.9)
        above = max(BASE_M + 300 - float(eye_m[2]), 300.0)
        rise = direction[:, 2].clamp(min=0)
        reach = 2 * above / (rise + torch.sqrt(rise * rise + 2 * above / _BEND_M))
        x, y = float(eye_m[0]) + direction[:, 0] * reach, float(eye_m[1]) + direction[:, 1] * reach
        pixel_m = reach * pixel_rad
        coarse = lookup(wisps[0], x, y, 5200.0) * ((130 - pixel_m) * (1 / 100)).clamp(0, 1)
        fine = lookup(wisps[1], x, y, 1500.0) * ((38 - pixel_m) * (1 / 28)).clamp(0, 1)
        return 0.62 * coarse + 0.5 * fine

    def mirrored(self, radiance: Tensor, direction: Tensor, eye_m: Tensor) -> Tensor:
        """See `Clouds.mirrored`: the deck as one sheet, bright where it is thin or faces the sun, dark underneath."""
        rise = direction[:, 2].clamp(min=0)
        reach = (BASE_M + 150 - min(float(eye_m[2]), BASE_M)) / rise.clamp(min=0.04)
        x, y = float(eye_m[0]) + direction[:, 0] * reach, float(eye_m[1]) + direction[:, 1] * reach
        thick = lookup(_coverage(self.seed), x, y, _PERIOD_M) + self.amount
        ahead = lookup(
            _coverage(self.seed), x + 500 * float(self.towards[0]), y + 500 * float(self.towards[1]), _PERIOD_M
        ) + self.amount
        share = (thick * (1 / 0.22)).clamp(0, 1) * ((rise - 0.03) * (1 / 0.06)).clamp(0, 1)
        share = 0.95 * share * share * (3 - 2 * share)
        mu = (direction * self.towards).sum(1)
        phase = 0.10 + 0.16 * _henyey(mu, 0.55)
        lit = torch.exp(-3.2 * ahead.clamp(min=0)) * 0.9 + 0.1
        light = self.sunlight * (phase * lit * math.pi)[:, None] + self.ambient * 0.8
        return radiance + (light - radiance) * share[:, None]

    def march(self, eye_m: Tensor, direction: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Light from clouds along rays.

        Args:
            eye_m: (3,); direction: (M, 3) unit.
            steps: samples through the deck.

        Returns:
            radiance (M, 3), the share of what lies behind that still shows (M,).
        """
        count = direction.shape[0]
        radiance, clear = torch.zeros(count, 3), torch.ones(count)
        eye_z = float(eye_m[2])
        rise = direction[:, 2]
        up = torch.nonzero((rise > _LOWEST) & torch.full_like(rise, eye_z < BASE_M, dtype=torch.bool)).squeeze(1)
        if up.numel() == 0:
            return radiance, clear
        way = direction[up].T.contiguous()
        near = (BASE_M - eye_z) / way[2]
        far = torch.minimum((TOP_M - eye_z) / way[2], near + 9000)
        step = (far - near) / steps
        # The start of each ray is shifted by its direction alone: no grain that depends on the picture's size.
        shift = (torch.sin(way[0] * 733.1 + way[1] * 911.7) * 4373.7).remainder(1.0) * 0.5 + 0.25
        mu = (way * self.towards[:, None]).sum(0)
        forward = 0.7 * _henyey(mu, 0.65) + 0.3 * _henyey(mu, -0.15)
        soft = 0.35 * _henyey(mu, 0.5) + 0.65 / (4 * math.pi)
        left = torch.ones(up.numel())
        light = torch.zeros(3, up.numel())
        wisps = stack(f"wisps/{self.seed}/a", f"wisps/{self.seed}/b", low=5, high=26, slope=-0.9)
        ex, ey = float(eye_m[0]), float(eye_m[1])
        sun = [float(v) for v in self.towards]
        taps = _TAPS if steps > 16 else _FEW_TAPS
        for i in range(steps):
            t = near + (i + shift) * step
            x, y, z = ex + way[0] * t, ey + way[1] * t, eye_z + way[2] * t
            cover = lookup(_coverage(self.seed), x, y, _PERIOD_M) + self.amount
            at = torch.nonzero((cover > -0.05) & (left > 0.02)).squeeze(1)
            if at.numel() == 0:
                continue
            ax, ay, az = x[at], y[at], z[at]
            level = ((az - BASE_M) / (TOP_M - BASE_M)).clamp(0, 1)
            rough = lookup(wisps[0], ax + 0.7 * az, ay - 0.4 * az, 2300.0 * 4).abs()
            fine = lookup(wisps[1], ax - 0.3 * az, ay + 0.5 * az, 760.0 * 4)
            density = _density(cover[at], level) - 0.20 * rough - 0.09 * fine + 0.10
            density = (density * 1.5).clamp(0, 1)
            depth = torch.zeros_like(density)
            for reach, weight in taps:
                bx, by = ax + sun[0] * reach, ay + sun[1] * reach
                higher = (az + sun[2] * reach - BASE_M) / (TOP_M - BASE_M)
                tap = _density(lookup(_coverage(self.seed), bx, by, _PERIOD_M) + self.amount, higher.clamp(0, 1))
                depth = depth + (tap * 1.4).clamp(0, 1) * (higher < 1) * (weight * _EXTINCT)
            direct = torch.exp(-depth) * forward[at] * (1 - 0.6 * torch.exp(-3 * density))
            direct = direct + 0.55 * torch.exp(-0.22 * depth) * soft[at]
            passed = torch.exp(-density * _EXTINCT * step[at])
            gain = left[at] * (1 - passed)
            around = 0.55 + 0.75 * level
            light[:, at] += self.sunlight[:, None] * (direct * gain * math.pi) + self.ambient[:, None] * (around * gain)
            left[at] *= passed
        faint = ((rise[up] - _LOWEST) * (1 / 0.05)).clamp(0, 1)  # towards the horizon the deck melts into haze
        radiance[up] = (light * faint).T
        clear[up] = 1 - (1 - left) * faint
        return radiance, clear


def _density(cover: Tensor, level: Tensor) -> Tensor:
    base = (level * 10).clamp(0, 1)
    profile = base * base * (3 - 2 * base) * (1 - level).clamp(min=0) ** 0.65
    return cover - 0.62 * (1 - profile)


def _henyey(cosine: Tensor, g: float) -> Tensor:
    return (1 - g * g) / (4 * math.pi * (1 + g * g - 2 * g * cosine).clamp(min=1e-3) ** 1.5)
