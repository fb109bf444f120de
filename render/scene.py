"""A scene: one complete, valid set of parameters, how it is read from a document, and its published JSON Schema."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from render.archetypes import ALIASES, ARCHETYPES, BUILT_OUTSIDE, KINDS, Archetype
from render.errors import SpecError
from render.parameters import BY_NAME, PARAMETERS, USUAL, WEATHERS, Affects, Parameter, Value, Weather, landmark_of

__all__ = [
    "ALIASES", "ARCHETYPES", "BY_NAME", "PARAMETERS", "WEATHERS", "Affects", "Archetype", "Parameter", "Scene", "Value",
    "Weather", "check_value", "parse_scene", "scene_schema",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """A complete, valid set of parameters; angles and hours are wrapped, shares lie in 0–1."""

    archetype: Archetype = "alpine"
    seed: int = 1
    relief: float = 0.5
    vegetation: float = 0.5
    water: float = 0.5
    density: float = 0.5
    height: float = 0.4
    landmark: str = USUAL
    wear: float = 0.4
    time_of_day: float = 9.0
    season: float = 1.2
    weather: Weather = "clear"
    weather_intensity: float = 0.5
    cloud_cover: float = 0.3
    haze: float = 0.25
    sun_heading_deg: float = 0.0
    exposure_ev: float = 0.0
    lamps: float = 0.5

    @property
    def stands(self) -> str:
        """The landmark that stands here: "none", or one that this kind of place knows."""
        return landmark_of(self.archetype, self.landmark)

    def key(self, *levels: Affects) -> tuple[Value, ...]:
        """The values that decide the given cache levels, for use as a cache key."""
        return tuple(
            getattr(self, p.name) for p in PARAMETERS if p.affects in levels and self.archetype in p.archetypes
        )

    def canonical(self) -> dict[str, Value]:
        """The parameters that matter for this archetype, rounded to 1e-4: what the digest is taken of."""
        values = {p.name: getattr(self, p.name) for p in PARAMETERS if self.archetype in p.archetypes}
        return {name: round(v, 4) if isinstance(v, float) else v for name, v in values.items()}


def check_value(name: str, value: object) -> Value:
    """Validate and normalise one parameter.

    Args:
        name: the parameter's name.
        value: what somebody sent; numbers read back from a document are floats.

    Raises:
        SpecError: the name is unknown, or the value of the wrong type, not finite, or out of range.
    """
    parameter = BY_NAME.get(name)
    if parameter is None:
        raise SpecError(f"parameters.{name}", f"no such parameter; known are {', '.join(BY_NAME)}")
    field = f"parameters.{name}"
    if parameter.choices:
        if name == "archetype" and isinstance(value, str):
            value = ALIASES.get(value, value)
        if not isinstance(value, str) or value not in parameter.choices:
            raise SpecError(field, f"must be one of {', '.join(parameter.choices)}, not {str(value)[:40]!r}")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SpecError(field, f"must be a number, not {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:  # JSON allows integers of any length
        number = math.inf
    if not math.isfinite(number):
        raise SpecError(field, "must be a finite number")
    assert parameter.minimum is not None
    assert parameter.maximum is not None
    if not parameter.minimum <= number <= parameter.maximum:
        raise SpecError(
            field, f"must lie between {parameter.minimum:g} and {parameter.maximum:g} {parameter.unit}".rstrip()
        )
    if parameter.control == "seed":
        if number != int(number):
            raise SpecError(field, "must be a whole number")
        return int(number)
    if parameter.cyclic and number == parameter.maximum:
        return float(parameter.minimum)
    return number


def parse_scene(parameters: Mapping[str, object]) -> Scene:
    """Build a Scene from a document's `parameters` map; what is missing takes its default.

    Raises:
        SpecError: a parameter is unknown or its value invalid.
    """
    values: dict[str, Any] = {name: check_value(name, value) for name, value in parameters.items()}
    return Scene(**values)


def scene_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the parameters map, with `x-` keys that the client builds its controls from."""
    properties: dict[str, Any] = {}
    for p in PARAMETERS:
        entry: dict[str, Any] = {"title": p.title, "description": p.doc, "default": p.default}
        if p.choices:
            entry |= {"type": "string", "enum": list(p.choices)}
        else:
            entry |= {
                "type": "integer" if p.control == "seed" else "number",
                "minimum": p.minimum,
                "maximum": p.maximum,
            }
        entry |= {
            "x-group": p.group,
            "x-control": p.control,
            "x-unit": p.unit,
            "x-step": p.step,
            "x-cyclic": p.cyclic,
            "x-affects": p.affects,
            "x-archetypes": list(p.archetypes),
        }
        if p.choices_of:
            entry |= {"x-choices": {name: list(choices) for name, choices in p.choices_of.items()}}
        if p.name == "archetype":
            entry |= {
                "x-titles": {name: KINDS[name].title for name in ARCHETYPES},
                "x-notes": {name: KINDS[name].doc for name in ARCHETYPES},
                "x-groups": {name: _group_of(name) for name in ARCHETYPES},
                "x-indoors": [name for name in ARCHETYPES if KINDS[name].indoors],
                "x-aliases": dict(ALIASES),
            }
        properties[p.name] = entry
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scene parameters",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _group_of(archetype: Archetype) -> str:
    """Where people look for a kind of place."""
    if KINDS[archetype].indoors:
        return "Rooms"
    return "Towns" if archetype in BUILT_OUTSIDE else "Landscapes"
