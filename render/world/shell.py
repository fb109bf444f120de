"""The shell of a room: walls with deep openings, floor and ceiling; every opening is also a portal for daylight.

A wall is skins, not a block: the inner one holds light nodes, the outer one only stops the sun, and reveals join them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from render.world.joinery import Tint
from render.world.quads_scene import F64, Material, MeshBuilder, Vec

Look = tuple[Material, Tint, tuple[float, ...]]
PAINTED: tuple[float, ...] = (0.02, 1.0, 0.25)
GLASS_DEPTH = 0.5
OVERLAP_M = 0.5
"""How far outer skins reach past a wall's ends, so that no sun slips in where walls and roofs meet."""


@dataclass(frozen=True)
class Opening:
    """A window or door in a wall; `arch` lifts a pointed head above `head`, all in metres."""

    middle: float
    half: float
    sill: float
    head: float
    arch: float = 0.0
    glass: float = 0.86


@dataclass
class Shell:
    """Collects the portals of a room while its walls are built."""

    b: MeshBuilder
    texel_m: float = 0.18
    portals: list[tuple[float, ...]] = field(default_factory=list)
    walls: int = 0

    def wall(
        self, start: tuple[float, float], end: tuple[float, float], low: float, high: float, look: Look,
        openings: list[Opening] | None = None, *, thick: float = 0.32, reveal: Look | None = None,
    ) -> Wall:
        """A wall whose inner face runs from start to end with the room on its left."""
        openings = sorted(openings or [], key=lambda o: o.middle)
        way = np.array([end[0] - start[0], end[1] - start[1], 0.0])
        length = float(np.linalg.norm(way))
        wall = Wall(np.array([*start, 0.0]), way / length, length, thick)
        number = self.walls
        self.walls += 1

        def inner(a: float, c: float, z0: float, z1: float) -> None:
            if c - a > 1e-3 and z1 - z0 > 1e-3:
                self._sheet(wall.at(c, 0, z0), wall.along * (a - c), [0, 0, z1 - z0], look, self.texel_m)

        def outer(a: float, c: float, z0: float, z1: float) -> None:
            if c - a > 1e-3 and z1 - z0 > 1e-3:
                self._sheet(wall.at(a, thick, z0), wall.along * (c - a), [0, 0, z1 - z0], look, 0.0)

        edge, over, under = 0.0, high + OVERLAP_M, low - OVERLAP_M
        for o in openings:
            left, right, top = o.middle - o.half, o.middle + o.half, o.head + o.arch
            for skin, begin, z0, z1 in ((inner, edge, low, high), (outer, edge or -thick - OVERLAP_M, under, over)):
                skin(begin, left, z0, z1)
                skin(left, right, z0, o.sill)
                skin(left, right, top, z1)
            edge = right
            self._reveals(wall, o, reveal or look)
            if o.arch > 0:
                self._arch(wall, o, look, reveal or look)
            glass_top = o.head + 0.62 * o.arch
            corner = wall.at(right, GLASS_DEPTH * thick, o.sill)
            self.portals.append((*corner, *(-wall.along * 2 * o.half), 0, 0, glass_top - o.sill, o.glass, number))
        inner(edge, length, low, high)
        outer(edge or -thick - OVERLAP_M, length + thick + OVERLAP_M, under, over)
        return wall

    def floor(self, x: float, y: float, look: Look, texel_m: float = 0.15, z: float = 0.0) -> None:
        """A floor over ±x, ±y."""
        self._sheet([-x, -y, z], [2 * x, 0, 0], [0, 2 * y, 0], look, texel_m)

    def ceiling(self, x: float, y: float, z: float, look: Look, texel_m: float = 0.2) -> None:
        """A flat ceiling over ±x, ±y, and what keeps the sun out above it."""
        self._sheet([-x, y, z], [2 * x, 0, 0], [0, -2 * y, 0], look, texel_m)
        self._sheet([-x - 0.4, -y - 0.4, z + 0.2], [2 * x + 0.8, 0, 0], [0, 2 * y + 0.8, 0], look, 0.0)

    def skylight(self, corner: Vec | F64, edge_u: Vec | F64, edge_v: Vec | F64, glass: float = 0.8) -> None:
        """Only the portal of an opening overhead; edge_u × edge_v points down into the room."""
        self.portals.append((*corner, *edge_u, *edge_v, glass, self.walls))

    def next_wall(self) -> None:
        """What comes as portals from here on lies in another plane."""
        self.walls += 1

    def _sheet(self, origin: Vec | F64, u: Vec | F64, v: Vec | F64, look: Look, texel_m: float) -> None:
        self.b.sheet(tuple(origin), tuple(u), tuple(v), look[0], look[1], look[2], texel_m=texel_m)

    def _reveals(self, w: Wall, o: Opening, look: Look) -> None:
        left, right = o.middle - o.half, o.middle + o.half
        t, high = w.thick, o.head - o.sill
        texel = min(self.texel_m, 0.12)
        self._sheet(w.at(left, t, o.sill), -w.out * t, [0, 0, high], look, texel)
        self._sheet(w.at(right, 0, o.sill), w.out * t, [0, 0, high], look, texel)
        self._sheet(w.at(left, t, o.sill), w.along * 2 * o.half, -w.out * t, look, texel)
        if o.arch == 0:
            self._sheet(w.at(left, 0, o.head), w.along * 2 * o.half, w.out * t, look, texel)

    def _arch(self, w: Wall, o: Opening, look: Look, reveal: Look) -> None:
        """Spandrels inside and outside, and the vault between them, as a fan of strips."""
        count = 7
        x = np.linspace(0, o.half, count + 1)
        z = np.sqrt(np.maximum(4 * o.half**2 - (x + o.half) ** 2, 0)) * (o.arch / (np.sqrt(3) * o.half)) + o.head
        top = o.head + o.arch
        rects: list[tuple[F64, F64, F64]] = []
        wedges: list[tuple[F64, F64, F64]] = []
        soffit: list[tuple[F64, F64, F64]] = []
        for side in (-1, 1):
            for k in range(count):
                near, far = w.at(o.middle + side * x[k], 0, z[k]), w.at(o.middle + side * x[k + 1], 0, z[k + 1])
                level = np.array([*far[:2], z[k]])
                soffit.append((near, far - near, w.out * w.thick))
                for depth in (0.0, w.thick):
                    shift = w.out * depth
                    if top - z[k] > 1e-3:
                        rects.append((near + shift, level - near, np.array([0, 0, top - z[k]])))
                    wedges.append((level + shift, near - level, far - level))
        for pieces, surface, triangle in ((rects, look, False), (wedges, look, True), (soffit, reveal, False)):
            p, u, v = (np.array([piece[k] for piece in pieces]) for k in range(3))
            self.b.batch(p, u, v, surface[0], surface[1], surface[2], triangle=triangle, two_sided=True,
                         texel_m=0.0 if triangle else 0.3)


