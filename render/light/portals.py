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
MAP_PX = 144


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
            up = max(1 if wanted < 2 * len(self) else 2, min(12, round(float(area[k] / each) / across)))
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


@dataclass(frozen=True)
class Blockers:
    """What stands in the light's way, with its planes worked out: normal (Q, 3) float32, offset (Q,) float64."""

    quads: Quads
    normal: Tensor
    offset: Tensor

    @staticmethod
    def of(quads: Quads) -> Blockers:
        """The planes of primitives."""
        normal = torch.linalg.cross(quads.edge_u, quads.edge_v)
        return Blockers(quads, normal.float(), (normal * quads.origin).sum(1))

    def seen_from(self, eye: Tensor, forward: Tensor, points: Tensor, size: int) -> Tensor:
        """(M,) bool, whether points (M, 3) in front of an eye are seen through a wide picture of `size` pixels a side.

        The picture only says what stands in the way; its plane then decides exactly. Points beside it are seen.
        """
        f = forward.double()
        helper = torch.tensor([0.0, 0.0, 1.0] if abs(float(f[2])) < 0.9 else [1.0, 0.0, 0.0], dtype=torch.float64)
        right = torch.nn.functional.normalize(torch.linalg.cross(f, helper), dim=0)
        axes = torch.stack([right, torch.linalg.cross(f, right), f], 1)
        focal, middle = size / 2 / WIDE_TAN, size / 2
        from_cam = axes.contiguous().numpy(force=True)
        view = View("pinhole", size, size, eye.double().numpy(force=True), from_cam, focal, focal, middle, middle)
        key, _, index = pinhole_keys(self.quads, view)
        way = points - eye.to(points.dtype)
        x, y, z = (way @ axes.to(points.dtype)).unbind(1)
        scale = focal / z.clamp_min(1e-6)
        column, row = (x * scale + middle).clamp(-1, size).long(), (y * scale + middle).clamp(-1, size).long()
        on_film = (column >= 0) & (column < size) & (row >= 0) & (row < size) & (z > 0)
        code = torch.where(on_film, key[row.clamp(0, size - 1) * size + column.clamp(0, size - 1)], 0)
        met = (code > 0).nonzero().squeeze(1)
        quad = index[code[met] & 0xFFFFFFFF]
        normal = self.normal[quad]
        w = way[met]
        ahead = w[:, 0] * normal[:, 0] + w[:, 1] * normal[:, 1] + w[:, 2] * normal[:, 2]
        t = (self.offset - self.normal.double() @ eye.double()).float()[quad] / torch.where(ahead.abs() < 1e-9, 1e-9,
                                                                                            ahead)
        seen = torch.ones(points.shape[0], dtype=torch.bool)
        seen[met] = (t > 0.985) | (t < 0)
        return seen


def transfer(
    portals: Portals, blockers: Blockers, points: Tensor, normals: Tensor, soft: Tensor, wanted: int
) -> Tensor:
    """(T, GLOBE) irradiance on nodes per unit radiance of the globe's directions.

    Args:
        points, normals: (T, 3) of the nodes; soft: (T,) bool, lit from both sides.
        wanted: how many samples to spread over the glass.
    """
    table = torch.zeros(points.shape[0], GLOBE)
    spots, inward, weight, area = portals.samples(wanted)
    lifted = points + 0.015 * normals
    x, y, z = lifted.T.contiguous()
    nx, ny, nz = normals.T.contiguous()
    flat = table.view(-1)
    ring = torch.tensor(ELEVATIONS)
    last = len(ELEVATIONS) - 2
    for k in range(spots.shape[0]):
        (sx, sy, sz), (fx, fy, fz) = spots[k].tolist(), inward[k].tolist()
        dx, dy, dz = x - sx, y - sy, z - sz
        leaves = dx * fx + dy * fy + dz * fz
        arrives = -(dx * nx + dy * ny + dz * nz)
        square = dx * dx + dy * dy + dz * dz
        arrives = torch.where(soft, 0.5 * arrives.abs() + 0.25 * square.sqrt(), arrives)
        near = ((leaves > 0) & (leaves * arrives > 1e-3 * square)).nonzero().squeeze(1)
        if near.numel() == 0:
            continue
        near = near[blockers.seen_from(spots[k], inward[k], lifted[near], MAP_PX)]
        square, inverse = square[near], square[near].rsqrt()
        # both cosines, per solid angle of a disc of the sample's area, which stays finite close by
        got = leaves[near] * arrives[near] * (float(weight[k]) * math.pi)
        got = got / (square * (math.pi * square + float(area[k])))
        height = torch.rad2deg(torch.asin((-dz[near] * inverse).clamp(-1, 1))).clamp(ELEVATIONS[0], 90.0)
        low = torch.bucketize(height, ring, right=True).sub_(1).clamp_(0, last)
        up = (height - ring[low]) / (ring[low + 1] - ring[low])
        turn = torch.atan2(-dx[near], -dy[near]) * (AZIMUTHS / (2 * math.pi))
        first = turn.floor()
        aside = turn - first
        a = first.long() % AZIMUTHS
        c = (a + 1) % AZIMUTHS
        base = near * GLOBE
        below, above = got * (1 - up), got * up
        row, over = base + low * AZIMUTHS, base + (low + 1) * AZIMUTHS
        top = low == last
        for column, part in ((a, 1 - aside), (c, aside)):
            flat.index_add_(0, row + column, below * part)
            flat.index_add_(0, torch.where(top, base + (GLOBE - 1), over + column), above * part)
    return table
