"""Terrain: any land recipe, built into maps once, then traced from and shaded for every camera, hour and season."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from render.abreast import abreast, both, spans
from render.gbuffer import SKY, GBuffer
from render.light.base import Light
from render.scene import Scene
from render.view import View
from render.visibility.polar import build_table, intersect, planar_per_metre, radii_m, rays
from render.visibility.quads import Hits, trace_view
from render.world.around import Around
from render.world.base import Point
from render.world.clipmap import HALVES_M, ClipMap, clip_grid, level_points, texel_m
from render.world.erosion import erode
from render.world.ground_light import openness, sunlit
from render.world.land import Grows, Land, Shady
from render.world.micro import HasMicro, Micro
from render.world.mirrored_things import Upside, turn_over
from render.world.noise import smoothstep
from render.world.plant_shading import shade_plants
from render.world.plants import Plants, build_plants
from render.world.prop_shading import shade_props
from render.world.props import Cards, GroundAt, HasProps, Things, together
from render.world.season import ground_snow, leaf_step
from render.world.terrain_shading import shade_ground
from render.world.trees import Near, crown_height, grass_tufts, loose_stones, near_of, near_trees, stamp
from render.world.water import shade_water

GROUND, WATER, CROWN, PLANT, THING = 0, 1, 2, 3, 4
_FIRST_PLANT = 16
_FIRST_THING = 1 << 20
Progress = Callable[[float, str], None]

_AFTERGLOW = (1.30, 1.05, 0.80)
"""What the low sun adds to the light of the sky on land, in parts of it."""
_NIGHT_EYES, _NIGHT_LENS = 1.0, 1.4
"""The same at night, when nothing but the moon lights the land and its shade would drown in black; and exposure."""
_ERODED_CELLS = 320


@dataclass(frozen=True)
class Detail:
    """How finely a terrain is built and traced."""

    size: int
    radii: int


COARSE = Detail(384, 1024)
FULL = Detail(768, 1536)


@dataclass
class TerrainBuffer(GBuffer):
    """A terrain's G-buffer: also the distance along each ray (N,), the view, the cards of plants and things (N,).

    `spot` holds the places u, v (N,) on the cards of plants, in 0–1.
    """

    along_m: Tensor
    view: View
    card: Tensor | None
    thing: Tensor | None = None
    spot: tuple[Tensor, Tensor] | None = None
    upside: Upside | None = None


class TerrainWorld:
    """One landscape.

    Args:
        scene: its parameters; hour, weather and season may differ between calls of `shade`.
        land: the recipe.
        surface: 1 channel, height of what is seen: ground, crowns, water.
        layers: 5 channels: gradient x, gradient y, openness, crown cover, ground height without crowns or water.
        casting: 1 channel, the surface with near trees, which throws shadows and keeps cameras out.
        plants: near trees and boulders as geometry.
        things: jetties, huts, boats, palms: what the recipe put there.
    """

    def __init__(
        self, scene: Scene, land: Land, detail: Detail, surface: ClipMap, layers: ClipMap, casting: ClipMap,
        plants: Plants | None, things: Things | None = None,
    ) -> None:
        self.scene, self.land, self.detail, self.stage = scene, land, detail, land.stage_hint
        self.surface, self.layers, self.casting, self.plants = surface, layers, casting, plants
        self.things = things
        near = near_of(land.stage_hint)
        rough = land.micro_m if isinstance(land, HasMicro) else 0.0
        self.micro = Micro(rough, near.x_m, near.y_m, near.radius_m, land.water_m)
        self.around: Around | None = None
        self._shadows: OrderedDict[tuple[float, ...], ClipMap] = OrderedDict()
        self._lock = threading.Lock()
        self._leaf_share = leaf_step(scene.season)

    @property
    def bytes(self) -> int:
        """Memory held, shadows of a few suns and mirrored cards included."""
        grown = (self.plants.bytes if self.plants else 0) + (self.things.bytes if self.things else 0)
        mirrored = 0 if self.land.water_m is None else grown
        return self.surface.bytes * 3 + self.layers.bytes + grown + mirrored

    @classmethod
    def build(cls, scene: Scene, land: Land, detail: Detail, progress: Progress) -> TerrainWorld:
        """Build the maps.

        Raises:
            CanceledError: from progress.
        """
        progress(0.0, "raising the land")
        levels, size = len(HALVES_M), detail.size
        near = near_of(land.stage_hint, quick=size < FULL.size)
        steps = [texel_m(level, size) for level in range(levels)]
        places = [level_points(level, size) for level in range(levels)]
        raised = [partial(land.elevation, *place, step) for place, step in zip(places, steps, strict=True)]
        if land.erodes:
            carried, *bare = abreast(lambda: eroded_change(scene, land), *raised)
        else:
            carried, bare = None, abreast(*raised)

        def level_maps(level: int) -> tuple[Tensor, Tensor, Tensor]:
            (x, y), step, ground = places[level], steps[level], bare[level]
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

        progress(0.5, "shaping the land")
        surfaces, castings, layers = zip(*abreast(*(partial(level_maps, k) for k in range(levels))), strict=True)
        progress(0.9, "finding a place to stand")
        surface = ClipMap(torch.cat(surfaces)[None].contiguous(), size)
        layer = ClipMap(torch.cat(layers, 1).contiguous(), size)
        casting = ClipMap(torch.cat(castings)[None].contiguous(), size)
        things: list[Cards] = []
        if isinstance(land, HasProps):
            things = land.props(ground_at(layer))
            _stand_on(casting, things)
        plants = _plants(scene, land, near, layer, casting)
        return cls(scene, land, detail, surface, layer, casting, plants, together(things))

    def adapt(self, scene: Scene, light: Light) -> Light:
        """Let leaves fall or grow with the season, and open the lens where woods keep the light out; see `Adapts`."""
        self._leaf_share = leaf_step(scene.season)
        bright = max(light.snow, ground_snow(scene.season))  # snow throws light into the woods
        gain = 1 + (self.land.gain - 1) * (1 - 0.75 * bright) if isinstance(self.land, Shady) else 1.0
        gain *= 1 + (_NIGHT_LENS - 1) * _night(light)
        return replace(light, exposure=light.exposure * gain, sky_irradiance=light.sky_irradiance * _twilight(light))

    def trace(self, view: View, before_m: Tensor | None = None) -> GBuffer:
        """First surfaces; see `World.trace`. Beyond depths `before_m` (N,) nobody asks what they are."""
        direction = rays(view)
        planar = planar_per_metre(view, direction)
        g, (grown, things) = both(
            lambda: self._land(view, direction, planar, before_m), lambda: self._standing(view, before_m),
            samples=direction.shape[0],
        )
        if self.plants is not None and grown is not None:
            _stand_before(g, self.plants, *grown, planar)
        if self.things is not None and things is not None:
            _place_before(g, self.things, things, planar)
        return g

    def _land(self, view: View, direction: Tensor, planar: Tensor, before_m: Tensor | None) -> TerrainBuffer:
        """The ground, crowns and water of the maps along rays (N, 3)."""
        distance = self._to_ground(view, direction)
        hit = torch.isfinite(distance)
        eye = torch.tensor(view.eye_m, dtype=torch.float32)
        depth = torch.where(hit, distance * planar, math.inf)
        met = (hit if before_m is None else hit & (depth < before_m)).nonzero().squeeze(1)
        normal, material, flat = self._ground(eye, direction, distance, met)
        return TerrainBuffer(
            depth_m=depth, normal=normal, object_id=material.clone(),
            direction=direction, material=material, along_m=distance, view=view, card=None, mirror=flat,
        )

    def _standing(self, view: View, before_m: Tensor | None) -> tuple[tuple[Tensor, Hits] | None, Hits | None]:
        """What a view meets of the plants, with the cards it may see of them, and of the things."""
        grown = None
        if self.plants is not None:
            seen = self.plants.seen(view, self._leaf_share)
            grown = seen, trace_view(self.plants.quads.pick(seen), view, before_m)
        return grown, None if self.things is None else trace_view(self.things.quads, view, before_m)

    def depths_m(self, view: View, before_m: Tensor | None = None) -> Tensor:
        """Depths (N,); see `Measures`. Beyond `before_m` (N,) things may be missing."""
        direction = rays(view)
        distance, (grown, things) = both(
            lambda: self._to_ground(view, direction), lambda: self._standing(view, before_m),
            samples=direction.shape[0],
        )
        depth = torch.where(torch.isfinite(distance), distance * planar_per_metre(view, direction), math.inf)
        if grown is not None:
            depth = torch.minimum(depth, grown[1].depth_m)
        return depth if things is None else torch.minimum(depth, things.depth_m)

    def _to_ground(self, view: View, direction: Tensor) -> Tensor:
        """Distances (N,) along rays (N, 3) of a view to the ground, crowns and water of the maps."""
        rough_m = self.micro.reach_m(float(view.eye_m[0]), float(view.eye_m[1]))
        near = int((radii_m(self.detail.radii) < rough_m).sum()) if rough_m else 0

        def height_at(x: Tensor, y: Tensor) -> Tensor:
            height = torch.empty_like(x)

            def rows(some: slice) -> None:
                height[some] = self.surface.at(x[some], y[some])[0]
                if near and x.dim() == 2:
                    rough = self.micro.raised(x[some, :near], y[some, :near], height[some, :near])
                    height[some, :near] = rough

            abreast(*(partial(rows, some) for some in spans(x.shape[0], of=self.detail.radii)))
            return height

        return intersect(build_table(view, direction, height_at, self.detail.radii), direction, view.width_px)

    def _ground(self, eye: Tensor, direction: Tensor, distance: Tensor, met: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Normals (N, 3), materials (N,), shares of water (N,) along all rays; those at `met` (M,) meet the ground."""
        n = direction.shape[0]
        reach = distance.index_select(0, met)
        x, y, z = (eye[k] + direction[:, k].index_select(0, met) * reach for k in range(3))
        got = self.layers.with_grid(clip_grid(x, y, self.layers.size))
        water = self.land.water_m
        # at a cliff's foot a bilinear ground may dip under the water although the wall above it is what is seen
        is_water = (got[4] < water) & (z < water + 0.12) if water is not None else torch.zeros_like(z, dtype=torch.bool)
        dry = 1 - is_water.float()
        lean = torch.stack([-got[0] * dry, -got[1] * dry, torch.ones_like(dry)], -1)
        normal, material, flat = torch.zeros(n, 3), torch.full((n,), SKY, dtype=torch.int32), torch.zeros(n)
        normal[met] = lean / torch.sqrt((lean * lean).sum(-1, keepdim=True))
        material[met] = torch.where(is_water, WATER, torch.where(got[3] > 0.5, CROWN, GROUND)).int()
        flat[met] = 1 - dry
        return normal, material, flat

    def shade(self, g: GBuffer, which: Tensor, light: Light) -> Tensor:
        """Radiance leaving surfaces; see `World.shade`."""
        assert isinstance(g, TerrainBuffer)
        result = torch.empty(which.numel(), 3)
        material = g.material[which]
        parts = []
        for kind in (GROUND, WATER, PLANT, THING):
            same = (material == GROUND) | (material == CROWN) if kind == GROUND else material == kind
            part = torch.nonzero(same).squeeze(1)
            if part.numel():  # what water mirrors depends on all of it
                own = spans(part.numel()) if kind != WATER else [slice(None)]
                parts += [partial(self._shaded, kind, g, which, part[some], light, result) for some in own]
        if g.upside is None and bool((material == WATER).any()):
            g.upside = turn_over(self, g.view, self._leaf_share)
        abreast(*parts, samples=which.numel())
        return result

    def _shaded(self, kind: int, g: TerrainBuffer, which: Tensor, part: Tensor, light: Light, into: Tensor) -> None:
        """Shade the samples `which[part]`, all of one kind, `into` (M, 3)."""
        at = which[part]
        direction, distance = g.direction[at].T.contiguous(), g.along_m[at]
        position = torch.tensor(g.view.eye_m, dtype=torch.float32)[:, None] + direction * distance

        def tell(albedo: Tensor) -> None:
            g.note_albedo(at, albedo.T)

        if kind == WATER:
            got = shade_water(self, g.view, position, direction, distance, light, g.upside)
        elif kind == PLANT:
            assert self.plants is not None
            assert g.card is not None
            assert g.spot is not None
            spot = torch.stack([along[at] for along in g.spot], 1)
            got = shade_plants(self, self.plants, g.card[at], spot, position, direction, distance, light, tell)
        elif kind == THING:
            assert self.things is not None
            assert g.thing is not None
            got = shade_props(self, self.things, g.thing[at], position, direction, distance, light)
        else:
            got = shade_ground(self, position, direction, distance, light, tell=tell)
        into[part] = got.T

    def sun_shadow(self, towards: Tensor) -> ClipMap:
        """Share of the sun on the surface for one direction; a few are remembered."""
        key = tuple(round(float(v), 5) for v in towards)
        with self._lock:
            found = self._shadows.get(key)
            if found is None:
                size = self.casting.size
                found = ClipMap(sunlit(self.casting.data[0], size, towards, self.surface.data[0]), size // 2)
                self._shadows[key] = found
                while len(self._shadows) > 4:
                    self._shadows.popitem(last=False)
            self._shadows.move_to_end(key)
        return found

    def shade_top_m(self, towards: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
        """Where shade begins in the air; see `Shades`."""
        shadow = self.sun_shadow(towards)
        return lambda x, y: shadow.at(x, y)[1]

    def is_free(self, point_m: Point, clearance_m: float) -> bool:
        """Whether a camera may stand there; see `World.is_free`."""
        ring = torch.arange(12) * (2 * math.pi / 12)
        reach = torch.tensor([0.0, 0.5, 1.0])[:, None] * clearance_m
        x = (float(point_m[0]) + reach * torch.sin(ring)).reshape(-1)
        y = (float(point_m[1]) + reach * torch.cos(ring)).reshape(-1)
        away = reach.expand(3, 12).reshape(-1)
        need = self.casting.at(x, y)[0] + torch.sqrt((clearance_m**2 - away**2).clamp(min=0))
        return bool((need <= float(point_m[2]) + 1e-3).all())

    def first_hit(self, origin_m: Point, direction: Point) -> float:
        """Distance along one ray; see `World.first_hit`."""
        t = 0.3 * (14_000 / 0.3) ** (torch.arange(1600) / 1599)
        x, y, z = (float(origin_m[i]) + t * float(direction[i]) for i in range(3))
        under = torch.nonzero(z < self.casting.at(x, y)[0])
        return float(t[int(under[0, 0])]) if under.numel() else math.inf

    def footing(self, x_m: float, y_m: float) -> float:
        """1 over firm ground, 0 over water."""
        if self.land.water_m is None:
            return 1.0
        return float(self.layers.at(torch.tensor([x_m]), torch.tensor([y_m]))[4, 0] > self.land.water_m + 0.2)

    def ground_m(self, x_m: float, y_m: float) -> float:
        """Walkable ground, or the water's surface; see `World.ground_m`."""
        ground = float(self.layers.at(torch.tensor([x_m]), torch.tensor([y_m]))[4, 0])
        return ground if self.land.water_m is None else max(ground, self.land.water_m)


def _night(light: Light) -> float:
    """0–1 how far day and dusk have gone."""
    return min(max((-6.0 - light.sun_elevation_deg) / 7.0, 0.0), 1.0) ** 2


def _twilight(light: Light) -> Tensor:
    """(3,) how much more the sky lights the land while the sun stands low: glowing clouds and slopes that still see it
    throw light into a valley which the clear sky alone would leave black. At night eyes see into the moon's shade."""
    low = light.sun_elevation_deg
    share = min(max((low + 7.0) / 7.0, 0.0), 1.0) * min(max((13.0 - low) / 9.0, 0.0), 1.0)
    share = share * share * (3 - 2 * share)
    return 1 + _NIGHT_EYES * _night(light) + share * torch.tensor(_AFTERGLOW, device=light.sky_irradiance.device)


def eroded_change(scene: Scene, land: Land) -> Tensor:
    """(320, 320) metres that water took or left over the whole place; every level adds the same map."""
    axis = (((torch.arange(_ERODED_CELLS) + 0.5) / _ERODED_CELLS * 2 - 1) * HALVES_M[-1]).float()
    x, y = axis[None, :].expand(_ERODED_CELLS, -1).contiguous(), axis[:, None].expand(-1, _ERODED_CELLS).contiguous()
    cell = 2 * HALVES_M[-1] / _ERODED_CELLS
    before = land.elevation(x, y, cell)
    change = erode(before, cell, scene.seed) - before
    return change * smoothstep(30, 120, before)  # valley floors keep the shape the recipe gave them


def _plants(scene: Scene, land: Land, near: Near, layers: ClipMap, casting: ClipMap) -> Plants | None:
    """Trees, boulders and tufts around the stage, standing on the ground of the finest maps and casting shadows."""

    def ground(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        height = layers.at(x, y)[4]
        lean = [layers.at(x + dx, y + dy)[4] - height for dx, dy in ((2.0, 0.0), (0.0, 2.0))]
        steep = torch.sqrt(lean[0] ** 2 + lean[1] ** 2) / 2
        return height, land.tree_share(x[None], y[None], height[None], steep[None])[0]

    stands = [] if land.trees is None else near_trees(near, land.trees, scene.seed, ground)
    more = loose_stones(near, land.boulders, scene.seed, land.water_m, lambda x, y: layers.at(x, y)[4])
    if isinstance(land, Grows):
        more += land.stands(lambda x, y: layers.at(x, y)[4])
    stamp(casting, more)
    stands += more
    if land.tufts > 0 and scene.vegetation > 0.1:
        share = land.tufts * min(1.0, 0.3 + scene.vegetation)
        stands += grass_tufts(near, share, scene.seed, land.water_m, lambda x, y: layers.at(x, y)[4])
    return build_plants(stands)


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


def _stand_before(
    g: TerrainBuffer, plants: Plants, seen: Tensor, hits: Hits, planar: Tensor
) -> None:
    """Let the cards `seen` hide what lies behind them."""
    front = torch.nonzero((hits.quad >= 0) & (hits.depth_m < g.depth_m)).squeeze(1)
    g.card = torch.zeros_like(hits.quad)
    if front.numel() == 0:
        return
    card = seen[hits.quad[front]]
    g.card[front] = card
    g.spot = (hits.u, hits.v)
    depth = hits.depth_m[front].float()
    along = depth / planar[front].clamp(min=1e-4)
    g.depth_m[front], g.along_m[front] = depth, along
    g.normal[front] = plants.outward[card]
    g.object_id[front] = (plants.plant[card] + _FIRST_PLANT).int()
    g.material[front] = PLANT


def _place_before(g: TerrainBuffer, things: Things, hits: Hits, planar: Tensor) -> None:
    """Let things hide what lies behind them."""
    front = torch.nonzero((hits.quad >= 0) & (hits.depth_m < g.depth_m)).squeeze(1)
    g.thing = torch.where(hits.quad >= 0, hits.quad, 0)
    if front.numel() == 0:
        return
    card = hits.quad[front]
    depth = hits.depth_m[front].float()
    along = depth / planar[front].clamp(min=1e-4)
    g.depth_m[front], g.along_m[front] = depth, along
    g.normal[front] = things.outward[card]
    g.object_id[front] = (things.owner[card] + _FIRST_THING).int()
    g.material[front] = THING


def _gradient(height: Tensor, step: float) -> tuple[Tensor, Tensor]:
    padded = torch.nn.functional.pad(height[None, None], (1, 1, 1, 1), mode="replicate")[0, 0]
    return (padded[1:-1, 2:] - padded[1:-1, :-2]) / (2 * step), (padded[2:, 1:-1] - padded[:-2, 1:-1]) / (2 * step)
