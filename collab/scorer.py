"""When the six standard angles of a place stand in the document, the farm is asked what they are worth.

Observers only take notes; one task per document looks, a moment later, which sets are complete and not scored. A node
asks for what it attached itself; what was complete before a room opened is asked for by the healer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from collab.document import EnvironmentsDoc
from collab.ending import Closing, ended
from collab.flow_config import FlowConfig
from collab.ordering import Farm
from collab.origin import Origin
from collab.replica import Path
from collab.room import Room
from collab.rooms import Rooms
from collab.schema import BASE
from collab.scoring import attach_scores, is_scored, score_spec
from render.queue import RenderRequest
from render.scores.request import SCORES_SUFFIX
from render.spec import RenderTarget
from store.errors import StoreError
from store.ids import DocId, EnvironmentId, is_id

logger = logging.getLogger(__name__)

SCORES_PRIORITY = 50
"""Behind every picture, those that healing asks for too."""
SCORER = "farm"
_GATHER_S = 0.05
"""Pictures that arrive together are looked at together."""


class Scorer:
    """Asks for scores when a set is complete.

    Args:
        rooms: hold the documents.
        farm: scores.
        config: how patient.
    """

    def __init__(self, rooms: Rooms, farm: Farm, config: FlowConfig) -> None:
        self._rooms = rooms
        self._farm = farm
        self._config = config
        self._dirty: dict[DocId, set[EnvironmentId]] = {}
        self._tasks: dict[DocId, asyncio.Task[None]] = {}
        self._closing = Closing()

    def watch(self, room: Room) -> None:
        """Begin to listen to a room; for `Rooms.on_open`."""
        if room.doc_id.kind == "environments":
            doc = room.doc_id
            room.on_change.append(lambda paths, origin: self._changed(doc, paths, origin))

    async def ask(self, room: Room, environments: Iterable[EnvironmentId]) -> int:
        """Ask for the scores that complete sets of these environments lack.

        Returns:
            How many sets were asked for.

        Raises:
            UnavailableError: the farm's ledger does not answer.
        """
        tree = EnvironmentsDoc(room.doc)
        requests: list[RenderRequest] = []
        for environment in environments:
            view = tree.view(environment)
            if view is None or not view.is_live:
                continue
            for variation in (BASE, *view.variations):
                spec = score_spec(view, variation)
                if spec is not None and not is_scored(view, variation, spec.digest()):
                    target = RenderTarget(room.doc_id.project, environment, variation + SCORES_SUFFIX)
                    requests.append(RenderRequest(target, spec, "settled", SCORER, SCORES_PRIORITY))
        answers = await self._farm.submit(requests) if requests else []
        for request, answer in zip(requests, answers, strict=True):
            if answer.state == "done" and answer.result is not None:
                attach_scores(
                    room, request.target.environment, request.target.slot.removesuffix(SCORES_SUFFIX), answer.digest,
                    answer.result["scores"], answer.job_id or "remembered",
                )
        return len(requests)

    async def close(self) -> None:
        """Stop asking. Sets not yet scored are found again when their room opens."""
        self._closing.set()
        await ended(self._tasks.values())

    def _changed(self, doc: DocId, paths: frozenset[Path], origin: Origin) -> None:
        """Called from inside transactions: only takes notes. Another node asks for what it attached itself."""
        if origin.kind != "attach" or self._closing.is_set:
            return
        touched = {
            EnvironmentId(str(path[1])) for path in paths
            if len(path) > 1 and path[0] == "environments" and is_id(str(path[1]))
        }
        if touched:
            self._dirty.setdefault(doc, set()).update(touched)
            if doc not in self._tasks:
                self._tasks[doc] = asyncio.create_task(self._run(doc), name=f"scores-{doc}")

    async def _run(self, doc: DocId) -> None:
        try:
            async with self._rooms.use(doc) as room:
                while self._dirty.get(doc) and await self._closing.rest(_GATHER_S):
                    waiting = self._dirty.pop(doc)
                    try:
                        await self.ask(room, sorted(waiting))
                    except StoreError as error:
                        logger.warning("scores.retry doc=%s: %s", doc, error)
                        self._dirty.setdefault(doc, set()).update(waiting)
                        await self._closing.rest(self._config.retry_s)
        except StoreError as error:
            logger.error("scores.room_lost doc=%s: %s", doc, error)
        except Exception:
            # Scores are asked for again when the room opens; pictures go on without them.
            logger.exception("scores.failed doc=%s", doc)
        finally:
            self._dirty.pop(doc, None)
            del self._tasks[doc]
