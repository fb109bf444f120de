"""From whatever somebody left in the tree to an EnvironmentView: tolerant, and honest about what it left out.

Pure Python on plain values; where they come from is document.py's business. Nothing here raises.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeVar

from collab.schema import (
    AXES,
    LOCATION_TYPES,
    MAX_CAMERAS,
    MAX_DESCRIPTION_CHARS,
    MAX_NAME_CHARS,
    MAX_SCENES,
    MAX_SLOTS,
    MAX_TAGS,
    MAX_VARIATIONS,
    QUALITIES,
    SUBMAPS,
    EnvironmentView,
    Problem,
    VariationView,
)
from render.errors import SpecError
from render.scene import check_value
from store.ids import EnvironmentId

T = TypeVar("T", bound=str)


def read_environment(environment: str, raw: Mapping[str, Any]) -> EnvironmentView:
    """Read one environment.

    Args:
        environment: its id.
        raw: the plain Python values that stand under that id; anything at all.
    """
    problems: list[Problem] = []
    maps = {name: _mapping(raw, name, problems) for name in SUBMAPS}
    _note_bad_parameters(maps["parameters"], problems)
    return EnvironmentView(
        id=EnvironmentId(environment),
        name=_text(raw, "name", MAX_NAME_CHARS, problems),
        description=_text(raw, "description", MAX_DESCRIPTION_CHARS, problems),
        location_type=_choice(raw, "location_type", LOCATION_TYPES, "exterior", problems),
        quality=_choice(raw, "quality", QUALITIES, "standard", problems),
        created_by=_text(raw, "created_by", 64, problems),
        created_at=_time(raw, "created_at", problems),
        archived_at=_time(raw, "archived_at", problems),
        parameters=maps["parameters"],
        style=maps["style"],
        cameras=_objects(maps["cameras"], "cameras", MAX_CAMERAS, problems),
        variations=_variations(maps["variations"], problems),
        renders=_objects(maps["renders"], "renders", MAX_SLOTS, problems),
        scenes=_objects(maps["scenes"], "scenes", MAX_SCENES, problems),
        tags=tuple(sorted(tag for tag, on in maps["tags"].items() if on is True))[:MAX_TAGS],
        problems=tuple(problems),
    )


def _mapping(raw: Mapping[str, Any], name: str, problems: list[Problem]) -> dict[str, Any]:
    value = raw.get(name)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    problems.append(Problem(name, f"is a {_type_name(value)} where a map should be"))
    return {}


def _text(raw: Mapping[str, Any], name: str, high: int, problems: list[Problem]) -> str:
    value = raw.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        problems.append(Problem(name, f"is a {_type_name(value)} where text should be"))
        return ""
    if len(value) > high:
        problems.append(Problem(name, f"has {len(value):,} characters; the first {high:,} are shown"))
    return value[:high]


def _choice(raw: Mapping[str, Any], name: str, known: tuple[T, ...], default: T, problems: list[Problem]) -> T:
    value = raw.get(name)
    for choice in known:
        if value == choice:
            return choice
    if value is not None:
        problems.append(Problem(name, f"must be one of {', '.join(known)}, not {str(value)[:40]!r}"))
    return default


def _time(raw: Mapping[str, Any], name: str, problems: list[Problem]) -> float | None:
    value = raw.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        problems.append(Problem(name, "must be a time in Unix seconds"))
        return None
    return float(value)


def _objects(raw: Mapping[str, Any], name: str, high: int, problems: list[Problem]) -> dict[str, Mapping[str, Any]]:
    """The entries of a map that are JSON objects, at most `high` of them, in a stable order."""
    good: dict[str, Mapping[str, Any]] = {}
    for key in sorted(raw):
        if not isinstance(raw[key], dict):
            problems.append(Problem(f"{name}.{key[:64]}", f"is a {_type_name(raw[key])} where an object should be"))
        elif len(good) < high:
            good[key] = raw[key]
    if len(raw) > high:
        problems.append(Problem(name, f"has {len(raw):,} entries; only {high:,} are used"))
    return good


def _variations(raw: Mapping[str, Any], problems: list[Problem]) -> dict[str, VariationView]:
    views: dict[str, VariationView] = {}
    for key, value in _objects(raw, "variations", MAX_VARIATIONS, problems).items():
        at = f"variations.{key[:64]}"
        inner: list[Problem] = []
        views[key] = VariationView(
            id=key,
            label=_text(value, "label", MAX_NAME_CHARS, inner) or key,
            axis=_choice(value, "axis", AXES, "custom", inner),
            overrides=_mapping(value, "overrides", inner),
            proposed_by=_text(value, "proposed_by", 64, inner),
            status=_text(value, "status", 40, inner),
        )
        problems.extend(Problem(f"{at}.{problem.field}", problem.message) for problem in inner)
    return views


def _note_bad_parameters(parameters: Mapping[str, Any], problems: list[Problem]) -> None:
    for name in sorted(parameters)[:100]:
        try:
            check_value(name, parameters[name])
        except SpecError as error:
            problems.append(Problem(error.field[:100], error.message))


def _type_name(value: object) -> str:
    return type(value).__name__.lower()
