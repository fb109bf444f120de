"""An aiosqlite connection that a canceled task leaves in order.

The driver works on a thread, which cannot be interrupted: a task that is canceled while it waits would leave the thread
in the middle of a statement, with nobody to hear how it ends. So the waiting goes on until the thread has answered, and
only then the cancellation is felt. And closing twice, which SQLAlchemy does when it is canceled while it closes, must
not wait for a thread that has ended already.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")


class SqliteConnection(aiosqlite.Connection):
    """A connection to one file, for SQLAlchemy's `async_creator`.

    Args:
        path: the file.
        busy_timeout_s: how long a statement waits for another writer; a canceled task waits as long for its statement.
    """

    def __init__(self, path: str, busy_timeout_s: float) -> None:
        super().__init__(
            # The driver itself must begin nothing: transactions begin in `store.database`.
            lambda: sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False), 64
        )
        self._thread.daemon = True
        self._patience_s = busy_timeout_s + 1
        self._stopped: asyncio.Future[Any] | None = None

    async def _execute(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        if not self._running or self._connection is None:
            raise ValueError("Connection closed")  # the words that SQLAlchemy knows
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((answer, partial(fn, *args, **kwargs)))
        return await answered(answer, self._patience_s)

    async def close(self) -> None:
        """Close after what is queued; nothing more to do when the thread has been told to end."""
        if self._stopped is None:
            await super().close()
        else:
            await asyncio.wait([self._stopped])

    def stop(self) -> asyncio.Future[Any] | None:
        """End the thread; the same future for all who ask."""
        if self._stopped is None:
            self._stopped = super().stop()
        return self._stopped


async def answered(answer: asyncio.Future[T], patience_s: float) -> T:
    """Wait for it, canceled or not.

    Args:
        answer: of a thread.
        patience_s: how long a canceled task waits.

    Raises:
        CancelledError: the waiting task was canceled; the answer is there, or took longer than the patience.
    """
    canceled: asyncio.CancelledError | None = None
    give_up = float("inf")
    clock = asyncio.get_running_loop().time
    while not answer.done() and (left := give_up - clock()) > 0:
        try:
            await asyncio.wait([answer], timeout=None if canceled is None else left)
        except asyncio.CancelledError as error:
            if canceled is None:
                canceled, give_up = error, clock() + patience_s
    if canceled is None:
        return answer.result()
    if answer.done() and not answer.cancelled():
        answer.exception()  # heard; nobody is left to tell
    raise canceled
