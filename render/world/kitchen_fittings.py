"""What stands in a kitchen: cupboards, sink, oven, hood, fridge, jars, a table with chairs and what lies on it."""

from __future__ import annotations

import numpy as np

from render.world.joinery import Tint, bar, disc, local, rounded, shaded, turned
from render.world.quads_scene import F64, Material, MeshBuilder, rise, tube
from render.world.shell import Look

STEEL: Tint = (0.42, 0.42, 0.42)
BLACK: Tint = (0.02, 0.02, 0.022)
WOOD: Tint = (0.30, 0.175, 0.09)
WORKTOP_M = 0.90


def cupboards(b: MeshBuilder, start: tuple[float, float], end: tuple[float, float], front: Tint, top: Look,
              rng: np.random.Generator) -> None:
    """Base units whose backs run from start to end (the room on the right of that way), with a worktop."""
    a, c = np.array([*start, 0.0]), np.array([*end, 0.0])
    way = c - a
    length = float(np.linalg.norm(way))
    way /= length
    into = np.array([way[1], -way[0], 0.0])  # away from the wall, into the room
    yaw = float(np.arctan2(way[1], way[0]))
    middle = (a + c) / 2
    rounded(b, middle + into * 0.315 + rise(WORKTOP_M - 0.018), (length / 2, 0.325, 0.019), 0.01, *top, yaw=yaw,
            texel_m=0.13)
    b.box(tuple(middle + into * 0.28 + rise(0.485)), (length / 2, 0.28, 0.395), Material.PLAIN, shaded(front, 0.8),
          (0.03, 2.0, 0.1), yaw=yaw, texel_m=0.25)
    b.box(tuple(middle + into * 0.25 + rise(0.045)), (length / 2, 0.25, 0.045), Material.PLAIN, (0.05, 0.05, 0.05),
          (0.03, 2.0, 0.1), yaw=yaw, texel_m=0.3)
    count = max(1, round(length / 0.58))
    wide = length / count
    knob = (0.36, 0.26, 0.11) if rng.uniform() < 0.5 else (0.06, 0.06, 0.062)
    for k in range(count):
        at = a + way * (k + 0.5) * wide + into * 0.57
        drawers = rng.uniform() < 0.4
        fields = ((0.79, 0.075), (0.59, 0.115), (0.29, 0.175)) if drawers else ((0.49, 0.375),)
        for z, hz in fields:
            rounded(b, at + rise(z), (wide / 2 - 0.004, 0.011, hz), 0.004, Material.METAL, front, (0.22, 0.10), yaw=yaw,
                    texel_m=0.2)
            if hz > 0.1:  # a framed field
                rounded(b, at + into * 0.012 + rise(z), (wide / 2 - 0.07, 0.004, hz - 0.065), 0.004, Material.METAL,
                        shaded(front, 0.94), (0.22, 0.10), yaw=yaw, texel_m=0.3)
            top_z = z + hz - 0.045 if not drawers else z
            grip = at + into * 0.035 + rise(top_z)
            bar(b, grip - way * 0.055, grip + way * 0.055, 0.006, Material.METAL, knob, (0.6, 0.1), 7)


