"""What an update touches: which client's structs up to which clock, and which deletions, without applying it.

Every update from outside is walked here before any of its bytes reach yrs: some updates end the process there (values
nested 15,000 deep, two sections of one client), which nothing can catch, and others pass and break the stock Yjs
clients that hear them. What the walk refuses is what Yjs never writes. It also tells whether an update is still waiting
for an earlier one (pycrdt has no accessor for that, and its `get_update()` leaves such updates out), whether a reader's
update adds anything, and where its structs lie, for `collab.nesting`.
Source: the v1 update format of Yjs, https://github.com/yjs/yjs/blob/main/INTERNALS.md and src/utils/encoding.js.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import NoReturn

from collab.codec import read_bytes, read_uint
from collab.errors import ProtocolError

_GC, _DELETED, _JSON, _BINARY, _STRING, _EMBED, _FORMAT, _TYPE, _ANY, _DOC, _SKIP = range(11)
_XML_ELEMENT = 3  # followed by a node name
_TYPES = (0, 1, 2, 3, 4, 6)  # array, map, text, XML element, fragment and text; hooks are not taken by yrs
_MAX_DEPTH = 64
_MAX_CLOCK = 2**32 - 1
"""yrs counts clocks in 32 bits."""

Place = tuple[int, int, int, int, int, int]
"""Where a struct lies: its client, clock and length; the client (ROOT for a root type) and clock of the item that it
hangs on; and IN when that is its parent (else it is a neighbour under the same parent), plus HOLDS when others may lie
in it: it is a shared type, or was one perhaps before it was deleted."""
ROOT = -1
IN, HOLDS = 1, 2


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an update reaches.

    `first` and `last` are per client: the clock of its first struct, and the clock after its last.
    `deleted` is per client: the clock after the last deletion. `has_astral_text`: a shared text got characters that
    JavaScript counts as two (emoji, rare scripts). `needs` is per client: the clock after the last struct that another
    client's hang on. `has_gaps`: clocks are left out. `places`: where its structs lie, in the order of the bytes.
    """

    first: dict[int, int]
    last: dict[int, int]
    deleted: dict[int, int]
    has_astral_text: bool
    needs: dict[int, int] = field(default_factory=dict)
    has_gaps: bool = False
    places: list[Place] = field(default_factory=list)

    def adds_nothing_to(self, state: dict[int, int]) -> bool:
        """Whether a document with this state vector has all structs already (deletions are not compared)."""
        return all(state.get(client, 0) >= end for client, end in self.last.items())

    def waits_for_more_than(self, state: dict[int, int]) -> bool:
        """Whether a document that took the update and has this state vector still holds part of it back."""
        return any(state.get(client, 0) < end for client, end in self.last.items()) or any(
            state.get(client, 0) < end for client, end in self.deleted.items()
        )


