"""Houses: walls that carry their windows in shading, and the solid parts that make a silhouette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from render.world.quads_scene import Material, MeshBuilder

if TYPE_CHECKING:
    from render.world.city import StreetPlan

Tint = tuple[float, float, float]
BRICK: tuple[Tint, ...] = ((0.30, 0.13, 0.085), (0.26, 0.14, 0.10), (0.34, 0.19, 0.12), (0.22, 0.12, 0.09))
STUCCO: tuple[Tint, ...] = ((0.58, 0.50, 0.38), (0.54, 0.40, 0.28), (0.52, 0.49, 0.43), (0.44, 0.41, 0.35),
                            (0.56, 0.46, 0.40), (0.36, 0.38, 0.37))
STONE: tuple[Tint, ...] = ((0.46, 0.42, 0.35), (0.42, 0.40, 0.37), (0.50, 0.45, 0.36))
STEEL: tuple[Tint, ...] = ((0.10, 0.11, 0.12), (0.16, 0.15, 0.14), (0.22, 0.22, 0.22))
SHOPS: tuple[Tint, ...] = ((0.06, 0.10, 0.09), (0.10, 0.05, 0.05), (0.05, 0.06, 0.10), (0.12, 0.10, 0.07),
                           (0.07, 0.07, 0.07), (0.20, 0.19, 0.17))
AWNINGS: tuple[Tint, ...] = ((0.30, 0.06, 0.05), (0.06, 0.16, 0.11), (0.42, 0.36, 0.26), (0.07, 0.12, 0.22),
                             (0.36, 0.22, 0.08))


@dataclass(frozen=True)
class Lot:
    """One house's ground: the side of the street (±1), |x| of its front, y from–to, depth, storeys, its own seed."""

    side: int
    front: float
    begin: float
    end: float
    depth: float
    storeys: int
    seed: int
    is_open: bool = False
    ground_floor: float = 4.1
    floor: float = 3.25

    @property
    def height(self) -> float:
        return self.ground_floor + (self.storeys - 1) * self.floor + 0.9

    def bounds(self) -> tuple[float, float, float, float, float]:
        """x and y ranges and height."""
        a, c = self.side * self.front, self.side * (self.front + self.depth)
        return min(a, c), max(a, c), self.begin, self.end, self.height


def building(b: MeshBuilder, lot: Lot, plan: StreetPlan) -> None:
    """One house of the street front, or a garden with a wall where the lot is open."""
    if lot.is_open:
        _garden(b, lot)
        return
    rng = np.random.default_rng([lot.seed, 1])
    tower = lot.storeys > 9
    style = int(rng.choice([0, 1, 2, 3], p=[0.15, 0.1, 0.25, 0.5] if tower else [0.36, 0.40, 0.24, 0.0]))
    tint = (BRICK, STUCCO, STONE, STEEL)[style][int(rng.integers(20)) % len((BRICK, STUCCO, STONE, STEEL)[style])]
    bay = float(rng.uniform(1.5, 1.9)) if style == 3 else float(rng.uniform(2.3, 3.1))
    look = (bay, lot.floor, float(rng.uniform(0.40, 0.50)), float(rng.uniform(1.65, 1.95)), style, lot.seed % 997)
    podium = min(lot.storeys, 6) if tower else lot.storeys
    base = lot.ground_floor
    top = base + (podium - 1) * lot.floor + 0.9
    _walls(b, lot, base, top, look, tint, 0.0)
    _front(b, lot, rng, tint, base, top, bay, plan)
    x0, x1, y0, y1, _ = lot.bounds()
    if tower:
        inset = 1.8
        inner = Lot(lot.side, lot.front + inset, lot.begin + 1.2, lot.end - 1.2, lot.depth - 2 * inset, lot.storeys,
                    lot.seed)
        _flat_roof(b, (x0, x1, y0, y1), top, tint)
        _walls(b, inner, top, lot.height, look, tint, 0.4)
        x0, x1, y0, y1, _ = inner.bounds()
        top = lot.height
    if not tower and style in (0, 1) and rng.uniform() < 0.55:
        _pitched_roof(b, lot, top, rng)
    else:
        _flat_roof(b, (x0, x1, y0, y1), top, tint)
        _roof_clutter(b, (x0, x1, y0, y1), top, rng)


