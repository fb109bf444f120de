"""Visibility of built things: a homogeneous rasteriser for parallelograms and triangles, with exact re-intersection.

Along the unnormalised ray d of a pinhole (forward component 1), 1/z, u/z and v/z of a parallelogram's plane are all
linear in the pixel, so that the inside test needs no clipping at any plane. The raster only decides which primitive a
pixel sees; depth and surface coordinates come from intersecting that primitive again. The same core makes orthographic
maps, where t, u and v are linear themselves.

Source of the idea: Olano and Greer 1997, "Triangle scan conversion using 2D homogeneous coordinates".
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from render.view import View

NEAR_ROWS_M = 0.02
"""A primitive with a corner nearer than this (or behind) may touch any row; its rows are not narrowed."""
BAND_FRAGMENTS = 1 << 21
"""Fragments handled at once; bounds memory at about 120 MB."""


@dataclass(frozen=True)
class Quads:
    """Parallelograms origin + u·edge_u + v·edge_v, u and v in 0–1; triangles keep u + v ≤ 1.

    Args:
        origin, edge_u, edge_v: (Q, 3) float64, metres. The front is where edge_u × edge_v points.
        triangle: (Q,) bool.
        two_sided: (Q,) bool; the others are seen from the front only.
    """

    origin: Tensor
    edge_u: Tensor
    edge_v: Tensor
    triangle: Tensor
    two_sided: Tensor

    def __len__(self) -> int:
        return self.origin.shape[0]

    def pick(self, index: Tensor) -> Quads:
        """The primitives of an index or mask, in its order."""
        return Quads(
            self.origin[index], self.edge_u[index], self.edge_v[index], self.triangle[index], self.two_sided[index]
        )


@dataclass(frozen=True)
class Hits:
    """What N rays met: primitive index or -1, distance (planar for a pinhole, +inf at a miss) and u, v in 0–1."""

    quad: Tensor
    depth_m: Tensor
    u: Tensor
    v: Tensor


@dataclass(frozen=True)
class OrthoMap:
    """Depth of the first surface along parallel rays.

    Args:
        depth_m: (size, size) float32, distance travelled along `travel` from the plane through the centre; +inf free.
        centre, right, down, travel: (3,) float64; the map spans ±half_m along right and down.
        half_m: half the side in metres.
    """

    depth_m: Tensor
    centre: Tensor
    right: Tensor
    down: Tensor
    travel: Tensor
    half_m: float

    @property
    def texel_m(self) -> float:
        return 2 * self.half_m / self.depth_m.shape[0]

    def locate(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Column and row (in texels, edges convention) and depth of (M, 3) points in the map's frame."""
        frame = torch.stack([self.right, self.down, self.travel], 1).to(points.dtype)
        local = (points - self.centre.to(points.dtype)) @ frame
        scale = 1 / self.texel_m
        return (local[:, 0] + self.half_m) * scale, (local[:, 1] + self.half_m) * scale, local[:, 2]


def trace_view(quads: Quads, view: View) -> Hits:
    """First primitives seen by every pixel centre of a pinhole of any pose, or of an equirect."""
    return _trace_equirect(quads, view) if view.projection == "equirect" else _trace_pinhole(quads, view)


def pixel_directions(view: View) -> Tensor:
    """(N, 3) float32 unit directions through the pixel centres in the world frame, row by row."""
    rays = _pinhole_rays(view) if view.projection == "pinhole" else _equirect_rays(view)
    return torch.nn.functional.normalize(rays, dim=1)


