"""What stands in a church: pews, altar with candles, pulpit, font, ring chandeliers."""

from __future__ import annotations

import numpy as np

from render.world.joinery import Tint, bar, disc, rounded, turned
from render.world.quads_scene import Material, MeshBuilder, rise
from render.world.room_place import LampRow, Taken

PEWS: tuple[Tint, ...] = ((0.17, 0.085, 0.042), (0.23, 0.135, 0.07), (0.11, 0.062, 0.038))
IRON: Tint = (0.03, 0.029, 0.028)
WAX: Tint = (0.66, 0.60, 0.46)
BRASS: Tint = (0.36, 0.25, 0.09)
AISLE_M = 0.78


def pews(b: MeshBuilder, start: float, end: float, half_x: float, density: float, rng: np.random.Generator
         ) -> list[Taken]:
    """Two blocks of benches from start to end along y; density closes them up."""
    tint = PEWS[int(rng.integers(len(PEWS)))]
    pitch = 1.55 - 0.6 * density
    rows = np.arange(start, end, pitch)
    left, right = AISLE_M, half_x - 0.85
    half = (right - left) / 2
    at = np.array([[s * (left + half), y] for y in rows for s in (-1, 1)])
    n = len(at)
    look = (Material.PLANKS, tint, (0.22, 2.4, 0.35))

    def many(dx: float, dy: float, z: float, hx: float, hy: float, hz: float, r: float, lean: float = 0.0,
             shade: float = 1.0) -> None:
        c = np.column_stack([at[:, 0] + dx, at[:, 1] + dy, np.full(n, z)])
        rounded(b, c, (hx, hy, hz), r, look[0], tuple(shade * t for t in tint), look[2], texel_m=0.35, lean=lean)

    many(0, 0.05, 0.44, half, 0.21, 0.022, 0.018)
    many(0, -0.17, 0.72, half, 0.018, 0.22, 0.015, -0.12)
    many(0, -0.20, 0.955, half, 0.045, 0.02, 0.018, shade=1.15)
    many(0, -0.27, 0.56, half, 0.10, 0.014, 0.01)
    many(0, 0.02, 0.2, half, 0.015, 0.14, 0.01, shade=0.8)
    for side in (-1, 1):
        many(side * (half - 0.01), -0.03, 0.46, 0.032, 0.27, 0.46, 0.022, shade=0.92)
        many(side * (half - 0.01), -0.14, 0.97, 0.045, 0.15, 0.05, 0.035, shade=1.05)
    for k in range(n):  # hymn books left on the ledges
        if rng.uniform() < 0.6:
            x = at[k, 0] + float(rng.uniform(-1, 1)) * (half - 0.2)
            red = (0.20, 0.03, 0.03) if rng.uniform() < 0.5 else (0.04, 0.05, 0.10)
            b.box((x, at[k, 1] - 0.27, 0.585), (0.06, 0.085, 0.016), Material.PLAIN, red, (0.05, 2, 0.15),
                  yaw=float(rng.uniform(-0.4, 0.4)))
    return [(s * (left + half) - half, s * (left + half) + half, start - 0.4, float(rows[-1]) + 0.4, 1.05)
            for s in (-1, 1)]


