"""Forest: a wooded valley with a glade and a stream, hills behind hills to a far ridge."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from render.scene import Scene
from render.world import season as ring
from render.world.base import Stage
from render.world.colors import between, lay
from render.world.land import Hit, Paint, TreeKind
from render.world.noise import FEATURES, generator, lookup, mix, octaves, ridges, smoothstep, tile


class Forest:
    """See the module; `Land` says what each method answers."""

    erodes = True
    strata_m = 90.0
    stone = ((0.1, 0.095, 0.085), (0.22, 0.2, 0.175))
    boulders = 0.05
    tufts = 0.42
    wave_height = 0.14
    foam = 0.0

    def __init__(self, scene: Scene) -> None:
        self._broad = tile(f"forest/{scene.seed}/broad")
        self._fine = tile(f"forest/{scene.seed}/fine")
        draw = torch.rand(4, generator=generator("forest", scene.seed)).tolist()
        self._bend = draw[0] * 2 * math.pi
        self._lift = 0.35 + 1.3 * scene.relief
        self._vegetation = scene.vegetation
        self._water = scene.water
        self.water_m: float | None = 0.0 if scene.water > 0.02 else None
        self.trees: TreeKind | None = TreeKind(5.2, 9.0, 22.0, 0.62 + 0.3 * draw[1], 2.75)
        self.stage_hint = Stage(np.array([4.0, 64.0, 6.0]), 112.0, 190.0)

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        hills = octaves(self._broad, x, y, 1700, 5, 0.46, cut)
        small = octaves(self._fine, x, y, 420, 4, 0.5, cut)
        away = (x - self._stream(y)).abs()
        side = smoothstep(18, 620, away)
        height = 1.6 + side * (58 + 74 * hills.clamp(-0.7, 2) + 16 * small) * self._lift
        back = smoothstep(700, 3600, y)
        height = height + back * (120 + 150 * ridges(self._broad, x, y, 1900, 5, 0.48, cut)) * self._lift
        far = smoothstep(3200, 6400, y)
        height = height + far * (330 + 560 * ridges(self._fine, x, y, 2600, 6, 0.48, cut)) * self._lift
        height = height + 0.9 * octaves(self._fine, x, y, 46, 5, 0.5, cut) * smoothstep(3, 30, away)
        return height + smoothstep(-700, -4000, y) * 90 * self._lift

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        away = (x - self._stream(y)).abs() + 2.2 * octaves(self._fine, x, y, 30, 3, 0.5, cut)
        floor = 0.75 + 0.030 * away + 0.35 * octaves(self._fine, x, y, 24, 4, 0.5, cut)
        height = mix(torch.minimum(height, floor + 0.6), height, smoothstep(22, 90, away))
        if self.water_m is None:
            return height
        width = 2.2 + 9 * self._water
        pool = smoothstep(70, 20, torch.sqrt((x - self._stream(y)) ** 2 * 2 + (y - 96) ** 2)) * 14 * self._water
        bank = (away - width - pool) / 5.0
        bed = -1.4 + 1.9 * smoothstep(-1.2, 0.5, bank)
        return torch.minimum(height, torch.where(bank < 0.9, bed, height)) * smoothstep(1.6, 0.6, bank) + height * (
            1 - smoothstep(1.6, 0.6, bank)
        )

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        patch = lookup(self._broad, x, y, 210 * FEATURES) + 0.5 * lookup(self._fine, x, y, 60 * FEATURES)
        share = smoothstep(0.55 - 2.6 * self._vegetation, 1.3 - 2.4 * self._vegetation, patch)
        glade = torch.sqrt(((x - 4) / 62) ** 2 + ((y - 8) / 92) ** 2) + 0.16 * patch
        open_ground = smoothstep(0.85, 1.25, glade)
        dry = smoothstep(0.5, 1.1, height)
        bank = smoothstep(7, 16, (x - self._stream(y)).abs() - 6 * self._water + 2 * patch)
        share = share * smoothstep(1.25, 0.85, steep) * smoothstep(950, 700, height)
        return share * (0.035 + 0.965 * open_ground) * dry * bank

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        tone = 0.5 + 0.32 * hit.n9 + 0.22 * hit.n60
        rock = between((0.10, 0.095, 0.085), (0.22, 0.20, 0.175), tone)
        edge = hit.steep + 0.12 * hit.n9
        green = smoothstep(1.05, 0.75, edge)
        albedo = lay(rock, between(*ring.grass(scene.season), tone), green)
        litter = smoothstep(0.15, 1.1, 0.7 * hit.n60 + 0.5 * hit.n9 - 0.1)
        albedo = lay(albedo, between((0.046, 0.034, 0.020), (0.115, 0.082, 0.045), tone), 0.55 * litter * green)
        bank = smoothstep(1.0, 0.25, hit.above_water + 0.25 * hit.n9)
        albedo = lay(albedo, between((0.085, 0.075, 0.06), (0.19, 0.175, 0.15), tone), bank)
        needles = between((0.018, 0.036, 0.014), (0.052, 0.064, 0.022), 0.5 + 0.35 * hit.n9)
        broad = smoothstep(0.1, 0.7, hit.n60 + 0.35 * hit.n420)
        crowns = lay(needles, between(*ring.leaves(scene.season), 0.5 + 0.4 * hit.n9), broad)
        albedo = lay(albedo, crowns, hit.canopy)
        bare = (1 - green) * (1 - hit.canopy)
        line = 700 - 1150 * ring.ground_snow(scene.season)
        snow = smoothstep(line, line + 260, hit.z + 90 * hit.n420 + 60 * hit.n60 + 30 * hit.n9)
        return Paint(albedo, 0.35 + 0.65 * bare, 0.6 + 0.4 * bare, bare, snow)

    def _stream(self, y: Tensor) -> Tensor:
        valley = 120 * (torch.sin(y / 610 + self._bend) - math.sin(self._bend))
        return 34 + 26 * torch.sin(y / 95 + self._bend) + valley