def _walls(b: MeshBuilder, lot: Lot, base: float, top: float, look: tuple[float, ...], tint: Tint, first: float) -> None:
    x0, x1, y0, y1, _ = lot.bounds()
    high = top - base
    params = (*look, first, 1.0)
    blind = (*look[:2], 0.0, *look[3:], first, 1.0)
    inner, outer = (x0, x1) if lot.side > 0 else (x1, x0)
    back = tuple(0.85 * c for c in tint)
    if lot.side > 0:  # the street front faces -x
        b.sheet((inner, y1, base), (0, y0 - y1, 0), (0, 0, high), Material.FACADE, tint, params, texel_m=1.3)
        b.sheet((outer, y0, 0), (0, y1 - y0, 0), (0, 0, top), Material.FACADE, back, params, texel_m=3.0)
    else:
        b.sheet((inner, y0, base), (0, y1 - y0, 0), (0, 0, high), Material.FACADE, tint, params, texel_m=1.3)
        b.sheet((outer, y1, 0), (0, y0 - y1, 0), (0, 0, top), Material.FACADE, back, params, texel_m=3.0)
    low = min(base, 0.0) if first == 0.0 else base
    b.sheet((x0, y0, low), (x1 - x0, 0, 0), (0, 0, top - low), Material.FACADE, tint,
            params if first else blind, texel_m=2.0)
    b.sheet((x1, y1, low), (x0 - x1, 0, 0), (0, 0, top - low), Material.FACADE, tint,
            params if first else blind, texel_m=2.0)


