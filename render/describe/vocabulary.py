"""The whole vocabulary as one index from stems to meanings, and help for compounds and slips of the pen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from render.describe.looks import LOOKS
from render.describe.meaning import Lexicon, Meaning
from render.describe.moments import HOURS, SEASONS, WEAK_HOURS, WEEKDAYS
from render.describe.places import LANDSCAPES, ROOMS, TOWNS
from render.describe.skies import MOODS, WEATHER_WORDS
from render.describe.small_words import INTENSIFIERS, NEGATORS, SMALL, SOFTENERS
from render.describe.tokens import stem, tokens_of

Stems = tuple[str, ...]

_LEXICONS: tuple[Lexicon, ...] = (
    LANDSCAPES, TOWNS, ROOMS, HOURS, WEAK_HOURS, WEEKDAYS, SEASONS, WEATHER_WORDS, MOODS, LOOKS,
)
_SECOND_HALVES = frozenset({
    "side", "top", "scape", "land", "line", "front", "shore", "bank", "house", "yard", "field", "way", "bed", "edge",
    "floor", "head", "tower", "scene", "foot", "bound",
})
_SHORTEST_GUESS = 6


@lru_cache(maxsize=1)
def index() -> Mapping[str, tuple[tuple[Stems, tuple[Meaning, ...]], ...]]:
    """Phrases by their first stem, longest first; a phrase in several lists means all of it."""
    found: dict[Stems, list[Meaning]] = {}
    for lexicon in _LEXICONS:
        for phrases, meaning in lexicon:
            for stems in dict.fromkeys(_stems(phrase) for phrase in phrases.split(",")):
                found.setdefault(stems, []).append(meaning)
    by_first: dict[str, list[tuple[Stems, tuple[Meaning, ...]]]] = {}
    for stems, meanings in found.items():
        by_first.setdefault(stems[0], []).append((stems, tuple(meanings)))
    return {first: tuple(sorted(rest, key=lambda entry: -len(entry[0]))) for first, rest in by_first.items()}


def phrase_at(stems: Sequence[str], at: int) -> tuple[int, tuple[Meaning, ...]] | None:
    """The longest phrase that begins at a position: its length in words, and what it means."""
    for phrase, meanings in index().get(stems[at], ()):
        if tuple(stems[at : at + len(phrase)]) == phrase:
            return len(phrase), meanings
    return None


def single(word_stem: str) -> tuple[Meaning, ...] | None:
    """What one word means by itself."""
    for phrase, meanings in index().get(word_stem, ()):
        if len(phrase) == 1:
            return meanings
    return None


def compound(word_stem: str) -> tuple[Meaning, ...] | None:
    """`volcanoside` means what `volcano` means: a known word with one of a few second halves."""
    for cut in range(len(word_stem) - 3, 3, -1):
        if word_stem[cut:] in _SECOND_HALVES:
            return single(stem(word_stem[:cut]))
    return None


@lru_cache(maxsize=4096)
def guess(word_stem: str) -> str | None:
    """The one word of the vocabulary that a longer unknown word is a slip of the pen away from."""
    if len(word_stem) < _SHORTEST_GUESS or not word_stem.isascii() or not word_stem.isalpha():
        return None
    candidates: set[str] = set()
    for shape in _shapes(word_stem):
        candidates |= _by_shape().get(shape, frozenset())
    near = sorted(word for word in candidates if word[0] == word_stem[0] and _one_slip(word_stem, word))
    return near[0] if len(near) == 1 else None


def _stems(phrase: str) -> Stems:
    stems = tuple(token.stem for token in tokens_of(phrase.strip()) if token.stem)
    assert stems, f"an empty phrase in the vocabulary: {phrase!r}"
    return stems


@lru_cache(maxsize=1)
def _by_shape() -> Mapping[str, frozenset[str]]:
    words = {first for first, entries in index().items() if any(len(phrase) == 1 for phrase, _ in entries)}
    found: dict[str, set[str]] = {}
    for word in words - SMALL - INTENSIFIERS - SOFTENERS - NEGATORS:
        if len(word) >= _SHORTEST_GUESS:
            for shape in _shapes(word):
                found.setdefault(shape, set()).add(word)
    return {shape: frozenset(words) for shape, words in found.items()}


def _shapes(word: str) -> set[str]:
    """The word and what remains of it when any one letter is left out."""
    return {word} | {word[:i] + word[i + 1 :] for i in range(len(word))}


def _one_slip(one: str, other: str) -> bool:
    """Whether one letter is missing, doubled, wrong, or two neighbours are swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped == long[at:]
