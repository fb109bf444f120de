"""A corridor: doors in a row under a line of lamps, light falling in from side windows, a window at the far end.

Own frame: the floor is z 0, the corridor runs along +y; side windows in the −x wall.
"""

from __future__ import annotations

import numpy as np

from render.scene import Scene
from render.world.corridor_fittings import bench, board, door, extinguisher, lockers, trolley
from render.world.decoration import plant
from render.world.garden import garden
from render.world.joinery import Tint, disc, rounded, turned
from render.world.place import Metering, Place
from render.world.quads_scene import Material, MeshBuilder
from render.world.room_place import LampRow, Taken, room_place
from render.world.shell import Look, Opening, Shell, cornice, sash, skirting

HALF_Y = 11.0
STYLES = ("school", "hotel", "clinic")
UPPER: dict[str, tuple[Tint, ...]] = {
    "school": ((0.60, 0.57, 0.48), (0.56, 0.57, 0.54)),
    "hotel": ((0.36, 0.30, 0.22), (0.22, 0.25, 0.22)),
    "clinic": ((0.62, 0.62, 0.60), (0.58, 0.60, 0.58)),
}
LOWER: dict[str, tuple[Tint, ...]] = {
    "school": ((0.15, 0.25, 0.22), (0.34, 0.24, 0.10), (0.15, 0.19, 0.28)),
    "hotel": ((0.14, 0.075, 0.04), (0.10, 0.055, 0.035)),
    "clinic": ((0.36, 0.46, 0.44), (0.42, 0.46, 0.50)),
}
DOORS: dict[str, tuple[Tint, ...]] = {
    "school": ((0.28, 0.15, 0.07), (0.10, 0.17, 0.20)),
    "hotel": ((0.17, 0.085, 0.045), (0.24, 0.13, 0.065)),
    "clinic": ((0.40, 0.28, 0.16), (0.30, 0.38, 0.40)),
}


def corridor(scene: Scene) -> Place:
    """Build the corridor; density furnishes it, height lifts the ceiling."""
    rng = np.random.default_rng([scene.seed, 0xC02])
    style = STYLES[(scene.seed + 2) % 3]

    def pick(of: dict[str, tuple[Tint, ...]]) -> Tint:
        return of[style][int(rng.integers(len(of[style])))]

    upper, lower, leaf = pick(UPPER), pick(LOWER), pick(DOORS)
    half_x = float(rng.uniform(1.25, 1.55))
    high = 2.55 + 1.3 * scene.height
    b = MeshBuilder()
    shell = Shell(b, texel_m=0.2)
    floor: Look = (Material.TILES, (0.30, 0.285, 0.25), (0.6, 0.6, 0.006, 0.5))
    if style == "hotel":
        floor = (Material.PLANKS, (0.20, 0.115, 0.06), (0.14, 1.6, 0.4))
    elif style == "school":
        floor = (Material.TILES, (0.27, 0.20, 0.13), (0.3, 0.3, 0.004, 0.55))
    shell.floor(half_x, HALF_Y, floor, 0.14)
    ceiling = Material.PANELS if style == "clinic" else Material.WALLPAPER
    shell.ceiling(half_x, HALF_Y, high, (ceiling, (0.66, 0.65, 0.61), (0.6,)), 0.22)
    wall: Look = (Material.WALLPAPER, upper, ())
    side = [Opening(HALF_Y + y, 0.62, 1.0, min(high - 0.3, 2.5)) for y in (-6.6, -3.9, -1.2, 4.4, 7.1)]
    far_window = Opening(half_x, min(0.72, half_x - 0.4), 0.9, min(high - 0.3, 2.45), 0.0, 0.9)
    walls = [
        shell.wall((-half_x, HALF_Y), (-half_x, -HALF_Y), 0, high, wall,
                   [Opening(2 * HALF_Y - o.middle, o.half, o.sill, o.head) for o in side], thick=0.4),
        shell.wall((half_x, -HALF_Y), (half_x, HALF_Y), 0, high, wall),
        shell.wall((half_x, HALF_Y), (-half_x, HALF_Y), 0, high, wall, [far_window], thick=0.4),
        shell.wall((-half_x, -HALF_Y), (half_x, -HALF_Y), 0, high, wall),
    ]
    white: Look = (Material.PLAIN, (0.60, 0.59, 0.55), (0.02, 1.0, 0.25))
    for o in side:
        sash(b, walls[0], Opening(2 * HALF_Y - o.middle, o.half, o.sill, o.head), white, columns=2, rows=(0.66,))
    sash(b, walls[2], far_window, white, columns=3, rows=(0.66,))
    dado = 0.98 if style != "hotel" else 0.92
    paint: Look = (Material.PLAIN if style != "hotel" else Material.PLANKS, lower,
                   (0.03, 2.0, 0.3) if style != "hotel" else (0.6, 3.0, 0.3))
    for w in walls:
        w.box(b, (0, w.length), (-0.012, 0.0), (0.0, dado), paint, texel_m=0.2)
        w.box(b, (0, w.length), (-0.03, 0.0), (dado, dado + 0.05), white, texel_m=0.3)
        skirting(b, w, (Material.PLAIN, (0.10, 0.09, 0.08), (0.02, 1.0, 0.3)), 0.1, 0.025)
        if style == "hotel":
            cornice(b, w, high, white)
    lamps: list[LampRow] = []
    taken: list[Taken] = []
    numbers = np.arange(-8.4, 9.0, 3.4)
    for k, y in enumerate(numbers):
        door(b, walls[1], float(y) + HALF_Y, leaf, style, ajar=k == 2, lamp=style == "hotel", rows=lamps)
    for y in (1.6,):
        door(b, walls[0], HALF_Y - y, leaf, style, ajar=False, lamp=False, rows=lamps)
    if style == "hotel":
        b.box((0, 0, 0.006), (half_x * 0.58, HALF_Y - 0.8, 0.006), Material.RUG,
              ((0.22, 0.05, 0.045), (0.06, 0.10, 0.15), (0.10, 0.13, 0.07))[int(rng.integers(3))], (3.0,), texel_m=0.25)
    _lights(b, style, high, lamps)
    between = numbers[:-1] + 1.7
    for k, y in enumerate(between):
        if rng.uniform() > 0.25 + 0.9 * scene.density:
            continue
        y = float(y)
        if style == "school" and k % 2 == 0:
            lockers(b, (half_x - 0.2, y), 3, shade=lower)
            taken.append((half_x - 0.42, half_x, y - 0.6, y + 0.6, 1.9))
        elif style == "clinic" and k == 1:
            trolley(b, (half_x - 0.42, y))
            taken.append((half_x - 0.8, half_x, y - 1.0, y + 1.0, 1.0))
        elif k % 2 == 1:
            bench(b, (half_x - 0.3, y), leaf, style, rng)
            taken.append((half_x - 0.6, half_x, y - 0.8, y + 0.8, 0.9))
        board(b, walls[1], HALF_Y + y, style, rng)
    extinguisher(b, (-half_x + 0.14, 2.7))
    for y in (-8.2, 9.6):
        if scene.vegetation > 0.2:
            plant(b, (-half_x + 0.35, y), 0.6 + 0.6 * scene.vegetation, rng)
            taken.append((-half_x, -half_x + 0.65, y - 0.3, y + 0.3, 1.5))
    garden(b, rng, ground_m=-3.6, half_x=6.0, half_y=HALF_Y + 2, trees=10)
    return room_place(
        b, shell, half_x, HALF_Y, high, heading_deg=158.0 + float(rng.uniform(-14, 14)),
        focus=(0.0, 2.6, 1.2), eye=(0.35, -HALF_Y + 1.6), lamps=lamps, taken=taken,
        metering=Metering(9.0, 0.14, 0.9, 0.5, 60.0, 0.9), samples=72, dust_per_m=0.0018,
    )


