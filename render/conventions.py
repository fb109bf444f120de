"""One camera said in the languages of other programs. Pure numpy.

| convention | world | camera looks along | camera up | matrix |
|---|---|---|---|---|
| ours = opencv | z up, metres | +z | −y | column vectors: world = M · camera |
| blender | z up, metres | −z | +y | column vectors: `object.matrix_world` |
| usd | y up, centimetres | −z | +y | row vectors: `xformOp:transform` |

Going to y up turns the world about its x axis: (x, y, z) becomes (x, z, −y).
Sources: openusd.org UsdGeomCamera, docs.blender.org Camera, docs.opencv.org calib3d.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from render.view import View

Matrix = npt.NDArray[np.float64]

_CENTIMETRES = 100.0
_Y_UP = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
_LOOKS_BACK = np.diag([1.0, -1.0, -1.0, 1.0])


def camera_to_world(view: View) -> Matrix:
    """(4, 4), column vectors: a point right, down and forward of the camera in metres, to world metres."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = view.world_from_cam, view.eye_m
    return matrix


def blender(view: View) -> Matrix:
    """(4, 4), column vectors: what Blender calls the camera's matrix_world."""
    return camera_to_world(view) @ _LOOKS_BACK


def usd(view: View) -> Matrix:
    """(4, 4), row vectors: a camera's xformOp:transform on a stage with y up and metersPerUnit 0.01."""
    matrix = _Y_UP @ blender(view)
    matrix[:3, 3] *= _CENTIMETRES
    return matrix.T.copy()


def intrinsics(view: View) -> Matrix:
    """(3, 3), OpenCV: camera coordinates to pixels, the film's upper left corner at (0, 0)."""
    return np.array([[view.fx_px, 0.0, view.cx_px], [0.0, view.fy_px, view.cy_px], [0.0, 0.0, 1.0]])


def field_of_view_deg(view: View) -> tuple[float, float]:
    """Horizontal and vertical angle of view in degrees."""
    if view.projection == "equirect":
        return 360.0, 180.0
    across, down = view.width_px / 2 / view.fx_px, view.height_px / 2 / view.fy_px
    return 2 * math.degrees(math.atan(across)), 2 * math.degrees(math.atan(down))


def spoken(view: View) -> dict[str, Any]:
    """The camera in every convention, JSON-ready: for the sidecar."""
    wide, tall = field_of_view_deg(view)
    said: dict[str, Any] = {
        "frame": "right-handed, z up, metres, x east, y north",
        "hfov_deg": wide, "vfov_deg": tall,
        "camera_to_world": {
            "opencv": camera_to_world(view).tolist(), "blender": blender(view).tolist(), "usd": usd(view).tolist(),
        },
        "conventions": {
            "opencv": "column vectors; camera x right, y down, z forward; world z up, metres (our own frame)",
            "blender": "column vectors; camera x right, y up, looks along -z; world z up, metres (matrix_world)",
            "usd": "row vectors; camera x right, y up, looks along -z; stage y up, metersPerUnit 0.01",
        },
    }
    if view.projection == "pinhole":
        said["intrinsics_px"] = intrinsics(view).tolist()
    else:
        said["equirect"] = "yaw 0 (north, +y) is the picture's centre, yaw grows to the right"
    return said
