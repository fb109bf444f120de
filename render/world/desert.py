"""Desert: a sea of dunes with slip faces, wind ripples underfoot, and far mesas that close the horizon."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from render.scene import Scene
from render.world.base import Stage
from render.world.colors import between, lay
from render.world.land import Hit, Paint, TreeKind
from render.world.noise import FEATURES, generator, lookup, octaves, ridges, smoothstep, tile


class Desert:
    """See the module; `Land` says what each method answers."""

    erodes = False
    strata_m = 62.0
    stone = ((0.22, 0.13, 0.08), (0.44, 0.27, 0.165))
    boulders = 0.02
    tufts = 0.0
    wave_height = 0.0
    foam = 0.0
    water_m: float | None = None
    trees: TreeKind | None = None

    def __init__(self, scene: Scene) -> None:
        self._broad = tile(f"desert/{scene.seed}/broad")
        self._fine = tile(f"desert/{scene.seed}/fine")
        draw = torch.rand(6, 4, generator=generator("desert", scene.seed))
        self._wind = math.radians(-28 + 24 * draw[5, 0].item())
        self._tall = 0.35 + 1.3 * scene.relief
        self._shift = 0.0
        self._shift = 0.70 * 420 - self._phase(torch.zeros(1), torch.zeros(1), 420, self._broad, 0.34).item()
        rise = 0.6 + 0.8 * scene.relief
        self._mesas = tuple(
            (1500 * (a - 0.5) + (i - 1.5) * 900, 2300 + 1500 * b, 240 + 330 * c, (150 + 190 * d) * rise)
            for i, (a, b, c, d) in enumerate(draw[:4].tolist())
        )
        # The wide camera stands on a crest at the origin and looks along it and down its slip face.
        look = math.radians(22)
        x, y = 175 * math.sin(look), 175 * math.cos(look)
        self.stage_hint = Stage(np.array([x, y, self._at(x, y) + 6.0]), 175.0, 202.0)

    def elevation(self, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        cut = 2 * texel_m
        home = smoothstep(1300, 300, torch.sqrt(x * x + y * y))  # never stand on a flat
        strength = (0.55 + 0.75 * lookup(self._broad, x, y, 1500 * FEATURES)).clamp(0.08, 1.6)
        strength = strength + home * (0.85 - strength).clamp(min=0)
        height = 62 * self._tall * strength * self._dunes(x, y, 420, self._broad, 0.34)
        small = (0.55 + 0.75 * lookup(self._fine, x, y, 520 * FEATURES)).clamp(0.08, 1.6)
        height = height + 8 * self._tall * small * self._dunes(x + 90, y - 40, 110, self._fine, 0.30)
        height = height + 12 * octaves(self._broad, x, y, 2600, 2, 0.5, cut)
        for cx, cy, radius, tall in self._mesas:
            away = torch.sqrt(((x - cx) / 1.5) ** 2 + (y - cy) ** 2)
            away = away + 0.22 * radius * octaves(self._broad, x, y, 520, 4, 0.5, cut)
            talus = ((1.75 * radius - away) / (0.95 * radius)).clamp(0, 1) ** 1.3 * 0.46
            wall = smoothstep(1.0, 0.86, away / radius) * 0.54
            top = 1 + 0.05 * octaves(self._fine, x, y, 260, 3, 0.5, cut)
            gullies = 9 * ridges(self._fine, x, y, 150, 4, 0.5, cut) * smoothstep(2.0, 1.2, away / radius)
            height = torch.maximum(height, (talus + wall) * tall * top + gullies * talus)
        rim = smoothstep(4200, 7400, torch.sqrt(x * x + y * y))
        return height + rim * (90 + 240 * ridges(self._broad, x, y, 2400, 5, 0.5, cut)) * self._tall

    def carve(self, height: Tensor, x: Tensor, y: Tensor, texel_m: float) -> Tensor:
        return height

    def tree_share(self, x: Tensor, y: Tensor, height: Tensor, steep: Tensor) -> Tensor:
        return torch.zeros_like(x)

    def paint(self, hit: Hit, scene: Scene) -> Paint:
        tone = 0.5 + 0.10 * hit.n9 + 0.20 * hit.n60 + 0.16 * hit.n420
        albedo = between((0.43, 0.265, 0.135), (0.56, 0.375, 0.205), tone)
        c, s = math.cos(self._wind), math.sin(self._wind)
        along = hit.x * c + hit.y * s
        near = smoothstep(34, 6, hit.distance) * smoothstep(0.5, 0.3, hit.steep)
        bend = 0.16 * lookup(self._fine, hit.x, hit.y, 3.5 * FEATURES)
        ripple = torch.sin((along + bend) * (2 * math.pi / 0.42)) * near
        albedo = albedo * (1 + 0.07 * ripple)
        rock = between((0.20, 0.115, 0.070), (0.42, 0.25, 0.15), 0.5 + 0.30 * hit.n60 + 0.12 * hit.n9)
        stony = smoothstep(0.68, 0.95, hit.steep + 0.1 * hit.n60)
        albedo = lay(albedo, rock, stony)
        return Paint(albedo, 0.035 + 0.95 * stony, 0.07 + 0.93 * stony, stony, torch.zeros_like(hit.x))

    def _dunes(self, x: Tensor, y: Tensor, wavelength_m: float, pattern: Tensor, warp: float) -> Tensor:
        """Asymmetric waves 0–1: a long windward side, a short slip face."""
        p = self._phase(x, y, wavelength_m, pattern, warp) / wavelength_m
        p = p - p.floor()
        wave = torch.where(p < 0.72, (p / 0.72) ** 1.35, ((1 - p) / 0.28).clamp(min=0))
        smooth = 0.5 - 0.5 * torch.cos(2 * math.pi * (p + 0.14).remainder(1.0))
        return 0.66 * wave + 0.34 * smooth

    def _phase(self, x: Tensor, y: Tensor, wavelength_m: float, pattern: Tensor, warp: float) -> Tensor:
        """Metres along the wind, bent so that crests wander."""
        c, s = math.cos(self._wind), math.sin(self._wind)
        along = x * c + y * s + self._shift
        along = along + warp * wavelength_m * lookup(pattern, x, y, 4.2 * wavelength_m * FEATURES)
        return along + 0.05 * wavelength_m * lookup(pattern, y, x, 1.1 * wavelength_m * FEATURES)

    def _at(self, x: float, y: float) -> float:
        return float(self.elevation(torch.tensor([[x]]), torch.tensor([[y]]), 1.0))
