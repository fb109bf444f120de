"""Stock npm clients edit one environment, one of them offline for a while; the farm's picture reaches both."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import OpenEXR
import pytest
from PIL import Image

from tests.helpers.house import OWNER_TOKEN, Server, start_server
from tests.helpers.node import node

HERE = Path(__file__).parent
LOW_PX = (682, 384)
"""A Draft picture, 16:9 as every camera that names no aspect."""


class StockClient:
    """One node process with npm yjs and y-websocket."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def do(self, command: str, **arguments: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": command, **arguments}).encode() + b"\n")
        line = await asyncio.wait_for(self.process.stdout.readline(), 30)
        assert line, "the node client ended"
        return json.loads(line)

    async def until(self, condition: Callable[[Any], bool], what: str, timeout_s: float = 60) -> Any:
        """Ask for the document until the condition holds."""
        deadline = time.monotonic() + timeout_s
        while True:
            document = await self.do("dump")
            if condition(document):
                return document
            assert time.monotonic() < deadline, f"{what} did not happen; the document is {json.dumps(document)[:2000]}"
            await asyncio.sleep(0.05)


@asynccontextmanager
async def stock_client(server: Server, project: str) -> AsyncIterator[StockClient]:
    process = await asyncio.create_subprocess_exec(
        node(),
        str(HERE / "stock_client.mjs"),
        f"{server.ws_url}/ws/project/{project}",
        "environments",
        OWNER_TOKEN,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    try:
        client = StockClient(process)
        await client.do("sync")
        yield client
    finally:
        process.kill()
        await process.wait()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Server]:
    server = start_server(tmp_path)
    yield server
    server.stop()


def make_environment(api: httpx.Client, quality: str = "low", **parameters: object) -> tuple[str, str]:
    """A fresh project with one environment; returns both ids."""
    project = api.post("/api/projects", json={"name": "Interop"}).raise_for_status().json()["id"]
    body = {"name": "Ridge", "quality": quality, "parameters": {"archetype": "alpine", "seed": 7, **parameters}}
    environment = api.post(f"/api/projects/{project}/environments", json=body).raise_for_status().json()["id"]
    return project, environment


async def test_R1_stock_clients_converge_after_offline_edits_and_both_see_the_picture(house: Server) -> None:
    slot = "base/wide_establishing"
    with house.api() as api:
        project, environment = make_environment(api)

        async with stock_client(house, project) as ana, stock_client(house, project) as ben:
            await ben.do("offline")
            await ana.do("set", environment=environment, name="time_of_day", value=17.5)
            await ben.do("set", environment=environment, name="haze", value=0.6)
            await ben.do("rename", environment=environment, name="Åsen — ridge 山")
            await ana.do("set", environment=environment, name="weather", value="cloudy")
            await ben.do("online")

            def settled(document: Any) -> bool:
                record = document["environments"][environment]
                parameters = record["parameters"]
                render = record.get("renders", {}).get(slot, {})
                return (
                    parameters.get("time_of_day") == 17.5
                    and parameters.get("haze") == 0.6
                    and parameters.get("weather") == "cloudy"
                    and render.get("state") == "done"
                )

            await ana.until(settled, "ana sees both edits and the picture")
            await ben.until(settled, "ben sees both edits and the picture")
            ana_state, ben_state = await ana.do("dump"), await ben.do("dump")

        assert ana_state == ben_state
        record = ana_state["environments"][environment]
        assert record["name"] == "Åsen — ridge 山"
        render = record["renders"][slot]
        image = api.get(f"/api/objects/{render['image']}").raise_for_status()
        assert image.headers["content-type"] == "image/png"
        with Image.open(io.BytesIO(image.content)) as picture:
            assert picture.format == "PNG"
            assert picture.size == LOW_PX == (render["width"], render["height"])
        depth_bytes = api.get(f"/api/objects/{render['depth']}").raise_for_status().content
        exr = Path(house.log.parent / "depth.exr")
        exr.write_bytes(depth_bytes)
        channels = OpenEXR.File(str(exr)).channels()
        assert channels["Z"].pixels.shape == LOW_PX[::-1]
        assert channels["Z"].pixels.dtype == "float32"
        assert channels["Z"].pixels.min() > 0
