"""Scene parameters: what a place can be told, with units, ranges, defaults and the words an artist reads.

One table is the truth for validation, the published JSON Schema, the client's controls and the engine's caches:
`affects` says which cache level an edit touches, so that dragging the hour rebuilds nothing heavy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from render.errors import SpecError

Archetype = Literal["alpine", "coast", "desert", "forest", "city", "interior"]
Weather = Literal["clear", "cloudy", "overcast", "mist", "rain", "storm", "snow", "dust"]
Affects = Literal["geometry", "light", "materials"]
Control = Literal["hour_dial", "season_ring", "weather_picker", "choice", "slider", "seed"]
Value = float | int | str

ARCHETYPES: tuple[Archetype, ...] = get_args(Archetype)
WEATHERS: tuple[Weather, ...] = get_args(Weather)
TERRAIN_ARCHETYPES: tuple[Archetype, ...] = ("alpine", "coast", "desert", "forest")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One scalar an environment's `parameters` map may hold.

    `minimum` and `maximum` are inclusive; a cyclic parameter wraps (24 h is 0 h) instead of being refused at its end.
    """

    name: str
    title: str
    group: Literal["Place", "Time & season", "Weather", "Light"]
    doc: str
    default: Value
    affects: Affects
    control: Control
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    cyclic: bool = False
    choices: tuple[str, ...] = ()
    archetypes: tuple[Archetype, ...] = ARCHETYPES


def _share(
    name: str,
    title: str,
    group: Literal["Place", "Time & season", "Weather", "Light"],
    doc: str,
    default: float,
    affects: Affects,
    archetypes: tuple[Archetype, ...] = ARCHETYPES,
) -> Parameter:
    return Parameter(name, title, group, doc, default, affects, "slider", "", 0.0, 1.0, 0.01, archetypes=archetypes)


PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "archetype", "Place", "Place", "The kind of place this is.", "alpine", "geometry", "choice", choices=ARCHETYPES
    ),
    Parameter(
        "seed",
        "Seed",
        "Place",
        "Another number is another place of the same kind.",
        1,
        "geometry",
        "seed",
        "",
        0,
        2**31 - 1,
        1,
    ),
    _share("relief", "Relief", "Place", "From gentle ground to towering heights.", 0.5, "geometry", TERRAIN_ARCHETYPES),
    _share(
        "vegetation",
        "Vegetation",
        "Place",
        "How much grows here.",
        0.5,
        "geometry",
        ("alpine", "coast", "forest", "city", "interior"),
    ),
    _share(
        "water",
        "Water",
        "Place",
        "From dry land to lakes and a high sea.",
        0.5,
        "geometry",
        ("alpine", "coast", "forest"),
    ),
    _share(
        "density", "Density", "Place", "How closely it is built, or furnished.", 0.5, "geometry", ("city", "interior")
    ),
    _share(
        "height",
        "Building height",
        "Place",
        "From low houses to towers; in a room, the ceiling.",
        0.4,
        "geometry",
        ("city", "interior"),
    ),
    _share("wear", "Wear", "Place", "From new to weathered.", 0.4, "materials", ("city", "interior", "coast")),
    Parameter(
        "time_of_day",
        "Hour",
        "Time & season",
        "Local solar time; 12 is noon.",
        9.0,
        "light",
        "hour_dial",
        "h",
        0.0,
        24.0,
        0.05,
        cyclic=True,
    ),
    Parameter(
        "season",
        "Season",
        "Time & season",
        "A ring: 0 early spring, 1 early summer, 2 early autumn, 3 early winter, 4 spring again.",
        1.2,
        "materials",
        "season_ring",
        "",
        0.0,
        4.0,
        0.01,
        cyclic=True,
    ),
    Parameter(
        "weather", "Weather", "Weather", "What the sky is doing.", "clear", "light", "weather_picker", choices=WEATHERS
    ),
    _share("weather_intensity", "Intensity", "Weather", "How strongly the weather shows.", 0.5, "light"),
    _share(
        "cloud_cover",
        "Cloud cover",
        "Weather",
        "Share of the sky under cloud, beside what the weather brings.",
        0.3,
        "light",
    ),
    _share("haze", "Haze", "Weather", "How soon distance fades.", 0.25, "light"),
    Parameter(
        "sun_heading_deg",
        "Sun heading",
        "Light",
        "Turns the sun's path around the place; 0 puts noon in the south.",
        0.0,
        "light",
        "slider",
        "°",
        -180.0,
        180.0,
        1.0,
        cyclic=True,
    ),
    Parameter(
        "exposure_ev",
        "Exposure",
        "Light",
        "Stops over or under the metered exposure.",
        0.0,
        "light",
        "slider",
        "EV",
        -3.0,
        3.0,
        0.1,
    ),
    _share("lamps", "Lamps", "Light", "Lit windows and lamps after dark.", 0.5, "light", ("city", "interior", "coast")),
)

BY_NAME: Mapping[str, Parameter] = {p.name: p for p in PARAMETERS}


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
        properties[p.name] = entry
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scene parameters",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
