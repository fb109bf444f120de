"""What honest clients hear while a hostile one is about, given to stock Yjs under node: what passes yrs may break it.

2,000 inputs by default, a tenth of `CYCLORAMA_FUZZ`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fuzz.running import INPUTS, play
from tests.helpers.house import REPOSITORY
from tests.helpers.node import node

PACKAGES = REPOSITORY / "tests/interop/node_modules"


@pytest.mark.timeout(max(180, INPUTS // 50))
def test_R3_stock_Yjs_takes_all_that_passes(tmp_path: Path) -> None:
    if not (PACKAGES / "yjs").exists():
        pytest.skip("the interop packages are not installed; `make test-setup` does it")
    streams = tmp_path / "streams"
    play(tmp_path, "--first", "2000000", "--inputs", str(INPUTS // 10), "--streams", str(streams))
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    script = shutil.copy(Path(__file__).with_name("stream_reader.mjs"), tmp_path / "stream_reader.mjs")
    done = subprocess.run([node(), script, str(streams)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    *failures, summary = done.stdout.splitlines()
    assert not failures, "\n".join(failures[:5])
    assert json.loads(summary)["frames"] > 0
