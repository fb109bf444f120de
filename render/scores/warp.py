"""Where one camera's surface lies in another's picture, and whether that one sees it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from render.scores.shown import Measured
from render.view import View

NEAR_M = 0.05
SAME_DEPTH = 0.02
"""Relative difference of depth up to which two cameras look at one surface."""
AREA_RATIOS = (1 / 3, 3.0)
WINDOW_PX = 15
WINDOW_VALID = 0.6


@dataclass(frozen=True)
class Met:
    """Picture B at the places that picture A shows.

    Args:
        at: (H, W, 2) where A's pixels lie in B, pixels of B, corner convention.
        depth_m: (H, W) their planar depth for B.
        inside: (H, W) bool: a surface of A, before B and within its frame.
        seen: (H, W) bool: B sees that very surface there.
        visible: (H, W) bool: `seen`, and fit to be compared.
    """

    at: Tensor
    depth_m: Tensor
    inside: Tensor
    seen: Tensor
    visible: Tensor


def meet(a: Measured, b: Measured, points: Tensor | None = None) -> Met | None:
    """Bring A's surface before camera B; None when nothing of it is in B's frame.

    Args:
        a, b: the pictures.
        points: A's `world_points`, where they are known already.
    """
    at, depth = project(world_points(a) if points is None else points, b.view)
    height, width = b.view.height_px, b.view.width_px
    inside = a.surface & (depth > NEAR_M)
    inside &= (at[..., 0] > 0.5) & (at[..., 0] < width - 0.5) & (at[..., 1] > 0.5) & (at[..., 1] < height - 0.5)
    if not bool(inside.any()):
        return None
    column, row = at[..., 0].clamp(0, width - 1).long(), at[..., 1].clamp(0, height - 1).long()
    there = b.inverse[row, column]
    seen = inside & ((1 - depth * there).abs() < SAME_DEPTH * depth * there)
    ratio = _area_ratio(at)
    visible = seen & a.usable & b.usable[row, column] & (ratio > AREA_RATIOS[0]) & (ratio < AREA_RATIOS[1])
    around = F.avg_pool2d(visible.float()[None], WINDOW_PX, 1, WINDOW_PX // 2)[0]
    return Met(at, depth, inside, seen, visible & (around >= WINDOW_VALID))


def brought(picture: Tensor, at: Tensor) -> Tensor:
    """Picture (C, H, W) read bilinearly at (H', W', 2) pixel places."""
    _, height, width = picture.shape
    grid = torch.stack([at[..., 0] * (2 / width) - 1, at[..., 1] * (2 / height) - 1], -1)
    read = F.grid_sample(picture[None], grid[None].clamp(-2, 2), "bilinear", "border", align_corners=False)
    return read[0]


def world_points(a: Measured) -> Tensor:
    """(H, W, 3) world points of A's pixels, metres; sky lies at a made-up depth of 1e6 m."""
    view = a.view
    depth = 1 / a.inverse.clamp(min=1e-6)
    x = (torch.arange(view.width_px) + 0.5 - view.cx_px) / view.fx_px
    y = (torch.arange(view.height_px) + 0.5 - view.cy_px) / view.fy_px
    rays = torch.stack([x.expand(view.height_px, -1), y[:, None].expand(-1, view.width_px), torch.ones_like(depth)], -1)
    # Double: places may lie thousands of metres out, and hundredths of a pixel count.
    rotation, eye = torch.from_numpy(view.world_from_cam), torch.from_numpy(view.eye_m)
    return (rays * depth[..., None]).double() @ rotation.T + eye


def project(points: Tensor, view: View) -> tuple[Tensor, Tensor]:
    """(H, W, 2) float32 pixels and (H, W) planar depth, metres, of world points before a camera."""
    local = (points - torch.from_numpy(view.eye_m)) @ torch.from_numpy(view.world_from_cam)
    depth = local[..., 2]
    safe = torch.where(depth.abs() < 1e-6, torch.full_like(depth, 1e-6), depth)
    x = local[..., 0] / safe * view.fx_px + view.cx_px
    y = local[..., 1] / safe * view.fy_px + view.cy_px
    return torch.stack([x, y], -1).float(), depth.float()


def _area_ratio(at: Tensor) -> Tensor:
    """(H, W) area in B of a pixel of A, by central differences."""
    padded = F.pad(at.permute(2, 0, 1)[None], (1, 1, 1, 1), mode="replicate")[0]
    across = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2
    down = (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
    return (across[0] * down[1] - across[1] * down[0]).abs()
