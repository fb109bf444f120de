"""The geometric number: whether the reference depths of two cameras describe one place. It says nothing of colours.

A point that camera A shows must be where camera B shows it, or behind something nearer; a B that looks through it is
wrong. And brought to B and back by B's depth, it must return to where it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from render.scores.shown import Measured
from render.scores.warp import SAME_DEPTH, Met, brought, project

RETURN_PX = 0.5
LEAST_COMPARED = 0.01
"""Share of the frame from which a pair takes part in the returning."""

Counts = tuple[int, int, int, int]
"""Points in both frames, of these consistent, points compared, of these returning: of one ordered pair."""
NOTHING: Counts = (0, 0, 0, 0)


@dataclass(frozen=True)
class Geometric:
    """Shares over all points that two frames hold.

    Args:
        agrees: points that the other camera sees at the same depth, or hidden; None when no frames overlap.
        returns: of those seen by both, away from depth edges: points that come back within half a pixel.
    """

    agrees: float | None
    returns: float | None

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "agrees": None if self.agrees is None else round(self.agrees, 4),
            "returns": None if self.returns is None else round(self.returns, 4),
        }


def counted(a: Measured, b: Measured, met: Met) -> Counts:
    """What one ordered pair says."""
    there = brought(b.inverse[None], met.at)[0]
    asked = met.inside & a.usable
    looks_through = met.depth_m * there < 1 - 2 * SAME_DEPTH
    consistent = asked & ~looks_through
    compared = int(met.visible.sum())
    if compared < met.visible.numel() * LEAST_COMPARED:
        return int(asked.sum()), int(consistent.sum()), 0, 0
    # Back along B's ray from B's own depth.
    returning = met.visible & (_return_px(a, b, met, there) < RETURN_PX)
    return int(asked.sum()), int(consistent.sum()), compared, int(returning.sum())


def _return_px(a: Measured, b: Measured, met: Met, there: Tensor) -> Tensor:
    """(H, W) how far from their own pixel A's points come back, pixels of A."""
    view = b.view
    depth = 1 / there.clamp(min=1e-6)
    x = (met.at[..., 0] - view.cx_px) / view.fx_px * depth
    y = (met.at[..., 1] - view.cy_px) / view.fy_px * depth
    points = torch.stack([x, y, depth], -1).double() @ torch.from_numpy(view.world_from_cam).T
    back, _ = project(points + torch.from_numpy(view.eye_m), a.view)
    height, width = a.inverse.shape
    own = torch.stack(torch.meshgrid(torch.arange(width) + 0.5, torch.arange(height) + 0.5, indexing="xy"), -1)
    away: Tensor = torch.linalg.vector_norm(back - own, dim=-1)
    return away


def geometric_of(counts: Iterable[Counts]) -> Geometric:
    """Add up the pairs of a set."""
    total = [sum(column) for column in zip(*counts, strict=True)] or [0, 0, 0, 0]
    return Geometric(
        total[1] / total[0] if total[0] else None, total[3] / total[2] if total[2] else None
    )
