"""Python clients beside the stock ones: pycrdt's own provider, unchanged, over a websocket."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from typing import Any

import websockets
from pycrdt import Array, Channel, Doc, Map, Provider, Text

WORDS = ["fog, ", "blå ", "山 ", "😀", "e\u0301", "👩‍👩‍👧", "שלום ", "🇳🇴", "\n"]


class SocketChannel(Channel):
    """What pycrdt's provider speaks through."""

    def __init__(self, socket: websockets.ClientConnection, path: str) -> None:
        self._socket, self._path = socket, path

    @property
    def path(self) -> str:
        return self._path

    async def __anext__(self) -> bytes:
        try:
            return await self.recv()
        except websockets.ConnectionClosed:
            raise StopAsyncIteration from None

    async def send(self, message: bytes) -> None:
        await self._socket.send(message)

    async def recv(self) -> bytes:
        message = await self._socket.recv()
        assert isinstance(message, bytes)
        return message


@contextlib.asynccontextmanager
async def python_client(url: str, room: str, doc: Doc[Any] | None = None) -> AsyncIterator[Doc[Any]]:
    """A document that pycrdt's provider keeps in step with a room.

    Args:
        url: `ws://…/ws/project`.
        room: `<project>/<kind>`.
        doc: one that was in the room before; otherwise a new one.
    """
    doc = doc if doc is not None else Doc()
    async with (
        websockets.connect(f"{url}/{room}?user=usr_python", proxy=None, max_size=None) as socket,
        Provider(doc, SocketChannel(socket, room)) as provider,
    ):
        await provider.synced.wait()
        yield doc


def edit(doc: Doc[Any], chance: random.Random) -> None:
    """One edit in one transaction: maps, arrays, nested types, and a text with more than ASCII in it."""
    root = doc.get("environments", type=Map)
    items = doc.get("list", type=Array)
    remarks = doc.get("remarks", type=Text)
    word = chance.choice(WORDS)
    with doc.transaction():
        kind = chance.randrange(8)
        key = f"k{chance.randrange(4)}"
        if kind == 0:
            root[key] = {"från python": [chance.randrange(9), None, word]}
        elif kind == 1:
            root[key] = Map({"name": word, "tags": Array([1.5, word])})
        elif kind == 2 and key in root:
            del root[key]
        elif kind == 3 and isinstance(inner := root.get(key), Map):
            inner[f"k{chance.randrange(4)}"] = word
        elif kind == 4:
            items.insert(chance.randrange(len(items) + 1), word)
        elif kind == 5 and len(items):
            del items[chance.randrange(len(items))]
        elif kind == 6 and len(remarks):
            # pycrdt counts UTF-8 bytes, and a text must be cut between characters.
            whole = str(remarks)
            at = chance.randrange(len(whole))
            start = len(whole[:at].encode())
            del remarks[start : start + len(whole[at].encode())]
        else:
            whole = str(remarks)
            remarks.insert(len(whole[: chance.randrange(len(whole) + 1)].encode()), word)
