"""Concentric maps of one place: the same ground at four resolutions, finest around the middle, in one tall texture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

HALVES_M = (176.0, 700.0, 2600.0, 8000.0)
"""Half the side of each level; all are centred on the world's origin."""


@dataclass(frozen=True)
class ClipMap:
    """C channels of one place.

    Args:
        data: (C, L·n, n) float32; level l occupies rows l·n…, row 0 of a level its southern edge, column 0 its western.
        size: n, texels along a level's side.
    """

    data: Tensor
    size: int

    def at(self, x: Tensor, y: Tensor) -> Tensor:
        """(C, *shape of x) values at world metres, bilinear in the finest level that holds the point."""
        grid = clip_grid(x.reshape(-1), y.reshape(-1), self.size)
        got = torch.nn.functional.grid_sample(self.data[None], grid, align_corners=False, padding_mode="border")
        return got[0, :, 0].reshape(-1, *x.shape)

    def with_grid(self, grid: Tensor) -> Tensor:
        """(C, N) values for a grid that `clip_grid` made; spares making it twice."""
        got = torch.nn.functional.grid_sample(self.data[None], grid, align_corners=False, padding_mode="border")
        return got[0, :, 0]

    @property
    def bytes(self) -> int:
        """Memory held."""
        return self.data.numel() * self.data.element_size()


def texel_m(level: int, size: int) -> float:
    """Metres between a level's texels."""
    return 2 * HALVES_M[level] / size


def level_points(level: int, size: int) -> tuple[Tensor, Tensor]:
    """World x and y (n, n) of a level's texel centres."""
    axis = ((torch.arange(size, dtype=torch.float64) + 0.5) / size * 2 - 1) * HALVES_M[level]
    axis = axis.float()
    return axis[None, :].expand(size, size).contiguous(), axis[:, None].expand(size, size).contiguous()


def clip_grid(x: Tensor, y: Tensor, size: int) -> Tensor:
    """(1, 1, N, 2) lookup coordinates for world points (N,)."""
    reach = torch.maximum(x.abs(), y.abs())
    scale = torch.full_like(reach, 1 / HALVES_M[-1])
    shift = torch.full_like(reach, float(len(HALVES_M) - 1))
    for level in range(len(HALVES_M) - 2, -1, -1):
        inside = reach < HALVES_M[level] - texel_m(level, size)
        scale = torch.where(inside, 1 / HALVES_M[level], scale)
        shift = torch.where(inside, float(level), shift)
    edge = 1 - 1 / size
    u = (x * scale).clamp_(-edge, edge)
    v = (y * scale).clamp_(-edge, edge)
    levels = len(HALVES_M)
    # a level's v −1…1 fills its own band of the tall texture; the clamp keeps bilinear taps inside the band
    v = v.mul_(1 / levels).add_(shift.mul_(2 / levels)).add_(1 / levels - 1)
    return torch.stack([u, v], -1)[None, None]
