"""What makes a kitchen a used one: pans on a rail, a towel, a coffee pot, vegetables being cut, a runner."""

from __future__ import annotations

import numpy as np

from render.world.furniture import cushion
from render.world.joinery import Tint, bar, rounded, turned
from render.world.kitchen_fittings import BLACK, STEEL, WOOD, WORKTOP_M, ball
from render.world.quads_scene import Material, MeshBuilder

COPPER: Tint = (0.42, 0.19, 0.09)
LINEN: tuple[Tint, ...] = ((0.56, 0.52, 0.44), (0.44, 0.16, 0.12), (0.56, 0.46, 0.20), (0.34, 0.42, 0.40))


def in_use(b: MeshBuilder, sink_x: float, wall_y: float, density: float, rng: np.random.Generator) -> None:
    """Along the +y wall at `wall_y`, around a sink at `sink_x`; density brings out more."""
    cloth = LINEN[int(rng.integers(len(LINEN)))]
    _towel(b, (sink_x + 0.34, wall_y - 0.625), cloth)
    _soap(b, (sink_x - 0.42, wall_y - 0.16))
    b.box((sink_x + 0.1, wall_y - 1.12, 0.006), (0.85, 0.34, 0.006), Material.RUG,
          ((0.33, 0.14, 0.09), (0.14, 0.19, 0.24), (0.36, 0.30, 0.21))[int(rng.integers(3))], (5.0,), texel_m=0.2)
    if density > 0.12:
        _cutting(b, (sink_x + 0.95, wall_y - 0.36), rng)
    if density > 0.2:
        _pans(b, (sink_x + 0.98, sink_x + 2.1), wall_y, rng)
    if density > 0.3:
        _coffee(b, (sink_x - 0.82, wall_y - 0.3))


def _towel(b: MeshBuilder, at: tuple[float, float], tint: Tint) -> None:
    """A tea towel folded over a grip of the cupboards, in a few folds, with a stripe."""
    x, y = at
    s = np.linspace(-1, 1, 21)
    for half, low, hue, lift in ((0.16, 0.40, tint, 0.0), (0.155, 0.46, (0.60, 0.58, 0.53), 0.012)):
        rows = [np.stack([x + half * s * wide, y - 0.03 - lift - deep * np.sin(s * 5.2 + z), np.full(21, z)], 1)
                for z, deep, wide in ((low, 0.013, 1.0), (0.62, 0.009, 0.97), (0.80, 0.004, 0.92))]
        b.loft(np.stack(rows, 1), Material.CLOTH, hue if lift == 0 else tint, (0.5,), two_sided=True)
    b.sheet((x - 0.15, y - 0.060, 0.52), (0.30, 0, 0), (0, 0, 0.03), Material.PLAIN, (0.60, 0.58, 0.54), (0.05, 2.0, 0),
            casts=False)


def _soap(b: MeshBuilder, at: tuple[float, float]) -> None:
    """A bottle with a pump, and a brush in a cup."""
    turned(b, (*at, WORKTOP_M), [(0, 0.03), (0.01, 0.034), (0.11, 0.033), (0.13, 0.012), (0.17, 0.009)], Material.PLAIN,
           (0.20, 0.10, 0.04), (0.02, 1.0, 0.5), 14)
    bar(b, (at[0], at[1], WORKTOP_M + 0.17), (at[0], at[1] - 0.05, WORKTOP_M + 0.165), 0.006, Material.PLAIN, BLACK)
    cup = (at[0] - 0.11, at[1] + 0.01)
    turned(b, (*cup, WORKTOP_M), [(0, 0.035), (0.01, 0.04), (0.09, 0.042), (0.088, 0.036)], Material.PLAIN,
           (0.58, 0.56, 0.51), (0.02, 1.0, 0.5), 14)
    for dx, dz in ((-0.02, 0.2), (0.02, 0.23)):
        bar(b, (*cup, WORKTOP_M + 0.03), (cup[0] + dx, cup[1], WORKTOP_M + dz), 0.008, Material.PLANKS, WOOD,
            (0.3, 2, 0))


