"""Is this value fit for the document? One check per field; each returns the value as it should be written.

Pure Python. All raise InvalidEditError, which names the field and the mend, or LimitError when there is too much of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from collab.schema import (
    AXES,
    LOCATION_TYPES,
    MAX_DESCRIPTION_CHARS,
    MAX_JSON_BYTES,
    MAX_JSON_DEPTH,
    MAX_NAME_CHARS,
    MAX_STYLE_KEYS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    PANO,
    QUALITIES,
    Axis,
    InvalidEditError,
    LimitError,
    LocationType,
    Quality,
)
from render.errors import SpecError
from render.scene import Value, check_value
from render.spec import STANDARD_KINDS, parse_camera
from store.ids import is_id


def check_text(name: str, value: object, low: int, high: int) -> str:
    """A string of `low` to `high` characters that UTF-8 can carry.

    Raises:
        InvalidEditError: it is not.
    """
    if not isinstance(value, str):
        raise InvalidEditError(name, f"must be text, not {type(value).__name__}")
    # A lone surrogate panics inside the CRDT library, past every `except Exception`.
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise InvalidEditError(name, "holds half a character (a lone surrogate); send it as UTF-8")
    text = value.strip() if low else value
    if not low <= len(text) <= high:
        wanted = f"{low} to {high:,}" if low else f"at most {high:,}"
        raise InvalidEditError(name, f"must have {wanted} characters, not {len(text):,}")
    return text


def check_name(value: object) -> str:
    """An environment's name, trimmed. Raises InvalidEditError."""
    return check_text("name", value, 1, MAX_NAME_CHARS)


def check_description(value: object) -> str:
    """An environment's description. Raises InvalidEditError."""
    return check_text("description", value, 0, MAX_DESCRIPTION_CHARS)


def check_location_type(value: object) -> LocationType:
    """Exterior or interior. Raises InvalidEditError."""
    for known in LOCATION_TYPES:
        if value == known:
            return known
    raise InvalidEditError("location_type", f"must be one of {', '.join(LOCATION_TYPES)}, not {str(value)[:40]!r}")


def check_quality(value: object) -> Quality:
    """The tier of settled renders. Raises InvalidEditError."""
    for known in QUALITIES:
        if value == known:
            return known
    raise InvalidEditError("quality", f"must be one of {', '.join(QUALITIES)}, not {str(value)[:40]!r}")


def check_axis(value: object) -> Axis:
    """What a variation varies. Raises InvalidEditError."""
    for known in AXES:
        if value == known:
            return known
    raise InvalidEditError("axis", f"must be one of {', '.join(AXES)}, not {str(value)[:40]!r}")


def check_parameters(values: Mapping[str, object]) -> dict[str, Value]:
    """Scene parameters, each validated and normalised.

    Raises:
        InvalidEditError: a parameter is unknown or its value invalid.
    """
    try:
        return {name: check_value(name, value) for name, value in values.items()}
    except SpecError as error:
        raise InvalidEditError(error.field, error.message) from error


def check_camera(camera_id: str, value: object) -> dict[str, Any]:
    """A camera's JSON, as it may stand in the document.

    Raises:
        InvalidEditError: the id is no id or belongs to a standard angle of another kind, or the camera is invalid.
    """
    name = f"cameras.{camera_id[:64]}"
    if not is_id(camera_id):
        raise InvalidEditError(name, "a camera's id has 1 to 64 letters, digits, - or _")
    if not isinstance(value, Mapping):
        raise InvalidEditError(name, "must be an object")
    try:
        camera = parse_camera(value)
    except SpecError as error:
        raise InvalidEditError(f"{name}.{error.field.removeprefix('camera.')}", error.message) from error
    if camera_id in (*STANDARD_KINDS, PANO) and camera.kind != camera_id:
        raise InvalidEditError(name, f"the id {camera_id} is kept for the camera of that kind; choose another id")
    return check_json(name, value)


def check_json(name: str, value: object) -> dict[str, Any]:
    """A small JSON object that every client can read back.

    Raises:
        InvalidEditError: it is no object, holds NaN or half a character, nests deeper than 8, or exceeds 16 KiB.
    """
    if not isinstance(value, Mapping):
        raise InvalidEditError(name, f"must be an object, not {type(value).__name__}")
    if _depth(value) > MAX_JSON_DEPTH:
        raise InvalidEditError(name, f"must not nest deeper than {MAX_JSON_DEPTH}")
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidEditError(name, f"must be plain JSON: {error}") from error
    if len(text) > MAX_JSON_BYTES:
        raise LimitError(name, f"must stay under {MAX_JSON_BYTES:,} bytes, not {len(text):,}")
    plain: dict[str, Any] = json.loads(text)
    return plain


def _depth(value: object, so_far: int = 0) -> int:
    """How deep containers nest, counted no further than one past the limit."""
    if so_far > MAX_JSON_DEPTH or not isinstance(value, Mapping | list | tuple):
        return so_far
    items = value.values() if isinstance(value, Mapping) else value
    return max((_depth(item, so_far + 1) for item in items), default=so_far + 1)


def check_parameter(name: str, value: object) -> object:
    """One scene parameter, normalised."""
    return check_parameters({name: value})[name]


def check_style(values: Mapping[str, object]) -> dict[str, Any]:
    """A new environment's style."""
    if len(values) > MAX_STYLE_KEYS:
        raise LimitError("style", f"holds at most {MAX_STYLE_KEYS} keys")
    return {key: check_style_entry(key, value) for key, value in values.items()}


def check_style_entry(key: str, value: object) -> Any:
    """One entry of the style: any small JSON value."""
    if not is_id(key):
        raise InvalidEditError(f"style.{key[:64]}", "a style key has 1 to 64 letters, digits, - or _")
    return check_json(f"style.{key}", {"value": value})["value"]


def check_scene(key: str, value: object) -> dict[str, Any]:
    """One scene's JSON."""
    if not is_id(key):
        raise InvalidEditError(f"scenes.{key[:64]}", "a scene's id has 1 to 64 letters, digits, - or _")
    return check_json(f"scenes.{key}", value)


def check_tags(tags: Iterable[str]) -> dict[str, bool]:
    """A new environment's tags, as the document keeps them."""
    checked = dict.fromkeys((check_text("tags", tag, 1, MAX_TAG_CHARS) for tag in tags), True)
    if len(checked) > MAX_TAGS:
        raise LimitError("tags", f"an environment carries at most {MAX_TAGS}")
    return checked


def check_tag_entry(tag: str, on: object) -> bool | None:
    """Whether the tag is on; None takes it off."""
    check_text("tags", tag, 1, MAX_TAG_CHARS)
    if on not in (True, False):
        raise InvalidEditError(f"tags.{tag}", "must be true, or null to take the tag off")
    return True if on else None
