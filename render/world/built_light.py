"""Light on a built place's nodes: what geometry bakes once, what an hour adds, and the exposure that follows."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from render.light.base import Light
from render.light.nodes import Nodes
from render.light.room import RoomAmbient
from render.light.roomsun import RoomSun
from render.light.street import StreetAmbient
from render.light.sunmap import SunMaps
from render.visibility.quads import Quads, corners
from render.world.place import Place, rotation
from render.world.quads_scene import Material
from render.world.town_light import fog_limit, hour_key, in_town

REMEMBERED_HOURS = 6
ROOM_TEXELS = 1_000_000
SKY_CASTER_M2 = 0.06
"""Smaller things shade the sun but are too small to matter for the sky."""


@dataclass
class Hour:
    """Light of one hour on one mesh: (T, 3) irradiance of sky and bounces, and the mean radiance around the focus."""

    sun: SunMaps | RoomSun | None
    sky: Tensor
    metered: float
    table: Tensor | None = None
    unit: float = 0.0


class BuiltLight:
    """The nodes of one place and their light."""

    def __init__(self, place: Place, *, fine: bool = True) -> None:
        self.place = place
        self._fine = fine
        mesh = place.mesh
        turn = torch.as_tensor(rotation(place.heading_deg))
        self._own_from_world = turn.T.float().contiguous()
        self._across, self._along = turn[0], turn[1]
        texel_m = mesh.texel_m * (1 if self._fine else 1.6)
        self.nodes = Nodes.lay(mesh.quads, mesh.normal, texel_m, mesh.vertex, mesh.points)
        self.inside = torch.ones(self.nodes.position.shape[0], dtype=torch.bool)
        if place.room is not None:
            own = self.nodes.position @ turn.T.float()
            low, high = torch.tensor(place.room[0]), torch.tensor(place.room[1])
            self.inside = ((own > low) & (own < high)).all(1)
        self._ambient: StreetAmbient | RoomAmbient | None = None
        self._openness: float | None = None
        self.hours: OrderedDict[tuple[object, ...], Hour] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """Memory that light may come to hold, for caches."""
        nodes, directions = self.nodes.position.shape[0], self.place.sky_maps[0]
        maps = sum(size * size for _, size in self.place.sun_spans) * 4
        patches = 60_000_000 if self.place.indoors else 0
        return nodes * (directions * 4 + 160) + patches + REMEMBERED_HOURS * (maps + nodes * 28)

    def baked(self) -> StreetAmbient | RoomAmbient:
        """The geometry's light transfer; traced on first use."""
        if self._ambient is None:
            mesh, place, nodes = self.place.mesh, self.place, self.nodes
            area = torch.linalg.cross(mesh.quads.edge_u, mesh.quads.edge_v).norm(dim=1)
            leaf = mesh.material == Material.LEAF
            least = SKY_CASTER_M2 * (1 if self._fine else 4)
            large = (area > self._least_caster()) & ~leaf if place.indoors else (area > least) | leaf
            broad = mesh.casts & large
            casters, centre = mesh.quads.pick(broad), torch.as_tensor(place.centre_m)
            albedo, (count, size) = mesh.tint[nodes.quad], place.sky_maps
            if place.indoors:
                assert place.portals is not None
                self._ambient = RoomAmbient.bake(
                    nodes, albedo, mesh.quads, mesh.texel_m, mesh.quads.pick(broad & self._indoors()), self.inside,
                    place.lamps, place.portals, count if self._fine else count // 4,
                )
            else:
                self._ambient = StreetAmbient.bake(
                    nodes,
                    albedo,
                    casters,
                    centre,
                    place.sky_half_m,
                    self._across,
                    self._along,
                    place.lamps,
                    count if self._fine else count * 5 // 8,
                    size if self._fine else size * 3 // 4,
                )
        return self._ambient

    def _least_caster(self) -> float:
        """Area in m² under which a thing is too small to shade a room of this size."""
        least = min(0.006 * max(1.0, (self.place.sky_half_m / 5) ** 2), 0.04)
        return least if self._fine else 2.5 * least

    def _indoors(self) -> Tensor:
        """(Q,) bool, primitives of which a corner lies in the room (widened by its walls)."""
        quads, room = self.place.mesh.quads, self.place.room
        assert room is not None
        low, high = torch.tensor(room[0]).double() - 0.6, torch.tensor(room[1]).double() + 0.6
        own = corners(quads) @ self._own_from_world.double()
        return ((own > low) & (own < high)).all(2).any(1)

    def hour(self, light: Light, casters: Quads, dress: float, coarse: bool) -> Hour:
        """Sun maps and daylight, remembered for the last few lights.

        Args:
            casters: what throws shade from the sun in the season's dress, of which `dress` is the name.
            coarse: a third of the sun maps' resolution.
        """
        key = (light.key, dress, coarse)
        with self._lock:  # the parts of one picture ask for the same
            if key not in self.hours:
                self.hours[key] = self._hour(light, casters, coarse)
                while len(self.hours) > REMEMBERED_HOURS:
                    self.hours.popitem(last=False)
            self.hours.move_to_end(key)
            return self.hours[key]

    def _hour(self, light: Light, casters: Quads, coarse: bool) -> Hour:
        sun: SunMaps | RoomSun | None = None
        dark = float(light.sun_irradiance.sum()) <= 1e-9 or float(light.sun_direction[2]) <= 0.01
        if not dark and self.place.portals is not None and self.place.room is not None:
            texels = ROOM_TEXELS // 6 if coarse else ROOM_TEXELS
            box = torch.tensor(self.place.room)
            toward = light.sun_direction.double()
            sun = RoomSun.build(casters, self.place.portals, toward, self._own_from_world, box, texels)
        elif not dark:
            spans = tuple((half, size // 3 if coarse else size) for half, size in self.place.sun_spans)
            sun = SunMaps.build(
                casters, torch.as_tensor(self.place.centre_m), light.sun_direction.double(), spans
            )
        baked = self.baked()
        if isinstance(baked, RoomAmbient):
            sky, beam = baked.natural(light, sun)
        else:
            assert not isinstance(sun, RoomSun), "streets have sun maps of their own"
            sky, beam = baked.natural(light, sun)
        return Hour(sun, sky, self._metered(sky + beam))

    def _metered(self, irradiance: Tensor) -> float:
        """Mean radiance of the surfaces around the focus under irradiance (T, 3), by area; of rooms the log average."""
        nodes = self.nodes
        focus = torch.as_tensor(np.asarray(self.place.stage.focus_m)).float()
        near = (nodes.position - focus).norm(dim=1) < self.place.metering.radius_m
        near &= self.inside & ~nodes.soft & (nodes.area_m2 > 0.004)
        if not self.place.indoors:
            near &= nodes.position[:, 2] < 14
        bright = (irradiance[near] * self.place.mesh.tint[nodes.quad[near]]).mean(1) / math.pi
        weight = nodes.area_m2[near] / nodes.area_m2[near].sum().clamp_min(1e-9)
        middle = math.exp(float((bright.clamp_min(1e-9).log() * weight).sum()))
        if self.place.indoors:
            return middle
        # Mostly by the mean: where a low sun rakes over some walls, these keep their colour and the shade its depth.
        return float(middle**0.25 * max(float((bright * weight).sum()), 1e-9) ** 0.75)

    def arrived(self, light: Light) -> Light:
        """The light as this place has it: between houses not what falls on open land; see `in_town`."""
        return light if self.place.indoors else in_town(light, self._ground_openness())

    def _ground_openness(self) -> float:
        """0–1, how freely the ground around the focus sees the sky; metered like brightness."""
        if self._openness is None:
            nodes = self.nodes
            focus = torch.as_tensor(np.asarray(self.place.stage.focus_m)).float()
            near = (nodes.position - focus).norm(dim=1) < self.place.metering.radius_m
            near &= (nodes.normal[:, 2] > 0.9) & (nodes.area_m2 > 0.05)
            weight = nodes.area_m2[near]
            total = (self.baked().openness[near] * weight).sum() / weight.sum().clamp_min(1e-9)
            self._openness = float(total.clamp(0, 1))
        return self._openness

    def gain(self, light: Light, metered: float) -> float:
        """Factor on the light's exposure that this place wants under its own daylight."""
        metering = self.place.metering
        display = max(metered * light.exposure / 2.0**light.scene.exposure_ev, 1e-5)
        gain = min(max((metering.target / display) ** metering.pull, metering.least), metering.most)
        if self.place.indoors:  # an unlit room by moonlight is to look like one
            gain *= 1 - 0.72 * min(1.0, max(0.0, (-light.sun_elevation_deg - 2) / 8))
        else:
            gain = min(gain * hour_key(light.sun_elevation_deg), fog_limit(light))
        lamplit = min(1.0, 2 * light.lamps_on)  # under lamps one exposes for them, not for the moon
        return float(gain ** (1 - lamplit) * metering.lamplit**lamplit)

    def table(self, hour: Hour, light: Light) -> Tensor:
        """(T, 4) irradiance of sky, bounces and lamps, and sky openness: what the nodes hold for this light."""
        unit = lamp_unit(light)
        if hour.table is None or hour.unit != unit:
            baked = self.baked()
            hour.table = torch.cat([hour.sky + baked.lamplight * unit, baked.openness[:, None]], 1)
            hour.unit = unit
        return hour.table


def lamp_unit(light: Light) -> float:
    """Irradiance in scene units of one display unit of lamp light."""
    return float(2.0**light.scene.exposure_ev / light.exposure * min(1.0, 2 * light.lamps_on))
