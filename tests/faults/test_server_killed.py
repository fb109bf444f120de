"""kill -9 of the server after an acknowledged edit."""

from __future__ import annotations

from pathlib import Path

import httpx
import pycrdt

from tests.helpers.house import Server, free_port, start_server
from tests.helpers.peer import Peer

SLOT = "base/wide_establishing"


def make_environment(server: Server, parameters: dict[str, object] | None = None) -> tuple[str, str]:
    with server.api() as api:
        project = api.post("/api/projects", json={"name": "Faults"}).raise_for_status().json()["id"]
        environment = (
            api.post(
                f"/api/projects/{project}/environments",
                json={"name": "Dunes", "quality": "low", "parameters": {"archetype": "desert", **(parameters or {})}},
            )
            .raise_for_status()
            .json()["id"]
        )
    return project, environment


def covers(saved: bytes, doc: pycrdt.Doc) -> bool:
    """Whether the durable state vector holds everything this doc wrote itself."""

    def clocks(state: bytes) -> dict[int, int]:
        from tests.helpers.peer import Reader

        reader = Reader(state)
        return {reader.uint(): reader.uint() for _ in range(reader.uint())}

    return bool(saved) and clocks(saved).get(doc.client_id, 0) >= clocks(doc.get_state()).get(doc.client_id, 0) > 0


async def test_D1_acknowledged_edit_survives_kill9_and_its_render_heals(tmp_path: Path) -> None:
    port = free_port()
    server = start_server(tmp_path, port=port)
    project, environment = make_environment(server)

    async with Peer(server.ws_url, project) as peer:
        await peer.until(lambda: environment in peer.environments, what="the environment arrives")
        for minute in range(40):
            peer.set_parameter(environment, "time_of_day", 6 + minute / 10)
        await peer.until(lambda: covers(peer.saved_state, peer.doc), what="everything is saved")
        server.kill9()

    server = start_server(tmp_path, name="server-again", port=port)
    try:
        async with Peer(server.ws_url, project) as fresh:
            await fresh.until(lambda: environment in fresh.environments, what="the environment is still there")
            assert fresh.environments[environment]["parameters"]["time_of_day"] == 6 + 39 / 10
            render = await fresh.until(
                lambda: (r := fresh.render(environment)) and r["state"] == "done" and r, 60, "the picture heals"
            )
        with server.api() as api:
            assert api.get(f"/api/objects/{render['image']}").status_code == 200
            rows = api.get(f"/api/projects/{project}/jobs", params={"limit": 100}).json()["jobs"]
        done = [
            job
            for job in rows
            if job["lane"] == "settled" and job["digest"] == render["digest"] and job["state"] == "done"
        ]
        assert len(done) == 1
    finally:
        assert server.stop() == 0


async def test_D1_rest_mutation_answers_only_after_commit(tmp_path: Path) -> None:
    port = free_port()
    server = start_server(tmp_path, port=port)
    _, environment = make_environment(server)
    with server.api() as api:
        for number in range(5):
            answer = api.patch(f"/api/environments/{environment}", json={"name": f"Dunes {number}"})
            assert answer.status_code == 200
    server.kill9()

    server = start_server(tmp_path, name="server-again", port=port)
    try:
        with server.api() as api:
            assert api.get(f"/api/environments/{environment}").json()["name"] == "Dunes 4"
            assert api.get("/api/environments/env_nowhere").status_code == 404
    finally:
        server.stop()


async def test_no_database_at_start_is_a_clear_error(tmp_path: Path) -> None:
    from tests.helpers.house import start

    process = start(
        "server",
        ["serve", "--port", str(free_port()), "--data", str(tmp_path / "data")],
        tmp_path,
        {"CYCLORAMA_DATABASE_URL": "postgresql://cyclorama:hidden-password@127.0.0.1:1/cyclorama"},
    )
    assert process.popen.wait(60) != 0
    text = process.tail()
    assert "127.0.0.1:1" in text
    assert "hidden-password" not in text
    assert "Traceback" not in text


async def test_no_redis_at_start_is_a_clear_error(tmp_path: Path) -> None:
    from tests.helpers.house import start

    process = start(
        "server",
        ["serve", "--port", str(free_port()), "--data", str(tmp_path / "data")],
        tmp_path,
        {"CYCLORAMA_REDIS_URL": "redis://:hidden-password@127.0.0.1:1/0"},
    )
    assert process.popen.wait(60) != 0
    text = process.tail()
    assert "127.0.0.1:1" in text
    assert "hidden-password" not in text
    assert "Traceback" not in text


async def test_R3_garbage_frames_close_the_offender_and_harm_nobody(tmp_path: Path) -> None:
    server = start_server(tmp_path)
    try:
        project, environment = make_environment(server)
        crashers = [
            b"\xff" * 200_000,
            b"\x00\x02\x0d" + bytes.fromhex("0101070004010174036162ff00"),
            b"\x07",
            b"\x00\x09\x01\x00",
        ]
        async with Peer(server.ws_url, project) as honest:
            for frame in crashers:
                async with Peer(server.ws_url, project) as rogue:
                    rogue.send_raw(frame)
                    await rogue.until(lambda rogue=rogue: rogue.close_code, what="the offender is closed")
                    assert rogue.close_code is not None
                    assert 4400 <= rogue.close_code < 4500
            honest.set_parameter(environment, "haze", 0.75)
            await honest.until(lambda: covers(honest.saved_state, honest.doc), what="the honest edit is saved")
        assert httpx.get(f"{server.url}/healthz", trust_env=False).status_code == 200
    finally:
        server.stop()
