"""What stands on flat roofs that are looked down upon: huts, skylights, ducts, a water tank, a terrace with green."""

from __future__ import annotations

import numpy as np

from render.world.greens import bush
from render.world.place import F64
from render.world.quads_scene import Material, MeshBuilder, tube

_ZINC = (0.36, 0.37, 0.38)
_DARK = (0.055, 0.06, 0.065)
_TIMBER = (0.27, 0.17, 0.095)
_CLAY = (0.33, 0.17, 0.10)
_PARASOLS = ((0.50, 0.46, 0.38), (0.34, 0.06, 0.05), (0.06, 0.18, 0.19), (0.44, 0.33, 0.12))
Rect = tuple[float, float, float, float]


def roof_life(b: MeshBuilder, rect: Rect, top: float, seed: int) -> None:
    """Furnish a flat roof.

    Args:
        rect: x and y ranges within the parapet; top: height of the roof in metres.
        seed: of this roof; nothing else of the place depends on it.
    """
    rng = np.random.default_rng([seed, 0x40F])
    x0, x1, y0, y1 = rect
    if x1 - x0 < 8 or y1 - y0 < 7:
        return
    wide, deep = x1 - x0, y1 - y0
    terrace = rng.uniform() < 0.55
    # a third of the roof each, along y: the hut's stairs, technics and skylights, the terrace
    thirds = [y0 + deep * share for share in (0.17, 0.5, 0.83)]
    order = rng.permutation(3)
    _hut(b, x0 + wide * float(rng.uniform(0.55, 0.75)), thirds[order[0]], top, rng)
    _ducts(b, (x0 + 1.0, x1 - 1.0), thirds[order[0]], top, rng)
    _skylights(b, x0 + wide * 0.36, thirds[order[1]], top, rng)
    if rng.uniform() < 0.4:
        _tank(b, (x0 + wide * 0.78, thirds[order[1]], top), rng)
    if terrace:
        _terrace(b, (x0 + wide * 0.5, thirds[order[2]], top), min(wide * 0.36, 4.2), min(deep * 0.14, 2.4), rng)
    else:
        _skylights(b, x0 + wide * 0.66, thirds[order[2]], top, rng)
    for _ in range(int(rng.integers(4, 9))):  # pipes that breathe
        x, y = float(rng.uniform(x0 + 0.8, x1 - 0.8)), float(rng.uniform(y0 + 0.8, y1 - 0.8))
        high = float(rng.uniform(0.25, 0.55))
        b.box((x, y, top + high), (0.09, 0.09, high), Material.METAL, _ZINC, (0.3, 0.4))
        b.box((x, y, top + 2 * high + 0.05), (0.17, 0.17, 0.05), Material.METAL, _ZINC, (0.3, 0.4), bottom=True)
    for _ in range(int(rng.integers(1, 3))):  # aerials
        x, y = float(rng.uniform(x0 + 1, x1 - 1)), float(rng.uniform(y0 + 1, y1 - 1))
        b.box((x, y, top + 1.5), (0.025, 0.025, 1.5), Material.PLAIN, _DARK)
        for k in range(4):
            b.box((x, y, top + 2.1 + 0.25 * k), (0.42 - 0.07 * k, 0.012, 0.012), Material.PLAIN, _DARK, bottom=True)


def _hut(b: MeshBuilder, x: float, y: float, top: float, rng: np.random.Generator) -> None:
    """Where the stairs come out: a leaning roof, a door."""
    half, tall, turn = (1.25, 1.7), 1.2, 1.0 if rng.uniform() < 0.5 else -1.0
    wall = tuple(float(v) * float(rng.uniform(0.9, 1.1)) for v in (0.40, 0.37, 0.32))
    b.box((x, y, top + tall), (*half, tall), Material.PLAIN, wall, (0.12, 0.8), texel_m=1.2, top=Material.ROOF)
    b.box((x, y, top + 2 * tall + 0.06), (half[0] + 0.14, half[1] + 0.14, 0.06), Material.METAL, _ZINC, (0.3, 0.4),
          texel_m=1.5, bottom=True)  # fmt: skip
    b.box((x, y + turn * (half[1] + 0.02), top + 1.02), (0.45, 0.03, 1.0), Material.PAINT, (0.05, 0.09, 0.085), (0.3,))


