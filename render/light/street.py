"""Ambient light of a street: sky through free directions, houses and ground through the blocked ones.

What a blocked direction shows is taken from the mean radiance of the facades on that side and of the ground, in bins
along the street: enough for the warm return of a sunlit row of houses on the shaded one.
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

BIN_M = 12.0
BINS = 48


@dataclass(frozen=True)
class StreetAmbient:
    """Baked once per geometry; `at` gives the light of one hour on every node."""

    nodes: Nodes
    toward: Tensor
    free: Tensor
    cosine: Tensor
    openness: Tensor
    albedo: Tensor
    rightward: Tensor
    bin: Tensor
    lamplight: Tensor

    @staticmethod
    def bake(
        nodes: Nodes, albedo: Tensor, casters: Quads, centre: Tensor, half_m: float, across: Tensor, along: Tensor,
        lamps: Lamps, count: int, size: int,
    ) -> StreetAmbient:
        """Trace the sky maps and gather the lamps.

        Args:
            albedo: (T, 3) of the nodes' primitives.
            centre: (3,) middle of the maps, which span ±half_m.
            across, along: (3,) unit, the street's axes in the world frame.
            count, size: number and side of the sky maps.
        """
        toward, free = sky_visibility(casters, nodes.position, nodes.normal, centre, half_m, count, size)
        cosine = (nodes.normal @ toward.T).clamp_min(0)
        cosine[nodes.soft] = 0.5
        weight = toward[:, 2]
        openness = (free * weight).sum(1) / weight.sum()
        rightward = toward @ across.float()
        bin_ = ((nodes.position @ along.float()) / BIN_M + BINS / 2).long().clamp(0, BINS - 1)
        lamplight = lamps.irradiance(nodes.position, nodes.normal)
        return StreetAmbient(nodes, toward, free, cosine, openness, albedo, rightward, bin_, lamplight)

    def at(self, light: Light, sun: SunMaps | None, across: Tensor, lamp_unit: float) -> Tensor:
        """(T, 4) float32: irradiance of everything but direct sun, and sky openness 0–1."""
        nodes = self.nodes
        k = self.toward.shape[0]
        sky = light.sky.radiance(self.toward)
        level = (sky * self.toward[:, 2:]).sum(0) * (2 * math.pi / k)
        sky = sky * (light.sky_irradiance / level.clamp_min(1e-9))
        solid = 2 * math.pi / k
        share = self.cosine * self.free
        from_sky = share @ (sky * solid)
        blocked = self.cosine - share
        lamp = self.lamplight * lamp_unit
        direct = from_sky + lamp
        if sun is not None and float(light.sun_irradiance.sum()) > 0:
            facing = (nodes.normal @ light.sun_direction).clamp_min(0)
            index = (facing > 0).nonzero().squeeze(1)
            lit = sun.lit(nodes.position[index], nodes.normal[index])
            direct[index] += (facing[index] * lit)[:, None] * light.sun_irradiance

        right_share = blocked[:, self.rightward > 0].sum(1) * solid
        left_share = blocked[:, self.rightward <= 0].sum(1) * solid
        below = (0.5 - 0.5 * nodes.normal[:, 2]).clamp_min(0)
        below[nodes.soft] = 0.5
        below = below * math.pi
        side = nodes.normal @ across.float()
        wall = (nodes.normal[:, 2].abs() < 0.3) & (nodes.area_m2 > 0.2)
        ground = (nodes.normal[:, 2] > 0.9) & (nodes.position[:, 2] < 0.6) & (nodes.area_m2 > 0.05)
        groups = ((wall & (side < -0.5)), (wall & (side > 0.5)), ground)
        total = direct
        for _ in range(2):
            radiance = total * self.albedo * (1 / math.pi)
            right, left, floor = (self._means(radiance, group) for group in groups)
            total = direct + (
                right_share[:, None] * right[self.bin] + left_share[:, None] * left[self.bin]
                + below[:, None] * floor[self.bin]
            )
        ambient = total - direct + from_sky + lamp
        return torch.cat([ambient, self.openness[:, None]], 1).contiguous()

    def _means(self, radiance: Tensor, group: Tensor) -> Tensor:
        """(BINS, 3) area-weighted mean radiance per bin along the street, smoothed and filled from neighbours."""
        index = group.nonzero().squeeze(1)
        weight = self.nodes.area_m2[index]
        total = torch.zeros(BINS, 4)
        rows = torch.cat([radiance[index] * weight[:, None], weight[:, None]], 1)
        total.index_add_(0, self.bin[index], rows)
        overall = total.sum(0, keepdim=True) / BINS * 0.05
        padded = torch.cat([total[:1], total, total[-1:]])
        total = 0.5 * total + 0.25 * (padded[:-2] + padded[2:]) + overall
        return total[:, :3] / total[:, 3:].clamp_min(1e-6)
