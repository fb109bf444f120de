"""Real processes of the house for tests and benches: servers and workers on free loopback ports, stopped by pid."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx

OWNER_TOKEN = "owner-token-for-tests-0123456789"
REPOSITORY = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """One started process with its log file."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    _file: IO[bytes] = field(repr=False)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def kill9(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.popen.kill()
        self.popen.wait(10)

    def stop(self, timeout_s: float = 15.0) -> int:
        """SIGTERM, then SIGKILL after the timeout; returns the exit status."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.kill9()
        self._file.close()
        return int(self.popen.returncode)

    def tail(self, lines: int = 40) -> str:
        """The end of its log, for failure messages."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@dataclass
class Server(Process):
    """A running `cyclorama serve`."""

    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def api(self) -> httpx.Client:
        """A REST client signed in as owner."""
        return httpx.Client(
            base_url=self.url, headers={"authorization": f"Bearer {OWNER_TOKEN}"}, timeout=30, trust_env=False
        )


def start(name: str, arguments: list[str], directory: Path, environment: dict[str, str]) -> Process:
    """Start `cyclorama <arguments>`; stdout and stderr go to `<directory>/<name>.log`."""
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / f"{name}.log"
    file = log.open("ab")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CYCLORAMA_")}
    popen = subprocess.Popen(
        [sys.executable, "-m", "api.cli", *arguments],
        cwd=REPOSITORY,
        env={**kept, "OMP_NUM_THREADS": "1", "CYCLORAMA_OWNER_TOKEN": OWNER_TOKEN, **environment},
        stdin=subprocess.DEVNULL,
        stdout=file,
        stderr=subprocess.STDOUT,
    )
    return Process(name, popen, log, file)


def start_server(
    directory: Path,
    environment: dict[str, str] | None = None,
    *,
    name: str = "server",
    port: int | None = None,
    timeout_s: float = 60.0,
) -> Server:
    """Start a server over `<directory>/data` and wait until `/readyz` says yes.

    Raises:
        AssertionError: it ended or did not become ready in time; carries the end of its log.
    """
    port = port or free_port()
    begun = start(name, ["serve", "--port", str(port), "--data", str(directory / "data")], directory, environment or {})
    server = Server(begun.name, begun.popen, begun.log, begun._file, port)
    deadline = time.monotonic() + timeout_s
    while True:
        if server.popen.poll() is not None:
            raise AssertionError(f"{name} ended with {server.popen.returncode}:\n{server.tail()}")
        try:
            if httpx.get(f"{server.url}/readyz", timeout=2, trust_env=False).status_code == 200:
                return server
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            server.kill9()
            raise AssertionError(f"{name} was not ready within {timeout_s} s:\n{server.tail()}")
        time.sleep(0.05)


def start_worker(
    directory: Path, environment: dict[str, str], *, name: str = "worker", lanes: tuple[str, ...] = ()
) -> Process:
    """Start a `cyclorama worker` over shared stores."""
    lane_arguments = [part for lane in lanes for part in ("--lane", lane)]
    return start(name, ["worker", *lane_arguments], directory, environment)
