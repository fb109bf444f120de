"""What stands in an office: desks with screens, swivel chairs, cabinets, boards with notes."""

from __future__ import annotations

import numpy as np

from render.world.joinery import Tint, bar, local, rounded, turned
from render.world.quads_scene import F64, Material, MeshBuilder

STEEL: Tint = (0.42, 0.42, 0.43)
BLACK: Tint = (0.022, 0.022, 0.024)
PAPER: Tint = (0.62, 0.61, 0.58)


def desk_pair(b: MeshBuilder, at: tuple[float, float], top: Tint, screen: Tint, rng: np.random.Generator) -> None:
    """Four places around a low screen that runs along x."""
    x, y = at
    tops = [(x + sx * 0.85, y + sy * 0.42, 0.725) for sx in (-1, 1) for sy in (-1, 1)]
    rounded(b, tops, (0.835, 0.395, 0.014), 0.008, Material.PLANKS, top, (0.4, 3.0, 0.35),
            texel_m=0.3)
    legs = [(x + sx * 1.62, y + sy * 0.72, 0.355) for sx in (-1, 0, 1) for sy in (-1, 1)]
    rounded(b, legs, (0.025, 0.025, 0.355), 0.006, Material.METAL, STEEL, (0.4, 0.1))
    rounded(b, [(x + sx * 1.62, y, 0.68) for sx in (-1, 1)], (0.02, 0.72, 0.025), 0.006, Material.METAL, STEEL,
            (0.4, 0.1))
    rounded(b, (x, y, 0.99), (1.68, 0.018, 0.25), 0.014, Material.CLOTH, screen, (1.2,), texel_m=0.3)
    for sx in (-1, 1):
        for sy in (-1, 1):
            _place(b, (x + sx * 0.85, y + sy * 0.42), 0.0 if sy > 0 else np.pi, rng)


def _place(b: MeshBuilder, at: tuple[float, float], yaw: float, rng: np.random.Generator) -> None:
    """One place of work: its sitter is on the local +y side, the screen stands on the −y side."""
    turn = yaw + float(rng.uniform(-0.16, 0.16))

    def p(x: float, y: float, z: float) -> F64:
        return local(at, turn, x, y, z)

    count = 2 if rng.uniform() < 0.35 else 1
    for k in range(count):
        dx = (k - (count - 1) / 2) * 0.58 + float(rng.uniform(-0.04, 0.04))
        swing = turn + (k - (count - 1) / 2) * -0.25
        c = p(dx, -0.16, 1.06)
        wide, tall = 0.27, 0.165
        rounded(b, c, (wide + 0.008, 0.014, tall + 0.008), 0.006, Material.PAINT, BLACK, (0.3,), yaw=swing)
        face = local((c[0], c[1]), swing, wide, 0.0155, c[2] - tall)
        right = local((0.0, 0.0), swing, -2 * wide, 0.0, 0.0)
        b.sheet(tuple(face), tuple(right), (0, 0, 2 * tall), Material.MONITOR, (0.02, 0.02, 0.02),
                (float(rng.integers(900)), 0.85, 1.0), casts=False)
        bar(b, p(dx, -0.2, 0.745), p(dx, -0.18, 1.0), 0.018, Material.METAL, BLACK, (0.4, 0.0))
        rounded(b, p(dx, -0.19, 0.745), (0.11, 0.08, 0.006), 0.004, Material.METAL, BLACK, (0.4, 0.0), yaw=turn)
    rounded(b, p(0, 0.12, 0.749), (0.21, 0.065, 0.009), 0.005, Material.PLAIN, (0.05, 0.05, 0.053), (0.05, 4.0, 0.2),
            yaw=turn)
    rounded(b, p(-0.31, 0.14, 0.752), (0.03, 0.05, 0.013), 0.012, Material.PLAIN, BLACK, (0.02, 1.0, 0.3), yaw=turn)
    if rng.uniform() < 0.6:
        high = 0.006 + 0.02 * float(rng.uniform())
        b.box(tuple(p(0.55, 0.05, 0.74 + high)), (0.105, 0.148, high), Material.PLAIN, PAPER, (0.04, 3.0, 0.0),
              yaw=turn + float(rng.uniform(-0.4, 0.4)))
    if rng.uniform() < 0.6:
        cup = ((0.60, 0.58, 0.54), (0.30, 0.06, 0.05), (0.05, 0.11, 0.17))[int(rng.integers(3))]
        turned(b, p(-0.5, -0.02, 0.74), [(0, 0.03), (0.005, 0.036), (0.09, 0.04), (0.092, 0.036), (0.07, 0.033)],
               Material.PLAIN, cup, (0.02, 1.0, 0.5), 12)
    if rng.uniform() < 0.3:  # a task lamp, a plant in a pot
        turned(b, p(0.62, -0.2, 0.74), [(0, 0.055), (0.1, 0.07), (0.105, 0.06)], Material.PLAIN, (0.5, 0.47, 0.42),
               (0.05, 2.0, 0.2), 12)
        n = 26
        way = rng.normal(size=(n, 3)) * [1, 1, 0.5] + [0, 0, 0.9]
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        side = np.cross(way, rng.normal(size=(n, 3)))
        side /= np.linalg.norm(side, axis=1, keepdims=True)
        foot = np.tile(p(0.62, -0.2, 0.83), (n, 1))
        b.batch(foot - side * 0.012, side * 0.024, way * rng.uniform(0.1, 0.24, (n, 1)), Material.PLAIN,
                (0.06, 0.13, 0.04), (0.1, 2.0, 0.2), two_sided=True, triangle=True, casts=False)


