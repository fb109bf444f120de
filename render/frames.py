"""The wire between a worker and its render process: length-prefixed frames over a pipe.

    frame = u32 header length · u32 number of blobs · u64 size of each blob · header (JSON object) · blobs

Big-endian. Blobs are picture files, already encoded. Both ends are ours, so a malformed frame is a bug or a torn pipe
and ends the conversation.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

MAX_HEADER_BYTES = 4 << 20
MAX_BLOBS = 16
MAX_BLOB_BYTES = 1 << 30
_START = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class Frame:
    """A JSON object whose `kind` says what it is, and the blobs that travel with it."""

    header: Mapping[str, Any]
    blobs: tuple[bytes, ...] = ()

    @property
    def kind(self) -> str:
        return str(self.header.get("kind", ""))


class TornFrameError(Exception):
    """The pipe ended inside a frame, or carried something that is not one."""


def encode_frame(frame: Frame) -> bytes:
    """The frame as bytes."""
    header = json.dumps(frame.header, separators=(",", ":")).encode()
    sizes = struct.pack(f">{len(frame.blobs)}Q", *(len(blob) for blob in frame.blobs))
    return b"".join((_START.pack(len(header), len(frame.blobs)), sizes, header, *frame.blobs))


def read_frame(pipe: BinaryIO) -> Frame | None:
    """Read one frame, blocking; None when the pipe ended before it.

    Raises:
        TornFrameError: the pipe ended inside the frame, or a length is out of bounds.
    """
    start = pipe.read(_START.size)
    if not start:
        return None
    header_bytes, count = _lengths(start)
    sizes = _sizes(_exactly(pipe, 8 * count), count)
    header = _header(_exactly(pipe, header_bytes))
    return Frame(header, tuple([_exactly(pipe, size) for size in sizes]))


async def receive_frame(reader: asyncio.StreamReader) -> Frame | None:
    """The same from an asyncio stream."""
    try:
        start = await reader.readexactly(_START.size)
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise TornFrameError("the pipe ended inside a frame's start") from error
    try:
        header_bytes, count = _lengths(start)
        sizes = _sizes(await reader.readexactly(8 * count), count)
        header = _header(await reader.readexactly(header_bytes))
        return Frame(header, tuple([await reader.readexactly(size) for size in sizes]))
    except asyncio.IncompleteReadError as error:
        raise TornFrameError("the pipe ended inside a frame") from error


def _exactly(pipe: BinaryIO, size: int) -> bytes:
    data = pipe.read(size)
    if len(data) != size:
        raise TornFrameError("the pipe ended inside a frame")
    return data


def _lengths(start: bytes) -> tuple[int, int]:
    if len(start) != _START.size:
        raise TornFrameError("the pipe ended inside a frame's start")
    header_bytes, count = _START.unpack(start)
    if header_bytes > MAX_HEADER_BYTES or count > MAX_BLOBS:
        raise TornFrameError(f"not a frame: header of {header_bytes} bytes, {count} blobs")
    return header_bytes, count


def _sizes(data: bytes, count: int) -> tuple[int, ...]:
    sizes: tuple[int, ...] = struct.unpack(f">{count}Q", data)
    if any(size > MAX_BLOB_BYTES for size in sizes):
        raise TornFrameError(f"not a frame: a blob of {max(sizes)} bytes")
    return sizes


def _header(data: bytes) -> Mapping[str, Any]:
    try:
        header = json.loads(data)
    except ValueError as error:
        raise TornFrameError(f"not a frame: {error}") from error
    if not isinstance(header, dict):
        raise TornFrameError("not a frame: the header is no object")
    return header
