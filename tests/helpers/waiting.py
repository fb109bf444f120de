"""Wait for a condition instead of for a time."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable


async def wait_until(
    condition: Callable[[], object] | Callable[[], Awaitable[object]], timeout_s: float = 10.0, what: str = ""
) -> None:
    """Return once `condition()` is true; look again every few milliseconds.

    Args:
        condition: plain or async function.
        timeout_s: how long to try.
        what: for the message when it never came true.

    Raises:
        AssertionError: it was not true in time.
    """
    give_up = time.monotonic() + timeout_s
    pause_s = 0.002
    while True:
        held = condition()
        if inspect.isawaitable(held):
            held = await held
        if held:
            return
        if time.monotonic() > give_up:
            raise AssertionError(f"not true within {timeout_s} s: {what or inspect.getsource(condition).strip()}")
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.1)
