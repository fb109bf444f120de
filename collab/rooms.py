"""All rooms of a process: opened by need, once; kept while somebody is in them or something is unsaved; then let go.

    (absent) → loading → live → (absent)
                           ↘ retired → gone

Loading is shared by all who ask at once. Leaving memory happens in one step without awaiting, after a last look that
nobody came and everything is saved, so there is no half-closed room to run into. A room whose document has begun
another history is retired: who comes next gets a new room at once, its people are sent away with 4409, and it ends when
what they wrote is saved, under the old history.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from pycrdt import Doc

from collab.compaction import Compactor, SnapshotLog
from collab.config import CollabConfig
from collab.errors import CloseCode
from collab.fanout import Fanout
from collab.figures import Figures, figures_of
from collab.histories import OneHistory, another_history
from collab.merging import Merger
from collab.publisher import RelayLike
from collab.quotas import Quotas
from collab.replica import merged
from collab.retention import Retention
from collab.room import Room
from collab.saving import Saver
from collab.shadow import Shadow
from store.errors import StoreError
from store.ids import DocId
from store.updates import Loaded, Row, Update

logger = logging.getLogger(__name__)

_LOAD_SLICE_S = 0.02
_SETTLE_INLINE_BYTES = 256 * 1024
_SWEEP_S = 1.0
_SWEEP_SLICE_S = 0.005
_EPOCHS_WITHIN_S = 1.0
_SEE_OFF_S = 0.05
_COMPACT_ON_CLOSE_S = 1.0


class DocumentLog(SnapshotLog, Protocol):
    """What rooms need of `store.updates.UpdateLog`."""

    async def append(self, updates: Sequence[Update]) -> list[int]:
        """Write all in one transaction."""
        ...

    async def tail(self, doc: DocId, after: int, epoch: int | None = None) -> list[Row]:
        """Rows after a sequence number."""
        ...

    async def epochs_of(self, docs: Sequence[DocId]) -> dict[DocId, int]:
        """The present epoch of each document."""
        ...


class Rooms:
    """The rooms of this process.

    Args:
        log: the update log.
        relay: how nodes hear of each other; None when there is only this one.
        config: limits and rhythms.
        node_id: this process among the nodes.
        clock: wall clock in seconds.
    """

    def __init__(
        self,
        log: DocumentLog,
        relay: RelayLike | None,
        config: CollabConfig | None = None,
        node_id: str = "node",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.config = config or CollabConfig()
        self.node_id = node_id
        self.quotas = Quotas(self.config, time.monotonic)
        self.on_open: list[Callable[[Room], None]] = []
        self.on_close: list[Callable[[Room], None]] = []
        self._log = log
        self._relay = relay
        self._clock = clock
        self._saver = Saver(log, self.config, clock)
        self._rooms: dict[DocId, Room] = {}
        self._loading: dict[DocId, asyncio.Task[Room]] = {}
        self._snapshotting: dict[DocId, asyncio.Task[None]] = {}
        self._retired: dict[Room, asyncio.Task[None]] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._epochs_asked: asyncio.Task[None] | None = None
        self._epochs_known_at = 0.0
        self.merger = Merger(self.config.merge_in_process_bytes)
        self.compactor = Compactor(log, self.merger, self.config, node_id, clock)
        self.retention = Retention(log, self.compactor, self.merger, self.config, node_id, clock)
        self._messages: dict[str, int] = {}
        self._refused = 0
        self._closing = False

    async def get(self, doc_id: DocId, *, is_entering: bool = False) -> Room:
        """The room, loaded if need be. It stays in memory for at least `idle_unload_s`; `use` keeps it longer.

        Args:
            is_entering: a client's copy comes with it, so the document's epoch is asked for now: a node that has not
                heard of a new history would let old copies in, and send new ones away.

        Raises:
            UnavailableError: the log cannot be read.
        """
        if doc_id in self._rooms:
            await self._ask_epochs(0.0 if is_entering else self.config.epoch_entry_s)
        room = self._rooms.get(doc_id)
        if room is None:
            if self._closing:
                raise RuntimeError("the rooms are closing")
            task = self._loading.get(doc_id)
            if task is None:
                task = asyncio.get_running_loop().create_task(self._load(doc_id), name=f"load {doc_id}")
                self._loading[doc_id] = task
                task.add_done_callback(lambda done: self._loading.pop(doc_id, None) and done.exception())
            # Shielded: one client that gives up does not take the load from the others.
            room = await asyncio.shield(task)
        room.touched_at = room.now()
        return room

    @asynccontextmanager
    async def use(self, doc_id: DocId, *, is_entering: bool = False) -> AsyncIterator[Room]:
        """The room, held in memory until the block ends; `is_entering` as in `get`.

        Raises:
            UnavailableError: the log cannot be read.
        """
        room = await self.get(doc_id, is_entering=is_entering)
        room.holds += 1
        try:
            yield room
        finally:
            room.holds -= 1
            room.touched_at = room.now()

    def live(self) -> list[Room]:
        """Rooms in memory now, retired ones left out."""
        return list(self._rooms.values())

    def figures(self) -> Figures:
        """A snapshot of counts; cheap enough for every scrape."""
        return figures_of(
            self.live(), list(self._retired), self._saver, self.quotas, self.compactor, self.retention,
            messages=self._messages, presence_refused=self._refused, now=self._clock(),
        )  # fmt: skip

    async def close(self, timeout_s: float = 10.0) -> bool:
        """Send everybody away (1012, so that they come back), save what is left, let go of all rooms.

        Returns:
            Whether everything was saved.
        """
        self._closing = True
        for task in [*self._loading.values(), *self._retired.values(), self._sweeper, self._epochs_asked]:
            if task is not None:
                task.cancel()
        for room in [*self.live(), *self._retired]:
            for session in list(room.sessions.values()):
                session.close(CloseCode.GOING_AWAY, "the server restarts; come back in a moment")
        everybody = [session for room in [*self.live(), *self._retired] for session in room.sessions.values()]
        waits = [session.finished.wait() for session in everybody]
        if waits:
            await asyncio.wait([asyncio.ensure_future(wait) for wait in waits], timeout=self.config.close_timeout_s + 1)
        for room in self.live():
            room.hasten()
        wires = [room.wire for room in self.live() if isinstance(room.wire, Fanout)]
        await asyncio.gather(*(wire.drain(1.0) for wire in wires))
        for wire in wires:
            wire.leave_nothing()
        all_saved = await self._saver.close(timeout_s)
        if all_saved:
            with suppress(TimeoutError):  # what is not compacted now, the next node's sweep compacts
                async with asyncio.timeout(_COMPACT_ON_CLOSE_S):
                    for room in self.live():
                        if self._wants_snapshot(room):
                            await self.compactor.compact(room.doc_id)
        for task in self._snapshotting.values():
            task.cancel()
        await asyncio.gather(*self._snapshotting.values(), *self._retired.values(), return_exceptions=True)
        for room in self.live():
            self._let_go(room)
        for room in list(self._retired):
            self._retired.pop(room).cancel()
            _end(room)
        self.merger.close()
        return all_saved

    async def keep_house(self) -> None:
        """What has to be done for documents that nobody has open, until cancelled: compaction and retention."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.compactor.run(), name="collab-compactor")
            tasks.create_task(self.retention.run(), name="collab-retention")

    async def _load(self, doc_id: DocId) -> Room:
        epoch = (await self._log.epochs_of([doc_id]))[doc_id]
        # The relay's head first: whatever other nodes publish while the log is read is then read from there.
        wire = None
        if self._relay is not None:
            wire = Fanout(self._relay, OneHistory(self._log, epoch), self.node_id, self.config)
            await wire.mark(doc_id)
        room, loaded = await self._built(doc_id, epoch)
        room.loaded()
        room.reconciled_seq = max([loaded.upto, *(row.seq for row in loaded.rows)])
        room.rows_since_snapshot = len(loaded.rows)
        room.bytes_since_snapshot = sum(len(row.payload) for row in loaded.rows)
        if doc_id.kind != "environments":
            room.gate = Shadow(doc_id, room.replica)
        self._rooms[doc_id] = room
        if wire is not None:
            room.wire = wire
            wire.start(room)
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep(), name="collab-sweeper")
        for tell in self.on_open:
            try:
                tell(room)
            except Exception:  # somebody's listener must not keep a room from opening
                logger.exception("rooms.listener_failed doc=%s", doc_id)
        logger.info("room.opened doc=%s rows=%d bytes=%d", doc_id, len(loaded.rows), room.replica.bytes)
        return room

    async def _built(self, doc_id: DocId, epoch: int) -> tuple[Room, Loaded]:
        """A room made of the log; a snapshot that does not decode is stepped over."""
        below: int | None = None
        while True:
            loaded = await self._log.load(doc_id, epoch=epoch, below=below)
            room = self._empty(doc_id, loaded)
            if loaded.snapshot is not None:
                room.replica.load(loaded.snapshot)
                if not room.replica.bytes:
                    logger.error("room.snapshot_unreadable doc=%s epoch=%d upto=%d", doc_id, epoch, loaded.upto)
                    room.close()
                    below = loaded.upto
                    continue
            break
        began = time.perf_counter()
        for row in loaded.rows:
            room.replica.load(row.payload)
            if time.perf_counter() - began > _LOAD_SLICE_S:
                await asyncio.sleep(0)  # large documents load in slices, so that other rooms go on
                began = time.perf_counter()
        await self._settled(room)
        if not room.replica.waiting:
            return room, loaded
        # Two nodes may save in another order than their changes build on each other. Given out of order and one by
        # one, yrs leaves some waiting that need not; merged they come in order.
        pieces = room.replica.pieces()
        merged_room = self._empty(doc_id, loaded)
        for piece in await self.merger.run(merged, pieces, size=sum(map(len, pieces))):
            merged_room.replica.load(piece)
        await self._settled(merged_room)
        logger.info(
            "room.out_of_order doc=%s epoch=%d waiting=%d still=%d", doc_id, epoch, len(room.replica.waiting),
            len(merged_room.replica.waiting),
        )  # fmt: skip
        _end(room)
        return merged_room, loaded

    def _empty(self, doc_id: DocId, loaded: Loaded) -> Room:
        room = Room(
            doc_id, epoch=loaded.epoch, node=self.node_id, saver=self._saver, config=self.config, clock=self._clock,
            quotas=self.quotas,
        )  # fmt: skip
        room.marker = loaded.marker
        return room

    async def _settled(self, room: Room) -> None:
        if room.replica.bytes > _SETTLE_INLINE_BYTES:
            await asyncio.to_thread(room.replica.look_through, room.replica.state())
        else:
            room.replica.settle()

    async def _ask_epochs(self, within_s: float) -> None:
        """See that what is known of the epochs of the rooms in memory is not older than this. All who ask share one
        question; a store that does not answer is no reason to keep anybody waiting.
        """
        loop = asyncio.get_running_loop()
        since = loop.time() - within_s
        while self._epochs_known_at < since:  # twice, when a question is under way that was asked before
            if self._epochs_asked is None or self._epochs_asked.done():
                self._epochs_asked = loop.create_task(self._look_at_epochs(), name="collab-epochs")
            await asyncio.wait([self._epochs_asked])

    async def _look_at_epochs(self) -> None:
        asked_at = asyncio.get_running_loop().time()
        rooms = self.live()
        try:
            async with asyncio.timeout(_EPOCHS_WITHIN_S):
                epochs = await self._log.epochs_of([room.doc_id for room in rooms])
        except (StoreError, TimeoutError) as error:
            logger.warning("rooms.epochs_unknown rooms=%d: %s", len(rooms), error)
            epochs = {}
        finally:
            self._epochs_known_at = asked_at
        for room in rooms:
            if self._rooms.get(room.doc_id) is room and epochs.get(room.doc_id, room.epoch) != room.epoch:
                self._retire(room, epochs[room.doc_id])

    def _retire(self, room: Room, epoch: int) -> None:
        """The document has another history: whoever comes from now on gets another room."""
        logger.info("room.retired doc=%s epoch=%d now=%d", room.doc_id, room.epoch, epoch)
        self._forget(room)
        task = asyncio.get_running_loop().create_task(self._see_off(room, epoch), name=f"see off {room.doc_id}")
        self._retired[room] = task

    async def _see_off(self, room: Room, epoch: int) -> None:
        """Send its people away and let go of it, once what they wrote is saved, under its own epoch."""
        refusal = another_history(epoch, room.epoch)
        while room.sessions or room.holds or room.unsaved or room.is_busy:
            for session in list(room.sessions.values()):
                session.close(refusal.code, refusal.reason)
            room.hasten()
            await asyncio.sleep(_SEE_OFF_S)
        self._retired.pop(room, None)
        _end(room)
        logger.info("room.closed doc=%s epoch=%d", room.doc_id, room.epoch)

    async def _sweep(self) -> None:
        pulsed = 0.0
        room: Room | None
        while True:
            await asyncio.sleep(min(_SWEEP_S, self.config.idle_unload_s / 3 or _SWEEP_S))
            try:
                now = asyncio.get_running_loop().time()
                pulse = now - pulsed >= min(_SWEEP_S, self.config.pulse_s / 3)
                pulsed = now if pulse else pulsed
                await self._ask_epochs(self.config.epoch_check_s)
                began = time.perf_counter()
                for room in self.live():
                    if time.perf_counter() - began > _SWEEP_SLICE_S:
                        await asyncio.sleep(0)
                        began = time.perf_counter()
                    if self._rooms.get(room.doc_id) is not room:
                        continue
                    if pulse:
                        room.pulse()
                    if self._is_idle(room, now):
                        if self._wants_snapshot(room):
                            self._start_snapshot(room)
                        elif room.doc_id not in self._snapshotting:
                            self._let_go(room)
                room = None  # a name that rests with this loop would keep the last one
            except Exception:  # the sweep must outlive one bad room
                logger.exception("rooms.sweep_failed")

    def _is_idle(self, room: Room, now: float) -> bool:
        return (
            not room.sessions
            and not room.holds
            and not room.unsaved
            and not room.is_busy
            and now - room.touched_at >= self.config.idle_unload_s
        )

    def _wants_snapshot(self, room: Room) -> bool:
        return (
            room.rows_since_snapshot >= min(self.config.snapshot_close_rows, self.config.snapshot_rows)
            or room.bytes_since_snapshot >= self.config.snapshot_bytes
        )

    def _start_snapshot(self, room: Room) -> None:
        if room.doc_id not in self._snapshotting:
            task = asyncio.get_running_loop().create_task(self._snapshot(room), name=f"snapshot {room.doc_id}")
            self._snapshotting[room.doc_id] = task
            task.add_done_callback(lambda _: self._snapshotting.pop(room.doc_id, None))

    async def _snapshot(self, room: Room) -> None:
        rows_before, bytes_before = room.rows_since_snapshot, room.bytes_since_snapshot
        await self.compactor.compact(room.doc_id)
        # Written or not, the room may go: what needs a snapshot still is found by the sweep over the store.
        room.rows_since_snapshot -= rows_before
        room.bytes_since_snapshot -= bytes_before

    def _let_go(self, room: Room) -> None:
        if self._forget(room):
            _end(room)
            logger.info("room.closed doc=%s", room.doc_id)

    def _forget(self, room: Room) -> bool:
        if self._rooms.get(room.doc_id) is not room:
            return False
        del self._rooms[room.doc_id]
        for name, count in room.counts.items():
            self._messages[name] = self._messages.get(name, 0) + count
        self._refused += room.presence.refused
        for tell in self.on_close:
            tell(room)
        return True


def _end(room: Room) -> None:
    room.close()
    # A room and its parts know each other: without this the document would stay until Python looks for cycles.
    room.replica.doc = Doc()
