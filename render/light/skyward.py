"""What a camera sees where nothing stands: sky, sun and stars, sheets of cloud, single clouds, fog in front of all.

What is soft is worked out on a coarser grid of the camera's own rays, only where sky shows, and spread from there: sky
and sheets at half the size, single clouds at a third or a quarter. Sun, stars and the clouds' frayed edges are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from render.light.air import sky_through_fog
from render.light.base import Clouds, Light
from render.light.firmament import darkness, lights_in_the_sky, milky_way, pixel_angle, star_unit
from render.light.lightning import flashes, lightning
from render.view import View

_RIPPLED_RAD = 0.012
"""Ripples smear a mirrored sky by at least this angle."""


def sky_behind(
    direction: Tensor, which: Tensor, rays: Tensor, view: View, light: Light, fineness: int,
    sunny: Tensor | None = None,
) -> Tensor:
    """Radiance of the sky for samples that meet nothing.

    Args:
        direction: (M, 3) their unit rays.
        which: (M,) their index among all samples of the view.
        rays: (N, 3) the rays of all samples, row by row.
        view: the camera's; rays hold `fineness` samples per pixel along each side.
        light: the scene's.
        fineness: 1 for previews, 2 for settled pictures, which also march single clouds in finer steps.
        sunny: (M,) share of the mist along each ray that stands in the sun; None for all of it.

    Returns:
        (M, 3).
    """
    eye = torch.tensor(view.eye_m, dtype=torch.float32)
    pixel_rad = pixel_angle(view.fx_px, view.width_px)
    size = (view.width_px * fineness, view.height_px * fineness)
    around = view.projection == "equirect"
    half = _Grid.over(which, size, 2, 1, around)
    soft, through = sky_and_sheets(rays[half.sample], eye, light, pixel_rad)
    got = half.spread(torch.cat([soft, through[:, None]], 1), which)
    radiance = got[:3].T
    points = lights_in_the_sky(direction, light, pixel_rad)
    if points is not None:
        radiance = radiance + points * got[3].clamp(0, 1)[:, None]
    if light.clouds is not None:
        third = _Grid.over(which, size, 4 if fineness > 1 else 3, 2, around)
        glow, clear = light.clouds.march(eye, rays[third.sample], 26 if fineness > 1 else 11)
        got = third.spread(torch.cat([glow, (1 - clear)[:, None]], 1), which, blurred=True)
        radiance = _frayed(radiance, direction, got, eye, light.clouds, pixel_rad)
    if flashes(light):
        radiance = lightning(radiance, direction, eye, light, pixel_rad)
    at = (float(view.eye_m[0]), float(view.eye_m[1]))
    return sky_through_fog(radiance, direction, float(view.eye_m[2]), light, at, sunny)


def sky_and_sheets(direction: Tensor, eye_m: Tensor, light: Light, pixel_rad: float) -> tuple[Tensor, Tensor]:
    """The sky's own light with sheets of cloud laid over it: radiance (M, 3), and the share (M,) of sun and stars that
    comes through them, along unit rays (M, 3) from an eye (3,)."""
    radiance = light.sky.radiance(direction)
    dark = darkness(light)
    if dark > 0.01:
        radiance = radiance + milky_way(direction) * (dark * star_unit(light))
    through = torch.ones(direction.shape[0])
    if light.high_clouds is not None:
        radiance, through = light.high_clouds.over(radiance, direction, eye_m, pixel_rad)
        radiance = light.high_clouds.under(radiance, direction, eye_m)
    return radiance, through


def sky_mirrored(direction: Tensor, eye_m: Tensor, light: Light) -> Tensor:
    """The sky (M, 3) as still water and windows show it, clouds without their detail and no sun disk.

    Args:
        direction: (M, 3) mirrored unit rays, upwards.
        eye_m: (3,) the eye above the water.
        light: the scene's.
    """
    radiance = sky_and_sheets(direction, eye_m, light, _RIPPLED_RAD)[0]
    return radiance if light.clouds is None else light.clouds.mirrored(radiance, direction, eye_m)


def _frayed(
    radiance: Tensor, direction: Tensor, got: Tensor, eye: Tensor, clouds: Clouds, pixel_rad: float
) -> Tensor:
    """Radiance (M, 3) with single clouds before it, `got` (4, M) their light and cover, frayed where they are thin."""
    there = torch.nonzero(got[3] > 0.004).squeeze(1)
    if there.numel() == 0:
        return radiance
    got, way = got[:, there], direction[there]
    share = got[3].clamp(max=1)
    rough = clouds.fray(eye, way, pixel_rad)
    edge = 4 * share * (1 - share)
    torn = (share + 0.40 * rough * edge).clamp(0, 1)
    torn = torn + 0.6 * (torn * torn * (3 - 2 * torn) - torn)
    lit = got[:3] * (torn / share * (1 + 0.10 * rough * (1 - 0.5 * edge)))
    radiance[there] = radiance[there] * (1 - torn)[:, None] + lit.T.clamp(min=0)
    return radiance


@dataclass(frozen=True)
class _Grid:
    """A coarser grid over a view's samples: the cells near those that are wanted, and one sample in each.

    Args:
        size: (width, height) of the fine grid; small the same of the coarse one; factor between them.
        cells: (K,) coarse cells; sample: (K,) fine samples that stand for them.
        around: whether the last column lies beside the first, as in a panorama.
    """

    size: tuple[int, int]
    small: tuple[int, int]
    factor: int
    cells: Tensor
    sample: Tensor
    around: bool

    @staticmethod
    def over(which: Tensor, size: tuple[int, int], factor: int, reach: int, around: bool) -> _Grid:
        """The grid for the samples `which` (M,), with `reach` cells around each."""
        width, height = size
        small_w, small_h = -(-width // factor), -(-height // factor)
        mask = torch.zeros(small_h * small_w)
        mask[(which // width // factor) * small_w + which % width // factor] = 1
        mask = _bordered(mask.view(1, 1, small_h, small_w), reach, around)
        mask = torch.nn.functional.max_pool2d(mask, 2 * reach + 1, 1)
        cells = torch.nonzero(mask.reshape(-1)).squeeze(1)
        row = ((cells // small_w) * factor + factor // 2).clamp(max=height - 1)
        column = ((cells % small_w) * factor + factor // 2).clamp(max=width - 1)
        return _Grid(size, (small_w, small_h), factor, cells, row * width + column, around)

    def spread(self, values: Tensor, which: Tensor, blurred: bool = False) -> Tensor:
        """Values (K, C) of the cells at the fine samples `which` (M,): (C, M)."""
        small_w, small_h = self.small
        plane = torch.zeros(values.shape[1], small_h * small_w)
        plane[:, self.cells] = values.T
        plane = plane.view(1, -1, small_h, small_w)
        if blurred:
            plane = torch.nn.functional.avg_pool2d(_bordered(plane, 1, self.around), 3, stride=1)
        plane = _bordered(plane, 1, self.around)
        # A cell's value stands at its sample's middle.
        shift = 0.5 - (self.factor // 2 + 0.5) / self.factor
        u = (which % self.size[0] + 0.5) / self.factor + (shift + 1)
        v = (which // self.size[0] + 0.5) / self.factor + (shift + 1)
        at = torch.stack([u * (2 / (small_w + 2)) - 1, v * (2 / (small_h + 2)) - 1], -1)[None, None]
        return torch.nn.functional.grid_sample(
            plane, at, mode="bilinear", align_corners=False, padding_mode="border"
        )[0, :, 0]


def _bordered(plane: Tensor, width: int, around: bool) -> Tensor:
    """A plane (1, C, H, W) with a border: its own edges repeated, or left and right joined where it goes around."""
    sides = (width, width, 0, 0)
    plane = torch.nn.functional.pad(plane, sides, mode="circular" if around else "replicate")
    return torch.nn.functional.pad(plane, (0, 0, width, width), mode="replicate")
