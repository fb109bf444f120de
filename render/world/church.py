"""A church hall: a long nave under an open timber roof, tall windows on both sides, pews, and a window over the altar.

Own frame: the floor is z 0, the aisle runs along +y to the altar; windows in both long walls.
"""

from __future__ import annotations

import numpy as np

from render.scene import Scene
from render.world.church_fittings import altar, chandelier, font, pews, pulpit
from render.world.garden import garden
from render.world.joinery import Tint, rounded, shaded, timber
from render.world.place import Metering, Place
from render.world.quads_scene import Material, MeshBuilder
from render.world.room_place import LampRow, Taken, room_place
from render.world.shell import Look, Opening, Shell, sash

STONES: tuple[Tint, ...] = ((0.50, 0.43, 0.33), (0.46, 0.44, 0.40), (0.54, 0.46, 0.34), (0.42, 0.35, 0.29))
ROOFS: tuple[Tint, ...] = ((0.13, 0.078, 0.045), (0.20, 0.125, 0.07), (0.095, 0.06, 0.042))
RUNNERS: tuple[Tint, ...] = ((0.27, 0.035, 0.03), (0.06, 0.09, 0.19), (0.20, 0.03, 0.07), (0.07, 0.13, 0.075))
HALF_X = 5.0
WALL_M = 0.85
LEAD: Look = (Material.METAL, (0.05, 0.05, 0.052), (0.25, 0.3))


def church(scene: Scene) -> Place:
    """Build the hall; density adds pews, height lifts the eaves."""
    rng = np.random.default_rng([scene.seed, 0x4C0])
    eaves = 5.6 + 4.6 * scene.height
    bays = int(rng.integers(5, 8))
    bay = 4.6
    half_y = bays * bay / 2 + 1.6
    stone = STONES[int(rng.integers(len(STONES)))]
    wood = ROOFS[int(rng.integers(len(ROOFS)))]
    runner = RUNNERS[int(rng.integers(len(RUNNERS)))]
    ridge = eaves + float(rng.uniform(3.4, 4.8))
    wall: Look = (Material.STONE, stone, (0.9, 0.42, 3.0, 0.0))
    smooth: Look = (Material.STONE, shaded(stone, 1.16, 0.7), (0.7, 0.55, 7.0, 0.0))
    b = MeshBuilder()
    shell = Shell(b, texel_m=0.32)
    shell.floor(HALF_X, half_y, (Material.STONE, shaded(stone, 0.72), (0.85, 0.62, 9.0, 0.22)), 0.3)
    middles = [(k - (bays - 1) / 2) * bay for k in range(bays)]
    head = min(eaves - 1.6, 4.2 + 2.2 * scene.height)
    _long_walls(b, shell, half_y, eaves, middles, head, wall, smooth, scene.seed)
    _ends(b, shell, half_y, eaves, ridge, wall, smooth, scene.seed)
    _roof(b, shell, half_y, eaves, ridge, wood, [(k - bays / 2) * bay for k in range(bays + 1)])
    _pilasters(b, half_y, eaves, smooth, [(k - bays / 2) * bay for k in range(bays + 1)])

    lamps: list[LampRow] = []
    taken: list[Taken] = []
    dais = half_y - 4.6
    taken += pews(b, -half_y + 3.4, dais - 2.2, HALF_X, scene.density, rng)
    lamps += altar(b, dais, half_y, stone, runner, rng, taken)
    b.box((0, (dais - half_y + 1.5) / 2, 0.006), (0.62, (dais + half_y - 1.5) / 2, 0.006), Material.CLOTH, runner,
          (0.8,), texel_m=0.3)
    pulpit(b, (-3.3, dais - 0.6), wood)
    taken.append((-4.1, -2.5, dais - 1.4, dais + 0.2, 2.6))
    font(b, (1.9, -half_y + 2.0), stone)
    taken.append((1.3, 2.5, -half_y + 1.4, -half_y + 2.6, 1.2))
    for y in (-half_y * 0.45, half_y * 0.12):
        lamps += chandelier(b, (0.0, y), min(eaves - 1.6, 4.7), ridge - 0.6)
    garden(b, rng, ground_m=-0.35, half_x=HALF_X + 4, half_y=half_y)
    slope = (ridge - eaves) / HALF_X
    return room_place(
        b, shell, HALF_X, half_y, ridge, heading_deg=165.0 + float(rng.uniform(-9, 9)),
        focus=(0.0, dais - 3.4, 3.3), eye=(0.75, -half_y + 2.2), lamps=lamps, taken=taken,
        metering=Metering(13.0, 0.165, 0.9, 0.5, 95.0, 0.9), samples=60, dust_per_m=0.0022,
        top=lambda x, y: eaves + (HALF_X - abs(x)) * slope,
    )


