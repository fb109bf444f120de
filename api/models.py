"""What REST takes and gives: typed models from which the OpenAPI file, and the client's types, are made.

Times are unix seconds. Input models refuse unknown fields and never turn a string into a number.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.functional_validators import AfterValidator

from render.errors import FailureKind
from render.scene import PARAMETERS
from render.spec import Lane, Tier
from store.ids import DocKind
from store.people import Role

MAX_DESCRIPTION = 20_000
LocationType = Literal["exterior", "interior"]
Quality = Literal["low", "standard", "high"]
VariationType = Literal["time_of_day", "weather", "season"]
Axis = Literal["time_of_day", "weather", "season", "custom"]


def _printable(text: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError("may not hold control characters")
    return text


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("may not hold the character NUL")
    return text


def _email(text: str) -> str:
    name, at, host = text.partition("@")
    if not at or not name or not host or any(c.isspace() or c == "@" for c in host + name):
        raise ValueError("must look like name@example.com")
    return text.lower()


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_printable)
]
Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_printable)
]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254), AfterValidator(_printable),
    AfterValidator(_email),
]
Password = Annotated[str, StringConstraints(min_length=8, max_length=256)]
LongText = Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION), AfterValidator(_no_nul)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Input(BaseModel):
    """Base of what is sent to us."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Output(BaseModel):
    """Base of what we answer."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)


# --- problems ---------------------------------------------------------------------------------------------------------


class FieldProblem(Output):
    """What is wrong with one field."""

    field: str
    message: str


class ProblemBody(Output):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem]
    request_id: str | None = None


# --- people -----------------------------------------------------------------------------------------------------------


class UserOut(Output):
    """A person, or a tool that acts under a name."""

    id: str
    name: str
    email: str | None
    color: str = Field(description="The colour of their cursor and avatar, #rrggbb.")


class MeOut(Output):
    """Who the credential belongs to."""

    user: UserOut


class SignIn(Input):
    """An e-mail address and a password."""

    email: Email
    password: Annotated[str, StringConstraints(min_length=1, max_length=256)]


class MePatch(Input):
    """What one may change about oneself; what is left out stays."""

    name: Name | None = None
    password: Password | None = None
    current_password: Annotated[str, StringConstraints(max_length=256)] | None = Field(
        default=None, description="Needed to change a password that is already set."
    )


class TokenIn(Input):
    """What the new token is for."""

    label: Label


class TokenOut(Output):
    """A token as listed: the secret itself is shown once, at its making."""

    id: str
    label: str
    kind: Literal["api", "session", "link"]
    created_at: float
    expires_at: float | None
    current: bool = Field(description="Whether this very request was made with it.")


class NewTokenOut(Output):
    """A fresh token, shown this once."""

    id: str
    label: str
    token: str


class TokenList(Output):
    """One's own tokens and sessions."""

    tokens: list[TokenOut]


# --- projects ---------------------------------------------------------------------------------------------------------


class ProjectIn(Input):
    """A new project."""

    name: Name


class ProjectPatch(Input):
    """What may be changed about a project; what is left out stays."""

    name: Name | None = None
    archived: bool | None = None


class ProjectOut(Output):
    """A project and the caller's role in it."""

    id: str
    name: str
    role: Role
    created_at: float
    created_by: str
    archived_at: float | None
    environment_count: int


class DocumentOut(Output):
    """One of a project's documents. Clients name `epoch` when they connect: no copy meets another history."""

    epoch: int


class ProjectDetail(ProjectOut):
    """A project with its documents."""

    documents: dict[DocKind, DocumentOut]


class ProjectList(Output):
    """The caller's projects, newest first."""

    projects: list[ProjectOut]


class ChangeOut(Output):
    """One row of a document's log: what one session did within one commit."""

    seq: int = Field(description="Its place in the log; give it as `seq` to see the document just after it.")
    epoch: int = Field(description="The history it belongs to.")
    at: float
    author: str = Field(description="A user's id, or `farm`.")
    origin: str = Field(description="By which door it came: `session`, `direct:patch`, `attach:<job>`, `epoch:…`.")
    session: str
    node: str
    bytes: int


class HistoryOut(Output):
    """Changes of one document, newest first; `before` continues the list and is null at its end."""

    document: DocKind
    epoch: int
    changes: list[ChangeOut]
    before: int | None


