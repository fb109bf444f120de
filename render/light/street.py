"""Ambient light of a street: sky through free directions, houses and ground through the blocked ones.

What a blocked direction shows is taken from the mean radiance of the facades on that side, at about the height where it
meets them, and of the ground, in bins along the street: enough for the warm return of a sunlit row of houses on the
shaded one, while at sunset, when only eaves are in the sun, the street below lies in the blue light of the sky.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from render.abreast import both
from render.light.base import Light
from render.light.lamps import Lamps
from render.light.nodes import Nodes
from render.light.room import sunbeam
from render.light.skymaps import sky_visibility
from render.light.sunmap import SunMaps
from render.visibility.quads import Quads

BIN_M = 12.0
BINS = 48
BANDS_M = (5.0, 11.0)
"""Heights that part a row of houses into bands of their own brightness."""
_BEHIND_M = 8.0
"""Walls this far behind the row's front still face the street; those of the blocks behind do not."""


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
    groups: tuple[Tensor, ...]
    lamplight: Tensor
    order: Tensor
    starts: tuple[int, ...]

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
        (toward, free), lamplight = both(
            lambda: sky_visibility(casters, nodes.position, nodes.normal, centre, half_m, count, size),
            lambda: lamps.irradiance(nodes.position, nodes.normal),
        )
        cosine = (nodes.normal @ toward.T).clamp_min(0)
        cosine[nodes.soft] = 0.5
        weight = toward[:, 2]
        openness = (free * weight).sum(1) / weight.sum()
        bin_ = ((nodes.position @ along.float()) / BIN_M + BINS / 2).long().clamp(0, BINS - 1)
        share = cosine * free
        hidden = (cosine - share) * (2 * math.pi / count)
        below = (0.5 - 0.5 * nodes.normal[:, 2]).clamp_min(0)
        below[nodes.soft] = 0.5
        side, place = nodes.normal @ across.float(), (nodes.position - centre.float()) @ across.float()
        wall = (nodes.normal[:, 2].abs() < 0.3) & (nodes.area_m2 > 0.2)
        wall_near = wall & ((nodes.position - centre.float())[:, :2].norm(dim=1) < 0.45 * half_m)
        front, roof = _row(nodes.position[wall_near, 2], place[wall_near], side[wall_near], nodes.area_m2[wall_near])
        meets = _band_met(nodes.position[:, 2], place, toward, toward @ across.float(), front, roof)
        seen = torch.zeros(hidden.shape[0], 2 * (len(BANDS_M) + 1)).scatter_add_(1, meets, hidden)
        blocked = torch.cat([seen, below[:, None] * math.pi], 1)
        ground = (nodes.normal[:, 2] > 0.9) & (nodes.position[:, 2] < 0.6) & (nodes.area_m2 > 0.05)
        band = torch.bucketize(nodes.position[:, 2].contiguous(), torch.tensor(BANDS_M))
        rows = [wall & (-sign * side > 0.5) & (sign * place > 0) & (sign * place < front + _BEHIND_M)
                for sign in (1, -1)]  # fmt: skip
        groups = tuple(((row & (band == k)).nonzero().squeeze(1)) for row in rows for k in range(len(BANDS_M) + 1))
        order = torch.argsort(bin_, stable=True)
        starts = tuple(torch.searchsorted(bin_[order], torch.arange(BINS + 1)).tolist())
        baked = StreetAmbient(
            nodes, toward, share, blocked[order].contiguous(), openness, albedo, bin_,
            (*groups, ground.nonzero().squeeze(1)), lamplight, order, starts,
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
        back, along = torch.zeros_like(direct), torch.empty_like(direct)
        for _ in range(2):
            radiance = (direct + back) * self.albedo * (1 / math.pi)
            means = torch.stack([self._means(radiance, group) for group in self.groups], 1)  # (BINS, K, 3)
            for bin_, (start, end) in enumerate(itertools.pairwise(self.starts)):
                if end > start:
                    along[start:end] = self.blocked[start:end] @ means[bin_]
            back[self.order] = along
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


def _row(height: Tensor, place: Tensor, side: Tensor, area: Tensor) -> tuple[float, float]:
    """How far from the street's middle its houses' fronts stand, and how high they are, in metres.

    Args:
        height: (N,) metres of wall nodes; place: (N,) metres across from the middle; side: (N,) across part of their
            normals; area: (N,) m².
    """
    facing = (place * side < 0) & (side.abs() > 0.5)
    if not bool(facing.any()):
        return 10.0, 10.0
    front = _quantile(place[facing].abs(), area[facing], 0.25)
    near = facing & (place.abs() < front + _BEHIND_M)
    return front, _quantile(height[near], area[near], 0.9)


def _quantile(values: Tensor, weight: Tensor, share: float) -> float:
    values, order = values.sort()
    total = weight[order].double().cumsum(0)
    return float(values[int(torch.searchsorted(total, share * total[-1]).clamp(max=len(values) - 1))])


def _band_met(height: Tensor, place: Tensor, toward: Tensor, across: Tensor, front: float, roof: float) -> Tensor:
    """(T, D) int64, the side (right, then left) and band of houses that directions (D, 3) meet from nodes (T,).

    What blocks a direction that passes over the roofs is a tree or an awning: as dim as the lowest band.
    """
    sign = torch.where(across > 0, 1.0, -1.0)
    way = (front - place[:, None] * sign).clamp_min(0.5)
    met = height[:, None] + way * (toward[:, 2] / across.abs().clamp_min(0.02))
    band = torch.where(met < roof + 2.0, torch.bucketize(met, torch.tensor(BANDS_M)), 0)
    return band + torch.where(across > 0, 0, len(BANDS_M) + 1)
