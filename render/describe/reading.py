"""From text to hits: which phrases of the vocabulary stand where, how strongly said, negated or far away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from render.describe.clock import Time, clock_times
from render.describe.meaning import Meaning
from render.describe.moments import MONTHS, SOUTHERN, season_of_month
from render.describe.small_words import (
    AFAR,
    AFAR_AFTER,
    BESIDE,
    EARLY,
    ENDS_NEGATION,
    HERE,
    INDOORS,
    INTENSIFIERS,
    JOINERS,
    LATE,
    MIDDLE,
    NEGATORS,
    NO_NEGATION,
    OUTDOORS,
    SMALL,
    SOFTENERS,
)
from render.describe.tokens import Token, tokens_of
from render.describe.vocabulary import compound, guess, phrase_at, single

Side = Literal["", "in", "out", "both"]

_HEADING = re.compile(
    r"^[ \t]*\.?(?:\d+[a-z]?\.?[ \t]+)?(int\.?[ \t]*/[ \t]*ext|ext\.?[ \t]*/[ \t]*int|i/e|int|ext|est)(?:[. \t:-]+)\S",
    re.IGNORECASE | re.MULTILINE,
)
_SEED = re.compile(r"\bseed\s*[:=#]?\s*(\d{1,9})\b", re.IGNORECASE)
_STRONG, _SOFT = 1.5, 0.5
_NEGATION_REACHES = 2
"""Unknown words that may stand between "no" and what it negates."""
_NEVER_A_MONTH = frozenset({"march", "may", "mar"})
"""Months that are also other words: read as months only where the words around say so."""
_BEFORE_A_MONTH = frozenset({"in", "early", "late", "mid", "of", "this", "last", "next", "since", "until"})


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase of the vocabulary in the text.

    Args:
        meanings: what it means, everything applies.
        start, end: where it stands, with the words that turn or scale it.
        strength: 1 as it is, more for "very", less for "slightly".
        negated: "no", "without".
        nearness: 1 where one stands, less for what is beside or far away: scales the weight of places.
        clock: whether it is a clock's time, which wins over words.
    """

    meanings: tuple[Meaning, ...]
    start: int
    end: int
    strength: float = 1.0
    negated: bool = False
    nearness: float = 1.0
    clock: bool = False


@dataclass
class Reading:
    """Everything found in a text."""

    hits: list[Hit] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    side: Side = ""
    firmly: bool = False
    seed: int | None = None


def read(text: str) -> Reading:
    """Find what a readable text says.

    Args:
        text: see `tokens.readable`.
    """
    reading = Reading()
    heading = _HEADING.search(text)
    if heading:
        kind = heading[1].lower()
        reading.side = "both" if "/" in kind else "in" if kind.startswith("int") else "out"
        reading.firmly = True
    seed = _SEED.search(text)
    spans: list[Time] = []
    if seed:
        reading.seed = int(seed[1])
        spans.append(Time(0.0, seed.start(), seed.end()))
    for time in clock_times(text):
        reading.hits.append(
            Hit((Meaning(sets={"time_of_day": time.hour}),), time.start, time.end, clock=True)
        )
        spans.append(time)
    tokens = [t for t in tokens_of(text) if not any(s.start < t.end and t.start < s.end for s in spans)]
    _Reader(tokens, reading).run()
    reading.hits.sort(key=lambda hit: hit.start)
    return reading


