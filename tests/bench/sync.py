"""Sync fan-out of our server beside Hocuspocus and y-websocket's own server, in one run, under the same load.

    python -m tests.bench.sync [seconds]

Light: 2 writers × 10 updates/s, 10 clients. Heavy: 10 writers × 200/s, 50 clients. One update is one `Y.Map.set`: of a
style, which asks for no picture, so that sync is compared with sync; and of a parameter, for which ours also runs
triggers, planning and the ledger in the same process (no worker renders: it would only take the cores away).
Counted is the server process's CPU per update delivered to another client, and the time from sending to arrival at
every fifth client. Ours COMMITs every change to SQLite before it is called saved; Hocuspocus stores its documents in
SQLite with its default debounce of 2 to 10 s; y-websocket's server keeps nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import psutil

from tests.bench.table import Row, markdown
from tests.helpers.house import OWNER_TOKEN
from tests.helpers.node import node
from tests.helpers.services import free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NODE = node()
OURS, PEER, REFERENCE = "Cyclorama", "Hocuspocus 4.7", "@y/websocket-server 0.1.1"
STYLE, HOUR = "style.mood", "parameters.time_of_day"
LOADS = {"light: 2 × 10/s, 10 clients": (2, 10, 10), "heavy: 10 × 200/s, 50 clients": (10, 200, 50)}


@dataclass(frozen=True)
class Result:
    """What one server did under one load."""

    cpu_us: float
    p50_ms: float
    p99_ms: float
    share: float
    cpu_percent: float


@contextmanager
def serving(command: Sequence[str], port: int) -> Iterator[psutil.Process]:
    """A server process that answers on its port."""
    # Rendering would only take the cores away from what is measured here.
    settings = {"CYCLORAMA_OWNER_TOKEN": OWNER_TOKEN, "CYCLORAMA_EMBEDDED_WORKERS": "off"}
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while not any(c.laddr.port == port for c in psutil.Process(process.pid).net_connections("tcp")):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command} did not start")
            time.sleep(0.05)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def measure(
    server: psutil.Process, url: str, protocol: str, load: tuple[int, int, int], seconds: float, field: str = STYLE
) -> Result:
    """Put a load on a server."""
    writers, rate, clients = load
    command = [NODE, str(HERE / "peers/load.mjs"), url, protocol, *map(str, (writers, rate, clients, seconds)), field]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdin is not None
        assert driver.stdout is not None
        assert driver.stdout.readline() == "ready\n", "the load could not connect"
        before = server.cpu_times()
        driver.stdin.write("go\n")
        driver.stdin.flush()
        found = json.loads(driver.stdout.readline())
        after = server.cpu_times()
    cpu_s = after.user + after.system - before.user - before.system
    return Result(
        cpu_us=cpu_s / found["delivered"] * 1e6,
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
        share=found["delivered"] / found["expected"],
        cpu_percent=100 * cpu_s / found["wall"],
    )


def our_room(port: int) -> str:
    """The address of an empty document on a server of ours."""
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {OWNER_TOKEN}"}, trust_env=False
    ) as api:
        project = api.post("/api/projects", json={"name": "Bench"}, timeout=30).raise_for_status().json()["id"]
    return f"ws://127.0.0.1:{port}/ws/project/{project}/environments?token={OWNER_TOKEN}"


def servers(data: Path) -> Iterator[tuple[str, list[str], int, Callable[[], str], str]]:
    """Name, command, port, address (to be asked for once it runs) and protocol of every server."""
    port = free_port()
    ours = [sys.executable, "-m", "api.cli", "serve", "--port", str(port), "--data", str(data)]
    yield OURS, ours, port, partial(our_room, port), "y"
    port = free_port()
    hocuspocus = [NODE, str(HERE / "peers/hocuspocus.mjs"), str(port), str(data / "hocuspocus.db")]
    yield PEER, hocuspocus, port, lambda: f"ws://127.0.0.1:{port}/", "hocuspocus"
    port = free_port()
    reference = [NODE, str(HERE / "peers/y_websocket.mjs"), str(port)]
    yield REFERENCE, reference, port, lambda: f"ws://127.0.0.1:{port}/environments", "y"


def run(seconds: float, field: str, names: Collection[str]) -> dict[str, dict[str, Result]]:
    """Load → server → result; each load meets a fresh server."""
    results: dict[str, dict[str, Result]] = {}
    for name, load in LOADS.items():
        with tempfile.TemporaryDirectory() as data:
            for server, command, port, url, protocol in servers(Path(data)):
                if server not in names:
                    continue
                with serving(command, port) as process:
                    results.setdefault(name, {})[server] = measure(process, url(), protocol, load, seconds, field)
                print(f"{field} · {name} · {server}: {results[name][server]}", file=sys.stderr, flush=True)
    return results


def rows(seconds: float = 6.0) -> list[Row]:
    """The rows of `make bench`."""
    goals = {"cpu_us": ("≤ 1 × Hocuspocus", "≤ ⅓ × Hocuspocus"), "p50_ms": ("", ""), "p99_ms": ("≤ Hocuspocus",) * 2}
    units = {"cpu_us": "µs CPU per delivered update", "p50_ms": "ms p50", "p99_ms": "ms p99"}
    out = []
    for what, field, names in (("sync", STYLE, (OURS, PEER, REFERENCE)), ("parameter edits", HOUR, (OURS, PEER))):
        for at, (load, found) in enumerate(run(seconds, field, names).items()):
            ours, *peers = found.items()
            for figure, unit in units.items():
                out.append(
                    Row(
                        f"{what}, {load}: {unit}",
                        f"{getattr(ours[1], figure):.1f}",
                        " · ".join(f"{peer} {getattr(result, figure):.1f}" for peer, result in peers),
                        goals[figure][at] if field == STYLE else "",
                    )
                )
    return out


if __name__ == "__main__":
    print(markdown(rows(float(sys.argv[1]) if len(sys.argv) > 1 else 6.0)))
