"""What those who asked are told about saving: how much of the document survives a crash, and whether saving works."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from collab.codec import saved_frame, saving_frame

if TYPE_CHECKING:
    from collab.room import Room
    from collab.session import Session


class Assurance:
    """The subscribers of one room (message 120), and what they were told last.

    Args:
        room: whose document it is.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._subscribers: dict[Session, None] = {}
        self._durable = b"\x00"
        self._failing = b""

    def loaded(self) -> None:
        """What is there now has been read from the log."""
        self._durable = self._room.replica.state()

    def subscribe(self, session: Session) -> None:
        """A session wants to know. It is told at once; asking twice is answered twice."""
        session.wants_saved = True
        self._subscribers[session] = None
        session.send_saved(self.frame())
        if self._failing:
            session.send_saving(self._failing)

    def leave(self, session: Session) -> None:
        """A session has ended."""
        self._subscribers.pop(session, None)

    def frame(self) -> bytes:
        """What of the document survives a crash now."""
        if not self._room.unsaved:
            self._durable = self._saved_state()
        return saved_frame(self._durable)

    def state(self) -> bytes | None:
        """The state vector that will be durable with what is unsaved now, or None when nobody wants to know."""
        return self._saved_state() if self._subscribers else None

    def committed(self, state: bytes | None) -> None:
        """A COMMIT has made everything up to this state vector durable."""
        if state is not None:
            self._durable = state
            self._tell(saved_frame(state))

    def confirmed(self) -> None:
        """Another node has saved what it had not before."""
        if self._subscribers and not self._room.unsaved:
            self._tell(self.frame())

    def failing(self, since: float | None) -> None:
        """Saving fails since then (unix seconds), or, with None, works again."""
        frame = saving_frame(json.dumps({"saving": "ok"} if since is None else {"saving": "failing", "since": since}))
        self._failing = b"" if since is None else frame
        for session in list(self._subscribers):
            session.send_saving(frame)

    def _tell(self, frame: bytes) -> None:
        for session in list(self._subscribers):
            session.send_saved(frame)

    def _saved_state(self) -> bytes:
        """The state vector, but for what other nodes have not saved yet."""
        state, wire = self._room.replica.state(), self._room.wire
        return state if wire is None else wire.only_saved(state)
