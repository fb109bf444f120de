"""Keeps the Directory true: which project each environment lives in, so that an environment's id alone finds it.

The document is the truth. When a room opens, and whenever somebody adds an environment from a browser, the ids that the
Directory lacks are added to it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from collab.document import EnvironmentsDoc
from collab.ending import Closing, ended
from collab.flow_config import FlowConfig
from collab.origin import Origin
from collab.replica import Path
from collab.room import Room
from collab.rooms import Rooms
from store.errors import StoreError
from store.ids import DocId, EnvironmentId, ProjectId

logger = logging.getLogger(__name__)


class Directory(Protocol):
    """What is asked of store.directory.Directory."""

    async def put(self, environment_id: EnvironmentId, project_id: ProjectId) -> bool:
        """Note that the project has this environment; False when another project holds the id."""
        ...

    async def list(self, project_id: ProjectId) -> list[EnvironmentId]:
        """The environments known of a project."""
        ...


class DirectoryKeeper:
    """Adds to the Directory what appears in documents.

    Args:
        rooms: hold the documents.
        directory: kept true.
        config: when to try again.
    """

    def __init__(self, rooms: Rooms, directory: Directory, config: FlowConfig) -> None:
        self._rooms = rooms
        self._directory = directory
        self._config = config
        self._due: set[DocId] = set()
        self._tasks: dict[DocId, asyncio.Task[None]] = {}
        self._closing = Closing()

    def watch(self, room: Room) -> None:
        """Begin to listen to a room; for `Rooms.on_open`."""
        if room.doc_id.kind == "environments":
            doc = room.doc_id
            room.on_change.append(lambda paths, origin: self._changed(doc, paths, origin))
            self._mark(doc)

    async def close(self) -> None:
        """Stop; what is missing is added when the room opens again."""
        self._closing.set()
        await ended(self._tasks.values())

    def _changed(self, doc: DocId, paths: frozenset[Path], origin: Origin) -> None:
        if any(len(path) == 2 and path[0] == "environments" for path in paths):
            self._mark(doc)

    def _mark(self, doc: DocId) -> None:
        self._due.add(doc)
        if doc not in self._tasks and not self._closing.is_set:
            self._tasks[doc] = asyncio.create_task(self._run(doc), name=f"directory-{doc}")

    async def _run(self, doc: DocId) -> None:
        try:
            async with self._rooms.use(doc) as room:
                while doc in self._due and not self._closing.is_set:
                    self._due.discard(doc)
                    try:
                        await self._add_missing(room)
                    except StoreError as error:
                        logger.warning("directory.retry doc=%s: %s", doc, error)
                        self._due.add(doc)
                        await self._closing.rest(self._config.retry_s)
        except Exception:
            logger.exception("directory.failed doc=%s", doc)
            self._due.discard(doc)
        finally:
            del self._tasks[doc]
        if doc in self._due:
            self._mark(doc)

    async def _add_missing(self, room: Room) -> None:
        project = room.doc_id.project
        missing = set(EnvironmentsDoc(room.doc).ids()) - set(await self._directory.list(project))
        for environment in sorted(missing):
            if not await self._directory.put(environment, project):
                logger.warning("directory.id_taken environment=%s project=%s", environment, project)
