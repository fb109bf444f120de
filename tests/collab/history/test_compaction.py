"""Compaction and retention: a crash between any two statements changes nothing that anybody sees (D3)."""

from __future__ import annotations

import itertools
import random

import pytest
from sqlalchemy import text

from collab.history import Histories
from collab.retention import DAY_S
from store.opening import Stores
from tests.collab.history.studio import DOC, Killed, Studio, killed_at, normal
from tests.contracts.conftest import Clock


def studio(stores: Stores, seed: int = 7) -> Studio:
    return Studio(stores, random.Random(seed))


async def test_D3_a_sweep_compacts_documents_that_nobody_has_open_and_keeps_their_rows(stores: Stores) -> None:
    past = studio(stores)
    await past.work(60)
    compactor, _, _ = past.keepers()

    assert await compactor.sweep() == 1
    assert await compactor.sweep() == 0

    loaded = await stores.log.load(DOC)
    assert (loaded.rows, loaded.rows_before) == ([], len(past.seen))
    assert loaded.moment == past.seen[-1][1]
    assert normal(await past.now()) == normal(past.seen[-1][2])
    assert [row.seq for row in await stores.log.tail(DOC, 0)] == [seq for seq, _, _ in past.seen]


async def test_D3_old_rows_are_compacted_even_if_they_are_few(stores: Stores, clock: Clock) -> None:
    past = studio(stores)
    await past.work(5)
    clock.now = past.at + 100
    compactor, _, _ = past.keepers(snapshot_age_s=200.0)

    assert await compactor.sweep() == 0
    clock.forward(200)
    assert await compactor.sweep() == 1


async def test_D3_a_document_that_another_node_is_at_is_left_to_it_until_its_claim_runs_out(
    stores: Stores, clock: Clock
) -> None:
    past = studio(stores)
    await past.work(30)
    compactor, _, _ = past.keepers("node-1")
    assert await stores.log.claim(f"compact {DOC}", "node-2, which died", 120)

    assert await compactor.sweep() == 0
    clock.forward(121)
    assert await compactor.sweep() == 1


@pytest.mark.parametrize("seed", range(2))
async def test_D3_compaction_survives_the_end_of_the_process_at_every_statement(
    stores: Stores, clock: Clock, seed: int
) -> None:
    past = studio(stores, seed)
    await past.work(25)
    statement = 0
    while True:
        statement += 1
        compactor, _, _ = past.keepers(f"life-{statement}")
        async with killed_at(stores.database, statement) as said:
            try:
                await compactor.sweep()
                break
            except Killed:
                pass

        assert normal(await past.now()) == normal(past.seen[-1][2]), said
        assert len(await stores.log.tail(DOC, 0)) == len(past.seen)
        clock.forward(130)  # the dead owner's claim
    assert statement > 12

    assert (await stores.log.load(DOC)).rows == []
    assert normal(await past.now()) == normal(past.seen[-1][2])
    await past.work(25)
    assert normal(await past.now()) == normal(past.seen[-1][2])


