"""What stands on a street: lamps, trees, cars, people, benches; positions by seed, kept out of the camera's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from render.scene import Scene
from render.world.car import car
from render.world.people import person
from render.world.quads_scene import Material, MeshBuilder, tube
from render.world.street_tree import street_tree

if TYPE_CHECKING:
    from render.world.city import StreetPlan
    from render.world.lot import Lot

KERB = 0.14
IRON = (0.03, 0.034, 0.034)
LAMP = (210.0, 134.0, 68.0)
CAR_TINTS = (
    (0.42, 0.42, 0.42), (0.03, 0.032, 0.035), (0.10, 0.11, 0.12), (0.55, 0.54, 0.52), (0.04, 0.07, 0.13),
    (0.20, 0.03, 0.025), (0.06, 0.10, 0.08), (0.23, 0.22, 0.20), (0.30, 0.25, 0.15),
)  # fmt: skip


def furnish(b: MeshBuilder, plan: StreetPlan, scene: Scene, lots: list[Lot]) -> list[tuple[float, ...]]:
    """Place everything; returns lamp rows (x, y, z, r, g, b, reach, downward) in the own frame."""
    rng = np.random.default_rng([scene.seed, 0xF00D])
    lamps = _lamps(b, plan)
    _trees(b, plan, rng)
    _cars(b, plan, rng)
    _people(b, plan, rng)
    _small_things(b, plan, rng)
    for lot in lots:
        if abs(lot.front - plan.facade) < 1e-6 and -90 < lot.begin < 170:
            lamps += _shop_light(lot) + _neon(b, lot)
    return lamps


def _clear(plan: StreetPlan, y: float, margin: float = 1.0) -> bool:
    """Whether y lies beside a house, not in a cross street."""
    return all(abs(y - middle) > half + margin - 3.0 for middle, half in plan.crossings)


def _lamps(b: MeshBuilder, plan: StreetPlan) -> list[tuple[float, ...]]:
    rows: list[tuple[float, ...]] = []
    for k, y in enumerate(np.arange(-104.0, 190.0, 13.5)):
        side = 1 if k % 2 else -1
        if not _clear(plan, float(y)):
            continue
        x = side * (plan.half_road + 0.55)
        arm = x - side * 1.5
        pole = np.array(
            [
                [x, y, KERB],
                [x, y, 0.9],
                [x, y, 5.6],
                [x - side * 0.25, y, 6.15],
                [x - side * 0.7, y, 6.4],
                [arm, y, 6.42],
            ]
        )
        b.loft(
            tube(pole, np.array([0.085, 0.07, 0.05, 0.045, 0.035, 0.03]), 6),
            Material.PAINT,
            IRON,
            (0.3,),
            closed_u=True,
        )
        b.box((x, y, KERB + 0.45), (0.11, 0.11, 0.45), Material.PLAIN, IRON, (0.1, 1.0, 0.2))
        b.box((arm - side * 0.22, y, 6.42), (0.36, 0.13, 0.05), Material.PAINT, IRON, (0.3,))
        b.box(
            (arm - side * 0.22, y, 6.325),
            (0.24, 0.10, 0.045),
            Material.GLOW,
            (1.0, 0.72, 0.42),
            (1, 9.0),
            bottom=True,
            casts=False,
        )
        rows.append((arm - side * 0.22, float(y), 6.3, *LAMP, 28.0, 0.9))
    return rows


def _shop_light(lot: Lot) -> list[tuple[float, ...]]:
    """Light that spills from a shop window."""
    x = lot.side * (lot.front - 0.5)
    warm = (8.5, 6.0, 3.3) if lot.seed % 10 < 7 else (6.2, 6.6, 7.0)
    count = max(1, round((lot.end - lot.begin) / 7))
    step = (lot.end - lot.begin) / count
    return [(x, lot.begin + (k + 0.5) * step, 2.5, *warm, 10.0, 0.0) for k in range(count)]


NEON = ((1.0, 0.12, 0.10), (0.10, 0.85, 0.62), (1.0, 0.62, 0.12), (0.75, 0.16, 0.95), (0.20, 0.50, 1.0))


def _neon(b: MeshBuilder, lot: Lot) -> list[tuple[float, ...]]:
    """A tall lit sign on some of the high houses, and the light it throws."""
    if lot.storeys < 8 or lot.seed % 5 > 2:
        return []
    rng = np.random.default_rng([lot.seed, 0x4E0])
    hue = NEON[lot.seed % len(NEON)]
    y, half = lot.begin + float(rng.uniform(0.15, 0.85)) * (lot.end - lot.begin), float(rng.uniform(1.2, 3.0))
    x, z = lot.side * (lot.front - 0.65), lot.ground_floor + 1.4 + half
    b.box((x, y, z), (0.5, 0.09, half), Material.SIGN, hue, (lot.seed % 613, 3.2), bottom=True, texel_m=1.0)
    b.box((lot.side * (lot.front - 0.1), y, z + half * 0.6), (0.1, 0.03, 0.03), Material.PLAIN, IRON)
    return [(x, y, z - half * 0.3, *(16.0 * c for c in hue), 17.0, 0.0)]


def _trees(b: MeshBuilder, plan: StreetPlan, rng: np.random.Generator) -> None:
    spacing = 20.0 - 10.5 * plan.vegetation
    if plan.vegetation < 0.04:
        return
    for side in (-1, 1):
        for y in np.arange(-100.0 + 4 * (side > 0), 188.0, spacing):
            at = float(y) + float(rng.uniform(-1, 1))
            seed = int(rng.integers(1 << 20))
            if not _clear(plan, at, 1.5) or -24 < at < -3:
                continue
            leaves = 1900 if -40 < at < 32 else 800 if at < 80 else 330
            street_tree(b, (side * (plan.half_road + 1.0), at, KERB), float(rng.uniform(0.82, 1.12)), leaves, seed)
            b.box(
                (side * (plan.half_road + 1.0), at, KERB + 0.01),
                (0.62, 0.62, 0.012),
                Material.PLAIN,
                (0.06, 0.045, 0.03),
                (0.4, 6.0),
            )


def _cars(b: MeshBuilder, plan: StreetPlan, rng: np.random.Generator) -> None:
    """Parked along the kerbs and a few under way; none where the standard cameras stand (y −30…2 on the roadway)."""
    for side in (-1, 1):
        y = -96.0
        while y < 182:
            y += float(rng.uniform(5.6, 7.0)) + (0 if rng.uniform() < 0.35 + 0.5 * plan.density else 6.5)
            tint = CAR_TINTS[int(rng.integers(len(CAR_TINTS)))]
            kind = float(rng.uniform())
            near_camera = -34 < y < 9
            if near_camera or not _clear(plan, y, 3.5):
                continue
            car(b, (side * (plan.half_road - 1.05), y, 0.0), 1 if side > 0 else -1, tint, kind, lights=False,
                far=not -36 < y < 44)
    for lane, ahead, ys in ((1, 1, (38.0, 88.0, 149.0)), (-1, -1, (58.0, 112.0, 170.0))):
        for y in ys:
            if rng.uniform() < 0.25 + 0.7 * plan.density:
                car(
                    b,
                    (lane * plan.half_road * 0.36, y + float(rng.uniform(-6, 6)), 0.0),
                    ahead,
                    CAR_TINTS[int(rng.integers(len(CAR_TINTS)))],
                    float(rng.uniform()),
                    lights=True,
                    far=y > 46,
                )


def _people(b: MeshBuilder, plan: StreetPlan, rng: np.random.Generator) -> None:
    for _ in range(round(10 + 46 * plan.density)):
        side = 1 if rng.uniform() < 0.5 else -1
        y = float(rng.uniform(-22, 120)) if rng.uniform() < 0.8 else float(rng.uniform(-95, 180))
        x = side * float(rng.uniform(plan.half_road + 1.9, plan.facade - 0.8))
        heading = 0.0 if rng.uniform() < 0.5 else np.pi
        seed = int(rng.integers(1 << 20))
        if -26 < y < -2 and rng.uniform() < 0.6:
            continue
        ground = KERB if _clear(plan, y, 0.0) else 0.0
        far = not -40 < y < 62
        person(b, (x, y, ground), heading + float(rng.normal(0, 0.15)), seed, far=far)
        if rng.uniform() < 0.35:
            person(b, (x + 0.62, y + float(rng.uniform(-0.2, 0.2)), ground), heading, seed + 1, far=far)


def _small_things(b: MeshBuilder, plan: StreetPlan, rng: np.random.Generator) -> None:
    """Benches, bins, bollards, post boxes, café tables."""
    wood = (0.22, 0.12, 0.06)
    for side in (-1, 1):
        for y in np.arange(-70.0, 170.0, 23.0):
            at = float(y) + float(rng.uniform(-5, 5))
            pick = float(rng.uniform())
            if not _clear(plan, at, 2.0):
                continue
            x = side * (plan.half_road + 1.0)
            if pick < 0.6:
                for k in range(4):
                    b.box(
                        (x - 0.2 + 0.13 * k, at + 3, KERB + 0.45),
                        (0.055, 0.85, 0.02),
                        Material.PLANKS,
                        wood,
                        (0.2, 2.0),
                    )
                for k in range(2):
                    b.box(
                        (x + side * 0.3, at + 3, KERB + 0.66 + 0.17 * k),
                        (0.02, 0.85, 0.06),
                        Material.PLANKS,
                        wood,
                        (0.2, 2.0),
                    )
                for e in (-0.7, 0.7):
                    b.box((x, at + 3 + e, KERB + 0.22), (0.28, 0.03, 0.22), Material.PLAIN, IRON)
            else:
                b.box((x, at + 3, KERB + 0.45), (0.2, 0.2, 0.45), Material.PLAIN, (0.05, 0.09, 0.07), (0.1, 2.0, 0.2))
            for k in range(3):
                z = np.array(
                    [
                        [side * (plan.half_road + 0.4), at - 1.6 * k, KERB],
                        [side * (plan.half_road + 0.4), at - 1.6 * k, KERB + 0.85],
                    ]
                )
                b.loft(tube(z, np.array([0.06, 0.05]), 6), Material.PLAIN, IRON, (0.1, 1.0, 0.2), closed_u=True)
    for middle, half in plan.crossings[:2]:
        for side in (-1, 1):  # traffic lights
            x, y = side * (plan.half_road + 0.5), middle - half - 0.6
            pole = np.array([[x, y, KERB], [x, y, 3.4]])
            b.loft(tube(pole, np.array([0.06, 0.05]), 6), Material.PLAIN, IRON, closed_u=True)
            b.box((x, y, 3.0), (0.14, 0.12, 0.42), Material.PLAIN, (0.02, 0.02, 0.02), bottom=True)
            b.box((x, y - 0.125, 3.26), (0.08, 0.01, 0.08), Material.GLOW, (1.0, 0.10, 0.05), (0.3, 3.0))
    for y in np.arange(6.0, 60.0, 17.0):  # café tables under one frontage
        side = 1 if rng.uniform() < 0.5 else -1
        if rng.uniform() > 0.35 + 0.5 * plan.density or not _clear(plan, float(y), 3.0):
            continue
        for k in range(3):
            x, at = side * (plan.facade - 1.25), float(y) + 1.9 * k
            b.box((x, at, KERB + 0.73), (0.33, 0.33, 0.015), Material.PLAIN, (0.42, 0.40, 0.36), bottom=True)
            b.box((x, at, KERB + 0.36), (0.03, 0.03, 0.36), Material.PLAIN, IRON)
            for e in (-0.62, 0.62):
                b.box((x, at + e, KERB + 0.44), (0.19, 0.19, 0.02), Material.PLAIN, (0.25, 0.16, 0.08), bottom=True)
                b.box((x, at + e * 1.3, KERB + 0.68), (0.19, 0.015, 0.2), Material.PLAIN, (0.25, 0.16, 0.08))
                for lx in (-0.16, 0.16):
                    b.box((x + lx, at + e, KERB + 0.22), (0.012, 0.16, 0.22), Material.PLAIN, IRON)
