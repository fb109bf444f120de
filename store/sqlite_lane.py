"""Whole SQLite transactions on a thread of their own: one hop each, whatever is in them.

The ordinary way hops to the driver's thread for every BEGIN, cursor, statement and COMMIT, at 0.1 to 0.2 ms each. Here
a transaction is one function, run in one hop on one thread that owns its connections.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")
logger = logging.getLogger(__name__)

_Call = tuple[Callable[..., Any], tuple[Any, ...], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]


class _Thread:
    """One thread that does one call after the other. concurrent.futures would do the same at 0.2 ms more each."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function there. A caller that is cancelled leaves it to end by itself."""
        if not self._thread.is_alive():
            self._thread.start()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._calls.put((function, args, loop, answer))
        return await answer

    def end(self) -> None:
        """End after what has been asked for."""
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            function, args, loop, answer = call
            try:
                result, error = function(*args), None
            except BaseException as raised:  # handed to whoever asked
                result, error = None, raised
            try:
                loop.call_soon_threadsafe(_answer, answer, result, error)
            except RuntimeError:  # the loop has ended, and with it whoever asked
                logger.debug("sqlite_lane.unheard function=%r error=%r", function, error)
            del call, function, args, answer, result, error


def _answer(answer: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if answer.done():
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(result)


class SqliteLane:
    """A thread with an SQLAlchemy engine, and a bare connection beside it for the one write that must be quickest. Both
    are opened with the first transaction.

    Args:
        name: of the thread.
        connect: opens a bare connection.
        engine: makes an engine of one connection whose transactions begin as they must.
    """

    def __init__(
        self, name: str, connect: Callable[[], sqlite3.Connection], engine: Callable[[], Engine]
    ) -> None:
        self._connect = connect
        self._make_engine = engine
        self._thread = _Thread(name)
        self._connection: sqlite3.Connection | None = None
        self._engine: Engine | None = None

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a transaction; a raise rolls back. A caller that is cancelled leaves it to end by itself.

        Raises:
            sqlalchemy.exc.DBAPIError: as it came.
        """
        return await self._thread.call(self._transact, work)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` between BEGIN IMMEDIATE and COMMIT on the bare connection; a raise rolls back.

        Raises:
            sqlite3.Error: as it came.
        """
        return await self._thread.call(self._run, work)

    async def close(self) -> None:
        """Close the connections, after the transaction under way."""
        await self._thread.call(self._close)
        self._thread.end()

    def _transact(self, work: Callable[[Connection], T]) -> T:
        if self._engine is None:
            self._engine = self._make_engine()
        with self._engine.begin() as connection:
            return work(connection)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
