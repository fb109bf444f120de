"""What makes a street lived in: lights strung across it, cables, planters, boards before shops, bicycles, covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from render.world.frames import Frame
from render.world.greens import bush
from render.world.quads_scene import Material, MeshBuilder, tube

if TYPE_CHECKING:
    from render.world.city import StreetPlan
    from render.world.lot import Lot

KERB = 0.14
DARK = (0.025, 0.026, 0.028)


def clutter(
    b: MeshBuilder, plan: StreetPlan, lots: list[Lot], rng: np.random.Generator
) -> list[tuple[float, ...]]:
    """Place everything; returns lamp rows of the strung lights and of what lights up the fronts."""
    lamps = _strings(b, plan, rng)
    _cables(b, plan, rng)
    for lot in lots:
        if abs(lot.front - plan.facade) < 1e-6 and -40 < lot.begin < 120:
            _before_shop(b, plan, lot)
            lamps += _front_light(b, lot)
    _covers(b, plan, rng)
    return lamps


def _clear(plan: StreetPlan, y: float, margin: float) -> bool:
    return all(abs(y - middle) > half + margin - 3.0 for middle, half in plan.crossings)


def _sagging(a: np.ndarray, c: np.ndarray, sag: float, steps: int) -> np.ndarray:
    """(steps, 3) points of a cable between two."""
    t = np.linspace(0, 1, steps)[:, None]
    return np.asarray(a + (c - a) * t - np.array([0, 0, 1.0]) * (4 * sag * t * (1 - t)))


def _strings(b: MeshBuilder, plan: StreetPlan, rng: np.random.Generator) -> list[tuple[float, ...]]:
    """Bulbs on cables from house to house, where the street has people in it."""
    rows: list[tuple[float, ...]] = []
    if plan.density < 0.25:
        return rows
    for y in np.arange(-4.0, 50.0, 9.0):
        if not _clear(plan, float(y), 2.0):
            continue
        z = 7.4 + float(rng.uniform(-0.3, 0.3))
        path = _sagging(np.array([-plan.facade, y, z]), np.array([plan.facade, y + rng.uniform(-2, 2), z]), 0.9, 13)
        b.loft(tube(path, np.full(13, 0.012), 3), Material.PLAIN, DARK, closed_u=True, casts=False)
        for k in range(1, 12):
            at = path[k] - np.array([0, 0, 0.10])
            b.box(at, (0.045, 0.045, 0.065), Material.GLOW, (1.0, 0.76, 0.44), (0.35, 5.5), bottom=True, casts=False)
        rows += [(*path[k], 13.0, 8.6, 4.4, 12.0, 0.1) for k in (3, 6, 9)]
    return rows


def _cables(b: MeshBuilder, plan: StreetPlan, rng: np.random.Generator) -> None:
    """Wires along the fronts and a few across, high up."""
    for side in (-1, 1):
        for z in (8.8, 9.1):
            for y in np.arange(-60.0, 130.0, 21.0):
                x = side * (plan.facade - 0.25)
                path = _sagging(np.array([x, y, z]), np.array([x, y + 21.0, z]), 0.22, 6)
                b.loft(tube(path, np.full(6, 0.014), 3), Material.PLAIN, DARK, closed_u=True, casts=False)
    for y in (float(rng.uniform(60, 66)), float(rng.uniform(84, 96)), float(rng.uniform(-22, -16))):
        z = float(rng.uniform(9.2, 10.5))
        path = _sagging(np.array([-plan.facade, y, z]), np.array([plan.facade, y + 2.5, z - 0.6]), 0.5, 7)
        b.loft(tube(path, np.full(7, 0.014), 3), Material.PLAIN, DARK, closed_u=True, casts=False)


def _before_shop(b: MeshBuilder, plan: StreetPlan, lot: Lot) -> None:
    """Planters, a board, crates or bicycles before one house."""
    rng = np.random.default_rng([lot.seed, 0xC1])
    x = lot.side * (lot.front - 0.55)
    pick = float(rng.uniform())
    y = lot.begin + float(rng.uniform(0.2, 0.8)) * (lot.end - lot.begin)
    if pick < 0.4 + 0.3 * plan.vegetation:
        for k in (-1, 1):
            at = np.array([x, y + k * 1.3, KERB])
            foot = at + np.array([0, 0, 0.22])
            b.box(foot, (0.26, 0.26, 0.24), Material.PLAIN, (0.10, 0.10, 0.095), (0.15, 3), texel_m=0.6)
            bush(b, at + np.array([0, 0, 0.42]), 0.34, 0.75, 90, rng, evergreen=True, tint=(0.040, 0.075, 0.025))
    if 0.3 < pick < 0.75:  # a board on two legs
        tint = tuple(float(v) for v in rng.uniform(0.05, 0.35, 3))
        f = Frame(np.array([lot.side * (lot.front - 1.5), y + 2.4, KERB]), float(rng.normal(0, 0.2)))
        for s in (-1, 1):
            f.sheet(b, (s * 0.3, s * -0.25, 0.02), (-s * 0.6, 0, 0), (0, s * 0.22, 1.0), Material.SIGN, tint,
                    (float(lot.seed % 613), 0.05), two_sided=True)  # fmt: skip
    if pick > 0.6:  # fruit crates in two rows
        for k in range(5):
            for row in range(2):
                at = np.array([x - lot.side * 0.45 * row, y - 1.6 + 0.55 * k, KERB + 0.55 - 0.22 * row])
                b.box(at, (0.2, 0.25, 0.09), Material.PLANKS, (0.25, 0.16, 0.08), (0.09, 0.6))
                hue = ((0.45, 0.12, 0.03), (0.35, 0.04, 0.03), (0.14, 0.24, 0.04), (0.5, 0.38, 0.05))[
                    int(rng.integers(4))]  # fmt: skip
                b.box(at + np.array([0, 0, 0.09]), (0.17, 0.22, 0.04), Material.PLAIN, hue, (0.9, 60.0))
    elif pick < 0.35:
        for k in range(2):
            _bicycle(b, Frame(np.array([x, y - 2.0 + 0.6 * k, KERB]), float(rng.normal(0, 0.1))), rng)


def _bicycle(b: MeshBuilder, f: Frame, rng: np.random.Generator) -> None:
    turn = np.arange(13) / 12 * 2 * np.pi
    tint = tuple(float(v) for v in rng.uniform(0.02, 0.3, 3))
    for y in (-0.52, 0.52):
        wheel = np.stack([np.zeros(13), y + 0.33 * np.cos(turn), 0.34 + 0.33 * np.sin(turn)], 1)
        f.loft(b, tube(wheel, np.full(13, 0.018), 4), Material.PLAIN, DARK, (0.1, 1, 0.2), closed_u=True)
    hubs = np.array([[0, -0.52, 0.34], [0, -0.16, 0.86], [0, 0.40, 0.88], [0, 0.52, 0.34]])
    crank = np.array([0, -0.10, 0.32])
    for path in (hubs[[1, 2]], hubs[[2, 3]], np.stack([hubs[0], crank]), np.stack([crank, hubs[1]]),
                 np.stack([crank, hubs[2]]), hubs[[0, 1]]):  # fmt: skip
        f.loft(b, tube(path, np.full(2, 0.016), 4), Material.PAINT, tint, (0.5,), closed_u=True)
    f.box(b, (0, -0.18, 0.93), (0.06, 0.12, 0.03), Material.PLAIN, DARK)
    f.box(b, (0, 0.38, 0.98), (0.26, 0.015, 0.015), Material.PLAIN, (0.2, 0.2, 0.2), (0.1, 1, 0.4))


def _front_light(b: MeshBuilder, lot: Lot) -> list[tuple[float, ...]]:
    """Small lamps on the cornice of some ground floors that wash the wall above."""
    if lot.seed % 5 > 2:
        return []
    x = lot.side * (lot.front - 0.34)
    rows: list[tuple[float, ...]] = []
    count = max(2, round((lot.end - lot.begin) / 5))
    for k in range(count):
        y = lot.begin + (k + 0.5) * (lot.end - lot.begin) / count
        z = lot.ground_floor + 0.3
        b.box((x, y, z), (0.05, 0.12, 0.05), Material.GLOW, (1.0, 0.80, 0.50), (0.1, 3.0), casts=False)
        rows.append((x - lot.side * 0.1, y, z + 0.2, 9.5, 6.6, 3.5, 11.0, 0.0))
    return rows


def _covers(b: MeshBuilder, plan: StreetPlan, rng: np.random.Generator) -> None:
    """Iron covers in the road and gullies along the kerb."""
    for y in np.arange(-50.0, 120.0, 16.0):
        at = np.array([float(rng.uniform(-0.5, 0.5)) * plan.half_road, y + float(rng.uniform(-4, 4)), 0.006])
        turn = np.arange(12) / 12 * 2 * np.pi
        ring = at + 0.32 * np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1)
        middle = np.tile(at, (12, 1))
        b.batch(middle, ring - middle, np.roll(ring, -1, 0) - middle, Material.PLAIN, (0.045, 0.043, 0.040),
                (0.5, 40.0, 0.25), triangle=True, casts=False)  # fmt: skip
        for side in (-1, 1):
            x = side * (plan.half_road - 0.25)
            b.sheet((x - 0.15, float(at[1]), 0.005), (0.3, 0, 0), (0, 0.45, 0), Material.PLAIN, (0.03, 0.03, 0.03),
                    (0.3, 30.0, 0.2), casts=False)  # fmt: skip
