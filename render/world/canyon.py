"""Canyon and mesa: banded walls in terraces of hard and soft rock, a dry river, a lone tower, buttes to the horizon."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from render.scene import Scene
from render.world.base import Stage
from render.world.colors import between, lay
from render.world.land import Hit, Paint, TreeKind
from render.world.noise import FEATURES, lookup, mix, octaves, ridges, smoothstep
from render.world.plants import Stand
from render.world.recipe import Recipe
from render.world.trees import near_of, scattered, stand

# Share of the way up a wall, then share of its height: hard beds stand upright, soft ones slope.
_TERRACES = (
    (0.00, 0.00), (0.30, 0.13), (0.335, 0.36), (0.47, 0.42), (0.50, 0.60), (0.62, 0.65), (0.645, 0.80), (0.80, 0.855),
    (0.825, 0.97), (1.00, 1.00),
)  # fmt: skip
_TOWER = ((0.00, 0.00), (0.42, 0.26), (0.50, 0.34), (0.56, 0.70), (0.62, 0.74), (0.68, 0.97), (1.00, 1.00))
_BEDS = (
    (0.245, 0.092, 0.048), (0.400, 0.185, 0.090), (0.330, 0.128, 0.064), (0.500, 0.330, 0.205), (0.285, 0.110, 0.060),
    (0.440, 0.220, 0.115), (0.215, 0.098, 0.062), (0.530, 0.385, 0.255),
)  # fmt: skip


class Canyon(Recipe):
    """See the module; `Land` says what each method answers."""

    erodes = False
    strata_m = 40.0
    stone = ((0.19, 0.085, 0.048), (0.44, 0.235, 0.135))
    boulders = 0.13
    micro_m = 0.05
    tufts = 0.0
    wave_height = 0.0
    foam = 0.0
    water_m: float | None = None

    def __init__(self, scene: Scene) -> None:
        super().__init__("canyon", scene)
        draw = self._luck(8, 5)
        self._rise = 0.55 + 0.9 * scene.relief
        self._green = scene.vegetation
        self._bend = 2 * math.pi * float(draw[7, 0])
        hand = 1.0 if float(draw[7, 1]) > 0.5 else -1.0
        self._hand = hand
        tower_x, tower_y = hand * (24 + 16 * float(draw[7, 2])), 168 + 30 * float(draw[7, 3])
        self._tower = (tower_x, tower_y, 15.0 + 4 * float(draw[7, 4]), 72 * (0.72 + 0.28 * self._rise))
        # buttes stand in the gap that the walls leave, farther ones wider
        self._buttes = tuple(
            (
                (k % 2 * 2 - 1) * (90 + 420 * a) * (1 + 0.45 * k), 900 + 640 * k + 420 * b, 120 + 130 * c,
                (150 + 120 * d) * self._rise,
            )
            for k, (a, b, c, d, _) in enumerate(draw[:5].tolist())
        )
        self.trees: TreeKind | None = TreeKind(9.0, 3.2, 5.6, 0.0, 2.0, domes=("broadleaf", "dead tree"))
        self.stage_hint = Stage(np.array([tower_x * 0.62, tower_y, 25.0]), 176.0, 180.0 + hand * 14)

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        plateau = 128 * self._rise * (1 + 0.10 * octaves(self._broad, x, y, 2400, 2, 0.5, cut))
        away = (x - self._middle(y)).abs()
        # the canyon opens to the north, so that the plain and its buttes are seen through the gap
        half = 96 + 0.16 * (y - 120).clamp(min=0) + 0.30 * (y - 620).clamp(min=0) + 46 * smoothstep(-60, -420, y)
        rough = 30 * octaves(self._broad, x, y, 260, 3, 0.55, cut)
        rough = rough - 26 * ridges(self._fine, x, y, 118, 3, 0.5, cut)
        rough = rough + 3.6 * ridges(self._fine, y, x, 27, 3, 0.5, cut)
        height = self._floor(x, y, texel_m)
        wall = ((away + rough - half) / 170).clamp(0, 1)
        height = height + (plateau - 6) * _terraced(wall, _TERRACES)
        height = height + 7 * octaves(self._fine, x, y, 180, 4, 0.5, cut) * smoothstep(0.9, 1.0, wall)
        for k, (cx, cy, radius, tall) in enumerate((self._tower, *self._buttes)):
            height = self._raise_butte(height, x, y, (cx, cy, radius, tall), k, cut)
        rim = smoothstep(4600, 7600, torch.hypot(x, y))
        if float(rim.max()) == 0:
            return height
        far = _terraced((rim * 1.4 + 0.35 * octaves(self._broad, x, y, 2200, 4, 0.5, cut) * rim).clamp(0, 1), _TERRACES)
        return height + far * 330 * self._rise

    def _raise_butte(
        self, height: Tensor, x: Tensor, y: Tensor, butte: tuple[float, float, float, float], k: int, cut: float
    ) -> Tensor:
        """Add one butte where it stands; k = 0 is the tower, slenderer and with a broken cap."""
        cx, cy, radius, tall = butte
        span = radius * 2.6
        turn = self._bend + 1.7 * k  # longer one way than the other
        c, s = math.cos(turn), math.sin(turn)
        reach = torch.hypot(((x - cx) * c + (y - cy) * s) / 1.38, (y - cy) * c - (x - cx) * s).reshape(-1)
        at = torch.nonzero(reach < span * 1.4).squeeze(1)
        if at.numel() == 0:
            return height
        px, py = x.reshape(-1)[at], y.reshape(-1)[at]
        bulge = (0.24 if k else 0.34) * radius * octaves(self._broad, px + 70 * k, py, radius * 2.2, 3, 0.5, cut)
        bulge = bulge - (0.22 if k else 0.13) * radius * ridges(self._fine, px, py + 50 * k, radius * 0.9, 3, 0.5, cut)
        up = (1 - (reach[at] + bulge) / span).clamp(0, 1)
        cap = smoothstep(0.64, 0.70, up) * (0.035 if k else 0.085)
        top = 1 + cap * octaves(self._broad, px, py, radius * 0.9, 3, 0.5, cut).clamp(-1.4, 1.2)
        if k == 0:  # a notch splits the cap in two
            cleft = ((px - cx) * c + (py - cy) * s - 0.35 * radius).abs() / radius
            top = top - 0.20 * smoothstep(0.62, 0.70, up) * smoothstep(0.30, 0.10, cleft)
        flat = height.reshape(-1).clone()
        flat[at] = flat[at] + tall * top * _terraced(up, _TOWER)
        return flat.view_as(height)

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        away = (x - self._wash(y)).abs() + 1.6 * octaves(self._fine, x, y, 21, 3, 0.5, 2 * texel_m)
        width = 6.5 + 2.5 * torch.sin(y / 37 + self._bend)
        bank = smoothstep(3.4, 0.0, away - width)
        bed = height - 1.9 + 0.20 * octaves(self._fine, x, y, 9, 3, 0.5, 2 * texel_m)
        return mix(height, bed, bank * smoothstep(30, 18, height))

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        bank = smoothstep(26, 12, (x - self._wash(y)).abs()) * smoothstep(7.5, 11, (x - self._wash(y)).abs())
        return 0.22 * self._green * bank * smoothstep(0.5, 0.3, steep) * smoothstep(24, 14, height)

    def stands(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        near = near_of(self.stage_hint)
        x, y, draw = scattered(near, 2.2, 170.0, self._seed + 5)
        away = near.away(x, y)
        wash = (x - self._wash(y)).abs()
        patch = 0.5 + 0.5 * lookup(self._broad, x, y, 44 * FEATURES)
        share = (0.08 + 0.62 * self._green) * patch * smoothstep(9.0, 13.0, wash) * smoothstep(150, 50, away)
        few = torch.nonzero(draw[:, 3] < share).squeeze(1)
        x, y, draw = x[few], y[few], draw[few]
        z = ground(x, y)
        level = ((ground(x + 1.0, y) - z).abs() + (ground(x, y + 1.0) - z).abs()) < 0.9
        at = torch.nonzero(level & (z < 40)).squeeze(1)
        tall = 0.26 + 0.85 * draw[:, 2] ** 1.8
        result = []
        for name, own in (("sage", draw[at, 4] < 0.66), ("straw tuft", draw[at, 4] >= 0.66)):
            pick = at[own]
            if pick.numel():
                wide = tall * (0.95 if name == "sage" else 0.55)
                result.append((name, stand(pick, x, y, z - 0.03, tall, wide, draw[:, 5] * 6.283, draw[:, 4] * 2 - 1)))
        return result + self._talus(ground)

    def _talus(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        """Blocks that fell from the tower and from the walls, larger nearer their foot."""
        near = near_of(self.stage_hint)
        x, y, draw = scattered(near, 4.5, 190.0, self._seed + 9)
        tower_x, tower_y, radius, _ = self._tower
        foot = smoothstep(2.6, 1.5, torch.hypot(x - tower_x, y - tower_y) / radius)
        z = ground(x, y)
        slope = torch.hypot(ground(x + 2, y) - z, ground(x, y + 2) - z) / 2
        wall = smoothstep(6, 14, z) * smoothstep(46, 24, z)
        share = (0.30 * foot + 0.16 * wall) * smoothstep(1.5, 0.9, slope)
        at = torch.nonzero(draw[:, 3] < share).squeeze(1)
        if at.numel() == 0:
            return []
        size = 0.35 + 2.3 * draw[:, 2] ** 3.5
        turn = draw[:, 5] * 6.283
        return [("boulder", stand(at, x, y, z - 0.2 * size, size * 1.15, size, turn, draw[:, 4] * 2 - 1))]

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        rock = self._beds(hit)
        # soft beds are buried under their own rubble
        rubble = between((0.255, 0.118, 0.066), (0.430, 0.235, 0.135), 0.5 + 0.30 * hit.n9 + 0.2 * hit.n60)
        sloping = smoothstep(1.75, 0.95, hit.steep + 0.15 * hit.n9 + 0.1 * hit.n60)
        albedo = lay(rock, rubble, 0.86 * sloping)
        tone = 0.5 + 0.18 * hit.n9 + 0.22 * hit.n60 + 0.12 * hit.n420
        sand = between((0.335, 0.165, 0.085), (0.520, 0.320, 0.190), tone)
        level = smoothstep(0.42, 0.22, hit.steep + 0.06 * hit.n9)
        albedo = lay(albedo, sand, level)
        dotted = smoothstep(0.75, 1.35, hit.n9 + 0.5 * hit.n60) * smoothstep(60, 260, hit.distance)
        albedo = lay(albedo, (0.130, 0.118, 0.068), 0.75 * self._green * dotted * level)
        wash = (hit.x - self._wash(hit.y)).abs() + 0.9 * hit.n9
        bed = smoothstep(11.0, 6.0, wash) * smoothstep(30, 20, hit.z) * smoothstep(0.9, 0.4, hit.steep)
        pale = between((0.400, 0.265, 0.170), (0.580, 0.430, 0.300), 0.5 + 0.3 * hit.n9 + 0.25 * hit.n60)
        albedo = lay(albedo, pale, 0.85 * bed)
        bare = 1 - level
        snow = 0.0 * hit.x
        return Paint(albedo, 0.16 + 0.84 * bare, 0.30 + 0.55 * bare, bare * (0.25 + 0.5 * (1 - sloping)), snow)

    def _beds(self, hit: Hit) -> Tensor:
        """(3, M) colours of the rock's layers: level, a little warped, the same in wall and tower."""
        z = hit.z + 2.6 * hit.n420 + 1.3 * hit.n60 + 0.012 * hit.x
        colors = torch.tensor(_BEDS).T.contiguous()
        still = torch.zeros_like(z)
        thick = lookup(self._fine, still + 3.0, z, 13.0 * FEATURES)
        thick = thick + 0.45 * lookup(self._fine, still + 9.0, z, 4.1 * FEATURES)
        place = (thick * 1.6 + z / 11.0).remainder(len(_BEDS))
        low = place.floor()
        share = smoothstep(0.35, 0.65, place - low)
        index = low.long().clamp(0, len(_BEDS) - 1)
        rock = colors[:, index] * (1 - share) + colors[:, (index + 1) % len(_BEDS)] * share
        # desert varnish runs down the hard faces in dark streaks
        along = hit.x + hit.y
        streak = lookup(self._broad, along, hit.z * 0.05, 15.0 * FEATURES)
        streak = streak + 0.6 * lookup(self._fine, along, hit.z * 0.09, 5.0 * FEATURES)
        varnish = smoothstep(0.5, 1.7, streak) * smoothstep(1.2, 2.2, hit.steep)
        return rock * (1 - 0.45 * varnish) * (1 + 0.10 * hit.n60)

    def _floor(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        rise = 0.020 * ((x - self._wash(y)).abs() - 10).clamp(0, 130)
        hummocks = 0.9 * octaves(self._broad, x, y, 90, 3, 0.5, cut) + 0.22 * octaves(self._fine, x, y, 14, 3, 0.5, cut)
        return 3 + rise + hummocks

    def _middle(self, y: Tensor) -> Tensor:
        """The canyon's axis; straight where the cameras stand."""
        return 70 * (torch.sin(y / 330 + self._bend) - math.sin(self._bend)) * smoothstep(40, 420, (y - 60).abs())

    def _wash(self, y: Tensor) -> Tensor:
        """The dry river's axis: past the cameras, round the tower, away through the gap."""
        tower_x, tower_y = self._tower[:2]
        round_tower = -self._hand * 62 * torch.exp(-(((y - tower_y) / 90) ** 2))
        sway = 13 * torch.sin(y / 41 + self._bend) + 0.6 * self._middle(y)
        return tower_x * 0.5 + round_tower + sway


def _terraced(up: Tensor, steps: tuple[tuple[float, float], ...]) -> Tensor:
    """A rise from 0 to 1 in straight pieces."""
    total = torch.zeros_like(up)
    for (u0, h0), (u1, h1) in pairwise(steps):
        total = total + (h1 - h0) * ((up - u0) * (1 / (u1 - u0))).clamp(0, 1)
    return total
