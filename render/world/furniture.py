"""Furniture of a living room. Upholstery and legs are rounded lofts, so that nothing near the camera is a bare box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from render.scene import Scene
from render.world.decoration import BRASS, DARK, Tint, floor_lamp, lampshade, leg, pendant, petal, pictures, plant
from render.world.quads_scene import F64, Material, MeshBuilder, rise, tube

if TYPE_CHECKING:
    from render.world.interior import Room

Taken = tuple[float, float, float, float, float]
WOOD: Tint = (0.25, 0.145, 0.08)
SOFAS: tuple[Tint, ...] = ((0.115, 0.15, 0.185), (0.30, 0.255, 0.20), (0.19, 0.205, 0.15), (0.31, 0.15, 0.085))
CHAIRS: tuple[Tint, ...] = ((0.42, 0.23, 0.10), (0.36, 0.31, 0.24), (0.13, 0.19, 0.17))
RUGS: tuple[Tint, ...] = ((0.26, 0.075, 0.06), (0.10, 0.135, 0.19), (0.30, 0.25, 0.185))
SPINES: tuple[Tint, ...] = (
    (0.24, 0.05, 0.04),
    (0.05, 0.10, 0.17),
    (0.46, 0.40, 0.30),
    (0.07, 0.13, 0.09),
    (0.32, 0.20, 0.07),
    (0.10, 0.08, 0.07),
    (0.40, 0.36, 0.31),
    (0.15, 0.13, 0.18),
)


def furnish(
    b: MeshBuilder, room: Room, scene: Scene, rng: np.random.Generator
) -> tuple[list[tuple[float, ...]], list[Taken]]:
    """Place furniture by density; returns lamp rows and the volumes nobody can stand in (x0, x1, y0, y1, top)."""
    lamps: list[tuple[float, ...]] = []
    taken: list[Taken] = []
    sofa_tint, chair_tint = SOFAS[int(rng.integers(4))], CHAIRS[int(rng.integers(3))]
    d = scene.density
    b.box(
        (-0.1, 0.35, 0.008),
        (1.55, 1.1, 0.008),
        Material.RUG,
        RUGS[int(rng.integers(3))],
        (scene.seed % 97,),
        texel_m=0.16,
    )
    sofa(b, (1.75, 0.65), -np.pi / 2, sofa_tint, rng)
    taken.append((1.2, 2.45, -0.5, 1.8, 0.9))
    coffee_table(b, (-0.15, 0.45), d, rng)
    taken.append((-0.75, 0.45, 0.1, 0.8, 0.5))
    lamps += floor_lamp(b, (2.35, 2.55))
    taken.append((2.1, 2.6, 2.3, 2.8, 1.8))
    if d > 0.15:
        armchair(b, (-1.55, 1.85), 0.75, chair_tint)
        taken.append((-2.05, -1.05, 1.35, 2.35, 0.95))
    if d > 0.25:
        lamps += _sideboard(b, room, (0.05, 3.02), rng)
        taken.append((-0.85, 0.95, 2.75, 3.3, 0.85))
    if d > 0.35:
        bookcase(b, (-2.05, 3.1), 2.0, d, rng)
        taken.append((-2.6, -1.5, 2.9, 3.3, 2.1))
    pictures(b, room, d, rng)
    if scene.vegetation > 0.08:
        plant(b, (-2.3, 0.02), 0.65 + 0.75 * scene.vegetation, rng)
        taken.append((-2.55, -2.05, -0.23, 0.27, 1.5))
        if scene.vegetation > 0.55:
            plant(b, (2.35, -2.2), 0.55 + 0.4 * scene.vegetation, rng)
            taken.append((2.1, 2.6, -2.45, -1.95, 1.2))
    if d > 0.55:
        _desk(b, rng)
        taken.append((-2.8, -2.1, -3.0, -1.6, 0.8))
    pendant(b, room)
    lamps.append((-0.15, 0.45, room.high - 0.85, 9.5, 6.8, 3.9, 9.0, 0.0))
    return lamps, taken


def cushion(
    b: MeshBuilder, centre: F64, half: F64, yaw: float, tint: Tint, soft: float = 0.35, lean: float = 0.0
) -> None:
    """A puffed block: a superellipsoid, rounder for softer; `lean` tips it back in radians."""
    rows, columns = 11, 20
    v = np.linspace(-np.pi / 2, np.pi / 2, rows)[None, :]
    u = np.linspace(0, 2 * np.pi, columns, endpoint=False)[:, None]

    def power(x: F64) -> F64:
        return np.asarray(np.sign(x) * np.abs(x) ** soft)

    x, y = power(np.cos(v)) * power(np.cos(u)), power(np.cos(v)) * power(np.sin(u))
    z = power(np.sin(v)) * np.ones_like(u)
    points = np.stack([x * half[0], y * half[1], z * half[2]], -1)
    points[..., 2] *= 1 + 0.05 * np.cos(x * 1.4) * np.cos(y * 1.4)
    tip = np.array([[1, 0, 0], [0, np.cos(lean), np.sin(lean)], [0, -np.sin(lean), np.cos(lean)]])
    turn = np.array([[np.cos(yaw), np.sin(yaw), 0], [-np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    b.loft(points @ tip @ turn + centre, Material.CLOTH, tint, (1.0,), closed_u=True)


def _place(at: tuple[float, float], yaw: float, local: tuple[float, float, float]) -> F64:
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([at[0] + c * local[0] - s * local[1], at[1] + s * local[0] + c * local[1], local[2]])


def sofa(b: MeshBuilder, at: tuple[float, float], yaw: float, tint: Tint, rng: np.random.Generator) -> None:
    """Three seats; its local +y is the back, yaw turns it counter-clockwise."""
    a = np.array
    cushion(b, _place(at, yaw, (0, 0.02, 0.25)), a([1.08, 0.43, 0.13]), yaw, tint, 0.18)
    cushion(b, _place(at, yaw, (0, 0.40, 0.52)), a([1.10, 0.13, 0.36]), yaw, tint, 0.25, 0.12)
    for x in (-1.07, 1.07):
        cushion(b, _place(at, yaw, (x, 0.02, 0.40)), a([0.11, 0.46, 0.24]), yaw, tint, 0.28)
    for x in (-0.65, 0.0, 0.65):
        cushion(b, _place(at, yaw, (x, -0.05, 0.44)), a([0.322, 0.38, 0.10]), yaw, tint, 0.33)
        cushion(b, _place(at, yaw, (x, 0.25, 0.68)), a([0.315, 0.11, 0.22]), yaw, tint, 0.42, 0.28)
    for x, hue in ((-0.78, (0.42, 0.34, 0.20)), (0.74, (0.34, 0.13, 0.08))):
        cushion(
            b,
            _place(at, yaw, (x, 0.10, 0.70)),
            a([0.21, 0.075, 0.20]),
            yaw + float(rng.uniform(-0.3, 0.3)),
            hue,
            0.55,
            0.4,
        )
    for x in (-1.0, 1.0):
        for y in (-0.34, 0.40):
            leg(b, _place(at, yaw, (x, y, 0.0)), 0.14)


def armchair(b: MeshBuilder, at: tuple[float, float], yaw: float, tint: Tint) -> None:
    """A low easy chair; its local +y is the back."""
    a = np.array
    cushion(b, _place(at, yaw, (0, 0, 0.30)), a([0.36, 0.36, 0.09]), yaw, tint, 0.22)
    cushion(b, _place(at, yaw, (0, -0.03, 0.43)), a([0.29, 0.33, 0.085]), yaw, tint, 0.4)
    cushion(b, _place(at, yaw, (0, 0.34, 0.62)), a([0.36, 0.10, 0.34]), yaw, tint, 0.35, 0.2)
    for x in (-0.38, 0.38):
        cushion(b, _place(at, yaw, (x, 0.0, 0.46)), a([0.075, 0.37, 0.15]), yaw, tint, 0.35)
    for x in (-0.29, 0.29):
        for y in (-0.29, 0.30):
            leg(b, _place(at, yaw, (x, y, 0.0)), 0.24, WOOD)


def coffee_table(b: MeshBuilder, at: tuple[float, float], density: float, rng: np.random.Generator) -> None:
    """A round-cornered coffee table with books, a vase and a cup."""
    turn = np.linspace(0, 2 * np.pi, 29)[:-1]
    rim = np.stack(
        [
            0.58 * np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.45 + at[0],
            0.34 * np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** 0.45 + at[1],
            np.full(28, 0.0),
        ],
        1,
    )
    rows = [rim + rise(z) for z in (0.385, 0.40, 0.415)]
    rows[0] = (rows[0] - [*at, 0]) * [0.97, 0.97, 1] + [*at, 0]
    b.loft(np.stack(rows, 1), Material.PLANKS, WOOD, (0.3, 2.0, 0.4), closed_u=True)
    b.sheet(
        (at[0] - 0.545, at[1] - 0.315, 0.4165),
        (1.09, 0, 0),
        (0, 0.63, 0),
        Material.PLANKS,
        WOOD,
        (0.16, 2.0, 0.45),
        texel_m=0.12,
    )
    middle = np.tile([[at[0], at[1], 0.4155]], (28, 1))
    b.batch(
        middle,
        rows[2] + rise(0.0005) - middle,
        np.roll(rows[2], -1, 0) + rise(0.0005) - middle,
        Material.PLANKS,
        WOOD,
        (0.16, 2.0, 0.45),
        triangle=True,
    )
    for x in (-0.44, 0.44):
        for y in (-0.22, 0.22):
            leg(b, np.array([at[0] + x, at[1] + y, 0.0]), 0.39, DARK, 0.024)
    z = 0.418
    for k in range(2 + round(2 * density)):
        tint = SPINES[int(rng.integers(len(SPINES)))]
        half = 0.016 + 0.012 * float(rng.uniform())
        yaw = float(rng.uniform(-0.3, 0.3))
        b.box(
            (at[0] - 0.28, at[1] - 0.05, z + half),
            (0.13 - 0.01 * k, 0.095 - 0.005 * k, half),
            Material.PLAIN,
            tint,
            (0.05, 2.0, 0.1),
            yaw=yaw,
        )
        z += 2 * half
    vase = np.array([[0, 0, 0.418], [0, 0, 0.46], [0, 0, 0.54], [0, 0, 0.60], [0, 0, 0.63]])
    vase += np.array([at[0] + 0.22, at[1] + 0.08, 0])
    b.loft(
        tube(vase, np.array([0.045, 0.075, 0.08, 0.045, 0.05]), 16),
        Material.PLAIN,
        (0.40, 0.42, 0.40),
        (0.08, 3.0, 0.5),
        closed_u=True,
    )
    for _ in range(9):
        tip = vase[-1] + rng.normal(0, 1, 3) * [0.11, 0.11, 0.04] + rise(0.22 + 0.1 * float(rng.uniform()))
        stem = np.stack([vase[-1] - rise(0.05), (vase[-1] + tip) / 2 + rise(0.03), tip])
        b.loft(tube(stem, np.array([0.003, 0.003, 0.002]), 4), Material.PLAIN, (0.10, 0.16, 0.05), closed_u=True)
        for _ in range(7):
            petal(b, tip + rng.normal(0, 0.025, 3), rng, 0.035, (0.45, 0.36, 0.30))
    cup = np.array([[0, 0, 0.418], [0, 0, 0.43], [0, 0, 0.49]])
    cup += np.array([at[0] + 0.05, at[1] - 0.18, 0])
    b.loft(
        tube(cup, np.array([0.025, 0.036, 0.042]), 14),
        Material.PLAIN,
        (0.62, 0.60, 0.56),
        (0.02, 1, 0.5),
        closed_u=True,
    )


def _sideboard(
    b: MeshBuilder, room: Room, at: tuple[float, float], rng: np.random.Generator
) -> list[tuple[float, ...]]:
    x, y = at
    b.box((x, y, 0.50), (0.85, 0.21, 0.27), Material.PLANKS, WOOD, (0.5, 3.0, 0.3), texel_m=0.15, bottom=True)
    for k in range(4):
        cx = x - 0.64 + 0.425 * k
        b.box(
            (cx, y - 0.215, 0.50),
            (0.205, 0.007, 0.245),
            Material.PLANKS,
            tuple(1.1 * c for c in WOOD),
            (0.6, 3.0, 0.35),
            texel_m=0.15,
        )
        b.box(
            (cx + (0.16 if k % 2 == 0 else -0.16), y - 0.235, 0.52), (0.008, 0.012, 0.06), Material.PAINT, BRASS, (0.5,)
        )
    for fx in (-0.72, 0.72):
        for fy in (-0.14, 0.14):
            leg(b, np.array([x + fx, y + fy, 0.0]), 0.24)
    base = np.array([x + 0.55, y, 0.77])
    body = np.stack([base, base + rise(0.05), base + rise(0.14), base + rise(0.22), base + rise(0.27)])
    b.loft(
        tube(body, np.array([0.06, 0.095, 0.10, 0.05, 0.02]), 18),
        Material.PLAIN,
        (0.09, 0.15, 0.16),
        (0.06, 3, 0.6),
        closed_u=True,
    )
    lampshade(b, base, 0.16, 0.10, 0.27, 0.48)
    x0 = x - 0.7
    for _ in range(8):
        half = 0.012 + 0.014 * float(rng.uniform())
        high = 0.10 + 0.04 * float(rng.uniform())
        b.box(
            (x0 + half, y + 0.02, 0.77 + high),
            (half - 0.001, 0.085, high),
            Material.PLAIN,
            SPINES[int(rng.integers(len(SPINES)))],
            (0.06, 2.0, 0.1),
        )
        x0 += 2 * half
    bowl = np.stack([np.array([x - 0.05, y - 0.02, z]) for z in (0.77, 0.78, 0.82, 0.85)])
    b.loft(
        tube(bowl, np.array([0.06, 0.08, 0.13, 0.15]), 20),
        Material.PLAIN,
        (0.48, 0.44, 0.37),
        (0.08, 3.0, 0.3),
        closed_u=True,
    )
    return [(x + 0.55, y, 1.30, 3.4, 2.3, 1.2, 6.5, 0.0), (x + 0.55, y, 1.02, 1.0, 0.69, 0.37, 4.0, 0.5)]


def bookcase(b: MeshBuilder, at: tuple[float, float], high: float, density: float, rng: np.random.Generator) -> None:
    """A metre of books against a +y wall, a pot on top; density fills the shelves."""
    x, y = at
    for dx in (-0.5, 0.0, 0.5):
        b.box((x + dx, y, high / 2), (0.014, 0.16, high / 2), Material.PLANKS, WOOD, (0.4, 3.0, 0.2), texel_m=0.2)
    b.box((x, y + 0.15, high / 2), (0.5, 0.008, high / 2), Material.PLANKS, DARK, (0.4, 3.0, 0.1), texel_m=0.2)
    shelves = 6
    for k in range(shelves + 1):
        z = 0.06 + k * (high - 0.08) / shelves
        b.box((x, y, z), (0.5, 0.16, 0.012), Material.PLANKS, WOOD, (0.4, 3.0, 0.2), texel_m=0.2, bottom=True)
        if k == shelves:
            break
        for begin in (x - 0.485, x + 0.015):
            at_x, end = begin, begin + 0.46 * (0.55 + 0.45 * min(1.0, density + float(rng.uniform(-0.2, 0.2))))
            while at_x < end:
                half = 0.009 + 0.016 * float(rng.uniform())
                tall = 0.085 + 0.05 * float(rng.uniform())
                deep = 0.09 + 0.03 * float(rng.uniform())
                b.box(
                    (at_x + half, y + 0.13 - deep, z + 0.013 + tall),
                    (half - 0.0008, deep, tall),
                    Material.PLAIN,
                    tuple(c * float(rng.uniform(0.7, 1.15)) for c in SPINES[int(rng.integers(len(SPINES)))]),
                    (0.06, 2.0, 0.1),
                )
                at_x += 2 * half
    pot = np.stack([np.array([x + 0.3, y, high + v]) for v in (0.0, 0.02, 0.12, 0.2)])
    b.loft(
        tube(pot, np.array([0.05, 0.07, 0.09, 0.06]), 16),
        Material.PLAIN,
        (0.36, 0.20, 0.13),
        (0.1, 3.0, 0.2),
        closed_u=True,
    )


def _desk(b: MeshBuilder, rng: np.random.Generator) -> None:
    b.box((-2.45, -2.3, 0.73), (0.3, 0.65, 0.018), Material.PLANKS, WOOD, (0.3, 3.0, 0.35), texel_m=0.15, bottom=True)
    for x in (-2.7, -2.2):
        for y in (-2.9, -1.7):
            leg(b, np.array([x, y, 0.0]), 0.72, DARK, 0.02)
    b.box((-2.5, -2.3, 0.755), (0.11, 0.16, 0.008), Material.PLAIN, (0.25, 0.25, 0.26), (0.02, 1, 0.3))
    for k in range(3):
        b.box(
            (-2.5, -1.85, 0.765 + 0.03 * k),
            (0.1, 0.14, 0.014),
            Material.PLAIN,
            SPINES[int(rng.integers(len(SPINES)))],
            (0.05, 2, 0.1),
            yaw=0.1 * k,
        )
    seat = (-1.9, -2.3)
    cushion(b, _place(seat, 0, (0, 0, 0.45)), np.array([0.21, 0.21, 0.035]), 0.0, DARK, 0.4)
    b.box((seat[0] + 0.19, seat[1], 0.72), (0.012, 0.2, 0.12), Material.PLANKS, WOOD, (0.3, 2.0, 0.3))
    for x in (-0.17, 0.17):
        for y in (-0.17, 0.17):
            leg(b, _place(seat, 0, (x, y, 0.0)), 0.43 if x < 0 else 0.8, DARK, 0.016)
