"""The object store's contract, and what every implementation shares."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

from store.errors import NotFoundError
from store.ids import ObjectId, is_object_id

SNIFF_BYTES = 64
"""How many leading bytes `sniff` wants to see."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What is known of an object: its id, its size in bytes, its media type."""

    id: ObjectId
    size: int
    media_type: str


class ObjectStore(Protocol):
    """Immutable bytes under their own sha256. No call blocks the event loop."""

    async def put(self, data: bytes) -> ObjectInfo:
        """Keep the bytes; when this returns they are durable. Putting them again changes nothing.

        Raises:
            StorageFullError: there is no room.
            UnavailableError: the store does not answer.
        """
        ...

    async def get(self, object_id: ObjectId, *, start: int = 0, end: int | None = None) -> bytes:
        """The object's bytes from `start` up to and without `end`; beyond its last byte there is nothing.

        Raises:
            NotFoundError: there is no such object.
            UnavailableError: the store does not answer.
        """
        ...

    async def head(self, object_id: ObjectId) -> ObjectInfo | None:
        """What is known of the object; None when there is none."""
        ...

    async def delete(self, object_id: ObjectId) -> None:
        """Remove it; one that is not there is no error."""
        ...

    async def url(self, object_id: ObjectId, *, expires_s: int) -> str | None:
        """A URL that lets anybody GET the object for so many seconds; None when the store has none to give."""
        ...

    async def check(self) -> None:
        """Raises UnavailableError, with a mend, when objects cannot be kept here."""
        ...

    async def close(self) -> None:
        """Let go of threads and connections."""
        ...


def object_id_of(data: bytes) -> ObjectId:
    """Hex sha256 of the bytes."""
    return ObjectId(hashlib.sha256(data).hexdigest())


def require_object_id(object_id: str) -> None:
    """Refuse an id that cannot be one before it becomes a path or a key.

    Raises:
        NotFoundError: it is not 64 hex digits.
    """
    if not is_object_id(object_id):
        raise NotFoundError(f"{object_id[:80]!r} is not an object id (64 hex digits)")


def sniff(data: bytes) -> str:
    """Media type by the first bytes; `application/octet-stream` when they are not known."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x76\x2f\x31\x01"):
        return "image/x-exr"
    if data.lstrip()[:1] in (b"{", b"["):
        return "application/json"
    return "application/octet-stream"
