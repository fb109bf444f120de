"""What stands in an office: desks with screens, swivel chairs, cabinets, boards with notes."""

from __future__ import annotations

import numpy as np

from render.world.joinery import Tint, bar, local, rounded, turned
from render.world.quads_scene import F64, Material, MeshBuilder

STEEL: Tint = (0.42, 0.42, 0.43)
BLACK: Tint = (0.022, 0.022, 0.024)
PAPER: Tint = (0.62, 0.61, 0.58)
BRASS: Tint = (0.34, 0.25, 0.11)
BOOKS: tuple[Tint, ...] = ((0.05, 0.10, 0.17), (0.42, 0.37, 0.28), (0.30, 0.07, 0.05), (0.10, 0.17, 0.12),
                           (0.44, 0.30, 0.09), (0.52, 0.50, 0.46))


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
    rounded(b, (x, y, 0.885), (1.62, 0.018, 0.145), 0.014, Material.CLOTH, screen, (1.2,), texel_m=0.3)
    for sx in (-1, 1):
        for sy in (-1, 1):
            _place(b, (x + sx * 0.85, y + sy * 0.42), 0.0 if sy > 0 else np.pi, rng)


def _place(b: MeshBuilder, at: tuple[float, float], yaw: float, rng: np.random.Generator) -> None:
    """One place of work: its sitter is on the local +y side, the screen stands on the −y side."""
    turn = yaw + float(rng.uniform(-0.16, 0.16))

    def p(x: float, y: float, z: float) -> F64:
        return local(at, turn, x, y, z)

    count = 2 if rng.uniform() < 0.3 else 1
    case = (0.40, 0.40, 0.41) if rng.uniform() < 0.65 else (0.05, 0.05, 0.053)
    for k in range(count):
        dx = (k - (count - 1) / 2) * 0.58 + float(rng.uniform(-0.04, 0.04))
        swing = turn + (k - (count - 1) / 2) * -0.25
        c = p(dx, -0.16, 1.06)
        wide, tall = 0.27, 0.165
        rounded(b, c, (wide + 0.008, 0.014, tall + 0.008), 0.006, Material.METAL, case, (0.35, 0.0), yaw=swing)
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
    _traces(b, at, turn, rng)
    if rng.uniform() < 0.4:  # a plant in a pot
        turned(b, p(0.62, -0.2, 0.74), [(0, 0.055), (0.1, 0.07), (0.105, 0.06)], Material.PLAIN, (0.5, 0.47, 0.42),
               (0.05, 2.0, 0.2), 12)
        leaves(b, p(0.62, -0.2, 0.83), 26, 0.012, (0.1, 0.24), (0.06, 0.13, 0.04), rng)


def leaves(
    b: MeshBuilder, foot_m: F64, count: int, half_width_m: float, lengths_m: tuple[float, float],
    tint: Tint, rng: np.random.Generator,
) -> None:
    """Blades that stand out of a pot on all sides, of a width and of lengths within two bounds."""
    way = rng.normal(size=(count, 3)) * [1, 1, 0.5] + [0, 0, 0.9]
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    side = np.cross(way, rng.normal(size=(count, 3)))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    foot = np.tile(foot_m, (count, 1))
    b.batch(foot - side * half_width_m, side * (2 * half_width_m), way * rng.uniform(*lengths_m, (count, 1)),
            Material.PLAIN, tint, (0.1, 2.0, 0.2), two_sided=True, triangle=True, casts=False)


def _traces(b: MeshBuilder, at: tuple[float, float], turn: float, rng: np.random.Generator) -> None:
    """What shows that somebody works here: a lamp, books, notes on the desk, a bag beside it."""
    def p(x: float, y: float, z: float) -> F64:
        return local(at, turn, x, y, z)

    kind = rng.uniform()
    if kind < 0.35:  # a jointed lamp, put out
        foot, elbow, head = p(-0.62, -0.22, 0.745), p(-0.68, -0.24, 1.02), p(-0.5, -0.08, 1.17)
        turned(b, foot, [(0, 0.08), (0.012, 0.078), (0.02, 0.02)], Material.METAL, BRASS, (0.4, 0.0), 16)
        bar(b, foot, elbow, 0.009, Material.METAL, BRASS, (0.4, 0.0), 6)
        bar(b, elbow, head, 0.009, Material.METAL, BRASS, (0.4, 0.0), 6)
        turned(b, head - np.array([0, 0, 0.06]), [(0, 0.075), (0.05, 0.05), (0.09, 0.025), (0.1, 0.0)], Material.METAL,
               BRASS, (0.4, 0.0), 16)
    elif kind < 0.65:
        z = 0.74
        for _ in range(int(rng.integers(2, 6))):
            half = 0.009 + 0.012 * float(rng.uniform())
            hue = BOOKS[int(rng.integers(len(BOOKS)))]
            b.box(tuple(p(-0.6, 0.0, z + half)), (0.085, 0.12, half), Material.PLAIN, hue, (0.05, 2.0, 0.1),
                  yaw=turn + float(rng.uniform(-0.25, 0.25)))
            z += 2 * half
    if rng.uniform() < 0.45:  # an open notebook
        for s in (-1, 1):
            b.box(tuple(p(0.32 + s * 0.075, 0.17, 0.744)), (0.073, 0.1, 0.004), Material.PLAIN, PAPER, (0.03, 3.0, 0.0),
                  yaw=turn)
    if rng.uniform() < 0.25:
        hue = ((0.09, 0.12, 0.17), (0.25, 0.13, 0.06), (0.12, 0.15, 0.10))[int(rng.integers(3))]
        rounded(b, p(0.66, 0.1, 0.2), (0.15, 0.09, 0.2), 0.085, Material.CLOTH, hue, (1.0,), yaw=turn + 0.3,
                texel_m=0.2)


def laptop(b: MeshBuilder, at: tuple[float, float, float], yaw: float, rng: np.random.Generator) -> None:
    """An open laptop on a surface at `at`; who uses it sits on the local +y side."""
    flat, z = (at[0], at[1]), at[2]
    rounded(b, (*flat, z + 0.008), (0.165, 0.115, 0.008), 0.006, Material.METAL, STEEL, (0.4, 0.0), yaw=yaw)
    b.box(tuple(local(flat, yaw, 0, 0.02, z + 0.0165)), (0.145, 0.05, 0.001), Material.PLAIN, (0.04, 0.04, 0.042),
          (0.05, 4.0, 0.2), yaw=yaw)
    low, lean = local(flat, yaw, 0.16, -0.115, z + 0.02), local((0.0, 0.0), yaw, 0.0, -0.06, 0.21)
    wide = local((0.0, 0.0), yaw, -0.32, 0.0, 0.0)
    back = local((0.0, 0.0), yaw, 0.0, -0.006, 0.0)
    b.sheet(tuple(low), tuple(wide), tuple(lean), Material.MONITOR, (0.02, 0.02, 0.02),
            (float(rng.integers(900)), 0.85, 1.0), casts=False)
    b.sheet(tuple(low + back), tuple(lean), tuple(wide), Material.METAL, STEEL, (0.4, 0.0))


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
