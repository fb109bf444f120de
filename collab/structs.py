"""What an update touches: which client's structs up to which clock, and which deletions, without applying it.

Used to see whether an update is still waiting for an earlier one (pycrdt has no accessor for that, and its
`get_update()` leaves such updates out), and whether a reader's update adds anything.
Source: the v1 update format of Yjs, https://github.com/yjs/yjs/blob/main/INTERNALS.md and src/utils/encoding.js.
"""

from __future__ import annotations

from dataclasses import dataclass

from collab.codec import read_bytes, read_uint
from collab.errors import ProtocolError

_GC, _DELETED, _JSON, _BINARY, _STRING, _EMBED, _FORMAT, _TYPE, _ANY, _DOC, _SKIP = range(11)
_NAMED_TYPES = (3, 5)  # XmlElement, XmlHook: followed by a node name
_MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an update reaches.

    `first` and `last` are per client: the clock of its first struct, and the clock after its last.
    `deleted` is per client: the clock after the last deletion. `has_astral_text`: a shared text got characters that
    JavaScript counts as two (emoji, rare scripts).
    """

    first: dict[int, int]
    last: dict[int, int]
    deleted: dict[int, int]
    has_astral_text: bool

    def adds_nothing_to(self, state: dict[int, int]) -> bool:
        """Whether a document with this state vector has all structs already (deletions are not compared)."""
        return all(state.get(client, 0) >= end for client, end in self.last.items())

    def waits_for_more_than(self, state: dict[int, int]) -> bool:
        """Whether a document that took the update and has this state vector still holds part of it back."""
        return any(state.get(client, 0) < end for client, end in self.last.items()) or any(
            state.get(client, 0) < end for client, end in self.deleted.items()
        )


def extent_of(update: bytes) -> Extent:
    """Walk an update once, about 3 µs per struct.

    Raises:
        ProtocolError: the bytes are not a v1 update.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    deleted: dict[int, int] = {}
    has_astral_text = False
    clients, at = read_uint(update, 0)
    for _ in range(clients):
        count, at = read_uint(update, at)
        client, at = read_uint(update, at)
        clock, at = read_uint(update, at)
        for _ in range(count):
            if at >= len(update):
                raise ProtocolError("an update that ends inside a struct")
            info = update[at]
            ref = info & 0x1F
            if ref in (_SKIP, _GC):
                size, at = read_uint(update, at + 1)
            else:
                size, at = _item(update, at + 1, info, ref)
                if ref == _STRING and not has_astral_text:
                    has_astral_text = _is_astral(update, at, size)
            if ref != _SKIP:
                first.setdefault(client, clock)
                last[client] = max(last.get(client, 0), clock + size)
            clock += size
    clients, at = read_uint(update, at)
    for _ in range(clients):
        client, at = read_uint(update, at)
        count, at = read_uint(update, at)
        for _ in range(count):
            clock, at = read_uint(update, at)
            size, at = read_uint(update, at)
            deleted[client] = max(deleted.get(client, 0), clock + size)
    if at != len(update):
        raise ProtocolError("bytes behind the end of the update")
    return Extent(first, last, deleted, has_astral_text)


def _item(data: bytes, at: int, info: int, ref: int) -> tuple[int, int]:
    """Length of an item in clocks, and the position after it."""
    if info & 0x80:
        at = _skip_id(data, at)
    if info & 0x40:
        at = _skip_id(data, at)
    if not info & 0xC0:
        by_name, at = read_uint(data, at)
        at = read_bytes(data, at)[1] if by_name else _skip_id(data, at)
        if info & 0x20:
            _, at = read_bytes(data, at)
    if ref == _DELETED:
        return read_uint(data, at)
    if ref == _STRING:
        text, at = read_bytes(data, at)
        return _utf16_length(text), at
    if ref == _ANY:
        count, at = read_uint(data, at)
        for _ in range(count):
            at = _any(data, at, 0)
        return count, at
    if ref == _JSON:
        count, at = read_uint(data, at)
        for _ in range(count):
            _, at = read_bytes(data, at)
        return count, at
    if ref in (_BINARY, _EMBED):
        _, at = read_bytes(data, at)
    elif ref == _FORMAT:
        _, at = read_bytes(data, at)
        _, at = read_bytes(data, at)
    elif ref == _TYPE:
        kind, at = read_uint(data, at)
        if kind in _NAMED_TYPES:
            _, at = read_bytes(data, at)
    elif ref == _DOC:
        _, at = read_bytes(data, at)
        at = _any(data, at, 0)
    else:
        raise ProtocolError(f"an update with content of unknown kind {ref}")
    return 1, at


def _skip_id(data: bytes, at: int) -> int:
    """Position after a client id and a clock."""
    try:
        while data[at] & 0x80:
            at += 1
        at += 1
        while data[at] & 0x80:
            at += 1
    except IndexError:
        raise ProtocolError("an update that ends inside an id") from None
    return at + 1


def _utf16_length(text: bytes) -> int:
    """Yjs counts UTF-16 units: one per character, two for those of four UTF-8 bytes."""
    try:
        return len(text.decode().encode("utf-16-le")) // 2
    except UnicodeDecodeError:
        raise ProtocolError("an update with text that is not UTF-8") from None


def _is_astral(data: bytes, end: int, units: int) -> bool:
    """Whether a text of so many UTF-16 units that ends here has characters of two units (four bytes of UTF-8)."""
    return any(byte >= 0xF0 for byte in data[max(0, end - 3 * units) : end])


def _any(data: bytes, at: int, depth: int) -> int:
    """Position after one value of lib0's `any` encoding."""
    if at >= len(data) or depth > _MAX_DEPTH:
        raise ProtocolError("an update that ends inside a value, or nests too deep")
    tag = data[at]
    at += 1
    if tag == 125:  # signed integer: the first byte has a sign bit, the rest is LEB128
        while at < len(data) and data[at] & 0x80:
            at += 1
        return at + 1
    if tag in (120, 121, 126, 127):
        return at
    if tag == 124:
        return at + 4
    if tag in (122, 123):
        return at + 8
    if tag in (116, 119):
        return read_bytes(data, at)[1]
    count, at = read_uint(data, at)
    if tag == 117:
        for _ in range(count):
            at = _any(data, at, depth + 1)
        return at
    if tag == 118:
        for _ in range(count):
            _, at = read_bytes(data, at)
            at = _any(data, at, depth + 1)
        return at
    raise ProtocolError(f"an update with a value of unknown kind {tag}")
