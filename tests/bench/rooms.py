"""500 rooms opened, written, left and let go of, in turns: does memory stay flat.

    python -m tests.bench.rooms [--minutes 10] [--rooms 500]

Eight visitors at a time go from room to room, each with a small edit of a document of 25 kB. A room of ours leaves
memory 1 s after its last visitor (30 s is the default); Hocuspocus lets go of a document as soon as it is stored. The
slope is that of resident memory after the first third, by least squares: what is loaded for good in the beginning is
no leak.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench.servers import HOCUSPOCUS, Load, Memory, Server, cyclorama, hocuspocus
from tests.bench.table import Row, markdown

AT_ONCE = 8
SAMPLE_S = 2.0
UNLOAD_S = 1.0
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Result:
    """What memory did; MiB."""

    visits: int
    samples: list[tuple[float, float]]
    peak_mib: float
    rooms_left: int
    cpu_ms: float
    p99_ms: float

    @property
    def slope(self) -> float:
        """MiB per minute after the first third."""
        return slope_of(self.samples[len(self.samples) // 3 :]) * 60


def slope_of(samples: Sequence[tuple[float, float]]) -> float:
    """Least squares: MiB per second of (seconds, MiB); 0 for fewer than two samples."""
    if len(samples) < 2:
        return 0.0
    mean_t = sum(t for t, _ in samples) / len(samples)
    mean_v = sum(v for _, v in samples) / len(samples)
    spread = sum((t - mean_t) ** 2 for t, _ in samples)
    return sum((t - mean_t) * (v - mean_v) for t, v in samples) / spread if spread else 0.0


def measure(server: Server, rooms: int, seconds: float) -> Result:
    """Let the visitors go round."""
    assert server.rooms is not None
    targets = server.targets(rooms)
    with Load(
        "rooms.mjs", targets=targets, protocol=server.protocol, at_once=AT_ONCE, seconds=seconds
    ) as load:
        before = server.cpu_s()
        with Memory(server, min(SAMPLE_S, seconds / 10)) as memory:
            load.go()
            found = load.result()
        cpu_s = server.cpu_s() - before
        give_up = time.monotonic() + PATIENCE_S
        while (left := server.rooms()) and time.monotonic() < give_up:
            time.sleep(0.25)
    # The last sample may be of the end, when the load is gone; all others are of the same work.
    return Result(
        found["visits"], memory.samples[:-1], memory.peak_mib, left, cpu_s / found["visits"] * 1e3,
        found["visit"]["p99"],
    )  # fmt: skip


def rows(minutes: float = 1.0, rooms: int = 500) -> Iterator[Row]:
    """One row."""
    results: dict[str, Result] = {}
    starts: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
        "Cyclorama": partial(cyclorama, config={"idle_unload_s": UNLOAD_S}),
        HOCUSPOCUS: hocuspocus,
    }
    for name, start in starts.items():
        with tempfile.TemporaryDirectory() as directory, start(Path(directory)) as server:
            results[name] = measure(server, rooms, minutes * 60)
    yield Row(
        f"{rooms} rooms opened, written, left and unloaded for {minutes:g} min: RSS slope; start, end, peak; "
        "rooms in memory at the end; visits; server CPU a visit; p99 of a visit",
        _text(results["Cyclorama"]),
        f"{HOCUSPOCUS} {_text(results[HOCUSPOCUS])}",
        "flat; 0 rooms left",
    )


def _text(result: Result) -> str:
    return (
        f"{result.slope:+.2f} MiB/min; {result.samples[0][1]:.0f}, {result.samples[-1][1]:.0f}, "
        f"{result.peak_mib:.0f} MiB; {result.rooms_left}; {result.visits:,}; {result.cpu_ms:.1f} ms; "
        f"{result.p99_ms:.0f} ms"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--rooms", type=int, default=500)
    chosen = parser.parse_args()
    print(markdown(list(rows(chosen.minutes, chosen.rooms))))
