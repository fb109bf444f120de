"""Six angles are rendered, compared, and what they are worth is read in the browser, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SHOTS, OpenAs
from tests.browser.test_two_browsers import enter
from tests.helpers.house import Server


@pytest.mark.timeout(300)
def test_what_a_set_of_angles_is_worth_stands_beside_it_and_in_the_inspector(server: Server, open_as: OpenAs) -> None:
    with server.api() as api:
        project = api.post("/api/projects", json={"name": "Film of a room"}).raise_for_status().json()["id"]
        environment = api.post(
            f"/api/projects/{project}/environments",
            json={"name": "Room", "quality": "low", "parameters": {"archetype": "living_room", "seed": 5}},
        ).raise_for_status().json()["id"]
        api.post(f"/api/environments/{environment}/multi-angle", json={}).raise_for_status()
    _, page = open_as("Ana", project)
    enter(page, server, project, environment)
    score = page.get_by_test_id("set-score")
    expect(score).to_contain_text("of what several cameras see looks the same", timeout=240_000)
    scores = page.get_by_test_id("scores")
    expect(scores).to_contain_text("Weakest pair")
    expect(scores).to_contain_text("Coverage")
    scores.scroll_into_view_if_needed()
    page.screenshot(path=SHOTS / "scores-1440.png")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("tab", name="Scores").click()
    expect(scores).to_be_visible()
    score.scroll_into_view_if_needed()
    page.screenshot(path=SHOTS / "scores-390.png")
    with server.api() as api:
        found = api.get(f"/api/environments/{environment}").raise_for_status().json()
        told = found["renders"]["base/medium"]["scores"]
        assert told["verdict"] in ("passed", "draft")
        assert 0 <= told["spatial"]["score"] <= 1
