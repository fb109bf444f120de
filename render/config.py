"""How the farm behaves: one frozen record, checked on creation. Nothing here looks at the environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from render.spec import Lane

LANES: tuple[Lane, ...] = get_args(Lane)
DEFAULT_ENGINES = "render.engines.registry:get_engine"


@dataclass(frozen=True, slots=True)
class FarmConfig:
    """Every number the farm runs by.

    Args:
        redis_url: where tickets travel between processes; None keeps them inside this one.
        lease_s: how long a claimed job stays a silent worker's own. Recovery after a kill takes at most
            `lease_s + 2 * sweep_s` plus the render itself (promise F2).
        beat_s: how often a worker renews its leases.
        sweep_s: how often leases are expired and tickets re-sent.
        no_progress_s: a render that says nothing for this long is killed and failed.
        cancel_grace_s: how long a canceled render may take to stop by itself before its process is killed.
        drain_s: how long a stopping worker process lets running jobs finish.
        embedded_drain_s: the same for workers inside the server, where somebody waits at a prompt.
        child_start_s: how long a render process may take to load its engine.
        storage_retry_s: how long a finished picture waits for a store that does not answer.
        progress_hz: progress events per job and second, at most.
        preview_keep_s: previews older than this are forgotten.
        prune_s: how often they are looked for.
        threads: how many parts of a picture a render process computes at once (render/abreast.py).
        device: where settled and preview pictures are computed, as torch names it: cpu, cuda, cuda:1.
        recycle_rss_mb: a render process that has grown beyond this is replaced between two jobs.
        settled_nice: niceness of the settled lane's process, so that previews come first on a busy machine.
        max_tickets: tickets kept waiting per lane, at most.
        ticket_poll_ms: longest pause between two looks into an idle Redis queue.
        engines: `module:attribute` of the function that gives an engine by name.
    """

    redis_url: str | None = None
    lease_s: float = 15.0
    beat_s: float = 3.0
    sweep_s: float = 1.0
    no_progress_s: float = 120.0
    cancel_grace_s: float = 2.0
    drain_s: float = 30.0
    embedded_drain_s: float = 3.0
    child_start_s: float = 120.0
    storage_retry_s: float = 60.0
    progress_hz: float = 8.0
    preview_keep_s: float = 3600.0
    prune_s: float = 60.0
    threads: int = 2
    device: str = "cpu"
    recycle_rss_mb: int = 3000
    settled_nice: int = 10
    max_tickets: int = 32
    ticket_poll_ms: int = 25
    engines: str = DEFAULT_ENGINES

    def __post_init__(self) -> None:
        for name in ("lease_s", "beat_s", "sweep_s", "no_progress_s", "progress_hz", "threads", "max_tickets"):
            if getattr(self, name) <= 0:
                raise ValueError(f"FarmConfig.{name} must be greater than 0, not {getattr(self, name)}")
        if self.beat_s * 2 > self.lease_s:
            raise ValueError(
                f"FarmConfig.beat_s ({self.beat_s}) must be at most half of lease_s ({self.lease_s}), "
                "or one late beat loses a living worker's job"
            )
        if ":" not in self.engines:
            raise ValueError(f"FarmConfig.engines must read 'module:attribute', not {self.engines!r}")
