"""Stores of both engines, on a clock of the tests' own."""

from __future__ import annotations

from tests.contracts.conftest import clock, database_url, stores

__all__ = ["clock", "database_url", "stores"]
