"""A kitchen: worktops along two walls, a window over the sink, a table in the light of a garden door.

Own frame: the floor is z 0; worktops along +y and +x, windows in the −x wall and over the sink in the +y wall.
"""

from __future__ import annotations

import numpy as np

from render.scene import Scene
from render.world.decoration import plant
from render.world.joinery import Tint, bar, rounded, shaded, turned
from render.world.kitchen_fittings import crockery, cupboards, dining, fridge, hood, jars, oven, sink, still_life
from render.world.kitchen_things import in_use
from render.world.outside import outside
from render.world.place import Metering, Place
from render.world.quads_scene import Material, MeshBuilder
from render.world.room_place import LampRow, Taken, room_place
from render.world.shell import Look, Opening, Shell, Wall, cornice, sash, skirting

HALF_X, HALF_Y = 2.7, 2.9
FRONTS: tuple[Tint, ...] = ((0.17, 0.23, 0.20), (0.52, 0.50, 0.45), (0.13, 0.18, 0.26), (0.34, 0.21, 0.115),
                            (0.42, 0.40, 0.30))
TOPS: tuple[Look, ...] = (
    (Material.PLANKS, (0.34, 0.21, 0.115), (0.09, 1.2, 0.4)),
    (Material.PLAIN, (0.50, 0.48, 0.45), (0.10, 3.0, 0.5)),
    (Material.PLAIN, (0.075, 0.075, 0.078), (0.25, 6.0, 0.5)),
)
SPLASH: tuple[Tint, ...] = ((0.56, 0.55, 0.51), (0.20, 0.33, 0.34), (0.50, 0.43, 0.31), (0.16, 0.24, 0.20))
WALLS: tuple[Tint, ...] = ((0.60, 0.56, 0.48), (0.56, 0.56, 0.52), (0.58, 0.48, 0.38))


