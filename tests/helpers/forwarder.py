"""A TCP forwarder in place of a load balancer or a cable: picks a server that answers, can be frozen and cut."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

_CHUNK = 1 << 16


class Forwarder:
    """Hands each connection to the next of several ports that takes it.

    Args:
        targets: loopback ports, in turn.
    """

    def __init__(self, targets: Sequence[int]) -> None:
        self.targets = list(targets)
        self.port = 0
        self.refused = 0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._turn = count()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def freeze(self) -> None:
        """Pass nothing on, in either direction; connections stay open, as when a host hangs."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Pass on what was held back."""
        self._flowing.set()

    def cut(self) -> None:
        """Drop every connection there is."""
        for task in self._connections:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        behind: asyncio.StreamWriter | None = None
        try:
            there, behind = await self._connect()
            await asyncio.gather(self._pass(reader, behind), self._pass(there, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            for end in (writer, behind):
                if end is not None:
                    end.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        turn = next(self._turn)
        for step in range(len(self.targets)):
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", self.targets[(turn + step) % len(self.targets)])
        self.refused += 1
        raise ConnectionError("none of the servers takes a connection")

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


@asynccontextmanager
async def forwarding(*targets: int) -> AsyncIterator[Forwarder]:
    """A forwarder on a port of its own, while the block lasts."""
    forwarder = Forwarder(targets)
    forwarder._server = await asyncio.start_server(forwarder._serve, "127.0.0.1", 0)
    forwarder.port = forwarder._server.sockets[0].getsockname()[1]
    try:
        yield forwarder
    finally:
        forwarder.thaw()
        forwarder._server.close()
        forwarder.cut()
        await asyncio.gather(*forwarder._connections, return_exceptions=True)
