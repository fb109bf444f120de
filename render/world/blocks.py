"""Everything behind the street fronts: plain blocks, the house that closes the vista, the skyline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from render.world.lot import BRICK, STEEL, STONE, STUCCO, Lot, Tint
from render.world.quads_scene import Material, MeshBuilder
from render.world.roofs import flat_roof, pitched_roof

if TYPE_CHECKING:
    from render.world.city import StreetPlan


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
            lot = Lot(
                side,
                front,
                float(y),
                float(y) + float(rng.uniform(18, 30)),
                20.0,
                max(3, round(plan.floors + 2 + float(rng.uniform(0, 6 + 30 * plan.towers)))),
                int(rng.integers(1 << 20)),
            )
            _plain_house(b, lot, rng)
            lots.append(lot)
    return lots


def _plain_house(b: MeshBuilder, lot: Lot, rng: np.random.Generator) -> None:
    style = int(rng.choice([0, 1, 2, 3], p=[0.25, 0.35, 0.2, 0.2]))
    palette = (BRICK, STUCCO, STONE, STEEL)[style]
    tint = palette[int(rng.integers(len(palette)))]
    look = (
        float(rng.uniform(2.2, 3.2)),
        lot.floor,
        float(rng.uniform(0.38, 0.5)),
        1.7,
        style,
        lot.seed % 997,
        1.0,
        1.0,
    )
    x0, x1, y0, y1, top = lot.bounds()
    for origin, along in (
        ((x0, y0, 0), (x1 - x0, 0, 0)),
        ((x1, y0, 0), (0, y1 - y0, 0)),
        ((x1, y1, 0), (x0 - x1, 0, 0)),
        ((x0, y1, 0), (0, y0 - y1, 0)),
    ):
        b.sheet(origin, along, (0, 0, top), Material.FACADE, tint, look, texel_m=5.0)
    if style in (0, 1) and lot.storeys < 8 and rng.uniform() < 0.6:
        pitched_roof(b, lot, top, rng)
    else:
        flat_roof(b, (x0, x1, y0, y1), top, tint)


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
    b.box(
        (0, y + 0.2, top - 0.3),
        (wide + 0.3, 0.8, 0.3),
        Material.PLAIN,
        (0.52, 0.48, 0.40),
        (0.1, 1.0),
        bottom=True,
        texel_m=4.0,
    )
    half, rise = 5.5, top + 15.0 + 16 * plan.towers
    tower_look = (3.4, 4.4, 0.36, 2.6, 2, 77, 3.0, 1.0)
    for origin, along in (
        ((-half, y - 1.6, 0), (2 * half, 0, 0)),
        ((half, y - 1.6, 0), (0, 2 * half, 0)),
        ((half, y - 1.6 + 2 * half, 0), (-2 * half, 0, 0)),
        ((-half, y - 1.6 + 2 * half, 0), (0, -2 * half, 0)),
    ):
        b.sheet(origin, along, (0, 0, rise), Material.FACADE, tint, tower_look, texel_m=3.0)
    cy = y - 1.6 + half
    for z, out in ((rise, 0.7), (rise - 6.5, 0.3), (top + 0.5, 0.3)):
        b.box(
            (0, cy, z),
            (half + out, half + out, 0.35),
            Material.PLAIN,
            (0.52, 0.48, 0.40),
            (0.1, 1.0),
            bottom=True,
            texel_m=3.0,
        )
    turn = np.arange(24) / 24 * 2 * np.pi
    ring = np.stack([2.1 * np.cos(turn), np.full(24, y - 1.75), rise - 3.2 + 2.1 * np.sin(turn)], 1)
    nxt = np.roll(ring, -1, axis=0)
    centre = np.tile([[0.0, y - 1.75, rise - 3.2]], (24, 1))
    b.batch(centre, ring - centre, nxt - centre, Material.GLOW, (0.75, 0.72, 0.62), (1, 0.8), triangle=True)
    b.box((0.0, y - 1.8, rise - 2.6), (0.07, 0.03, 0.75), Material.PLAIN, (0.03, 0.03, 0.03))
    b.box((0.45, y - 1.8, rise - 3.2), (0.5, 0.03, 0.08), Material.PLAIN, (0.03, 0.03, 0.03))
    apex = np.array([0.0, cy, rise + 11.0])
    base = np.array(
        [
            [-half, cy - half, rise + 0.3],
            [half, cy - half, rise + 0.3],
            [half, cy + half, rise + 0.3],
            [-half, cy + half, rise + 0.3],
        ]
    )
    after = np.roll(base, -1, axis=0)
    b.batch(base, after - base, apex - base, Material.ROOF, (0.10, 0.17, 0.15), (1,), triangle=True)
    b.box((0, cy, rise + 12.2), (0.06, 0.06, 1.6), Material.PLAIN, (0.2, 0.18, 0.1))
    lots += [Lot(side, 0.0, y, y + 18, wide, storeys, 5) for side in (-1, 1)]
    lots.append(Lot(1, -half, y - 1.6, y + 9.5, 2 * half, storeys + 6, 6))
    for side in (-1, 1):
        x = wide + 8.0
        while x < 260:
            width = float(rng.uniform(18, 30))
            lot = Lot(
                side,
                x,
                y - 8 + float(rng.uniform(0, 6)),
                y + 26,
                width,
                max(3, storeys + int(rng.integers(-2, 4))),
                int(rng.integers(1 << 20)),
            )
            _plain_house(b, lot, rng)
            lots.append(lot)
            x += width
    for x in np.arange(-240.0, 240.0, 30.0):  # behind the first camera, the row that closes the street's other end
        lot = Lot(
            1, float(x), -236.0, -212.0, 28.0, max(3, storeys + int(rng.integers(-2, 3))), int(rng.integers(1 << 20))
        )
        _plain_house(b, lot, rng)
        lots.append(lot)
    for x in np.arange(-420.0, 420.0, 42.0):  # skyline beyond
        if rng.uniform() < 0.3:
            continue
        lot = Lot(
            1,
            float(x),
            330.0 + float(rng.uniform(0, 90)),
            450.0,
            26.0,
            round(storeys + 2 + float(rng.uniform(0, 8 + 26 * plan.towers))),
            int(rng.integers(1 << 20)),
        )
        _plain_house(b, lot, rng)
        lots.append(lot)
    return lots
