"""Cars: a body lofted through sections with cut wheel arches, a rounded glass house on pillars, wheels and lights."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from render.world.frames import Frame
from render.world.place import F64
from render.world.quads_scene import UNPAINTED, Material, MeshBuilder, Pattern, Vec

RUBBER = (0.016, 0.016, 0.017)
GLASS = (0.010, 0.013, 0.016)
TRIM = (0.018, 0.018, 0.019)
_AXLES_M = (-1.33, 1.36)
_WHEEL_M, _ARCH_M = 0.325, 0.385
_KINDS = 7
# Along the car from tail to nose: position, height of the deck, half width at the waist.
_DECK = np.array([
    [-2.20, 0.70, 0.66], [-2.16, 0.84, 0.76], [-1.95, 0.93, 0.82], [-1.5, 0.955, 0.865], [-0.8, 0.945, 0.885],
    [0.2, 0.925, 0.885], [0.95, 0.90, 0.875], [1.45, 0.845, 0.855], [1.85, 0.76, 0.80], [2.08, 0.66, 0.71],
    [2.17, 0.52, 0.60],
])  # fmt: skip


def car(
    b: MeshBuilder, at: tuple[float, float, float], ahead: int, tint: tuple[float, float, float], kind: float, *,
    lights: bool, far: bool = False,
) -> None:
    """A car at `at`, its nose along ahead·y.

    Args:
        b: where; at: middle of its track on the road; ahead: ±1; tint: its paint.
        kind: 0–1, from hatchback over saloon to van-like.
        lights: whether its lamps burn. far: of fewer facets, for what no camera comes near.
    """
    step = min(int(kind * _KINDS), _KINDS - 1)
    b.stamp(_pattern((step + 0.5) / _KINDS, lights, far), at, 0.0 if ahead > 0 else np.pi, tint=tint)


@lru_cache(maxsize=4 * _KINDS)
def _pattern(kind: float, lights: bool, far: bool) -> Pattern:
    """A car at the origin, to be painted."""
    b, f, tint = MeshBuilder(), Frame(np.zeros(3), 0.0), UNPAINTED
    size = np.array([1.0, 0.95 + 0.11 * kind, 1.0 + 0.17 * kind])
    _body(b, f, size, tint, far=far)
    _house(b, f, size, tint, kind, far=far)
    _wheels(b, f, size, far=far)
    _lights(b, f, size, lights=lights)
    if not far:
        _details(b, f, size, tint)
    return b.pattern()


def _body(b: MeshBuilder, f: Frame, size: F64, tint: Vec, *, far: bool) -> None:
    """Everything below the waist; its lower edge rises over the wheels."""
    if far:
        y = _DECK[:, 0]
    else:
        near = np.concatenate([a + _ARCH_M * np.array([-1.02, -0.99, -0.9, -0.7, -0.38, 0, 0.38, 0.7, 0.9, 0.99, 1.02])
                               for a in _AXLES_M])  # fmt: skip
        y = np.unique(np.concatenate([_DECK[:, 0], near, [-0.4, 0.5]]))
    top, wide = np.interp(y, _DECK[:, 0], _DECK[:, 1]), np.interp(y, _DECK[:, 0], _DECK[:, 2])
    low = np.interp(y, [-2.2, -1.9, 1.95, 2.17], [0.34, 0.24, 0.22, 0.30])
    for axle in _AXLES_M:
        low = np.maximum(low, _WHEEL_M + np.sqrt(np.maximum(_ARCH_M**2 - (y - axle) ** 2, 0)) *
                         (np.abs(y - axle) < _ARCH_M) - 1e3 * (np.abs(y - axle) >= _ARCH_M))  # fmt: skip
    waist = np.minimum(0.60, top - 0.10)
    half = np.stack([
        np.stack([0.93 * wide, low], 1), np.stack([0.99 * wide, np.maximum(low, 0.40)], 1),
        np.stack([wide, np.maximum(low + 0.01, waist)], 1),
        np.stack([0.975 * wide, np.maximum(low + 0.02, top - 0.13)], 1),
        np.stack([0.92 * wide, np.maximum(low + 0.03, top - 0.035)], 1), np.stack([0.80 * wide, top], 1),
        np.stack([0.42 * wide, top + 0.022], 1), np.stack([0 * wide, top + 0.03], 1),
    ], 1)  # fmt: skip
    ring = np.concatenate([half, (half * [-1, 1])[:, ::-1][:, 1:]], 1)
    grid = np.stack([ring[..., 0], np.broadcast_to(y[:, None], ring.shape[:2]), ring[..., 1]], -1) * size
    f.loft(b, grid, Material.PAINT, tint, (0.60,))
    for end, sign in ((0, 1), (-1, -1)):
        rim = f.point(grid[end])
        hub = rim.mean(0)
        a, c = (rim[:-1], rim[1:]) if sign < 0 else (rim[1:], rim[:-1])
        middle = np.tile(hub, (len(a), 1))
        b.batch(middle, a - hub, c - hub, Material.PAINT, tint, (0.5,), triangle=True, two_sided=True)
    f.box(b, np.array([0, 0, 0.45]) * size, np.array([0.70, 1.98, 0.20]) * size, Material.PLAIN, (0.008, 0.008, 0.008),
          bottom=True)  # fmt: skip


def _house(b: MeshBuilder, f: Frame, size: F64, tint: Vec, kind: float, *, far: bool) -> None:
    """The glass house: rounded in plan, leaning inwards, painted at its pillars, roof and foot."""
    steps = 16 if far else 28
    turn = (np.arange(steps) + 0.5) / steps * 2 * np.pi
    c, s = np.cos(turn), np.sin(turn)
    plan_x, plan_y = np.sign(c) * np.abs(c) ** 0.42, np.sign(s) * np.abs(s) ** 0.55
    tail, nose = (-2.02 if kind > 0.55 else -1.72), 1.10
    lean = 0.30 if kind > 0.55 else 0.55
    levels = []
    for share in (0.0, 0.10, 0.55, 0.90, 1.0):
        wide = 0.815 - 0.20 * share**1.25
        back, front = tail + lean * share**1.1, nose - 0.80 * share**0.95
        deck = np.interp((front + back) / 2 + (front - back) / 2 * plan_y, _DECK[:, 0], _DECK[:, 1]) - 0.03
        roof = 1.43 - 0.03 * np.abs(plan_y)
        levels.append(np.stack([wide * plan_x, (front + back) / 2 + (front - back) / 2 * plan_y,
                                deck + (roof - deck) * share], 1))  # fmt: skip
    grid = np.stack(levels, 1) * size
    f.loft(b, grid[:, :2], Material.PAINT, tint, (0.55,), closed_u=True)
    f.loft(b, grid[:, 3:], Material.PAINT, tint, (0.55,), closed_u=True)
    pillar = (np.abs(np.abs(plan_x) - np.abs(plan_y)) < 0.13) & (np.abs(c) > 0.15)
    if not pillar.any():
        pillar = np.abs(np.abs(c) - np.abs(s)) < 0.2
    following = np.roll(grid, -1, 0)
    painted = pillar | np.roll(pillar, -1)
    for chosen, color, gloss in ((painted, tint, 0.5), (~painted, GLASS, 1.0)):
        a, d = grid[chosen][:, 1:4], following[chosen][:, 1:4]
        for k in range(2):
            o, u, v, e = a[:, k], d[:, k] - a[:, k], a[:, k + 1] - a[:, k], d[:, k + 1]
            for origin, first, second in ((o, u, v), (e, a[:, k + 1] - e, d[:, k] - e)):
                b.batch(f.point(origin), f.way(first), f.way(second), Material.PAINT, color, (gloss,), triangle=True)
    crown = grid[:, -1]
    centre = crown.mean(0)
    rings = [crown, centre + (crown - centre) * [0.72, 0.8, 1] + np.array([0, 0, 0.035]),
             centre + (crown - centre) * 0.01 + np.array([0, 0, 0.055])]  # fmt: skip
    f.loft(b, np.stack(rings, 1), Material.PAINT, tint, (0.60,), closed_u=True)


def _wheels(b: MeshBuilder, f: Frame, size: F64, *, far: bool) -> None:
    steps = 10 if far else 16
    turn = np.arange(steps) / steps * 2 * np.pi
    for axle in _AXLES_M:
        for side in (-1, 1):
            hub = np.array([0, axle * size[1], _WHEEL_M])

            def ring(x: float, radius: float, hub: F64 = hub, side: int = side) -> F64:
                circle = np.stack([np.full(steps, side * x), radius * np.cos(turn), radius * np.sin(turn)], 1)
                return np.asarray(hub + circle)

            rows = [ring(0.66, 0.31), ring(0.68, _WHEEL_M), ring(0.84, _WHEEL_M), ring(0.868, 0.30), ring(0.872, 0.235),
                    ring(0.862, 0.225)]  # fmt: skip
            tyre = np.stack(rows if not far else rows[1:4], 1)
            f.loft(b, tyre if side > 0 else tyre[::-1], Material.PLAIN, RUBBER, (0.05, 1.0, 0.15), closed_u=True)
            disc = [(0.866, 0.235, (0.34, 0.34, 0.35), None)]
            if not far:  # five spokes: the gaps between them are dark
                gaps = (np.arange(steps) % 3 != 0) & (np.arange(steps) > 0)
                disc = [(0.862, 0.235, (0.30, 0.30, 0.31), None), (0.868, 0.19, (0.015, 0.015, 0.015), gaps),
                        (0.874, 0.075, (0.28, 0.28, 0.29), None)]  # fmt: skip
            for x, radius, color, which in disc:
                rim = f.point(ring(x, radius))
                middle = np.tile(f.point(hub + np.array([side * (x + 0.002), 0, 0])), (steps, 1))
                a, c = (rim, np.roll(rim, -1, 0)) if side > 0 else (np.roll(rim, -1, 0), rim)
                pick = slice(None) if which is None else which
                b.batch(middle[pick], (a - middle)[pick], (c - middle)[pick], Material.PAINT, color, (0.35,),
                        triangle=True, casts=False)  # fmt: skip


def _lights(b: MeshBuilder, f: Frame, size: F64, *, lights: bool) -> None:
    """Head and tail lamps that wrap around the corners, number plates."""
    for side in (-1, 1):
        front = np.array([[0.30, 2.175, 0.545], [0.60, 2.12, 0.555], [0.735, 1.96, 0.60]]) * [side, 1, 1]
        back = np.array([[0.36, -2.205, 0.64], [0.66, -2.195, 0.645], [0.795, -2.02, 0.70]]) * [side, 1, 1]
        for points, tall, lit, dull, bright in (
            (front, 0.105, (1.0, 0.93, 0.80), (0.42, 0.43, 0.44), (0.3, 7.0)),
            (back, 0.15, (1.0, 0.05, 0.03), (0.24, 0.014, 0.011), (0.25, 2.6)),
        ):
            corners = (points + np.array([0.014 * side, 0.012 * np.sign(points[0, 1]), 0])) * size
            for a, c in ((corners[0], corners[1]), (corners[1], corners[2])):
                up = (0, -0.02 * np.sign(points[0, 1]), tall)
                f.sheet(b, a, c - a, up, Material.GLOW if lights else Material.PAINT, lit if lights else dull,
                        bright if lights else (0.9,), two_sided=True, casts=False)  # fmt: skip
    for y in (2.185, -2.215):
        at = np.array([-0.25, y, 0.40]) * size
        f.sheet(b, at, (0.5, 0, 0), (0, 0, 0.11), Material.PLAIN, (0.5, 0.5, 0.46), two_sided=True, casts=False)


def _details(b: MeshBuilder, f: Frame, size: F64, tint: Vec) -> None:
    """Grille, bumper lips, sills, door gaps, handles, mirrors."""
    f.box(b, np.array([0, 2.165, 0.50]) * size, (0.27, 0.015, 0.055), Material.PLAIN, TRIM, (0.1, 1, 0.3), bottom=True)
    f.box(b, np.array([0, 2.13, 0.32]) * size, (0.60, 0.05, 0.05), Material.PLAIN, TRIM, (0.1, 1, 0.2), bottom=True)
    f.box(b, np.array([0, -2.17, 0.37]) * size, (0.62, 0.05, 0.06), Material.PLAIN, TRIM, (0.1, 1, 0.2), bottom=True)
    for side in (-1, 1):
        x = side * 0.885
        f.box(b, (x * 0.955, 0.0, 0.255), (0.045, 0.86 * size[1], 0.05), Material.PLAIN, TRIM, (0.1, 1, 0.2),
              bottom=True)  # fmt: skip
        for y in (0.80, -0.18, -1.02):
            f.sheet(b, (x + side * 0.006, y - 0.008, 0.33), (0, 0.016, 0), (-side * 0.02, 0, 0.50 * size[2]),
                    Material.PLAIN, (0.01, 0.01, 0.01), two_sided=True, casts=False)  # fmt: skip
        for y in (-0.08, -0.93):
            f.box(b, (x, y, 0.75 * size[2]), (0.018, 0.085, 0.014), Material.PAINT, tuple(0.5 * v for v in tint),
                  (0.6,), bottom=True, casts=False)  # fmt: skip
        f.box(b, (side * 0.95, 0.72 * size[1], 1.0 * size[2]), (0.09, 0.05, 0.065), Material.PAINT, tint, (0.5,),
              bottom=True)  # fmt: skip
