"""Ice on lakes in winter: it grows from the shores inwards, cracks, and lies under drifts of snow."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from render.light.base import Light
from render.world.colors import between
from render.world.noise import lookup, smoothstep, stack


@runtime_checkable
class Freezes(Protocol):
    """A land whose water freezes in winter."""

    freezes: bool


def frozen(
    x: Tensor, y: Tensor, deep: Tensor, footprint: Tensor, cold: float, light: Light
) -> tuple[Tensor, Tensor]:
    """Where ice is, and what it looks like.

    Args:
        x, y: (M,) world metres; deep: (M,) of the water; footprint: (M,) metres across a sample.
        cold: 0–1 how far winter has come.
        light: the scene's; falling snow lies on the ice too.

    Returns:
        (M,) 0–1 share of ice, and (3, M) albedo of what lies on it, dark where it is clear.
    """
    noise = stack("foam a", "foam b", low=5, high=60, slope=-0.7)
    broad, drift = lookup(noise, x, y, 420.0)
    fine = lookup(noise[0], y, x, 31.0) * smoothstep(4.0, 0.6, footprint)
    # edge ice first; when it is cold enough, the deepest water too
    reach = 26.0 * max(cold - 0.12, 0.0) ** 1.6
    ice = smoothstep(0.9, 1.12, reach / (0.45 + deep) + 0.16 * broad + 0.05 * fine)
    lies = min(1.0, 0.85 * cold + 0.9 * light.snow)
    snow = smoothstep(0.9 - 1.5 * lies, 1.7 - 1.2 * lies, drift + 0.55 * broad + 0.30 * fine)
    crack = smoothstep(0.10, 0.0, lookup(noise[1], x, y, 150.0).abs()) * smoothstep(0.7, 0.08, footprint)
    crack = torch.maximum(crack, smoothstep(0.07, 0.0, broad.abs()) * smoothstep(2.5, 0.3, footprint))
    edge = 4 * ice * (1 - ice)  # rime at the rim
    pale = (0.20 + 0.62 * snow + 0.30 * crack * (1 - snow) + 0.25 * edge).clamp(0, 0.82)
    return ice, between((0.02, 0.045, 0.055), (0.86, 0.89, 0.93), pale)
