"""Single questions to a mesh: one ray, one point. For placing cameras, not for pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from render.view import View
from render.visibility.quads import Quads


@dataclass(frozen=True)
class Spheres:
    """Bounding spheres of primitives, to sort out most of them before a single-ray or single-point question."""

    centre: Tensor
    radius: Tensor

    @staticmethod
    def around(quads: Quads) -> Spheres:
        middle = quads.origin + 0.5 * (quads.edge_u + quads.edge_v)
        radius = 0.5 * torch.maximum(
            (quads.edge_u + quads.edge_v).norm(dim=1), (quads.edge_u - quads.edge_v).norm(dim=1)
        )
        return Spheres(middle, radius + 1e-6)

    def on_ray(self, origin: Tensor, direction: Tensor) -> Tensor:
        """Indices of the spheres that a ray may touch."""
        way = self.centre - origin
        along = way @ direction
        aside = (way * way).sum(1) - along * along
        return ((aside <= self.radius**2) & (along > -self.radius)).nonzero().squeeze(1)

    def in_view(self, view: View) -> Tensor:
        """(Q,) bool, which spheres a pinhole's picture may show."""
        axes = torch.as_tensor(view.world_from_cam).T.to(self.centre.dtype)
        x, y, z = axes @ (self.centre - torch.as_tensor(view.eye_m).to(self.centre.dtype)).T
        inside: Tensor = z > -self.radius
        for across, focal, low, high in (
            (x, view.fx_px, -view.cx_px, view.width_px - view.cx_px),
            (y, view.fy_px, -view.cy_px, view.height_px - view.cy_px),
        ):
            for side, edge in ((1.0, low / focal), (-1.0, -high / focal)):
                # distance to the plane through the eye and one border of the picture
                inside &= (side * across - edge * z) / (1 + edge * edge) ** 0.5 > -self.radius
        return inside

    def near(self, point: Tensor, reach_m: float) -> Tensor:
        """Indices of the spheres within reach of a point."""
        gap: Tensor = (self.centre - point).norm(dim=1) - self.radius
        return (gap <= reach_m).nonzero().squeeze(1)


def intersect_ray(quads: Quads, origin: Tensor, direction: Tensor) -> tuple[float, int]:
    """Distance and index of the first primitive along one ray by testing all of them; (inf, -1) when none."""
    q = quads.origin - origin.double()
    d = direction.double()
    normal = torch.linalg.cross(quads.edge_u, quads.edge_v)
    facing = normal @ d
    safe = torch.where(facing.abs() < 1e-12, torch.ones_like(facing), facing)
    t = (q * normal).sum(1) / safe
    u = (torch.linalg.cross(quads.edge_v, q) @ d) / safe
    v = (torch.linalg.cross(q, quads.edge_u) @ d) / safe
    inside = (u >= 0) & (v >= 0) & torch.where(quads.triangle, u + v <= 1, (u <= 1) & (v <= 1))
    inside &= (t > 0) & (facing.abs() >= 1e-12) & (quads.two_sided | (facing < 0))
    if not bool(inside.any()):
        return float("inf"), -1
    t = torch.where(inside, t, torch.inf)
    index = int(t.argmin())
    return float(t[index]), index


def nearest_distance(quads: Quads, point: Tensor) -> float:
    """Distance in metres from a point to the nearest primitive (an upper bound for skewed ones)."""
    rel = point.double() - quads.origin
    uu, vv = (quads.edge_u**2).sum(1), (quads.edge_v**2).sum(1)
    u = ((rel * quads.edge_u).sum(1) / uu.clamp_min(1e-12)).clamp(0, 1)
    v = ((rel * quads.edge_v).sum(1) / vv.clamp_min(1e-12)).clamp(0, 1)
    if len(quads) == 0:
        return float("inf")
    gap = rel - u[:, None] * quads.edge_u - v[:, None] * quads.edge_v
    return float(gap.norm(dim=1).min())
