"""One database, two engines: SQLite for a single machine, Postgres for many. Short transactions, plain errors.

SQLite runs in WAL mode with `synchronous=FULL`, so that a COMMIT that returned survives a power cut. It has one writer:
this process queues for it on an asyncio lock, other processes on SQLite's own busy timeout. A write begins with
`BEGIN IMMEDIATE`, because a transaction that reads first and wants to write later cannot wait for the lock: SQLite
fails it at once.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from store.errors import UnavailableError
from store.failures import translate
from store.sqlite_connection import SqliteConnection
from store.sqlite_lane import SqliteLane

T = TypeVar("T")
Dialect = Literal["sqlite", "postgresql"]

BUSY_TIMEOUT_S = 10.0
"""How long a SQLite write waits for another process."""

_WRITING, _READING = "BEGIN IMMEDIATE", "BEGIN"
_IDLE_BEFORE_PING_S = 2.0
_CONNECT_TIMEOUT_S = 5.0
_CHECKOUT_TIMEOUT_S = 6.0
"""How long to wait for a connection that answers. A hung Postgres keeps its connections open and says nothing."""
_COMMAND_TIMEOUT_S = 10.0


class Database:
    """Connections to one database.

    Args:
        url: as in `StoreConfig.database_url`.

    Raises:
        UnavailableError: the folder of an SQLite file cannot be made.

    The bodies of `read` and `write` hold SQL and nothing that waits for anything else: on SQLite every other writer of
    this process waits for them.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.name = parsed.render_as_string(hide_password=True)
        self.dialect: Dialect
        if parsed.get_backend_name() == "sqlite":
            self.dialect = "sqlite"
            path = parsed.database or ""
            if path in ("", ":memory:"):
                raise ValueError("database_url needs a file: sqlite:////absolute/path.db")
            try:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise unreachable(self.name, error) from error
            self._writer = _sqlite_engine(path, size=1, begin=_WRITING)
            self._reader = _sqlite_engine(path, size=4, begin=_READING)
            connect = partial(_connect_sqlite, path)
            self._lane: SqliteLane | None = SqliteLane("sqlite-writer", connect, partial(_lane_engine, path, _WRITING))
            looking = partial(_lane_engine, path, _READING)
            self._look_lane: SqliteLane | None = SqliteLane("sqlite-reader", connect, looking)
        else:
            self.dialect = "postgresql"
            self._writer = self._reader = _postgres_engine(parsed)
            self._lane = self._look_lane = None
        self._at_once = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        self._lock = asyncio.Lock()

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that only reads."""
        return self._transaction(self._reader)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that COMMITs when the block ends well and rolls back when it raises.

        Raises:
            UnavailableError: the database does not answer, or is locked for longer than `BUSY_TIMEOUT_S`.
            StorageFullError: its disk has no room.
            ConflictError: a unique or foreign key refused the row.
        """
        if self.dialect == "postgresql":
            async with self._transaction(self._writer) as connection:
                yield connection
            return
        async with self._lock, self._transaction(self._writer) as connection:
            yield connection

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """A whole writing transaction as one function of SQL and nothing else, which COMMITs when it returns.

        On SQLite it takes one hop to a thread instead of several for each statement, and does not wait for the disk:
        the COMMIT survives the end of this process at once, and a power cut with the next one that does wait (`write`,
        or the update log's), since both stand in one file. For what can be made anew, such as jobs.

        Raises like `write`.
        """
        if self._lane is None:
            async with self._transaction(self._writer) as connection:
                return await connection.run_sync(work)
        async with self._lock:
            with self._translated():
                return await self._lane.transact(work)

    async def look(self, work: Callable[[Connection], T]) -> T:
        """A whole transaction that only reads, as one function; see `transact`."""
        if self._look_lane is None:
            async with self._transaction(self._reader) as connection:
                return await connection.run_sync(work)
        with self._translated():
            return await self._look_lane.transact(work)

    async def write_sqlite(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`transact` on SQLite without SQLAlchemy, for the one write that people wait for."""
        assert self._lane is not None, "write_sqlite on a database that is not SQLite"
        async with self._lock:
            with self._translated():
                return await self._lane.run(work)

    def write_one_statement(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection on which each statement is a transaction of its own, which spares two round trips (Postgres)."""
        return self._transaction(self._at_once)

    async def ping(self) -> None:
        """Ask for one row.

        Raises:
            UnavailableError: the database does not answer.
        """
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        for lane in (self._lane, self._look_lane):
            if lane is not None:
                await lane.close()
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        # A thread that works for SQLite is not interrupted; it has its busy timeout.
        patience = asyncio.timeout(_CHECKOUT_TIMEOUT_S if self.dialect == "postgresql" else None)
        with self._translated():
            async with patience, engine.begin() as connection:
                patience.reschedule(None)
                yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Driver errors in our own words."""
        try:
            yield
        except (DBAPIError, PoolTimeoutError, sqlite3.Error, OSError, TimeoutError) as error:
            meaning = translate(error, self.name)
            if meaning is None:
                raise
            raise meaning from error


def _sqlite_engine(path: str, *, size: int, begin: str) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=path),
        async_creator=lambda: SqliteConnection(path, BUSY_TIMEOUT_S),
        pool_size=size,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_S,
        # Every use is one `engine.begin()` block, which has ended its transaction: a ROLLBACK more would be a
        # needless hop to the driver's thread.
        pool_reset_on_return=None,
    )

    _begins_with(engine.sync_engine, begin)
    return engine


def _lane_engine(path: str, begin: str) -> Engine:
    """An engine for a thread that does one transaction after the other."""
    engine = create_engine(
        URL.create("sqlite", database=path), pool_size=1, max_overflow=0, pool_reset_on_return=None,
        poolclass=QueuePool, connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_S},
    )
    _begins_with(engine, begin, "NORMAL")
    return engine


def _connect_sqlite(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        _prepare_sqlite(connection.cursor())
    except BaseException:
        connection.close()
        raise
    return connection


def _begins_with(engine: Engine, begin: str, synchronous: str = "FULL") -> None:
    """Set up each connection, and begin its transactions ourselves: the driver would begin reading ones only."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        _prepare_sqlite(cursor, synchronous)
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _prepare_sqlite(cursor: Any, synchronous: str = "FULL") -> None:
    cursor.execute(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT_S * 1000)}")
    _enter_wal(cursor)
    cursor.execute(f"PRAGMA synchronous={synchronous}")
    cursor.execute("PRAGMA foreign_keys=ON")


