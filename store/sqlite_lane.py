"""Whole SQLite transactions on a thread of their own: one hop each, whatever is in them.

The ordinary way hops to the driver's thread for every BEGIN, cursor, statement and COMMIT, at 0.1 to 0.2 ms each. Here
a transaction is one function, run in one hop on one thread that owns its connections.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")


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
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection: sqlite3.Connection | None = None
        self._engine: Engine | None = None

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a transaction; a raise rolls back. A caller that is cancelled leaves it to end by itself.

        Raises:
            sqlalchemy.exc.DBAPIError: as it came.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` between BEGIN IMMEDIATE and COMMIT on the bare connection; a raise rolls back.

        Raises:
            sqlite3.Error: as it came.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    async def close(self) -> None:
        """Close the connections, after the transaction under way."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

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
