"""Between nodes: what this node's people do goes to the others once, and what is missed is read from the log.

Each room publishes on the relay stream `doc:<doc_id>` under the node's id, an incarnation (one opening of the room) and
a sequence number. One publication is in flight at a time and carries everything that gathered meanwhile. A reader who
sees a number left out, or a new incarnation, reads the log for what it missed; nothing is ever asked of the other node,
so nothing grows with the square of the nodes.

The node that took a change saves it. Each message also says up to which number the sender's changes are COMMITted; what
stays unconfirmed for long (the sender died in between) is saved by those who heard it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from collab.codec import read_bytes, read_uint, write_bytes, write_uint
from collab.config import CollabConfig
from collab.errors import ProtocolError
from collab.replica import merged
from store.errors import UnavailableError
from store.ids import DocId
from store.relay.base import Message
from store.updates import Row

if TYPE_CHECKING:
    from collab.room import Room

logger = logging.getLogger(__name__)

_UPDATE, _PRESENCE, _HELLO, _MARK = range(4)
_MARK_AFTER_S = 1.0
_RETRY_S = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)


class RelayLike(Protocol):
    """What fan-out needs of `store.relay.base.Relay`."""

    async def publish(self, stream: str, payload: bytes) -> str:
        """Append a message."""
        ...

    def follow(self, stream: str, after: str | None = None) -> AsyncIterator[Message]:
        """Messages after an id."""
        ...

    async def head(self, stream: str) -> str | None:
        """The newest id."""
        ...


class LogTail(Protocol):
    """What fan-out needs of `store.updates.UpdateLog`."""

    async def tail(self, doc: DocId, after: int) -> list[Row]:
        """Rows after a sequence number."""
        ...


class Fanout:
    """One room's line to the other nodes.

    Args:
        relay: the streams.
        log: where missed changes are read from.
        node: this node's id.
        config: when to look into the log after a gap.
    """

    def __init__(self, relay: RelayLike, log: LogTail, node: str, config: CollabConfig) -> None:
        self.gaps = 0
        self.failures = 0
        self.is_cut_off = False
        self._relay = relay
        self._log = log
        self._node = node
        self._config = config
        self._incarnation = os.urandom(8)
        self._sequence = 0
        self._after: str | None = None
        self._stream = ""
        self._updates: list[bytes] = []
        self._handed_over = 0
        self._unsaved: deque[tuple[int, int]] = deque()  # (number, count handed over for saving by then)
        self._saved_through = 0
        self._said_saved = 0
        self._unconfirmed: dict[str, deque[tuple[int, bytes, float]]] = {}
        self._presence: dict[int, bytes] = {}
        self._hello = False
        self._mark_wanted = False
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._heard: dict[str, tuple[bytes, int]] = {}
        self._mark_due: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._reconciling: asyncio.Task[None] | None = None

    async def mark(self, doc_id: DocId) -> None:
        """Remember where the stream stands, before the log is read. A silent relay keeps no room from opening."""
        self._stream = f"doc:{doc_id}"
        try:
            self._after = await self._relay.head(self._stream)
        except UnavailableError as error:
            self.failures += 1
            self.is_cut_off = True
            logger.warning("fanout.head_failed doc=%s: %s", doc_id, error)

    def start(self, room: Room) -> None:
        """Begin to publish and to follow."""
        self._hello = True
        self._touch()
        self._spawn(self._publish(room))
        self._spawn(self._follow(room))
        # What others published before we listened may have been COMMITted after we read the log.
        self._reconcile(room)

    @property
    def unconfirmed(self) -> int:
        """Changes of other nodes that are not known to be saved yet."""
        return sum(map(len, self._unconfirmed.values()))

    def changed(self, update: bytes, handed_over: int) -> None:
        """A merged batch of this node's changes is to be told.

        Args:
            update: the batch.
            handed_over: how many changes the room had handed over for saving by then.
        """
        self._updates.append(update)
        self._handed_over = handed_over
        self._touch()

    def saved(self, count: int) -> None:
        """So many of the changes handed over are COMMITted; the others hear it with the next message or in a second."""
        while self._unsaved and self._unsaved[0][1] <= count:
            self._saved_through = self._unsaved.popleft()[0]
        if self._saved_through > self._said_saved and self._mark_due is None:
            self._mark_due = asyncio.get_running_loop().call_later(_MARK_AFTER_S, self._mark)

    def rescue(self, room: Room) -> None:
        """Save what other nodes changed and did not confirm in time."""
        before = room.now() - self._config.unconfirmed_s
        for node, updates in self._unconfirmed.items():
            while updates and updates[0][2] < before:
                number, update, _ = updates.popleft()
                logger.warning("fanout.rescued doc=%s node=%s number=%d", room.doc_id, node, number)
                room.save_for(node, update)

    def present(self, entries: Sequence[bytes]) -> None:
        """Presence of this node's sessions is to be told; the newest per client."""
        for entry in entries:
            self._presence[read_uint(entry, 0)[0]] = entry
        self._touch()

    async def drain(self, timeout_s: float) -> None:
        """Wait, at most so long, until everything is told."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        except TimeoutError:
            logger.warning("fanout.not_drained stream=%s updates=%d", self._stream, len(self._updates))

    def close(self) -> None:
        """End."""
        if self._mark_due is not None:
            self._mark_due.cancel()
        for task in self._tasks:
            task.cancel()

    def _mark(self) -> None:
        self._mark_due = None
        if self._saved_through > self._said_saved:
            self._mark_wanted = True
            self._touch()

    def _touch(self) -> None:
        self._idle.clear()
        self._wake.set()

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("fanout.task_failed stream=%s", self._stream, exc_info=task.exception())

    async def _publish(self, room: Room) -> None:
        tries = 0
        while True:
            await self._wake.wait()
            self._wake.clear()
            handed_over = self._handed_over
            for payload in self._collect():
                # Numbered even when it then fails: the others see the gap and read the log.
                self._sequence += 1
                if payload[0] == _UPDATE:
                    self._unsaved.append((self._sequence, handed_over))
                    self.saved(room.saved_count)
                try:
                    await self._relay.publish(self._stream, self._envelope(payload))
                except UnavailableError as error:
                    self.failures += 1
                    if not self.is_cut_off:
                        logger.warning("fanout.cut_off doc=%s: %s", room.doc_id, error)
                    self.is_cut_off = True
            if self.is_cut_off:
                await asyncio.sleep(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
                tries += 1
                if await self._is_back(room):
                    tries = 0
                else:
                    self._touch()
            elif not self._wake.is_set():
                self._idle.set()

    async def _is_back(self, room: Room) -> bool:
        """After an outage: say so (the number left out tells the others to read the log), and read it ourselves."""
        self._sequence += 1
        try:
            await self._relay.publish(self._stream, self._envelope(bytes((_HELLO,))))
        except UnavailableError:
            return False
        logger.info("fanout.back doc=%s", room.doc_id)
        self.is_cut_off = False
        self.present(room.presence.encoded(room.presence.relayed()))
        self._reconcile(room)
        return True

    def _collect(self) -> list[bytes]:
        payloads = []
        if self._hello:
            self._hello = False
            payloads.append(bytes((_HELLO,)))
        if self._updates:
            updates, self._updates = self._updates, []
            payloads.extend(bytes((_UPDATE,)) + update for update in merged(updates))
        if self._presence:
            entries, self._presence = list(self._presence.values()), {}
            payloads.append(bytes((_PRESENCE,)) + write_uint(len(entries)) + b"".join(entries))
        if self._mark_wanted and not payloads:
            payloads.append(bytes((_MARK,)))
        self._mark_wanted = False
        return payloads

    def _envelope(self, payload: bytes) -> bytes:
        self._said_saved = self._saved_through
        numbers = write_uint(self._sequence) + write_uint(self._saved_through)
        return write_bytes(self._node.encode()) + self._incarnation + numbers + payload

    async def _follow(self, room: Room) -> None:
        async for message in self._relay.follow(self._stream, self._after):
            try:
                self._take(room, message.payload)
            except ProtocolError as error:
                logger.error("fanout.message_refused doc=%s id=%s: %s", room.doc_id, message.id, error)
                self._reconcile(room)

    def _take(self, room: Room, data: bytes) -> None:
        name, at = read_bytes(data, 0)
        node = name.decode()
        incarnation = data[at : at + 8]
        sequence, at = read_uint(data, at + 8)
        saved_through, at = read_uint(data, at)
        kind, body = data[at], data[at + 1 :]
        if incarnation == self._incarnation:
            return
        sender = f"{node}/{incarnation.hex()}"
        waiting = self._unconfirmed.setdefault(sender, deque())
        while waiting and waiting[0][0] <= saved_through:
            waiting.popleft()
        known, last = self._heard.get(node, (b"", 0))
        self._heard[node] = (incarnation, sequence)
        if known != incarnation:
            if sequence > 1:
                self._reconcile(room)
        elif sequence != last + 1:
            self.gaps += 1
            logger.info("fanout.gap doc=%s node=%s after=%d got=%d", room.doc_id, node, last, sequence)
            self._reconcile(room)
        if kind == _UPDATE:
            room.take_remote(body, node)
            if sequence > saved_through:
                waiting.append((sequence, body, room.now()))
        elif kind == _PRESENCE:
            room.take_remote_presence(body, node)
        elif kind == _HELLO:
            own = room.presence.encoded(room.presence.relayed())
            if own:
                self.present(own)

    def _reconcile(self, room: Room) -> None:
        """Read the log for what was missed, now and again later: the other node may not have saved it yet."""
        if self._reconciling is not None:
            self._reconciling.cancel()
        self._reconciling = self._spawn(self._reconcile_until_quiet(room))

    async def _reconcile_until_quiet(self, room: Room) -> None:
        after = room.reconciled_seq
        waited = 0.0
        for moment in self._config.reconcile_s:
            await asyncio.sleep(moment - waited)
            waited = moment
            try:
                rows = await self._log.tail(room.doc_id, after)
            except UnavailableError as error:
                logger.warning("fanout.tail_failed doc=%s: %s", room.doc_id, error)
                continue
            for row in rows:
                if row.node != self._node:
                    try:
                        room.take_remote(row.payload, row.node)
                    except ProtocolError as error:
                        logger.error("fanout.row_refused doc=%s seq=%d: %s", room.doc_id, row.seq, error)
                after = row.seq
            room.reconciled_seq = max(room.reconciled_seq, after)
