"""Doors, benches, lockers and boards along a corridor."""

from __future__ import annotations

import numpy as np

from render.world.joinery import Tint, bar, local, rounded, shaded, turned
from render.world.quads_scene import F64, Material, MeshBuilder
from render.world.room_place import LampRow
from render.world.shell import Look, Wall

STEEL: Tint = (0.42, 0.42, 0.42)
BRASS: Tint = (0.38, 0.27, 0.11)


def door(b: MeshBuilder, w: Wall, along: float, leaf: Tint, style: str, *, ajar: bool, lamp: bool,
         rows: list[LampRow]) -> None:
    """A door in its frame; one stands ajar into the room."""
    frame: Look = (Material.PLAIN, shaded(leaf, 0.8) if style != "clinic" else (0.5, 0.5, 0.48), (0.05, 2.0, 0.25))
    half, high = 0.46, 2.08
    for a, c, z0, z1 in ((-half - 0.08, -half, 0, high + 0.08), (half, half + 0.08, 0, high + 0.08),
                         (-half, half, high, high + 0.08)):
        w.box(b, (along + a, along + c), (-0.05, 0.02), (z0, z1), frame, texel_m=0.2)
    w.box(b, (along - half, along + half), (-0.004, 0.0), (0, high), (Material.PLAIN, (0.02, 0.02, 0.02), ()))
    hinge = w.at(along + half, -0.03, 0.0)
    turn = float(np.arctan2(w.along[1], w.along[0])) + np.pi - (0.9 if ajar else 0.0)

    def p(x: float, y: float, z: float) -> F64:
        return local((float(hinge[0]), float(hinge[1])), turn, x, y, z)

    look = (Material.PLANKS, leaf, (0.95, 3.0, 0.35))
    rounded(b, p(half, 0, high / 2), (half - 0.004, 0.02, high / 2 - 0.006), 0.006, *look, yaw=turn, texel_m=0.2)
    out = -1.0 if float(local((0, 0), turn, 0, 1, 0) @ w.out) > 0 else 1.0
    if style == "hotel":
        for z, hz in ((0.62, 0.42), (1.56, 0.38)):
            for x in (0.25, 0.67):
                rounded(b, p(x, out * 0.021, z), (0.15, 0.008, hz), 0.007, Material.PLANKS, shaded(leaf, 1.12),
                        (0.95, 3.0, 0.35), yaw=turn, texel_m=0.3)
    elif style == "school":
        rounded(b, p(half, out * 0.018, 1.55), (0.24, 0.008, 0.33), 0.006, Material.FROSTED, (0.85, 0.92, 0.92),
                (0.035,),
                yaw=turn)
    else:
        rounded(b, p(0.2, out * 0.018, 1.45), (0.06, 0.008, 0.42), 0.006, Material.FROSTED, (0.8, 0.9, 0.92), (0.03,),
                yaw=turn)
        rounded(b, p(half, out * 0.021, 0.16), (half - 0.02, 0.003, 0.14), 0.002, Material.METAL, STEEL, (0.5, 0.4),
                yaw=turn)
    metal = BRASS if style == "hotel" else STEEL
    bar(b, p(2 * half - 0.08, out * 0.06, 1.03), p(2 * half - 0.2, out * 0.06, 1.03), 0.011, Material.METAL, metal,
        (0.6, 0.1), 8)
    rounded(b, p(2 * half - 0.08, out * 0.026, 1.02), (0.02, 0.006, 0.09), 0.004, Material.METAL, metal, (0.6, 0.1),
            yaw=turn)
    sign = w.at(along - half - 0.25, -0.012, 1.55)
    rounded(b, sign, (0.008, 0.07, 0.05) if abs(w.along[1]) > 0.5 else (0.07, 0.008, 0.05), 0.004, Material.PLAIN,
            (0.55, 0.54, 0.50), (0.02, 1.0, 0.3))
    if lamp:
        at = w.at(along + half + 0.42, -0.09, 1.72)
        turned(b, at, [(0, 0.05), (0.05, 0.075), (0.17, 0.06)], Material.GLOW, (1.0, 0.78, 0.5), (1, 1.9), 12)
        bar(b, w.at(along + half + 0.42, 0, 1.7), at, 0.012, Material.METAL, BRASS, (0.6, 0.1), 6)
        rows.append((float(at[0]), float(at[1]), 1.95, 0.9, 0.58, 0.28, 3.5, 0.0))


