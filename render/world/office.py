"""An open office: desks, a sofa corner and a long table under a panelled ceiling, a band of windows, the town outside.

Own frame: the floor is z 0, windows in the −x wall, the coloured wall at +y.
"""

from __future__ import annotations

import numpy as np

from render.scene import Scene
from render.world.decoration import plant
from render.world.joinery import Tint, rounded, shaded
from render.world.office_fittings import cabinet, chair, desk_pair
from render.world.office_lounge import lounge
from render.world.outside import outside
from render.world.place import Metering, Place
from render.world.quads_scene import Material, MeshBuilder
from render.world.room_place import LampRow, Taken, room_place
from render.world.shell import Look, Opening, Shell, Wall, sash, skirting

ACCENTS: tuple[Tint, ...] = ((0.10, 0.19, 0.20), (0.19, 0.25, 0.20), (0.12, 0.18, 0.13), (0.13, 0.16, 0.23),
                             (0.38, 0.29, 0.15))
CARPETS: tuple[Tint, ...] = ((0.10, 0.105, 0.115), (0.075, 0.10, 0.125), (0.15, 0.135, 0.115))
TOPS: tuple[Tint, ...] = ((0.46, 0.34, 0.22), (0.56, 0.54, 0.50), (0.40, 0.28, 0.17))
HALF_X, HALF_Y = 5.2, 8.0


def office(scene: Scene) -> Place:
    """Build the office; density closes up the desks, height lifts the ceiling."""
    rng = np.random.default_rng([scene.seed, 0x0FF])
    high = 2.65 + 1.0 * scene.height
    accent = ACCENTS[int(rng.integers(len(ACCENTS)))]
    top = TOPS[int(rng.integers(len(TOPS)))]
    b = MeshBuilder()
    shell = Shell(b, texel_m=0.24)
    white: Look = (Material.WALLPAPER, (0.62, 0.60, 0.56), ())
    shell.floor(HALF_X, HALF_Y, (Material.CARPET, CARPETS[int(rng.integers(3))], (0.5, float(scene.seed % 97))), 0.22)
    shell.ceiling(HALF_X, HALF_Y, high, (Material.PANELS, (0.66, 0.65, 0.62), (0.6,)), 0.25)
    bays = 5
    pitch = 2 * HALF_Y / bays
    openings = [Opening((k + 0.5) * pitch, pitch / 2 - 0.28, 0.72, high - 0.32, 0.0, 0.8) for k in range(bays)]
    long = shell.wall((-HALF_X, HALF_Y), (-HALF_X, -HALF_Y), 0, high, white, openings, thick=0.36)
    far = shell.wall((HALF_X, HALF_Y), (-HALF_X, HALF_Y), 0, high, (Material.WALLPAPER, accent, ()))
    others = [shell.wall((-HALF_X, -HALF_Y), (HALF_X, -HALF_Y), 0, high, white),
              shell.wall((HALF_X, -HALF_Y), (HALF_X, HALF_Y), 0, high, white)]
    frame: Look = (Material.METAL, (0.10, 0.10, 0.105), (0.35, 0.0))
    down = float(rng.uniform(0.12, 0.45))
    for k, o in enumerate(openings):
        sash(b, long, o, frame, columns=2, rows=(), width=0.05, board=0.3)
        if scene.density > 0.1:
            _blind(b, long, o, down * float(rng.uniform(0.5, 1.3)) if k % 3 else down)
        edge = long.at(o.middle + o.half + 0.28, -0.16, high / 2)
        if k < bays - 1:
            rounded(b, tuple(edge), (0.2, 0.24, high / 2), 0.03, *white, texel_m=0.25)
    for wall in (long, far, *others):
        skirting(b, wall, (Material.PLAIN, (0.16, 0.16, 0.165), (0.02, 1, 0.2)), 0.09)
    _radiators(b, long, openings)

    lamps, taken = _ceiling_lights(b, high, rng), []
    taken += _desks(b, scene, top, accent, rng)
    more, stood = lounge(b, scene, HALF_X, HALF_Y, high, accent, rng)
    lamps += more
    taken += stood
    cabinet(b, (HALF_X - 0.26, 0.9), 3, top, rng)
    cabinet(b, (HALF_X - 0.26, -2.9), 2, top, rng)
    taken += [(HALF_X - 0.6, HALF_X, -0.6, 2.4, 1.3), (HALF_X - 0.6, HALF_X, -3.9, -1.9, 1.3)]
    for k, (x, y) in enumerate(((4.6, -1.2), (-4.5, 2.9), (4.6, 2.75), (-4.5, -7.4))):
        if scene.vegetation > 0.1 + 0.2 * k:
            plant(b, (x, y), 0.85 + 0.7 * scene.vegetation, rng)
            taken.append((x - 0.3, x + 0.3, y - 0.3, y + 0.3, 1.8))
    outside(b, rng)
    return room_place(
        b, shell, HALF_X, HALF_Y, high, heading_deg=196.0 + float(rng.uniform(-10, 10)),
        focus=(-0.3, 3.3, 0.95), eye=(3.75, -5.6), lamps=lamps, taken=taken,
        metering=Metering(9.0, 0.23, 0.9, 0.5, 75.0, 1.0), samples=90, dust_per_m=0.0010,
    )


