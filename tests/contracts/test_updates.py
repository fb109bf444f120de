"""What the update log promises, on both engines (DESIGN D1, D3)."""

from __future__ import annotations

import asyncio

from store.config import StoreConfig
from store.ids import DocId, ProjectId
from store.opening import Stores, open_stores
from store.updates import Row, Update

DOC = DocId(ProjectId("prj_a"), "environments")
OTHER = DocId(ProjectId("prj_b"), "votes")


def update(n: int, doc: DocId = DOC) -> Update:
    return Update(doc, f"update {n}".encode(), "usr_a", "session", "ses_1", "node_1", 1000.0 + n)


async def test_an_unknown_document_is_empty_in_its_first_epoch(stores: Stores) -> None:
    loaded = await stores.log.load(DOC)

    assert (loaded.epoch, loaded.snapshot, loaded.upto, loaded.rows) == (1, None, 0, [])


async def test_updates_come_back_in_order_with_author_origin_and_time(stores: Stores) -> None:
    seqs = await stores.log.append([update(1), update(2, OTHER), update(3)])

    assert seqs == sorted(set(seqs))
    assert (await stores.log.load(DOC)).rows == [
        Row(DOC, b"update 1", "usr_a", "session", "ses_1", "node_1", 1001.0, seqs[0]),
        Row(DOC, b"update 3", "usr_a", "session", "ses_1", "node_1", 1003.0, seqs[2]),
    ]
    assert [row.seq for row in (await stores.log.load(OTHER)).rows] == [seqs[1]]


async def test_appending_nothing_is_nothing(stores: Stores) -> None:
    assert await stores.log.append([]) == []


async def test_any_bytes_survive(stores: Stores) -> None:
    payloads = [b"", bytes(range(256)), b"\x00" * 100_000]

    await stores.log.append([Update(DOC, payload, "", "", "", "", 0.0) for payload in payloads])

    assert [row.payload for row in (await stores.log.load(DOC)).rows] == payloads


async def test_thousands_of_updates_go_in_one_append(stores: Stores) -> None:
    seqs = await stores.log.append([update(n) for n in range(9_001)])

    rows = (await stores.log.load(DOC)).rows
    assert [row.seq for row in rows] == seqs
    assert [row.at for row in rows] == [1000.0 + n for n in range(9_001)]


async def test_D3_a_snapshot_shortens_loading_and_keeps_every_row(stores: Stores) -> None:
    seqs = await stores.log.append([update(n) for n in range(4)])

    await stores.log.put_snapshot(DOC, seqs[1], b"merged")

    loaded = await stores.log.load(DOC)
    assert (loaded.snapshot, loaded.upto) == (b"merged", seqs[1])
    assert [row.seq for row in loaded.rows] == seqs[2:]
    assert [row.seq for row in await stores.log.tail(DOC, 0)] == seqs


async def test_D3_an_older_snapshot_never_replaces_a_newer_one(stores: Stores) -> None:
    seqs = await stores.log.append([update(n) for n in range(4)])
    await stores.log.put_snapshot(DOC, seqs[2], b"newer")

    await stores.log.put_snapshot(DOC, seqs[1], b"older")

    loaded = await stores.log.load(DOC)
    assert (loaded.snapshot, loaded.upto) == (b"newer", seqs[2])


async def test_tail_gives_what_came_after(stores: Stores) -> None:
    seqs = await stores.log.append([update(n) for n in range(3)])

    assert [row.seq for row in await stores.log.tail(DOC, seqs[0])] == seqs[1:]
    assert await stores.log.tail(DOC, seqs[-1]) == []


async def test_H1_history_goes_back_page_by_page(stores: Stores) -> None:
    seqs = await stores.log.append([update(n) for n in range(5)])
    await stores.log.append([update(99, OTHER)])

    first = await stores.log.history(DOC, limit=2, before=None)
    second = await stores.log.history(DOC, limit=10, before=first[-1].seq)

    assert [row.seq for row in (*first, *second)] == seqs[::-1]
    assert first[0].payload == b"update 4"


async def test_D4_an_epoch_is_set_and_read_back(stores: Stores) -> None:
    await stores.log.set_epoch(DOC, 2)
    await stores.log.set_epoch(DOC, 3)

    assert (await stores.log.load(DOC)).epoch == 3
    assert (await stores.log.load(OTHER)).epoch == 1


async def test_two_nodes_appending_to_one_document_never_show_a_later_row_before_an_earlier_one(
    stores: Stores, database_url: str, tmp_path_factory
) -> None:
    config = StoreConfig(database_url, f"file://{tmp_path_factory.mktemp('objects')}")
    writing = True
    seen: list[int] = []

    async def write(log_of: Stores, count: int) -> None:
        for n in range(count):
            await log_of.log.append([update(n), update(n, OTHER), update(n)])

    async def read() -> None:
        while writing:
            seen.extend(row.seq for row in await stores.log.tail(DOC, seen[-1] if seen else 0))

    async with open_stores(config) as second:
        reading = asyncio.create_task(read())
        await asyncio.gather(write(stores, 40), write(second, 40), write(second, 40))
        writing = False
        await reading

    seen.extend(row.seq for row in await stores.log.tail(DOC, seen[-1]))
    assert seen == [row.seq for row in (await stores.log.load(DOC)).rows]
    assert len(seen) == 240
