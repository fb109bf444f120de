"""The maps a land is made of: ground, crowns and water by level, eroded, with what stands on it casting shadows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from render.abreast import abreast
from render.scene import Scene
from render.world.clipmap import HALVES_M, ClipMap, level_points, texel_m
from render.world.erosion import erode
from render.world.ground_light import openness
from render.world.land import Grows, Land
from render.world.noise import smoothstep
from render.world.plants import Plants, build_plants
from render.world.props import Cards, GroundAt, HasProps
from render.world.trees import Near, crown_height, grass_tufts, loose_stones, near_of, near_trees, stamp

_ERODED_CELLS = 320


@dataclass(frozen=True)
class Detail:
    """How finely a terrain is built and traced."""

    size: int
    radii: int


COARSE = Detail(384, 1024)
FULL = Detail(768, 1536)


@dataclass(frozen=True)
class LandMaps:
    """The maps of one land; `surface`, `layers` and `casting` are those of `TerrainWorld`.

    Args:
        near: the circle whose plants are real geometry.
    """

    surface: ClipMap
    layers: ClipMap
    casting: ClipMap
    near: Near

    @staticmethod
    def raised(scene: Scene, land: Land, size: int, progress: Callable[[float, str], None]) -> LandMaps:
        """The bare land with its woods and waters.

        Args:
            scene, land: what is built. size: texels along a level's side.
            progress: told the phases; may raise to stop.

        Raises:
            CanceledError: from progress.
        """
        progress(0.0, "raising the land")
        levels = range(len(HALVES_M))
        near = near_of(land.stage_hint, quick=size < FULL.size)
        raised = [partial(land.elevation, *level_points(level, size), texel_m(level, size)) for level in levels]
        carried: Tensor | None = None
        if land.erodes:
            carried, *bare = abreast(lambda: eroded_change(scene, land), *raised)
        else:
            bare = abreast(*raised)
        made = []
        for pair in (levels[:2], levels[2:]):  # in turns, so that whoever is to stop hears of it
            progress(0.4 + 0.12 * pair.start, "shaping the land")
            made += abreast(*(partial(_level, scene, land, k, size, bare[k], carried, near) for k in pair))
        surfaces, castings, layers = zip(*made, strict=True)
        return LandMaps(
            ClipMap(torch.cat(surfaces)[None].contiguous(), size), ClipMap(torch.cat(layers, 1).contiguous(), size),
            ClipMap(torch.cat(castings)[None].contiguous(), size), near,
        )

    def set_up(self, land: Land) -> list[Cards]:
        """What the recipe puts on its land; it throws shadows and keeps cameras out from now on."""
        if not isinstance(land, HasProps):
            return []
        things = land.props(ground_at(self.layers))
        _stand_on(self.casting, things)
        return things

    def planted(self, scene: Scene, land: Land) -> Plants | None:
        """Trees, boulders and tufts around the stage, standing on the ground of the finest maps and casting shadows."""
        near, layers = self.near, self.layers

        def ground(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
            height = layers.at(x, y)[4]
            lean = [layers.at(x + dx, y + dy)[4] - height for dx, dy in ((2.0, 0.0), (0.0, 2.0))]
            steep = torch.sqrt(lean[0] ** 2 + lean[1] ** 2) / 2
            return height, land.tree_share(x[None], y[None], height[None], steep[None])[0]

        stands = [] if land.trees is None else near_trees(near, land.trees, scene.seed, ground)
        more = loose_stones(near, land.boulders, scene.seed, land.water_m, lambda x, y: layers.at(x, y)[4])
        if isinstance(land, Grows):
            more += land.stands(lambda x, y: layers.at(x, y)[4])
        stamp(self.casting, more)
        stands += more
        if land.tufts > 0 and scene.vegetation > 0.1:
            share = land.tufts * min(1.0, 0.3 + scene.vegetation)
            stands += grass_tufts(near, share, scene.seed, land.water_m, lambda x, y: layers.at(x, y)[4])
        return build_plants(stands)


def _level(
    scene: Scene, land: Land, level: int, size: int, bare: Tensor, carried: Tensor | None, near: Near
) -> tuple[Tensor, Tensor, Tensor]:
    """One level's part of the maps: surface and casting (n, n), layers (5, n, n).

    Args:
        bare: (n, n) metres, the recipe's elevation. carried: what erosion changed, over the whole place.
    """
    (x, y), step, ground = level_points(level, size), texel_m(level, size), bare
    if carried is not None:
        grid = torch.stack([x, y], -1).reshape(1, -1, 1, 2) / HALVES_M[-1]
        ground = ground + torch.nn.functional.grid_sample(
            carried[None, None], grid, mode="bicubic", align_corners=False, padding_mode="border"
        ).reshape(x.shape)
    ground = land.carve(ground, x, y, step)
    seen, cover, crowns = ground, torch.zeros_like(ground), torch.zeros_like(ground)
    if land.trees is not None:
        steep = _gradient(ground, step)
        share = land.tree_share(x, y, ground, torch.sqrt(steep[0] ** 2 + steep[1] ** 2))
        crown, cover, crowns = crown_height(x, y, share, land.trees, scene.seed, step, near)
        seen = ground + crown
    gradient = _gradient(seen, step)
    opening = openness(seen, step)
    if land.water_m is not None:
        opening = torch.where(ground < land.water_m, 1.0, opening)
        wet = ground < land.water_m
        seen = torch.where(wet, land.water_m, seen)
        cover = cover * ~wet
    casting = torch.maximum(seen, ground + crowns)
    return seen, casting, torch.stack([gradient[0], gradient[1], opening, cover, ground])


def eroded_change(scene: Scene, land: Land) -> Tensor:
    """(320, 320) metres that water took or left over the whole place; every level adds the same map."""
    axis = (((torch.arange(_ERODED_CELLS) + 0.5) / _ERODED_CELLS * 2 - 1) * HALVES_M[-1]).float()
    x, y = axis[None, :].expand(_ERODED_CELLS, -1).contiguous(), axis[:, None].expand(-1, _ERODED_CELLS).contiguous()
    cell = 2 * HALVES_M[-1] / _ERODED_CELLS
    before = land.elevation(x, y, cell)
    change = erode(before, cell, scene.seed) - before
    return change * smoothstep(30, 120, before)  # valley floors keep the shape the recipe gave them


def ground_at(layers: ClipMap) -> GroundAt:
    """Height of the ground at single points: as `ClipMap.at`, but for one point at a time a hundred times faster."""
    size = layers.size
    maps = [layers.data[4, level * size : (level + 1) * size].numpy(force=True) for level in range(len(HALVES_M))]

    def ground(x: float, y: float) -> float:
        level = next((i for i, half in enumerate(HALVES_M) if max(abs(x), abs(y)) < half * (1 - 2 / size)), -1)
        half, heights = HALVES_M[level], maps[level]
        column = min(max((x / half + 1) * size / 2 - 0.5, 0.0), size - 1.001)
        row = min(max((y / half + 1) * size / 2 - 0.5, 0.0), size - 1.001)
        i, j = int(column), int(row)
        u, v = column - i, row - j
        low = heights[j, i] * (1 - u) + heights[j, i + 1] * u
        high = heights[j + 1, i] * (1 - u) + heights[j + 1, i + 1] * u
        return float(low * (1 - v) + high * v)

    return ground


def _stand_on(casting: ClipMap, things: list[Cards]) -> None:
    """Raise the two finest maps of `casting` to the tops of things, so that they throw shadows and keep cameras out."""
    size = casting.size
    for part in things:
        long = np.maximum(np.linalg.norm(part.corners[:, 1], axis=1), np.linalg.norm(part.corners[:, 2], axis=1))
        for low, high, count in ((0.0, 0.8, 2), (0.8, 2.6, 4), (2.6, math.inf, 14)):
            of_size = (long > low) & (long <= high)
            cards = part.corners[of_size]
            if len(cards) == 0:
                continue
            u, v = (g.reshape(-1) for g in np.meshgrid(np.linspace(0, 1, count), np.linspace(0, 1, count)))
            points = cards[:, None, 0] + u[:, None] * cards[:, None, 1] + v[:, None] * cards[:, None, 2]
            flat = torch.as_tensor(points.reshape(-1, 3)).float()
            # corners beyond a triangle's diagonal are not its own
            own = (torch.as_tensor(u + v) <= 1.001) | ~torch.as_tensor(part.triangle[of_size])[:, None]
            flat = flat[own.reshape(-1)]
            for level in (0, 1):
                cell = ((flat[:, :2] / HALVES_M[level] + 1) * (size / 2)).floor().long()
                inside = ((cell >= 0) & (cell < size)).all(1)
                at = (cell[inside, 1] + level * size) * size + cell[inside, 0]
                casting.data.view(-1).scatter_reduce_(0, at, flat[inside, 2], "amax")


def _gradient(height: Tensor, step: float) -> tuple[Tensor, Tensor]:
    padded = torch.nn.functional.pad(height[None, None], (1, 1, 1, 1), mode="replicate")[0, 0]
    return (padded[1:-1, 2:] - padded[1:-1, :-2]) / (2 * step), (padded[2:, 1:-1] - padded[:-2, 1:-1]) / (2 * step)
