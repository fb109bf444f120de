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
        if len(self) == 0:
            return total
        spread = self.position_m - self.position_m.mean(0)
        axis = spread[int((spread * spread).sum(1).argmax())]
        axis = axis / axis.norm().clamp_min(1e-6)
        order = (points @ axis).argsort()
        along = (points @ axis)[order]
        reach = torch.stack([self.position_m @ axis - self.reach_m, self.position_m @ axis + self.reach_m])
        ends = torch.searchsorted(along, reach.contiguous())
        for k in range(len(self)):
            near = order[int(ends[0, k]) : int(ends[1, k])]
            way = self.position_m[k] - points[near]
            square = (way * way).sum(1)
            inside = square < self.reach_m[k] ** 2
            near, way, square = near[inside], way[inside], square[inside]
            if near.numel() == 0:
                continue
            distance = square.sqrt()
            toward = way / distance.clamp_min(1e-3)[:, None]
            facing = (toward * normals[near]).sum(1)
            cone = ((toward[:, 2] + 0.05) / 0.6).clamp(0, 1)
            cone = 1 - self.downward[k] * (1 - cone)
            fade = (1 - square / self.reach_m[k] ** 2).clamp_min(0)
            strength = (
                (0.9 * facing.clamp_min(0) + 0.06) * cone * fade * fade / (square + 0.2 + (self.reach_m[k] / 13) ** 2)
            )
            if visible is not None:
                strength = strength * visible[near, k]
            total[near] += strength[:, None] * self.color[k]
        return total


def lamps_from_rows(rows: list[tuple[float, ...]], rotation: Tensor) -> Lamps:
    """Lamps from rows (x, y, z, r, g, b, reach, downward); positions are turned by a (3, 3) rotation on the right."""
    table = torch.tensor(rows, dtype=torch.float32).reshape(-1, 8)
    return Lamps(table[:, 0:3] @ rotation.float(), table[:, 3:6], table[:, 6], table[:, 7])
