"""The database layer: who waits for whom, and which error means what."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from store.config import StoreConfig
from store.database import Database
from store.errors import ConflictError, StorageFullError, UnavailableError
from store.ids import DocId, ProjectId
from store.opening import open_stores
from store.updates import Update
from tests.helpers.services import PostgresCluster, free_port
from tests.helpers.waiting import wait_until

DOC = DocId(ProjectId("prj_a"), "environments")

WRITE = """
import asyncio, sys
from store.config import StoreConfig
from store.ids import DocId
from store.opening import open_stores
from store.updates import Update

async def main():
    doc = DocId.parse("prj_a/environments")
    async with open_stores(StoreConfig(sys.argv[1], "file://" + sys.argv[2])) as stores:
        for n in range(int(sys.argv[3])):
            await stores.log.append([Update(doc, b"x" * 100, "u", "session", "s", "n", float(n))])
            await stores.directory.put(f"env_{sys.argv[4]}_{n}", "prj_a")
            print(n, flush=True)

asyncio.run(main())
"""


async def writer(url: str, objects: Path, count: int, name: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITE, url, str(objects), str(count), name,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )


def update(payload: bytes = b"x") -> Update:
    return Update(DOC, payload, "usr_a", "session", "ses_1", "node_1", 1.0)


async def test_several_processes_write_one_database_and_none_is_told_it_is_locked(
    database_url: str, tmp_path: Path
) -> None:
    writers = [await writer(database_url, tmp_path / "objects", 40, f"p{n}") for n in range(3)]

    outcomes = await asyncio.gather(*(process.communicate() for process in writers))

    assert [process.returncode for process in writers] == [0, 0, 0], [stderr for _, stderr in outcomes]
    async with open_stores(StoreConfig(database_url, f"file://{tmp_path}/objects")) as stores:
        assert len((await stores.log.load(DOC)).rows) == 120
        assert len(await stores.directory.list(DOC.project)) == 120


async def test_D1_what_was_acknowledged_is_there_after_kill_9(database_url: str, tmp_path: Path) -> None:
    process = await writer(database_url, tmp_path / "objects", 100_000, "p")
    assert process.stdout is not None
    for _ in range(50):
        await process.stdout.readline()

    process.kill()
    rest, _ = await process.communicate()

    acknowledged = 50 + len(rest.split())
    async with open_stores(StoreConfig(database_url, f"file://{tmp_path}/objects")) as stores:
        rows = (await stores.log.load(DOC)).rows
        assert acknowledged <= len(rows) <= acknowledged + 1
        assert [row.at for row in rows] == [float(n) for n in range(len(rows))]
        await stores.log.append([update()])


async def test_a_canceled_write_leaves_the_database_usable(database_url: str, tmp_path: Path) -> None:
    async with open_stores(StoreConfig(database_url, f"file://{tmp_path}/objects")) as stores:
        for turns in range(12):
            tasks = [
                asyncio.create_task(stores.log.append([update()])),
                asyncio.create_task(stores.people.create_user(f"User {turns}")),
            ]
            for _ in range(turns):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        assert await asyncio.wait_for(stores.log.append([update(b"last")]), 10)
        assert (await stores.log.load(DOC)).rows[-1].payload == b"last"


async def test_tasks_canceled_twice_inside_a_transaction_leave_nothing_half_done_and_nobody_waiting(
    database_url: str,
) -> None:
    """SQLAlchemy closes a connection whose task is canceled; canceled again meanwhile, it waited for ever."""
    database = Database(database_url)
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE pairs (n integer)"))

    async def write(number: int) -> None:
        async with database.write() as connection:
            for _ in range(2):
                await connection.execute(text("INSERT INTO pairs VALUES (:n)"), {"n": number})

    async def read() -> None:
        async with database.read() as connection:
            await connection.scalar(text("SELECT count(*) FROM pairs"))

    chance = random.Random(1)
    before = asyncio.all_tasks()
    for number in range(60):
        tasks = [asyncio.create_task(each) for each in (write(number), read(), write(number), read(), read())]
        for task in tasks:
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(chance.choice((0, 0, 0.0003, 0.001)))
                task.cancel()
        done, _ = await asyncio.wait(tasks, timeout=20)
        assert len(done) == len(tasks)

    await wait_until(lambda: asyncio.all_tasks() <= before, what="nobody waits for a connection that is gone")
    async with database.read() as connection:
        halves = "SELECT count(*) FROM (SELECT n FROM pairs GROUP BY n HAVING count(*) % 2 = 1) AS halves"
        assert await connection.scalar(text(halves)) == 0
        assert await connection.scalar(text("SELECT count(*) FROM pairs")) > 0
    await asyncio.wait_for(database.close(), 10)


async def test_D2_a_hung_postgres_is_unavailable_within_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.database._COMMAND_TIMEOUT_S", 0.5)
    monkeypatch.setattr("store.database._CHECKOUT_TIMEOUT_S", 0.5)
    cluster = PostgresCluster()
    try:
        cluster.start()
        async with open_stores(StoreConfig(cluster.new_database(), f"file://{tmp_path}/objects")) as stores:
            await stores.log.append([update(b"1")])
            cluster.pause()
            for _ in range(2):
                async with asyncio.timeout(20):
                    with pytest.raises(UnavailableError):
                        await stores.people.create_user("Ann")
            cluster.resume()

            async def answers() -> bool:
                with contextlib.suppress(UnavailableError):
                    await stores.log.append([update(b"2")])
                    return True
                return False

            await wait_until(answers, timeout_s=20)
    finally:
        cluster.remove()


async def test_a_failed_transaction_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    async with open_stores(StoreConfig(database_url, f"file://{tmp_path}/objects")) as stores:

        async def insert_twice() -> None:
            async with stores.database.write() as connection:
                for _ in range(2):
                    await connection.execute(text("INSERT INTO documents (doc, epoch) VALUES ('prj/votes', 1)"))

        with pytest.raises(ConflictError):
            await insert_twice()

        async with stores.database.read() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM documents")) == 0


async def test_a_bug_in_our_sql_stays_a_bug(database_url: str) -> None:
    database = Database(database_url)
    with pytest.raises(DBAPIError):
        async with database.write() as connection:
            await connection.execute(text("SELECT * FROM there_is_no_such_table"))
    await database.close()


async def test_a_full_disk_is_said_to_be_full_and_nothing_else_is_harmed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/test.db"
    async with open_stores(StoreConfig(url, f"file://{tmp_path}/objects")) as stores:
        await stores.log.append([update(b"before")])

        def fill(connection: sqlite3.Connection) -> int:
            pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
            return int(connection.execute(f"PRAGMA max_page_count={pages + 4}").fetchone()[0])

        await stores.database.write_sqlite(fill)
        with pytest.raises(StorageFullError, match="make space"):
            await stores.log.append([update(b"x" * 200_000)])

        assert [row.payload for row in (await stores.log.load(DOC)).rows] == [b"before"]
        await stores.database.write_sqlite(lambda connection: connection.execute("PRAGMA max_page_count=1000000"))
        await stores.log.append([update(b"after")])
        assert [row.payload for row in (await stores.log.load(DOC)).rows] == [b"before", b"after"]


@pytest.mark.parametrize(
    "url", ["postgresql://cyclorama:hunter2@127.0.0.1:{port}/db", "sqlite:////proc/nowhere/test.db"]
)
async def test_no_database_at_start_is_said_with_a_mend_and_without_the_password(url: str, tmp_path: Path) -> None:
    config = StoreConfig(url.format(port=free_port()), f"file://{tmp_path}/objects")

    with pytest.raises(UnavailableError, match="CYCLORAMA_DATABASE_URL") as raised:
        async with open_stores(config):
            pass

    assert "hunter2" not in str(raised.value)


async def test_a_database_that_does_not_exist_or_is_no_database_is_named(
    postgres_cluster: PostgresCluster, tmp_path: Path
) -> None:
    (tmp_path / "not.db").write_bytes(b"this is a letter to my aunt" * 100)
    for url in (
        f"postgresql://cyclorama@127.0.0.1:{postgres_cluster.port}/missing", f"sqlite:///{tmp_path}/not.db",
    ):
        with pytest.raises(UnavailableError, match="cannot be opened"):
            async with open_stores(StoreConfig(url, f"file://{tmp_path}/objects")):
                pass


async def test_sslmode_in_a_postgres_url_is_obeyed(postgres_url: str) -> None:
    for mode in ("prefer", "disable"):
        database = Database(f"{postgres_url}?sslmode={mode}")
        await database.ping()
        await database.close()

    strict = Database(f"{postgres_url}?sslmode=require")  # the tests' server speaks no TLS
    with pytest.raises(UnavailableError, match="SSL"):
        await strict.ping()
    await strict.close()


async def test_D2_postgres_gone_is_unavailable_and_back_is_back(tmp_path: Path) -> None:
    cluster = PostgresCluster()
    try:
        cluster.start()
        config = StoreConfig(cluster.new_database(), f"file://{tmp_path}/objects")
        async with open_stores(config) as stores:
            await stores.log.append([update(b"1")])

            cluster.stop()
            for _ in range(3):
                with pytest.raises(UnavailableError):
                    await stores.log.append([update(b"lost")])
                with pytest.raises(UnavailableError):
                    await stores.ledger.waiting("settled")
            cluster.start()

            async def is_back() -> bool:
                try:
                    await stores.database.ping()
                except UnavailableError:
                    return False
                return True

            await wait_until(is_back)
            await stores.log.append([update(b"2")])
            assert [row.payload for row in (await stores.log.load(DOC)).rows] == [b"1", b"2"]
    finally:
        cluster.remove()


async def test_a_lock_held_too_long_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.database.BUSY_TIMEOUT_S", 0.2)
    async with open_stores(StoreConfig(f"sqlite:///{tmp_path}/test.db", f"file://{tmp_path}/objects")) as stores:
        other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(UnavailableError, match="locked"):
            await stores.log.append([update()])
        with pytest.raises(UnavailableError, match="locked"):
            await stores.people.create_user("Ann")
        assert (await stores.log.load(DOC)).rows == []

        other.execute("COMMIT")
        other.close()
        await stores.log.append([update()])


async def test_a_commit_is_on_the_disk(tmp_path: Path) -> None:
    async with open_stores(StoreConfig(f"sqlite:///{tmp_path}/test.db", f"file://{tmp_path}/objects")) as stores:
        async with stores.database.write() as connection:
            assert await connection.scalar(text("PRAGMA synchronous")) == 2
            assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
            assert await connection.scalar(text("PRAGMA foreign_keys")) == 1
        lane = await stores.database.write_sqlite(lambda lane: lane.execute("PRAGMA synchronous").fetchone()[0])
        assert lane == 2


async def test_a_file_that_is_no_database_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("these are notes " * 100)

    with pytest.raises(UnavailableError, match="file is not a database") as raised:
        async with open_stores(StoreConfig(f"sqlite:///{tmp_path}/notes.db", f"file://{tmp_path}/objects")):
            pass

    assert "\n" not in str(raised.value)
    assert "sqlalche.me" not in str(raised.value)
