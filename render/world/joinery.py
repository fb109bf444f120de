"""Solid parts with softened edges: boxes whose arrises catch the light, turned legs, discs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

import numpy as np

from render.world.quads_scene import F64, Material, MeshBuilder, Vec, rise, tube

Tint = tuple[float, float, float]


@lru_cache(maxsize=8)
def _box(order: tuple[bool, bool, bool]) -> dict[str, tuple[F64, F64, F64]]:
    """Faces, arrises and corners of a box: (m, 3 points, 3) signs, 1 where drawn in by the radius, and normals.

    Args:
        order: per axis, whether the next side is no longer than the one after it; u runs along the shorter side, so
            that the grain of wood runs along the longer one.
    """
    parts: dict[str, list[tuple[F64, F64, F64]]] = {"face": [], "arris": [], "corner": []}
    axis = np.eye(3)

    def add(kind: str, signs: list[F64], keeps: list[int], normals: list[F64]) -> None:
        """`keeps` names, per point, the axis whose face it lies on: there it is not drawn in."""
        inset = np.array([1.0 - axis[k] for k in keeps])
        corner = np.array(signs)
        p = corner * (1 - 0.1 * inset)
        if float(np.cross(p[1] - p[0], p[2] - p[0]) @ np.sum(normals, axis=0)) < 0:
            swap = [0, 2, 1]
            corner, inset, normals = corner[swap], inset[swap], [normals[k] for k in swap]
        parts[kind].append((corner, inset, np.array(normals)))

    for a in range(3):
        e, f = (a + 1) % 3, (a + 2) % 3
        across, along = (e, f) if order[a] else (f, e)
        for s in (-1.0, 1.0):
            begin = -1.0 if (s > 0) == ((across, along) == (e, f)) else 1.0
            signs = [axis[a] * s + axis[across] * c + axis[along] * w
                     for c, w in ((begin, -1.0), (-begin, -1.0), (begin, 1.0))]
            add("face", signs, [a] * 3, [s * axis[a]] * 3)
        for se, sf in product((-1.0, 1.0), repeat=2):  # the arris along axis a, between faces e and f
            edge = se * axis[e] + sf * axis[f]
            add("arris", [edge - axis[a], edge + axis[a], edge - axis[a]], [e, e, f],
                [se * axis[e], se * axis[e], sf * axis[f]])
    for signs3 in product((-1.0, 1.0), repeat=3):
        add("corner", [np.array(signs3)] * 3, [0, 1, 2], [signs3[k] * axis[k] for k in range(3)])
    return {
        kind: (np.array([x[0] for x in made]), np.array([x[1] for x in made]), np.array([x[2] for x in made]))
        for kind, made in parts.items()
    }


def rounded(
    b: MeshBuilder, centre: Vec | Sequence[Vec], half: Vec | Sequence[Vec], radius: float, material: Material,
    tint: Vec, params: Vec = (), *, yaw: float | F64 = 0.0, texel_m: float = 0.0, casts: bool = True, lean: float = 0.0,
) -> None:
    """One box or many, (3,) or (n, 3), with arrises of a radius that shade as if round.

    Args:
        yaw: turn around z in radians. lean: tips the top back (towards local +y) in radians.
    """
    c = np.atleast_2d(np.asarray(centre, np.float64))
    h = np.broadcast_to(np.atleast_2d(np.asarray(half, np.float64)), c.shape)
    n = len(c)
    if n == 0 or c.size == 0:
        return
    r = np.minimum(radius, 0.45 * h.min(1))[:, None, None, None]
    turn = np.broadcast_to(np.asarray(yaw, np.float64), (n,))
    frame = np.zeros((n, 3, 3))
    frame[:, 0, 0] = frame[:, 1, 1] = np.cos(turn)
    frame[:, 0, 1] = np.sin(turn)
    frame[:, 1, 0] = -frame[:, 0, 1]
    frame[:, 2, 2] = 1.0
    if lean:
        cl, sl = np.cos(lean), np.sin(lean)
        frame = np.array([[1.0, 0, 0], [0, cl, -sl], [0, sl, cl]]) @ frame
    size = h[0]
    order = (bool(size[1] <= size[2]), bool(size[2] <= size[0]), bool(size[0] <= size[1]))
    for kind, texel in (("face", texel_m), ("arris", 3 * texel_m), ("corner", 0.0)):
        signs, inset, normals = _box(order)[kind]
        p = signs * (h[:, None, None, :] - r * inset)  # (n, m, 3 points, 3)
        m = p.shape[1]
        p = (p.reshape(n, -1, 3) @ frame + c[:, None]).reshape(n * m, 3, 3)
        facing = (np.broadcast_to(normals, (n, m, 3, 3)).reshape(n, -1, 3) @ frame).reshape(n * m, 3, 3)
        b.batch(p[:, 0], p[:, 1] - p[:, 0], p[:, 2] - p[:, 0], material, tint, params, triangle=kind == "corner",
                texel_m=texel, casts=casts, normal=facing)


def shaded(tint: Tint, by: float, most: float = 0.75) -> Tint:
    """A tint made lighter or darker by a factor."""
    r, g, b = (min(most, by * c) for c in tint)
    return r, g, b


def turned(b: MeshBuilder, foot: Vec | F64, profile: list[tuple[float, float]], material: Material, tint: Vec,
           params: Vec = (), sides: int = 14) -> None:
    """A lathe: (height, radius) steps above a foot point."""
    path = np.stack([np.asarray(foot, np.float64) + rise(z) for z, _ in profile])
    b.loft(tube(path, np.array([r for _, r in profile]), sides), material, tint, params, closed_u=True)


def bar(b: MeshBuilder, start: Vec | F64, end: Vec | F64, radius: float, material: Material, tint: Vec,
        params: Vec = (), sides: int = 7, casts: bool = True) -> None:
    """A round bar between two points."""
    path = np.stack([np.asarray(start, np.float64), np.asarray(end, np.float64)])
    b.loft(tube(path, np.array([radius, radius]), sides), material, tint, params, closed_u=True, casts=casts)


def disc(b: MeshBuilder, centre: Vec | F64, radius: float, material: Material, tint: Vec, params: Vec = (),
         sides: int = 20, casts: bool = True, down: bool = False) -> None:
    """A flat round plate facing up, or down."""
    turn = np.linspace(0, 2 * np.pi, sides + 1) * (-1 if down else 1)
    rim = np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1) * radius
    middle = np.tile(np.asarray(centre, np.float64), (sides, 1))
    b.batch(middle, rim[:-1], rim[1:], material, tint, params, triangle=True, casts=casts)


def local(at: tuple[float, float], yaw: float, x: float, y: float, z: float) -> F64:
    """(3,) a point given in a thing's own frame, turned by yaw and set down at a place."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([at[0] + c * x - s * y, at[1] + s * x + c * y, z])


def timber(b: MeshBuilder, path: F64, aside: Vec | F64, half_wide: float, half_deep: float, material: Material,
           tint: Vec, params: Vec = (), casts: bool = True) -> None:
    """A squared beam with rubbed arrises along a path (j, 3); `aside` is the unit way of its width."""
    along = np.gradient(path, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    wide = np.broadcast_to(np.asarray(aside, np.float64), path.shape)
    deep = np.cross(along, wide)
    turn = (np.arange(12) + 0.5) / 12 * 2 * np.pi
    c, s = np.cos(turn), np.sin(turn)
    flat = 0.16
    x, y = np.sign(c) * np.abs(c) ** flat * half_wide, np.sign(s) * np.abs(s) ** flat * half_deep
    grid = path[None] + x[:, None, None] * wide[None] + y[:, None, None] * deep[None]
    b.loft(grid, material, tint, params, closed_u=True, casts=casts)
