"""What a text was understood as: a kind of place, parameters with reasons, and what was not understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from render.parameters import Value
from render.scene import Archetype


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One parameter that the words ask for.

    Args:
        parameter: its name.
        title: what people read.
        value: valid for the parameter.
        shown: the value as people read it: "6.2 h", "85 %".
        words: the text's own words that say so; empty where the value is chosen.
        reason: one line, "dawn → 6.2 h".
        said: True when the words say it outright, False when they only imply it ("jungle" implies vegetation).
    """

    parameter: str
    title: str
    value: Value
    shown: str
    words: tuple[str, ...]
    reason: str
    said: bool

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "parameter": self.parameter, "title": self.title, "value": self.value, "shown": self.shown,
            "words": list(self.words), "reason": self.reason, "said": self.said,
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """A kind of place that the words may mean.

    Args:
        archetype: its name.
        title: what people read.
        confidence: 0–1; those of all candidates add up to at most 1.
        words: the text's words that speak for it.
    """

    archetype: Archetype
    title: str
    confidence: float
    words: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "archetype": self.archetype, "title": self.title, "confidence": self.confidence, "words": list(self.words),
        }


@dataclass(frozen=True, slots=True)
class Description:
    """How a text was read; the same text is always read alike.

    Args:
        archetype: the kind of place, a sensible one where none is named.
        confidence: 0–1, how surely; 0 where none is named.
        places: candidates, best first; empty where none is named.
        suggestions: parameters the words ask for, the archetype and a seed first; nothing for an empty text.
        unknown: words that changed nothing, in the text's order, without small words such as "the".
        notes: remarks for people.
    """

    archetype: Archetype
    confidence: float
    places: tuple[Candidate, ...]
    suggestions: tuple[Suggestion, ...]
    unknown: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def parameters(self) -> dict[str, Value]:
        """The suggestions as a scene's parameters; `parse_scene` takes them."""
        return {suggestion.parameter: suggestion.value for suggestion in self.suggestions}

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "archetype": self.archetype, "confidence": self.confidence,
            "places": [candidate.to_json() for candidate in self.places], "parameters": self.parameters,
            "suggestions": [suggestion.to_json() for suggestion in self.suggestions],
            "unknown": list(self.unknown), "notes": list(self.notes),
        }
