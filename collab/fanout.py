"""Between nodes: what this node's people do goes to the others once, and what is missed is read from the log.

Each room publishes on the relay stream `doc:<doc_id>` (see `collab.envelope`). One publication is in flight at a time
and carries everything that gathered meanwhile. A reader who sees a number left out, or a new sender, reads the log for
what it missed (see `collab.reconciling`); nothing is ever asked of the other node, so nothing grows with the square of
the nodes.

The node that took a change saves it. What stays unconfirmed for long (the sender died in between) is saved by those
who heard it. While the relay is away the people of this node go on, and are told that others do not see them.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from collab.codec import decode_state_vector, encode_state_vector, read_uint, saving_frame, write_uint
from collab.config import CollabConfig
from collab.envelope import Envelope, Word, new_incarnation, seal, unseal
from collab.errors import ProtocolError
from collab.neighbours import Neighbours
from collab.reconciling import LogTail, Reconciler
from collab.replica import merged
from store.errors import UnavailableError
from store.ids import DocId
from store.relay.base import Message

if TYPE_CHECKING:
    from collab.room import Room

logger = logging.getLogger(__name__)

_MARK_AFTER_S = 1.0
_BEAT_S = 2.0
_HEAD_WITHIN_S = 2.0
_ANSWERS_APART_S = 0.5
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


class Fanout:
    """One room's line to the other nodes.

    Args:
        relay: the streams.
        log: where missed changes are read from.
        node: this node's id.
        config: when to look into the log after a gap, and how long to wait for others to save.
    """

    def __init__(self, relay: RelayLike, log: LogTail, node: str, config: CollabConfig) -> None:
        self.gaps = 0
        self.failures = 0
        self.refused = 0
        self.rescued = 0
        self.published = 0
        self.is_cut_off = False
        self._relay = relay
        self._node = node
        self._config = config
        self._incarnation = new_incarnation()
        self._neighbours = Neighbours()
        self._reconciler = Reconciler(log, node, config, self._neighbours)
        self._room: Room | None = None
        self._after: str | None = None
        self._stream = ""
        self._number = 0
        self._updates: list[bytes] = []
        self._updates_bytes = 0
        self._has_left_out = False
        self._has_said_less = False
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
        self._answer_due: asyncio.TimerHandle | None = None
        self._answered_at = float("-inf")
        self._tasks: set[asyncio.Task[None]] = set()
        self._interruptions = relay.interruptions
        self._cut_off_at: float | None = None
        self._told: set[str] = set()
        self._typical_bytes = 256.0

    async def mark(self, doc_id: DocId) -> None:
        """Remember where the stream stands, before the log is read. A silent relay keeps no room from opening."""
        self._stream = f"doc:{doc_id}"
        try:
            async with asyncio.timeout(_HEAD_WITHIN_S):
                self._after = await self._relay.head(self._stream)
        except (UnavailableError, TimeoutError) as error:
            self.failures += 1
            self._cut(error)

    def start(self, room: Room) -> None:
        """Begin to publish and to follow."""
        self._room = room
        self._say(Word.HELLO)
        self._spawn(self._publish(room))
        self._spawn(self._follow(room))
        self._spawn(self._reconciler.run(room))
        # What others published before we listened may have been COMMITted after we read the log.
        self._reconciler.want()

    @property
    def unconfirmed(self) -> int:
        """Changes of other nodes that are not known to be saved yet."""
        return self._neighbours.unconfirmed

    @property
    def cut_off_s(self) -> float:
        """For how long this room has not reached the other nodes; 0 when it does."""
        return 0.0 if self._cut_off_at is None else asyncio.get_running_loop().time() - self._cut_off_at

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
            self._mark_due = asyncio.get_running_loop().call_later(_MARK_AFTER_S, self._mark)

    def only_saved(self, state_vector: bytes) -> bytes:
        """A state vector without other nodes' changes that are not known to be saved: nobody may be told they are."""
        if not self._neighbours.unconfirmed_bytes:
            return state_vector
        state = decode_state_vector(state_vector)
        if not self._neighbours.only_saved(state):
            return state_vector
        self._has_said_less = True
        return encode_state_vector(state)

    def rescue(self, room: Room) -> None:
        """Every second or so: save what other nodes changed and did not confirm, and look how the line is."""
        now = room.now()
        waited = now - self._config.unconfirmed_s
        self._save_for_others(room, self._neighbours.overdue(waited, now - self._config.silent_s))
        self._neighbours.prune(now)
        if self._relay.interruptions != self._interruptions:
            self._interruptions = self._relay.interruptions
            self._reconciler.want()
            self._say(Word.HELLO)  # which fails while the relay is away, and asks who is here once it is back
        elif self._unsaved and now - self._said_at > _BEAT_S:
            self._say(Word.MARK)  # "I am still here and still trying": the others need not save it
        if self.cut_off_s > self._config.cut_off_patience_s or (self._told and not self.is_cut_off):
            self._tell(room)

    def present(self, entries: Sequence[bytes]) -> None:
        """Presence of this node's sessions is to be told; the newest per client."""
        for entry in entries:
            self._presence[read_uint(entry, 0)[0]] = entry
        self._touch()

    async def drain(self, timeout_s: float) -> None:
        """Wait, at most so long, until everything is told; then take charge of what silent neighbours left unsaved."""
        if not self.is_cut_off:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._idle.wait()
            except TimeoutError:
                logger.warning("fanout.not_drained stream=%s updates=%d", self._stream, len(self._updates))

    def leave_nothing(self) -> None:
        """Save what others left unsaved and have not confirmed for a moment: this node is about to end."""
        if self._room is not None:
            now = self._room.now()
            before = now - 2 * _MARK_AFTER_S
            self._save_for_others(self._room, self._neighbours.overdue(before, before))

    def close(self) -> None:
        """End; the others hear that our people are gone and what is saved."""
        for timer in (self._mark_due, self._answer_due):
            if timer is not None:
                timer.cancel()
        for task in self._tasks:
            task.cancel()
        if self._room is not None and not self.is_cut_off:
            _last_words(self._relay, self._stream, self._next(Word.BYE))
        self._room = None

    # -- speaking ------------------------------------------------------------------------------------------------------

    def _mark(self) -> None:
        self._mark_due = None
        if self._saved_update > self._said_saved:
            self._say(Word.MARK)

    def _say(self, word: Word) -> None:
        self._words.add(word)
        self._touch()

    def _touch(self) -> None:
        self._idle.clear()
        self._wake.set()

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("fanout.task_failed stream=%s", self._stream, exc_info=task.exception())

    async def _publish(self, room: Room) -> None:
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
                    self._reconciler.want()
                    self._tell(room)
                else:
                    self._touch()
            elif not self._wake.is_set():
                self._idle.set()

    async def _send(self, payload: bytes) -> bool:
        self._typical_bytes += (len(payload) - self._typical_bytes) / 8
        length = max(8, min(_STREAM_LENGTH, int(_STREAM_BYTES / max(256.0, self._typical_bytes))))
        try:
            await self._relay.publish(self._stream, payload, length=length, keep_s=_STREAM_KEPT_S)
        except UnavailableError as error:
            self.failures += 1
            self._cut(error)
            return False
        self.published += 1
        return True

    def _cut(self, error: Exception) -> None:
        if not self.is_cut_off:
            logger.warning("fanout.cut_off stream=%s: %s", self._stream, error or type(error).__name__)
            self._cut_off_at = asyncio.get_running_loop().time()
        self.is_cut_off = True

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
        return seal(Envelope(self._node, self._incarnation, epoch, self._number, saved_through, word, body))

    # -- listening -----------------------------------------------------------------------------------------------------

    async def _follow(self, room: Room) -> None:
        async for message in self._relay.follow(self._stream, self._after):
            try:
                self._take(room, unseal(message.payload))
            except Exception as error:  # one bad message must not end the listening; the log has what it was about
                self.refused += 1
                known = isinstance(error, ProtocolError)
                logger.error(
                    "fanout.message_refused doc=%s id=%s: %s", room.doc_id, message.id, error, exc_info=not known
                )
                self._reconciler.want()

    def _take(self, room: Room, envelope: Envelope) -> None:
        if envelope.incarnation == self._incarnation:
            return
        if envelope.epoch != room.epoch:
            raise ProtocolError(f"{envelope.sender} is in epoch {envelope.epoch} of the document, not {room.epoch}")
        heard = self._neighbours.hear(envelope, room.now())
        for name in heard.ended:
            room.drop_remote_presence(name)
        if heard.has_gap:
            self.gaps += 1
            logger.info("fanout.gap doc=%s sender=%s got=%d", room.doc_id, envelope.sender, envelope.number)
        if heard.has_gap or heard.is_stranger or heard.is_payable:
            self._reconciler.want()
        if self._has_said_less and not self._neighbours.unconfirmed:
            self._has_said_less = False
            room.confirmed()
        if not heard.is_news:
            return
        if envelope.word is Word.UPDATE:
            room.take_remote(envelope.body, envelope.node)
            self._neighbours.hold(envelope, room.now())
            most = self._config.unconfirmed_bytes
            if self._neighbours.unconfirmed_bytes > most:
                self._save_for_others(room, self._neighbours.excess(most // 2))
        elif envelope.word is Word.PRESENCE and not self._neighbours.is_gone(envelope.incarnation):
            room.take_remote_presence(envelope.body, envelope.sender)
        elif envelope.word is Word.HELLO:
            self._answer(room)

    def _answer(self, room: Room) -> None:
        """Say who is here and what is saved; to all who ask within a moment at once."""
        if self._answer_due is None:
            wait = self._answered_at + _ANSWERS_APART_S - room.now()
            later = asyncio.get_running_loop().call_later
            self._answer_due = later(max(0.0, wait), self._answer_now, room)

    def _answer_now(self, room: Room) -> None:
        self._answer_due = None
        self._answered_at = room.now()
        self.present(room.presence.encoded(room.presence.relayed()))
        if self._unsaved:
            self._say(Word.MARK)

    def _save_for_others(self, room: Room, left: Sequence[tuple[str, int, bytes]]) -> None:
        for node, number, update in left:
            self.rescued += 1
            logger.warning("fanout.rescued doc=%s node=%s number=%d", room.doc_id, node, number)
            room.save_for(node, update)

    def _tell(self, room: Room) -> None:
        """Tell everybody who asked what is saved, once each, whether the other nodes can hear us."""
        present = {session.id: session for session in room.sessions.values() if session.wants_saved}
        self._told &= present.keys()
        if self.is_cut_off:
            news = [session for name, session in present.items() if name not in self._told]
        else:
            news = [session for name, session in present.items() if name in self._told]
        frame = saving_frame(json.dumps({"relay": "cut_off" if self.is_cut_off else "ok"}))
        for session in news:
            if not session.is_congested:  # else at the next look
                session.send_light(frame)
                self._told ^= {session.id}


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
