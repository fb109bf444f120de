"""Ambient light of a room: sky through the windows by direction, and light thrown between its surfaces.

Everything but the hour's colours is baked: visibility of the sky per direction, form factors between patches, and the
lamps' light with its shadows. An hour is then two matrix products.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from render.light.base import Light
from render.light.lamps import Lamps
from render.light.nodes import Nodes
from render.light.skymaps import sky_visibility
from render.light.sunmap import SunMaps
from render.visibility.quads import Quads
from render.visibility.sphere import visible_from

PATCH_M = 0.62
MOST_PATCHES = 1400
BOUNCES = 3


@dataclass(frozen=True)
class RoomAmbient:
    """Baked once per geometry; `natural` gives the daylight of one hour on every node."""

    nodes: Nodes
    toward: Tensor
    share: Tensor
    openness: Tensor
    albedo: Tensor
    patch: Tensor
    gather: Tensor
    between: Tensor
    near: Tensor
    lamplight: Tensor

    @staticmethod
    def bake(
        nodes: Nodes,
        albedo: Tensor,
        casters: Quads,
        centre: Tensor,
        half_m: float,
        inside: Tensor,
        lamps: Lamps,
        count: int,
        size: int,
    ) -> RoomAmbient:
        """Trace sky maps, form factors and lamp shadows.

        Args:
            albedo: (T, 3) of the nodes. inside: (T,) bool, nodes of the room itself; the others are outdoors.
            centre, half_m: the sky maps' middle (3,) and reach. count, size: number and side of the maps.
        """
        toward, free = sky_visibility(casters, nodes.position, nodes.normal, centre, half_m, count, size)
        cosine = (nodes.normal @ toward.T).clamp_min(0)
        cosine[nodes.soft] = 0.5
        weight = toward[:, 2]
        openness = (free * weight).sum(1) / weight.sum()
        patch, between, gather, near = _form_factors(nodes, inside)
        visible = torch.ones(nodes.position.shape[0], len(lamps))
        lifted = nodes.position + 0.02 * nodes.normal
        for k in range(len(lamps)):
            visible[:, k] = visible_from(casters, lamps.position_m[k].double(), lifted, 160)
        direct = lamps.irradiance(nodes.position, nodes.normal, visible)
        baked = RoomAmbient(nodes, toward, cosine * free, openness, albedo, patch, gather, between, near, direct)
        object.__setattr__(baked, "lamplight", direct + baked._bounced(direct))
        return baked

    def natural(self, light: Light, sun: SunMaps | None) -> tuple[Tensor, Tensor]:
        """(T, 3) irradiance of sky and of light thrown back, and (T, 3) direct sun."""
        nodes = self.nodes
        solid = 2 * math.pi / self.toward.shape[0]
        sky = light.sky.radiance(self.toward)
        level = (sky * self.toward[:, 2:]).sum(0) * solid
        sky = sky * (light.sky_irradiance / level.clamp_min(1e-9))
        direct = nodes.smoothed(self.share @ (sky * solid), 2)
        below = (0.5 - 0.5 * nodes.normal[:, 2]).clamp_min(0) * self.openness
        direct += below[:, None] * light.ground_bounce * 0.5
        beam = sunbeam(nodes, light, sun)
        return direct + self._bounced(direct + beam), beam

    def _bounced(self, direct: Tensor) -> Tensor:
        """(T, 3) irradiance after bounces of the direct irradiance (T, 3)."""
        count = self.between.shape[0]
        index = (self.patch >= 0).nonzero().squeeze(1)
        weight = self.nodes.area_m2[index]
        rows = torch.cat(
            [(direct * self.albedo)[index] * weight[:, None], self.albedo[index] * weight[:, None], weight[:, None]], 1
        )
        total = torch.zeros(count, 7).index_add_(0, self.patch[index], rows)
        leaving = total[:, :3] / total[:, 6:].clamp_min(1e-9)
        reflect = total[:, 3:6] / total[:, 6:].clamp_min(1e-9)
        sent = leaving
        for _ in range(BOUNCES):
            sent = leaving + reflect * (self.between @ sent)
        out = torch.zeros_like(direct)
        out[self.near] = self.gather @ sent
        return out


def sunbeam(nodes: Nodes, light: Light, sun: SunMaps | None) -> Tensor:
    """(T, 3) direct sun on the nodes."""
    beam = torch.zeros_like(nodes.position)
    if sun is None:
        return beam
    facing = (nodes.normal @ light.sun_direction).clamp_min(0)
    facing[nodes.soft] = 0.4
    index = (facing > 0).nonzero().squeeze(1)
    lit = sun.lit(nodes.position[index], nodes.normal[index])
    beam[index] = (facing[index] * lit)[:, None] * light.sun_irradiance
    return beam


def _form_factors(nodes: Nodes, inside: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Patch of every node (-1 outdoors), factors between patches (P, P), from patches to nodes indoors, and those."""
    quad = nodes.quad
    count = nodes.count[quad]
    lofted = nodes.vertex[quad, 0] >= 0
    rank = torch.arange(quad.numel()) - nodes.start[quad]
    i, j = rank % count[:, 0], torch.div(rank, count[:, 0], rounding_mode="floor")
    spacing = nodes.area_m2.clamp_min(1e-6).sqrt()
    block = (PATCH_M / spacing).round().clamp(1, 64).long()
    name = (quad * 64 + torch.div(i, block, rounding_mode="floor").clamp_max(63)) * 64
    name = name + torch.div(j, block, rounding_mode="floor").clamp_max(63)
    # Points of a loft gather by place and by the side that they face.
    cell = ((nodes.position + 40) / 0.4).long()
    side = nodes.normal.abs().argmax(1) * 2 + (nodes.normal.sum(1) > 0)
    place = ((cell[:, 0] * 256 + cell[:, 1]) * 256 + cell[:, 2]) * 8 + side
    name = torch.where(lofted, -1 - place, name)
    usable = inside & ~nodes.soft
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
    sums = torch.zeros(len(keep), 7)
    sums.index_add_(
        0, patch[index], torch.cat([nodes.position[index] * weight, nodes.normal[index] * weight, weight], 1)
    )
    middle = sums[:, :3] / sums[:, 6:]
    normal = torch.nn.functional.normalize(sums[:, 3:6], dim=1)
    area = sums[:, 6]
    between = _factors(middle, normal, middle, normal, area)
    near = inside.nonzero().squeeze(1)
    gather = _factors(nodes.position[near], nodes.normal[near], middle, normal, area)
    return patch, between, gather, near


def _factors(point: Tensor, normal: Tensor, middle: Tensor, facing: Tensor, area: Tensor) -> Tensor:
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
