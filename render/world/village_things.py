"""What stands between a village's houses: lanterns, garden walls, hedges, trees, a well, benches, people."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from render.materials.facade import RUBBLE
from render.scene import Scene
from render.world.frames import Frame
from render.world.greens import bush, tufts
from render.world.people import person
from render.world.place import F64
from render.world.quads_scene import Material, MeshBuilder, tube
from render.world.street_tree import street_tree
from render.world.village_plan import HALF_LANE_M, VillagePlan

IRON = (0.028, 0.030, 0.030)
BLOOMS = ((0.5, 0.06, 0.10), (0.55, 0.42, 0.08), (0.42, 0.16, 0.45), (0.6, 0.55, 0.5))
LANTERN = (120.0, 74.0, 33.0)
Ground = Callable[[F64], F64]


def furnish_village(b: MeshBuilder, plan: VillagePlan, scene: Scene, ground: Ground) -> list[tuple[float, ...]]:
    """Place everything; returns lamp rows in the own frame."""
    rng = np.random.default_rng([scene.seed, 0x7F])
    lamps = _lanterns(b, plan)
    _gardens(b, plan, rng, ground)
    _trees(b, plan, rng, ground)
    _well(b, plan)
    _people(b, plan, rng)
    _verges(b, plan, rng, ground)
    return lamps


def _beside(plan: VillagePlan, y: float, across: float) -> F64:
    """(3,) a point beside the lane, own frame, at the lane's height."""
    at = np.array(y)
    return np.array([float(plan.lane_x(at)) + across, y, float(plan.rise(at))])


def _free(plan: VillagePlan, x: F64, y: F64, margin: float) -> np.ndarray:
    """(n,) bool: not in a house, on the lane or in the church."""
    ok = np.abs(x - plan.lane_x(y)) > HALF_LANE_M + 0.5 + min(margin, 0.8)
    px, py, yaw, wide, deep = np.array([(p.x, p.y, p.yaw, p.wide / 2, p.deep) for p in plan.plots]).T[:, :, None]
    along = (x - px) * np.cos(yaw) + (y - py) * np.sin(yaw)
    away = -(x - px) * np.sin(yaw) + (y - py) * np.cos(yaw)
    ok &= ~((np.abs(along) < wide + margin) & (away > -margin) & (away < deep + margin)).any(0)
    cx, cy = plan.church
    return np.asarray(ok & ~((np.abs(x - cx) < 6 + margin) & (y > cy - 1 - margin) & (y < cy + 25 + margin)))


def _lanterns(b: MeshBuilder, plan: VillagePlan) -> list[tuple[float, ...]]:
    rows: list[tuple[float, ...]] = []
    for k, y in enumerate(np.arange(-56.0, 150.0, 15.5)):
        side = 1 if k % 2 else -1
        if -24 < y < 3:  # where the standard cameras stand
            continue
        at = _beside(plan, float(y), side * (HALF_LANE_M + 0.8))
        post = np.array([at, at + np.array([0, 0, 0.5]), at + np.array([0, 0, 3.0])])
        b.loft(tube(post, np.array([0.09, 0.05, 0.035]), 8), Material.PAINT, IRON, (0.3,), closed_u=True)
        b.box(at + np.array([0, 0, 0.2]), (0.12, 0.12, 0.2), Material.PLAIN, IRON, (0.1, 1, 0.2))
        b.box(at + np.array([0, 0, 3.02]), (0.16, 0.16, 0.025), Material.PAINT, IRON, (0.3,), bottom=True)
        glass = at + np.array([0, 0, 3.24])
        b.box(glass, (0.125, 0.125, 0.20), Material.GLOW, (1.0, 0.74, 0.43), (1, 7.0), bottom=True, casts=False)
        for dx in (-0.14, 0.14):
            for dy in (-0.14, 0.14):
                b.box(at + np.array([dx, dy, 3.24]), (0.012, 0.012, 0.21), Material.PAINT, IRON, (0.3,), casts=False)
        roof = Frame(at + np.array([0, 0, 3.45]), 0.0)
        base = np.array([[-0.2, -0.2, 0], [0.2, -0.2, 0], [0.2, 0.2, 0], [-0.2, 0.2, 0]])
        for c in range(4):
            a, e = base[c], base[(c + 1) % 4]
            roof.sheet(b, a, e - a, np.array([0, 0, 0.26]) - a, Material.PAINT, IRON, (0.3,), triangle=True,
                       two_sided=True)  # fmt: skip
        rows.append((float(at[0]), float(at[1]), float(at[2]) + 3.2, *LANTERN, 19.0, 0.15))
    return rows


