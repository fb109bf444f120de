"""Desert: a sea of dunes with slip faces, wind ripples underfoot, and far mesas that close the horizon."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from render.scene import Scene
from render.world import remains
from render.world.base import Stage
from render.world.bedding import Bedding, bedded
from render.world.colors import between, lay
from render.world.land import Hit, Paint, TreeKind
from render.world.noise import FEATURES, generator, lookup, mix, octaves, ridges, smoothstep, uniform
from render.world.plants import Stand
from render.world.props import Cards, GroundAt
from render.world.recipe import Recipe
from render.world.trees import near_of, scattered, stand

# metres between crests, fade from and to, slope
# metres to the right of the tree and beyond it, half length and breadth, height, more of it
_FINS = (
    (44.0, 26.0, 17.0, 7.5, 11.0, 0.0), (74.0, 74.0, 26.0, 12.0, 17.0, 1.0), (-66.0, 44.0, 21.0, 9.0, 12.5, 0.0),
    (20.0, 8.0, 6.5, 3.2, 3.6, 0.0),
)
_MESA_REACH = 3.4
"""Radii about a mesa's middle beyond which its ragged edge never comes."""
_ROCK = Bedding((2.6, 0.7, 0.22), (0.08, 0.05), 0.7, 0.9, 0.9)
_RIPPLES = ((0.30, 8.0, 22.0, 0.30), (0.85, 20.0, 70.0, 0.17), (2.7, 50.0, 190.0, 0.035))


