"""Farmland: fields by season on rolling hills, hedges, a lane to a barn, a lone oak, bales, woods along the skyline."""

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
from render.world.noise import FEATURES, generator, lookup, octaves, smoothstep, uniform, weighed
from render.world.plants import Stand
from render.world.recipe import Recipe
from render.world.trees import near_of, scattered, stand

_WIDE_M, _DEEP_M = 118.0, 74.0
_HALF_LANE_M = 1.9
_KINDS = 256
# crop, metres between rows, slope of its rows; further numbers are pasture
_CROPS = (("wheat", 1.5, 0.05), ("rape", 1.9, 0.04), ("maize", 0.9, 0.16), ("soil", 1.2, 0.22))


class Farmland(Recipe):
    """See the module; `Land` says what each method answers."""

    erodes = True
    strata_m = 90.0
    stone = ((0.10, 0.095, 0.085), (0.24, 0.22, 0.19))
    boulders = 0.004
    tufts = 0.25
    micro_m = 0.03
    wave_height = 0.0
    foam = 0.0
    water_m: float | None = None

    def __init__(self, scene: Scene) -> None:
        super().__init__("farmland", scene)
        draw = self._luck(8).tolist()
        self._hand = 1.0 if draw[0] > 0.5 else -1.0
        self._turn = (draw[1] - 0.5) * 0.5
        self._bend = draw[2] * 2 * math.pi
        self._lift = 0.4 + 1.2 * scene.relief
        self._hash = uniform(_KINDS, 5, of=generator("fields", scene.seed))
        domes = ("broadleaf", "broadleaf", "birch")
        self.trees: TreeKind | None = TreeKind(6.4, 9.0, 17.0, 0.12, 3.1, ("pine",), domes)
        self.stage_hint = Stage(np.array([0.0, 96.0, 9.0]), 136.0, 180.0 + 16 * self._hand)

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        # a knoll for the cameras, a hollow with the lane in front of it, then slopes that show their fields
        height = 9 * smoothstep(70, -60, y) * (0.7 + 0.3 * self._lift) + 5 * smoothstep(190, 60, y)
        height = height + smoothstep(105, 720, y) * 98 * self._lift
        height = height - 30 * smoothstep(720, 1300, y) * self._lift + smoothstep(1500, 3400, y) * 120 * self._lift
        height = height + smoothstep(150, 900, x.abs()) * 32 * self._lift
        hills = 15 * octaves(self._broad, x, y, 900, 2, 0.5, cut) + 6.5 * octaves(self._fine, x, y, 330, 3, 0.45, cut)
        height = height + hills * self._lift * smoothstep(60, 420, torch.hypot(x, y - 60))
        far = smoothstep(3000, 6500, torch.hypot(x, y))
        rises = weighed(far, x, y, lambda x, y: 150 + 170 * octaves(self._broad, x, y, 2600, 4, 0.48, cut))
        height = height + rises * self._lift
        return height + 0.5 * octaves(self._fine, x, y, 90, 2, 0.5, cut)

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        lane = (x - self._lane(y)).abs()
        if texel_m < 4:
            ruts = 0.10 * smoothstep(0.34, 0.12, (lane - 0.85).abs())
            height = height - 0.16 * smoothstep(3.4, 1.8, lane) - ruts
            height = height + 0.22 * smoothstep(1.3, 0.4, (lane - 3.1).abs())
        edge, _, _ = self._field(x, y)
        hedge = smoothstep(1.9, 0.7, edge) * smoothstep(4.0, 6.0, lane) * self._hedged(x, y)
        return height + hedge * (1.25 * min(1.0, 1.6 / texel_m))

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        edge, _, _ = self._field(x, y)
        lane = (x - self._lane(y)).abs()
        patch = lookup(self._broad, x, y, 520 * FEATURES) + 0.45 * lookup(self._fine, x, y, 120 * FEATURES)
        least = 1.55 - 1.2 * self._vegetation
        wood = smoothstep(least, least + 0.3, patch + 0.5 * smoothstep(500, 1000, y))
        stage = smoothstep(130, 300, torch.hypot(x, y - 70))
        some = smoothstep(-0.3, 0.6, lookup(self._fine, x, y, 70 * FEATURES))
        line = smoothstep(4.5, 2.0, edge) * (0.14 + 0.44 * self._vegetation) * some
        line = line * smoothstep(30, 85, torch.hypot(x, y - 20))
        return torch.maximum(wood * stage * 0.92, line) * smoothstep(5.0, 9.0, lane) * smoothstep(1.0, 0.7, steep)

    def stands(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        parts = (self._oak, self._hedges, self._bales, self._verge, self._yard)
        return [one for part in parts for one in part(ground)]

    def _oak(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        """One old tree beside the lane on a third of the picture."""
        y = torch.tensor([74.0])
        x = self._lane(y) + self._hand * 9.0
        one, turn = torch.tensor([0]), torch.tensor([self._bend])
        return [("broadleaf", stand(one, x, y, ground(x, y) - 0.2, 14.5 + 0 * x, 6.6 + 0 * x, turn, 0 * x))]

    def _hedges(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        near = near_of(self.stage_hint)
        x, y, draw = scattered(near, 1.25, 175.0, self._seed + 3)
        edge, _, _ = self._field(x, y)
        lane = (x - self._lane(y)).abs()
        grows = (edge < 1.15) & (lane > 4.6) & (self._hedged(x, y) > 0.5)
        at = torch.nonzero(grows).squeeze(1)
        if at.numel() == 0:
            return []
        x, y, draw = x[at], y[at], draw[at]
        z = ground(x, y)
        tall = 1.25 + 0.75 * draw[:, 2]
        wide = 0.85 + 0.5 * draw[:, 4]
        every = torch.arange(len(x))
        return [("hedge", stand(every, x, y, z - 1.0, tall + 0.4, wide, draw[:, 5] * 6.283, draw[:, 4] * 2 - 1))]

    def _bales(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        draw = uniform(34, 4, of=generator("bales", self._seed))
        x = -self._hand * (12 + 95 * draw[:, 0]) + self._lane(60 + 0 * draw[:, 0])
        y = 12 + 105 * draw[:, 1]
        edge, _, kind = self._field(x, y)
        clear = (edge > 7) & ((x - self._lane(y)).abs() > 8) & (self._crop(kind) != 2) & (self._crop(kind) != 1)
        at = torch.nonzero(clear).squeeze(1)
        if at.numel() == 0:
            return []
        z = ground(x, y)
        return [("bale", stand(at, x, y, z - 0.04, 1.45 + 0 * x, 0.74 + 0 * x, draw[:, 2] * 6.283, draw[:, 3] - 0.5))]

    def _verge(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        """Long grass and stray ears along the lane, and a fence beside it in the foreground."""
        near = near_of(self.stage_hint)
        x, y, draw = scattered(near, 0.8, 150.0, self._seed + 4)
        lane = (x - self._lane(y)).abs()
        away = near.away(x, y)
        some = (draw[:, 3] < 0.75 * smoothstep(1.9, 2.5, lane) * smoothstep(5.0, 3.4, lane) * smoothstep(55, 20, away))
        at = torch.nonzero(some).squeeze(1)
        z = ground(x[at], y[at])
        x, y, draw = x[at], y[at], draw[at]
        tall = 0.32 + 0.5 * draw[:, 2] ** 2
        every = torch.arange(len(x))
        result = [("tuft", stand(every, x, y, z - 0.03, tall, 0.32 + 0 * x, draw[:, 5] * 6.283, draw[:, 4] * 2 - 1))]
        along = torch.arange(-60.0, 62.0, 2.4)
        side = self._lane(along) + self._hand * -4.1
        slope = torch.atan2(torch.full_like(along, 2.4), self._lane(along + 2.4) - self._lane(along))
        foot, one = ground(side, along) - 0.03, torch.ones_like(along)
        every = torch.arange(len(along))
        post = stand(every, side, along, foot, 1.25 * one, 1.2 * one, slope, 0.4 * torch.sin(along * 5))
        return [*result, ("fence", post), *self._ears(ground)]

    def _ears(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        """The crop itself, standing, where cameras come near it."""
        near = near_of(self.stage_hint)
        x, y, draw = scattered(near, 0.62, 150.0, self._seed + 6)
        close = torch.nonzero(draw[:, 3] < smoothstep(21, 8, near.away(x, y))).squeeze(1)
        x, y, draw = x[close], y[close], draw[close]
        edge, _, kind = self._field(x, y)
        sown = self._crop(kind) == 0
        at = torch.nonzero(sown & (edge > 2.6) & ((x - self._lane(y)).abs() > 5.2)).squeeze(1)
        if at.numel() == 0:
            return []
        tall = 0.62 + 0.22 * draw[:, 2]
        ears = stand(at, x, y, ground(x, y) - 0.03, tall, 0.42 + 0 * x, draw[:, 5] * 6.283, 0.6 * (draw[:, 4] - 0.5))
        return [("corn", ears)]

    def _yard(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        """Barns where the lane climbs the far slope."""
        y = torch.tensor([150.0, 171.0])
        x = self._lane(y) - self._hand * torch.tensor([17.0, 30.0])
        turn = torch.tensor([0.25, 1.75]) * self._hand
        z = ground(x, y)
        tall, wide = torch.tensor([7.5, 6.2]), torch.tensor([7.6, 6.4])
        return [("barn", stand(torch.arange(2), x, y, z - 0.1, tall, wide, turn, 0 * x))]

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        season = scene.season
        edge, along, kind = self._field(hit.x, hit.y)
        tone = 0.5 + 0.10 * hit.n9 + 0.12 * hit.n60 + 0.08 * hit.n420
        # no two fields were sown on the same day
        own_tone = tone + 0.34 * (self._hash[kind, 3] - 0.5)
        meadow = between(*ring.grass(season), tone)
        pick = self._crop(kind)
        albedo = between(*ring.grass(season), own_tone)
        rows_fade, tram_fade = smoothstep(260, 60, hit.distance), smoothstep(800, 250, hit.distance)
        ploughed = torch.zeros_like(edge)
        push = torch.zeros_like(edge)
        tram = smoothstep(0.55, 0.25, (along.remainder(18.0) - 9).abs()) * tram_fade
        for number, (name, spacing, relief) in enumerate(_CROPS):
            own = (pick == number).float()
            wave = along * (2 * math.pi / spacing)
            drills = 1 + 0.13 * torch.sin(wave) * rows_fade - 0.22 * tram
            colour = between(*ring.crop(name, season), own_tone) * drills
            albedo = lay(albedo, colour, own)
            push = push + relief * own * rows_fade * torch.cos(wave)
            ploughed = ploughed + own
        inside = smoothstep(2.0, 3.6, edge + 0.4 * hit.n9)
        albedo = lay(meadow, albedo, inside)
        hedge = smoothstep(2.3, 1.1, edge + 0.25 * hit.n9) * self._hedged(hit.x, hit.y)
        albedo = lay(albedo, between(*ring.hedge(season), 0.45 + 0.35 * hit.n9), hedge)
        lane = (hit.x - self._lane(hit.y)).abs() + 0.12 * hit.n9
        verge = smoothstep(4.6, 3.0, lane)
        albedo = lay(albedo, meadow, verge)
        gravel = between((0.150, 0.125, 0.095), (0.300, 0.262, 0.210), tone)
        albedo = lay(albedo, gravel, smoothstep(_HALF_LANE_M + 0.3, _HALF_LANE_M - 0.3, lane))
        grown = smoothstep(0.50, 0.22, lane) * smoothstep(200, 60, hit.distance)
        albedo = lay(albedo, meadow, 0.7 * grown)
        crowns = between(*ring.leaves(season), 0.5 + 0.4 * hit.n9)
        dark = between((0.018, 0.036, 0.014), (0.052, 0.064, 0.022), 0.5 + 0.35 * hit.n9)
        albedo = lay(albedo, lay(crowns, dark, smoothstep(1.2, 1.6, hit.n60 + 0.4 * hit.n9)), hit.canopy)
        line = 420 - 1000 * ring.ground_snow(season)
        snow = smoothstep(line, line + 240, hit.z + 90 * hit.n420 + 60 * hit.n60 + 30 * hit.n9) * 0.9
        rough = 0.08 + 0.14 * ploughed * inside + 0.3 * hedge + 0.3 * hit.canopy
        push = push * inside * (1 - hit.canopy)
        c, s = math.cos(self._turn), math.sin(self._turn)
        upright = self._hash[kind, 2] <= 0.5
        ripple = (torch.where(upright, -s, c) * push, torch.where(upright, c, s) * push)
        grain = 0.20 + 0.4 * hedge + 0.2 * (1 - inside) + 0.3 * hit.canopy
        return Paint(albedo, rough, grain, torch.zeros_like(edge), snow, ripple)

    def _field(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Metres to the field's border, metres across its rows, and its number."""
        wx = x + 34 * lookup(self._broad, x, y, 640 * FEATURES)
        wy = y + 26 * lookup(self._fine, y, x, 520 * FEATURES)
        c, s = math.cos(self._turn), math.sin(self._turn)
        u, v = wx * c + wy * s, wy * c - wx * s
        row = (v / _DEEP_M).floor()
        shift = self._hash[row.long().remainder(_KINDS), 0]
        column = (u / _WIDE_M + shift).floor()
        du = (u / _WIDE_M + shift - column - 0.5).abs()
        dv = (v / _DEEP_M - row - 0.5).abs()
        edge = torch.minimum((0.5 - du) * _WIDE_M, (0.5 - dv) * _DEEP_M)
        number = (column.long() * 73 + row.long() * 151).remainder(_KINDS)
        along = torch.where(self._hash[number, 2] > 0.5, u, v)
        return edge, along, number

    def _crop(self, number: Tensor) -> Tensor:
        """Index into the crops; pasture is beyond the last."""
        luck = self._hash[number.remainder(_KINDS), 1]
        return torch.bucketize(luck, torch.tensor([0.34, 0.50, 0.64, 0.76]))

    def _hedged(self, x: Tensor, y: Tensor) -> Tensor:
        """0–1 where borders carry a hedge: with gaps, and none on the knoll where cameras stand."""
        gaps = smoothstep(-1.1, -0.7, lookup(self._fine, x, y, 85 * FEATURES))
        return gaps * smoothstep(14, 30, torch.hypot(x, (y + 25) * 0.8))

    def _lane(self, y: Tensor) -> Tensor:
        sway = 15 * torch.sin(y / 58 + self._bend) * smoothstep(-80, 60, y) + 40 * torch.sin(y / 230 + self._bend)
        return self._hand * 6 + sway - 40 * math.sin(self._bend) + self._hand * 0.10 * (y - 40).clamp(min=0)
