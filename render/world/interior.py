"""A living room high over a street: furnished by density, windows to two sides, the town outside.

Own frame: the floor is z 0, x −2.8…2.8, y −3.3…3.3; windows in the −x wall and one in the +y wall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.scene import Scene
from render.world.furniture import furnish
from render.world.joinery import Tint, bar
from render.world.outside import outside
from render.world.place import Metering, Place
from render.world.quads_scene import Material, MeshBuilder
from render.world.room_place import room_place
from render.world.shell import PAINTED, Opening, Shell, Wall, cornice, sash, skirting

TRIM = (0.60, 0.585, 0.55)
CURTAINS: tuple[Tint, ...] = ((0.50, 0.44, 0.345), (0.34, 0.38, 0.36), (0.46, 0.30, 0.20), (0.24, 0.28, 0.33))
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


def living_room(scene: Scene) -> Place:
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
    cloth = CURTAINS[int(rng.integers(len(CURTAINS)))]
    b = MeshBuilder()
    shell = Shell(b)
    _shell(b, shell, room, cloth)
    lamps, taken = furnish(b, room, scene, rng)
    outside(b, rng)
    return room_place(
        b, shell, room.half_x, room.half_y, high, heading_deg=heading, focus=(-0.25, 1.0, 1.0), eye=(2.45, -2.75),
        lamps=lamps, taken=taken, metering=Metering(9.0, 0.22, 0.9, 0.5, 60.0, 0.75), samples=84, dust_per_m=0.0020,
    )


def _shell(b: MeshBuilder, shell: Shell, room: Room, cloth: Tint) -> None:
    """Floor, ceiling, walls with their openings, skirting, cornice."""
    x, y, h = room.half_x, room.half_y, room.high
    shell.floor(x, y, (Material.PLANKS, room.floor, (0.14, 1.6, 0.30)))
    shell.ceiling(x, y, h, (Material.WALLPAPER, (0.68, 0.67, 0.64), ()))
    plain = (Material.WALLPAPER, room.wall, ())
    accent = (Material.WALLPAPER, room.accent, ())
    white = (Material.WALLPAPER, (0.62, 0.61, 0.58), ())
    trim = (Material.PLAIN, TRIM, (0.02, 1.0, 0.15))
    sashes = (Material.PLAIN, (0.62, 0.61, 0.58), PAINTED)
    long = [Opening(y - at, 0.72, 0.72, room.head) for at in (1.25, -1.65)]
    short = [Opening(x - 1.55, 0.62, 0.55, room.head)]
    walls = [
        shell.wall((-x, y), (-x, -y), 0, h, plain, long, reveal=white),
        shell.wall((-x, -y), (x, -y), 0, h, plain),
        shell.wall((x, -y), (x, y), 0, h, plain),
        shell.wall((x, y), (-x, y), 0, h, accent, short, reveal=white),
    ]
    for wall in walls:
        skirting(b, wall, trim)
        cornice(b, wall, h, trim)
    for wall, openings in ((walls[0], long), (walls[3], short)):
        for o in openings:
            sash(b, wall, o, sashes, fine=2)
            _drapes(b, wall, o, cloth)


def _drapes(b: MeshBuilder, wall: Wall, o: Opening, cloth: Tint) -> None:
    """A pair of gathered curtains on a rod."""
    for sign in (-1, 1):
        _curtain(b, wall, o.middle + sign * (o.half + 0.14), 0.26, o.head + 0.16, cloth)
    z, rod = o.head + 0.18, o.half + 0.55
    ends = wall.at(o.middle - rod, -0.1, z), wall.at(o.middle + rod, -0.1, z)
    bar(b, *ends, 0.012, Material.PAINT, (0.05, 0.045, 0.04), (0.4,))


def _curtain(b: MeshBuilder, wall: Wall, middle: float, half: float, top: float, cloth: Tint) -> None:
    """A gathered curtain: a loft in folds, denser at the top."""
    count = 41
    s = np.linspace(-1, 1, count)
    rows = []
    for z, spread, deep in ((0.03, 1.06, 0.055), (top * 0.5, 1.0, 0.048), (top, 0.94, 0.03)):
        wave = 0.10 + deep * np.sin(s * np.pi * 5.5 + 0.4 * np.sin(3 * s + z))
        at = middle + half * spread * s
        rows.append(wall.at(0, 0, z) + at[:, None] * wall.along - wave[:, None] * wall.out)
    b.loft(np.stack(rows, 1)[::-1].copy(), Material.CLOTH, cloth, (0.6,), two_sided=True)
