"""Settled pictures: seconds by size with geometry cached, and how many the farm delivers in an hour."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from render.config import FarmConfig
from render.scene import ARCHETYPES
from tests.bench.table import Row, percentile
from tests.helpers.house import start_server

RUNS = 3
GOALS = {512: "< 1.5 s", 768: "< 3 s", 1024: "< 5 s"}


def by_size() -> Iterator[Row]:
    """Wall and CPU seconds of one settled picture at each size, median of RUNS; geometry cached."""
    from render.engine_loading import load_engines
    from render.spec import STANDARD_KINDS, parse_spec

    config = FarmConfig()
    engine = load_engines(config.engines, config.threads).engine("procedural")

    def timed(spec: dict[str, object]) -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        engine.render(parse_spec(spec), lambda share, phase: None)
        return time.perf_counter() - wall, time.process_time() - cpu

    for archetype in ARCHETYPES:
        scene = {"archetype": archetype}
        cold = timed({"scene": scene, "width_px": 768, "height_px": 768})[0]
        cells = []
        for side in GOALS:
            runs = [
                timed({"scene": {**scene, "time_of_day": 9.0 + 0.1 * n}, "width_px": side, "height_px": side})
                for n in range(RUNS)
            ]
            wall, cpu = percentile([r[0] for r in runs], 0.5), percentile([r[1] for r in runs], 0.5)
            cells.append(f"{side}² {wall:.2f} s ({cpu:.2f} CPU)")
        begun = time.perf_counter()
        for kind in STANDARD_KINDS:
            timed({"scene": scene, "camera": {"kind": kind}, "width_px": 768, "height_px": 768})
        six = time.perf_counter() - begun
        pano = timed({"scene": scene, "camera": {"kind": "pano"}, "width_px": 2048, "height_px": 1024})[0]
        yield (
            Row(
                f"settled picture, {archetype}",
                f"{', '.join(cells)}; six angles 768² {six:.1f} s; pano 2048×1024 {pano:.1f} s; "
                f"first 768² of a new place {cold:.1f} s",
                goal="1.5, 3, 5 s; 15 s; 8 s",
            )
        )


def per_hour(pictures: int = 24) -> Row:
    """Settled 512² pictures an hour through the whole house: REST → ledger → worker → object store → document."""
    with tempfile.TemporaryDirectory() as directory:
        server = start_server(Path(directory))
        try:
            with server.api() as api:
                project = api.post("/api/projects", json={"name": "Throughput"}).raise_for_status().json()["id"]

                def wait_for(batch: set[str]) -> None:
                    deadline = time.monotonic() + 600
                    while True:
                        listing = api.get(f"/api/projects/{project}/jobs", params={"limit": 200}).json()
                        done = {
                            job["environment_id"]
                            for job in listing["jobs"]
                            if job["state"] == "done" and job["lane"] == "settled"
                        }
                        if batch <= done:
                            return
                        assert time.monotonic() < deadline, f"only {len(batch & done)} of {len(batch)} pictures came"
                        time.sleep(0.2)

                def create(hour: float) -> str:
                    body = {
                        "name": f"{hour:.2f} h",
                        "quality": "low",
                        "parameters": {"archetype": "alpine", "time_of_day": hour},
                    }
                    return str(
                        api.post(f"/api/projects/{project}/environments", json=body).raise_for_status().json()["id"]
                    )

                wait_for({create(5.0)})
                begun = time.monotonic()
                wait_for({create(6 + 0.5 * n) for n in range(pictures)})
                seconds = time.monotonic() - begun
        finally:
            server.stop()
    return Row(
        "settled 512² pictures per hour, one settled worker, alpine", f"{pictures / seconds * 3600:.0f}", goal="≥ 1,000"
    )


def rows() -> Iterator[Row]:
    """All render rows."""
    yield from by_size()
    yield per_hour()
