"""The G-buffer: what each sample of the film meets first. Both visibility cores write it; shading and scores read it.

Samples are flat, row by row over the (possibly supersampled) film: N = height × width of the view that was traced. Only
a part of them is shaded; where in the world they lie, and where on their surface, each world works out for that part.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

SKY = -1


@dataclass
class GBuffer:
    """What N film samples see.

    Args:
        depth_m: (N,) float32, distance along the view axis in metres (planar depth) for a pinhole; for an equirect
            the distance along the ray. +inf where nothing is met.
        normal: (N, 3) float32 unit geometric normals facing the eye; undefined at sky.
        object_id: (N,) int32, stable over views of one world; SKY (-1) where nothing is met.
        direction: (N, 3) float32 unit ray directions in the world frame.
        material: (N,) int32 id in the world's own table; SKY where nothing is met.
        mirror: (N,) float32, 0–1 share of a sample's light that depends on where one stands, as reflections and what is
            seen through glass do; written while tracing or shading, None where a world has none. Scores leave out what
            is mostly mirror: no second camera can be asked about it.
        albedo: (N, 3) float32 as shaded, only where somebody asked for it (see planes.py).
    """

    depth_m: Tensor
    normal: Tensor
    object_id: Tensor
    direction: Tensor
    material: Tensor
    mirror: Tensor | None = field(default=None, kw_only=True)
    albedo: Tensor | None = field(default=None, kw_only=True)

    def note_mirror(self, which: Tensor, share: Tensor) -> None:
        """Remember the mirror share (M,) of samples `which` (M,)."""
        if self.mirror is None:
            self.mirror = torch.zeros(self.depth_m.shape[0])
        self.mirror[which] = share.clamp(0, 1)

    def note_albedo(self, which: Tensor, albedo: Tensor) -> None:
        """Remember the albedo (M, 3) of samples `which` (M,), if anybody wants it."""
        if self.albedo is not None:
            self.albedo[which] = albedo

    @property
    def hit(self) -> Tensor:
        """(N,) bool: where a surface was met."""
        return torch.isfinite(self.depth_m)
