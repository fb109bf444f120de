"""What one room knows of the same room on other nodes: what was heard, what was missed, what is not saved yet.

Pure bookkeeping over numbers. A number that is left out is owed; it is made good by reading the log, once the sender
has said that it is COMMITted, or by the message itself if it comes late. A number that came before is not taken twice.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field

from collab.envelope import Envelope, Word
from collab.errors import ProtocolError
from collab.structs import extent_of

logger = logging.getLogger(__name__)

_OWED_MAX = 4096
FORGET_AFTER_S = 600.0


@dataclass(slots=True)
class Unconfirmed:
    """A change that its node has not saved, as far as we know."""

    number: int
    update: bytes
    heard_at: float
    _first: dict[int, int] | None = None

    @property
    def first(self) -> dict[int, int]:
        """Per client, the clock of its first struct in the change."""
        if self._first is None:
            try:
                self._first = extent_of(self.update).first
            except ProtocolError as error:  # yrs took it, our own walk is stricter
                logger.warning("neighbours.extent_unknown bytes=%d: %s", len(self.update), error)
                self._first = {}
        return self._first


@dataclass(slots=True)
class Neighbour:
    """One incarnation of the room on another node."""

    node: str
    incarnation: bytes
    last: int = 0
    saved_through: int = 0
    heard_at: float = 0.0
    owed: set[int] = field(default_factory=set)
    unconfirmed: deque[Unconfirmed] = field(default_factory=deque)
    has_left: bool = False

    @property
    def name(self) -> str:
        """Node and incarnation."""
        return f"{self.node}/{self.incarnation.hex()}"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message means beside its content.

    Args:
        is_news: False for one that came before.
        is_stranger: somebody new, who has spoken before.
        has_gap: numbers before it are missing.
        is_payable: the log now holds something that is owed.
        ended: names of incarnations whose people are gone.
    """

    is_news: bool
    is_stranger: bool
    has_gap: bool
    is_payable: bool
    ended: list[str]


class Neighbours:
    """All incarnations that one room has heard of."""

    def __init__(self) -> None:
        self.unconfirmed_bytes = 0
        self._known: dict[bytes, Neighbour] = {}

    def __len__(self) -> int:
        return len(self._known)

    @property
    def unconfirmed(self) -> int:
        """Changes not known to be saved."""
        return sum(len(one.unconfirmed) for one in self._known.values())

    def hear(self, envelope: Envelope, now: float) -> Heard:
        """Take note of a message."""
        one = self._known.get(envelope.incarnation)
        ended: list[str] = []
        is_first = one is None
        if one is None:
            one = self._known[envelope.incarnation] = Neighbour(envelope.node, envelope.incarnation)
        one.heard_at = now
        self._confirm(one, envelope.saved_through)
        number = envelope.number
        is_stranger = has_gap = False
        if number <= one.last:
            is_news = number in one.owed
            one.owed.discard(number)
        else:
            is_news = True
            if is_first and number > 1:
                # What was said before we listened: most of it is in the log we have loaded. One token stands for all.
                is_stranger = True
                one.owed.add(number - 1)
            elif number > one.last + 1:
                has_gap = True
                one.owed.update(range(max(one.last + 1, number - _OWED_MAX), number))
            one.last = number
        if envelope.word is Word.BYE:
            one.has_left = True
            ended.append(one.name)
        if is_first:
            others = [other for other in self._known.values() if other.node == one.node and other is not one]
            one.has_left |= any(other.incarnation > one.incarnation for other in others)
            for other in others:
                if other.incarnation < one.incarnation and not other.has_left:
                    other.has_left = True
                    ended.append(other.name)
        is_payable = bool(one.owed) and min(one.owed) <= one.saved_through
        return Heard(is_news, is_stranger, has_gap, is_payable, ended)

    def hold(self, envelope: Envelope, now: float) -> None:
        """Keep a change that was taken until its node has saved it."""
        one = self._known[envelope.incarnation]
        if envelope.number > one.saved_through:
            one.unconfirmed.append(Unconfirmed(envelope.number, envelope.body, now))
            self.unconfirmed_bytes += len(envelope.body)

    def is_gone(self, incarnation: bytes) -> bool:
        """Whether an incarnation has said good-bye, or has been followed by another of its node."""
        one = self._known.get(incarnation)
        return one is not None and one.has_left

    def owes(self, now: float, patience_s: float) -> bool:
        """Whether anybody heard of lately owes something; the dead pay no more."""
        return any(one.owed and now - one.heard_at < patience_s for one in self._known.values())

    def payable(self) -> dict[bytes, int]:
        """Up to which number the log holds everything, by incarnation; ask before reading it."""
        return {one.incarnation: one.saved_through for one in self._known.values() if one.owed}

    def paid(self, through: dict[bytes, int]) -> None:
        """The log has been read; `through` is what `payable` said before."""
        for incarnation, number in through.items():
            one = self._known.get(incarnation)
            if one is not None:
                one.owed = {owed for owed in one.owed if owed > number}

    def only_saved(self, state: dict[int, int]) -> bool:
        """Lower clocks of a state vector to before the first change that is not known to be saved.

        Returns:
            Whether there was one.
        """
        lowered = False
        for one in self._known.values():
            for left in one.unconfirmed:
                for client, clock in left.first.items():
                    if clock < state.get(client, 0):
                        state[client] = clock
                        lowered = True
        return lowered

    def overdue(self, before: float, silent_before: float) -> list[tuple[str, int, bytes]]:
        """Take out changes heard before a moment, and all of those not heard of since another, oldest first."""
        out: list[tuple[str, int, bytes]] = []
        for one in self._known.values():
            is_silent = one.heard_at < silent_before
            while one.unconfirmed and (is_silent or one.unconfirmed[0].heard_at < before):
                out.append(self._take(one))
        return out

    def excess(self, most_bytes: int) -> list[tuple[str, int, bytes]]:
        """Take out the oldest changes above so many bytes."""
        out: list[tuple[str, int, bytes]] = []
        while self.unconfirmed_bytes > most_bytes:
            waiting = [one for one in self._known.values() if one.unconfirmed]
            out.append(self._take(min(waiting, key=lambda one: one.unconfirmed[0].heard_at)))
        return out

    def prune(self, now: float) -> None:
        """Forget those that are long gone and leave nothing behind."""
        for one in list(self._known.values()):
            if not one.unconfirmed and now - one.heard_at > FORGET_AFTER_S:
                del self._known[one.incarnation]

    def _confirm(self, one: Neighbour, saved_through: int) -> None:
        one.saved_through = max(one.saved_through, saved_through)
        while one.unconfirmed and one.unconfirmed[0].number <= one.saved_through:
            self._take(one)

    def _take(self, one: Neighbour) -> tuple[str, int, bytes]:
        left = one.unconfirmed.popleft()
        self.unconfirmed_bytes -= len(left.update)
        return one.node, left.number, left.update
