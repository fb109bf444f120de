"""The film: scene-linear radiance becomes a display picture. One fixed curve; it never looks at the picture first.

Curve: S. Hill's fit of the ACES reference and output transforms, then the sRGB transfer (IEC 61966-2-1).
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from render.abreast import abreast, spans

_INTO_ACES = ((0.59719, 0.35458, 0.04823), (0.07600, 0.90834, 0.01566), (0.02840, 0.13383, 0.83777))
_OUT_OF_ACES = ((1.60475, -0.53108, -0.07367), (-0.10208, 1.10813, -0.00605), (-0.00327, -0.07276, 1.07602))
_BLOOM, _VIGNETTE = 0.10, 0.05


def develop(linear: Tensor, exposure: float, *, vignette: bool = True) -> npt.NDArray[np.uint8]:
    """Expose, bloom, map and quantise.

    Args:
        linear: (H, W, 3) float32 scene-linear radiance.
        exposure: factor from the scene's light (E4).
        vignette: darken the corners a little; off for panoramas.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    image = (linear * exposure).permute(2, 0, 1)  # (3, H, W)
    height, width = image.shape[1:]
    image = image + _bloom(image)
    if vignette:
        image = image * _corners(height, width)
    dither = _dither(height, width)
    out = torch.empty(height, width, 3, dtype=torch.uint8)

    def part(rows: slice) -> None:
        mapped = _mix(_OUT_OF_ACES, _curve(_mix(_INTO_ACES, image[:, rows]))).clamp(0, 1)
        srgb = torch.where(mapped <= 0.0031308, mapped * 12.92, 1.055 * mapped.clamp(min=1e-8) ** (1 / 2.4) - 0.055)
        out[rows] = (srgb * 255 + dither[:, rows] * (srgb > 0)).to(torch.uint8).permute(1, 2, 0)

    abreast(*(partial(part, rows) for rows in spans(height, of=width)))
    shown: npt.NDArray[np.uint8] = out.numpy(force=True)
    return shown


def _dither(height: int, width: int) -> Tensor:
    """(3, H, W) thresholds in 0–1 instead of ½ everywhere, so that a slow gradient shows no steps.

    Interleaved gradient noise (J. Jimenez, SIGGRAPH 2014): even within each few pixels, the same for every picture of
    a size. It moves no value by more than one step of 255.
    """
    y, x = torch.arange(height)[:, None] + 0.0, torch.arange(width)[None] + 0.0
    planes = []
    for shift in (0.0, 31.0, 67.0):
        wave = (0.06711056 * (x + shift) + 0.00583715 * (y + 0.4 * shift)).frac()
        planes.append((52.9829189 * wave).frac())
    return torch.stack(planes)


def _curve(x: Tensor) -> Tensor:
    return (x * (x + 0.0245786) - 0.000090537) / (x * (0.983729 * x + 0.4329510) + 0.238081)


def _mix(matrix: tuple[tuple[float, ...], ...], image: Tensor) -> Tensor:
    # Written out, because a matrix product may add in another order with another thread count (E1).
    r, g, b = image
    return torch.stack([r * row[0] + g * row[1] + b * row[2] for row in matrix])


def _bloom(image: Tensor) -> Tensor:
    height, width = image.shape[1:]
    if min(height, width) < 32:
        return torch.zeros_like(image)
    bright = torch.nn.functional.avg_pool2d((image - 1).clamp(0, 12)[None], 4, ceil_mode=True, count_include_pad=False)
    radius = max(1, round(bright.shape[3] * 0.016))
    for _ in range(3):
        bright = torch.nn.functional.avg_pool2d(
            bright, (2 * radius + 1, 1), stride=1, padding=(radius, 0), count_include_pad=False
        )
        bright = torch.nn.functional.avg_pool2d(
            bright, (1, 2 * radius + 1), stride=1, padding=(0, radius), count_include_pad=False
        )
    spread = torch.nn.functional.interpolate(bright, size=(height, width), mode="bilinear", align_corners=False)
    return spread[0] * _BLOOM


def _corners(height: int, width: int) -> Tensor:
    y = (torch.arange(height) + 0.5) / height * 2 - 1
    x = (torch.arange(width) + 0.5) / width * 2 - 1
    return 1 - _VIGNETTE * ((x[None] ** 2 + y[:, None] ** 2) / 2) ** 2
