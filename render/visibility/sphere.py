"""The full sphere over the quad rasteriser: six cube faces of ids, then exact hits for every direction."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from render.view import View
from render.visibility.quads import Hits, Quads, equirect_rays, pinhole_keys


def trace_sphere(quads: Quads, view: View) -> Hits:
    """Six cube faces say which primitives a ray may meet; each ray then meets the nearest of them exactly."""
    size = max(16, round(view.width_px * 3 / 8))
    rays = equirect_rays(view)
    cube = _cube_ids(quads, view, size)
    q = quads.origin - torch.as_tensor(view.eye_m)
    normal = torch.linalg.cross(quads.edge_u, quads.edge_v)
    det = (q * normal).sum(1)[:, None]
    forms = torch.stack([normal, torch.linalg.cross(quads.edge_v, q), torch.linalg.cross(q, quads.edge_u)], 1)
    forms = (forms / torch.where(det.abs() < 1e-12, 1e-12, det)[:, None]).float()  # 1/t, u/t, v/t along a ray
    parts = [_meet_around(quads, q, forms, cube, part, size) for part in torch.split(rays, 1 << 20)]
    return Hits(*(torch.cat(column) for column in zip(*parts, strict=True)))


def _meet_around(
    quads: Quads, q: Tensor, forms: Tensor, cube: Tensor, rays: Tensor, size: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Primitive, distance, u and v for (N, 3) rays from the ids of the cube's faces."""
    face, column, row = _cube_place(rays, size)
    x, y = column.long().clamp(0, size - 1), row.long().clamp(0, size - 1)
    texel = (face * size + y) * size + x
    quad = cube[texel]
    n = rays.shape[0]
    depth, uv = torch.full((n,), torch.inf), torch.zeros((2, n))
    best = torch.full((n,), -1, dtype=torch.int64)

    def offer(pixel: Tensor, ids: Tensor) -> None:
        rows, way = forms.index_select(0, ids), rays.index_select(0, pixel)
        inverse, u, v = (rows * way[:, None]).sum(2).unbind(1)
        past = torch.where(quads.triangle[ids], inverse - u - v, torch.minimum(inverse - u, inverse - v))
        distance = 1 / inverse
        better = (u >= 0) & (v >= 0) & (past >= 0) & (inverse > 1e-9) & (distance < depth[pixel])
        to = pixel[better]
        depth[to], best[to] = distance[better], ids[better]
        uv[0, to], uv[1, to] = u[better] * distance[better], v[better] * distance[better]

    met = (quad >= 0).nonzero().squeeze(1)
    offer(met, quad[met])
    # Beside an edge the face's texel may belong to the neighbour: try the texels around, keep the nearest real hit.
    aside = (torch.where(column - x > 0.5, 1, -1) + x).clamp(0, size - 1) - x
    over = ((torch.where(row - y > 0.5, 1, -1) + y).clamp(0, size - 1) - y) * size
    for shift in (aside, over, aside + over):
        other = cube[texel + shift]
        pixel = ((other != quad) & (other >= 0)).nonzero().squeeze(1)
        offer(pixel, other[pixel])

    lost = ((quad >= 0) & (best < 0)).nonzero().squeeze(1)  # slivers: their nearest point, rather than a hole
    ids = quad[lost]
    inverse, u, v = (forms[ids] * rays[lost][:, None]).sum(2).unbind(1)
    t = 1 / torch.where(inverse.abs() < 1e-9, 1e-9, inverse)
    u, v = (u * t).clamp(0, 1), (v * t).clamp(0, 1)
    v = torch.where(quads.triangle[ids], torch.minimum(v, 1 - u), v)
    point = q[ids] + u[:, None] * quads.edge_u[ids] + v[:, None] * quads.edge_v[ids]
    best[lost], depth[lost], uv[0, lost], uv[1, lost] = ids, point.norm(dim=1).float(), u, v
    return best, depth, uv[0], uv[1]


_FACES = (  # right, down, forward of the six faces in the world frame
    ((1, 0, 0), (0, 0, -1), (0, 1, 0)), ((0, -1, 0), (0, 0, -1), (1, 0, 0)),
    ((-1, 0, 0), (0, 0, -1), (0, -1, 0)), ((0, 1, 0), (0, 0, -1), (-1, 0, 0)),
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)), ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
)  # fmt: skip


def _cube_ids(quads: Quads, view: View, size: int) -> Tensor:
    faces = []
    for face in _FACES:
        half = size / 2
        camera = View("pinhole", size, size, view.eye_m, np.array(face, np.float64).T.copy(), half, half, half, half)
        key, _, index = pinhole_keys(quads, camera)
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
    local = torch.einsum("nij,nj->ni", torch.tensor(_FACES, dtype=rays.dtype)[face], rays)
    return face, (local[:, 0] / local[:, 2] + 1) * (size / 2), (local[:, 1] / local[:, 2] + 1) * (size / 2)


def _cube_texel(rays: Tensor, size: int) -> Tensor:
    face, column, row = _cube_place(rays, size)
    return (face * size + row.long().clamp(0, size - 1)) * size + column.long().clamp(0, size - 1)


def visible_from(quads: Quads, origin: Tensor, points: Tensor, size: int) -> Tensor:
    """(M,) float32, 1 where points (M, 3) are seen from an origin; cube faces of `size` texels a side decide."""
    view = View("equirect", size, size, origin.double().numpy(force=True), np.eye(3))
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
