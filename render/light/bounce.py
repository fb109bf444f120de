"""Light thrown between the surfaces of a room: patches that send, few points that gather, nodes that read between.

Large surfaces gather on a coarse grid of their own. Everything small or rounded reads a lattice of ambient cubes (six
directions each), which is smooth in space and in the normal. Form factors are unoccluded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from render.light.nodes import Nodes
from render.visibility.quads import Quads

PATCH_M = 0.7
MOST_PATCHES = 900
MOST_CELLS = 700
GRID_M = 0.42
MOST_GRID = 4500
BOUNCES = 4


@dataclass(frozen=True)
class Bounce:
    """Baked once per geometry; `of` is an hour.

    Args:
        patch: (T,) int64 patch of every node, or -1. weight: (T, 3) what a node's irradiance adds to its patch.
        reflect: (P, 3) mean albedo. between: (P, P) factors.
        gather: (R, P) factors to the gathering points. flat, round_: nodes that read 4 of them, or 24, with rows of
            those and their weights.
    """

    patch: Tensor
    weight: Tensor
    reflect: Tensor
    between: Tensor
    gather: Tensor
    flat: tuple[Tensor, Tensor, Tensor]
    round_: tuple[Tensor, Tensor, Tensor]

    def of(self, direct: Tensor) -> Tensor:
        """(T, 3) irradiance after bounces of the direct irradiance (T, 3)."""
        count = self.between.shape[0]
        leaving = torch.zeros(count + 1, 3).index_add_(0, self.patch, direct * self.weight)[:count]
        sent = leaving
        for _ in range(BOUNCES - 1):
            sent = leaving + self.reflect * (self.between @ sent)
        gathered = self.gather @ sent
        out = torch.zeros_like(direct)
        for index, at, share in (self.flat, self.round_):
            out[index] = torch.nn.functional.embedding_bag(at, gathered, mode="sum", per_sample_weights=share)
        return out


def bake_bounce(nodes: Nodes, quads: Quads, texel_m: Tensor, albedo: Tensor, inside: Tensor) -> Bounce:
    """Patches, gathering points and factors.

    Args:
        quads: the primitives of the nodes; texel_m: (Q,) their wished node spacing. albedo: (T, 3).
        inside: (T,) bool, nodes of the room itself.
    """
    patch, middle, normal, area = _patches(nodes, inside)
    between = factors(middle, normal, middle, normal, area)
    held = patch >= 0
    index = held.nonzero().squeeze(1)
    total = area.clamp_min(1e-9)
    part = nodes.area_m2[index] / total[patch[index]]
    weight = torch.zeros(nodes.position.shape[0], 3)
    weight[index] = albedo[index] * part[:, None]
    reflect = torch.zeros(len(area), 3).index_add_(0, patch[index], weight[index])
    patch = torch.where(held, patch, len(area))

    points, normals, flat, round_ = _gathering(nodes, quads, texel_m, inside)
    used, row = torch.unique(torch.cat([flat[1].reshape(-1), round_[1].reshape(-1)]), return_inverse=True)
    points, normals = points[used], normals[used]  # where no node reads, nothing need be gathered
    many = flat[1].numel()
    flat = (flat[0], row[:many].view_as(flat[1]), flat[2])
    round_ = (round_[0], row[many:].view_as(round_[1]), round_[2])
    return Bounce(patch, weight, reflect, between, factors(points, normals, middle, normal, area), flat, round_)


def _patches(nodes: Nodes, inside: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Patch of every node (-1 for none), and the patches' middles, normals and areas."""
    quad = nodes.quad
    count = nodes.count[quad]
    lofted = nodes.vertex[quad, 0] >= 0
    rank = torch.arange(quad.numel()) - nodes.start[quad]
    i, j = rank % count[:, 0], torch.div(rank, count[:, 0], rounding_mode="floor")
    usable = inside & ~nodes.soft
    size = PATCH_M * math.sqrt(max(float(nodes.area_m2[usable].sum()) / (MOST_PATCHES * 0.75 * PATCH_M**2), 1.0))
    spacing = nodes.area_m2.clamp_min(1e-6).sqrt()
    block = (size / spacing).round().clamp(1, 64).long()
    name = (quad * 64 + torch.div(i, block, rounding_mode="floor").clamp_max(63)) * 64
    name = name + torch.div(j, block, rounding_mode="floor").clamp_max(63)
    # What is small or rounded gathers by place and by the side that it faces.
    small = lofted | (nodes.area_m2 * count.prod(1) < 0.4 * size * size)
    cell = ((nodes.position + 80) / (0.6 * size)).long()
    side = nodes.normal.abs().argmax(1) * 2 + (nodes.normal.sum(1) > 0)
    place = ((cell[:, 0] * 1024 + cell[:, 1]) * 1024 + cell[:, 2]) * 8 + side
    name = torch.where(small, -1 - place, name)
    _, compact = torch.unique(name[usable], return_inverse=True)
    total = int(compact.max()) + 1
    area = torch.zeros(total).index_add_(0, compact, nodes.area_m2[usable])
    keep = area.argsort(descending=True, stable=True)[:MOST_PATCHES]
    renamed = torch.full((total,), -1, dtype=torch.int64)
    renamed[keep] = torch.arange(len(keep))
    patch = torch.full((quad.numel(),), -1, dtype=torch.int64)
    patch[usable] = renamed[compact]

    index = (patch >= 0).nonzero().squeeze(1)
    weight = nodes.area_m2[index, None]
    rows = torch.cat([nodes.position[index] * weight, nodes.normal[index] * weight, weight], 1)
    sums = torch.zeros(len(keep), 7).index_add_(0, patch[index], rows)
    middle = sums[:, :3] / sums[:, 6:]
    return patch, middle, torch.nn.functional.normalize(sums[:, 3:6], dim=1), sums[:, 6]


