"""From the farm's events back into documents: the Attacher takes each outcome once and writes it as an ordinary edit.

One node of the house takes each event (a shared stream). An outcome counts only if its digest is what the document
still asks for; writing it twice changes nothing. The event is acknowledged after the edit is durable, so that a node
killed in between leaves it to another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from collab import renders
from collab.document import EnvironmentsDoc
from collab.ending import Closing, ended
from collab.origin import AttachOrigin
from collab.planning import plan
from collab.room import Room
from collab.rooms import Rooms
from collab.scoring import attach_scores, attach_unscored, variation_of
from collab.verdict import Verdict
from render.errors import SpecError
from render.events import FARM_STREAM, RenderEvent, decode_event
from store.errors import StoreError
from store.ids import DocId, EnvironmentId
from store.relay.base import Message, Relay

logger = logging.getLogger(__name__)

GROUP = "attach"
AT_ONCE = 8
"""Events in work at one time; loading one large document must not hold up the rest."""

OnOutdated = Callable[[DocId, EnvironmentId], None]


def attach_done(
    room: Room, environment: str, slot: str, digest: str, result: dict[str, Any], job: str
) -> Verdict:
    """Write a finished picture into its slot.

    Args:
        room: of the project's environments.
        environment, slot: where the picture belongs.
        digest: of the spec it was rendered from.
        result: what the farm says of it, see render/events.py.
        job: its id, for the history.
    """
    verdict, value = _judge(room, environment, slot, digest)
    if verdict is not None:
        return verdict
    # The same picture under another name is a render repeated because its file was lost: the new name counts.
    if value is not None and renders.is_current(value, digest) and value["image"] == result.get("image"):
        return Verdict.ALREADY
    _write(room, environment, slot, renders.done(digest, result), job)
    return Verdict.ATTACHED


def attach_failed(room: Room, environment: str, slot: str, digest: str, kind: str, sentence: str, job: str) -> Verdict:
    """Write why a picture did not come; the one before stays."""
    verdict, value = _judge(room, environment, slot, digest)
    if verdict is not None:
        return verdict
    if renders.is_current(value, digest) or renders.failed_for(value, digest) == kind:
        return Verdict.ALREADY
    _write(room, environment, slot, renders.failed(value, digest, kind, sentence), job)
    return Verdict.ATTACHED


def attach_canceled(room: Room, environment: str, slot: str, digest: str, job: str) -> Verdict:
    """Take a stopped request back: the picture before is done again, or the slot goes if there was none."""
    verdict, value = _judge(room, environment, slot, digest)
    if verdict is not None:
        return verdict
    if value is None or not renders.awaits(value, digest):
        return Verdict.ALREADY
    _write(room, environment, slot, renders.canceled(value, digest), job)
    return Verdict.ATTACHED


class Attacher:
    """Consumes the farm's stream for settled outcomes.

    Args:
        rooms: opens the rooms they belong to.
        relay: brings the events.
        member: this node's name in the group.
        on_outdated: told when a document asks for another picture than the one that came; it may be owed one.
        retry_s: pause before a store that did not answer is tried again.
    """

    def __init__(
        self, rooms: Rooms, relay: Relay, *, member: str, on_outdated: OnOutdated = lambda doc, environment: None,
        retry_s: float = 1.0,
    ) -> None:
        self._rooms = rooms
        self._relay = relay
        self._member = member
        self._on_outdated = on_outdated
        self._retry_s = retry_s
        self._places = asyncio.Semaphore(AT_ONCE)
        self._in_work: dict[str, asyncio.Task[None]] = {}
        self._closing = Closing()

    async def run(self) -> None:
        """Attach until canceled."""
        self._closing = Closing()
        try:
            async for message in self._relay.share(FARM_STREAM, GROUP, self._member):
                # An event in work for long is handed out again; this member still has it.
                if message.id in self._in_work:
                    continue
                await self._places.acquire()
                self._in_work[message.id] = asyncio.create_task(self._take(message), name=f"attach-{message.id}")
        finally:
            self._closing.set()
            await ended(self._in_work.values())

    async def _take(self, message: Message) -> None:
        try:
            if await self._handle(message):
                await self._relay.ack(FARM_STREAM, GROUP, message.id)
        except StoreError as error:
            logger.warning("attach.ack_failed message=%s: %s; it will come again", message.id, error)
        except Exception:
            # Acknowledged all the same: an event that breaks the code would come back for ever. Opening the room heals.
            logger.exception("attach.event_dropped message=%s payload=%.400r", message.id, message.payload)
            await self._relay.ack(FARM_STREAM, GROUP, message.id)
        finally:
            del self._in_work[message.id]
            self._places.release()

    async def _handle(self, message: Message) -> bool:
        """Attach; returns whether the message is done with."""
        try:
            event = decode_event(message.payload)
        except ValueError as error:
            logger.warning("attach.unknown_event message=%s: %s", message.id, error)
            return True
        if event.lane != "settled" or event.type not in ("done", "failed", "canceled") or not event.job:
            return True  # an event without a job only announces what a document has already
        while True:
            try:
                await self._attach(event)
                return True
            except StoreError as error:
                logger.warning("attach.retry job=%s project=%s: %s", event.job, event.target.project, error)
                if not await self._closing.rest(self._retry_s):
                    return False

    async def _attach(self, event: RenderEvent) -> None:
        doc = DocId(event.target.project, "environments")
        async with self._rooms.use(doc) as room:
            verdict = _apply(room, event)
            logger.info(
                "attach.%s job=%s type=%s doc=%s environment=%s slot=%s", verdict, event.job, event.type, doc,
                event.target.environment, event.target.slot,
            )
            is_picture = variation_of(event.target.slot) is None
            if verdict is Verdict.OUTDATED and event.type != "canceled" and is_picture:
                self._on_outdated(doc, event.target.environment)
            await room.saved()


def _apply(room: Room, event: RenderEvent) -> Verdict:
    environment, slot = event.target.environment, event.target.slot
    variation = variation_of(slot)
    if variation is not None:
        return _apply_scores(room, event, variation)
    if event.type == "done":
        return attach_done(room, environment, slot, event.digest, event.result, event.job)
    if event.type == "failed":
        return attach_failed(room, environment, slot, event.digest, event.error_kind, event.error, event.job)
    return attach_canceled(room, environment, slot, event.digest, event.job)


def _apply_scores(room: Room, event: RenderEvent, variation: str) -> Verdict:
    environment = event.target.environment
    if event.type == "done":
        return attach_scores(room, environment, variation, event.digest, event.result["scores"], event.job)
    if event.type == "failed":
        return attach_unscored(
            room, environment, variation, event.digest, event.error_kind, event.error, event.job
        )
    return Verdict.ALREADY


def _judge(room: Room, environment: str, slot: str, digest: str) -> tuple[Verdict | None, dict[str, Any] | None]:
    """A verdict if the outcome cannot count, and what stands in the slot."""
    tree = EnvironmentsDoc(room.doc)
    view = tree.view(environment)
    if view is None or not view.is_live:
        return Verdict.GONE, None
    try:
        wanted = plan(view, slot).digest()
    except SpecError:
        return Verdict.OUTDATED, None
    return (None if wanted == digest else Verdict.OUTDATED), tree.render(environment, slot)


def _write(room: Room, environment: str, slot: str, value: dict[str, Any] | None, job: str) -> None:
    room.edit(AttachOrigin(job), lambda doc: EnvironmentsDoc(doc).set_render(environment, slot, value))
