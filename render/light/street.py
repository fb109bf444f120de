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
from render.light.room import sunbeam
from render.light.skymaps import sky_visibility
from render.light.sunmap import SunMaps
from render.visibility.quads import Quads

BIN_M = 12.0
BINS = 48


@dataclass(frozen=True)
class StreetAmbient:
    """Baked once per geometry; `natural` gives the daylight of one hour on every node."""

    nodes: Nodes
    toward: Tensor
    share: Tensor
    blocked: Tensor
    openness: Tensor
    albedo: Tensor
    bin: Tensor
    groups: tuple[Tensor, Tensor, Tensor]
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
        bin_ = ((nodes.position @ along.float()) / BIN_M + BINS / 2).long().clamp(0, BINS - 1)
        share = cosine * free
        hidden = (cosine - share) * (2 * math.pi / count)
        right = toward @ across.float() > 0
        below = (0.5 - 0.5 * nodes.normal[:, 2]).clamp_min(0)
        below[nodes.soft] = 0.5
        blocked = torch.stack([hidden[:, right].sum(1), hidden[:, ~right].sum(1), below * math.pi], 1)
        side = nodes.normal @ across.float()
        wall = (nodes.normal[:, 2].abs() < 0.3) & (nodes.area_m2 > 0.2)
        ground = (nodes.normal[:, 2] > 0.9) & (nodes.position[:, 2] < 0.6) & (nodes.area_m2 > 0.05)
        groups = tuple(g.nonzero().squeeze(1) for g in (wall & (side < -0.5), wall & (side > 0.5), ground))
        lamplight = lamps.irradiance(nodes.position, nodes.normal)
        baked = StreetAmbient(
            nodes, toward, share, blocked, openness, albedo, bin_, (groups[0], groups[1], groups[2]), lamplight
        )
        object.__setattr__(baked, "lamplight", lamplight + baked._bounced(lamplight))
        return baked

    def natural(self, light: Light, sun: SunMaps | None) -> tuple[Tensor, Tensor]:
        """(T, 3) irradiance of sky and of light thrown back by houses and ground, and (T, 3) direct sun."""
        sky = light.sky.radiance(self.toward)
        solid = 2 * math.pi / self.toward.shape[0]
        level = (sky * self.toward[:, 2:]).sum(0) * solid
        sky = sky * (light.sky_irradiance / level.clamp_min(1e-9))
        from_sky = self.share @ (sky * solid)
        beam = sunbeam(self.nodes, light, sun)
        return from_sky + self._bounced(from_sky + beam), beam

    def _bounced(self, direct: Tensor) -> Tensor:
        """(T, 3) irradiance that comes back from houses and ground under direct irradiance (T, 3)."""
        back = torch.zeros_like(direct)
        for _ in range(2):
            radiance = (direct + back) * self.albedo * (1 / math.pi)
            right, left, floor = (self._means(radiance, group) for group in self.groups)
            back = (
                self.blocked[:, :1] * right[self.bin] + self.blocked[:, 1:2] * left[self.bin]
                + self.blocked[:, 2:] * floor[self.bin]
            )
        return back

    def _means(self, radiance: Tensor, index: Tensor) -> Tensor:
        """(BINS, 3) area-weighted mean radiance per bin along the street, smoothed and filled from neighbours."""
        weight = self.nodes.area_m2[index]
        total = torch.zeros(BINS, 4)
        rows = torch.cat([radiance[index] * weight[:, None], weight[:, None]], 1)
        total.index_add_(0, self.bin[index], rows)
        overall = total.sum(0, keepdim=True) / BINS * 0.05
        padded = torch.cat([total[:1], total, total[-1:]])
        total = 0.5 * total + 0.25 * (padded[:-2] + padded[2:]) + overall
        return total[:, :3] / total[:, 3:].clamp_min(1e-6)
