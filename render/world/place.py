"""What a layout (city, interior) hands to BuiltWorld: mesh, lamps, stage and where one may stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from render.light.lamps import Lamps
from render.light.portals import Portals
from render.world.base import Stage
from render.world.quads_scene import Mesh

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Metering:
    """How a place is exposed: the nodes within a radius of the focus are brought towards a mean brightness.

    Args:
        radius_m: which nodes count. target: display brightness they are brought to. pull: 0–1 how far.
        least, most: bounds of the gain. lamplit: the gain when all lamps are lit.
    """

    radius_m: float
    target: float
    pull: float
    least: float
    most: float
    lamplit: float


@dataclass(frozen=True)
class Place:
    """One built place, world frame.

    Args:
        mesh: all primitives.
        lamps: lamps lit after dark; color in display units.
        stage: what the standard angles are composed around.
        heading_deg: compass heading of the street's (or room's) own y axis.
        centre_m: (3,) middle of the light maps; sky_half_m their reach; sky_maps (directions, texels a side).
        sun_spans: (half side in metres, texels) of the sun maps, finest first.
        metering: how it is exposed.
        solid: whether a point in the place's own frame lies inside something closed (or outside the room).
        ground: height of the walkable ground at own-frame x, y.
        room: own-frame corners (lowest, highest) of the room when light comes in by windows only, else None.
        damp: 0–1 how wet the ground is on a dry night, as streets are that were washed.
        portals: those windows, when it is a room. dust_per_m: how much of a sunbeam the room's air shows.
    """

    mesh: Mesh
    lamps: Lamps
    stage: Stage
    heading_deg: float
    centre_m: F64
    sky_half_m: float
    sky_maps: tuple[int, int]
    sun_spans: tuple[tuple[float, int], ...]
    metering: Metering
    solid: Callable[[float, float, float], bool]
    ground: Callable[[float, float], float]
    room: tuple[tuple[float, float, float], tuple[float, float, float]] | None = None
    portals: Portals | None = None
    dust_per_m: float = 0.0
    damp: float = 0.0

    @property
    def indoors(self) -> bool:
        return self.room is not None


def rotation(heading_deg: float) -> F64:
    """(3, 3) so that own-frame row vectors @ it are world-frame: the own y axis points along the heading."""
    turn = np.radians(heading_deg)
    return np.array([[np.cos(turn), -np.sin(turn), 0.0], [np.sin(turn), np.cos(turn), 0.0], [0.0, 0.0, 1.0]])
