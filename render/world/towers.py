"""Towers of a downtown: podiums with shops, shafts that step back, crowns and masts; and the signs they carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.materials.facade import ASHLAR, BRICK, CURTAIN_WALL
from render.world.lot import BRICK as BRICKS
from render.world.lot import STONE, Tint
from render.world.quads_scene import Material, MeshBuilder
from render.world.roof_life import roof_life
from render.world.roofs import flat_roof, roof_clutter

GLASS: tuple[Tint, ...] = ((0.060, 0.070, 0.080), (0.10, 0.11, 0.12), (0.16, 0.15, 0.14), (0.045, 0.06, 0.065))
NEON: tuple[Tint, ...] = (
    (1.0, 0.10, 0.09), (0.08, 0.85, 0.72), (1.0, 0.58, 0.10), (0.80, 0.14, 0.95), (0.18, 0.46, 1.0), (1.0, 0.22, 0.55),
    (0.95, 0.90, 0.80),
)  # fmt: skip
DARK = (0.03, 0.031, 0.034)
SHOPS: tuple[Tint, ...] = ((0.05, 0.055, 0.06), (0.09, 0.085, 0.08), (0.16, 0.15, 0.14), (0.07, 0.04, 0.035))


@dataclass(frozen=True)
class Block:
    """Ground of one tower: own-frame x and y ranges, height, its street's side (±1, 0 for none), its own seed."""

    x0: float
    x1: float
    y0: float
    y1: float
    tall: float
    side: int
    seed: int


def walls(
    b: MeshBuilder, rect: tuple[float, float, float, float], low: float, high: float, look: tuple[float, ...],
    tint: Tint, texel_m: float,
) -> None:
    """Four walls around a rectangle x0, x1, y0, y1."""
    x0, x1, y0, y1 = rect
    for origin, way in (((x0, y0), (x1 - x0, 0)), ((x1, y0), (0, y1 - y0)), ((x1, y1), (x0 - x1, 0)),
                        ((x0, y1), (0, y0 - y1))):  # fmt: skip
        b.sheet((*origin, low), (*way, 0), (0, 0, high - low), Material.FACADE, tint, look, texel_m=texel_m)


def tower(b: MeshBuilder, t: Block, *, fine: bool) -> list[tuple[float, ...]]:
    """One tower; returns lamp rows of its shops and signs, where it stands on the street."""
    rng = np.random.default_rng([t.seed, 0x70])
    kind = int(rng.choice([0, 1, 2], p=[0.58, 0.27, 0.15]))
    style = (CURTAIN_WALL, ASHLAR, BRICK)[kind]
    tint = (GLASS, STONE, BRICKS)[kind][int(rng.integers(12)) % len((GLASS, STONE, BRICKS)[kind])]
    bay = float(rng.uniform(1.4, 1.8)) if kind == 0 else float(rng.uniform(2.2, 2.8))
    floor = 3.7 if kind == 0 else 3.4
    look = (bay, floor, float(rng.uniform(0.42, 0.52)), 1.9, style, float(t.seed % 997), 0.3, 1.0)
    texel = 2.2 if fine else 6.0
    ground = 5.6
    lamps: list[tuple[float, ...]] = []
    podium = min(t.tall, ground + floor * int(rng.integers(2, 5)) + 0.9)
    rect = (t.x0, t.x1, t.y0, t.y1)
    walls(b, rect, ground, podium, look, tint, texel)
    shop = (float(rng.uniform(3.0, 4.5)), ground, float(t.seed % 911))
    hue = SHOPS[int(rng.integers(len(SHOPS)))]
    for origin, way in (((t.x0, t.y0), (t.x1 - t.x0, 0)), ((t.x1, t.y0), (0, t.y1 - t.y0)),
                        ((t.x1, t.y1), (t.x0 - t.x1, 0)), ((t.x0, t.y1), (0, t.y0 - t.y1))):  # fmt: skip
        b.sheet((*origin, 0), (*way, 0), (0, 0, ground), Material.SHOP, hue, shop, texel_m=1.2 if fine else 4.0)
    flat_roof(b, rect, podium, tint)
    level, inset = podium, 0.0
    steps = int(rng.integers(1, 4)) if t.tall > 45 else 1
    for k in range(steps):
        inset += float(rng.uniform(1.6, 3.4)) if k or rng.uniform() < 0.75 else 0.4
        top = podium + (t.tall - podium) * ((k + 1) / steps) ** 0.8
        inner = (t.x0 + inset, t.x1 - inset, t.y0 + inset, t.y1 - inset)
        if inner[1] - inner[0] < 7 or inner[3] - inner[2] < 7 or top - level < 6:
            break
        walls(b, inner, level, top, look, tint, texel * 1.6)
        flat_roof(b, inner, top, tint)
        if kind == 1:  # piers up old stone towers
            for x in np.linspace(inner[0], inner[1], 5):
                b.box((float(x), inner[2] - 0.12, (level + top) / 2), (0.35, 0.2, (top - level) / 2), Material.PLAIN,
                      tuple(1.08 * v for v in tint), (0.1, 1), texel_m=6.0)  # fmt: skip
        level = top
        rect = inner
    _crown(b, rect, level, t, kind, rng)
    if t.side and fine:
        lamps += _street_face(b, t, ground, podium, rng)
    return lamps


