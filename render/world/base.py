"""What the pipeline asks of a world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from torch import Tensor

from render.gbuffer import GBuffer
from render.view import View

if TYPE_CHECKING:
    from render.light.base import Light
    from render.scene import Scene

Point = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stage:
    """What the standard angles are composed around.

    Args:
        focus_m: (3,) the point all six angles look towards.
        extent_m: radius of the interesting area around the focus; far angles stand about this far away.
        approach_deg: compass heading (0 = +y, clockwise) from which the place wants to be seen.
        indoors: whether cameras must stay inside a room.
    """

    focus_m: Point
    extent_m: float
    approach_deg: float
    indoors: bool = False


class World(Protocol):
    """One place: traced and shaded from anywhere."""

    stage: Stage

    def trace(self, view: View) -> GBuffer:
        """First surfaces seen by every pixel of the view, exact depth."""
        ...

    def shade(self, g: GBuffer, which: Tensor, light: Light) -> Tensor:
        """Scene-linear radiance (M, 3) leaving the surfaces `which` (M,) int64 indices into g, before air and fog."""
        ...

    def is_free(self, point_m: Point, clearance_m: float) -> bool:
        """Whether a camera may stand there: nothing solid within the clearance, not underground, not in a wall."""
        ...

    def first_hit(self, origin_m: Point, direction: Point) -> float:
        """Distance in metres to the first surface along a unit direction; inf when nothing is met."""
        ...

    def ground_m(self, x_m: float, y_m: float) -> float:
        """Height of the walkable ground under a point."""
        ...


@runtime_checkable
class Measures(Protocol):
    """A world that tells how far its surfaces are without saying what they are, which takes less time."""

    def depths_m(self, view: View) -> Tensor:
        """(N,) depths as `World.trace` finds them."""
        ...


@runtime_checkable
class Shades(Protocol):
    """A world that knows where in the air above it shade begins."""

    def shade_top_m(self, towards: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
        """Height (M,) in metres below which shade begins over world x and y (M,), for a sun at (3,) `towards`."""
        ...


@runtime_checkable
class Adapts(Protocol):
    """A world that wants to know the scene and its light before it is traced."""

    def adapt(self, scene: Scene, light: Light) -> Light:
        """Dress for the season, and return the light with the exposure metered for this place.

        The exposure follows from light and geometry alone, never from a view (E4).
        """
        ...


@runtime_checkable
class Enclosed(Protocol):
    """A world that may be a room, whose air begins outside its windows."""

    def outdoors_m(self, eye_m: Tensor, direction: Tensor, along_m: Tensor) -> Tensor:
        """Metres (M,) that rays of length (M,) from an eye (3,) along unit ways (M, 3) run outside the room."""
        ...
