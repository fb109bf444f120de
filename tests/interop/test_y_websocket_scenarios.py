"""What people do with npm's y-websocket, scenario by scenario (its package ships no tests of its own)."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.node import node
from tests.interop.conftest import HERE, RoomServer

SCRIPT = HERE / "y_websocket_scenarios.mjs"
SCENARIOS = re.findall(r"^  '(.+)': async", SCRIPT.read_text(), re.MULTILINE)
ENDS_THE_SERVER = [name for name in SCENARIOS if "server" in name]
SCENARIO_S = 60


async def play(server: RoomServer, scenario: str) -> None:
    """Run one scenario in a node process; kill and start the server when it asks."""
    process = await asyncio.create_subprocess_exec(
        node(), str(SCRIPT), server.url, scenario, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SCENARIO_S):
            async for line in process.stdout:
                said = json.loads(line)
                if "wants" not in said:
                    assert said == {"ok": True}, said.get("failed", said)
                    return
                if said["wants"] == "kill":
                    server.kill()
                else:
                    server.start()
                    await server.ready()
                process.stdin.write(b"\n")
        raise AssertionError("the node process ended in the middle of the scenario")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoomServer]:
    """A server for all scenarios that let it live; each has a project of its own."""
    server = RoomServer(Path(tmp_path_factory.mktemp("rooms")))
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name not in ENDS_THE_SERVER])
async def test_R1_y_websocket(one_server: RoomServer, scenario: str) -> None:
    await one_server.ready()
    await play(one_server, scenario)


@pytest.mark.parametrize("scenario", ENDS_THE_SERVER)
async def test_R1_D1_y_websocket(server: RoomServer, scenario: str) -> None:
    await play(server, scenario)
