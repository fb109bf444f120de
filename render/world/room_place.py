"""From a furnished shell to a Place: where one may stand, what is looked at, how it is lit and exposed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from render.light.lamps import lamps_from_rows
from render.light.portals import portals_from_rows
from render.world.base import Stage
from render.world.place import Metering, Place, rotation
from render.world.quads_scene import MeshBuilder
from render.world.shell import Shell

Taken = tuple[float, float, float, float, float]
"""Own-frame x0, x1, y0, y1 and top of something that nobody can stand in."""
LampRow = tuple[float, ...]
"""Own-frame x, y, z, colour r, g, b at a metre in display units, reach m, downward 0–1."""


def room_place(
    b: MeshBuilder, shell: Shell, half_x: float, half_y: float, high: float, *, heading_deg: float,
    focus: Sequence[float], eye: Sequence[float], lamps: list[LampRow], taken: list[Taken], metering: Metering,
    samples: int = 96, dust_per_m: float = 0.0, top: Callable[[float, float], float] | None = None,
) -> Place:
    """The place of a rectangular room over ±half_x, ±half_y.

    Args:
        focus: own-frame point the standard angles look at; eye: own-frame x, y where the wide one wants to stand.
        samples: points on the glass from which daylight is traced.
        top: height of the ceiling over own-frame x, y, where it is not flat; `high` is then its highest.
    """
    turn = rotation(heading_deg)
    away = np.array([eye[0] - focus[0], eye[1] - focus[1]])
    approach = float(np.degrees(np.arctan2(away[0], away[1])))

    def solid(x: float, y: float, z: float) -> bool:
        limit = high if top is None else top(x, y)
        if abs(x) > half_x - 0.05 or abs(y) > half_y - 0.05 or not 0.0 < z < limit - 0.05:
            return True
        return any(x0 < x < x1 and y0 < y < y1 and z < over for x0, x1, y0, y1, over in taken)

    return Place(
        mesh=b.finish(heading_deg),
        lamps=lamps_from_rows(lamps, torch.as_tensor(turn)),
        stage=Stage(np.array(focus) @ turn, float(np.hypot(*away)), (heading_deg + approach) % 360.0, indoors=True),
        heading_deg=heading_deg,
        centre_m=np.array([0.0, 0.0, high / 2]) @ turn,
        sky_half_m=max(half_x, half_y) * 1.5,
        sky_maps=(samples, 0),
        sun_spans=(),
        metering=metering,
        solid=solid,
        ground=lambda x, y: 0.0,
        room=((-half_x - 0.2, -half_y - 0.2, -0.05), (half_x + 0.2, half_y + 0.2, high + 0.1)),
        portals=portals_from_rows(shell.portals, torch.as_tensor(turn)),
        dust_per_m=dust_per_m,
    )
