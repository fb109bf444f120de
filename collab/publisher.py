"""Speaking to the other nodes: one publication at a time, which carries everything that gathered meanwhile.

What cannot be published is not kept: its number is left out, which tells the others to read it from the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from collab.codec import read_uint, write_uint
from collab.envelope import Envelope, Word, new_incarnation, seal
from collab.replica import merged
from store.errors import UnavailableError
from store.relay.base import Message

if TYPE_CHECKING:
    from collab.room import Room

logger = logging.getLogger(__name__)

MARK_AFTER_S = 1.0
"""How long what is saved waits for a message to be told with, before it gets one of its own."""
_BEAT_S = 2.0
_RETRY_S = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
_FOLD_ABOVE = 128
_WAITING_BYTES = 8 * 2**20
_UNSAVED_MAX = 10_000
_STREAM_BYTES = 4 * 2**20
_STREAM_LENGTH = 1000
_STREAM_KEPT_S = 3600
"""Streams only bridge moments, the log keeps everything: few messages, forgotten an hour after the last."""


class RelayLike(Protocol):
    """What fan-out needs of `store.relay.base.Relay`."""

    @property
    def interruptions(self) -> int:
        """How often following was interrupted: what was published around that time may never come."""
        ...

    async def publish(
        self, stream: str, payload: bytes, *, length: int = ..., keep_s: int = ...
    ) -> str:
        """Append a message."""
        ...

    def follow(self, stream: str, after: str | None = None) -> AsyncIterator[Message]:
        """Messages after an id."""
        ...

    async def head(self, stream: str) -> str | None:
        """The newest id."""
        ...


class Publisher:
    """One room's voice among the nodes.

    Args:
        relay: the streams.
        node: this node's id.
    """

    def __init__(self, relay: RelayLike, node: str) -> None:
        self.stream = ""
        self.incarnation = new_incarnation()
        self.failures = 0
        self.published = 0
        self.is_cut_off = False
        self._relay = relay
        self._node = node
        self._room: Room | None = None
        self._number = 0
        self._updates: list[bytes] = []
        self._updates_bytes = 0
        self._has_left_out = False
        self._handed_over = 0
        self._unsaved: deque[tuple[int, int]] = deque()  # (number, count handed over for saving by then)
        self._saved_update = 0
        self._said_saved = 0
        self._said_at = 0.0
        self._presence: dict[int, bytes] = {}
        self._words: set[Word] = set()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._mark_due: asyncio.TimerHandle | None = None
        self._cut_off_at: float | None = None
        self._typical_bytes = 256.0

    @property
    def cut_off_s(self) -> float:
        """For how long nothing has come through; 0 when it does."""
        return 0.0 if self._cut_off_at is None else asyncio.get_running_loop().time() - self._cut_off_at

    @property
    def has_unsaved(self) -> bool:
        """Whether something was published that is not COMMITted."""
        return bool(self._unsaved)

    def changed(self, update: bytes, handed_over: int) -> None:
        """A merged batch of this node's changes is to be told.

        Args:
            update: the batch.
            handed_over: how many changes the room had handed over for saving by then.
        """
        self._updates.append(update)
        self._updates_bytes += len(update)
        self._handed_over = handed_over
        if self._updates_bytes > _WAITING_BYTES:
            # The relay does not keep up. A number is left out, and the others read all this from the log.
            self._updates, self._updates_bytes, self._has_left_out = [], 0, True
        elif len(self._updates) > _FOLD_ABOVE:
            self._updates = merged(self._updates)
        self._touch()

    def saved(self, count: int) -> None:
        """So many of the changes handed over are COMMITted; the others hear it with the next message or in a second."""
        while self._unsaved and self._unsaved[0][1] <= count:
            self._saved_update = self._unsaved.popleft()[0]
        if self._saved_update > self._said_saved and self._mark_due is None:
            self._mark_due = asyncio.get_running_loop().call_later(MARK_AFTER_S, self._mark)

    def present(self, entries: Sequence[bytes]) -> None:
        """Presence of this node's sessions is to be told; the newest per client."""
        for entry in entries:
            self._presence[read_uint(entry, 0)[0]] = entry
        self._touch()

    def say(self, word: Word) -> None:
        """Say a word without a body, soon."""
        self._words.add(word)
        self._touch()

    def _touch(self) -> None:
        self._idle.clear()
        self._wake.set()

    def beat(self) -> None:
        """Called every second or so. "I am still here and still trying": the others need not save what is unsaved."""
        if self._unsaved and asyncio.get_running_loop().time() - self._said_at > _BEAT_S:
            self.say(Word.MARK)

    async def drain(self, timeout_s: float) -> None:
        """Wait, at most so long, until everything is told; not at all while nobody can hear it."""
        if not self.is_cut_off:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._idle.wait()
            except TimeoutError:
                logger.warning("fanout.not_drained stream=%s updates=%d", self.stream, len(self._updates))

    def close(self) -> None:
        """End; the others hear what is saved, and that our people are gone."""
        if self._mark_due is not None:
            self._mark_due.cancel()
        if self._room is not None and not self.is_cut_off:
            _last_words(self._relay, self.stream, self._next(Word.BYE))
        self._room = None

    async def run(self, room: Room, on_back: Callable[[], None]) -> None:
        """Publish, until cancelled; `on_back` is called when the relay is back after an outage."""
        self._room = room
        tries = 0
        while True:
            await self._wake.wait()
            self._wake.clear()
            for word, body in self._collect():
                await self._send(self._next(word, body))
            if self.is_cut_off:
                await asyncio.sleep(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
                tries += 1
                # The number left out by what failed tells the others to read the log; we read it ourselves.
                if await self._send(self._next(Word.HELLO)):
                    tries = 0
                    logger.info("fanout.back doc=%s after_s=%.1f", room.doc_id, self.cut_off_s)
                    self.is_cut_off, self._cut_off_at = False, None
                    self.present(room.presence.encoded(room.presence.relayed()))
                    on_back()
                else:
                    self._touch()
            elif not self._wake.is_set():
                self._idle.set()

    async def _send(self, payload: bytes) -> bool:
        self._typical_bytes += (len(payload) - self._typical_bytes) / 8
        length = max(8, min(_STREAM_LENGTH, int(_STREAM_BYTES / max(256.0, self._typical_bytes))))
        try:
            await self._relay.publish(self.stream, payload, length=length, keep_s=_STREAM_KEPT_S)
        except UnavailableError as error:
            self.cut(error)
            return False
        self.published += 1
        return True

    def cut(self, error: Exception) -> None:
        """The relay does not answer."""
        self.failures += 1
        if not self.is_cut_off:
            logger.warning("fanout.cut_off stream=%s: %s", self.stream, error or type(error).__name__)
            self._cut_off_at = asyncio.get_running_loop().time()
        self.is_cut_off = True

    def _mark(self) -> None:
        self._mark_due = None
        if self._saved_update > self._said_saved:
            self.say(Word.MARK)

    def _collect(self) -> list[tuple[Word, bytes]]:
        said: list[tuple[Word, bytes]] = []
        words, self._words = self._words, set()
        if Word.HELLO in words:
            said.append((Word.HELLO, b""))
        if self._has_left_out:
            self._has_left_out = False
            self._next(Word.UPDATE)
        if self._updates:
            updates, self._updates, self._updates_bytes = self._updates, [], 0
            said.extend((Word.UPDATE, update) for update in merged(updates))
        if self._presence:
            entries, self._presence = list(self._presence.values()), {}
            said.append((Word.PRESENCE, write_uint(len(entries)) + b"".join(entries)))
        if Word.MARK in words and not said:
            said.append((Word.MARK, b""))
        return said

    def _next(self, word: Word, body: bytes = b"") -> bytes:
        """The next message. It has its number even when it then fails: the others see the gap and read the log."""
        self._number += 1
        room = self._room
        if word is Word.UPDATE and room is not None:
            if len(self._unsaved) >= _UNSAVED_MAX:
                self._unsaved.pop()  # the next stands for it
            self._unsaved.append((self._number, self._handed_over))
            self.saved(room.saved_count)
        saved_through = self._unsaved[0][0] - 1 if self._unsaved else self._number
        self._said_saved = self._saved_update
        self._said_at = asyncio.get_running_loop().time()
        epoch = room.epoch if room is not None else 0
        return seal(Envelope(self._node, self.incarnation, epoch, self._number, saved_through, word, body))


_FAREWELLS: set[asyncio.Task[None]] = set()


def _last_words(relay: RelayLike, stream: str, payload: bytes) -> None:
    async def publish() -> None:
        try:
            await relay.publish(stream, payload, length=_STREAM_LENGTH, keep_s=_STREAM_KEPT_S)
        except UnavailableError as error:
            logger.info("fanout.no_farewell stream=%s: %s", stream, error)

    task = asyncio.get_running_loop().create_task(publish())
    _FAREWELLS.add(task)
    task.add_done_callback(_FAREWELLS.discard)
