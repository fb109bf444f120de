"""Alive, ready, measured; and what happens while a service is away."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from store.errors import StorageFullError, UnavailableError
from tests.api.conftest import Live, serving
from tests.helpers.waiting import wait_until


async def test_a_healthy_server_says_so_to_anybody(live: Live) -> None:
    async with live.client(None) as anybody:
        assert (await anybody.get("/healthz")).json()["status"] == "ok"
        ready = await anybody.get("/readyz")

    assert ready.status_code == 200
    assert ready.json()["checks"] == {"database": "ok", "objects": "ok", "relay": "ok", "saving": "ok"}


async def test_metrics_are_open_to_this_machine_only(live: Live, owner: httpx.AsyncClient, project: str) -> None:
    async with live.client(None) as near:
        text = (await near.get("/metrics")).text
        forwarded = await near.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})
    with_token = await owner.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})

    for name in (
        "cyclorama_request_seconds_bucket", "cyclorama_event_loop_lag_seconds_bucket", "cyclorama_unsaved_bytes",
        "cyclorama_oldest_unsaved_seconds", "cyclorama_sessions", "cyclorama_rooms",
    ):
        assert name in text
    assert 'route="/api/projects"' in text
    assert project not in text
    assert (forwarded.status_code, with_token.status_code) == (401, 200)


async def test_metrics_count_jobs_by_lane_and_state(owner: httpx.AsyncClient, environment: str) -> None:
    await owner.post(f"/api/environments/{environment}/multi-angle", json={"angles": ["medium", "low_angle"]})

    async def counted() -> bool:
        return 'cyclorama_jobs{lane="settled",state="queued"}' in (await owner.get("/metrics")).text

    await wait_until(counted)


async def test_a_database_that_went_away_is_503_and_an_event(
    live: Live, owner: httpx.AsyncClient, project: str, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise UnavailableError("the database does not answer: start it")

    monkeypatch.setattr(live.house.stores.people, "find_token", gone)
    monkeypatch.setattr(live.house.stores.database, "ping", gone)

    answer = await owner.get(f"/api/projects/{project}")
    ready = await owner.get("/readyz")

    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "2"
    assert "start it" in answer.json()["detail"]
    assert answer.headers["x-request-id"] in caplog.text
    assert ready.status_code == 503
    assert ready.json()["checks"]["database"] == "the database does not answer: start it"
    assert (await owner.get("/healthz")).status_code == 200


async def test_a_full_disk_is_507_with_a_sentence(
    live: Live, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object, **__: object) -> None:
        raise StorageFullError("the disk is full: make room")

    monkeypatch.setattr(live.house.stores.people, "create_project", full)

    answer = await owner.post("/api/projects", json={"name": "x"})

    assert answer.status_code == 507
    assert "make room" in answer.json()["detail"]


async def test_an_edit_that_cannot_be_saved_is_not_answered_as_done(
    live: Live, owner: httpx.AsyncClient, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = live.house.stores.log.append

    async def gone(*_: object) -> list[int]:
        raise UnavailableError("the database does not answer")

    async def given_up(*_: object) -> None:
        raise UnavailableError("not saved within the time; it is kept and tried again")

    with monkeypatch.context() as broken:
        broken.setattr(live.house.stores.log, "append", gone)
        broken.setattr("collab.room.Room.saved", given_up)
        answer = await owner.patch(f"/api/environments/{environment}", json={"name": "Kept"})
        ready = await owner.get("/readyz")
    assert answer.status_code == 503
    assert ready.status_code == 503
    assert "changes are not saved since" in ready.json()["checks"]["saving"]

    # D2: the edit was not lost; it is durable once the store is back.
    assert live.house.stores.log.append == append
    await wait_until(lambda: live.house.rooms.figures().unsaved == 0)
    assert (await owner.get(f"/api/environments/{environment}")).json()["name"] == "Kept"


async def test_the_house_closes_quickly_and_opens_again_where_it_was(tmp_path: Path) -> None:
    async with serving(tmp_path) as live, live.client() as owner:
        made = (await owner.post("/api/projects", json={"name": "x"})).json()["id"]
        await owner.post(f"/api/projects/{made}/environments", json={"name": "Valley"})
    async with serving(tmp_path) as live, live.client() as owner:
        listed = (await owner.get(f"/api/projects/{made}/environments")).json()["environments"]

    assert [each["name"] for each in listed] == ["Valley"]
