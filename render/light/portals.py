"""Daylight through openings: windows and skylights as sampled sources, seen by every node through the furniture.

Each opening is sampled at a few points of its glass. What a node receives from such a point depends on the sky behind
it, hence on the direction between the two: it is booked under the directions of a small sky globe, so that an hour
is a matrix product of this table with the globe's radiance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from render.view import View
from render.visibility.quads import Quads, pinhole_keys

ELEVATIONS = (-50.0, -14.0, 4.0, 18.0, 36.0, 60.0, 90.0)
AZIMUTHS = 24
GLOBE = (len(ELEVATIONS) - 1) * AZIMUTHS + 1
"""Directions of the globe: rings of azimuths, and the zenith."""
WIDE_TAN = 4.5
"""Half width of the picture that is traced from a sample, as a tangent: rays flatter than 77° count as unhindered."""
MAP_PX = 176


@dataclass(frozen=True)
class Portals:
    """Openings that let daylight in.

    Args:
        corner, edge_u, edge_v: (W, 3) float64 rectangles of glass, world frame; edge_u × edge_v points into the room.
        share: (W,) 0–1 of the light that frames and glass let through.
        wall: (W,) int64, openings in one plane share a number.
    """

    corner: Tensor
    edge_u: Tensor
    edge_v: Tensor
    share: Tensor
    wall: Tensor

    def __len__(self) -> int:
        return self.corner.shape[0]

    @property
    def inward(self) -> Tensor:
        """(W, 3) unit normals into the room."""
        return torch.nn.functional.normalize(torch.linalg.cross(self.edge_u, self.edge_v), dim=1)

    def samples(self, wanted: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """About `wanted` points on the glass by area: (S, 3), (S, 3) inward, (S,) area times share, (S,) area."""
        area = torch.linalg.cross(self.edge_u, self.edge_v).norm(dim=1)
        points, inward, weight, areas = [], [], [], []
        each = area.sum() / max(wanted, 1)
        for k in range(len(self)):
            cell = math.sqrt(float(each))
            across = max(1, round(float(self.edge_u[k].norm()) / cell))
            up = max(2, min(12, round(float(area[k] / each) / across)))
            u = (torch.arange(across, dtype=torch.float64) + 0.5) / across
            v = (torch.arange(up, dtype=torch.float64) + 0.5) / up
            # every other row is shifted, so that shadows of bars and backs do not line up
            shift = (torch.arange(up) % 2 * 2 - 1)[:, None] * (0.22 / across)
            uu, vv = (u[None, :] + shift).clamp(0.04, 0.96), v[:, None].expand(up, across)
            spot = self.corner[k] + uu.reshape(-1, 1) * self.edge_u[k] + vv.reshape(-1, 1) * self.edge_v[k]
            points.append(spot)
            inward.append(self.inward[k].expand(across * up, 3))
            part = area[k] / (across * up)
            areas.append(part.expand(across * up))
            weight.append((part * self.share[k]).expand(across * up))
        return torch.cat(points), torch.cat(inward), torch.cat(weight), torch.cat(areas)


def portals_from_rows(rows: Sequence[tuple[float, ...]], rotation: Tensor) -> Portals:
    """Portals from rows (corner, edge_u, edge_v, share, wall), turned by a (3, 3) rotation on the right."""
    table = torch.tensor(rows, dtype=torch.float64).reshape(-1, 11)
    turn = rotation.double()
    return Portals(table[:, 0:3] @ turn, table[:, 3:6] @ turn, table[:, 6:9] @ turn, table[:, 9].float(),
                   table[:, 10].long())


def globe() -> Tensor:
    """(GLOBE, 3) float32 unit directions that daylight is booked under."""
    turn = torch.arange(AZIMUTHS) * (2 * math.pi / AZIMUTHS)
    rings = []
    for degrees in ELEVATIONS[:-1]:
        flat, up = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        rings.append(torch.stack([flat * turn.sin(), flat * turn.cos(), torch.full_like(turn, up)], 1))
    return torch.cat([*rings, torch.tensor([[0.0, 0.0, 1.0]])])


def transfer(portals: Portals, quads: Quads, points: Tensor, normals: Tensor, soft: Tensor, wanted: int) -> Tensor:
    """(T, GLOBE) irradiance on nodes per unit radiance of the globe's directions.

    Args:
        quads: what stands in the way. points, normals: (T, 3) of the nodes; soft: (T,) bool, lit from both sides.
        wanted: how many samples to spread over the glass.
    """
    table = torch.zeros(points.shape[0], GLOBE)
    spots, inward, weight, area = portals.samples(wanted)
    lifted = points + 0.015 * normals
    flat = table.view(-1)
    row = torch.arange(points.shape[0]) * GLOBE
    ring = torch.tensor(ELEVATIONS)
    for k in range(spots.shape[0]):
        to_node = lifted - spots[k].float()
        square = (to_node * to_node).sum(1)
        distance = square.sqrt().clamp_min(1e-3)
        leaves = (to_node @ inward[k].float()) / distance
        arrives = -(to_node * normals).sum(1) / distance
        arrives = torch.where(soft, 0.5 * arrives.abs() + 0.25, arrives)
        near = ((leaves > 0.004) & (arrives > 0)).nonzero().squeeze(1)
        if near.numel() == 0:
            continue
        seen = seen_from_point(quads, spots[k], inward[k], lifted[near], MAP_PX)
        near = near[seen]
        way = -to_node[near] / distance[near, None]
        got = leaves[near] * arrives[near] * float(weight[k]) * math.pi
        got = got / (math.pi * square[near] + float(area[k]))
        height = torch.rad2deg(torch.asin(way[:, 2].clamp(-1, 1))).clamp(ELEVATIONS[0], 90.0)
        low = torch.bucketize(height, ring, right=True).sub_(1).clamp_(0, len(ELEVATIONS) - 2)
        up = (height - ring[low]) / (ring[low + 1] - ring[low])
        turn = torch.atan2(way[:, 0], way[:, 1]) * (AZIMUTHS / (2 * math.pi))
        first = turn.floor()
        aside = turn - first
        a, c = first.long() % AZIMUTHS, (first.long() + 1) % AZIMUTHS
        over = low + 1
        top = over == len(ELEVATIONS) - 1
        base = row[near]
        for ring_, share in ((low, 1 - up), (over, up)):
            for column, part in ((a, 1 - aside), (c, aside)):
                at = torch.where(top & (ring_ == over), GLOBE - 1, ring_ * AZIMUTHS + column)
                flat.index_add_(0, base + at, got * share * part)
    return table


def seen_from_point(quads: Quads, eye: Tensor, forward: Tensor, points: Tensor, size: int) -> Tensor:
    """(M,) bool, whether points (M, 3) in front of an eye are seen through one wide picture of `size` pixels a side.

    The picture only says what stands in the way; its plane then decides exactly. Points beside the picture are seen.
    """
    f = forward.double()
    helper = torch.tensor([0.0, 0.0, 1.0] if abs(float(f[2])) < 0.9 else [1.0, 0.0, 0.0], dtype=torch.float64)
    right = torch.nn.functional.normalize(torch.linalg.cross(f, helper), dim=0)
    down = torch.linalg.cross(f, right)
    axes = torch.stack([right, down, f], 1)
    focal = size / 2 / WIDE_TAN
    middle = size / 2
    view = View("pinhole", size, size, eye.double().numpy(), axes.contiguous().numpy(), focal, focal, middle, middle)
    key, _, index = pinhole_keys(quads, view)
    way = points - eye.to(points.dtype)
    local = way @ axes.to(points.dtype)
    depth = local[:, 2].clamp_min(1e-6)
    column = (local[:, 0] / depth * focal + size / 2).long()
    row = (local[:, 1] / depth * focal + size / 2).long()
    on_film = (column >= 0) & (column < size) & (row >= 0) & (row < size)
    code = key[row.clamp(0, size - 1) * size + column.clamp(0, size - 1)]
    met = ((code > 0) & on_film).nonzero().squeeze(1)
    quad = index[(code[met] & 0xFFFFFFFF)]
    normal = torch.linalg.cross(quads.edge_u[quad], quads.edge_v[quad])
    ahead = (way[met].double() * normal).sum(1)
    t = ((quads.origin[quad] - eye.double()) * normal).sum(1) / torch.where(ahead.abs() < 1e-12, 1e-12, ahead)
    seen = torch.ones(points.shape[0], dtype=torch.bool)
    seen[met] = (t > 0.985) | (t < 0)
    return seen
