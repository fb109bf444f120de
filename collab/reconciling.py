"""Reading the log for what other nodes did and the relay did not bring.

After a reason to look (a gap, a new neighbour, an outage) the log is read at once and a little later, and then with
growing pauses for as long as a neighbour owes something it has not saved yet. Once a minute it is read without a
reason: then nothing that a relay can do keeps two nodes apart for longer.
"""

from __future__ import annotations

import asyncio
import logging
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from collab.config import CollabConfig
from collab.errors import CollabError
from collab.neighbours import Neighbours
from store.errors import StoreError
from store.ids import DocId
from store.updates import Row

if TYPE_CHECKING:
    from collab.room import Room

logger = logging.getLogger(__name__)

_APART_S = 0.05
_UNDOUBTED_READS = 2
_YOUNG_S = 1.0


class LogTail(Protocol):
    """What reading needs of `store.updates.UpdateLog`."""

    async def tail(self, doc: DocId, after: int) -> list[Row]:
        """Rows after a sequence number."""
        ...


class Reconciler:
    """Keeps one room level with the log.

    Args:
        log: the log.
        node: this node; its own rows are in memory already.
        config: when to read.
        neighbours: who owes what.
    """

    def __init__(self, log: LogTail, node: str, config: CollabConfig, neighbours: Neighbours) -> None:
        self.reads = 0
        self._log = log
        self._node = node
        self._config = config
        self._neighbours = neighbours
        self._wanted = asyncio.Event()
        self._began = asyncio.get_running_loop().time()

    def want(self) -> None:
        """There is a reason to look."""
        self._wanted.set()

    async def run(self, room: Room) -> None:
        """Read when there is reason to, until cancelled."""
        while True:
            if await self._is_wanted_within(self._config.reconcile_every_s) or room.sessions:
                await self._catch_up(room)

    async def _catch_up(self, room: Room) -> None:
        moments = self._config.reconcile_s
        pauses = [later - earlier for earlier, later in pairwise((0.0, *moments))]
        tries = reads = 0
        await asyncio.sleep(pauses[0])
        while True:
            try:
                through = self._neighbours.payable()
                await self._read(room)
                self._neighbours.paid(through)
                reads += 1
            except StoreError as error:
                logger.warning("fanout.tail_failed doc=%s: %s", room.doc_id, error)
            except Exception:  # whatever one row does, the next look comes
                logger.exception("fanout.reconcile_failed doc=%s", room.doc_id)
            tries += 1
            if reads >= _UNDOUBTED_READS and not self._neighbours.owes(room.now(), 3 * self._config.unconfirmed_s):
                return
            if await self._is_wanted_within(max(_APART_S, pauses[min(tries, len(pauses) - 1)])):
                await asyncio.sleep(_APART_S)
                tries = reads = 0

    async def _read(self, room: Room) -> None:
        after = room.reconciled_seq
        # In its first moments a room takes rows under its own node's name too: a process of that name that was killed
        # may have had them under way.
        is_young = room.now() - self._began < _YOUNG_S
        rows = await self._log.tail(room.doc_id, after)
        self.reads += 1
        for row in rows:
            if row.node != self._node or is_young:
                try:
                    room.take_remote(row.payload, row.node)
                except CollabError as error:
                    logger.error("fanout.row_refused doc=%s seq=%d: %s", room.doc_id, row.seq, error)
            after = row.seq
        room.reconciled_seq = max(room.reconciled_seq, after)

    async def _is_wanted_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._wanted.wait()
        except TimeoutError:
            return False
        self._wanted.clear()
        return True
