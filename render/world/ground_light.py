"""What light finds on a height map: openness to the sky, and the sun's soft shadow by a running maximum."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.world.clipmap import HALVES_M, texel_m

_MOST = 0.42
"""Share of the sky that hollows of one size take at most."""

_THROUGH = 0.17
"""Share of the sun that comes through crowns."""


def openness(height: Tensor, texel: float) -> Tensor:
    """(n, n) 0–1 share of the sky that hollows leave open, from height against its own blur at three radii.

    Args:
        height: (n, n) metres.
        texel: metres between samples.
    """
    result = torch.ones_like(height)
    for radius, weight in ((3, 0.5), (9, 0.6), (33, 0.5)):
        below = (_blur(height, radius) - height).clamp(min=0) * (1 / (radius * texel))
        # a wall as high as the sky still leaves the other half open
        result = result * (1 - _MOST * (1 - torch.exp(-(weight * 1.6 / _MOST) * below)))
    return result


def sunlit(heights: Tensor, size: int, towards: Tensor, seen: Tensor | None = None) -> Tensor:
    """Share of the sun that reaches the surface, at half resolution, for a whole clip map.

    Args:
        heights: (L·n, n) heights that throw shadows.
        seen: (L·n, n) heights that receive them; None when they are the same.
        size: n.
        towards: (3,) unit direction to the sun or moon.

    Returns:
        (2, L·m, m) with m = n / 2: share of the sun on what is seen, and the height in metres below which shade begins,
        for things that stand above it. Coarser levels' shadows are included.
    """
    levels, small = len(HALVES_M), size // 2
    done: list[Tensor] = [torch.empty(0)] * levels
    for level in range(levels - 1, -1, -1):
        rows = slice(level * size, (level + 1) * size)
        both = heights[rows][None] if seen is None else torch.stack([heights[rows], seen[rows]])
        half = torch.nn.functional.avg_pool2d(both[None], 2)[0]
        casting = half[0]
        lit, edge = _level(casting, casting if seen is None else half[1], texel_m(level, small), towards)
        if level < levels - 1:
            share = HALVES_M[level] / HALVES_M[level + 1]
            axis = ((torch.arange(small) + 0.5) / small * 2 - 1) * share
            grid = torch.stack([axis[None, :].expand(small, small), axis[:, None].expand(small, small)], -1)
            coarse = torch.nn.functional.grid_sample(done[level + 1][None], grid[None], align_corners=False)[0]
            # A coarser map smears what this one sees sharply; only its far occluders count, well inside it.
            lit = torch.minimum(lit, (coarse[0] * 1.5).clamp(max=1)) if level < 2 else torch.minimum(lit, coarse[0])
            edge = torch.where(coarse[0] < 0.3, torch.maximum(edge, coarse[1]), edge)
        done[level] = torch.stack([lit, edge])
    return torch.cat(done, 1)


def _level(height: Tensor, seen: Tensor, texel: float, towards: Tensor) -> tuple[Tensor, Tensor]:
    size = height.shape[0]
    east, north, up = (float(v) for v in towards)
    flat = max(math.hypot(east, north), 1e-4)
    tangent = max(up, 0.005) / flat
    along_x, along_y = east / flat, north / flat
    wide = math.ceil(size * (abs(along_x) + abs(along_y)))
    wide += wide % 2
    span = wide / size  # rotated square in units of half the level
    axis = ((torch.arange(wide) + 0.5) / wide * 2 - 1) * span
    t, s = axis[None, :], axis[:, None]  # column grows towards the sun
    grid = torch.stack([t * along_x - s * along_y, t * along_y + s * along_x], -1)[None]
    turned = torch.nn.functional.grid_sample(
        torch.stack([height, seen])[None], grid, align_corners=False, padding_mode="border"
    )[0]
    fall = (axis * (size * texel / 2) * tangent)[None]
    line = turned[0] - fall
    top, index = torch.cummax(line.flip(1), dim=1)
    top, index = top.flip(1), (wide - 1) - index.flip(1)
    over = top - (turned[1] - fall)  # how far the surface lies under the shadow's edge
    distance = (index - torch.arange(wide)[None]).clamp(min=0) * texel
    soft = (0.012 * distance + 1.2 * texel) * max(tangent, 0.12)
    bias = 0.35 * texel * max(tangent, 0.2)
    lit = 1 - ((over - bias) / (2 * soft)).clamp(0, 1)
    if seen is not height:  # crowns of leaves and needles let some light through, ground and rock none
        bare = turned[1] - fall
        solid = torch.cummax(bare.flip(1), dim=1)[0].flip(1)
        lit = torch.maximum(lit, _THROUGH * (1 - ((solid - bare - bias) / (2 * soft)).clamp(0, 1)))
    axis = (torch.arange(size) + 0.5) / size * 2 - 1
    x, y = axis[None, :], axis[:, None]
    back = torch.stack([(x * along_x + y * along_y) / span, (y * along_x - x * along_y) / span], -1)[None]
    both = torch.stack([lit, top + fall])[None]
    lit, edge = torch.nn.functional.grid_sample(both, back, align_corners=False, padding_mode="border")[0]
    return lit, edge


def _blur(height: Tensor, radius: int) -> Tensor:
    """Box blur twice by running sums, edges repeated; double precision so that the sums stay exact enough."""
    for dim in (0, 1):
        for _ in range(2):
            size = height.shape[dim]
            first, last = height.narrow(dim, 0, 1), height.narrow(dim, size - 1, 1)
            shape = [1, 1]
            shape[dim] = radius
            padded = torch.cat([first.repeat(shape), height, last.repeat(shape)], dim).double()
            total = torch.cumsum(padded, dim)
            total = torch.cat([torch.zeros_like(total.narrow(dim, 0, 1)), total], dim)
            width = 2 * radius + 1
            height = ((total.narrow(dim, width, size) - total.narrow(dim, 0, size)) / width).float()
    return height
