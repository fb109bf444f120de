"""Random runs, many at once, in a node process full of stock clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.helpers.node import node
from tests.interop.seeds import PLANS, keep

HERE = Path(__file__).parent
COMMAND_S = 150.0
Killer = Callable[[bool], Awaitable[None]]


class RunFailed(AssertionError):
    """A run ended otherwise than with everybody holding the same."""

    def __init__(self, reason: str, trace: list[str]) -> None:
        super().__init__(reason)
        self.trace = trace


class Crowd:
    """A node process with many clients; commands may overlap."""

    def __init__(self, process: asyncio.subprocess.Process, kill: Killer | None) -> None:
        self._process = process
        self._kill = kill
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._reader = asyncio.create_task(self._read())

    async def do(self, command: str, **arguments: Any) -> Any:
        """Run a command and return its answer.

        Raises:
            RunFailed: it failed, or the process ended.
        """
        self._count += 1
        number = self._count
        self._asked[number] = asyncio.get_running_loop().create_future()
        self._say({"do": command, "id": number, **arguments})
        try:
            return await asyncio.wait_for(self._asked[number], COMMAND_S)
        except TimeoutError:
            raise RunFailed(f"{command} was not done within {COMMAND_S} s", []) from None

    def _say(self, words: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words).encode() + b"\n")

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            answer = json.loads(line)
            if "wants" in answer:
                task = asyncio.create_task(self._serve(answer))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                continue
            asked = self._asked.pop(answer["id"], None)
            if asked is None or asked.done():
                continue
            if "failed" in answer:
                asked.set_exception(RunFailed(answer["failed"], answer["trace"]))
            else:
                asked.set_result(answer["is"])
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(RunFailed("the node process ended", []))

    async def _serve(self, wish: dict[str, Any]) -> None:
        assert self._kill is not None
        await self._kill(wish["hard"])
        self._say({"do": "killed", "id": 0, "seed": wish["seed"]})

    async def end(self) -> None:
        """Kill it."""
        self._process.kill()
        await self._process.wait()
        self._reader.cancel()
        await asyncio.gather(self._reader, *self._tasks, return_exceptions=True)


@asynccontextmanager
async def crowd(kill: Killer | None = None) -> AsyncIterator[Crowd]:
    """A node process that ends with the block."""
    process = await asyncio.create_subprocess_exec(
        node(), str(HERE / "convergence.mjs"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        limit=1 << 26,
    )  # fmt: skip
    them = Crowd(process, kill)
    try:
        yield them
    finally:
        await them.end()


def room_of(seed: int) -> str:
    """Where a seed runs."""
    return f"prj_{seed}/environments"


async def run(them: Crowd, kind: str, seed: int, urls: list[str]) -> None:
    """One seed up to the point where every client holds the same."""
    await them.do("begin", seed=seed, urls=urls, room=room_of(seed), plan=asdict(PLANS[kind]))
    await them.do("settle", seed=seed)


class Failures:
    """What went wrong, kept as it happens."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.found: list[str] = []

    async def guard(self, seed: int, work: Awaitable[None]) -> None:
        """Await the work of a seed; write the seed down when it fails."""
        try:
            await work
        except RunFailed as failed:
            path = keep(self.kind, seed, str(failed), failed.trace)
            self.found.append(f"seed {seed}, kept in {path.name}: {str(failed)[:1500]}")

    def none(self) -> None:
        """Fail when there were any."""
        assert not self.found, f"{len(self.found)} {self.kind} runs failed:\n" + "\n\n".join(self.found[:5])


async def at_most(count: int, work: Iterable[Awaitable[None]]) -> None:
    """Await all, so many at a time, in order."""
    places = asyncio.Semaphore(count)

    async def one(what: Awaitable[None]) -> None:
        async with places:
            await what

    await asyncio.gather(*(one(what) for what in work))
