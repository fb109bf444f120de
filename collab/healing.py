"""Opening a room heals it: pictures and scores that are missing, outdated or lost are asked for again, gently.

Whatever went wrong before (a node killed between edit and request, an event that never came, a worker lost three times)
shows in the document as a slot that does not hold what is wanted. Asking twice is harmless: the farm knows its digests.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from collab.document import EnvironmentsDoc
from collab.ending import Closing, ended
from collab.flow_config import FlowConfig
from collab.ordering import HEAL_PRIORITY, Farm, Order, place
from collab.origin import AttachOrigin
from collab.planning import slots_of
from collab.room import Room
from collab.rooms import Rooms
from store.errors import StoreError
from store.ids import DocId, EnvironmentId

logger = logging.getLogger(__name__)

AskScores = Callable[[Room, Sequence[EnvironmentId]], Awaitable[int]]

ORIGIN = AttachOrigin("heal")
HEALER = "farm"
TRIES = 5


class Healer:
    """Looks through each environments room once, after it opens.

    Args:
        rooms: hold the documents.
        farm: renders.
        config: how gently.
        scores: asks for the scores that complete sets of environments lack.
    """

    def __init__(self, rooms: Rooms, farm: Farm, config: FlowConfig, scores: AskScores | None = None) -> None:
        self._rooms = rooms
        self._farm = farm
        self._config = config
        self._scores = scores
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = Closing()

    def watch(self, room: Room) -> None:
        """Look through this room soon; for `Rooms.on_open`."""
        if room.doc_id.kind == "environments":
            # Only what was there when it opened: what is made later is asked for by those who make it.
            ids = sorted(EnvironmentsDoc(room.doc).ids())
            task = asyncio.create_task(self._heal(room.doc_id, ids), name=f"heal-{room.doc_id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop looking."""
        self._closing.set()
        await ended(self._tasks)

    async def _heal(self, doc: DocId, ids: Sequence[EnvironmentId]) -> None:
        for attempt in range(TRIES):
            try:
                async with self._rooms.use(doc) as room:
                    asked = await self._look_through(room, ids)
                if asked:
                    logger.info("heal.asked doc=%s slots=%d", doc, asked)
                return
            except StoreError as error:
                logger.warning("heal.retry doc=%s attempt=%d: %s", doc, attempt + 1, error)
                if not await self._closing.rest(self._config.retry_s * 2**attempt):
                    return
            except Exception:
                logger.exception("heal.failed doc=%s", doc)
                return

    async def _look_through(self, room: Room, ids: Sequence[EnvironmentId]) -> int:
        """Ask for what is owed, a few environments at a go; those who opened the project come first."""
        asked = 0
        for start in range(0, len(ids), self._config.heal_batch):
            if not await self._closing.rest(self._config.heal_pause_s):
                break
            tree = EnvironmentsDoc(room.doc)
            orders: list[Order] = []
            for environment in ids[start : start + self._config.heal_batch]:
                view = tree.view(environment)
                if view is not None and view.is_live:
                    orders += [Order(environment, slot, HEAL_PRIORITY) for slot in slots_of(view)]
            asked += len(await place(room, self._farm, orders, origin=ORIGIN, user=HEALER))
            if self._scores is not None:
                asked += await self._scores(room, ids[start : start + self._config.heal_batch])
        return asked
