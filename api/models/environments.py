"""Environments as REST takes and gives them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints
from pydantic.functional_validators import AfterValidator

from api.models.base import Axis, Id, Input, LocationType, LongText, Name, Output, Quality, _printable
from render.scene import PARAMETERS

Parameters = Annotated[
    dict[str, Any],
    Field(
        description="Scene parameters; GET /api/scene-schema has units, ranges and defaults. Known are "
        + ", ".join(p.name for p in PARAMETERS) + ".",
        max_length=64,
        examples=[{"archetype": "alpine", "time_of_day": 18.5, "season": 2.2, "weather": "mist"}],
    ),
]


Style = Annotated[
    dict[str, Any],
    Field(description="The style context: palette, grade, keywords, mood.", max_length=64),
]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), AfterValidator(_printable)]


class EnvironmentIn(Input):
    """A new environment; parameters that are left out take their defaults.

    With a description and without `parameters`, they are read from the description, as POST /api/describe shows.
    """

    name: Name
    description: LongText = ""
    location_type: LocationType | None = Field(default=None, description="Follows the archetype if left out.")
    quality: Quality = "standard"
    parameters: Parameters = Field(default_factory=dict)
    style: Style = Field(default_factory=dict)
    tags: list[Tag] = Field(default_factory=list, max_length=64)


class EnvironmentPatch(Input):
    """What to change; what is left out stays. Maps merge by key; a key set to null goes (a parameter: its default)."""

    name: Name | None = None
    description: LongText | None = None
    location_type: LocationType | None = None
    quality: Quality | None = None
    parameters: Parameters | None = None
    style: Style | None = None
    cameras: dict[Id, dict[str, Any] | None] | None = Field(
        default=None, max_length=64,
        description="By id: {kind: custom, position_m: [x, y, z], look_at_m: [x, y, z]} or {kind: custom, orbit: "
        "{target_m, yaw_deg, pitch_deg, distance_m}}, each with focal_mm, sensor_mm or sensor, roll_deg, aspect (16:9, "
        "2.39:1, 4:3, 1:1, 9:16). A standard angle takes focal_mm, roll_deg and aspect under its own id and kind.",
    )
    scenes: dict[Id, dict[str, Any] | None] | None = Field(
        default=None, max_length=1000, description="{heading, script, int_ext, time, mood} by id."
    )
    tags: dict[Tag, bool | None] | None = Field(default=None, max_length=64)


class VariationOut(Output):
    """A what-if of an environment."""

    id: str
    label: str
    axis: Axis
    overrides: dict[str, Any]
    proposed_by: str
    status: str


class FieldTrouble(Output):
    """Something in the document that could not be understood."""

    field: str
    message: str


class EnvironmentOut(Output):
    """An environment as its document holds it."""

    id: str
    project_id: str
    name: str
    description: str
    location_type: LocationType
    quality: Quality
    created_by: str
    created_at: float | None
    archived_at: float | None
    parameters: dict[str, Any]
    style: dict[str, Any]
    cameras: dict[str, dict[str, Any]]
    variations: dict[str, VariationOut]
    renders: dict[str, dict[str, Any]] = Field(
        description='By slot "<variation or base>/<camera>": {state, digest, image, depth, thumbs, sidecar, width, '
        "height, …}; image (PNG), depth (EXR), thumbs (WebP) and sidecar (JSON) are ids under "
        "/api/objects. `scores`, once the six standard angles stand, says what their set is worth: {digest, verdict: "
        "passed|draft|not measured, spatial: {score 0–1 or null, worst: {pair, score}, coverage, measured, possible, "
        "dropped, geometric, reason}, identity: {score, worst, here} or null, mood: {score, here}}. `state` is draft "
        "when the set is under the gate (spatial 0.95, identity 0.80)."
    )
    scenes: dict[str, dict[str, Any]]
    tags: list[str]
    problems: list[FieldTrouble] = Field(description="What stands in the document and cannot be understood.")


class EnvironmentList(Output):
    """The environments of a project, oldest first."""

    environments: list[EnvironmentOut]
