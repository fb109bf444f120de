"""A living room high over a street: furnished by density, windows to two sides, the town outside.

Own frame: the floor is z 0, x −2.8…2.8, y −3.3…3.3; windows in the −x wall and one in the +y wall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from render.light.lamps import lamps_from_rows
from render.scene import Scene
from render.world.base import Stage
from render.world.furniture import furnish
from render.world.outside import outside
from render.world.place import Metering, Place, rotation
from render.world.quads_scene import Material, MeshBuilder

THICK_M = 0.32
TRIM = (0.60, 0.585, 0.55)
Tint = tuple[float, float, float]
WALLS: tuple[Tint, ...] = ((0.56, 0.53, 0.47), (0.50, 0.50, 0.46), (0.58, 0.52, 0.44), (0.46, 0.48, 0.48))
ACCENTS: tuple[Tint, ...] = (
    (0.19, 0.25, 0.215),
    (0.16, 0.21, 0.26),
    (0.36, 0.21, 0.15),
    (0.30, 0.27, 0.22),
    (0.33, 0.30, 0.17),
)
FLOORS: tuple[Tint, ...] = ((0.30, 0.185, 0.105), (0.22, 0.125, 0.07), (0.38, 0.27, 0.17), (0.26, 0.19, 0.14))


@dataclass(frozen=True)
class Room:
    """Sizes in metres in the own frame, and the hues of one room."""

    half_x: float
    half_y: float
    high: float
    head: float
    wall: Tint
    accent: Tint
    floor: Tint


def interior(scene: Scene) -> Place:
    """Build the room from the scene's geometry parameters."""
    rng = np.random.default_rng([scene.seed, 0x400])
    high = 2.45 + 1.35 * scene.height
    room = Room(
        2.8,
        3.3,
        high,
        min(high - 0.28, 2.12 + 0.7 * scene.height),
        WALLS[int(rng.integers(len(WALLS)))],
        ACCENTS[int(rng.integers(len(ACCENTS)))],
        FLOORS[int(rng.integers(len(FLOORS)))],
    )
    heading = 226.0 + float(rng.uniform(-8, 8))
    b = MeshBuilder()
    _shell(b, room)
    lamps, taken = furnish(b, room, scene, rng)
    outside(b, rng)
    turn = rotation(heading)

    def solid(x: float, y: float, z: float) -> bool:
        if abs(x) > room.half_x - 0.05 or abs(y) > room.half_y - 0.05 or not 0.0 < z < room.high - 0.05:
            return True
        return any(x0 < x < x1 and y0 < y < y1 and z < top for x0, x1, y0, y1, top in taken)

    focus = np.array([-0.25, 1.0, 1.0])
    approach = np.degrees(np.arctan2(2.45 - focus[0], -2.75 - focus[1]))
    return Place(
        mesh=b.finish(heading),
        lamps=lamps_from_rows(lamps, torch.from_numpy(turn)),
        stage=Stage(focus @ turn, 4.5, float((heading + approach) % 360.0), indoors=True),
        heading_deg=heading,
        centre_m=np.array([0.0, 0.0, 1.2]) @ turn,
        sky_half_m=5.6,
        sky_maps=(96, 224),
        sun_spans=((5.6, 2048),),
        metering=Metering(9.0, 0.15, 0.9, 0.5, 60.0, 0.75),
        solid=solid,
        ground=lambda x, y: 0.0,
        room=((-2.83, -3.33, -0.02), (2.83, 3.33, high + 0.02)),
    )


def _shell(b: MeshBuilder, room: Room) -> None:
    """Floor, ceiling, walls with their openings, skirting, cornice."""
    x, y, h, t = room.half_x, room.half_y, room.high, THICK_M
    b.box((0, 0, -0.15), (x + t, y + t, 0.15), Material.PLANKS, room.floor, (0.14, 1.6, 0.30), texel_m=0.16)
    b.box((0, 0, h + 0.15), (x + t, y + t, 0.15), Material.WALLPAPER, (0.68, 0.67, 0.64), bottom=True, texel_m=0.2)
    tall = (0.72, 0.72, room.head)
    _wall(b, (-x, -y - t), (0, 2 * (y + t)), h, room.wall, [(1.65 + t, *tall), (4.55 + t, *tall)], side=-1)
    _wall(b, (x, -y - t), (0, 2 * (y + t)), h, room.wall, [], side=1)
    _wall(b, (-x, y), (2 * x, 0), h, room.accent, [(4.35, 0.62, 0.55, room.head)], side=1)
    _wall(b, (-x, -y), (2 * x, 0), h, room.wall, [], side=-1)
    gap = 0.012
    for sx in (-1, 1):
        b.box((sx * (x - gap), 0, 0.06), (gap, y, 0.06), Material.PLAIN, TRIM, (0.02, 1, 0.15), texel_m=0.3)
        b.box(
            (sx * (x - 0.035), 0, h - 0.05),
            (0.035, y, 0.05),
            Material.PLAIN,
            TRIM,
            (0.02, 1, 0.1),
            texel_m=0.3,
            bottom=True,
        )
    for sy in (-1, 1):
        b.box((0, sy * (y - gap), 0.06), (x, gap, 0.06), Material.PLAIN, TRIM, (0.02, 1, 0.15), texel_m=0.3)
        b.box(
            (0, sy * (y - 0.035), h - 0.05),
            (x, 0.035, 0.05),
            Material.PLAIN,
            TRIM,
            (0.02, 1, 0.1),
            texel_m=0.3,
            bottom=True,
        )


