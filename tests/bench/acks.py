"""How long until a change is safe: 10 writers × 100 updates/s, in one document and spread over ten.

    python -m tests.bench.acks [seconds]

Ours tells each writer by `120 varBytes(state vector)` after COMMIT, on SQLite (synchronous=FULL) and on Postgres (fsync
on). Hocuspocus' SyncStatus says only that a change is in memory; when it is COMMITted shows in a log that its store
hook writes here, with a debounce of 0 (it stores the whole document on every change) and with its default of 2 to 10 s.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.servers import HOCUSPOCUS, Load, Server, cyclorama, hocuspocus, postgres
from tests.bench.table import Row, markdown, percentile
from tests.helpers.peer import Reader

WRITERS, RATE = 10, 100
DEBOUNCE_S = 10.0
"""The longest that Hocuspocus waits before it stores, by default."""


@dataclass(frozen=True)
class Result:
    """What the writers saw; times in milliseconds; `durable` as the log of a server that does not tell them has it."""

    ack: dict[str, float]
    durable: list[float]
    cpu_us: float
    share: float


def measure(server: Server, documents: int, seconds: float, folder: Path, durable_log: Path | None = None) -> Result:
    """Let the writers write."""
    sent = folder / "sent.json"
    with Load(
        "acks.mjs", targets=server.targets(documents), protocol=server.protocol, writers=WRITERS, rate=RATE,
        seconds=seconds, sent=str(sent),
    ) as load:  # fmt: skip
        before = server.cpu_s()
        load.go()
        found = load.result()
        cpu_s = server.cpu_s() - before
    durable = _durable(json.loads(sent.read_text()), durable_log) if durable_log is not None else []
    return Result(found["ack"], durable, cpu_s / found["sent"] * 1e6, found["acked"] / found["sent"])


def _durable(people: list[dict[str, Any]], log: Path) -> list[float]:
    """Milliseconds from sending each change to the first store that held it; those not stored in time are left out."""
    times: list[float] = []
    deadline = time.monotonic() + DEBOUNCE_S + 10
    while True:
        stores: dict[str, list[tuple[float, dict[int, int]]]] = {}
        text = log.read_text()
        for line in text[: text.rfind("\n") + 1].splitlines():  # the last line may still be on its way
            stored_at, room, state = line.split()
            stores.setdefault(room, []).append((float(stored_at), _vector(base64.b64decode(state))))
        last = {room: seen[-1][1] for room, seen in stores.items()}
        if all(last.get(p["room"], {}).get(p["client"], 0) >= p["first"] + len(p["sent"]) for p in people):
            break
        if time.monotonic() > deadline:
            break
        time.sleep(0.5)
    for person in people:
        done = 0
        for at, vector in stores.get(person["room"], []):
            until = max(done, vector.get(person["client"], 0) - person["first"])
            times.extend(at - sent for sent in person["sent"][done:until])
            done = until
    return times


def _vector(data: bytes) -> dict[int, int]:
    reader = Reader(data)
    return {reader.uint(): reader.uint() for _ in range(reader.uint())}


def rows(seconds: float = 10.0) -> Iterator[Row]:
    """One row per database and spread."""
    for documents in (1, 10):
        spread = "one document" if documents == 1 else f"{documents} documents"
        results: dict[str, Result] = {}
        for database in ("SQLite", "Postgres"):
            with tempfile.TemporaryDirectory() as directory, _database(database) as url:
                folder = Path(directory)
                with cyclorama(folder, database_url=url) as server:
                    results[database] = measure(server, documents, seconds, folder)
        peers: list[str] = []
        for debounce in (0, None) if documents == 1 else (0,):
            with tempfile.TemporaryDirectory() as directory:
                folder = Path(directory)
                log = folder / "durable.log"
                with hocuspocus(folder, debounce_ms=debounce, durable_log=log) as server:
                    found = measure(server, documents, seconds, folder, log)
            peers.append(
                f"{HOCUSPOCUS}, {'debounce 0' if debounce == 0 else 'default debounce'}: "
                f"acks p50 {found.ack['p50']:.1f}, p99 {found.ack['p99']:.1f} ms (in memory, not durable), "
                f"{_durable_text(found, round(WRITERS * RATE * seconds))}; "
                f"{found.cpu_us:.0f} µs{_missing(found)}"
            )
        for database, ours in results.items():
            yield Row(
                f"durable ack at {WRITERS * RATE:,} updates/s in {spread}, {database}; server CPU per update",
                f"p50 {ours.ack['p50']:.1f}, p99 {ours.ack['p99']:.1f} ms; {ours.cpu_us:.0f} µs{_missing(ours)}",
                " · ".join(peers) if database == "SQLite" else "",
                "p50 < 3, p99 < 15 ms",
            )


def _durable_text(result: Result, sent: int) -> str:
    if not result.durable:
        return "nothing durable in time"
    times = f"durable p50 {percentile(result.durable, 0.5):.1f}, p99 {percentile(result.durable, 0.99):.1f} ms"
    return times if len(result.durable) >= sent else f"{times} ({len(result.durable) / sent:.1%} of them in time)"


def _missing(result: Result) -> str:
    return "" if result.share == 1 else f"; only {result.share:.1%} acknowledged"


class _NoDatabase(AbstractContextManager[str]):
    """SQLite in the server's own folder."""

    def __enter__(self) -> str:
        return ""

    def __exit__(self, *_: object) -> None:
        pass


def _database(name: str) -> AbstractContextManager[str]:
    return postgres() if name == "Postgres" else _NoDatabase()


if __name__ == "__main__":
    print(markdown(list(rows(*map(float, sys.argv[1:2])))))
