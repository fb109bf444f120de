"""Meshes of built worlds: parallelograms and triangles with materials, and the builder that worlds are written with.

A builder takes boxes, sheets and lofts in any order; `finish` expands them all at once, so that a street of thirty
thousand primitives is built in a few vectorised steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from render.visibility.quads import Quads

F64 = npt.NDArray[np.float64]
Vec = Sequence[float] | F64
PARAMS = 8
UNPAINTED = (-1.0, -1.0, -1.0)
"""A tint that stands for the one given when a pattern is stamped; a negative multiple of it for a darker one."""


class Material(IntEnum):
    """What a primitive is made of; the comment names its params."""

    PLAIN = 0  # grain amplitude, grain scale 1/m, gloss
    FACADE = 1  # bay m, floor m, window share, window height m, style 0–3, hash, first row m, lit gain
    SHOP = 2  # bay m, height m, hash
    ROAD = 3  # half width m
    PAVEMENT = 4  # slab length, slab width m
    LEAF = 5  # rank 0–1 (bare when above the leaf share), kind, shade 0–1, stencil (`visibility/cutouts.py`), evergreen
    PAINT = 6  # gloss
    GLOW = 7  # day radiance share, night display brightness
    ROOF = 8  # 0 felt, 1 tiles
    PLANKS = 9  # board width m, board length m, gloss
    CLOTH = 10  # weave scale 1/m
    RUG = 11  # hash
    WALLPAPER = 12  # pattern scale m, amount
    CURTAIN = 13  # fold pitch m
    ART = 14  # hash
    SIGN = 15  # hash, night display brightness
    UNSEEN = 16  # ground that only carries light nodes
    SETTS = 17  # stone length, stone width m, tilt
    NEON = 18  # hash, night display brightness, letter height m
    SCREEN = 19  # hash, night display brightness
    MASONRY = 20  # as FACADE, of which style and hash count
    STONE = 30  # block length m, block height m, hash, gloss
    TILES = 31  # tile width m, tile height m, joint m, gloss
    CARPET = 32  # tile side m, hash
    PANELS = 33  # side of a ceiling panel m
    CONCRETE = 34  # side of a slab m, gloss
    MONITOR = 35  # hash, display brightness, 1 when it is on by day too
    RIBBED = 36  # pitch m, 1 when ribs run along u, gloss
    STAINED = 37  # hash, share of daylight that shines through, lead pitch m
    METAL = 38  # gloss, wear gain
    BRICKS = 39  # 1 when painted
    FROSTED = 40  # share of daylight that shines through
    CARTON = 41  # hash
    PANEL_LIGHT = 42  # display brightness by day, with all lamps lit


@dataclass(frozen=True)
class Mesh:
    """Everything a built world is made of.

    Args:
        quads: shapes, world frame.
        material: (Q,) int64, values of Material.
        tint: (Q, 3) float32 albedo.
        params: (Q, 8) float32, see Material.
        normal: (Q, 3, 3) float32 unit normals at the origin and at the ends of edge_u and edge_v.
        texel_m: (Q,) float32 wished spacing of light nodes; 0 asks for a single node.
        casts: (Q,) bool, whether it takes part in sky and sun maps.
        thing: (Q,) int32, the box, sheet, batch or loft that it came with: one number for all its faces.
        vertex: (Q, 3) int64 rows of `points` at the corners of a loft's triangle, else -1.
        points: (V, 3) float32 corners that lofts share, where their light is known.
    """

    quads: Quads
    material: Tensor
    tint: Tensor
    params: Tensor
    normal: Tensor
    texel_m: Tensor
    casts: Tensor
    thing: Tensor
    vertex: Tensor
    points: Tensor

    def __len__(self) -> int:
        return len(self.quads)


class MeshBuilder:
    """Collects shapes; angles in radians, lengths in metres, tints are linear albedo."""

    def __init__(self) -> None:
        self._boxes: list[tuple[float, ...]] = []
        self._sheets: list[tuple[float, ...]] = []
        self._batches: list[tuple[F64, ...]] = []
        self._lofts: dict[tuple[tuple[int, ...], bool], list[_Loft]] = {}
        self._things = 0

    def _thing(self) -> int:
        self._things += 1
        return self._things

    def box(
        self, centre: Vec, half: Vec, material: Material, tint: Vec, params: Vec = (), *, yaw: float = 0.0,
        texel_m: float = 0.0, top: Material | None = None, bottom: bool = False, casts: bool = True,
    ) -> None:
        """A box turned by yaw around z; its top may have another material, its underside is left out unless asked."""
        p = (*params, *([0.0] * (PARAMS - len(params))))
        self._boxes.append((
            *centre, *half, yaw, material, *tint, *p, texel_m, material if top is None else top, bottom, casts,
            self._thing(),
        ))  # fmt: skip

    def sheet(
        self, origin: Vec, edge_u: Vec, edge_v: Vec, material: Material, tint: Vec, params: Vec = (), *,
        two_sided: bool = False, triangle: bool = False, texel_m: float = 0.0, casts: bool = True,
    ) -> None:
        """One parallelogram or triangle, front where edge_u × edge_v points."""
        p = (*params, *([0.0] * (PARAMS - len(params))))
        self._sheets.append((
            *origin, *edge_u, *edge_v, material, *tint, *p, two_sided, triangle, texel_m, casts, self._thing()
        ))  # fmt: skip

    def batch(
        self, origin: F64, edge_u: F64, edge_v: F64, material: Material, tint: F64 | Vec, params: F64 | Vec = (), *,
        two_sided: bool = False, triangle: bool = False, texel_m: float = 0.0, casts: bool = True,
        normal: F64 | None = None,
    ) -> None:
        """Many primitives (n, 3) of one material; `normal` (n, 3, 3) makes them look rounded."""
        n = len(origin)
        if n == 0:
            return
        p = np.zeros((n, PARAMS))
        given = np.atleast_2d(np.asarray(params, np.float64))
        p[:, : given.shape[1]] = given
        flags = np.tile([float(two_sided), float(triangle), texel_m, float(casts), float(self._thing())], (n, 1))
        if normal is None:
            flat = np.cross(edge_u, edge_v)
            flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
            normal = np.repeat(flat[:, None], 3, axis=1)
        tints = np.broadcast_to(np.asarray(tint, np.float64), (n, 3))
        self._batches.append(
            (origin, edge_u, edge_v, np.full(n, float(material)), tints, p, flags, normal.reshape(n, 9))
        )

    def loft(
        self, points: F64, material: Material, tint: Vec, params: Vec = (), *, closed_u: bool = False,
        casts: bool = True, two_sided: bool = False,
    ) -> None:
        """A rounded surface through a grid of points (i, j, 3), outside where d/di × d/dj points."""
        flags = [float(two_sided), 1.0, 0.0, float(casts), float(self._thing())]
        p = np.zeros(PARAMS)
        p[: len(params)] = params
        self._lofts.setdefault((points.shape, closed_u), []).append(
            _Loft(points, np.array([float(material), *tint, *p, *flags]))
        )

    def pattern(self) -> Pattern:
        """Everything built so far, to be stamped into another builder as often as wanted."""
        parts = [p for p in (_expand_boxes(self._boxes), _expand_sheets(self._sheets)) if p is not None]
        parts += self._batches
        joined = tuple(np.concatenate(column) for column in zip(*parts, strict=True)) if parts else None
        return Pattern(joined, tuple((key, tuple(lofts)) for key, lofts in self._lofts.items()))

    def stamp(self, pattern: Pattern, at: Vec, yaw: float = 0.0, scale: float = 1.0, tint: Vec | None = None) -> None:
        """A pattern turned by yaw around z, scaled, and set down at a point; `tint` fills in for `UNPAINTED`."""
        c, s = np.cos(yaw), np.sin(yaw)
        turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        grow, foot, thing = turn * scale, np.asarray(at, np.float64), float(self._thing())
        paint = np.asarray(UNPAINTED if tint is None else tint, np.float64)
        if pattern.flat is not None:
            origin, u, v, material, tints, params, flags, normal = pattern.flat
            flags = flags.copy()
            flags[:, 4] = thing
            bare = tints[:, :1] < 0
            tints = np.where(bare, -tints[:, :1] * paint, tints) if tint is not None and bare.any() else tints
            normal = (normal.reshape(-1, 3, 3) @ turn).reshape(-1, 9)
            self._batches.append((origin @ grow + foot, u @ grow, v @ grow, material, tints, params, flags, normal))
        for key, lofts in pattern.lofts:
            rows = self._lofts.setdefault(key, [])
            for loft in lofts:
                row = loft.row.copy()
                row[-1] = thing
                if tint is not None and row[1] < 0:
                    row[1:4] = -row[1] * paint
                rows.append(_Loft(loft.points @ grow + foot, row))

    def finish(self, heading_deg: float = 0.0) -> Mesh:
        """The mesh, turned clockwise by a compass heading around the world's z axis."""
        batches = [b for b in (_expand_boxes(self._boxes), _expand_sheets(self._sheets)) if b is not None]
        batches += self._batches
        vertices = [np.full((sum(len(b[0]) for b in batches), 3), -1)]
        points: list[F64] = []
        count = 0
        for (_, closed), lofts in self._lofts.items():
            grid = np.stack([loft.points for loft in lofts])
            rows = np.stack([loft.row for loft in lofts])
            columns, vertex = _expand_lofts(grid, rows, closed_u=closed)
            batches.append(columns)
            vertices.append(vertex + count)
            points.append(grid.reshape(-1, 3))
            count += len(points[-1])
        joined = [np.concatenate(column) for column in zip(*batches, strict=True)]
        origin, edge_u, edge_v, material, tint, params, flags, normal = joined
        turn = np.radians(heading_deg)
        rotate = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
        normal = normal.reshape(-1, 3, 3) @ rotate
        tensor = torch.as_tensor
        quads = Quads(
            tensor(origin @ rotate), tensor(edge_u @ rotate), tensor(edge_v @ rotate), tensor(flags[:, 1] > 0.5),
            tensor(flags[:, 0] > 0.5), _cutouts(tensor(material), tensor(params)),
        )
        shared = np.concatenate(points) @ rotate if points else np.zeros((0, 3))
        return Mesh(
            quads, tensor(material).long(), tensor(tint.copy()).float(), tensor(params).float(),
            tensor(normal.copy()).float(), tensor(flags[:, 2].copy()).float(), tensor(flags[:, 3] > 0.5),
            tensor(flags[:, 4].astype(np.int32)), tensor(np.concatenate(vertices)), tensor(shared).float(),
        )


