"""What a warehouse holds: pallet racks full of boxes, stacks on pallets, drums, a forklift."""

from __future__ import annotations

import numpy as np

from render.world.joinery import Tint, bar, local, rounded, turned
from render.world.quads_scene import F64, Material, MeshBuilder
from render.world.room_place import Taken

CARDBOARD: Tint = (0.36, 0.245, 0.135)
PALLET: Tint = (0.30, 0.205, 0.115)
UPRIGHT: tuple[Tint, ...] = ((0.035, 0.07, 0.20), (0.05, 0.13, 0.09), (0.20, 0.21, 0.22))
BEAM: tuple[Tint, ...] = ((0.52, 0.16, 0.02), (0.55, 0.36, 0.03), (0.48, 0.10, 0.04))
GOODS: tuple[Tint, ...] = (CARDBOARD, CARDBOARD, CARDBOARD, (0.44, 0.33, 0.20), (0.50, 0.50, 0.48), (0.07, 0.12, 0.19))


def racks(b: MeshBuilder, half_y: float, eaves: float, density: float, rng: np.random.Generator) -> list[Taken]:
    """Two rows of racks on either side of the aisle."""
    upright, beam = UPRIGHT[int(rng.integers(3))], BEAM[int(rng.integers(3))]
    levels = np.arange(1.55, eaves - 1.2, 1.75)
    bay, deep = 2.75, 0.55
    taken: list[Taken] = []
    rows = [(-9.6, 0), (-5.2, 1), (5.2, 2), (9.6, 3)]
    posts: list[tuple[float, float, float]] = []
    rails: list[tuple[float, float, float]] = []
    pallets: list[tuple[float, float, float]] = []
    cartons: list[tuple[float, ...]] = []
    shades: list[int] = []
    for x, _ in rows:
        y0, y1 = -half_y + (1.0 if abs(x) > 7 else 3.6), half_y - (1.0 if abs(x) > 7 else 5.0)
        count = int((y1 - y0) / bay)
        taken.append((x - 0.75, x + 0.75, y0 - 0.2, y0 + count * bay + 0.2, eaves))
        for k in range(count + 1):
            posts += [(x + s * deep, y0 + k * bay, float(levels[-1]) / 2 + 0.45) for s in (-1, 1)]
        for k in range(count):
            y = y0 + (k + 0.5) * bay
            for z in levels:
                rails += [(x + s * deep, y, float(z)) for s in (-1, 1)]
            for z in (0.0, *levels):
                for aside in (-0.66, 0.66):
                    if rng.uniform() > 0.25 + 0.68 * density:
                        continue
                    base = float(z) + (0.07 if z else 0.0)
                    pallets.append((x, y + aside, base + 0.07))
                    _load(cartons, shades, (x, y + aside, base + 0.145), rng)
    high = float(levels[-1]) / 2 + 0.45
    rounded(b, posts, (0.045, 0.05, high), 0.01, Material.METAL, upright, (0.3, 0.7), texel_m=0.9)
    rounded(b, rails, (0.022, bay / 2, 0.065), 0.008, Material.METAL, beam, (0.3, 0.6), texel_m=0.7)
    _pallets(b, np.array(pallets).reshape(-1, 3))
    _cartons(b, cartons, shades, rng)
    for f in np.array(posts)[::2]:  # lattice between a pair of posts
        for z in np.arange(0.4, 2 * high - 0.8, 1.1):
            bar(b, (f[0], f[1], z), (f[0] + 2 * deep, f[1], z + 0.7), 0.012, Material.METAL, upright, (0.3, 0.5), 3,
                casts=False)
    return taken


