"""Words to worlds: what a description is answered with."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.models.base import Input, LongText, Output


class DescribeIn(Input):
    """A place in words."""

    text: LongText = Field(examples=["a misty fjord at dawn, late autumn, abandoned boathouse"])
    archetype: str | None = Field(
        default=None, max_length=64, description="The kind of place, if another is meant than the words suggest."
    )


class SuggestionOut(Output):
    """A parameter that the words ask for."""

    parameter: str
    title: str
    value: float | str
    shown: str = Field(description="The value as people read it.")
    words: list[str] = Field(description="The text's own words that ask for it.")
    reason: str = Field(examples=["dawn → 6.2 h"])
    said: bool = Field(description="Said outright; false where the words only imply it.")


class PlaceOut(Output):
    """A kind of place that the words may mean."""

    archetype: str
    title: str
    confidence: float = Field(description="0–1.")
    words: list[str]


class DescriptionOut(Output):
    """How a description was read. The same text is always read alike, and no text is refused."""

    archetype: str
    confidence: float = Field(description="0–1, how surely the kind of place was named; 0 where none was.")
    places: list[PlaceOut] = Field(description="What else it may be, best first.")
    parameters: dict[str, Any] = Field(description="The suggestions as an environment's parameters.")
    suggestions: list[SuggestionOut]
    unknown: list[str] = Field(description="Words that changed nothing.")
    notes: list[str]
