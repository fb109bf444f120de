"""Words to worlds: a location scout's sentence becomes a kind of place and parameters, each with its reason.

    >>> describe("a misty fjord at dawn").parameters
    {'archetype': 'lake', 'seed': …, 'relief': 0.8, 'water': 0.75, 'time_of_day': 5.0, 'weather': 'mist'}

No model and no chance: a vocabulary (`places`, `moments`, `skies`, `looks`), a reader that knows negation, degrees and
distance (`reading`), and a decision (`deciding`). Nothing here raises on any text, and nothing loads torch.
"""

from __future__ import annotations

from render.archetypes import ALIASES, ARCHETYPES, KINDS, Archetype
from render.describe.deciding import DEFAULT_PLACE, choose_place, decide
from render.describe.description import Candidate, Description, Suggestion
from render.describe.reading import read
from render.describe.tokens import MOST_CHARACTERS, readable
from render.errors import SpecError

__all__ = ["Candidate", "Description", "Suggestion", "describe"]

MOST_UNKNOWN = 40


def describe(text: str, archetype: str | None = None) -> Description:
    """Read a description of a place.

    Args:
        text: any text at all; the first 20,000 characters are read.
        archetype: the kind of place, where somebody has chosen another than the words suggest.

    Returns:
        What was understood; for an empty text, no suggestions.

    Raises:
        SpecError: `archetype` is no kind of place. No text raises.
    """
    chosen: Archetype | None = None
    if archetype is not None:
        name = ALIASES.get(archetype, archetype)
        if name not in ARCHETYPES:
            raise SpecError("archetype", f"must be one of {', '.join(ARCHETYPES)}, not {archetype[:40]!r}")
        chosen = name
    clean = readable(text)
    if not clean.strip():
        return Description(chosen or DEFAULT_PLACE, 0.0, (), (), (), ())
    reading = read(clean)
    places = choose_place(reading, clean)
    notes = list(reading.notes)
    if len(text) > MOST_CHARACTERS:
        notes.append(f"Only the first {MOST_CHARACTERS:,} characters were read.")
    best = chosen or (places[0].archetype if places else DEFAULT_PLACE)
    of_best = next((candidate for candidate in places if candidate.archetype == best), None)
    suggestions, remarks = decide(reading, clean, best, of_best.words[:4] if of_best else ())
    notes += remarks
    if not reading.hits:
        notes.append("None of these words are known here; try English words for the place, the hour and the weather.")
    elif not places and chosen is None:
        notes.append(f"No kind of place is named, so it begins as {KINDS[best].title}.")
    unknown = tuple(dict.fromkeys(reading.unknown))
    return Description(
        best, of_best.confidence if of_best else 0.0, places, tuple(suggestions), unknown[:MOST_UNKNOWN], tuple(notes)
    )
