"""Broken masonry: walls with pointed openings and ragged tops, round piers, fallen stones."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from render.materials.facade import ASHLAR, RUBBLE
from render.world.frames import Frame
from render.world.place import F64
from render.world.quads_scene import Material, MeshBuilder, Vec, tube

STONE = (0.325, 0.295, 0.240)
_STEP_M = 0.4


@dataclass(frozen=True)
class Opening:
    """A pointed opening: middle along the wall, half width, sill and springing heights, metres."""

    at: float
    half: float
    sill: float
    spring: float

    def reach(self, x: F64) -> tuple[F64, F64]:
        """Lowest and highest free height at x; (0, 0) outside."""
        inside = np.abs(x - self.at) < self.half
        # two arcs of radius 2·half·0.85 that meet above the middle
        r = 1.7 * self.half
        off = r - self.half
        rise = np.sqrt(np.maximum(r * r - (np.abs(x - self.at) + off) ** 2, 0))
        return np.where(inside, self.sill, 0.0), np.where(inside, self.spring + rise, 0.0)


def broken_wall(
    b: MeshBuilder, f: Frame, long: float, thick: float, top: F64, openings: tuple[Opening, ...],
    rng: np.random.Generator, *, tint: Vec = STONE, style: int = RUBBLE, below: float = 1.0,
) -> None:
    """A wall along local x from 0 to `long`, its front at y 0.

    Args:
        b: where; f: its frame; long, thick: metres.
        top: heights at equal steps along it, before stones have fallen out of it.
        openings: what it opens with; rng: of the ragged edge; tint, style: of its stone; below: metres underground.
    """
    edges = [v for o in openings for v in (o.at - o.half, o.at + o.half, o.at)]
    x = np.unique(np.round(np.concatenate([np.arange(0, long, _STEP_M), [long], edges]), 3))
    x = x[(x >= 0) & (x <= long)]
    high = np.interp(x, np.linspace(0, long, len(top)), top)
    ragged = rng.normal(0, 1, len(x))
    high = np.maximum(np.round((high + 0.28 * ragged) / 0.24) * 0.24, 0.05)
    cuts = sorted({0.0, long, *(o.at - o.half for o in openings), *(o.at + o.half for o in openings)})
    for a, c in pairwise(v for v in cuts if 0 <= v <= long):
        free = [o for o in openings if abs((a + c) / 2 - o.at) < o.half]
        columns = [k for k in range(len(x) - 1) if a - 1e-3 <= x[k] and x[k + 1] <= c + 1e-3]
        if not columns:
            continue
        level = [float(high[k] + high[k + 1]) / 2 for k in columns]
        lowest, start = min(level), -below
        if free:
            o = free[0]
            if o.sill > -0.5:
                _column(b, f, a, c, (-below, -below), (min(o.sill, lowest),) * 2, thick, tint, style)
            crown = float(o.reach(np.array([o.at]))[1][0]) + 0.25
            for k, top_m in zip(columns, level, strict=True):
                ends = np.clip(np.array([x[k] + 1e-4, x[k + 1] - 1e-4]), a + 1e-4, c - 1e-4)
                head, stop = o.reach(ends)[1], min(top_m, crown)
                if stop > head.max() + 0.15:
                    ends_m = float(head[0]), float(head[1])
                    _column(b, f, float(x[k]), float(x[k + 1]), ends_m, (stop, stop), thick, tint, style)
            start = crown
        # as one face up to where stones have fallen, so that light runs on without seams
        if lowest > start + 0.2:
            _column(b, f, a, c, (start, start), (lowest, lowest), thick, tint, style)
            start = lowest
        for k, top_m in zip(columns, level, strict=True):
            if top_m > start + 0.02:
                _column(b, f, float(x[k]), float(x[k + 1]), (start, start), (top_m, top_m), thick, tint, style)
    for o in openings:  # dressed jambs
        for side in (-1, 1):
            at = float(np.interp(o.at + side * o.half, x, high))
            reach = min(o.spring, at) - max(o.sill, 0)
            if reach > 0.3:
                f.box(b, (o.at + side * (o.half - 0.02), thick / 2, max(o.sill, 0) + reach / 2),
                      (0.14, thick / 2 + 0.07, reach / 2), Material.MASONRY, tuple(1.15 * v for v in tint),
                      _look(ASHLAR, 3), texel_m=1.2)  # fmt: skip


def _look(style: int, salt: int) -> tuple[float, ...]:
    return (2.0, 2.5, 0.0, 1.0, style, salt)


def _column(
    b: MeshBuilder, f: Frame, x0: float, x1: float, low: tuple[float, float], high: tuple[float, float], thick: float,
    tint: Vec, style: int,
) -> None:
    """A strip of wall between two heights that may differ at its ends: front, back, head, foot and both ends."""
    look, w = _look(style, 3), x1 - x0
    flat_low = max(low)
    f.sheet(b, (x0, 0, flat_low), (w, 0, 0), (0, 0, high[0] - flat_low), Material.MASONRY, tint, look, texel_m=0.9)
    f.sheet(b, (x1, thick, flat_low), (-w, 0, 0), (0, 0, high[0] - flat_low), Material.MASONRY, tint, look,
            texel_m=0.9)  # fmt: skip
    f.sheet(b, (x0, 0, high[0]), (w, 0, 0), (0, thick, 0), Material.MASONRY, tint, look)
    f.sheet(b, (x0, thick, flat_low), (0, -thick, 0), (0, 0, high[0] - flat_low), Material.MASONRY, tint, look)
    f.sheet(b, (x1, 0, flat_low), (0, thick, 0), (0, 0, high[0] - flat_low), Material.MASONRY, tint, look)
    if low[0] != low[1]:  # the wedge under the strip, along the arch
        left = low[0] < low[1]
        x, way = (x0, w) if left else (x1, -w)
        drop = flat_low - min(low)
        for y, front in ((0.0, True), (thick, False)):
            u, v = np.array([0, 0, drop]), np.array([way, 0, drop])
            first, second = (v, u) if left == front else (u, v)
            f.sheet(b, (x, y, min(low)), first, second, Material.MASONRY, tint, look, triangle=True)
        along = np.array([way, 0, drop])
        first, second = (np.array([0, thick, 0]), along) if left else (along, np.array([0, thick, 0]))
        f.sheet(b, (x, 0, min(low)), first, second, Material.MASONRY, tuple(1.1 * v for v in tint), look, texel_m=0.6)
    elif low[0] > 0.2:
        f.sheet(b, (x0, 0, low[0]), (0, thick, 0), (w, 0, 0), Material.MASONRY, tint, look)


def pier(b: MeshBuilder, f: Frame, tall: float, radius: float, *, whole: bool) -> None:
    """A round pier with base and, where it stands whole, a capital."""
    rows = [(1.45, -0.6), (1.45, 0.35), (1.2, 0.5), (1.02, 0.62), (1.0, 0.7), (0.98, tall - 0.55)]
    head = [(1.08, tall - 0.5), (1.10, tall - 0.42), (1.30, tall - 0.15), (1.32, tall)]
    rows += head if whole else [(0.6, tall - 0.3)]
    path = np.array([[0, 0, z] for _, z in rows])
    f.loft(b, tube(path, radius * np.array([r for r, _ in rows]), 14), Material.MASONRY, STONE, _look(ASHLAR, 8),
           closed_u=True)  # fmt: skip
    if whole:
        f.box(b, (0, 0, tall + 0.02), (radius * 1.24, radius * 1.24, 0.14), Material.MASONRY, STONE, _look(ASHLAR, 8))
    else:
        f.box(b, (0, 0, tall - 0.45), (radius * 0.6, radius * 0.6, 0.1), Material.MASONRY, STONE, _look(ASHLAR, 8))


def fallen(b: MeshBuilder, at: F64, rng: np.random.Generator) -> None:
    """Stones (n, 3) that lie where they fell, sunken and tilted."""
    n = len(at)
    half = rng.uniform(0.12, 0.42, (n, 3)) * [1.3, 1.0, 0.75]
    turn, tip, roll = rng.uniform(0, 6.283, n), rng.normal(0, 0.25, n), rng.normal(0, 0.25, n)
    c, s = np.cos(turn), np.sin(turn)
    x = np.stack([c, s, tip], 1)
    y = np.stack([-s, c, roll], 1)
    z = np.cross(x, y)
    x, y, z = (v / np.linalg.norm(v, axis=1, keepdims=True) * half[:, k : k + 1] for k, v in enumerate((x, y, z)))
    centre = at + np.stack([np.zeros(n), np.zeros(n), half[:, 2] * rng.uniform(0.1, 0.8, n)], 1)
    tint = np.asarray(STONE) * rng.uniform(0.75, 1.15, (n, 1))
    params = np.tile(np.array(_look(ASHLAR, 5)), (n, 1))
    params[:, 5] = rng.integers(0, 900, n)
    for o, u, v in ((-x - y - z, 2 * x, 2 * z), (x - y - z, 2 * y, 2 * z), (x + y - z, -2 * x, 2 * z),
                    (-x + y - z, -2 * y, 2 * z), (-x - y + z, 2 * x, 2 * y)):  # fmt: skip
        b.batch(centre + o, u, v, Material.MASONRY, tint, params)


def drum(b: MeshBuilder, f: Frame, radius: float, long: float) -> None:
    """A drum of a fallen pier, lying along local x."""
    path = np.array([[-long / 2, 0, radius * 0.75], [-long / 2 + 0.01, 0, radius * 0.75],
                     [long / 2 - 0.01, 0, radius * 0.75], [long / 2, 0, radius * 0.75]])  # fmt: skip
    f.loft(b, tube(path, radius * np.array([0.02, 1.0, 1.0, 0.02]), 14), Material.MASONRY, STONE, _look(ASHLAR, 8),
           closed_u=True)  # fmt: skip
