"""Visibility over a height map: a polar table of slopes, a running maximum, one binary search per sample.

For every azimuth around the eye the table holds the slope under which the ground at each radius appears. The running
maximum of a row is what hides what lies behind, and it is sorted, so the surface a ray meets is found by search. Rows
are offset and flattened, so one search serves every sample of any camera: pitched, rolled or panoramic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from render.abreast import abreast, spans
from render.view import View

# The earth is flat here: a curved one would put one world point at different heights for different eyes (E2).
NEAREST_M, FARTHEST_M = 0.6, 30_000.0
_STEEPEST = 30.0
"""Slopes beyond it are cut off, but for an eye high above the ground that looks straight down."""

_COSINE_STEEPEST = _STEEPEST / math.hypot(1.0, _STEEPEST)

HeightAt = Callable[[Tensor, Tensor], Tensor]
"""Height in metres at world x, y (any shape)."""


@dataclass(frozen=True)
class PolarTable:
    """Slopes seen from one eye.

    Args:
        slope: (A, R) float32 slope of the ground at each azimuth and radius; `flat` its running maximum, (A·R,)
            float64, row a shifted by row_offset·a.
        radius_m: (R,).
        under_m: height of the ground straight under the eye, relative to it.
        first_azimuth, step: of the rows, radians clockwise from north.
        wraps: whether the rows go all the way round.
        deepest: slopes below it are cut off.
        row_offset: more than the slopes of a row span.
    """

    slope: Tensor
    flat: Tensor
    radius_m: Tensor
    under_m: float
    first_azimuth: float
    step: float
    wraps: bool
    deepest: float
    row_offset: float


def rays(view: View) -> Tensor:
    """(N, 3) float32 unit directions in the world frame of every pixel centre, row by row."""
    rows = torch.arange(view.height_px, dtype=torch.float64) + 0.5
    columns = torch.arange(view.width_px, dtype=torch.float64) + 0.5
    if view.projection == "equirect":
        yaw = (columns / view.width_px * 2 - 1) * math.pi
        rise = (0.5 - rows / view.height_px) * math.pi
        flat = torch.cos(rise)[:, None]
        direction = torch.stack([
            flat * torch.sin(yaw), flat * torch.cos(yaw), torch.sin(rise)[:, None].expand(-1, view.width_px),
        ], -1)
        return direction.reshape(-1, 3).float()
    x = ((columns - view.cx_px) / view.fx_px).float()[None, :]
    y = ((rows - view.cy_px) / view.fy_px).float()[:, None]
    scale = 1 / torch.sqrt(x * x + (y * y + 1))
    return torch.stack(
        [(x * right + (y * down + ahead)).mul_(scale) for right, down, ahead in view.world_from_cam.tolist()], -1
    ).reshape(-1, 3)


def planar_per_metre(view: View, direction: Tensor) -> Tensor:
    """(N,) factor from distance along a ray to depth: the cosine to the view axis, or 1 for an equirect."""
    if view.projection == "equirect":
        return torch.ones(direction.shape[0])
    forward = view.world_from_cam[:, 2]
    x, y, z = (float(v) for v in forward)
    return direction[:, 0] * x + direction[:, 1] * y + direction[:, 2] * z


def radii_m(count: int) -> Tensor:
    """(R,) float64 radii of a table's columns."""
    return NEAREST_M * (FARTHEST_M / NEAREST_M) ** (torch.arange(count, dtype=torch.float64) / (count - 1))


def build_table(view: View, direction: Tensor, height_at: HeightAt, radii: int) -> PolarTable:
    """Table for a view.

    Args:
        view: where from; decides which azimuths are needed and how finely.
        direction: (N, 3) its rays.
        height_at: the ground.
        radii: samples along each azimuth; 1536 puts them 0.6 % apart.
    """
    first, span, wraps = _azimuth_span(view, direction)
    finest = 2 * math.pi / view.width_px if view.projection == "equirect" else 1 / max(view.fx_px, view.fy_px)
    count = max(8, math.ceil(span / finest) + (0 if wraps else 3))
    count = min(count, 8192)
    step = span / count if wraps else span / max(count - 3, 1)
    start = first + step / 2 if wraps else first - step
    azimuth = start + torch.arange(count, dtype=torch.float64) * step
    radius = radii_m(radii)
    sine, cosine, r = torch.sin(azimuth).float(), torch.cos(azimuth).float(), radius.float()
    x, y, z = (float(v) for v in view.eye_m)
    slope = (height_at(x + sine[:, None] * r, y + cosine[:, None] * r) - z) / r
    deepest = -_STEEPEST
    if float(direction[:, 2].min()) < -_COSINE_STEEPEST:  # else the table spares its precision for what is seen
        deepest = min(deepest, 1.01 * float(slope[:, 0].min()))
    row_offset = max(64.0, 4.0 - 2.0 * deepest)
    slope.clamp_(deepest, _STEEPEST)
    shift = (torch.arange(count, dtype=torch.float64) * row_offset)[:, None]

    flat = torch.empty(count, radii, dtype=torch.float64)

    def highest(some: slice) -> None:
        torch.add(torch.cummax(slope[some], dim=1).values, shift[some], out=flat[some])

    abreast(*(partial(highest, some) for some in spans(count, of=radii)))
    here = torch.tensor([x, y])
    under = float(height_at(here[:1], here[1:])) - z
    return PolarTable(slope, flat.reshape(-1), r, min(under, -1e-3), start, step, wraps, deepest, row_offset)


