"""Sites: land and built things in one picture, traced each by its own core and shaded under one light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from render.abreast import abreast
from render.gbuffer import GBuffer
from render.light.base import Light
from render.scene import Scene
from render.view import View
from render.world.base import Point, Stage, World
from render.world.built import BuiltGBuffer, BuiltWorld, place_of
from render.world.land import Land
from render.world.land_maps import COARSE, FULL
from render.world.place import Place
from render.world.season import ground_snow
from render.world.site_light import SiteLight
from render.world.terrain import TerrainWorld

FIRST_THING = 1_000_000
"""Object ids of built things begin here; the land's own lie below."""
FIRST_MATERIAL = 64
_GRACE_M, _GRACE_SHARE = 0.06, 0.004
"""Built things win by this much: a lane lies on its ground, and the land's height is known to centimetres only."""


@dataclass
class SiteBuffer(GBuffer):
    """A site's G-buffer: those of both parts, and which one each sample sees."""

    land: GBuffer
    built: BuiltGBuffer
    front: Tensor


class SiteWorld:
    """A landscape with built things on it: one World for every camera, hour, weather and season.

    Args:
        land: the ground and what grows on it, carved for the buildings by its recipe.
        built: what stands on it, in the same world frame.
        half_m: half the side of the square in which houses and lamps touch the land.
        coarse: whether this is the quick version.
    """

    stage: Stage

    def __init__(self, land: TerrainWorld, built: BuiltWorld, half_m: float, *, coarse: bool) -> None:
        self.land, self.built, self.stage = land, built, built.stage
        self.light = SiteLight(land, built, half_m, coarse=coarse)
        land.around = self.light

    @property
    def bytes(self) -> int:
        """Memory held."""
        return self.land.bytes + self.built.bytes

    def trace(self, view: View) -> SiteBuffer:
        """First surfaces of both parts; see `World.trace`."""
        built = self.built.trace(view)
        land = self.land.trace(view, (built.depth_m - _GRACE_M) / (1 + _GRACE_SHARE))
        built.beam = self.light.arrives
        front = built.hit & (built.depth_m <= land.depth_m * (1 + _GRACE_SHARE) + _GRACE_M)
        return SiteBuffer(
            depth_m=torch.where(front, built.depth_m, land.depth_m),
            normal=torch.where(front[:, None], built.normal, land.normal),
            object_id=torch.where(front, built.object_id + FIRST_THING, land.object_id),
            direction=land.direction,
            material=torch.where(front, built.material + FIRST_MATERIAL, land.material),
            land=land, built=built, front=front,
        )

    def depths_m(self, view: View) -> Tensor:
        """Depths (N,); see `Measures`."""
        built = self.built.depths_m(view)
        land = self.land.depths_m(view, (built - _GRACE_M) / (1 + _GRACE_SHARE))
        front = torch.isfinite(built) & (built <= land * (1 + _GRACE_SHARE) + _GRACE_M)
        return torch.where(front, built, land)

    def shade(self, g: GBuffer, which: Tensor, light: Light) -> Tensor:
        """Radiance of both parts; see `World.shade`."""
        assert isinstance(g, SiteBuffer), "a site shades what it traced itself"
        g.land.albedo = g.built.albedo = g.albedo
        radiance = torch.empty(which.numel(), 3)
        front = g.front[which]

        def part(own: Tensor, buffer: GBuffer, world: World) -> None:
            at = own.nonzero().squeeze(1)
            if at.numel():
                radiance[at] = world.shade(buffer, which[at], light)

        parts = partial(part, front, g.built, self.built), partial(part, ~front, g.land, self.land)
        abreast(*parts, samples=which.numel())
        _gather_mirrors(g)
        return radiance

    def adapt(self, scene: Scene, light: Light) -> Light:
        """Dress for the season and meter by the houses, less where the land lies under snow; see `Adapts`."""
        adapted = self.built.adapt(scene, light)
        return replace(adapted, exposure=adapted.exposure * (1 - 0.36 * ground_snow(scene.season)))

    def is_free(self, point_m: Point, clearance_m: float) -> bool:
        """Free of ground, crowns, walls and roofs; see `World.is_free`."""
        return self.land.is_free(point_m, clearance_m) and self.built.is_free(point_m, clearance_m)

    def first_hit(self, origin_m: Point, direction: Point) -> float:
        """Whichever part comes first; see `World.first_hit`."""
        return min(self.land.first_hit(origin_m, direction), self.built.first_hit(origin_m, direction))

    def ground_m(self, x_m: float, y_m: float) -> float:
        """The land's ground; floors of built things lie on it."""
        return self.land.ground_m(x_m, y_m)

    def footing(self, x_m: float, y_m: float) -> float:
        """1 over firm ground, 0 over water."""
        return self.land.footing(x_m, y_m)


def _gather_mirrors(g: SiteBuffer) -> None:
    """The mirror shares that the parts noted, as the whole picture's."""
    none = torch.zeros_like(g.depth_m)
    built, land = (none if part.mirror is None else part.mirror for part in (g.built, g.land))
    g.mirror = torch.where(g.front, built, land)


def build_site(
    scene: Scene, land: Land, make: Callable[[], Place], half_m: float, progress: Callable[[float, str], None], *,
    fine: bool,
) -> SiteWorld:
    """A site from its land and its place.

    Args:
        scene: whose; land: the recipe of the ground; make: lays out the built part, which both versions share.
        half_m: half the side of the square in which houses and lamps touch the land.
        progress: told the phases; may raise to stop.
        fine: settled quality of the land.

    Raises:
        CanceledError: from progress.
    """
    ground = TerrainWorld.build(scene, land, FULL if fine else COARSE, lambda s, p: progress(0.6 * s, p))
    progress(0.6, "building the houses")
    built = BuiltWorld(place_of(scene, make), scene, fine=fine)
    progress(0.8, "tracing the sky between the houses")
    built.lighting.baked()
    return SiteWorld(ground, built, half_m, coarse=not fine)
