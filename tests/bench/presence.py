"""50 people in one room who all move their cursors at 20 Hz.

    python -m tests.bench.presence [people] [seconds]

Counted: server CPU per second and per state that arrives at somebody, and how old states are on arrival. A state that a
newer one of the same person replaces may be left out; the share that arrives is told. Meanwhile two more people edit
the same document ten times a second: presence must not make them wait.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.servers import Load, Server, cyclorama, hocuspocus, reference
from tests.bench.table import Row, markdown

HZ = 20
EDITS_HZ = 10


@dataclass(frozen=True)
class Result:
    """What presence cost, and how late it was."""

    cpu_percent: float
    cpu_us: float
    late: dict[str, float]
    share: float
    edits: dict[str, float]


def measure(server: Server, people: int, seconds: float) -> Result:
    """Let them move."""
    target = server.targets(1)[0]
    with (
        Load(
            "presence.mjs", target=target, protocol=server.protocol, people=people, hz=HZ, seconds=seconds
        ) as load,
        Load("probe.mjs", target=target, protocol=server.protocol, rate=EDITS_HZ) as editors,
    ):
        before = server.cpu_s()
        editors.go()
        load.go()
        found = load.result()
        cpu_s = server.cpu_s() - before
        editors.go()
        edits = editors.result()
    return Result(
        100 * cpu_s / found["wall"],
        cpu_s / found["delivered"] * 1e6,
        found["late"],
        found["delivered"] / found["expected"],
        edits,
    )


def rows(people: int = 50, seconds: float = 8.0) -> Iterator[Row]:
    """One row."""
    results: dict[str, Result] = {}
    for start in (cyclorama, hocuspocus, reference):
        with tempfile.TemporaryDirectory() as directory, start(Path(directory)) as server:
            results[server.name] = measure(server, people, seconds)
    ours, *peers = results.items()
    yield Row(
        f"presence of {people} people at {HZ} Hz: server CPU, and per delivered state; age on arrival p50, p99; "
        "edit of the document meanwhile p50, p99; states that arrive",
        _text(ours[1]),
        " · ".join(f"{name} {_text(result)}" for name, result in peers),
    )


def _text(result: Result) -> str:
    return (
        f"{result.cpu_percent:.0f} %, {result.cpu_us:.2f} µs; {result.late['p50']:.1f}, {result.late['p99']:.1f} ms; "
        f"{result.edits['p50']:.1f}, {result.edits['p99']:.1f} ms; {result.share:.0%}"
    )


if __name__ == "__main__":
    print(markdown(list(rows(*(kind(text) for kind, text in zip((int, float), sys.argv[1:], strict=False))))))