def altar(b: MeshBuilder, dais: float, half_y: float, stone: Tint, cloth: Tint, rng: np.random.Generator,
          taken: list[Taken]) -> list[LampRow]:
    """Steps, the table with its cloth, candlesticks, a cross, flowers."""
    pale = tuple(min(0.66, 1.12 * c) for c in stone)
    for k in range(3):
        y0 = dais + 0.42 * k
        mid, half = (y0 + half_y) / 2, (half_y - y0) / 2
        b.box((0, mid, 0.08 + 0.16 * k), (3.4 - 0.25 * k, half, 0.08), Material.STONE, pale, (0.9, 0.5, 4.0, 0.15),
              texel_m=0.3)
    z, y = 0.48, half_y - 1.9
    taken += [(-3.4, 3.4, dais + 0.8, half_y, 0.5), (-1.4, 1.4, y - 0.6, y + 0.6, 2.0)]
    rounded(b, (0, y, z + 0.5), (1.15, 0.42, 0.5), 0.03, Material.STONE, pale, (0.8, 0.5, 2.0, 0.1), texel_m=0.2)
    rounded(b, (0, y, z + 1.04), (1.3, 0.52, 0.045), 0.03, Material.PLAIN, (0.62, 0.60, 0.55), (0.03, 2.0, 0.1),
            texel_m=0.2)
    b.sheet((-0.48, y - 0.527, z + 0.35), (0.96, 0, 0), (0, 0, 0.72), Material.CLOTH, cloth, (0.8,), texel_m=0.2)
    b.sheet((-0.05, y - 0.53, z + 0.5), (0.10, 0, 0), (0, 0, 0.46), Material.PLAIN, BRASS, (0.05, 2, 0.4))
    b.sheet((-0.16, y - 0.53, z + 0.72), (0.32, 0, 0), (0, 0, 0.09), Material.PLAIN, BRASS, (0.05, 2, 0.4))
    top = z + 1.085
    rounded(b, (0, y + 0.2, top + 0.42), (0.025, 0.02, 0.42), 0.012, Material.METAL, BRASS, (0.6, 0.1))
    rounded(b, (0, y + 0.2, top + 0.6), (0.2, 0.02, 0.025), 0.012, Material.METAL, BRASS, (0.6, 0.1))
    turned(b, (0, y + 0.2, top), [(0, 0.12), (0.03, 0.11), (0.06, 0.03)], Material.METAL, BRASS, (0.6, 0.1))
    lamps: list[LampRow] = []
    for x in (-1.0, -0.72, 0.72, 1.0):
        _candle(b, (x, y + 0.1, top), 0.26, 0.2)
    for x in (-2.3, 2.3):
        turned(b, (x, y - 0.4, z), [(0, 0.17), (0.05, 0.15), (0.08, 0.03), (0.5, 0.045), (0.55, 0.03), (1.05, 0.03),
                                    (1.1, 0.1)], Material.METAL, BRASS, (0.6, 0.1))
        _candle(b, (x, y - 0.4, z + 1.1), 0.45, 0.0)
        lamps.append((x, y - 0.4, z + 1.66, 7.0, 4.3, 1.8, 8.0, 0.0))
        vase = (x * 0.8, y + 0.5, z)
        turned(b, vase, [(0, 0.12), (0.05, 0.15), (0.3, 0.2), (0.5, 0.13), (0.6, 0.16)], Material.PLAIN,
               (0.5, 0.48, 0.44), (0.06, 2.0, 0.3))
        _flowers(b, (vase[0], vase[1], z + 0.62), rng)
    lamps.append((0.0, y - 0.9, top + 0.7, 13.0, 8.2, 3.6, 9.0, 0.0))
    return lamps


def _candle(b: MeshBuilder, at: tuple[float, float, float], tall: float, stick: float) -> None:
    if stick > 0:
        turned(b, at, [(0, 0.06), (0.02, 0.05), (0.04, 0.015), (stick, 0.018), (stick + 0.01, 0.04)], Material.METAL,
               BRASS, (0.6, 0.1), 9)
    z = at[2] + stick
    bar(b, (at[0], at[1], z), (at[0], at[1], z + tall), 0.019, Material.PLAIN, WAX, (0.02, 2, 0.2), casts=False)
    turned(b, (at[0], at[1], z + tall), [(0.0, 0.005), (0.02, 0.014), (0.045, 0.010), (0.08, 0.001)], Material.GLOW,
           (1.0, 0.62, 0.24), (0.4, 7.0), 6)