async def test_D3_a_snapshot_that_does_not_decode_is_stepped_over_and_made_anew(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    past = studio(stores)
    await past.work(30)
    compactor, _, _ = past.keepers()
    await compactor.sweep()
    first = (await stores.log.load(DOC)).upto
    await past.work(30)
    await compactor.sweep()
    second = (await stores.log.load(DOC)).upto
    await past.break_snapshot(second, b"\x01\x01not an update")
    await past.work(5)

    assert await compactor.compact(DOC)

    assert "snapshot_unreadable" in caplog.text
    known = {snapshot.upto: snapshot.is_verified for snapshot in await stores.log.snapshots_of(DOC, 1)}
    assert known[first]
    assert not known.get(second, False)
    assert normal(await past.now()) == normal(past.seen[-1][2])


async def test_D3_a_row_that_cannot_be_read_does_not_keep_a_document_from_being_compacted(stores: Stores) -> None:
    past = studio(stores)
    await past.work(20)
    async with stores.database.write() as connection:
        await connection.execute(
            text("INSERT INTO updates (doc, payload, author, origin, session, node, at, epoch) "
                 "VALUES (:doc, :payload, '', '', '', '', 1, 1)"),
            {"doc": str(DOC), "payload": b"\x01\x01garbage"},
        )  # fmt: skip
    compactor, _, _ = past.keepers()

    assert await compactor.sweep() == 1

    assert (await stores.log.load(DOC)).rows == []
    assert normal(await past.now()) == normal(past.seen[-1][2])


async def test_D3_older_snapshots_go_but_for_two_and_one_every_so_many_rows(stores: Stores) -> None:
    past = studio(stores)
    compactor, _, _ = past.keepers()
    for _ in range(10):
        await past.work(12)
        await compactor.sweep()

    kept = await stores.log.snapshots_of(DOC, 1)
    apart = [later.rows - earlier.rows for earlier, later in itertools.pairwise(kept[:-2])]
    assert 3 <= len(kept) <= 6
    assert all(gap >= 40 for gap in apart)


async def long_past(stores: Stores, clock: Clock, seed: int = 3) -> Studio:
    """Six days of work, the last of them today."""
    past = studio(stores, seed)
    past.at = 20 * DAY_S
    for day in range(6):
        past.at = (20 + day) * DAY_S + 3600
        await past.work(12, seconds=600)
    clock.now = 25 * DAY_S + 20 * 3600
    return past


async def test_D3_retention_keeps_the_window_raw_and_one_checkpoint_a_day_before_it(
    stores: Stores, clock: Clock
) -> None:
    past = await long_past(stores, clock)
    compactor, retention, merger = past.keepers(history_days=2.0)
    await compactor.sweep()

    removed = await retention.sweep()

    before = clock.now - 2 * DAY_S
    left = {row.seq for row in await stores.log.tail(DOC, 0)}
    assert removed == len(past.seen) - len(left) > 20
    assert left >= {seq for seq, at, _ in past.seen if at >= before}
    assert normal(await past.now()) == normal(past.seen[-1][2])
    histories = Histories(stores.log, merger, clock)
    for day in range(20, 23):
        *_, (seq, _, then) = [entry for entry in past.seen if entry[1] < (day + 1) * DAY_S]
        moment = await histories.at(DOC, time=(day + 1) * DAY_S)
        assert moment.seq == seq
        assert normal(moment.content.get("environments", {})) == normal(then)
    in_between = await histories.at(DOC, time=21 * DAY_S + 3600 + 1200)
    assert in_between.at < 21 * DAY_S

    assert await retention.sweep() == 0
    await past.work(5)
    assert normal(await past.now()) == normal(past.seen[-1][2])


async def test_D3_without_a_window_nothing_is_ever_removed(stores: Stores, clock: Clock) -> None:
    past = await long_past(stores, clock)
    compactor, retention, _ = past.keepers()
    await compactor.sweep()

    assert await retention.sweep() == 0
    assert len(await stores.log.tail(DOC, 0)) == len(past.seen)


async def test_D3_retention_keeps_rows_whose_snapshots_do_not_agree(stores: Stores, clock: Clock) -> None:
    past = await long_past(stores, clock)
    compactor, retention, _ = past.keepers(history_days=2.0)
    await compactor.sweep()
    other = studio(stores)
    other.edit(other.clients[0])
    newest = (await stores.log.load(DOC)).upto
    await past.break_snapshot(newest, other.clients[0].get_update())

    assert await retention.sweep() == 0

    assert len(await stores.log.tail(DOC, 0)) == len(past.seen)
    assert normal(await past.now()) == normal(past.seen[-1][2])


async def test_D3_retention_survives_the_end_of_the_process_at_every_statement(
    stores: Stores, clock: Clock
) -> None:
    past = await long_past(stores, clock)
    compactor, _, _ = past.keepers()
    await compactor.sweep()
    before = clock.now - 2 * DAY_S
    window = {seq for seq, at, _ in past.seen if at >= before}
    statement = 0
    while True:
        statement += 1
        _, retention, _ = past.keepers(f"life-{statement}", history_days=2.0)
        async with killed_at(stores.database, statement) as said:
            try:
                await retention.sweep()
                break
            except Killed:
                pass
        assert normal(await past.now()) == normal(past.seen[-1][2]), said
        assert {row.seq for row in await stores.log.tail(DOC, 0)} >= window
        await stores.log.release(f"compact {DOC}", retention._owner)
    assert statement > 30

    assert normal(await past.now()) == normal(past.seen[-1][2])
    assert len(await stores.log.tail(DOC, 0)) < len(past.seen)