def chair(b: MeshBuilder, at: tuple[float, float], yaw: float, tint: Tint) -> None:
    """A swivel chair; it looks along local +y."""

    def p(x: float, y: float, z: float) -> F64:
        return local(at, yaw, x, y, z)

    rounded(b, p(0, 0.0, 0.47), (0.24, 0.235, 0.04), 0.035, Material.CLOTH, tint, (1.2,), yaw=yaw, texel_m=0.2)
    rounded(b, p(0, -0.245, 0.80), (0.215, 0.028, 0.27), 0.027, Material.CLOTH, tint, (1.2,), yaw=yaw, texel_m=0.2,
            lean=-0.14)
    bar(b, p(0, -0.2, 0.44), p(0, -0.27, 0.66), 0.022, Material.METAL, BLACK, (0.4, 0.0), 6)
    bar(b, p(0, 0, 0.10), p(0, 0, 0.44), 0.028, Material.METAL, STEEL, (0.6, 0.0), 8)
    for side in (-0.27, 0.27):
        rounded(b, p(side, -0.02, 0.66), (0.028, 0.13, 0.016), 0.012, Material.PLAIN, BLACK, (0.02, 1, 0.2), yaw=yaw)
        bar(b, p(side, -0.05, 0.46), p(side, -0.05, 0.65), 0.014, Material.METAL, BLACK, (0.4, 0.0), 5)
    for k in range(5):
        a = yaw + 2 * np.pi * k / 5
        end = np.array([at[0] + 0.29 * np.cos(a), at[1] + 0.29 * np.sin(a), 0.065])
        bar(b, p(0, 0, 0.11), end, 0.017, Material.METAL, BLACK, (0.4, 0.0), 5)
        bar(b, end - np.array([0, 0.018, 0.035]), end + np.array([0, 0.018, -0.035]), 0.03, Material.PLAIN, BLACK,
            (0.02, 1, 0.2), 8)


def cabinet(b: MeshBuilder, at: tuple[float, float], count: int, top: Tint, rng: np.random.Generator) -> None:
    """A run of low cupboards along y against the +x wall, binders and boxes on top."""
    x, y = at
    for k in range(count):
        cy = y + (k - (count - 1) / 2) * 0.92
        rounded(b, (x, cy, 0.54), (0.22, 0.455, 0.52), 0.008, Material.METAL, (0.50, 0.50, 0.48), (0.25, 0.3),
                texel_m=0.25)
        for z in (0.26, 0.60, 0.92):
            rounded(b, (x - 0.225, cy, z), (0.006, 0.44, 0.155), 0.004, Material.METAL, (0.54, 0.54, 0.52), (0.25, 0.3),
                    texel_m=0.25)
            rounded(b, (x - 0.24, cy, z + 0.08), (0.008, 0.07, 0.008), 0.004, Material.METAL, STEEL, (0.6, 0.0))
        at_y = cy - 0.4
        while at_y < cy + 0.35 and rng.uniform() < 0.93:
            half = 0.022 + 0.02 * float(rng.uniform())
            hue = ((0.05, 0.09, 0.16), (0.30, 0.05, 0.04), (0.04, 0.04, 0.045), (0.50, 0.48, 0.44), (0.06, 0.16, 0.10))
            b.box((x - 0.02, at_y + half, 1.09 + 0.15), (0.14, half - 0.001, 0.15), Material.PLAIN,
                  hue[int(rng.integers(5))], (0.06, 2.0, 0.1))
            at_y += 2 * half
    rounded(b, (x, y, 1.075), (0.235, 0.46 * count, 0.014), 0.008, Material.PLANKS, top, (0.4, 3, 0.3), texel_m=0.25)


def whiteboard(b: MeshBuilder, at: tuple[float, float], half: float, rng: np.random.Generator) -> None:
    """A board on the +y wall with coloured notes."""
    x, y = at
    rounded(b, (x, y, 1.55), (half, 0.016, 0.58), 0.012, Material.METAL, STEEL, (0.5, 0.0))
    b.sheet((x - half + 0.03, y - 0.0175, 1.0), (2 * half - 0.06, 0, 0), (0, 0, 1.1), Material.PLAIN,
            (0.68, 0.68, 0.66), (0.02, 1.0, 0.35), texel_m=0.3)
    hues = np.array([(0.62, 0.5, 0.1), (0.14, 0.4, 0.5), (0.6, 0.2, 0.24), (0.3, 0.48, 0.16), (0.58, 0.32, 0.1)])
    n = 26
    column = rng.integers(0, int(half * 15), n) * 0.125
    origin = np.column_stack([x - half + 0.12 + column, np.full(n, y - 0.0185), 1.08 + rng.integers(0, 8, n) * 0.115])
    keep = origin[:, 0] < x + half - 0.15
    origin, tint = origin[keep], hues[rng.integers(0, 5, n)][keep]
    m = len(origin)
    b.batch(origin, np.tile([0.08, 0, 0.0], (m, 1)), np.tile([0, 0, 0.08], (m, 1)), Material.PLAIN, tint,
            (0.02, 2, 0.0))


def meeting_table(b: MeshBuilder, at: tuple[float, float], top: Tint, rng: np.random.Generator) -> None:
    """A round table with four chairs."""
    turned(b, (*at, 0), [(0, 0.32), (0.02, 0.31), (0.03, 0.05), (0.7, 0.05), (0.705, 0.58), (0.735, 0.6), (0.737, 0)],
           Material.PLAIN, top, (0.05, 2.0, 0.3), 28)
    for k in range(4):
        a = k * np.pi / 2 + float(rng.uniform(-0.3, 0.3))
        chair(b, (at[0] + 0.95 * np.cos(a), at[1] + 0.95 * np.sin(a)), a + np.pi / 2, (0.05, 0.05, 0.055))
