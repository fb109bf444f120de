"""Who writes as which Yjs client: nobody writes in the name of a client whose owner is here.

Yjs numbers what a client writes, and takes whatever comes first under a number. Who writes under another's id makes
that other's next change vanish for everybody else. So a client id belongs to the person whose connection writes as it
for as long as that connection lasts, and a change that continues it is refused from everybody else.

That takes nothing from honest clients, which do hand on what others wrote: what the owner's connection has said has
come before, and is nothing new. An owner who is away cannot be told from one whose changes only others still have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from collab.errors import ForbiddenError
from collab.structs import Extent

if TYPE_CHECKING:
    from collab.session import Session


class Writers:
    """The connections of one room by the clients they write as.

    Args:
        state: the document's state vector.
        state_now: the same with all that is on its way applied, which costs more.
        shown: the connection that shows presence as a client and may write, if any: stock clients do both as one.
    """

    def __init__(
        self,
        state: Callable[[], dict[int, int]],
        state_now: Callable[[], dict[int, int]],
        shown: Callable[[int], Session | None],
    ) -> None:
        self._state = state
        self._state_now = state_now
        self._shown = shown
        self._by_client: dict[int, Session] = {}
        self._answered: set[str] = set()

    def has_answered(self, session: Session) -> None:
        """A session has said what it has: from now on what it brings is what it writes."""
        self._answered.add(session.id)

    def admit(self, session: Session, extent: Extent) -> None:
        """Look at what a session's update continues, before it is applied.

        Raises:
            ForbiddenError: it continues a client of another person who is here.
        """
        by_client = self._by_client
        state: dict[int, int] | None = None
        for client, end in extent.last.items():
            holder = by_client.get(client)
            if holder is session:
                continue
            if state is None:
                state = self._state()
            if end <= state.get(client, 0):
                continue  # nothing new
            if holder is None:
                holder = self._shown(client)
                if holder is not None and holder.id not in self._answered:
                    holder = None
            if holder is not None and holder.principal.user_id != session.principal.user_id:
                if end <= self._state_now().get(client, 0):
                    continue  # the owner has said it a moment ago
                raise ForbiddenError(f"G1: client {client} belongs to another person who is here")
            # Whoever has not said yet what it has may be handing on what others wrote; so may who brings many.
            if session.id in self._answered and len(extent.last) == 1:
                by_client[client] = session

    def leave(self, session: Session) -> None:
        """A session has ended; the clients it wrote as are free."""
        self._answered.discard(session.id)
        gone = [client for client, holder in self._by_client.items() if holder is session]
        for client in gone:
            del self._by_client[client]
