"""A frame to build a house in: its own axes on the ground, for all the shapes a MeshBuilder takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.world.place import F64
from render.world.quads_scene import Material, MeshBuilder, Vec


@dataclass(frozen=True)
class Frame:
    """Local x along the front, y away from whoever looks at it, z up.

    Args:
        at: (3,) the frame's origin in the builder's coordinates.
        yaw: radians, counter-clockwise from the builder's x to the local x.
    """

    at: F64
    yaw: float

    def way(self, v: Vec) -> F64:
        """(3,) or (n, 3) directions in the builder's coordinates."""
        c, s = np.cos(self.yaw), np.sin(self.yaw)
        turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        return np.asarray(np.asarray(v, np.float64) @ turn)

    def point(self, p: Vec) -> F64:
        """(3,) or (n, 3) points in the builder's coordinates."""
        return np.asarray(self.way(p) + self.at)

    def moved(self, p: Vec, turn: float = 0.0) -> Frame:
        """A frame at a local point, turned on by `turn`."""
        return Frame(self.point(p), self.yaw + turn)

    def sheet(
        self, b: MeshBuilder, origin: Vec, u: Vec, v: Vec, material: Material, tint: Vec, params: Vec = (), *,
        triangle: bool = False, texel_m: float = 0.0, two_sided: bool = False, casts: bool = True,
    ) -> None:
        """A sheet in local coordinates; see `MeshBuilder.sheet`."""
        b.sheet(
            self.point(origin), self.way(u), self.way(v), material, tint, params, triangle=triangle, texel_m=texel_m,
            two_sided=two_sided, casts=casts,
        )

    def box(
        self, b: MeshBuilder, centre: Vec, half: Vec, material: Material, tint: Vec, params: Vec = (), *,
        texel_m: float = 0.0, top: Material | None = None, bottom: bool = False, turn: float = 0.0, casts: bool = True,
    ) -> None:
        """A box in local coordinates; see `MeshBuilder.box`."""
        b.box(
            self.point(centre), half, material, tint, params, yaw=self.yaw + turn, texel_m=texel_m, top=top,
            bottom=bottom, casts=casts,
        )

    def loft(
        self, b: MeshBuilder, points: F64, material: Material, tint: Vec, params: Vec = (), *, closed_u: bool = False,
        two_sided: bool = False,
    ) -> None:
        """A loft in local coordinates; see `MeshBuilder.loft`."""
        b.loft(self.point(points.reshape(-1, 3)).reshape(points.shape), material, tint, params, closed_u=closed_u,
               two_sided=two_sided)
