"""Sun in a room: one shadow map per window wall, cut to the glass, because no sun comes in by any other way.

A ray that reaches a point indoors has crossed the glass of some opening: whatever projects beside all the glass of a
wall lies in shade without a look. The maps are small, hence fine, and walls cannot leak.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from render.light.portals import Portals
from render.visibility.quads import Quads, corners, fill

TAPS = 8
SUN_RADIUS = 0.0065
"""Half the sun's angle in radians, a little widened, as a slightly veiled sun has it."""
REACH_M = 4096.0
MILKY = 0.4
"""Glass that lets through less than this scatters most of a sunbeam."""
AIR_CELLS = 150_000
FINEST_AIR_M = 0.12


@dataclass(frozen=True)
class _WallMap:
    """Depth of the first surface along the sun's rays over a rectangle (height, width), and how to find it."""

    depth_m: Tensor
    frame: Tensor
    low: Tensor
    texel_m: float
    share: float


@dataclass(frozen=True)
class RoomSun:
    """Shadow of one sun direction in a room; `lit` answers as SunMaps does.

    Args:
        maps: one per wall whose glass the sun strikes from outside.
        own: (3, 3) world to own frame, rows; inside: (2, 3) own-frame corners of the room: beyond them all is lit.
    """

    maps: tuple[_WallMap, ...]
    own: Tensor
    inside: Tensor

    @staticmethod
    def build(
        quads: Quads, portals: Portals, toward: Tensor, own: Tensor, inside: Tensor, texels: int
    ) -> RoomSun:
        """Trace the maps of one direction to the sun, of at most about `texels` texels each."""
        travel = -toward.double()
        struck = [
            chosen
            for wall in torch.unique(portals.wall).tolist()
            for chosen in [(portals.wall == wall).nonzero().squeeze(1)]
            if float(portals.inward[chosen[0]] @ travel) >= 0.01
        ]
        facing: Tensor = torch.linalg.cross(quads.edge_u, quads.edge_v) @ travel
        turned = quads.pick(((facing < -1e-12) | (quads.two_sided & (facing > 1e-12))).nonzero().squeeze(1))
        each = texels if len(struck) < 2 else 3 * texels // (2 * len(struck))
        middle = turned.origin + 0.5 * (turned.edge_u + turned.edge_v)
        radius = 0.5 * (turned.edge_u.norm(dim=1) + turned.edge_v.norm(dim=1))[:, None]
        maps = (_trace(turned, (middle, radius), portals, chosen, travel, each) for chosen in struck)
        return RoomSun(tuple(maps), own, inside)

    @cached_property
    def air(self) -> Tensor:
        """(Z, Y, X) share of the sun in the cells of a grid over the room, own frame, softened by a cell each way."""
        size = self.inside[1] - self.inside[0]
        cell = max(FINEST_AIR_M, float(size.prod() / AIR_CELLS) ** (1 / 3))
        count = [max(4, math.ceil(float(side) / cell)) for side in size]
        x, y, z = (
            self.inside[0, k] + (torch.arange(count[k]) + 0.5) * (size[k] / count[k]) for k in range(3)
        )
        lit = torch.zeros(count[::-1])
        for map_ in self.maps:
            # where a cell falls on the map is affine in its place along the three axes
            turn = self.own.T @ map_.frame
            column, row, depth = (
                (z[:, None] * turn[2, k] - map_.low[k])[:, :, None] + (y[:, None] * turn[1, k] + x * turn[0, k])
                for k in range(3)
            )
            height, width = map_.depth_m.shape
            i, j = (column * (1 / map_.texel_m)).int(), (row * (1 / map_.texel_m)).int()
            held = (column > 0) & (row > 0) & (i < width) & (j < height)
            index = held.view(-1).nonzero().squeeze(1)
            texel = (j.view(-1)[index] * width + i.view(-1)[index]).long()
            seen = depth.view(-1)[index] <= map_.depth_m.view(-1)[texel]
            lit.view(-1)[index] = torch.maximum(lit.view(-1)[index], seen.float() * map_.share)
        soft = torch.nn.functional.pad(lit[None, None], (1, 1, 1, 1, 1, 1), mode="replicate")
        return torch.nn.functional.avg_pool3d(soft, 3, stride=1)[0, 0]

    def lit(self, points: Tensor, normals: Tensor, spin: Tensor | None = None) -> Tensor:
        """(M,) float32 share of the sun that reaches points (M, 3) with geometric normals (M, 3).

        Args:
            spin: (M,) per-point angle in turns that decorrelates the soft edge; without it edges are hard.
        """
        at = points @ self.own.to(points.dtype)
        lit = ((at < self.inside[0]) | (at > self.inside[1])).any(1).float()
        for map_ in self.maps:
            height, width = map_.depth_m.shape
            local = (points + normals * (1.2 * map_.texel_m + 0.004)) @ map_.frame - map_.low
            column, row = local[:, 0] / map_.texel_m, local[:, 1] / map_.texel_m
            on_map = (column > 0) & (column < width) & (row > 0) & (row < height)
            here = on_map.nonzero().squeeze(1)
            if here.numel() == 0:
                continue
            column, row, limit = column[here], row[here], local[here, 2] - (1.1 * map_.texel_m + 0.008)
            near = map_.depth_m.reshape(-1)
            centre = near[row.long() * width + column.long()]
            if spin is None:
                lit[here] = torch.maximum(lit[here], (limit <= centre).float() * map_.share)
                continue
            turn = spin[here] * (2 * math.pi)
            # The penumbra is as wide as the blocker is far: two rings of taps find the blocker, then the share.
            total, gap, found = torch.zeros_like(limit), torch.zeros_like(limit), torch.zeros_like(limit)
            search = 0.03 / map_.texel_m
            for tap in range(4):
                angle = turn + 1.5708 * tap
                met = near[_texel(row + search * angle.sin(), column + search * angle.cos(), height, width)]
                behind = (limit - met).clamp(0, 60) * (met < limit)
                gap += behind
                found += behind > 0
            behind = (limit - centre).clamp(0, 60) * (centre < limit)
            gap = (gap + behind) / (found + (behind > 0)).clamp_min(1)
            spread = (gap * (SUN_RADIUS / map_.texel_m)).clamp_min(0.9)
            for tap in range(TAPS):
                radius = spread * math.sqrt((tap + 0.5) / TAPS)
                angle = turn + 2.399963 * tap
                met = near[_texel(row + radius * angle.sin(), column + radius * angle.cos(), height, width)]
                total += (limit <= met).float()
            lit[here] = torch.maximum(lit[here], total * (map_.share / TAPS))
        return lit


