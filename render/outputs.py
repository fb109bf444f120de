"""Pictures as files: PNG for eyes, EXR for compositing, WebP thumbnails, JPEG for previews.

The bytes depend on the spec and the pixels only (no date, no host), so the same render is the same object.
Measured at 512×288 on two 768² photographs: JPEG q80 0.8 ms and 28 KiB, WebP q80 5 ms and 25 KiB (method 0) or 17 ms
and 21 KiB (method 4). A preview is looked at for a blink and made twice per edit: JPEG. Thumbnails are kept: WebP.
PNG level 3 costs 70 ms for 768², level 6 180 ms for 4 % less.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from render.engines.base import Picture
from render.exr import encode_exr
from render.spec import RenderSpec

THUMB_WIDTHS_PX = (512, 256, 128)
METADATA_KEY = "cyclorama"
PREVIEW_QUALITY = 80
THUMB_QUALITY = 80
PNG_LEVEL = 3


def is_finite(picture: Picture) -> bool:
    """Whether every pixel is a number; depth may be +inf (sky) but not NaN."""
    return bool(np.isfinite(picture.linear).all()) and not bool(np.isnan(picture.depth_m).any())


def metadata(picture: Picture, spec: RenderSpec) -> dict[str, Any]:
    """What a picture carries inside its files and beside them: enough to make it again, and to place it."""
    return {
        "spec": spec.to_json(), "digest": spec.digest(), "engine": engine_label(spec), "camera": picture.view.to_json(),
        "notes": list(picture.notes),
    }


def engine_label(spec: RenderSpec) -> str:
    """`name/version`."""
    return f"{spec.engine}/{spec.engine_version}"


def encode_draft(picture: Picture) -> tuple[dict[str, Any], bytes]:
    """A preview's picture: `{width, height, camera, notes}` and JPEG bytes."""
    height, width = picture.display.shape[:2]
    result = {"width": width, "height": height, "camera": picture.view.to_json(), "notes": list(picture.notes)}
    return result, encode_jpeg(picture.display)


def encode_settled(
    picture: Picture, spec: RenderSpec, check: Callable[[], None] = lambda: None
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Everything a settled render delivers.

    Args:
        picture: from the engine.
        spec: what was asked for; goes into the files.
        check: called between files; may raise CanceledError.

    Returns:
        The result without object ids, and the files: `image` (PNG), `depth` (EXR), `thumb_512`, `thumb_256`,
        `thumb_128` (WebP).
    """
    height, width = picture.display.shape[:2]
    about = metadata(picture, spec)
    parts = {"image": encode_png(picture.display, about)}
    check()
    parts["depth"] = encode_exr(picture, about)
    check()
    parts |= {f"thumb_{size}": data for size, data in encode_thumbs(picture.display).items()}
    result = {
        "width": width, "height": height, "tier": spec.tier, "engine": about["engine"], "camera": about["camera"],
        "scores": None, "notes": about["notes"],
    }
    return result, parts


def encode_png(display: npt.NDArray[np.uint8], about: dict[str, Any]) -> bytes:
    """Lossless sRGB, with `about` as JSON in an iTXt chunk named `cyclorama`.

    Args:
        display: (H, W, 3) uint8 sRGB.
        about: JSON-ready.
    """
    info = PngInfo()
    info.add_itxt(METADATA_KEY, json.dumps(about, sort_keys=True, ensure_ascii=False))
    buffer = io.BytesIO()
    Image.fromarray(display).save(buffer, "PNG", compress_level=PNG_LEVEL, pnginfo=info)
    return buffer.getvalue()


def encode_jpeg(display: npt.NDArray[np.uint8]) -> bytes:
    """(H, W, 3) uint8 sRGB as a preview JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(display).save(buffer, "JPEG", quality=PREVIEW_QUALITY)
    return buffer.getvalue()


def encode_thumbs(display: npt.NDArray[np.uint8]) -> dict[str, bytes]:
    """WebP thumbnails by width: "512", "256", "128". A picture narrower than that is kept at its own size.

    Args:
        display: (H, W, 3) uint8 sRGB.
    """
    thumbs: dict[str, bytes] = {}
    image = Image.fromarray(display)
    for width in THUMB_WIDTHS_PX:
        if image.width > width:
            size = (width, max(1, round(image.height * width / image.width)))
            image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=THUMB_QUALITY, method=4)
        thumbs[str(width)] = buffer.getvalue()
    return thumbs