def sink(b: MeshBuilder, at: tuple[float, float]) -> None:
    """A ceramic basin let into the worktop, with a swan-neck tap."""
    x, y = at
    white = (0.60, 0.59, 0.56)
    for dx, dy, hx, hy in ((0, -0.22, 0.34, 0.02), (0, 0.2, 0.34, 0.02), (-0.33, 0, 0.02, 0.23), (0.33, 0, 0.02, 0.23)):
        rounded(b, (x + dx, y + dy, WORKTOP_M + 0.012), (hx, hy, 0.014), 0.012, Material.PLAIN, white, (0.02, 1.0, 0.6),
                texel_m=0.15)
    b.box((x, y, WORKTOP_M + 0.004), (0.32, 0.2, 0.002), Material.PLAIN, (0.16, 0.16, 0.155), (0.05, 2.0, 0.5))
    t = np.linspace(0, np.pi, 9)
    neck = np.stack([np.full(9, x), y + 0.17 - 0.09 + 0.09 * np.cos(t), WORKTOP_M + 0.26 + 0.09 * np.sin(t)], 1)
    path = np.concatenate([[[x, y + 0.17, WORKTOP_M]], neck, [[x, y - 0.01, WORKTOP_M + 0.2]]])
    b.loft(tube(path, np.full(len(path), 0.012), 8), Material.METAL, (0.46, 0.46, 0.46), (0.7, 0.0), closed_u=True)
    turned(b, (x, y + 0.17, WORKTOP_M), [(0, 0.03), (0.015, 0.028), (0.05, 0.018)], Material.METAL, STEEL, (0.7, 0.0),
           12)
    for k in range(4):  # a rack with plates drying beside it
        turned_on_edge(b, np.array([x + 0.52 + 0.035 * k, y, WORKTOP_M + 0.13]), 0.11, (0.58, 0.57, 0.53))


def turned_on_edge(b: MeshBuilder, centre: F64, radius: float, tint: Tint) -> None:
    """A plate that stands on its edge, facing −x."""
    turn = np.linspace(0, 2 * np.pi, 19)
    rim = np.stack([0 * turn, np.cos(turn), np.sin(turn)], 1) * radius
    middle = np.tile(centre, (18, 1))
    b.batch(middle, rim[:-1], rim[1:], Material.PLAIN, tint, (0.02, 1.0, 0.5), triangle=True, two_sided=True)


def oven(b: MeshBuilder, at: tuple[float, float]) -> None:
    """A built-in oven against the +x wall with a hob over it and a pot on the hob."""
    x, y = at
    rounded(b, (x - 0.275, y, 0.47), (0.012, 0.29, 0.37), 0.006, Material.METAL, (0.06, 0.06, 0.062), (0.5, 0.1),
            texel_m=0.2)
    rounded(b, (x - 0.288, y, 0.43), (0.005, 0.22, 0.2), 0.004, Material.PAINT, (0.012, 0.012, 0.014), (0.6,))
    bar(b, (x - 0.325, y - 0.22, 0.69), (x - 0.325, y + 0.22, 0.69), 0.011, Material.METAL, STEEL, (0.6, 0.1), 8)
    for k in range(4):
        bar(b, (x - 0.30, y - 0.2 + 0.133 * k, 0.775), (x - 0.318, y - 0.2 + 0.133 * k, 0.775), 0.022, Material.METAL,
            STEEL, (0.6, 0.1), 12)
    b.box((x, y, WORKTOP_M + 0.004), (0.26, 0.29, 0.004), Material.PAINT, (0.014, 0.014, 0.016), (0.55,))
    for dx in (-0.12, 0.12):
        for dy in (-0.14, 0.14):
            disc(b, (x + dx, y + dy, WORKTOP_M + 0.0085), 0.085, Material.PLAIN, (0.035, 0.033, 0.033),
                 (0.02, 1, 0.3), 20)
    foot = (x + 0.12, y + 0.14, WORKTOP_M + 0.01)
    pot = ((0.30, 0.05, 0.03), (0.40, 0.40, 0.40), (0.06, 0.12, 0.16))[int(abs(y * 1000)) % 3]
    turned(b, foot, [(0, 0.10), (0.005, 0.112), (0.14, 0.115), (0.145, 0.12), (0.15, 0.115), (0.175, 0.06), (0.18,
           0.02),
                     (0.2, 0.02), (0.205, 0.0)], Material.METAL, pot, (0.5, 0.0), 22)
    for s in (-1, 1):
        bar(b, (foot[0], foot[1] + s * 0.11, foot[2] + 0.11), (foot[0], foot[1] + s * 0.15, foot[2] + 0.115), 0.012,
            Material.METAL, BLACK, (0.3, 0.0), 6)
    kettle = (x - 0.12, y - 0.14, WORKTOP_M + 0.01)
    turned(b, kettle, [(0, 0.085), (0.01, 0.095), (0.06, 0.09), (0.12, 0.06), (0.135, 0.02), (0.15, 0.018), (0.155,
           0.0)],
           Material.METAL, STEEL, (0.7, 0.0), 20)
    t = np.linspace(0.2, np.pi - 0.2, 8)
    grip = np.stack([np.full(8, kettle[0]), kettle[1] + 0.075 * np.cos(t), kettle[2] + 0.10 + 0.09 * np.sin(t)], 1)
    b.loft(tube(grip, np.full(8, 0.008), 6), Material.METAL, BLACK, (0.3, 0.0), closed_u=True)


