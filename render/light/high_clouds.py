"""High and closed clouds: cirrus, altocumulus and the underside of a closed cover, each a sheet at its height.

Sheets bend down with the earth towards the horizon. Everything is looked up at world metres, so that every camera sees
the same sky.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from render.world.noise import lookup, smoothstep, stack

_CIRRUS_M, _ALTO_M, _COVER_M = 9000.0, 4200.0, 1250.0
_BEND_M = 2.2e6
"""Radius of the sheets' bend: tighter than the earth's, as far clouds sink into haze before they reach the horizon."""
_CURTAIN_M = 9000.0


@dataclass(frozen=True)
class HighClouds:
    """Sheets of one scene.

    Args:
        seed: which sky.
        cirrus, altocumulus: 0–1 amounts.
        on_cirrus, on_alto: (3,) sunlight that reaches each sheet; both outlast sunset below.
        ambient: (3,) radiance of the rest of the sky.
        towards: (3,) to the real sun, also when it has set; or the moon late at night.
        overcast: 0–1 closed cover, with `rough` contrast, `breaks` 0–1 torn open, `storm` 0–1.
        cover: (3,) the cover's radiance; cover_light (3,) sunlight above it.
        curtains: 0–1 rain hanging from far clouds.
    """

    seed: int
    cirrus: float
    altocumulus: float
    on_cirrus: Tensor
    on_alto: Tensor
    ambient: Tensor
    towards: Tensor
    overcast: float
    rough: float
    breaks: float
    storm: float
    cover: Tensor
    cover_light: Tensor
    curtains: float

    def over(self, radiance: Tensor, direction: Tensor, eye_m: Tensor, pixel_rad: float) -> tuple[Tensor, Tensor]:
        """See `HighClouds.over` in the light's contracts; what pixels of an angle could not hold is left out."""
        through = torch.ones(direction.shape[0])
        if self.cirrus > 0.01:
            light, share = self._cirrus(direction, eye_m, pixel_rad)
            radiance = radiance * (1 - 0.55 * share)[:, None] + light * share[:, None]
            through = through * (1 - 0.55 * share)
        if self.altocumulus > 0.01:
            light, share = self._alto(direction, eye_m, pixel_rad)
            radiance = radiance * (1 - share)[:, None] + light * share[:, None]
            through = through * (1 - share)
        return radiance, through

    def under(self, radiance: Tensor, direction: Tensor, eye_m: Tensor) -> Tensor:
        """Give a closed cover, already in radiance (M, 3), its bellies and thin places, and hang curtains from it."""
        if self.overcast > 0.05:
            radiance = self._cover(radiance, direction, eye_m)
        if self.curtains > 0.01:
            radiance = self._curtains(radiance, direction, eye_m)
        return radiance

    def _cirrus(self, direction: Tensor, eye_m: Tensor, pixel_rad: float) -> tuple[Tensor, Tensor]:
        x, y, rise = _meet(direction, eye_m, _CIRRUS_M)
        turn = 0.7 + (self.seed % 97) * 0.065
        along, across = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
        broad = stack(f"cirrus/{self.seed}/a", f"cirrus/{self.seed}/b", low=2, high=9, slope=-0.6)
        fibre = stack(f"cirrus/{self.seed}/c", "cirrus fine", low=3, high=90, slope=-1.0)
        field = lookup(broad, along, across, 150_000.0)
        bent = across + 2600 * field[1]
        threads = lookup(fibre, along + 1800 * field[1], bent * 4.5, 120_000.0)
        fine = lookup(fibre[1], along * 1.3 + bent, bent * 5.0 - 0.2 * along, 31_000.0)
        near = smoothstep(900.0, 150.0, pixel_rad * _CIRRUS_M / (rise + 0.01) ** 1.6)
        thick = 0.75 * field[0] + 0.55 * threads[0] * (0.4 + 0.6 * near) + 0.26 * fine * near + 2.4 * self.cirrus - 1.35
        tau = 0.62 * smoothstep(-0.1, 2.1, thick) * smoothstep(0.02, 0.16, rise)
        light = self._lit(direction, self.on_cirrus, 0.62, 0.055) + self.ambient * 0.75
        return light, 1 - torch.exp(-1.5 * tau)

    def _alto(self, direction: Tensor, eye_m: Tensor, pixel_rad: float) -> tuple[Tensor, Tensor]:
        x, y, rise = _meet(direction, eye_m, _ALTO_M)
        turn = 1.9 + (self.seed % 89) * 0.07
        along, across = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
        broad = stack(f"alto/{self.seed}/a", f"alto/{self.seed}/b", low=2, high=7, slope=-0.5)
        puffs = stack("alto puffs", "alto rows", low=8, high=44, slope=-0.8)
        field = lookup(broad, x, y, 62_000.0)
        u, v = along + 500 * field[1], (across + 700 * field[0]) * 1.55
        puff = lookup(puffs, u, v, 15_500.0)
        reach = 170.0
        tx, ty = float(self.towards[0]) * reach, float(self.towards[1]) * reach
        du, dv = tx * math.cos(turn) + ty * math.sin(turn), (ty * math.cos(turn) - tx * math.sin(turn)) * 1.55
        shade = lookup(puffs[0], u + du, v + dv, 15_500.0)
        mask = 0.85 * field[0] + 2.6 * self.altocumulus - 1.55
        # Puffs are some 500 m wide; a pixel covers more of them the lower it looks.
        near = smoothstep(520.0, 120.0, pixel_rad * _ALTO_M / (rise + 0.01) ** 1.6)
        body = smoothstep(-0.5, 1.7, (0.66 * puff[0] + 0.25 * puff[1]) * near + mask)
        body = body * smoothstep(0.015, 0.10, rise)
        lit = torch.exp(-0.75 * ((shade - 0.35 * puff[0]) * near + 0.5).clamp(min=0))
        light = self._lit(direction, self.on_alto, 0.5, 0.10) * (0.45 + 0.85 * lit[:, None]) + self.ambient * 0.85
        return light, 0.86 * body

    def _cover(self, radiance: Tensor, direction: Tensor, eye_m: Tensor) -> Tensor:
        x, y, rise = _meet(direction, eye_m, _COVER_M)
        near = smoothstep(0.05, 0.30, rise)
        far = smoothstep(0.010, 0.09, rise)
        field = self._bellies(x, y, near)
        # Bellies are lit from the side of the sun: what bulges towards it is bright, what turns away is dark.
        reach = 260.0 / max(0.35, math.hypot(float(self.towards[0]), float(self.towards[1])))
        ahead = self._bellies(x + float(self.towards[0]) * reach, y + float(self.towards[1]) * reach, near)
        relief = (field - ahead).clamp(-1.5, 1.5)
        mass = torch.tanh(field * 0.85)
        tone = (-(0.62 + 0.75 * self.storm) * mass + 0.34 * relief) * self.rough * self.overcast * 1.35
        shown = radiance * torch.exp(tone * (0.25 + 0.75 * far))[:, None]
        thin = smoothstep(0.1, 1.5, -field - 1.15 + 1.5 * self.breaks) * self.overcast
        light = self._lit(direction, self.cover_light, 0.68, 0.10) + self.cover * 0.65
        return shown + light * (thin * (0.06 + 0.75 * self.breaks) * far)[:, None]

    def _bellies(self, x: Tensor, y: Tensor, near: Tensor) -> Tensor:
        """How far the cover hangs down (M,), of about unit range; fine lumps only where rays meet it steeply."""
        broad = stack(f"cover/{self.seed}/a", f"cover/{self.seed}/b", low=3, high=20, slope=-0.9)
        lumps = stack("cover lumps a", "cover lumps b", low=5, high=44, slope=-1.0)
        field = lookup(broad, x, y, 30_000.0)
        turn = 0.4 + (self.seed % 83) * 0.075
        along = x * math.cos(turn) + y * math.sin(turn) + 300 * field[1]
        across = y * math.cos(turn) - x * math.sin(turn)
        lump = lookup(lumps[0], along * 0.75, across, 11_000.0)
        small = lookup(lumps[1], along, across, 3_300.0)
        return 0.60 * field[0] + (0.40 + 0.2 * near) * lump + 0.24 * near * small

    def _curtains(self, radiance: Tensor, direction: Tensor, eye_m: Tensor) -> Tensor:
        """Streaked veils on a circle around the world, from the cover's base down to the horizon."""
        flat = torch.sqrt(direction[:, 0] ** 2 + direction[:, 1] ** 2).clamp(min=1e-3)
        px, py = direction[:, 0] / flat, direction[:, 1] / flat
        ex, ey = float(eye_m[0]), float(eye_m[1])
        middle = ex * px + ey * py
        reach = -middle + torch.sqrt((middle * middle - ex * ex - ey * ey + _CURTAIN_M**2).clamp(min=1e6))
        azimuth = torch.atan2(ex + px * reach, ey + py * reach) * (1 / (2 * math.pi))
        height = direction[:, 2] / flat
        veil = stack(f"curtains/{self.seed}", "curtain streaks", low=3, high=22, slope=-0.5)
        streak = stack("curtain streaks", "curtain fray", low=20, high=160, slope=-0.6)
        lean = azimuth + 0.05 * height
        wide = lookup(veil[0], lean, torch.full_like(lean, 0.37), 1.0)
        lines = lookup(streak[0], lean, height * 0.02, 1.0)
        there = smoothstep(0.0, 1.5, wide + 0.35 * lines * smoothstep(0.0, 0.06, height))
        tall = smoothstep(0.21, 0.07, height + 0.02 * lines) * smoothstep(-0.02, 0.02, direction[:, 2])
        share = (0.62 * self.curtains * self.overcast * there * tall)[:, None]
        return radiance * (1 - share) + self.cover * (0.34 * share)

    def _lit(self, direction: Tensor, light: Tensor, forward: float, even: float) -> Tensor:
        """Light (M, 3) scattered towards the eye by thin cloud: mostly forwards, some all around."""
        mu = (direction * self.towards).sum(1)
        phase = 0.30 * _henyey(mu, forward) + even
        return light * phase[:, None]


def _meet(direction: Tensor, eye_m: Tensor, height_m: float) -> tuple[Tensor, Tensor, Tensor]:
    """World x and y (M,) where rays meet a sheet that bends down with the earth, and the rays' rise."""
    rise = direction[:, 2].clamp(min=0)
    above = max(height_m - float(eye_m[2]), 250.0)
    reach = 2 * above / (rise + torch.sqrt(rise * rise + 2 * above / _BEND_M))
    return float(eye_m[0]) + direction[:, 0] * reach, float(eye_m[1]) + direction[:, 1] * reach, rise


def _henyey(cosine: Tensor, g: float) -> Tensor:
    return (1 - g * g) / (4 * math.pi * (1 + g * g - 2 * g * cosine).clamp(min=1e-3) ** 1.5)
