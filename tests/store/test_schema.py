"""Migrations: they make the tables the code speaks of, once, however many processes start."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from store import schema
from store.database import Database
from store.errors import UnavailableError
from store.ids import DocId, ProjectId
from store.schema import bring_up_to_date
from store.tables import metadata
from store.updates import UpdateLog

START = """
import asyncio, sys
from store.database import Database
from store.schema import bring_up_to_date

async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    database = Database(sys.argv[1])
    await bring_up_to_date(database)
    await database.close()

asyncio.run(main())
"""


async def test_the_migrated_tables_are_those_the_code_speaks_of(database_url: str) -> None:
    database = Database(database_url)
    await bring_up_to_date(database)

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_starting_again_changes_nothing(database_url: str) -> None:
    database = Database(database_url)
    await bring_up_to_date(database)
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO documents (doc, epoch) VALUES ('prj/votes', 7)"))

    await bring_up_to_date(database)

    async with database.read() as connection:
        assert await connection.scalar(text("SELECT epoch FROM documents")) == 7
    await database.close()


async def test_rows_of_an_older_version_are_the_first_epoch_and_its_snapshots_are_made_anew(database_url: str) -> None:
    database = Database(database_url)

    def to_the_second(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")

    async with database.write() as connection:
        await connection.run_sync(to_the_second)
        await connection.execute(text(
            "INSERT INTO updates (doc, payload, author, origin, session, node, at) "
            "VALUES ('prj/votes', :payload, 'usr', 'session', 'ses', 'node', 5)"
        ), {"payload": b"kept"})  # fmt: skip
        await connection.execute(
            text("INSERT INTO snapshots (doc, upto, state, at) VALUES ('prj/votes', 1, :state, 6)"), {"state": b"old"}
        )

    await bring_up_to_date(database)

    loaded = await UpdateLog(database).load(DocId(ProjectId("prj"), "votes"))
    assert (loaded.epoch, loaded.snapshot, [row.payload for row in loaded.rows]) == (1, None, [b"kept"])
    assert loaded.rows[0].epoch == 1
    await database.close()


async def test_three_processes_may_start_at_the_same_time(database_url: str) -> None:
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", START, database_url,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for process in started:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"

    outcomes = await asyncio.gather(*(process.communicate(b"\n") for process in started))

    assert [process.returncode for process in started] == [0, 0, 0], outcomes
    database = Database(database_url)
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all() == ["0003"]
    await database.close()


async def test_a_database_of_a_newer_version_is_refused_with_a_mend(database_url: str) -> None:
    database = Database(database_url)
    await bring_up_to_date(database)
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(UnavailableError, match="newer version of Cyclorama"):
        await bring_up_to_date(database)
    await database.close()


async def test_odd_characters_in_the_path_do_no_harm(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/100% näher/a b.db")

    await bring_up_to_date(database)

    await database.ping()
    await database.close()
    assert (tmp_path / "100% näher" / "a b.db").exists()