def _gardens(b: MeshBuilder, plan: VillagePlan, rng: np.random.Generator, ground: Ground) -> None:
    """Low walls or hedges along the lane where no house stands near it, and beds before houses set back."""
    look = (2, 2.5, 0, 1, RUBBLE, 5, 0, 0)
    for side in (-1, 1):
        ys = np.arange(-80.0, 148.0, 3.0)
        x = plan.lane_x(ys) + side * (HALF_LANE_M + 2.1)
        open_ = _free(plan, x, ys, 0.3) & _free(plan, x + side * 2.5, ys, 0.2)
        for k in range(len(ys) - 1):
            if not (open_[k] and open_[k + 1]) or rng.uniform() < 0.13:
                continue
            a, c = np.array([x[k], ys[k]]), np.array([x[k + 1], ys[k + 1]])
            middle, along = (a + c) / 2, c - a
            z = float(ground(middle[None])[0])
            yaw = float(np.arctan2(along[1], along[0]))
            hedge = (int(ys[k] // 21) * 7 + side) % 3 == 0
            if hedge:
                for share in (0.2, 0.5, 0.8):
                    bush(b, np.array([*(a + along * share), z]), 0.62, 1.25, 110, rng, evergreen=True,
                         tint=(0.040, 0.070, 0.022))  # fmt: skip
                continue
            b.box((*middle, z + 0.25), (1.53, 0.2, 0.62), Material.FACADE, (0.37, 0.33, 0.27), look, yaw=yaw,
                  texel_m=0.9, top=Material.PLAIN)  # fmt: skip
            b.box((*middle, z + 0.9), (1.53, 0.25, 0.05), Material.PLAIN, (0.36, 0.33, 0.28), (0.25, 3), yaw=yaw,
                  bottom=True, texel_m=1.2)  # fmt: skip
            if rng.uniform() < 0.55:
                at = np.array([middle[0] + side * float(rng.uniform(0.7, 2.0)), middle[1], z])
                hue = BLOOMS[int(rng.integers(4))]
                bush(b, at, float(rng.uniform(0.5, 1.0)), float(rng.uniform(0.9, 1.9)), 190, rng,
                     flowers=hue if rng.uniform() < 0.5 else None)  # fmt: skip


def _trees(b: MeshBuilder, plan: VillagePlan, rng: np.random.Generator, ground: Ground) -> None:
    count = round(64 * plan.vegetation)
    y = rng.uniform(-78, 150, 500)
    x = plan.lane_x(y) + rng.choice([-1, 1], 500) * rng.uniform(5.4, 46, 500)
    free = np.flatnonzero(_free(plan, x, y, 2.0))
    taken: list[F64] = []
    for k in free:
        at = np.array([x[k], y[k]])
        if len(taken) >= count:
            break
        if any(np.hypot(*(at - t)) < 6.0 for t in taken) or np.hypot(at[0] - plan.lane_x(y[k]), at[1] + 12) < 11:
            continue
        taken.append(at)
        away = float(np.hypot(at[0], at[1] - 10))
        leaves = 1900 if away < 34 else 900 if away < 70 else 420
        z = float(ground(at[None])[0])
        scale, seed = float(rng.uniform(0.85, 1.5)), int(rng.integers(1 << 20))
        street_tree(b, (float(at[0]), float(at[1]), z), scale, leaves, seed)


def _well(b: MeshBuilder, plan: VillagePlan) -> None:
    """A stone well with a little roof where the lane widens."""
    f = Frame(_beside(plan, 21.0, plan.side * (HALF_LANE_M + 1.75)), 0.3)
    turn = np.arange(16) / 16 * 2 * np.pi
    ring = np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1)[:, None]
    levels = ((0.78, -0.3), (0.78, 0.72), (0.84, 0.74), (0.84, 0.86), (0.62, 0.86), (0.60, 0.2))
    wall = np.concatenate([ring * [r, r, 1] + [0, 0, z] for r, z in levels], 1)
    f.loft(b, wall, Material.PLAIN, (0.36, 0.33, 0.28), (0.35, 5.0), closed_u=True)
    f.box(b, (0, 0, 0.25), (0.6, 0.6, 0.02), Material.PAINT, (0.01, 0.012, 0.014), (0.9,))
    for x in (-0.72, 0.72):
        f.box(b, (x, 0, 1.3), (0.06, 0.06, 0.75), Material.PLANKS, (0.12, 0.075, 0.04), (0.1, 2), texel_m=0.8)
    f.box(b, (0, 0, 1.55), (0.72, 0.05, 0.05), Material.PLANKS, (0.12, 0.075, 0.04), (0.1, 2), bottom=True)
    f.box(b, (0.1, 0, 1.1), (0.14, 0.14, 0.15), Material.PLANKS, (0.14, 0.09, 0.05), (0.06, 1), bottom=True)
    f.box(b, (0.1, 0, 1.38), (0.01, 0.01, 0.16), Material.PLAIN, IRON)
    for side in (-1, 1):
        f.sheet(b, (-side * 1.0, -side * 0.75, 2.0), (side * 2.0, 0, 0), (0, side * 0.75, 0.55), Material.ROOF,
                (0.28, 0.12, 0.07), (1,), texel_m=0.6)  # fmt: skip
        f.sheet(b, (-side * 1.0, -side * 0.75, 1.97), (0, side * 0.75, 0.55), (side * 2.0, 0, 0), Material.PLANKS,
                (0.10, 0.065, 0.04), (0.1, 2))  # fmt: skip
        f.sheet(b, (side * 0.9, -side * 0.7, 2.02), (0, side * 1.4, 0), (0, side * 0.7, 0.5), Material.PLANKS,
                (0.12, 0.075, 0.04), (0.1, 2), triangle=True)  # fmt: skip


def _people(b: MeshBuilder, plan: VillagePlan, rng: np.random.Generator) -> None:
    for y in (24.0, 31.0, 33.0, 47.0, 66.0, 90.0):
        if rng.uniform() > 0.35 + 0.7 * plan.density:
            continue
        at = _beside(plan, y + float(rng.uniform(-2, 2)), float(rng.uniform(-2.6, 2.6)))
        heading, seed = float(rng.choice([0.0, np.pi])), int(rng.integers(1 << 20))
        person(b, (float(at[0]), float(at[1]), float(at[2]) + 0.08), heading, seed)
    for y, side in ((14.0, -1), (38.0, 1)):  # benches
        f = Frame(_beside(plan, y, side * (HALF_LANE_M + 1.5)), np.pi / 2)
        for k in range(3):
            f.box(b, (0, -0.16 + 0.15 * k, 0.45), (0.8, 0.06, 0.025), Material.PLANKS, (0.20, 0.12, 0.06), (0.2, 2))
        for x in (-0.6, 0.6):
            f.box(b, (x, 0, 0.22), (0.04, 0.2, 0.22), Material.PLAIN, (0.33, 0.31, 0.27), (0.2, 2))


def _verges(b: MeshBuilder, plan: VillagePlan, rng: np.random.Generator, ground: Ground) -> None:
    """Grass in tufts along the lane's edges and the foot of the walls."""
    n = round(900 * (0.3 + plan.vegetation))
    y = rng.uniform(-34, 80, n)
    x = plan.lane_x(y) + rng.choice([-1, 1], n) * (HALF_LANE_M + 0.55 + np.abs(rng.normal(0, 1.1, n)))
    keep = _free(plan, x, y, 0.05)
    points = np.stack([x[keep], y[keep]], 1)
    tufts(b, np.concatenate([points, ground(points)[:, None] - 0.02], 1), rng, 0.22)
