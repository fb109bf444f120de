"""Many machines on one: Postgres, Redis, S3, two web nodes and two workers, and the same life of one edit."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from render.spec import TIER_SIZE_PX
from tests.helpers.house import Process, Server, start_server, start_worker
from tests.helpers.peer import Peer

SLOT = "base/wide_establishing"


@dataclass
class Cluster:
    nodes: list[Server]
    workers: list[Process]
    environment: dict[str, str]
    directory: Path


@pytest.fixture
def cluster(tmp_path: Path, postgres_url: str, redis_url: str, s3_url: str) -> Iterator[Cluster]:
    environment = {
        "CYCLORAMA_DATABASE_URL": postgres_url,
        "CYCLORAMA_REDIS_URL": redis_url,
        "CYCLORAMA_OBJECTS_URL": s3_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    nodes = [start_server(tmp_path, environment, name=f"web{i}") for i in (1, 2)]
    workers = [start_worker(tmp_path, environment, name=f"worker{i}") for i in (1, 2)]
    yield Cluster(nodes, workers, environment, tmp_path)
    for process in [*nodes, *workers]:
        if process.popen.poll() is None:
            process.stop()


def new_environment(node: Server) -> tuple[str, str]:
    with node.api() as api:
        project = api.post("/api/projects", json={"name": "Cluster"}).raise_for_status().json()["id"]
        environment = (
            api.post(
                f"/api/projects/{project}/environments",
                json={"name": "Valley", "quality": "low", "parameters": {"archetype": "alpine", "seed": 3}},
            )
            .raise_for_status()
            .json()["id"]
        )
    return project, environment


async def test_life_of_one_edit_over_two_nodes_and_two_workers(cluster: Cluster) -> None:
    first, second = cluster.nodes
    project, environment = new_environment(first)

    async with Peer(first.ws_url, project) as ana, Peer(second.ws_url, project) as ben:
        await ben.until(lambda: environment in ben.environments, what="the other node knows the environment")
        ana.say({"user": {"name": "Ana"}, "looking_at": {"environment": environment, "slot": SLOT}})
        await ana.until(lambda: (r := ana.render(environment)) and r["state"] == "done", 90, "the first picture")

        ben.set_parameter(environment, "time_of_day", 18.2)
        key = f"{environment}/{SLOT}"
        await ana.until(lambda: ana.farm()["previews"].get(key), 60, "a preview on the other node")
        done = await ana.until(
            lambda: (r := ana.render(environment)) and r["state"] == "done" and r != ben and r,
            90,
            "the settled picture",
        )
        await ben.until(lambda: ben.render(environment) == ana.render(environment), 30, "both hold the same render")
        assert ana.environments[environment]["parameters"]["time_of_day"] == 18.2

    with second.api() as api:
        image = api.get(f"/api/objects/{done['image']}").raise_for_status()
        with Image.open(io.BytesIO(image.content)) as picture:
            assert picture.size == TIER_SIZE_PX["low"]


async def test_F2_killed_worker_heals_exactly_once_over_the_cluster(cluster: Cluster) -> None:
    node = cluster.nodes[0]
    project, environment = new_environment(node)
    async with Peer(node.ws_url, project) as ana:
        await ana.until(lambda: (r := ana.render(environment)) and r["state"] == "done", 90, "the first picture")

        ana.set_parameter(environment, "seed", 99)

        def running() -> str | None:
            for job in ana.farm()["jobs"].values():
                if job["lane"] == "settled" and job["state"] == "running":
                    return str(job["state"])
            return None

        await ana.until(running, 60, "a settled job runs")
        for worker in cluster.workers:
            worker.kill9()
        cluster.workers.append(start_worker(cluster.directory, cluster.environment, name="worker3"))
        before = ana.render(environment)
        assert before is not None
        done = await ana.until(
            lambda: (r := ana.render(environment)) and r["state"] == "done" and r["image"] != before["image"] and r,
            45,
            "the picture heals",
        )
    with node.api() as api:
        rows = api.get(f"/api/projects/{project}/jobs", params={"limit": 100}).json()["jobs"]
        assert [job["state"] for job in rows if job["lane"] == "settled" and job["digest"] == done["digest"]] == [
            "done"
        ]
