"""Projects: who is in, what each role may, and that a project that is not yours does not exist."""

from __future__ import annotations

import httpx
import pytest

from store.ids import DocId, ProjectId
from store.updates import Update
from tests.api.conftest import Live


async def test_a_project_is_made_listed_renamed_and_archived(owner: httpx.AsyncClient) -> None:
    made = (await owner.post("/api/projects", json={"name": " Nordlicht "})).json()
    assert (made["name"], made["role"], made["environment_count"]) == ("Nordlicht", "owner", 0)

    renamed = (await owner.patch(f"/api/projects/{made['id']}", json={"name": "Südlicht", "archived": True})).json()

    assert renamed["name"] == "Südlicht"
    assert renamed["archived_at"] > made["created_at"]
    assert [p["id"] for p in (await owner.get("/api/projects")).json()["projects"]] == [made["id"]]
    back = (await owner.patch(f"/api/projects/{made['id']}", json={"archived": False})).json()
    assert back["archived_at"] is None


async def test_D4_a_project_says_which_history_its_documents_are_in(
    live: Live, owner: httpx.AsyncClient, project: str, environment: str
) -> None:
    votes = DocId(ProjectId(project), "votes")
    for epoch in (2, 3):
        first = Update(votes, b"\x00\x00", "usr_a", "epoch", "", "node", 1000.0, epoch=epoch)
        await live.house.stores.log.begin_epoch(first, marker=epoch)

    documents = (await owner.get(f"/api/projects/{project}")).json()["documents"]

    assert documents == {"environments": {"epoch": 1}, "annotations": {"epoch": 1}, "votes": {"epoch": 3}}


async def test_nobody_gets_in_without_signing_in(live: Live, project: str) -> None:
    async with live.client(None) as stranger:
        for path in ("/api/me", "/api/projects", f"/api/projects/{project}", f"/api/objects/{'0' * 64}"):
            answer = await stranger.get(path)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
    async with live.client("cyc_wrong-token-wrong-token") as guesser:
        assert (await guesser.get("/api/me")).status_code == 401


async def test_a_project_that_is_not_yours_is_answered_like_none(live: Live, project: str, environment: str) -> None:
    async with live.client(await live.person()) as ben:
        for path in (
            f"/api/projects/{project}", f"/api/projects/{project}/environments", f"/api/projects/{project}/jobs",
            f"/api/projects/{project}/members", f"/api/environments/{environment}",
        ):
            theirs = await ben.get(path)
            nowhere = await ben.get(path.replace(project, "prj_nowhere").replace(environment, "env_nowhere"))
            assert (theirs.status_code, nowhere.status_code) == (404, 404)
            assert theirs.json()["detail"] == nowhere.json()["detail"]
        assert (await ben.get("/api/projects")).json()["projects"] == []
        assert (await ben.patch(f"/api/environments/{environment}", json={"name": "mine"})).status_code == 404
        assert (await ben.post(f"/api/environments/{environment}/generate", json={})).status_code == 404


@pytest.mark.parametrize(
    ("role", "may_edit", "may_manage"), [("viewer", 403, 403), ("reviewer", 403, 403), ("editor", 200, 403)]
)
async def test_G1_roles_bound_what_rest_may_do(
    live: Live, project: str, environment: str, role: str, may_edit: int, may_manage: int
) -> None:
    async with live.client(await live.person(project, role)) as ben:
        assert (await ben.get(f"/api/environments/{environment}")).status_code == 200
        edit = await ben.patch(f"/api/environments/{environment}", json={"name": "Gorge"})
        manage = await ben.patch(f"/api/projects/{project}", json={"name": "Mine"})

    assert (edit.status_code, manage.status_code) == (may_edit, may_manage)
    if may_edit == 403:
        assert f"yours here is {role}" in edit.json()["detail"]


async def test_somebody_new_gets_a_link_that_signs_in_once(live: Live, owner: httpx.AsyncClient, project: str) -> None:
    body = {"email": "Cleo@Example.com", "name": "Cleo", "role": "reviewer"}
    taken_in = (await owner.post(f"/api/projects/{project}/members", json=body)).json()
    assert taken_in["user"]["email"] == "cleo@example.com"

    async with httpx.AsyncClient(base_url=live.url, trust_env=False) as browser:
        first = await browser.get(taken_in["sign_in_url"])
        assert (first.status_code, first.headers["location"]) == (303, "/")
        seen = (await browser.get("/api/projects")).json()["projects"]
    async with httpx.AsyncClient(base_url=live.url, trust_env=False) as thief:
        second = await thief.get(taken_in["sign_in_url"])

    assert [(p["id"], p["role"]) for p in seen] == [(project, "reviewer")]
    assert second.status_code == 410
    assert "used up" in second.text
    again = await owner.post(f"/api/projects/{project}/members", json=body)
    assert again.status_code == 409


async def test_somebody_known_gets_no_link(live: Live, owner: httpx.AsyncClient, project: str) -> None:
    await live.person(email="ben@example.com")

    answer = await owner.post(f"/api/projects/{project}/members", json={"email": "ben@example.com", "role": "viewer"})

    assert answer.status_code == 201
    assert answer.json()["sign_in_url"] is None


async def test_a_project_keeps_an_owner(owner: httpx.AsyncClient, project: str) -> None:
    demoted = await owner.put(f"/api/projects/{project}/members/usr_owner", json={"role": "viewer"})
    left = await owner.delete(f"/api/projects/{project}/members/usr_owner")

    assert (demoted.status_code, left.status_code) == (409, 409)
    assert "owner" in demoted.json()["detail"]


async def test_members_may_leave_but_not_throw_out_others(live: Live, owner: httpx.AsyncClient, project: str) -> None:
    async with live.client(await live.person(project, "editor")) as ben:
        me = (await ben.get("/api/me")).json()["user"]["id"]
        assert (await ben.delete(f"/api/projects/{project}/members/usr_owner")).status_code == 403
        assert (await ben.delete(f"/api/projects/{project}/members/{me}")).status_code == 204
        assert (await ben.get(f"/api/projects/{project}")).status_code == 404
    members = (await owner.get(f"/api/projects/{project}/members")).json()["members"]
    assert [m["user"]["id"] for m in members] == ["usr_owner"]
