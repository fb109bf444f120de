"""Orthographic depth maps over the quad rasteriser's core: what parallel rays from sun or sky meet first."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from render.visibility.quads import Quads, corners, fill


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
    facing: Tensor = torch.linalg.cross(quads.edge_u, quads.edge_v) @ travel
    reach = 4096.0
    keep = (quads.two_sided & (facing.abs() > 1e-12)) | (facing < -1e-12)
    index = keep.nonzero().squeeze(1)
    seen = quads.pick(index)
    inverse = (1 / facing[index]).unsqueeze(1)

    # A ray starts at centre + x·right + y·down (metres) and travels: t, u, v are affine in (x, y).
    offset = seen.origin - centre.double()
    normal = torch.linalg.cross(seen.edge_u, seen.edge_v)
    t_row = _affine(normal, offset, right, down) * inverse
    u_row = _affine(torch.linalg.cross(travel.expand_as(offset), seen.edge_v), offset, right, down) * inverse
    v_row = _affine(torch.linalg.cross(seen.edge_u, travel.expand_as(offset)), offset, right, down) * inverse
    texel = 2 * half_m / size
    grid = torch.tensor([[texel, 0, 0], [0, texel, 0], [-half_m, -half_m, 1]], dtype=torch.float64)
    one = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    t_row, u_row, v_row = t_row @ grid.T, u_row @ grid.T, v_row @ grid.T
    edges = torch.stack([u_row, v_row, one - u_row, torch.where(seen.triangle[:, None], one - u_row, one) - v_row], 1)

    ends = corners(seen) - centre.double()
    rows = (ends @ down + half_m) / texel
    columns = (ends @ right + half_m) / texel
    key = fill(reach * one - t_row, edges, rows, columns, torch.zeros(len(seen), dtype=torch.bool), size, size)
    bits = (key >> 32).to(torch.int32).view(torch.float32)
    depth = torch.where(key > 0, reach - bits, torch.inf)
    return OrthoMap(depth.reshape(size, size), centre.double(), right, down, travel, half_m)


def _affine(form: Tensor, offset: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """(S, 3) coefficients (x, y, 1) of form · (offset − x·right − y·down)."""
    return torch.stack([-(form @ right), -(form @ down), (form * offset).sum(1)], 1)
