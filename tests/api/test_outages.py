"""Services that go away under a running server, for real: what people see meanwhile, and that nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import serving
from tests.helpers.peer import Peer
from tests.helpers.services import PostgresCluster, RedisServer
from tests.helpers.waiting import wait_until


@pytest.fixture
def postgres() -> Iterator[PostgresCluster]:
    cluster = PostgresCluster()
    cluster.start()
    yield cluster
    cluster.remove()


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.remove()


async def is_ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/readyz")).status_code == 200


async def test_D2_without_the_database_people_go_on_and_tools_are_told(
    tmp_path: Path, postgres: PostgresCluster
) -> None:
    async with serving(tmp_path, database_url=postgres.new_database()) as live, live.client() as owner:
        project = (await owner.post("/api/projects", json={"name": "x"})).json()["id"]
        path = f"/api/projects/{project}/environments"
        environment = (await owner.post(path, json={"name": "Valley"})).json()["id"]
        async with Peer(live.ws_url, project) as ana, Peer(live.ws_url, project) as ben:
            postgres.stop()
            ana.set_parameter(environment, "haze", 0.7)
            await ben.until(lambda: ben.environments[environment]["parameters"].get("haze") == 0.7, what="her edit")

            answer = await owner.get(path)
            ready = await owner.get("/readyz")
            assert (answer.status_code, ready.status_code) == (503, 503)
            assert answer.headers["content-type"] == "application/problem+json"
            assert ready.json()["checks"]["database"] != "ok"
            assert (await owner.get("/healthz")).status_code == 200
            assert live.house.rooms.figures().unsaved > 0
            measured = await owner.get("/metrics")
            assert measured.status_code == 200
            # hers, and by then perhaps the farm's answer to it
            assert re.search(r"^cyclorama_unsaved_updates [1-9]", measured.text, re.MULTILINE)
            assert "cyclorama_jobs{" not in measured.text, "counts of before would be a lie"

            postgres.start()
            await wait_until(lambda: live.house.rooms.figures().unsaved == 0, 30, "the edit is saved after all")
            await wait_until(lambda: is_ready(owner), 30, "ready again")
        seen = (await owner.get(path)).json()["environments"]
    assert seen[0]["parameters"]["haze"] == 0.7


async def test_without_redis_one_node_goes_on_and_catches_up(tmp_path: Path, redis: RedisServer) -> None:
    common = {"database_url": f"sqlite:///{tmp_path}/shared.db", "redis_url": redis.url}
    async with (
        serving(tmp_path, node="one", **common) as one,
        serving(tmp_path, node="two", **common) as two,
        one.client() as owner,
    ):
        project = (await owner.post("/api/projects", json={"name": "x"})).json()["id"]
        path = f"/api/projects/{project}/environments"
        environment = (await owner.post(path, json={"name": "Valley"})).json()["id"]
        token = await one.person(project, "editor")
        async with Peer(one.ws_url, project) as ana, Peer(two.ws_url, project, token=token) as ben:
            await ben.until(lambda: environment in ben.environments, what="both nodes hold the document")
            redis.kill()
            changed = await owner.patch(f"/api/environments/{environment}", json={"parameters": {"haze": 0.7}})
            assert changed.status_code == 200, "durable, which is what the answer says"
            await ana.until(lambda: ana.environments[environment]["parameters"].get("haze") == 0.7, what="same node")
            ready = await owner.get("/readyz")
            assert ready.status_code == 200, "it serves its own people"
            assert "cut off" in ready.json()["checks"]["relay"]
            assert "cyclorama_relay_cut_off_rooms 0" not in (await owner.get("/metrics")).text
            user = await one.house.stores.people.find_user_by_email("ben@example.com")
            assert user is not None

            redis.start()
            await ben.until(lambda: ben.environments[environment]["parameters"].get("haze") == 0.7, 60, "other node")
            await wait_until(lambda: is_ready(owner), 30, "ready again")

            redis.kill()
            assert (await owner.delete(f"/api/projects/{project}/members/{user.id}")).status_code == 204
            redis.start()
            await wait_until(lambda: ben.close_code is not None, 60, "the other node hears of the revocation late")
        assert ben.close_code == 4403
