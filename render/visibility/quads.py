"""Visibility of built things: a homogeneous rasteriser for parallelograms and triangles, with exact re-intersection.

Along the unnormalised ray d of a pinhole (forward component 1), 1/z, u/z and v/z of a parallelogram's plane are all
linear in the pixel, so that the inside test needs no clipping at any plane. The raster only decides which primitive a
pixel sees; depth and surface coordinates come from intersecting that primitive again. The same core makes orthographic
maps, where t, u and v are linear themselves.

Source of the idea: Olano and Greer 1997, "Triangle scan conversion using 2D homogeneous coordinates".
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from threading import Lock

import torch
from torch import Tensor

from render.abreast import abreast, spans
from render.view import View
from render.visibility.cutouts import stencil_index, stencils
from render.visibility.hidden import hidden

NEAR_ROWS_M = 0.02
"""A primitive with a corner nearer than this (or behind) may touch any row; its rows are not narrowed."""
BAND_FRAGMENTS = 1 << 21
"""Fragments handled at once; bounds memory at about 120 MB."""
CUT_BAND_FRAGMENTS = 1 << 18
"""As many where primitives are cut out: between bands, what is hidden already is dropped."""


_DEAR = 4
"""Samples that setting up a primitive is worth."""
_SETTING_UP, _WORTH_PARTING = 20.0, 300_000.0
"""Pixels that a primitive costs before it covers any, and those from which on drawing is parted."""
_NOBODY = 0xFFFFFFFF
"""The low half of a key where what stands before is not of these primitives."""
_FEW, _LITTLE, _FIRST_PART, _MOST_PARTS = 2000, 600_000.0, 0.4, 9
"""Fewer primitives, or such as bound less than that many pixels in all, are drawn at once; others in parts, the first
of which covers this share of the film, the next ones twice as much each."""


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
        if index.dtype == torch.bool:
            index = index.nonzero().squeeze(1)
        return Quads(
            self.origin.index_select(0, index), self.edge_u.index_select(0, index), self.edge_v.index_select(0, index),
            self.triangle.index_select(0, index), self.two_sided.index_select(0, index),
            None if self.cutout is None else self.cutout.index_select(0, index),
        )


@dataclass(frozen=True)
class Hits:
    """What N rays met: primitive index or -1, distance (planar for a pinhole, +inf at a miss) and u, v in 0–1."""

    quad: Tensor
    depth_m: Tensor
    u: Tensor
    v: Tensor


def trace_view(quads: Quads, view: View, before_m: Tensor | None = None) -> Hits:
    """First primitives seen by every pixel centre of a pinhole of any pose, or of an equirect.

    Args:
        quads: the primitives. view: the camera.
        before_m: (N,) depth beyond which nobody asks, +inf where all counts: a hint that spares a pinhole work.
    """
    if view.projection == "equirect":
        from render.visibility.sphere import trace_sphere

        return trace_sphere(quads, view)
    return _trace_pinhole(quads, view, before_m)


def pixel_directions(view: View) -> Tensor:
    """(N, 3) float32 unit directions through the pixel centres in the world frame, row by row."""
    rays = _pinhole_rays(view) if view.projection == "pinhole" else equirect_rays(view)
    return torch.nn.functional.normalize(rays, dim=1)


def _trace_pinhole(quads: Quads, view: View, before_m: Tensor | None) -> Hits:
    key, reduced, index = pinhole_keys(quads, view, before_m)
    pixel = key.nonzero().squeeze(1)
    local = key.index_select(0, pixel) & _NOBODY
    if before_m is not None:
        own = (local != _NOBODY).nonzero().squeeze(1)
        pixel, local = pixel.index_select(0, own), local.index_select(0, own)
    x = (pixel % view.width_px).float() + 0.5
    y = torch.div(pixel, view.width_px, rounding_mode="floor").float() + 0.5
    rows = reduced.index_select(0, local)  # (M, 3, 3) as columns x, y, 1
    inverse_z, u, v = (rows[:, :, 0] * x[:, None] + rows[:, :, 1] * y[:, None] + rows[:, :, 2]).unbind(1)
    n = view.width_px * view.height_px
    device = key.device
    z = 1 / inverse_z
    quad = torch.full((n,), -1, dtype=torch.int64, device=device)
    depth = torch.full((n,), torch.inf, device=device)
    uv = torch.zeros((2, n), device=device)
    quad[pixel], depth[pixel] = index.index_select(0, local), z
    uv[0, pixel], uv[1, pixel] = (u * z).clamp(0, 1), (v * z).clamp(0, 1)
    return Hits(quad, depth, uv[0], uv[1])


def pinhole_keys(quads: Quads, view: View, before_m: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Per-pixel keys (0 at sky), the (S, 3, 3) linear forms of 1/z, u/z, v/z, and the S primitives' indices.

    What is near is drawn first; of the rest only what that does not hide. Forms of hidden primitives stay 0. Where
    nothing comes before `before_m` (N,) the low half of a key is all ones.
    """
    device = quads.origin.device
    kept = abreast(*(partial(_on_film, quads, view, some) for some in spans(len(quads), of=_DEAR)))
    index, near, nearest, rows, columns, o, u, v, normal, det = (
        torch.cat(part, -1) if len(part) > 1 else part[0] for part in zip(*kept, strict=True)
    )
    left, right, top, bottom = columns.amin(0), columns.amax(0), rows.amin(0), rows.amax(0)
    rows, columns = rows.T, columns.T
    film = torch.zeros(view.height_px * view.width_px, dtype=torch.int64, device=device)
    if before_m is not None:
        film = ((1 / before_m.clamp_min(1e-3)).view(torch.int32).long() << 32) | _NOBODY
        film[torch.isinf(before_m)] = 0
    forms = torch.zeros((len(index), 3, 3), dtype=torch.float64, device=device)
    writing = Lock()

    def draw(some: Tensor) -> None:
        part = index[some]
        forms[some] = own = _forms([each.index_select(-1, some) for each in (o, u, v, normal, det)], view)
        inverse_z, along_u, along_v = own.unbind(1)
        past = torch.where(quads.triangle[part, None], inverse_z - along_u, inverse_z) - along_v
        edges = torch.stack([along_u, along_v, inverse_z - along_u, past], 1)
        cut = None if quads.cutout is None else (along_u, along_v, quads.cutout[part])
        fill(
            inverse_z, edges, rows[some], columns[some], near[some], view.width_px, view.height_px, cut, film=film,
            ids=some, writing=writing,
        )

    def draw_all(some: Tensor) -> None:
        if float(area[some].sum()) + _SETTING_UP * len(some) < _WORTH_PARTING:
            draw(some)
        else:
            abreast(lambda: draw(some[::2]), lambda: draw(some[1::2]))

    wide, tall = right.clamp(max=view.width_px) - left.clamp(min=0), bottom.clamp(max=view.height_px) - top.clamp(min=0)
    area = torch.where(near, 0.0, wide * tall)
    if len(index) < _FEW or float(area.sum()) < _LITTLE:
        draw_all(torch.arange(len(index), device=device))
        return film, forms.float(), index
    # Nearest first, in parts that cover more and more: what a part hides is not drawn in the next.
    ahead = torch.where(near, 0.0, nearest)
    order = ahead.argsort(stable=True)
    covered = area[order].cumsum(0)
    whole = float(view.width_px * view.height_px)
    steps = torch.tensor([_FIRST_PART * 2.0**k * whole for k in range(_MOST_PARTS - 1)], device=device)
    for begin, end in pairwise([0, *torch.searchsorted(covered, steps.double()).tolist(), len(order)]):
        some = order[begin:end]
        if begin and len(some):
            bounds = (left[some], right[some], top[some], bottom[some])
            some = some[~hidden(film, view.width_px, view.height_px, *bounds, 1 / ahead[some])]
        if len(some):
            draw_all(some)
    return film, forms.float(), index


