"""Micro relief: clumps and hollows of a hand's breadth on the ground near the stage, really there for every camera.

The polar table sees them, so that a meadow's edge is ragged and hides what lies behind it; shading gets their slope
and their hollows. They are a function of world metres and fade out at a circle around the stage, never with the eye.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from render.world.noise import lookup, smoothstep, tile

_SCALES = ((19.0, 0.52, 0.31), (6.7, 0.32, -0.87), (2.3, 0.10, 1.43))
"""Tile side in metres (a dozen clumps), share of the height, turn."""


@runtime_checkable
class HasMicro(Protocol):
    """A land whose near ground is not smooth."""

    micro_m: float


class Micro:
    """The micro relief of one land.

    Args:
        height_m: of its clumps, one deviation; 0 for smooth ground.
        x_m, y_m, radius_m: the circle outside which there is none.
        water_m: it ends at the water's edge.
    """

    def __init__(self, height_m: float, x_m: float, y_m: float, radius_m: float, water_m: float | None) -> None:
        self.height_m, self._x, self._y, self._radius, self._water = height_m, x_m, y_m, radius_m, water_m

    def reach_m(self, x: float, y: float) -> float:
        """How far from an eye at x, y there is any."""
        if self.height_m == 0:
            return 0.0
        return float(np.hypot(x - self._x, y - self._y)) + self._radius

    def amount(self, x: Tensor, y: Tensor, ground: Tensor) -> Tensor:
        """Height of the clumps in metres at world points, one deviation."""
        away = torch.sqrt((x - self._x) ** 2 + (y - self._y) ** 2)
        fade = smoothstep(self._radius, 0.55 * self._radius, away) * self.height_m
        return fade if self._water is None else fade * smoothstep(0.05, 0.9, ground - self._water)

    def raised(self, x: Tensor, y: Tensor, ground: Tensor) -> Tensor:
        """Ground with its micro relief."""
        total = torch.zeros_like(x)
        for period, share, turn in _SCALES:
            c, s = float(np.cos(turn)), float(np.sin(turn))
            total = total + share * lookup(_field()[0], x * c - y * s, x * s + y * c, period)
        return ground + total * self.amount(x, y, ground)

    def slopes(self, x: Tensor, y: Tensor, ground: Tensor, footprint: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gradient east and north, and height in deviations, all (M,), without what is finer than a footprint."""
        amount = self.amount(x, y, ground)
        gx, gy, up = torch.zeros_like(x), torch.zeros_like(x), torch.zeros_like(x)
        for period, share, turn in _SCALES:
            keep = share / (1 + (footprint * (14 / period)) ** 2)
            c, s = float(np.cos(turn)), float(np.sin(turn))
            got = lookup(_field(), x * c - y * s, x * s + y * c, period)
            up = up + keep * got[0]
            slope = keep * amount * (1 / period)
            gx = gx + slope * (got[1] * c + got[2] * s)
            gy = gy + slope * (got[2] * c - got[1] * s)
        return gx, gy, up * (amount / max(self.height_m, 1e-6))


@lru_cache(maxsize=1)
def _field() -> Tensor:
    """(3, 513, 513): clumps of unit deviation, tops broad and hollows narrow, and their slopes per tile side."""
    plain = tile("micro", 7.0, 34.0, -1.0)[:-1, :-1].numpy(force=True)
    clumps = 1.0 - np.abs(plain) * 1.25 + 0.35 * plain
    clumps = ((clumps - clumps.mean()) / clumps.std()).astype(np.float32)
    size = clumps.shape[0]
    east = (np.roll(clumps, -1, 1) - np.roll(clumps, 1, 1)) * (size / 2)
    north = (np.roll(clumps, -1, 0) - np.roll(clumps, 1, 0)) * (size / 2)
    return torch.stack([
        torch.as_tensor(np.pad(f, ((0, 1), (0, 1)), mode="wrap").astype(np.float32)) for f in (clumps, east, north)
    ])
