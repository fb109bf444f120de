"""The village's land: a green valley floor carved level for lane and houses, fields and woods up to hills behind."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from render.scene import Scene
from render.world import season as ring
from render.world.base import Stage
from render.world.colors import between, lay
from render.world.land import Hit, Paint, TreeKind
from render.world.noise import FEATURES, lookup, mix, octaves, smoothstep, tile
from render.world.place import rotation
from render.world.village_plan import HALF_LANE_M, VillagePlan


class VillageLand:
    """See the module; `Land` says what each method answers."""

    erodes = False
    strata_m = 119.0
    stone = ((0.15, 0.14, 0.12), (0.30, 0.28, 0.24))
    boulders = 0.0
    tufts = 0.0
    wave_height = 0.1
    foam = 0.0
    water_m: float | None = None

    def __init__(self, scene: Scene, plan: VillagePlan) -> None:
        self.plan = plan
        self._mass = tile(f"village/{scene.seed}/mass")
        self._fine = tile(f"village/{scene.seed}/fine")
        self._turn = torch.as_tensor(rotation(plan.heading_deg)).float()
        self._vegetation = scene.vegetation
        self.trees = TreeKind(6.4, 8.0, 17.0, 0.14, 3.0) if scene.vegetation > 0.02 else None
        focus = np.array([0.0, 40.0, 3.0]) @ rotation(plan.heading_deg)
        self.stage_hint = Stage(focus, 118.0, (plan.heading_deg + 180) % 360)
        self._church = plan.church

    def own(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The plan's own coordinates of world points."""
        r = self._turn
        return x * r[0, 0] + y * r[0, 1], x * r[1, 0] + y * r[1, 1]

    def _beside(self, u: Tensor, v: Tensor) -> Tensor:
        return u - torch.as_tensor(self.plan.lane_x(v.numpy(force=True))).to(u.dtype)

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        u, v = self.own(x, y)
        reach = torch.sqrt((u * 1.25) ** 2 + (v - 40) ** 2)
        broad = octaves(self._mass, x, y, 1500, 3, 0.34, cut)
        fine = octaves(self._fine, x, y, 340, 4, 0.42, cut)
        hills = smoothstep(130, 900, reach) * (44 + 34 * broad + 6 * fine)
        flank = smoothstep(60, 420, u.abs()) * (16 + 9 * fine)
        far = smoothstep(900, 4200, reach) * (90 + 95 * broad.clamp(min=-0.5))
        closing = smoothstep(260, 1000, v) * (30 + 26 * broad)
        return hills + flank + far + closing + 0.6 * fine

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        u, v = self.own(x, y)
        aside = self._beside(u, v).abs()
        lane = torch.as_tensor(self.plan.rise(v.numpy(force=True))).to(v.dtype)
        lane = lane + smoothstep(150, 420, v) * 8
        bumps = 0.10 * octaves(self._fine, x, y, 11, 3, 0.5, 2 * texel_m) * smoothstep(3.5, 9, aside)
        banked = lane + bumps + 0.055 * (aside - 16).clamp(min=0) - 0.05
        ends = smoothstep(-260, -110, v) * smoothstep(330, 190, v)
        level = smoothstep(92, 38, aside) * ends
        return mix(height, banked, level)

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        u, v = self.own(x, y)
        patch = lookup(self._mass, x, y, 300 * FEATURES) + 0.5 * lookup(self._fine, x, y, 90 * FEATURES)
        woods = smoothstep(1.2 - 1.9 * self._vegetation, 1.7 - 1.9 * self._vegetation, patch)
        hedge = 0.85 * self._vegetation * _edge(*self._field(x, y), 5.0)
        out = smoothstep(52, 95, self._beside(u, v).abs()) + smoothstep(190, 230, v) + smoothstep(-100, -130, v)
        return torch.maximum(woods, hedge * 0.7) * out.clamp(max=1)

    def _field(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        bend = lookup(self._mass, x, y, 900 * FEATURES) * 70
        return (0.94 * x + 0.34 * y + bend) / 150, (-0.34 * x + 0.94 * y + 0.7 * bend) / 105

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        tone = 0.5 + 0.30 * hit.n9 + 0.22 * hit.n60
        u, v = self.own(hit.x, hit.y)
        aside = self._beside(u, v).abs()
        grass = between(*ring.grass(scene.season), tone)
        a, b = self._field(hit.x, hit.y)
        kind = torch.frac(torch.sin(a.floor() * 12.9898 + b.floor() * 78.233).abs() * 437.58)
        ripe = between((0.16, 0.12, 0.045), (0.30, 0.23, 0.085), tone)
        soil = between((0.085, 0.060, 0.042), (0.15, 0.11, 0.075), tone)
        crop = lay(grass, ripe, ((kind > 0.58) & (kind < 0.80)).float() * (0.15 + 0.85 * (1.0 < scene.season < 2.6)))
        crop = lay(crop, soil, (kind >= 0.86).float() * 0.85)
        crop = crop * (0.82 + 0.36 * ((kind * 7.3) % 1.0))
        field = smoothstep(100, 150, aside) + smoothstep(200, 260, v)
        albedo = lay(grass, crop, field.clamp(max=1))
        yard = smoothstep(HALF_LANE_M + 5.5, HALF_LANE_M + 0.2, aside + 0.8 * hit.n9) * smoothstep(200, 170, v)
        trodden = between((0.13, 0.115, 0.085), (0.22, 0.195, 0.15), tone)
        albedo = lay(albedo, trodden, yard * (0.55 + 0.25 * hit.n60).clamp(0.15, 0.9))
        crowns = between(*ring.leaves(scene.season), tone + 0.2 * hit.n9)
        albedo = lay(albedo, crowns, hit.canopy)
        snow = 0.75 * smoothstep(0.35, 0.9, torch.full_like(hit.x, ring.ground_snow(scene.season)) + 0.06 * hit.n60)
        soft = 1 - 0.5 * hit.canopy
        return Paint(albedo, 0.30 * soft, 0.55 * soft, torch.zeros_like(hit.x), snow)


def _edge(a: Tensor, b: Tensor, sharp: float) -> Tensor:
    """1 along the edges of unit cells."""
    near = torch.minimum((a - a.round()).abs() * 150, (b - b.round()).abs() * 105)
    return smoothstep(sharp, sharp * 0.4, near)
