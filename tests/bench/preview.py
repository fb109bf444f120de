"""Edit → preview on another client: the time from one person's edit until another holds the new picture's bytes."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from render.scene import ARCHETYPES
from tests.bench.table import Row, percentile
from tests.helpers.house import OWNER_TOKEN, Server, start_server
from tests.helpers.peer import Peer

SLOT = "base/wide_establishing"
EDITS = 20


async def measure(server: Server, archetype: str) -> tuple[list[float], list[float]]:
    """Seconds to the first (256×144) and to the full (512×288) preview for EDITS edits of the hour."""
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
        for number in range(EDITS + 2):
            hour = 7 + number * 0.45
            before = (watcher.farm()["previews"].get(key) or {}).get("image")
            begun = time.perf_counter()
            writer.set_parameter(environment, "time_of_day", hour)
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
            if number >= 2:  # the first two warm the geometry cache of the preview lane
                first.append(seen)
                full.append(time.perf_counter() - begun)
    return first, full


def rows() -> Iterator[Row]:
    """One row per world."""
    with tempfile.TemporaryDirectory() as directory:
        # The settled lane must not compete here: settling waits longer than the pause between edits.
        server = start_server(Path(directory))
        try:
            for archetype in ARCHETYPES:
                first, full = asyncio.run(measure(server, archetype))
                yield (
                    Row(
                        f"edit of the hour → preview on another client, {archetype} (first 256×144; then 512×288)",
                        f"p50 {percentile(first, 0.5) * 1000:.0f} ms, p95 {percentile(first, 0.95) * 1000:.0f} ms; "
                        f"p50 {percentile(full, 0.5) * 1000:.0f} ms, p95 {percentile(full, 0.95) * 1000:.0f} ms",
                        goal="p95 < 300 ms",
                    )
                )
        finally:
            server.stop()
