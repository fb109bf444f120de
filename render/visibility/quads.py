"""Visibility of built things: a homogeneous rasteriser for parallelograms and triangles, with exact re-intersection.

Along the unnormalised ray d of a pinhole (forward component 1), 1/z, u/z and v/z of a parallelogram's plane are all
linear in the pixel, so that the inside test needs no clipping at any plane. The raster only decides which primitive a
pixel sees; depth and surface coordinates come from intersecting that primitive again. The same core makes orthographic
maps, where t, u and v are linear themselves.

Source of the idea: Olano and Greer 1997, "Triangle scan conversion using 2D homogeneous coordinates".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from render.view import View
from render.visibility.cutouts import stencil_index, stencils

NEAR_ROWS_M = 0.02
"""A primitive with a corner nearer than this (or behind) may touch any row; its rows are not narrowed."""
BAND_FRAGMENTS = 1 << 21
"""Fragments handled at once; bounds memory at about 120 MB."""
CUT_BAND_FRAGMENTS = 1 << 18
"""As many where primitives are cut out: between bands, what is hidden already is dropped."""


@dataclass(frozen=True)
class Quads:
    """Parallelograms origin + u·edge_u + v·edge_v, u and v in 0–1; triangles keep u + v ≤ 1.

    Args:
        origin, edge_u, edge_v: (Q, 3) float64, metres. The front is where edge_u × edge_v points.
        triangle: (Q,) bool.
        two_sided: (Q,) bool; the others are seen from the front only.
        cutout: (Q,) int64, which stencil is cut out of each (`visibility/cutouts.py`); None where all are whole.
    """

    origin: Tensor
    edge_u: Tensor
    edge_v: Tensor
    triangle: Tensor
    two_sided: Tensor
    cutout: Tensor | None = None

    def __len__(self) -> int:
        return self.origin.shape[0]

    def pick(self, index: Tensor) -> Quads:
        """The primitives of an index or mask, in its order."""
        return Quads(
            self.origin[index], self.edge_u[index], self.edge_v[index], self.triangle[index], self.two_sided[index],
            None if self.cutout is None else self.cutout[index],
        )


@dataclass(frozen=True)
class Hits:
    """What N rays met: primitive index or -1, distance (planar for a pinhole, +inf at a miss) and u, v in 0–1."""

    quad: Tensor
    depth_m: Tensor
    u: Tensor
    v: Tensor


def trace_view(quads: Quads, view: View) -> Hits:
    """First primitives seen by every pixel centre of a pinhole of any pose, or of an equirect."""
    if view.projection == "equirect":
        from render.visibility.sphere import trace_sphere

        return trace_sphere(quads, view)
    return _trace_pinhole(quads, view)


def pixel_directions(view: View) -> Tensor:
    """(N, 3) float32 unit directions through the pixel centres in the world frame, row by row."""
    rays = _pinhole_rays(view) if view.projection == "pinhole" else equirect_rays(view)
    return torch.nn.functional.normalize(rays, dim=1)


def _trace_pinhole(quads: Quads, view: View) -> Hits:
    key, reduced, index = pinhole_keys(quads, view)
    met = key > 0
    local = (key & 0xFFFFFFFF)[met]
    pixel = met.nonzero().squeeze(1)
    x = (pixel % view.width_px).float() + 0.5
    y = torch.div(pixel, view.width_px, rounding_mode="floor").float() + 0.5
    rows = reduced[local]  # (M, 3, 3) as columns x, y, 1
    inverse_z, u, v = (rows[:, :, 0] * x[:, None] + rows[:, :, 1] * y[:, None] + rows[:, :, 2]).unbind(1)
    n = view.width_px * view.height_px
    z = 1 / inverse_z
    quad = torch.full((n,), -1, dtype=torch.int64)
    depth = torch.full((n,), torch.inf)
    uv = torch.zeros((2, n))
    quad[pixel], depth[pixel] = index[local], z
    uv[0, pixel], uv[1, pixel] = (u * z).clamp(0, 1), (v * z).clamp(0, 1)
    return Hits(quad, depth, uv[0], uv[1])


def pinhole_keys(quads: Quads, view: View) -> tuple[Tensor, Tensor, Tensor]:
    """Per-pixel keys (0 at sky), the (S, 3, 3) linear forms of 1/z, u/z, v/z, and the S primitives' indices."""
    eye = torch.from_numpy(view.eye_m)
    axes = torch.from_numpy(view.world_from_cam)
    q = quads.origin - eye
    normal = torch.linalg.cross(quads.edge_u, quads.edge_v)
    det = (q * normal).sum(1)
    cam = corners(quads, q) @ axes  # (Q, 4, 3)
    z = cam[:, :, 2]
    keep = ((det < -1e-12) | (quads.two_sided & (det > 1e-12))) & (z.amax(1) > 0)
    near = z.amin(1) < NEAR_ROWS_M
    safe = z.clamp_min(1e-9)
    columns = cam[:, :, 0] / safe * view.fx_px + view.cx_px
    rows = cam[:, :, 1] / safe * view.fy_px + view.cy_px
    on_film = (columns.amax(1) > 0) & (columns.amin(1) < view.width_px)
    on_film &= (rows.amax(1) > 0) & (rows.amin(1) < view.height_px)
    index = (keep & (near | on_film)).nonzero().squeeze(1)

    seen, q, det = quads.pick(index), q[index], det[index, None]
    forms = torch.stack([normal[index], torch.linalg.cross(seen.edge_v, q), torch.linalg.cross(q, seen.edge_u)], 1)
    forms = (forms / det[:, None]) @ axes  # along the camera's right, down, forward
    a, b = forms[:, :, 0] / view.fx_px, forms[:, :, 1] / view.fy_px
    forms = torch.stack([a, b, forms[:, :, 2] - a * view.cx_px - b * view.cy_px], 2)
    inverse_z, u, v = forms.unbind(1)
    past = torch.where(seen.triangle[:, None], inverse_z - u, inverse_z) - v
    edges = torch.stack([u, v, inverse_z - u, past], 1)
    cut = None if seen.cutout is None else (u, v, seen.cutout)
    key = fill(inverse_z, edges, rows[index], columns[index], near[index], view.width_px, view.height_px, cut)
    return key, forms.float(), index


