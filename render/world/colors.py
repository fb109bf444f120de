"""Mixing colours of many points at once. Channels come first, (3, M): torch is several times faster that way."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Color = Sequence[float]


def between(dark: Color, light: Color, share: Tensor) -> Tensor:
    """(3, M): dark where share (M,) is 0, light where it is 1; beyond, neither is exceeded."""
    share = share.clamp(0, 1)
    return torch.stack([share * (b - a) + a for a, b in zip(dark, light, strict=True)])


def lay(base: Tensor, top: Tensor | Color, share: Tensor) -> Tensor:
    """(3, M): top (3, M), or one colour, laid over base (3, M) with coverage share (M,)."""
    if isinstance(top, Tensor):
        return base + (top - base) * share
    return torch.stack([base[i] + (top[i] - base[i]) * share for i in range(3)])
