"""Quotas: what one person and one project may ask of a process, and how little asking costs."""

from __future__ import annotations

import time

import pytest

from collab.config import CollabConfig
from collab.errors import TooFastError, TooLargeError
from collab.quotas import Allowance, Quotas
from tests.collab.sync.client import doc_id


class Clock:
    """Time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def quotas(clock: Clock | None = None, **limits: float) -> tuple[Quotas, Clock]:
    clock = clock or Clock()
    return Quotas(CollabConfig(**limits), clock), clock  # type: ignore[arg-type]  # whole numbers are given as such


def enter(limits: Quotas, person: str, project: str) -> Allowance:
    allowance = limits.allowance(person, project)
    limits.enter(allowance)
    return allowance


def spend(allowance: Allowance, clock: Clock, messages: int, size: int = 60) -> int:
    """How many of the messages were taken before one was refused."""
    for count in range(messages):
        if not allowance.take(size, clock.now):
            return count
    return messages


def test_R3_one_connection_gets_its_burst_and_then_its_rate() -> None:
    limits, clock = quotas(messages_per_s=10, messages_burst=100)
    one = enter(limits, "ana", "p")
    assert spend(one, clock, 1000) == 100
    assert "10 messages a second on one connection" in one.reason
    clock.now += 2
    assert spend(one, clock, 1000) == 20
    assert limits.refused == {"messages": 2}


def test_R3_bytes_have_their_own_allowance() -> None:
    limits, clock = quotas(bytes_per_s=1000, bytes_burst=100_000)
    one = enter(limits, "ana", "p")
    assert not one.take(200_000, clock.now)
    assert spend(one, clock, 1000, size=1000) == 100
    assert "1000 bytes a second" in one.reason


def test_R3_all_connections_of_a_person_share_one_allowance() -> None:
    limits, clock = quotas(user_messages_per_s=100, user_messages_burst=1000, messages_burst=900)
    mine = [enter(limits, "eve", "p") for _ in range(10)]
    other = enter(limits, "ana", "p")
    taken = sum(spend(one, clock, 500) for one in mine)
    assert 1000 <= taken <= 1000 + 10 * 16
    assert "100 messages a second from one person" in mine[-1].reason
    assert spend(other, clock, 500) == 500, "the others are unharmed"


def test_R3_coming_back_does_not_fill_a_persons_allowance() -> None:
    limits, clock = quotas(user_messages_per_s=1, user_messages_burst=100)
    taken = 0
    for _ in range(20):
        one = enter(limits, "eve", "p")
        taken += spend(one, clock, 500)
        limits.leave(one)
    assert taken <= 100 + 20 * 16


def test_R3_a_projects_allowance_is_taken_from_those_who_used_it_up() -> None:
    limits, clock = quotas(
        project_messages_per_s=10, project_messages_burst=2000, user_messages_burst=1500, messages_burst=1e9
    )
    loud = [enter(limits, name, "p") for name in ("eve", "mal")]
    quiet = enter(limits, "ana", "p")
    taken = [spend(one, clock, 1400) for one in loud]
    assert sum(taken) < 2 * 1400
    assert "one project" in loud[1].reason
    assert spend(quiet, clock, 300) == 300
    assert spend(enter(limits, "mal", "another"), clock, 10) == 10


def test_R3_honest_heavy_use_behind_one_account_passes() -> None:
    """Ten writers of 200 updates a second on ten connections of one person, for ten minutes."""
    limits, clock = quotas()
    mine = [enter(limits, "studio", "p") for _ in range(10)]
    for _ in range(600 * 10):
        clock.now += 0.1
        for one in mine:
            assert spend(one, clock, 20) == 20, one.reason


def test_R3_sockets_are_counted_by_person_and_by_project() -> None:
    limits, _ = quotas(sockets_per_user=3, sockets_per_project=5)
    mine = [enter(limits, "eve", "p") for _ in range(3)]
    with pytest.raises(TooFastError, match="3 connections of one person"):
        enter(limits, "eve", "p")
    enter(limits, "ana", "p")
    enter(limits, "ben", "p")
    with pytest.raises(TooFastError, match="5 connections to one project"):
        enter(limits, "cid", "p")
    limits.leave(mine[0])
    limits.leave(mine[0])
    enter(limits, "cid", "p")
    with pytest.raises(TooFastError):
        enter(limits, "dan", "p")
    assert limits.refused == {"sockets_per_user": 1, "sockets_per_project": 2}


def test_R3_a_documents_and_a_projects_bytes_are_bounded() -> None:
    limits, _ = quotas(max_document_bytes=1000, max_project_bytes=1500)
    notes, world = doc_id("annotations"), doc_id("environments")
    limits.weigh(world, 800)
    limits.weigh(notes, 600)
    limits.admit_bytes(world, 800, 100)
    with pytest.raises(TooLargeError, match="1000 is the limit"):
        limits.admit_bytes(world, 800, 201)
    with pytest.raises(TooLargeError, match="1500 is the limit"):
        limits.admit_bytes(notes, 600, 101)
    limits.weigh(world, 100)
    limits.admit_bytes(notes, 600, 101)
    limits.admit_bytes(doc_id("environments", "prj_two"), 0, 900)


def test_quotas_of_those_who_left_are_let_go() -> None:
    limits, _ = quotas()
    for at in range(25_000):
        limits.leave(enter(limits, f"usr_{at}", "p"))
        limits.weigh(doc_id("votes", f"prj_{at}"), 10)
    assert len(limits._emptied) <= 20_001
    assert len(limits._weights) == len(limits._project_bytes) == 20_000
    assert not limits._people


def test_a_frame_costs_next_to_nothing() -> None:
    """A bound far above what was measured (0.2 µs): it fails on a loop over levels, not on a busy machine."""
    limits, clock = quotas(messages_burst=1e9, bytes_burst=1e12, user_messages_burst=1e9, user_bytes_burst=1e12)
    one = enter(limits, "ana", "p")
    best = 1e9
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(20_000):
            one.take(60, clock.now)
        best = min(best, (time.perf_counter() - began) / 20_000)
    assert best < 2e-6
    print(f"{best * 1e6:.2f} µs a frame")
