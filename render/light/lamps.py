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
        if len(self) == 0:
            return torch.zeros_like(points)
        spread = self.position_m - self.position_m.mean(0)
        axis = spread[int((spread * spread).sum(1).argmax())]
        axis = axis / axis.norm().clamp_min(1e-6)
        along, order = (points @ axis).sort()
        reach = torch.stack([self.position_m @ axis - self.reach_m, self.position_m @ axis + self.reach_m])
        ends = torch.searchsorted(along, reach.contiguous()).tolist()
        # along the axis a lamp's points lie one after another; each coordinate is a row of its own
        place, facing = points.T.index_select(1, order), normals.T.index_select(1, order)
        total = torch.zeros_like(place)
        lamps = zip(self.position_m.tolist(), self.color, self.reach_m.tolist(), self.downward.tolist(), strict=True)
        for k, (position, color, reach_m, downward) in enumerate(lamps):
            part = slice(ends[0][k], ends[1][k])
            way = [position[i] - place[i, part] for i in range(3)]
            square = (way[0] * way[0]).add_(way[1] * way[1]).add_(way[2] * way[2])
            near = torch.nonzero(square < reach_m**2).squeeze(1)
            if near.numel() == 0:
                continue
            square = square.index_select(0, near)
            at = near + part.start
            inverse = 1 / square.sqrt().clamp_min_(1e-3)
            toward = [each.index_select(0, near).mul_(inverse) for each in way]
            n = facing.index_select(1, at)
            lit = (toward[0] * n[0]).add_(toward[1] * n[1]).add_(toward[2] * n[2]).clamp_min_(0)
            cone = 1 - downward * (1 - ((toward[2] + 0.05) / 0.6).clamp_(0, 1))
            fade = (1 - square / reach_m**2).clamp_min_(0)
            strength = (0.9 * lit + 0.06) * cone * fade * fade / (square + (0.2 + (reach_m / 13) ** 2))
            if visible is not None:
                strength = strength * visible[order.index_select(0, at), k]
            total.index_add_(1, at, color[:, None] * strength)
        result = torch.empty_like(points)
        result[order] = total.T.contiguous()
        return result


def lamps_from_rows(rows: list[tuple[float, ...]], rotation: Tensor) -> Lamps:
    """Lamps from rows (x, y, z, r, g, b, reach, downward); positions are turned by a (3, 3) rotation on the right."""
    table = torch.tensor(rows, dtype=torch.float32).reshape(-1, 8)
    return Lamps(table[:, 0:3] @ rotation.float(), table[:, 3:6], table[:, 6], table[:, 7])
