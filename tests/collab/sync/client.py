"""A client without a socket: a pycrdt document that speaks y-protocols to a room in the same process."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from pycrdt import Doc, Map

from collab import codec
from collab.room import Room
from collab.rooms import Rooms
from collab.session import Principal, Role, Session, serve
from store.ids import DocId, DocKind, ProjectId
from tests.helpers.waiting import wait_until

PROJECT = ProjectId("prj_one")


def doc_id(kind: DocKind = "environments", project: str = PROJECT) -> DocId:
    return DocId(ProjectId(project), kind)


def person(name: str = "ana", role: Role = "editor") -> Principal:
    return Principal(f"usr_{name}", name.title(), "#c0ffee", role)


class FakeSocket:
    """A transport that takes everything, unless its reader has stopped."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.receiver: Session | None = None
        self.sent = 0
        self.is_writable = True
        self.is_paused = False
        self.close_code: int | None = None
        self.close_reason = ""
        self._is_reading = True
        self._buffered: list[bytes] = []

    def stop_reading(self) -> None:
        """The client reads nothing more; the first frame after that fills the buffer."""
        self._is_reading = False

    def read_on(self) -> None:
        """The client reads again."""
        self._is_reading = True
        while self._buffered and self._is_reading:
            self.sent += 1
            self.client.take(self._buffered.pop(0))
        if not self._buffered and not self.is_writable:
            self.is_writable = True
            if self.receiver is not None:
                self.receiver.drained()

    def attach(self, receiver: Session) -> None:
        self.receiver = receiver
        self.client.deliver_soon()

    def write(self, frame: bytes) -> None:
        if self.close_code is not None:
            raise ConnectionError("closed")
        if not self._is_reading:
            self._buffered.append(frame)
            self.is_writable = False
            return
        self.sent += 1
        self.client.take(frame)

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False
        self.client.deliver_soon()

    def end(self, code: int, reason: str) -> None:
        self.close_code, self.close_reason = code, reason


class Client:
    """One person's copy of the document. `connected` brings it to a room."""

    def __init__(self, doc: Doc[Any] | None = None) -> None:
        self.doc: Doc[Any] = doc if doc is not None else Doc()
        self.socket = FakeSocket(self)
        self.presence: dict[int, tuple[int, Any]] = {}
        self.saved_states: list[bytes] = []
        self.saving: list[dict[str, Any]] = []
        self.frames: list[bytes] = []
        self.synced = False
        self.result: tuple[int, str] | None = None
        self._applying = False
        self._frames: deque[bytes] = deque()
        self._is_delivering = False
        self._subscription: Any = self.doc.observe(self._changed)

    @property
    def root(self) -> Map[Any]:
        return self.doc.get("environments", type=Map)

    def content(self, root: str = "environments") -> Any:
        return self.doc.get(root, type=Map).to_py()

    def say(self, frame: bytes) -> None:
        """Send a raw frame to the server."""
        self._frames.append(frame)
        self.deliver_soon()

    def deliver_soon(self) -> None:
        """Let the server have what was said, with the next turn of the loop."""
        if not self._is_delivering:
            self._is_delivering = True
            asyncio.get_running_loop().call_soon(self._deliver)

    def be(self, state: dict[str, Any] | None, clock: int = 1, client: int | None = None) -> None:
        """Say who one is."""
        raw = json.dumps(state, separators=(",", ":"), ensure_ascii=False).encode()
        entry = codec.PresenceEntry(client if client is not None else self.doc.client_id, clock, raw)
        self.say(codec.presence_frame([codec.presence_bytes(entry)]))

    @property
    def unread(self) -> int:
        """Frames that the server has not taken yet."""
        return len(self._frames)

    def hang_up(self) -> None:
        """Go, after what was said has been taken."""
        while self._frames and self.result is None and self.socket.receiver is not None:
            self.socket.receiver.take(self._frames.popleft())
        if self.socket.receiver is not None:
            self.socket.receiver.gone()

    def take(self, frame: bytes) -> None:
        self.frames.append(frame)
        if frame[0] == 120:
            self.saved_states.append(codec.read_bytes(frame, 1)[0])
            return
        if frame[0] == 121:
            self.saving.append(json.loads(codec.read_bytes(frame, 1)[0]))
            return
        message = codec.decode_frame(frame)
        if message.kind is codec.Kind.SYNC_STEP1:
            self.say(codec.sync_step2(self.doc.get_update(message.body)))
        elif message.kind in (codec.Kind.SYNC_STEP2, codec.Kind.SYNC_UPDATE):
            self._applying = True
            try:
                self.doc.apply_update(message.body)
            finally:
                self._applying = False
            self.synced |= message.kind is codec.Kind.SYNC_STEP2
        elif message.kind is codec.Kind.AWARENESS:
            for entry in codec.decode_presence(message.body, max_entries=1000):
                state = json.loads(entry.state)
                if state is None:
                    self.presence.pop(entry.client, None)
                else:
                    self.presence[entry.client] = (entry.clock, state)

    def let_go(self) -> None:
        """Stop observing: an observer left on a Doc keeps it in memory."""
        if self._subscription is not None:
            self.doc.unobserve(self._subscription)
            self._subscription = None

    def _deliver(self) -> None:
        self._is_delivering = False
        receiver = self.socket.receiver
        while self._frames and receiver is not None and not self.socket.is_paused:
            receiver.take(self._frames.popleft())

    def _changed(self, event: Any) -> None:
        if not self._applying:
            self.say(codec.sync_update(event.update))


@asynccontextmanager
async def connected(
    room: Room, who: Principal | None = None, client: Client | None = None, *, epoch: int | None = None
) -> AsyncIterator[Client]:
    """A client in the room, synced; leaves at the end of the block."""
    client = client or Client()

    async def run() -> None:
        client.result = await serve(room, client.socket, who or person(), epoch=epoch)

    task = asyncio.create_task(run())
    client.say(codec.sync_step1(client.doc.get_state()))
    await wait_until(lambda: client.synced or client.result)
    try:
        yield client
    finally:
        client.hang_up()
        await asyncio.wait_for(task, 5)
        client.let_go()


async def closed_with(client: Client) -> tuple[int, str]:
    """Code and reason the server ended the client with."""
    await wait_until(lambda: client.result is not None, what="the server closes the connection")
    assert client.result is not None
    return client.result


async def same(*clients: Client, what: Callable[[Client], Any] = Client.content) -> None:
    """Wait until all clients hold the same."""
    await wait_until(lambda: all(what(client) == what(clients[0]) for client in clients), what="clients converge")


@asynccontextmanager
async def rooms_over(log: Any, relay: Any = None, config: Any = None, node: str = "node-1") -> AsyncIterator[Rooms]:
    """Rooms that are closed at the end."""
    rooms = Rooms(log, relay, config, node)
    try:
        yield rooms
    finally:
        await rooms.close(1.0)