def _load(cartons: list[tuple[float, ...]], shades: list[int], at: tuple[float, float, float],
          rng: np.random.Generator) -> None:
    """Boxes of one sort, stacked on one pallet: rows (centre, half)."""
    x, y, z = at
    sort = int(rng.integers(len(GOODS)))
    nx, ny = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    tall = float(rng.uniform(0.18, 0.5))
    layers = max(1, int(rng.uniform(0.5, 1.25) / tall))
    hx, hy = 0.5 / nx, 0.56 / ny
    for k in range(layers):
        for i in range(nx):
            for j in range(ny):
                if k == layers - 1 and rng.uniform() < 0.2:
                    continue
                cartons.append((x - 0.5 + hx * (2 * i + 1), y - 0.56 + hy * (2 * j + 1), z + tall * (k + 0.5),
                                hx - 0.006, hy - 0.006, tall / 2 - 0.003))
                shades.append(sort)


def _cartons(b: MeshBuilder, rows: list[tuple[float, ...]], shades: list[int], rng: np.random.Generator) -> None:
    for (x, y, z, hx, hy, hz), sort in zip(rows, shades, strict=True):
        material = Material.CARTON if sort < 4 else Material.PLAIN
        params = (float(rng.integers(900)),) if sort < 4 else (0.05, 2.0, 0.25)
        b.box((x, y, z), (hx, hy, hz), material, GOODS[sort], params, yaw=float(rng.uniform(-0.02, 0.02)))


def _pallets(b: MeshBuilder, at: F64, yaw: float = 0.0) -> None:
    """Pallets by the middle of their height."""
    if len(at) == 0:
        return
    for x in np.linspace(-0.44, 0.44, 4):
        for z, hz in ((0.062, 0.011), (-0.062, 0.009)):
            off = np.array([np.cos(yaw) * x, np.sin(yaw) * x, z])
            for c in at + off:
                b.box(tuple(c), (0.06, 0.6, hz), Material.PLANKS, PALLET, (0.2, 2.0, 0.05), yaw=yaw)
    for x in (-0.42, 0.0, 0.42):
        off = np.array([np.cos(yaw) * x, np.sin(yaw) * x, 0.0])
        for c in at + off:
            b.box(tuple(c), (0.05, 0.6, 0.05), Material.PLANKS, PALLET, (0.2, 2.0, 0.05), yaw=yaw)


def pallet_stack(b: MeshBuilder, at: tuple[float, float], yaw: float, rng: np.random.Generator) -> float:
    """A loaded pallet on the floor; returns its height."""
    _pallets(b, np.array([[at[0], at[1], 0.072]]), yaw)
    if rng.uniform() < 0.25:
        for k in range(1, 7):
            _pallets(b, np.array([[at[0], at[1], 0.072 + 0.146 * k]]), yaw + float(rng.uniform(-0.05, 0.05)))
        return 1.1
    cartons: list[tuple[float, ...]] = []
    shades: list[int] = []
    _load(cartons, shades, (0.0, 0.0, 0.145), rng)
    for (x, y, z, hx, hy, hz), sort in zip(cartons, shades, strict=True):
        material = Material.CARTON if sort < 4 else Material.PLAIN
        params = (float(rng.integers(900)),) if sort < 4 else (0.05, 2.0, 0.25)
        rounded(b, local(at, yaw, x, y, z), (hx, hy, hz), 0.008, material, GOODS[sort], params, yaw=yaw, texel_m=0.25)
    return max(row[2] + row[5] for row in cartons)


