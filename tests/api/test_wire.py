"""The short way for frames: whatever way a client cuts its messages, the room gets the same ones; rule breakers go."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pycrdt import Doc, Map
from websockets.speedups import apply_mask

from api.wire import framed
from collab import codec
from collab.config import CollabConfig
from tests.api.conftest import Live
from tests.helpers.house import OWNER_TOKEN


def masked(payload: bytes, head: int = 0x82) -> bytes:
    """A client's frame."""
    mask = os.urandom(4)
    size = len(payload)
    if size < 126:
        length = bytes((0x80 | size,))
    elif size < 65536:
        length = b"\xfe" + struct.pack("!H", size)
    else:
        length = b"\xff" + struct.pack("!Q", size)
    return bytes((head,)) + length + mask + apply_mask(payload, mask)


class Raw:
    """A websocket made of bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def frame(self) -> tuple[int, bytes]:
        """The next frame from the server: opcode and payload."""
        async with asyncio.timeout(10):
            head, size = await self.reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return head & 15, await self.reader.readexactly(size)

    async def close_code(self) -> tuple[int, str]:
        """Read until the server closes; its code and reason."""
        while True:
            opcode, payload = await self.frame()
            if opcode == 8:
                return int.from_bytes(payload[:2], "big"), payload[2:].decode()

    async def content(self) -> dict[str, object]:
        """Ask for the whole document."""
        self.writer.write(masked(codec.sync_step1(b"\x00")))
        while True:
            opcode, payload = await self.frame()
            if opcode == 2 and payload[:2] == b"\x00\x01":
                doc: Doc = Doc()
                doc.apply_update(codec.decode_frame(payload).body)
                return doc.get("environments", type=Map).to_py() or {}


@asynccontextmanager
async def raw_socket(live: Live, project: str) -> AsyncIterator[Raw]:
    host, port = live.ws_url.removeprefix("ws://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    path = f"/ws/project/{project}/environments?token={OWNER_TOKEN}"
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert b"101" in (await reader.readuntil(b"\r\n\r\n"))
    raw = Raw(reader, writer)
    opcode, payload = await raw.frame()
    assert (opcode, payload[:2]) == (2, b"\x00\x00"), "the room greets with its state vector"
    yield raw
    writer.close()


def update(**values: object) -> bytes:
    """A frame that sets keys."""
    doc: Doc = Doc()
    doc.get("environments", type=Map).update(values)
    return codec.sync_update(doc.get_update())


async def test_R1_however_messages_are_cut_they_arrive(live: Live, project: str) -> None:
    large = "x" * 70_000
    async with raw_socket(live, project) as raw:
        pieces = [masked(update(a=1)), masked(update(b="y" * 300)), masked(update(c=large))]
        one = update(d=4)
        pieces += [masked(one[:3], 0x02), masked(b"ping", 0x89), masked(one[3:9], 0x00), masked(one[9:], 0x80)]
        stream = b"".join(pieces)
        for at in range(0, 40):  # byte by byte over the first frame's header, then in odd pieces
            raw.writer.write(stream[at : at + 1])
            await raw.writer.drain()
            await asyncio.sleep(0)
        for at in range(40, len(stream), 1237):
            raw.writer.write(stream[at : at + 1237])
            await raw.writer.drain()

        content = await raw.content()
        assert {key: len(str(value)) for key, value in content.items()} == {"a": 3, "b": 300, "c": 70_000, "d": 3}


async def test_R3_a_ping_is_answered_between_messages(live: Live, project: str) -> None:
    async with raw_socket(live, project) as raw:
        raw.writer.write(masked(update(a=1)) + masked(b"are you there", 0x89))
        while True:
            opcode, payload = await raw.frame()
            if opcode == 10:
                break
        assert payload == b"are you there"


@pytest.mark.parametrize(
    ("bytes_", "code"),
    [
        (framed(b"\x00\x02\x02\x00\x00"), 1002),  # not masked
        (masked(b"hello", 0x81), 4400),  # text
        (masked(b"\xff\xfe", 0x81), 4400),  # text that is none
        (masked(b"x", 0xC2), 1002),  # an extension nobody agreed on
        (masked(b"x", 0x83), 1002),  # an opcode nobody knows
        (masked(b"x", 0x80), 1002),  # the end of a message that never began
        (masked(b"a", 0x02) + masked(update(a=1)), 1002),  # a message inside another
        (b"\x82\xff" + struct.pack("!Q", CollabConfig().max_frame_bytes + 1) + b"\x00\x00\x00\x00", 4413),
        (masked(struct.pack("!H", 1000) + b"bye", 0x88), 1000),
    ],
    ids=["unmasked", "text", "broken text", "extension", "opcode", "tail", "inside", "oversized", "close"],
)
async def test_R3_rule_breakers_are_closed_with_a_code(
    live: Live, project: str, owner: httpx.AsyncClient, bytes_: bytes, code: int
) -> None:
    async with raw_socket(live, project) as raw, raw_socket(live, project) as honest:
        raw.writer.write(bytes_)
        assert (await raw.close_code())[0] == code

        honest.writer.write(masked(update(still="here")))
        assert await honest.content() == {"still": "here"}


async def test_R3_what_comes_before_the_room_opens_is_not_lost(live: Live, project: str) -> None:
    host, port = live.ws_url.removeprefix("ws://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    path = f"/ws/project/{project}/environments?token={OWNER_TOKEN}"
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    for n in range(2000):  # more than is held before somebody listens
        writer.write(masked(update(**{f"k{n}": "v" * 50})))
    raw = Raw(reader, writer)
    assert len(await raw.content()) == 2000
    writer.close()


async def test_R3_who_is_sent_away_at_the_door_is_gone_as_soon_as_they_answer(live: Live, project: str) -> None:
    host, port = live.ws_url.removeprefix("ws://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET /ws/project/{project}/environments?token=wrong HTTP/1.1\r\nHost: {host}:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    writer.write(masked(update(early="word")))
    raw = Raw(reader, writer)
    assert (await raw.close_code())[0] == 4401
    writer.write(masked(struct.pack("!H", 4401), 0x88))
    async with asyncio.timeout(2):  # those who do not answer are cut off after 5 s
        assert await reader.read() == b""
    writer.close()
