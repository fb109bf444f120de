"""A pause that can be ended early, for loops that stop between two rounds and never inside one."""

from __future__ import annotations

import asyncio


async def happens_within(event: asyncio.Event, pause_s: float) -> bool:
    """Wait for the event, at most so long.

    Args:
        event: ends the pause.
        pause_s: seconds.

    Returns:
        Whether the event was set.
    """
    try:
        async with asyncio.timeout(pause_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