def extent_of(update: bytes) -> Extent:
    """Walk an update once, about 4 µs per struct.

    Raises:
        ProtocolError: the bytes are not a v1 update that Yjs could have written.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    needs: dict[int, int] = {}
    seen: set[int] = set()
    has_gaps = False
    places: list[Place] = []
    has_astral_text = False
    clients, at = read_uint(update, 0)
    for _ in range(clients):
        count, at = read_uint(update, at)
        client, at = read_uint(update, at)
        clock, at = read_uint(update, at)
        if client in seen:
            raise ProtocolError("an update with two sections of one client")
        seen.add(client)
        for _ in range(count):
            if at >= len(update):
                raise ProtocolError("an update that ends inside a struct")
            info = update[at]
            ref = info & 0x1F
            if ref in (_SKIP, _GC):
                size, at = read_uint(update, at + 1)
                if ref == _SKIP:
                    has_gaps = True
                else:
                    places.append((client, clock, size, ROOT, 0, HOLDS))
            else:
                at += 1
                on_client, on_clock, how = ROOT, 0, IN
                if info & 0xC0:
                    how = 0
                    on_client, on_clock, at = _id(update, at, client, clock)
                    if info & 0xC0 == 0xC0:
                        right_client, right_clock, at = _id(update, at, client, clock)
                        if right_client != client and right_clock >= needs.get(right_client, 0):
                            needs[right_client] = right_clock + 1
                else:
                    by_name, at = read_uint(update, at)
                    if by_name:
                        at = _text(update, at)
                    else:
                        on_client, on_clock, at = _id(update, at, client, clock)
                    if info & 0x20:
                        at = _text(update, at)
                if ref == _STRING:
                    raw, at = read_bytes(update, at)
                    text = _decoded(raw)
                    size = len(text)
                    if not text.isascii():
                        size = len(text.encode("utf-16-le")) // 2
                        has_astral_text |= size != len(text)
                else:
                    size, at = _content(update, at, ref)
                if ref in (_TYPE, _DELETED):
                    how |= HOLDS
                places.append((client, clock, size, on_client, on_clock, how))
                if on_client != client and on_client != ROOT and on_clock >= needs.get(on_client, 0):
                    needs[on_client] = on_clock + 1
            if size < 1:  # yrs takes and even writes empty texts (cut inside a character), and divides by their length
                raise ProtocolError("an update with a struct of no length")
            if ref != _SKIP:
                if client not in first:
                    first[client] = clock
                last[client] = clock + size
            clock += size
        if clock > _MAX_CLOCK:
            raise ProtocolError("an update with a clock above 2**32")
    return Extent(first, last, _deleted(update, at), has_astral_text, needs, has_gaps, places)


def _deleted(update: bytes, at: int) -> dict[int, int]:
    """The clock after the last deletion, per client."""
    deleted: dict[int, int] = {}
    clients, at = read_uint(update, at)
    for _ in range(clients):
        client, at = read_uint(update, at)
        count, at = read_uint(update, at)
        end = deleted.get(client, 0)
        for _ in range(count):
            clock, at = read_uint(update, at)
            size, at = read_uint(update, at)
            if clock < end:  # merges lose some of such deletions
                raise ProtocolError("an update with deletions out of order")
            if size < 1:
                raise ProtocolError("an update with a deletion of nothing")
            if clock + size > _MAX_CLOCK:
                raise ProtocolError("an update with a deletion above 2**32")
            end = deleted[client] = clock + size
    if at != len(update):
        raise ProtocolError("bytes behind the end of the update")
    return deleted


def _id(data: bytes, at: int, own_client: int, own_clock: int) -> tuple[int, int, int]:
    """A client id and a clock, and the position after them.

    Raises:
        ProtocolError: cut off, or a later struct of the same client: Yjs takes that as here, and breaks.
    """
    client, at = read_uint(data, at)
    clock, at = read_uint(data, at)
    if client == own_client and clock >= own_clock:
        raise ProtocolError("an update with a struct that hangs on itself or on a later one")
    return client, clock, at


def _content(data: bytes, at: int, ref: int) -> tuple[int, int]:
    """Length of an item's content (other than text) in clocks, and the position after it."""
    if ref == _ANY:
        count, at = read_uint(data, at)
        for _ in range(count):
            at = _any(data, at, 0)
        return count, at
    if ref == _DELETED:
        return read_uint(data, at)
    if ref == _TYPE:
        kind, at = read_uint(data, at)
        if kind not in _TYPES:
            raise ProtocolError(f"an update with a shared type of unknown kind {kind}")
        return 1, _text(data, at) if kind == _XML_ELEMENT else at
    if ref == _JSON:
        count, at = read_uint(data, at)
        for _ in range(count):
            at = _json(data, at, may_be_undefined=True)
        return count, at
    if ref == _BINARY:
        return 1, read_bytes(data, at)[1]
    if ref == _EMBED:
        return 1, _json(data, at)
    if ref == _FORMAT:
        return 1, _json(data, _text(data, at))
    if ref == _DOC:
        at = _text(data, at)
        if at >= len(data) or data[at] != 118:
            raise ProtocolError("an update with a subdocument whose options are no object")
        return 1, _any(data, at, 0)
    raise ProtocolError(f"an update with content of unknown kind {ref}")


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ProtocolError("an update with text that is not UTF-8") from None


def _text(data: bytes, at: int) -> int:
    """Position after a string."""
    raw, at = read_bytes(data, at)
    if not raw.isascii():
        _decoded(raw)
    return at


def _json(data: bytes, at: int, *, may_be_undefined: bool = False) -> int:
    """Position after a string of JSON, which JavaScript parses when it reads the update."""
    raw, at = read_bytes(data, at)
    if may_be_undefined and raw == b"undefined":
        return at
    try:
        json.loads(_decoded(raw), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ProtocolError("an update with a value that is not JSON") from None
    return at


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _any(data: bytes, at: int, depth: int) -> int:
    """Position after one value of lib0's `any` encoding."""
    if at >= len(data) or depth > _MAX_DEPTH:
        raise ProtocolError("an update that ends inside a value, or nests too deep")
    tag = data[at]
    at += 1
    if tag == 125:  # signed integer: the first byte has a sign bit and six others, the rest is LEB128
        start = at
        while at < len(data) and data[at] & 0x80:
            at += 1
        if at - start > 7:
            raise ProtocolError("an update with an integer that is too large")
        return at + 1
    if tag in (120, 121, 126, 127):
        return at
    if tag == 124:
        return at + 4
    if tag in (122, 123):
        return at + 8
    if tag == 119:
        return _text(data, at)
    if tag == 116:
        return read_bytes(data, at)[1]
    count, at = read_uint(data, at)
    if tag == 117:
        for _ in range(count):
            at = _any(data, at, depth + 1)
        return at
    if tag == 118:
        for _ in range(count):
            at = _any(data, _text(data, at), depth + 1)
        return at
    raise ProtocolError(f"an update with a value of unknown kind {tag}")
