"""The table of scene parameters: what a place can be told, with units, ranges, defaults and the words an artist reads.

One table is the truth for validation, the published JSON Schema, the client's controls and the engine's caches:
`affects` says which cache level an edit touches, so that dragging the hour rebuilds nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from render.archetypes import ARCHETYPES, BUILT_OUTSIDE, INDOORS, LANDS, Archetype

Weather = Literal["clear", "cloudy", "overcast", "mist", "rain", "storm", "snow", "dust"]
Affects = Literal["geometry", "light", "materials"]
Control = Literal["hour_dial", "season_ring", "weather_picker", "choice", "slider", "seed"]
Value = float | int | str

WEATHERS: tuple[Weather, ...] = get_args(Weather)

LANDMARKS: Mapping[Archetype, tuple[str, ...]] = {
    "alpine": ("cabin", "chapel", "house", "ruin", "none"),
    "coast": ("lighthouse", "house", "chapel", "ruin", "none"),
    "desert": ("none", "ruin", "tower"),
    "lake": ("boathouse", "cabin", "chapel", "none"),
}
"""What may stand as the focal point of a landscape; the first is what stands there unless another is chosen."""
USUAL = "usual"
_KIN = {
    "cabin": ("house", "boathouse"), "house": ("cabin", "boathouse"), "boathouse": ("cabin", "house"),
    "chapel": ("ruin",), "tower": ("ruin",), "ruin": ("tower", "chapel"), "lighthouse": ("tower",),
}

_BUILT = (*BUILT_OUTSIDE, *INDOORS)
_GREEN = ("alpine", "coast", "forest", "conifer", "farmland", "lake", "tropical", *_BUILT)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One scalar an environment's `parameters` map may hold.

    `minimum` and `maximum` are inclusive; a cyclic parameter wraps (24 h is 0 h) instead of being refused at its end.
    `choices_of` narrows the choices to what makes sense in a kind of place, its own default first; any other choice is
    valid there too, so that a place may change its kind, and means that default.
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
    choices_of: Mapping[Archetype, tuple[str, ...]] = field(default_factory=dict)


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
    _share("relief", "Relief", "Place", "From gentle ground to towering heights.", 0.5, "geometry", LANDS),
    _share(
        "vegetation",
        "Vegetation",
        "Place",
        "How much grows here.",
        0.5,
        "geometry",
        _GREEN,
    ),
    _share(
        "water",
        "Water",
        "Place",
        "From dry land to lakes and a high sea.",
        0.5,
        "geometry",
        ("alpine", "coast", "forest", "conifer", "lake", "tropical"),
    ),
    _share(
        "density", "Density", "Place", "How closely it is built, or furnished.", 0.5, "geometry", _BUILT
    ),
    _share(
        "height",
        "Building height",
        "Place",
        "From low houses to towers; in a room, the ceiling.",
        0.4,
        "geometry",
        _BUILT,
    ),
    Parameter(
        "landmark",
        "Landmark",
        "Place",
        "What stands in the landscape for the eye to rest on.",
        USUAL,
        "geometry",
        "choice",
        choices=(USUAL, *dict.fromkeys(choice for choices in LANDMARKS.values() for choice in choices)),
        archetypes=tuple(LANDMARKS),
        choices_of=LANDMARKS,
    ),
    _share(
        "wear",
        "Wear",
        "Place",
        "From new to weathered.",
        0.4,
        "materials",
        (*_BUILT, "alpine", "coast", "lake"),
    ),
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
    _share("lamps", "Lamps", "Light", "Lit windows and lamps after dark.", 0.5, "light", _BUILT),
)

BY_NAME: Mapping[str, Parameter] = {p.name: p for p in PARAMETERS}


def fitting(archetype: Archetype, asked: str) -> str | None:
    """What a kind of place has of a landmark asked for: itself, the nearest thing that it knows, or None."""
    known = LANDMARKS.get(archetype, ())
    return next((choice for choice in (asked, *_KIN.get(asked, ())) if choice in known), None)


def landmark_of(archetype: Archetype, asked: str) -> str:
    """What stands in a place: the landmark asked for, the nearest thing that it knows, or its usual one.

    Args:
        archetype: the kind of place.
        asked: one of the parameter's choices.

    Returns:
        One of `LANDMARKS[archetype]`; "none" where a kind of place has no landmarks.
    """
    return fitting(archetype, asked) or LANDMARKS.get(archetype, ("none",))[0]
