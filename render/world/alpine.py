"""Alpine: a valley with a lake, forest on its flanks, and a headwall of rock that closes the view to the north."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from render.scene import Scene
from render.world import homes, landmarks, remains
from render.world import season as ring
from render.world.base import Stage
from render.world.colors import between, lay
from render.world.land import Hit, Paint, TreeKind
from render.world.noise import FEATURES, lookup, mix, octaves, ridges, smoothstep, weighed
from render.world.props import Cards, GroundAt
from render.world.recipe import Recipe

_LAKE_M = 2.0


class Alpine(Recipe):
    """See the module; `Land` says what each method answers."""

    strata_m = 119.0
    stone = ((0.095, 0.088, 0.080), (0.24, 0.222, 0.198))
    boulders = 0.16
    tufts = 0.3
    micro_m = 0.048
    freezes = True
    wave_height = 0.10

    def __init__(self, scene: Scene) -> None:
        super().__init__("alpine", scene, broad="mass")
        self._crest = self._pattern("crest")
        draw = self._luck(4).tolist()
        self._bend = draw[0] * 2 * math.pi
        self._lift = 0.45 + 1.1 * scene.relief
        self._lake = 0.3 + 1.4 * scene.water
        self.water_m: float | None = _LAKE_M if scene.water > 0.02 else None
        self.trees = TreeKind(6.2, 7.0, 17.0, 0.92, 2.6) if scene.vegetation > 0.02 else None
        self._hut = (-17.0 + 6 * draw[1], 33.0 + 8 * draw[2])
        self._landmark = scene.stands
        self.stage_hint = Stage(np.array([-3.0, 50.0, 6.5]), 92.0, 172.0)

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        warp = octaves(self._broad, x + 900, y - 400, 3000, 2)
        wx = x + 260 * warp
        wy = y + 260 * octaves(self._crest, x - 700, y + 1300, 3000, 2)
        masses = octaves(self._broad, wx, wy, 5200, 6, 0.46, cut)
        crests = ridges(self._crest, wx, wy, 2300, 7, 0.47, cut)
        rough = 0.55 + 0.9 * masses.clamp(-1.2, 2) * 0.5 + 0.55 * crests
        centre = 420 * torch.sin(y / 2100 + self._bend) - 420 * math.sin(self._bend) + 60
        away = (x - centre).abs()
        flank = smoothstep(250, 900, away)
        slope = smoothstep(260, 2300, away)
        # side valleys east and west of the stage let the low sun of morning and evening in
        abreast = torch.exp(-(((y + 60) / 900) ** 2)) * smoothstep(350, 900, away)
        slope = slope * (1 - abreast * torch.where(x > centre, 0.90, 0.66))
        height = 4 + 34 * flank + slope * (250 + 820 * rough + 250 * masses).clamp(min=90) * self._lift
        headwall = smoothstep(1500, 4600, y) * (350 + 760 * rough) * self._lift
        height = height + headwall * (1 - 0.35 * slope) + smoothstep(-2500, -6000, y) * 500 * rough * self._lift
        relief = smoothstep(10, 160, height)
        crags = weighed(
            relief * 13 * self._lift, wx + 0.35 * wy, wy, lambda x, y: ridges(self._fine, x, y, 170, 6, 0.46, cut)
        )
        hummocks = weighed(1 - relief, x, y, lambda x, y: (
            1.6 * octaves(self._fine, x, y, 60, 6, 0.5, cut) + 2.4 * octaves(self._broad, x, y, 210, 3, 0.5, cut)
        ))  # fmt: skip
        return height + crags + hummocks

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        # A meadow to stand on, sloping to the shore; the lake begins just beyond the stage.
        wide = torch.sqrt((x / 330) ** 2 + ((y + 60) / 230) ** 2)
        meadow = 3.2 + 0.020 * (40 - y).clamp(-60, 400) + 1.5 * octaves(self._broad, x, y, 120, 3, 0.5, cut)
        meadow = meadow + 0.45 * octaves(self._fine, x, y, 26, 5, 0.55, cut)
        level = torch.exp(-((((x - self._hut[0]) ** 2 + (y - self._hut[1]) ** 2) / 130) ** 2))
        meadow = mix(meadow, 3.6, level)
        height = mix(height, torch.minimum(height, meadow), smoothstep(1.25, 0.8, wide))
        if self.water_m is None:
            return height
        long, broad = 430 * self._lake, 250 * math.sqrt(self._lake)
        shore = 0.15 * octaves(self._broad, x, y, 260, 3, 0.5, cut) + 0.045 * octaves(self._fine, x, y, 60, 4, 0.5, cut)
        reach = torch.sqrt(((x - 25) / broad) ** 2 + ((y - 58 - long) / long) ** 2) + shore
        hut = (x - self._hut[0]) ** 2 + (y - self._hut[1]) ** 2
        reach = reach + 0.5 * torch.exp(-((hut / 700) ** 2)) * smoothstep(1.3, 0.9, reach)
        bed = self.water_m - 0.4 - 9 * (1 - smoothstep(0.66, 1.0, reach))
        gentle = self.water_m + 0.25 + 7 * (reach - 1).clamp(min=0) + 0.8 * octaves(self._fine, x, y, 34, 5, 0.5, cut)
        height = mix(height, torch.minimum(height, gentle), 1 - smoothstep(1.0, 1.6, reach))
        return mix(height, torch.minimum(height, bed), smoothstep(1.03, 0.95, reach))

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        patch = lookup(self._broad, x, y, 420 * FEATURES) + 0.6 * lookup(self._crest, x, y, 90 * FEATURES)
        wooded = 1.1 * smoothstep(8, 40, height)
        share = smoothstep(0.9 - 2.2 * self._vegetation, 1.7 - 1.6 * self._vegetation, patch + wooded)
        share = share * smoothstep(1.5, 0.95, steep) * smoothstep(640, 430, height + 60 * patch)
        dry = smoothstep(3.0, 6.0, height)
        clear = smoothstep(40, 78, (x - 4 + 0.14 * y).abs() + 12 * patch)  # an open lane along the view
        yard = smoothstep(11, 17, torch.sqrt((x - self._hut[0]) ** 2 + (y - self._hut[1]) ** 2))
        return share * dry * (0.02 + 0.98 * clear) * yard

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        tone = 0.5 + 0.30 * hit.n9 + 0.22 * hit.n60
        rock = between((0.072, 0.066, 0.061), (0.190, 0.174, 0.155), 0.5 + 0.14 * hit.n60 + 0.16 * hit.n9)
        rock = lay(rock, (0.16, 0.125, 0.095), (0.22 * hit.n420).clamp(0, 0.6))
        edge = hit.steep + 0.12 * hit.n9 + 0.10 * hit.n60
        green = smoothstep(0.82, 0.55, edge) * smoothstep(900, 620, hit.z + 130 * hit.n420)
        stony = smoothstep(1.0, 0.66, edge)
        albedo = lay(rock, between((0.125, 0.118, 0.108), (0.215, 0.204, 0.188), tone), stony)
        albedo = lay(albedo, between(*ring.grass(scene.season), tone), green)
        sandy = smoothstep(1.5, 0.4, hit.above_water + 0.35 * hit.n9)
        albedo = lay(albedo, between((0.15, 0.135, 0.115), (0.24, 0.22, 0.19), tone), sandy)
        needles = between((0.018, 0.036, 0.014), (0.052, 0.064, 0.022), 0.5 + 0.35 * hit.n9)
        larch = smoothstep(0.9, 1.3, hit.n60 + 0.5 * hit.n9)
        needles = lay(needles, between(*ring.leaves(scene.season), tone), 0.75 * larch)
        albedo = lay(albedo, needles, hit.canopy)
        bare = (1 - green) * (1 - hit.canopy)
        line = 780 - 1250 * ring.ground_snow(scene.season)
        snow = smoothstep(line, line + 240, hit.z + 150 * hit.n420 + 30 * hit.n60 + 25 * hit.n9)
        return Paint(albedo, 0.22 + 0.50 * bare, 0.26 + 0.38 * bare, bare * (1 - sandy), snow)

    def props(self, ground: GroundAt) -> list[Cards]:
        x, y = self._hut
        z = ground(x, y) - 0.25
        if self._landmark == "chapel":
            return homes.chapel(x, y, z, 0.72, self._seed)
        if self._landmark == "house":
            return homes.house(x, y, z, 0.34, self._seed)
        if self._landmark == "ruin":
            return remains.keep(x, y, z, 0.34, self._seed)
        return [landmarks.hut(x, y, z, 0.28, self._seed)] if self._landmark == "cabin" else []
