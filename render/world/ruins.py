"""Ruins: an abbey without a roof on its hill — arcades, a gable with tall lancets, ivy, and stones in the grass.

Own frame: the nave runs along y, towards the gable; the land is `ruins_land`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from render.light.lamps import lamps_from_rows
from render.materials.facade import ASHLAR
from render.scene import Scene
from render.world.base import Stage, World
from render.world.frames import Frame
from render.world.greens import bush, ivy, tufts
from render.world.masonry import STONE, Opening, broken_wall, drum, fallen, pier
from render.world.place import F64, Metering, Place, rotation
from render.world.quads_scene import Material, MeshBuilder
from render.world.ruins_land import HALF_SITE_M, RuinsLand
from render.world.site import build_site
from render.world.site_light import lay_ground_nodes
from render.world.street_tree import street_tree

_NODES = 88
_AISLE, _OUTER, _BAY, _END = 4.3, 8.6, 6.2, 39.0
_GRASS = (0.10, 0.11, 0.045)


def ruins(scene: Scene, progress: Callable[[float, str], None], *, fine: bool) -> World:
    """The world of a scene; see `render.world.build`."""
    rng = np.random.default_rng([scene.seed, 0x4B])
    heading = (322.0 + float(rng.uniform(-14, 14))) % 360
    land = RuinsLand(scene, heading)
    return build_site(scene, land, lambda: lay_out(scene, land, heading), HALF_SITE_M, progress, fine=fine)


def lay_out(scene: Scene, land: RuinsLand, heading: float) -> Place:
    """The built part: what is left of the abbey, and what grows on it."""
    b = MeshBuilder()
    rng = np.random.default_rng([scene.seed, 0x4B1])
    turn = rotation(heading)

    def ground(points: F64) -> F64:
        world = torch.as_tensor(np.concatenate([points, np.zeros((len(points), 1))], 1) @ turn).float()
        x, y = world[:, 0].contiguous(), world[:, 1].contiguous()
        return land.carve(land.elevation(x, y, 0.8), x, y, 0.8).double().numpy(force=True)

    axis = np.linspace(-HALF_SITE_M, HALF_SITE_M, _NODES)
    grid = ground(np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)).reshape(_NODES, _NODES)
    lay_ground_nodes(b, HALF_SITE_M, _NODES, torch.as_tensor(grid), _GRASS)
    left = 0.35 + 0.65 * scene.density  # how much still stands
    tall = 0.72 + 0.7 * scene.height
    boxes = _gable(b, tall, rng)
    boxes += _arcades(b, left, tall, rng)
    boxes += _outer_walls(b, left, tall, rng)
    boxes += _west_front(b, tall, rng)
    _strewn(b, ground, rng)
    _growth(b, scene, ground, rng)
    lamps = _floodlights(b, ground)
    bounds = np.array(boxes)

    def solid(x: float, y: float, z: float) -> bool:
        inside = (bounds[:, 0] < x) & (x < bounds[:, 1]) & (bounds[:, 2] < y) & (y < bounds[:, 3]) & (z < bounds[:, 4])
        return bool(inside.any())

    focus = np.array([0.0, 17.0, 5.0]) @ turn
    return Place(
        mesh=b.finish(heading), lamps=lamps_from_rows(lamps, torch.as_tensor(turn)),
        stage=Stage(focus, 32.0, (heading + 180.0 + 6.0) % 360.0), heading_deg=heading,
        centre_m=np.array([0.0, 16.0, 2.0]) @ turn, sky_half_m=62.0, sky_maps=(22, 256),
        sun_spans=((40.0, 1408), (120.0, 768)), metering=Metering(36.0, 0.145, 0.75, 0.65, 2.0, 1.15), solid=solid,
        ground=lambda x, y: -1e9,
    )


Box = tuple[float, float, float, float, float]


def _gable(b: MeshBuilder, tall: float, rng: np.random.Generator) -> list[Box]:
    """The wall that closes the nave: three lancets under a broken gable, buttresses at its ends."""
    wide = 2 * _OUTER + 1.6
    eaves, apex = 10.5 * tall, 17.5 * tall
    x = np.linspace(0, 1, 41)
    top = eaves + (apex - eaves) * (1 - np.abs(2 * x - 1))
    bite = float(rng.uniform(0.70, 0.86))
    top = np.where(x > bite, np.minimum(top, eaves * (1 - 1.6 * (x - bite))), top)
    top = np.where(x < 0.10, np.minimum(top, eaves * 0.72), top)
    top += 0.7 * np.interp(x, np.linspace(0, 1, 9), rng.normal(0, 0.6, 9))
    openings = (
        Opening(wide / 2 - 4.1, 1.15, 2.6, 6.6 * tall), Opening(wide / 2, 1.45, 2.4, 8.4 * tall),
        Opening(wide / 2 + 4.1, 1.15, 2.6, 6.6 * tall),
    )
    f = Frame(np.array([-wide / 2, _END, 0.0]), 0.0)
    broken_wall(b, f, wide, 1.15, top, openings, rng, style=ASHLAR)
    f.box(b, (wide / 2, -0.05, 2.1), (wide / 2 - 1.0, 0.12, 0.12), Material.MASONRY, tuple(1.12 * v for v in STONE),
          (2, 2.5, 0, 1, ASHLAR, 4), bottom=True, texel_m=1.5)  # fmt: skip
    for at, reach in ((0.3, 9.5 * tall), (wide - 0.3, 5.0)):
        for step, share in ((1.9, 0.45), (1.3, 0.75), (0.8, 1.0)):
            f.box(b, (at, -step / 2 + 0.2, reach * share / 2 - 0.4), (0.75, step / 2, reach * share / 2 + 0.4),
                  Material.MASONRY, STONE, (2, 2.5, 0, 1, ASHLAR, 4), texel_m=1.0)  # fmt: skip
    ivy(b, f.point((1.0, 0, 0)), f.way((1, 0, 0)), f.way((0, -1, 0)), 2.6, 9.0 * tall, 700, rng)
    ivy(b, f.point((wide - 2.0, 0, 0)), f.way((1, 0, 0)), f.way((0, -1, 0)), 2.2, 5.0, 460, rng)
    return [(-wide / 2 - 0.8, wide / 2 + 0.8, _END - 1.2, _END + 1.3, apex)]


def _arcades(b: MeshBuilder, left: float, tall: float, rng: np.random.Generator) -> list[Box]:
    """Two rows of piers; where two neighbours stand whole an arch may join them."""
    boxes: list[Box] = []
    spring = 4.7 * tall
    for side in (-1, 1):
        n = 6
        whole = rng.uniform(size=n) < left + (0.15 if side < 0 else -0.05)
        whole[-1] = True
        if side < 0:
            whole[2:5] = True
        for k in range(n):
            y = 2.5 + k * _BAY
            high = spring if whole[k] else float(rng.uniform(0.9, 0.75 * spring))
            if whole[k] or rng.uniform() < 0.85:
                pier(b, Frame(np.array([side * _AISLE, y, 0.0]), 0.0), high, 0.52, whole=bool(whole[k]))
                boxes.append((side * _AISLE - 0.9, side * _AISLE + 0.9, y - 0.9, y + 0.9, high + 0.3))
                if rng.uniform() < 0.5:
                    for turn in (-2.4, -1.2, 0.0):
                        out = np.array([np.cos(turn), np.sin(turn), 0.0])
                        foot = np.array([side * _AISLE, y, 0.0]) + 0.5 * out
                        ivy(b, foot, np.array([-out[1], out[0], 0.0]), out, 0.45, high * 1.1, 150, rng)
        for k in range(n - 1):
            if not (whole[k] and whole[k + 1]):
                continue
            y = 2.5 + k * _BAY
            joined = [j for j in (k - 1, k + 1) if 0 <= j < n - 1 and whole[j] and whole[min(j + 1, n - 1)]]
            end = 2.6 if joined else 1.5
            top = spring + (3.6 + end * rng.uniform(0.2, 1.0, 9)) * tall
            f = Frame(np.array([side * _AISLE + 0.45, y, 0.0]), np.pi / 2)
            broken_wall(b, f, _BAY, 0.9, top, (Opening(_BAY / 2, _BAY / 2 - 0.55, -9.0, spring + 0.1),), rng,
                        style=ASHLAR, below=-spring)  # fmt: skip
            boxes.append((side * _AISLE - 0.6, side * _AISLE + 0.6, y - 0.2, y + _BAY + 0.2, spring + 7))
            if rng.uniform() < 0.6:  # hanging from the broken edge
                at = np.array([side * (_AISLE - 0.46), y + float(rng.uniform(0.3, 1.0)), spring + 0.4])
                ivy(b, at, np.array([0.0, 1.0, 0.0]), np.array([-float(side), 0.0, 0.0]), 0.9, 3.4, 260, rng)
    return boxes


def _outer_walls(b: MeshBuilder, left: float, tall: float, rng: np.random.Generator) -> list[Box]:
    """The aisles' walls, high at one end and fallen at the other, with the windows that are left."""
    boxes: list[Box] = []
    for side in (-1, 1):
        long = _END - 1.0
        x = np.linspace(0, 1, 25)
        wave = np.interp(x, np.linspace(0, 1, 8), rng.uniform(0.2, 1.0, 8))
        high = (1.0 + (6.2 * x**1.5 + 2.6 * wave) * (0.55 + 0.75 * left)) * tall
        high = np.where(np.abs(x - float(rng.uniform(0.25, 0.5))) < 0.06, 0.35, high)
        openings = tuple(Opening(3.0 + k * _BAY + 3.1, 0.85, 1.7, 3.4 * tall) for k in range(5))
        f = Frame(np.array([side * _OUTER + 0.45, 0.5, 0.0]), np.pi / 2)
        broken_wall(b, f, long, 0.9, high, openings, rng)
        boxes.append((side * _OUTER - 0.7, side * _OUTER + 0.7, 0.0, _END, float(high.max())))
        for y in (float(rng.uniform(8, 20)), float(rng.uniform(22, 34))):
            foot = np.array([side * _OUTER - side * 0.5, y, 0.0])
            reach = float(np.interp((y - 0.5) / long, x, high))
            ivy(b, foot, np.array([0.0, 1.0, 0.0]), np.array([-side, 0.0, 0.0]), 2.4, reach + 0.6, 520, rng)
    return boxes


