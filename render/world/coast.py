"""Coast: stepped cliffs over an open sea, stacks before them, meadow on top, a beach where the cliffs fall back."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from render.scene import Scene
from render.world import homes, landmarks, remains
from render.world import season as ring
from render.world.base import Stage
from render.world.bedding import Bedding, bedded
from render.world.colors import between, lay
from render.world.land import Hit, Paint, TreeKind
from render.world.noise import FEATURES, lookup, mix, octaves, smoothstep
from render.world.plants import Stand
from render.world.props import Cards, GroundAt
from render.world.recipe import Recipe
from render.world.trees import near_of, scattered, stand
from render.world.water import SEA

_LOW_SEA_M, _HIGH_SEA_M = -1.5, 3.5
_BROW_Y = 262.0
"""Where on the headland the landmark stands."""
_LEDGE_M = 6.2
_DIP = (0.05, -0.09)
_ROCK = Bedding((6.2, 1.7, 0.5), _DIP, 1.6)
_GARDEN_M2 = 16.0**2
_FACING = 0.38
"""Doors look south and a little towards the sea, into the morning sun."""


class Coast(Recipe):
    """See the module; `Land` says what each method answers. The sea lies east: the morning sun lights the cliffs."""

    erodes = False
    strata_m = 34.0 * 3
    stone = ((0.1, 0.085, 0.07), (0.3, 0.26, 0.21))
    boulders = 0.1
    tufts = 0.34
    micro_m = 0.02
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
        self._landmark = scene.stands
        # The finest map lies about the headland's brow and the ground to the south that it is seen from.
        self._east, self._north = 0.0, 0.0
        brow_x, brow_y, brow_z = self._brow()
        self._east, self._north = brow_x - 20.0, brow_y - 75.0
        self._site = (20.0, 75.0, brow_z)
        rise = {"lighthouse": 5.0, "chapel": 1.0}.get(self._landmark, -2.0)
        self.stage_hint = Stage(np.array([23.0, 70.0, brow_z + rise]), 182.0, 203.0)

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        return self._raised(x + self._east, y + self._north, texel_m)

    def _raised(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
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
        bare = smoothstep(0.0, 4.0, inland) * smoothstep(0.97, 0.85, profile) * (1 - beach)
        for cx, cy, radius, top_m in self._stacks:
            away = torch.sqrt((x - cx) ** 2 + (y - cy) ** 2)
            if float(away.min()) > 6 * radius:
                continue
            ragged = radius * (1 + 0.22 * octaves(self._fine, x, y, 21, 3, 0.5, cut))
            rise = ((ragged - away) / (0.45 * ragged)).clamp(0, 1) ** 0.6
            rough = 1.2 * octaves(self._fine, x, y, 9, 2, 0.5, cut)
            height = torch.maximum(height, -12 + (top_m + 12 + rough) * rise)
            bare = torch.maximum(bare, smoothstep(1.05, 0.9, away / radius) * smoothstep(1.0, 0.8, rise))
        # hard beds stand out of the wall as ledges
        up = (height + _DIP[0] * x + _DIP[1] * y + 1.6 * octaves(self._broad, x, y, 60, 2, 0.5, cut)) / _LEDGE_M
        within = up - up.floor()
        return height + bare * _LEDGE_M * 0.62 * (smoothstep(0.30, 1.0, within) - within)

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        if self._landmark == "none":
            return height
        # a garden's worth of level ground about the landmark, up to the cliff's very edge
        sz = self._site[2]
        level = self._garden(x, y)
        return mix(height, sz, level * smoothstep(0.30 * sz, 0.62 * sz, height))

    def _garden(self, x: Tensor, y: Tensor) -> Tensor:
        """0–1 about the landmark."""
        away = (x - self._site[0]) ** 2 + (y - self._site[1]) ** 2
        return torch.exp(-((away / _GARDEN_M2) ** 3)) if self._landmark != "none" else torch.zeros_like(x)

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        view = smoothstep(-0.75, -1.0, ((x - 20) * 0.35 + (y - 75) * 0.94) / torch.hypot(x - 20, y - 75).clamp(min=1))
        view = view * smoothstep(190, 150, torch.hypot(x - 20, y - 75))  # what stands before the landmark hides it
        x, y = x + self._east, y + self._north
        patch = lookup(self._broad, x, y, 260 * FEATURES)
        share = smoothstep(1.8 - 1.6 * self._vegetation, 2.3 - 1.6 * self._vegetation, patch)
        clear = smoothstep(60, 140, torch.sqrt((x - 20) ** 2 + (y + 40) ** 2))
        clear = clear * (1 - 0.93 * view) * (1 - self._garden(x - self._east, y - self._north))
        return 0.8 * share * clear * smoothstep(0.55, 0.35, steep) * smoothstep(8, 14, height)

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        tone = 0.5 + 0.30 * hit.n9 + 0.22 * hit.n60
        rock = between((0.12, 0.102, 0.085), (0.34, 0.295, 0.235), 0.52 + 0.16 * hit.n9 + 0.10 * hit.n60)
        ledge_x, ledge_y = torch.zeros_like(hit.x), torch.zeros_like(hit.x)
        walls = torch.nonzero((hit.steep > 0.75) & (hit.canopy < 0.9)).squeeze(1)
        if walls.numel():
            dark, push = bedded(_ROCK, hit, walls, hit.east, hit.north)
            share = smoothstep(0.75, 1.2, hit.steep[walls])
            rock[:, walls] *= torch.exp(dark * share)
            ledge_x[walls], ledge_y[walls] = hit.east[walls] * push * share, hit.north[walls] * push * share
        rock = lay(rock, (0.20, 0.155, 0.105), (0.25 * hit.n60 * scene.wear * 2).clamp(0, 0.55))
        edge = hit.steep + 0.12 * hit.n9 + 0.08 * hit.n60
        green = smoothstep(0.85, 0.5, edge) * smoothstep(4.0, 9.0, hit.above_water + hit.n9)
        green = torch.maximum(green, self._garden(hit.x, hit.y) * smoothstep(1.1, 0.8, hit.steep))
        albedo = lay(rock, between(*ring.grass(scene.season), tone), green)
        heath = smoothstep(0.6, 1.3, hit.n60 + 0.4 * hit.n9) * green
        albedo = lay(albedo, between((0.060, 0.046, 0.034), (0.120, 0.086, 0.062), tone), 0.7 * heath)
        sand = smoothstep(0.5, 0.25, edge) * smoothstep(6.0, 3.0, hit.above_water + 0.6 * hit.n9)
        albedo = lay(albedo, between((0.26, 0.22, 0.165), (0.38, 0.33, 0.25), tone), sand)
        # above the tide a belt of pale and yellow lichen, below it black weed and wet stone
        tide = hit.z - (self.water_m or 0.0) + 0.6 * hit.n9  # by the wall itself: the map under it is too coarse
        lichen = smoothstep(3.6, 4.8, tide) * smoothstep(9.5, 5.5, tide)
        albedo = lay(albedo, (0.27, 0.225, 0.11), 0.30 * lichen * (1 - sand) * smoothstep(-0.3, 1.0, hit.n9))
        wet = smoothstep(3.7, 2.3, tide) * (1 - sand)
        albedo = lay(albedo, (0.060, 0.055, 0.046), 0.74 * wet)
        albedo = lay(albedo, between(*ring.leaves(scene.season), tone), hit.canopy)
        bare = (1 - green) * (1 - hit.canopy)
        snow = green * 0.55 * smoothstep(0.35, 0.9, hit.n60 * 0.15 + ring.ground_snow(scene.season))
        rocky = bare * (1 - sand)
        return Paint(
            albedo, 0.06 + 0.94 * bare * (1 - 0.8 * sand), 0.28 + 0.72 * rocky, 0.45 * rocky, snow,
            (ledge_x * rocky, ledge_y * rocky),
        )

    def stands(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        """Blocks that fell off the cliffs lie at their feet, half in the water."""
        assert self.water_m is not None
        x, y, luck = scattered(near_of(self.stage_hint), 3.4, 190.0, self._seed + 9)
        z = ground(x, y)
        foot = smoothstep(-2.4, -0.6, z - self.water_m) * smoothstep(3.2, 1.2, z - self.water_m)
        at = torch.nonzero(luck[:, 3] < 0.62 * foot).squeeze(1)
        if at.numel() == 0:
            return []
        size = 0.5 + 2.6 * luck[:, 2] ** 3
        tall = size * (0.8 + 0.6 * luck[:, 4])
        blocks = stand(at, x, y, z - 0.3 * tall, tall, size, luck[:, 5] * 6.283, luck[:, 4] - 0.5)
        return [("boulder", blocks)]

    def props(self, ground: GroundAt) -> list[Cards]:
        x, y, z = self._site
        if self._landmark == "house":
            return homes.house(x, y, z - 0.2, _FACING, self._seed)
        if self._landmark == "chapel":
            return homes.chapel(x, y, z - 0.2, _FACING, self._seed)
        if self._landmark == "ruin":
            return remains.keep(x, y, z - 0.2, _FACING, self._seed)
        return [landmarks.lighthouse(x, y, z, self._seed)] if self._landmark == "lighthouse" else []

    def _brow(self) -> tuple[float, float, float]:
        """On the headland's brow, where one walking in from the sea first stands on the level top: x, y, z."""
        x = torch.arange(150.0, -80.0, -2.0)
        offsets = ((0, 0), (9, 0), (-9, 0), (0, 9), (0, -9), (11, 2))
        gx = torch.stack([x + dx for dx, _ in offsets])
        gy = torch.stack([torch.full_like(x, _BROW_Y + dy) for _, dy in offsets])
        z = self.elevation(gx, gy, 1.0)
        level = (z.amin(0) > 0.55 * self._cliff) & (z.amax(0) - z.amin(0) < 11.0)
        at = int(level.nonzero()[0]) if bool(level.any()) else int(z[0].argmax())
        return float(x[at]), _BROW_Y, float(z[0, at])
