"""A room: one document in memory, the people in it, and the way of a change.

    frame in → rules → applied → queued for saving → merged with its neighbours → sent to everybody else, on this node
    and on others

All of it is synchronous; nobody waits for anybody. When the room is idle a change is applied and goes out in the same
turn of the loop; under load what a session sends meanwhile is merged before it is applied, and everybody's before it is
sent, so that both take a bounded share of the time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, cast

from pycrdt import Doc

from collab.codec import (
    EMPTY_UPDATE,
    PULSE_FRAME,
    Kind,
    decode_frame,
    decode_presence,
    presence_frame,
    saved_frame,
    saving_frame,
    sync_step1,
    sync_step2,
    sync_update,
)
from collab.config import CollabConfig
from collab.errors import ForbiddenError, ProtocolError, TooFastError, TooLargeError
from collab.guards import may_write, refusal
from collab.origin import Origin, RelayOrigin, SessionOrigin
from collab.presence import Presence
from collab.replica import Path, PoisonError, Replica, merged
from collab.saving import SaveQueue, Saver
from collab.session import Session
from store.ids import DocId

logger = logging.getLogger(__name__)

T = TypeVar("T")
OnChange = Callable[[frozenset[Path], Origin], None]
_PRESENCE_ENTRIES = 4096
_WORTH_A_PAUSE_S = 0.005
_GATHER_S = 0.002


class Gate(Protocol):
    """Looks at an update before it touches the document; `collab.shadow` has the real one."""

    def admit(self, session: Session, update: bytes) -> None:
        """Raises ForbiddenError when the session may not make this change."""
        ...

    def follow(self, update: bytes) -> None:
        """A change that came through another door."""
        ...


class Wire(Protocol):
    """Where changes go on their way to other nodes; `collab.fanout` has the real one."""

    @property
    def unconfirmed(self) -> int:
        """Changes of other nodes that are not known to be saved."""
        ...

    def changed(self, update: bytes, handed_over: int) -> None:
        """A merged batch of this node's changes, and how many had been handed over for saving by then."""
        ...

    def saved(self, count: int) -> None:
        """So many of the changes handed over are COMMITted."""
        ...

    def rescue(self, room: Room) -> None:
        """Save what other nodes changed and did not confirm in time."""
        ...

    def present(self, entries: Sequence[bytes]) -> None:
        """Presence of this node's sessions."""
        ...

    def close(self) -> None:
        """The room leaves memory."""
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
    ) -> None:
        self.doc_id = doc_id
        self.epoch = epoch
        self.node = node
        self.config = config
        self.on_change: list[OnChange] = []
        self.replica = Replica(doc_id, self._changed)
        self.sessions: dict[str, Session] = {}
        self.presence = Presence(
            state_bytes=config.presence_state_bytes, ids_per_session=config.presence_ids_per_session
        )
        self.gate: Gate | None = None
        self.wire: Wire | None = None
        self.holds = 0
        self.touched_at = 0.0
        self.counts: Counter[str] = Counter()
        self.rows_since_snapshot = 0
        self.bytes_since_snapshot = 0
        self.reconciled_seq = 0
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._saves = SaveQueue(doc_id, node, saver, self._saved, self._failing, self._state_for_subscribers)
        self._durable = b"\x00"
        self._subscribers = 0
        self._inbox: dict[Session, list[bytes]] = {}
        self._batch: list[tuple[bytes, Origin]] = []
        self._pausing: list[asyncio.Future[None]] = []
        self._flush_due: asyncio.Handle | None = None
        self._next_flush_at = 0.0
        self._presence_batch: set[int] = set()
        self._presence_due: asyncio.Handle | None = None
        self._next_presence_at = 0.0

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
        return self._flush_due is not None or (self.wire is not None and self.wire.unconfirmed > 0)

    def now(self) -> float:
        """Monotonic seconds."""
        return self._loop.time()

    def loaded(self) -> None:
        """The log has been read: begin to watch, and call what is there durable."""
        self.replica.watch()
        self._durable = self.replica.state()
        self.touched_at = self.now()

    def edit(self, origin: Origin, change: Callable[[Doc[Any]], T]) -> T:
        """Change the document from inside the server, through the same door as people: saved, sent, counted.

        Args:
            origin: who or what does it.
            change: given the document, inside one transaction; must not await.

        Raises:
            Exception: what `change` raised. What it had changed by then stays: a Yjs transaction cannot be undone, so
                check first and write after.
        """
        self._absorb()
        result, updates, failure = self.replica.edit(origin, change)
        for update in updates:
            if self.gate is not None:
                self.gate.follow(update)
            self._accepted(update, origin)
        if failure is not None:
            raise failure
        return cast(T, result)

    async def saved(self, timeout_s: float | None = None) -> None:
        """Wait until everything applied so far is COMMITted.

        Raises:
            UnavailableError: not within the time (default `config.save_timeout_s`); it is kept and tried again.
        """
        self._absorb()
        await self._saves.saved(self.config.save_timeout_s if timeout_s is None else timeout_s)

    def set_farm(self, state: dict[str, Any] | None) -> None:
        """Show the farm's state as presence of the server's own client, `{"farm": state}`; None takes it away.

        Only this node's people see it: each node follows the farm itself.
        """
        client = self.replica.own_client
        if self.presence.set_own(client, None if state is None else {"farm": state}):
            self._present((client,))

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
        self._subscribers -= session.wants_saved
        self.touched_at = self.now()
        gone = self.presence.drop(session.id)
        if gone:
            self._present(gone)

    def receive(self, session: Session, frame: bytes) -> None:
        """Take one frame from a session.

        Raises:
            RefusalError: the session must be closed with the error's code.
        """
        if len(frame) > self.config.max_frame_bytes:
            raise TooLargeError(f"a frame of {len(frame)} bytes; {self.config.max_frame_bytes} is the limit")
        if not session.may_speak(len(frame), self.now()):
            raise TooFastError("more messages than the limit; come back later")
        message = decode_frame(frame)
        self.counts[message.kind.name] += 1
        if message.kind is Kind.SYNC_UPDATE or message.kind is Kind.SYNC_STEP2:
            self._write(session, message.body)
        elif message.kind is Kind.AWARENESS:
            self._hear(session, message.body)
        elif message.kind is Kind.SYNC_STEP1:
            self._absorb()
            first, *waiting = self.replica.diff(message.body)
            session.send(sync_step2(first))
            for update in waiting:
                session.send(sync_update(update))
            session.send_presence(presence_frame(self.presence.everybody()), self.presence.clients())
        elif message.kind is Kind.QUERY_AWARENESS:
            session.send_presence(presence_frame(self.presence.everybody()), self.presence.clients())
        elif message.kind is Kind.SUBSCRIBE_SAVED:
            if not session.wants_saved:
                session.wants_saved = True
                self._subscribers += 1
            session.send_saved(self.durable())

    def wants_pause(self) -> bool:
        """Whether a session had better read on with the next flush: a socket that is read once for many frames costs a
        fraction of one that is read for each."""
        return self._flush_due is not None and self._next_flush_at - self._loop.time() > _WORTH_A_PAUSE_S

    async def pause(self) -> None:
        """Wait until shortly before the next flush."""
        future = self._loop.create_future()
        self._pausing.append(future)
        await future

    def resync(self, state: bytes) -> tuple[list[bytes], bytes]:
        """Frames for a reader who missed everything since a state vector, and the state vector it then has."""
        return [sync_update(update) for update in self.replica.diff(state)], self.replica.state()

    def durable(self) -> bytes:
        """Frame for subscribers: what of the document survives a crash now."""
        if not self.unsaved:
            self._durable = self.replica.state()
        return saved_frame(self._durable)

    def presence_of(self, clients: set[int]) -> bytes:
        """One frame with the newest presence of some clients."""
        return presence_frame(self.presence.encoded(clients))

    def pulse(self) -> None:
        """Keep silent connections alive; called every few seconds."""
        before = self.now() - self.config.pulse_s
        for session in self.sessions.values():
            if session.last_sent_at < before:
                session.send_light(PULSE_FRAME)
        gone = self.presence.expire_remote(self.now() - self.config.presence_remote_ttl_s)
        if gone:
            self._present(gone)
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
        if self.gate is not None:
            self.gate.follow(update)
        self._queue(update, origin)

    def save_for(self, node: str, update: bytes) -> None:
        """Save a change that another node took and did not confirm: it may have died before it could."""
        self._saves.put(update, RelayOrigin(node), self._clock())

    def take_remote_presence(self, body: bytes, node: str) -> None:
        """Take presence that another node relays.

        Raises:
            ProtocolError: it does not decode here.
        """
        changed = self.presence.take_remote(node, decode_presence(body, max_entries=_PRESENCE_ENTRIES), self.now())
        if changed:
            self._present(changed)

    def hasten(self) -> None:
        """Apply and send what waits for the next flush, now."""
        if self._flush_due is not None:
            self._flush_due.cancel()
            self._flush()

    def close(self) -> None:
        """Let go of everything; only when nobody is here and nothing is unsaved."""
        for handle in (self._flush_due, self._presence_due):
            if handle is not None:
                handle.cancel()
        self._resume()
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
        if self.replica.bytes + len(update) > self.config.max_document_bytes:
            raise TooLargeError(f"the document has grown to {self.replica.bytes} bytes and takes no more")
        if self.gate is not None:  # which must see each change by itself, before it is merged with others
            self.gate.admit(session, update)
            self._apply(session, update)
            return
        self._inbox.setdefault(session, []).append(update)
        self._flush_soon()

    def _apply(self, session: Session, update: bytes) -> None:
        try:
            self.replica.apply(update, session.origin)
        except PoisonError:
            self.counts["poisoned"] += 1
            raise
        self._accepted(update, session.origin)

    def _absorb(self) -> None:
        """Apply what has come in. A session whose update is refused is closed; what it sent before stands."""
        while self._inbox:
            inbox, self._inbox = self._inbox, {}
            for session, updates in inbox.items():
                whole = merged(updates)
                try:
                    if len(whole) < len(updates):
                        try:
                            self._apply(session, whole[0])
                            continue
                        except ProtocolError:
                            pass  # one of them is bad: which one shows when they are taken one by one
                    for update in updates:
                        self._apply(session, update)
                except ProtocolError as refused:
                    session.refuse(refused)

    def _accepted(self, update: bytes, origin: Origin) -> None:
        self._saves.put(update, origin, self._clock())
        self._queue(update, origin)

    def _queue(self, update: bytes, origin: Origin) -> None:
        self._batch.append((update, origin))
        self._flush_soon()

    def _flush_soon(self) -> None:
        if self._flush_due is None:
            wait = self._next_flush_at - self._loop.time()
            later = self._loop.call_later
            self._flush_due = later(wait, self._gather) if wait > 0 else self._loop.call_soon(self._flush)

    def _gather(self) -> None:
        """Let those who paused read what has come meanwhile, and flush right after."""
        if not self._pausing:
            self._flush()
            return
        self._flush_due = self._loop.call_later(_GATHER_S, self._flush)
        self._resume()

    def _resume(self) -> None:
        pausing, self._pausing = self._pausing, []
        for future in pausing:
            if not future.done():
                future.set_result(None)

    def _flush(self) -> None:
        began = time.perf_counter()
        self._absorb()
        self._flush_due = None
        self._resume()
        batch, self._batch = self._batch, []
        if not batch:
            return
        updates = merged([update for update, _ in batch])
        self.replica.settle()
        first = batch[0][1]
        alone = None
        if isinstance(first, SessionOrigin) and all(origin is first for _, origin in batch):
            alone = first.session
        for update in updates:
            frame = sync_update(update)
            for session in list(self.sessions.values()):
                if session.id != alone:
                    session.send(frame)
        if self.wire is not None:
            ours = [update for update, origin in batch if origin.kind != "relay"]
            for update in updates if len(ours) == len(batch) else merged(ours):
                self.wire.changed(update, self._saves.handed_over)
        self.counts["flushes"] += 1
        self.counts["fanned_out"] += len(batch)
        cost = time.perf_counter() - began
        pause = min(cost / self.config.fanout_share, self.config.fanout_pause_max_s)
        self._next_flush_at = self._loop.time() + pause

    def _hear(self, session: Session, body: bytes) -> None:
        entries = decode_presence(body, max_entries=_PRESENCE_ENTRIES)
        taken = self.presence.take(session.speaker, entries, self.now())
        if taken.answers:
            session.send_presence(presence_frame(taken.answers), set())
        if taken.changed:
            self._present(taken.changed)

    def _present(self, clients: Sequence[int]) -> None:
        self._presence_batch.update(clients)
        if self._presence_due is None:
            wait = self._next_presence_at - self._loop.time()
            later = self._loop.call_later
            self._presence_due = (
                later(wait, self._flush_presence) if wait > 0 else self._loop.call_soon(self._flush_presence)
            )

    def _flush_presence(self) -> None:
        self._presence_due = None
        self._next_presence_at = self._loop.time() + 1 / self.config.presence_hz
        clients, self._presence_batch = self._presence_batch, set()
        frame = self.presence_of(clients)
        for session in list(self.sessions.values()):
            session.send_presence(frame, clients)
        if self.wire is not None:
            own = self.presence.encoded(self.presence.relayed(clients))
            if own:
                self.wire.present(own)

    def _changed(self, paths: frozenset[Path], origin: Origin) -> None:
        for listener in self.on_change:
            try:
                listener(paths, origin)
            except Exception:  # somebody's listener is not the editor's concern
                logger.exception("room.listener_failed doc=%s", self.doc_id)

    def _state_for_subscribers(self) -> bytes | None:
        return self.replica.state() if self._subscribers else None

    def _saved(self, state: bytes | None, seqs: Sequence[int], size: int) -> None:
        self.rows_since_snapshot += len(seqs)
        self.bytes_since_snapshot += size
        self.touched_at = self.now()
        if self.wire is not None:
            self.wire.saved(self._saves.committed)
        if state is not None:
            self._durable = state
            frame = saved_frame(state)
            for session in list(self.sessions.values()):
                if session.wants_saved:
                    session.send_saved(frame)

    def _failing(self, since: float | None) -> None:
        frame = saving_frame(json.dumps({"saving": "ok"} if since is None else {"saving": "failing", "since": since}))
        for session in list(self.sessions.values()):
            if session.wants_saved:
                session.send_light(frame)
