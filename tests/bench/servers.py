"""Servers under measurement, each a process on a free port: ours, Hocuspocus with a store, y-websocket's own."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal
from urllib.parse import urlsplit

import httpx
import psutil

from tests.helpers.house import OWNER_TOKEN
from tests.helpers.node import node
from tests.helpers.services import PostgresCluster, free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MIB = 2**20
HOCUSPOCUS = "Hocuspocus 4.7"
REFERENCE = "@y/websocket-server 0.1.1"
Protocol = Literal["y", "hocuspocus"]
Target = dict[str, str]
"""Where a load goes: `url`, and `room` for servers that name the document in each frame."""


@dataclass
class Server:
    """A running server.

    Args:
        targets: makes so many addresses of documents of its own, all of which are empty at first.
        rooms: how many documents are in memory now; None where the server does not tell.
    """

    name: str
    process: psutil.Process
    protocol: Protocol
    port: int
    targets: Callable[[int], list[Target]]
    rooms: Callable[[], int] | None = None

    def cpu_s(self) -> float:
        """Processor seconds so far, its own helper processes included."""
        total = 0.0
        for process in (self.process, *self.process.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        return total

    def rss_mib(self) -> float:
        """Resident memory of the serving process, MiB."""
        return float(self.process.memory_info().rss) / MIB


class Memory:
    """Watches a server's resident memory in a thread while a `with` block runs."""

    def __init__(self, server: Server, every_s: float = 0.05) -> None:
        self.samples: list[tuple[float, float]] = []
        self._server, self._every_s = server, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self.samples.append((time.monotonic(), self._server.rss_mib()))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def peak_mib(self) -> float:
        """The highest that was seen."""
        return max(size for _, size in self.samples)

    def _watch(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self.samples.append((time.monotonic(), self._server.rss_mib()))
            except psutil.NoSuchProcess:
                return


class Load:
    """A driver from `peers/`, connected and waiting when the `with` block begins.

    Raises:
        AssertionError: it could not connect, or ended early; it has said why on stderr.
    """

    def __init__(self, script: str, **settings: Any) -> None:
        self._script, self._settings = script, settings

    def __enter__(self) -> Load:
        self._process = subprocess.Popen(
            [node(), str(HERE / "peers" / self._script), json.dumps(self._settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.expect("ready")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def expect(self, line: str) -> None:
        """Wait for a line."""
        assert self._process.stdout is not None
        found = self._process.stdout.readline()
        assert found == line + "\n", f"{self._script} said {found!r} where {line!r} was due"

    def go(self) -> None:
        """Let it go on."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def result(self) -> dict[str, Any]:
        """What it found."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"{self._script} ended without a result"
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def cyclorama(
    folder: Path, *, database_url: str = "", config: Mapping[str, float] | None = None, name: str = "Cyclorama"
) -> Iterator[Server]:
    """Our server over `folder`; starting it twice over one folder finds what the first one kept.

    Args:
        config: fields of `CollabConfig` that differ from their defaults.
    """
    port = free_port()
    begin = ["-m", "tests.bench.app", json.dumps(dict(config))] if config else ["-m", "api.cli"]
    command = [sys.executable, *begin, "serve", "--port", str(port), "--data", str(folder / "cyclorama")]
    # Rendering would only take the cores away from what is measured.
    environment = {"CYCLORAMA_OWNER_TOKEN": OWNER_TOKEN, "CYCLORAMA_EMBEDDED_WORKERS": "off"}
    if database_url:
        environment["CYCLORAMA_DATABASE_URL"] = database_url
    api = httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {OWNER_TOKEN}"}, trust_env=False,
        timeout=30,
    )  # fmt: skip

    def target(number: int) -> Target:
        project = api.post("/api/projects", json={"name": f"Bench {number}"}).raise_for_status().json()["id"]
        url = f"ws://127.0.0.1:{port}/ws/project/{project}/environments?token={OWNER_TOKEN}"
        return {"url": url, "room": "environments"}

    def targets(count: int) -> list[Target]:
        return [target(number) for number in range(count)]

    def rooms() -> int:
        lines = api.get("/metrics").raise_for_status().text.splitlines()
        return round(sum(float(line.split()[-1]) for line in lines if line.startswith("cyclorama_rooms{")))

    with api, _running(command, port, folder / "cyclorama.log", environment) as process:
        yield Server(name, process, "y", port, targets, rooms)


def on(server: Server, target: Target) -> Target:
    """A document of an earlier run of this server, over the same folder."""
    return {**target, "url": urlsplit(target["url"])._replace(netloc=f"127.0.0.1:{server.port}").geturl()}


@contextmanager
def hocuspocus(
    folder: Path, *, debounce_ms: int | None = None, durable_log: Path | None = None, name: str = HOCUSPOCUS
) -> Iterator[Server]:
    """Hocuspocus with SQLite through its Database extension; its default is to store 2 to 10 s after a change."""
    port = free_port()
    command = [node(), str(HERE / "peers/hocuspocus.mjs"), str(port), str(folder / "hocuspocus.db")]
    if debounce_ms is not None or durable_log is not None:
        command.append(str(2000 if debounce_ms is None else debounce_ms))
    if durable_log is not None:
        command.append(str(durable_log))

    def targets(count: int) -> list[Target]:
        return [{"url": f"ws://127.0.0.1:{port}/", "room": f"document-{number}"} for number in range(count)]

    def rooms() -> int:
        return int(httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=30).json()["documents"])

    with _running(command, port, folder / "hocuspocus.log", {}) as process:
        yield Server(name, process, "hocuspocus", port, targets, rooms)


@contextmanager
def reference(folder: Path) -> Iterator[Server]:
    """y-websocket's own server; it keeps nothing."""
    port = free_port()

    def targets(count: int) -> list[Target]:
        return [{"url": f"ws://127.0.0.1:{port}/document-{number}", "room": "environments"} for number in range(count)]

    command = [node(), str(HERE / "peers/y_websocket.mjs"), str(port)]
    with _running(command, port, folder / "y-websocket.log", {}) as process:
        yield Server(REFERENCE, process, "y", port, targets)


@contextmanager
def postgres() -> Iterator[str]:
    """URL of an empty database on a Postgres of its own that does fsync."""
    cluster = PostgresCluster(durable=True)
    try:
        cluster.start()
        yield cluster.new_database()
    finally:
        cluster.remove()


def allow_many_files(count: int = 10_000) -> None:
    """Let this process and those it starts have so many sockets, as far as the machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def _running(command: Sequence[str], port: int, log: Path, environment: Mapping[str, str]) -> Iterator[psutil.Process]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CYCLORAMA_")}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**kept, "OMP_NUM_THREADS": "1", **environment},
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait_for(process, port, log)
            yield psutil.Process(process.pid)
        except BaseException:
            sys.stderr.write(_tail(log.open("rb")))
            raise
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while not any(found.laddr.port == port for found in psutil.Process(process.pid).net_connections("tcp")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"{process.args!r} did not start; see {log}")
        time.sleep(0.05)


def _tail(file: IO[bytes]) -> str:
    with file:
        return "\n".join(file.read().decode(errors="replace").splitlines()[-20:]) + "\n"
