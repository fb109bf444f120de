"""A parish church: nave, tower with spire and clock, buttresses, and a churchyard with its wall."""

from __future__ import annotations

import numpy as np

from render.materials.facade import RUBBLE
from render.world.frames import Frame
from render.world.greens import ivy
from render.world.quads_scene import Material, MeshBuilder, Vec

WALL = (0.44, 0.40, 0.33)
TRIM = (0.50, 0.46, 0.38)
SLATE = (0.13, 0.135, 0.145)


def church(b: MeshBuilder, f: Frame, rng: np.random.Generator) -> list[tuple[float, ...]]:
    """Build it in a frame at the middle of the tower's front; the nave lies behind, along local y."""
    t, tall, spire = 3.1, 17.5, 15.0 + float(rng.uniform(-2, 3))
    look = (6.2, 5.6, 0.16, 2.6, RUBBLE, 37.0, 1.2, 1.0)
    for origin, way in (((-t, 0, -1.2), (2 * t, 0, 0)), ((t, 0, -1.2), (0, 2 * t, 0)),
                        ((t, 2 * t, -1.2), (-2 * t, 0, 0)), ((-t, 2 * t, -1.2), (0, -2 * t, 0))):  # fmt: skip
        f.sheet(b, origin, way, (0, 0, tall + 1.2), Material.FACADE, WALL, look, texel_m=1.0)
    for z, out in ((5.4, 0.14), (11.0, 0.12), (tall, 0.34)):
        f.box(b, (0, t, z), (t + out, t + out, 0.17), Material.PLAIN, TRIM, (0.15, 2), bottom=True, texel_m=1.5)
    for k in range(4):  # crenels and pinnacles
        at = f.moved((0, t, tall), k * np.pi / 2)
        for x in (-2.2, -0.75, 0.75, 2.2):
            at.box(b, (x, -t - 0.12, 0.55), (0.42, 0.16, 0.42), Material.PLAIN, WALL, (0.2, 2), texel_m=1.0)
        at.box(b, (-t, -t, 1.1), (0.28, 0.28, 1.1), Material.PLAIN, TRIM, (0.15, 2), texel_m=1.0)
        _pyramid(b, at.moved((-t, -t, 2.2)), 0.3, 0.9, TRIM, Material.PLAIN)
        for x in (-0.62, 0.62):  # belfry louvres
            at.box(b, (x, -t - 0.02, -3.3), (0.46, 0.05, 1.5), Material.PLANKS, (0.035, 0.03, 0.028), (0.3, 9))
            at.box(b, (x, -t - 0.05, -1.7), (0.56, 0.1, 0.12), Material.PLAIN, TRIM, (0.1, 2), bottom=True)
        _clock(b, at.moved((0, -t - 0.09, -6.9)))
    _pyramid(b, f.moved((0, t, tall + 0.15)), t - 0.15, spire, SLATE, Material.ROOF)
    f.box(b, (0, t, tall + spire + 0.8), (0.05, 0.05, 1.1), Material.PLAIN, (0.30, 0.24, 0.08), (0.1, 1, 0.5))
    f.box(b, (0, t, tall + spire + 1.3), (0.4, 0.04, 0.05), Material.PLAIN, (0.30, 0.24, 0.08), (0.1, 1, 0.5))
    wide, long, eaves, ridge, y = 4.6, 17.0, 6.4, 5.6, 2 * t
    nave = (3.6, 5.4, 0.34, 3.3, RUBBLE, 11.0, 1.5, 1.0)
    blind = (*nave[:2], 0.0, *nave[3:])
    f.sheet(b, (wide, y, -1.2), (0, long, 0), (0, 0, eaves + 1.2), Material.FACADE, WALL, nave, texel_m=0.9)
    f.sheet(b, (-wide, y + long, -1.2), (0, -long, 0), (0, 0, eaves + 1.2), Material.FACADE, WALL, nave, texel_m=0.9)
    for end, sign in ((y, 1), (y + long, -1)):
        f.sheet(b, (-sign * wide, end, -1.2), (sign * 2 * wide, 0, 0), (0, 0, eaves + 1.2), Material.FACADE, WALL,
                blind, texel_m=1.2)  # fmt: skip
        f.sheet(b, (-sign * wide, end, eaves), (sign * 2 * wide, 0, 0), (sign * wide, 0, ridge), Material.FACADE, WALL,
                blind, triangle=True, texel_m=1.2)  # fmt: skip
    over, slope = 0.35, ridge / wide
    for s in (1, -1):
        low = eaves - over * slope + 0.1
        f.sheet(b, (s * (wide + over), y if s > 0 else y + long, low), (0, s * long, 0),
                (-s * (wide + over), 0, ridge + over * slope), Material.ROOF, SLATE, (1,), texel_m=1.6)  # fmt: skip
        for k in range(5):
            at_y = y + 0.5 + k * (long - 1.0) / 4
            f.box(b, (s * (wide + 0.35), at_y, 2.0), (0.35, 0.32, 2.6), Material.FACADE, WALL,
                  (2, 2.5, 0, 1, RUBBLE, 9, 0, 0), texel_m=1.0, top=Material.PLAIN)  # fmt: skip
    f.box(b, (0, -0.06, 1.35), (0.95, 0.1, 1.5), Material.PLAIN, TRIM, (0.12, 2), bottom=True, texel_m=0.8)
    f.box(b, (0, -0.12, 1.25), (0.72, 0.08, 1.3), Material.PLANKS, (0.09, 0.05, 0.025), (0.15, 3, 0.1), texel_m=0.8)
    ivy(b, f.point((-t - 0.0, 0.0, 0)), f.way((0, 1, 0)), f.way((-1, 0, 0)), 3.0, 9.0, 900, rng)
    _yard(b, f, rng)
    return [(*f.point((0, -0.9, 3.1)), 22.0, 14.0, 6.8, 14.0, 0.1), (*f.point((-5.5, -4.0, 0.4)), 26, 17, 9, 26, 0.0),
            (*f.point((5.5, -4.0, 0.4)), 26, 17, 9, 26, 0.0)]  # fmt: skip


