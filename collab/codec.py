"""The wire: y-protocols frames to values and back, every length checked against what is there.

Own code because pycrdt's `Decoder` is unbounded (3 s of GIL on 200 KB of 0xff) and its `write_var_string` counts
characters where the protocol counts bytes. One frame carries one message: y-websocket 3 reads only the first.
Source: https://github.com/yjs/y-protocols/blob/master/PROTOCOL.md and lib0's variable-length encoding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from collab.errors import ProtocolError

MAX_UINT = 2**53 - 1
"""The largest integer that the JavaScript side can hold."""
_SHIFTS = range(7, 56, 7)
EMPTY_UPDATE = b"\x00\x00"
"""An update without structs and without deletions."""


class Kind(IntEnum):
    """What a frame says. SYNC_* are the three sub-messages of message type 0; 120 and 121 are our own."""

    SYNC_STEP1 = 0
    SYNC_STEP2 = 1
    SYNC_UPDATE = 2
    AWARENESS = 10
    AUTH = 11
    QUERY_AWARENESS = 12
    SUBSCRIBE_SAVED = 120


@dataclass(frozen=True, slots=True)
class Message:
    """One decoded frame; `body` is the state vector, update or awareness update, empty for the others."""

    kind: Kind
    body: bytes


@dataclass(frozen=True, slots=True)
class PresenceEntry:
    """One client's presence: `state` is the raw JSON text in UTF-8, `b"null"` when the client is gone."""

    client: int
    clock: int
    state: bytes


_SYNC = (Kind.SYNC_STEP1, Kind.SYNC_STEP2, Kind.SYNC_UPDATE)


def read_uint(data: bytes, at: int) -> tuple[int, int]:
    """Read an unsigned LEB128 integer.

    Returns:
        The value and the position after it.

    Raises:
        ProtocolError: the bytes end early, or the value is above 2**53 - 1.
    """
    try:
        byte = data[at]
        if byte < 0x80:  # nearly all of them
            return byte, at + 1
        value = byte & 0x7F
        for shift in _SHIFTS:
            at += 1
            byte = data[at]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value > MAX_UINT:
                    break
                return value, at + 1
    except IndexError:
        pass
    raise ProtocolError("an integer in the frame is cut off or too large")


def read_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    """Read a length and that many bytes.

    Raises:
        ProtocolError: the length points behind the end.
    """
    size, start = read_uint(data, at)
    if size > len(data) - start:
        raise ProtocolError("a length in the frame points behind its end")
    return data[start : start + size], start + size


def write_uint(value: int) -> bytes:
    """Write an unsigned LEB128 integer."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def write_bytes(data: bytes) -> bytes:
    """Write a length and the bytes."""
    return write_uint(len(data)) + data


def decode_frame(frame: bytes) -> Message:
    """Read the message in a frame.

    Raises:
        ProtocolError: not a known message, cut off, or followed by bytes that belong to no message.
    """
    if not frame:
        raise ProtocolError("an empty frame")
    first = frame[0]
    if first == 0:
        if len(frame) < 3 or frame[1] > 2:
            raise ProtocolError("an unknown kind of sync message")
        kind, at = _SYNC[frame[1]], 2
    elif first == 1:
        kind, at = Kind.AWARENESS, 1
    elif first == 3 and len(frame) == 1:
        return Message(Kind.QUERY_AWARENESS, b"")
    elif first == 120 and len(frame) == 1:
        return Message(Kind.SUBSCRIBE_SAVED, b"")
    elif first == 2:
        return Message(Kind.AUTH, frame[1:])
    else:
        raise ProtocolError(f"an unknown message type {first}")
    body, end = read_bytes(frame, at)
    if end != len(frame):
        raise ProtocolError("bytes behind the end of the message")
    return Message(kind, body)


def sync_step1(state_vector: bytes) -> bytes:
    """Frame: "this is what I have"."""
    return b"\x00\x00" + write_bytes(state_vector)


def sync_step2(update: bytes) -> bytes:
    """Frame: "this is what you lack", the answer to step 1."""
    return b"\x00\x01" + write_bytes(update)


def sync_update(update: bytes) -> bytes:
    """Frame: "this has changed"."""
    return b"\x00\x02" + write_bytes(update)


def saved_frame(state_vector: bytes) -> bytes:
    """Frame for subscribers: everything up to this state vector survives a crash."""
    return b"\x78" + write_bytes(state_vector)


def saving_frame(text: str) -> bytes:
    """Frame for subscribers: JSON about whether saving works at present."""
    return b"\x79" + write_bytes(text.encode())


def decode_presence(body: bytes, *, max_entries: int) -> list[PresenceEntry]:
    """Read an awareness update without looking into the JSON.

    Raises:
        ProtocolError: cut off, more than `max_entries` entries, or bytes left over.
    """
    count, at = read_uint(body, 0)
    if count > max_entries:
        raise ProtocolError(f"presence for {count} clients in one frame")
    entries = []
    for _ in range(count):
        client, at = read_uint(body, at)
        clock, at = read_uint(body, at)
        state, at = read_bytes(body, at)
        entries.append(PresenceEntry(client, clock, state))
    if at != len(body):
        raise ProtocolError("bytes behind the end of the presence update")
    return entries


def presence_bytes(entry: PresenceEntry) -> bytes:
    """One entry as it stands in an awareness update; entries are spliced, not re-encoded."""
    return write_uint(entry.client) + write_uint(entry.clock) + write_bytes(entry.state)


def presence_frame(entries: Iterable[bytes]) -> bytes:
    """Frame: presence of the clients whose encoded entries are given."""
    parts = list(entries)
    return b"\x01" + write_bytes(write_uint(len(parts)) + b"".join(parts))


PULSE_FRAME = presence_frame(())
"""The smallest frame that every client takes and that changes nothing."""


def decode_state_vector(data: bytes) -> dict[int, int]:
    """Read a state vector: client id → next clock.

    Raises:
        ProtocolError: cut off or longer than its count says.
    """
    count, at = read_uint(data, 0)
    vector = {}
    for _ in range(count):
        client, at = read_uint(data, at)
        clock, at = read_uint(data, at)
        vector[client] = clock
    if at != len(data):
        raise ProtocolError("bytes behind the end of the state vector")
    return vector


def encode_state_vector(vector: dict[int, int]) -> bytes:
    """Write a state vector; clocks of 0 are left out."""
    known = [(client, clock) for client, clock in vector.items() if clock]
    return write_uint(len(known)) + b"".join(write_uint(client) + write_uint(clock) for client, clock in known)
