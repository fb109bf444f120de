"""The real things the stores stand on, each started on a free port for the length of a test run.

Postgres refuses to run as root, so there it runs as the user that Debian's package made. A service that is not
installed fails the tests that need it, with the package to install: a promise that was not tried is not kept.
"""

from __future__ import annotations

import contextlib
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class PostgresCluster:
    """A Postgres server with a data folder of its own.

    Args:
        durable: False skips fsync, which tests that never cut the power can spare.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.port = free_port()
        self._bin = _postgres_bin()
        self._as_user = _as_postgres() if os.geteuid() == 0 else []
        self._folder = Path(tempfile.mkdtemp(prefix="cyclorama-postgres-"))
        if self._as_user:
            owner = pwd.getpwnam("postgres")
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._run(
            "initdb", "--pgdata", str(self._data), "--auth", "trust", "--username", "cyclorama", "--encoding", "UTF8",
            "--locale", "C", "--no-sync", "--no-instructions",
        )

    @property
    def is_running(self) -> bool:
        """Whether it was started and neither stopped nor killed."""
        return self._process is not None

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [
                *_dying_with_us("INT", self._as_user), f"{self._bin}/postgres",
                "-D", str(self._data), "-p", str(self.port), "-k", str(self._folder),
                "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200",
                "-c", f"fsync={'on' if self._durable else 'off'}",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder,
        )
        _wait(lambda: self._answers(), "Postgres to start", self._process)

    def stop(self) -> None:
        """Shut it down at once, as a crash would."""
        if self._process is not None:
            self.resume()
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
            self._process = None

    def kill(self) -> None:
        """SIGKILL all of its processes; `start` begins again on the same port, after recovery."""
        if self._process is not None:
            for process in self._processes():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self._process.wait(30)
            self._process = None

    def pause(self) -> None:
        """SIGSTOP all of its processes: connections stay, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT them."""
        self._signal(signal.SIGCONT)

    def new_database(self) -> str:
        """An empty database; returns its URL."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "cyclorama", name)
        return f"postgresql://cyclorama@127.0.0.1:{self.port}/{name}"

    def remove(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _processes(self) -> list[psutil.Process]:
        """The server first, so that it starts no more of them, then those it started."""
        assert self._process is not None
        server = psutil.Process(self._process.pid)
        return [server, *server.children(recursive=True)]

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _answers(self) -> bool:
        asked = subprocess.run(
            [f"{self._bin}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False, timeout=10
        )
        return asked.returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as_user, f"{self._bin}/{program}", *arguments], check=True, timeout=60, cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )


class RedisServer:
    """A Redis server on a port it keeps over restarts.

    Args:
        durable: write every change to disk before it answers (appendonly, fsync always).
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._durable = durable
        self._folder = Path(tempfile.mkdtemp(prefix="cyclorama-redis-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        if shutil.which("redis-server") is None:
            pytest.fail("redis-server is not installed: apt-get install redis-server")
        self._process = subprocess.Popen(
            [
                *_dying_with_us("KILL"), "redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
                "--dir", str(self._folder), "--save", "", "--appendonly", "yes" if self._durable else "no",
                "--appendfsync", "always",
            ],
            stdout=subprocess.DEVNULL,
        )
        _wait(lambda: self._answers(), "Redis to start", self._process)

    def kill(self) -> None:
        """SIGKILL it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None

    def command(self, *words: str) -> bytes:
        """Send one inline command and return the first line of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(" ".join(words).encode() + b"\r\n")
            return connection.recv(4096).split(b"\r\n")[0]

    def remove(self) -> None:
        """Kill it and remove its folder."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            return self.command("PING") == b"+PONG"
        except OSError:
            return False


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """One Postgres server for the whole run; leave it running."""
    cluster = PostgresCluster()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture
def postgres_url(postgres_cluster: PostgresCluster) -> str:
    """URL of a database that is empty at the test's beginning."""
    return postgres_cluster.new_database()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One Redis server for the whole run; leave it running. A test that kills Redis starts its own `RedisServer`."""
    server = RedisServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """URL of a Redis that is empty at the test's beginning."""
    assert redis_server.command("FLUSHALL") == b"+OK"
    return redis_server.url


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Endpoint of an S3 API server; child processes inherit the keys for it."""
    from moto.server import ThreadedMotoServer  # takes a second to import

    os.environ.setdefault("AWS_ACCESS_KEY_ID", "testing")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "testing")
    port = free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def s3_url(s3_endpoint: str) -> str:
    """Objects URL with a bucket of its own, which is made at first use, and a prefix."""
    return f"s3://test-{uuid.uuid4().hex[:12]}/pictures?endpoint={s3_endpoint}&region=us-east-1"


def _postgres_bin() -> str:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if found:
        return found[-1]
    program = shutil.which("postgres")
    if program is None:
        pytest.fail("Postgres is not installed: apt-get install postgresql")
    return str(Path(program).resolve().parent)


def _as_postgres() -> list[str]:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        pytest.fail("there is no user postgres to run Postgres as: apt-get install postgresql")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _dying_with_us(death_signal: str, prefix: list[str] | None = None) -> list[str]:
    """Begin a command with this and the service ends when the tests are killed."""
    begin = prefix or (["setpriv"] if shutil.which("setpriv") else [])
    return [*begin, "--pdeathsig", death_signal] if begin else []


def _wait(answers: object, what: str, process: subprocess.Popen[bytes], timeout_s: float = 30.0) -> None:
    assert callable(answers)
    give_up = time.monotonic() + timeout_s
    while not answers():
        if process.poll() is not None:
            raise AssertionError(f"waited for {what}, but it ended with {process.returncode}")
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {timeout_s} s for {what}")
        time.sleep(0.02)