@dataclass(frozen=True)
class _Loft:
    """A grid of points and its row of material, tint, params and flags."""

    points: F64
    row: F64


@dataclass(frozen=True)
class Pattern:
    """Shapes to be stamped: expanded columns of the flat ones, and lofts by their grid's shape and closure."""

    flat: tuple[F64, ...] | None
    lofts: tuple[tuple[tuple[tuple[int, ...], bool], tuple[_Loft, ...]], ...]


def _expand_lofts(grid: F64, rows: F64, *, closed_u: bool) -> tuple[tuple[F64, ...], npt.NDArray[np.int64]]:
    """Triangles of many lofts of one shape (n, i, j, 3), with smooth corner normals, and their rows of the points."""
    n, wide, high = grid.shape[:3]
    along = np.empty_like(grid)
    if closed_u:
        along[:] = np.roll(grid, -1, 1) - np.roll(grid, 1, 1)
    else:
        along[:, 1:-1] = grid[:, 2:] - grid[:, :-2]
        along[:, 0], along[:, -1] = grid[:, 1] - grid[:, 0], grid[:, -1] - grid[:, -2]
    up = np.empty_like(grid)
    up[:, :, 1:-1] = grid[:, :, 2:] - grid[:, :, :-2]
    up[:, :, 0], up[:, :, -1] = grid[:, :, 1] - grid[:, :, 0], grid[:, :, -1] - grid[:, :, -2]
    normal = np.cross(along, up)
    length = np.linalg.norm(normal, axis=3, keepdims=True)
    normal = np.where(length > 1e-12, normal / np.maximum(length, 1e-12), [0.0, 0.0, 1.0])

    i = np.arange(wide if closed_u else wide - 1)
    ij = (i[:, None] * high + np.arange(high - 1)).reshape(-1)
    ahead = (((i + 1) % wide)[:, None] * high + np.arange(high - 1)).reshape(-1)
    corners = np.concatenate([np.stack([ij, ahead, ij + 1], 1), np.stack([ahead + 1, ij + 1, ahead], 1)])
    vertex = (corners[None] + np.arange(n)[:, None, None] * (wide * high)).reshape(-1, 3)
    owner = np.repeat(np.arange(n), len(corners))
    p, normals = grid.reshape(-1, 3)[vertex], normal.reshape(-1, 3)[vertex]
    edge_u, edge_v = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
    live = np.linalg.norm(np.cross(edge_u, edge_v), axis=1) > 1e-9
    p, edge_u, edge_v, normals, owner, vertex = (a[live] for a in (p, edge_u, edge_v, normals, owner, vertex))
    r = rows[owner]
    columns = (p[:, 0], edge_u, edge_v, r[:, 0], r[:, 1:4], r[:, 4:12], r[:, 12:17], normals.reshape(-1, 9))
    return columns, vertex


