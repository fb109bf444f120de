"""What a camera sees where nothing stands: sky, sun and stars, sheets of cloud, single clouds, fog in front of all."""

from __future__ import annotations

import torch
from torch import Tensor

from render.light.air import sky_through_fog
from render.light.base import Clouds, Light
from render.light.firmament import firmament, pixel_angle
from render.view import View

_RIPPLED_RAD = 0.012
"""Ripples smear a mirrored sky by at least this angle."""


def sky_behind(direction: Tensor, which: Tensor, rays: Tensor, view: View, light: Light, fineness: int) -> Tensor:
    """Radiance of the sky for samples that meet nothing.

    Args:
        direction: (M, 3) their unit rays.
        which: (M,) their index among all samples of the view.
        rays: (N, 3) the rays of all samples, row by row.
        view: the camera's; rays hold `fineness` samples per pixel along each side.
        light: the scene's.
        fineness: 1 for previews, 2 for settled pictures, which also march single clouds in finer steps.

    Returns:
        (M, 3).
    """
    eye = torch.tensor(view.eye_m, dtype=torch.float32)
    pixel_rad = pixel_angle(view.fx_px, view.width_px)
    radiance = firmament(direction, light, light.overcast, pixel_rad)
    sheets = light.high_clouds
    if sheets is not None:
        radiance = sheets.over(radiance, direction, eye, pixel_rad)
        radiance = sheets.under(radiance, direction, eye)
    if light.clouds is not None:
        size = (view.width_px * fineness, view.height_px * fineness)
        radiance = _single_clouds(radiance, direction, which, rays, size, eye, light.clouds, fineness, pixel_rad)
    at = (float(view.eye_m[0]), float(view.eye_m[1]))
    return sky_through_fog(radiance, direction, float(view.eye_m[2]), light, at)


def sky_mirrored(direction: Tensor, eye_m: Tensor, light: Light) -> Tensor:
    """The sky (M, 3) as still water shows it: its own light and sheets of cloud, no sun disk, no single clouds.

    Args:
        direction: (M, 3) mirrored unit rays, upwards.
        eye_m: (3,) the eye above the water.
        light: the scene's.
    """
    radiance = light.sky.radiance(direction)
    if light.high_clouds is not None:
        radiance = light.high_clouds.over(radiance, direction, eye_m, _RIPPLED_RAD)
        radiance = light.high_clouds.under(radiance, direction, eye_m)
    return radiance


def _single_clouds(
    radiance: Tensor, direction: Tensor, which: Tensor, rays: Tensor, size: tuple[int, int], eye: Tensor,
    clouds: Clouds, fineness: int, pixel_rad: float,
) -> Tensor:
    """Clouds marched at a fraction of the size, then frayed at full size where they are thin."""
    width, height = size
    factor = 4 if fineness > 1 else 3
    small_w, small_h = max(2, width // factor), max(2, height // factor)
    rows = ((torch.arange(small_h) + 0.5) * height / small_h).long()
    columns = ((torch.arange(small_w) + 0.5) * width / small_w).long()
    few = rays.view(height, width, 3)[rows][:, columns].reshape(-1, 3)
    glow, clear, met = clouds.march(eye, few, 26 if fineness > 1 else 14)
    thick = 1 - clear
    low = torch.cat([glow, thick[:, None], (met * thick)[:, None]], 1).T.reshape(1, 5, small_h, small_w)
    low = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(low, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    at = torch.stack([
        (which % width + 0.5) * (2 / width) - 1, (which // width + 0.5) * (2 / height) - 1,
    ], -1)[None, None]
    got = torch.nn.functional.grid_sample(low, at, mode="bilinear", align_corners=False, padding_mode="border")[0, :, 0]
    there = torch.nonzero(got[3] > 0.004).squeeze(1)
    if there.numel() == 0:
        return radiance
    got, way = got[:, there], direction[there]
    share = got[3].clamp(max=1)
    rough = clouds.fray(eye, way, got[4] / share, pixel_rad)
    edge = 4 * share * (1 - share)
    torn = (share + 0.42 * rough * edge).clamp(0, 1)
    torn = torn + 0.6 * (torn * torn * (3 - 2 * torn) - torn)
    lit = got[:3] * (torn / share * (1 + 0.10 * rough * (1 - 0.5 * edge)))
    radiance[there] = radiance[there] * (1 - torn)[:, None] + lit.T.clamp(min=0)
    return radiance

