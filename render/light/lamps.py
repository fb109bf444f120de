"""Lamps as points with a cone: irradiance on surfaces, in units where 1 exposes to a bright lit surface."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Lamps:
    """A set of lamps.

    Args:
        position_m: (L, 3) float32.
        color: (L, 3) float32, irradiance at one metre in display units.
        reach_m: (L,) where it fades to nothing.
        downward: (L,) 0–1, how far light is kept below the lamp.
    """

    position_m: Tensor
    color: Tensor
    reach_m: Tensor
    downward: Tensor

    def __len__(self) -> int:
        return self.position_m.shape[0]

    def irradiance(self, points: Tensor, normals: Tensor, visible: Tensor | None = None) -> Tensor:
        """(M, 3) irradiance at points (M, 3) with unit normals; `visible` (M, L) gates each lamp."""
        total = torch.zeros_like(points)
        for k in range(len(self)):
            to_lamp = self.position_m[k] - points
            d2 = (to_lamp * to_lamp).sum(1)
            near = (d2 < self.reach_m[k] ** 2).nonzero().squeeze(1)
            if near.numel() == 0:
                continue
            way, square = to_lamp[near], d2[near]
            distance = square.sqrt()
            toward = way / distance.clamp_min(1e-3)[:, None]
            facing = (toward * normals[near]).sum(1)
            cone = ((toward[:, 2] + 0.05) / 0.6).clamp(0, 1)
            cone = 1 - self.downward[k] * (1 - cone)
            fade = (1 - square / self.reach_m[k] ** 2).clamp_min(0)
            strength = (0.9 * facing.clamp_min(0) + 0.06) * cone * fade * fade / (square + 0.3)
            if visible is not None:
                strength = strength * visible[near, k]
            total[near] += strength[:, None] * self.color[k]
        return total


def lamps_from_rows(rows: list[tuple[float, ...]], rotation: Tensor) -> Lamps:
    """Lamps from rows (x, y, z, r, g, b, reach, downward), positions turned by a (3, 3) rotation applied on the right."""
    table = torch.tensor(rows, dtype=torch.float32).reshape(-1, 8)
    return Lamps(table[:, 0:3] @ rotation.float(), table[:, 3:6], table[:, 6], table[:, 7])
