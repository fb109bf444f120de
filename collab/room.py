"""A room: one document in memory, and the people in it.

How a change goes its way stands in `collab.changes`, how presence does in `collab.showing`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, cast
from weakref import proxy

from pycrdt import Doc

from collab.arrivals import Arrivals
from collab.assurance import Assurance
from collab.changes import Changes, Wire
from collab.codec import (
    EMPTY_UPDATE,
    PULSE_FRAME,
    Kind,
    decode_frame,
    decode_state_vector,
    presence_frame,
    sync_step1,
    sync_step2,
    sync_update,
)
from collab.config import CollabConfig
from collab.errors import ForbiddenError, TooFastError, TooLargeError
from collab.guards import may_write, refusal
from collab.histories import vouch
from collab.origin import DirectOrigin, Origin, RelayOrigin
from collab.presence import Presence
from collab.quotas import Quotas
from collab.replica import Path, Replica, checked
from collab.saving import SaveQueue, Saver
from collab.session import Session
from collab.showing import Showing
from collab.structs import Extent
from collab.writers import Writers
from store.ids import DocId

logger = logging.getLogger(__name__)

T = TypeVar("T")
OnChange = Callable[[frozenset[Path], Origin], None]
_STRUCT_BYTES = 100
"""What a struct weighs in a connection's allowance, beside its bytes: looking through it is what costs."""
_NO_ANSWER = (b"", b"")


class Gate(Protocol):
    """Looks at an update before it touches the document; `collab.shadow` has the real one."""

    def admit(self, session: Session, update: bytes) -> None:
        """Raises ForbiddenError when the session may not make this change."""
        ...

    def follow(self, update: bytes) -> None:
        """A change that came through another door."""
        ...


