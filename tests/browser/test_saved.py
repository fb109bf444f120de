"""What the chip says is true: a killed server, its return, and a project that was set back to another history."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pycrdt import Doc, Map

from store.config import StoreConfig
from store.ids import DocId, ProjectId
from store.opening import open_stores
from store.updates import Update
from tests.browser.conftest import SHOTS, OpenAs
from tests.browser.test_two_browsers import enter, hour_of, make_environment
from tests.helpers.house import Server, start_server

SAVED_MS = 30_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of this test's own: it will be killed."""
    started = start_server(tmp_path)
    yield started
    started.stop()


def back_again(server: Server, directory: Path) -> None:
    """Start the killed server anew over the same data, on the same port."""
    again = start_server(directory, port=server.port)
    server.popen, server._file = again.popen, again._file


def turn_the_hour(page: Page, steps: int) -> float:
    page.get_by_role("slider", name="Hour").focus()
    for _ in range(steps):
        page.keyboard.press("ArrowRight")
    return hour_of(page)


@pytest.mark.timeout(240)
def test_D1_saved_means_saved_through_a_killed_server(server: Server, open_as: OpenAs, tmp_path: Path) -> None:
    with server.api() as api:
        project, environment = make_environment(api, "Weir")
        api.patch(f"/api/environments/{environment}", json={"tags": {"dawn": True, "fog": True}}).raise_for_status()
    _, ana = open_as("Ana", project)
    enter(ana, server, project, environment)
    chip = ana.get_by_test_id("connection-chip")

    before = turn_the_hour(ana, 3)
    expect(chip).to_have_attribute("data-waiting", "0", timeout=SAVED_MS)
    # A pure deletion moves no clock of the document's; it is saved all the same before the chip says so.
    ana.get_by_role("button", name="Remove tag dawn").click()
    expect(chip).to_have_attribute("data-waiting", "0", timeout=SAVED_MS)
    expect(chip).to_have_attribute("data-saved", "saved")
    server.popen.kill()
    server.popen.wait(10)

    expect(chip).not_to_have_attribute("data-connection", "live", timeout=SAVED_MS)
    wanted = turn_the_hour(ana, 4)
    assert wanted > before
    ana.get_by_role("slider", name="Haze").focus()
    ana.keyboard.press("ArrowRight")
    expect(chip).to_have_attribute("data-saved", "unsaved")
    expect(chip).to_contain_text("changes waiting")
    expect(chip).to_have_attribute("data-connection", "offline", timeout=SAVED_MS)
    expect(chip).to_have_text("Offline · 2 changes waiting")
    chip.click()
    expect(ana.get_by_test_id("standing")).to_contain_text("kept on this device")
    expect(ana.get_by_test_id("standing")).to_contain_text("You may close this tab")
    ana.keyboard.press("Escape")

    back_again(server, tmp_path)
    with server.api() as api:
        assert api.get(f"/api/environments/{environment}").json()["tags"] == ["fog"]
    expect(chip).to_have_attribute("data-connection", "live", timeout=SAVED_MS)
    expect(chip).to_have_attribute("data-waiting", "0", timeout=SAVED_MS)
    expect(chip).to_have_text("Live · saved")

    # What it called saved is there after the next kill too, for somebody who was never in the project before.
    server.popen.kill()
    server.popen.wait(10)
    back_again(server, tmp_path)
    _, ben = open_as("Ben", project)
    enter(ben, server, project, environment)
    expect(ben.get_by_role("slider", name="Hour")).to_have_attribute("aria-valuenow", f"{wanted:g}", timeout=SAVED_MS)


