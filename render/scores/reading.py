"""From delivered files back to what scores are made of: PNG for the pixels, EXR for depth, masks and camera."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import OpenEXR
import torch
from PIL import Image

from render.errors import SpecError
from render.exr import MASKS
from render.scene import Scene, parse_scene
from render.scores.shown import Measured, Shown, measured
from render.view import View


@dataclass(frozen=True)
class Ready:
    """A picture at measuring size, and the scene it was rendered from."""

    picture: Measured
    scene: Scene


def read_measured(png: bytes, exr: bytes) -> Ready:
    """Read a delivered picture and bring it to measuring size.

    Raises:
        SpecError: the files are not those of one pinhole picture with its depth.
    """
    shown, scene = read_shown(png, exr)
    with torch.inference_mode():
        return Ready(measured(shown), scene)


def read_shown(png: bytes, exr: bytes) -> tuple[Shown, Scene]:
    """Read a delivered picture, its reference depth, camera and scene.

    Args:
        png: the picture. exr: as `render.exr.encode_exr` wrote it.

    Raises:
        SpecError: the files are not those of one pinhole picture with its depth.
    """
    image = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    opened = OpenEXR.File(io.BytesIO(exr))
    channels = opened.channels()
    try:
        about = json.loads(opened.header()["cyclorama/about"])
        view = view_from_json(about["camera"])
        scene = parse_scene(about["spec"]["scene"])
        depth = np.asarray(channels["Z"].pixels, np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise SpecError("pictures", f"the depth file does not say what it shows ({error})") from error
    if view.projection != "pinhole" or depth.shape != image.shape[:2]:
        raise SpecError("pictures", "scores need pinhole pictures with depth of their own size")
    masks = {name: np.asarray(channels[name].pixels, np.float32) for name in MASKS if name in channels}
    return Shown(image, depth, view, masks), scene


def view_from_json(value: Mapping[str, Any]) -> View:
    """Read back `View.to_json()`."""
    return View(
        value["projection"], int(value["width_px"]), int(value["height_px"]), np.array(value["position_m"], np.float64),
        np.array(value["world_from_cam"], np.float64), float(value.get("fx_px", 0)), float(value.get("fy_px", 0)),
        float(value.get("cx_px", 0)), float(value.get("cy_px", 0)),
    )  # fmt: skip
