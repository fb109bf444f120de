"""Plays rounds of the yard in a process of its own and tells how they went."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.house import REPOSITORY

INPUTS = int(os.environ.get("CYCLORAMA_FUZZ", "20000"))
"""Hostile inputs in all; 200,000 for a long night."""
PER_ROUND = 250
SETTLED_AFTER = 5
MAY_GROW_BYTES = 48 * 2**20


def play(directory: Path, *arguments: str, timeout_s: float = 900) -> list[dict[str, Any]]:
    """Play rounds; what each of them reported.

    Raises:
        Failed: an honest client was harmed, or the process ended; says the seed and the exact bytes said last.
    """
    diary = directory / "diary"
    command = [sys.executable, "-m", "tests.fuzz.yard", "--diary", str(diary), *arguments]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=timeout_s, check=False,
        env={**os.environ, "RUST_BACKTRACE": "0", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode:
        said = diary.read_text().splitlines() if diary.exists() else []
        how = signal.Signals(-done.returncode).name if done.returncode < 0 else f"status {done.returncode}"
        seed = reports[-1]["seed"] if reports and "failed" in reports[-1] else f"after {reports[-1:]}"
        pytest.fail(
            f"the yard ended with {how}, seed {seed}: {reports[-1:]}\nits last of {len(said)} frames were:\n"
            + "\n".join(said[-3:])
            + f"\nrepeat: {' '.join(command)}\n{done.stderr[-2000:]}",
            pytrace=False,
        )
    return reports


def assert_flat(reports: list[dict[str, Any]]) -> None:
    """Memory is where it was after the first rounds."""
    if len(reports) > 2 * SETTLED_AFTER:
        grown = reports[-1]["rss"] - reports[SETTLED_AFTER]["rss"]
        assert grown < MAY_GROW_BYTES, f"memory grew by {grown} bytes in {len(reports)} rounds"
