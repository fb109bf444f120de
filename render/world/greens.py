"""Greens that are not trees: bushes, ivy, flower boxes and tufts, as clouds of leaf cards."""

from __future__ import annotations

import numpy as np

from render.visibility.cutouts import Cutout
from render.world.place import F64
from render.world.quads_scene import Material, MeshBuilder, Vec

LEAF = (0.070, 0.110, 0.028)


def cards(
    b: MeshBuilder, centre: F64, facing: F64, size: F64, rng: np.random.Generator, *, tint: Vec = LEAF,
    depth: F64 | float = 0.8, evergreen: bool = False, outward: F64 | None = None, cutout: Cutout = Cutout.SOLID,
) -> None:
    """Leaf cards: sprays cut out by a stencil, or small rhombs.

    Args:
        centre: (n, 3) metres; facing: (n, 3) unit; size: (n,) metres.
        tint: one colour or (n, 3); depth: 0 deep inside the green, 1 at its skin.
        evergreen: whether they stay on in winter.
        outward: (n, 3) normals of the whole green, which light it as one body.
    """
    n = len(centre)
    if n == 0:
        return
    along = np.cross(facing, rng.normal(size=(n, 3)))
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    aside = np.cross(facing, along)
    if cutout is Cutout.SOLID:
        u, v = (along * 0.95 + aside * 0.55) * size[:, None], (aside * 0.55 - along * 0.95) * size[:, None]
    else:
        u, v = along * size[:, None], aside * size[:, None]
    flip = (np.cross(u, v) * facing).sum(1) < 0
    u[flip], v[flip] = v[flip].copy(), u[flip].copy()
    rank = np.zeros(n) if evergreen else rng.permutation(n) / n
    deep = np.broadcast_to(np.asarray(depth, np.float64), n)
    params = np.stack([rank, rng.uniform(0, 1, n), deep, np.full(n, int(cutout)), np.full(n, float(evergreen))], 1)
    normal = facing if outward is None else outward
    b.batch(
        centre - u / 2 - v / 2, u, v, Material.LEAF, tint, params, two_sided=True,
        normal=np.repeat(normal[:, None], 3, axis=1),
    )


def _unit(rng: np.random.Generator, n: int) -> F64:
    way = rng.normal(size=(n, 3))
    return np.asarray(way / np.linalg.norm(way, axis=1, keepdims=True))


def bush(
    b: MeshBuilder, at: Vec, radius: float, tall: float, count: int, rng: np.random.Generator, *, tint: Vec = LEAF,
    evergreen: bool = False, flowers: Vec | None = None,
) -> None:
    """A rounded bush on the ground at `at`."""
    lobes = 5
    turn = rng.uniform(0, 6.28) + np.arange(lobes) * 1.26
    high = tall * rng.uniform(0.4, 0.62, lobes)
    middle = np.stack([0.45 * radius * np.cos(turn), 0.45 * radius * np.sin(turn), high], 1)
    way = _unit(rng, count)
    reach = rng.uniform(0.35, 1.0, count) ** 0.4
    own = middle[rng.integers(lobes, size=count)]
    centre = np.asarray(at) + own + way * reach[:, None] * np.array([0.6 * radius, 0.6 * radius, 0.42 * tall])
    centre[:, 2] = np.maximum(centre[:, 2], np.asarray(at)[2] + 0.03)
    outward = centre - np.asarray(at) - np.array([0, 0, 0.35 * tall])
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6)
    facing = outward + rng.normal(0, 0.6, (count, 3))
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    sprays = count // 3
    size = 0.95 * radius * np.sqrt(50 / max(sprays, 1)) ** 0.8 * rng.uniform(0.7, 1.25, count)
    normal = 0.7 * outward + 0.3 * facing
    cards(b, centre[:sprays], facing[:sprays], size[:sprays], rng, tint=tint, depth=reach[:sprays] ** 2,
          evergreen=evergreen, outward=normal[:sprays], cutout=Cutout.FOLIAGE)  # fmt: skip
    if flowers is not None:
        some = slice(sprays, sprays + sprays // 2)
        blooms = centre[some] + outward[some] * 0.1 * radius
        size = np.full(len(blooms), 0.07)
        cards(b, blooms, facing[some], size, rng, tint=flowers, evergreen=True, outward=normal[some])


def ivy(
    b: MeshBuilder, foot: F64, along: F64, out: F64, wide: float, tall: float, count: int, rng: np.random.Generator
) -> None:
    """Ivy climbing a wall from `foot`: `along` the wall, `out` of it (unit), thinning upwards and sideways."""
    count = max(8, count // 4)
    s = rng.normal(0, 0.34, count)
    height = tall * rng.uniform(0, 1, count) ** 1.3 * np.exp(-1.4 * s * s) * (0.75 + 0.25 * np.sin(9 * s + 2))
    centre = foot + along * (s * wide)[:, None] + out * rng.uniform(0.03, 0.20, count)[:, None]
    centre[:, 2] += height
    facing = out + np.array([0, 0, 0.35]) + rng.normal(0, 0.4, (count, 3))
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    cards(b, centre, facing, rng.uniform(0.35, 0.65, count), rng, tint=(0.042, 0.080, 0.026), evergreen=True,
          depth=rng.uniform(0.35, 1.0, count), outward=facing, cutout=Cutout.FOLIAGE)  # fmt: skip


def tufts(
    b: MeshBuilder, feet: F64, rng: np.random.Generator, tall: float = 0.35, tint: Vec = (0.10, 0.12, 0.035)
) -> None:
    """Tufts of grass at feet (n, 3): two crossed cards of blades each."""
    foot = np.repeat(feet, 2, axis=0)
    n = len(foot)
    if n == 0:
        return
    turn = rng.uniform(0, 6.283, n)
    high = tall * rng.uniform(0.7, 1.4, n)
    side = np.stack([np.cos(turn), np.sin(turn), np.zeros(n)], 1) * (1.3 * high)[:, None]
    up = np.stack([rng.normal(0, 0.2, n), rng.normal(0, 0.2, n), np.ones(n)], 1) * high[:, None]
    normal = np.stack([rng.normal(0, 0.3, n), rng.normal(0, 0.3, n), np.ones(n)], 1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    params = np.stack([np.zeros(n), rng.uniform(0, 0.6, n), rng.uniform(0.6, 1.0, n), np.full(n, int(Cutout.GRASS)),
                       np.full(n, 1.0)], 1)  # fmt: skip
    b.batch(foot - side / 2, side, up, Material.LEAF, tint, params, two_sided=True, casts=False,
            normal=np.repeat(normal[:, None], 3, axis=1))


def flower_box(b: MeshBuilder, at: F64, along: F64, out: F64, half: float, rng: np.random.Generator, hue: Vec) -> None:
    """A box of flowers under a window sill."""
    yaw = float(np.arctan2(along[1], along[0]))
    b.box(at + out * 0.14, (half, 0.1, 0.09), Material.PLANKS, (0.20, 0.10, 0.05), (0.1, 1.0), yaw=yaw, bottom=True)
    n = 40
    centre = at + out * rng.uniform(0.03, 0.28, (n, 1)) + along * rng.uniform(-half, half, (n, 1))
    centre[:, 2] += rng.uniform(0.06, 0.30, n)
    facing = out * 0.6 + rng.normal(0, 0.5, (n, 3)) + [0, 0, 0.6]
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    tint = np.where(rng.uniform(size=(n, 1)) < 0.45, np.asarray(hue)[None], np.asarray(LEAF)[None])
    cards(b, centre, facing, rng.uniform(0.06, 0.12, n), rng, tint=tint, evergreen=True, outward=facing)
