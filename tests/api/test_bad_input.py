"""Bad input gets a clear problem: what field, what is wrong, what would do. Nothing else is harmed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.conftest import Live

JSON = {"content-type": "application/json"}


def errors_of(answer: httpx.Response) -> dict[str, str]:
    """The problem's fields and messages, after a look at the frame every problem has."""
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"].startswith("/api/docs#problem-")
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == answer.request.url.path
    assert body["request_id"] == answer.headers["x-request-id"]
    return {error["field"]: error["message"] for error in body["errors"]}


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"name": "x", "parameters": {"hase": 0.5}}, "parameters.hase", "no such parameter"),
        ({"name": "x", "parameters": {"haze": "0.5"}}, "parameters.haze", "must be a number, not str"),
        ({"name": "x", "parameters": {"haze": True}}, "parameters.haze", "must be a number, not bool"),
        ({"name": "x", "parameters": {"season": 9}}, "parameters.season", "between 0 and 4"),
        ({"name": "x", "parameters": {"seed": 1.5}}, "parameters.seed", "whole number"),
        ({"name": "x", "parameters": {"weather": "frogs"}}, "parameters.weather", "one of clear, cloudy"),
        ({"name": "x", "parameters": []}, "parameters", "valid dictionary"),
        ({"name": "x", "quality": "ultra"}, "quality", "'low', 'standard' or 'high'"),
        ({"name": "x", "colour": "red"}, "colour", "no such field"),
        ({"name": 5}, "name", "must be a valid string"),
        ({"name": "   "}, "name", "at least 1"),
        ({"name": "a" * 201}, "name", "at most 200"),
        ({"name": "bell\x07"}, "name", "control characters"),
        ({}, "name", "is required"),
        ({"name": "x", "description": "a" * 30_000}, "description", "at most 20000"),
    ],
)
async def test_an_invalid_environment_names_the_field_and_the_mend(
    owner: httpx.AsyncClient, project: str, body: dict[str, Any], field: str, says: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    answer = await owner.post(f"/api/projects/{project}/environments", json=body)

    assert answer.status_code == 422
    assert says in errors_of(answer)[field]
    assert f"request={answer.headers['x-request-id']} user=usr_owner method=POST" in caplog.text
    assert field in caplog.text
    listed = await owner.get(f"/api/projects/{project}/environments")
    assert listed.json()["environments"] == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_numbers_must_be_finite(owner: httpx.AsyncClient, environment: str, number: str) -> None:
    body = f'{{"parameters": {{"haze": {number}}}}}'

    answer = await owner.patch(f"/api/environments/{environment}", content=body, headers=JSON)

    assert answer.status_code == 422
    assert "finite" in " ".join(errors_of(answer).values())


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("{", 400, "not JSON"),
        ("[" * 50_000, 400, "nested too deeply"),
        ('{"name": "a", "name": "b"}', 400, "given twice"),
        (b'{"name": "\xff"}', 400, "UTF-8"),
        ('{"name": "\\ud800"}', 422, "name"),
        ('{"name": "x", "parameters": {"seed": ' + "9" * 6000 + "}}", 400, "too many digits"),
        ("[]", 422, "body"),
        ("null", 422, "body"),
    ],
)
async def test_unreadable_bodies_say_why(
    owner: httpx.AsyncClient, project: str, body: str | bytes, status: int, says: str
) -> None:
    answer = await owner.post(f"/api/projects/{project}/environments", content=body, headers=JSON)

    assert answer.status_code == status
    errors_of(answer)
    assert says in answer.text


async def test_a_form_is_told_to_send_json(owner: httpx.AsyncClient) -> None:
    answer = await owner.post("/api/projects", data={"name": "x"})

    assert answer.status_code == 415
    errors_of(answer)


@pytest.mark.parametrize("announced", [True, False])
async def test_a_10_MB_description_is_refused_and_the_connection_lives(
    owner: httpx.AsyncClient, project: str, announced: bool
) -> None:
    body = b'{"name": "x", "description": "' + b"a" * 10_000_000 + b'"}'

    async def chunks() -> Any:
        for at in range(0, len(body), 65536):
            yield body[at : at + 65536]

    answer = await owner.post(
        f"/api/projects/{project}/environments", content=body if announced else chunks(), headers=JSON
    )

    assert answer.status_code == 413
    errors_of(answer)
    assert (await owner.get("/api/me")).status_code == 200


async def test_unknown_addresses_and_methods_are_problems_too(owner: httpx.AsyncClient) -> None:
    missing = await owner.get("/api/nothing/here")
    wrong = await owner.delete("/api/projects")

    assert (missing.status_code, wrong.status_code) == (404, 405)
    assert errors_of(missing) == errors_of(wrong) == {}


async def test_a_crash_is_a_problem_that_names_its_event(
    live: Live, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError("a secret inside")

    monkeypatch.setattr(live.house.rooms, "use", crash)
    created = (await owner.post("/api/projects", json={"name": "x"})).json()["id"]

    answer = await owner.get(f"/api/projects/{created}/environments")

    assert answer.status_code == 500
    errors_of(answer)
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"
