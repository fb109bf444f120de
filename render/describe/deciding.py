"""From hits to a scene: the kind of place by weight, each parameter by its strongest words, and the reason why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from render.archetypes import ARCHETYPES, INDOORS, KINDS, Archetype
from render.describe.description import Candidate, Suggestion
from render.describe.meaning import Meaning
from render.describe.reading import Hit, Reading
from render.describe.sun_times import sun_hour
from render.parameters import BY_NAME, LANDMARKS, Parameter, Value, fitting

DEFAULT_PLACE: Archetype = "alpine"
DEFAULT_ROOM: Archetype = "living_room"

_OTHER_SIDE = 0.12
_OTHER_SIDE_SOFTLY = 0.55
_FIRST_NAMED = 1.2
_SURE_WEIGHT = 2.2
"""A place with this weight or more is named; with less it is only hinted at."""
_LAND_WEIGHT = 2.0
_STANDS_IN_IT = 0.3
"""What is left of the places that a house or a chapel hints at, where the landscape that it stands in is named."""
_SEVEREST = ("storm", "snow", "rain", "dust", "mist", "overcast", "cloudy", "clear")
_EARLIEST_DAWN_H = 5.0
_SEASON_NAMES = ("spring", "summer", "autumn", "winter")

_HINT, _SAID, _CLOCK = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Claim:
    """What one hit asks of one parameter."""

    parameter: str
    value: Value
    level: int
    words: str
    at: int
    denied: bool = False


def choose_place(reading: Reading, text: str) -> tuple[Candidate, ...]:
    """Kinds of place the words may mean, best first."""
    scores: dict[Archetype, float] = {}
    words: dict[Archetype, list[str]] = {}
    first_named = True
    lands = {} if reading.side == "in" else _lands_named(reading)
    for hit in reading.hits:
        weights = _places(hit)
        if any(_landmark_in(land, hit) for land in lands):  # "a chapel in the mountains" is seen from outside
            weights = {place: weight * (1 if place in lands else _STANDS_IN_IT) for place, weight in weights.items()}
            first = False
        else:
            first = first_named
        for archetype, weight in weights.items():
            factor = hit.nearness * (_FIRST_NAMED if first else 1.0)
            scores[archetype] = scores.get(archetype, 0.0) + (-weight if hit.negated else weight * factor)
            if not hit.negated:
                words.setdefault(archetype, []).append(_quote(text, hit))
        first_named &= not weights
    if reading.side in ("in", "out"):
        lost = _OTHER_SIDE if reading.firmly else _OTHER_SIDE_SOFTLY
        for archetype in scores:
            if (archetype in INDOORS) != (reading.side == "in"):
                scores[archetype] *= lost
        if reading.side == "in" and reading.firmly and not any(scores.get(room, 0) > 0.3 for room in INDOORS):
            scores[DEFAULT_ROOM] = max([0.9, *(1.1 * score for score in scores.values())])
    ranked = sorted((a for a in scores if scores[a] > 0.05), key=lambda a: (-scores[a], ARCHETYPES.index(a)))
    total = sum(scores[a] for a in ranked)
    sure = min(1.0, scores[ranked[0]] / _SURE_WEIGHT) if ranked else 0.0
    return tuple(
        Candidate(a, KINDS[a].title, round(0.98 * sure * scores[a] / total, 2), tuple(dict.fromkeys(words.get(a, ()))))
        for a in ranked[:5]
    )


def decide(
    reading: Reading, text: str, archetype: Archetype, named: Sequence[str]
) -> tuple[list[Suggestion], list[str]]:
    """Every parameter the words ask for, with a reason; and remarks.

    Args:
        reading: what was found.
        text: what was read.
        archetype: the kind of place that was chosen.
        named: the words that chose it.
    """
    notes: list[str] = []
    claims = _claims(reading, text)
    chosen: dict[str, tuple[Value, list[Claim]]] = {}
    for name in BY_NAME:
        of_name = [claim for claim in claims if claim.parameter == name]
        if of_name:
            top = max(claim.level for claim in of_name)
            chosen[name] = _settled(BY_NAME[name], [claim for claim in of_name if claim.level == top], notes)
    _reconcile_weather(chosen, claims)
    kind = KINDS[archetype]
    words = ", ".join(named)
    reason = f"{words} → {kind.title}" if named else f"no kind of place is named → {kind.title}"
    suggestions = [Suggestion("archetype", "Place", archetype, kind.title, tuple(named), reason, bool(named))]
    suggestions.append(_seed(reading, text))
    for name in BY_NAME:
        if name not in chosen or name in ("archetype", "seed"):
            continue
        if name == "landmark":
            suggestions += _landmark(archetype, *chosen[name])
            continue
        parameter, (value, said) = BY_NAME[name], chosen[name]
        outright = said[0].level >= _SAID
        if archetype not in parameter.archetypes:
            if outright and not said[0].denied:
                notes.append(f"{kind.title} has no {parameter.title.lower()}: “{said[0].words}” changes nothing there.")
            continue
        suggestions.append(_suggestion(parameter, value, said, outright))
    return suggestions, notes


def seed_of(text: str) -> int:
    """A seed from the words alone: spaces, case and marks do not matter."""
    plain = " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
    return 1 + int.from_bytes(hashlib.sha256(plain.encode()).digest()[:6], "big") % 999_999


def _lands_named(reading: Reading) -> set[Archetype]:
    """The landscapes that are named outright and may hold a landmark."""
    return {
        place for hit in reading.hits if not hit.negated and hit.nearness >= 0.5
        for place, weight in _places(hit).items() if place in LANDMARKS and weight >= _LAND_WEIGHT
    }


def _landmark_in(land: Archetype, hit: Hit) -> bool:
    """Whether a hit names a thing that can stand in a landscape, and does not name that landscape."""
    asked = [str(meaning.hints["landmark"]) for meaning in hit.meanings if "landmark" in meaning.hints]
    return any(fitting(land, thing) is not None for thing in asked) and _places(hit).get(land, 0.0) < _LAND_WEIGHT


def _places(hit: Hit) -> Mapping[Archetype, float]:
    weights: dict[Archetype, float] = {}
    for meaning in hit.meanings:
        for archetype, weight in meaning.places.items():
            weights[archetype] = max(weights.get(archetype, 0.0), weight)
    return weights


def _claims(reading: Reading, text: str) -> list[Claim]:
    claims: list[Claim] = []
    for hit in reading.hits:
        if hit.nearness < 0.5 and any(meaning.places for meaning in hit.meanings):
            continue  # the sea on the horizon floods no meadow
        words = _quote(text, hit)
        for meaning in hit.meanings:
            if hit.negated:
                claims += _denied(meaning, words, hit.start)
                continue
            level = _CLOCK if hit.clock else _SAID
            for name, value in meaning.sets.items():
                claims.append(Claim(name, _scaled(name, value, hit.strength), level, words, hit.start))
            for name, value in meaning.hints.items():
                claims.append(Claim(name, _scaled(name, value, hit.strength), _HINT, words, hit.start))
            if "weather" in meaning.sets and hit.strength != 1.0 and "weather_intensity" not in meaning.sets:
                claims.append(Claim("weather_intensity", _intensity(hit.strength), _SAID, words, hit.start))
    season = next((c.value for c in claims if c.parameter == "season" and c.level >= _SAID), BY_NAME["season"].default)
    assert not isinstance(season, str)
    for hit in reading.hits:
        for meaning in hit.meanings:
            if meaning.sun is not None and not hit.negated:
                hour = sun_hour(*meaning.sun, season)
                if meaning.sun[0] == "rise":
                    hour = max(hour, _EARLIEST_DAWN_H)
                claims.append(Claim("time_of_day", hour, _SAID, _quote(text, hit), hit.start))
    return claims


def _denied(meaning: Meaning, words: str, at: int) -> Iterable[Claim]:
    """What "no …" asks for: none of it; a negated hour, season or mood asks for nothing."""
    for name, value in {**meaning.hints, **meaning.sets}.items():
        parameter = BY_NAME[name]
        if name == "weather" and name in meaning.sets and value != "clear":
            yield Claim("weather", "clear", _HINT, words, at, True)
        if name == "landmark":
            yield Claim(name, "none", _HINT, words, at, True)
        if name == "weather" and value == "mist":
            yield Claim("haze", 0.08, _SAID, words, at, True)
        if isinstance(value, str) or isinstance(parameter.default, str) or name in ("weather_intensity", "exposure_ev"):
            continue
        if name in meaning.hints and (meaning.sets or name not in ("vegetation", "water")):
            continue
        if (parameter.minimum, parameter.maximum) == (0.0, 1.0):
            yield Claim(name, 0.0 if value > parameter.default else 0.75, _SAID, words, at, True)


def _scaled(name: str, value: Value, strength: float) -> Value:
    parameter = BY_NAME[name]
    if strength == 1.0 or isinstance(value, str) or isinstance(parameter.default, str):
        return value
    if name in ("time_of_day", "season", "sun_heading_deg", "seed"):
        return value
    if name == "weather_intensity":
        return round(min(value * strength, 1.0), 2)
    assert parameter.minimum is not None
    assert parameter.maximum is not None
    moved = parameter.default + (value - parameter.default) * min(strength, 1.8)
    return round(min(max(moved, parameter.minimum), parameter.maximum), 2)


def _intensity(strength: float) -> float:
    for above, intensity in ((2.0, 0.95), (1.2, 0.85), (0.7, 0.6), (0.4, 0.25)):
        if strength >= above:
            return intensity
    return 0.15


def _settled(parameter: Parameter, claims: list[Claim], notes: list[str]) -> tuple[Value, list[Claim]]:
    """One value out of equally strong claims, and those that speak for it."""
    claims = sorted(claims, key=lambda claim: claim.at)
    if parameter.name == "weather":
        worst = min((str(claim.value) for claim in claims), key=_SEVEREST.index)
        return worst, [claim for claim in claims if claim.value == worst]
    if parameter.name == "landmark":
        named = [claim for claim in claims if not claim.denied] or claims
        return named[0].value, [claim for claim in named if claim.value == named[0].value]
    if parameter.name in ("time_of_day", "season", "sun_heading_deg"):
        first = claims[0]
        said = [claim for claim in claims if claim.value == first.value]
        for other in claims:
            if other.level >= _SAID and not _near(parameter, first.value, other.value):
                notes.append(f"“{first.words}” came first; “{other.words}” would be {_shown(parameter, other.value)}.")
                break
        return first.value, said
    default = float(parameter.default)
    values = [float(claim.value) for claim in claims]
    if all(value >= default for value in values):
        best = max(values)
    elif all(value <= default for value in values):
        best = min(values)
    else:
        best = round(sum(values) / len(values), 2)
        return best, claims
    return best, [claim for claim in claims if float(claim.value) == best]


def _near(parameter: Parameter, one: Value, other: Value) -> bool:
    if isinstance(one, str) or isinstance(other, str) or parameter.maximum is None or parameter.minimum is None:
        return one == other
    span = parameter.maximum - parameter.minimum
    apart = abs(one - other) % span
    return min(apart, span - apart) < (2.5 if parameter.name == "time_of_day" else 0.5)


def _reconcile_weather(chosen: dict[str, tuple[Value, list[Claim]]], claims: Sequence[Claim]) -> None:
    """One weather at a time: mist beside worse weather becomes haze, intensity goes with the weather it was said of."""
    if "weather" not in chosen:
        return
    weather = chosen["weather"][0]
    mist = [c for c in claims if c.parameter == "weather" and c.value == "mist" and c.level >= _SAID]
    if mist and weather != "mist" and "haze" not in chosen:
        chosen["haze"] = (0.65, mist)
    if "weather_intensity" in chosen:
        of_it = {c.words for c in claims if c.parameter == "weather" and c.value == weather}
        said = [c for c in chosen["weather_intensity"][1] if c.words in of_it]
        if said:
            chosen["weather_intensity"] = (said[0].value, said)
        else:
            del chosen["weather_intensity"]


def _seed(reading: Reading, text: str) -> Suggestion:
    if reading.seed is not None:
        seed, reason, said = reading.seed, f"seed {reading.seed}", True
    else:
        seed, said = seed_of(text), False
        reason = f"these words → {seed}; another number is another place of the same kind"
    return Suggestion("seed", BY_NAME["seed"].title, seed, str(seed), (), reason, said)


def _suggestion(parameter: Parameter, value: Value, said: Sequence[Claim], outright: bool) -> Suggestion:
    words = tuple(dict.fromkeys(claim.words for claim in said))[:4]
    shown = _shown(parameter, value)
    what = shown if parameter.name in ("time_of_day", "season") else f"{parameter.title.lower()} {shown}"
    if ", ".join(words).casefold() == shown.casefold():
        what = f"{parameter.title.lower()} {value}"
    return Suggestion(
        parameter.name, parameter.title, value, shown, words, f"{', '.join(words)} → {what}", outright
    )


def _shown(parameter: Parameter, value: Value) -> str:
    if isinstance(value, str):
        return value.replace("_", " ")
    if parameter.name == "season":
        part, within = divmod(value, 1)
        grade = "early" if within < 1 / 3 else "mid" if within < 2 / 3 else "late"
        return f"{grade} {_SEASON_NAMES[int(part) % 4]}"
    if (parameter.minimum, parameter.maximum, parameter.unit) == (0.0, 1.0, ""):
        return f"{round(value * 100)} %"
    if parameter.name == "exposure_ev":
        return f"{value:+g} EV"
    return f"{value:g}{'' if parameter.unit == '°' else ' '}{parameter.unit}".strip()


def _landmark(archetype: Archetype, value: Value, said: Sequence[Claim]) -> Iterable[Suggestion]:
    """The thing named, as this kind of place knows it; nothing where it knows none like it."""
    stands = fitting(archetype, str(value))
    if stands is not None:
        yield _suggestion(BY_NAME["landmark"], stands, said, False)


def _quote(text: str, hit: Hit) -> str:
    words = " ".join(text[hit.start : hit.end].split())
    return words if len(words) <= 48 else words[:47] + "…"
