"""Sky visibility: depth maps along directions spread over the hemisphere, baked once per geometry.

What a surface point sees of the sky does not depend on the hour. Each light node stores, for every direction, whether
the way is free; an hour's sky light is then one matrix product.
"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from render.abreast import abreast
from render.visibility.ortho import OrthoMap, trace_ortho
from render.visibility.quads import Quads


def hemisphere(count: int) -> Tensor:
    """(count, 3) float64 unit directions, uniform in solid angle over the upper hemisphere (Fibonacci)."""
    k = torch.arange(count, dtype=torch.float64)
    z = ((k + 0.5) / count).clamp_min(0.06)
    flat = (1 - z * z).sqrt()
    azimuth = 2.399963229728653 * k
    return torch.stack([flat * azimuth.cos(), flat * azimuth.sin(), z], 1)


def seen_from(map_: OrthoMap, places: Tensor, bias_m: float) -> Tensor:
    """(M,) float32, 1 where nothing stands between a place and the map's source; places off the map are free.

    Args:
        places: (3, M) columns and rows in texels, edges convention, and depths in the map's frame.
    """
    size = map_.depth_m.shape[0]
    column, row, depth = places
    on_map = (column >= 0) & (column < size) & (row >= 0) & (row < size)
    at = row.long().mul_(size).add_(column.long()).clamp_(0, size * size - 1)
    near = map_.depth_m.view(-1).index_select(0, at).add_(bias_m)
    free: Tensor = (depth <= near) | ~on_map
    return free.float()


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
    free = torch.empty((count, points.shape[0]))
    texel = 2 * half_m / size
    lifted = (points + normals * (1.2 * texel) - centre.to(points.dtype)).T.contiguous()
    bias = 0.6 * texel + 0.02

    def one(k: int) -> None:
        map_ = trace_ortho(quads, centre, toward[k], half_m, size)
        frame = torch.stack([map_.right / texel, map_.down / texel, map_.travel]).to(points.dtype)
        angle = 2 * math.pi * k * 0.618034
        shift = torch.tensor([0.5 * math.cos(angle) + size / 2, 0.5 * math.sin(angle) + size / 2, 0.0])
        free[k] = seen_from(map_, (frame @ lifted).add_(shift[:, None]), bias)

    abreast(*(partial(one, k) for k in range(count)))
    return toward.float(), free.T.contiguous()