class MomentOut(Output):
    """A document as it was."""

    document: DocKind
    epoch: int
    seq: int = Field(description="The last change that is in it; 0 when the document was empty.")
    at: float = Field(description="When that change was made.")
    exact: bool = Field(description="False where older changes gave way to checkpoints, and this is the one before.")
    content: dict[str, Any] = Field(description="The document's roots as JSON.")


class MemberIn(Input):
    """Whom to take in, by e-mail address; a name for somebody new here."""

    email: Email
    name: Name | None = None
    role: Role


class RoleIn(Input):
    """A member's new role."""

    role: Role


class MemberOut(Output):
    """A member of a project."""

    user: UserOut
    role: Role


class NewMemberOut(MemberOut):
    """A member just taken in; somebody new here gets a link that signs them in once."""

    sign_in_url: str | None = None


class MemberList(Output):
    """A project's members."""

    members: list[MemberOut]


# --- environments -----------------------------------------------------------------------------------------------------

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


# --- words to worlds --------------------------------------------------------------------------------------------------


class DescribeIn(Input):
    """A place in words."""

    text: LongText = Field(examples=["a misty fjord at dawn, late autumn, abandoned boathouse"])
    archetype: str | None = Field(
        default=None, max_length=64, description="The kind of place, if another is meant than the words suggest."
    )


class SuggestionOut(Output):
    """A parameter that the words ask for."""

    parameter: str
    title: str
    value: float | str
    shown: str = Field(description="The value as people read it.")
    words: list[str] = Field(description="The text's own words that ask for it.")
    reason: str = Field(examples=["dawn → 6.2 h"])
    said: bool = Field(description="Said outright; false where the words only imply it.")


class PlaceOut(Output):
    """A kind of place that the words may mean."""

    archetype: str
    title: str
    confidence: float = Field(description="0–1.")
    words: list[str]


class DescriptionOut(Output):
    """How a description was read. The same text is always read alike, and no text is refused."""

    archetype: str
    confidence: float = Field(description="0–1, how surely the kind of place was named; 0 where none was.")
    places: list[PlaceOut] = Field(description="What else it may be, best first.")
    parameters: dict[str, Any] = Field(description="The suggestions as an environment's parameters.")
    suggestions: list[SuggestionOut]
    unknown: list[str] = Field(description="Words that changed nothing.")
    notes: list[str]


# --- renders ----------------------------------------------------------------------------------------------------------


class GenerateIn(Input):
    """One picture."""

    variation: Id | None = Field(default=None, description="A variation's id; left out for the base.")
    camera: Id | None = Field(
        default=None, description="A standard angle or a camera's id; wide_establishing if left out."
    )
    quality: Quality | None = Field(default=None, description="Sets the environment's quality before rendering.")
    use_360: bool = Field(default=False, description="The whole sphere instead of one angle.")


class MultiAngleIn(Input):
    """Several angles of the same place; all six standard ones if left out."""

    angles: list[Id] | None = Field(default=None, min_length=1, max_length=24)
    variation: Id | None = None


class VariationsIn(Input):
    """Variations of the same place, each with pictures of its own; along all three axes if left out."""

    types: list[VariationType] = Field(
        default_factory=lambda: list(get_args(VariationType)), min_length=1, max_length=3
    )
    camera: Id | None = None


class AcceptedJob(Output):
    """One picture asked for. `job_id` is null when the very same picture existed already and was attached at once."""

    job_id: str | None
    slot: str
    state: str
    digest: str
    error: str | None = None


class Accepted(Output):
    """What a request for pictures set going."""

    batch: str
    jobs: list[AcceptedJob]
    job_ids: list[str]


class JobOut(Output):
    """A render job as the ledger has it."""

    id: str
    project_id: str
    environment_id: str
    slot: str
    lane: Lane
    tier: Tier
    digest: str
    state: Literal["queued", "running", "done", "failed", "canceled", "superseded"]
    progress: float = Field(description="Share done, 0–1.")
    phase: str
    attempt: int
    batch: str
    requested_by: str
    error_kind: FailureKind | str | None
    error: str | None
    result: dict[str, Any] | None
    created_at: float
    started_at: float | None
    finished_at: float | None
    retried_from: str | None
    superseded_by: str | None


class JobList(Output):
    """Jobs, newest first."""

    jobs: list[JobOut]


class HealthOut(Output):
    """Alive, or ready with each service's state."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, str]


