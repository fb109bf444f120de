"""The records of an environments document as Python sees them: frozen views, their limits, and what can be wrong.

Pure Python, no CRDT. A view is always given, whatever somebody wrote into the document: what cannot be understood
is left out of its field and named in `problems`. Edits are stricter, see checks.py.

    CollabError
    ├── InvalidEditError      the edit breaks the schema; `field` and `message` name what and the mend
    │   └── LimitError        the edit would make the document too large
    └── NoSuchRecordError     the environment, camera or variation is not in this document
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal, get_args

from collab.errors import CollabError
from store.ids import EnvironmentId, is_id

SCHEMA_VERSION = 1

LocationType = Literal["exterior", "interior"]
Quality = Literal["low", "standard", "high"]
Axis = Literal["time_of_day", "weather", "season", "custom"]
RenderState = Literal["queued", "done", "draft", "failed"]

LOCATION_TYPES: tuple[LocationType, ...] = get_args(LocationType)
QUALITIES: tuple[Quality, ...] = get_args(Quality)
AXES: tuple[Axis, ...] = get_args(Axis)

MAX_NAME_CHARS = 200
MAX_DESCRIPTION_CHARS = 20_000
MAX_ENVIRONMENTS = 1_000
MAX_VARIATIONS = 64
MAX_CAMERAS = 64
MAX_SLOTS = 512
"""Slots of one environment that are kept rendered; what a client adds beyond stays unrendered."""
MAX_STYLE_KEYS = 64
MAX_TAGS = 64
MAX_TAG_CHARS = 64
MAX_SCENES = 1_000
MAX_JSON_BYTES = 16_384
MAX_JSON_DEPTH = 8

SUBMAPS = ("parameters", "style", "cameras", "variations", "renders", "scenes", "tags")
"""The maps inside an environment."""

WHOLE = "environment"
"""The field of a problem with the environment as a whole."""
BASE = "base"
PANO = "pano"
FIRST_SLOT = "base/wide_establishing"
"""The slot every environment has, asked for or not."""


class InvalidEditError(CollabError):
    """The edit breaks the document's schema.

    Args:
        field: dotted path of the offending field, for the caller's form.
        message: what is wrong and what to do.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class LimitError(InvalidEditError):
    """The edit would make the document too large."""


class NoSuchRecordError(CollabError):
    """The named environment, camera or variation is not in this document."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the document that could not be understood; the rest of its record still reads."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class VariationView:
    """A what-if of an environment: some parameters overridden."""

    id: str
    label: str
    axis: Axis
    overrides: Mapping[str, Any]
    proposed_by: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """One environment, read at one moment.

    `parameters`, `style`, `cameras`, `renders` and `scenes` hold what is in the document, unchecked but for their
    outer type: planning validates what it uses. Times are Unix seconds.
    """

    id: EnvironmentId
    name: str = ""
    description: str = ""
    location_type: LocationType = "exterior"
    quality: Quality = "standard"
    created_by: str = ""
    created_at: float | None = None
    archived_at: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    style: Mapping[str, Any] = field(default_factory=dict)
    cameras: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    variations: Mapping[str, VariationView] = field(default_factory=dict)
    renders: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    scenes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether it is an environment to edit and render: not archived, and a map in the document."""
        return self.archived_at is None and not any(problem.field == WHOLE for problem in self.problems)

    def to_json(self) -> dict[str, Any]:
        """The environment as JSON that every parser reads: no NaN, no bytes, whole numbers without a point."""
        value: dict[str, Any] = json_safe(self)
        return value


@dataclass(frozen=True, slots=True)
class NewEnvironment:
    """What it takes to make an environment; everything but the name has a default.

    `location_type` None follows the archetype: an interior is an interior.
    """

    name: str
    description: str = ""
    location_type: str | None = None
    quality: str = "standard"
    parameters: Mapping[str, object] = field(default_factory=dict)
    style: Mapping[str, object] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


def json_safe(value: Any) -> Any:
    """A copy that `json.dumps(allow_nan=False)` takes: NaN and infinities become None, bytes their length in words."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if is_dataclass(value):
        return {entry.name: json_safe(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, list | tuple):
        return [json_safe(item) for item in value]
    if isinstance(value, float):
        return plain_number(value) if math.isfinite(value) else None
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes"
    return value


def plain_number(value: float) -> float | int:
    """Undo the document's float reading of whole numbers: 768.0 is 768."""
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def split_slot(slot: str) -> tuple[str, str] | None:
    """`"<variation|base>/<camera|pano>"` as a pair, or None when the text is no slot."""
    variation, slash, camera = slot.partition("/")
    return (variation, camera) if slash and is_id(variation) and is_id(camera) else None
