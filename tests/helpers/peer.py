"""A plain y-protocols client for tests and benches: a pycrdt Doc on a websocket, written without our own codec."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import pycrdt
import websockets

from tests.helpers.house import OWNER_TOKEN


def var_uint(value: int) -> bytes:
    """lib0 unsigned varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def var_bytes(data: bytes) -> bytes:
    """Length-prefixed bytes."""
    return var_uint(len(data)) + data


class Reader:
    """Reads lib0 values off bytes."""

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


class Peer:
    """One connected client; `async with Peer(url, project) as peer`."""

    def __init__(
        self,
        ws_url: str,
        project: str,
        kind: str = "environments",
        token: str = OWNER_TOKEN,
        doc: pycrdt.Doc[Any] | None = None,
        durable: bool = True,
    ) -> None:
        self.url = f"{ws_url}/ws/project/{project}/{kind}"
        self.doc: pycrdt.Doc[Any] = doc or pycrdt.Doc()
        self.token, self.durable = token, durable
        self.states: dict[int, dict[str, Any]] = {}
        self.saved_state = b""
        self.saving: list[dict[str, Any]] = []
        self.synced = asyncio.Event()
        self.close_code: int | None = None
        self.on_message: list[Callable[[], None]] = []
        self._applying = False
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._clock = 0
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Peer:
        self.socket = await websockets.connect(
            self.url, additional_headers={"authorization": f"Bearer {self.token}"}, max_size=None, proxy=None
        )
        self._subscription = self.doc.observe(self._updated)
        await self.socket.send(b"\x00\x00" + var_bytes(self.doc.get_state()))
        if self.durable:
            await self.socket.send(bytes([120]))
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        await asyncio.wait_for(self.synced.wait(), 20)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.doc.unobserve(self._subscription)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self.socket.close()

    def _updated(self, event: pycrdt.TransactionEvent) -> None:
        if not self._applying:
            self._outgoing.put_nowait(b"\x00\x02" + var_bytes(event.update))

    async def _write(self) -> None:
        while True:
            await self.socket.send(await self._outgoing.get())

    async def _read(self) -> None:
        try:
            async for frame in self.socket:
                assert isinstance(frame, bytes)
                self._take(frame)
        except websockets.ConnectionClosed:
            pass
        finally:
            self.close_code = self.socket.close_code
            self._wake()

    def _take(self, frame: bytes) -> None:
        reader = Reader(frame)
        kind = reader.uint()
        if kind == 0:
            step = reader.uint()
            body = reader.bytes()
            if step == 0:
                self._outgoing.put_nowait(b"\x00\x01" + var_bytes(self.doc.get_update(body)))
            else:
                self._applying = True
                try:
                    self.doc.apply_update(body)
                finally:
                    self._applying = False
                if step == 1:
                    self.synced.set()
        elif kind == 1:
            states = Reader(reader.bytes())
            for _ in range(states.uint()):
                client, _clock, state = states.uint(), states.uint(), json.loads(states.bytes())
                if state is None:
                    self.states.pop(client, None)
                else:
                    self.states[client] = state
        elif kind == 120:
            self.saved_state = reader.bytes()
        elif kind == 121:
            self.saving.append(json.loads(reader.bytes()))
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        for callback in self.on_message:
            callback()

    async def until(self, condition: Callable[[], Any], timeout_s: float = 30.0, what: str = "") -> Any:
        """Wait until the condition holds, looking again after each message; returns its value."""
        async with asyncio.timeout(timeout_s):
            while True:
                value = condition()
                if value:
                    return value
                assert self.close_code is None, f"closed with {self.close_code} while waiting for {what}"
                self._changed.clear()
                await self._changed.wait()

    def say(self, state: dict[str, Any]) -> None:
        """Publish this client's awareness state."""
        self._clock += 1
        body = (
            var_uint(1) + var_uint(self.doc.client_id) + var_uint(self._clock) + var_bytes(json.dumps(state).encode())
        )
        self._outgoing.put_nowait(b"\x01" + var_bytes(body))

    def send_raw(self, frame: bytes) -> None:
        """Queue any bytes as one frame."""
        self._outgoing.put_nowait(frame)

    # --- the environments document, read plainly -------------------------------------------------------------------
    @property
    def environments(self) -> pycrdt.Map[Any]:
        return self.doc.get("environments", type=pycrdt.Map)

    def set_parameter(self, environment: str, name: str, value: Any) -> None:
        """One edit in one transaction."""
        with self.doc.transaction():
            self.environments[environment]["parameters"][name] = value

    def render(self, environment: str, slot: str = "base/wide_establishing") -> dict[str, Any] | None:
        """The slot's value in `renders`, if any."""
        if environment not in self.environments or "renders" not in self.environments[environment]:
            return None
        value = self.environments[environment]["renders"].get(slot)
        return dict(value) if value is not None else None

    def farm(self) -> dict[str, Any]:
        """The farm's presence: `{jobs, previews}`."""
        for state in self.states.values():
            if "farm" in state:
                return dict(state["farm"] or {})
        return {"jobs": {}, "previews": {}}
