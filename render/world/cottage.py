"""Village houses: rubble or plaster under tiled gables, with shutters, doors, chimneys and flower boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.materials.facade import RUBBLE, STUCCO
from render.world.frames import Frame
from render.world.greens import bush, flower_box, ivy
from render.world.quads_scene import Material, MeshBuilder, Vec

PLASTER = ((0.60, 0.54, 0.42), (0.64, 0.62, 0.55), (0.56, 0.44, 0.27), (0.54, 0.39, 0.31), (0.50, 0.50, 0.46),
           (0.62, 0.50, 0.36))  # fmt: skip
RUBBLE_TINTS = ((0.42, 0.35, 0.25), (0.36, 0.33, 0.29), (0.45, 0.39, 0.30), (0.34, 0.28, 0.21))
TILES = ((0.30, 0.125, 0.070), (0.26, 0.11, 0.068), (0.34, 0.155, 0.080), (0.20, 0.105, 0.075))
SLATES = ((0.12, 0.125, 0.135), (0.14, 0.13, 0.125))
PAINTS = ((0.06, 0.14, 0.13), (0.16, 0.035, 0.03), (0.05, 0.09, 0.16), (0.10, 0.15, 0.07), (0.30, 0.26, 0.18),
          (0.12, 0.06, 0.03))  # fmt: skip
FLOWERS = ((0.55, 0.05, 0.06), (0.60, 0.22, 0.30), (0.60, 0.45, 0.05), (0.40, 0.12, 0.45), (0.62, 0.58, 0.55))
TIMBER = (0.055, 0.036, 0.024)
_BELOW = 1.2


@dataclass(frozen=True)
class Cottage:
    """One house in a frame whose origin is the middle of its front at ground level.

    Args:
        wide, deep: metres along and away from the lane; walls: height of the eaves; rise: of the roof above them.
        gable_on: whether the gable looks at the lane. seed: its own. near: whether small things are worth building.
    """

    wide: float
    deep: float
    walls: float
    rise: float
    gable_on: bool
    seed: int
    near: bool = True


def cottage(b: MeshBuilder, f: Frame, c: Cottage) -> list[tuple[float, ...]]:
    """Build one; returns lamp rows of what shines out of its door."""
    rng = np.random.default_rng([c.seed, 0xC0])
    stony = rng.uniform() < 0.42
    tint = RUBBLE_TINTS[int(rng.integers(4))] if stony else PLASTER[int(rng.integers(6))]
    style = RUBBLE if stony else STUCCO
    trim = PAINTS[int(rng.integers(6))]
    roof = TILES[int(rng.integers(4))] if rng.uniform() < 0.78 else SLATES[int(rng.integers(2))]
    floors = max(1, round((c.walls - 0.45) / 2.4))
    floor = (c.walls - 0.45) / floors
    body = f.moved((-c.wide / 2, c.deep, 0), -np.pi / 2) if c.gable_on else f.moved((-c.wide / 2, 0, 0))
    long, run = (c.deep, c.wide) if c.gable_on else (c.wide, c.deep)
    share = float(rng.uniform(0.33, 0.40))
    look = (float(rng.uniform(2.5, 3.0)), floor, share, 1.18, style, float(c.seed % 997), _BELOW, 1.0)
    blind = (*look[:2], 0.0, *look[3:])
    high = c.walls + _BELOW
    for origin, way, size in (
        ((0.0, 0.0, -_BELOW), (1.0, 0.0, 0.0), long), ((long, 0.0, -_BELOW), (0.0, 1.0, 0.0), run),
        ((long, run, -_BELOW), (-1.0, 0.0, 0.0), long), ((0.0, run, -_BELOW), (0.0, -1.0, 0.0), run),
    ):
        windows = rng.uniform() < 0.75 or way[0] > 0 or (c.gable_on and way[1] != 0)
        body.sheet(b, origin, size * np.array(way), (0, 0, high), Material.FACADE, tint, look if windows else blind,
                   texel_m=0.8 if c.near else 1.6)  # fmt: skip
    for x, y, way_y in ((long, 0.0, run), (0.0, run, -run)):
        body.sheet(b, (x, y, c.walls), (0, way_y, 0), (0, way_y / 2, c.rise), Material.FACADE, tint, blind,
                   triangle=True, texel_m=1.2)  # fmt: skip
    _roof(b, body, long, run, c, roof, trim if stony else TIMBER)
    _chimneys(b, body, long, run, c, rng)
    front = f.moved((-c.wide / 2, 0, 0))
    bays = max(1, int(c.wide // look[0]))
    bay = c.wide / bays
    lamps: list[tuple[float, ...]] = []
    attic = 1 if c.gable_on else 0
    if attic and c.rise > 2.6:
        _attic(b, front, c, tint, look)
    if not c.near:
        return lamps
    half = bay * share * 0.5
    if not stony and rng.uniform() < 0.35:
        _timber(b, front, c, bays, bay, floor, floors)
    elif rng.uniform() < 0.62:
        _shutters(b, front, bays, bay, half, floor, floors, trim)
    slot = int(rng.integers(1, bays)) if bays > 1 else 0
    at = slot * bay if bays > 1 else 0.9
    lamps += _door(b, front, at, trim, rng)
    hue = FLOWERS[int(rng.integers(5))]
    for k in range(bays):
        for level in range(floors):
            if rng.uniform() < 0.30:
                sill = front.point(((k + 0.5) * bay, -0.02, level * floor + 0.72))
                flower_box(b, sill, front.way((1, 0, 0)), front.way((0, -1, 0)), half + 0.1, rng, hue)
    for x in (0.5, c.wide - 0.5):
        if rng.uniform() < 0.45 and abs(x - at) > 1.0:
            foot = front.point((x, -0.45, 0))
            bush(b, foot, float(rng.uniform(0.4, 0.75)), float(rng.uniform(0.5, 1.3)), 150, rng,
                 flowers=hue if rng.uniform() < 0.6 else None)  # fmt: skip
    if rng.uniform() < (0.45 if stony else 0.2):
        x = float(rng.choice([0.25, c.wide - 0.25]))
        ivy(b, front.point((x, 0, 0)), front.way((1, 0, 0)), front.way((0, -1, 0)), 1.5, c.walls * 0.95, 420, rng)
    front.box(b, (c.wide - 0.12, -0.07, c.walls / 2), (0.04, 0.04, c.walls / 2), Material.PLAIN, (0.07, 0.07, 0.07),
              (0.1, 1, 0.2))  # fmt: skip
    return lamps


def _roof(b: MeshBuilder, f: Frame, long: float, run: float, c: Cottage, tint: Vec, edge: Vec) -> None:
    eave, verge, half = 0.42, 0.28, run / 2
    slope = c.rise / half
    low, up = c.walls - slope * eave, c.rise + slope * eave
    thick = 0.16
    for side in (0, 1):
        y = -eave if side == 0 else run + eave
        inward = half + eave if side == 0 else -(half + eave)
        x, way = (-verge, long + 2 * verge) if side == 0 else (long + verge, -(long + 2 * verge))
        u, v = np.array([way, 0, 0]), np.array([0, inward, up])
        f.sheet(b, (x, y, low + thick), u, v, Material.ROOF, tint, (1,), texel_m=1.6)
        f.sheet(b, (x, y, low), v, u, Material.PLANKS, (0.10, 0.065, 0.04), (0.15, 2.0), texel_m=2.5)
        f.sheet(b, (x, y, low), u, (0, 0, thick), Material.PLAIN, edge, (0.1, 2.0), texel_m=2.0)
        for end in (-verge, long + verge):  # barge boards up both gables
            rail = np.array([0, inward, up])
            plumb = np.array([0, 0, thick])
            first, second = (rail, plumb) if (end > 0) == (side == 0) else (plumb, rail)
            f.sheet(b, (end, y, low), first, second, Material.PLAIN, edge, (0.1, 2.0), texel_m=2.5)
        gutter = -eave - 0.06 if side == 0 else run + eave + 0.06
        f.box(b, (long / 2, gutter, low + 0.06), (long / 2 + verge, 0.06, 0.05), Material.PLAIN, (0.08, 0.08, 0.08),
              (0.1, 1, 0.2), bottom=True)  # fmt: skip
    f.box(b, (long / 2, half, c.walls + c.rise + thick + 0.02), (long / 2 + verge, 0.12, 0.07), Material.PLAIN,
          tuple(0.9 * v for v in tint), (0.2, 3.0))  # fmt: skip


def _chimneys(b: MeshBuilder, f: Frame, long: float, run: float, c: Cottage, rng: np.random.Generator) -> None:
    brick = (0.27, 0.13, 0.09)
    for x in ((0.55,) if rng.uniform() < 0.5 else (0.55, long - 0.55)):
        top = c.walls + c.rise + float(rng.uniform(0.7, 1.2))
        tall = 2.0
        f.box(b, (x, run / 2, top - tall / 2), (0.36, 0.30, tall / 2), Material.FACADE, brick,
              (2, 2.5, 0, 1, 0, 3, 0, 0), texel_m=1.0, top=Material.PLAIN)  # fmt: skip
        f.box(b, (x, run / 2, top), (0.42, 0.36, 0.06), Material.PLAIN, (0.24, 0.15, 0.11), (0.2, 2), bottom=True)
        for k in (-0.17, 0.17):
            f.box(b, (x + k, run / 2, top + 0.22), (0.10, 0.10, 0.2), Material.PLAIN, (0.32, 0.16, 0.10), (0.2, 3))


def _attic(b: MeshBuilder, front: Frame, c: Cottage, tint: Vec, look: tuple[float, ...]) -> None:
    w = 1.15
    at = (c.wide / 2 - w / 2, -0.03, c.walls - 0.55)
    front.sheet(b, at, (w, 0, 0), (0, 0, 2.05), Material.FACADE, tint, (w, 1.6, 0.62, 1.0, 1, look[5] + 3, 0, 1))


def _timber(b: MeshBuilder, f: Frame, c: Cottage, bays: int, bay: float, floor: float, floors: int) -> None:
    """Dark posts, rails and braces on the front, a hand's breadth out of the plaster."""
    y, dark = -0.035, (0.12, 3.0, 0.05)

    def beam(x0: float, z0: float, x1: float, z1: float, half: float = 0.09) -> None:
        way = np.array([x1 - x0, 0, z1 - z0])
        aside = np.array([-way[2], 0, way[0]]) / max(float(np.linalg.norm(way)), 1e-6) * half
        f.sheet(b, np.array([x0, y, z0]) - aside, way, 2 * aside, Material.PLAIN, TIMBER, dark, texel_m=1.5)

    base = 0.0 if floors == 1 else floor
    for k in range(bays + 1):
        x = min(max(k * bay, 0.1), c.wide - 0.1)
        beam(x, base, x, c.walls)
    for z in (base + 0.05, base + 0.72, c.walls - 0.1):
        beam(0.0, z, c.wide, z, 0.08)
    for k in (0, bays - 1):
        left, right = k * bay + 0.08, k * bay + bay * 0.28
        beam(*((left, base + 0.1, right, c.walls - 0.15) if k == 0 else
               ((k + 1) * bay - 0.08, base + 0.1, (k + 1) * bay - bay * 0.28, c.walls - 0.15)), 0.07)  # fmt: skip
    if c.gable_on:
        for share in (0.25, 0.5, 0.75):
            x, top = c.wide * share, c.rise * (1 - abs(2 * share - 1))
            beam(x, c.walls, x, c.walls + top - 0.2)