def hood(b: MeshBuilder, at: tuple[float, float], high: float) -> None:
    """An extractor over the hob on the +x wall."""
    x, y = at
    rounded(b, (x - 0.25, y, 1.66), (0.25, 0.32, 0.05), 0.02, Material.METAL, STEEL, (0.55, 0.1), texel_m=0.2)
    rounded(b, (x - 0.15, y, (1.71 + high) / 2), (0.14, 0.15, (high - 1.71) / 2), 0.012, Material.METAL, STEEL,
            (0.55, 0.1), texel_m=0.25)


def fridge(b: MeshBuilder, at: tuple[float, float], tint: Tint) -> None:
    """A tall fridge with two doors, a few notes under magnets."""
    x, y = at
    rounded(b, (x + 0.02, y, 0.96), (0.32, 0.33, 0.94), 0.03, Material.METAL, shaded(tint, 0.9), (0.35, 0.2),
            texel_m=0.25)
    for z, hz in ((0.42, 0.38), (1.36, 0.53)):
        rounded(b, (x - 0.32, y, z), (0.03, 0.325, hz), 0.022, Material.METAL, tint, (0.4, 0.2), texel_m=0.2)
        bar(b, (x - 0.375, y + 0.25, z - 0.12), (x - 0.375, y + 0.25, z + 0.12), 0.011, Material.METAL, STEEL,
            (0.6, 0.0), 8)
    for dy, z, hue in ((-0.12, 1.55, (0.60, 0.56, 0.30)), (0.05, 1.42, (0.60, 0.59, 0.55)),
                       (-0.05, 1.7, (0.40, 0.52, 0.56))):
        b.sheet((x - 0.3515, y + dy + 0.05, z), (0, -0.1, 0), (0, 0, 0.13), Material.PLAIN, hue, (0.03, 2.0, 0.05))


def jars(b: MeshBuilder, at: tuple[float, float], rng: np.random.Generator) -> None:
    """Storage jars and a board leaning on the wall, on the worktop in the corner."""
    x, y = at
    for k in range(3):
        tone = ((0.42, 0.30, 0.14), (0.50, 0.46, 0.38), (0.28, 0.13, 0.06))[k]
        tall = 0.16 + 0.05 * k
        foot = (x - 0.12 * k, y + 0.13 + 0.1 * (k % 2), WORKTOP_M)
        turned(b, foot, [(0, 0.05), (0.01, 0.056), (tall, 0.056), (tall + 0.01, 0.045)], Material.PLAIN, tone,
               (0.25, 8.0, 0.5), 16)
        turned(b, (foot[0], foot[1], WORKTOP_M + tall), [(0, 0.058), (0.035, 0.058), (0.04, 0.05), (0.04, 0.0)],
               Material.PLANKS, WOOD, (0.3, 2.0, 0.2), 16)
    rounded(b, (x + 0.09, y - 0.22, WORKTOP_M + 0.19), (0.012, 0.13, 0.19), 0.01, Material.PLANKS,
            shaded(WOOD, float(rng.uniform(0.9, 1.4))), (0.4, 2.0, 0.2))