def _west_front(b: MeshBuilder, tall: float, rng: np.random.Generator) -> list[Box]:
    """Two stumps of the front, one with the springing of its door."""
    boxes: list[Box] = []
    for x0, long, high in ((-_OUTER - 0.6, 5.0, 5.5), (3.6, _OUTER - 3.0, 2.4)):
        x = np.linspace(0, 1, 9)
        slope = (1 - x) if x0 < 0 else x
        top = (0.6 + high * slope**1.3) * tall
        broken_wall(b, Frame(np.array([x0, -0.6, 0.0]), 0.0), long, 1.1, top, (), rng)
        boxes.append((x0, x0 + long, -0.8, 0.8, high * tall + 1))
        for share, wide in ((0.25, 1.6), (0.75, 1.3)):
            at = x0 + (share if x0 < 0 else 1 - share) * long
            reach = float(np.interp(share, x, top if x0 < 0 else top[::-1]))
            foot, out = np.array([at, -0.6, 0.0]), np.array([0.0, -1.0, 0.0])
            ivy(b, foot, np.array([1.0, 0.0, 0.0]), out, wide, reach + 0.5, 460, rng)
    return boxes


def _strewn(b: MeshBuilder, ground: Callable[[F64], F64], rng: np.random.Generator) -> None:
    """Fallen stones under the walls, drums of piers, and flagstones that the grass has left."""
    side = rng.choice([-1, 1], 420)
    x = side * np.where(rng.uniform(size=420) < 0.6, _OUTER, _AISLE) + rng.normal(0, 1.5, 420)
    y = rng.uniform(-4, _END + 2, 420)
    keep = np.abs(x) > 1.8
    points = np.stack([x[keep], y[keep]], 1)
    fallen(b, np.concatenate([points, ground(points)[:, None] - 0.08], 1), rng)
    for at in ((2.7, 7.5), (3.3, 9.2), (-2.6, 3.0), (5.9, 20.0), (2.4, 27.0)):
        drum(b, Frame(np.array([*at, 0.0]), float(rng.uniform(0, 3.14))), 0.52, float(rng.uniform(0.5, 1.3)))
    for _ in range(46):
        px, py, half = float(rng.normal(0, 1.9)), float(rng.uniform(-6, _END - 2)), rng.uniform(0.35, 0.6, 2)
        z = float(ground(np.array([[px, py]]))[0])
        b.box((px, py, z - 0.05), (*half, 0.1), Material.MASONRY, (0.30, 0.28, 0.235), (2, 2.5, 0, 1, ASHLAR, 4),
              yaw=float(rng.normal(0, 0.1)), texel_m=0.6)  # fmt: skip


