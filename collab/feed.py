"""The farm's events as this node hears them: everyone gets every event, nobody is asked to remember.

Presence and previews listen here. What must not be lost goes another way: attach.py takes it from a shared stream.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from render.events import FARM_STREAM, RenderEvent, decode_event
from store.errors import UnavailableError
from store.relay.base import Relay

logger = logging.getLogger(__name__)

Listener = Callable[[RenderEvent], None]


class FarmFeed:
    """Follows the farm's stream and tells each listener each event.

    `listeners` are called in order and only take notes; one that raises harms no other.
    """

    def __init__(self, relay: Relay) -> None:
        self.listeners: list[Listener] = []
        self._relay = relay
        self._after: str | None = None

    async def begin(self) -> None:
        """Fix where to begin, so that nothing said from now on is missed while `run` gets under way."""
        try:
            self._after = await self._relay.head(FARM_STREAM)
        except UnavailableError as error:
            logger.warning("feed.no_head: %s; beginning with what is said next", error)

    async def run(self) -> None:
        """Follow until canceled."""
        async for message in self._relay.follow(FARM_STREAM, self._after):
            self._after = message.id
            try:
                event = decode_event(message.payload)
            except ValueError as error:
                logger.debug("feed.unknown_event message=%s: %s", message.id, error)
                continue
            for listener in self.listeners:
                try:
                    listener(event)
                except Exception:
                    logger.exception("feed.listener_failed type=%s job=%s", event.type, event.job)