def _long_walls(b: MeshBuilder, shell: Shell, half_y: float, eaves: float, middles: list[float], head: float,
                wall: Look, smooth: Look, seed: int) -> None:
    """Both long walls, their windows glazed with pale quarries in a coloured border."""
    for start, end, sign in (((HALF_X, -half_y), (HALF_X, half_y), 1), ((-HALF_X, half_y), (-HALF_X, -half_y), -1)):
        openings = [Opening(half_y + sign * m, 0.62, 2.35, head, 0.95, 0.88) for m in middles]
        made = shell.wall(start, end, 0.0, eaves, wall, openings, thick=WALL_M, reveal=smooth)
        for k, o in enumerate(openings):
            high = o.head + o.arch - o.sill
            b.sheet(tuple(made.at(o.middle + o.half, 0.6 * WALL_M, o.sill)), tuple(made.along * -2 * o.half),
                    (0, 0, high), Material.STAINED, (0.5, 0.5, 0.5), (float(seed % 83 + 7 * k), 0.06, 0.17, 1.0),
                    casts=False)
            sash(b, made, o, LEAD, columns=2, rows=(0.25, 0.5, 0.75, 0.985), width=0.045, board=0)
            made.box(b, (o.middle - 0.8, o.middle + 0.8), (-0.12, 0.0), (o.sill - 0.2, o.sill), smooth, texel_m=0.25)
        made.box(b, (0, made.length), (-0.05, 0.0), (1.55, 1.68), smooth, texel_m=0.4)


def _ends(b: MeshBuilder, shell: Shell, half_y: float, eaves: float, ridge: float, wall: Look, smooth: Look,
          seed: int) -> None:
    """The altar wall with its three lights of coloured glass, the door wall, and their gables."""
    top = min(eaves - 1.4, 6.3)
    lights = [Opening(HALF_X, 0.62, 2.9, top, 1.0, 0.5)]
    lights += [Opening(HALF_X + s * 1.75, 0.5, 2.9, top - 0.9, 0.8, 0.5) for s in (-1, 1)]
    far = shell.wall((HALF_X, half_y), (-HALF_X, half_y), 0.0, eaves, wall, lights, thick=WALL_M, reveal=smooth)
    for k, o in enumerate(lights):
        high = o.head + o.arch - o.sill
        corner = far.at(o.middle + o.half, 0.6 * WALL_M, o.sill)
        b.sheet(tuple(corner), tuple(far.along * -2 * o.half), (0, 0, high), Material.STAINED, (0.5, 0.5, 0.5),
                (float(seed % 89 + k), 0.06, 0.15), casts=False)
        sash(b, far, o, LEAD, columns=1, rows=(0.2, 0.4, 0.6, 0.8), width=0.035, board=0)
        far.box(b, (o.middle - 0.75, o.middle + 0.75), (-0.1, 0.0), (o.sill - 0.16, o.sill), smooth, texel_m=0.25)
    door = Opening(HALF_X, 0.95, 0.0, 2.3, 1.0, 0.0)
    near = shell.wall((-HALF_X, -half_y), (HALF_X, -half_y), 0.0, eaves, wall, [door], thick=WALL_M, reveal=smooth)
    near.box(b, (HALF_X - 1, HALF_X + 1), (0.3, 0.4), (0, 3.3), (Material.PLANKS, (0.13, 0.075, 0.04), (0.2, 4, 0.2)))
    for y, sign in ((half_y, 1), (-half_y, -1)):
        a, c = np.array([-HALF_X * sign, y, eaves]), np.array([2.0 * HALF_X * sign, 0, 0])
        peak = np.array([HALF_X * sign, 0, ridge - eaves])
        for shift, u, v in ((0.0, c, peak), (sign * WALL_M, peak, c)):
            b.sheet(tuple(a + np.array([0, shift, 0])), tuple(u), tuple(v), wall[0], wall[1], wall[2], triangle=True,
                    texel_m=0.35 if shift == 0 else 0.0)