def _blind(b: MeshBuilder, w: Wall, o: Opening, drawn: float) -> None:
    """Slats let down a part of the window's height."""
    top = o.head - 0.03
    count = max(3, int(drawn * (o.head - o.sill) / 0.055))
    depth = 0.07
    inner = o.half - 0.03
    w.box(b, (o.middle - inner, o.middle + inner), (depth - 0.025, depth + 0.025), (top - 0.03, top + 0.02),
          (Material.METAL, (0.5, 0.5, 0.49), (0.3, 0.0)))
    z = top - 0.07 - 0.05 * np.arange(count)
    origin = np.array([w.at(o.middle + o.half - 0.04, depth - 0.02, zz) for zz in z])
    along = np.tile(w.along * -(2 * o.half - 0.08), (count, 1))
    tilt = np.tile(w.out * 0.036 + np.array([0, 0, 0.022]), (count, 1))
    b.batch(origin, along, tilt, Material.PLAIN, (0.56, 0.55, 0.52), (0.02, 1.0, 0.3), two_sided=True, texel_m=0.6)


def _radiators(b: MeshBuilder, w: Wall, openings: list[Opening]) -> None:
    for o in openings:
        middle = w.at(o.middle, -0.07, 0.36)
        rounded(b, tuple(middle), (0.045, 0.75, 0.22), 0.015, Material.METAL, (0.6, 0.59, 0.56), (0.3, 0.2),
                texel_m=0.3)
        fins = np.array([w.at(o.middle + s, -0.118, 0.36) for s in np.linspace(-0.7, 0.7, 19)])
        rounded(b, fins, (0.006, 0.012, 0.19), 0.005, Material.METAL, (0.55, 0.54, 0.51), (0.3, 0.2))


def _ceiling_lights(b: MeshBuilder, high: float, rng: np.random.Generator) -> list[LampRow]:
    """Light panels set into the ceiling, an air outlet or two between them."""
    lamps: list[LampRow] = []
    cool = (0.95, 0.97, 1.0) if rng.uniform() < 0.5 else (1.0, 0.93, 0.82)
    for y in (-6.3, -3.3, -0.3, 2.7, 5.7):
        for x in (-3.3, 0.0, 3.3):
            rounded(b, (x, y, high - 0.012), (0.32, 0.62, 0.014), 0.008, Material.METAL, (0.6, 0.6, 0.6), (0.2, 0.0),
                    casts=False)
            b.sheet((x - 0.28, y + 0.58, high - 0.028), (0.56, 0, 0), (0, -1.16, 0), Material.PANEL_LIGHT, cool,
                    (0.85, 2.6), casts=False)
            lamps.append((x, y, high - 0.1, 17.0 * cool[0], 17.0 * cool[1], 17.0 * cool[2], 9.0, 0.95))
        b.box((-1.65, y + 1.5, high - 0.008), (0.29, 0.29, 0.008), Material.METAL, (0.45, 0.45, 0.45), (0.2, 0.2),
              bottom=True, casts=False)
    return lamps


def _desks(b: MeshBuilder, scene: Scene, top: Tint, accent: Tint, rng: np.random.Generator) -> list[Taken]:
    """Two columns of desk pairs with an aisle between them; density closes the rows up."""
    taken: list[Taken] = []
    pitch = 3.9 - 1.5 * scene.density
    rows = np.arange(-5.6, 2.1, pitch)
    shade = tuple(0.30 * c + 0.34 for c in accent)
    seat = ((0.10, 0.10, 0.105), shaded(accent, 1.4))[int(rng.uniform() < 0.5)]
    for y in rows:
        for x in (-2.75, 2.15):
            desk_pair(b, (x, float(y)), top, (shade[0], shade[1], shade[2]), rng)
            taken.append((x - 1.7, x + 1.7, y - 0.85, y + 0.85, 1.2))
            for sx in (-0.85, 0.85):
                for sy in (-1, 1):
                    if rng.uniform() < 0.9:
                        out = float(rng.uniform(1.05, 1.3))
                        if sy > 0 and y == rows[-1] and x > 0:  # stands before low lenses, its back in their way
                            rng.uniform(size=2)
                            continue
                        chair(b, (x + sx + float(rng.uniform(-0.15, 0.15)), float(y) + sy * out),
                              (np.pi if sy > 0 else 0.0) + float(rng.uniform(-0.7, 0.7)), seat)
    return taken