def _on_film(quads: Quads, view: View, some: slice) -> tuple[Tensor, ...]:
    """Which of some primitives (S of them) may touch the film, and how they stand before the camera.

    Returns:
        their indices (S,), whether they come near or behind the lens (S,), depths of their nearest corners (S,),
        projected rows and columns of their corners (4, S), origin, edges and normal in the camera's frame, (3, S) each,
        and origin · normal (S,).
    """
    device = quads.origin.device
    eye = torch.as_tensor(view.eye_m).to(device)
    axes = torch.as_tensor(view.world_from_cam).to(device)
    # in the camera's frame: x right, y down, z ahead, each a row of its own
    o, u, v = axes.T @ (quads.origin[some] - eye).T, axes.T @ quads.edge_u[some].T, axes.T @ quads.edge_v[some].T
    normal = _cross(u, v)
    det = (o * normal).sum(0)
    cam = _corners(o, u, v, quads.triangle[some])
    x, y, z = cam.unbind(1)  # (4, Q) each
    nearest = z.amin(0)
    near = nearest < NEAR_ROWS_M
    safe = 1 / z.clamp_min(1e-9)
    columns, rows = x.mul(safe).mul_(view.fx_px).add_(view.cx_px), y.mul(safe).mul_(view.fy_px).add_(view.cy_px)
    left, right, top, bottom = columns.amin(0), columns.amax(0), rows.amin(0), rows.amax(0)
    # on the film, and not between two pixel centres
    on_film = (right > 0.5) & (left < view.width_px - 0.5) & (bottom > 0.5) & (top < view.height_px - 0.5)
    on_film &= ((left - 0.5).ceil() <= (right - 0.5).floor()) & ((top - 0.5).ceil() <= (bottom - 0.5).floor())
    facing = det if float(torch.linalg.det(axes)) > 0 else -det  # a mirrored camera's frame is left-handed
    keep = ((facing < -1e-12) | (quads.two_sided[some] & (facing > 1e-12))) & (z.amax(0) > 0)
    keep &= near | on_film
    close = (keep & near).nonzero().squeeze(1)
    keep[close] = ~_beside(cam[:, :, close], view)
    index = keep.nonzero().squeeze(1)
    return (
        index + (some.start or 0),
        *(each.index_select(-1, index) for each in (near, nearest, rows, columns, o, u, v, normal, det)),
    )