def _growth(b: MeshBuilder, scene: Scene, ground: Callable[[F64], F64], rng: np.random.Generator) -> None:
    """Grass at the feet of the walls, bushes in corners, a tree in the aisle."""
    n = round(1500 * (0.25 + scene.vegetation))
    off = rng.choice([-1, 1], n) * (0.6 + np.abs(rng.normal(0, 0.7, n)))
    x = rng.choice([-_OUTER, -_AISLE, _AISLE, _OUTER], n) + off
    y = rng.uniform(-8, _END - 0.5, n)
    points = np.stack([x, y], 1)
    tufts(b, np.concatenate([points, ground(points)[:, None] - 0.03], 1), rng, 0.34)
    for _ in range(round(22 * scene.vegetation)):
        at = np.array([float(rng.choice([-1, 1])) * float(rng.uniform(6.2, 11.5)), float(rng.uniform(-6, _END))])
        z = float(ground(at[None])[0])
        bush(b, np.array([*at, z]), float(rng.uniform(0.5, 1.1)), float(rng.uniform(0.6, 1.5)), 170, rng)
    if scene.vegetation > 0.15:
        street_tree(b, (6.7, 15.5, 0.0), 1.35, 1900, int(rng.integers(1 << 20)))
        z = float(ground(np.array([[-12.6, 31.0]]))[0])
        street_tree(b, (-12.6, 31.0, z), 1.7, 1500, int(rng.integers(1 << 20)))