def _cutting(b: MeshBuilder, at: tuple[float, float], rng: np.random.Generator) -> None:
    """A board with tomatoes, a lettuce and a knife."""
    x, y = at
    z = WORKTOP_M + 0.024
    rounded(b, (x, y, WORKTOP_M + 0.012), (0.22, 0.15, 0.011), 0.01, Material.PLANKS, (0.38, 0.25, 0.14), (0.1, 2, 0.2),
            yaw=0.15, texel_m=0.15)
    for dx, dy, r in ((-0.12, 0.05, 0.036), (-0.05, 0.08, 0.033), (-0.1, -0.03, 0.034)):
        ball(b, (x + dx, y + dy, z + r * 0.9), r, (0.46, 0.05, 0.025))
    for _ in range(12):
        way = rng.normal(size=3) * [0.045, 0.045, 0.02]
        cushion(b, np.array([x + 0.1, y + 0.05, z + 0.05]) + way, np.array([0.045, 0.04, 0.012]),
                float(rng.uniform(0, 6)), (0.17, 0.28, 0.06), 0.7, float(rng.uniform(-0.9, 0.9)))
    rounded(b, (x + 0.03, y - 0.08, z + 0.004), (0.09, 0.014, 0.002), 0.002, Material.METAL, STEEL, (0.8, 0.0), yaw=0.3)
    rounded(b, (x + 0.17, y - 0.04, z + 0.008), (0.05, 0.012, 0.008), 0.006, Material.PLAIN, BLACK, (0.02, 1, 0.3),
            yaw=0.3)


def _pans(b: MeshBuilder, span: tuple[float, float], wall_y: float, rng: np.random.Generator) -> None:
    """Copper pans and ladles hung from a rail over the tiles."""
    y, z = wall_y - 0.05, 1.43
    bar(b, (span[0], y, z), (span[1], y, z), 0.007, Material.METAL, BLACK, (0.4, 0.0), 7)
    for x in span:
        bar(b, (x, y, z), (x, wall_y, z), 0.007, Material.METAL, BLACK, (0.4, 0.0), 6)
    x = span[0] + 0.1
    while x < span[1] - 0.06:
        if rng.uniform() < 0.5:
            r = float(rng.uniform(0.065, 0.10))
            middle = np.array([x, y - 0.012, z - 0.16 - r])
            turn = np.linspace(0, 2 * np.pi, 25)
            ring = np.stack([np.cos(turn), 0 * turn, np.sin(turn)], 1)
            rows = [middle + ring * k * r + np.array([0, out, 0]) for k, out in
                    ((1.0, 0.035), (1.0, -0.01), (0.94, -0.022), (0.02, -0.022))]
            b.loft(np.stack(rows, 1)[::-1].copy(), Material.METAL, COPPER, (0.75, 0.0), two_sided=True)
            bar(b, np.add(middle, (0, 0.02, 0.98 * r)), (x, y - 0.01, z), 0.007, Material.METAL, BLACK, (0.4, 0.0), 6)
            x += 2 * r + 0.05
        else:
            low = z - float(rng.uniform(0.2, 0.27))
            bar(b, (x, y - 0.008, low), (x, y - 0.008, z), 0.005, Material.METAL, STEEL, (0.7, 0.0), 6)
            turned(b, (x, y - 0.015, low - 0.05), [(0, 0.006), (0.012, 0.026), (0.035, 0.034), (0.05, 0.032)],
                   Material.METAL, STEEL, (0.7, 0.0), 14)
            x += 0.09


def _coffee(b: MeshBuilder, at: tuple[float, float]) -> None:
    """An enamel coffee pot, a mill, and a cup set ready."""
    x, y = at
    turned(b, (x, y, WORKTOP_M), [(0, 0.075), (0.01, 0.08), (0.12, 0.06), (0.17, 0.05), (0.18, 0.055), (0.20, 0.03),
                                  (0.215, 0.012), (0.23, 0.0)], Material.METAL, (0.50, 0.48, 0.42), (0.5, 0.0), 20)
    bar(b, (x + 0.06, y, WORKTOP_M + 0.08), (x + 0.13, y, WORKTOP_M + 0.17), 0.011, Material.METAL, (0.50, 0.48, 0.42),
        (0.5, 0.0), 8)
    t = np.linspace(-1.2, 1.2, 7)
    for k in range(6):
        p, q = t[k], t[k + 1]
        bar(b, (x - 0.055 - 0.05 * np.cos(p), y, WORKTOP_M + 0.11 + 0.05 * np.sin(p)),
            (x - 0.055 - 0.05 * np.cos(q), y, WORKTOP_M + 0.11 + 0.05 * np.sin(q)), 0.007, Material.METAL, BLACK,
            (0.4, 0.0), 6)
    rounded(b, (x + 0.02, y + 0.16, WORKTOP_M + 0.06), (0.055, 0.055, 0.06), 0.01, Material.PLANKS, WOOD, (0.1, 2, 0.3))
    turned(b, (x + 0.02, y + 0.16, WORKTOP_M + 0.12), [(0, 0.05), (0.02, 0.045), (0.05, 0.01)], Material.METAL, STEEL,
           (0.6, 0.0), 14)
    turned(b, (x + 0.16, y - 0.12, WORKTOP_M), [(0, 0.028), (0.01, 0.036), (0.07, 0.042), (0.068, 0.036), (0.02, 0.03)],
           Material.PLAIN, (0.14, 0.24, 0.27), (0.02, 1.0, 0.5), 14)
