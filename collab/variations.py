"""The what-ifs a team asks for by name: hours of the day, weathers, seasons.

Each has a fixed id, so that asking twice for the same set adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab.schema import InvalidEditError
from render.variation_sets import VARIATION_SETS, SceneVariation

Proposal = SceneVariation
"""A variation not yet in the document."""

DEFAULT_SETS: Mapping[str, tuple[Proposal, ...]] = {str(axis): each for axis, each in VARIATION_SETS.items()}


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