def _shutters(
    b: MeshBuilder, f: Frame, bays: int, bay: float, half: float, floor: float, floors: int, tint: Vec
) -> None:
    for k in range(bays):
        for level in range(floors):
            z = level * floor + 0.85
            for side in (-1, 1):
                x = (k + 0.5) * bay + side * (half + 0.27)
                half_xyz = (0.23, 0.025, 0.61)
                f.box(b, (x, -0.03, z + 0.59), half_xyz, Material.PLANKS, tint, (0.11, 2.0, 0.1), bottom=True)


def _door(b: MeshBuilder, f: Frame, x: float, tint: Vec, rng: np.random.Generator) -> list[tuple[float, ...]]:
    stone = (0.38, 0.35, 0.30)
    f.box(b, (x, -0.03, 1.06), (0.62, 0.07, 1.16), Material.PLAIN, stone, (0.12, 2.0), texel_m=1.0, bottom=True)
    f.box(b, (x, -0.07, 1.02), (0.46, 0.05, 1.02), Material.PLANKS, tint, (0.14, 3.0, 0.15), texel_m=0.8)
    f.sheet(b, (x - 0.25, -0.125, 1.45), (0.5, 0, 0), (0, 0, 0.4), Material.GLOW, (1.0, 0.72, 0.42), (0.05, 0.7))
    f.box(b, (x, -0.45, 0.07), (0.75, 0.38, 0.09), Material.PLAIN, stone, (0.15, 2.0), texel_m=0.6)
    if rng.uniform() < 0.5:
        f.sheet(b, (x - 0.8, -0.75, 2.28), (1.6, 0, 0), (0, 0.75, 0.42), Material.ROOF, (0.28, 0.12, 0.07), (1,))
        f.sheet(b, (x - 0.8, -0.75, 2.26), (0, 0.75, 0.42), (1.6, 0, 0), Material.PLANKS, (0.10, 0.06, 0.04), (0.1, 2))
    if rng.uniform() < 0.85:
        f.box(b, (x + 0.85, -0.20, 2.15), (0.07, 0.07, 0.11), Material.GLOW, (1.0, 0.76, 0.46), (0.4, 5.0), bottom=True,
              casts=False)  # fmt: skip
        f.box(b, (x + 0.85, -0.18, 2.30), (0.1, 0.1, 0.03), Material.PLAIN, (0.03, 0.03, 0.03), (0.1, 1, 0.2))
        return [(*f.point((x + 0.85, -0.45, 2.15)), 19.0, 11.8, 5.4, 12.0, 0.1)]
    return []