def _front(
    b: MeshBuilder, lot: Lot, rng: np.random.Generator, tint: Tint, base: float, top: float, bay: float,
    plan: StreetPlan,
) -> None:
    """Shop, cornice, string course, balconies, awning and sign: what stands out of the street front."""
    side, x = lot.side, lot.side * lot.front
    y0, y1 = lot.begin, lot.end
    width, middle = y1 - y0, (y0 + y1) / 2
    shop_tint = SHOPS[int(rng.integers(len(SHOPS)))]
    params = (float(rng.uniform(2.6, 3.6)), base, lot.seed % 911)
    if side > 0:
        b.sheet((x, y1, 0), (0, -width, 0), (0, 0, base), Material.SHOP, shop_tint, params, texel_m=0.8)
    else:
        b.sheet((x, y0, 0), (0, width, 0), (0, 0, base), Material.SHOP, shop_tint, params, texel_m=0.8)
    trim = tuple(0.5 * c + 0.22 for c in tint)
    stone = (0.12, 1.4, 0.05)

    def ledge(z: float, out: float, half_z: float) -> None:
        b.box((x - side * (out / 2 - 0.02), middle, z), (out / 2 + 0.02, width / 2 - 0.01, half_z), Material.PLAIN, trim,
              stone, texel_m=1.5, bottom=True)

    ledge(base + 0.02, 0.22, 0.14)
    out = float(rng.uniform(0.45, 0.8))
    ledge(top - 0.22, out, 0.2)
    ledge(top - 0.55, out * 0.55, 0.14)
    if lot.storeys > 2:
        ledge(base + lot.floor + 0.05, 0.12, 0.08)
    _pilasters(b, lot, trim, base, top, rng)

    bays = max(1, int(width // bay))
    if rng.uniform() < 0.45 and lot.storeys <= 9:
        step = width / bays
        every = int(rng.integers(1, 3))
        for row in range(1, lot.storeys - 1):
            for column in range(int(rng.integers(0, 2)), bays, every + 1):
                y = (y1 - (column + 0.5) * step) if side > 0 else (y0 + (column + 0.5) * step)
                _balcony(b, x, side, y, base + row * lot.floor + 0.72, min(step * 0.42, 1.1))
    if rng.uniform() < 0.5:
        awning_w = float(rng.uniform(0.35, 0.46)) * width
        y = middle + float(rng.uniform(-0.04, 0.04)) * width
        _awning(b, x, side, y, base - 1.05, awning_w, AWNINGS[int(rng.integers(len(AWNINGS)))])
    if rng.uniform() < 0.45:
        y = y0 + float(rng.uniform(0.15, 0.85)) * width
        tone = tuple(float(v) for v in rng.uniform(0.05, 0.5, 3))
        z = base + 0.9
        b.box((x - side * 0.35, y, z + 0.42), (0.36, 0.02, 0.02), Material.PLAIN, (0.04, 0.04, 0.04))
        b.box((x - side * 0.42, y, z), (0.28, 0.045, 0.36), Material.SIGN, tone, (lot.seed % 613, 1.1), bottom=True)


def _pilasters(b: MeshBuilder, lot: Lot, trim: tuple[float, ...], base: float, top: float,
               rng: np.random.Generator) -> None:
    """Corner strips and a downpipe, so that neighbours do not melt into each other."""
    x = lot.side * lot.front
    for y in (lot.begin + 0.22, lot.end - 0.22):
        b.box((x - lot.side * 0.04, y, (base + top) / 2), (0.06, 0.2, (top - base) / 2 - 0.3), Material.PLAIN, trim,
              (0.12, 1.4, 0.05), texel_m=2.5)
    if rng.uniform() < 0.6:
        y = lot.end - 0.55
        b.box((x - lot.side * 0.1, y, top / 2), (0.05, 0.05, top / 2 - 0.4), Material.PLAIN, (0.10, 0.10, 0.10),
              (0.1, 1.0, 0.2), texel_m=2.5)


def _balcony(b: MeshBuilder, x: float, side: int, y: float, z: float, half: float) -> None:
    b.box((x - side * 0.45, y, z), (0.47, half, 0.07), Material.PLAIN, (0.40, 0.38, 0.34), (0.1, 1.0, 0.0), bottom=True,
          texel_m=0.9)
    iron = (0.035, 0.036, 0.038)
    b.box((x - side * 0.9, y, z + 1.0), (0.025, half, 0.025), Material.PLAIN, iron)
    for k in range(7):
        at = y - half + 0.05 + k * (2 * half - 0.1) / 6
        b.box((x - side * 0.9, at, z + 0.52), (0.014, 0.014, 0.46), Material.PLAIN, iron)
    for end in (-half, half):
        b.box((x - side * 0.47, y + end, z + 1.0), (0.44, 0.02, 0.025), Material.PLAIN, iron)


def _awning(b: MeshBuilder, x: float, side: int, y: float, z: float, half: float, tint: Tint) -> None:
    reach, drop = 1.45, 0.62
    stripes = max(2, int(2 * half / 0.45))
    step = 2 * half / stripes
    pale = (0.52, 0.49, 0.42)
    for k in range(stripes):
        at = y - half + k * step
        color = tint if k % 2 == 0 else (pale if int(tint[0] * 100) % 2 else tint)
        start = (x - side * 0.03, at if side < 0 else at + step, z + drop)
        along = (0.0, step if side < 0 else -step, 0.0)
        b.sheet(start, (-side * reach, 0, -drop), along, Material.CLOTH, color, (1.0,), two_sided=True, texel_m=1.0)
        b.sheet((x - side * (reach + 0.03), start[1], z), (0, 0, -0.22), along, Material.CLOTH, color, (1.0,),
                two_sided=True)


def _flat_roof(b: MeshBuilder, rect: tuple[float, float, float, float], top: float, tint: Tint) -> None:
    x0, x1, y0, y1 = rect
    b.sheet((x0, y0, top), (x1 - x0, 0, 0), (0, y1 - y0, 0), Material.ROOF, (0.16, 0.155, 0.15), (0,), texel_m=3.0)
    cap = tuple(0.45 * c + 0.16 for c in tint)
    for cx, cy, hx, hy in (((x0 + x1) / 2, y0 + 0.15, (x1 - x0) / 2, 0.15), ((x0 + x1) / 2, y1 - 0.15, (x1 - x0) / 2, 0.15),
                           (x0 + 0.15, (y0 + y1) / 2, 0.15, (y1 - y0) / 2), (x1 - 0.15, (y0 + y1) / 2, 0.15, (y1 - y0) / 2)):
        b.box((cx, cy, top + 0.4), (hx, hy, 0.4), Material.PLAIN, cap, (0.1, 1.0, 0.0), texel_m=3.0)


def _pitched_roof(b: MeshBuilder, lot: Lot, top: float, rng: np.random.Generator) -> None:
    x0, x1, y0, y1, _ = lot.bounds()
    rise = float(rng.uniform(2.2, 3.6))
    eave = 0.35
    slate = (0.13, 0.135, 0.145) if rng.uniform() < 0.5 else (0.30, 0.14, 0.085)
    mid, width, run = (x0 + x1) / 2, y1 - y0, (x1 - x0) / 2 + eave
    low = top - 0.1
    b.sheet((x0 - eave, y1, low), (0, -width, 0), (run, 0, rise), Material.ROOF, slate, (1,), texel_m=2.5)
    b.sheet((x1 + eave, y0, low), (0, width, 0), (-run, 0, rise), Material.ROOF, slate, (1,), texel_m=2.5)
    gable = (0.36, 0.33, 0.29)
    for y, flip in ((y0, 1), (y1, -1)):
        b.sheet((mid - flip * (run - eave), y, low), (flip * (run - eave), 0, rise * 0.97), (2 * flip * (run - eave), 0, 0),
                Material.PLAIN, gable, (0.1, 1.0), triangle=True, two_sided=True)
    for _ in range(int(rng.integers(1, 4))):
        y = float(rng.uniform(y0 + 1, y1 - 1))
        x = mid + float(rng.uniform(-0.3, 0.3)) * run
        b.box((x, y, top + rise * 0.85), (0.35, 0.55, rise * 0.45), Material.PLAIN, (0.24, 0.13, 0.10), (0.2, 2.0))
        for k in (-0.25, 0.25):
            b.box((x, y + k, top + rise * 1.3 + 0.2), (0.11, 0.11, 0.25), Material.PLAIN, (0.36, 0.20, 0.13))
    front = lot.side * lot.front
    for k in range(int(width // 3.6)):  # dormers
        y = y0 + (k + 0.5) * width / (width // 3.6)
        slope = rise / run
        x = front + lot.side * 1.3
        z = low + slope * (1.3 + eave)
        b.box((x + lot.side * 0.8, y, z + 0.35), (0.9, 0.65, 0.75), Material.PLAIN, (0.42, 0.40, 0.36), (0.1, 1.0),
              top=Material.ROOF)
        pane = x - lot.side * 0.115
        start, along = ((pane, y + 0.45, z - 0.1), (0, -0.9, 0)) if lot.side > 0 else ((pane, y - 0.45, z - 0.1), (0, 0.9, 0))
        b.sheet(start, along, (0, 0, 1.05), Material.PAINT, (0.03, 0.035, 0.04), (0.8,))


def _roof_clutter(b: MeshBuilder, rect: tuple[float, float, float, float], top: float, rng: np.random.Generator) -> None:
    x0, x1, y0, y1 = rect
    for _ in range(int(rng.integers(2, 6))):
        half = rng.uniform(0.4, 1.5, 2)
        x, y = float(rng.uniform(x0 + 2, x1 - 2)), float(rng.uniform(y0 + 2, y1 - 2))
        high = float(rng.uniform(0.4, 1.4))
        b.box((x, y, top + high), (*half, high), Material.PLAIN, (0.33, 0.33, 0.32), (0.12, 1.0, 0.1),
              top=Material.ROOF if rng.uniform() < 0.4 else None)
    if rng.uniform() < 0.3:
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        b.box((x, y, top + 3.0), (0.03, 0.03, 3.0), Material.PLAIN, (0.1, 0.1, 0.1))


def _garden(b: MeshBuilder, lot: Lot) -> None:
    x0, x1, y0, y1, _ = lot.bounds()
    x = lot.side * lot.front
    b.box((x + lot.side * 0.15, (y0 + y1) / 2, 1.1), (0.15, (y1 - y0) / 2, 1.1), Material.PLAIN, (0.32, 0.20, 0.15),
          (0.2, 2.0), texel_m=1.5)
    b.sheet((x0, y0, 0.16), (x1 - x0, 0, 0), (0, y1 - y0, 0), Material.PLAIN, (0.10, 0.12, 0.05), (0.3, 4.0), texel_m=3.0)


def back_block(
    b: MeshBuilder, plan: StreetPlan, stretches: list[tuple[float, float]], rng: np.random.Generator
) -> list[Lot]:
    """Second and third rows, seen over the roofs and down the cross streets."""
    lots = []
    for row, front in enumerate((plan.facade + 27.0, plan.facade + 58.0, plan.facade + 98.0, plan.facade + 150.0)):
        for side in (-1, 1):
            for begin, end in stretches:
                y = begin
                while end - y > 8:
                    width = min(float(rng.uniform(14, 26)), end - y)
                    tall = round(plan.floors + float(rng.normal(0.4, 1.2)) + plan.towers * float(rng.uniform(0, 24)))
                    lot = Lot(side, front, y, y + width, 15.0 + 6 * (row > 1), max(2, tall), int(rng.integers(1 << 20)))
                    y += width
                    if rng.uniform() < 0.25 + 0.3 * (1 - plan.density):
                        continue
                    _plain_house(b, lot, rng)
                    lots.append(lot)
    for side in (-1, 1):
        for y in np.arange(-150.0, 420.0, 34.0):
            if rng.uniform() < 0.35:
                continue
            front = plan.facade + 200 + float(rng.uniform(0, 60))
            lot = Lot(side, front, float(y), float(y) + float(rng.uniform(18, 30)), 20.0,
                      max(3, round(plan.floors + 2 + float(rng.uniform(0, 6 + 30 * plan.towers)))),
                      int(rng.integers(1 << 20)))
            _plain_house(b, lot, rng)
            lots.append(lot)
    return lots


def _plain_house(b: MeshBuilder, lot: Lot, rng: np.random.Generator) -> None:
    style = int(rng.choice([0, 1, 2, 3], p=[0.25, 0.35, 0.2, 0.2]))
    palette = (BRICK, STUCCO, STONE, STEEL)[style]
    tint = palette[int(rng.integers(len(palette)))]
    look = (float(rng.uniform(2.2, 3.2)), lot.floor, float(rng.uniform(0.38, 0.5)), 1.7, style, lot.seed % 997, 1.0, 1.0)
    x0, x1, y0, y1, top = lot.bounds()
    for origin, along in (((x0, y0, 0), (x1 - x0, 0, 0)), ((x1, y0, 0), (0, y1 - y0, 0)), ((x1, y1, 0), (x0 - x1, 0, 0)),
                          ((x0, y1, 0), (0, y0 - y1, 0))):
        b.sheet(origin, along, (0, 0, top), Material.FACADE, tint, look, texel_m=5.0)
    if style in (0, 1) and lot.storeys < 8 and rng.uniform() < 0.6:
        _pitched_roof(b, lot, top, rng)
    else:
        _flat_roof(b, (x0, x1, y0, y1), top, tint)


def landmark(b: MeshBuilder, plan: StreetPlan, rng: np.random.Generator, y: float) -> list[Lot]:
    """The house that closes the vista: a broad front with a clock tower on the street's axis."""
    lots = []
    tint: Tint = (0.48, 0.43, 0.35)
    storeys = max(4, round(plan.floors + 1 + 10 * plan.towers))
    wide = plan.facade + 26.0
    top = 4.1 + storeys * 3.4
    look = (3.1, 3.4, 0.44, 2.0, 2, 71, 1.0, 1.0)
    b.sheet((-wide, y, 0), (2 * wide, 0, 0), (0, 0, top), Material.FACADE, tint, look, texel_m=2.0)
    b.box((0, y + 9, top / 2), (wide, 8.9, top / 2), Material.PLAIN, tint, (0.1, 1.0), top=Material.ROOF, texel_m=5.0)
    b.box((0, y + 0.2, top - 0.3), (wide + 0.3, 0.8, 0.3), Material.PLAIN, (0.52, 0.48, 0.40), (0.1, 1.0), bottom=True,
          texel_m=4.0)
    half, rise = 5.5, top + 15.0 + 16 * plan.towers
    tower_look = (3.4, 4.4, 0.36, 2.6, 2, 77, 3.0, 1.0)
    for origin, along in (((-half, y - 1.6, 0), (2 * half, 0, 0)), ((half, y - 1.6, 0), (0, 2 * half, 0)),
                          ((half, y - 1.6 + 2 * half, 0), (-2 * half, 0, 0)), ((-half, y - 1.6 + 2 * half, 0), (0, -2 * half, 0))):
        b.sheet(origin, along, (0, 0, rise), Material.FACADE, tint, tower_look, texel_m=3.0)
    cy = y - 1.6 + half
    for z, out in ((rise, 0.7), (rise - 6.5, 0.3), (top + 0.5, 0.3)):
        b.box((0, cy, z), (half + out, half + out, 0.35), Material.PLAIN, (0.52, 0.48, 0.40), (0.1, 1.0), bottom=True,
              texel_m=3.0)
    turn = np.arange(24) / 24 * 2 * np.pi
    ring = np.stack([2.1 * np.cos(turn), np.full(24, y - 1.75), rise - 3.2 + 2.1 * np.sin(turn)], 1)
    nxt = np.roll(ring, -1, axis=0)
    centre = np.tile([[0.0, y - 1.75, rise - 3.2]], (24, 1))
    b.batch(centre, ring - centre, nxt - centre, Material.GLOW, (0.75, 0.72, 0.62), (1, 0.8), triangle=True)
    b.box((0.0, y - 1.8, rise - 2.6), (0.07, 0.03, 0.75), Material.PLAIN, (0.03, 0.03, 0.03))
    b.box((0.45, y - 1.8, rise - 3.2), (0.5, 0.03, 0.08), Material.PLAIN, (0.03, 0.03, 0.03))
    apex = np.array([0.0, cy, rise + 11.0])
    base = np.array([[-half, cy - half, rise + 0.3], [half, cy - half, rise + 0.3], [half, cy + half, rise + 0.3],
                     [-half, cy + half, rise + 0.3]])
    after = np.roll(base, -1, axis=0)
    b.batch(base, after - base, apex - base, Material.ROOF, (0.10, 0.17, 0.15), (1,), triangle=True)
    b.box((0, cy, rise + 12.2), (0.06, 0.06, 1.6), Material.PLAIN, (0.2, 0.18, 0.1))
    for cx in (-wide / 2 - 3, wide / 2 + 3):
        lots.append(Lot(1 if cx > 0 else -1, 0.0, y, y + 18, wide, storeys, 5))
    lots.append(Lot(1, -half, y - 1.6, y + 9.5, 2 * half, storeys + 6, 6))
    for side in (-1, 1):
        x = wide + 8.0
        while x < 260:
            width = float(rng.uniform(18, 30))
            lot = Lot(side, x, y - 8 + float(rng.uniform(0, 6)), y + 26, width, max(3, storeys + int(rng.integers(-2, 4))),
                      int(rng.integers(1 << 20)))
            _plain_house(b, lot, rng)
            lots.append(lot)
            x += width
    for x in np.arange(-240.0, 240.0, 30.0):  # behind the first camera, the row that closes the street's other end
        lot = Lot(1, float(x), -236.0, -212.0, 28.0, max(3, storeys + int(rng.integers(-2, 3))), int(rng.integers(1 << 20)))
        _plain_house(b, lot, rng)
        lots.append(lot)
    for x in np.arange(-420.0, 420.0, 42.0):  # skyline beyond
        if rng.uniform() < 0.3:
            continue
        lot = Lot(1, float(x), 330.0 + float(rng.uniform(0, 90)), 450.0, 26.0,
                  round(storeys + 2 + float(rng.uniform(0, 8 + 26 * plan.towers))), int(rng.integers(1 << 20)))
        _plain_house(b, lot, rng)
        lots.append(lot)
    return lots