def _crown(
    b: MeshBuilder, rect: tuple[float, float, float, float], top: float, t: Block, kind: int, rng: np.random.Generator
) -> None:
    x0, x1, y0, y1 = rect
    if x1 - x0 > 8 and y1 - y0 > 8:
        roof_clutter(b, rect, top, rng)
    if t.side and top < 34 and -70 < t.y0 < 130:
        roof_life(b, rect, top, t.seed)
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    b.box((cx, cy, top + 2.2), ((x1 - x0) * 0.28, (y1 - y0) * 0.28, 2.2), Material.PLAIN, (0.20, 0.20, 0.20), (0.1, 1),
          texel_m=5.0, top=Material.ROOF)  # fmt: skip
    if t.tall > 60 and rng.uniform() < 0.7:
        mast = float(rng.uniform(8, 22))
        b.box((cx, cy, top + 4 + mast / 2), (0.12, 0.12, mast / 2), Material.PLAIN, (0.12, 0.12, 0.12))
        b.box((cx, cy, top + 4 + mast), (0.28, 0.28, 0.28), Material.GLOW, (1.0, 0.06, 0.04), (0.3, 4.0), bottom=True)
    if rng.uniform() < 0.4:  # a line of light around the top
        hue = NEON[int(rng.integers(len(NEON)))] if kind == 0 else (1.0, 0.80, 0.52)
        for dx, dy, hx, hy in ((0, y0 - cy - 0.1, (x1 - x0) / 2, 0.06), (0, y1 - cy + 0.1, (x1 - x0) / 2, 0.06),
                               (x0 - cx - 0.1, 0, 0.06, (y1 - y0) / 2), (x1 - cx + 0.1, 0, 0.06, (y1 - y0) / 2)):
            b.box((cx + dx, cy + dy, top - 0.6), (hx, hy, 0.22), Material.GLOW, hue, (0.1, 1.6), bottom=True)


