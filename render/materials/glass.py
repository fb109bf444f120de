"""What panes mirror: the row of houses opposite up to its roofs, and the sky above them."""

from __future__ import annotations

import torch
from torch import Tensor

from render.materials.base import Mood, Patch, mix, smooth
from render.materials.noise import cell_hash

_HOUSE_M, _BAY_M, _FLOOR_M = 11.0, 2.6, 3.2


def mirrored(p: Patch, away: Tensor, opposite_m: Tensor, roof_m: Tensor, mood: Mood) -> Tensor:
    """(M, 3) radiance that a pane at points of a street mirrors.

    The houses opposite are stood for by a plane with a broken roof line, dark windows and a darker ground floor: a pane
    that mirrors one flat tone looks painted, one that mirrors a skyline looks like glass.

    Args:
        away: (M, 3) unit mirrored ways. opposite_m: (M,) how far away the other side of the street is.
        roof_m: (M,) about how high its roofs stand. mood: for what lights it.
    """
    out = (away * p.normal).sum(1).clamp_min(0.03)
    reach = (opposite_m / out).clamp_max(140.0)
    height = p.position[:, 2] + away[:, 2] * reach
    along = p.street[:, 1] + (away * p.tangent).sum(1) * reach
    house = (along / _HOUSE_M).floor()
    each = cell_hash(house, house * 0, 83)
    roof = roof_m * (0.72 + 0.5 * each)
    bay, floor = along / _BAY_M, height / _FLOOR_M
    window = (((bay - bay.floor()) - 0.5).abs() < 0.24) & (((floor - floor.floor()) - 0.5).abs() < 0.30)
    near = 1 - smooth(30.0, 90.0, reach)
    tone = (0.65 + 0.7 * each) * (1 - 0.6 * near * window.float())
    tone = tone * (0.28 + 0.72 * smooth(0.5, 5.5, height))  # cars, trees and awnings stand before the ground floor
    row = mood.street * tone[:, None]
    above = smooth(-0.03, 0.03, (height - roof) / reach)
    return mix(row, mood.sky.radiance(away), above)


def fresnel(facing: Tensor, least: float) -> Tensor:
    """(M,) share that a pane of two faces throws back, by the cosine between its normal and the way to the eye."""
    return least + (0.92 - least) * (1 - facing.abs().clamp(0, 1)) ** 5


def hint_of_room(depth_m: Tensor, mood: Mood) -> Tensor:
    """(M, 3) daylight in a room at a depth behind its pane: by day rooms are far darker than the street."""
    return mood.daylight * (0.15 * torch.exp(-depth_m / 2.4) + 0.012)[:, None]