def fill(
    key: Tensor, edges: Tensor, rows: Tensor, columns: Tensor, near: Tensor, width: int, height: int,
    cut: tuple[Tensor, Tensor, Tensor] | None = None,
) -> Tensor:
    """Scan-convert: largest key wins each pixel.

    Args:
        key: (S, 3) linear form of the pixel centre (x, y, 1); positive where visible.
        edges: (S, 4, 3) forms that are ≥ 0 inside.
        rows, columns: (S, 4) projected corners, valid where not near.
        near: (S,) whether any row and column may be touched.
        cut: (S, 3) linear forms of u·key and v·key, and (S,) stencils, where fragments outside a stencil are dropped.

    Returns:
        (height·width,) int64: bits of the float32 key in the high half, index in the low half; 0 where nothing is.
    """
    film = torch.zeros(height * width, dtype=torch.int64)
    top = torch.where(near, 0.0, (rows.amin(1) - 0.5).ceil().clamp(0, height)).long()
    bottom = torch.where(near, height - 1.0, (rows.amax(1) - 0.5).floor().clamp(-1, height - 1)).long()
    missed = ~near & ((columns.amin(1) - 0.5).ceil() > (columns.amax(1) - 0.5).floor())  # between two pixel centres
    count = torch.where(missed, 0, (bottom - top + 1).clamp_min(0))
    owner = torch.repeat_interleave(torch.arange(len(count)), count)
    if owner.numel() == 0:
        return film
    first = count.cumsum(0) - count
    row = torch.arange(owner.numel()) - (first - top)[owner]

    # Where a row crosses each edge is linear in the row: x = -(b·y + c)/a. An edge along the rows gets a tiny slope,
    # which sends its crossing far to the side that keeps or empties the row.
    slope = torch.where(edges[:, :, 0] == 0, 1e-30, edges[:, :, 0])
    per_row, at_zero = (-edges[:, :, 1] / slope).T.contiguous(), (-edges[:, :, 2] / slope).T.contiguous()
    opens = (slope > 0).T.contiguous()[:, owner]
    crossing = per_row[:, owner] * (row + 0.5) + at_zero[:, owner]
    low = torch.where(opens, crossing, -torch.inf).amax(0)
    high = torch.where(opens, torch.inf, crossing).amin(0)
    start = (low - 0.5).ceil().clamp(0, width).long()
    stop = (high - 0.5).floor().clamp(-1, width - 1).long()
    length = (stop - start + 1).clamp_min(0)

    live = (length > 0).nonzero().squeeze(1)
    owner, row, start, length = owner[live], row[live], start[live], length[live]
    k_slope = key[:, 0][owner]
    k_start = (key[:, 1][owner] * (row + 0.5) + key[:, 2][owner] + k_slope * (start + 0.5)).float()
    k_slope = k_slope.float()
    pixel = row * width + start
    stencil = None if cut is None else _along_spans(cut, owner, row + 0.5, start + 0.5)
    total = length.cumsum(0)
    most = BAND_FRAGMENTS if cut is None else CUT_BAND_FRAGMENTS
    bounds = torch.searchsorted(total, torch.arange(0, int(total[-1]) if len(total) else 0, most), right=True)
    for begin, end in pairwise([*bounds.tolist(), len(live)]):
        if begin == end:
            continue
        part = length[begin:end]
        span = torch.repeat_interleave(torch.arange(begin, end), part)
        step = torch.arange(span.numel()) - (part.cumsum(0) - part)[span - begin]
        value = k_start[span] + k_slope[span] * step.float()
        code = (value.clamp_min(1e-30).view(torch.int32).long() << 32) | owner[span]
        at = pixel[span] + step
        if cut is not None and stencil is not None:
            # what is hidden by earlier bands needs no stencil; callers hand over what is near first
            ahead = (code > film[at]).nonzero().squeeze(1)
            span, step, code, at = span[ahead], step[ahead].float(), code[ahead], at[ahead]
            u, v, du, dv = stencil[span].unbind(1)
            scale = 1 / value[ahead].clamp_min(1e-30)
            own = stencil_index(cut[2][owner[span]], (u + du * step) * scale, (v + dv * step) * scale)
            kept = stencils()[own].nonzero().squeeze(1)
            code, at = code[kept], at[kept]
        film.scatter_reduce_(0, at, code, "amax")
    return film


