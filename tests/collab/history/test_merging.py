"""Merging for snapshots: nothing is lost, and what would be lost is noticed (D3)."""

from __future__ import annotations

import random

import pytest
from pycrdt import Doc, Map

from collab.merging import agree, merge_checked
from collab.structs import extent_of
from tests.collab.history.studio import Studio, content


def worked(seed: int) -> list[bytes]:
    """Rows of three clients that hear of each other now and then."""
    dice = random.Random(seed)
    studio = Studio(None, dice)  # type: ignore[arg-type]  # nothing is kept
    rows: list[bytes] = []
    for _ in range(40):
        author = dice.choice(studio.clients)
        subscription = author.observe(lambda event: rows.append(event.update))
        with author.transaction():
            studio.edit(author)
        author.unobserve(subscription)
        if dice.random() < 0.3:
            reader, writer = dice.sample(studio.clients, 2)
            reader.apply_update(writer.get_update(reader.get_state()))
    return rows


@pytest.mark.parametrize("way", ["in order", "shuffled", "with holes", "doubled"])
def test_D3_a_snapshot_of_a_snapshot_holds_what_the_rows_hold(way: str) -> None:
    for seed in range(25):
        dice, rows = random.Random(seed), worked(seed)
        if way == "shuffled":
            dice.shuffle(rows)
        elif way == "with holes":
            rows = [row for row in rows if dice.random() < 0.8]
        elif way == "doubled":
            rows += [row for row in rows if dice.random() < 0.3]
        cut = dice.randrange(len(rows))

        first = merge_checked(None, rows[:cut]).state if cut else None
        second = merge_checked(first, rows[cut:])

        assert second.state is not None, seed
        assert agree(rows, [second.state])


def test_D3_a_merge_that_lost_a_row_is_noticed() -> None:
    noticed = 0
    for seed in range(25):
        rows = worked(seed)
        # A row that only deletes may say what another row says too.
        gone = random.Random(seed).choice([at for at, row in enumerate(rows) if extent_of(row).places])
        noticed += not agree(rows, rows[:gone] + rows[gone + 1 :])
    assert noticed == 25


def test_D3_a_merge_that_lost_a_deletion_that_still_waits_is_noticed() -> None:
    here, there = Doc(), Doc()
    here.get("environments", type=Map)["a"] = 1
    there.apply_update(here.get_update())
    rows: list[bytes] = []
    subscription = there.observe(lambda event: rows.append(event.update))
    del there.get("environments", type=Map)["a"]
    there.get("environments", type=Map)["b"] = 1
    there.unobserve(subscription)

    assert content(there) == {"b": 1}
    assert agree(rows, rows)
    assert not agree(rows, rows[1:])
