"""Conifer forest: spruce and pine around a glade, a brook among mossy rocks, fallen trunks, wooded slopes behind."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from render.scene import Scene
from render.world import season as ring
from render.world.base import Stage
from render.world.colors import between, lay
from render.world.land import Hit, Paint, TreeKind
from render.world.noise import FEATURES, generator, lookup, mix, octaves, ridges, smoothstep, uniform, weighed
from render.world.plants import Stand
from render.world.recipe import Woodland
from render.world.trees import near_of, scattered, stand


class Conifer(Woodland):
    """See the module; `Land` says what each method answers."""

    stone = ((0.070, 0.078, 0.058), (0.205, 0.205, 0.165))
    boulders = 0.06
    tufts = 0.34
    gain = 1.75
    micro_m = 0.08
    wave_height = 0.10

    def __init__(self, scene: Scene) -> None:
        super().__init__("conifer", scene, hand=1)
        cones = ("conifer", "conifer", "pine") if float(self._luck(3)[2]) < 0.75 else ("conifer", "pine")
        self.trees: TreeKind | None = TreeKind(4.6, 13.0, 27.0, 0.94, 2.7, cones, ("birch",))
        self.stage_hint = Stage(np.array([2.0, 46.0, 4.2]), 74.0, 180.0 + self._hand * 10)

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        hills = octaves(self._broad, x, y, 1500, 5, 0.46, cut)
        away = (x - self._brook(y)).abs()
        side = smoothstep(14, 420, away)
        height = 1.5 + side * (64 + 60 * hills.clamp(-0.7, 2)) * self._lift
        height = height + 1.9 * octaves(self._fine, x, y, 58, 3, 0.5, cut) * smoothstep(5, 36, away)
        height = height + 0.5 * octaves(self._fine, x, y, 13, 3, 0.5, cut) * smoothstep(2, 12, away)
        back = smoothstep(320, 1900, y)
        backs = weighed(back, x, y, lambda x, y: 150 + 190 * ridges(self._broad, x, y, 1500, 5, 0.47, cut))
        height = height + backs * self._lift
        far = smoothstep(2300, 5600, y)
        peaks = weighed(far, x, y, lambda x, y: 360 + 720 * ridges(self._fine, x, y, 2500, 6, 0.48, cut))
        height = height + peaks * self._lift
        return height + smoothstep(-400, -2600, y) * 110 * self._lift

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        away = (x - self._brook(y)).abs() + 1.3 * octaves(self._fine, x, y, 15, 3, 0.5, cut)
        floor = 1.0 + 0.045 * away + 0.3 * octaves(self._fine, x, y, 19, 4, 0.5, cut)
        height = mix(torch.minimum(height, floor + 0.8), height, smoothstep(14, 50, away))
        width = (1.3 + 3.6 * self._water) * (0.45 + 0.55 * smoothstep(2, 30, y))
        pool = 5 * self._water * smoothstep(26, 8, (y - 34).abs())
        bank = (away - width - pool) / 2.6
        bed = -0.75 + 1.75 * smoothstep(-1.3, 0.7, bank)
        inside = smoothstep(1.5, 0.5, bank)
        return mix(height.clamp(min=0.35), torch.minimum(height, bed), inside)  # no pools beside the brook

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        patch = lookup(self._broad, x, y, 160 * FEATURES) + 0.5 * lookup(self._fine, x, y, 40 * FEATURES)
        share = smoothstep(-0.2 - 2.6 * self._vegetation, 0.5 - 1.6 * self._vegetation, patch)
        share = share * smoothstep(1.35, 0.95, steep) * smoothstep(640, 430, height + 50 * patch)
        # a glade at the stage, and a way of sight along the brook
        glade = torch.hypot((x - 1) / 21, (y - 22) / 48) + 0.13 * patch
        lane = (x - self._brook(y)).abs() / (7 + 0.05 * (y - 40).clamp(min=0)) + 0.15 * patch
        wood = smoothstep(0.80, 1.15, torch.minimum(glade, lane + 0.3))
        dry = smoothstep(0.7, 1.3, height)
        return share * wood * dry * 0.86

    def stands(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        near = near_of(self.stage_hint)
        x, y, draw = scattered(near, 1.5, 110.0, self._seed + 5)
        away = near.away(x, y)
        patch = 0.5 + 0.55 * lookup(self._broad, x, y, 23 * FEATURES)
        keep = draw[:, 3] < 0.80 * smoothstep(52, 14, away) * patch * (0.35 + 0.9 * self._vegetation)
        few = torch.nonzero(keep).squeeze(1)
        x, y, draw = x[few], y[few], draw[few]
        z = ground(x, y)
        tint, turn = draw[:, 4] * 2 - 1, draw[:, 5] * 6.283
        at = torch.nonzero(z > 0.55).squeeze(1)
        tall = 0.38 + 0.45 * draw[:, 2]
        ferns = at[draw[at, 0] < 0.6]
        young = at[draw[at, 0] > 0.965]
        result = [("fern", stand(ferns, x, y, z - 0.05, tall, tall * 1.15, turn, tint))] if ferns.numel() else []
        if young.numel():
            high = 0.9 + 2.2 * draw[:, 2]
            result.append(("sapling", stand(young, x, y, z - 0.05, high, high * 0.36, turn, tint)))
        return result + self._blocks(ground) + self._fallen(ground)

    def _blocks(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        """Rocks in and beside the brook, and one group large enough to hold the eye."""
        draw = uniform(64, 6, of=generator("conifer blocks", self._seed))
        y = 4 + 92 * draw[:, 0]
        x = self._brook(y) + (draw[:, 1] - 0.5) * (7 + 9 * self._water)
        size = 0.22 + 0.95 * draw[:, 2] ** 2.5
        big = torch.arange(64) < 7
        x = torch.where(big, 2 - self._hand * 5.5 + 7.5 * (draw[:, 1] - 0.5), x)
        y = torch.where(big, 47 + 7 * (draw[:, 0] - 0.5), y)
        size = torch.where(big, 1.1 + 1.5 * draw[:, 2], size)
        every = torch.arange(64)
        z = ground(x, y) - 0.22 * size
        return [("boulder", stand(every, x, y, z, size * 1.25, size, draw[:, 5] * 6.283, draw[:, 4] * 2 - 1))]

    def _fallen(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        """Trunks across the glade and the brook, and stumps."""
        draw = uniform(12, 6, of=generator("fallen", self._seed))
        x = 2 + 40 * (draw[:, 0] - 0.5)
        y = 8 + 72 * draw[:, 1]
        long = 3.0 + 3.6 * draw[:, 2]
        turn = draw[:, 3] * 6.283
        # the first lies over the brook in front of the focus
        x[0], y[0], long[0], turn[0] = float(self._brook(torch.tensor([30.0]))[0]) + 0.8, 30.0, 6.4, 0.35 * self._hand
        half = 0.7 * long * torch.cos(turn), 0.7 * long * torch.sin(turn)
        ends = torch.stack([ground(x - half[0], y - half[1]), ground(x + half[0], y + half[1])])
        z = ends.amax(0) * 0.6 + ends.amin(0) * 0.4
        lies = torch.nonzero((ends.amax(0) - ends.amin(0) < 0.9) & (torch.arange(12) < 8) & (z > 0.2)).squeeze(1)
        tint = draw[:, 4] * 2 - 1
        result = [("log", stand(lies, x, y, z - 0.05, long * 0.22, long, turn, tint))] if lies.numel() else []
        stumps = torch.arange(8, 12)
        foot = ground(x, y)
        result.append(("stump", stand(stumps, x, y, foot, 0.45 + 0.5 * draw[:, 2], 0.42 + 0 * x, turn, tint)))
        return result

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        tone = 0.5 + 0.32 * hit.n9 + 0.22 * hit.n60
        rock = between((0.10, 0.095, 0.085), (0.22, 0.205, 0.18), tone)
        green = smoothstep(1.20, 0.85, hit.steep + 0.12 * hit.n9)
        litter = between((0.050, 0.034, 0.020), (0.135, 0.092, 0.052), tone)
        albedo = lay(rock, litter, green)
        moss = smoothstep(-0.1, 0.7, 0.6 * hit.n9 + 0.6 * hit.n60 + 0.15)
        albedo = lay(albedo, between((0.036, 0.056, 0.014), (0.118, 0.150, 0.036), tone), 0.72 * moss * green)
        grassy = smoothstep(0.15, 0.9, 0.8 * hit.n60 - 0.5 * hit.n9 + 0.1)
        albedo = lay(albedo, between(*ring.grass(scene.season), tone), 0.65 * grassy * green)
        bank = smoothstep(0.75, 0.15, hit.above_water + 0.2 * hit.n9)
        albedo = lay(albedo, between((0.060, 0.052, 0.042), (0.165, 0.148, 0.122), tone), bank)
        crowns = between((0.018, 0.036, 0.014), (0.058, 0.076, 0.027), 0.5 + 0.4 * hit.n9)
        gold = smoothstep(1.0, 1.4, hit.n9 + 0.6 * hit.n60)
        crowns = lay(crowns, between(*ring.birch(scene.season), tone), 0.8 * gold)
        albedo = lay(albedo, crowns, hit.canopy)
        bare = (1 - green) * (1 - hit.canopy)
        line = 620 - 1150 * ring.ground_snow(scene.season)
        snow = smoothstep(line, line + 240, hit.z + 90 * hit.n420 + 60 * hit.n60 + 30 * hit.n9)
        return Paint(albedo, 0.45 + 0.55 * bare, 0.75 + 0.25 * bare, bare, snow)

    def _brook(self, y: Tensor) -> Tensor:
        """The brook's axis, from beside the cameras away up the valley."""
        sway = 7.5 * torch.sin(y / 23 + self._bend) + 3.0 * torch.sin(y / 9.5 + 2 * self._bend)
        far = 60 * (torch.sin(y / 420 + self._bend) - math.sin(self._bend)) * smoothstep(120, 400, y.abs())
        return self._hand * (5.0 - 0.04 * y.clamp(-100, 120)) + sway * 0.62 + far
