"""Finding engines by a dotted name, and how many threads they may use."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import cast

from render.engines.base import Engine
from render.errors import EngineError

WARM_ENGINE = "procedural"


class EngineSource:
    """Engines by name, each made once, all on one device."""

    def __init__(self, get_engine: Callable[[str, str], Engine], device: str = "cpu") -> None:
        self._get_engine = get_engine
        self._device = device
        self._made: dict[str, Engine] = {}

    def engine(self, name: str) -> Engine:
        """The engine of that name."""
        if name not in self._made:
            self._made[name] = self._get_engine(name, self._device)
        return self._made[name]


def load_engines(dotted: str, threads: int, device: str = "cpu") -> EngineSource:
    """Import the engine source and warm the procedural engine.

    Args:
        dotted: `module:attribute` of a function from name and device to Engine.
        threads: parts of a picture that this process computes at once. torch itself keeps to one thread for each: with
            more on shared cores frames took ten times as long.
        device: as torch names it.

    Raises:
        EngineError: there is no such module or attribute, or the device is not here.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    module_name, _, attribute = dotted.partition(":")
    try:
        get_engine = getattr(importlib.import_module(module_name), attribute)
    except AttributeError as error:
        raise EngineError(f"no engines at {dotted!r}: {error}") from error
    source = EngineSource(cast(Callable[[str, str], Engine], get_engine), device)
    source.engine(WARM_ENGINE)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
        importlib.import_module("render.abreast").use_hands(threads)
    return source
