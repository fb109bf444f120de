"""The built client at /: cached as its files allow, its own scripts and no others, and a helpful page without it."""

from __future__ import annotations

import base64
import hashlib

import httpx
import pytest

from tests.api.conftest import Live

SCRIPT = "\n  start({ base: '' });\n"
PAGE = f"<!doctype html><html><head><script>{SCRIPT}</script><script src='/x.js'></script></head><body></body></html>"


@pytest.fixture
def built(live: Live) -> None:
    folder = live.settings.client_dir
    (folder / "_app/immutable").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "_app/immutable/chunk.abc123.js").write_text("export {}")
    (folder / "service-worker.js").write_text("self")
    (folder / "manifest.webmanifest").write_text("{}")


@pytest.mark.usefixtures("built")
async def test_every_page_of_the_app_is_the_start_page(live: Live) -> None:
    async with live.client(None) as browser:
        for path in ("/", "/projects/prj_x", "/projects/prj_x/environments/env_y", "/sign-in-page"):
            answer = await browser.get(path)
            assert (answer.status_code, answer.text) == (200, PAGE)
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.usefixtures("built")
async def test_the_start_page_may_run_its_own_inline_script_and_no_other(live: Live) -> None:
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    async with live.client(None) as browser:
        policy = (await browser.get("/")).headers["content-security-policy"]

    assert f"script-src 'self' 'sha256-{digest}'" in policy
    assert "script-src 'self' 'unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("path", "kind", "caching"),
    [
        ("/_app/immutable/chunk.abc123.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/service-worker.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json; charset=utf-8", "no-cache"),
    ],
)
async def test_files_have_their_type_and_caching(live: Live, path: str, kind: str, caching: str) -> None:
    async with live.client(None) as browser:
        answer = await browser.get(path)
        held = await browser.get(path, headers={"if-none-match": answer.headers["etag"]})

    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (kind, caching)
    assert held.status_code == 304


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["/missing.js", "/..%2f..%2fcyclorama.db", "/%00.js", "/api/nothing", "/ws/nothing"])
async def test_what_is_not_there_is_no_start_page(live: Live, path: str) -> None:
    async with live.client(None) as browser:
        answer = await browser.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_without_a_build_the_page_says_how_to_make_one(live: Live, owner: httpx.AsyncClient) -> None:
    answer = await owner.get("/")

    assert answer.status_code == 503
    assert "make setup" in answer.text
    assert str(live.settings.client_dir) in answer.text
