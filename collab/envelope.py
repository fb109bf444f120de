"""What one room's line to the other nodes writes on the relay: who speaks, how far its changes are saved, and what.

    version, node, incarnation, epoch, number, saved through | kind, body

An incarnation is one opening of a room on a node. It begins with the time, so that of two with the same node's name the
later is known. Numbers count up by one within it. "Saved through" is the highest number up to which every change is
COMMITted.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from enum import IntEnum

from collab.codec import read_bytes, read_uint, write_bytes, write_uint
from collab.errors import ProtocolError

VERSION = 2
_INCARNATION_BYTES = 10


class Word(IntEnum):
    """What is said. HELLO asks who is here; MARK only carries the numbers; BYE ends an incarnation."""

    UPDATE = 0
    PRESENCE = 1
    HELLO = 2
    MARK = 3
    BYE = 4


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message between nodes."""

    node: str
    incarnation: bytes
    epoch: int
    number: int
    saved_through: int
    word: Word
    body: bytes = b""

    @property
    def sender(self) -> str:
        """Node and incarnation, as they stand in logs."""
        return f"{self.node}/{self.incarnation.hex()}"


def new_incarnation() -> bytes:
    """Unique, and greater than those before it."""
    return int(time.time() * 1000).to_bytes(6, "big") + os.urandom(_INCARNATION_BYTES - 6)


def seal(envelope: Envelope) -> bytes:
    """The bytes of an envelope."""
    numbers = write_uint(envelope.epoch) + write_uint(envelope.number) + write_uint(envelope.saved_through)
    head = bytes((VERSION,)) + write_bytes(envelope.node.encode()) + envelope.incarnation
    return head + numbers + bytes((envelope.word,)) + envelope.body


def unseal(data: bytes) -> Envelope:
    """Read an envelope.

    Raises:
        ProtocolError: it is none, or one of another version.
    """
    if not data or data[0] != VERSION:
        said = data[0] if data else "?"
        raise ProtocolError(f"a message of version {said} between nodes; this node speaks {VERSION}")
    name, at = read_bytes(data, 1)
    incarnation = data[at : at + _INCARNATION_BYTES]
    epoch, at = read_uint(data, at + _INCARNATION_BYTES)
    number, at = read_uint(data, at)
    saved_through, at = read_uint(data, at)
    try:
        return Envelope(name.decode(), incarnation, epoch, number, saved_through, Word(data[at]), data[at + 1 :])
    except (IndexError, ValueError) as error:  # UnicodeDecodeError is a ValueError
        raise ProtocolError(f"a message between nodes that cannot be read: {error}") from None