def kitchen(scene: Scene) -> Place:
    """Build the kitchen; density fills it, height lifts the ceiling."""
    rng = np.random.default_rng([scene.seed, 0x617])
    high = 2.4 + 1.2 * scene.height
    front, top = FRONTS[int(rng.integers(len(FRONTS)))], TOPS[int(rng.integers(len(TOPS)))]
    splash, paint = SPLASH[int(rng.integers(len(SPLASH)))], WALLS[int(rng.integers(len(WALLS)))]
    b = MeshBuilder()
    shell = Shell(b, texel_m=0.16)
    if rng.uniform() < 0.55:
        tone = ((0.34, 0.20, 0.12), (0.36, 0.34, 0.30), (0.16, 0.17, 0.18))[int(rng.integers(3))]
        shell.floor(HALF_X, HALF_Y, (Material.TILES, tone, (0.3, 0.3, 0.008, 0.4)), 0.14)
    else:
        shell.floor(HALF_X, HALF_Y, (Material.PLANKS, (0.30, 0.19, 0.105), (0.14, 1.6, 0.35)), 0.14)
    shell.ceiling(HALF_X, HALF_Y, high, (Material.WALLPAPER, (0.68, 0.67, 0.63), ()))
    wall: Look = (Material.WALLPAPER, paint, ())
    white: Look = (Material.PLAIN, (0.62, 0.61, 0.57), (0.02, 1.0, 0.25))
    head = min(high - 0.3, 2.15)
    side = [Opening(HALF_Y - 0.95, 0.62, 0.95, head), Opening(HALF_Y + 1.25, 0.85, 0.02, head, 0.0, 0.9)]
    over_sink = Opening(HALF_X + 0.55, 0.72, 1.12, head, 0.0, 0.9)
    walls = [
        shell.wall((-HALF_X, HALF_Y), (-HALF_X, -HALF_Y), 0, high, wall, side, thick=0.34, reveal=white),
        shell.wall((HALF_X, HALF_Y), (-HALF_X, HALF_Y), 0, high, wall, [over_sink], thick=0.34, reveal=white),
        shell.wall((-HALF_X, -HALF_Y), (HALF_X, -HALF_Y), 0, high, wall),
        shell.wall((HALF_X, -HALF_Y), (HALF_X, HALF_Y), 0, high, wall),
    ]
    sash(b, walls[0], side[0], white, columns=2, rows=(0.68,))
    sash(b, walls[0], side[1], white, columns=2, rows=(0.25, 0.5, 0.75), width=0.07, board=0)
    sash(b, walls[1], over_sink, white, columns=2, rows=(0.68,), board=0.16)
    for w in walls:
        cornice(b, w, high, white, 0.05)
    skirting(b, walls[2], white)
    _splash(b, walls[1], walls[3], over_sink, splash)

    lamps: list[LampRow] = []
    taken: list[Taken] = []
    cupboards(b, (-1.55, HALF_Y), (HALF_X, HALF_Y), front, top, rng)
    cupboards(b, (HALF_X, HALF_Y - 0.62), (HALF_X, -0.35), front, top, rng)
    taken += [(-1.55, HALF_X, HALF_Y - 0.66, HALF_Y, 1.0), (HALF_X - 0.66, HALF_X, -1.2, HALF_Y, 1.0)]
    sink(b, (-0.55, HALF_Y - 0.31))
    oven(b, (HALF_X - 0.31, 1.1))
    hood(b, (HALF_X, 1.1), high)
    fridge(b, (HALF_X - 0.36, -0.78), front if rng.uniform() < 0.5 else (0.52, 0.52, 0.50))
    taken.append((HALF_X - 0.75, HALF_X, -1.2, -0.35, 2.0))
    lamps += _shelf(b, walls[1], scene.density, rng)
    jars(b, (HALF_X - 0.14, 2.2), rng)
    crockery(b, (1.3, HALF_Y - 0.3), rng)
    in_use(b, -0.55, HALF_Y, scene.density, rng)
    at = (-0.75, -0.25)
    dining(b, at, scene.density, rng)
    taken.append((at[0] - 0.95, at[0] + 0.95, at[1] - 0.6, at[1] + 0.6, 0.8))
    still_life(b, (*at, 0.755), rng)
    lamps += _pendants(b, at, high, rng)
    if scene.density > 0.35:
        b.box((at[0], at[1], 0.005), (1.5, 1.05, 0.005), Material.RUG,
              ((0.24, 0.10, 0.07), (0.12, 0.16, 0.19), (0.28, 0.24, 0.17))[int(rng.integers(3))], (1.0,), texel_m=0.2)
    if scene.vegetation > 0.15:
        plant(b, (-2.3, 2.4), 0.5 + 0.6 * scene.vegetation, rng)
        taken.append((-2.6, -2.0, 2.1, 2.7, 1.3))
        _herbs(b, walls[1], over_sink, rng)
    outside(b, rng)
    return room_place(
        b, shell, HALF_X, HALF_Y, high, heading_deg=206.0 + float(rng.uniform(-10, 10)),
        focus=(0.0, 0.75, 0.98), eye=(0.75, -2.45), lamps=lamps, taken=taken,
        metering=Metering(8.0, 0.24, 0.9, 0.5, 60.0, 0.8), samples=84, dust_per_m=0.0018,
    )


def _splash(b: MeshBuilder, sink_wall: Wall, side_wall: Wall, window: Opening, tint: Tint) -> None:
    """Glazed tiles behind the worktops."""
    look: Look = (Material.TILES, tint, (0.15, 0.075, 0.005, 0.5))
    left, right = window.middle - window.half, window.middle + window.half
    end = HALF_X + 1.55
    for a, c, z1 in ((0.0, left - 0.06, 1.5), (left - 0.06, right + 0.06, window.sill - 0.03),
                     (right + 0.06, end, 1.5)):
        corner = sink_wall.at(c, -0.008, 0.92)
        b.sheet(tuple(corner), tuple(sink_wall.along * (a - c)), (0, 0, z1 - 0.92), *look, texel_m=0.16)
    c = side_wall.length
    corner = side_wall.at(c, -0.008, 0.92)
    b.sheet(tuple(corner), tuple(side_wall.along * -3.25), (0, 0, 0.58), *look, texel_m=0.16)


