"""Noise from tiles: band-limited patterns made once, then looked up. Ten times cheaper than hashing at every sample.

A tile holds about fourteen features per side; octaves are turned and shifted, so that no repeat shows. Everything is
a pure function of the seed and of world metres, so all views, levels and thread counts agree.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

FEATURES = 14.0
"""Features along a tile's side: a pattern of wavelength w metres repeats after 14 w."""
_SIZE = 512
_TURN_COS, _TURN_SIN = math.cos(0.6), math.sin(0.6)


def seed_of(*parts: object) -> int:
    """A 63-bit seed for one purpose; different purposes never share random numbers."""
    text = "/".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(*parts: object) -> torch.Generator:
    """A torch generator for one purpose."""
    return torch.Generator(device="cpu").manual_seed(seed_of(*parts))


def uniform(*shape: int, of: torch.Generator) -> Tensor:
    """Numbers in 0–1 of a generator; drawn on the CPU, so that every device gets the same."""
    return torch.as_tensor(torch.rand(*shape, generator=of, device="cpu"))


@lru_cache(maxsize=48)
def tile(name: str, low: float = 8.0, high: float = 20.0, slope: float = -0.5) -> Tensor:
    """A periodic pattern (513, 513) of unit deviation whose last row and column repeat the first.

    Args:
        name: purpose and seed; another name is another pattern.
        low, high: kept wave numbers per side.
        slope: exponent of amplitude over wave number.
    """
    white = torch.randn(_SIZE, _SIZE, generator=generator("tile", name), device="cpu").numpy()
    # numpy's transform and sums give the same bits whatever the thread count (E1); of the columns few are kept
    kept = _band(low, high, slope)
    wave = np.zeros((_SIZE, _SIZE // 2 + 1), np.complex128)
    columns = slice(kept.any(0).argmax(), int(high) + 1)
    wave[:, columns] = np.fft.ifft(np.fft.fft(np.fft.rfft(white)[:, columns], axis=0) * kept[:, columns], axis=0)
    field = np.fft.irfft(wave, n=_SIZE)
    field = (field / field.std()).astype(np.float32)
    return torch.as_tensor(np.pad(field, ((0, 1), (0, 1)), mode="wrap"))


@lru_cache(maxsize=32)
def _band(low: float, high: float, slope: float) -> npt.NDArray[np.float64]:
    """(512, 257) what a pattern keeps of each wave of `rfft2`."""
    k = np.hypot(np.fft.fftfreq(_SIZE, 1 / _SIZE)[:, None], np.fft.rfftfreq(_SIZE, 1 / _SIZE)[None])
    return np.where((k >= low) & (k <= high), np.maximum(k, 1) ** slope, 0)


@lru_cache(maxsize=16)
def stack(*names: str, low: float = 8.0, high: float = 20.0, slope: float = -0.5) -> Tensor:
    """Several tiles as one (C, 513, 513) tensor, so that one lookup fetches C patterns."""
    return torch.stack([tile(name, low, high, slope) for name in names])


def lookup(pattern: Tensor, x: Tensor, y: Tensor, period_m: float) -> Tensor:
    """Bilinear periodic lookup.

    Args:
        pattern: (513, 513) or (C, 513, 513), as `tile` and `stack` make them.
        x, y: world metres, any shape.
        period_m: metres after which the pattern repeats.

    Returns:
        the shape of x, or (C, *shape).
    """
    many = pattern.dim() == 3
    shape = x.shape
    uv = x.new_empty(2, x.numel())  # one row after the other: three times faster than pairs, and the same numbers
    torch.mul(x.reshape(-1), 1 / period_m, out=uv[0])
    torch.mul(y.reshape(-1), 1 / period_m, out=uv[1])
    uv.sub_(uv.floor()).mul_(2).sub_(1)
    got = torch.nn.functional.grid_sample(
        (pattern if many else pattern[None])[None], uv.T[None, None], align_corners=True, padding_mode="border"
    )[0, :, 0]
    return got.reshape(-1, *shape) if many else got.reshape(shape)


def octaves(
    pattern: Tensor, x: Tensor, y: Tensor, wavelength_m: float, count: int, gain: float = 0.5, shortest_m: float = 0.0
) -> Tensor:
    """Plain fractal noise of about unit deviation for gain 0.5; octaves shorter than `shortest_m` are left out."""
    total = torch.zeros_like(x)
    amplitude, norm = 1.0, 0.0
    for octave in range(count):
        norm += amplitude * amplitude
        if wavelength_m >= shortest_m:
            total += lookup(pattern, x, y, wavelength_m * FEATURES).mul_(amplitude)
        x, y = _next(x, y, wavelength_m, octave)
        wavelength_m *= 0.5
        amplitude *= gain
    return total.mul_(1 / math.sqrt(norm))


def ridges(
    pattern: Tensor, x: Tensor, y: Tensor, wavelength_m: float, count: int, gain: float = 0.5, shortest_m: float = 0.0
) -> Tensor:
    """Ridged fractal noise: sharp crests, each octave strongest where the last one crested; about −0.4…1.2."""
    total = torch.zeros_like(x)
    weight = torch.ones_like(x)
    amplitude, norm = 1.0, 0.0
    for octave in range(count):
        norm += amplitude
        if wavelength_m >= shortest_m:
            b = lookup(pattern, x, y, wavelength_m * FEATURES).abs_().mul_(-1.1).add_(1).clamp_(min=-0.6)
            total += weight.mul_(amplitude).mul_(b).mul_(b.abs())
            weight = b.mul_(1.6).clamp_(0.05, 1)
        x, y = _next(x, y, wavelength_m, octave)
        wavelength_m *= 0.5
        amplitude *= gain
    return total.mul_(2 / norm)


def smoothstep(low: float, high: float, x: Tensor) -> Tensor:
    """0 below low, 1 above high, smooth between; low may exceed high."""
    t = (x - low).mul_(1 / (high - low)).clamp_(0, 1)
    return (t * t).mul_(t.mul_(-2).add_(3))


def weighed(weight: Tensor, x: Tensor, y: Tensor, of: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """weight · of(x, y), all of one shape; `of` is asked only where the weight is not 0, which costs less."""
    at = torch.nonzero(weight.reshape(-1)).squeeze(1)
    if at.numel() > 0.85 * weight.numel():
        return weight * of(x, y)
    result = torch.zeros(weight.numel(), device=weight.device)
    if at.numel():
        result[at] = weight.reshape(-1)[at] * of(x.reshape(-1)[at], y.reshape(-1)[at])
    return result.view_as(weight)


def mix(a: Tensor | float, b: Tensor | float, share: Tensor) -> Tensor:
    """a where share is 0, b where it is 1."""
    return a + (b - a) * share


def _next(x: Tensor, y: Tensor, wavelength_m: float, octave: int) -> tuple[Tensor, Tensor]:
    shift = wavelength_m * FEATURES * 0.31 * (octave + 1)
    return (
        (x * _TURN_COS).sub_(y * _TURN_SIN).add_(shift),
        (x * _TURN_SIN).add_(y * _TURN_COS).add_(shift),
    )
