"""Hours written as a clock shows or tells them: 7:30 pm, 18h30, 0630 hours, half past six."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
_NUMBER = "|".join(_NUMBERS) + r"|\d{1,2}"
_HALF = r"(?P<half>a\.m\.?|p\.m\.?|am\b|pm\b)"
_PATTERNS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (
    rf"(?<![\d.:])(?P<h>\d{{1,2}}):(?P<m>[0-5]\d)(?::[0-5]\d)?(?![\d:])\s*{_HALF}?",
    rf"(?<![\d.:])(?P<h>\d{{1,2}})(?:\.(?P<m>[0-5]\d))?\s*{_HALF}",
    r"(?<![\d.:])(?P<h>\d{1,2})\s?h(?P<m>[0-5]\d)?\b",
    r"(?<!\d)(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)\s?(?:hours|hrs|h)\b",
    rf"\b(?P<said>half past|quarter past|quarter to|ten past|ten to|twenty past|twenty to|five past|five to)\s+"
    rf"(?P<h>{_NUMBER})\b(?:\s*(?:o'?clock|o’clock))?\s*{_HALF}?",
    rf"\b(?P<h>{_NUMBER})\s+(?:o'?clock|o’clock)\b\s*{_HALF}?",
))  # fmt: skip
_MINUTES = {
    "half past": 30, "quarter past": 15, "quarter to": -15, "ten past": 10, "ten to": -10, "twenty past": 20,
    "twenty to": -20, "five past": 5, "five to": -5,
}  # fmt: skip
_MOST = 32
"""Times read of one text; only the first decides."""
_LATER = re.compile(r"\b(afternoon|evening|night|dusk|sunset|tonight)\b", re.IGNORECASE)
_SOONER = re.compile(r"\b(morning|dawn|sunrise)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Time:
    """An hour found in a text.

    Args:
        hour: 0 ≤ hour < 24.
        start, end: where it stands.
    """

    hour: float
    start: int
    end: int


def clock_times(text: str) -> list[Time]:
    """Every clock time in a text, in its order; without what is no hour of a day (25:70)."""
    found: list[Time] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if len(found) >= _MOST:
                break
            if any(match.start() < time.end and time.start < match.end() for time in found):
                continue
            hour = _hour(match, text)
            if hour is not None:
                found.append(Time(hour, match.start(), match.end()))
    return sorted(found, key=lambda time: time.start)


def _hour(match: re.Match[str], text: str) -> float | None:
    parts = match.groupdict()
    written = parts["h"].lower()
    hour = _NUMBERS.get(written) or int(written)
    minutes = int(parts.get("m") or 0)
    half = (parts.get("half") or "").lower()[:1]
    told = parts.get("said")
    if hour > 24 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif told or written in _NUMBERS or "clock" in match.group().lower():
        hour = _of_the_day(hour, text)
    minutes += _MINUTES[told.lower()] if told else 0
    return round((hour + minutes / 60) % 24, 2)


def _of_the_day(hour: int, text: str) -> int:
    """What a spoken hour of twelve means: the text's own part of the day, else the one people are awake in."""
    if hour >= 12:
        return hour
    if _SOONER.search(text):
        return hour
    return hour + 12 if _LATER.search(text) or hour < 7 else hour
