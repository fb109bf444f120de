"""Bring a database's tables up to date; safe when several processes start at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text

from store.database import Database, unreachable
from store.errors import UnavailableError

_MIGRATIONS = Path(__file__).parent / "migrations"
_POSTGRES_LOCK = 0x6379_636C_6F72  # any number that nothing else locks: "cyclor"


async def bring_up_to_date(database: Database) -> None:
    """Run the migrations that this database has not seen, all in one transaction.

    On SQLite the transaction's own write lock keeps other processes waiting, on Postgres an advisory lock does.

    Raises:
        UnavailableError: the database cannot be opened, or was written by a newer version.
        StorageFullError: there is no room for the tables.
    """
    try:
        async with database.write() as connection:
            if database.dialect == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})
            await connection.run_sync(_upgrade)
    except CommandError as error:
        raise UnavailableError(
            f"the database {database.name} was written by a newer version of Cyclorama ({error}): "
            "install that version, or open another database"
        ) from error
    except UnavailableError as error:
        raise unreachable(database.name, error.__cause__ or error) from error


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
