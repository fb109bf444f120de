"""E2 in three dimensions: what one camera sees where, another sees there too."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from render.engines.base import Picture
from render.spec import STANDARD_KINDS, CameraSpec
from render.view import View
from tests.render.engine.scenes import TERRAINS, engine, picture, quiet, spec

SIZE = (128, 72)


def world_points(got: Picture) -> tuple[np.ndarray, np.ndarray]:
    """(K, 3) world points of a picture's finite depths, by its view alone, and their pixel indices."""
    view = got.view
    rows, columns = np.mgrid[0 : view.height_px, 0 : view.width_px] + 0.5
    if view.projection == "equirect":
        yaw, rise = (columns / view.width_px * 2 - 1) * np.pi, (0.5 - rows / view.height_px) * np.pi
        ray = np.stack([np.cos(rise) * np.sin(yaw), np.cos(rise) * np.cos(yaw), np.sin(rise)], -1)
    else:
        cam = np.stack([
            (columns - view.cx_px) / view.fx_px, (rows - view.cy_px) / view.fy_px, np.ones_like(rows),
        ], -1)
        ray = cam @ view.world_from_cam.T
    near = np.isfinite(got.depth_m)
    return view.eye_m + ray[near] * got.depth_m[near].astype(np.float64)[:, None], np.flatnonzero(near)


