"""Who looks at what: the views of an environment that people in the room have before them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from collab.codec import read_bytes, read_uint
from collab.room import Room
from collab.schema import FIRST_SLOT


def states(room: Room) -> Iterator[dict[str, Any]]:
    """The presence of everybody in the room, here and on other nodes; what is no JSON object is left out."""
    for entry in room.presence.everybody():
        _, at = read_uint(entry, 0)
        _, at = read_uint(entry, at)
        try:
            state = json.loads(read_bytes(entry, at)[0])
        except ValueError:
            continue
        if isinstance(state, dict) and "farm" not in state:
            yield state


def slots_before_people(room: Room, environment: str, limit: int) -> tuple[str, ...]:
    """The slots of the environment to preview, the most looked at first.

    Returns:
        The first slot when people are here but nobody says what they look at; nothing when nobody is here.
    """
    counted: Counter[str] = Counter()
    anybody = bool(room.sessions)
    for state in states(room):
        anybody = True
        looking = state.get("looking_at")
        if not isinstance(looking, dict) or looking.get("environment") != environment:
            continue
        slot = looking.get("slot")
        counted[slot if isinstance(slot, str) and len(slot) <= 160 else FIRST_SLOT] += 1
    if not anybody:
        return ()
    return tuple(slot for slot, _ in counted.most_common(limit)) or (FIRST_SLOT,)
