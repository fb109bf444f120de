"""What stands by the water, mirrored in it: plants and things turned upside down under the surface, seen from the eye.

One more pass of the rasteriser per view, at half its size and kept with the view's G-buffer; waves bend where it is
looked up, so that a jetty's posts break into streaks like everything else in the water.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from render.light.base import Light
from render.view import View
from render.visibility.quads import Quads, trace_view
from render.world.plant_shading import shade_plants
from render.world.plants import EVERGREEN
from render.world.prop_shading import shade_props

if TYPE_CHECKING:
    from render.world.terrain import TerrainWorld

_MOST_PIXELS = 360_000


@dataclass(frozen=True)
class Upside:
    """The mirrored cards as one view sees them.

    Args:
        view: the pass's own, smaller than the picture's.
        card: (N,) index into plants, then things; -1 where there is none; along_m: (N,) distance along the ray.
        uv: (N, 2) place on the card.
        plants: how many cards are plants'.
    """

    view: View
    card: Tensor
    along_m: Tensor
    uv: Tensor
    plants: int


def turn_over(world: TerrainWorld, view: View, leaf_share: float) -> Upside | None:
    """Trace the mirrored cards; None where nothing stands by water."""
    level = world.land.water_m
    if level is None or (world.plants is None and world.things is None):
        return None
    by_water = _by_water(world, level)
    shown = torch.nonzero(by_water.rank < leaf_share).squeeze(1)
    if shown.numel() == 0:
        return None
    pixels = view.width_px * view.height_px
    small = view.scaled(min(1.0, math.sqrt(_MOST_PIXELS / pixels)) if pixels > _MOST_PIXELS else 1.0)
    hits = trace_view(by_water.quads.pick(shown), small)
    met = hits.quad >= 0
    card = torch.where(met, by_water.card[shown][hits.quad.clamp(min=0)], -1)
    from render.visibility.polar import planar_per_metre, rays

    planar = planar_per_metre(small, rays(small)).clamp(min=1e-4)
    along = torch.where(met, hits.depth_m.float() / planar, math.inf)
    return Upside(small, card, along, torch.stack([hits.u, hits.v], 1).float(), by_water.plants)


@dataclass(frozen=True)
class _ByWater:
    """The (Q,) cards of a world that its water may show, mirrored: the same for every camera.

    Args:
        card: as in `Upside`; rank: as in `Plants`; quads: where they seem to be; plants: how many cards are plants'.
    """

    card: Tensor
    rank: Tensor
    quads: Quads
    plants: int


_KNOWN: WeakKeyDictionary[TerrainWorld, _ByWater] = WeakKeyDictionary()


def _by_water(world: TerrainWorld, level: float) -> _ByWater:
    found = _KNOWN.get(world)
    if found is not None:
        return found
    grown, things = world.plants, world.things
    quads = _flipped([part.quads for part in (grown, things) if part is not None], level)
    # what stands far back from any shore cannot be seen in the water
    tall = quads.origin[:, 2] + torch.minimum(quads.edge_u[:, 2], quads.edge_v[:, 2]).clamp(max=0)
    east, north = quads.origin[:, 0].float(), quads.origin[:, 1].float()
    reach = 2.5 * (level - tall).clamp(min=1).float() + 6
    shore = torch.zeros_like(east, dtype=torch.bool)
    for dx, dy in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (0.7, 0.7), (-0.7, 0.7), (0.7, -0.7), (-0.7, -0.7)):
        shore |= world.layers.at(east + dx * reach, north + dy * reach)[4] < level
    keep = torch.nonzero(shore).squeeze(1)
    rank = torch.full_like(east, EVERGREEN)
    count = 0
    if grown is not None:
        count = len(grown.quads)
        rank[:count] = grown.rank
    _KNOWN[world] = found = _ByWater(keep, rank[keep], quads.pick(keep), count)
    return found


def lay_mirrored(
    world: TerrainWorld, upside: Upside, position: Tensor, mirrored: Tensor, distance: Tensor, reflected: Tensor,
    light: Light,
) -> None:
    """Replace reflected radiance (3, M), in place, where water mirrors a card.

    Args:
        world: whose cards.
        upside: as the view sees them.
        position, mirrored: (3, M) of the water, and of the rays that leave it; distance: (M,) from the eye.
        reflected: what was mirrored so far.
        light: the scene's.
    """
    pixel, inside = _pixels(upside.view, mirrored)
    card, along = upside.card[pixel], upside.along_m[pixel]
    at = torch.nonzero(inside & (card >= 0) & (along > distance * 1.002)).squeeze(1)
    if at.numel() == 0:
        return
    beyond = along[at] - distance[at]
    where = position[:, at] + mirrored[:, at] * beyond
    hit, spot = card[at], upside.uv[pixel[at]]
    got = torch.empty(3, at.numel())
    grown = hit < upside.plants
    for plant in (True, False):
        part = torch.nonzero(grown == plant).squeeze(1)
        if part.numel() == 0:
            continue
        ray, away = mirrored[:, at[part]], along[at[part]]
        if plant:
            assert world.plants is not None
            got[:, part] = shade_plants(world, world.plants, hit[part], spot[part], where[:, part], ray, away, light)
        else:
            assert world.things is not None
            got[:, part] = shade_props(
                world, world.things, hit[part] - upside.plants, where[:, part], ray, away, light
            )
    reflected[:, at] = got


def _flipped(parts: list[Quads], level: float) -> Quads:
    """All quads, mirrored in the plane z = level."""
    whole = [torch.zeros(len(p), dtype=torch.long) if p.cutout is None else p.cutout for p in parts]
    turn = torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64)
    origin, edge_u, edge_v = (torch.cat([getattr(p, n) for p in parts]) * turn for n in ("origin", "edge_u", "edge_v"))
    origin[:, 2] += 2 * level
    triangle = torch.cat([p.triangle for p in parts])
    return Quads(origin, edge_u, edge_v, triangle, torch.ones_like(triangle), torch.cat(whole))


def _pixels(view: View, mirrored: Tensor) -> tuple[Tensor, Tensor]:
    """Pixel (M,) in which a level mirror would have to be looked at to send a ray along `mirrored` (3, M)."""
    x, y, z = mirrored[0], mirrored[1], -mirrored[2]
    if view.projection == "equirect":
        column = (torch.atan2(x, y) / (2 * math.pi) + 0.5) * view.width_px
        row = (0.5 - torch.asin(z.clamp(-1, 1)) / math.pi) * view.height_px
        ahead = torch.ones_like(x, dtype=torch.bool)
    else:
        axes = view.world_from_cam
        right, down, forward = (x * axes[0, i] + y * axes[1, i] + z * axes[2, i] for i in range(3))
        safe = forward.clamp(min=1e-4)
        column, row = right / safe * view.fx_px + view.cx_px, down / safe * view.fy_px + view.cy_px
        ahead = forward > 1e-3
    inside = ahead & (column >= 0) & (column < view.width_px) & (row >= 0) & (row < view.height_px)
    column, row = column.clamp(0, view.width_px - 1), row.clamp(0, view.height_px - 1)
    return row.long() * view.width_px + column.long(), inside