def project(view: View, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, rows and depths of world points."""
    cam = (points - view.eye_m) @ view.world_from_cam
    z = cam[:, 2]
    safe = np.where(z > 1e-6, z, 1)
    return cam[:, 0] / safe * view.fx_px + view.cx_px, cam[:, 1] / safe * view.fy_px + view.cy_px, z


def compare(a: Picture, b: Picture) -> tuple[float, float, float]:
    """Share of A's ground inside B's frame, share of that seen at the right depth or hidden, median error in pixels.

    A point of A that B does not show must be hidden behind something nearer; one that lies before what B shows would
    be a contradiction.
    """
    points, _ = world_points(a)
    column, row, z = project(b.view, points)
    inside = (z > 0.5) & (column > 1) & (row > 1) & (column < b.view.width_px - 1) & (row < b.view.height_px - 1)
    if inside.sum() < 50:
        return float(inside.mean()), 1.0, 0.0
    points, column, row, z = points[inside], column[inside], row[inside], z[inside]
    edge = np.pad(b.depth_m, 1, mode="edge")
    patch = np.stack([
        edge[row.astype(int) + i, column.astype(int) + j] for i in (0, 1, 2) for j in (0, 1, 2)
    ])
    nearest, farthest = patch.min(0), patch.max(0)
    contradiction = z < nearest * 0.98 - 0.05
    met = (z > nearest * 0.98) & (z < farthest * 1.02)
    flat = met & (farthest < nearest * 1.04)
    if flat.sum() < 20:
        return float(inside.mean()), float(1 - contradiction.mean()), 0.0
    # forward and back: B's own depth at the exact place (1/z is linear on a plane), carried back into A's picture
    seen = _depth_at(b, column[flat], row[flat])
    cam = np.stack([
        (column[flat] - b.view.cx_px) / b.view.fx_px, (row[flat] - b.view.cy_px) / b.view.fy_px,
        np.ones(int(flat.sum())),
    ], -1)
    there = b.view.eye_m + (cam * seen[:, None]) @ b.view.world_from_cam.T
    if a.view.projection == "equirect":
        rays = [p - a.view.eye_m for p in (there, points[flat])]
        rays = [r / np.linalg.norm(r, axis=1, keepdims=True) for r in rays]
        error = np.linalg.norm(rays[0] - rays[1], axis=1) * a.view.width_px / (2 * np.pi)
    else:
        back, own = project(a.view, there), project(a.view, points[flat])
        error = np.hypot(back[0] - own[0], back[1] - own[1])
    return float(inside.mean()), float(1 - contradiction.mean()), float(np.median(error))


def _depth_at(got: Picture, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Depth between pixel centres, bilinear in 1/z."""
    u, v = column - 0.5, row - 0.5
    i, j = np.floor(v).astype(int), np.floor(u).astype(int)
    fu, fv = u - j, v - i
    inverse = 1 / got.depth_m.astype(np.float64)
    i1, j1 = np.minimum(i + 1, inverse.shape[0] - 1), np.minimum(j + 1, inverse.shape[1] - 1)
    i, j = np.maximum(i, 0), np.maximum(j, 0)
    top = inverse[i, j] * (1 - fu) + inverse[i, j1] * fu
    bottom = inverse[i1, j] * (1 - fu) + inverse[i1, j1] * fu
    return 1 / (top * (1 - fv) + bottom * fv)


@pytest.mark.parametrize("archetype", TERRAINS)
def test_E2_cameras_agree_in_three_dimensions(archetype: str) -> None:
    shots = [picture(kind, SIZE, archetype=archetype) for kind in STANDARD_KINDS]

    pairs = np.array([compare(a, b) for a, b in itertools.permutations(shots, 2)])

    assert (pairs[:, 0] * pairs[:, 1]).sum() / pairs[:, 0].sum() > 0.99
    assert pairs[:, 1].min() > 0.94
    assert np.median(pairs[:, 2]) < 0.25
    assert pairs[:, 2].max() < 1.0  # leaves lie between samples that are half a metre apart
    assert np.maximum(pairs[:, 0], 0).mean() > 0.10


def test_E2_pitched_and_rolled_cameras_see_the_same_ground() -> None:
    level = CameraSpec("custom", (-20.0, -60.0, 24.0), (0.0, 60.0, 8.0))
    tilted = CameraSpec("custom", (-10.0, -50.0, 34.0), (4.0, 30.0, 4.0), roll_deg=37.0)
    nadir = CameraSpec("custom", (0.0, 0.0, 90.0), (0.0, 1.0, 4.0), focal_mm=20.0)
    shots = [engine().render(spec(size=SIZE, camera=camera), quiet) for camera in (level, tilted, nadir)]

    for a, b in itertools.permutations(shots, 2):
        _, agree, error = compare(a, b)
        assert agree > 0.985
        assert error < 0.5


def test_E2_panorama_and_pinhole_agree() -> None:
    eye = (0.0, -40.0, 20.0)
    pano = engine().render(spec(size=(256, 128), camera=CameraSpec("pano", eye)), quiet)
    pinhole = engine().render(spec(size=SIZE, camera=CameraSpec("custom", eye, (10.0, 60.0, 10.0))), quiet)

    inside, agree, error = compare(pano, pinhole)

    assert inside > 0.02
    assert agree > 0.985
    assert error < 0.5


@pytest.mark.parametrize("archetype", ["alpine", "city", "living_room"])
def test_E2_the_panorama_closes_without_a_seam(archetype: str) -> None:
    pano = engine().render(
        spec(size=(256, 128), camera=CameraSpec("pano"), archetype=archetype, weather="cloudy"), quiet
    )
    image = pano.display.astype(float)

    seam = np.abs(image[:, 0] - image[:, -1]).mean()
    inner = np.abs(np.diff(image, axis=1)).mean(axis=(0, 2))

    assert seam < 1.2 * np.quantile(inner, 0.97) + 1, "the edge of a thing may stand there, more may not"
    near = np.isfinite(pano.depth_m[:, 0]) & np.isfinite(pano.depth_m[:, -1])
    ratio = pano.depth_m[near, 0] / pano.depth_m[near, -1]
    assert np.median(np.abs(ratio - 1)) < 0.05, "depth closes too"


@pytest.mark.parametrize("archetype", ["alpine", "city", "living_room"])
def test_E2_the_panorama_comes_to_a_point_at_its_poles(archetype: str) -> None:
    pano = engine().render(spec(size=(256, 128), camera=CameraSpec("pano"), archetype=archetype), quiet)

    for row in (0, -1):
        ring = pano.display[row].astype(float)
        assert np.abs(ring - np.roll(ring, 1, 0)).mean() < 6, "neighbours on the smallest circle look alike"
        near = np.isfinite(pano.depth_m[row])
        assert near.all() or not near.any(), "sky, or a ceiling"
        if near.all():
            assert pano.depth_m[row].max() < 1.1 * pano.depth_m[row].min()
