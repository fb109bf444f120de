"""What is compared of two pictures: fine, middle and coarse pattern, and colour, all seen through one mask.

Every blur is a mean over what both pictures show: what lies outside the mask weighs nothing in either, so that the
border of the mask looks alike in both. Coarser bands are taken from halved and quartered pictures; blurs that halving
has done already are subtracted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Band:
    """Difference of two Gaussians, in pixels of the measuring size.

    Args:
        fine_px, coarse_px: standard deviations. least_ncc: below it a textured pixel disagrees.
        halvings: how often the picture is halved first.
    """

    fine_px: float
    coarse_px: float
    least_ncc: float
    halvings: int


BANDS = (Band(0.8, 1.6, 0.35, 0), Band(1.6, 3.2, 0.5, 1), Band(3.2, 8.0, 0.5, 2))
LEAST_CONTRAST = 0.4
WINDOW = 1.3
"""Standard deviation of the comparing window, in those of the band's coarse side."""
TEXTURED = 0.006
"""Local standard deviation of a band's luminance (0–1) from which it is a pattern: 1.5 of 255 steps."""
COLOUR_BLUR_PX = 5.0
LEAST_LIGHTNESS = 12.0
LEAST_CHROMA = 8.0


def agreeing(a: Tensor, b: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """Where two pictures of one size look like the same surface.

    Args:
        a, b: (3, H, W) sRGB 0–1, H and W multiples of 4; b already brought to a's camera.
        mask: (H, W) bool, what may be compared.

    Returns:
        (H, W) bools by what they say: `fine`, `middle`, `coarse`, `colour`.
    """
    luminance = torch.tensor([0.2126, 0.7152, 0.0722]).view(3, 1, 1)
    planes = torch.stack([(a * luminance).sum(0), (b * luminance).sum(0)])
    weight = mask.float()[None]
    out: dict[str, Tensor] = {}
    for name, band in zip(("fine", "middle", "coarse"), BANDS, strict=True):
        out[name] = _band_agrees(planes, weight, band)
    out["colour"] = _colour_agrees(a, b, weight)
    return out


def _band_agrees(planes: Tensor, weight: Tensor, band: Band) -> Tensor:
    """(H, W) bool for luminances (2, H, W)."""
    scale = 2**band.halvings
    halved, shares = _shrink(planes * weight, scale), _shrink(weight, scale)
    own = (scale * scale - 1) / 12  # variance of the box that shrinking is

    def blurred(sigma_px: float) -> Tensor:
        sigma = math.sqrt(max(0.01, sigma_px**2 - own)) / scale
        return blur(halved, sigma) / blur(shares, sigma).clamp(min=1e-4)

    pattern = blurred(band.fine_px) - blurred(band.coarse_px)
    window = WINDOW * band.coarse_px / scale
    total = blur(shares, window).clamp(min=1e-4)
    mean = blur(pattern * shares, window) / total
    square = blur(pattern * pattern * shares, window) / total - mean * mean
    product = blur(pattern[:1] * pattern[1:] * shares, window) / total - mean[:1] * mean[1:]
    spread_a, spread_b = square.clamp(min=1e-12).sqrt()
    ncc = product[0] / (spread_a * spread_b)
    contrast = 2 * spread_a * spread_b / (spread_a**2 + spread_b**2)
    plain = torch.maximum(spread_a, spread_b) < TEXTURED
    agrees: Tensor = plain | ((ncc > band.least_ncc) & (contrast > LEAST_CONTRAST))
    return agrees if scale == 1 else agrees.repeat_interleave(scale, 0).repeat_interleave(scale, 1)


def _colour_agrees(a: Tensor, b: Tensor, weight: Tensor) -> Tensor:
    sigma = math.sqrt(COLOUR_BLUR_PX**2 - 15 / 12) / 4
    shares = blur(_shrink(weight, 4), sigma).clamp(min=1e-4)
    first, second = (lab(blur(_shrink(plane * weight, 4), sigma) / shares) for plane in (a, b))
    apart = first - second
    agrees = (apart[0].abs() < LEAST_LIGHTNESS) & (torch.hypot(apart[1], apart[2]) < LEAST_CHROMA)
    return agrees.repeat_interleave(4, 0).repeat_interleave(4, 1)


def blur(planes: Tensor, sigma_px: float) -> Tensor:
    """Gaussian blur of (C, H, W), nothing outside the frame (normalise by a blurred weight).

    Shifted sums: for kernels this short several times faster here than a convolution, and the same on any thread count.
    """
    reach = max(1, math.ceil(2.8 * sigma_px))
    bell = [math.exp(-0.5 * (step / sigma_px) ** 2) for step in range(reach + 1)]
    total = bell[0] + 2 * sum(bell[1:])
    taps = [weight / total for weight in bell]
    return torch.stack([_shifted_sums(_shifted_sums(plane, taps, 1), taps, 0) for plane in planes])


def _shifted_sums(plane: Tensor, taps: list[float], dim: int) -> Tensor:
    reach = len(taps) - 1
    padded = F.pad(plane, (reach, reach) if dim == 1 else (0, 0, reach, reach))
    length = plane.shape[dim]
    out = padded.narrow(dim, reach, length) * taps[0]
    for step in range(1, reach + 1):
        left, right = padded.narrow(dim, reach - step, length), padded.narrow(dim, reach + step, length)
        out.add_(left, alpha=taps[step]).add_(right, alpha=taps[step])
    return out


def _shrink(planes: Tensor, scale: int) -> Tensor:
    return planes if scale == 1 else F.avg_pool2d(planes, scale)


def lab(rgb: Tensor) -> Tensor:
    """CIE L*a*b* (D65) of sRGB (3, ...) 0–1."""
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb.clamp(min=0) + 0.055) / 1.055) ** 2.4)
    to_xyz = torch.tensor(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    white = torch.tensor([0.95047, 1.0, 1.08883])
    xyz = torch.einsum("ij,j...->i...", to_xyz / white[:, None], linear)
    f = torch.where(xyz > (6 / 29) ** 3, xyz.clamp(min=1e-9) ** (1 / 3), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return torch.stack([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
