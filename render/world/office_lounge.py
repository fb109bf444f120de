"""The bright end of an office: a sofa corner on a rug before an oak wall, and a long table under three lamps."""

from __future__ import annotations

import numpy as np

from render.scene import Scene
from render.world.decoration import floor_lamp, plant
from render.world.furniture import armchair, bookcase, coffee_table, sofa
from render.world.joinery import Tint, bar, rounded, turned
from render.world.kitchen_fittings import wood_chair
from render.world.office_fittings import BLACK, PAPER, laptop, leaves, whiteboard
from render.world.quads_scene import Material, MeshBuilder
from render.world.room_place import LampRow, Taken

OAK: Tint = (0.36, 0.245, 0.145)


def lounge(b: MeshBuilder, scene: Scene, half_x: float, half_y: float, high: float, accent: Tint,
           rng: np.random.Generator) -> tuple[list[LampRow], list[Taken]]:
    """Furnish the last five metres before the +y wall; returns lamps and what nobody can stand in."""
    lamps: list[LampRow] = []
    taken: list[Taken] = []
    x, y = -2.35, half_y - 2.55
    top = min(2.25, high - 0.3)
    rounded(b, (x, half_y - 0.02, 0.1 + top / 2), (2.15, 0.02, top / 2), 0.006, Material.PLANKS, OAK, (0.16, 2.4, 0.15),
            texel_m=0.2)
    for k, (dx, half, tall) in enumerate(((-0.95, 0.42, 0.56), (0.05, 0.30, 0.40), (0.85, 0.30, 0.40))):
        middle, foot = x + dx, 1.62 - tall / 2
        rounded(b, (middle, half_y - 0.055, 1.62), (half + 0.02, 0.015, tall / 2 + 0.02), 0.006, Material.PLAIN,
                (0.55, 0.53, 0.48), (0.05, 2.0, 0.2))
        b.sheet((middle - half, half_y - 0.0715, foot), (2 * half, 0, 0), (0, 0, tall), Material.ART, (0.5, 0.5, 0.5),
                (float(rng.integers(900)) + k,), texel_m=0.2)
    b.box((x, y + 0.1, 0.007), (1.9, 1.5, 0.007), Material.RUG, (0.34, 0.31, 0.25), (float(scene.seed % 89),),
          texel_m=0.2)
    sofa(b, (x, half_y - 0.72), 0.0, (0.20, 0.22, 0.21), rng)
    armchair(b, (x - 1.25, y - 0.55), np.pi + 0.45, (0.40, 0.25, 0.11))
    armchair(b, (x + 1.15, y - 0.75), np.pi - 0.35, _lighter(accent))
    coffee_table(b, (x, y + 0.25), scene.density, rng)
    taken += [(x - 1.3, x + 1.3, half_y - 1.3, half_y, 0.9), (x - 1.75, x + 1.65, y - 1.2, y - 0.1, 0.9),
              (x - 0.7, x + 0.7, y - 0.15, y + 0.65, 0.7)]
    lamps += floor_lamp(b, (x + 1.85, half_y - 0.75))
    taken.append((x + 1.6, x + 2.1, half_y - 1.0, half_y - 0.5, 1.8))
    if scene.vegetation > 0.05:
        plant(b, (x - 1.85, half_y - 0.6), 0.9 + 0.8 * scene.vegetation, rng)
        plant(b, (half_x - 0.55, half_y - 0.6), 0.9 + 0.7 * scene.vegetation, rng)
        taken += [(x - 2.2, x - 1.5, half_y - 1.0, half_y, 1.8), (half_x - 0.9, half_x, half_y - 1.0, half_y, 1.8)]
    if scene.density > 0.2:
        bookcase(b, (0.75, half_y - 0.2), 1.95, scene.density, rng)
        taken.append((0.2, 1.3, half_y - 0.5, half_y, 2.2))
    whiteboard(b, (3.0, half_y - 0.03), 1.25, rng)
    long = (2.75, half_y - 2.5)
    lamps += _long_table(b, long, high, rng)
    taken.append((long[0] - 1.5, long[0] + 1.5, long[1] - 1.0, long[1] + 1.0, 0.9))
    return lamps, taken


def _lighter(tint: Tint) -> Tint:
    r, g, b = (0.75 * c + 0.06 for c in tint)
    return r, g, b


def _long_table(b: MeshBuilder, at: tuple[float, float], high: float, rng: np.random.Generator) -> list[LampRow]:
    """An oak table for six along x with what people left on it, and lamps over it."""
    x, y = at
    rounded(b, (x, y, 0.725), (1.4, 0.48, 0.022), 0.014, Material.PLANKS, OAK, (0.19, 2.8, 0.35), texel_m=0.2)
    for sx in (-1.22, 1.22):
        for sy in (-0.38, 0.38):
            bar(b, (x + sx, y + sy, 0.0), (x + 0.94 * sx, y + 0.9 * sy, 0.71), 0.026, Material.METAL, BLACK, (0.3, 0.1))
    for k in range(3):
        for side in (-1, 1):
            if rng.uniform() < 0.85:
                out = float(rng.uniform(0.62, 0.82))
                wood_chair(b, (x - 0.9 + 0.9 * k, y + side * out),
                           (np.pi if side > 0 else 0.0) + float(rng.uniform(-0.35, 0.35)), OAK)
    laptop(b, (x - 0.85, y + 0.14, 0.747), 0.1, rng)
    laptop(b, (x + 0.35, y - 0.16, 0.747), np.pi - 0.2, rng)
    for dx, dy, turn in ((-0.35, 0.2, 0.3), (0.9, 0.12, -0.2), (0.95, -0.2, 0.7)):
        b.box((x + dx, y + dy, 0.751), (0.105, 0.148, 0.004), Material.PLAIN, PAPER, (0.04, 3.0, 0.0), yaw=turn)
    for dx, dy in ((-0.5, -0.22), (0.62, 0.25)):
        turned(b, (x + dx, y + dy, 0.747), [(0, 0.03), (0.005, 0.036), (0.09, 0.04), (0.092, 0.036), (0.07, 0.033)],
               Material.PLAIN, ((0.60, 0.58, 0.54), (0.30, 0.08, 0.05))[dx > 0], (0.02, 1.0, 0.5), 12)
    plant_at = (x + 0.02, y + 0.05, 0.747)
    turned(b, plant_at, [(0, 0.07), (0.02, 0.085), (0.13, 0.09), (0.14, 0.08)], Material.PLAIN, (0.52, 0.49, 0.43),
           (0.05, 2.0, 0.3), 18)
    leaves(b, np.add(plant_at, (0, 0, 0.12)), 46, 0.02, (0.14, 0.34), (0.06, 0.14, 0.04), rng)
    rows: list[LampRow] = []
    for dx in (-0.85, 0.0, 0.85):
        z = 1.72
        bar(b, (x + dx, y, z + 0.2), (x + dx, y, high), 0.004, Material.PLAIN, (0.02, 0.02, 0.02), (), 4, casts=False)
        profile = [(0.0, 0.17), (0.06, 0.165), (0.13, 0.12), (0.19, 0.05), (0.22, 0.03)]
        turned(b, (x + dx, y, z), profile, Material.METAL, (0.55, 0.52, 0.46), (0.4, 0.1), 20)
        turned(b, (x + dx, y, z), [(zz, r - 0.006) for zz, r in profile[:4]][::-1], Material.GLOW, (1.0, 0.80, 0.55),
               (1, 1.4), 20)
        rows.append((x + dx, y, z - 0.02, 4.4, 3.2, 1.9, 6.0, 0.75))
    return rows
