"""A quick look from a camera: distances on a small grid, enough to judge a frame and what two cameras share.

Cameras are searched for with these. One scan of an eye, wider than any frame it may get, serves every pan and tilt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from render.view import View, look_at
from render.world.base import Measures, Point, World

Grid = npt.NDArray[np.float64]

FRAME_PX = (64, 36)
_SCAN_WIDE_PX = 96
_GLIMPSE_PX = 6
"""Of a scan's pixels, as many each way from a point as three of a frame cover."""
_DEPTH_TOLERANCE = 0.025


@dataclass(frozen=True)
class Look:
    """What one camera sees, coarsely.

    Args:
        view: the frame, 64×36 pixels.
        scan: the pinhole that the distances were traced with: same eye, at least as wide.
        distance_m: (scan height, scan width) along the rays, +inf at sky.
        points: (2304, 3) world points met by the frame's pixels, row by row; undefined at sky.
        reach_m: (36, 64) distances along the frame's rays, +inf at sky.
    """

    view: View
    scan: View
    distance_m: Grid
    points: Grid
    reach_m: Grid

    @property
    def exact(self) -> bool:
        """Whether the frame was traced itself, and not cut out of a wider scan."""
        return self.scan is self.view

    def shows(self, points: Grid) -> npt.NDArray[np.bool_]:
        """(N,) whether world points (N, 3) lie in the frame and nothing stands before them."""
        way = points - self.view.eye_m
        inside, _, _ = _project(self.view, way)
        _, row, column = _project(self.scan, way[inside])
        wide = np.pad(self.distance_m, 1, mode="edge")
        around = np.stack([wide[row + i, column + j] for i in (0, 1, 2) for j in (0, 1, 2)])
        away = np.linalg.norm(way[inside], axis=1)
        met = (away > around.min(0) * (1 - _DEPTH_TOLERANCE)) & (away < around.max(0) * (1 + _DEPTH_TOLERANCE))
        shown = np.zeros(len(points), bool)
        shown[inside] = met
        return shown


def scan(world: World, eye_m: Point, ahead: Point, wide_deg: float, tall_deg: float) -> tuple[View, Grid]:
    """Distances from an eye over an upright frame of those angles of view around a direction."""
    view = _upright(eye_m, ahead, wide_deg, tall_deg)
    return view, _distances(world, view)


def glimpse(
    world: World, eye_m: Point, ahead: Point, wide_deg: float, tall_deg: float, point_m: Point
) -> tuple[View, Grid]:
    """As `scan`, but only of the little around a point; +inf all about it. It takes a tenth of the time."""
    view = _upright(eye_m, ahead, wide_deg, tall_deg)
    distance = np.full((view.height_px, view.width_px), np.inf)
    _, rows, columns = _project(view, (point_m - eye_m)[None])
    top, left = max(int(rows[0]) - _GLIMPSE_PX, 0), max(int(columns[0]) - _GLIMPSE_PX, 0)
    part = distance[top : max(int(rows[0]) + _GLIMPSE_PX + 1, 0), left : max(int(columns[0]) + _GLIMPSE_PX + 1, 0)]
    height, width = part.shape
    if not part.size:  # the point is nowhere near the film
        return view, distance
    part[:] = _distances(world, View(
        "pinhole", width, height, eye_m, view.world_from_cam, view.fx_px, view.fy_px, view.cx_px - left,
        view.cy_px - top,
    ))  # fmt: skip
    return view, distance


def _upright(eye_m: Point, ahead: Point, wide_deg: float, tall_deg: float) -> View:
    half_wide, half_tall = (math.tan(math.radians(min(deg, 140.0) / 2)) for deg in (wide_deg, tall_deg))
    focal = _SCAN_WIDE_PX / 2 / half_wide
    tall = max(8, 2 * round(focal * half_tall))
    pose = look_at(np.zeros(3), ahead)
    return View("pinhole", _SCAN_WIDE_PX, tall, eye_m, pose, focal, focal, _SCAN_WIDE_PX / 2, tall / 2)


def look(scanned: tuple[View, Grid], ahead: Point, focal_mm: float) -> Look:
    """The frame of a 36 mm wide 16:9 film in one direction, out of a scan of the same eye."""
    wide, tall = FRAME_PX
    focal = focal_mm / 36 * wide
    pose = look_at(np.zeros(3), ahead)
    return _framed(View("pinhole", wide, tall, scanned[0].eye_m, pose, focal, focal, wide / 2, tall / 2), scanned)


def look_through(world: World, view: View) -> Look:
    """The same for a placed pinhole camera of any pose, traced as it is."""
    width, height = FRAME_PX if view.width_px >= view.height_px else FRAME_PX[::-1]
    small = View(
        "pinhole", width, height, view.eye_m, view.world_from_cam, view.fx_px * width / view.width_px,
        view.fy_px * height / view.height_px, view.cx_px * width / view.width_px, view.cy_px * height / view.height_px,
    )
    return _framed(small, (small, _distances(world, small)))


def overlap(a: Look, b: Look, every: int = 1) -> float:
    """Share of the frame that both cameras show of the same surfaces, 0–1: the smaller of the two frames' shares.

    Args:
        every: look at one point in so many only.
    """
    return min(_shared(a, b, every), _shared(b, a, every))


def _shared(a: Look, b: Look, every: int) -> float:
    met = np.isfinite(a.reach_m).reshape(-1)[::every]
    return float(b.shows(a.points[::every][met]).sum()) / met.size


def _framed(view: View, scanned: tuple[View, Grid]) -> Look:
    wider, distance = scanned
    rays = _rays(view.width_px, view.height_px, view.fx_px, view.fy_px) @ view.world_from_cam.T
    _, row, column = _project(wider, rays)
    reach = distance[row, column]
    points = view.eye_m + rays * np.where(np.isfinite(reach), reach, 1.0)[:, None]
    return Look(view, wider, distance, points, reach.reshape(view.height_px, view.width_px))


def _distances(world: World, view: View) -> Grid:
    traced = world.depths_m(view) if isinstance(world, Measures) else world.trace(view).depth_m
    depth = traced.double().numpy(force=True).reshape(view.height_px, view.width_px)
    x = (np.arange(view.width_px) + 0.5 - view.cx_px) / view.fx_px
    y = (np.arange(view.height_px) + 0.5 - view.cy_px) / view.fy_px
    along: Grid = depth * np.sqrt(1 + x[None, :] ** 2 + y[:, None] ** 2)
    return along


def _project(view: View, way: Grid) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Whether directions (N, 3) from the eye lie in the film, and their row and column, clamped to it."""
    x, y, z = (way @ view.world_from_cam).T
    safe = np.where(z > 1e-9, z, 1e-9)
    column, row = x / safe * view.fx_px + view.cx_px, y / safe * view.fy_px + view.cy_px
    inside = (z > 1e-9) & (column >= 0) & (row >= 0) & (column < view.width_px) & (row < view.height_px)
    at = [
        np.clip(np.nan_to_num(p), 0, n - 1).astype(np.int64)
        for p, n in ((row, view.height_px), (column, view.width_px))
    ]
    return inside, at[0], at[1]


@lru_cache(maxsize=16)
def _rays(width: int, height: int, fx_px: float, fy_px: float) -> Grid:
    """(N, 3) unit directions through the pixel centres of a centred pinhole, in its own frame."""
    x = (np.arange(width) + 0.5 - width / 2) / fx_px
    y = (np.arange(height) + 0.5 - height / 2) / fy_px
    rays = np.stack([np.tile(x, height), np.repeat(y, width), np.ones(width * height)], 1)
    unit: Grid = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    return unit
