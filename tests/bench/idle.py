"""2,000 people who only look, spread over 200 documents: what a silent websocket costs.

    python -m tests.bench.idle [people] [documents]

Each did the sync handshake and said once who they are. Counted: resident memory per socket (with its share of a room
and of ten people's presence), processor time while nobody says anything, and while everybody repeats their presence
every 15 s as y-protocols does.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.servers import Load, Server, allow_many_files, cyclorama, hocuspocus, reference
from tests.bench.table import Row, markdown

SILENT_S, REFRESH_S = 10.0, 15.0


@dataclass(frozen=True)
class Result:
    """What the sockets cost; processor time in ms per second."""

    kib: float
    rss_mib: float
    silent_ms: float
    refresh_ms: float


def measure(server: Server, people: int, documents: int, silent_s: float, refresh_s: float) -> Result:
    """Let them come, and watch."""
    targets = server.targets(documents)
    empty = server.rss_mib()
    with Load(
        "idle.mjs", targets=targets, protocol=server.protocol, clients=people, silent_s=silent_s, refresh_s=refresh_s
    ) as load:
        full = server.rss_mib()
        first, began = server.cpu_s(), time.monotonic()
        load.go()
        load.expect("silent")
        middle, between = server.cpu_s(), time.monotonic()
        load.result()
        last, ended = server.cpu_s(), time.monotonic()
    return Result(
        (full - empty) * 1024 / people,
        full,
        (middle - first) / (between - began) * 1e3,
        (last - middle) / (ended - between) * 1e3,
    )


def rows(
    people: int = 2000, documents: int = 200, silent_s: float = SILENT_S, refresh_s: float = REFRESH_S
) -> Iterator[Row]:
    """One row."""
    allow_many_files()
    results: dict[str, Result] = {}
    for start in (cyclorama, hocuspocus, reference):
        with tempfile.TemporaryDirectory() as directory, start(Path(directory)) as server:
            results[server.name] = measure(server, people, documents, silent_s, refresh_s)
    ours, *peers = results.items()
    yield Row(
        f"{people:,} idle sockets in {documents} documents: RSS a socket (server in all); "
        "server CPU per second in silence; with presence every 15 s",
        _text(ours[1]),
        " · ".join(f"{name} {_text(result)}" for name, result in peers),
    )


def _text(result: Result) -> str:
    return f"{result.kib:.0f} KiB ({result.rss_mib:.0f} MiB); {result.silent_ms:.1f} ms; {result.refresh_ms:.1f} ms"


if __name__ == "__main__":
    print(markdown(list(rows(*map(int, sys.argv[1:3])))))
