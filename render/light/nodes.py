"""Light nodes: the points on a mesh where view-independent light is known, and how a sample reads between them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from render.visibility.quads import Quads

MOST_PER_EDGE = 480
THIN = 0.2
"""A side shorter than this share of the spacing has one row of nodes, along its middle."""
INSET_M = 0.06
"""Edge nodes stand this far inside their primitive, out of the neighbour's wall."""


@dataclass(frozen=True)
class Nodes:
    """A grid of nodes on every primitive.

    Args:
        start: (Q,) int64 first node of a primitive; count: (Q, 2) nodes along u and v; inset: (Q, 2) in units of u, v.
        vertex: (Q, 3) int64 nodes at a loft triangle's corners, shared with its neighbours; -1 where a grid is laid.
        position, normal: (T, 3) float32; quad: (T,) int64; area_m2: (T,) float32; soft: (T,) bool, lit from both sides.
    """

    start: Tensor
    count: Tensor
    inset: Tensor
    vertex: Tensor
    position: Tensor
    normal: Tensor
    quad: Tensor
    area_m2: Tensor
    soft: Tensor

    @staticmethod
    def lay(quads: Quads, corner_normal: Tensor, texel_m: Tensor, vertex: Tensor, points: Tensor) -> Nodes:
        """Spread nodes: texel_m > 0 is the wished spacing, 0 one node; loft triangles use their shared points."""
        size = torch.stack([quads.edge_u.norm(dim=1), quads.edge_v.norm(dim=1)], 1).float()
        spacing = texel_m[:, None]
        wished = (size / spacing.clamp_min(1e-3)).ceil().clamp(1, MOST_PER_EDGE - 1).long() + 1
        count = torch.where((spacing > 0) & (size > THIN * spacing), wished, 1)
        lofted = vertex[:, 0] >= 0
        total = torch.where(lofted, 0, count[:, 0] * count[:, 1])
        start = total.cumsum(0) - total
        inset = torch.minimum(INSET_M / size.clamp_min(1e-6), torch.tensor(0.12))

        quad = torch.repeat_interleave(torch.arange(len(quads)), total)
        rank = torch.arange(quad.numel()) - start[quad]
        across = count[quad, 0]
        ij = torch.stack([rank % across, torch.div(rank, across, rounding_mode="floor")], 1)
        last = (count[quad] - 1).clamp_min(1)
        uv = inset[quad] + (1 - 2 * inset[quad]) * ij / last
        middle = torch.where(quads.triangle[quad], 1 / 3, 0.5)[:, None]
        uv = torch.where(count[quad] == 1, middle, uv)
        u, v = uv[:, :1], uv[:, 1:]
        position = quads.origin[quad] + u * quads.edge_u[quad] + v * quads.edge_v[quad]
        n = corner_normal[quad]
        normal = n[:, 0] + u * (n[:, 1] - n[:, 0]) + v * (n[:, 2] - n[:, 0])
        whole = torch.linalg.cross(quads.edge_u, quads.edge_v).norm(dim=1) * torch.where(quads.triangle, 0.5, 1.0)
        position, normal = position.float(), torch.nn.functional.normalize(normal, dim=1)
        area = (whole / total.clamp_min(1))[quad].float()
        if lofted.any():
            index = lofted.nonzero().squeeze(1)
            flat = vertex[index].reshape(-1)
            owner = torch.zeros(len(points), dtype=torch.int64)
            owner[flat.flip(0)] = index.repeat_interleave(3).flip(0)
            smooth = torch.zeros(len(points), 3).index_add_(0, flat, corner_normal[index].reshape(-1, 3))
            share = torch.zeros(len(points)).index_add_(0, flat, (whole[index] / 3).float().repeat_interleave(3))
            vertex = torch.where(lofted[:, None], vertex + position.shape[0], -1)
            position, normal = (
                torch.cat([position, points]),
                torch.cat([normal, torch.nn.functional.normalize(smooth, dim=1)]),
            )
            quad, area = torch.cat([quad, owner]), torch.cat([area, share])
        return Nodes(start, count, inset, vertex, position, normal, quad, area, quads.two_sided[quad])

    def fetch(self, values: Tensor, quad: Tensor, u: Tensor, v: Tensor) -> Tensor:
        """(M, C) values between the nodes (T, C) at surface coordinates u, v in 0–1 of primitives (M,)."""
        return read(values, *self.plan(quad, u, v))

    def plan(self, quad: Tensor, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Which four nodes (M, 4) answer at surface coordinates u, v in 0–1 of primitives (M,), and their weights."""
        count, start = self.count[quad], self.start[quad]
        at = torch.stack([u, v], 1)
        inset = self.inset[quad]
        at = ((at - inset) / (1 - 2 * inset)).clamp(0, 1) * (count - 1)
        low = torch.minimum(at.long(), (count - 2).clamp_min(0))
        part = at - low
        across = count[:, 0]
        i1 = (count[:, 0] > 1).long()
        j1 = torch.where(count[:, 1] > 1, across, 0)
        base = start.clamp_max(self.position.shape[0] - 1) + low[:, 1] * across + low[:, 0]
        tu, tv = part[:, 0], part[:, 1]
        node = torch.stack([base, base + i1, base + j1, base + j1 + i1], 1)
        weight = torch.stack([(1 - tu) * (1 - tv), tu * (1 - tv), (1 - tu) * tv, tu * tv], 1)
        corner = self.vertex[quad]
        lofted = (corner[:, 0] >= 0).nonzero().squeeze(1)
        if lofted.numel():
            node[lofted, :3] = corner[lofted]
            node[lofted, 3] = corner[lofted, 0]
            a, b = u[lofted], v[lofted]
            weight[lofted] = torch.stack([1 - a - b, a, b, torch.zeros_like(a)], 1)
        return node, weight

    def smoothed(self, values: Tensor, passes: int, some: Tensor | None = None) -> Tensor:
        """Values (T, C) averaged with their neighbours on the same primitive's grid, which evens out few directions.

        Args:
            some: (T,) int64 whose values they are, in order and all of each primitive; None for all nodes.
        """
        quad = self.quad if some is None else self.quad[some]
        rank = (torch.arange(quad.numel()) if some is None else some) - self.start[quad]
        across = self.count[quad, 0]
        i, j = rank % across, torch.div(rank, across, rounding_mode="floor")
        grid = self.vertex[quad, 0] < 0
        here = torch.arange(quad.numel())
        left = torch.where(grid & (i > 0), here - 1, here)
        right = torch.where(grid & (i < across - 1), here + 1, here)
        below = torch.where(grid & (j > 0), here - across, here)
        above = torch.where(grid & (j < self.count[quad, 1] - 1), here + across, here)
        for _ in range(passes):
            values = 0.5 * values + 0.25 * (values[left] + values[right])
            values = 0.5 * values + 0.25 * (values[below] + values[above])
        return values


def read(values: Tensor, node: Tensor, weight: Tensor) -> Tensor:
    """(M, C) sums of values (T, C) by a plan (see Nodes.plan)."""
    return torch.nn.functional.embedding_bag(node, values, mode="sum", per_sample_weights=weight)
