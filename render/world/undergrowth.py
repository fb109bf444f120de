"""What grows and lies below the trees, and what people leave on a field: tufts, ferns, logs, stones, bales, fences."""

from __future__ import annotations

import math

import numpy as np

from render.visibility.cutouts import Cutout
from render.world.noise import seed_of
from render.world.plants import F64, Builder, Model, Stuff, units


def tuft(variant: int, cards: int, stuff: Stuff, cutout: Cutout, upright: float = 0.25) -> Model:
    """Blades that rise from one foot, radius and height 1."""
    random = np.random.Generator(np.random.PCG64(seed_of("tuft", variant, int(stuff))))
    b = Builder()
    turn = np.arange(cards) * (math.pi / cards) + random.uniform(0, 0.5, cards)
    across = np.stack([np.cos(turn), np.sin(turn), np.zeros(cards)], 1) * random.uniform(1.3, 2.0, (cards, 1))
    lean = np.stack([-np.sin(turn), np.cos(turn), np.zeros(cards)], 1) * random.normal(0, upright, (cards, 1))
    up = lean + np.array([0, 0, 1.0]) * random.uniform(0.75, 1.05, (cards, 1))
    foot = random.normal(0, 0.16, (cards, 3)) * [1, 1, 0]
    rank = np.full(cards, 0.6) if stuff == Stuff.CORN else None  # cut before winter
    out = lean * 0.6 + np.array([0, 0, 0.9])
    b.cards(foot - across / 2, across, up, out, np.full(cards, 0.85), stuff, cutout, rank)
    return b.scaled(1.0, 1.0)


def fern(variant: int, fronds: int) -> Model:
    """A fern of radius and height 1: fronds that arch out of one foot."""
    random = np.random.Generator(np.random.PCG64(seed_of("fern", variant)))
    b = Builder()
    for k in range(fronds):
        turn = k * 2.39996 + random.uniform(-0.3, 0.3)
        way = np.array([math.cos(turn), math.sin(turn), 0.0])
        side = np.array([-way[1], way[0], 0.0])
        rise, long = random.uniform(0.6, 1.0), random.uniform(0.8, 1.1)
        first = way * 0.5 * long + np.array([0, 0, 0.78 * rise])
        second = way * 0.55 * long + np.array([0, 0, -0.16 * rise])
        for root, spine, wide in ((np.zeros(3), first, 0.25), (first, second, 0.28)):
            across = side * wide
            b.cards((root - across / 2)[None], spine[None], across[None], (way * 0.3 + np.array([0, 0, 0.9]))[None],
                    np.array([0.35 + 0.5 * (wide > 0.26)]), Stuff.FERN, Cutout.FROND)
    return b.scaled(1.0, 1.0)


def log(variant: int) -> Model:
    """A fallen trunk along x, 2 m long per metre of radius; its height is its thickness."""
    random = np.random.Generator(np.random.PCG64(seed_of("log", variant)))
    b = Builder()
    t = np.linspace(-1, 1, 6)
    path = np.stack([t, 0.02 * np.sin(2.1 * t + variant), 0.08 + 0.01 * np.cos(2.7 * t + variant)], 1)
    thick = 0.11 * np.array([1.25, 1.0, 0.92, 0.86, 0.74, 0.62])
    b.tube(path, thick, 8, Stuff.BARK, 0.75)
    ends = path[[0, -1]]
    for end, wide, way in ((ends[0], float(thick[0]), -1.0), (ends[1], float(thick[-1]), 1.0)):
        turn = np.arange(8) * (2 * np.pi / 8)
        rim = np.stack([np.zeros(8), np.cos(turn) * wide, np.sin(turn) * wide], 1)
        middle = np.tile(end, (8, 1))
        b.cards(middle, rim, np.roll(rim, -1, 0), np.tile([[way, 0.0, 0.1]], (8, 1)), np.array(0.7), Stuff.DEAD_WOOD,
                 triangle=True)
    for _ in range(7):  # roots at one end, stubs along the trunk
        round_it = random.uniform(0, 6.28)
        foot = ends[0] + np.array([0.02, 0, 0])
        tip = foot + np.array([-0.10, 0.20 * math.cos(round_it), 0.20 * math.sin(round_it)]) * random.uniform(0.6, 1.2)
        b.tube(np.stack([foot, tip]), np.array([0.05, 0.012]), 4, Stuff.BARK, 0.5)
    for _ in range(4):
        at = random.uniform(-0.5, 0.9)
        foot = np.array([at, 0.0, 0.09])
        tip = foot + np.array([random.uniform(0.0, 0.1), random.normal(0, 0.12), random.uniform(0.08, 0.2)])
        b.tube(np.stack([foot, tip]), np.array([0.025, 0.010]), 4, Stuff.DEAD_WOOD, 0.6)
    return b.scaled(1.0, 0.2)


