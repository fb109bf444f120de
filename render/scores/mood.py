"""Mood compliance: of the physical signs a picture of this hour, weather and season should bear, the share it bears.

Every sign is a number measured on the picture (with the scene's reference depth and normals where it needs them) and an
interval it should lie in. The intervals are stated here, not learnt; docs/scores.md has what true pictures measured.
They say whether light and weather are those asked for, not whether they are beautiful.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from render.archetypes import KINDS
from render.light.build import build_light
from render.scene import Scene
from render.scores.bands import lab
from render.scores.reading import Ready
from render.scores.shown import Measured
from render.scores.warp import world_points

NIGHT_DEG, LOW_DEG = -8.0, 14.0
"""Elevations of the sun: below the first it is night, below the second the sun is low."""
WINTER = (3.1, 3.9)
LEAST_MET = 0.75
"""Share of the signs from which a picture's mood is what was asked for."""
LEAST_SHARE = 0.03
"""Of the frame: what fills less of it is not asked about."""


@dataclass(frozen=True)
class Sign:
    """One sign: what it is, the interval it should lie in, and what was measured."""

    name: str
    low: float
    high: float
    found: float

    @property
    def is_met(self) -> bool:
        """Whether it lies in its interval."""
        return self.low <= self.found <= self.high


@dataclass(frozen=True)
class Mood:
    """What a picture says of its hour, weather and season.

    Args:
        signs: those that could be asked for here.
    """

    signs: tuple[Sign, ...]

    @property
    def score(self) -> float | None:
        """Share of the signs that are met; None when none could be asked for."""
        return sum(sign.is_met for sign in self.signs) / len(self.signs) if self.signs else None

    def to_json(self) -> dict[str, Any]:
        """JSON-ready: the score, how many signs, and those that were missed."""
        missed = [
            {"sign": s.name, "found": round(s.found, 1), "low": _finite(s.low), "high": _finite(s.high)}
            for s in self.signs if not s.is_met
        ]
        return {"score": None if self.score is None else round(self.score, 4), "asked": len(self.signs),
                "missed": missed}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What is measured of a picture; None where it has too little of it.

    Args:
        lightness: median L*. warmth: median b* of surfaces. chroma: median C*. contrast: L* from the 5th to the 95th
            percentile. sky_over_ground: median L* of sky less that of ground. haze: L* gained per tenfold distance by
            the darker part of what stands there. white: share of the ground facing up with L* > 62 and C* < 14.
            outside: median L* of what lies far beyond the rest, as behind windows, less that of the frame.
    """

    lightness: float
    warmth: float
    chroma: float
    contrast: float
    sky_over_ground: float | None
    haze: float | None
    white: float | None
    outside: float | None


def look_of(picture: Measured) -> Look:
    """Measure a picture."""
    with torch.inference_mode():
        colour = lab(picture.rgb)
        light, chroma = colour[0], torch.hypot(colour[1], colour[2])
        surface = picture.surface
        low, high = torch.quantile(light.flatten(), torch.tensor([0.05, 0.95])).tolist()
        frame = surface.numel()
        sky = None
        if LEAST_SHARE < float(surface.float().mean()) < 1 - LEAST_SHARE:
            sky = float(light[~surface].median() - light[surface].median())
        up = _facing_up(picture)
        white = None
        if int(up.sum()) > LEAST_SHARE * frame:
            white = float(((light > 62) & (chroma < 14))[up].float().mean())
        lit = surface if bool(surface.any()) else torch.ones_like(surface)
        return Look(
            float(light.median()), float(colour[2][lit].median()), float(chroma.median()), high - low, sky,
            _haze(light, picture), white, _outside(light, picture),
        )


def score_mood(picture: Ready) -> Mood:
    """Ask a picture for the signs of the scene it claims to show."""
    look = look_of(picture.picture)
    return Mood(tuple(_signs(picture.scene, look)))


def _signs(scene: Scene, look: Look) -> Iterator[Sign]:
    """The intervals, by where the sun stands and what the weather is. Wider than what true pictures of our worlds
    measured, on both sides."""
    sun_deg = build_light(scene).sun_elevation_deg
    if KINDS[scene.archetype].indoors:
        yield from _indoors(sun_deg, scene, look)
        return
    fair = scene.weather in ("clear", "cloudy")
    if sun_deg < NIGHT_DEG:
        yield Sign("lightness", 1, 24, look.lightness)
        yield Sign("contrast", 12, 55, look.contrast)
        yield from _where_seen("sky over ground", -8, 26, look.sky_over_ground)
    elif sun_deg < 0:
        yield Sign("lightness", 2, 36, look.lightness)
        yield Sign("contrast", 22, 80, look.contrast)
        yield from _where_seen("sky over ground", 12, 62, look.sky_over_ground)
    elif fair and sun_deg < LOW_DEG:
        yield Sign("lightness", 8, 55, look.lightness)
        yield Sign("contrast", 52, 96, look.contrast)
        yield from _where_seen("sky over ground", 24, 82, look.sky_over_ground)
    elif fair:
        yield Sign("lightness", 18, 76, look.lightness)
        yield Sign("contrast", 46, 92, look.contrast)
        if not WINTER[0] < scene.season < WINTER[1]:  # snow on the ground outshines the sky
            yield from _where_seen("sky over ground", 8, 55, look.sky_over_ground)
    if sun_deg < LOW_DEG or fair:
        return
    if scene.weather in ("overcast", "rain", "storm"):
        yield Sign("chroma", 0, 12, look.chroma)
        yield from _where_seen("sky over ground", 10, 68, look.sky_over_ground)
    if scene.weather in ("rain", "storm"):
        yield from _where_seen("haze", 7, 45, look.haze)
    if scene.weather == "mist":
        yield Sign("lightness", 40, 90, look.lightness)
        yield Sign("contrast", 10, 58, look.contrast)
        yield Sign("chroma", 0, 10, look.chroma)
        yield from _where_seen("haze", 6, 45, look.haze)
    if scene.weather == "dust":
        yield Sign("warmth", 11, 60, look.warmth)
        yield from _where_seen("haze", 4, 45, look.haze)
    if scene.weather == "snow":
        yield Sign("chroma", 0, 11, look.chroma)
        yield Sign("lightness", 36, 92, look.lightness)
        yield from _where_seen("white ground", 0.35, 1, look.white)


def _indoors(sun_deg: float, scene: Scene, look: Look) -> Iterator[Sign]:
    if sun_deg < NIGHT_DEG / 2:
        yield Sign("lightness", 2, 40, look.lightness)
        yield Sign("warmth", 3, 45, look.warmth)
        yield from _where_seen("windows over room", -60, 10, look.outside)
    elif sun_deg > LOW_DEG:
        yield Sign("lightness", 22, 78, look.lightness)
        yield Sign("contrast", 48, 96, look.contrast)
        yield from _where_seen("windows over room", 12, 90, look.outside)
    if scene.weather == "dust" and sun_deg > LOW_DEG:
        yield Sign("warmth", 15, 60, look.warmth)


def _where_seen(name: str, low: float, high: float, found: float | None) -> Iterator[Sign]:
    if found is not None:
        yield Sign(name, low, high, found)


def _facing_up(picture: Measured) -> Tensor:
    """(H, W) bool: ground within reach, by the reference depth's own normals."""
    points = world_points(picture).float()
    across, down = points[:, 2:, :] - points[:, :-2, :], points[2:] - points[:-2]
    normal = torch.linalg.cross(across[1:-1], down[:, 1:-1])
    slope = normal[..., 2].abs() / torch.linalg.vector_norm(normal, dim=-1).clamp(min=1e-9)
    up = torch.zeros_like(picture.surface)
    up[1:-1, 1:-1] = (slope > 0.8) & picture.usable[1:-1, 1:-1]
    return up