def _roof(b: MeshBuilder, shell: Shell, half_y: float, eaves: float, ridge: float, wood: Tint,
          frames: list[float]) -> None:
    """Boarded slopes, and a truss with curved braces on every pier."""
    up = ridge - eaves
    boards = (Material.PLANKS, wood, (0.22, 3.0, 0.1))
    long = (0.0, 2 * half_y, 0.0)
    for sign in (-1, 1):
        foot, rafter = (sign * HALF_X, -half_y, eaves), (-sign * HALF_X, 0.0, up)
        outer = (sign * (HALF_X + 0.9), -half_y - 0.9, eaves + 0.1)
        far = (0.0, 2 * half_y + 1.8, 0.0)
        if sign > 0:
            b.sheet(foot, rafter, long, *boards, texel_m=0.4)
            b.sheet(outer, far, (-HALF_X - 0.9, 0, up + 0.2), *boards)
        else:
            b.sheet(foot, long, rafter, Material.PLANKS, wood, (0.22, 3.0, 0.1), texel_m=0.4)
            b.sheet(outer, (HALF_X + 0.9, 0, up + 0.2), far, *boards)
        for share in (0.34, 0.68):
            at = np.array([sign * HALF_X * (1 - share), 0, eaves + up * share - 0.1])
            b.box(tuple(at), (0.09, half_y, 0.1), Material.PLANKS, tuple(0.8 * c for c in wood), (0.3, 4, 0.1),
                  bottom=True)
    dark = tuple(0.72 * c for c in wood)
    finish = (Material.PLANKS, dark, (0.4, 3.0, 0.12))
    aside = np.array([0.0, 1.0, 0.0])
    collar = eaves + 0.5 * up
    for y in frames:
        for sign in (-1, 1):
            t = np.linspace(0, np.pi / 2, 9)
            x = sign * (HALF_X - 0.12 - (HALF_X * 0.52) * (1 - np.cos(t)))
            z = eaves - 1.5 + (collar - eaves + 1.45) * np.sin(t)
            timber(b, np.stack([x, np.full(9, y), z], 1), aside, 0.11, 0.13, *finish)
            slope = np.array([[sign * HALF_X, y, eaves - 0.1], [0.0, y, ridge - 0.12]])
            timber(b, slope, aside, 0.10, 0.14, *finish)
        b.box((0, y, collar), (HALF_X * 0.52, 0.10, 0.13), *finish, bottom=True)
        b.box((0, y, (collar + ridge) / 2), (0.09, 0.09, (ridge - collar) / 2), *finish)
    b.box((0, 0, ridge - 0.12), (0.1, half_y, 0.12), *finish, bottom=True)


def _pilasters(b: MeshBuilder, half_y: float, eaves: float, smooth: Look, frames: list[float]) -> None:
    """Piers between the windows, with a base and a corbel for the braces."""
    sides = np.array([[s * (HALF_X - 0.16), y] for y in frames for s in (-1, 1)])
    n = len(sides)
    for z, half, r in ((eaves / 2 - 0.75, (0.2, 0.42, eaves / 2 - 0.75), 0.04), (0.22, (0.28, 0.5, 0.22), 0.05)):
        rounded(b, np.column_stack([sides, np.full(n, z)]), half, r, *smooth, texel_m=0.3)
    rounded(b, np.column_stack([sides, np.full(n, eaves - 1.62)]), (0.32, 0.5, 0.13), 0.05, *smooth, texel_m=0.3)
