"""A warehouse: steel frames with a pitched roof, pallet racks, strips of daylight overhead, an open gate.

Own frame: the floor is z 0, the middle aisle runs along +y towards the gate.
"""

from __future__ import annotations

import numpy as np

from render.scene import Scene
from render.world.joinery import Tint, bar, rounded, shaded, turned
from render.world.place import Metering, Place
from render.world.quads_scene import F64, Material, MeshBuilder
from render.world.room_place import LampRow, Taken, room_place
from render.world.shell import Look, Opening, Shell
from render.world.stored import drums, forklift, pallet_stack, racks
from render.world.yard import yard

CLADDING: tuple[Tint, ...] = ((0.44, 0.45, 0.44), (0.34, 0.38, 0.42), (0.46, 0.42, 0.34), (0.36, 0.40, 0.36))
STEEL: tuple[Tint, ...] = ((0.20, 0.22, 0.24), (0.30, 0.065, 0.03), (0.06, 0.11, 0.19), (0.10, 0.16, 0.12))
HALF_X = 11.0


def warehouse(scene: Scene) -> Place:
    """Build the hall; density fills the racks, height lifts the roof."""
    rng = np.random.default_rng([scene.seed, 0x3A8])
    eaves = 5.6 + 4.5 * scene.height
    ridge = eaves + float(rng.uniform(1.6, 2.4))
    bays = int(rng.integers(6, 8))
    half_y = bays * 2.75
    sheet_tint, steel = CLADDING[int(rng.integers(4))], STEEL[int(rng.integers(4))]
    b = MeshBuilder()
    shell = Shell(b, texel_m=0.5)
    shell.floor(HALF_X, half_y, (Material.CONCRETE, (0.30, 0.29, 0.275), (5.5, 0.34)), 0.32)
    _lines(b, half_y)
    _walls(b, shell, half_y, eaves, ridge, sheet_tint)
    frames = [(k - bays / 2) * 5.5 for k in range(bays + 1)]
    _roof(b, shell, half_y, eaves, ridge, sheet_tint, frames)
    _frames(b, frames, half_y, eaves, ridge, steel)

    taken: list[Taken] = racks(b, half_y, eaves, scene.density, rng)
    forklift(b, (-1.0, half_y * 0.26), 0.5 + float(rng.uniform(-0.3, 0.3)), rng)
    taken.append((-2.3, 0.4, half_y * 0.26 - 1.6, half_y * 0.26 + 1.9, 2.3))
    for k in range(2 + round(4 * scene.density)):
        x = (2.3 if k % 2 else -2.6) + float(rng.uniform(-0.3, 0.3))
        y = -half_y * 0.62 + 3.4 * k
        if abs(y - half_y * 0.26) > 3.0 and y < half_y - 3:
            high = pallet_stack(b, (x, y), float(rng.uniform(-0.1, 0.1)), rng)
            taken.append((x - 0.7, x + 0.7, y - 0.7, y + 0.7, high))
    drums(b, (3.0, half_y * 0.55), rng)
    taken.append((2.3, 4.2, half_y * 0.55 - 0.8, half_y * 0.55 + 0.8, 1.0))
    yard(b, rng, half_y)
    slope = (ridge - eaves) / HALF_X
    return room_place(
        b, shell, HALF_X, half_y, ridge, heading_deg=148.0 + float(rng.uniform(-12, 12)),
        focus=(0.0, half_y * 0.22, 2.1), eye=(1.1, -half_y + 2.6), lamps=_lamps(b, frames, eaves), taken=taken,
        metering=Metering(14.0, 0.18, 0.9, 0.5, 85.0, 0.85), samples=44, dust_per_m=0.0020,
        top=lambda x, y: eaves + (HALF_X - abs(x)) * slope,
    )


