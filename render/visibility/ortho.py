"""Orthographic depth maps over the quad rasteriser's core: what parallel rays from sun or sky meet first."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from render.visibility.quads import Quads, fill


@dataclass(frozen=True)
class OrthoMap:
    """Depth of the first surface along parallel rays.

    Args:
        depth_m: (size, size) float32, distance travelled along `travel` from the plane through the centre; +inf free.
        centre, right, down, travel: (3,) float64; the map spans ±half_m along right and down.
        half_m: half the side in metres.
    """

    depth_m: Tensor
    centre: Tensor
    right: Tensor
    down: Tensor
    travel: Tensor
    half_m: float

    @property
    def texel_m(self) -> float:
        return 2 * self.half_m / self.depth_m.shape[0]

    def locate(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Column and row (in texels, edges convention) and depth of (M, 3) points in the map's frame."""
        frame = torch.stack([self.right, self.down, self.travel], 1).to(points.dtype)
        local = (points - self.centre.to(points.dtype)) @ frame
        scale = 1 / self.texel_m
        return (local[:, 0] + self.half_m) * scale, (local[:, 1] + self.half_m) * scale, local[:, 2]


def trace_ortho(quads: Quads, centre: Tensor, toward: Tensor, half_m: float, size: int) -> OrthoMap:
    """Depth map of parallel rays coming from the direction `toward` (unit, towards the source), around a centre."""
    travel = -toward.double()
    helper = torch.tensor([0.0, 0.0, 1.0] if abs(float(travel[2])) < 0.95 else [0.0, 1.0, 0.0], dtype=torch.float64)
    right = torch.nn.functional.normalize(torch.linalg.cross(travel, helper), dim=0)
    down = torch.linalg.cross(travel, right)
    # In the map's frame, x right, y down, z along the way of the light, in texels from the map's corner and metres.
    texel = 2 * half_m / size
    frame = torch.stack([right / texel, down / texel, travel])
    middle = torch.tensor([size / 2, size / 2, 0.0], dtype=torch.float64)[:, None]
    o, u, v = (frame @ (quads.origin - centre.double()).T).add_(middle), frame @ quads.edge_u.T, frame @ quads.edge_v.T
    facing = u[0] * v[1] - u[1] * v[0]
    fourth = torch.where(quads.triangle, o[:2], o[:2] + u[:2] + v[:2])
    ends = torch.stack([o[:2], o[:2] + u[:2], o[:2] + v[:2], fourth])  # (4, 2, Q)
    low, high = ends.amin(0), ends.amax(0)
    reach, least = 4096.0, 1e-12 / texel**2
    keep = (quads.two_sided & (facing.abs() > least)) | (facing < -least)
    keep &= ((high > 0.5) & (low < size - 0.5)).all(0)  # on the map, and not between two texels' middles
    keep &= ((low - 0.5).ceil() <= (high - 0.5).floor()).all(0)
    index = keep.nonzero().squeeze(1)
    o, u, v, ends = o[:, index], u[:, index], v[:, index], ends[:, :, index]

    # A ray starts at texel (x, y) and travels: t, u, v are affine in (x, y).
    inverse = 1 / facing[index]
    none = torch.zeros_like(inverse)
    u_row = torch.stack([v[1], -v[0], v[0] * o[1] - v[1] * o[0]], 1).mul_(inverse[:, None])
    v_row = torch.stack([-u[1], u[0], u[1] * o[0] - u[0] * o[1]], 1).mul_(inverse[:, None])
    t_row = u_row * u[2][:, None] + v_row * v[2][:, None] + torch.stack([none, none, o[2]], 1)
    one = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    past = torch.where(quads.triangle[index, None], one - u_row, one) - v_row
    edges = torch.stack([u_row, v_row, one - u_row, past], 1)
    columns, rows = ends[:, 0].T.contiguous(), ends[:, 1].T.contiguous()
    key = fill(reach * one - t_row, edges, rows, columns, torch.zeros(len(index), dtype=torch.bool), size, size)
    bits = (key >> 32).to(torch.int32).view(torch.float32)
    depth = torch.where(key > 0, reach - bits, torch.inf)
    return OrthoMap(depth.reshape(size, size), centre.double(), right, down, travel, half_m)
