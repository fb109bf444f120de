"""Light nodes: the points on a mesh where view-independent light is known, and how a sample reads between them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from render.visibility.quads import Quads

MOST_PER_EDGE = 480
INSET_M = 0.06
"""Edge nodes stand this far inside their primitive, out of the neighbour's wall."""


@dataclass(frozen=True)
class Nodes:
    """A grid of nodes on every primitive.

    Args:
        start: (Q,) int64 first node of a primitive; count: (Q, 2) nodes along u and v; inset: (Q, 2) in units of u, v.
        position, normal: (T, 3) float32; quad: (T,) int64; area_m2: (T,) float32; soft: (T,) bool, lit from both sides.
    """

    start: Tensor
    count: Tensor
    inset: Tensor
    position: Tensor
    normal: Tensor
    quad: Tensor
    area_m2: Tensor
    soft: Tensor

    @staticmethod
    def lay(quads: Quads, corner_normal: Tensor, texel_m: Tensor) -> Nodes:
        """Spread nodes: texel_m > 0 is the wished spacing, 0 one node, negative one per corner."""
        size = torch.stack([quads.edge_u.norm(dim=1), quads.edge_v.norm(dim=1)], 1).float()
        spacing = texel_m[:, None]
        wished = (size / spacing.clamp_min(1e-3)).ceil().clamp(1, MOST_PER_EDGE - 1).long() + 1
        count = torch.where(spacing > 0, wished, torch.where(spacing < 0, 2, 1))
        total = count[:, 0] * count[:, 1]
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
        return Nodes(
            start, count, inset, position.float(), torch.nn.functional.normalize(normal, dim=1), quad,
            (whole / total)[quad].float(), quads.two_sided[quad],
        )

    def fetch(self, values: Tensor, quad: Tensor, u: Tensor, v: Tensor) -> Tensor:
        """(M, C) values between the nodes (T, C) at surface coordinates u, v in 0–1 of primitives (M,)."""
        count, start = self.count[quad], self.start[quad]
        at = torch.stack([u, v], 1)
        inset = self.inset[quad]
        at = ((at - inset) / (1 - 2 * inset)).clamp(0, 1) * (count - 1)
        low = torch.minimum(at.long(), (count - 2).clamp_min(0))
        part = at - low
        across = count[:, 0]
        i1 = (count[:, 0] > 1).long()
        j1 = torch.where(count[:, 1] > 1, across, 0)
        base = start + low[:, 1] * across + low[:, 0]
        tu, tv = part[:, :1], part[:, 1:]
        bottom = torch.lerp(values[base], values[base + i1], tu)
        return torch.lerp(bottom, torch.lerp(values[base + j1], values[base + j1 + i1], tu), tv)
