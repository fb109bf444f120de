"""What the update log promises, on both engines (DESIGN D1, D3, D4, H1)."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from store.config import StoreConfig
from store.errors import ConflictError, DamagedError
from store.ids import DocId, ProjectId
from store.opening import Stores, open_stores
from store.snapshots import Snapshot
from store.updates import Change, Row, Update
from tests.contracts.conftest import Clock

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


async def kept(stores: Stores, upto: int, rows: int, state: bytes, *, is_checkpoint: bool = False) -> None:
    """A snapshot that is written and verified."""
    await stores.log.put_snapshot(DOC, Snapshot(1, upto, 1000.0 + rows, rows, False, is_checkpoint), state)
    assert await stores.log.read_snapshot(DOC, 1, upto) == state
    assert await stores.log.trust_snapshot(DOC, 1, upto, state)


async def test_D3_a_snapshot_shortens_loading_and_keeps_every_row(stores: Stores) -> None:
    seqs = await stores.log.append([update(n) for n in range(4)])

    await kept(stores, seqs[1], 2, b"merged")

    loaded = await stores.log.load(DOC)
    assert (loaded.snapshot, loaded.upto) == (b"merged", seqs[1])
    assert [row.seq for row in loaded.rows] == seqs[2:]
    assert [row.seq for row in await stores.log.tail(DOC, 0)] == seqs


async def test_D3_a_snapshot_is_not_used_before_it_is_verified(stores: Stores) -> None:
    seqs = await stores.log.append([update(n) for n in range(4)])
    await kept(stores, seqs[1], 2, b"trusted")

    await stores.log.put_snapshot(DOC, Snapshot(1, seqs[2], 1003.0, 3, False, False), b"not read back yet")

    loaded = await stores.log.load(DOC)
    assert (loaded.snapshot, loaded.upto, loaded.rows_before) == (b"trusted", seqs[1], 2)
    assert not await stores.log.trust_snapshot(DOC, 1, seqs[2], b"something else")


async def test_D3_an_older_snapshot_never_hides_a_newer_one(stores: Stores) -> None:
    seqs = await stores.log.append([update(n) for n in range(4)])
    await kept(stores, seqs[2], 3, b"newer")

    await kept(stores, seqs[1], 2, b"older")

    loaded = await stores.log.load(DOC)
    assert (loaded.snapshot, loaded.upto) == (b"newer", seqs[2])
    older = await stores.log.load(DOC, below=seqs[2])
    assert (older.snapshot, [row.seq for row in older.rows]) == (b"older", seqs[2:])


async def test_D3_a_snapshot_whose_bytes_changed_on_the_disk_is_stepped_over(stores: Stores) -> None:
    seqs = await stores.log.append([update(n) for n in range(4)])
    await kept(stores, seqs[1], 2, b"older")
    await kept(stores, seqs[2], 3, b"newer")

    async with stores.database.write() as connection:
        await connection.execute(
            text("UPDATE snapshots SET state = :state WHERE upto = :upto"), {"state": b"newes", "upto": seqs[2]}
        )

    loaded = await stores.log.load(DOC)
    assert (loaded.snapshot, [row.seq for row in loaded.rows]) == (b"older", seqs[2:])
    assert await stores.log.read_snapshot(DOC, 1, seqs[2]) is None


async def test_D3_rows_are_thinned_only_where_two_verified_snapshots_stand_for_them(stores: Stores) -> None:
    seqs = await stores.log.append([update(n) for n in range(5)])
    await kept(stores, seqs[1], 2, b"day one", is_checkpoint=True)
    assert await stores.log.thin(DOC, 1, seqs[1]) == 0

    await stores.log.put_snapshot(DOC, Snapshot(1, seqs[3], 1004.0, 4, False, False), b"now")
    assert await stores.log.thin(DOC, 1, seqs[1]) == 0
    await stores.log.trust_snapshot(DOC, 1, seqs[3], b"now")
    assert await stores.log.thin(DOC, 1, seqs[1]) == 2

    assert [row.seq for row in await stores.log.tail(DOC, 0)] == seqs[2:]
    assert (await stores.log.load(DOC)).snapshot == b"now"
    first = await stores.log.load(DOC, epoch=1, until=seqs[1])
    assert (first.snapshot, first.rows, first.missing) == (b"day one", [], 0)
    before = await stores.log.load(DOC, epoch=1, until=seqs[0])
    assert (before.snapshot, before.missing) == (None, 2)


async def test_D3_a_document_whose_rows_are_gone_without_a_snapshot_does_not_open_half_empty(stores: Stores) -> None:
    seqs = await stores.log.append([update(n) for n in range(5)])
    await kept(stores, seqs[1], 2, b"day one", is_checkpoint=True)
    await kept(stores, seqs[3], 4, b"now")
    await stores.log.thin(DOC, 1, seqs[1])

    await stores.log.distrust_snapshot(DOC, 1, seqs[3])
    assert (await stores.log.load(DOC)).snapshot == b"day one"
    await stores.log.distrust_snapshot(DOC, 1, seqs[1])
    with pytest.raises(DamagedError, match="2 rows"):
        await stores.log.load(DOC)


async def test_D3_a_checkpoint_is_never_dropped_with_other_snapshots(stores: Stores) -> None:
    seqs = await stores.log.append([update(n) for n in range(3)])
    await kept(stores, seqs[0], 1, b"a")
    await kept(stores, seqs[0], 1, b"a", is_checkpoint=True)
    await kept(stores, seqs[1], 2, b"b")

    await stores.log.drop_snapshots(DOC, 1, seqs)

    assert [snapshot.upto for snapshot in await stores.log.snapshots_of(DOC, 1)] == seqs[:1]


async def test_D3_documents_that_need_a_snapshot_are_found_by_rows_bytes_and_age(stores: Stores) -> None:
    docs = [DocId(ProjectId(f"prj_{name}"), "votes") for name in ("many", "large", "old", "young", "one")]
    many, large, old, young, one = docs
    rows = [Update(many, b"", "", "", "", "", 5000.0)] * 10 + [Update(large, b"x" * 900, "", "", "", "", 5000.0)] * 2
    rows += [Update(old, b"", "", "", "", "", 1000.0)] * 2 + [Update(young, b"", "", "", "", "", 5000.0)] * 2
    rows += [Update(one, b"", "", "", "", "", 1000.0)]
    seqs = await stores.log.append(rows)

    assert await stores.log.behind(rows=10, size=1500, before=4000.0) == [large, many, old]

    await stores.log.put_snapshot(many, Snapshot(1, seqs[9], 5000.0, 10, False, False), b"s")
    assert many in await stores.log.behind(rows=10, size=1500, before=4000.0)
    await stores.log.trust_snapshot(many, 1, seqs[9], b"s")
    assert many not in await stores.log.behind(rows=10, size=1500, before=4000.0)


async def test_a_claim_is_one_owners_until_it_is_released_or_runs_out(stores: Stores, clock: Clock) -> None:
    assert await stores.log.claim("compact prj/votes", "node-1", 60)
    assert await stores.log.claim("compact prj/votes", "node-1", 60)
    assert not await stores.log.claim("compact prj/votes", "node-2", 60)
    assert await stores.log.claim("compact prj/other", "node-2", 60)

    await stores.log.release("compact prj/votes", "node-2")
    assert not await stores.log.claim("compact prj/votes", "node-2", 60)
    clock.forward(61)
    assert await stores.log.claim("compact prj/votes", "node-2", 60)
    await stores.log.release("compact prj/votes", "node-2")
    assert await stores.log.claim("compact prj/votes", "node-1", 60)


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


async def test_H1_changes_are_listed_with_their_size_and_without_their_bytes(stores: Stores) -> None:
    seqs = await stores.log.append([update(1), update(2, OTHER), update(3)])

    assert await stores.log.changes(DOC, limit=10) == [
        Change(seqs[2], 1, 1003.0, "usr_a", "session", "ses_1", "node_1", 8),
        Change(seqs[0], 1, 1001.0, "usr_a", "session", "ses_1", "node_1", 8),
    ]
    assert [change.seq for change in await stores.log.changes(DOC, limit=10, before=seqs[2])] == seqs[:1]


async def test_H1_a_moment_is_the_last_row_before_it(stores: Stores) -> None:
    seqs = await stores.log.append([update(1), update(2, OTHER), update(3)])

    assert await stores.log.position(DOC, at=1000.9) is None
    assert await stores.log.position(DOC, at=1001.0) == (1, seqs[0])
    assert await stores.log.position(DOC, at=1002.9) == (1, seqs[0])
    assert await stores.log.position(DOC, at=9999.0) == (1, seqs[2])
    assert await stores.log.position(DOC, seq=seqs[1]) == (1, seqs[0])
    assert await stores.log.position(DOC, seq=seqs[0] - 1) is None


def first_row(epoch: int, at: float = 2000.0) -> Update:
    return Update(DOC, b"as it was", "usr_a", "epoch", "", "node_1", at, epoch=epoch)


async def test_D4_a_new_epoch_begins_with_its_own_rows_and_the_old_ones_stay_in_the_log(stores: Stores) -> None:
    old = await stores.log.append([update(1), update(2)])
    await kept(stores, old[1], 2, b"snapshot of the old")

    first = await stores.log.begin_epoch(first_row(2), marker=77)
    late = await stores.log.append([update(3)])
    new = await stores.log.append([Update(DOC, b"new", "usr_a", "session", "ses_1", "node_1", 2001.0, epoch=2)])

    loaded = await stores.log.load(DOC)
    assert (loaded.epoch, loaded.marker, loaded.snapshot) == (2, 77, None)
    assert [row.payload for row in loaded.rows] == [b"as it was", b"new"]
    assert [row.seq for row in await stores.log.tail(DOC, 0)] == [first, *new]
    assert [row.seq for row in await stores.log.tail(DOC, 0, 1)] == [*old, *late]
    assert [row.seq for row in await stores.log.history(DOC, limit=10)] == [*new, *late, first, *old[::-1]]
    assert (await stores.log.load(DOC, epoch=1)).snapshot == b"snapshot of the old"
    assert await stores.log.position(DOC, at=1999.0) == (1, late[0])
    assert await stores.log.position(DOC, at=2000.5) == (2, first)
    assert await stores.log.epochs_of([DOC, OTHER]) == {DOC: 2, OTHER: 1}
    assert await stores.log.epochs(DOC.project) == {"environments": 2, "annotations": 1, "votes": 1}


async def test_D4_an_epoch_begins_once(stores: Stores) -> None:
    results = await asyncio.gather(
        *(stores.log.begin_epoch(first_row(2), marker=n) for n in range(4)), return_exceptions=True
    )

    assert sum(isinstance(result, ConflictError) for result in results) == 3
    with pytest.raises(ConflictError, match="is in epoch 2"):
        await stores.log.begin_epoch(first_row(4), marker=1)
    assert len((await stores.log.load(DOC)).rows) == 1


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
