"""The ruins' land: a grassy hill over a valley with a lake, woods on its slopes, hills beyond."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from render.scene import Scene
from render.world import season as ring
from render.world.base import Stage
from render.world.colors import between, lay
from render.world.land import Hit, Paint, TreeKind
from render.world.noise import FEATURES, lookup, mix, octaves, ridges, smoothstep, tile
from render.world.place import rotation

HALF_SITE_M = 76.0
_LAKE_M = -27.0


class RuinsLand:
    """See the module; `Land` says what each method answers."""

    erodes = False
    strata_m = 119.0
    stone = ((0.16, 0.145, 0.12), (0.33, 0.30, 0.25))
    boulders = 0.05
    wave_height = 0.10
    foam = 0.0

    def __init__(self, scene: Scene, heading_deg: float) -> None:
        self._mass = tile(f"ruins/{scene.seed}/mass")
        self._fine = tile(f"ruins/{scene.seed}/fine")
        self._turn = torch.as_tensor(rotation(heading_deg)).float()
        self._vegetation = scene.vegetation
        self.water_m: float | None = _LAKE_M
        self.tufts = 0.25 + 0.9 * scene.vegetation
        self.trees = TreeKind(6.6, 7.0, 15.0, 0.25, 2.9) if scene.vegetation > 0.02 else None
        focus = np.array([0.0, 20.0, 4.0]) @ rotation(heading_deg)
        self.stage_hint = Stage(focus, 105.0, (heading_deg + 180) % 360)

    def own(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The ruins' own coordinates of world points."""
        r = self._turn
        return x * r[0, 0] + y * r[0, 1], x * r[1, 0] + y * r[1, 1]

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        u, v = self.own(x, y)
        reach = torch.sqrt(u * u * 1.15 + (v - 14) ** 2) + 16 * octaves(self._mass, x, y, 260, 3, 0.5, cut)
        broad = octaves(self._mass, x, y, 1900, 4, 0.5, cut)
        crests = ridges(self._fine, x, y, 1500, 5, 0.45, cut)
        hill = -34 * smoothstep(62, 330, reach)
        beyond = smoothstep(420, 2600, reach) * (95 + 120 * broad.clamp(min=-0.6) + 60 * crests)
        far = smoothstep(1800, 5200, reach) * (160 + 190 * crests)
        return hill + beyond + far + 1.6 * octaves(self._fine, x, y, 70, 4, 0.5, cut)

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        u, v = self.own(x, y)
        inside = torch.maximum(u.abs() - 13, (v - 18).abs() - 33)
        lumps = 0.16 * octaves(self._fine, x, y, 7, 3, 0.5, 2 * texel_m)
        return mix(height, lumps, smoothstep(22, 2, inside))

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        u, v = self.own(x, y)
        patch = lookup(self._mass, x, y, 260 * FEATURES) + 0.6 * lookup(self._fine, x, y, 80 * FEATURES)
        share = smoothstep(1.1 - 2.0 * self._vegetation, 1.9 - 1.8 * self._vegetation, patch)
        clear = torch.maximum(u.abs() - 15, torch.maximum(v - 58, -24 - v))
        lane = smoothstep(9, 20, u.abs() + 0.12 * (v + 20).clamp(min=0) + smoothstep(-10, 20, v) * 60)
        return share * smoothstep(0, 16, clear) * lane * smoothstep(_LAKE_M + 0.5, _LAKE_M + 3, height)

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        tone = 0.5 + 0.30 * hit.n9 + 0.22 * hit.n60
        albedo = between(*ring.grass(scene.season), tone)
        u, v = self.own(hit.x, hit.y)
        aisle = smoothstep(3.4, 1.0, u.abs() + 0.9 * hit.n9) * smoothstep(-34, -26, v) * smoothstep(44, 34, v)
        albedo = lay(albedo, between((0.15, 0.13, 0.095), (0.25, 0.22, 0.165), tone), aisle * 0.65)
        rocky = smoothstep(0.55, 0.95, hit.steep + 0.1 * hit.n9)
        albedo = lay(albedo, between(*self.stone, tone), rocky)
        shore = smoothstep(1.6, 0.3, hit.above_water + 0.4 * hit.n9)
        albedo = lay(albedo, between((0.13, 0.12, 0.10), (0.22, 0.20, 0.17), tone), shore)
        albedo = lay(albedo, between(*ring.leaves(scene.season), tone + 0.2 * hit.n9), hit.canopy)
        snow = 0.7 * smoothstep(0.35, 0.9, torch.full_like(hit.x, ring.ground_snow(scene.season)) + 0.06 * hit.n60)
        bare = 1 - hit.canopy
        return Paint(albedo, 0.35 + 0.3 * rocky, 0.6 * bare + 0.2, rocky * bare, snow)
