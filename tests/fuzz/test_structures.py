"""Updates with a field turned, thrown at rooms in which honest people go on working.

20,000 inputs here and in `test_frames.py`, `CYCLORAMA_FUZZ=200000` for a long night. A failure says its seed and the
last frames in hex; keep them as a line of `regressions.txt`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.running import INPUTS, PER_ROUND, assert_flat, play

SHARDS = 4
EACH = INPUTS // 2 // SHARDS


@pytest.mark.timeout(max(180, EACH // 10))
@pytest.mark.parametrize("shard", range(SHARDS))
def test_R3_turned_updates_harm_nobody_but_their_sender(shard: int, tmp_path: Path) -> None:
    first = shard * (EACH // PER_ROUND)
    reports = play(tmp_path, "--first", str(first), "--inputs", str(EACH), "--by-structure", "0.85")
    assert len(reports) == max(1, EACH // PER_ROUND)
    assert sum(report["rows"] for report in reports) > len(reports), "honest changes were saved"
    assert_flat(reports)
