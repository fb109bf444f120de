"""Terrain: any land recipe, built into maps once, then traced from and shaded for every camera, hour and season."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

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
from render.world.clipmap import ClipMap, clip_grid
from render.world.ground_light import sunlit
from render.world.land import Land, Shady
from render.world.land_maps import Detail, LandMaps
from render.world.micro import HasMicro, Micro
from render.world.mirrored_things import Upside, turn_over
from render.world.plant_shading import shade_plants
from render.world.plants import Plants
from render.world.prop_shading import shade_props
from render.world.props import Things, together
from render.world.season import ground_snow, leaf_step
from render.world.terrain_shading import shade_ground
from render.world.trees import near_of
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
        maps = LandMaps.raised(scene, land, detail.size, progress)
        progress(0.9, "finding a place to stand")
        things = maps.set_up(land)
        plants = maps.planted(scene, land)
        return cls(scene, land, detail, maps.surface, maps.layers, maps.casting, plants, together(things))

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
