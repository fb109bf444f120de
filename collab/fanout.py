"""Between nodes: what this node's people do goes to the others once, and what is missed is read from the log.

Each room publishes on the relay stream `doc:<doc_id>` (see `collab.envelope` and `collab.publisher`). A reader who
sees a number left out, or a new sender, reads the log for what it missed (see `collab.reconciling`); nothing is ever
asked of the other node, so nothing grows with the square of the nodes.

The node that took a change saves it. What stays unconfirmed for long (the sender died in between) is saved by those
who heard it. While the relay is away the people of this node go on, and are told that others do not see them.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from collab.codec import decode_state_vector, encode_state_vector, saving_frame
from collab.config import CollabConfig
from collab.envelope import Envelope, Word, unseal
from collab.errors import ProtocolError
from collab.neighbours import Neighbours
from collab.publisher import MARK_AFTER_S, Publisher, RelayLike
from collab.reconciling import LogTail, Reconciler
from store.errors import UnavailableError
from store.ids import DocId

if TYPE_CHECKING:
    from collab.room import Room

logger = logging.getLogger(__name__)

_HEAD_WITHIN_S = 2.0
_ANSWERS_APART_S = 0.5


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
        self.refused = 0
        self.rescued = 0
        self._relay = relay
        self._config = config
        self._publisher = Publisher(relay, node)
        self._neighbours = Neighbours()
        self._reconciler = Reconciler(log, node, config, self._neighbours)
        self._room: Room | None = None
        self._after: str | None = None
        self._has_said_less = False
        self._answer_due: asyncio.TimerHandle | None = None
        self._answered_at = float("-inf")
        self._tasks: set[asyncio.Task[None]] = set()
        self._interruptions = relay.interruptions
        self._told: set[str] = set()

    async def mark(self, doc_id: DocId) -> None:
        """Remember where the stream stands, before the log is read. A silent relay keeps no room from opening."""
        self._publisher.stream = f"doc:{doc_id}"
        try:
            async with asyncio.timeout(_HEAD_WITHIN_S):
                self._after = await self._relay.head(self._publisher.stream)
        except (UnavailableError, TimeoutError) as error:
            self._publisher.cut(error)

    def start(self, room: Room) -> None:
        """Begin to publish and to follow."""
        self._room = room
        self._publisher.say(Word.HELLO)
        self._spawn(self._publisher.run(room, self._is_back))
        self._spawn(self._follow(room))
        self._spawn(self._reconciler.run(room))
        # What others published before we listened may have been COMMITted after we read the log.
        self._reconciler.want()

    @property
    def failures(self) -> int:
        """How often the relay did not answer."""
        return self._publisher.failures

    @property
    def is_cut_off(self) -> bool:
        """Whether this room does not reach the other nodes."""
        return self._publisher.is_cut_off

    @property
    def cut_off_s(self) -> float:
        """For how long; 0 when it does."""
        return self._publisher.cut_off_s

    @property
    def unconfirmed(self) -> int:
        """Changes of other nodes that are not known to be saved yet."""
        return self._neighbours.unconfirmed

    def changed(self, update: bytes, handed_over: int) -> None:
        """See `Publisher.changed`."""
        self._publisher.changed(update, handed_over)

    def saved(self, count: int) -> None:
        """See `Publisher.saved`."""
        self._publisher.saved(count)

    def present(self, entries: Sequence[bytes]) -> None:
        """See `Publisher.present`."""
        self._publisher.present(entries)

    async def drain(self, timeout_s: float) -> None:
        """See `Publisher.drain`."""
        await self._publisher.drain(timeout_s)

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
        self._publisher.beat()
        if self._relay.interruptions != self._interruptions:
            self._interruptions = self._relay.interruptions
            self._reconciler.want()
            self._publisher.say(Word.HELLO)  # which fails while the relay is away, and asks who is here once it is back
        if self.cut_off_s > self._config.cut_off_patience_s or (self._told and not self.is_cut_off):
            self._tell(room)

    def leave_nothing(self) -> None:
        """Save what others left unsaved and have not confirmed for a moment: this node is about to end."""
        if self._room is not None:
            before = self._room.now() - 2 * MARK_AFTER_S
            self._save_for_others(self._room, self._neighbours.overdue(before, before))

    def close(self) -> None:
        """End; the others hear that our people are gone and what is saved."""
        if self._answer_due is not None:
            self._answer_due.cancel()
        for task in self._tasks:
            task.cancel()
        self._publisher.close()
        self._room = None

    def _is_back(self) -> None:
        if self._room is not None:
            self._reconciler.want()
            self._tell(self._room)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("fanout.task_failed stream=%s", self._publisher.stream, exc_info=task.exception())

    async def _follow(self, room: Room) -> None:
        async for message in self._relay.follow(self._publisher.stream, self._after):
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
        if envelope.incarnation == self._publisher.incarnation:
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
            room.assurance.confirmed()
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
        self._publisher.present(room.presence.encoded(room.presence.relayed()))
        if self._publisher.has_unsaved:
            self._publisher.say(Word.MARK)

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