def _enter_wal(cursor: Any) -> None:
    """Switch the file to WAL. While several processes do it at once SQLite answers BUSY without waiting."""
    give_up = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def _postgres_engine(url: URL) -> AsyncEngine:
    # `sslmode` is how every other tool spells it; inside one machine or network there is none.
    ssl = url.query.get("sslmode") or url.query.get("ssl") or "disable"
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg").difference_update_query(["sslmode", "ssl"]),
        pool_size=8,
        max_overflow=8,
        pool_timeout=_CONNECT_TIMEOUT_S,
        connect_args={
            "ssl": ssl,
            "timeout": _CONNECT_TIMEOUT_S,
            "command_timeout": _COMMAND_TIMEOUT_S,
            # Compiling a query takes longer than any of ours runs: a claim once took 1.2 s.
            "server_settings": {"application_name": "cyclorama", "jit": "off"},
        },
    )

    # A ping before every use would cost a round trip; only a connection that lay idle may have died unnoticed.
    @event.listens_for(engine.sync_engine, "checkin")
    def put_back(_connection: Any, record: Any) -> None:
        record.info["at"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def take(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("at", float("inf")) < _IDLE_BEFORE_PING_S:
            return
        if "at" not in record.info:  # just connected
            return
        try:
            engine.sync_engine.dialect.do_ping(connection)
        except Exception as error:  # whatever the driver says of it, a connection that cannot ping is of no use
            raise DisconnectionError() from error

    return engine


def unreachable(name: str, error: BaseException) -> UnavailableError:
    """The error for a database that cannot be opened at start, with what to look at."""
    said = getattr(error, "orig", None) or error  # the driver's own sentence; SQLAlchemy makes several lines of it
    return UnavailableError(
        f"the database {name} cannot be opened ({said}). Is it running, does it exist, and are the name and "
        "password in CYCLORAMA_DATABASE_URL right?"
    )
