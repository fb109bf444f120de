"""The real engine in a process that may only grow by so much: memory truly runs out, and comes back afterwards.

`limit_mb` in a spec's style is how much the address space may grow while that picture is made.
"""

from __future__ import annotations

import resource
from functools import lru_cache

from render.engines.base import Engine, Picture, Progress
from render.engines.procedural import ProceduralEngine
from render.spec import RenderSpec


class TightEngine:
    name = "procedural"

    def __init__(self) -> None:
        self._engine = ProceduralEngine(cache_bytes=200_000_000)

    def render(self, spec: RenderSpec, progress: Progress) -> Picture:
        limit_mb = int(spec.style.get("limit_mb", "0"))
        if not limit_mb:
            return self._engine.render(spec, progress)
        before = resource.getrlimit(resource.RLIMIT_AS)
        with open("/proc/self/statm") as statm:
            held = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + (limit_mb << 20), before[1]))
        try:
            return self._engine.render(spec, progress)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)


@lru_cache(maxsize=1)
def get_engine(name: str, device: str) -> Engine:
    return TightEngine()
