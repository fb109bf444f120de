"""Edit → preview on another client: the time from one person's edit until another holds the new picture's bytes."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx

from render.scene import ARCHETYPES
from tests.bench.table import Row, percentile
from tests.helpers.house import OWNER_TOKEN, Server, start_server
from tests.helpers.peer import Peer

SLOT = "base/wide_establishing"
WARMING = 2
"""Edits before the first that counts: the preview lane gets to know the place."""
HOURS = [("time_of_day", 7 + number * 0.45) for number in range(WARMING + 20)]
"""Edits that leave the geometry as it is."""
SEEDS = [("seed", 11 + number) for number in range(WARMING + 8)]
"""Edits that each build another place, of which nothing is cached."""
REBUILT = ("alpine", "coast", "forest", "village", "city", "living_room")


async def measure(
    server: Server, archetype: str, edits: Sequence[tuple[str, Any]]
) -> tuple[list[float], list[float]]:
    """Seconds to the first (256×144) and to the full (512×288) preview of edits of one parameter, one after another."""
    with server.api() as api:
        project = api.post("/api/projects", json={"name": archetype}).raise_for_status().json()["id"]
        environment = (
            api.post(
                f"/api/projects/{project}/environments",
                json={"name": archetype, "quality": "low", "parameters": {"archetype": archetype}},
            )
            .raise_for_status()
            .json()["id"]
        )
    key = f"{environment}/{SLOT}"
    first: list[float] = []
    full: list[float] = []
    async with (
        Peer(server.ws_url, project) as writer,
        Peer(server.ws_url, project) as watcher,
        httpx.AsyncClient(
            base_url=server.url, headers={"authorization": f"Bearer {OWNER_TOKEN}"}, trust_env=False
        ) as web,
    ):
        writer.say({"looking_at": {"environment": environment, "slot": SLOT}})
        await watcher.until(lambda: (r := watcher.render(environment)) and r["state"] == "done", 180, "first picture")
        for number, (parameter, value) in enumerate(edits):
            before = (watcher.farm()["previews"].get(key) or {}).get("image")
            begun = time.perf_counter()
            writer.set_parameter(environment, parameter, value)
            got = await watcher.until(
                lambda before=before: (p := watcher.farm()["previews"].get(key)) and p["image"] != before and p,
                60,
                "a preview",
            )
            (await web.get(f"/api/objects/{got['image']}")).raise_for_status()
            seen = time.perf_counter() - begun
            if got["width"] < 512:
                got = await watcher.until(
                    lambda: (p := watcher.farm()["previews"].get(key)) and p["width"] >= 512 and p,
                    60,
                    "the full preview",
                )
                (await web.get(f"/api/objects/{got['image']}")).raise_for_status()
            if number >= WARMING:
                first.append(seen)
                full.append(time.perf_counter() - begun)
    return first, full


def rows() -> Iterator[Row]:
    """One row per world for edits that rebuild nothing, then one per sample of worlds for those that rebuild it all."""
    with tempfile.TemporaryDirectory() as directory:
        # The settled lane must not compete here: settling waits longer than the pause between edits.
        server = start_server(Path(directory))
        try:
            for archetype in ARCHETYPES:
                found = asyncio.run(measure(server, archetype, HOURS))
                yield _row(f"edit of the hour → preview on another client, {archetype}", found, "p95 < 300 ms")
            for archetype in REBUILT:
                found = asyncio.run(measure(server, archetype, SEEDS))
                yield _row(f"edit that rebuilds geometry → preview on another client, {archetype}", found, "p95 < 1 s")
        finally:
            server.stop()


def _row(what: str, found: tuple[list[float], list[float]], goal: str) -> Row:
    times = "; ".join(
        f"p50 {percentile(seconds, 0.5) * 1000:.0f} ms, p95 {percentile(seconds, 0.95) * 1000:.0f} ms"
        for seconds in found
    )
    return Row(f"{what} (first 256×144; then 512×288)", times, goal=goal)