class Desert(Recipe):
    """See the module; `Land` says what each method answers."""

    erodes = False
    strata_m = 62.0
    stone = ((0.22, 0.13, 0.08), (0.44, 0.27, 0.165))
    boulders = 0.0
    tufts = 0.0
    wave_height = 0.0
    foam = 0.0
    water_m: float | None = None
    trees: TreeKind | None = None

    def __init__(self, scene: Scene) -> None:
        super().__init__("desert", scene)
        draw = self._luck(6, 4)
        self._wind = math.radians(-28 + 24 * draw[5, 0].item())
        self._tall = 0.35 + 1.3 * scene.relief
        self._shift = 0.0
        self._shift = 0.70 * 420 - self._phase(torch.zeros(1), torch.zeros(1), 420, self._broad, 0.34).item()
        self._fins: tuple[tuple[float, float, float, float, float, float], ...] = ()  # they stand where the dunes let
        rise = 0.6 + 0.8 * scene.relief
        self._mesas = tuple(
            (1500 * (a - 0.5) + (i - 1.5) * 900, 2300 + 1500 * b, 240 + 330 * c, (150 + 190 * d) * rise)
            for i, (a, b, c, d) in enumerate(draw[:4].tolist())
        )
        # The wide camera stands on a crest at the origin and looks along it and down its slip face.
        look = math.radians(22)
        x, y = 175 * math.sin(look), 175 * math.cos(look)
        hand = 1.0 if float(draw[4, 1]) > 0.5 else -1.0
        self._tree = self._crest(x, y)
        self._sapling = self._crest(64 * math.sin(look) + 18 * hand, 64 * math.cos(look))
        focus_x, focus_y = self._tree
        self._look, self._hand = look, hand
        self._landmark = scene.stands
        self._fins = tuple(self._fin(*spot) for spot in _FINS)
        wide, along = (-13.0, -15.0) if self._landmark == "ruin" else (-15.0, -6.0)
        site_x, site_y = self._from_tree(wide * hand, along)
        self._site = (site_x, site_y, self._at(site_x, site_y))
        rise = {"ruin": 3.0, "tower": 5.0}.get(self._landmark, 4.5)
        self.stage_hint = Stage(np.array([focus_x, focus_y, self._at(focus_x, focus_y) + rise]), 150.0, 202.0)

    def _from_tree(self, right: float, ahead: float) -> tuple[float, float]:
        """A spot by its place in the cameras' view: metres to the right of the tree and beyond it."""
        c, s = math.cos(self._look), math.sin(self._look)
        return self._tree[0] + right * c + ahead * s, self._tree[1] - right * s + ahead * c

    def _fin(
        self, right: float, ahead: float, long: float, broad: float, tall: float, turn: float
    ) -> tuple[float, float, float, float, float, float]:
        """A fin of rock: x, y, foot z, half its length and breadth, height; all turned alike by the wind."""
        x, y = self._from_tree(right * self._hand, ahead)
        return x, y, self._at(x, y), long, broad, tall * (1 + 0.1 * turn)

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        home = smoothstep(1300, 300, torch.sqrt(x * x + y * y))  # never stand on a flat
        strength = (0.55 + 0.75 * lookup(self._broad, x, y, 1500 * FEATURES)).clamp(0.08, 1.6)
        strength = strength + home * (0.85 - strength).clamp(min=0)
        height = 62 * self._tall * strength * self._dunes(x, y, 420, self._broad, 0.34)
        small = (0.55 + 0.75 * lookup(self._fine, x, y, 520 * FEATURES)).clamp(0.08, 1.6)
        height = height + 8 * self._tall * small * self._dunes(x + 90, y - 40, 110, self._fine, 0.30)
        height = height + 12 * octaves(self._broad, x, y, 2600, 2, 0.5, cut)
        height = height.clamp(min=0)
        for mesa in self._mesas:
            reach = torch.hypot((x - mesa[0]) / 1.5, y - mesa[1])
            near = torch.nonzero((reach < _MESA_REACH * mesa[2]).reshape(-1)).squeeze(1)
            if near.numel():
                flat = height.reshape(-1)
                flat[near] = self._with_mesa(mesa, x.reshape(-1)[near], y.reshape(-1)[near], flat[near], cut)
        for fin in self._fins:
            near = torch.nonzero(torch.hypot(x - fin[0], y - fin[1]).reshape(-1) < 2.6 * fin[3]).squeeze(1)
            if near.numel():
                flat = height.reshape(-1)
                flat[near] = self._with_fin(fin, x.reshape(-1)[near], y.reshape(-1)[near], flat[near], cut)
        rim = smoothstep(4200, 7400, torch.sqrt(x * x + y * y))
        if not bool((rim > 0).any()):
            return height
        return height + rim * (90 + 240 * ridges(self._broad, x, y, 2400, 5, 0.5, cut)) * self._tall

    def _with_mesa(
        self, mesa: tuple[float, float, float, float], x: Tensor, y: Tensor, height: Tensor, cut: float
    ) -> Tensor:
        """Height (K,) near a mesa."""
        cx, cy, radius, tall = mesa
        away = torch.sqrt(((x - cx) / 1.5) ** 2 + (y - cy) ** 2)
        away = away + 0.22 * radius * octaves(self._broad, x, y, 520, 4, 0.5, cut)
        talus = ((1.75 * radius - away) / (0.95 * radius)).clamp(0, 1) ** 1.3 * 0.46
        wall = smoothstep(1.0, 0.86, away / radius) * 0.54
        top = 1 + 0.05 * octaves(self._fine, x, y, 260, 3, 0.5, cut)
        gullies = 9 * ridges(self._fine, x, y, 150, 4, 0.5, cut) * smoothstep(2.0, 1.2, away / radius)
        return torch.maximum(height, (talus + wall) * tall * top + gullies * talus)

    def _with_fin(
        self, fin: tuple[float, float, float, float, float, float], x: Tensor, y: Tensor, height: Tensor, cut: float
    ) -> Tensor:
        """Height (K,) near a fin of rock."""
        cx, cy, foot, long, broad, tall = fin
        c, s = math.cos(self._wind), math.sin(self._wind)
        along, across = (x - cx) * c + (y - cy) * s, (y - cy) * c - (x - cx) * s
        away = torch.sqrt((along / long) ** 2 + (across / broad) ** 2)
        away = away + 0.20 * octaves(self._fine, x, y, 0.9 * broad, 4, 0.5, cut)
        stack = smoothstep(1.0, 0.62, away) * (0.80 + 0.17 * octaves(self._broad, x, y, 0.8 * long, 2, 0.5, cut))
        step = tall * stack * (1 - 0.35 * (along / long).clamp(-1, 1)) / 2.6  # the wind has worn its windward end
        up = 2.6 * (step.floor() + smoothstep(0.35, 1.0, step - step.floor()))
        # sand is blown up against it
        drift = 0.15 * tall * torch.exp(-((away - 0.4).clamp(min=0) ** 2) * 1.6)
        sand = height + drift * smoothstep(2.6, 2.0, away)
        return torch.maximum(sand, torch.where(up > 0.3, foot - 1.0 + up, sand))

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        if self._landmark == "none":
            return height
        # the sand about walls lies lower and flatter than the dune that has come over them
        sx, sy, sz = self._site
        near = torch.exp(-((((x - sx) ** 2 + (y - sy) ** 2) / 23.0**2) ** 2))
        return mix(height, sz + 0.25 * (height - sz), near)

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        return torch.zeros_like(x)

    def stands(self, ground: Callable[[Tensor, Tensor], Tensor]) -> list[tuple[str, Stand]]:
        """A dead tree, an outcrop that the sand has left free, and grass in the hollows between dunes."""
        x, y = (torch.tensor([a, b]) for a, b in zip(self._tree, self._sapling, strict=True))
        tall, turn = torch.tensor([9.5, 4.6]), torch.tensor([3.0, 1.0]) * self._wind
        trees = stand(torch.arange(2), x, y, ground(x, y) - 0.25, tall, 0.5 * tall, turn, 0 * x + 0.2)
        draw = uniform(30, 6, of=generator("outcrop", self._seed))
        size = 0.3 + 2.3 * (1 - draw[:, 2]) ** 3
        reach, angle = 2.0 + 8.5 * draw[:, 0], draw[:, 1] * 6.283
        rx, ry = self._tree[0] + 5 + reach * torch.cos(angle), self._tree[1] - 3 + 0.6 * reach * torch.sin(angle)
        foot = ground(rx, ry) - 0.38 * size
        rocks = stand(torch.arange(30), rx, ry, foot, size * 1.15, size, draw[:, 5] * 6.283, draw[:, 4] - 0.5)
        near = near_of(self.stage_hint)
        gx, gy, luck = scattered(near, 2.4, 190.0, self._seed + 5)
        z = ground(gx, gy)
        slope = torch.hypot(ground(gx + 2, gy) - z, ground(gx, gy + 2) - z) / 2
        # grass grows where the wind spares it: on the flat feet of dunes, in clumps
        clump = smoothstep(0.5, 1.5, lookup(self._fine, gx, gy, 30 * FEATURES)) * smoothstep(0.34, 0.16, slope)
        at = torch.nonzero(luck[:, 3] < 0.85 * clump * smoothstep(150, 60, near.away(gx, gy))).squeeze(1)
        result = [("dead tree", trees), ("boulder", rocks)]
        if at.numel():
            tall = 0.40 + 0.75 * luck[:, 2]
            grass = stand(at, gx, gy, z - 0.04, tall, tall * 0.8, luck[:, 5] * 6.283, luck[:, 4] * 2 - 1)
            result.append(("straw tuft", grass))
        some = at[luck[at, 1] < 0.10]
        if some.numel():  # thorn bushes, each on the little dune that it has caught
            tall = 0.7 + 0.8 * luck[:, 0]
            result.append(
                ("sage", stand(some, gx, gy, z - 0.1, tall, tall * 0.9, luck[:, 5] * 6.283, luck[:, 4] * 2 - 1))
            )
        return result

    def props(self, ground: GroundAt) -> list[Cards]:
        """Bones by the caravan's way, and what the sand has left of a temple or a tower."""
        bone_x, bone_y = self._from_tree(3.0 * self._hand, -31.0)
        things = [remains.bones(bone_x, bone_y, ground(bone_x, bone_y), 0.7 * self._hand, self._seed)]
        x, y, _ = self._site
        if self._landmark == "ruin":
            things += remains.temple(x, y, ground(x, y) - 1.6, -self._look + 0.42 * self._hand, self._seed)
        elif self._landmark == "tower":
            things += remains.tower(x, y, ground(x, y) - 1.2, -self._look + 0.3 * self._hand, self._seed)
        return things

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        tone = 0.5 + 0.07 * hit.n9 + 0.16 * hit.n60 + 0.16 * hit.n420
        # fresh sand on slip faces is paler, the flats between dunes are darker and coarser
        fresh = smoothstep(0.42, 0.62, hit.steep)
        albedo = between((0.43, 0.265, 0.135), (0.58, 0.39, 0.215), tone + 0.30 * fresh)
        flat = smoothstep(0.19, 0.05, hit.steep + 0.03 * hit.n60 + 0.02 * hit.n9)
        albedo = lay(albedo, between((0.28, 0.175, 0.105), (0.42, 0.28, 0.17), tone), 0.55 * flat)
        c, s = math.cos(self._wind), math.sin(self._wind)
        along = hit.x * c + hit.y * s
        patch = 0.62 + 0.45 * lookup(self._broad, hit.x, hit.y, 26 * FEATURES)
        lies = smoothstep(0.52, 0.36, hit.steep) * patch.clamp(0, 1.1)
        bend = 0.05 * lookup(self._fine, hit.x, hit.y, 2.2 * FEATURES)
        bend = bend + 0.55 * lookup(self._broad, hit.x, hit.y, 19 * FEATURES)
        push = torch.zeros_like(along)
        for wavelength, low, high, strength in _RIPPLES:
            fade = smoothstep(high, low, hit.distance) * lies
            wave = (along + bend * min(1.0, 0.5 + 0.5 * wavelength)) * (2 * math.pi / wavelength)
            crest = torch.cos(wave) + 0.35 * torch.cos(2 * wave + 0.8)  # steeper to leeward
            push = push + strength * fade * crest
            albedo = albedo * (1 + 0.045 * fade * torch.sin(wave))
        step_x, step_y, dent = self._footprints(hit)
        albedo = albedo * (1 - 0.16 * dent)
        rock = between((0.20, 0.115, 0.070), (0.42, 0.25, 0.15), 0.5 + 0.30 * hit.n60 + 0.12 * hit.n9)
        stony = smoothstep(0.72, 0.98, hit.steep + 0.08 * hit.n60)
        trodden = self._caravan(hit)
        albedo = albedo * (1 - 0.30 * trodden)
        beds_x, beds_y = torch.zeros_like(hit.x), torch.zeros_like(hit.x)
        walls = torch.nonzero((stony > 0.02) & (hit.distance < 900)).squeeze(1)
        if walls.numel():
            dark, shove = bedded(_ROCK, hit, walls, hit.east, hit.north)
            rock[:, walls] *= torch.exp(dark)
            beds_x[walls] = hit.east[walls] * shove * stony[walls]
            beds_y[walls] = hit.north[walls] * shove * stony[walls]
        albedo = lay(albedo, rock, stony)
        ripple = push * (1 - stony) * (1 - 0.8 * trodden)
        return Paint(
            albedo, 0.020 + 0.96 * stony, 0.045 + 0.95 * stony, stony, torch.zeros_like(hit.x),
            (ripple * c + step_x + beds_x, ripple * s + step_y + beds_y),
        )

    def _caravan(self, hit: Hit) -> Tensor:
        """0–1 where a caravan has trodden the sand: a winding band of many prints past the tree."""
        c, s = math.cos(self._look), math.sin(self._look)
        right = ((hit.x - self._tree[0]) * c - (hit.y - self._tree[1]) * s) * self._hand
        ahead = (hit.x - self._tree[0]) * s + (hit.y - self._tree[1]) * c
        way = -26.0 + 0.34 * right + 9.0 * torch.sin(right / 33.0) + 2.2 * torch.sin(right / 9.0)
        off = (ahead - way).abs()
        lanes = 0.55 + 0.45 * torch.cos(off * 5.2)
        prints = 0.6 + 0.4 * lookup(self._fine, hit.x, hit.y, 0.9 * FEATURES) * smoothstep(90, 25, hit.distance)
        band = smoothstep(2.6, 1.3, off + 0.45 * hit.n9)
        return (band * torch.where(hit.distance < 120, lanes, torch.full_like(off, 0.55)) * prints).clamp(0, 1)

    def _footprints(self, hit: Hit) -> tuple[Tensor, Tensor, Tensor]:
        """Somebody walked from beside the cameras to the tree: slope x and y of the prints, and their depth 0–1."""
        start, end = (14.0, 8.0), self._tree
        dx, dy = end[0] - start[0], end[1] - start[1]
        length = math.hypot(dx, dy)
        ux, uy = dx / length, dy / length
        along = (hit.x - start[0]) * ux + (hit.y - start[1]) * uy
        across = (hit.x - start[0]) * -uy + (hit.y - start[1]) * ux
        across = across - 3.2 * torch.sin(along / 17) - 1.1 * torch.sin(along / 6.1)
        step = along / 0.78
        number = step.floor()
        side = (number.remainder(2) * 2 - 1) * 0.16
        a, b = (step - number - 0.5) * 0.78 / 0.20, (across - side) / 0.12
        inside = torch.exp(-(a * a + b * b)) * smoothstep(130, 50, hit.distance)
        inside = inside * (along > 0) * (along < length)
        return inside * (-a * ux + b * uy) * 0.9, inside * (-a * uy - b * ux) * 0.9, inside

    def _dunes(self, x: Tensor, y: Tensor, wavelength_m: float, pattern: Tensor, warp: float) -> Tensor:
        """Asymmetric waves 0–1: a long windward side, a short slip face."""
        p = self._phase(x, y, wavelength_m, pattern, warp) / wavelength_m
        p = p - p.floor()
        wave = torch.where(p < 0.72, (p / 0.72) ** 1.35, ((1 - p) / 0.28).clamp(min=0))
        smooth = 0.5 - 0.5 * torch.cos(2 * math.pi * (p + 0.14).remainder(1.0))
        return 0.80 * wave + 0.20 * smooth

    def _phase(self, x: Tensor, y: Tensor, wavelength_m: float, pattern: Tensor, warp: float) -> Tensor:
        """Metres along the wind, bent so that crests wander."""
        c, s = math.cos(self._wind), math.sin(self._wind)
        along = x * c + y * s + self._shift
        along = along + warp * wavelength_m * lookup(pattern, x, y, 4.2 * wavelength_m * FEATURES)
        return along + 0.05 * wavelength_m * lookup(pattern, y, x, 1.1 * wavelength_m * FEATURES)

    def _crest(self, x: float, y: float) -> tuple[float, float]:
        """The highest place within 22 m."""
        span = torch.linspace(-22, 22, 23)
        gx, gy = x + span[None, :].expand(23, -1), y + span[:, None].expand(-1, 23)
        best = int(self.elevation(gx, gy, 1.0).reshape(-1).argmax())
        return float(gx.reshape(-1)[best]), float(gy.reshape(-1)[best])

    def _at(self, x: float, y: float) -> float:
        return float(self.elevation(torch.tensor([[x]]), torch.tensor([[y]]), 1.0))
