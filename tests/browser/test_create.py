"""A new environment from words: suggestions with reasons, left out or changed, by mouse, keyboard and on a phone."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenAs
from tests.helpers.house import Server

WORDS = "A misty fjord at dawn, late autumn, an abandoned boathouse near Zorblax"


def project_of(api: httpx.Client) -> str:
    return str(api.post("/api/projects", json={"name": "Words"}).raise_for_status().json()["id"])


def begin(page: Page, server: Server, project: str) -> None:
    page.goto(f"{server.url}/projects/{project}")
    page.get_by_test_id("first-environment").click()
    page.get_by_label("Name").fill("The boathouse")
    page.get_by_label("Description").fill(WORDS)
    expect(page.get_by_test_id("suggestions")).to_be_visible()


def made_in(server: Server, project: str, page: Page) -> dict[str, Any]:
    page.wait_for_url("**/environments/**")
    expect(page.get_by_test_id("connection-chip")).to_have_attribute("data-connection", "live", timeout=30_000)
    identity = page.url.rpartition("/")[2].partition("?")[0]
    with server.api() as api:
        return dict(api.get(f"/api/environments/{identity}").raise_for_status().json())


@pytest.mark.timeout(120)
def test_words_make_a_place_and_what_is_left_out_stays_out(server: Server, open_as: OpenAs) -> None:
    with server.api() as api:
        project = project_of(api)
    _, page = open_as("Ana", project)
    begin(page, server, project)

    suggestions = page.get_by_test_id("suggestions")
    expect(suggestions.get_by_text("“dawn”")).to_be_visible()
    expect(suggestions.locator("[data-parameter=landmark]")).to_be_visible()
    expect(page.get_by_test_id("unknown-words")).to_have_text("Not understood: Zorblax")
    expect(page.get_by_test_id("control-archetype")).to_have_attribute("data-value", "lake")
    page.get_by_role("button", name=re.compile("^Leave out Season")).click()
    expect(suggestions.locator("[data-parameter=season]")).to_have_count(0)
    page.get_by_role("button", name="Sea cliffs").click()
    expect(page.get_by_test_id("control-archetype")).to_have_attribute("data-value", "coast")
    expect(suggestions.locator("[data-parameter=wear]")).to_be_visible()
    page.get_by_role("button", name="Create environment").click()

    parameters = made_in(server, project, page)["parameters"]
    assert isinstance(parameters, dict)
    assert parameters["archetype"] == "coast"
    assert parameters["weather"] == "mist"
    assert 5 <= parameters["time_of_day"] <= 6.2
    assert parameters["wear"] == 0.88
    assert "season" not in parameters


@pytest.mark.timeout(120)
def test_on_a_phone_by_keyboard_alone(server: Server, open_as: OpenAs) -> None:
    with server.api() as api:
        project = project_of(api)
    _, page = open_as("Ben", project, 390, 844)
    begin(page, server, project)

    page.get_by_test_id("change-place").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("kitchen")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("control-archetype")).to_have_attribute("data-value", "kitchen")
    page.get_by_test_id("change-place").press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("create-environment")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    inside = page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('dialog[open]'))")
    assert inside
    page.get_by_label("Name").press("Enter")

    made = made_in(server, project, page)
    assert (made["location_type"], made["parameters"]["archetype"]) == ("interior", "kitchen")