@dataclass(frozen=True)
class Wall:
    """A wall's inner line: where it starts, its unit way, length and thickness."""

    start: F64
    along: F64
    length: float
    thick: float

    @property
    def out(self) -> F64:
        """(3,) unit, out of the room."""
        return np.array([self.along[1], -self.along[0], 0.0])

    def at(self, along: float, out: float, z: float) -> F64:
        """(3,) a point given along the wall, outward from its inner face, and in height."""
        return np.asarray(self.start + self.along * along + self.out * out + np.array([0.0, 0.0, z]))

    def box(
        self, b: MeshBuilder, along: tuple[float, float], out: tuple[float, float], z: tuple[float, float],
        look: Look, *, texel_m: float = 0.0, casts: bool = True,
    ) -> None:
        """A box given by its spans along the wall, outward and in height."""
        low, high = self.at(along[0], out[0], z[0]), self.at(along[1], out[1], z[1])
        centre, half = (low + high) / 2, np.abs(high - low) / 2
        b.box(tuple(centre), tuple(half), look[0], look[1], look[2], texel_m=texel_m, bottom=True, casts=casts)


def sash(b: MeshBuilder, w: Wall, o: Opening, look: Look, *, columns: int = 2, rows: tuple[float, ...] = (0.68,),
         fine: int = 0, width: float = 0.055, board: float = 0.14) -> None:
    """Frame and bars of one opening: mullions, transoms at shares of the height, thin glazing bars, a board inside."""
    left, right, top = o.middle - o.half, o.middle + o.half, o.head + o.arch * 0.9
    depth = (0.55 * w.thick, 0.55 * w.thick + 0.055)
    for a, c, z0, z1 in (
        (left, right, o.sill, o.sill + width), (left, left + width, o.sill, o.head),
        (right - width, right, o.sill, o.head),
    ):
        w.box(b, (a, c), depth, (z0, z1), look, texel_m=0.3)
    if o.arch == 0:
        w.box(b, (left, right), depth, (o.head - width, o.head), look, texel_m=0.3)
    for k in range(1, columns):
        m = left + (right - left) * k / columns
        w.box(b, (m - 0.5 * width, m + 0.5 * width), depth, (o.sill, top), look, texel_m=0.3)
    for share in rows:
        z = o.sill + share * (o.head - o.sill)
        w.box(b, (left, right), depth, (z - 0.4 * width, z + 0.4 * width), look, texel_m=0.3)
    for k in range(fine):
        m = left + (right - left) * (2 * k + 1) / (2 * fine)
        w.box(b, (m - 0.011, m + 0.011), (depth[0] + 0.01, depth[1] - 0.01), (o.sill, top), look)
    if board > 0:
        w.box(b, (left - 0.05, right + 0.05), (-board * 0.4, 0.5 * w.thick), (o.sill - 0.03, o.sill), look, texel_m=0.1)


def skirting(b: MeshBuilder, w: Wall, look: Look, high: float = 0.12, out: float = 0.018) -> None:
    """A board along the foot of a wall."""
    w.box(b, (0, w.length), (-out, 0.0), (0.0, high), look, texel_m=0.3)


def cornice(b: MeshBuilder, w: Wall, z: float, look: Look, deep: float = 0.07) -> None:
    """A moulding where wall and ceiling meet."""
    w.box(b, (0, w.length), (-deep, 0.0), (z - deep * 1.3, z), look, texel_m=0.3)
    w.box(b, (0, w.length), (-deep * 0.5, 0.0), (z - deep * 2.0, z - deep * 1.3), look, texel_m=0.3)
