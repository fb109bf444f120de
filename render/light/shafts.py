"""Sunbeams in the dust of a room: light scattered towards the eye along every ray, up to what it meets.

Where the sun reaches is a grid that stands in the room (`RoomSun.air`), softened once, so every camera sees the same
beams and none shows steps. The view is cut into cells a few pixels wide and some depths deep that read the grid.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from render.light.base import Light
from render.light.beams import rays_per_depth
from render.light.glazing import beam
from render.light.roomsun import RoomSun
from render.view import View

CELL_PX = 8
MOST_CELLS = 5200
DEPTHS = 56
CLEAR_TO_M = 1.5
"""Dust just before the lens is out of focus and hardly seen: a camera that stands in a beam still sees the room."""
_HALL_M = 24.0
"""Diagonal of a room from which on weather hangs no thinner."""
_MIST_PER_M, _DUST_PER_M = 2.0, 0.006
"""Of fog's extinction outdoors, and of a full dust storm: how much of it hangs in a room with closed windows."""


def thickness(light: Light, dust_per_m: float, reach_m: float = _HALL_M) -> float:
    """How much of a sunbeam a metre of room air shows: what the place has of its own, by haze, and weather's part.

    Args:
        reach_m: the room's diagonal. Beams are short in a small room, hence dust and weather hang thicker there.
    """
    haze = 0.4 + 0.6 * math.sqrt(light.scene.haze / 0.25) ** 3
    mist = min(_MIST_PER_M * light.fog_per_m, 0.012) if light.dust <= 0 else 0.0
    near = min(max(1.0, _HALL_M / reach_m), 2.4)
    return (dust_per_m * haze + mist + _DUST_PER_M * light.dust) * near


def shafts(
    view: View, pixel: Tensor, depth_m: Tensor, sun: RoomSun, light: Light, dust_per_m: float
) -> Tensor:
    """(M, 3) radiance scattered in on the way to what the pixels (M,) show at depths (M,), planar for a pinhole."""
    factor = max(CELL_PX, round((view.width_px * view.height_px / MOST_CELLS) ** 0.5))
    small = view.scaled(1 / factor)
    wide, tall = small.width_px, small.height_px
    way = rays_per_depth(small)
    length = way.norm(dim=1)
    reach = float((sun.inside[1] - sun.inside[0]).norm())
    ends = reach * (torch.arange(DEPTHS + 1) / DEPTHS) ** 1.25
    middle = 0.5 * (ends[1:] + ends[:-1])
    eye = torch.as_tensor(view.eye_m).float() @ sun.own
    size = sun.inside[1] - sun.inside[0]
    start, go = (eye - sun.inside[0]) / size * 2 - 1, (way @ sun.own) / size * 2
    at = start + go[None] * middle[:, None, None]
    lit = torch.nn.functional.grid_sample(
        sun.air[None, None], at.view(1, DEPTHS, tall, wide, 3), mode="bilinear", padding_mode="zeros",
        align_corners=False,
    )
    mu = (way @ light.sun_direction) / length
    phase = 0.10 + 0.17 * ((1 + mu) * 0.5) ** 4
    near = (middle[:, None] * length[None] / CLEAR_TO_M).clamp(max=1) ** 2
    step = (ends[1:] - ends[:-1])[:, None] * near * (length * phase * thickness(light, dust_per_m, reach))[None]
    total = (lit.view(DEPTHS, -1) * step).cumsum(0)
    volume = torch.cat([torch.zeros(1, total.shape[1]), total]).view(1, 1, DEPTHS + 1, tall, wide)
    soft = torch.nn.functional.pad(volume, (1, 1, 1, 1, 0, 0), mode="replicate")
    volume = torch.nn.functional.avg_pool3d(soft, (1, 3, 3), stride=1)

    column = (pixel % view.width_px + 0.5) * (2 / view.width_px) - 1
    row = (torch.div(pixel, view.width_px, rounding_mode="floor") + 0.5) * (2 / view.height_px) - 1
    end = (depth_m / reach).clamp(0, 1) ** (1 / 1.25) * DEPTHS
    slice_ = (2 * end + 1) / (DEPTHS + 1) - 1
    grid = torch.stack([column, row, slice_], 1).view(1, 1, 1, -1, 3)
    got = torch.nn.functional.grid_sample(volume, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return got.view(-1, 1) * (light.sun_irradiance * beam(light))

