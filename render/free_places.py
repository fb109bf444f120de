"""Where a camera that people placed themselves really stands: there, or at the nearest free place with a note."""

from __future__ import annotations

import math

import numpy as np

from render.errors import SpecError
from render.world.base import Point, World

_CLEARANCE_M = 0.10
_ROOM_M, _ROOM_INDOORS_M = 1.0, 0.30
_REACHES_M = (0.3, 0.6, 1.0, 1.6, 2.5, 4.0, 6.0, 9.0, 14.0)
_LIFTS_M = (1.7, 3.0, 6.0, 12.0, 25.0, 50.0)


def freed(world: World, wanted: Point) -> tuple[Point, tuple[str, ...]]:
    """The wanted position, or the nearest free one and a note.

    Raises:
        SpecError: none is free nearby; the message names a place that is.
    """
    if world.is_free(wanted, _CLEARANCE_M):
        return wanted, ()
    room = _ROOM_INDOORS_M if world.stage.indoors else _ROOM_M
    ways = [
        np.array([math.sin(a) * math.cos(b), math.cos(a) * math.cos(b), math.sin(b)])
        for b in (0.0, 0.7, -0.7) for a in np.arange(8) * math.pi / 4
    ]
    for reach in _REACHES_M:
        for way in [np.array([0.0, 0.0, 1.0]), *ways]:
            eye = wanted + way * reach
            if world.is_free(eye, room):
                return eye, (f"The camera stood inside something solid and was moved {reach:.1f} m into the open.",)
    if not world.stage.indoors:
        ground = world.ground_m(float(wanted[0]), float(wanted[1]))
        for lift in _LIFTS_M:
            eye = np.array([wanted[0], wanted[1], max(ground, float(wanted[2])) + lift])
            if world.is_free(eye, room):
                moved = float(eye[2] - wanted[2])
                return eye, (f"The camera stood inside the ground and was lifted {moved:.1f} m into the open.",)
    where = "outside the room or inside something solid" if world.stage.indoors else "inside something solid"
    free = _towards_the_middle(world, wanted, room)
    mend = "move it into the open" if free is None else f"the nearest free place towards the middle is {_words(free)}"
    raise SpecError("camera.position_m", f"stands {where}, nothing free nearby; {mend}")


def _towards_the_middle(world: World, wanted: Point, room_m: float) -> Point | None:
    """The first free place on the way from a position to the middle of the stage, a little above its focus at last."""
    focus = np.asarray(world.stage.focus_m, np.float64)
    rise = np.array([0.0, 0.0, 0.6 if world.stage.indoors else 0.1 * world.stage.extent_m])
    for share in np.linspace(0.05, 1.0, 24):
        eye: Point = wanted + (focus + rise - wanted) * share
        if world.is_free(eye, room_m):
            return eye
    return None


def _words(point: Point) -> str:
    return "[" + ", ".join(f"{v:.1f}" for v in point) + "]"
