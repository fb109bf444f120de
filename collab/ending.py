"""Ending background work without breaking what it is in the middle of.

A task canceled inside a database call takes the connection down with it; so tasks are told to stop, given a moment to
come to their next resting place, and only then canceled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

GRACE_S = 3.0


class Closing:
    """A flag that rests can be interrupted by."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def is_set(self) -> bool:
        """Whether work is to stop."""
        return self._event.is_set()

    def set(self) -> None:
        """Work is to stop at its next resting place."""
        self._event.set()

    async def rest(self, seconds: float) -> bool:
        """Rest for so long, or until work is to stop. Returns whether it is to go on."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            pass
        return not self._event.is_set()


async def ended(tasks: Iterable[asyncio.Task[Any]], grace_s: float = GRACE_S) -> None:
    """Wait for tasks that were told to stop; cancel those that do not, until they have."""
    pending = {task for task in tasks if not task.done()}
    if pending:
        _, pending = await asyncio.wait(pending, timeout=grace_s)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1.0)
