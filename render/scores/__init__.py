"""Scores: how much of one place several pictures show, measured on what was delivered.

    spatial     S: of the surface that two cameras both see, the share that looks like the same surface (one variation,
                six angles)
    identity    I: whether structure and skyline of a place are still found in a picture of another hour, weather or
                season
    mood        the share of physical signs that a picture of this hour, weather and season should bear, and bears
    geometric   whether the depths of two cameras describe one place; about the engine, not about its colours

Pictures are the 8-bit files people get; geometry is the scene's reference depth and cameras, never a guess made from
the pictures. What cannot be measured is `None` with a reason, never a pass. docs/scores.md holds the calibration on
true sets and negative controls, and what these numbers cannot tell.

    from render.scores import Shown, score_set
    score_set({"wide_establishing": Shown(image, depth_m, view), ...}).to_json()

Importing this package loads no torch; using it does. `gate` holds the thresholds, for those who only read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from render.scores.gate import IDENTITY_GATE, SPATIAL_GATE

if TYPE_CHECKING:
    from render.scores.shown import Shown
    from render.scores.spatial import PairScore, SpatialScore, score_set

__all__ = ["IDENTITY_GATE", "SPATIAL_GATE", "PairScore", "Shown", "SpatialScore", "score_set"]


def __getattr__(name: str) -> Any:
    """Load what needs torch when it is first asked for."""
    if name == "Shown":
        from render.scores.shown import Shown

        return Shown
    if name in __all__:
        from render.scores import spatial

        return getattr(spatial, name)
    raise AttributeError(name)