def stump(variant: int) -> Model:
    """A sawn or broken stump of radius and height 1."""
    b = Builder()
    z = np.array([-0.2, 0.08, 0.35, 1.0])
    path = np.stack([0 * z, 0 * z, z], 1)
    b.tube(path, np.array([1.0, 0.75, 0.58, 0.54]), 9, Stuff.BARK, 0.6)
    turn = np.arange(9) * (2 * np.pi / 9)
    rim = np.stack([np.cos(turn) * 0.54, np.sin(turn) * 0.54, 0.12 * np.sin(3 * turn + variant)], 1)
    top = np.tile([[0.0, 0.0, 1.0]], (9, 1))
    up = np.tile([[0, 0, 1.0]], (9, 1))
    b.cards(top, rim, np.roll(rim, -1, 0), up, np.array(0.9), Stuff.DEAD_WOOD, triangle=True)
    return b.scaled(1.0, 1.0)


def boulder(variant: int, around: int = 14, rows: int = 7) -> Model:
    """A weathered block: a ball bulged by waves and cut by a few planes."""
    random = np.random.Generator(np.random.PCG64(seed_of("boulder", variant)))
    waves, phases = random.normal(size=(6, 3)) * 2.0, random.random(6) * 6.28
    planes = units(random.normal(size=(7, 3)) * [1, 1, 0.7] + np.array([0, 0, 0.25]))
    cuts = random.uniform(0.62, 0.88, 7)

    def point(u: F64, v: F64) -> F64:
        p = np.stack([np.cos(v) * np.cos(u), np.cos(v) * np.sin(u), np.sin(v)], -1)
        bulge = 0.92 + 0.055 * np.sin(p @ waves.T + phases).sum(-1)
        limit = (cuts / np.maximum(p @ planes.T, 1e-3)).min(-1)
        shaped: F64 = p * np.minimum(bulge, limit)[..., None] * [1.0, 0.84, 0.66] + np.array([0.0, 0.0, 0.18])
        return shaped

    u, v = np.meshgrid(np.arange(around + 1) * (2 * np.pi / around), -0.6 + 2.17 * np.arange(rows + 1) / rows)
    u = u + 0.12 * np.sin(3 * v + variant)
    grid = point(u, v)
    a, b_, c, d = (g.reshape(-1, 3) for g in (grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]))
    b = Builder()
    for p, q, r in ((a, b_, c), (d, c, b_)):
        face = units(np.cross(q - p, r - p))
        centre = (p + q + r) / 3 - np.array([0.0, 0.0, 0.1])
        b.cards(p, q - p, r - p, 0.35 * units(centre) + 0.65 * face, np.clip(0.5 + 0.6 * centre[:, 2], 0.2, 1),
                Stuff.STONE, triangle=True)
    return b.scaled(1.0, 1.0)


