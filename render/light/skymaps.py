"""Sky visibility: depth maps along directions spread over the hemisphere, baked once per geometry.

What a surface point sees of the sky does not depend on the hour. Each light node stores, for every direction, whether
the way is free; an hour's sky light is then one matrix product.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.visibility.ortho import OrthoMap, trace_ortho
from render.visibility.quads import Quads


def hemisphere(count: int) -> Tensor:
    """(count, 3) float64 unit directions, uniform in solid angle over the upper hemisphere (Fibonacci)."""
    k = torch.arange(count, dtype=torch.float64)
    z = ((k + 0.5) / count).clamp_min(0.06)
    flat = (1 - z * z).sqrt()
    azimuth = 2.399963229728653 * k
    return torch.stack([flat * azimuth.cos(), flat * azimuth.sin(), z], 1)


def seen_from(map_: OrthoMap, points: Tensor, bias_m: float) -> Tensor:
    """(M,) float32, 1 where nothing stands between the point and the map's source; points off the map are free."""
    size = map_.depth_m.shape[0]
    column, row, depth = map_.locate(points)
    i, j = column.long(), row.long()
    on_map = (i >= 0) & (i < size) & (j >= 0) & (j < size) & (column >= 0) & (row >= 0)
    near = map_.depth_m.reshape(-1)[j.clamp(0, size - 1) * size + i.clamp(0, size - 1)]
    return ((depth - bias_m <= near) | ~on_map).float()


def sky_visibility(
    quads: Quads, points: Tensor, normals: Tensor, centre: Tensor, half_m: float, count: int, size: int
) -> tuple[Tensor, Tensor]:
    """How freely light nodes see the sky.

    Args:
        quads: what casts shade.
        points, normals: (T, 3) float32 light nodes.
        centre: (3,); maps span ±half_m around it.
        count: directions; size: side of each map in texels.

    Returns:
        directions (count, 3) float32, and free (T, count) float32 in 0–1, meaningless behind the normal.
    """
    toward = hemisphere(count)
    free = torch.empty((points.shape[0], count))
    texel = 2 * half_m / size
    lifted = points + normals * (1.2 * texel)
    bias = 0.6 * texel + 0.02
    for k in range(count):
        map_ = trace_ortho(quads, centre, toward[k], half_m, size)
        angle = 2 * math.pi * k * 0.618034
        shift = 0.5 * texel * (map_.right * math.cos(angle) + map_.down * math.sin(angle))
        free[:, k] = seen_from(map_, lifted + shift.float(), bias)
    return toward.float(), free