def rise(z_m: float) -> F64:
    """(3,) a step straight up."""
    return np.array([0.0, 0.0, z_m])


def tube(path: F64, radius: F64, sides: int = 7) -> F64:
    """Grid of points (sides, j, 3) around a path (j, 3), to be lofted with closed_u=True."""
    along = np.empty_like(path)
    along[1:-1] = path[2:] - path[:-2]
    along[0], along[-1] = path[1] - path[0], path[-1] - path[-2]
    along /= np.maximum(np.sqrt((along * along).sum(1, keepdims=True)), 1e-9)
    ax, ay, az = along.T
    steep = np.abs(az) > 0.9
    zero = np.zeros_like(ax)
    right = np.where(steep[:, None], np.stack([zero, az, -ay], 1), np.stack([ay, -ax, zero], 1))
    right /= np.maximum(np.sqrt((right * right).sum(1, keepdims=True)), 1e-9)
    rx, ry, rz = right.T
    other = np.stack([ay * rz - az * ry, az * rx - ax * rz, ax * ry - ay * rx], 1)
    angle = np.arange(sides) / sides * 2 * np.pi
    ring = np.cos(angle)[:, None, None] * right + np.sin(angle)[:, None, None] * other
    return np.asarray(path + ring * np.asarray(radius)[None, :, None])