def _ducts(b: MeshBuilder, span: tuple[float, float], y: float, top: float, rng: np.random.Generator) -> None:
    """Two coolers with dark grilles, and the duct between them on feet."""
    left, right = span[0] + 1.1, span[0] + 1.1 + min(0.42 * (span[1] - span[0]), 5.0)
    for x in (left, right):
        b.box((x, y, top + 0.75), (0.75, 0.6, 0.6), Material.METAL, (0.42, 0.43, 0.43), (0.25, 0.3), texel_m=1.0)
        for dx in (-0.36, 0.36):
            b.box((x + dx, y, top + 1.37), (0.28, 0.42, 0.02), Material.PLAIN, _DARK)
        b.box((x, y, top + 0.08), (0.7, 0.5, 0.08), Material.PLAIN, _DARK)
    b.box(((left + right) / 2, y + 0.1, top + 0.62), ((right - left) / 2 - 0.7, 0.2, 0.2), Material.METAL, _ZINC,
          (0.4, 0.5), texel_m=1.2, bottom=True)  # fmt: skip
    for k in range(int((right - left) / 1.2)):
        b.box((left + 0.9 + 1.1 * k, y + 0.1, top + 0.21), (0.05, 0.2, 0.21), Material.PLAIN, _DARK)


def _skylights(b: MeshBuilder, x: float, y: float, top: float, rng: np.random.Generator) -> None:
    """A row of tilted panes on kerbs."""
    for k in range(int(rng.integers(2, 4))):
        at = y + 1.5 * (k - 1)
        b.box((x, at, top + 0.15), (0.95, 0.55, 0.15), Material.METAL, _ZINC, (0.3, 0.3))
        b.sheet((x - 0.88, at - 0.48, top + 0.33), (1.76, 0, 0), (0, 0.96, 0.24), Material.PAINT, (0.03, 0.04, 0.05),
                (0.85,), two_sided=True)  # fmt: skip


def _tank(b: MeshBuilder, at: tuple[float, float, float], rng: np.random.Generator) -> None:
    """A wooden water tank on legs under a pointed lid."""
    x, y, z = at
    radius, foot, tall = float(rng.uniform(1.05, 1.4)), float(rng.uniform(1.0, 1.7)), float(rng.uniform(1.9, 2.5))
    for dx in (-0.62, 0.62):
        for dy in (-0.62, 0.62):
            b.box((x + dx * radius, y + dy * radius, z + foot / 2), (0.07, 0.07, foot / 2), Material.PLAIN, _DARK)
    b.box((x, y, z + foot), (0.85 * radius, 0.85 * radius, 0.06), Material.PLAIN, _DARK, bottom=True)
    levels: F64 = np.array([0.0, 0.02, 0.5, 0.98, 1.0, 1.02, 1.32])
    width = radius * np.array([0.02, 1.0, 1.03, 1.0, 1.0, 1.08, 0.02])
    path = np.stack([np.full(7, x), np.full(7, y), z + foot + 0.06 + tall * levels], 1)
    b.loft(tube(path, width, 12), Material.PLANKS, _TIMBER, (0.14, 9.0, 0.05), closed_u=True)


def _terrace(
    b: MeshBuilder, at: tuple[float, float, float], half_x: float, half_y: float, rng: np.random.Generator
) -> None:
    """A timber deck with a table, two benches, a parasol and tubs of green along its edge."""
    x, y, z = at
    b.box((x, y, z + 0.09), (half_x, half_y, 0.09), Material.PLANKS, _TIMBER, (0.14, 2.6, 0.08), texel_m=1.0)
    b.box((x, y, z + 0.86), (0.75, 0.42, 0.03), Material.PLANKS, (0.36, 0.25, 0.15), (0.12, 1.5, 0.1), bottom=True)
    b.box((x, y, z + 0.5), (0.07, 0.07, 0.34), Material.PLAIN, _DARK)
    for side in (-1, 1):
        b.box((x, y + side * 0.85, z + 0.60), (0.7, 0.17, 0.03), Material.PLANKS, (0.36, 0.25, 0.15), (0.12, 1.5, 0.1),
              bottom=True)  # fmt: skip
        b.box((x, y + side * 0.85, z + 0.38), (0.55, 0.05, 0.2), Material.PLAIN, _DARK)
    hue = _PARASOLS[int(rng.integers(len(_PARASOLS)))]
    px = x + 1.2
    b.box((px, y, z + 1.3), (0.03, 0.03, 1.2), Material.PLAIN, _DARK)
    corner: F64 = np.array([[np.cos(a), np.sin(a), 0.0] for a in np.arange(9) * np.pi / 4]) * 1.35
    tip = np.array([px, y, z + 2.65])
    rim = corner + np.array([px, y, z + 2.25])
    b.batch(np.tile(tip, (8, 1)), rim[:-1] - tip, rim[1:] - tip, Material.CLOTH, hue, (30.0,), triangle=True,
            two_sided=True)  # fmt: skip
    for k in range(int(rng.integers(3, 6))):
        share = (k + 0.5) / 5 * 2 - 1
        tub = (x + share * (half_x - 0.4), y + half_y - 0.32, z)
        b.box((tub[0], tub[1], z + 0.42), (0.34, 0.26, 0.25), Material.PLAIN, _CLAY, (0.1, 2.0))
        bush(b, np.array([tub[0], tub[1], z + 0.62]), 0.42, float(rng.uniform(0.5, 1.1)), 44, rng, evergreen=True,
             tint=(0.045, 0.08, 0.025))  # fmt: skip