def _lights(b: MeshBuilder, style: str, high: float, rows: list[LampRow]) -> None:
    """The row of lamps under the ceiling."""
    for y in np.arange(-9.0, 9.5, 3.6):
        y = float(y)
        if style == "clinic":
            b.sheet((-0.29, y + 0.58, high - 0.01), (0.58, 0, 0), (0, -1.16, 0), Material.PANEL_LIGHT,
                    (0.95, 0.98, 1.0), (0.7, 2.6), casts=False)
            rows.append((0.0, y, high - 0.08, 15.0, 15.3, 15.3, 8.0, 0.9))
        elif style == "school":
            rounded(b, (0, y, high - 0.24), (0.09, 0.72, 0.03), 0.02, Material.METAL, (0.55, 0.55, 0.53), (0.3, 0.1),
                    casts=False)
            b.sheet((-0.075, y + 0.7, high - 0.272), (0.15, 0, 0), (0, -1.4, 0), Material.PANEL_LIGHT,
                    (1.0, 0.97, 0.88), (0.0, 3.2), casts=False)
            for s in (-0.5, 0.5):
                b.box((0, y + s, high - 0.11), (0.006, 0.006, 0.11), Material.METAL, (0.4, 0.4, 0.4))
            rows.append((0.0, y, high - 0.32, 14.0, 13.1, 11.0, 8.0, 0.9))
        else:
            turned(b, (0, y, high - 0.34), [(0, 0.02), (0.03, 0.10), (0.10, 0.17), (0.18, 0.17), (0.25, 0.10),
                                            (0.28, 0.03), (0.34, 0.02)], Material.GLOW, (1.0, 0.82, 0.56), (1, 1.7), 16)
            disc(b, (0, y, high - 0.005), 0.1, Material.METAL, (0.3, 0.22, 0.1), (0.5, 0.1), 16, down=True)
            rows.append((0.0, y, high - 0.42, 6.5, 4.5, 2.45, 8.0, 0.0))
