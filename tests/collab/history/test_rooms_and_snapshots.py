"""Rooms over the real log: compacted while people are in them, and opened when a snapshot is unreadable (D3, R5)."""

from __future__ import annotations

import random

import pytest
from pycrdt import Doc, Map

from collab.config import CollabConfig
from collab.origin import DirectOrigin
from collab.replica import merged
from collab.room import Room
from store.errors import StoreError
from store.ids import DocId, ProjectId
from store.opening import Stores
from store.updates import Update
from tests.collab.history.studio import DOC, Studio, content, normal
from tests.collab.history.test_merging import worked
from tests.collab.sync.client import connected, rooms_over, same
from tests.helpers.waiting import wait_until

BUSY = CollabConfig(snapshot_rows=20, compact_every_s=0.05, merge_in_process_bytes=10**9)


async def edits(room: Room, count: int, begin: int = 0) -> None:
    for n in range(begin, begin + count):
        room.edit(
            DirectOrigin("usr_ana", "rest"), lambda doc, n=n: doc.get("environments", type=Map).__setitem__("n", n)
        )
        await room.saved()


async def test_D3_a_room_that_is_never_idle_is_compacted_while_people_work_in_it(stores: Stores) -> None:
    async with rooms_over(stores.log, config=BUSY) as rooms, rooms.use(DOC) as room, connected(room) as ana:
        compactor = rooms.compactor
        await edits(room, 25)
        assert await compactor.sweep() == 1
        await edits(room, 25, 25)
        assert await compactor.sweep() == 1
        ana.root["people"] = "go on"
        await wait_until(lambda: room.doc.get("environments", type=Map).get("people") == "go on")
        await room.saved()

        assert rooms.live() == [room]
        loaded = await stores.log.load(DOC)
        assert (len(loaded.rows), loaded.rows_before) == (1, 50)
        assert len(await stores.log.tail(DOC, 0)) == 51


async def test_D3_a_room_opens_over_the_snapshot_before_when_the_newest_is_unreadable(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    past = Studio(stores, random.Random(3))
    compactor, _, _ = past.keepers()
    for _ in range(2):
        await past.work(20)
        await compactor.sweep()
    newest = (await stores.log.load(DOC)).upto
    await past.break_snapshot(newest, b"\x07nothing that yrs can read")
    await past.work(3)

    async with rooms_over(stores.log, config=BUSY) as rooms, rooms.use(DOC) as room:
        assert normal(content(room.doc)) == normal(past.seen[-1][2])
        assert f"room.snapshot_unreadable doc={DOC} epoch=1 upto={newest}" in caplog.text
        async with connected(room) as ana, connected(room) as ben:
            ana.root["after"] = 1
            await same(ana, ben)


async def test_D3_rows_that_were_saved_out_of_order_open_as_if_they_had_not(stores: Stores) -> None:
    for seed in range(8):
        doc = DocId(ProjectId(f"prj_{seed}"), "environments")
        rows = worked(seed)
        whole: Doc = Doc()
        for row in merged(rows):
            whole.apply_update(row)
        random.Random(seed).shuffle(rows)
        await stores.log.append([Update(doc, row, "usr_ana", "session", "ses", "node", 1000.0) for row in rows])

        async with rooms_over(stores.log, config=BUSY) as rooms, rooms.use(doc) as room:
            assert room.replica.waiting == []
            assert normal(content(room.doc)) == normal(content(whole)), seed


async def test_D3_closing_the_server_compacts_what_is_long(stores: Stores) -> None:
    async with rooms_over(stores.log, config=BUSY) as rooms:
        room = await rooms.get(DOC)
        await edits(room, 30)
        assert await rooms.close(1.0)

    assert (await stores.log.load(DOC)).rows == []


async def test_D3_a_failing_store_stops_no_sweep_for_good(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    past = Studio(stores, random.Random(3))
    await past.work(30)
    compactor, _, _ = past.keepers()
    load = stores.log.load
    calls = 0

    async def failing(*args: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise StoreError("the store fails (a test said so)")
        return await load(*args, **named)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(stores.log, "load", failing)
    assert await compactor.sweep() == 0
    assert compactor.failures == 1
    assert await compactor.sweep() == 1
