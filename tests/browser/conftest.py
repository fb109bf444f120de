"""A real server with the built client, and Debian's Chromium."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.helpers.house import Server, start_server

SHOTS = Path(__file__).parent / "shots"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    built = start_server(tmp_path_factory.mktemp("browser"))
    yield built
    built.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield started
        started.close()


OpenAs = Callable[..., tuple[BrowserContext, Page]]


@pytest.fixture
def open_as(server: Server, browser: Browser) -> Iterator[OpenAs]:
    """Open a browser of one's own for the owner, or for a freshly invited editor of a project."""
    contexts: list[BrowserContext] = []
    owner_link = re.search(r"http://\S+/sign-in\?token=\S+", server.log.read_text())
    assert owner_link, server.tail()
    state: dict[str, object] = {}

    def open_(who: str, project: str, width: int = 1440, height: int = 900) -> tuple[BrowserContext, Page]:
        context = browser.new_context(viewport={"width": width, "height": height}, service_workers="allow")
        contexts.append(context)
        page = context.new_page()
        with server.api() as api:
            body = {"email": f"{who.lower()}-{os.urandom(4).hex()}@example.org", "name": who, "role": "editor"}
            invited = api.post(f"/api/projects/{project}/members", json=body).raise_for_status().json()
        page.goto(
            invited["sign_in_url"] if invited["sign_in_url"].startswith("http") else server.url + invited["sign_in_url"]
        )
        page.wait_for_load_state("load")
        return context, page

    yield open_
    state.clear()
    for context in contexts:
        context.close()