def crockery(b: MeshBuilder, at: tuple[float, float], rng: np.random.Generator) -> None:
    """A bowl of fruit and bottles on the worktop."""
    x, y = at
    turned(b, (x, y, WORKTOP_M), [(0, 0.06), (0.01, 0.07), (0.05, 0.13), (0.085, 0.155), (0.083, 0.145), (0.04, 0.1)],
           Material.PLAIN, (0.46, 0.42, 0.36), (0.06, 3.0, 0.35), 24)
    for k in range(7):
        a, r = k * 2.4, 0.075 * (k > 0)
        hue = ((0.44, 0.20, 0.02), (0.40, 0.05, 0.03), (0.30, 0.34, 0.05), (0.48, 0.36, 0.04))[int(rng.integers(4))]
        ball(b, (x + r * np.cos(a), y + r * np.sin(a), WORKTOP_M + 0.085 + 0.035 * (k == 0)), 0.038, hue)
    for k in range(3):
        tone = ((0.03, 0.055, 0.02), (0.12, 0.05, 0.015), (0.30, 0.27, 0.10))[k]
        turned(b, (x + 0.36 + 0.1 * k, y + 0.16 - 0.05 * (k % 2), WORKTOP_M),
               [(0, 0.03), (0.01, 0.036), (0.17, 0.036), (0.21, 0.014), (0.28, 0.013), (0.285, 0.016), (0.3, 0.014)],
               Material.PAINT, tone, (0.7,), 14)


def ball(b: MeshBuilder, at: tuple[float, float, float], radius: float, tint: Tint) -> None:
    """A piece of fruit."""
    t = np.linspace(-np.pi / 2, np.pi / 2, 8)
    turned(b, (at[0], at[1], at[2]), [(radius * 0.92 * float(np.sin(a)), radius * float(np.cos(a))) for a in t],
           Material.PLAIN, tint, (0.10, 3.0, 0.35), 12)


def dining(b: MeshBuilder, at: tuple[float, float], density: float, rng: np.random.Generator) -> None:
    """A table with chairs around it; density seats more."""
    x, y = at
    tint = ((0.34, 0.21, 0.115), (0.24, 0.135, 0.07), (0.46, 0.34, 0.21))[int(rng.integers(3))]
    rounded(b, (x, y, 0.735), (0.82, 0.44, 0.018), 0.014, Material.PLANKS, tint, (0.15, 2.0, 0.4), texel_m=0.11)
    for sy in (-0.38, 0.38):
        rounded(b, (x, y + sy, 0.67), (0.7, 0.011, 0.045), 0.006, Material.PLANKS, tint, (0.3, 2.0, 0.3))
    for sx in (-0.74, 0.74):
        for sy in (-0.37, 0.37):
            turned(b, (x + sx, y + sy, 0), [(0, 0.018), (0.3, 0.026), (0.6, 0.033), (0.72, 0.035)], Material.PLANKS,
                   tint,
                   (0.3, 2.0, 0.3), 10)
    seats = [(-0.4, -0.62, 0.0), (0.4, -0.66, 0.15), (-0.4, 0.62, np.pi), (0.42, 0.64, np.pi - 0.2)]
    hue = (tint, (0.05, 0.052, 0.055), (0.50, 0.48, 0.43), (0.14, 0.22, 0.21))[int(rng.integers(4))]
    for dx, dy, yaw in seats[: 2 + round(2 * density)]:
        wood_chair(b, (x + dx, y + dy), yaw + float(rng.uniform(-0.2, 0.2)), hue)


def wood_chair(b: MeshBuilder, at: tuple[float, float], yaw: float, tint: Tint) -> None:
    """A spindle-backed chair; it looks along local +y."""

    def p(x: float, y: float, z: float) -> F64:
        return local(at, yaw, x, y, z)

    look = (Material.PLANKS, tint, (0.5, 2.0, 0.35))
    rounded(b, p(0, 0, 0.45), (0.21, 0.205, 0.016), 0.014, *look, yaw=yaw, texel_m=0.2)
    for sx in (-1, 1):
        for sy in (-1, 1):
            bar(b, p(sx * 0.2, sy * 0.2, 0.0), p(sx * 0.155, sy * 0.15, 0.44), 0.015, *look, 7)
        bar(b, p(sx * 0.18, -0.17, 0.2), p(sx * 0.18, 0.17, 0.2), 0.01, *look, 6)
        bar(b, p(sx * 0.165, -0.17, 0.45), p(sx * 0.19, -0.25, 0.86), 0.014, *look, 7)
    for k in range(5):
        x = -0.11 + 0.055 * k
        bar(b, p(x, -0.17, 0.46), p(x * 1.12, -0.245, 0.84), 0.007, *look, 6)
    t = np.linspace(-1, 1, 9)
    rail = np.stack([p(0.205 * s, -0.255 - 0.03 * (1 - s * s), 0.865) for s in t])
    b.loft(tube(rail, np.full(9, 0.02), 8), *look, closed_u=True)


