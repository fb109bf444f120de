"""What a camera sees from, as numbers: frames, intrinsics, poses. Pure numpy; nothing here knows a world.

World frame: right-handed, z up, metres, x east, y north. Camera frame: OpenCV (x right, y down, z forward).
Equirect: yaw 0 looks along +y, yaw grows to the right (towards +x), the picture's centre is yaw 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from render.framing import focal_px

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """A placed camera and its film.

    Args:
        projection: "pinhole", or "equirect" (full sphere, 2:1).
        width_px, height_px: the film's size.
        eye_m: (3,) position in the world frame.
        world_from_cam: (3, 3) rotation; columns are the camera's right, down and forward axes in the world frame.
        fx_px, fy_px, cx_px, cy_px: intrinsics of a pinhole, pixel edges convention (the film spans 0…width); unused
            by an equirect.
    """

    projection: Literal["pinhole", "equirect"]
    width_px: int
    height_px: int
    eye_m: Array
    world_from_cam: Array
    fx_px: float = 0.0
    fy_px: float = 0.0
    cx_px: float = 0.0
    cy_px: float = 0.0

    def scaled(self, factor: float) -> View:
        """The same camera with `factor` times as many pixels on each side (supersampling, or a smaller preview)."""
        return View(
            self.projection, round(self.width_px * factor), round(self.height_px * factor), self.eye_m,
            self.world_from_cam, self.fx_px * factor, self.fy_px * factor, self.cx_px * factor, self.cy_px * factor,
        )

    def to_json(self) -> dict[str, object]:
        """The resolved camera as the document and the outputs carry it."""
        value: dict[str, object] = {
            "projection": self.projection,
            "width_px": self.width_px,
            "height_px": self.height_px,
            "position_m": [float(v) for v in self.eye_m],
            "world_from_cam": [[float(v) for v in row] for row in self.world_from_cam],
        }
        if self.projection == "pinhole":
            value |= {"fx_px": self.fx_px, "fy_px": self.fy_px, "cx_px": self.cx_px, "cy_px": self.cy_px}
        return value


def look_at(eye_m: Array, target_m: Array, roll_deg: float = 0.0) -> Array:
    """Rotation (3, 3) world_from_cam that looks from eye to target, upright but for the roll (clockwise, degrees)."""
    forward = np.asarray(target_m, np.float64) - np.asarray(eye_m, np.float64)
    forward = forward / np.linalg.norm(forward)
    up = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.9999 else np.array([0.0, 1.0, 0.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    roll = np.radians(roll_deg)
    right, down = right * np.cos(roll) + down * np.sin(roll), down * np.cos(roll) - right * np.sin(roll)
    return np.stack([right, down, forward], axis=1)


def pinhole(
    width_px: int, height_px: int, eye_m: Array, target_m: Array, focal_mm: float, sensor_width_mm: float = 36.0,
    roll_deg: float = 0.0,
) -> View:
    """A pinhole with square pixels and centred principal point: fx = focal / sensor width × the longer side."""
    f_px = focal_px(focal_mm, sensor_width_mm, width_px, height_px)
    eye = np.asarray(eye_m, np.float64)
    return View(
        "pinhole", width_px, height_px, eye, look_at(eye, np.asarray(target_m, np.float64), roll_deg), f_px, f_px,
        width_px / 2, height_px / 2,
    )


def equirect(width_px: int, height_px: int, eye_m: Array) -> View:
    """A full-sphere lat-long camera; its camera frame is x east, y down, z north."""
    axes = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    return View("equirect", width_px, height_px, np.asarray(eye_m, np.float64), axes)
