"""What a database driver's error means to the house. What is not listed is a bug in our SQL and stays what it is."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from store.errors import ConflictError, ContentionError, StorageFullError, StoreError, UnavailableError

_SQLITE_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
}

# Postgres SQLSTATE classes and codes, https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES_FULL = {"53100"}
_POSTGRES_AWAY_CLASSES = {"08", "28", "3D", "53", "57", "58"}
_POSTGRES_AWAY = {"55P03", "25006"}
_POSTGRES_CONTENTION = {"40001", "40P01"}


def translate(error: BaseException, name: str) -> StoreError | None:
    """Say what went wrong with the database called `name`; None when it is a bug.

    Args:
        error: from SQLAlchemy, a driver, or the socket below.
        name: the database's URL without its password.
    """
    if isinstance(error, PoolTimeoutError):
        return UnavailableError(f"the database {name} is too busy: no connection came free in time")
    if isinstance(error, sqlite3.Error):
        return _sqlite(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR), error, name)
    if not isinstance(error, DBAPIError):
        return UnavailableError(f"the database {name} does not answer: {error or type(error).__name__}")
    if isinstance(error, IntegrityError):
        return ConflictError(str(error.orig))
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return _sqlite(int(code), error.orig, name)
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _postgres(str(state), error, name)
    if error.connection_invalidated:
        return UnavailableError(f"the connection to the database {name} was lost: {error.orig}")
    return None


def _sqlite(code: int, error: object, name: str) -> StoreError | None:
    # Out of room in the -shm file beside the database comes as an I/O error of its own.
    if code & 0xFF == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE:
        return StorageFullError(f"no room left for the database {name}: make space on its disk")
    if code & 0xFF in _SQLITE_AWAY:
        return UnavailableError(f"the database {name} cannot be used now: {error}")
    return None


def _postgres(state: str, error: DBAPIError, name: str) -> StoreError | None:
    if state in _POSTGRES_FULL or "No space left on device" in str(error.orig):
        return StorageFullError(f"no room left for the database {name}: make space on its disk")
    if state in _POSTGRES_CONTENTION:
        return ContentionError(f"another transaction of the database {name} was in the way: {error.orig}")
    if state[:2] in _POSTGRES_AWAY_CLASSES or state in _POSTGRES_AWAY:
        return UnavailableError(f"the database {name} cannot be used now: {error.orig}")
    return None
