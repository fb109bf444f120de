"""Lake: still water between wooded shores, a river's mouth at its far end, a jetty before it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from render.scene import Scene
from render.world import homes, landmarks, shore_plants
from render.world import season as ring
from render.world.base import Stage
from render.world.colors import between, lay
from render.world.land import Hit, Paint, TreeKind
from render.world.noise import FEATURES, lookup, mix, octaves, ridges, smoothstep, weighed
from render.world.plants import Stand
from render.world.props import Cards, GroundAt, Thing
from render.world.recipe import Recipe
from render.world.water import WaterLook

_JETTY_M = 19.0


class Lake(Recipe):
    """See the module; `Land` says what each method answers. Seen from the southern shore."""

    stone = ((0.105, 0.10, 0.09), (0.25, 0.235, 0.21))
    boulders = 0.07
    tufts = 0.5
    micro_m = 0.06
    freezes = True
    wave_height = 0.085
    water_look = WaterLook(
        (0.52, 0.20, 0.26), (0.010, 0.022, 0.016), ((0.060, 0.050, 0.034), (0.150, 0.128, 0.088)), 0.45, 1.0, 0.12
    )

    def __init__(self, scene: Scene) -> None:
        super().__init__("lake", scene)
        draw = self._luck(10).tolist()
        self._known: tuple[Tensor, float, Tensor] | None = None
        self._lift = 0.35 + 1.2 * scene.relief
        self._long = 300 + 520 * scene.water
        self._river = 0.35 + 0.5 * (draw[0] - 0.5)
        self._bend = draw[1] * 2 * math.pi
        self._side = 1.0 if draw[2] < 0.5 else -1.0  # which side the boathouse stands on
        self._isle = (70 * self._side + 60 * (draw[3] - 0.5), 190 + 70 * draw[4], 20 + 12 * draw[5])
        self._landmark = scene.stands
        self.water_m: float | None = 0.0
        self.trees: TreeKind | None = (
            TreeKind(5.6, 8.0, 19.0, 0.25 + 0.6 * draw[6], 2.6) if scene.vegetation > 0.02 else None
        )
        self._turn = 0.16 * self._side
        self.stage_hint = Stage(np.array([-7.0 * self._side, 19.0, 1.6]), 66.0, 184.0 - 4 * self._side)

    def _reach(self, x: Tensor, y: Tensor, cut: float) -> Tensor:
        """Distance to the shore in metres, negative on the lake."""
        if self._known is not None and self._known[0] is x and self._known[1] == cut:
            return self._known[2]  # raising and carving ask for the same points
        broad = 0.62 * self._long
        mid_y = 6 + self._long
        ring_ = torch.sqrt(((x - 40 * self._side) / broad) ** 2 + ((y - mid_y) / self._long) ** 2) - 1
        away = ring_ * self._long * 0.75
        wide = octaves(self._broad, x, y, 520, 3, 0.5, cut) * smoothstep(60, 320, torch.sqrt(x * x + y * y))
        away = away + 62 * wide + 5.5 * octaves(self._fine, x, y, 64, 4, 0.5, cut)
        # the near shore: a shallow bay about the jetty, and a point of land beside it
        bay = torch.exp(-(((x + 3 * self._side) / 44) ** 2) - ((y - 4) / 34) ** 2)
        point = torch.exp(-(((x - 62 * self._side) / 30) ** 2) - ((y - 30) / 44) ** 2)
        away = away - 8 * bay + 34 * point
        isle_x, isle_y, radius = self._isle
        isle = radius - torch.sqrt((x - isle_x) ** 2 + ((y - isle_y) * 1.3) ** 2) + 5 * octaves(
            self._fine, x, y, 40, 3, 0.5, cut
        )
        away = torch.maximum(away, isle)
        self._known = (x, cut, away)
        return away

    def _stream(self, y: Tensor) -> Tensor:
        winding: Tensor = 110 * torch.sin(y / 380 + self._bend) + self._river * (y - 900) + 40 * self._side
        return winding

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        away = self._reach(x, y, cut)
        hills = octaves(self._broad, x, y, 1900, 6, 0.47, cut)
        small = octaves(self._fine, x, y, 330, 5, 0.5, cut)
        side = smoothstep(20, 900, away)
        height = 1.0 + 5 * smoothstep(0, 90, away) + side * (70 + 95 * hills.clamp(-0.75, 2) + 16 * small) * self._lift
        back = smoothstep(900, 3800, y)
        backs = weighed(back, x, y, lambda x, y: 150 + 190 * ridges(self._broad, x, y, 2100, 6, 0.47, cut))
        height = height + backs * self._lift
        far = smoothstep(3000, 6600, y)
        peaks = weighed(far, x, y, lambda x, y: 260 + 520 * ridges(self._fine, x, y, 2900, 7, 0.47, cut))
        height = height + peaks * self._lift
        open_south = smoothstep(260, 1200, torch.sqrt(x * x + ((y + 40) * 1.1) ** 2))
        height = mix(1.2 + 0.02 * away.clamp(0, 200), height, torch.maximum(open_south, smoothstep(40, 160, y)))
        valley = (x - self._stream(y)).abs()
        trough = smoothstep(40, 520, valley)
        height = mix(torch.minimum(height, 2.0 + 0.012 * (y - 700).clamp(min=0)), height, torch.maximum(
            trough, smoothstep(1.15, 0.95, y / (2 * self._long))
        ))
        return height + 0.5 * octaves(self._fine, x, y, 34, 4, 0.5, cut) * smoothstep(1, 20, away)

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        away = self._reach(x, y, cut)
        shore = 0.10 + 0.085 * away.clamp(min=0) + 0.10 * octaves(self._fine, x, y, 17, 3, 0.5, cut)
        shore = torch.minimum(height.clamp(min=0.3), shore)
        height = mix(shore, height.clamp(min=0.3), smoothstep(14, 60, away))
        bed = -0.05 - 0.10 * (-away).clamp(min=0) - 4.5 * smoothstep(-14, -60, away)
        bed = bed.clamp(min=-9) + 0.10 * octaves(self._fine, x, y, 13, 3, 0.5, cut)
        height = torch.where(away < 0, torch.minimum(bed, torch.full_like(bed, 0.04)), height)
        past = smoothstep(1.55, 1.75, y / self._long)  # the river beyond the lake
        bank = (x - self._stream(y)).abs() - 15 - 4 * octaves(self._fine, x, y, 90, 2, 0.5, cut)
        stream = torch.minimum(height, -0.9 + 0.10 * bank.clamp(min=-9))
        return mix(height, stream, past * smoothstep(30, 6, bank) * (height < 12))

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        patch = lookup(self._broad, x, y, 230 * FEATURES) + 0.5 * lookup(self._fine, x, y, 70 * FEATURES)
        share = smoothstep(0.7 - 2.4 * self._vegetation, 1.4 - 2.2 * self._vegetation, patch + 0.75)
        share = share * smoothstep(1.6, 1.0, steep) * smoothstep(820, 560, height + 60 * patch)
        dry = smoothstep(0.5, 1.5, height)
        # a clearing between the cameras and the jetty, narrower towards the water; trees frame it on both sides
        wide = 27 + 7 * patch + 0.10 * (12 - y).clamp(min=0)
        lane = smoothstep(0, 16, (x - 2 * self._side).abs() - wide)
        clearing = torch.maximum(lane, smoothstep(70, 110, y)).clamp(0, 1)
        clearing = torch.maximum(clearing, smoothstep(-62, -95, y) * 0.8)
        isle_x, isle_y, radius = self._isle
        isle = smoothstep(radius + 6, radius + 12, torch.sqrt((x - isle_x) ** 2 + ((y - isle_y) * 1.3) ** 2))
        return share * dry * (0.02 + 0.98 * clearing) * isle  # the island's trees are set up one by one

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        tone = 0.5 + 0.30 * hit.n9 + 0.22 * hit.n60
        rock = between((0.088, 0.082, 0.074), (0.205, 0.188, 0.165), tone)
        edge = hit.steep + 0.12 * hit.n9 + 0.08 * hit.n60
        green = smoothstep(1.05, 0.75, edge)
        albedo = lay(rock, between(*ring.grass(scene.season), tone), green)
        heath = smoothstep(0.5, 1.3, hit.n60 + 0.45 * hit.n9) * green
        albedo = lay(albedo, between((0.070, 0.052, 0.034), (0.140, 0.100, 0.062), tone), 0.55 * heath)
        marsh = smoothstep(1.7, 0.7, hit.above_water + 0.4 * hit.n9) * smoothstep(-0.4, 0.5, hit.n60) * green
        albedo = lay(albedo, between((0.085, 0.082, 0.030), (0.200, 0.175, 0.075), tone), 0.6 * marsh)
        beach = smoothstep(0.75, 0.30, hit.above_water + 0.16 * hit.n9)
        albedo = lay(albedo, between((0.13, 0.115, 0.09), (0.25, 0.225, 0.185), tone), beach)
        needles = between((0.018, 0.036, 0.014), (0.052, 0.064, 0.022), 0.5 + 0.35 * hit.n9)
        broad = smoothstep(-0.9, 1.5, hit.n60 + 0.55 * hit.n420 + 0.9 * hit.n9)
        crowns = lay(needles, between(*ring.leaves(scene.season), 0.5 + 0.4 * hit.n9 + 0.1 * hit.n60), 0.85 * broad)
        albedo = lay(albedo, crowns, hit.canopy)
        bare = (1 - green) * (1 - hit.canopy)
        line = 760 - 1300 * ring.ground_snow(scene.season)
        snow = smoothstep(line, line + 240, hit.z + 110 * hit.n420 + 60 * hit.n60 + 25 * hit.n9)
        return Paint(albedo, 0.35 + 0.65 * bare, 0.6 + 0.4 * bare, bare * (1 - beach), snow)

    def stands(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        if self.trees is None:
            return []
        count = int(14 + 30 * self._vegetation)
        random = np.random.Generator(np.random.PCG64(self._seed * 13 + 1))
        isle_x, isle_y, radius = self._isle
        turn, reach = 6.283 * random.random(count), radius * 0.92 * np.sqrt(random.random(count))
        x, y = isle_x + reach * np.cos(turn), isle_y + reach * np.sin(turn) / 1.3
        z = ground(torch.as_tensor(x).float(), torch.as_tensor(y).float()).double().numpy(force=True)
        tall = (7 + 9 * random.random(count)) * (1.1 - 0.5 * reach / radius)
        spin, tint = 6.283 * random.random(count), random.normal(size=count)
        values = np.stack([x, y, z - 0.1, tall, 1.5 + 0.10 * tall, spin, tint])
        leafy, dry = random.random(count) < 0.35, z > 0.25
        return [
            (name, Stand(*values[:, which & dry])) for name, which in (("conifer mid", ~leafy), ("birch mid", leafy))
            if bool((which & dry).any())
        ]

    def props(self, ground: GroundAt) -> list[Cards]:
        side, turn = self._side, self._turn
        # the jetty begins where the shore does, on the line that runs forward from the stage's middle
        foot_y = _shore(ground, -2.0 * side, 0.35)
        deck = 0.62
        things = [landmarks.jetty(-2.0 * side, foot_y - 2.5, deck, -turn, _JETTY_M, -2.5, self._seed)]
        ahead = np.array([math.sin(turn), math.cos(turn)])
        across = np.array([ahead[1], -ahead[0]])
        moor = np.array([-2.0 * side, foot_y - 2.5]) + ahead * (_JETTY_M * 0.80) + across * side * 2.3
        things.append(landmarks.rowboat(float(moor[0]), float(moor[1]), 0.06, -turn - 0.12 * side, 0.03, self._seed))
        aground = np.array([9.0 * side, _shore(ground, 9.0 * side, 0.25)])
        things.append(landmarks.rowboat(
            float(aground[0]), float(aground[1]), ground(float(aground[0]), float(aground[1])) + 0.22,
            -0.7 * side, 0.22, self._seed + 1, Thing.PLANK,
        ))
        house_x = -19.0 * side
        house_y = _shore(ground, house_x, -0.1)
        if self._landmark == "boathouse":
            things.append(landmarks.boathouse(house_x, house_y + 1.0, 0.75, 0.22 * side, -2.5, self._seed))
        elif self._landmark != "none":
            house_y -= 9.0
            z = ground(house_x, house_y)
            if self._landmark == "chapel":
                things += homes.chapel(house_x, house_y, z - 0.2, 0.72 * side, self._seed)
            else:
                things.append(landmarks.hut(house_x, house_y, z - 0.2, 0.3, self._seed))
        return things + self._reeds(ground)

    def _reeds(self, ground: GroundAt) -> list[Cards]:
        random = np.random.Generator(np.random.PCG64(self._seed * 7 + 3))
        side = self._side
        spots = []
        for middle, spread, count in ((14.0, 4.5, 90), (27.0, 7.0, 130), (-31.0, 6.0, 100), (-8.5, 2.2, 24)):
            shore = _shore(ground, middle * side, -0.05)
            x = middle * side + spread * random.normal(size=count)
            spots.append(np.column_stack([x, shore + 3.0 * random.normal(size=count)]))
        spot = np.concatenate(spots)
        z = np.array([ground(float(px), float(py)) for px, py in spot])
        keep = (z < 0.15) & (z > -0.75)
        spot, z = spot[keep], z[keep]
        return shore_plants.reeds(spot[:, 0], spot[:, 1], z, self._seed) if len(z) else []


def _shore(ground: GroundAt, x: float, level_m: float) -> float:
    """How far north one walks at x, from the meadow, until the ground is lower than a level."""
    return next((y for y in np.arange(-25.0, 80.0, 0.5).tolist() if ground(x, y) < level_m), 20.0)