def trace_ortho(quads: Quads, centre: Tensor, toward: Tensor, half_m: float, size: int) -> OrthoMap:
    """Depth map of parallel rays coming from the direction `toward` (unit, towards the source), around a centre."""
    travel = -toward.double()
    helper = torch.tensor([0.0, 0.0, 1.0] if abs(float(travel[2])) < 0.95 else [0.0, 1.0, 0.0], dtype=torch.float64)
    right = torch.nn.functional.normalize(torch.linalg.cross(travel, helper), dim=0)
    down = torch.linalg.cross(travel, right)
    facing: Tensor = torch.linalg.cross(quads.edge_u, quads.edge_v) @ travel
    reach = 4096.0
    keep = (quads.two_sided & (facing.abs() > 1e-12)) | (facing < -1e-12)
    index = keep.nonzero().squeeze(1)
    seen = quads.pick(index)
    inverse = (1 / facing[index]).unsqueeze(1)

    # A ray starts at centre + x·right + y·down (metres) and travels: t, u, v are affine in (x, y).
    offset = seen.origin - centre.double()
    normal = torch.linalg.cross(seen.edge_u, seen.edge_v)
    t_row = _affine(normal, offset, right, down) * inverse
    u_row = _affine(torch.linalg.cross(travel.expand_as(offset), seen.edge_v), offset, right, down) * inverse
    v_row = _affine(torch.linalg.cross(seen.edge_u, travel.expand_as(offset)), offset, right, down) * inverse
    texel = 2 * half_m / size
    grid = torch.tensor([[texel, 0, 0], [0, texel, 0], [-half_m, -half_m, 1]], dtype=torch.float64)
    one = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    t_row, u_row, v_row = t_row @ grid.T, u_row @ grid.T, v_row @ grid.T
    edges = torch.stack([u_row, v_row, one - u_row, torch.where(seen.triangle[:, None], one - u_row, one) - v_row], 1)

    corners = _corners(seen) - centre.double()
    rows = (corners @ down + half_m) / texel
    columns = (corners @ right + half_m) / texel
    key = _fill(reach * one - t_row, edges, rows, columns, torch.zeros(len(seen), dtype=torch.bool), size, size)
    bits = (key >> 32).to(torch.int32).view(torch.float32)
    depth = torch.where(key > 0, reach - bits, torch.inf)
    return OrthoMap(depth.reshape(size, size), centre.double(), right, down, travel, half_m)


@dataclass(frozen=True)
class Spheres:
    """Bounding spheres of primitives, to sort out most of them before a single-ray or single-point question."""

    centre: Tensor
    radius: Tensor

    @staticmethod
    def around(quads: Quads) -> Spheres:
        middle = quads.origin + 0.5 * (quads.edge_u + quads.edge_v)
        radius = 0.5 * torch.maximum((quads.edge_u + quads.edge_v).norm(dim=1), (quads.edge_u - quads.edge_v).norm(dim=1))
        return Spheres(middle, radius + 1e-6)

    def on_ray(self, origin: Tensor, direction: Tensor) -> Tensor:
        """Indices of the spheres that a ray may touch."""
        way = self.centre - origin
        along = way @ direction
        aside = (way * way).sum(1) - along * along
        return ((aside <= self.radius**2) & (along > -self.radius)).nonzero().squeeze(1)

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


def visible_from(quads: Quads, origin: Tensor, points: Tensor, size: int) -> Tensor:
    """(M,) float32, 1 where points (M, 3) are seen from an origin; cube faces of `size` texels a side decide."""
    view = View("equirect", size, size, origin.double().numpy(), torch.eye(3, dtype=torch.float64).numpy())
    cube = _cube_ids(quads, view, size)
    way = points - origin.to(points.dtype)
    quad = cube[_cube_texel(way, size)]
    met = (quad >= 0).nonzero().squeeze(1)
    seen = quads.pick(quad[met])
    normal = torch.linalg.cross(seen.edge_u, seen.edge_v)
    # The blocker's plane cuts the way at t; a point on the blocker itself has t = 1.
    ahead = (way[met].double() * normal).sum(1)
    t = ((seen.origin - origin.double()) * normal).sum(1) / torch.where(ahead.abs() < 1e-12, 1e-12, ahead)
    visible = torch.ones(points.shape[0])
    visible[met] = ((t > 0.985) | (t < 0)).float()
    return visible


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


def _trace_pinhole(quads: Quads, view: View) -> Hits:
    key, reduced, index = _pinhole_keys(quads, view)
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


