"""A real database that refuses the rows of one document: everybody else's are saved, and its own once it relents."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pycrdt import Map
from sqlalchemy import text

from collab.config import CollabConfig
from collab.origin import AttachOrigin
from collab.room import Room
from store.config import StoreConfig
from store.errors import UnavailableError
from store.opening import open_stores
from tests.collab.sync.client import doc_id, rooms_over
from tests.helpers.waiting import wait_until
from tests.store.conftest import database_url  # noqa: F401 — each of the two engines

REFUSE = {
    "sqlite": [
        "CREATE TRIGGER refuse BEFORE INSERT ON updates WHEN NEW.doc = 'prj_2/environments' "
        "BEGIN SELECT RAISE(ABORT, 'not these'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF NEW.doc = 'prj_2/environments' THEN RAISE EXCEPTION 'not these'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER refuse BEFORE INSERT ON updates FOR EACH ROW EXECUTE FUNCTION refuse()",
    ],
}
RELENT = {"sqlite": "DROP TRIGGER refuse", "postgresql": "DROP TRIGGER refuse ON updates"}


def count(room: Room, to: int) -> None:
    room.edit(AttachOrigin(f"job_{to}"), lambda doc: doc.get("meta", type=Map).__setitem__("n", to))


async def test_D2_a_database_that_refuses_one_document_saves_the_others(
    database_url: str,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = CollabConfig(save_retry_min_s=0.005, save_retry_max_s=0.02, save_refused_retry_s=0.05)
    async with (
        open_stores(StoreConfig(database_url, f"file://{tmp_path}/objects")) as stores,
        rooms_over(stores.log, config=config) as rooms,
    ):
        dialect = stores.database.dialect
        opened = [await rooms.get(doc_id(project=f"prj_{n}")) for n in range(5)]
        async with stores.database.write() as connection:
            for statement in REFUSE[dialect]:
                await connection.execute(text(statement))

        for turn in range(3):
            for room in opened:
                count(room, turn)
            await asyncio.gather(*(room.saved(5.0) for n, room in enumerate(opened) if n != 2))
        assert opened[2].unsaved == 3
        with pytest.raises(UnavailableError, match="not these"):
            await opened[2].saved(0.05)
        assert "saving.set_aside doc=prj_2/environments" in caplog.text

        async with stores.database.write() as connection:
            await connection.execute(text(RELENT[dialect]))
        await opened[2].saved(5.0)
        await wait_until(lambda: rooms.figures().saving_failing_since is None)
        for room in opened:
            rows = (await stores.log.load(room.doc_id)).rows
            assert sum(len(row.payload) for row in rows) > 0
