"""The picture for compositing: linear radiance, metric depth and what lies under the light, in one OpenEXR file.

| part | meaning |
|---|---|
| R G B | half, scene-linear radiance, Rec. 709 primaries, before exposure |
| Z | float32 metres, planar (along the view axis); for a 360° picture the distance along the ray |
| N.X N.Y N.Z | half, geometric normal, world frame (z up, x east, y north), towards the camera; 0 at sky |
| albedo.R albedo.G albedo.B | half, linear share of light that the surface sends back; 0 at sky |
| id.object, id.material | uint32, the same from every camera of a place; 0 at sky |
| mirror, falling | half, 0–1 share of a pixel's light that is reflected or seen through glass, or is rain or snow
  in the air: what no other camera shows alike; absent where a picture has none |
| worldToCamera, worldToNDC | row vectors, camera x right, y up, z forward; NDC (0, 0) upper left |
| cyclorama/cameraToWorld | JSON (4, 4), column vectors, camera x right, y down, z forward |
| cyclorama/hfovDeg, seed, digest, engine | horizontal angle of view; what the picture was made from, and by what |
| cyclorama/skyDepth | the Z that stands for "nothing there": 1e10, as infinities upset compositing filters |
| cyclorama/depthType, depthUnit | `planar` or `radial`, `m` |
| cyclorama/about | JSON: spec, digest, engine, camera, notes |

Source: OpenEXR standard optional attributes, https://openexr.com/en/latest/StandardAttributes.html
"""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenEXR

from render.conventions import camera_to_world, field_of_view_deg
from render.engines.base import Picture
from render.view import View

SKY_DEPTH_M = 1e10
HALF_MAX = 65504.0
REC_709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
NEAR_M = 0.1
MASKS = ("mirror", "falling")
LAYERS = {
    "normal": ("N.X", "N.Y", "N.Z"), "albedo": ("albedo.R", "albedo.G", "albedo.B"), "object": ("id.object",),
    "material": ("id.material",),
}
"""Channels by the plane of `Picture.aux` they come from."""


def encode_exr(picture: Picture, about: dict[str, Any]) -> bytes:
    """Encode beauty, depth and whatever planes the picture has.

    Args:
        picture: linear (H, W, 3) float32, depth_m (H, W) float32 with +inf at sky; `aux` as planes.py has it.
        about: JSON-ready metadata (see outputs.metadata), written as the attribute `cyclorama/about`.

    Returns:
        A single-part scanline EXR, ZIP compressed.
    """
    is_pano = picture.view.projection == "equirect"
    header: dict[str, Any] = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "chromaticities": REC_709,
        "cyclorama/about": json.dumps(about, sort_keys=True, ensure_ascii=False),
        "cyclorama/skyDepth": SKY_DEPTH_M,
        "cyclorama/depthType": "radial" if is_pano else "planar",
        "cyclorama/depthUnit": "m",
        "cyclorama/cameraToWorld": json.dumps(camera_to_world(picture.view).tolist()),
        "cyclorama/hfovDeg": field_of_view_deg(picture.view)[0],
        "cyclorama/seed": int(about.get("spec", {}).get("scene", {}).get("seed", 0)),
        "cyclorama/digest": str(about.get("digest", "")),
        "cyclorama/engine": str(about.get("engine", "")),
    }
    if is_pano:
        header["envmap"] = OpenEXR.Envmap.ENVMAP_LATLONG
    else:
        header["worldToCamera"] = world_to_camera(picture.view).astype(np.float32)
        header["worldToNDC"] = world_to_ndc(picture.view).astype(np.float32)
    rgb = np.clip(picture.linear, -HALF_MAX, HALF_MAX).astype(np.float16)
    depth = np.where(np.isfinite(picture.depth_m), picture.depth_m, SKY_DEPTH_M).astype(np.float32)
    buffer = io.BytesIO()
    channels = {"RGB": np.ascontiguousarray(rgb), "Z": np.ascontiguousarray(depth)}
    channels |= {name: np.ascontiguousarray(picture.aux[name]) for name in MASKS if name in picture.aux}
    for plane, names in LAYERS.items():
        if plane in picture.aux:
            whole = picture.aux[plane].reshape(*depth.shape, -1)
            channels |= {name: np.ascontiguousarray(whole[..., i]) for i, name in enumerate(names)}
    OpenEXR.File(header, channels, num_threads=1).write(buffer)
    return buffer.getvalue()


def world_to_camera(view: View) -> npt.NDArray[np.float64]:
    """(4, 4) row-vector matrix: [x y z 1] world, metres → [right up forward 1] camera, metres."""
    right, down, forward = view.world_from_cam.T
    axes = np.stack([right, -down, forward], axis=1)  # (3, 3)
    matrix = np.eye(4)
    matrix[:3, :3] = axes
    matrix[3, :3] = -view.eye_m @ axes
    return matrix


def world_to_ndc(view: View) -> npt.NDArray[np.float64]:
    """(4, 4) row-vector matrix: world → homogeneous NDC, x right and y down over the picture, w = planar depth."""
    width, height = view.width_px, view.height_px
    projection = np.array(
        [
            [view.fx_px / width, 0.0, 0.0, 0.0],
            [0.0, -view.fy_px / height, 0.0, 0.0],
            [view.cx_px / width, view.cy_px / height, 1.0, 1.0],
            [0.0, 0.0, -NEAR_M, 0.0],
        ]
    )
    product: npt.NDArray[np.float64] = world_to_camera(view) @ projection
    return product
