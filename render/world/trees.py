"""Trees as part of the ground's height: crowns on a jittered grid of world cells, the same from every camera."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from render.world.base import Stage
from render.world.clipmap import HALVES_M, ClipMap, texel_m
from render.world.land import TreeKind
from render.world.noise import generator, smoothstep, uniform
from render.world.plants import Stand

_TABLE = 256
_JITTER = 0.34
_DOME = 0.72
"""Broadleaves stay lower than conifers."""
SLENDER: Mapping[str, float] = {"birch": 0.62, "pine": 1.05, "dead tree": 0.8}
"""Radius of a kind over that of its cell."""


@dataclass(frozen=True)
class Near:
    """The circle around the stage whose plants are real geometry, and the spots around which they are finest.

    Levels of detail belong to the place: the spots are where the standard angles are wont to stand, whoever looks.
    """

    x_m: float
    y_m: float
    radius_m: float
    spots_m: tuple[tuple[float, float], ...]
    fine_m: float
    mid_m: float
    close_m: float = 0.0

    def away(self, x: Tensor, y: Tensor) -> Tensor:
        """Metres to the nearest spot."""
        return torch.stack([torch.hypot(x - sx, y - sy) for sx, sy in self.spots_m]).amin(0)


def near_of(stage: Stage, *, quick: bool = False) -> Near:
    """The near circle of a stage; a quick one holds fewer branches."""
    focus_x, focus_y = float(stage.focus_m[0]), float(stage.focus_m[1])
    spots = [(focus_x, focus_y)]
    for reach, side in ((1.0, 0), (0.78, 14), (0.62, -12), (0.5, 5), (0.66, -20), (0.8, 22)):
        heading = math.radians(stage.approach_deg + side)
        away = reach * stage.extent_m
        spots.append((focus_x + away * math.sin(heading), focus_y + away * math.cos(heading)))
    # beyond, crowns are part of the ground; open country shows single trees from farther off
    radius = min(max(1.5 * stage.extent_m, 150.0), 210.0) if stage.extent_m < 130 else 370.0
    if quick:
        return Near(focus_x, focus_y, 0.85 * radius, tuple(spots), 10.0, 30.0)
    return Near(focus_x, focus_y, radius, tuple(spots), 30.0, 70.0, 13.0)


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
            radius = kind.radius_m * torch.where(conifer, 0.68 + 0.40 * size, 1.0 + 0.38 * size)
            # a crown of a few texels would stand like a tent: round ones spread a little on coarse maps
            radius = radius * torch.where(conifer, 1.0, 1 + 0.4 * min(1.0, max(0.0, texel_m - 1) / 2.5))
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
    tint = (draw[:, 4] * 7.31).remainder(1) * 2 - 1
    luck = (draw[:, 4] * 13.7).remainder(1)
    away = near.away(x, y)
    levels = (
        (" close", -1.0, near.close_m), ("", near.close_m, near.fine_m), (" mid", near.fine_m, near.mid_m),
        (" far", near.mid_m, math.inf),
    )
    result = []
    for names, which in ((kind.cones, conifer), (kind.domes, ~conifer)):
        for k, name in enumerate(names):
            own = stands & which & ((luck * len(names)).floor() == k)
            wide = radius * SLENDER.get(name, 1.0)
            for level, low, high in levels:
                at = torch.nonzero(own & (away > low) & (away <= high)).squeeze(1)
                if at.numel():
                    result.append((name + level, stand(at, x, y, height - 0.05, tall, wide, draw[:, 4] * 6.283, tint)))
    return result


def loose_stones(
    near: Near, share: float, seed: int, water_m: float | None, ground: Callable[[Tensor, Tensor], Tensor]
) -> list[tuple[str, Stand]]:
    """Boulders strewn over the near cells, few large, many small, none under water."""
    x, y, draw = scattered(near, 7.0, min(near.radius_m, 110.0), seed + 1)
    height = ground(x, y)
    size = 0.22 + 1.5 * draw[:, 2] ** 4
    stands = draw[:, 3] < share
    if water_m is not None:
        stands = ((draw[:, 3] < share * 3.5) & (height < water_m + 1.6) | stands) & (height > water_m - 0.4)
    tall = size * (0.8 + 0.5 * draw[:, 4])
    result = []
    for name, which in (("boulder", size > 0.45), ("pebble", size <= 0.45)):
        at = torch.nonzero(stands & which).squeeze(1)
        if at.numel():
            foot = height - 0.12 * size
            result.append((name, stand(at, x, y, foot, tall, size, draw[:, 5] * 6.283, draw[:, 4] * 2 - 1)))
    return result


def grass_tufts(
    near: Near, share: float, seed: int, water_m: float | None, ground: Callable[[Tensor, Tensor], Tensor]
) -> list[tuple[str, Stand]]:
    """Tufts of long grass where the nearest cameras stand, in patches, on ground that is neither wet nor steep."""
    x, y, draw = scattered(near, 1.15, 96.0, seed + 2)
    away = near.away(x, y)
    close = torch.nonzero(draw[:, 3] < share * 1.5 * smoothstep(34, 9, away)).squeeze(1)
    if close.numel() == 0:
        return []
    x, y, draw, away = x[close], y[close], draw[close], away[close]
    height = ground(x, y)
    lean = (ground(x + 1.5, y) - height).abs() + (ground(x, y + 1.5) - height).abs()
    wave = torch.sin(x * 0.21 + 1.3 * torch.sin(y * 0.13))
    patch = 0.5 + 0.8 * wave * torch.sin(y * 0.17 + 0.9 * torch.sin(x * 0.11))
    stands = (draw[:, 3] < share * patch * 1.6 * smoothstep(34, 9, away)) & (lean < 1.2)
    if water_m is not None:
        stands &= height > water_m + 0.5
    at = torch.nonzero(stands).squeeze(1)
    if at.numel() == 0:
        return []
    tall = 0.18 + 0.34 * draw[:, 2] ** 1.5
    wide = 0.26 + 0.26 * draw[:, 4]
    return [("tuft", stand(at, x, y, height - 0.03, tall, wide, draw[:, 5] * 6.283, draw[:, 4] * 2 - 1))]


def stand(
    at: Tensor, x: Tensor, y: Tensor, z: Tensor, tall: Tensor, radius: Tensor, turn: Tensor, tint: Tensor
) -> Stand:
    """A stand of the plants `at` (indices) out of (K,) values."""
    return Stand(*(v[at].double().numpy(force=True) for v in (x, y, z, tall, radius, turn, tint)))


def stamp(casting: ClipMap, stands: Sequence[tuple[str, Stand]]) -> None:
    """Raise the finest level of what casts shadows where things stand, in place."""
    size = casting.size
    step = texel_m(0, size)
    level = casting.data[0, :size].view(-1)
    for _, things in stands:
        values = (things.x, things.y, things.z, things.tall, things.radius)
        x, y, z, tall, radius = (torch.as_tensor(v) for v in values)
        reach = int(min(float(radius.max()), 8.0) / step) + 1
        span = torch.arange(-reach, reach + 1)
        column = ((x / HALVES_M[0] + 1) * size / 2).long()[:, None, None] + span[None, None]
        row = ((y / HALVES_M[0] + 1) * size / 2).long()[:, None, None] + span[None, :, None]
        dx = ((column + 0.5) / size * 2 - 1) * HALVES_M[0] - x[:, None, None]
        dy = ((row + 0.5) / size * 2 - 1) * HALVES_M[0] - y[:, None, None]
        away = (dx * dx + dy * dy) / (radius * radius)[:, None, None]
        top = z[:, None, None] + tall[:, None, None] * (1 - 0.4 * away)
        inside = (away < 1) & (column >= 0) & (column < size) & (row >= 0) & (row < size)
        index = (row * size + column).expand_as(inside)[inside]
        level.scatter_reduce_(0, index, top[inside].float(), "amax")


def scattered(near: Near, cell: float, radius: float, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """One jittered point per cell within a radius of the near circle's middle: x, y (K,) and draws (K, 6)."""
    reach = int(radius / cell)
    span = torch.arange(-reach, reach + 1, dtype=torch.float32)
    ix = (span + round(near.x_m / cell))[None, :].expand(len(span), -1).reshape(-1)
    iy = (span + round(near.y_m / cell))[:, None].expand(-1, len(span)).reshape(-1)
    draw = _draws(seed)[_key(ix, iy)]
    return (ix + draw[:, 0]) * cell, (iy + draw[:, 1]) * cell, draw


@lru_cache(maxsize=4)
def _draws(seed: int) -> Tensor:
    return uniform(_TABLE * _TABLE, 6, of=generator("trees", seed))


def _key(ix: Tensor, iy: Tensor) -> Tensor:
    return ix.long().bitwise_and_(_TABLE - 1) + iy.long().bitwise_and_(_TABLE - 1) * _TABLE