def _walls(b: MeshBuilder, shell: Shell, half_y: float, eaves: float, ridge: float, tint: Tint) -> None:
    """A plinth of brick, ribbed sheet above it, high windows on one side, a gate and doors in the ends."""
    ribbed: Look = (Material.RIBBED, tint, (0.30, 0.0, 0.25))
    brick: Look = (Material.BRICKS, (0.30, 0.15, 0.10), (0.0,))
    white: Look = (Material.PLAIN, (0.5, 0.5, 0.49), (0.05, 2.0, 0.1))
    middles = np.arange(3.0, 2 * half_y - 2, 5.5)
    bands = [Opening(float(m), 2.0, eaves - 1.75, eaves - 0.55, 0.0, 0.75) for m in middles]
    lines = (((HALF_X, -half_y), (HALF_X, half_y)), ((-HALF_X, half_y), (-HALF_X, -half_y)))
    for k, (start, end) in enumerate(lines):
        shell.wall(start, end, 0.0, 1.2, brick, thick=0.24)
        wall = shell.wall(start, end, 1.2, eaves, ribbed, bands if k == 0 else [], thick=0.16, reveal=white)
        for o in bands if k == 0 else []:
            for m in np.linspace(o.middle - o.half, o.middle + o.half, 6):
                wall.box(b, (m - 0.03, m + 0.03), (0.06, 0.12), (o.sill, o.head), white)
            wall.box(b, (o.middle - o.half, o.middle + o.half), (0.06, 0.12), (o.sill + 0.56, o.sill + 0.62), white)
    gate = Opening(HALF_X, 2.3, 0.0, 4.3, 0.0, 1.0)
    door = Opening(HALF_X + 6.5, 0.95, 0.0, 2.1, 0.0, 0.0)
    far = shell.wall((HALF_X, half_y), (-HALF_X, half_y), 0.0, eaves, ribbed, [gate, door], thick=0.2, reveal=white)
    far.box(b, (HALF_X - 2.6, HALF_X + 2.6), (-0.5, 0.0), (4.3, 4.95), (Material.METAL, (0.35, 0.36, 0.37), (0.3, 0.6)),
            texel_m=0.4)
    for side in (-2.45, 2.45):
        middle = far.at(HALF_X + side, -0.16, 1.1)
        rounded(b, tuple(middle), (0.10, 0.10, 1.1), 0.05, Material.METAL, (0.55, 0.38, 0.03), (0.3, 0.8))
    far.box(b, (door.middle - 0.95, door.middle + 0.95), (0.06, 0.12), (0, 2.1),
            (Material.METAL, (0.10, 0.22, 0.16), (0.3, 0.4)), texel_m=0.4)
    shell.wall((-HALF_X, -half_y), (HALF_X, -half_y), 0.0, eaves, ribbed, thick=0.2)
    for y, sign in ((half_y, 1), (-half_y, -1)):
        a, along = np.array([-HALF_X * sign, y, eaves]), np.array([2.0 * HALF_X * sign, 0, 0])
        peak = np.array([HALF_X * sign, 0, ridge - eaves])
        for shift, u, v in ((0.0, along, peak), (sign * 0.2, peak, along)):
            b.sheet(tuple(a + np.array([0, shift, 0])), tuple(u), tuple(v), *ribbed, triangle=True,
                    texel_m=0.6 if shift == 0 else 0.0)


def _roof(b: MeshBuilder, shell: Shell, half_y: float, eaves: float, ridge: float, tint: Tint,
          frames: list[float]) -> None:
    """Ribbed slopes with a strip of milky sheets in every other bay, and purlins under them."""
    up = ridge - eaves
    pale = shaded(tint, 1.2, 0.6)
    for sign in (-1, 1):
        shell.next_wall()

        def piece(y0: float, y1: float, s0: float, s1: float, look: Look, texel: float, lift: float = 0.0,
                  casts: bool = True, sign: int = sign) -> tuple[F64, F64, F64]:
            foot = np.array([sign * HALF_X * (1 - s0), y0, eaves + up * s0 + lift])
            rafter = np.array([-sign * HALF_X * (s1 - s0), 0.0, up * (s1 - s0)])
            along = np.array([0.0, y1 - y0, 0.0])
            u, v = (rafter, along) if (sign > 0) == (lift == 0) else (along, rafter)
            b.sheet(tuple(foot), tuple(u), tuple(v), *look, texel_m=texel, casts=casts)
            return foot, u, v

        ribs = 1.0 if sign > 0 else 0.0
        milky: Look = (Material.FROSTED, (0.9, 0.95, 0.97), (0.13,))
        for k in range(len(frames) - 1):
            y0, y1 = frames[k], frames[k + 1]
            strip = k % 2 == 0
            cuts = [(y0, y1, False)] if not strip else [(y0, y0 + 1.9, False), (y0 + 1.9, y1 - 1.9, True),
                                                        (y1 - 1.9, y1, False)]
            for a, c, clear in cuts:
                for s0, s1, inside in ((0.0, 0.22, False), (0.22, 0.86, clear), (0.86, 1.0, False)):
                    if inside:
                        foot, u, v = piece(a, c, s0, s1, milky, 0.0, casts=False)
                        shell.skylight(foot, u, v, 0.42)
                    else:
                        piece(a, c, s0, s1, (Material.RIBBED, pale, (0.25, ribs, 0.2)), 0.7)
                        piece(a, c, s0, s1, (Material.RIBBED, pale, (0.25, ribs, 0.2)), 0.0, lift=0.12)
        for share in np.linspace(0.06, 0.96, 7):
            at = (sign * HALF_X * (1 - share), 0.0, eaves + up * share - 0.12)
            b.box(at, (0.035, half_y, 0.09), Material.METAL, (0.40, 0.41, 0.42), (0.3, 0.5), bottom=True)


