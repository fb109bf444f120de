"""Sun shadow from orthographic depth maps: a fine one around the focus, a coarse one for the whole place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from render.abreast import abreast
from render.visibility.ortho import OrthoMap, trace_ortho
from render.visibility.quads import Quads


@dataclass(frozen=True)
class SunMaps:
    """Depth maps along one sun direction, finest first."""

    maps: tuple[OrthoMap, ...]

    @staticmethod
    def build(quads: Quads, centre: Tensor, toward: Tensor, spans: tuple[tuple[float, int], ...]) -> SunMaps:
        """Trace one map per (half side in metres, texels) around a centre, for the unit direction to the sun."""
        wide = torch.linalg.cross(quads.edge_u, quads.edge_v).norm(dim=1) * (1 + quads.two_sided.double())
        middle = quads.origin + 0.5 * (quads.edge_u + quads.edge_v) - centre
        away = torch.linalg.cross(middle, toward.double().expand_as(middle)).norm(dim=1)
        radius = 0.5 * (quads.edge_u.norm(dim=1) + quads.edge_v.norm(dim=1))

        def trace(half: float, size: int) -> OrthoMap:
            # what is smaller than a third of a texel, or beside the map, would cost its setting up and throw no shade
            kept = (wide > (2 * half / size / 3) ** 2) & (away - radius < half * math.sqrt(2))
            return trace_ortho(quads.pick(kept), centre, toward, half, size)

        return SunMaps(tuple(abreast(*(partial(trace, *span) for span in spans))))

    def lit(self, points: Tensor, normals: Tensor, spin: Tensor | None = None) -> Tensor:
        """(M,) float32 share of the sun that reaches points (M, 3) with geometric normals (M, 3).

        Args:
            spin: None for hard edges. Soft ones are the same from every camera and need no angles: what rooms want
                them for (roomsun.py) would differ between cameras here, where texels are large.
        """
        lit = torch.ones(points.shape[0])
        todo = torch.arange(points.shape[0])
        for map_ in self.maps:
            size = map_.depth_m.shape[0]
            texel = map_.texel_m
            column, row, depth = map_.locate(points[todo] + normals[todo] * (1.5 * texel))
            margin = 4.0
            on_map = (column > margin) & (column < size - margin) & (row > margin) & (row < size - margin)
            here = on_map.nonzero().squeeze(1)
            near = map_.depth_m.reshape(-1)
            column, row = column[here], row[here]
            limit = depth[here] - (1.2 * texel + 0.02)
            if spin is None:
                lit[todo[here]] = (limit <= near[row.long() * size + column.long()]).float()
            else:
                lit[todo[here]] = _soft(near, size, column, row, limit)
            todo = todo[~on_map]
        return lit


def _soft(near: Tensor, size: int, column: Tensor, row: Tensor, limit: Tensor) -> Tensor:
    """(M,) share of the sun by the nine texels around a point, weighted by a quadratic B-spline: smooth, without grain.

    Args:
        near: (size²,) depths of the map, metres. column, row: (M,) places in texels. limit: (M,) depth still lit.
    """
    left, top = column.long(), row.long()
    across, down = _spline(column - left - 0.5), _spline(row - top - 0.5)
    start = (top - 1) * size + left - 1
    total = torch.zeros_like(limit)
    for j in range(3):
        for i in range(3):
            seen = (limit <= near[start + (j * size + i)]).float()
            total += seen * (down[j] * across[i])
    return total


def _spline(offset: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weights of the texel before, at and after, for (M,) offsets −½…½ from a texel's middle."""
    return 0.5 * (0.5 - offset) ** 2, 0.75 - offset**2, 0.5 * (0.5 + offset) ** 2
