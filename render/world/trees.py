"""Trees as part of the ground's height: crowns on a jittered grid of world cells, the same from every camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from render.world.land import TreeKind
from render.world.noise import generator
from render.world.plants import Stand

_TABLE = 256
_JITTER = 0.34
_DOME = 0.62
"""Broadleaves stay lower than conifers."""


@dataclass(frozen=True)
class Near:
    """The circle around the stage whose plants are real geometry: centre, radius, and radius of the finest models."""

    x_m: float
    y_m: float
    radius_m: float
    fine_m: float


def crown_height(
    x: Tensor, y: Tensor, share: Tensor, kind: TreeKind, seed: int, texel_m: float, near: Near
) -> tuple[Tensor, Tensor, Tensor]:
    """Height of crowns above the ground, and the share of a texel they cover.

    Args:
        x, y: (n, n) world metres.
        share: (n, n) 0–1 probability that a tree stands in the cell.
        kind: which trees.
        seed: of the place.
        texel_m: crowns much narrower than a texel become an even layer.
        near: cells whose trees are real geometry; they are left out of the crowns, but still cast shadows.

    Returns:
        crown (n, n) metres, cover (n, n) 0–1, and crowns with the near ones (n, n) metres.
    """
    some = torch.nonzero(share.reshape(-1) > 0.02).squeeze(1)
    crown, cover, shade = torch.zeros(x.numel()), torch.zeros(x.numel()), torch.zeros(x.numel())
    if some.numel() == 0:
        return crown.view_as(x), cover.view_as(x), shade.view_as(x)
    px, py, ps = x.reshape(-1)[some], y.reshape(-1)[some], share.reshape(-1)[some]
    blur = min(1.0, max(0.0, texel_m / kind.cell_m - 0.55) / 0.9)
    mean = (kind.low_m + kind.high_m) / 2 * 0.62
    if blur >= 1:
        crown[some], cover[some], shade[some] = mean * ps, ps * 0.85, mean * ps
        return crown.view_as(x), cover.view_as(x), shade.view_as(x)
    table = _draws(seed)
    gx, gy = px / kind.cell_m, py / kind.cell_m
    base_x, base_y = (gx - 0.5).floor(), (gy - 0.5).floor()
    best, dark, full = torch.zeros_like(px), torch.zeros_like(px), torch.zeros_like(px)
    for step_y in (0, 1):
        for step_x in (0, 1):
            ix, iy = base_x + step_x, base_y + step_y
            draw = table[_key(ix, iy)]  # (M, 6): jitter x, jitter y, size, stands, lobe, kind
            dx = (gx - ix - 0.5 - (draw[:, 0] - 0.5) * 2 * _JITTER) * kind.cell_m
            dy = (gy - iy - 0.5 - (draw[:, 1] - 0.5) * 2 * _JITTER) * kind.cell_m
            size = draw[:, 2] ** 0.8
            tall = kind.low_m + (kind.high_m - kind.low_m) * size
            conifer = draw[:, 5] < kind.conifer
            radius = kind.radius_m * torch.where(conifer, 0.62 + 0.38 * size, 0.72 + 0.28 * size)
            turn = torch.atan2(dy, dx)
            lobes = 1 + 0.13 * torch.sin(turn * 7 + draw[:, 4] * 6.3) + 0.07 * torch.sin(turn * 12 - draw[:, 4] * 9)
            away = torch.sqrt(dx * dx + dy * dy) / (radius * lobes)
            inside = (1 - away).clamp(min=0)
            cone = tall * inside**0.85
            dome = tall * _DOME * (0.42 + 0.58 * torch.sqrt((1 - away * away).clamp(min=0))) * (inside > 0)
            height = torch.where(conifer, cone, dome) * (draw[:, 3] < ps)
            dark = torch.maximum(dark, height)
            away_m = (ix + 0.5) * kind.cell_m - near.x_m, (iy + 0.5) * kind.cell_m - near.y_m
            far = away_m[0] * away_m[0] + away_m[1] * away_m[1] > near.radius_m * near.radius_m
            best = torch.maximum(best, height * far)
            full = torch.maximum(full, (inside * 3).clamp(max=1) * (draw[:, 3] < ps) * far)
    crown[some] = best * (1 - blur) + mean * ps * blur
    cover[some] = full * (1 - blur) + ps * 0.85 * blur
    shade[some] = dark * (1 - blur) + mean * ps * blur
    return crown.view_as(x), cover.view_as(x), shade.view_as(x)


def near_trees(
    near: Near, kind: TreeKind, seed: int, ground: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
) -> list[tuple[str, Stand]]:
    """The trees of the near cells, to be built of real branches.

    Args:
        near: which cells.
        kind, seed: as for the crowns.
        ground: height and tree share at world points.
    """
    reach = int(near.radius_m / kind.cell_m) + 2
    span = torch.arange(-reach, reach + 1, dtype=torch.float32)
    ix = (span + round(near.x_m / kind.cell_m))[None, :].expand(len(span), -1).reshape(-1)
    iy = (span + round(near.y_m / kind.cell_m))[:, None].expand(-1, len(span)).reshape(-1)
    away = torch.sqrt(((ix + 0.5) * kind.cell_m - near.x_m) ** 2 + ((iy + 0.5) * kind.cell_m - near.y_m) ** 2)
    inside = away <= near.radius_m
    ix, iy, away = ix[inside], iy[inside], away[inside]
    draw = _draws(seed)[_key(ix, iy)]
    x = (ix + 0.5 + (draw[:, 0] - 0.5) * 2 * _JITTER) * kind.cell_m
    y = (iy + 0.5 + (draw[:, 1] - 0.5) * 2 * _JITTER) * kind.cell_m
    height, share = ground(x, y)
    size = draw[:, 2] ** 0.8
    conifer = draw[:, 5] < kind.conifer
    tall = (kind.low_m + (kind.high_m - kind.low_m) * size) * torch.where(conifer, 1.0, _DOME)
    radius = kind.radius_m * torch.where(conifer, 0.72 + 0.40 * size, 1.15 + 0.45 * size)
    stands = (draw[:, 3] < share) & (share > 0.02)
    result = []
    for name, which in (("conifer", conifer), ("broadleaf", ~conifer)):
        for far in (False, True):
            at = torch.nonzero(stands & which & ((away > near.fine_m) == far)).squeeze(1)
            if at.numel():
                tint = (draw[:, 4] * 7.31).remainder(1) * 2 - 1
                values = (x, y, height - 0.25, tall, radius, draw[:, 4] * 6.283, tint)
                result.append((name + (" far" if far else ""), Stand(*(v[at].double().numpy() for v in values))))
    return result


def loose_stones(
    near: Near, share: float, seed: int, water_m: float | None, ground: Callable[[Tensor, Tensor], Tensor]
) -> list[tuple[str, Stand]]:
    """Boulders strewn over the near cells, few large, many small, none under water."""
    x, y, draw = _scattered(near, 7.0, near.radius_m * 0.8, seed + 1)
    height = ground(x, y)
    size = 0.22 + 1.5 * draw[:, 2] ** 4
    stands = draw[:, 3] < share
    if water_m is not None:
        stands = ((draw[:, 3] < share * 3.5) & (height < water_m + 1.6) | stands) & (height > water_m - 0.4)
    at = torch.nonzero(stands).squeeze(1)
    if at.numel() == 0:
        return []
    tall = size * (0.8 + 0.5 * draw[:, 4])
    values = (x, y, height - 0.12 * size, tall, size, draw[:, 5] * 6.283, draw[:, 4] * 2 - 1)
    return [("boulder", Stand(*(v[at].double().numpy() for v in values)))]


def grass_tufts(
    near: Near, share: float, seed: int, water_m: float | None, ground: Callable[[Tensor, Tensor], Tensor]
) -> list[tuple[str, Stand]]:
    """Tufts of long grass where the nearest cameras stand, in patches, on ground that is neither wet nor steep."""
    x, y, draw = _scattered(near, 1.7, min(near.fine_m, 44.0), seed + 2)
    height = ground(x, y)
    lean = (ground(x + 1.5, y) - height).abs() + (ground(x, y + 1.5) - height).abs()
    wave = torch.sin(x * 0.21 + 1.3 * torch.sin(y * 0.13))
    patch = 0.5 + 0.8 * wave * torch.sin(y * 0.17 + 0.9 * torch.sin(x * 0.11))
    stands = (draw[:, 3] < share * patch * 1.6) & (lean < 1.2)
    if water_m is not None:
        stands &= height > water_m + 0.5
    at = torch.nonzero(stands).squeeze(1)
    if at.numel() == 0:
        return []
    tall = 0.16 + 0.30 * draw[:, 2]
    values = (x, y, height - 0.03, tall, 0.20 + 0.24 * draw[:, 4], draw[:, 5] * 6.283, draw[:, 4] * 2 - 1)
    return [("tuft", Stand(*(v[at].double().numpy() for v in values)))]


def _scattered(near: Near, cell: float, radius: float, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """One jittered point per cell within a radius of the near circle's middle: x, y (K,) and draws (K, 6)."""
    reach = int(radius / cell)
    span = torch.arange(-reach, reach + 1, dtype=torch.float32)
    ix = (span + round(near.x_m / cell))[None, :].expand(len(span), -1).reshape(-1)
    iy = (span + round(near.y_m / cell))[:, None].expand(-1, len(span)).reshape(-1)
    draw = _draws(seed)[_key(ix, iy)]
    return (ix + draw[:, 0]) * cell, (iy + draw[:, 1]) * cell, draw


@lru_cache(maxsize=4)
def _draws(seed: int) -> Tensor:
    return torch.rand(_TABLE * _TABLE, 6, generator=generator("trees", seed))


def _key(ix: Tensor, iy: Tensor) -> Tensor:
    return ix.long().bitwise_and_(_TABLE - 1) + iy.long().bitwise_and_(_TABLE - 1) * _TABLE
