"""Two people, two browsers, one slider: previews, offline edits, and the settled picture in both."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from render.spec import TIER_SIZE_PX
from tests.browser.conftest import SHOTS, OpenAs
from tests.helpers.house import Server


def make_environment(api: httpx.Client, name: str, **parameters: object) -> tuple[str, str]:
    project = api.post("/api/projects", json={"name": f"Film of {name}"}).raise_for_status().json()["id"]
    environment = api.post(
        f"/api/projects/{project}/environments",
        json={"name": name, "quality": "low", "parameters": {"archetype": "alpine", "seed": 5, **parameters}},
    ).raise_for_status().json()["id"]
    return project, environment


def enter(page: Page, server: Server, project: str, environment: str) -> None:
    page.goto(f"{server.url}/projects/{project}/environments/{environment}")
    expect(page.get_by_test_id("connection-chip")).to_have_attribute("data-connection", "live", timeout=30_000)


def settled(page: Page, timeout_s: float = 90) -> str:
    """Wait for a settled picture; returns its object id."""
    picture = page.get_by_test_id("picture")
    expect(picture).to_have_attribute("data-kind", "settled", timeout=timeout_s * 1000)
    return picture.get_attribute("data-object") or ""


def hour_of(page: Page) -> float:
    return float(page.get_by_role("slider", name="Hour").get_attribute("aria-valuenow") or "nan")


@pytest.mark.timeout(240)
def test_drag_in_one_browser_shows_previews_and_the_settled_picture_in_both(server: Server, open_as: OpenAs) -> None:
    with server.api() as api:
        project, environment = make_environment(api, "Ridge")
    _, ana = open_as("Ana", project)
    _, ben = open_as("Ben", project)
    enter(ana, server, project, environment)
    enter(ben, server, project, environment)
    first = settled(ana)
    expect(ben.get_by_test_id("picture")).to_have_attribute("data-object", first, timeout=30_000)

    dial = ana.get_by_role("slider", name="Hour")
    dial.focus()
    previews = ben.get_by_test_id("picture")
    for _ in range(12):
        ana.keyboard.press("ArrowRight")
        ana.wait_for_timeout(80)
    expect(previews).to_have_attribute("data-kind", "preview", timeout=30_000)
    assert previews.evaluate("image => image.complete && image.naturalWidth") in (256, 512)

    wanted = hour_of(ana)
    expect(ben.get_by_role("slider", name="Hour")).to_have_attribute("aria-valuenow", f"{wanted:g}", timeout=10_000)
    # Her own previews may still be on their way: until they come she looks at the first picture.
    expect(ana.get_by_test_id("picture")).not_to_have_attribute("data-object", first, timeout=30_000)
    second = settled(ana)
    assert second != first
    expect(ben.get_by_test_id("picture")).to_have_attribute("data-object", second, timeout=30_000)
    for page in (ana, ben):
        loaded = page.get_by_test_id("picture").evaluate("image => image.complete && image.naturalWidth")
        assert loaded == TIER_SIZE_PX["low"][0]


@pytest.mark.timeout(240)
def test_offline_edits_of_both_merge_and_nothing_is_lost(server: Server, open_as: OpenAs) -> None:
    with server.api() as api:
        project, environment = make_environment(api, "Moraine")
    ana_context, ana = open_as("Ana", project)
    _, ben = open_as("Ben", project)
    enter(ana, server, project, environment)
    enter(ben, server, project, environment)
    settled(ana)

    chip = ana.get_by_test_id("connection-chip")
    cut_off(ana_context, ana)
    expect(chip).to_have_attribute("data-connection", "offline", timeout=30_000)
    ana.get_by_role("slider", name="Hour").focus()
    for _ in range(5):
        ana.keyboard.press("ArrowRight")
    expect(chip).not_to_have_attribute("data-waiting", "0")
    ana_hour = hour_of(ana)

    haze = ben.get_by_role("slider", name="Haze")
    haze.focus()
    for _ in range(7):
        ben.keyboard.press("ArrowRight")
    ben_haze = haze.get_attribute("aria-valuenow") or haze.input_value()

    # The reload happens without a network: shell and document come from this browser alone.
    ana.reload()
    expect(ana.get_by_role("slider", name="Hour")).to_have_attribute("aria-valuenow", f"{ana_hour:g}", timeout=30_000)

    ana_context.set_offline(False)
    expect(chip).to_have_attribute("data-connection", "live", timeout=30_000)
    expect(chip).to_have_attribute("data-saved", "saved", timeout=30_000)
    expect(chip).to_have_attribute("data-waiting", "0", timeout=30_000)
    expect(ben.get_by_role("slider", name="Hour")).to_have_attribute("aria-valuenow", f"{ana_hour:g}", timeout=30_000)
    picture = settled(ben)
    expect(ana.get_by_test_id("picture")).to_have_attribute("data-object", picture, timeout=60_000)
    with server.api() as api:
        parameters = api.get(f"/api/environments/{environment}").json()["parameters"]
    assert parameters["time_of_day"] == pytest.approx(ana_hour)
    assert parameters["haze"] == pytest.approx(float(ben_haze), abs=0.011)


def cut_off(context: BrowserContext, page: Page) -> None:
    """Unplug the network of one browser, open sockets included."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)


@pytest.mark.parametrize(("name", "width", "height"), [("desk", 1440, 900), ("phone", 390, 844)])
def test_pages_fit_the_window_and_have_their_words(
    server: Server, open_as: OpenAs, name: str, width: int, height: int
) -> None:
    with server.api() as api:
        project, environment = make_environment(api, "Tarn")
    _, page = open_as("Cleo", project, width, height)
    SHOTS.mkdir(exist_ok=True)
    for label, path in {
        "projects": "/", "gallery": f"/projects/{project}", "room": f"/projects/{project}/environments/{environment}",
    }.items():
        page.goto(server.url + path)
        if label == "room":
            settled(page)
        else:
            expect(page.get_by_text("Tarn").first).to_be_visible(timeout=30_000)
        page.screenshot(path=SHOTS / f"{label}-{name}.png")
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{label} is {overflow} px wider than a {width} px window"
