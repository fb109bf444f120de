"""Trees as part of the ground's height: crowns on a jittered grid of world cells, the same from every camera."""

from __future__ import annotations

import torch
from torch import Tensor

from render.world.land import TreeKind
from render.world.noise import generator

_TABLE = 256
_JITTER = 0.34


def crown_height(
    x: Tensor, y: Tensor, share: Tensor, kind: TreeKind, seed: int, texel_m: float
) -> tuple[Tensor, Tensor]:
    """Height of crowns above the ground, and the share of a texel they cover.

    Args:
        x, y: (n, n) world metres.
        share: (n, n) 0–1 probability that a tree stands in the cell.
        kind: which trees.
        seed: of the place.
        texel_m: crowns much narrower than a texel become an even layer.

    Returns:
        crown (n, n) metres, cover (n, n) 0–1.
    """
    some = torch.nonzero(share.reshape(-1) > 0.02).squeeze(1)
    crown, cover = torch.zeros(x.numel()), torch.zeros(x.numel())
    if some.numel() == 0:
        return crown.view_as(x), cover.view_as(x)
    px, py, ps = x.reshape(-1)[some], y.reshape(-1)[some], share.reshape(-1)[some]
    blur = min(1.0, max(0.0, texel_m / kind.cell_m - 0.55) / 0.9)
    mean = (kind.low_m + kind.high_m) / 2 * 0.62
    if blur >= 1:
        crown[some], cover[some] = mean * ps, ps * 0.85
        return crown.view_as(x), cover.view_as(x)
    table = torch.rand(_TABLE * _TABLE, 6, generator=generator("trees", seed))
    gx, gy = px / kind.cell_m, py / kind.cell_m
    base_x, base_y = (gx - 0.5).floor(), (gy - 0.5).floor()
    best = torch.zeros_like(px)
    near = torch.zeros_like(px)
    for step_y in (0, 1):
        for step_x in (0, 1):
            ix, iy = base_x + step_x, base_y + step_y
            key = ix.long().bitwise_and_(_TABLE - 1) + iy.long().bitwise_and_(_TABLE - 1) * _TABLE
            draw = table[key]  # (M, 6): jitter x, jitter y, size, stands, lobe, kind
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
            dome = tall * (0.42 + 0.58 * torch.sqrt((1 - away * away).clamp(min=0))) * (inside > 0)
            height = torch.where(conifer, cone, dome) * (draw[:, 3] < ps)
            best = torch.maximum(best, height)
            near = torch.maximum(near, (inside * 3).clamp(max=1) * (draw[:, 3] < ps))
    crown[some] = best * (1 - blur) + mean * ps * blur
    cover[some] = near * (1 - blur) + ps * 0.85 * blur
    return crown.view_as(x), cover.view_as(x)
