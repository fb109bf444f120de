"""History over REST: lists, moments, formats, who may, and bad input."""

from __future__ import annotations

import httpx
import pytest
from pycrdt import Doc, Map

from tests.api.conftest import Live


async def edited(owner: httpx.AsyncClient, environment: str, hour: float) -> None:
    answer = await owner.patch(f"/api/environments/{environment}", json={"parameters": {"time_of_day": hour}})
    answer.raise_for_status()


def hour_in(content: dict, environment: str) -> float:
    return content["environments"][environment]["parameters"]["time_of_day"]


async def test_H1_changes_are_listed_newest_first_and_page_by_page(
    live: Live, owner: httpx.AsyncClient, project: str, environment: str
) -> None:
    for hour in (7.5, 8.5, 9.5):
        await edited(owner, environment, hour)
    me = (await owner.get("/api/me")).json()["user"]["id"]

    first = (await owner.get(f"/api/projects/{project}/history", params={"limit": 3})).json()
    rest = (await owner.get(f"/api/projects/{project}/history", params={"before": first["before"]})).json()

    assert (first["document"], first["epoch"], rest["before"]) == ("environments", 1, None)
    changes = first["changes"] + rest["changes"]
    assert [change["seq"] for change in changes] == sorted({change["seq"] for change in changes}, reverse=True)
    mine = [change for change in changes if change["author"] == me]
    assert len(mine) == 4
    assert {(change["origin"], change["node"]) for change in mine} == {
        ("direct:create", "test-node"), ("direct:patch", "test-node"),
    }  # fmt: skip
    assert all(change["bytes"] > 0 and change["at"] > 1e9 for change in changes)


async def test_H1_the_document_is_shown_as_it_was_after_each_change(
    owner: httpx.AsyncClient, project: str, environment: str
) -> None:
    for hour in (7.5, 8.5, 9.5):
        await edited(owner, environment, hour)
    listed = (await owner.get(f"/api/projects/{project}/history")).json()["changes"]
    at = f"/api/projects/{project}/history/at"
    third, second, _ = [change for change in listed if change["origin"].startswith("direct:")][:3]

    now = (await owner.get(at)).json()
    by_seq = (await owner.get(at, params={"seq": second["seq"]})).json()
    by_time = (await owner.get(at, params={"time": third["at"] - 1e-6})).json()
    update = await owner.get(at, params={"seq": second["seq"]}, headers={"accept": "application/octet-stream"})

    assert hour_in(now["content"], environment) == 9.5
    assert hour_in(by_seq["content"], environment) == 8.5
    assert hour_in(by_time["content"], environment) == 8.5
    assert (by_seq["seq"], by_seq["exact"], by_seq["epoch"]) == (second["seq"], True, 1)
    assert update.headers["content-type"] == "application/octet-stream"
    assert update.headers["x-cyclorama-seq"] == str(second["seq"])
    doc: Doc = Doc()
    doc.apply_update(update.content)
    assert doc.get("environments", type=Map)[environment]["parameters"]["time_of_day"] == 8.5


@pytest.mark.parametrize("document", ["environments", "annotations", "votes"])
async def test_an_empty_project_has_an_empty_history(owner: httpx.AsyncClient, project: str, document: str) -> None:
    listed = (await owner.get(f"/api/projects/{project}/history", params={"document": document})).json()
    moment = (await owner.get(f"/api/projects/{project}/history/at", params={"document": document})).json()
    update = await owner.get(
        f"/api/projects/{project}/history/at", params={"document": document, "format": "update", "time": 0}
    )

    assert listed == {"document": document, "epoch": 1, "changes": [], "before": None}
    assert moment == {"document": document, "epoch": 1, "seq": 0, "at": 0, "exact": True, "content": {}}
    Doc().apply_update(update.content)


async def test_history_is_for_members(live: Live, owner: httpx.AsyncClient, project: str) -> None:
    viewer = await live.person(project, "viewer", "vera@example.com")
    stranger = await live.person(email="sam@example.com")

    for path in ("history", "history/at"):
        async with live.client(viewer) as client:
            assert (await client.get(f"/api/projects/{project}/{path}")).status_code == 200
        async with live.client(stranger) as client:
            assert (await client.get(f"/api/projects/{project}/{path}")).status_code == 404
        async with live.client(None) as client:
            assert (await client.get(f"/api/projects/{project}/{path}")).status_code == 401


BAD = [
    "history?document=secrets", "history?limit=0", "history?limit=501", "history?limit=all", "history?before=0",
    "history?before=99999999999999999999", "history/at?time=yesterday", "history/at?time=NaN", "history/at?time=inf",
    "history/at?time=-1", "history/at?time=1e300", "history/at?seq=0", "history/at?seq=99999999999999999999",
    "history/at?seq=1&time=1", "history/at?format=xml", "history/at?document=",
]  # fmt: skip


async def test_bad_questions_get_a_problem(owner: httpx.AsyncClient, project: str) -> None:
    for question in BAD:
        answer = await owner.get(f"/api/projects/{project}/{question}")

        assert answer.status_code == 422, question
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["errors"], question