def _floodlights(b: MeshBuilder, ground: Callable[[F64], F64]) -> list[tuple[float, ...]]:
    """Small lamps in the grass that light the walls from below after dark."""
    rows: list[tuple[float, ...]] = []
    spots = [(x, _END - 2.6, 46.0) for x in (-5.6, 0.0, 5.6)]
    spots += [(s * (_AISLE - 1.1), 2.5 + k * _BAY, 13.0) for s in (-1, 1) for k in range(6)]
    spots += [(s * (_OUTER - 1.3), y, 11.0) for s in (-1, 1) for y in (9.0, 21.0, 32.0)]
    spots += [(-6.5, -2.2, 12.0), (6.5, -2.2, 12.0)]
    for x, y, power in spots:
        z = float(ground(np.array([[x, y]]))[0])
        b.box((x, y, z + 0.08), (0.1, 0.1, 0.1), Material.PLAIN, (0.03, 0.03, 0.03), (0.1, 1, 0.2), casts=False)
        b.sheet((x - 0.07, y - 0.07, z + 0.185), (0.14, 0, 0), (0, 0.14, 0), Material.GLOW, (1.0, 0.74, 0.44),
                (0.1, 3.0), casts=False)  # fmt: skip
        rows.append((x, y, z + 0.35, *(power * c for c in (1.0, 0.66, 0.34)), 15.0 if power < 40 else 24.0, 0.0))
    return rows
