"""What a word or phrase of the vocabulary means, in the terms of a scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from render.archetypes import Archetype
from render.parameters import Value

SunTime = Literal["rise", "set"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase says about a scene.

    Args:
        places: weight by kind of place; 3 names it ("dunes"), 1 hints at it ("sand").
        sets: parameters it states.
        hints: parameters it only implies, overruled by anything stated.
        sun: an hour relative to sunrise or sunset, with hours after it.
        span: a season or hour that "early" and "late" move within: its first and last value.
    """

    places: Mapping[Archetype, float] = field(default_factory=dict)
    sets: Mapping[str, Value] = field(default_factory=dict)
    hints: Mapping[str, Value] = field(default_factory=dict)
    sun: tuple[SunTime, float] | None = None
    span: tuple[float, float] | None = None


Lexicon = tuple[tuple[str, Meaning], ...]
"""Phrases separated by commas, and what each of them means."""


def place(phrases: str, hints: Mapping[str, Value] | None = None, **places: float) -> tuple[str, Meaning]:
    """An entry that names a kind of place, or hints at one."""
    weights: Any = places
    return phrases, Meaning(places=weights, hints=hints or {})


def says(
    phrases: str, hints: Mapping[str, Value] | None = None, places: Mapping[Archetype, float] | None = None,
    **sets: Value,
) -> tuple[str, Meaning]:
    """An entry that states parameters."""
    return phrases, Meaning(places=places or {}, sets=sets, hints=hints or {})


def implies(
    phrases: str, places: Mapping[Archetype, float] | None = None, **hints: Value
) -> tuple[str, Meaning]:
    """An entry that implies parameters: a mood, or a thing that goes with them."""
    return phrases, Meaning(places=places or {}, hints=hints)