def intersect(table: PolarTable, direction: Tensor, width: int = 1) -> Tensor:
    """Distance along each ray (N,) to the ground, +inf where the ray meets none.

    Between two radii the ground is a straight line, which the ray is cut with exactly.

    Args:
        table: of the eye.
        direction: (N, 3) rays, row by row of a film.
        width: of that film; its columns are searched one after another, since each needs few rows of the table.
    """
    height = direction.shape[0] // width
    grid = direction.view(height, width, 3)
    result = torch.empty(height, width)

    def columns(some: slice) -> None:
        part = grid[:, some]
        result[:, some] = _searched(table, part.reshape(-1, 3), part.shape[1]).view(part.shape[:2])

    abreast(*(partial(columns, some) for some in spans(width, of=height)))
    return result.view(-1)


def _searched(table: PolarTable, direction: Tensor, width: int) -> Tensor:
    """`intersect` for some columns of a film."""
    count, radii = table.slope.shape
    level = torch.sqrt(direction[:, 0] ** 2 + direction[:, 1] ** 2).clamp_(min=1e-6)
    azimuth = torch.atan2(direction[:, 0], direction[:, 1])
    turn = 2 * math.pi
    row = ((azimuth - table.first_azimuth + (0 if table.wraps else table.step)).remainder(turn) * (1 / table.step))
    row = row - (0 if table.wraps else 1)
    index = row.add_(0.5).floor_().long()
    index = index.remainder_(count) if table.wraps else index.clamp_(0, count - 1)
    slope = (direction[:, 2] / level).clamp_(table.deepest * 8, _STEEPEST)
    index, slope = (v.view(-1, width).T.reshape(-1) for v in (index, slope))
    seek = slope.clamp(min=table.deepest).double().add_(index, alpha=table.row_offset)
    at = torch.searchsorted(table.flat, seek) - index * radii
    missed = at >= radii
    far = at.clamp_(0, radii - 1)
    near = (far - 1).clamp_(min=0)
    base = index * radii
    flat = table.slope.reshape(-1)
    slope_far, slope_near = flat.index_select(0, base + far), flat.index_select(0, base + near)
    radius_far, radius_near = table.radius_m.index_select(0, far), table.radius_m.index_select(0, near)
    over, under = (slope - slope_near).clamp_(min=0), (slope_far - slope).clamp_(min=0)
    share = radius_near * over / (radius_near * over + radius_far * under).clamp_(min=1e-9)
    radius = radius_near + (radius_far - radius_near) * share
    # Nearer than the first radius the ground is a straight line from under the eye.
    below = table.under_m / (slope - slope_near + table.under_m / NEAREST_M).clamp(max=-1e-6)
    radius = torch.where((far == 0) & (slope < slope_near), below.clamp(0, NEAREST_M), radius)
    radius = radius.masked_fill_(missed, math.inf).view(width, -1).T.reshape(-1)
    return radius / level


def _azimuth_span(view: View, direction: Tensor) -> tuple[float, float, bool]:
    """First azimuth, width and whether the whole circle is needed."""
    if view.projection == "equirect":
        return -math.pi, 2 * math.pi, True
    w, h = view.width_px, view.height_px
    grid = direction.view(h, w, 3)
    edge = torch.cat([grid[0], grid[-1], grid[:, 0], grid[:, -1]]).double()
    corners = [view.world_from_cam.T @ axis for axis in ([0.0, 0.0, 1.0], [0.0, 0.0, -1.0])]
    for pole in corners:  # a pole inside the frame needs every azimuth
        if pole[2] > 0:
            x, y = pole[0] / pole[2] * view.fx_px + view.cx_px, pole[1] / pole[2] * view.fy_px + view.cy_px
            if -2 <= x <= w + 2 and -2 <= y <= h + 2:
                return -math.pi, 2 * math.pi, True
    middle = math.atan2(float(view.world_from_cam[0, 2]), float(view.world_from_cam[1, 2]))
    offset = (torch.atan2(edge[:, 0], edge[:, 1]) - middle + math.pi).remainder(2 * math.pi) - math.pi
    low, high = float(offset.min()), float(offset.max())
    if high - low > 1.9 * math.pi:
        return -math.pi, 2 * math.pi, True
    return middle + low, high - low, False
