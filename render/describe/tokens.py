"""Text into words: folded, stripped of plurals, with the places they stand at. Any text will do; none raises."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

MOST_CHARACTERS = 20_000
"""What is read of a text; a description is as long as this at most (api/models/base.py)."""

_PICTURES = "\u2600-\u27bf\U0001f300-\U0001faff"
_TOKEN = re.compile(rf"[^\W_]+(?:['’][^\W_]+)*|[{_PICTURES}]|[.,;:!?()\[\]/\n\r—–|&]|(?<=\s)-+(?=\s)")
_BREAKS = frozenset(".,;:!?()[]/\n\r—–|-")

_IRREGULAR = {
    "leaves": "leaf", "shelves": "shelf", "wolves": "wolf", "calves": "calf", "cacti": "cactus", "oases": "oasis",
    "hooves": "hoof", "geese": "goose", "mice": "mouse", "women": "woman", "men": "man", "children": "child",
    "people": "people", "foxes": "fox", "gases": "gas", "buses": "bus", "waves": "wave",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark.

    Args:
        text: as written.
        word: folded; what small words are compared with.
        stem: folded and without its plural; what the vocabulary is compared with. Empty for a mark.
        start, end: where it stands in the text that was read.
    """

    text: str
    word: str
    stem: str
    start: int
    end: int

    @property
    def is_break(self) -> bool:
        """Whether it ends a clause."""
        return not self.stem and self.word != "&"


def readable(text: str) -> str:
    """The part of a text that is read, in composed form without what cannot be seen."""
    text = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS])
    kept = (c for c in text if c in "\n\t " or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Mn", "Me"))
    return "".join(kept)[:MOST_CHARACTERS]


def tokens_of(text: str) -> list[Token]:
    """Split a readable text."""
    found = []
    for match in _TOKEN.finditer(text):
        written = match.group()
        word = written.casefold().replace("’", "'")
        mark = written[0] in _BREAKS or written == "&"
        found.append(Token(written, word, "" if mark else stem(word), match.start(), match.end()))
    return found


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A folded word without possessive and plural, British and American spelling made one."""
    word = word.removesuffix("'s").removesuffix("'")
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zzes", "oes")):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if len(word) > 5:
        word = word.replace("colour", "color").replace("harbour", "harbor").replace("centre", "center")
        word = word.replace("neighbour", "neighbor").replace("theatre", "theater").replace("plough", "plow")
    return "gray" if word == "grey" else word