def _frames(b: MeshBuilder, frames: list[float], half_y: float, eaves: float, ridge: float, tint: Tint) -> None:
    """Columns and rafters of I-section, haunches, and a tie of wind bracing in the end bays."""
    look = (Material.METAL, tint, (0.3, 0.55))
    up = ridge - eaves
    pitch = float(np.arctan2(up, HALF_X))
    long = float(np.hypot(up, HALF_X)) / 2
    for y in frames:
        y = float(np.clip(y, -half_y + 0.18, half_y - 0.18))
        for sign in (-1, 1):
            x = sign * (HALF_X - 0.28)
            for dx, hx, hy in ((-0.16, 0.012, 0.10), (0.16, 0.012, 0.10), (0.0, 0.15, 0.008)):
                b.box((x + dx, y, eaves / 2), (hx, hy, eaves / 2), *look, texel_m=0.8)
            middle = np.array([sign * HALF_X / 2, y, eaves + up / 2 - 0.3])
            for dz, half_z, hy in ((-0.17, 0.012, 0.10), (0.17, 0.012, 0.10), (0.0, 0.16, 0.008)):
                _sloped(b, middle + np.array([0, 0, dz]), (long, hy, half_z), sign * pitch, *look)
            knee = np.array([sign * (HALF_X - 1.1), y, eaves - 0.35])
            _sloped(b, knee, (0.95, 0.009, 0.13), sign * (pitch + 0.42), *look)
    for y0, y1 in ((frames[0], frames[1]), (frames[-2], frames[-1])):
        for sign in (-1, 1):
            x = sign * (HALF_X - 0.2)
            bar(b, (x, y0 + 0.3, 0.3), (x, y1 - 0.3, eaves - 0.4), 0.018, *look, 5)
            bar(b, (x, y1 - 0.3, 0.3), (x, y0 + 0.3, eaves - 0.4), 0.018, *look, 5)


def _sloped(b: MeshBuilder, centre: F64, half: tuple[float, float, float], turn: float, material: Material,
            tint: Tint, params: tuple[float, ...]) -> None:
    """A box turned around the y axis by `turn`, its long side falling with x for a positive turn."""
    c, s = np.cos(turn), np.sin(turn)
    x, y, z = np.array([c, 0, -s]) * half[0], np.array([0, 1.0, 0]) * half[1], np.array([s, 0, c]) * half[2]
    origin = [centre - x - y - z, centre + x + y - z, centre + x - y - z, centre - x + y - z, centre - x - y + z,
              centre - x + y - z]
    u = [2 * x, -2 * x, 2 * y, -2 * y, 2 * x, 2 * x]
    v = [2 * z, 2 * z, 2 * z, 2 * z, 2 * y, -2 * y]
    b.batch(np.array(origin), np.array(u), np.array(v), material, tint, params, texel_m=1.2)


def _lines(b: MeshBuilder, half_y: float) -> None:
    """Yellow lines that keep the aisle free."""
    for x in (-3.6, 3.6):
        b.sheet((x - 0.05, -half_y + 0.6, 0.003), (0.1, 0, 0), (0, 2 * half_y - 1.2, 0), Material.METAL,
                (0.46, 0.32, 0.03), (0.15, 1.6), texel_m=0.6, casts=False)


def _lamps(b: MeshBuilder, frames: list[float], eaves: float) -> list[LampRow]:
    """Bell lamps over the aisle and the racks."""
    rows: list[LampRow] = []
    z = eaves - 0.7
    for k, y in enumerate(frames[:-1]):
        for x in ((0.0,) if k % 2 else (-6.0, 6.0)):
            at = (x, y + 2.75, z)
            turned(b, at, [(0, 0.26), (0.02, 0.25), (0.22, 0.13), (0.30, 0.06), (0.42, 0.05)], Material.METAL,
                   (0.30, 0.31, 0.32), (0.5, 0.1), 18)
            bar(b, (x, y + 2.75, z + 0.4), (x, y + 2.75, z + 1.2), 0.008, Material.METAL, (0.1, 0.1, 0.1), (0.3,), 4)
            turned(b, (x, y + 2.75, z - 0.07), [(0.0, 0.01), (0.03, 0.12), (0.09, 0.16)], Material.GLOW,
                   (1.0, 0.86, 0.64), (0.5, 5.0), 12)
            rows.append((x, y + 2.75, z - 0.12, 95.0, 76.0, 49.0, 18.0, 0.93))
    return rows
