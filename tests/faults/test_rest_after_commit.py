"""REST answers a change of a document only after its COMMIT: every such call, against a store that holds it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.openapi import openapi_of
from api.settings import Settings
from store.ids import DocId, ProjectId
from store.updates import Update
from tests.api.conftest import Live, serving
from tests.helpers.waiting import wait_until

CHANGES = {
    "createEnvironment": ("POST", "/api/projects/{project}/environments", {"name": "Cove"}),
    "updateEnvironment": ("PATCH", "/api/environments/{environment}", {"parameters": {"haze": 0.7}}),
    "updateEnvironment cameras": (
        "PATCH", "/api/environments/{environment}",
        {"cameras": {"pier": {"kind": "custom", "position_m": [0, 0, 4], "look_at_m": [0, 50, 2], "focal_mm": 50}}},
    ),
    "updateEnvironment scenes": ("PATCH", "/api/environments/{environment}", {"scenes": {"one": {"heading": "EXT."}}}),
    "archiveEnvironment": ("DELETE", "/api/environments/{environment}", None),
    "restoreEnvironment": ("POST", "/api/environments/{archived}/restore", None),
    "generate": ("POST", "/api/environments/{environment}/generate", {"camera": "low_angle"}),
    "generate quality": ("POST", "/api/environments/{environment}/generate", {"quality": "high"}),
    "multiAngle": ("POST", "/api/environments/{environment}/multi-angle", {"angles": ["medium", "low_angle"]}),
    "makeVariations": ("POST", "/api/environments/{environment}/variations", {"types": ["season"]}),
    "retryJob": ("POST", "/api/jobs/{job}/retry", None),
}  # fmt: skip
"""Calls that change a document: operation, method, path, body."""

ROWS = {
    "updateMe", "signIn", "signOut", "createToken", "dropToken", "createProject", "updateProject", "addMember",
    "setRole", "dropMember", "cancelJob",
}  # fmt: skip
"""Calls that change rows of the database and no document; each is a transaction that ends before the answer."""

NOTHING = {"describePlace"}
"""Calls that are posts because of what they are given, and change nothing."""


class HeldLog:
    """Stands before the log's append and lets nothing pass while it is shut."""

    def __init__(self, live: Live) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.held: list[Update] = []
        self._append = live.house.stores.log.append

    async def append(self, updates: Sequence[Update]) -> list[int]:
        if not self.open.is_set():
            self.held += updates
        await self.open.wait()
        return await self._append(updates)


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    async with serving(tmp_path) as running:
        yield running


async def names_in(live: Live, owner: httpx.AsyncClient) -> dict[str, str]:
    """Something for every call to change."""
    project = (await owner.post("/api/projects", json={"name": "x"})).raise_for_status().json()["id"]
    path = f"/api/projects/{project}/environments"
    made = [(await owner.post(path, json={"name": name})).raise_for_status().json()["id"] for name in "ab"]
    (await owner.delete(f"/api/environments/{made[1]}")).raise_for_status()
    begun = (await owner.post(f"/api/environments/{made[0]}/generate", json={"camera": "high_angle"})).json()
    [job] = begun["job_ids"]
    (await owner.delete(f"/api/jobs/{job}")).raise_for_status()

    async def quiet() -> bool:
        slots = (await owner.get(f"/api/environments/{made[0]}")).json()["renders"]
        return set(slots) == {"base/wide_establishing"} and live.house.rooms.figures().unsaved == 0

    await wait_until(quiet, what="the canceled job has left the document, all is saved")
    return {"project": project, "environment": made[0], "archived": made[1], "job": job}


@pytest.mark.parametrize("call", CHANGES)
async def test_D1_rest_answers_after_commit(call: str, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    method, path, body = CHANGES[call]
    async with live.client() as owner:
        names = await names_in(live, owner)
        log = HeldLog(live)
        monkeypatch.setattr(live.house.stores.log, "append", log.append)
        log.open.clear()

        request = asyncio.create_task(owner.request(method, path.format(**names), json=body))
        await wait_until(lambda: any(row.origin.startswith("direct:") for row in log.held), what="it wants to commit")
        await asyncio.wait([request], timeout=0.3)
        assert not request.done(), f"answered {request.result().status_code} before the COMMIT"

        log.open.set()
        answer = await request
        assert answer.is_success, answer.text
        kept = await live.house.stores.log.tail(DocId(ProjectId(names["project"]), "environments"), 0)
        assert {row.payload for row in log.held} <= {row.payload for row in kept}


@pytest.mark.parametrize("call", ["createEnvironment", "updateEnvironment", "multiAngle"])
async def test_D1_rest_says_503_when_the_commit_does_not_come(
    call: str, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.direct.SAVED_WITHIN_S", 0.2)
    method, path, body = CHANGES[call]
    async with live.client() as owner:
        names = await names_in(live, owner)
        log = HeldLog(live)
        monkeypatch.setattr(live.house.stores.log, "append", log.append)
        log.open.clear()

        answer = await owner.request(method, path.format(**names), json=body)
        log.open.set()

    assert answer.status_code == 503
    assert "not saved yet" in answer.json()["detail"]
    assert answer.headers["retry-after"]


def test_D1_every_changing_call_is_known_here(tmp_path: Path) -> None:
    paths = openapi_of(create_app(Settings(data=tmp_path)))["paths"]
    changing = {
        operation["operationId"]
        for methods in paths.values() for method, operation in methods.items()
        if method in ("post", "put", "patch", "delete")
    }  # fmt: skip
    documents = {call.partition(" ")[0] for call in CHANGES}
    known = documents | ROWS | NOTHING
    assert changing == known, "a new call: add it to CHANGES, or to ROWS when it changes no document"