def bale(variant: int) -> Model:
    """A round bale that lies on its side, radius 1 and height (its diameter) 1."""
    b = Builder()
    turn = np.arange(18) * (2 * np.pi / 18) + 0.1 * variant
    rim = np.stack([0 * turn, 0.98 * np.cos(turn), 0.5 + 0.5 * np.sin(turn)], 1)
    nxt = np.roll(rim, -1, 0)
    left = np.array([[-0.85, 0.0, 0.0]])
    out = np.stack([0 * turn, np.cos(turn + 0.17), np.sin(turn + 0.17)], 1)
    b.cards(rim + left, nxt - rim, np.tile(-2 * left, (18, 1)), out, 0.6 + 0.4 * rim[:, 2], Stuff.STRAW)
    middle = np.tile([[0.0, 0.0, 0.5]], (18, 1))
    for x in (-0.85, 0.85):
        at = middle + np.array([x, 0, 0])
        b.cards(at, rim - middle, nxt - middle, np.tile([[math.copysign(1.0, x), 0.0, 0.1]], (18, 1)),
                0.5 + 0.4 * rim[:, 2], Stuff.STRAW, triangle=True)
    return b.scaled(1.0, 1.0)


def fence(variant: int) -> Model:
    """A post and two rails to the next one: half a length 1 along x, height 1."""
    random = np.random.Generator(np.random.PCG64(seed_of("fence", variant)))
    b = Builder()
    _box(b, (-1.0, 0.0, 0.45), (0.045, 0.045, 0.58), Stuff.TIMBER, 0.8)
    for z in (0.45, 0.82):
        _box(b, (0.0, 0.05, z + random.normal(0, 0.015)), (1.02, 0.018, 0.045), Stuff.TIMBER, 0.85)
    return b.scaled(1.0, 1.0)


def barn(variant: int) -> Model:
    """A barn with a pitched roof: 13 × 8 m, 7.5 m to its ridge; radius 1 is 7 m."""
    b = Builder()
    x, y, eaves, ridge = 6.5, 4.0, 3.6, 7.5
    walls = (((-x, -y), (2 * x, 0), (0, -1)), ((x, -y), (0, 2 * y), (1, 0)), ((x, y), (-2 * x, 0), (0, 1)),
             ((-x, y), (0, -2 * y), (-1, 0)))
    for (ax, ay), (ux, uy), (nx, ny) in walls:
        _face(b, (ax, ay, -1.0), (ux, uy, 0), (0, 0, eaves + 1.0), (nx, ny, 0), Stuff.TIMBER, 0.8)
    for side in (-1.0, 1.0):
        b.cards(np.array([[side * x, -y, eaves]]), np.array([[0, 2 * y, 0]]), np.array([[0, y, ridge - eaves]]),
                np.array([[side, 0.0, 0.0]]), np.array([0.8]), Stuff.TIMBER, triangle=True)
        over = 0.6
        slope = (ridge - eaves) / y
        foot = (-x - over, side * (y + over), eaves - over * slope + 0.1)
        pitch = (0, -side * (y + over), (y + over) * slope)
        _face(b, foot, (2 * (x + over), 0, 0), pitch, (0, side, 1.2), Stuff.TILES, 0.9)
    _face(b, (-1.8, -y - 0.03, 0), (3.6, 0, 0), (0, 0, 3.1), (0, -1, 0), Stuff.TILES, 0.12)
    for at in (-4.6, 3.6):
        _face(b, (at, -y - 0.03, 1.3), (1.0, 0, 0), (0, 0, 1.1), (0, -1, 0), Stuff.TILES, 0.05)
    return b.scaled(7.0, 7.5)


def _face(
    b: Builder, at: tuple[float, float, float], u: tuple[float, float, float], v: tuple[float, float, float],
    out: tuple[float, float, float], stuff: Stuff, depth: float,
) -> None:
    origin, edge_u, edge_v, outward = (np.array([w], dtype=np.float64) for w in (at, u, v, out))
    b.cards(origin, edge_u, edge_v, outward, np.array([depth]), stuff)


def _box(
    b: Builder, middle: tuple[float, float, float], half: tuple[float, float, float], stuff: Stuff, depth: float
) -> None:
    m, h = np.array(middle), np.diag(half)
    for axis in range(3):
        u, v = h[(axis + 1) % 3], h[(axis + 2) % 3]
        for side in (-1.0, 1.0):
            corner = m + side * h[axis] - u - v
            b.cards(corner[None], 2 * u[None], 2 * v[None], (side * h[axis])[None], np.array([depth]), stuff)
