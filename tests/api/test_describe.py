"""Descriptions over REST: read without changing anything, and used when an environment is made with nothing else."""

from __future__ import annotations

import httpx

from tests.api.conftest import Live

SENTENCE = "a misty fjord at dawn, late autumn, abandoned boathouse near Zorblax"


async def test_a_description_is_read_with_reasons(owner: httpx.AsyncClient) -> None:
    found = (await owner.post("/api/describe", json={"text": SENTENCE})).raise_for_status().json()

    assert found["archetype"] == "lake"
    assert found["parameters"]["time_of_day"] == 6.2
    assert "dawn → 6.2 h" in [suggestion["reason"] for suggestion in found["suggestions"]]
    assert found["places"][1]["archetype"] == "coast"
    assert found["unknown"] == ["Zorblax"]


async def test_no_text_is_refused_but_one_that_is_too_long(owner: httpx.AsyncClient) -> None:
    for text in ("", "🌊" * 5000, "山の夜明け", "-1e999"):
        assert (await owner.post("/api/describe", json={"text": text})).status_code == 200

    refused = await owner.post("/api/describe", json={"text": "a" * 20_001})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "text")
    assert (await owner.post("/api/describe", json={"text": "sea", "archetype": "moon"})).status_code == 422


async def test_strangers_are_asked_to_sign_in(live: Live) -> None:
    async with live.client(token=None) as stranger:
        assert (await stranger.post("/api/describe", json={"text": "sea"})).status_code == 401


async def test_an_environment_with_only_a_description_is_made_of_it(owner: httpx.AsyncClient, project: str) -> None:
    path = f"/api/projects/{project}/environments"

    made = (await owner.post(path, json={"name": "Boathouse", "description": SENTENCE})).json()
    kitchen = (await owner.post(path, json={"name": "K", "description": "INT. KITCHEN - DAWN"})).json()

    assert made["parameters"] == (await owner.post("/api/describe", json={"text": SENTENCE})).json()["parameters"]
    assert (made["location_type"], kitchen["location_type"]) == ("exterior", "interior")


async def test_parameters_that_are_given_are_not_overruled_by_words(owner: httpx.AsyncClient, project: str) -> None:
    path = f"/api/projects/{project}/environments"
    chosen = {"archetype": "desert"}

    made = (await owner.post(path, json={"name": "A", "description": SENTENCE, "parameters": chosen})).json()
    plain = (await owner.post(path, json={"name": "B", "description": SENTENCE, "parameters": {}})).json()
    silent = (await owner.post(path, json={"name": "C", "description": "  "})).json()

    assert (made["parameters"], plain["parameters"], silent["parameters"]) == (chosen, {}, {})