def _pyramid(b: MeshBuilder, f: Frame, half: float, tall: float, tint: Vec, material: Material) -> None:
    base = np.array([[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]], np.float64)
    for k in range(4):
        a, c = base[k], base[(k + 1) % 4]
        look = (1.0,) if material is Material.ROOF else (0.15, 2.0)
        f.sheet(b, a, c - a, np.array([0, 0, tall]) - a, material, tint, look, triangle=True, texel_m=1.6)


def _clock(b: MeshBuilder, f: Frame) -> None:
    turn = np.arange(20) / 20 * 2 * np.pi
    ring = np.stack([1.05 * np.cos(turn), np.zeros(20), 1.05 * np.sin(turn)], 1)
    for size, y, material, tint, params in (
        (1.12, 0.0, Material.PLAIN, (0.03, 0.03, 0.035), (0.05, 1)),
        (1.0, -0.02, Material.GLOW, (0.80, 0.74, 0.60), (1, 0.7)),
    ):
        outer = f.point(ring * size + np.array([0, y, 0]))
        middle = np.tile(f.point((0, y, 0)), (20, 1))
        b.batch(middle, outer - middle, np.roll(outer, -1, 0) - middle, material, tint, params, triangle=True)
    f.box(b, (0, -0.05, 0.32), (0.045, 0.015, 0.42), Material.PLAIN, (0.02, 0.02, 0.02))
    f.box(b, (0.22, -0.05, 0), (0.3, 0.015, 0.05), Material.PLAIN, (0.02, 0.02, 0.02))


def _yard(b: MeshBuilder, f: Frame, rng: np.random.Generator) -> None:
    """Gravestones on both sides of the path, and a low wall around."""
    stone = (0.33, 0.32, 0.29)
    for _ in range(34):
        x = float(rng.choice([-1, 1])) * float(rng.uniform(6.5, 13.5))
        y = float(rng.uniform(-5, 20))
        half, tall = float(rng.uniform(0.22, 0.36)), float(rng.uniform(0.35, 0.7))
        at = f.moved((x, y, 0), float(rng.normal(0, 0.08)))
        at.box(b, (0, 0, tall), (half, 0.07, tall), Material.PLAIN, tuple(v * rng.uniform(0.7, 1.2) for v in stone),
               (0.25, 3), texel_m=0.6)  # fmt: skip
    look = (2, 2.5, 0, 1, RUBBLE, 5, 0, 0)
    for x0, y0, x1, y1 in ((-15, -8, -2, -8), (2, -8, 15, -8), (-15, -8, -15, 26), (15, -8, 15, 26)):
        wide, long = abs(x1 - x0) / 2 + 0.22, abs(y1 - y0) / 2 + 0.22
        middle = ((x0 + x1) / 2, (y0 + y1) / 2, 0.35)
        f.box(b, middle, (wide, long, 0.75), Material.FACADE, (0.38, 0.35, 0.30), look, texel_m=1.2, top=Material.PLAIN)
