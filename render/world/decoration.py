"""Lamps, pictures and plants of a room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from render.world.quads_scene import F64, Material, MeshBuilder, rise, tube

if TYPE_CHECKING:
    from render.world.interior import Room

Tint = tuple[float, float, float]
DARK: Tint = (0.10, 0.062, 0.04)
BRASS: Tint = (0.30, 0.22, 0.10)


def leg(b: MeshBuilder, foot: F64, top: float, tint: Tint = DARK, radius: float = 0.022) -> None:
    path = np.stack([foot, foot + rise(top)])
    b.loft(tube(path, np.array([radius * 0.75, radius]), 7), Material.PLAIN, tint, (0.1, 1.0, 0.3), closed_u=True)


def floor_lamp(b: MeshBuilder, at: tuple[float, float]) -> list[tuple[float, ...]]:
    foot = np.array([*at, 0.0])
    b.loft(
        tube(np.stack([foot + rise(0.0), foot + rise(0.02), foot + rise(0.03)]), np.array([0.15, 0.145, 0.02]), 20),
        Material.PAINT,
        BRASS,
        (0.4,),
        closed_u=True,
    )
    leg(b, foot + rise(0.02), 1.45, BRASS, 0.012)
    lampshade(b, foot, 0.22, 0.15, 1.40, 1.70)
    return [(at[0], at[1], 1.78, 5.4, 3.7, 1.95, 8.0, 0.0), (at[0], at[1], 1.36, 1.5, 1.02, 0.55, 6.0, 0.6)]


def pendant(b: MeshBuilder, room: Room) -> None:
    at = np.array([-0.15, 0.45, room.high - 0.78])
    b.box((at[0], at[1], room.high - 0.3), (0.005, 0.005, 0.3), Material.PLAIN, (0.02, 0.02, 0.02))
    ring = np.stack([at + rise(z) for z in (0.0, 0.04, 0.12, 0.18)])
    for order in (1, -1):
        b.loft(
            tube(ring, np.array([0.26, 0.24, 0.13, 0.03]), 22)[::order].copy(),
            Material.GLOW,
            (0.95, 0.84, 0.66),
            (1, 1.2),
            closed_u=True,
            casts=False,
        )


def lampshade(b: MeshBuilder, at: F64, low: float, high: float, z0: float, z1: float) -> None:
    path = np.stack([at + rise(z0), at + rise(z1)])
    for sides in (1, -1):
        ring = tube(path, np.array([low, high]), 20)[::sides]
        b.loft(ring.copy(), Material.GLOW, (0.98, 0.80, 0.56), (1, 1.9), closed_u=True, casts=False)


def pictures(b: MeshBuilder, room: Room, density: float, rng: np.random.Generator) -> None:
    y = room.half_y - 0.02
    hang = [(-0.48, 1.62, 0.36, 0.27)] + ([(0.42, 1.66, 0.24, 0.32)] if density > 0.3 else [])
    for k, (x, z, hx, hz) in enumerate(hang):
        b.box(
            (x, y, z), (hx + 0.02, 0.014, hz + 0.02), Material.PLAIN, (0.06, 0.045, 0.035), (0.1, 2, 0.3), bottom=True
        )
        b.sheet(
            (x - hx, y - 0.0155, z - hz),
            (2 * hx, 0, 0),
            (0, 0, 2 * hz),
            Material.PLAIN,
            (0.62, 0.60, 0.55),
            texel_m=0.2,
        )
        m = 0.055
        b.sheet(
            (x - hx + m, y - 0.0165, z - hz + m),
            (2 * hx - 2 * m, 0, 0),
            (0, 0, 2 * hz - 2 * m),
            Material.ART,
            (0.5, 0.5, 0.5),
            (float(rng.integers(900)) + k,),
            texel_m=0.2,
        )
    if density > 0.2:
        x = room.half_x - 0.02
        for py, hy, hz in ((0.35, 0.5, 0.36), (1.35, 0.24, 0.32)):
            b.box(
                (x, py, 1.68),
                (0.014, hy + 0.02, hz + 0.02),
                Material.PLAIN,
                (0.30, 0.22, 0.12),
                (0.1, 2, 0.3),
                bottom=True,
            )
            b.sheet(
                (x - 0.016, py + hy, 1.68 - hz),
                (0, -2 * hy, 0),
                (0, 0, 2 * hz),
                Material.ART,
                (0.5, 0.5, 0.5),
                (float(rng.integers(900)),),
                texel_m=0.2,
            )


def plant(b: MeshBuilder, at: tuple[float, float], tall: float, rng: np.random.Generator) -> None:
    """A rubber plant: bent stems with broad leaves in a clay pot."""
    pot = np.stack([np.array([*at, z]) for z in (0.0, 0.01, 0.26, 0.30, 0.30)])
    b.loft(
        tube(pot, np.array([0.10, 0.12, 0.16, 0.17, 0.15]), 20),
        Material.PLAIN,
        (0.36, 0.34, 0.31),
        (0.08, 3.0, 0.2),
        closed_u=True,
    )
    b.box((at[0], at[1], 0.27), (0.10, 0.10, 0.01), Material.PLAIN, (0.04, 0.03, 0.02))
    for k in range(4):
        angle = k * 1.7 + float(rng.uniform(0, 1))
        top = np.array(
            [
                at[0] + 0.24 * tall * np.cos(angle),
                at[1] + 0.24 * tall * np.sin(angle),
                0.3 + tall * float(rng.uniform(0.8, 1.05)),
            ]
        )
        foot = np.array([*at, 0.27])
        stem = np.stack([foot, (foot + top) / 2 + rise(0.1), top])
        b.loft(tube(stem, np.array([0.012, 0.01, 0.006]), 5), Material.PLAIN, (0.12, 0.10, 0.05), closed_u=True)
        for leaf in range(11):
            share = 0.2 + 0.8 * leaf / 10
            root = stem[0] * (1 - share) ** 2 + 2 * stem[1] * share * (1 - share) + stem[2] * share**2
            turn = leaf * 2.4 + k
            out = np.array([np.cos(turn), np.sin(turn), 0.25 + 0.5 * share])
            _broad_leaf(b, root, out / np.linalg.norm(out), (0.20 + 0.08 * float(rng.uniform())) * min(1.0, tall), rng)


def _broad_leaf(b: MeshBuilder, root: F64, way: F64, length: float, rng: np.random.Generator) -> None:
    across = np.cross(way, [0, 0, 1.0])
    across /= max(1e-6, float(np.linalg.norm(across)))
    s = np.linspace(0.0, 1.0, 6)
    droop = -0.45 * length * s**2
    spine = root + way * (s * length)[:, None] + np.stack([0 * s, 0 * s, droop], 1)
    wide = 0.26 * length * np.sin(np.pi * np.clip(s * 0.94 + 0.05, 0, 1)) ** 0.8
    fold = np.array([0, 0, 1.0]) * (0.22 * wide)[:, None]
    grid = np.stack([spine - across * wide[:, None] + fold, spine, spine + across * wide[:, None] + fold], 0)
    tint = tuple(float(c) for c in np.array([0.035, 0.085, 0.03]) * float(rng.uniform(0.8, 1.3)))
    b.loft(grid, Material.PLAIN, tint, (0.12, 3.0, 0.45), two_sided=True)


def petal(b: MeshBuilder, at: F64, rng: np.random.Generator, size: float, tint: Tint) -> None:
    u, v = rng.normal(size=(2, 3))
    u, v = u / np.linalg.norm(u) * size, v / np.linalg.norm(v) * size
    b.sheet(tuple(at), tuple(u), tuple(v), Material.LEAF, tint, (0.0, float(rng.uniform()) * 0.5, 0.9), two_sided=True)
