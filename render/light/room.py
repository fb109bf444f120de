"""Ambient light of a room: sky through its openings, light thrown between its surfaces, and lamps with soft shadows.

Everything but the hour's colours is baked: what every node receives from the directions of a sky globe, form factors,
and the lamps' light. An hour is then a few small matrix products.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from render.abreast import both
from render.light.base import Light
from render.light.bounce import Bounce, bake_bounce
from render.light.lamps import Lamps
from render.light.nodes import Nodes
from render.light.portals import GLOBE, Blockers, Portals, globe, transfer
from render.light.roomsun import RoomSun
from render.light.skymaps import hemisphere
from render.light.sunmap import SunMaps
from render.visibility.quads import Quads
from render.visibility.sphere import visible_from

LAMP_SPREAD_M = 0.09
LAMP_SPOTS = 3
SOFT_FROM = 40
"""A room lit from fewer points than this is the quick one, whose lamps throw hard shadows."""
GLASS = (1.13, 1.0, 0.83)
"""What window glass and an eye used to the room make of skylight: a little warmer than outdoors."""
BESIDE_GLASS_M = 0.6
"""Nodes nearer to a pane than this get its light from few samples, unevenly: they share with their neighbours."""
REVEAL_SHARE = 0.35
"""Of the day on an open wall, what shows on the outer part of a reveal: its other side stands opposite, and what gel
the panes have (see glazing) lies before it."""
OPPOSITE = 0.45
"""Share of the sky that is left just over the horizon, where houses and trees stand."""


@dataclass(frozen=True)
class RoomAmbient:
    """Baked once per geometry; `natural` gives the daylight of one hour on every node.

    Args:
        share: (I, G) irradiance per unit radiance of the globe's directions on the nodes `near` indoors, folded: see
            `_folded`.
        openness: (T,) 0–1 how freely a node sees the sky. outdoors: (O,) nodes that are not the room's own;
        reveals: (T,) bool, those of them that lie beside a pane. lamplight: (T, 3) of all lamps, in display units.
    """

    nodes: Nodes
    near: Tensor
    share: Tensor
    openness: Tensor
    bounce: Bounce
    outdoors: Tensor
    reveals: Tensor
    lamplight: Tensor

    @staticmethod
    def bake(
        nodes: Nodes, albedo: Tensor, quads: Quads, texel_m: Tensor, casters: Quads, inside: Tensor, lamps: Lamps,
        portals: Portals, samples: int,
    ) -> RoomAmbient:
        """Trace openings, form factors and lamp shadows.

        Args:
            albedo: (T, 3) of the nodes. quads, texel_m: the mesh's primitives and wished node spacing.
            casters: what stands in the light's way indoors. inside: (T,) bool, nodes of the room itself.
            portals: where daylight comes in. samples: points on their glass.
        """
        near = inside.nonzero().squeeze(1)
        blockers = Blockers.of(casters)
        share, (direct, bounce) = both(
            lambda: transfer(portals, blockers, nodes.position[near], nodes.normal[near], nodes.soft[near], samples),
            lambda: (
                nodes.smoothed(_lamplight(nodes, blockers, lamps, samples >= SOFT_FROM), 1),
                bake_bounce(nodes, quads, texel_m, albedo, inside),
            ),
        )
        beside = _beside_glass(nodes, portals, samples)
        share = _evened(nodes, inside, share, beside)
        outdoors = (~inside).nonzero().squeeze(1)
        openness = torch.zeros(nodes.position.shape[0])
        openness[near] = (share.sum(1) / math.pi).clamp(0, 1)
        openness[outdoors] = 0.5 + 0.5 * nodes.normal[outdoors, 2]
        reveals = beside & ~inside
        return RoomAmbient(nodes, near, _folded(share), openness, bounce, outdoors, reveals, direct + bounce.of(direct))

    def natural(self, light: Light, sun: SunMaps | RoomSun | None) -> tuple[Tensor, Tensor]:
        """(T, 3) irradiance of sky and of light thrown back, and (T, 3) direct sun."""
        nodes = self.nodes
        direct = torch.zeros_like(nodes.position)
        above = globe()[:, 2] > 0
        globe_light = sky_globe(light)
        direct[self.near] = self.share @ torch.cat([globe_light[above], globe_light[~above][:1]])
        up = self.openness[self.outdoors, None]
        direct[self.outdoors] = light.sky_irradiance * up + light.ground_bounce * (1 - up)
        direct[self.reveals] *= torch.tensor(GLASS) * REVEAL_SHARE
        beam = sunbeam(nodes, light, sun)
        return direct + self.bounce.of(direct + beam), beam


def _folded(share: Tensor) -> Tensor:
    """Shares (I, GLOBE) of the directions above the horizon, and last the sum of the others: ground has one colour."""
    above = globe()[:, 2] > 0
    return torch.cat([share[:, above], share[:, ~above].sum(1, keepdim=True)], 1)


def _beside_glass(nodes: Nodes, portals: Portals, samples: int) -> Tensor:
    """(T,) bool, nodes that lie right beside a pane, indoors or out."""
    spots = portals.samples(samples)[0].float()
    nearest = torch.full((nodes.position.shape[0],), torch.inf)
    for spot in spots:
        nearest = torch.minimum(nearest, (nodes.position - spot).square().sum(1))
    return nearest < BESIDE_GLASS_M**2


def _evened(nodes: Nodes, inside: Tensor, share: Tensor, beside: Tensor) -> Tensor:
    """Shares (I, GLOBE) of the nodes indoors, averaged with their neighbours indoors where they are `beside` glass."""
    sought = beside & inside
    touched = torch.zeros(nodes.count.shape[0], dtype=torch.bool)
    touched[nodes.quad[sought]] = True
    some = touched[nodes.quad].nonzero().squeeze(1)
    row, own = (inside.cumsum(0) - 1)[some], inside[some]
    whole = torch.zeros(some.numel(), share.shape[1] + 1)
    whole[own] = torch.cat([share[row[own]], torch.ones(int(own.sum()), 1)], 1)
    soft = nodes.smoothed(whole, 2, some)[sought[some]]
    share[row[sought[some]]] = soft[:, :-1] / soft[:, -1:].clamp_min(1e-6)
    return share


def sky_globe(light: Light) -> Tensor:
    """(GLOBE, 3) radiance that comes in from the globe's directions: sky above, town and ground below."""
    toward = globe()
    above = light.sky.radiance(torch.cat([toward, hemisphere(48).float()]))
    level = (above[GLOBE:] * hemisphere(48).float()[:, 2:]).sum(0) * (2 * math.pi / 48)
    sky = above[:GLOBE] * (light.sky_irradiance / level.clamp_min(1e-9))
    ground = light.ground_bounce * (1.25 / math.pi)
    free = ((toward[:, 2:] + 0.02) / 0.30).clamp(0, 1) * (1 - OPPOSITE) + OPPOSITE
    return torch.where(toward[:, 2:] > 0, ground + (sky - ground) * free, ground) * torch.tensor(GLASS)