def _pinhole_keys(quads: Quads, view: View) -> tuple[Tensor, Tensor, Tensor]:
    """Per-pixel keys (0 at sky), the (S, 3, 3) linear forms of 1/z, u/z, v/z, and the S primitives' indices."""
    eye = torch.from_numpy(view.eye_m)
    axes = torch.from_numpy(view.world_from_cam)
    q = quads.origin - eye
    normal = torch.linalg.cross(quads.edge_u, quads.edge_v)
    det = (q * normal).sum(1)
    cam = _corners(quads, q) @ axes  # (Q, 4, 3)
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
    key = _fill(inverse_z, edges, rows[index], columns[index], near[index], view.width_px, view.height_px)
    return key, forms.float(), index


def _fill(key: Tensor, edges: Tensor, rows: Tensor, columns: Tensor, near: Tensor, width: int, height: int) -> Tensor:
    """Scan-convert: largest key wins each pixel.

    Args:
        key: (S, 3) linear form of the pixel centre (x, y, 1); positive where visible.
        edges: (S, 4, 3) forms that are ≥ 0 inside.
        rows, columns: (S, 4) projected corners, valid where not near.
        near: (S,) whether any row and column may be touched.

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
    total = length.cumsum(0)
    bounds = torch.searchsorted(total, torch.arange(0, int(total[-1]) if len(total) else 0, BAND_FRAGMENTS), right=True)
    cuts = [*bounds.tolist(), len(live)]
    for begin, end in zip(cuts, cuts[1:], strict=False):
        if begin == end:
            continue
        part = length[begin:end]
        span = torch.repeat_interleave(torch.arange(begin, end), part)
        step = torch.arange(span.numel()) - (part.cumsum(0) - part)[span - begin]
        value = k_start[span] + k_slope[span] * step.float()
        code = (value.clamp_min(1e-30).view(torch.int32).long() << 32) | owner[span]
        film.scatter_reduce_(0, pixel[span] + step, code, "amax")
    return film


def _trace_equirect(quads: Quads, view: View) -> Hits:
    """Six cube faces say which primitives a ray may meet; each ray then meets the nearest of them exactly."""
    size = max(16, round(view.width_px * 3 / 8))
    rays = _equirect_rays(view)
    eye = torch.from_numpy(view.eye_m)
    cube = _cube_ids(quads, view, size)
    face, column, row = _cube_place(rays, size)
    x, y = column.long().clamp(0, size - 1), row.long().clamp(0, size - 1)
    texel = (face * size + y) * size + x
    quad = cube[texel]
    # Beside an edge the face's texel may belong to the neighbour: try the texels around, keep the nearest real hit.
    aside = (torch.where(column - x > 0.5, 1, -1) + x).clamp(0, size - 1) - x
    over = ((torch.where(row - y > 0.5, 1, -1) + y).clamp(0, size - 1) - y) * size
    others = torch.stack([cube[texel + aside], cube[texel + over], cube[texel + aside + over]])
    n = rays.shape[0]
    depth, uv = torch.full((n,), torch.inf), torch.zeros((2, n))
    best = torch.full((n,), -1, dtype=torch.int64)

    def offer(pixel: Tensor, ids: Tensor, *, clamp: bool) -> None:
        seen, d = quads.pick(ids), rays[pixel].double()
        q = seen.origin - eye
        normal = torch.linalg.cross(seen.edge_u, seen.edge_v)
        facing = (d * normal).sum(1)
        inverse = 1 / torch.where(facing.abs() < 1e-9, 1e-9, facing)
        u = (torch.linalg.cross(seen.edge_v, q) * d).sum(1) * inverse
        v = (torch.linalg.cross(q, seen.edge_u) * d).sum(1) * inverse
        inside = (u >= 0) & (v >= 0) & (torch.where(seen.triangle, u + v, torch.maximum(u, v)) <= 1)
        inside &= (q * normal).sum(1) * inverse > 0
        u, v = u.clamp(0, 1), v.clamp(0, 1)
        v = torch.where(seen.triangle, torch.minimum(v, 1 - u), v)
        distance = (q + u[:, None] * seen.edge_u + v[:, None] * seen.edge_v).norm(dim=1).float()
        better = (distance < depth[pixel]) & (inside | clamp)
        to = pixel[better]
        depth[to], best[to] = distance[better], ids[better]
        uv[0, to], uv[1, to] = u[better].float(), v[better].float()

    met = (quad >= 0).nonzero().squeeze(1)
    offer(met, quad[met], clamp=False)
    for other in others:
        pixel = ((other != quad) & (other >= 0)).nonzero().squeeze(1)
        offer(pixel, other[pixel], clamp=False)
    lost = ((quad >= 0) & (best < 0)).nonzero().squeeze(1)  # slivers: their nearest point, rather than a hole
    offer(lost, quad[lost], clamp=True)
    return Hits(best, depth, uv[0], uv[1])


_FACES = torch.tensor(  # right, down, forward of the six faces in the world frame
    [
        [[1, 0, 0], [0, 0, -1], [0, 1, 0]], [[0, -1, 0], [0, 0, -1], [1, 0, 0]],
        [[-1, 0, 0], [0, 0, -1], [0, -1, 0]], [[0, 1, 0], [0, 0, -1], [-1, 0, 0]],
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
    ],
    dtype=torch.float64,
)  # fmt: skip


def _cube_ids(quads: Quads, view: View, size: int) -> Tensor:
    faces = []
    for face in _FACES:
        camera = View("pinhole", size, size, view.eye_m, face.T.contiguous().numpy(), size / 2, size / 2, size / 2,
                      size / 2)
        key, _, index = _pinhole_keys(quads, camera)
        ids = torch.full((size * size,), -1, dtype=torch.int64)
        met = key > 0
        ids[met] = index[(key & 0xFFFFFFFF)[met]]
        faces.append(ids)
    return torch.cat(faces)


def _cube_place(rays: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Face, column and row (texels, edges convention) of (M, 3) directions on the cube."""
    axis = rays.abs().argmax(1)
    positive = rays.gather(1, axis[:, None]).squeeze(1) > 0
    face = torch.tensor([[1, 3], [0, 2], [4, 5]])[axis, (~positive).long()]
    local = torch.einsum("nij,nj->ni", _FACES.to(rays.dtype)[face], rays)
    return face, (local[:, 0] / local[:, 2] + 1) * (size / 2), (local[:, 1] / local[:, 2] + 1) * (size / 2)