def _cutouts(material: Tensor, params: Tensor) -> Tensor | None:
    """(Q,) which stencil is cut out of each primitive; None where all are whole."""
    cutout = torch.where(material == Material.LEAF, params[:, 3], 0.0).long()
    return cutout if bool((cutout > 0).any()) else None


def _expand_boxes(rows: list[tuple[float, ...]]) -> tuple[F64, ...] | None:
    if not rows:
        return None
    r = np.array(rows, np.float64)
    centre, half, yaw = r[:, 0:3], r[:, 3:6], r[:, 6]
    zero = np.zeros(len(r))
    x = np.stack([np.cos(yaw), np.sin(yaw), zero], 1) * half[:, 0:1]
    y = np.stack([-np.sin(yaw), np.cos(yaw), zero], 1) * half[:, 1:2]
    z = np.stack([zero, zero, half[:, 2]], 1)
    faces = [  # outward, (corner, along u, along v): walls have u along the wall and v up
        (centre - x - y - z, 2 * x, 2 * z), (centre + x - y - z, 2 * y, 2 * z), (centre + x + y - z, -2 * x, 2 * z),
        (centre - x + y - z, -2 * y, 2 * z), (centre - x - y + z, 2 * x, 2 * y), (centre - x + y - z, 2 * x, -2 * y),
    ]  # fmt: skip
    parts = []
    for k, (origin, u, v) in enumerate(faces):
        keep = r[:, 21] > 0.5 if k == 5 else np.ones(len(r), bool)
        material = r[:, 20] if k == 4 else r[:, 7]
        flags = np.stack([zero, zero, r[:, 19], r[:, 22], r[:, 23]], 1)
        normal = np.cross(u, v)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        columns = (origin, u, v, material, r[:, 8:11], r[:, 11:19], flags, np.tile(normal, (1, 3)))
        parts.append(tuple(c[keep] for c in columns))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _expand_sheets(rows: list[tuple[float, ...]]) -> tuple[F64, ...] | None:
    if not rows:
        return None
    r = np.array(rows, np.float64)
    u, v = r[:, 3:6], r[:, 6:9]
    normal = np.cross(u, v)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    return r[:, 0:3], u, v, r[:, 9], r[:, 10:13], r[:, 13:21], r[:, 21:26], np.tile(normal, (1, 3))
