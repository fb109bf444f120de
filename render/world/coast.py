"""Coast: stepped cliffs over an open sea, stacks before them, meadow on top, a beach where the cliffs fall back."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from render.scene import Scene
from render.world import landmarks
from render.world import season as ring
from render.world.base import Stage
from render.world.colors import between, lay
from render.world.land import Hit, Paint, TreeKind
from render.world.noise import FEATURES, lookup, mix, octaves, smoothstep
from render.world.props import Cards, GroundAt
from render.world.recipe import Recipe
from render.world.water import SEA

_LOW_SEA_M, _HIGH_SEA_M = -1.5, 3.5


class Coast(Recipe):
    """See the module; `Land` says what each method answers. The sea lies east: the morning sun lights the cliffs."""

    erodes = False
    strata_m = 34.0 * 3
    stone = ((0.1, 0.085, 0.07), (0.3, 0.26, 0.21))
    boulders = 0.1
    tufts = 0.34
    micro_m = 0.06
    wave_height = 0.62
    foam = 0.9
    water_look = SEA

    def __init__(self, scene: Scene) -> None:
        super().__init__("coast", scene)
        self._cliff = 18 + 62 * scene.relief
        self.water_m: float | None = _LOW_SEA_M + (_HIGH_SEA_M - _LOW_SEA_M) * scene.water
        self.trees = TreeKind(5.4, 3.0, 7.0, 0.1, 2.9) if scene.vegetation > 0.35 else None
        draw = self._luck(8, 4)
        stacks = []
        for i in range(6):
            a, b, c, d = draw[i].tolist()
            x, y = 62 + 90 * a + 10 * i, 120 + 66 * i + 60 * (b - 0.5)
            stacks.append((x, y, 8 + 15 * c, 12 + 0.72 * self._cliff * d))
        self._stacks = tuple(stacks)
        self._phase = draw[7, 0].item() * 6.28
        # Seen from the meadow's edge in the south, across a bay, to the headland and the stacks before it.
        self.stage_hint = Stage(np.array([50.0, 222.0, 0.5 * self._cliff]), 205.0, 202.0)

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        curve = 24 - 34 * smoothstep(-20, 110, y) + 128 * smoothstep(120, 330, y) - 70 * smoothstep(430, 900, y)
        curve = curve + 60 * (torch.sin(y / 530 + self._phase) - math.sin(self._phase))
        bays = 70 * octaves(self._broad, x, y, 900, 3, 0.5, cut) + 22 * octaves(self._fine, x, y, 160, 5, 0.5, cut)
        bays = bays * smoothstep(30, 420, torch.sqrt(x * x + (y - 60) ** 2))
        bays = bays + 8 * octaves(self._fine, x, y, 48, 4, 0.5, cut)
        inland = curve - x + bays
        u = inland / 34
        step = u * 5
        whole = step.floor()
        stepped = (whole + smoothstep(0.45, 1.0, step - whole)) / 5
        profile = (0.55 * stepped + 0.45 * u.clamp(min=1e-4) ** 0.7).clamp(0, 1)
        tall = self._cliff * (1 + 0.35 * octaves(self._broad, x, y, 620, 2, 0.5, cut).clamp(-1.6, 1.6))
        beach = smoothstep(0.35, 1.15, octaves(self._broad, x + 300, y, 520, 1))  # the cliff falls back here
        profile = mix(profile, smoothstep(0.3, 4.2, u), 0.85 * beach)
        land = 1.2 + tall * profile
        top = smoothstep(20, 90, inland)
        meadow = 7 * octaves(self._broad, x, y, 330, 2, 0.5, cut) + 0.42 * octaves(self._fine, x, y, 22, 4, 0.5, cut)
        land = land + top * meadow
        land = land + smoothstep(300, 2600, inland) * (120 + 90 * octaves(self._broad, x, y, 1400, 4, 0.5, cut))
        sea = -20 + 17.6 * torch.exp((inland / 38).clamp(-8, 0))
        height = torch.where(inland > 0, land, sea + 3.0 * torch.exp((inland / 7).clamp(-9, 0)))
        for cx, cy, radius, top_m in self._stacks:
            away = torch.sqrt((x - cx) ** 2 + (y - cy) ** 2)
            if float(away.min()) > 6 * radius:
                continue
            ragged = radius * (1 + 0.24 * octaves(self._fine, x, y, 21, 4, 0.55, cut))
            rise = ((ragged - away) / (0.45 * ragged)).clamp(0, 1) ** 0.6
            rough = 1.2 * octaves(self._fine, x, y, 9, 2, 0.5, cut)
            height = torch.maximum(height, -12 + (top_m + 12 + rough) * rise)
        return height

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        return height

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        patch = lookup(self._broad, x, y, 260 * FEATURES)
        share = smoothstep(1.8 - 1.6 * self._vegetation, 2.3 - 1.6 * self._vegetation, patch)
        clear = smoothstep(60, 140, torch.sqrt((x - 20) ** 2 + (y + 40) ** 2))
        return 0.8 * share * clear * smoothstep(0.55, 0.35, steep) * smoothstep(8, 14, height)

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        tone = 0.5 + 0.30 * hit.n9 + 0.22 * hit.n60
        bands = lookup(self._fine, hit.z * 0.5 + 0.05 * hit.x, hit.y * 0.02, 9 * FEATURES)
        rock = between((0.10, 0.085, 0.07), (0.34, 0.295, 0.235), 0.52 + 0.22 * bands + 0.16 * hit.n9)
        rock = lay(rock, (0.20, 0.155, 0.105), (0.25 * hit.n60 * scene.wear * 2).clamp(0, 0.55))
        edge = hit.steep + 0.12 * hit.n9 + 0.08 * hit.n60
        green = smoothstep(0.85, 0.5, edge) * smoothstep(4.0, 9.0, hit.above_water + hit.n9)
        albedo = lay(rock, between(*ring.grass(scene.season), tone), green)
        heath = smoothstep(0.6, 1.3, hit.n60 + 0.4 * hit.n9) * green
        albedo = lay(albedo, between((0.060, 0.046, 0.034), (0.120, 0.086, 0.062), tone), 0.7 * heath)
        sand = smoothstep(0.5, 0.25, edge) * smoothstep(6.0, 3.0, hit.above_water + 0.6 * hit.n9)
        albedo = lay(albedo, between((0.26, 0.22, 0.165), (0.38, 0.33, 0.25), tone), sand)
        wet = smoothstep(3.4, 1.2, hit.above_water + 0.8 * hit.n9) * (1 - sand)
        albedo = lay(albedo, (0.055, 0.05, 0.045), 0.8 * wet)
        albedo = lay(albedo, between(*ring.leaves(scene.season), tone), hit.canopy)
        bare = (1 - green) * (1 - hit.canopy)
        snow = green * 0.55 * smoothstep(0.35, 0.9, hit.n60 * 0.15 + ring.ground_snow(scene.season))
        rocky = bare * (1 - sand)
        return Paint(albedo, 0.3 + 0.7 * bare * (1 - 0.8 * sand), 0.5 + 0.5 * rocky, rocky, snow)

    def props(self, ground: GroundAt) -> list[Cards]:
        # on the headland's brow, where one walking in from the sea first stands on the level top
        y = 262.0
        for x in np.arange(150.0, -60.0, -2.0).tolist():
            around = [ground(x + dx, y + dy) for dx, dy in ((0, 0), (9, 0), (-9, 0), (0, 9), (0, -9), (11, 2))]
            if min(around) > 0.55 * self._cliff and max(around) - min(around) < 6.0:
                return [landmarks.lighthouse(x, y, min(around[0], sum(around) / 6), self._seed)]
        return []
