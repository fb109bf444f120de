"""What is left of old walls: a ruined keep by the sea or in the hills, a tower and a temple half buried in sand.

Metres; x right, y forward. Walls are columns of stone of unlike heights, so that they end as broken walls do.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from render.world.noise import seed_of
from render.world.props import F64, Builder, Cards, Thing

_UNDER_M = 3.5


def keep(x: float, y: float, z: float, turn: float, seed: int) -> list[Cards]:
    """A round tower broken at its top, and what stands of the hall beside it: a gable with a pointed window, walls."""
    make = Builder(seed_of("keep", seed))
    random = np.random.Generator(np.random.PCG64(seed_of("keep walls", seed)))
    _round(make, random, (-4.2, 2.0), 3.9, 1.0, 14.5, 6.5, Thing.MASONRY)
    # the gable looks backward, so that the sky is seen through its window
    _wall(make, random, (-0.8, -4.0), (9.6, -4.0), 9.6, 1.0, Thing.MASONRY, gable=True, window=(4.7, 2.6, 2.2, 4.0))
    _wall(make, random, (9.6, -4.0), (9.6, 9.0), 4.8, 1.0, Thing.MASONRY, window=(4.0, 1.4, 1.3, 1.6))
    _wall(make, random, (-1.2, 9.0), (9.6, 9.0), 3.0, 1.0, Thing.MASONRY)
    _fallen(make, random, (4.0, 2.0), 12.0, 46, Thing.MASONRY)
    return [make.done(x, y, z, turn)]


def tower(x: float, y: float, z: float, turn: float, seed: int) -> list[Cards]:
    """A watchtower of pale stone that leans in the sand, with what is left of its wall."""
    make = Builder(seed_of("desert tower", seed))
    random = np.random.Generator(np.random.PCG64(seed_of("desert tower walls", seed)))
    _round(make, random, (0.0, 0.0), 4.4, 1.1, 19.0, 4.0, Thing.SANDSTONE, taper=0.74)
    wall = Builder(seed_of("desert wall", seed))
    _wall(wall, random, (3.6, 0.5), (17.0, 3.0), 4.4, 0.9, Thing.SANDSTONE, ruin=0.75)
    _wall(wall, random, (-4.0, 1.0), (-13.0, -3.0), 3.2, 0.9, Thing.SANDSTONE, ruin=0.8)
    _fallen(wall, random, (2.0, -3.0), 14.0, 40, Thing.SANDSTONE)
    return [make.done(x, y, z, turn, 0.035), wall.done(x, y, z - 0.6, turn)]


def temple(x: float, y: float, z: float, turn: float, seed: int) -> list[Cards]:
    """A temple that dunes have half buried: two rows of columns, beams on some, a doorway, drums in the sand."""
    random = np.random.Generator(np.random.PCG64(seed_of("temple", seed)))
    make = Builder(seed_of("temple stone", seed))
    rows, step = 6, 4.6
    tall = np.clip(9.4 - 5.6 * random.random((2, rows)) ** 2.2, 2.2, 9.2)
    tall[:, 3:5] = 9.2
    tall[0, 1] = 9.2
    for side in (0, 1):
        for k in range(rows):
            _column(make, (side * 9.0 - 4.5, k * step - 10.0), float(tall[side, k]), whole=tall[side, k] > 9.0)
    beams = [(side, k) for side in (0, 1) for k in range(rows - 1) if min(tall[side, k], tall[side, k + 1]) > 9.0]
    for side, k in beams:
        make.boxes(np.array([[side * 9.0 - 5.35, k * step - 11.0, 10.1]]), np.array([[1.7, step + 2.0, 1.2]]),
                   Thing.SANDSTONE)
    if {(0, 3), (1, 3)} <= set(beams):
        make.boxes(np.array([[-5.6, 7.4, 11.3]]), np.array([[11.2, 1.9, 0.9]]), Thing.SANDSTONE)
    _wall(make, random, (-7.0, 16.4), (7.0, 16.4), 8.4, 1.3, Thing.SANDSTONE, window=(7.0, -3.0, 3.0, 8.2), ruin=0.42)
    _wall(make, random, (-7.0, 16.4), (-7.0, 8.0), 5.0, 1.1, Thing.SANDSTONE, ruin=0.8)
    _fallen(make, random, (0.0, 0.0), 13.0, 44, Thing.SANDSTONE)
    return [make.done(x, y, z, turn, 0.02)]


def bones(x: float, y: float, z: float, turn: float, seed: int) -> Cards:
    """The ribs, spine and skull of a camel, half sunk; it lies along y."""
    make = Builder(seed_of("bones", seed))
    cards = []
    for k in range(8):
        at, size = -0.9 + 0.27 * k, 1.0 - 0.07 * abs(k - 3)
        for side in (-1.0, 1.0):
            bow = np.linspace(0.15, 2.5, 6)
            arc = np.stack([side * 0.52 * size * np.sin(bow), np.full(6, at), 0.42 + 0.55 * size * np.cos(bow)], 1)
            for p, q in pairwise(arc):
                cards += [[p, q - p, [0.0, 0.075, 0.0]], [p, q - p, [0.05 * side, 0.0, 0.05]]]
    make.cards(np.array(cards), Thing.BONE, 0.9)
    make.boxes(np.array([[-0.06, -1.1 + 0.2 * k, 0.94] for k in range(14)]), np.array([[0.12, 0.14, 0.13]] * 14),
               Thing.BONE)
    make.boxes(np.array([[-0.13, 2.25, 0.05], [-0.09, 2.55, 0.02]]), np.array([[0.26, 0.34, 0.28], [0.18, 0.36, 0.17]]),
               Thing.BONE)
    make.boxes(np.array([[-0.7, -1.9, 0.0], [0.35, -1.5, 0.0]]), np.array([[0.09, 0.9, 0.1], [0.8, 0.09, 0.1]]),
               Thing.BONE)
    return make.done(x, y, z - 0.1, turn, 0.25)


def _wall(
    make: Builder, random: np.random.Generator, start: tuple[float, float], end: tuple[float, float], tall: float,
    thick: float, thing: Thing, *, gable: bool = False, window: tuple[float, float, float, float] | None = None,
    ruin: float = 0.6,
) -> None:
    """A broken wall as columns of stone; `window` is along, sill, width and height of an opening, pointed on top."""
    a, b = np.array(start), np.array(end)
    long = float(np.hypot(*(b - a)))
    way = (b - a) / long
    off = np.array([way[1], -way[0]]) * thick
    edges = [0.0]
    while edges[-1] < long - 0.3:
        edges.append(min(edges[-1] + 0.32 + 0.36 * float(random.random()), long))
    s = (np.array(edges[:-1]) + np.array(edges[1:])) / 2
    walk = np.cumsum(random.normal(size=len(s)))
    walk = (walk - walk.min()) / max(float(np.ptp(walk)), 1e-6)
    top = tall * (1 - ruin * walk * (0.4 if gable else 1.0)) + 0.25 * random.normal(size=len(s))
    if gable:
        top = np.minimum(top, 0.56 * tall + (1 - np.abs(s / long - 0.5) * 2) * 0.62 * tall)
    cards = []
    for k, at in enumerate(s.tolist()):
        spans = [(-_UNDER_M, float(top[k]))]
        if window is not None:
            middle, sill, wide, high = window
            inside = abs(at - middle) / (wide / 2)
            if inside < 1:
                head = sill + high * (1 - 0.45 * inside**1.6)
                spans = [(-_UNDER_M, sill), (head, float(top[k]))]
        for low, high_z in spans:
            if high_z - low > 0.1:
                cards.append(_prism(a + way * edges[k], way * (edges[k + 1] - edges[k]), off, low, high_z))
    make.cards(np.concatenate(cards), thing, 0.9)


def _prism(corner: F64, along: F64, across: F64, low: float, high: float) -> F64:
    """(6, 3, 3) faces of an upright box on any ground plan."""
    o, u, v = (np.array([*p, 0.0]) for p in (corner, along, across))
    o, w = o + np.array([0, 0, low]), np.array([0.0, 0.0, high - low])
    return np.array([
        [o, u, w], [o + u + v, -u, w], [o + v, -v, w], [o + u, v, w], [o + w, u, v], [o, v, u],
    ])


def _round(
    make: Builder, random: np.random.Generator, middle: tuple[float, float], radius: float, thick: float, tall: float,
    broken: float, thing: Thing, taper: float = 0.92,
) -> None:
    """A round tower whose rim is broken by up to `broken` metres; a doorway and slits are dark stone."""
    sides = 26
    turn = np.arange(sides + 1) * (2 * math.pi / sides)
    lean = np.array([0.0, *np.cumsum(random.normal(size=sides))])
    lean -= np.linspace(0, lean[-1], sides + 1)
    top = tall - broken * (lean - lean.min()) / max(float(np.ptp(lean)), 1e-6) + 0.3 * random.normal(size=sides + 1)
    top[-1] = top[0]
    spot = np.array([*middle, 0.0])

    def ring(share: float, z: F64) -> F64:
        reach = share * (1 - (1 - taper) * np.clip(z, 0, None) / tall)
        around: F64 = np.stack([np.cos(turn) * reach, np.sin(turn) * reach, z], 1) + spot
        return around

    low = np.full(sides + 1, -_UNDER_M)
    mid = np.minimum(top, 0.5 * tall)
    outward = np.stack([np.cos(turn[:-1]), np.sin(turn[:-1]), np.full(sides, 0.08)], 1)
    for share, sign in ((radius, 1.0), (radius - thick, -1.0)):
        for bottom, upper in ((low, mid), (mid, top)):
            p, q = ring(share, bottom), ring(share, upper)
            make.cards(np.stack([p[:-1], p[1:] - p[:-1], q[:-1] - p[:-1]], 1), thing, 0.9 if sign > 0 else 0.4,
                       triangle=True, out=sign * outward)
            make.cards(np.stack([q[1:], q[:-1] - q[1:], p[1:] - q[1:]], 1), thing, 0.9 if sign > 0 else 0.4,
                       triangle=True, out=sign * outward)
    p, q = ring(radius, top), ring(radius - thick, top)
    up = np.tile([0.0, 0.0, 1.0], (sides, 1))
    make.cards(np.stack([p[:-1], p[1:] - p[:-1], q[:-1] - p[:-1]], 1), thing, triangle=True, out=up)
    make.cards(np.stack([q[1:], q[:-1] - q[1:], p[1:] - q[1:]], 1), thing, triangle=True, out=up)
    holes = ((-1.9, 0.0, 1.3, 2.3), (-1.2, 5.4, 0.4, 1.3), (-2.4, 8.0, 0.4, 1.3), (0.4, 6.2, 0.4, 1.3))
    for angle, z, wide, high in holes:
        c, s = math.cos(angle), math.sin(angle)
        reach = radius * (1 - (1 - taper) * z / tall) * 1.005 + 0.02
        foot = spot + np.array([c * reach + s * wide / 2, s * reach - c * wide / 2, z])
        make.cards(np.array([[foot, [-s * wide, c * wide, 0], [0, 0, high]]]), Thing.DARK, out=np.array([[c, s, 0.0]]))


def _column(make: Builder, at: tuple[float, float], tall: float, *, whole: bool) -> None:
    """A fluted column reduced to what is seen of it: twelve sides, a base, and a capital where it stands whole."""
    sides = 12
    turn = np.arange(sides + 1) * (2 * math.pi / sides)
    ring = np.stack([np.cos(turn), np.sin(turn)], 1)
    middle = np.array(at)

    def barrel(low: float, high: float, wide_low: float, wide_high: float) -> None:
        a = np.column_stack([middle + ring * wide_low, np.full(sides + 1, low)])
        b = np.column_stack([middle + ring * wide_high, np.full(sides + 1, high)])
        out = np.column_stack([(ring[:-1] + ring[1:]) / 2, np.full(sides, 0.05)])
        make.cards(np.stack([a[:-1], a[1:] - a[:-1], b[:-1] - a[:-1]], 1), Thing.SANDSTONE, triangle=True, out=out)
        make.cards(np.stack([b[1:], b[:-1] - b[1:], a[1:] - b[1:]], 1), Thing.SANDSTONE, triangle=True, out=out)

    barrel(-_UNDER_M, tall, 0.86, 0.86 - 0.016 * tall)
    if whole:
        barrel(tall, tall + 0.5, 0.74, 1.05)
        make.boxes(np.array([[at[0] - 1.05, at[1] - 1.05, tall + 0.5]]), np.array([[2.1, 2.1, 0.4]]), Thing.SANDSTONE)
        return
    cap = np.column_stack([middle + ring * (0.86 - 0.016 * tall), np.full(sides + 1, tall)])
    tip = np.array([*middle, tall + 0.12])
    make.cards(np.stack([np.tile(tip, (sides, 1)), cap[:-1] - tip, cap[1:] - tip], 1), Thing.SANDSTONE, triangle=True)


def _fallen(
    make: Builder, random: np.random.Generator, middle: tuple[float, float], reach: float, count: int, thing: Thing
) -> None:
    """Blocks that lie about, sunk by half."""
    for _ in range(count):
        angle, away = 6.283 * random.random(), reach * (0.25 + 0.75 * math.sqrt(random.random()))
        size = 0.28 + 0.75 * random.random() ** 2.5
        turn = 6.283 * random.random()
        c, s = math.cos(turn), math.sin(turn)
        corner = np.array([middle[0] + away * math.cos(angle), middle[1] + away * math.sin(angle)])
        along, across = np.array([c, s]) * size * 1.5, np.array([-s, c]) * size
        make.cards(_prism(corner, along, across, -1.2, 0.62 * size * (0.4 + random.random())), thing, 0.8)
