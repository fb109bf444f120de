"""Forest: broad-leaved woods, a path through them to an old oak, a stream beside it, understory and fallen trunks."""

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


class Forest(Woodland):
    """See the module; `Land` says what each method answers."""

    stone = ((0.085, 0.088, 0.070), (0.215, 0.205, 0.170))
    boulders = 0.03
    tufts = 0.42
    gain = 1.6
    micro_m = 0.07
    wave_height = 0.14

    def __init__(self, scene: Scene) -> None:
        super().__init__("forest", scene, hand=2)
        needles = float(self._luck(3)[1])
        domes = ("broadleaf", "broadleaf", "birch")
        self.trees: TreeKind | None = TreeKind(5.6, 13.0, 25.0, 0.06 + 0.14 * needles, 2.75, ("conifer",), domes)
        self._oak = (float(self._path(torch.tensor(54.0))) - self._hand * 7.5, 57.0)
        self.stage_hint = Stage(np.array([0.55 * self._oak[0], 56.0, 4.8]), 80.0, 180.0 + 9 * self._hand)
        self._near = near_of(self.stage_hint)

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        hills = octaves(self._broad, x, y, 1700, 5, 0.46, cut)
        small = octaves(self._fine, x, y, 420, 4, 0.5, cut)
        away = (x - self._stream(y)).abs()
        side = smoothstep(18, 560, away)
        height = 1.9 + side * (58 + 74 * hills.clamp(-0.7, 2) + 16 * small) * self._lift
        back = smoothstep(420, 2600, y)
        backs = weighed(back, x, y, lambda x, y: 130 + 150 * ridges(self._broad, x, y, 1900, 5, 0.48, cut))
        height = height + backs * self._lift
        far = smoothstep(3200, 6400, y)
        peaks = weighed(far, x, y, lambda x, y: 330 + 560 * ridges(self._fine, x, y, 2600, 6, 0.48, cut))
        height = height + peaks * self._lift
        height = height + 1.0 * octaves(self._fine, x, y, 46, 4, 0.5, cut) * smoothstep(3, 30, away)
        return height + smoothstep(-700, -4000, y) * 90 * self._lift

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        way = (x - self._path(y)).abs()
        height = height - 0.22 * smoothstep(2.6, 0.8, way) * smoothstep(6.0, 3.0, torch.full_like(way, texel_m))
        away = (x - self._stream(y)).abs() + 1.6 * octaves(self._fine, x, y, 22, 3, 0.5, cut)
        floor = 1.15 + 0.045 * away + 0.35 * octaves(self._fine, x, y, 24, 4, 0.5, cut)
        height = mix(torch.minimum(height, floor + 0.6), height, smoothstep(16, 60, away)).clamp(min=0.35)
        if self.water_m is None:
            return height
        width = 1.4 + 4.5 * self._water
        bank = (away - width) / 3.2
        bed = -0.9 + 1.7 * smoothstep(-1.2, 0.6, bank)
        return mix(height, torch.minimum(height, bed), smoothstep(1.6, 0.6, bank))

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        patch = lookup(self._broad, x, y, 210 * FEATURES) + 0.5 * lookup(self._fine, x, y, 60 * FEATURES)
        share = smoothstep(-0.1 - 2.6 * self._vegetation, 0.6 - 2.0 * self._vegetation, patch)
        way = (x - self._path(y)).abs() / (4.2 + 5.5 * smoothstep(60, -10, y))
        glade = torch.hypot((x - self._oak[0] * 0.6) / 17, (y - self._oak[1]) / 24) + 0.14 * patch
        wood = smoothstep(0.75, 1.2, torch.minimum(glade, way + 0.12 * patch + 0.12))
        wood = wood * smoothstep(3.0, 7.0, self._near.away(x, y))  # no branch hangs before a lens
        dry = smoothstep(0.5, 1.1, height)
        bank = smoothstep(2.5, 6, (x - self._stream(y)).abs() - 4 * self._water + patch)
        share = share * smoothstep(1.25, 0.85, steep) * smoothstep(950, 700, height)
        return share * wood * dry * bank * 0.88

    def stands(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        return [*self._understory(ground), *self._landmarks(ground)]

    def _understory(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        """Ferns and bushes under the trees, thinner towards the path."""
        near = self._near
        x, y, draw = scattered(near, 1.6, 120.0, self._seed + 5)
        patch = 0.5 + 0.6 * lookup(self._broad, x, y, 25 * FEATURES)
        way = (x - self._path(y)).abs()
        share = 0.85 * smoothstep(64, 18, near.away(x, y)) * patch * (0.35 + 0.9 * self._vegetation)
        few = torch.nonzero(draw[:, 3] < share * smoothstep(1.6, 3.6, way)).squeeze(1)
        x, y, draw, way = x[few], y[few], draw[few], way[few]
        z = ground(x, y)
        tint, turn = draw[:, 4] * 2 - 1, draw[:, 5] * 6.283
        dry = z > 0.7
        result = []
        tall = 0.35 + 0.42 * draw[:, 2]
        at = torch.nonzero(dry & (draw[:, 0] < 0.62)).squeeze(1)
        if at.numel():
            result.append(("fern", stand(at, x, y, z - 0.05, tall, tall * 1.2, turn, tint)))
        at = torch.nonzero(dry & (draw[:, 0] > 0.90) & (way > 4.0)).squeeze(1)
        if at.numel():
            high = 0.7 + 1.7 * draw[:, 2] ** 2
            result.append(("shrub", stand(at, x, y, z - 0.1, high, high * 0.8, turn, tint)))
        return result

    def _landmarks(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        """The old oak and the stones at its foot, fallen trunks, stumps."""
        x, y = (torch.tensor([v]) for v in self._oak)
        one, turn = torch.tensor([0]), torch.tensor([self._bend])
        result = [("broadleaf", stand(one, x, y, ground(x, y) - 0.3, 16.5 + 0 * x, 7.6 + 0 * x, turn, 0 * x))]
        draw = uniform(40, 6, of=generator("forest floor", self._seed))
        size = 0.25 + 1.1 * draw[:, 2] ** 2.5
        by_oak, aside, along = draw[:, 0] < 0.3, draw[:, 1] - 0.5, 100 * draw[:, 4]
        rx = torch.where(by_oak, self._oak[0] + 9 * aside, self._stream(along) + 5 * aside)
        ry = torch.where(by_oak, self._oak[1] - 0.04 * along, along)
        every = torch.arange(40)
        foot = ground(rx, ry) - 0.2 * size
        result.append(("boulder", stand(every, rx, ry, foot, size, size, draw[:, 5] * 6.283, draw[:, 4] - 0.5)))
        lies = torch.arange(9)
        ly = 6 + 80 * draw[:9, 1]
        side = torch.where(draw[:9, 3] > 0.5, 1.0, -1.0)
        lx = self._path(ly) + side * (4.2 + 9 * draw[:9, 0])
        long, turn = 2.6 + 2.8 * draw[:9, 2], draw[:9, 5] * 6.283
        ly[0], turn[0], long[0] = 27.0, 0.5 * self._hand, 5.0  # one reaches into the foreground beside the path
        lx[0] = self._path(ly[0]) + self._hand * 6.0
        half = 0.7 * long * torch.cos(turn), 0.7 * long * torch.sin(turn)
        ends = torch.stack([ground(lx - half[0], ly - half[1]), ground(lx + half[0], ly + half[1])])
        keep = lies[(ends.amax(0) - ends.amin(0)) < 0.8]
        if keep.numel():
            result.append(("log", stand(keep, lx, ly, ends.mean(0) - 0.05, long * 0.21, long, turn, draw[:9, 4] - 0.5)))
        sx, sy = self._path(lies * 9.0 + 12) - side * (3.4 + 5 * draw[9:18, 0]), lies * 9.0 + 12
        result.append(("stump", stand(lies[::3], sx, sy, ground(sx, sy), 0.5 + 0 * sx, 0.5 + 0 * sx, turn, 0 * sx)))
        return result

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        tone = 0.5 + 0.32 * hit.n9 + 0.22 * hit.n60
        rock = between((0.10, 0.095, 0.085), (0.22, 0.20, 0.175), tone)
        green = smoothstep(1.05, 0.75, hit.steep + 0.12 * hit.n9)
        litter = between(*ring.litter(scene.season), tone)
        albedo = lay(rock, litter, green)
        grassy = smoothstep(-0.25, 0.75, 0.7 * hit.n60 + 0.35 * hit.n9 + 0.12)
        albedo = lay(albedo, between(*ring.grass(scene.season), tone), 0.85 * grassy * green)
        way = (hit.x - self._path(hit.y)).abs() + 0.22 * hit.n9
        trodden = smoothstep(1.9, 0.8, way) * green
        soil = between((0.085, 0.060, 0.040), (0.205, 0.150, 0.104), tone)
        albedo = lay(albedo, lay(soil, litter, 0.35 * (1 - grassy)), 0.92 * trodden)
        bank = smoothstep(0.85, 0.2, hit.above_water + 0.25 * hit.n9)
        albedo = lay(albedo, between((0.085, 0.075, 0.06), (0.19, 0.175, 0.15), tone), bank)
        needles = between((0.018, 0.036, 0.014), (0.052, 0.064, 0.022), 0.5 + 0.35 * hit.n9)
        broad = smoothstep(-1.3, -0.7, hit.n60 + 0.35 * hit.n420)
        leaves = lay(between(*ring.leaves(scene.season), 0.5 + 0.4 * hit.n9), between(*ring.birch(scene.season), tone),
                     smoothstep(0.4, 1.2, hit.n60 - hit.n9))
        albedo = lay(albedo, lay(needles, leaves, broad), hit.canopy)
        bare = (1 - green) * (1 - hit.canopy)
        line = 700 - 1150 * ring.ground_snow(scene.season)
        snow = smoothstep(line, line + 260, hit.z + 90 * hit.n420 + 60 * hit.n60 + 30 * hit.n9)
        # the wood keeps some of it from the ground: litter looks out in patches
        snow = snow * (1 - 0.62 * smoothstep(-0.3, 0.9, 0.75 * hit.n9 + 0.45 * hit.n60) * smoothstep(240, 160, hit.z))
        return Paint(albedo, 0.45 + 0.55 * bare, 0.75 + 0.25 * bare, bare, snow)

    def _path(self, y: Tensor) -> Tensor:
        """The way's axis, winding from the cameras into the wood."""
        near = 3.6 * torch.sin(y / 19 + self._bend) + 9 * torch.sin(y / 74 + self._bend)
        return near - 12.6 * math.sin(self._bend)

    def _stream(self, y: Tensor) -> Tensor:
        valley = 120 * (torch.sin(y / 610 + self._bend) - math.sin(self._bend))
        return self._hand * (17 + 4 * torch.sin(y / 23 + self._bend)) + 7 * torch.sin(y / 60 + self._bend) + valley