def _cube_texel(rays: Tensor, size: int) -> Tensor:
    face, column, row = _cube_place(rays, size)
    return (face * size + row.long().clamp(0, size - 1)) * size + column.long().clamp(0, size - 1)


def _corners(quads: Quads, origin: Tensor | None = None) -> Tensor:
    """(Q, 4, 3) corners; a triangle repeats its origin as the fourth."""
    p = quads.origin if origin is None else origin
    fourth = torch.where(quads.triangle[:, None], p, p + quads.edge_u + quads.edge_v)
    return torch.stack([p, p + quads.edge_u, p + quads.edge_v, fourth], 1)


def _affine(form: Tensor, offset: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """(S, 3) coefficients (x, y, 1) of form · (offset − x·right − y·down)."""
    return torch.stack([-(form @ right), -(form @ down), (form * offset).sum(1)], 1)


def _pinhole_rays(view: View) -> Tensor:
    x = (torch.arange(view.width_px) + 0.5 - view.cx_px) / view.fx_px
    y = (torch.arange(view.height_px) + 0.5 - view.cy_px) / view.fy_px
    axes = torch.from_numpy(view.world_from_cam).float()
    rays = x[None, :, None] * axes[:, 0] + y[:, None, None] * axes[:, 1] + axes[:, 2]
    return rays.reshape(-1, 3)


def _equirect_rays(view: View) -> Tensor:
    yaw = ((torch.arange(view.width_px) + 0.5) / view.width_px * 2 - 1) * torch.pi
    pitch = (0.5 - (torch.arange(view.height_px) + 0.5) / view.height_px) * torch.pi
    flat = torch.cos(pitch)[:, None]
    rays = torch.stack([flat * torch.sin(yaw), flat * torch.cos(yaw), torch.sin(pitch)[:, None].expand(-1, len(yaw))], 2)
    axes = torch.from_numpy(view.world_from_cam).float()
    local = torch.stack([rays[..., 0], -rays[..., 2], rays[..., 1]], 2)  # right, down, forward
    return (local.reshape(-1, 3) @ axes.T).contiguous()