def _gathering(
    nodes: Nodes, quads: Quads, texel_m: Tensor, inside: Tensor
) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]:
    """Points and normals that gather; nodes on large surfaces, and all others: the rows they read and the weights."""
    quad = nodes.quad
    size = torch.stack([quads.edge_u.norm(dim=1), quads.edge_v.norm(dim=1)], 1).float()
    large = (size.amin(1) > 0.25) & (size.amax(1) > 0.8) & (texel_m > 0) & (nodes.vertex[:, 0] < 0) & ~quads.triangle
    used = torch.zeros(len(quads), dtype=torch.bool)
    used[quad[inside]] = True
    large &= used
    area = float((size[large].prod(1)).sum())
    step_m = max(GRID_M, math.sqrt(area / MOST_GRID))
    count = torch.where(large[:, None], (size / step_m).ceil().clamp(1, 60).long() + 1, 0)
    total = count.prod(1)
    start = total.cumsum(0) - total
    owner = torch.repeat_interleave(torch.arange(len(quads)), total)
    rank = torch.arange(owner.numel()) - start[owner]
    ij = torch.stack([rank % count[owner, 0], torch.div(rank, count[owner, 0], rounding_mode="floor")], 1)
    uv = 0.04 + 0.92 * ij / (count[owner] - 1)
    grid = (quads.origin[owner] + uv[:, :1] * quads.edge_u[owner] + uv[:, 1:] * quads.edge_v[owner]).float()
    facing = torch.nn.functional.normalize(torch.linalg.cross(quads.edge_u, quads.edge_v), dim=1).float()[owner]

    flat = (large[quad] & inside).nonzero().squeeze(1)
    q = quad[flat]
    local = nodes.position[flat] - quads.origin[q].float()
    u = (local * quads.edge_u[q].float()).sum(1) / size[q, 0] ** 2
    v = (local * quads.edge_v[q].float()).sum(1) / size[q, 1] ** 2
    place = ((torch.stack([u, v], 1) - 0.04) / 0.92).clamp(0, 1) * (count[q] - 1)
    low = torch.minimum(place.long(), count[q] - 2)
    part = place - low
    four = ((0, 0), (1, 0), (0, 1), (1, 1))
    at4 = torch.stack([start[q] + (low[:, 1] + dj) * count[q, 0] + low[:, 0] + di for di, dj in four], 1)
    share4 = torch.stack(
        [(part[:, 0] if di else 1 - part[:, 0]) * (part[:, 1] if dj else 1 - part[:, 1]) for di, dj in four], 1
    )

    round_ = (~large[quad] & inside).nonzero().squeeze(1)
    at = torch.zeros(round_.numel(), 24, dtype=torch.int64)
    share = torch.zeros(round_.numel(), 24)
    if round_.numel() == 0:
        return grid, facing, (flat, at4, share4), (round_, at, share)
    p = nodes.position[round_]
    lowest, highest = p.amin(0), p.amax(0)
    extent = (highest - lowest).clamp_min(0.1)
    step = max(0.45, float((extent.prod() / MOST_CELLS) ** (1 / 3)))
    cells = (extent / step).ceil().long().clamp_min(1)
    step3 = extent / cells
    many = cells + 1
    place = (p - lowest) / step3
    low = torch.minimum(place.long().clamp_min(0), cells - 1)
    part = place - low
    n = nodes.normal[round_]
    face = torch.stack([torch.where(n[:, a] > 0, 2 * a, 2 * a + 1) for a in range(3)], 1)
    begin = grid.shape[0]
    k = 0
    for dx in (0, 1):
        for dy in (0, 1):
            for dz in (0, 1):
                step_to = torch.tensor([dx, dy, dz])
                row = low + step_to
                cell = (row[:, 0] * many[1] + row[:, 1]) * many[2] + row[:, 2]
                weight = torch.where(step_to.bool(), part, 1 - part).prod(1)
                for a in range(3):
                    at[:, k] = begin + cell * 6 + face[:, a]
                    share[:, k] = weight * n[:, a] ** 2
                    k += 1
    axes = [lowest[a] + torch.arange(int(many[a])) * step3[a] for a in range(3)]
    lattice = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 1, 3).expand(-1, 6, 3).reshape(-1, 3)
    six = torch.cat([torch.eye(3)[:, None], -torch.eye(3)[:, None]], 1).reshape(6, 3)
    return torch.cat([grid, lattice]), torch.cat([facing, six.repeat(lattice.shape[0] // 6, 1)]), (flat, at4, share4), (
        round_, at, share
    )


def factors(point: Tensor, normal: Tensor, middle: Tensor, facing: Tensor, area: Tensor) -> Tensor:
    """(T, P) unoccluded point-to-disc form factors, rows brought to at most 0.95."""
    factor = torch.empty(point.shape[0], middle.shape[0])
    for begin in range(0, point.shape[0], 2048):
        p, n = point[begin : begin + 2048], normal[begin : begin + 2048]
        squared = torch.addmm((p * p).sum(1, keepdim=True) + (middle * middle).sum(1), p, middle.T, alpha=-2)
        squared.clamp_min_(1e-3)
        to_source = torch.addmm(-(n * p).sum(1, keepdim=True), n, middle.T).clamp_min_(0)
        to_point = torch.addmm(-(middle * facing).sum(1), p, facing.T).clamp_min_(0)
        part = to_source.mul_(to_point).mul_(area).div_(squared).div_(squared.mul_(math.pi).add_(area + 0.02))
        factor[begin : begin + 2048] = part.mul_(0.95 / part.sum(1, keepdim=True).clamp_min(0.95))
    return factor