def _wall(
    b: MeshBuilder,
    start: tuple[float, float],
    way: tuple[float, float],
    high: float,
    tint: Tint,
    windows: list[tuple[float, float, float, float]],
    *,
    side: int,
) -> None:
    """A thick wall from boxes around its windows (middle along the wall, half width, sill, head).

    `side` says on which side of the inner face the wall's thickness lies, along x for walls that run along y and the
    other way round.
    """
    along_x = way[0] > 0
    length = way[0] + way[1]
    half_t = THICK_M / 2
    off = side * half_t

    def block(a: float, c: float, z0: float, z1: float) -> None:
        if c - a < 1e-3 or z1 - z0 < 1e-3:
            return
        m, hl = (a + c) / 2, (c - a) / 2
        if along_x:
            centre, half = (start[0] + m, start[1] + off, (z0 + z1) / 2), (hl, half_t, (z1 - z0) / 2)
        else:
            centre, half = (start[0] + off, start[1] + m, (z0 + z1) / 2), (half_t, hl, (z1 - z0) / 2)
        b.box(centre, half, Material.WALLPAPER, tint, texel_m=0.2, bottom=True)

    edge = 0.0
    for middle, half, sill, head in windows:
        block(edge, middle - half, 0.0, high)
        block(middle - half, middle + half, 0.0, sill)
        block(middle - half, middle + half, head, high)
        edge = middle + half
        _window(b, start, along_x, off, middle, half, sill, head)
    block(edge, length, 0.0, high)


def _window(
    b: MeshBuilder,
    start: tuple[float, float],
    along_x: bool,
    off: float,
    middle: float,
    half: float,
    sill: float,
    head: float,
) -> None:
    """Frame, casement bars, board and curtains of one opening."""
    white, gloss = (0.62, 0.61, 0.58), (0.02, 1.0, 0.25)

    def bar(a: float, c: float, z0: float, z1: float, depth: float = 0.028, out: float = 0.2) -> None:
        m, hl = (a + c) / 2, (c - a) / 2
        shift = off * 2 * out / 0.32 * 1.0
        if along_x:
            b.box(
                (start[0] + m, start[1] + shift, (z0 + z1) / 2),
                (hl, depth, (z1 - z0) / 2),
                Material.PLAIN,
                white,
                gloss,
                bottom=True,
                texel_m=0.25,
            )
        else:
            b.box(
                (start[0] + shift, start[1] + m, (z0 + z1) / 2),
                (depth, hl, (z1 - z0) / 2),
                Material.PLAIN,
                white,
                gloss,
                bottom=True,
                texel_m=0.25,
            )

    left, right = middle - half, middle + half
    for a, c, z0, z1 in (
        (left, right, sill, sill + 0.06),
        (left, right, head - 0.06, head),
        (left, left + 0.06, sill, head),
        (right - 0.06, right, sill, head),
        (middle - 0.035, middle + 0.035, sill, head),
        (left, right, sill + 0.68 * (head - sill) - 0.02, sill + 0.68 * (head - sill) + 0.025),
    ):
        bar(a, c, z0, z1)
    for quarter in (-0.5, 0.5):
        bar(middle + quarter * half - 0.011, middle + quarter * half + 0.011, sill, head, 0.014)
    bar(left - 0.05, right + 0.05, sill - 0.03, sill, 0.17, 0.055)
    inward = -1 if off > 0 else 1
    for sign in (-1, 1):
        _curtain(b, start, along_x, inward, middle + sign * (half + 0.14), 0.26, head + 0.16)
    z = head + 0.18
    rod = half + 0.55
    if along_x:
        b.box(
            (start[0] + middle, start[1] + inward * 0.1, z),
            (rod, 0.012, 0.012),
            Material.PAINT,
            (0.05, 0.045, 0.04),
            (0.4,),
            bottom=True,
        )
    else:
        b.box(
            (start[0] + inward * 0.1, start[1] + middle, z),
            (0.012, rod, 0.012),
            Material.PAINT,
            (0.05, 0.045, 0.04),
            (0.4,),
            bottom=True,
        )


def _curtain(
    b: MeshBuilder, start: tuple[float, float], along_x: bool, inward: int, middle: float, half: float, top: float
) -> None:
    """A gathered curtain: a loft in folds, denser at the top."""
    count = 41
    s = np.linspace(-1, 1, count)
    rows = []
    for z, spread, deep in ((0.03, 1.06, 0.055), (top * 0.5, 1.0, 0.048), (top, 0.94, 0.03)):
        wave = inward * (0.10 + deep * np.sin(s * np.pi * 5.5 + 0.4 * np.sin(3 * s + z)))
        at = middle + half * spread * s
        points = [start[0] + at, start[1] + wave] if along_x else [start[0] + wave, start[1] + at]
        rows.append(np.stack([*points, np.full(count, z)], 1))
    grid = np.stack(rows, 1)
    if along_x != (inward < 0):
        grid = grid[::-1].copy()
    b.loft(grid, Material.CLOTH, (0.50, 0.44, 0.345), (0.6,), two_sided=True)
