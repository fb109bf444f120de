"""What a worker asks of an engine, and what it gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from render.spec import RenderSpec
from render.view import View

Progress = Callable[[float, str], None]
"""Called with the share done (0–1) and a phase in plain words; raises CanceledError to stop the engine."""


@dataclass(frozen=True)
class Picture:
    """A finished render.

    Args:
        display: (H, W, 3) uint8 sRGB after the film curve.
        linear: (H, W, 3) float32 scene-linear radiance before exposure, for EXR.
        depth_m: (H, W) float32 true planar depth in metres (distance along the ray for an equirect), +inf at sky.
        view: the camera as placed.
        notes: remarks for people, such as "the camera was moved out of the hillside".
        seconds: time per phase.
    """

    display: npt.NDArray[np.uint8]
    linear: npt.NDArray[np.float32]
    depth_m: npt.NDArray[np.float32]
    view: View
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    aux: dict[str, Any] = field(default_factory=dict)


class Engine(Protocol):
    """Turns a spec into a picture; keeps what it can reuse."""

    name: str

    def render(self, spec: RenderSpec, progress: Progress) -> Picture:
        """Render the spec.

        Raises:
            SpecError: the spec cannot be rendered as written (a camera inside a mountain that cannot be moved).
            OutOfMemoryError, EngineError, CanceledError.
        """
        ...
