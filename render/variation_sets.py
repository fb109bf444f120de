"""The what-ifs a place is tried in by name: hours of its day, weathers, seasons; farm and command share them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from render.parameters import Value

VariationAxis = Literal["time_of_day", "weather", "season"]


@dataclass(frozen=True, slots=True)
class SceneVariation:
    """One what-if.

    Args:
        id: fixed, so that asking twice for the same set adds nothing.
        label: what people read.
        axis: the set it belongs to.
        overrides: the parameters it changes.
    """

    id: str
    label: str
    axis: VariationAxis
    overrides: Mapping[str, Value]


VARIATION_SETS: Mapping[VariationAxis, tuple[SceneVariation, ...]] = {
    "time_of_day": (
        SceneVariation("time-dawn", "Dawn", "time_of_day", {"time_of_day": 6.2}),
        SceneVariation("time-noon", "Noon", "time_of_day", {"time_of_day": 12.5}),
        SceneVariation("time-dusk", "Dusk", "time_of_day", {"time_of_day": 19.4}),
        SceneVariation("time-night", "Night", "time_of_day", {"time_of_day": 23.5}),
    ),
    "weather": (
        SceneVariation("weather-sunny", "Sunny", "weather", {"weather": "clear", "cloud_cover": 0.1}),
        SceneVariation("weather-cloudy", "Cloudy", "weather", {"weather": "cloudy", "weather_intensity": 0.6}),
        SceneVariation("weather-rainy", "Rainy", "weather", {"weather": "rain", "weather_intensity": 0.7}),
    ),
    "season": (
        SceneVariation("season-spring", "Spring", "season", {"season": 0.5}),
        SceneVariation("season-summer", "Summer", "season", {"season": 1.5}),
        SceneVariation("season-autumn", "Autumn", "season", {"season": 2.5}),
        SceneVariation("season-winter", "Winter", "season", {"season": 3.5}),
    ),
}

AXIS_NAMES: Mapping[str, VariationAxis] = {
    "time": "time_of_day", "hour": "time_of_day", "time_of_day": "time_of_day", "weather": "weather",
    "season": "season",
}
"""What people may call a set on the command line."""