def bench(b: MeshBuilder, at: tuple[float, float], leaf: Tint, style: str, rng: np.random.Generator) -> None:
    """A bench, or in a hotel a console with a lamp and flowers, along the +x wall."""
    x, y = at
    if style == "hotel":
        rounded(b, (x + 0.1, y, 0.78), (0.18, 0.5, 0.02), 0.015, Material.PLANKS, leaf, (0.4, 3, 0.4), texel_m=0.2)
        for s in (-0.42, 0.42):
            turned(b, (x + 0.1, y + s, 0), [(0, 0.015), (0.4, 0.03), (0.76, 0.035)], Material.PLANKS, leaf,
                   (0.3, 2, 0.4),
                   8)
        turned(b, (x + 0.1, y - 0.1, 0.8), [(0, 0.06), (0.06, 0.1), (0.16, 0.11), (0.26, 0.05), (0.32, 0.06)],
               Material.PLAIN, (0.12, 0.20, 0.22), (0.05, 2.0, 0.6), 16)
        return
    for k in range(4):
        rounded(b, (x - 0.16 + 0.105 * k, y, 0.44), (0.046, 0.75, 0.016), 0.012, Material.PLANKS, (0.34, 0.22, 0.12),
                (0.3, 3.0, 0.3), texel_m=0.25)
    for s in (-0.6, 0.6):
        rounded(b, (x, y + s, 0.21), (0.17, 0.025, 0.21), 0.01, Material.METAL, (0.08, 0.08, 0.085), (0.3, 0.3))
    if rng.uniform() < 0.6:
        rounded(b, (x - 0.02, y - 0.35, 0.57), (0.13, 0.17, 0.11), 0.07, Material.CLOTH, (0.10, 0.13, 0.20), (1.2,),
                yaw=0.3)


def lockers(b: MeshBuilder, at: tuple[float, float], count: int, shade: Tint) -> None:
    """A block of narrow steel lockers."""
    x, y = at
    for k in range(count):
        cy = y + (k - (count - 1) / 2) * 0.38
        rounded(b, (x, cy, 0.95), (0.19, 0.188, 0.93), 0.008, Material.METAL, shaded(shade, 1.25), (0.3, 0.6),
                texel_m=0.25)
        rounded(b, (x - 0.195, cy, 0.95), (0.006, 0.17, 0.89), 0.005, Material.METAL, shaded(shade, 1.4), (0.3, 0.7),
                texel_m=0.25)
        for z in np.arange(1.5, 1.75, 0.05):
            rounded(b, (x - 0.203, cy, float(z)), (0.004, 0.1, 0.008), 0.003, Material.METAL, (0.03, 0.03, 0.03),
                    (0.2,))
        rounded(b, (x - 0.21, cy + 0.12, 1.0), (0.012, 0.012, 0.05), 0.006, Material.METAL, STEEL, (0.6, 0.0))