def _beside(cam: Tensor, view: View) -> Tensor:
    """(S,) bool: which primitives, by their (4, 3, S) corners before or behind the camera, lie beside the film."""
    x, y, z = cam.unbind(1)
    x, y = x * view.fx_px, y * view.fy_px
    left, right = x + view.cx_px * z, x - (view.width_px - view.cx_px) * z
    top, bottom = y + view.cy_px * z, y - (view.height_px - view.cy_px) * z
    return (left < 0).all(0) | (right > 0).all(0) | (top < 0).all(0) | (bottom > 0).all(0)


def _forms(placed: Sequence[Tensor], view: View) -> Tensor:
    """(S, 3, 3) linear forms (x, y, 1) of 1/z, u/z and v/z over the film.

    Args:
        placed: (3, S) origin, edges and normal in the camera's frame, and (S,) origin · normal.
    """
    o, u, v, normal, det = placed
    forms = torch.stack([normal, _cross(v, o), _cross(o, u)]).div_(det)  # (3, 3, S): along right, down, forward
    a, b = forms[:, 0] / view.fx_px, forms[:, 1] / view.fy_px
    return torch.stack([a, b, forms[:, 2] - a * view.cx_px - b * view.cy_px], 1).permute(2, 0, 1).contiguous()


def _cross(a: Tensor, b: Tensor) -> Tensor:
    """(3, S) cross products, a coordinate to each row."""
    return torch.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def _corners(o: Tensor, u: Tensor, v: Tensor, triangle: Tensor) -> Tensor:
    """(4, 3, S) corners; a triangle repeats its origin as the fourth."""
    second = o + u
    return torch.stack([o, second, o + v, torch.where(triangle, o, second + v)])


