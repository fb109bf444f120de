"""Rows of the one table that `make bench` prints, and the arithmetic behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured figure beside its peer's or its goal."""

    what: str
    ours: str
    peer: str = ""
    goal: str = ""


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest-rank percentile; share 0–1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def markdown(rows: Sequence[Row]) -> str:
    """The table as GitHub markdown."""
    lines = ["| what | Cyclorama | peers, same run | goal |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.ours} | {row.peer} | {row.goal} |" for row in rows]
    return "\n".join(lines)
