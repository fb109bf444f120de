"""Which engines there are, by name. Nothing heavy is imported until one is asked for."""

from __future__ import annotations

from functools import lru_cache

from render.engines.base import Engine
from render.errors import EngineError
from render.spec import EngineName

_CACHE_BYTES = 900_000_000


@lru_cache(maxsize=4)
def get_engine(name: EngineName, device: str = "cpu") -> Engine:
    """The process's one engine of that name, with its caches.

    Args:
        device: where it computes, as torch names it.

    Raises:
        EngineError: this installation has no such engine, or no such device.
    """
    if name == "procedural":
        from render.device import checked_device
        from render.engines.procedural import ProceduralEngine

        return ProceduralEngine(cache_bytes=_CACHE_BYTES, device=checked_device(device))
    raise EngineError(f"the engine {name!r} is not installed here; choose 'procedural'")
