"""Time travel: what history says of a moment is what a client saw then (D3, H1)."""

from __future__ import annotations

import random

import pytest
from pycrdt import Doc

from collab.history import Histories
from collab.merging import Merger, agree
from store.opening import Stores
from tests.collab.history.studio import DOC, Studio, content, normal
from tests.contracts.conftest import Clock


@pytest.mark.parametrize("seed", range(4))
async def test_H1_any_moment_is_what_a_client_saw_then(stores: Stores, clock: Clock, seed: int) -> None:
    dice = random.Random(seed)
    past = Studio(stores, dice)
    compactor, _, merger = past.keepers(checkpoint_rows=15)
    for _ in range(4):
        await past.work(dice.randrange(5, 25))
        if dice.random() < 0.7:
            await compactor.compact(DOC)
    histories = Histories(stores.log, merger, clock)

    for _ in range(12):
        place = dice.randrange(len(past.seen))
        seq, at, then = past.seen[place]
        end = past.seen[place + 1][1] if place + 1 < len(past.seen) else at + 100
        by_time = await histories.at(DOC, time=dice.uniform(at, end - 1e-3) if end - 1e-3 > at else at)
        by_seq = await histories.at(DOC, seq=seq)

        assert (by_time.seq, by_seq.seq, by_seq.at, by_seq.is_exact) == (seq, seq, at, True)
        assert normal(by_time.content.get("environments", {})) == normal(then)
        doc: Doc = Doc()
        doc.apply_update(by_seq.update)
        assert normal(content(doc)) == normal(then)

    assert (await histories.at(DOC, time=past.seen[0][1] - 1)).seq == 0


async def test_H1_a_large_document_is_replayed_in_another_process(stores: Stores, clock: Clock) -> None:
    past = Studio(stores, random.Random(1))
    await past.work(20)
    merger = Merger(1)
    try:
        moment = await Histories(stores.log, merger, clock).at(DOC, seq=past.seen[9][0])
        assert merger._pool is not None
        assert normal(moment.content.get("environments", {})) == normal(past.seen[9][2])
    finally:
        merger.close()


async def test_H1_an_unreadable_snapshot_is_stepped_over_when_looking_back(stores: Stores, clock: Clock) -> None:
    past = Studio(stores, random.Random(2))
    compactor, _, merger = past.keepers()
    await past.work(20)
    await compactor.compact(DOC)
    await past.break_snapshot((await stores.log.load(DOC)).upto, b"\x05garbage")

    moment = await Histories(stores.log, merger, clock).at(DOC, seq=past.seen[-1][0])

    assert normal(moment.content.get("environments", {})) == normal(past.seen[-1][2])


async def test_a_merging_process_that_dies_is_replaced() -> None:
    merger = Merger(1)
    try:
        assert await merger.run(agree, [b"\x00\x00"], [b"\x00\x00"], size=2)
        assert merger._pool is not None
        for process in list(merger._pool._processes.values()):
            process.kill()
            process.join()
        assert await merger.run(agree, [b"\x00\x00"], [b"\x00\x00"], size=2)
    finally:
        merger.close()
