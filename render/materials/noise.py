"""Noise for materials: a tileable spectral tile sampled in metres, and hashes of integer cells."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

SIZE = 512
_SEED = 20171


@lru_cache(maxsize=1)
def _tile() -> Tensor:
    """(SIZE·SIZE, 4) float32, zero mean, unit deviation, clipped to ±2.5; the spectrum falls faster by channel."""
    generator = torch.Generator(device="cpu").manual_seed(_SEED)
    frequency = torch.fft.fftfreq(SIZE) * SIZE
    radius = (frequency[:, None] ** 2 + frequency[None, :] ** 2).sqrt().clamp_min(1)
    layers = []
    for slope in (0.7, 0.9, 1.1, 1.3):
        white = torch.as_tensor(torch.randn(SIZE, SIZE, generator=generator, device="cpu"))
        layer = torch.fft.ifft2(torch.fft.fft2(white) * radius**-slope * (radius > 1.5)).real
        layers.append((layer / layer.std()).clamp(-2.5, 2.5))
    return torch.stack(layers, -1).reshape(-1, 4).contiguous()


def tile(x: Tensor, y: Tensor) -> Tensor:
    """(M, 4) smooth noise at (M,) tile coordinates; one tile spans 1."""
    table = _tile()
    fx, fy = x * SIZE, y * SIZE
    ix, iy = fx.floor(), fy.floor()
    tx, ty = (fx - ix)[:, None], (fy - iy)[:, None]
    i, j = ix.long(), iy.long()
    i0, i1 = i & (SIZE - 1), (i + 1) & (SIZE - 1)
    j0, j1 = (j & (SIZE - 1)) * SIZE, ((j + 1) & (SIZE - 1)) * SIZE
    top = torch.lerp(table[j0 + i0], table[j0 + i1], tx)
    return torch.lerp(top, torch.lerp(table[j1 + i0], table[j1 + i1], tx), ty)


def grain(x: Tensor, y: Tensor) -> Tensor:
    """(M, 4) noise at the nearest texel: a quarter of the price, for fine grain."""
    i, j = (x * SIZE).long() & (SIZE - 1), (y * SIZE).long() & (SIZE - 1)
    return _tile()[j * SIZE + i]


def cell_hash(i: Tensor, j: Tensor, salt: Tensor | int = 0) -> Tensor:
    """(M,) float32 in 0–1 from integer cells; the same cell always gives the same number."""
    h = i.long() * 374761393 + j.long() * 668265263 + (salt if isinstance(salt, int) else salt.long()) * 2147483647
    h = h & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 73244475) & 0xFFFFFFFF
    return ((h ^ (h >> 15)) & 0xFFFFFF).float() * (1 / 0x1000000)