def _along_spans(cut: tuple[Tensor, Tensor, Tensor], owner: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """(R, 4) float32: u·key and v·key at the first pixel of each row of a primitive, and how they grow per pixel."""
    starts = [form[:, 0][owner] * x + form[:, 1][owner] * y + form[:, 2][owner] for form in cut[:2]]
    return torch.stack([*starts, *(form[:, 0][owner] for form in cut[:2])], 1).float()


def corners(quads: Quads, origin: Tensor | None = None) -> Tensor:
    """(Q, 4, 3) corners; a triangle repeats its origin as the fourth."""
    p = quads.origin if origin is None else origin
    fourth = torch.where(quads.triangle[:, None], p, p + quads.edge_u + quads.edge_v)
    return torch.stack([p, p + quads.edge_u, p + quads.edge_v, fourth], 1)


def _pinhole_rays(view: View) -> Tensor:
    x = (torch.arange(view.width_px) + 0.5 - view.cx_px) / view.fx_px
    y = (torch.arange(view.height_px) + 0.5 - view.cy_px) / view.fy_px
    axes = torch.from_numpy(view.world_from_cam).float()
    rays = x[None, :, None] * axes[:, 0] + y[:, None, None] * axes[:, 1] + axes[:, 2]
    return rays.reshape(-1, 3)


def equirect_rays(view: View) -> Tensor:
    yaw = ((torch.arange(view.width_px) + 0.5) / view.width_px * 2 - 1) * torch.pi
    pitch = (0.5 - (torch.arange(view.height_px) + 0.5) / view.height_px) * torch.pi
    flat = torch.cos(pitch)[:, None]
    rays = torch.stack(
        [flat * torch.sin(yaw), flat * torch.cos(yaw), torch.sin(pitch)[:, None].expand(-1, len(yaw))], 2
    )
    axes = torch.from_numpy(view.world_from_cam).float()
    local = torch.stack([rays[..., 0], -rays[..., 2], rays[..., 1]], 2)  # right, down, forward
    return (local.reshape(-1, 3) @ axes.T).contiguous()