def fill(
    key: Tensor, edges: Tensor, rows: Tensor, columns: Tensor, near: Tensor, width: int, height: int,
    cut: tuple[Tensor, Tensor, Tensor] | None = None, *, film: Tensor | None = None, ids: Tensor | None = None,
    writing: AbstractContextManager[object] | None = None,
) -> Tensor:
    """Scan-convert: largest key wins each pixel.

    Args:
        key: (S, 3) linear form of the pixel centre (x, y, 1); positive where visible.
        edges: (S, 4, 3) forms that are ≥ 0 inside.
        rows, columns: (S, 4) projected corners, valid where not near.
        near: (S,) whether any row and column may be touched.
        cut: (S, 3) linear forms of u·key and v·key, and (S,) stencils, where fragments outside a stencil are dropped.
        film: drawn upon, where something has been drawn before; ids: (S,) int64, what to call the primitives in it.
        writing: held while the film is written, when several threads draw upon it.

    Returns:
        (height·width,) int64: bits of the float32 key in the high half, index in the low half; 0 where nothing is.
    """
    device = key.device
    if film is None:
        film = torch.zeros(height * width, dtype=torch.int64, device=device)
    top = torch.where(near, 0.0, (rows.amin(1) - 0.5).ceil().clamp(0, height)).long()
    bottom = torch.where(near, height - 1.0, (rows.amax(1) - 0.5).floor().clamp(-1, height - 1)).long()
    missed = ~near & ((columns.amin(1) - 0.5).ceil() > (columns.amax(1) - 0.5).floor())  # between two pixel centres
    count = torch.where(missed, 0, (bottom - top + 1).clamp_min(0))
    owner = torch.repeat_interleave(torch.arange(len(count), device=device), count)
    if owner.numel() == 0:
        return film
    first = count.cumsum(0) - count
    row = torch.arange(owner.numel(), device=device) - (first - top).index_select(0, owner)

    # Where a row crosses each edge is linear in the row: x = -(b·y + c)/a. An edge along the rows gets a tiny slope,
    # which sends its crossing far to the side that keeps or empties the row.
    slope = torch.where(edges[:, :, 0] == 0, 1e-30, edges[:, :, 0])
    per_row, at_zero = (-edges[:, :, 1] / slope).T.contiguous(), (-edges[:, :, 2] / slope).T.contiguous()
    opens = (slope > 0).T.contiguous().index_select(1, owner)
    crossing = per_row.index_select(1, owner).mul_(row + 0.5).add_(at_zero.index_select(1, owner))
    low = torch.where(opens, crossing, -torch.inf).amax(0)
    high = torch.where(opens, torch.inf, crossing).amin(0)
    start = (low - 0.5).ceil().clamp(0, width).long()
    stop = (high - 0.5).floor().clamp(-1, width - 1).long()
    length = (stop - start + 1).clamp_min(0)

    live = (length > 0).nonzero().squeeze(1)
    owner, row, start, length = (each.index_select(0, live) for each in (owner, row, start, length))
    of_span = key.index_select(0, owner)
    k_slope = of_span[:, 0]
    k_start = (of_span[:, 1] * (row + 0.5) + of_span[:, 2] + k_slope * (start + 0.5)).float()
    k_slope = k_slope.float()
    pixel = row * width + start
    stencil = None if cut is None else _along_spans(cut, owner, row + 0.5, start + 0.5)
    total = length.cumsum(0)
    most = BAND_FRAGMENTS if cut is None else CUT_BAND_FRAGMENTS
    begins = torch.arange(0, int(total[-1]) if len(total) else 0, most, device=device)
    bounds = torch.searchsorted(total, begins, right=True)
    names = owner if ids is None else ids.index_select(0, owner)
    for begin, end in pairwise([*bounds.tolist(), len(live)]):
        if begin == end:
            continue
        part = length[begin:end]
        span = torch.repeat_interleave(torch.arange(begin, end, device=device), part)
        step = torch.arange(span.numel(), device=device) - (part.cumsum(0) - part).index_select(0, span - begin)
        value = k_start.index_select(0, span) + k_slope.index_select(0, span) * step.float()
        code = (value.clamp_min(1e-30).view(torch.int32).long() << 32) | names.index_select(0, span)
        at = pixel.index_select(0, span) + step
        if cut is not None and stencil is not None:
            # what is hidden by earlier bands needs no stencil; callers hand over what is near first
            ahead = (code > film.index_select(0, at)).nonzero().squeeze(1)
            span, step, code, at, value = (each.index_select(0, ahead) for each in (span, step, code, at, value))
            u, v, du, dv = stencil.index_select(0, span).unbind(1)
            scale, step = 1 / value.clamp_min(1e-30), step.float()
            shape = cut[2].index_select(0, owner.index_select(0, span))
            own = stencil_index(shape, (u + du * step) * scale, (v + dv * step) * scale)
            kept = stencils().to(device).index_select(0, own).nonzero().squeeze(1)
            code, at = code.index_select(0, kept), at.index_select(0, kept)
        with writing or nullcontext():
            film.scatter_reduce_(0, at, code, "amax")
    return film


def _along_spans(cut: tuple[Tensor, Tensor, Tensor], owner: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """(R, 4) float32: u·key and v·key at the first pixel of each row of a primitive, and how they grow per pixel."""
    forms = [form.index_select(0, owner) for form in cut[:2]]
    starts = [form[:, 0] * x + form[:, 1] * y + form[:, 2] for form in forms]
    return torch.stack([*starts, *(form[:, 0] for form in forms)], 1).float()


def corners(quads: Quads, origin: Tensor | None = None) -> Tensor:
    """(Q, 4, 3) corners; a triangle repeats its origin as the fourth."""
    p = quads.origin if origin is None else origin
    fourth = torch.where(quads.triangle[:, None], p, p + quads.edge_u + quads.edge_v)
    return torch.stack([p, p + quads.edge_u, p + quads.edge_v, fourth], 1)


def _pinhole_rays(view: View) -> Tensor:
    x = (torch.arange(view.width_px) + 0.5 - view.cx_px) / view.fx_px
    y = (torch.arange(view.height_px) + 0.5 - view.cy_px) / view.fy_px
    axes = torch.as_tensor(view.world_from_cam).float()
    rays = x[None, :, None] * axes[:, 0] + y[:, None, None] * axes[:, 1] + axes[:, 2]
    return rays.reshape(-1, 3)


def equirect_rays(view: View) -> Tensor:
    yaw = ((torch.arange(view.width_px) + 0.5) / view.width_px * 2 - 1) * torch.pi
    pitch = (0.5 - (torch.arange(view.height_px) + 0.5) / view.height_px) * torch.pi
    flat = torch.cos(pitch)[:, None]
    rays = torch.stack(
        [flat * torch.sin(yaw), flat * torch.cos(yaw), torch.sin(pitch)[:, None].expand(-1, len(yaw))], 2
    )
    axes = torch.as_tensor(view.world_from_cam).float()
    local = torch.stack([rays[..., 0], -rays[..., 2], rays[..., 1]], 2)  # right, down, forward
    return (local.reshape(-1, 3) @ axes.T).contiguous()