def _flowers(b: MeshBuilder, at: tuple[float, float, float], rng: np.random.Generator) -> None:
    n = 70
    way = rng.normal(size=(n, 3)) * [1, 1, 0.8] + [0, 0, 0.5]
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    centre = np.array(at) + way * rng.uniform(0.12, 0.34, (n, 1)) + rise(0.12)
    u = np.cross(way, rng.normal(size=(n, 3)))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(way, u)
    bloom = rng.uniform(size=n) < 0.45
    size = np.where(bloom, 0.055, 0.075)[:, None]
    tint = np.where(bloom[:, None], [[0.62, 0.58, 0.52]], [[0.06, 0.12, 0.035]]) * rng.uniform(0.8, 1.15, (n, 1))
    b.batch(centre - (u + v) * size / 2, u * size, v * size, Material.PLAIN, tint, (0.05, 2.0, 0.1), two_sided=True,
            casts=False, normal=np.repeat(way[:, None], 3, axis=1))


def chandelier(b: MeshBuilder, at: tuple[float, float], z: float, top: float) -> list[LampRow]:
    """An iron ring with candles, hung from the roof."""
    turn = np.linspace(0, 2 * np.pi, 25)
    ring = np.stack([at[0] + 0.85 * np.cos(turn), at[1] + 0.85 * np.sin(turn), np.full(25, z)], 1)
    from render.world.quads_scene import tube

    b.loft(tube(ring, np.full(25, 0.03), 6), Material.METAL, IRON, (0.3, 0.2), closed_u=True, casts=False)
    bar(b, (*at, z + 1.1), (*at, top), 0.014, Material.METAL, IRON, (0.3, 0.2), 5, casts=False)
    for k in range(3):
        a = 2 * np.pi * k / 3 + 0.4
        end = (at[0] + 0.85 * np.cos(a), at[1] + 0.85 * np.sin(a), z)
        bar(b, end, (*at, z + 1.12), 0.008, Material.METAL, IRON, (0.3, 0.2), 5, casts=False)
    for k in range(10):
        a = 2 * np.pi * k / 10
        x, y = at[0] + 0.85 * np.cos(a), at[1] + 0.85 * np.sin(a)
        disc(b, (x, y, z + 0.035), 0.06, Material.METAL, IRON, (0.3, 0.2), 8, casts=False)
        _candle(b, (x, y, z + 0.035), 0.17, 0.0)
    return [(at[0], at[1], z + 0.28, 92.0, 59.0, 28.0, 16.0, 0.0)]


def pulpit(b: MeshBuilder, at: tuple[float, float], wood: Tint) -> None:
    """An octagonal pulpit on a foot."""
    tint = tuple(min(0.4, 1.4 * c) for c in wood)
    look = (Material.PLANKS, tint, (0.3, 2.0, 0.3))
    turned(b, (*at, 0), [(0, 0.5), (0.12, 0.46), (0.2, 0.2), (0.8, 0.2), (1.0, 0.5), (1.08, 0.62)], *look, 8)
    turned(b, (*at, 1.08), [(0, 0.62), (0.02, 0.6), (0.95, 0.6), (1.0, 0.68), (1.06, 0.68), (1.065, 0.4)], *look, 8)
    for k in range(8):
        a = 2 * np.pi * (k + 0.5) / 8
        rounded(b, (at[0] + 0.575 * np.cos(a), at[1] + 0.575 * np.sin(a), 1.55), (0.012, 0.15, 0.33), 0.008,
                Material.PLANKS, tuple(1.2 * c for c in tint), (0.3, 2.0, 0.3), yaw=a)


def font(b: MeshBuilder, at: tuple[float, float], stone: Tint) -> None:
    """A carved bowl on a pillar."""
    turned(b, (*at, 0), [(0, 0.5), (0.15, 0.48), (0.17, 0.3), (0.3, 0.2), (0.68, 0.2), (0.8, 0.38), (1.0, 0.46),
                         (1.05, 0.46), (1.04, 0.38), (0.92, 0.3)], Material.STONE, stone, (2.0, 2.0, 1.0, 0.1), 16)