@pytest.mark.timeout(240)
def test_D4_after_a_restoration_nobody_loses_their_copy(server: Server, open_as: OpenAs, tmp_path: Path) -> None:
    with server.api() as api:
        project, environment = make_environment(api, "Lock")
    _, ana = open_as("Ana", project)
    enter(ana, server, project, environment)
    chip = ana.get_by_test_id("connection-chip")
    server.popen.kill()
    server.popen.wait(10)
    expect(chip).not_to_have_attribute("data-connection", "live", timeout=SAVED_MS)
    hers = turn_the_hour(ana, 6)

    with ThreadPoolExecutor(1) as aside:  # Playwright has a loop running in this thread
        aside.submit(asyncio.run, restore(tmp_path, project, environment, hour=3.5)).result()
    back_again(server, tmp_path)
    bar = ana.get_by_test_id("refusal")
    expect(bar).to_have_attribute("data-code", "4409", timeout=SAVED_MS)
    expect(bar).to_contain_text("environments were restored to an earlier state")
    expect(bar).to_contain_text("1 change of yours had not reached the server")
    assert hour_of(ana) == hers
    SHOTS.mkdir(exist_ok=True)
    ana.screenshot(path=SHOTS / "restored-desk.png")

    with ana.expect_download() as downloading:
        bar.get_by_test_id("download-json").click()
    copy = json.loads(Path(downloading.value.path()).read_text())
    assert copy["content"]["environments"][environment]["parameters"]["time_of_day"] == pytest.approx(hers)
    assert (copy["epoch"], copy["unsaved_changes"]) == (1, 1)
    with ana.expect_download() as downloading:
        bar.get_by_test_id("download-yjs").click()
    raw = Doc[Any]()
    raw.apply_update(Path(downloading.value.path()).read_bytes())
    assert raw.get("environments", type=Map).to_py()[environment]["parameters"]["time_of_day"] == pytest.approx(hers)

    bar.get_by_test_id("go-on").click()
    expect(chip).to_have_attribute("data-connection", "live", timeout=SAVED_MS)
    expect(bar).to_have_count(0)
    expect(ana.get_by_role("slider", name="Hour")).to_have_attribute("aria-valuenow", "3.5", timeout=SAVED_MS)
    with server.api() as api:
        assert api.get(f"/api/environments/{environment}").json()["parameters"]["time_of_day"] == 3.5

    # The copy she left behind stays on her device until she throws it away.
    ana.goto(f"{server.url}/projects/{project}")
    former = ana.get_by_test_id("former-copy")
    expect(former).to_contain_text("1 change of yours is only there")
    ana.screenshot(path=SHOTS / "former-copy-desk.png")
    with ana.expect_download() as downloading:
        former.get_by_test_id("download-json").click()
    again = json.loads(Path(downloading.value.path()).read_text())
    assert again["content"] == copy["content"]
    former.get_by_test_id("discard-former").click()
    expect(former).to_have_count(0)
    ana.reload()
    expect(ana.get_by_test_id("connection-chip")).to_have_attribute("data-connection", "live", timeout=SAVED_MS)
    expect(ana.get_by_test_id("former-copy")).to_have_count(0)


async def restore(directory: Path, project: str, environment: str, hour: float) -> None:
    """Begin another history of the environments, in which only the hour differs."""
    doc_id = DocId(ProjectId(project), "environments")
    data = directory / "data"
    config = StoreConfig(database_url=f"sqlite:///{data / 'cyclorama.db'}", objects_url=f"file://{data / 'objects'}")
    async with open_stores(config) as stores:
        loaded = await stores.log.load(doc_id)
        former = Doc[Any]()
        for payload in ([loaded.snapshot] if loaded.snapshot else []) + [row.payload for row in loaded.rows]:
            former.apply_update(payload)
        values = former.get("environments", type=Map).to_py()[environment]
        values["parameters"]["time_of_day"] = hour
        marker = 7_000_001
        restored = Doc[Any](client_id=marker)
        restored.get("meta", type=Map)["epoch"] = loaded.epoch + 1
        restored.get("environments", type=Map)[environment] = Map(
            {name: Map(value) if isinstance(value, dict) else value for name, value in values.items()}
        )
        first = Update(
            doc_id, restored.get_update(), author="usr_owner", origin="direct:restore", session="", node="test",
            at=time.time(), epoch=loaded.epoch + 1,
        )  # fmt: skip
        await stores.log.begin_epoch(first, marker)