class Room:
    """One document and the people in it. Made by `Rooms`.

    Args:
        doc_id: the document.
        replica: its content, already loaded.
        epoch: its history.
        node: this node's id.
        saver: the group commit.
        clock: wall clock in seconds, for authorship.
        quotas: what people and projects share; none but this room's when it is alone.
    """

    def __init__(
        self,
        doc_id: DocId,
        *,
        epoch: int,
        node: str,
        saver: Saver,
        config: CollabConfig,
        clock: Callable[[], float],
        quotas: Quotas | None = None,
    ) -> None:
        self.doc_id = doc_id
        self.epoch = epoch
        self.marker: int | None = None
        self.node = node
        self.config = config
        self.on_change: list[OnChange] = []
        # What a room owns points back weakly: a closed room and its document go at once, not when Python's collector
        # next looks at everything (it does not see how large a document is).
        back: Room = proxy(self)
        self.replica = Replica(doc_id, lambda *told: back._changed(*told))
        self.sessions: dict[str, Session] = {}
        self.presence = Presence(
            state_bytes=config.presence_state_bytes, ids_per_session=config.presence_ids_per_session
        )
        self.gate: Gate | None = None
        self.wire: Wire | None = None
        self.holds = 0
        self.touched_at = 0.0
        self.rows_since_snapshot = 0
        self.bytes_since_snapshot = 0
        self.reconciled_seq = 0
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self.assurance = Assurance(back)
        self._saves = SaveQueue(
            doc_id, node, saver, lambda *told: back._saved(*told), self.assurance.failing, self.assurance.state,
            lambda: back._changes.absorb_to_save(), epoch=epoch,
        )
        self._answer = _NO_ANSWER
        self.quotas = quotas or Quotas(config, self.now)
        self._changes = Changes(back)
        self._showing = Showing(back)
        self._writers = Writers(
            lambda: back._state(), lambda: back._state_now(), lambda client: back._shown_by(client)
        )  # fmt: skip
        self.arrivals = Arrivals(lambda: back._state_now(), lambda: back._waiting())

    # -- reading and editing -------------------------------------------------------------------------------------------

    @property
    def doc(self) -> Doc[Any]:
        """The document. Ask anew each time: a document that a poisonous update broke is replaced."""
        return self.replica.doc

    @property
    def unsaved(self) -> int:
        """Updates applied and not yet COMMITted."""
        return self._saves.unsaved

    @property
    def saved_count(self) -> int:
        """How many updates of this node are COMMITted, since the room opened."""
        return self._saves.committed

    @property
    def handed_over(self) -> int:
        """How many updates of this node were handed over for saving, since the room opened."""
        return self._saves.handed_over

    @property
    def counts(self) -> Counter[str]:
        """Messages by kind, flushes and the like, since the room opened."""
        return self._changes.counts

    @property
    def unsaved_bytes(self) -> int:
        """Their size."""
        return self._saves.bytes

    @property
    def oldest_unsaved_at(self) -> float | None:
        """When the oldest of them was applied, by the wall clock."""
        return self._saves.oldest_at

    @property
    def is_busy(self) -> bool:
        """Whether something applied is still to be sent, or is not known to be saved on the node that took it."""
        return self._changes.is_due or (self.wire is not None and self.wire.unconfirmed > 0)

    def now(self) -> float:
        """Monotonic seconds."""
        return self._loop.time()

    def loaded(self) -> None:
        """The log has been read: begin to watch, and call what is there durable."""
        self.replica.watch()
        self.assurance.loaded()
        self.touched_at = self.now()

    def edit(self, origin: Origin, change: Callable[[Doc[Any]], T]) -> T:
        """Change the document from inside the server, through the same door as people: saved, sent, counted.

        Args:
            origin: who or what does it.
            change: given the document, inside one transaction; must not await.

        Raises:
            NotSavingError: a tool asks while as much is unsaved as may be. The farm's results are taken all the same.
            Exception: what `change` raised. What it had changed by then stays: a Yjs transaction cannot be undone, so
                check first and write after.
        """
        if isinstance(origin, DirectOrigin):
            self._saves.check()
        self._changes.absorb()
        result, updates, failure = self.replica.edit(origin, change)
        self.arrivals.forget()
        for update in updates:
            if self.gate is not None:
                self.gate.follow(update)
            self.to_be_saved(update, origin)
            self._changes.queue(update, is_ours=True)
        if failure is not None:
            raise failure
        return cast(T, result)

    async def saved(self, timeout_s: float | None = None) -> None:
        """Wait until everything applied so far is COMMITted.

        Raises:
            UnavailableError: not within the time (default `config.save_timeout_s`); it is kept and tried again.
        """
        self._changes.absorb()
        await self._saves.saved(self.config.save_timeout_s if timeout_s is None else timeout_s)

    def set_farm(self, state: dict[str, Any] | None) -> None:
        """Show the farm's state as presence of the server's own client, `{"farm": state}`; None takes it away.

        Only this node's people see it: each node follows the farm itself.
        """
        client = self.replica.own_client
        if self.presence.set_own(client, None if state is None else {"farm": state}):
            self._showing.show((client,))

    # -- people --------------------------------------------------------------------------------------------------------

    def join(self, session: Session) -> None:
        """Let a session in and ask what it has."""
        self.sessions[session.id] = session
        self.touched_at = self.now()
        session.send(sync_step1(self.replica.state()))

    def leave(self, session: Session) -> None:
        """Let a session go; its presence goes with it. Twice does no harm."""
        if self.sessions.pop(session.id, None) is None:
            return
        self.assurance.leave(session)
        self.touched_at = self.now()
        self._writers.leave(session)
        self._showing.forget(session)
        self.arrivals.leave(session)
        gone = self.presence.drop(session.id)
        if gone:
            self._showing.show(gone)

    def receive(self, session: Session, frame: bytes) -> None:
        """Take one frame from a session.

        Raises:
            RefusalError: the session must be closed with the error's code.
        """
        if len(frame) > self.config.max_frame_bytes:
            raise TooLargeError(f"a frame of {len(frame)} bytes; {self.config.max_frame_bytes} is the limit")
        if not session.allowance.take(len(frame), self.now()):
            raise TooFastError(session.allowance.reason)
        message = decode_frame(frame)
        self.counts[message.kind.name] += 1
        if not session.is_vouched:
            vouch(self, session, message)
        if message.kind is Kind.SYNC_UPDATE or message.kind is Kind.SYNC_STEP2:
            self._write(session, message.body)
            if message.kind is Kind.SYNC_STEP2:
                self._writers.has_answered(session)
        elif message.kind is Kind.AWARENESS:
            self._showing.hear(session, message.body)
        elif message.kind is Kind.SYNC_STEP1:
            self._changes.absorb()
            first, *waiting = self.replica.diff(message.body)
            if first is not self._answer[0]:
                self._answer = first, sync_step2(first)
            session.send(self._answer[1])
            for update in waiting:
                session.send(sync_update(update))
            if not session.has_asked and len(message.body) > 1:  # it has a state: it may have been here before
                self._showing.recall()
            session.has_asked = True
            session.allowance.burden(0, len(first))
            self._showing.tell(session)
        elif message.kind is Kind.QUERY_AWARENESS:
            self._showing.tell(session)
        elif message.kind is Kind.SUBSCRIBE_SAVED:
            self.assurance.subscribe(session)

    def resync(self, state: bytes) -> tuple[list[bytes], bytes]:
        """Frames for a reader who missed everything since a state vector, and the state vector it then has."""
        return [sync_update(update) for update in self.replica.diff(state)], self.replica.state()

    def durable(self) -> bytes:
        """Frame for subscribers: what of the document survives a crash now."""
        return self.assurance.frame()

    def presence_of(self, clients: set[int]) -> bytes:
        """One frame with the newest presence of some clients."""
        return presence_frame(self.presence.encoded(clients))

    def pulse(self) -> None:
        """Keep silent connections alive; called every few seconds."""
        now = self.now()
        self.quotas.weigh(self.doc_id, self.replica.bytes)
        for session in list(self.sessions.values()):
            session.check_stall(now)
            if session.last_sent_at < now - self.config.pulse_s:
                session.send_light(PULSE_FRAME)
        self._changes.note_received()
        self._answer = _NO_ANSWER  # shared by those who join at once, not kept
        gone = self.presence.expire_remote(now - self.config.presence_remote_ttl_s)
        if gone:
            self._showing.show(gone)
        if self.wire is not None:
            self.wire.rescue(self)

    # -- other nodes ---------------------------------------------------------------------------------------------------

    def take_remote(self, update: bytes, node: str) -> None:
        """Apply what another node applied; it saves it.

        Raises:
            ProtocolError: the update does not decode here.
        """
        origin = RelayOrigin(node)
        self.replica.apply(update, origin)
        self.arrivals.forget()
        if self.gate is not None:
            self.gate.follow(update)
        self._changes.queue(update, is_ours=False)

    def save_for(self, node: str, update: bytes) -> None:
        """Save a change that another node took and did not confirm: it may have died before it could."""
        self._saves.put(update, RelayOrigin(node), self._clock())

    def take_remote_presence(self, body: bytes, node: str) -> None:
        """Take presence that another node relays.

        Raises:
            ProtocolError: it does not decode here.
        """
        self._showing.hear_node(node, body)

    def drop_remote_presence(self, node: str) -> None:
        """Nobody is on another node any more: it has ended."""
        gone = self.presence.drop(f"node:{node}")
        if gone:
            self._showing.show(gone)

    def soon_to_be_saved(self) -> None:
        """An update of this node has come in and will be applied."""
        self._saves.expect()

    def to_be_saved(self, update: bytes, origin: Origin) -> None:
        """An update of this node has been applied."""
        self._saves.put(update, origin, self._clock())

    def hasten(self) -> None:
        """Apply and send what waits for the next flush, now."""
        self._changes.hasten()

    def close(self) -> None:
        """Let go of everything; only when nobody is here and nothing is unsaved."""
        self._changes.close()
        self._showing.close()
        if self.wire is not None:
            self.wire.close()
        self.on_change.clear()
        self.replica.close()

    # -- inside --------------------------------------------------------------------------------------------------------

    def _write(self, session: Session, update: bytes) -> None:
        if update == EMPTY_UPDATE:
            return
        if not may_write(self.doc_id.kind, session.principal.role):
            if self.replica.adds_nothing(update):
                return  # a reader that brings back what it has: nothing to refuse, nothing to take
            raise ForbiddenError(refusal(self.doc_id.kind, session.principal.role))
        if len(update) > self.config.max_update_bytes:
            raise TooLargeError(f"an update of {len(update)} bytes; {self.config.max_update_bytes} is the limit")
        self.quotas.admit_bytes(self.doc_id, self.replica.bytes, len(update))
        self._saves.check()
        extent = checked(update)
        session.allowance.burden(0, _STRUCT_BYTES * len(extent.places))
        self._writers.admit(session, extent)
        update, extent = self.arrivals.without_known(update, extent)
        if update == EMPTY_UPDATE:
            return
        if self.gate is not None:  # which must see each change by itself, before it is merged with others
            self.replica.check_depth(extent)
            self.gate.admit(session, update)
            self._changes.apply(session, update, extent)
            self.arrivals.forget()
            return
        for whole, reach in self.arrivals.take(session, update, extent):
            self._changes.take(session, whole, reach)

    def _shown_by(self, client: int) -> Session | None:
        session = self.sessions.get(self.presence.speaker_of(client))
        return session if session is not None and may_write(self.doc_id.kind, session.principal.role) else None

    def _state(self) -> dict[int, int]:
        return decode_state_vector(self.replica.state())

    def _state_now(self) -> dict[int, int]:
        self._changes.absorb()
        return self._state()

    def _waiting(self) -> list[Extent]:
        return self.replica.waiting_extents

    def _changed(self, paths: frozenset[Path], origin: Origin) -> None:
        for listener in self.on_change:
            try:
                listener(paths, origin)
            except Exception:  # somebody's listener is not the editor's concern
                logger.exception("room.listener_failed doc=%s", self.doc_id)

    def _saved(self, state: bytes | None, seqs: Sequence[int], size: int) -> None:
        self.rows_since_snapshot += len(seqs)
        self.bytes_since_snapshot += size
        self.touched_at = self.now()
        if self.wire is not None:
            self.wire.saved(self._saves.committed)
        self.assurance.committed(state)