def _outside(light: Tensor, picture: Measured) -> float | None:
    far = picture.inverse < 0.4 * picture.inverse.quantile(0.2)
    if float(far.float().mean()) < LEAST_SHARE / 2:
        return None
    return float(light[far].median() - light.median())


def _haze(light: Tensor, picture: Measured) -> float | None:
    """L* gained per tenfold distance by the darker part of what stands there: bright ground is not taken for haze."""
    near = -torch.log10(picture.inverse[picture.surface].clamp(min=1e-5))
    values = light[picture.surface]
    if near.numel() < 2000 or float(near.quantile(0.9) - near.quantile(0.1)) < 0.7:
        return None
    edges = torch.quantile(near, torch.linspace(0, 1, 9))
    at: list[float] = []
    dark: list[float] = []
    for first, last in pairwise(edges.tolist()):
        inside = (near >= first) & (near <= last)
        if int(inside.sum()) > 50:
            at.append(float(near[inside].mean()))
            dark.append(float(values[inside].quantile(0.3)))
    mean_at, mean_dark = sum(at) / len(at), sum(dark) / len(dark)
    spread = sum((x - mean_at) ** 2 for x in at)
    return sum((x - mean_at) * (y - mean_dark) for x, y in zip(at, dark, strict=True)) / max(spread, 1e-6)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
