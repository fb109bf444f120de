"""The what-ifs a team asks for by name: hours of the day, weathers, seasons.

Each has a fixed id, so that asking twice for the same set adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collab.schema import Axis, InvalidEditError
from render.scene import Value


@dataclass(frozen=True, slots=True)
class Proposal:
    """A variation not yet in the document."""

    id: str
    label: str
    axis: Axis
    overrides: Mapping[str, Value]


DEFAULT_SETS: Mapping[str, tuple[Proposal, ...]] = {
    "time_of_day": (
        Proposal("time-dawn", "Dawn", "time_of_day", {"time_of_day": 6.2}),
        Proposal("time-noon", "Noon", "time_of_day", {"time_of_day": 12.5}),
        Proposal("time-dusk", "Dusk", "time_of_day", {"time_of_day": 19.4}),
        Proposal("time-night", "Night", "time_of_day", {"time_of_day": 23.5}),
    ),
    "weather": (
        Proposal("weather-sunny", "Sunny", "weather", {"weather": "clear", "cloud_cover": 0.1}),
        Proposal("weather-cloudy", "Cloudy", "weather", {"weather": "cloudy", "weather_intensity": 0.6}),
        Proposal("weather-rainy", "Rainy", "weather", {"weather": "rain", "weather_intensity": 0.7}),
    ),
    "season": (
        Proposal("season-spring", "Spring", "season", {"season": 0.5}),
        Proposal("season-summer", "Summer", "season", {"season": 1.5}),
        Proposal("season-autumn", "Autumn", "season", {"season": 2.5}),
        Proposal("season-winter", "Winter", "season", {"season": 3.5}),
    ),
}


def proposals(types: Sequence[str]) -> tuple[Proposal, ...]:
    """The variations of the named sets, each once.

    Args:
        types: any of time_of_day, weather, season.

    Raises:
        InvalidEditError: a set is unknown, or none is named.
    """
    if not types:
        raise InvalidEditError("types", f"name at least one of {', '.join(DEFAULT_SETS)}")
    for name in types:
        if name not in DEFAULT_SETS:
            raise InvalidEditError("types", f"must be among {', '.join(DEFAULT_SETS)}, not {str(name)[:40]!r}")
    return tuple(proposal for name in dict.fromkeys(types) for proposal in DEFAULT_SETS[name])
