"""Holds back what builds on what is not here, for the session that sent it.

A client may send a change before the one it builds on: what is typed between connecting and answering "what do you
have" comes before what was done offline. Such a change waits here, with its session, and is taken when the session has
brought the rest. It is neither applied, saved nor sent on before: a change that hangs on a number that somebody else
will use next would break that person's change, here and in every client, and the log would bring that back for good.
If the session ends first, its client still has both and brings them together when it comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pycrdt import get_update

from collab.codec import encode_state_vector
from collab.errors import ProtocolError
from collab.replica import call_guarded
from collab.structs import Extent, extent_of

if TYPE_CHECKING:
    from collab.session import Session

_HELD_UPDATES = 1000
_HELD_BYTES = 4 * 2**20
Update = tuple[bytes, Extent]


class Arrivals:
    """What is here or on its way into the document of one room, and what waits for more.

    Args:
        state: the document's state vector, with all applied that is on its way.
        waiting: extents of updates that wait inside the document already (of the log, or of other nodes).
    """

    def __init__(self, state: Callable[[], dict[int, int]], waiting: Callable[[], Iterable[Extent]]) -> None:
        self._state = state
        self._waiting = waiting
        self._here: dict[int, int] | None = None
        self._held: dict[Session, list[Update]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))

    def take(self, session: Session, update: bytes, extent: Extent) -> list[Update]:
        """Take an update of a session.

        Returns:
            What can go on its way now, in order: nothing, or this one and those of the session that waited for it.

        Raises:
            ProtocolError: too much waits.
        """
        if not self._is_complete(extent):
            held = self._held.setdefault(session, [])
            held.append((update, extent))
            if len(held) > _HELD_UPDATES or sum(len(one) for one, _ in held) > _HELD_BYTES:
                raise ProtocolError("too many changes that build on others which have not arrived; connect again")
            return []
        self._note(extent)
        ready = [(update, extent)]
        held = self._held.pop(session, [])
        while held and self._here is not None:
            late = [one for one in held if not self._stands_on(one[1], self._here)]
            if len(late) == len(held):
                self._held[session] = held
                break
            for one in held:
                if one not in late:
                    self._note(one[1])
                    ready.append(one)
            held = late
        return ready

    def without_known(self, update: bytes, extent: Extent) -> tuple[bytes, Extent]:
        """An update without the structs that are here or on their way.

        Of two versions of a struct the document keeps the first, but whoever merges updates may keep the other: with
        the log, a forged one would come back with the next load. Honest updates carry hardly any that are known.

        Raises:
            ProtocolError: it does not decode.
        """
        if self._here is None:
            self._here = self._state()
        here = self._here
        if all(clock >= here.get(client, 0) for client, clock in extent.first.items()):
            return update, extent
        update = call_guarded("an update", get_update, update, encode_state_vector(here))
        return update, extent_of(update)

    def forget(self) -> None:
        """The document has changed by other ways, or not as was foreseen."""
        self._here = None

    def leave(self, session: Session) -> None:
        """A session has ended."""
        self._held.pop(session, None)

    def _note(self, extent: Extent) -> None:
        here = self._here
        if here is not None:
            for client, end in extent.last.items():
                if end > here.get(client, 0):
                    here[client] = end

    def _is_complete(self, extent: Extent) -> bool:
        if self._here is not None and self._stands_on(extent, self._here):
            return True
        here = self._here = self._state()  # there may be more by now, from the server itself or from other nodes
        if self._stands_on(extent, here):
            return True
        waiting: dict[int, int] = {}
        for other in self._waiting():
            for client, end in other.last.items():
                waiting[client] = max(end, waiting.get(client, 0))
        return bool(waiting) and self._stands_on(extent, {**here, **{
            client: max(end, here.get(client, 0)) for client, end in waiting.items()
        }})  # fmt: skip

    @staticmethod
    def _stands_on(extent: Extent, here: dict[int, int]) -> bool:
        if extent.has_gaps:
            return all(here.get(client, 0) >= end for client, end in extent.last.items())
        last = extent.last
        return (
            all(clock <= here.get(client, 0) for client, clock in extent.first.items())
            and all(end <= here.get(client, 0) or end <= last.get(client, 0) for client, end in extent.needs.items())
            and all(end <= here.get(client, 0) or end <= last.get(client, 0) for client, end in extent.deleted.items())
        )
