"""Depth: types nested in types without end would overflow the stack of yrs, and of browsers."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from pycrdt import Array, Doc, Map

from collab.codec import write_bytes, write_uint
from collab.errors import ProtocolError
from collab.nesting import MAX_DEPTH, MAX_OPEN, Nesting
from collab.structs import extent_of

EVE = 7
NOTHING_THERE: dict[int, int] = {}


def chain(first: int, count: int, *, beside: bool = False) -> bytes:
    """Maps in one another, one client's structs from a clock on; the one before the first is their parent.

    With `beside`, each lies in the one before as the neighbour of a value there, so that its parent is never named.
    """
    structs = []
    clock = first
    for _ in range(count):
        parent = b"\x00" + write_uint(EVE) + write_uint(clock - 1) if clock else b"\x01" + write_bytes(b"environments")
        if beside and clock:
            structs.append(b"\x28" + parent + b"\x01a\x01\x7e")
            structs.append(b"\x87" + write_uint(EVE) + write_uint(clock) + b"\x01")
            clock += 2
        else:
            structs.append(b"\x27" + parent + b"\x01a\x01")
            clock += 1
    return b"\x01" + write_uint(len(structs)) + write_uint(EVE) + write_uint(first) + b"".join(structs) + b"\x00"


def admitted(nesting: Nesting, update: bytes, state: dict[int, int] | None = None) -> None:
    nesting.keep(nesting.admit(extent_of(update).places, lambda: NOTHING_THERE if state is None else state))


@pytest.mark.parametrize("beside", [False, True])
def test_R3_a_chain_in_one_update_is_bounded(beside: bool) -> None:
    admitted(Nesting(), chain(0, MAX_DEPTH - 1, beside=beside))
    with pytest.raises(ProtocolError, match="nested more than"):
        admitted(Nesting(), chain(0, MAX_DEPTH + 1, beside=beside))


@pytest.mark.parametrize("beside", [False, True])
def test_R3_a_chain_in_many_updates_is_bounded(beside: bool) -> None:
    nesting = Nesting()
    clock = 0
    for _ in range(MAX_DEPTH - 1):
        admitted(nesting, chain(clock, 1, beside=beside))
        clock += 2 if beside and clock else 1
    with pytest.raises(ProtocolError, match="nested more than"):
        admitted(nesting, chain(clock, 2, beside=beside))


def test_R3_a_chain_sent_from_its_end_is_bounded() -> None:
    nesting = Nesting()
    for clock in range(MAX_OPEN, 0, -1):
        admitted(nesting, chain(clock, 1))
    with pytest.raises(ProtocolError, match="has not arrived"):
        admitted(nesting, chain(MAX_OPEN + 10, 1))
    admitted(nesting, chain(0, 1))  # whoever brings what they wait for is not to blame for it
    assert not nesting._open
    with pytest.raises(ProtocolError, match="nested more than"):
        admitted(nesting, chain(MAX_OPEN + 1, 1))


def test_R3_a_struct_that_waits_cannot_be_told_anew() -> None:
    nesting = Nesting()
    admitted(nesting, chain(0, 60))
    parent = b"\x01" + write_bytes(b"environments")
    shallow = b"\x01\x01" + write_uint(EVE) + write_uint(70) + b"\x27" + parent + b"\x01a\x01\x00"
    admitted(nesting, shallow, {EVE: 60})
    deep = b"\x01\x01" + write_uint(EVE) + write_uint(70) + b"\x27\x00" + write_uint(EVE) + b"\x3b\x01a\x01\x00"
    with pytest.raises(ProtocolError, match="contradicts"):
        admitted(nesting, deep, {EVE: 60})
    admitted(nesting, deep, {EVE: 71})  # what is applied already is only repeated, and does nothing


def test_a_refused_update_leaves_no_trace() -> None:
    nesting = Nesting()
    admitted(nesting, chain(0, 3))
    with pytest.raises(ProtocolError):
        admitted(nesting, chain(3, 100))
    admitted(nesting, chain(3, 20))
    assert nesting._runs[EVE].at(22) == 2 * 23 + 1


def honest(seed: int) -> tuple[list[bytes], list[bytes]]:
    """Updates of three people who write into one another's maps, and the same shuffled."""
    chance = random.Random(seed)
    docs: list[Doc[Any]] = [Doc(client_id=at + 1) for at in range(3)]
    updates: list[bytes] = []
    for _ in range(60):
        doc = chance.choice(docs)
        before = doc.get_state()
        here: Any = doc.get("environments", type=Map)
        for _ in range(chance.randrange(5)):
            inner = [value for value in here.values() if isinstance(value, Map)]
            if inner:
                here = chance.choice(inner)
        here[f"k{chance.randrange(4)}"] = chance.choice([1.5, Map({"a": Map({})}), Array([1, Map()]), "text"])
        updates.append(doc.get_update(before))
        if chance.random() < 0.5:
            other = chance.choice(docs)
            other.apply_update(doc.get_update(other.get_state()))
    shuffled = updates.copy()
    chance.shuffle(shuffled)
    return updates, shuffled


@pytest.mark.parametrize("seed", range(30))
def test_depths_do_not_depend_on_the_order_of_arrival(seed: int) -> None:
    in_order, shuffled = honest(seed)
    found = []
    for updates in (in_order, shuffled):
        nesting = Nesting()
        for update in updates:
            nesting.note(extent_of(update).places)
        assert not nesting._open
        found.append({
            (client, clock): depth
            for client, runs in nesting._runs.items()
            for start, size, depth in runs.known()
            for clock in range(start, start + size)
        })  # fmt: skip
    assert found[0] == found[1]
    assert max(found[0].values()) < 40


def test_a_large_document_is_looked_through_in_linear_time() -> None:
    """Two people who type in turn: each of their structs hangs on the other's, which comes later in the bytes."""
    count = 20_000
    sections = []
    for client, other in ((2, 1), (1, 2)):
        structs = [b"\x04\x01" + write_bytes(b"environments") + b"\x01x"] if client == 2 else []
        for clock in range(len(structs), count):
            on = clock - 1 if client == 2 else clock
            structs.append(b"\x84" + write_uint(other) + write_uint(on) + b"\x01x")
        sections.append(write_uint(len(structs)) + write_uint(client) + b"\x00" + b"".join(structs))
    update = b"\x02" + b"".join(sections) + b"\x00"
    places = extent_of(update).places
    nesting = Nesting()
    began = time.perf_counter()
    nesting.note(places)
    assert time.perf_counter() - began < 5
    assert not nesting._open
    assert len(nesting._runs[1].starts) == 1