class _Reader:
    """One pass over the tokens."""

    def __init__(self, tokens: Sequence[Token], reading: Reading) -> None:
        self._tokens, self._reading = tokens, reading
        self._stems = [token.stem for token in tokens]
        self._words = [token.word for token in tokens]
        self._southern = any(token.stem in SOUTHERN for token in tokens)
        self._begin_clause()

    def _begin_clause(self) -> None:
        self._negation: int | None = None
        """Unknown words the negation still reaches over; None when there is none."""
        self._negated_from = 0
        self._nearness = 1.0
        self._strength, self._from = 1.0, -1
        self._first_of_clause = len(self._reading.hits)

    def run(self) -> None:
        """Read all tokens."""
        at = 0
        while at < len(self._tokens):
            if self._tokens[at].is_break:
                self._begin_clause()
                at += 1
                continue
            at += self._step(at)

    def _step(self, at: int) -> int:
        """Read what stands at a position; how many tokens that was."""
        word = self._words[at]
        ignored = self._starts(at, NO_NEGATION)
        if ignored:
            return ignored
        if word in NEGATORS:
            self._negation, self._negated_from = _NEGATION_REACHES, self._tokens[at].start
            return 1
        if self._negation is not None and word in ENDS_NEGATION:
            self._negation = None
        far = self._starts(at, AFAR_AFTER)
        if far:
            hits, first = self._reading.hits, self._first_of_clause
            hits[first:] = [replace(hit, nearness=hit.nearness * 0.3) for hit in hits[first:]]
            return far
        self._notice_side(word)
        month = self._month(at)
        if month:
            return month
        found = phrase_at(self._stems, at)
        if self._scales(at, found):
            return 1
        if found:
            length, meanings = found
            self._hit(at, length, meanings)
            return length
        return self._other(at)

    def _other(self, at: int) -> int:
        """A word that begins no phrase."""
        token = self._tokens[at]
        if token.word in EARLY or token.word in LATE or token.word in MIDDLE:
            if self._from < 0:
                self._from = token.start
        elif token.word in AFAR:
            self._nearness = 0.3
        elif token.word in BESIDE:
            self._nearness = min(self._nearness, 0.55)
        elif token.word in HERE:
            self._nearness = 1.3
        elif token.word not in SMALL and token.word not in JOINERS:
            return self._unknown(at)
        return 1

    def _unknown(self, at: int) -> int:
        token = self._tokens[at]
        bare = token.stem.removesuffix("less")
        if bare != token.stem and single(bare):
            self._negation, self._negated_from = _NEGATION_REACHES, token.start
            self._hit(at, 1, single(bare) or ())
            self._negation = None
            return 1
        meanings = compound(token.stem)
        if meanings is None:
            meant = guess(token.stem) or guess(token.word)
            meanings = single(meant) if meant else None
            if meant and meanings:
                self._reading.notes.append(f"“{token.text[:40]}” was read as “{meant}”.")
        if meanings is not None:
            self._hit(at, 1, meanings)
            return 1
        self._reading.unknown.append(token.text[:40])
        self._strength, self._from = 1.0, -1
        if self._negation is not None:
            self._negation -= 1
            if self._negation < 0:
                self._negation = None
        return 1

    def _hit(self, at: int, length: int, meanings: tuple[Meaning, ...]) -> None:
        tokens = self._tokens
        start, end = tokens[at].start, tokens[at + length - 1].end
        before = self._graded(at)
        if before is not None:
            meanings = tuple(_moved(meaning, before) for meaning in meanings)
            start = min(start, self._from) if self._from >= 0 else start
        if self._strength != 1.0 and self._from >= 0:
            start = min(start, self._from)
        strength, negated = self._strength, self._negation is not None
        if negated:
            start = min(start, self._negated_from)
            if strength > 1:  # "not very misty" is a little misty
                negated, strength = False, 0.4
        self._reading.hits.append(Hit(meanings, start, end, strength, negated, self._nearness))
        self._strength, self._from = 1.0, -1
        if self._negation is not None and not self._joined(at + length):
            self._negation = None

    def _joined(self, at: int) -> bool:
        """Whether "or", "and" go on with what is negated."""
        return at < len(self._words) and self._words[at] in JOINERS

    def _graded(self, at: int) -> str | None:
        """ "early", "late" or "mid" just before a position."""
        for back in (1, 2, 3):
            if at < back or (self._tokens[at - back].is_break and self._words[at - back] != "-"):
                return None
            word = self._words[at - back]
            for grade, words in (("early", EARLY), ("late", LATE), ("mid", MIDDLE)):
                if word in words:
                    return grade
            if word not in ("in", "the", "of", "on", "a", "-"):
                return None
        return None

    def _scales(self, at: int, found: tuple[int, tuple[Meaning, ...]] | None) -> bool:
        """Take "very", "light", "a bit of" as scaling what follows, where that can be scaled."""
        word = self._words[at]
        if found and found[0] > 1:
            return False
        if word not in INTENSIFIERS and word not in SOFTENERS:
            return False
        ahead = at + 1
        while ahead < len(self._words) and ahead < at + 4 and (
            self._words[ahead] in ("of", "a", "the") or self._words[ahead] in INTENSIFIERS | SOFTENERS
        ):
            ahead += 1
        if ahead >= len(self._tokens) or self._tokens[ahead].is_break:
            return False
        following = phrase_at(self._stems, ahead)
        meanings = following[1] if following else (single(self._stems[ahead].removesuffix("less")) or ())
        if not any(_scalable(meaning) for meaning in meanings):
            return False
        if self._strength == 1.0:
            self._from = self._tokens[at].start
        self._strength *= _STRONG if word in INTENSIFIERS else _SOFT
        return True

    def _notice_side(self, word: str) -> None:
        if not self._reading.side and word in INDOORS:
            self._reading.side = "in"
        elif not self._reading.side and word in OUTDOORS:
            self._reading.side = "out"

    def _month(self, at: int) -> int:
        word = self._words[at]
        month = MONTHS.get(word)
        if month is None:
            return 0
        before = self._words[at - 1] if at else ""
        after = self._words[at + 1] if at + 1 < len(self._words) else ""
        if word in _NEVER_A_MONTH:
            named = before in _BEFORE_A_MONTH or after.isdigit() or before.isdigit()
            named |= self._tokens[at].text[0].isupper() and after in ("morning", "evening", "night", "day", "afternoon")
            if not named:
                return 0
        within = {"early": 0.15, "late": 0.85, "mid": 0.5, None: 0.5}[self._graded(at)]
        season = season_of_month(month + within)
        if self._southern:
            season = (season + 2) % 4
            note = "Months were read for the southern half of the earth."
            if note not in self._reading.notes:
                self._reading.notes.append(note)
        start = self._from if self._from >= 0 and self._graded(at) else self._tokens[at].start
        meaning = Meaning(sets={"season": round(season, 2)})
        self._reading.hits.append(Hit((meaning,), start, self._tokens[at].end, negated=self._negation is not None))
        self._from = -1
        return 1

    def _starts(self, at: int, phrases: Sequence[tuple[str, ...]]) -> int:
        for phrase in phrases:
            if tuple(self._words[at : at + len(phrase)]) == phrase:
                return len(phrase)
        return 0


def _scalable(meaning: Meaning) -> bool:
    values = {**meaning.sets, **meaning.hints}
    return any(name not in ("time_of_day", "season", "sun_heading_deg") for name in values)


def _moved(meaning: Meaning, grade: str) -> Meaning:
    """A season or part of the day, early or late in it."""
    if meaning.span is None:
        return meaning
    first, last = meaning.span
    name = "season" if "season" in meaning.sets else "time_of_day"
    wrap = 4.0 if name == "season" else 24.0
    value = first if grade == "early" else last if grade == "late" else first + ((last - first) % wrap) / 2
    return replace(meaning, sets={**meaning.sets, name: round(value % wrap, 2)})