def _shelf(b: MeshBuilder, w: Wall, density: float, rng: np.random.Generator) -> list[LampRow]:
    """Open shelves beside the window with plates, glasses and bowls; a strip of light under the lower one."""
    start, end = 0.25, HALF_X - 0.35
    wood = (Material.PLANKS, (0.32, 0.195, 0.105), (0.3, 2.0, 0.3))
    for z in (1.55, 1.93):
        middle = w.at((start + end) / 2, -0.13, z)
        rounded(b, tuple(middle), ((end - start) / 2, 0.12, 0.016), 0.01, *wood, texel_m=0.15)
        for a in (start + 0.12, end - 0.12):
            bar(b, w.at(a, -0.02, z - 0.14), w.at(a, -0.2, z - 0.015), 0.008, Material.METAL, (0.04, 0.04, 0.04),
                (0.3,), 6)
        a = start + 0.12
        while a < end - 0.1 and rng.uniform() < 0.55 + 0.45 * density:
            at = w.at(a, -0.13, z + 0.016)
            kind = rng.uniform()
            tone = ((0.60, 0.59, 0.56), (0.46, 0.40, 0.32), (0.16, 0.24, 0.27),
                    (0.40, 0.24, 0.15))[int(rng.integers(4))]
            if kind < 0.35:
                for k in range(int(rng.integers(2, 6))):
                    turned(b, (at[0], at[1], at[2] + 0.018 * k),
                           [(0, 0.05), (0.006, 0.085), (0.018, 0.105), (0.014, 0.0)],
                           Material.PLAIN, tone, (0.02, 1.0, 0.5), 18)
            elif kind < 0.7:
                turned(b, at, [(0, 0.04), (0.01, 0.06), (0.05, 0.085), (0.085, 0.09), (0.083, 0.08), (0.03, 0.05)],
                       Material.PLAIN, tone, (0.02, 1.0, 0.5), 18)
            else:
                turned(b, at, [(0, 0.05), (0.02, 0.065), (0.14, 0.07), (0.19, 0.04), (0.24, 0.035), (0.25, 0.042)],
                       Material.PLAIN, tone, (0.04, 2.0, 0.45), 18)
            a += 0.25
    middle = w.at((start + end) / 2, -0.2, 1.40)
    return [(float(middle[0]), float(middle[1]), 1.40, 1.6, 1.2, 0.7, 3.5, 0.9)]


def _pendants(b: MeshBuilder, at: tuple[float, float], high: float, rng: np.random.Generator) -> list[LampRow]:
    """Two or three lamps over the table."""
    tint = ((0.05, 0.05, 0.052), (0.36, 0.25, 0.10), (0.14, 0.22, 0.20))[int(rng.integers(3))]
    count = int(rng.integers(2, 4))
    rows: list[LampRow] = []
    for k in range(count):
        x = at[0] + (k - (count - 1) / 2) * 0.55
        z = 1.62
        bar(b, (x, at[1], z + 0.25), (x, at[1], high), 0.004, Material.PLAIN, (0.02, 0.02, 0.02), (), 4, casts=False)
        profile = [(0.0, 0.15), (0.05, 0.145), (0.12, 0.10), (0.19, 0.045), (0.26, 0.03)]
        turned(b, (x, at[1], z), profile, Material.METAL, tint, (0.5, 0.1), 20)
        turned(b, (x, at[1], z), [(zz, r - 0.006) for zz, r in profile[:4]][::-1], Material.GLOW, (1.0, 0.80, 0.55),
               (1, 1.1), 20)
        turned(b, (x, at[1], z + 0.01), [(0.0, 0.008), (0.03, 0.032), (0.07, 0.03), (0.1, 0.014)], Material.GLOW,
               (1.0, 0.84, 0.6), (1, 4.0), 10)
        rows.append((x, at[1], z - 0.02, 4.6, 3.25, 1.8, 7.0, 0.75))
    rows.append((at[0], at[1], high - 0.6, 3.4, 2.4, 1.35, 8.0, 0.0))
    return rows


def _herbs(b: MeshBuilder, w: Wall, o: Opening, rng: np.random.Generator) -> None:
    """Pots on the window board."""
    for k in range(3):
        at = w.at(o.middle - 0.42 + 0.4 * k, 0.06, o.sill)
        turned(b, at, [(0, 0.045), (0.08, 0.06), (0.085, 0.065), (0.1, 0.065), (0.1, 0.055)], Material.PLAIN,
               shaded((0.36, 0.19, 0.11), float(rng.uniform(0.7, 1.2))), (0.1, 3.0, 0.1), 14)
        n = 60
        way = rng.normal(size=(n, 3)) * [1, 1, 0.6] + [0, 0, 0.8]
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        tip = np.asarray(at) + np.array([0, 0, 0.1]) + way * rng.uniform(0.05, 0.17, (n, 1))
        u = np.cross(way, rng.normal(size=(n, 3)))
        u /= np.linalg.norm(u, axis=1, keepdims=True)
        v = np.cross(way, u)
        b.batch(tip - (u + v) * 0.014, u * 0.028, v * 0.028, Material.PLAIN, (0.07, 0.15, 0.035), (0.1, 2.0, 0.15),
                two_sided=True, casts=False, normal=np.repeat(way[:, None], 3, axis=1))