def trolley(b: MeshBuilder, at: tuple[float, float]) -> None:
    """A wheeled bed along the wall."""
    x, y = at
    rounded(b, (x, y, 0.68), (0.33, 0.92, 0.06), 0.05, Material.CLOTH, (0.55, 0.57, 0.58), (1.0,), texel_m=0.25)
    rounded(b, (x, y + 0.66, 0.77), (0.24, 0.18, 0.06), 0.055, Material.CLOTH, (0.64, 0.64, 0.62), (1.0,), texel_m=0.25)
    rounded(b, (x, y, 0.56), (0.31, 0.9, 0.03), 0.015, Material.METAL, STEEL, (0.5, 0.1))
    for sx in (-0.28, 0.28):
        for sy in (-0.8, 0.8):
            bar(b, (x + sx, y + sy, 0.1), (x + sx, y + sy, 0.56), 0.018, Material.METAL, STEEL, (0.5, 0.1), 7)
            bar(b, (x + sx - 0.02, y + sy, 0.07), (x + sx + 0.02, y + sy, 0.07), 0.07, Material.PLAIN,
                (0.05, 0.05, 0.05),
                (0.02, 1, 0.2), 12)
        bar(b, (x + sx * 1.18, y - 0.5, 0.9), (x + sx * 1.18, y + 0.4, 0.9), 0.014, Material.METAL, STEEL, (0.6, 0.1),
            7)
        for sy in (-0.5, 0.4):
            bar(b, (x + sx * 1.18, y + sy, 0.6), (x + sx * 1.18, y + sy, 0.9), 0.012, Material.METAL, STEEL,
                (0.6, 0.1), 6)


def board(b: MeshBuilder, w: Wall, along: float, style: str, rng: np.random.Generator) -> None:
    """A picture, or a cork board with papers."""
    if style != "school":
        half, tall = float(rng.uniform(0.32, 0.5)), float(rng.uniform(0.28, 0.4))
        middle = w.at(along, -0.015, 1.62)
        rounded(b, middle, (0.014, half + 0.03, tall + 0.03), 0.008, Material.PLAIN, (0.10, 0.07, 0.045), (0.1, 2, 0.3))
        b.sheet(tuple(w.at(along + half, -0.031, 1.62 - tall)), tuple(w.along * -2 * half), (0, 0, 2 * tall),
                Material.ART,
                (0.5, 0.5, 0.5), (float(rng.integers(900)),), texel_m=0.25)
        return
    w.box(b, (along - 0.62, along + 0.62), (-0.03, 0.0), (1.95, 2.55),
          (Material.PLAIN, (0.26, 0.17, 0.10), (0.1, 2, 0.1)))
    b.sheet(tuple(w.at(along + 0.58, -0.031, 1.99)), tuple(w.along * -1.16), (0, 0, 0.52), Material.PLAIN,
            (0.34, 0.22, 0.12), (0.35, 6.0, 0.0), texel_m=0.3)
    for k in range(7):
        a = along + 0.5 - 0.15 * k + float(rng.uniform(-0.03, 0.03))
        z = 2.04 + 0.2 * float(rng.uniform())
        hue = ((0.62, 0.61, 0.57), (0.62, 0.55, 0.25), (0.35, 0.52, 0.58), (0.60, 0.36, 0.30))[int(rng.integers(4))]
        b.sheet(tuple(w.at(a, -0.033, z)), tuple(w.along * -0.12), (0, 0, 0.17), Material.PLAIN, hue, (0.03, 2.0, 0.0))


def extinguisher(b: MeshBuilder, at: tuple[float, float]) -> None:
    """A red fire extinguisher and its sign on the −x wall."""
    turned(b, (*at, 0.35), [(0, 0.07), (0.02, 0.085), (0.42, 0.085), (0.5, 0.05), (0.55, 0.02)], Material.METAL,
           (0.42, 0.025, 0.02), (0.45, 0.2), 16)
    bar(b, (at[0], at[1], 0.9), (at[0] + 0.02, at[1] + 0.1, 0.98), 0.012, Material.METAL, (0.03, 0.03, 0.03),
        (0.3, 0.0), 6)
    rounded(b, (at[0] - 0.12, at[1], 1.7), (0.004, 0.09, 0.09), 0.003, Material.PLAIN, (0.40, 0.03, 0.025),
            (0.02, 1, 0.2))
