"""200 people open one 5 MB document at once.

    python -m tests.bench.joining [people] [megabytes]

Cold: the server has just started, so that it reads the document for the first of them. Warm: it is in memory. Nearly:
every client has all but the last twenty edits, as after a short outage. The document is a project's environments, which
24 people edited again and again; all are archived, so that nothing is rendered. Five of the clients check that they
have all of it. Meanwhile two others edit another document: what they wait is how long the server's loop stands still.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import websockets

from tests.bench.servers import HERE, HOCUSPOCUS, Load, Memory, Server, Target, cyclorama, hocuspocus, on
from tests.bench.table import Row, markdown
from tests.helpers.node import node
from tests.helpers.peer import Reader, var_bytes

PROBE_HZ = 50
AROUND_S = 0.1
"""How long the two others also write before and after."""
PHASES = ("cold, whole", "warm, whole", "nearly all there")


@dataclass(frozen=True)
class Result:
    """One wave of joiners."""

    last_ms: float
    join: dict[str, float]
    cpu_ms: float
    peak_mib: float
    before_mib: float
    mib: float
    others: dict[str, float]


def wave(server: Server, target: Target, probe: Target, people: int, folder: Path, nearly: bool) -> Result:
    """Let them come."""
    with (
        Load("probe.mjs", target=probe, protocol=server.protocol, rate=PROBE_HZ) as others,
        Load(
            "joining.mjs", target=target, protocol=server.protocol, clients=people, folder=str(folder), nearly=nearly
        ) as load,
        Memory(server) as memory,
    ):
        others.go()
        time.sleep(AROUND_S)
        before = server.cpu_s()
        load.go()
        found = load.result()
        cpu_s = server.cpu_s() - before
        time.sleep(AROUND_S)
        others.go()
        waited = others.result()
    return Result(
        found["last_ms"], found["join"], cpu_s / people * 1e3, memory.peak_mib, memory.samples[0][1],
        found["bytes"] / 2**20, waited,
    )  # fmt: skip


def waves(
    start: Callable[[], AbstractContextManager[Server]],
    seed: Callable[[Server, Target], None],
    people: int,
    document: Path,
) -> dict[str, Result]:
    """Fill the document, start the server anew, and let three waves of people join."""
    with start() as server:
        seeded, other = server.targets(2)
        seed(server, seeded)
    with start() as server:
        target, probe = (on(server, old) for old in (seeded, other))
        return {phase: wave(server, target, probe, people, document, phase == PHASES[2]) for phase in PHASES}


async def fill(target: Target, document: Path) -> None:
    """Write the document into a server of ours, piece by piece, and wait until all of it is COMMITted."""
    wanted = _vector((document / "whole.vector").read_bytes())
    async with websockets.connect(target["url"], max_size=None, proxy=None) as socket:
        for piece in json.loads((document / "pieces.json").read_text()):
            await socket.send(b"\x00\x02" + var_bytes(base64.b64decode(piece)))
        await socket.send(bytes([120]))
        async with asyncio.timeout(120):
            async for frame in socket:
                assert isinstance(frame, bytes)
                if frame[0] == 120:
                    saved = _vector(Reader(frame[1:]).bytes())
                    if all(saved.get(client, 0) >= clock for client, clock in wanted.items()):
                        return
    raise AssertionError("the server ended the connection while the document was written")


def _vector(data: bytes) -> dict[int, int]:
    reader = Reader(data)
    return {reader.uint(): reader.uint() for _ in range(reader.uint())}


def make_document(folder: Path, megabytes: float) -> dict[str, Any]:
    """Make the document; see `peers/document.mjs`."""
    order = json.dumps({"bytes": round(megabytes * 1e6), "folder": str(folder)})
    made: dict[str, Any] = json.loads(
        subprocess.run(
            [node(), str(HERE / "peers/document.mjs"), order], check=True, capture_output=True, text=True, timeout=120
        ).stdout
    )
    return made


def ours(people: int, document: Path) -> dict[str, Result]:
    """The three waves on our server."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)

        def seed(_: Server, target: Target) -> None:
            asyncio.run(fill(target, document))

        return waves(lambda: cyclorama(folder), seed, people, document)


def theirs(people: int, document: Path) -> dict[str, Result]:
    """The three waves on Hocuspocus, which finds the document in its database."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)

        def seed(_: Server, target: Target) -> None:
            with sqlite3.connect(folder / "hocuspocus.db") as database:
                whole = (document / "whole.bin").read_bytes()
                database.execute("INSERT INTO documents VALUES (?, ?)", (target["room"], whole))

        return waves(lambda: hocuspocus(folder), seed, people, document)


def rows(people: int = 200, megabytes: float = 5.0) -> Iterator[Row]:
    """One row per wave, and what others waited meanwhile."""
    with tempfile.TemporaryDirectory() as directory:
        document = Path(directory)
        made = make_document(document, megabytes)
        found = {"Cyclorama": ours(people, document), HOCUSPOCUS: theirs(people, document)}
    size = f"{made['bytes'] / 1e6:.1f} MB ({made['environments']} environments)"
    for phase in PHASES:
        what = f"{people} people join {size} at once, {phase}: last in; p50, p99; CPU a joiner; peak RSS (before)"
        texts = {name: _text(waves_of[phase]) for name, waves_of in found.items()}
        yield Row(what, texts["Cyclorama"], f"{HOCUSPOCUS} {texts[HOCUSPOCUS]}")
        yield Row(
            f"… meanwhile an edit in another document, {phase}: p50, p99, longest",
            _waited(found["Cyclorama"][phase]),
            f"{HOCUSPOCUS} {_waited(found[HOCUSPOCUS][phase])}",
        )


def _text(result: Result) -> str:
    return (
        f"{result.last_ms / 1e3:.2f} s; {result.join['p50'] / 1e3:.2f}, {result.join['p99'] / 1e3:.2f} s; "
        f"{result.cpu_ms:.1f} ms; {result.peak_mib:.0f} MiB ({result.before_mib:.0f}); {result.mib:.0f} MiB sent"
    )


def _waited(result: Result) -> str:
    return f"{result.others['p50']:.1f}, {result.others['p99']:.1f}, {result.others['max']:.1f} ms"


if __name__ == "__main__":
    print(markdown(list(rows(*(kind(text) for kind, text in zip((int, float), sys.argv[1:], strict=False))))))
