"""A picture's size as people write it: 1280x720."""

from __future__ import annotations

import re

from render.errors import SpecError
from render.spec import MAX_SIDE_PX


def read_size(text: str) -> tuple[int, int]:
    """`1280x720` → (1280, 720); a single number is a square.

    Raises:
        SpecError: it is no size, or one that no picture may have.
    """
    match = re.fullmatch(r"(\d{1,6})(?:\s*[xX×]\s*(\d{1,6}))?", text.strip())
    if match is None:
        raise SpecError("size", f"give WIDTHxHEIGHT in pixels, such as 1280x720, not {text[:40]!r}")
    width, height = int(match[1]), int(match[2] or match[1])
    if not (16 <= width <= MAX_SIDE_PX and 16 <= height <= MAX_SIDE_PX):
        raise SpecError("size", f"each side must lie between 16 and {MAX_SIDE_PX} pixels, not {width}x{height}")
    return width, height
