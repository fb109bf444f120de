"""From an environment as it stands to the RenderSpec of one of its slots. A pure function; nothing is looked up.

The same view always gives the same spec, on every node and at every time, so that a spec's digest tells whether a
finished picture is still the one the document asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collab.schema import BASE, FIRST_SLOT, PANO, EnvironmentView, split_slot
from render.errors import SpecError
from render.scene import parse_scene
from render.spec import (
    STANDARD_KINDS,
    EngineName,
    Lane,
    RenderSpec,
    Tier,
    camera_size,
    parse_camera,
)

Size = tuple[int, int]


def plan(
    view: EnvironmentView,
    slot: str,
    lane: Lane = "settled",
    size_px: Size | None = None,
    engine: EngineName = "procedural",
) -> RenderSpec:
    """What to render for a slot.

    Args:
        view: the environment as it stands.
        slot: "<variation|base>/<camera|pano>".
        lane: a preview is small whatever the environment's quality; a settled render has the quality's tier. Both
            have the camera's aspect.
        size_px: (width, height), where the tier's own size is not wanted.
        engine: which engine is to render it.

    Raises:
        SpecError: the slot names no variation or camera of this environment, or a parameter or camera in it cannot
            be rendered as written.
    """
    pair = split_slot(slot)
    if pair is None:
        raise SpecError("slot", f"must be '<variation or base>/<camera or pano>', not {slot[:140]!r}")
    variation, camera_id = pair
    scene = parse_scene(_parameters(view, variation))
    written = _camera(view, camera_id)
    camera = parse_camera(written)
    tier: Tier = "preview" if lane == "preview" else view.quality
    width, height = size_px or camera_size(written, tier)
    # The procedural engine does not read the style: leaving it out keeps a change of mood words from re-rendering.
    style = {} if engine == "procedural" else {key: str(value) for key, value in view.style.items()}
    return RenderSpec(scene, camera, width, height, tier, engine, style=style)


def slots_of(view: EnvironmentView) -> tuple[str, ...]:
    """The slots to keep rendered: the first one always, then those standing in `renders` that name something real."""
    asked = (slot for slot in view.renders if slot != FIRST_SLOT and names_something(view, slot))
    return (FIRST_SLOT, *asked)


def names_something(view: EnvironmentView, slot: str) -> bool:
    """Whether the slot's variation and camera exist in this environment."""
    pair = split_slot(slot)
    if pair is None:
        return False
    variation, camera = pair
    return (variation == BASE or variation in view.variations) and (
        camera == PANO or camera in STANDARD_KINDS or camera in view.cameras
    )


def _parameters(view: EnvironmentView, variation: str) -> Mapping[str, Any]:
    if variation == BASE:
        return view.parameters
    found = view.variations.get(variation)
    if found is None:
        raise SpecError("variation", f"environment {view.id} has no variation {variation}")
    return {**view.parameters, **found.overrides}


def _camera(view: EnvironmentView, camera_id: str) -> Mapping[str, Any]:
    written = view.cameras.get(camera_id)
    # A standard angle may be adjusted (a longer lens), not turned into something else under its name.
    if camera_id in STANDARD_KINDS or camera_id == PANO:
        return {**(written or {}), "kind": camera_id}
    if written is None:
        raise SpecError("camera", f"environment {view.id} has no camera {camera_id}")
    return written