def drums(b: MeshBuilder, at: tuple[float, float], rng: np.random.Generator) -> None:
    """A few steel drums."""
    hues: tuple[Tint, ...] = ((0.03, 0.09, 0.22), (0.32, 0.05, 0.03), (0.36, 0.36, 0.35))
    for k in range(5):
        x, y = at[0] + 0.64 * (k % 3) + float(rng.uniform(-0.03, 0.03)), at[1] + 0.62 * (k // 3)
        profile = [(0, 0.285), (0.015, 0.295), (0.28, 0.29), (0.30, 0.305), (0.32, 0.29), (0.57, 0.29), (0.59, 0.305),
                   (0.61, 0.29), (0.86, 0.29), (0.88, 0.3), (0.885, 0.28), (0.87, 0.27), (0.87, 0.0)]
        turned(b, (x, y, 0), profile, Material.METAL, hues[int(rng.integers(3))], (0.4, 0.6), 20)


def forklift(b: MeshBuilder, at: tuple[float, float], yaw: float, rng: np.random.Generator) -> None:
    """A counterbalance truck; it looks along local +y."""
    paint = ((0.56, 0.30, 0.02), (0.50, 0.06, 0.03), (0.05, 0.20, 0.14))[int(rng.integers(3))]
    dark = (0.03, 0.03, 0.032)

    def p(x: float, y: float, z: float) -> F64:
        return local(at, yaw, x, y, z)

    def part(x: float, y: float, z: float, half: tuple[float, float, float], r: float, tint: Tint,
             material: Material = Material.METAL, lean: float = 0.0) -> None:
        rounded(b, p(x, y, z), half, r, material, tint, (0.45, 0.25), yaw=yaw, texel_m=0.25, lean=lean)

    part(0, -0.75, 0.62, (0.52, 0.38, 0.36), 0.13, paint)
    part(0, -0.98, 0.55, (0.50, 0.18, 0.28), 0.12, dark)
    part(0, 0.05, 0.42, (0.50, 0.62, 0.20), 0.05, paint)
    part(0, 0.52, 0.78, (0.44, 0.08, 0.28), 0.06, paint, lean=0.2)
    part(0, -0.30, 0.98, (0.24, 0.24, 0.07), 0.06, dark, Material.CLOTH)
    part(0, -0.52, 1.25, (0.23, 0.06, 0.26), 0.055, dark, Material.CLOTH, lean=-0.15)
    for x in (-0.46, 0.46):
        bar(b, p(x, -0.72, 0.95), p(x * 0.92, -0.62, 2.05), 0.028, Material.METAL, dark, (0.4, 0.2), 7)
        bar(b, p(x, 0.58, 0.9), p(x * 0.92, 0.30, 2.05), 0.028, Material.METAL, dark, (0.4, 0.2), 7)
        for y, r in ((-0.68, 0.24), (0.46, 0.29)):
            bar(b, p(x * 1.02 - 0.09, y, r), p(x * 1.02 + 0.09, y, r), r, Material.PLAIN, (0.022, 0.022, 0.023),
                (0.1, 3.0, 0.1), 20)
            bar(b, p(x * 1.02 - 0.095, y, r), p(x * 1.02 + 0.095, y, r), r * 0.55, Material.METAL, (0.45, 0.44, 0.42),
                (0.4, 0.4), 14)
        bar(b, p(x * 0.62, 0.80, 0.06), p(x * 0.62, 0.72, 2.35), 0.045, Material.METAL, (0.07, 0.07, 0.075),
            (0.4, 0.3), 4)
        part(x * 0.55, 1.35, 0.07, (0.06, 0.56, 0.022), 0.015, (0.10, 0.10, 0.105))
    for k in range(6):
        y = -0.60 + 0.17 * k
        part(0, y, 2.06, (0.44, 0.022, 0.02), 0.012, dark)
    for z in (0.35, 1.25, 2.3):
        part(0, 0.80, z, (0.34, 0.03, 0.05), 0.015, (0.09, 0.09, 0.095))
    for z in (0.3, 0.62):
        part(0, 0.86, z, (0.46, 0.025, 0.05), 0.012, dark)
    bar(b, p(0.0, 0.36, 1.0), p(0.0, 0.18, 1.22), 0.02, Material.METAL, dark, (0.3, 0.0), 6)
    turned(b, p(0.0, 0.16, 1.22), [(0, 0.02), (0.02, 0.17), (0.04, 0.17), (0.045, 0.14)], Material.PLAIN, dark,
           (0.02, 1, 0.3), 16)
    turned(b, p(0.36, -0.45, 2.08), [(0, 0.05), (0.1, 0.045), (0.12, 0.01)], Material.GLOW, (1.0, 0.45, 0.05),
           (0.5, 2.0), 10)
