"""What compositing wants beside colour and depth: normals, albedo, object and material of every pixel.

| plane | array | meaning |
|---|---|---|
| normal | (H, W, 3) float16 | geometric, unit, world frame, facing the eye; 0 at sky |
| albedo | (H, W, 3) float16 | the share of light that the surface sends back, wet or under snow; 0 at sky |
| object | (H, W) uint32 | number of the thing, the same from every camera of one world; 0 at sky |
| material | (H, W) uint32 | number in the world's own table, from 1; 0 at sky |

Normal, object and material belong to the surface that depth tells of; albedo is a mean like the beauty. Where a world
does not tell its albedo it is estimated from the light that left, see `estimated_albedo`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from render.gbuffer import GBuffer
from render.light.base import Light
from render.view import View

_MOST_ALBEDO = 0.95


@runtime_checkable
class NamesMaterials(Protocol):
    """A world whose materials have names."""

    material_names: Mapping[int, str]


def keep_albedo(g: GBuffer) -> None:
    """Ask whoever shades this buffer to note albedo; NaN stands where nobody has."""
    g.albedo = torch.full((g.depth_m.shape[0], 3), math.nan)


def collect(
    g: GBuffer, view: View, quad: Tensor | None, edge: Tensor, radiance: Tensor, light: Light
) -> dict[str, Any]:
    """The planes of a finished G-buffer.

    Args:
        g: traced and shaded, one sample a pixel or four.
        view: the delivered film, P pixels.
        quad: (P, 4) samples of each pixel, or None when a sample is a pixel.
        edge: (K,) pixels of which all four samples were shaded; of the others only the first.
        radiance: (P, 3) what left each pixel's first sample, before air is of no matter here.
        light: for the estimate of what the world does not tell.
    """
    height, width = view.height_px, view.width_px
    pixels = height * width
    first = torch.arange(pixels) if quad is None else quad[:, 0]
    seen = first
    if quad is not None:
        seen = quad.gather(1, g.depth_m[quad].argmin(1, keepdim=True)).squeeze(1)
    hit = g.hit[seen]
    planes: dict[str, Any] = {
        "normal": torch.where(hit[:, None], g.normal[seen], 0.0).view(height, width, 3).half().numpy(force=True),
        "object": _numbers(g.object_id[seen], hit, height, width),
        "material": _numbers(g.material[seen], hit, height, width),
    }
    if g.albedo is not None:
        albedo = g.albedo[first]
        if quad is not None and edge.numel():
            albedo[edge] = _mean(g.albedo[quad[edge]], g.hit[quad[edge]])
        unknown = torch.isnan(albedo).any(1)
        albedo = torch.where(unknown[:, None], estimated_albedo(radiance, light), albedo)
        albedo = torch.where(hit[:, None], albedo.clamp(0, 1), 0.0)
        planes["albedo"] = albedo.view(height, width, 3).half().numpy(force=True)
    return planes


def estimated_albedo(radiance: Tensor, light: Light) -> Tensor:
    """(M, 3) albedo under which a surface in the open, half in the sun, would send out that radiance."""
    falls = light.sky_irradiance + 0.5 * light.sun_irradiance + 1e-9
    return (radiance * math.pi / falls).clamp(0, _MOST_ALBEDO)


def _mean(samples: Tensor, hit: Tensor) -> Tensor:
    """(K, 3) mean over a pixel's four samples; sky counts as black, as in the beauty it counts as sky."""
    return torch.where(hit[..., None], samples, 0.0).mean(1)


def _numbers(ids: Tensor, hit: Tensor, height: int, width: int) -> Any:
    numbers = torch.where(hit, ids + 1, 0).clamp(min=0).to(torch.int32)
    return numbers.view(height, width).numpy(force=True).astype("uint32")