def sunbeam(nodes: Nodes, light: Light, sun: SunMaps | RoomSun | None) -> Tensor:
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


def _lamplight(nodes: Nodes, blockers: Blockers, lamps: Lamps, soft: bool) -> Tensor:
    """(T, 3) direct lamplight; every lamp is seen from a few spots, which softens its shadows."""
    count = len(lamps)
    visible = torch.ones(nodes.position.shape[0], count)
    lifted = nodes.position + 0.02 * nodes.normal
    down = torch.tensor([0.0, 0.0, -1.0], dtype=torch.float64)
    spots = LAMP_SPOTS if count <= 5 and soft else 1
    for k in range(count):
        reach = ((nodes.position - lamps.position_m[k]) ** 2).sum(1) < lamps.reach_m[k] ** 2
        near = reach.nonzero().squeeze(1)
        total = torch.zeros(near.numel())
        for spot in range(spots):
            turn = 2.4 * (spot + k)
            off = torch.tensor([math.cos(turn), math.sin(turn), 0.0]) * (LAMP_SPREAD_M * (spots > 1))
            eye = (lamps.position_m[k] + off).double()
            if float(lamps.downward[k]) > 0.9:
                total += blockers.seen_from(eye, down, lifted[near], 112).float()
            else:
                total += visible_from(blockers.quads, eye, lifted[near], 80)
        visible[near, k] = total / spots
    return lamps.irradiance(nodes.position, nodes.normal, visible)
