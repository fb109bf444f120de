"""Puddles: rain gathers in the hollows of level ground and mirrors the sky there."""

from __future__ import annotations

import torch
from torch import Tensor

from render.light.base import Light
from render.world.land import Hit
from render.world.noise import lookup, smoothstep, stack

_FARTHEST_M = 160.0
_SOAKED_UP = {"desert": 2.0, "tropical": 0.30}
"""How much less water stands where the ground is sand."""


def puddles(hit: Hit, ground: Tensor, snow: Tensor, light: Light) -> Tensor:
    """Share (M,) of standing water on the ground: in hollows a few metres wide, where it is nearly level."""
    share = torch.zeros_like(hit.x)
    if light.wetness < 0.3:
        return share
    level = (hit.distance < _FARTHEST_M) & (hit.steep < 0.22) & (hit.above_water > 0.15) & (snow < 0.5)
    at = torch.nonzero(level & (hit.canopy < 0.3)).squeeze(1)
    if at.numel() == 0:
        return share
    x, y = hit.x[at], hit.y[at]
    dips = lookup(stack("broad a", "broad b")[1], y, x, 2.6 * 14)
    edge = lookup(stack("grain a", "grain b", "grain c", low=6, high=60, slope=-0.8)[0], x, y, 5.1)
    fill = -0.75 * hit.n9[at] - 0.55 * dips - 0.22 * edge + 1.5 * (light.wetness - 1.15)
    fill = fill - _SOAKED_UP.get(light.scene.archetype, 0.0)
    share[at] = smoothstep(0.30, 0.62, fill) * smoothstep(0.22, 0.08, hit.steep[at]) * smoothstep(
        _FARTHEST_M, 60.0, hit.distance[at]
    ) * (1 - snow[at])
    return share


def mirror_sky(radiance: Tensor, share: Tensor, direction: Tensor, light: Light) -> Tensor:
    """Radiance (3, M) with puddles that cover `share` (M,): dark by their depth, bright by the sky in them."""
    at = torch.nonzero(share > 0.01).squeeze(1)
    if at.numel() == 0:
        return radiance
    ray = direction[:, at].clone()
    cosine = (-ray[2]).clamp(0.01, 1)
    ray[2] = cosine.clamp(min=0.10)
    ray = ray / torch.sqrt((ray * ray).sum(0))
    fresnel = 0.02 + 0.98 * (1 - cosine) ** 5
    fresnel = fresnel * (1 - 0.35 * light.precipitation)  # drops break the mirror
    sky = light.sky.radiance(ray.T).T
    wet = radiance[:, at] * (0.42 * (1 - fresnel)) + sky * fresnel
    result = radiance.clone()
    result[:, at] += (wet - radiance[:, at]) * share[at]
    return result
