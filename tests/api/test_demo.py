"""The demo project: there for somebody new, three different places, and never forced on anybody twice."""

from __future__ import annotations

from pathlib import Path

from api.demo import DEMO
from tests.api.conftest import serving


async def test_a_new_installation_has_three_different_places_on_their_way(tmp_path: Path) -> None:
    async with serving(tmp_path, demo=True) as live, live.client() as owner:
        projects = (await owner.get("/api/projects")).json()["projects"]
        places = (await owner.get(f"/api/projects/{DEMO}/environments")).json()["environments"]

    assert [p["id"] for p in projects] == [DEMO]
    assert len({place["parameters"]["archetype"] for place in places}) == len(places) == 3
    assert all(place["renders"]["base/wide_establishing"]["state"] == "queued" for place in places)


async def test_it_is_made_once_and_not_for_those_who_have_projects(tmp_path: Path) -> None:
    async with serving(tmp_path / "kept", demo=True) as live, live.client() as owner:
        await owner.patch(f"/api/projects/{DEMO}", json={"archived": True})
    async with serving(tmp_path / "kept", demo=True) as live, live.client() as owner:
        assert [p["archived_at"] is None for p in (await owner.get("/api/projects")).json()["projects"]] == [False]

    async with serving(tmp_path / "own") as live, live.client() as owner:
        own = (await owner.post("/api/projects", json={"name": "Ours"})).json()["id"]
    async with serving(tmp_path / "own", demo=True) as live, live.client() as owner:
        assert [p["id"] for p in (await owner.get("/api/projects")).json()["projects"]] == [own]