def still_life(b: MeshBuilder, at: tuple[float, float, float], rng: np.random.Generator) -> None:
    """A jug with flowers, a loaf on a board, cups."""
    x, y, z = at
    turned(b, (x + 0.1, y + 0.05, z), [(0, 0.05), (0.01, 0.06), (0.09, 0.075), (0.16, 0.05), (0.21, 0.045), (0.23,
           0.052)],
           Material.PLAIN, (0.56, 0.54, 0.49), (0.03, 2.0, 0.5), 20)
    n = 80
    way = rng.normal(size=(n, 3)) * [1, 1, 0.5] + [0, 0, 1.1]
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    root = np.array([x + 0.1, y + 0.05, z + 0.2])
    tip = root + way * rng.uniform(0.12, 0.34, (n, 1))
    bloom = rng.uniform(size=n) < 0.5
    hues = np.array([(0.60, 0.42, 0.05), (0.58, 0.55, 0.50), (0.45, 0.10, 0.16), (0.25, 0.22, 0.48)])
    flower = hues[rng.integers(0, 4)]
    tint = np.where(bloom[:, None], flower, [[0.06, 0.13, 0.035]]) * rng.uniform(0.75, 1.2, (n, 1))
    u = np.cross(way, rng.normal(size=(n, 3)))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(way, u)
    size = np.where(bloom, 0.045, 0.055)[:, None]
    b.batch(tip - (u + v) * size / 2, u * size, v * size, Material.PLAIN, tint, (0.05, 2.0, 0.1), two_sided=True,
            normal=np.repeat(way[:, None], 3, axis=1))
    for k in range(0, n, 3):
        bar(b, root - rise(0.05), tip[k], 0.0022, Material.PLAIN, (0.07, 0.13, 0.04), (), 3, casts=False)
    rounded(b, (x - 0.38, y - 0.05, z + 0.01), (0.19, 0.12, 0.011), 0.008, Material.PLANKS, (0.40, 0.27, 0.15),
            (0.3, 2.0, 0.2), yaw=0.25)
    t = np.linspace(0, 1, 9)
    path = np.stack([x - 0.50 + 0.24 * t, y - 0.06 + 0.04 * t, np.full(9, z + 0.065)], 1)
    b.loft(tube(path, 0.05 * np.sin(np.pi * np.clip(t, 0.03, 0.97)) ** 0.4 + 0.002, 12), Material.PLAIN,
           (0.34, 0.19, 0.075), (0.35, 5.0, 0.1), closed_u=True)
    for dx, dy in ((0.42, -0.2), (0.5, 0.2), (-0.1, -0.26)):
        turned(b, (x + dx, y + dy, z), [(0, 0.05), (0.008, 0.075), (0.012, 0.075)], Material.PLAIN, (0.56, 0.55, 0.51),
               (0.02, 1.0, 0.5), 18)
        turned(b, (x + dx, y + dy, z + 0.01), [(0, 0.022), (0.01, 0.03), (0.06, 0.038), (0.062, 0.033), (0.045, 0.03)],
               Material.PLAIN, (0.50, 0.48, 0.43), (0.02, 1.0, 0.5), 14)
        disc(b, (x + dx, y + dy, z + 0.056), 0.031, Material.PLAIN, (0.05, 0.024, 0.012), (0.0, 1.0, 0.4), 12)