def _texel(row: Tensor, column: Tensor, height: int, width: int) -> Tensor:
    return row.long().clamp(0, height - 1) * width + column.long().clamp(0, width - 1)


def _trace(
    quads: Quads, balls: tuple[Tensor, Tensor], portals: Portals, chosen: Tensor, travel: Tensor, texels: int
) -> _WallMap:
    """Depth map along `travel` over the rectangle that holds the chosen glass; `balls` hold the primitives."""
    along = portals.edge_u[chosen[0]]
    right = torch.nn.functional.normalize(along - (along @ travel) * travel, dim=0)
    down = torch.linalg.cross(travel, right)
    frame = torch.stack([right, down, travel], 1)
    corner, u, v = portals.corner[chosen], portals.edge_u[chosen], portals.edge_v[chosen]
    glass = torch.cat([corner, corner + u, corner + v, corner + u + v]) @ frame
    low, high = glass.amin(0), glass.amax(0)
    extent = (high - low)[:2]
    texel = max(math.sqrt(float(extent[0] * extent[1]) / texels), 0.004)
    width, height = (max(8, math.ceil(float(e) / texel)) for e in extent)

    at = balls[0] @ frame[:, :2] - low[:2]
    quads = quads.pick(((at > -balls[1]) & (at < extent + balls[1])).all(1).nonzero().squeeze(1))
    ends = (corners(quads) @ (frame[:, :2] / texel)).sub_(low[:2] / texel)
    columns, rows = ends[:, :, 0].contiguous(), ends[:, :, 1].contiguous()
    # on the map, and not between two texels' middles
    first, last = ends.amin(1).sub_(0.5).ceil_(), ends.amax(1).sub_(0.5).floor_()
    keep = (first <= last).all(1) & (last >= 0).all(1) & (first[:, 0] < width) & (first[:, 1] < height)
    index = keep.nonzero().squeeze(1)
    seen = quads.pick(index)
    facing: Tensor = torch.linalg.cross(seen.edge_u, seen.edge_v) @ travel
    inverse = (1 / facing)[:, None]
    # A ray starts at low + x·right + y·down and travels: t, u, v are affine in (x, y).
    origin = seen.origin @ frame - low
    eu, ev = seen.edge_u @ frame, seen.edge_v @ frame
    z = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64).expand_as(eu)
    t_row, u_row, v_row = (
        torch.stack([-form[:, 0] * texel, -form[:, 1] * texel, (form * origin).sum(1)], 1) * inverse
        for form in (torch.linalg.cross(eu, ev), torch.linalg.cross(z, ev), torch.linalg.cross(eu, z))
    )
    one = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    edges = torch.stack([u_row, v_row, one - u_row, torch.where(seen.triangle[:, None], one - u_row, one) - v_row], 1)
    near = torch.zeros(len(seen), dtype=torch.bool)
    key = fill(REACH_M * one - t_row, edges, rows[index], columns[index], near, width, height)
    bits = (key >> 32).to(torch.int32).view(torch.float32)
    depth = torch.where(key > 0, REACH_M - bits, torch.inf).reshape(height, width)
    share = float(portals.share[chosen].mean())
    return _WallMap(depth, frame.float(), low.float(), texel, share if share > MILKY else share * 0.35)
