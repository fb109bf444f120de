"""Houses of the street front: walls that carry their windows in shading, and the parts that make a silhouette."""

from __future__ import annotations

import numpy as np

from render.world.lot import BRICK, STEEL, STONE, STUCCO, Lot, Tint
from render.world.quads_scene import Material, MeshBuilder
from render.world.roof_life import roof_life
from render.world.roofs import flat_roof, pitched_roof, roof_clutter

SHOPS: tuple[Tint, ...] = (
    (0.06, 0.10, 0.09),
    (0.10, 0.05, 0.05),
    (0.05, 0.06, 0.10),
    (0.12, 0.10, 0.07),
    (0.07, 0.07, 0.07),
    (0.20, 0.19, 0.17),
)
AWNINGS: tuple[Tint, ...] = (
    (0.30, 0.06, 0.05),
    (0.06, 0.16, 0.11),
    (0.42, 0.36, 0.26),
    (0.07, 0.12, 0.22),
    (0.36, 0.22, 0.08),
)


def building(b: MeshBuilder, lot: Lot) -> None:
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
    _front(b, lot, rng, tint, base, top, bay)
    x0, x1, y0, y1, _ = lot.bounds()
    if tower:
        inset = 1.8
        inner = Lot(
            lot.side, lot.front + inset, lot.begin + 1.2, lot.end - 1.2, lot.depth - 2 * inset, lot.storeys, lot.seed
        )
        flat_roof(b, (x0, x1, y0, y1), top, tint)
        _walls(b, inner, top, lot.height, look, tint, 0.4)
        x0, x1, y0, y1, _ = inner.bounds()
        top = lot.height
    if not tower and style in (0, 1) and rng.uniform() < 0.55:
        pitched_roof(b, lot, top, rng)
    else:
        flat_roof(b, (x0, x1, y0, y1), top, tint)
        if not tower and -70 < lot.begin < 130:
            roof_life(b, (x0, x1, y0, y1), top, lot.seed)
        else:
            roof_clutter(b, (x0, x1, y0, y1), top, rng)


def _walls(
    b: MeshBuilder, lot: Lot, base: float, top: float, look: tuple[float, ...], tint: Tint, first: float
) -> None:
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
    b.sheet(
        (x0, y0, low),
        (x1 - x0, 0, 0),
        (0, 0, top - low),
        Material.FACADE,
        tint,
        params if first else blind,
        texel_m=2.0,
    )
    b.sheet(
        (x1, y1, low),
        (x0 - x1, 0, 0),
        (0, 0, top - low),
        Material.FACADE,
        tint,
        params if first else blind,
        texel_m=2.0,
    )


def _front(b: MeshBuilder, lot: Lot, rng: np.random.Generator, tint: Tint, base: float, top: float, bay: float) -> None:
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
        b.box(
            (x - side * (out / 2 - 0.02), middle, z),
            (out / 2 + 0.02, width / 2 - 0.01, half_z),
            Material.PLAIN,
            trim,
            stone,
            texel_m=1.5,
            bottom=True,
        )

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


def _pilasters(
    b: MeshBuilder, lot: Lot, trim: tuple[float, ...], base: float, top: float, rng: np.random.Generator
) -> None:
    """Corner strips and a downpipe, so that neighbours do not melt into each other."""
    x = lot.side * lot.front
    for y in (lot.begin + 0.22, lot.end - 0.22):
        b.box(
            (x - lot.side * 0.04, y, (base + top) / 2),
            (0.06, 0.2, (top - base) / 2 - 0.3),
            Material.PLAIN,
            trim,
            (0.12, 1.4, 0.05),
            texel_m=2.5,
        )
    if rng.uniform() < 0.6:
        y = lot.end - 0.55
        b.box(
            (x - lot.side * 0.1, y, top / 2),
            (0.05, 0.05, top / 2 - 0.4),
            Material.PLAIN,
            (0.10, 0.10, 0.10),
            (0.1, 1.0, 0.2),
            texel_m=2.5,
        )


def _balcony(b: MeshBuilder, x: float, side: int, y: float, z: float, half: float) -> None:
    b.box(
        (x - side * 0.45, y, z),
        (0.47, half, 0.07),
        Material.PLAIN,
        (0.40, 0.38, 0.34),
        (0.1, 1.0, 0.0),
        bottom=True,
        texel_m=0.9,
    )
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
        b.sheet(
            (x - side * (reach + 0.03), start[1], z),
            (0, 0, -0.22),
            along,
            Material.CLOTH,
            color,
            (1.0,),
            two_sided=True,
        )


def _garden(b: MeshBuilder, lot: Lot) -> None:
    x0, x1, y0, y1, _ = lot.bounds()
    x = lot.side * lot.front
    b.box(
        (x + lot.side * 0.15, (y0 + y1) / 2, 1.1),
        (0.15, (y1 - y0) / 2, 1.1),
        Material.PLAIN,
        (0.32, 0.20, 0.15),
        (0.2, 2.0),
        texel_m=1.5,
    )
    b.sheet(
        (x0, y0, 0.16), (x1 - x0, 0, 0), (0, y1 - y0, 0), Material.PLAIN, (0.10, 0.12, 0.05), (0.3, 4.0), texel_m=3.0
    )
