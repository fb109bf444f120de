"""The relay's contract: named, bounded, ordered streams that processes write to and read from.

Two ways to read. *Follow*: everybody gets everything (fan-out). *Share*: the members of a group divide the messages
among themselves, and one that is not acknowledged is delivered again, so a handler must bear a message twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

STREAM_LENGTH = 10_000
"""About how many messages a stream keeps; older ones are dropped. Whoever must not miss one reads the update log."""

IDLE_BEFORE_REDELIVERY_S = 10.0

BEGINNING = "0-0"
"""The id before every message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a stream; later entries have greater ids (`store.relay.base.order` compares)."""

    id: str
    payload: bytes


KEEP_STREAM_S = 7 * 24 * 3600
"""A stream nobody wrote to for so long is forgotten."""


class Relay(Protocol):
    """Streams between processes."""

    @property
    def interruptions(self) -> int:
        """How often following was interrupted since this relay was opened.

        What others published around that time may be lost for good (Redis came back empty) and no follower is told:
        whoever must not miss it reads the update log when this has grown.
        """
        ...

    async def publish(
        self, stream: str, payload: bytes, *, length: int = STREAM_LENGTH, keep_s: int = KEEP_STREAM_S
    ) -> str:
        """Append a message and return its id.

        Args:
            stream: its name.
            payload: any bytes.
            length: about how many messages the stream keeps.
            keep_s: how long after this message the stream is forgotten if nobody writes to it; at least this long.

        Raises:
            UnavailableError: it could not be handed over; nobody will get it.
        """
        ...

    def follow(self, stream: str, after: str | None = None) -> AsyncIterator[Message]:
        """Every message after the id `after`, in order, for ever.

        None means from the first `__anext__` on. To miss nothing that happens while something else is loaded, ask
        `head` first and pass its answer. Survives an outage and goes on after the last id it saw.
        """
        ...

    def share(self, stream: str, group: str, member: str) -> AsyncIterator[Message]:
        """The messages that fall to this member of the group, beginning with those it left unacknowledged.

        A group begins at the stream's beginning. What a member leaves unacknowledged for
        `IDLE_BEFORE_REDELIVERY_S` goes to any member that asks.
        """
        ...

    async def ack(self, stream: str, group: str, message_id: str) -> None:
        """The group is done with this message.

        Raises:
            UnavailableError: that could not be noted; the message may come again.
        """
        ...

    async def head(self, stream: str) -> str | None:
        """Id of the newest message; `BEGINNING` when there is none.

        Raises:
            UnavailableError: the relay does not answer.
        """
        ...

    async def check(self) -> None:
        """Raises UnavailableError when the relay does not answer."""
        ...

    async def close(self) -> None:
        """End every iteration and let go of connections."""
        ...


def order(message_id: str) -> tuple[int, int]:
    """A message id as numbers that compare in stream order."""
    left, _, right = message_id.partition("-")
    return int(left), int(right or 0)
