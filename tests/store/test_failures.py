"""What a driver's error means: out of room, away, in the way, or a bug."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError

from store.contention import gives_way
from store.errors import ConflictError, ContentionError, StorageFullError, UnavailableError
from store.failures import translate


class FromPostgres(Exception):
    """Stands for the driver's error with this SQLSTATE."""

    def __init__(self, state: str, words: str = "words") -> None:
        super().__init__(words)
        self.sqlstate = state


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        ("53100", StorageFullError), ("53300", UnavailableError), ("57P01", UnavailableError),
        ("08006", UnavailableError), ("28P01", UnavailableError), ("3D000", UnavailableError),
        ("40P01", ContentionError), ("25006", UnavailableError), ("42P01", type(None)), ("22P02", type(None)),
    ],
)
def test_a_sqlstate_has_a_meaning(state: str, meaning: type) -> None:
    assert type(translate(DBAPIError("SELECT", {}, FromPostgres(state)), "db")) is meaning


def test_a_file_postgres_cannot_extend_means_full() -> None:
    error = FromPostgres("58030", "could not extend file: No space left on device")

    assert type(translate(DBAPIError("INSERT", {}, error), "db")) is StorageFullError


def test_a_raw_sqlite_error_without_a_code_is_a_bug() -> None:
    assert translate(sqlite3.ProgrammingError("Cannot operate on a closed database."), "db") is None


def test_a_dead_socket_means_away() -> None:
    assert type(translate(ConnectionRefusedError(111, "refused"), "db")) is UnavailableError
    assert type(translate(TimeoutError(), "db")) is UnavailableError


async def test_a_transaction_that_gave_way_tries_again_a_few_times() -> None:
    tries = 0

    @gives_way
    async def transaction(fails: int) -> str:
        nonlocal tries
        tries += 1
        if tries <= fails:
            raise ContentionError("in the way")
        return "done"

    assert await transaction(2) == "done"
    assert tries == 3
    tries = 0
    with pytest.raises(ContentionError):
        await transaction(99)
    assert tries == 4


async def test_other_errors_are_not_tried_again() -> None:
    tries = 0

    @gives_way
    async def transaction() -> None:
        nonlocal tries
        tries += 1
        raise ConflictError("taken")

    with pytest.raises(ConflictError):
        await transaction()
    assert tries == 1
