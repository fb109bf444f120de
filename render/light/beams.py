"""Sunbeams in mist: how much of the mist along a ray stands in the sun, between crowns and behind ridges.

The view is cut into cells a few pixels wide and some depths deep; whether the sun reaches a cell is read from the
land's own shadow, so beams stand in the world and every camera sees the same ones.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from render.light.base import Light
from render.view import View
from render.visibility.quads import equirect_rays

CELL_PX = 6
MOST_CELLS = 6000
DEPTHS = 22
NEAR_M, FAR_M = 3.0, 520.0
SOFT_M = 1.6
"""Over so much height a beam's edge fades: leaves let some sun through."""

ShadeTop = Callable[[Tensor, Tensor], Tensor]
"""Height (M,) in metres below which shade begins, at world x and y (M,)."""


def has_beams(light: Light) -> bool:
    """Whether the air holds mist that a sun could draw beams in."""
    return light.fog_per_m > 0.0012 and not light.by_moon and float(light.fog_glow.max()) > 1e-4


class Beams:
    """Sunlit share of the mist before a view's pixels.

    Args:
        view: the camera.
        light: the scene's.
        shade_top_m: where shade begins.
    """

    def __init__(self, view: View, light: Light, shade_top_m: ShadeTop) -> None:
        self._view = view
        factor = max(CELL_PX, round((view.width_px * view.height_px / MOST_CELLS) ** 0.5))
        small = view.scaled(1 / factor)
        way = rays_per_depth(small)
        length = way.norm(dim=1)
        self._ends = torch.cat([torch.zeros(1), NEAR_M * (FAR_M / NEAR_M) ** (torch.arange(DEPTHS) / (DEPTHS - 1))])
        middle = 0.5 * (self._ends[1:] + self._ends[:-1])
        eye = torch.as_tensor(view.eye_m).float()
        points = (eye + way[None] * (middle[:, None] / length[None])[:, :, None]).reshape(-1, 3)
        lit = ((points[:, 2] - shade_top_m(points[:, 0], points[:, 1])) * (1 / SOFT_M) + 0.5).clamp(0, 1)
        step = (self._ends[1:] - self._ends[:-1])[:, None]
        height = (points[:, 2].clamp(min=0) * (-1 / light.fog_height_m)).exp().view(DEPTHS, -1)
        met = height * step * light.fog_per_m
        left = (-(met.cumsum(0) - 0.5 * met)).exp() * met  # what each stretch sends to the eye
        total, sunny = left.cumsum(0), (left * lit.view(DEPTHS, -1)).cumsum(0)
        share = sunny / total.clamp(min=1e-9)
        volume = torch.cat([share[:1], share]).view(1, 1, DEPTHS + 1, small.height_px, small.width_px)
        soft = torch.nn.functional.pad(volume, (1, 1, 1, 1, 0, 0), mode="replicate")
        self._volume = torch.nn.functional.avg_pool3d(soft, (1, 3, 3), stride=1)

    def share(self, pixel: Tensor, distance_m: Tensor) -> Tensor:
        """(M,) share of the mist in the sun before pixels (M,) of the view, up to distances (M,) along their rays."""
        width, height = self._view.width_px, self._view.height_px
        column = (pixel % width + 0.5) * (2 / width) - 1
        row = (torch.div(pixel, width, rounding_mode="floor") + 0.5) * (2 / height) - 1
        far = distance_m.clamp(NEAR_M, FAR_M)
        depth = 1 + torch.log(far / NEAR_M) * ((DEPTHS - 1) / float(torch.log(torch.tensor(FAR_M / NEAR_M))))
        grid = torch.stack([column, row, (2 * depth + 1) / (DEPTHS + 1) - 1], 1).view(1, 1, 1, -1, 3)
        got = torch.nn.functional.grid_sample(
            self._volume, grid, mode="bilinear", padding_mode="border", align_corners=False
        )
        return got.view(-1)


def rays_per_depth(view: View) -> Tensor:
    """(N, 3) ways per unit of depth through the pixel centres."""
    if view.projection == "equirect":
        return equirect_rays(view)
    x = (torch.arange(view.width_px) + 0.5 - view.cx_px) / view.fx_px
    y = (torch.arange(view.height_px) + 0.5 - view.cy_px) / view.fy_px
    axes = torch.as_tensor(view.world_from_cam).float()
    return (x[None, :, None] * axes[:, 0] + y[:, None, None] * axes[:, 1] + axes[:, 2]).reshape(-1, 3)
