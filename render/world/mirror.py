"""Reflections in wet ground: the scene seen by the camera mirrored in the ground plane, looked up at the same pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from render.light.base import Light
from render.light.skyward import sky_mirrored
from render.materials.base import Patch
from render.materials.noise import tile
from render.view import View
from render.visibility.quads import Quads

if TYPE_CHECKING:
    from render.world.built import BuiltWorld

PLANE_M = 0.02
TAPS = 5


def mirrored_light(world: BuiltWorld, view: View, pixel: Tensor, p: Patch, gloss: Tensor, light: Light) -> Tensor:
    """(M, 3) radiance arriving at wet points from their mirrored directions.

    The mirrored picture is traced at half the film's resolution; rough spots smear it upright, as wet asphalt does.
    """
    half = view.scaled(0.5)
    eye = half.eye_m * [1, 1, -1] + [0, 0, 2 * PLANE_M]
    flip = np.diag([1.0, 1.0, -1.0])
    camera = View("pinhole", half.width_px, half.height_px, eye, flip @ half.world_from_cam, half.fx_px, half.fy_px,
                  half.cx_px, half.cy_px)
    g = world.reflected(camera, lambda: above_ground(world))
    column = torch.div(pixel % view.width_px, 2, rounding_mode="floor").clamp_max(half.width_px - 1)
    row = torch.div(torch.div(pixel, view.width_px, rounding_mode="floor"), 2, rounding_mode="floor")

    rough = 1 - 0.88 * gloss
    ripple = tile(p.street[:, 0] * 0.9, p.street[:, 1] * 0.9)
    rows = []
    spread = 0.16 * half.height_px * rough
    for tap in range(TAPS):
        shift = ((tap + 0.5) / TAPS - 0.5) * spread + ripple[:, 1] * (0.012 * half.height_px) * rough
        rows.append((row + shift.round().long()).clamp(0, half.height_px - 1))
    sway = (ripple[:, 0] * (0.004 * half.width_px) * rough).round().long()
    column = (column + sway).clamp(0, half.width_px - 1)
    at = torch.stack([r * half.width_px + column for r in rows], 1)

    wanted = torch.unique(at)
    picture = torch.zeros(half.width_px * half.height_px, 3)
    hit = wanted[g.hit[wanted]]
    free = wanted[~g.hit[wanted]]
    picture[hit] = world.shade(g, hit, light)
    if free.numel():
        picture[free] = sky_mirrored(g.direction[free], torch.tensor(view.eye_m, dtype=torch.float32), light)
    ceiling = 6.0 / max(light.exposure, 1e-9)
    return picture[at].clamp_max(ceiling).mean(1)


def above_ground(world: BuiltWorld) -> tuple[Quads, Tensor]:
    """The primitives that can be mirrored, and their ids in the mesh."""
    quads = world.place.mesh.quads.pick(world.shown)
    top = quads.origin[:, 2] + quads.edge_u[:, 2].clamp_min(0) + quads.edge_v[:, 2].clamp_min(0)
    ids = (top > 0.3).nonzero().squeeze(1)
    return quads.pick(ids), world.shown[ids]
