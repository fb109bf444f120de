"""One delivered picture with what is known about it: the input of every score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from render.view import View

MEASURED_PX = 512 * 288
"""Pictures are measured at about this many pixels: that is what bands and thresholds were calibrated for."""
EDGE_RATIO = 1.1
FALLING = "falling"
"""The mask of what hangs in the air: unlike a mirror's, its rim is no edge of the place."""


@dataclass(frozen=True)
class Shown:
    """A picture as delivered, and the scene's own word on where everything in it is.

    Args:
        image: (H, W, 3) uint8 sRGB, after film and effects: the very pixels people get.
        depth_m: (H, W) float, reference planar depth in metres, +inf (or ≥ 1e9) where there is sky. From the scene,
            never estimated from the picture: a candidate that brings its own depth can hide its faults.
        view: the camera it was taken with; its film may be larger or smaller than the picture, not of another shape.
        masks: (H, W) shares 0–1 or bools by reason ("mirror", "particles"): pixels of which no second camera can be
            asked, because what they show depends on where one stands or hangs in the air.
        normal: (H, W, 3) unit world normals, where known.
    """

    image: npt.NDArray[np.uint8]
    depth_m: npt.NDArray[np.float32]
    view: View
    masks: Mapping[str, npt.NDArray[np.generic]] = field(default_factory=dict)
    normal: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError(f"image must be (H, W, 3) uint8, not {self.image.shape} {self.image.dtype}")
        for name, plane in (("depth_m", self.depth_m), *self.masks.items()):
            if plane.shape != self.image.shape[:2]:
                raise ValueError(f"{name} is {plane.shape}, the picture {self.image.shape[:2]}")


@dataclass(frozen=True)
class Measured:
    """A Shown at measuring size, as tensors.

    Args:
        rgb: (3, H, W) sRGB 0–1. inverse: (H, W) 1/depth, 0 at sky. usable: (H, W) bool: a surface, off depth edges, not
            masked. surface: (H, W) bool: a surface at all. view: scaled to this size.
        dropped: share of the surface that each mask takes, by its name.
        masked: (H, W) bool: under any mask, sky included. falling: (H, W) bool: what hangs in the air before the scene.
        normal: (3, H, W) or None.
    """

    rgb: Tensor
    inverse: Tensor
    usable: Tensor
    surface: Tensor
    view: View
    dropped: Mapping[str, float]
    masked: Tensor
    falling: Tensor
    normal: Tensor | None = None


def measured(shown: Shown) -> Measured:
    """Bring a picture to measuring size: colours by area, 1/depth by area (exact on planes)."""
    height, width = shown.image.shape[:2]
    factor = min(1.0, math.sqrt(MEASURED_PX / (height * width)))
    # Whole multiples of 4, so that the coarse bands' pixels are those of the fine ones.
    size = (max(8, round(height * factor / 4) * 4), max(8, round(width * factor / 4) * 4))
    rgb = _area(torch.from_numpy(shown.image.copy()).permute(2, 0, 1).float() / 255, size)
    depth = torch.from_numpy(np.array(shown.depth_m, np.float32))
    near = torch.where(torch.isfinite(depth) & (depth < 1e9) & (depth > 0), 1 / depth, torch.zeros(()))[None]
    inverse = _area(near, size)[0]
    nearest = F.adaptive_max_pool2d(near, size)[0]
    farthest = -F.adaptive_max_pool2d(-near, size)[0]
    surface = farthest > 0
    least = -F.max_pool2d(-farthest[None], 5, 1, 2)[0]
    edge = F.max_pool2d(nearest[None], 5, 1, 2)[0] > least.clamp(min=1e-12) * EDGE_RATIO
    usable = surface & ~edge
    dropped: dict[str, float] = {}
    before, masked, falling = usable, torch.zeros_like(usable), torch.zeros_like(usable)
    for name, plane in shown.masks.items():
        mask = _area(torch.from_numpy(np.array(plane, np.float32))[None], size)[0] > 0.25
        dropped[name] = float((before & mask).sum() / before.sum().clamp(min=1))
        usable, masked = usable & ~mask, masked | mask
        falling = falling | mask if name == FALLING else falling
    normal = None
    if shown.normal is not None:
        normal = F.normalize(_area(torch.from_numpy(np.array(shown.normal, np.float32)).permute(2, 0, 1), size), dim=0)
    view = replace(
        shown.view, width_px=size[1], height_px=size[0],
        fx_px=shown.view.fx_px * size[1] / shown.view.width_px, fy_px=shown.view.fy_px * size[0] / shown.view.height_px,
        cx_px=shown.view.cx_px * size[1] / shown.view.width_px, cy_px=shown.view.cy_px * size[0] / shown.view.height_px,
    )  # fmt: skip
    return Measured(rgb, inverse, usable, surface, view, dropped, masked, falling, normal)


def _area(planes: Tensor, size: tuple[int, int]) -> Tensor:
    return planes if planes.shape[1:] == size else F.adaptive_avg_pool2d(planes, size)
