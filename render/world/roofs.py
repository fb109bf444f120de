"""Roofs: flat ones behind a parapet, pitched ones with dormers and chimneys, and what stands on them."""

from __future__ import annotations

import numpy as np

from render.world.lot import Lot, Tint
from render.world.quads_scene import Material, MeshBuilder


def flat_roof(b: MeshBuilder, rect: tuple[float, float, float, float], top: float, tint: Tint) -> None:
    x0, x1, y0, y1 = rect
    b.sheet((x0, y0, top), (x1 - x0, 0, 0), (0, y1 - y0, 0), Material.ROOF, (0.16, 0.155, 0.15), (0,), texel_m=3.0)
    cap = tuple(0.45 * c + 0.16 for c in tint)
    for cx, cy, hx, hy in (
        ((x0 + x1) / 2, y0 + 0.15, (x1 - x0) / 2, 0.15),
        ((x0 + x1) / 2, y1 - 0.15, (x1 - x0) / 2, 0.15),
        (x0 + 0.15, (y0 + y1) / 2, 0.15, (y1 - y0) / 2),
        (x1 - 0.15, (y0 + y1) / 2, 0.15, (y1 - y0) / 2),
    ):
        b.box((cx, cy, top + 0.4), (hx, hy, 0.4), Material.PLAIN, cap, (0.1, 1.0, 0.0), texel_m=3.0)


def pitched_roof(b: MeshBuilder, lot: Lot, top: float, rng: np.random.Generator) -> None:
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
        b.sheet(
            (mid - flip * (run - eave), y, low),
            (flip * (run - eave), 0, rise * 0.97),
            (2 * flip * (run - eave), 0, 0),
            Material.PLAIN,
            gable,
            (0.1, 1.0),
            triangle=True,
            two_sided=True,
        )
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
        b.box(
            (x + lot.side * 0.8, y, z + 0.35),
            (0.9, 0.65, 0.75),
            Material.PLAIN,
            (0.42, 0.40, 0.36),
            (0.1, 1.0),
            top=Material.ROOF,
        )
        pane = x - lot.side * 0.115
        start, along = (
            ((pane, y + 0.45, z - 0.1), (0, -0.9, 0)) if lot.side > 0 else ((pane, y - 0.45, z - 0.1), (0, 0.9, 0))
        )
        b.sheet(start, along, (0, 0, 1.05), Material.PAINT, (0.03, 0.035, 0.04), (0.8,))


def roof_clutter(b: MeshBuilder, rect: tuple[float, float, float, float], top: float, rng: np.random.Generator) -> None:
    x0, x1, y0, y1 = rect
    for _ in range(int(rng.integers(2, 6))):
        half = rng.uniform(0.4, 1.5, 2)
        x, y = float(rng.uniform(x0 + 2, x1 - 2)), float(rng.uniform(y0 + 2, y1 - 2))
        high = float(rng.uniform(0.4, 1.4))
        b.box(
            (x, y, top + high),
            (*half, high),
            Material.PLAIN,
            (0.33, 0.33, 0.32),
            (0.12, 1.0, 0.1),
            top=Material.ROOF if rng.uniform() < 0.4 else None,
        )
    if rng.uniform() < 0.3:
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        b.box((x, y, top + 3.0), (0.03, 0.03, 3.0), Material.PLAIN, (0.1, 0.1, 0.1))
