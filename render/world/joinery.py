"""Solid parts with softened edges: boxes whose arrises catch the light, turned legs, discs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from render.world.quads_scene import F64, Material, MeshBuilder, Vec, rise, tube

Tint = tuple[float, float, float]


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
    r = np.minimum(radius, 0.45 * h.min(1))[:, None]
    parts: list[tuple[F64, F64, F64, F64]] = []
    kinds: list[str] = []

    def corner(face: int, signs: Sequence[float]) -> F64:
        """Corner of the box (n, 3), drawn in along the axes other than the face's."""
        p = h * np.array(signs)
        inset = r * np.array(signs)
        keep = np.ones(3)
        keep[face] = 0
        return np.asarray(p - inset * keep)

    def add(o: F64, u: F64, v: F64, normals: tuple[F64, F64, F64], kind: str) -> None:
        way = normals[0] + normals[1] + normals[2]
        if float((np.cross(u - o, v - o)[0] * way).sum()) < 0:
            u, v, normals = v, u, (normals[0], normals[2], normals[1])
        parts.append((o, u - o, v - o, np.broadcast_to(np.stack(normals), (n, 3, 3))))
        kinds.append(kind)

    axis = np.eye(3)
    for a in range(3):
        e, f = (a + 1) % 3, (a + 2) % 3
        for s in (-1.0, 1.0):
            # u runs along the shorter side, so that the grain of wood runs along the longer one
            across, along = (e, f) if h[0, e] <= h[0, f] else (f, e)
            begin = -1.0 if (s > 0) == ((across, along) == (e, f)) else 1.0
            ends = []
            for sa, sl in ((begin, -1.0), (-begin, -1.0), (begin, 1.0)):
                place = [0.0, 0.0, 0.0]
                place[a], place[across], place[along] = s, sa, sl
                ends.append(corner(a, place))
            add(ends[0], ends[1], ends[2], (s * axis[a],) * 3, "face")
        for se, sf in product((-1.0, 1.0), repeat=2):  # the arris along axis a, between faces e and f
            low, high = [0.0] * 3, [0.0] * 3
            low[a], high[a] = -1.0, 1.0
            low[e] = high[e] = se
            low[f] = high[f] = sf
            o = corner(e, low)
            u = corner(e, high)
            v = corner(f, low)
            o = o * (1 - axis[a]) + axis[a] * (-(h - r))
            u = u * (1 - axis[a]) + axis[a] * (h - r)
            v = v * (1 - axis[a]) + axis[a] * (-(h - r))
            add(o, u, v, (se * axis[e], se * axis[e], sf * axis[f]), "arris")
    for signs in product((-1.0, 1.0), repeat=3):
        three = [corner(face, list(signs)) for face in range(3)]
        add(three[0], three[1], three[2], (signs[0] * axis[0], signs[1] * axis[1], signs[2] * axis[2]), "corner")

    turn = np.broadcast_to(np.asarray(yaw, np.float64), (n,))
    cy, sy, cl, sl = np.cos(turn), np.sin(turn), np.cos(lean), np.sin(lean)
    zero, one = np.zeros(n), np.ones(n)
    spin = np.stack([np.stack([cy, sy, zero], 1), np.stack([-sy, cy, zero], 1), np.stack([zero, zero, one], 1)], 1)
    tip = np.array([[1.0, 0, 0], [0, cl, -sl], [0, sl, cl]])
    frame = tip @ spin  # row vectors @ frame
    for kind, texel in (("face", texel_m), ("arris", 3 * texel_m), ("corner", 0.0)):
        chosen = [p for p, k in zip(parts, kinds, strict=True) if k == kind]
        o, u, v, m = (np.stack([p[k] for p in chosen], 1) for k in range(4))  # (n, parts, 3)
        o = o @ frame + c[:, None]
        u, v = u @ frame, v @ frame
        m = np.einsum("npkj,nji->npki", m, frame)
        b.batch(o.reshape(-1, 3), u.reshape(-1, 3), v.reshape(-1, 3), material, tint, params,
                triangle=kind == "corner", texel_m=texel, casts=casts, normal=m.reshape(-1, 3, 3))


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