def _street_face(
    b: MeshBuilder, t: Block, ground: float, podium: float, rng: np.random.Generator
) -> list[tuple[float, ...]]:
    """Canopy, shop light, signs and screens on the side that looks at the street."""
    s = t.side
    x = t.x0 if s > 0 else t.x1  # the street front
    width, middle = t.y1 - t.y0, (t.y0 + t.y1) / 2
    lamps: list[tuple[float, ...]] = []
    for k in range(max(1, round(width / 8))):
        y = t.y0 + (k + 0.5) * width / max(1, round(width / 8))
        tone = (15.0, 10.6, 6.0) if t.seed % 3 else (10.0, 11.5, 13.0)
        lamps.append((x - s * 0.7, y, 3.4, *tone, 12.0, 0.0))
    b.box((x - s * 0.1, middle, ground + 0.05), (0.16, width / 2, 0.28), Material.PLAIN, DARK, (0.1, 1, 0.3),
          bottom=True, texel_m=2.0)  # fmt: skip
    if rng.uniform() < 0.6:
        half = float(rng.uniform(0.16, 0.34)) * width
        y = middle + float(rng.uniform(-0.12, 0.12)) * width
        b.box((x - s * 1.4, y, ground - 0.75), (1.4, half, 0.13), Material.PLAIN, DARK, (0.1, 1, 0.4), texel_m=1.2,
              bottom=True)  # fmt: skip
        b.box((x - s * 2.82, y, ground - 0.75), (0.03, half, 0.07), Material.GLOW, (1.0, 0.82, 0.56), (0.2, 3.2))
        b.sheet((x - s * 2.5, y - half + 0.3, ground - 0.89), (0, 2 * half - 0.6, 0), (s * 2.1, 0, 0) if s < 0 else
                (2.1, 0, 0), Material.GLOW, (1.0, 0.80, 0.52), (0.1, 1.8), two_sided=True, casts=False)  # fmt: skip
        lamps.append((x - s * 1.4, y, ground - 1.0, 34, 24, 13, 11.0, 0.8))
    count = int(rng.integers(1, 4))
    for k in range(count):  # upright signs that stand out over the pavement
        hue = NEON[int(rng.integers(len(NEON)))]
        y = t.y0 + (k + float(rng.uniform(0.25, 0.75))) * width / count
        half, out = float(rng.uniform(1.6, 4.6)), float(rng.uniform(0.55, 0.95))
        z = ground + 1.2 + half + float(rng.uniform(0, 3))
        b.box((x - s * (0.5 + out), y, z), (out, 0.14, half), Material.NEON, hue,
              (float(rng.integers(900)), 2.7, 1.55 * out), bottom=True, texel_m=2.0)  # fmt: skip
        for dz in (-0.7, 0.7):
            b.box((x - s * 0.3, y, z + dz * half), (0.3, 0.04, 0.04), Material.PLAIN, DARK)
        lamps.append((x - s * (0.6 + out), y, z - 0.3 * half, *(17.0 * half / 3 * c for c in hue), 17.0, 0.0))
    if rng.uniform() < 0.45 and podium - ground > 7 and width > 14:
        w, h = float(rng.uniform(7, 11)), min(podium - ground - 2.5, 6.5)
        y, z = middle + float(rng.uniform(-0.2, 0.2)) * width, ground + 1.6
        lamps.append(_screen(b, (x - s * 0.35, y, z), (0.0, -s * w, 0.0), h, rng, s))
    if rng.uniform() < 0.75 and podium - ground > 5:  # on the wall that looks down the street at the traffic
        w, h = float(rng.uniform(5, 8)), min(podium - ground - 1.6, 8.0)
        lamps.append(_screen(b, (x + s * (w / 2 + 0.8), t.y0 - 0.3, ground + 1.0), (w, 0.0, 0.0), h, rng, 0))
    if rng.uniform() < 0.35:  # on the podium's roof
        w, h = float(rng.uniform(8, 13)), float(rng.uniform(4, 6.5))
        at = (x + s * (w / 2 + 0.4), t.y0 + 1.2, podium + 1.6)
        lamps.append(_screen(b, at, (w, 0.0, 0.0), h, rng, 0))
        for dx in (-0.35, 0.35):
            b.box((at[0] + dx * w, at[1] + 0.5, podium + 1.2), (0.1, 0.1, 1.8), Material.PLAIN, DARK)
    return lamps


def _screen(
    b: MeshBuilder, foot: tuple[float, float, float], along: tuple[float, float, float], high: float,
    rng: np.random.Generator, side: int,
) -> tuple[float, ...]:
    """A lit hoarding whose lower edge has its middle at foot; returns the lamp it is."""
    middle, u = np.array(foot), np.array(along)
    hue = np.array([(1.0, 0.9, 0.8), (0.8, 0.95, 1.0), (1.0, 0.75, 0.85)][int(rng.integers(3))])
    b.sheet(middle - u / 2, u, (0, 0, high), Material.SCREEN, tuple(hue), (float(rng.integers(900)), 1.25), texel_m=3.0)
    out = np.array([-side * 0.16, 0, 0]) if side else np.array([0, -0.16, 0])
    half = np.abs(u) * (0.5 + 0.12 / float(np.abs(u).max())) + np.abs(out) * 0.9
    back = middle - out * 1.2 + np.array([0, 0, high / 2])
    b.box(back, (half[0], half[1], high / 2 + 0.15), Material.PLAIN, DARK, (0.1, 1, 0.2))
    glow = middle + out * 14 + np.array([0, 0, high * 0.4])
    return (*glow, *(26.0 * hue), 22.0, 0.0)
