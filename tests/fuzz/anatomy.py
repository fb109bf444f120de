"""Updates taken apart and put together again: the v1 format as data, so that a mutation can mean something.

Written from the format's description, without the server's own reader, which it is there to try.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Id = tuple[int, int]
GC, DELETED, JSON, BINARY, STRING, EMBED, FORMAT, TYPE, ANY, DOC, SKIP = range(11)


def uint(value: int) -> bytes:
    """lib0's unsigned varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def sized(data: bytes | str) -> bytes:
    """Length and bytes."""
    raw = data.encode() if isinstance(data, str) else data
    return uint(len(raw)) + raw


@dataclass
class Struct:
    """One struct. `content` is everything behind the ids, as it stands in the bytes."""

    ref: int
    length: int = 1
    content: bytes = b""
    origin: Id | None = None
    right: Id | None = None
    parent: str | Id | None = None
    key: bytes | None = None
    extra_bits: int = 0

    def encoded(self) -> bytes:
        """The struct's bytes."""
        if self.ref in (GC, SKIP):
            return bytes((self.ref | self.extra_bits,)) + uint(self.length)
        info = self.ref | self.extra_bits
        info |= 0x80 if self.origin is not None else 0
        info |= 0x40 if self.right is not None else 0
        info |= 0x20 if self.key is not None else 0
        out = bytes((info,))
        for id_ in (self.origin, self.right):
            if id_ is not None:
                out += uint(id_[0]) + uint(id_[1])
        if self.origin is None and self.right is None:
            parent = self.parent if self.parent is not None else "environments"
            out += b"\x01" + sized(parent) if isinstance(parent, str) else b"\x00" + uint(parent[0]) + uint(parent[1])
            if self.key is not None:
                out += sized(self.key)
        return out + self.content


@dataclass
class Section:
    """One client's structs in a row."""

    client: int
    clock: int
    structs: list[Struct]
    claimed: int | None = None
    """How many structs it says it has, when that is not true."""


@dataclass
class Anatomy:
    """A whole update."""

    sections: list[Section] = field(default_factory=list)
    deletions: list[tuple[int, list[tuple[int, int]]]] = field(default_factory=list)

    def encoded(self) -> bytes:
        """The update's bytes."""
        out = bytearray(uint(len(self.sections)))
        for section in self.sections:
            count = len(section.structs) if section.claimed is None else section.claimed
            out += uint(count) + uint(section.client) + uint(section.clock)
            for struct in section.structs:
                out += struct.encoded()
        out += uint(len(self.deletions))
        for client, ranges in self.deletions:
            out += uint(client) + uint(len(ranges))
            for clock, length in ranges:
                out += uint(clock) + uint(length)
        return bytes(out)


class _Knife:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def uint(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def bytes(self) -> bytes:
        size = self.uint()
        self.at += size
        return self.data[self.at - size : self.at]

    def any(self) -> None:
        tag = self.data[self.at]
        self.at += 1
        if tag == 125:
            while self.data[self.at] & 0x80:
                self.at += 1
            self.at += 1
        elif tag in (124, 123, 122):
            self.at += 4 if tag == 124 else 8
        elif tag in (119, 116):
            self.bytes()
        elif tag == 117:
            for _ in range(self.uint()):
                self.any()
        elif tag == 118:
            for _ in range(self.uint()):
                self.bytes()
                self.any()


def dissected(update: bytes) -> Anatomy:
    """Take an honest update apart."""
    knife = _Knife(update)
    out = Anatomy()
    for _ in range(knife.uint()):
        count, client, clock = knife.uint(), knife.uint(), knife.uint()
        out.sections.append(Section(client, clock, [_struct(knife) for _ in range(count)]))
    for _ in range(knife.uint()):
        client, count = knife.uint(), knife.uint()
        out.deletions.append((client, [(knife.uint(), knife.uint()) for _ in range(count)]))
    assert knife.at == len(update)
    return out


def _struct(knife: _Knife) -> Struct:
    info = knife.data[knife.at]
    knife.at += 1
    ref = info & 0x1F
    if ref in (GC, SKIP):
        return Struct(ref, knife.uint())
    out = Struct(ref)
    out.origin = (knife.uint(), knife.uint()) if info & 0x80 else None
    out.right = (knife.uint(), knife.uint()) if info & 0x40 else None
    if not info & 0xC0:
        out.parent = knife.bytes().decode() if knife.uint() else (knife.uint(), knife.uint())
        out.key = knife.bytes() if info & 0x20 else None
    elif info & 0x20:
        out.key = b""
    start = knife.at
    if ref == DELETED:
        out.length = knife.uint()
    elif ref == STRING:
        out.length = len(knife.bytes().decode().encode("utf-16-le")) // 2
    elif ref in (ANY, JSON):
        out.length = knife.uint()
        for _ in range(out.length):
            knife.any() if ref == ANY else knife.bytes()
    elif ref in (BINARY, EMBED):
        knife.bytes()
    elif ref == FORMAT:
        knife.bytes()
        knife.bytes()
    elif ref == TYPE:
        if knife.uint() in (3, 5):
            knife.bytes()
    elif ref == DOC:
        knife.bytes()
        knife.any()
    out.content = knife.data[start : knife.at]
    return out
