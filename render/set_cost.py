"""What a set will cost before it is begun, and how far it is: numbers of pictures, time, room on the disk.

The figures are those of one core of 2020 or so and of the nineteen worlds' mean: good to a factor of two before the
first picture, much better after, when the pace is this machine's own.
"""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from render.set_plan import Frame

_BEGIN_S = 8.0
"""Of every process: loading the engine and building the place."""
_PICTURE_S, _MEGAPIXEL_S = 0.4, 3.9
_SCORE_S = 0.5
_BYTES_OF_PIXEL, _BYTES_OF_PICTURE = 12.5, 80_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is to be done.

    Args:
        pictures, there: of the set; of them, what lies there already.
        sizes: how many of which size in pixels, the most first.
        seconds: until all is there and scored. bytes: of all files, on the disk.
    """

    pictures: int
    there: int
    sizes: tuple[tuple[int, tuple[int, int]], ...]
    seconds: float
    bytes: float

    def words(self) -> str:
        """`67 pictures (66 of 1024×576, 1 of 2048×1024), 12 there already: about 5 min and 540 MB`."""
        sizes = ", ".join(f"{count} of {width}×{height}" for count, (width, height) in self.sizes)
        there = f", {self.there} there already" if self.there else ""
        return f"{self.pictures} pictures ({sizes}){there}: about {_time(self.seconds)} and {_room(self.bytes)}"


def estimate(frames: Sequence[Frame], missing: Sequence[Frame], *, jobs: int = 1) -> Estimate:
    """What rendering a set will take.

    Args:
        frames: all of it. missing: what must be rendered.
        jobs: processes that render at the same time.
    """
    sizes = Counter((frame.spec.width_px, frame.spec.height_px) for frame in frames)
    beside = max(1, min(jobs, len(missing), os.cpu_count() or 1))
    seconds = sum(map(seconds_of, missing)) / beside + (_BEGIN_S if missing else 0.0)
    room = sum(_BYTES_OF_PIXEL * _pixels(frame) + _BYTES_OF_PICTURE for frame in frames)
    return Estimate(
        len(frames), len(frames) - len(missing), tuple((count, size) for size, count in sizes.most_common()),
        seconds + _SCORE_S * len(frames), room,
    )


def seconds_of(frame: Frame) -> float:
    """What one picture of a place that is built already takes, in seconds of one core."""
    return _PICTURE_S + _MEGAPIXEL_S * _pixels(frame) / 1e6


class Pace:
    """How far a set is, by work and not by number: a panorama counts for several angles.

    Args:
        frames: all of it.
        missing: what is to be rendered, from now on.
    """

    def __init__(self, frames: Sequence[Frame], missing: Sequence[Frame]) -> None:
        self.of = len(frames)
        self._all_s = sum(map(seconds_of, frames))
        self._left_s = sum(map(seconds_of, missing))
        self._done_s = 0.0
        self._begun: float | None = None

    def finished(self, frame: Frame) -> None:
        """Another picture is there."""
        if self._begun is None:  # the first one also built the place: the pace is that of the others
            self._begun = time.monotonic()
        else:
            self._done_s += seconds_of(frame)
        self._left_s -= seconds_of(frame)

    def share(self, under_way_s: float = 0.0) -> float:
        """Share of the set that is done, 0–1, with so much of the picture under way."""
        return 1 - max(0.0, self._left_s - under_way_s) / self._all_s if self._all_s else 1.0

    def left(self) -> str:
        """`, about 3 min left`, once two pictures have shown the pace."""
        if self._begun is None or not self._done_s or self._left_s < 1e-6:
            return ""
        rate = (time.monotonic() - self._begun) / self._done_s
        return f", about {_time(rate * self._left_s)} left"


def _pixels(frame: Frame) -> int:
    return frame.spec.width_px * frame.spec.height_px


def _time(seconds: float) -> str:
    if seconds < 50:
        return f"{max(5, 5 * math.ceil(seconds / 5))} s"
    if seconds < 5400:
        return f"{math.ceil(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _room(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size > 9.5e8 else f"{max(1, round(size / 1e6))} MB"
