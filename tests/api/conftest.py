"""A live server in the test's own loop: real uvicorn, real stores in a temporary folder, no render processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from api.app import create_app
from api.auth import sign_in_link
from api.house import House
from api.passwords import Passwords
from api.serve import Server, bind, config_of
from api.settings import Settings
from store.ids import ObjectId
from tests.helpers.house import OWNER_TOKEN, free_port


@dataclass
class Live:
    """A running server and its inside."""

    settings: Settings
    house: House

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.settings.port}"

    def client(self, token: str | None = OWNER_TOKEN, **headers: str) -> httpx.AsyncClient:
        """A REST client with a bearer token; None for a stranger."""
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20, trust_env=False)

    async def keep(self, data: bytes) -> ObjectId:
        """Store bytes as a picture of a fresh project of the owner's; returns their id."""
        async with self.client() as owner:
            project = (await owner.post("/api/projects", json={"name": "Pictures"})).raise_for_status().json()["id"]
        stored = await self.house.stores.objects.put(data)
        await self.house.stores.grants.give(project, [stored.id])
        return stored.id

    async def person(self, project: str | None = None, role: str = "editor", email: str = "ben@example.com") -> str:
        """A new user's API token, as a member of the project when one is named."""
        people = self.house.stores.people
        user = await people.create_user(email.partition("@")[0].capitalize(), email)
        if project is not None:
            await people.set_member(project, user.id, role)  # type: ignore[arg-type]  # tests speak plain strings
        link = await sign_in_link(self.house, user)
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as browser:
            answer = await browser.get(link)
            assert answer.status_code == 303
            made = await browser.post("/api/me/tokens", json={"label": "test"}, headers={"origin": self.url})
        return str(made.json()["token"])


@asynccontextmanager
async def serving(folder: Path, **choices: Any) -> AsyncIterator[Live]:
    """A server over `folder` with the given settings."""
    settings = Settings(**{
        "data": folder, "port": free_port(), "owner_token": OWNER_TOKEN, "embedded_workers": False,
        "client_dir": folder / "client", "node": "test-node", **choices,
    })
    app = create_app(settings)
    answers = asyncio.Event()
    async with app.router.lifespan_context(app):
        house: House = app.state.house
        house.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        server = Server(config_of(app, settings), answers.set)
        listening = bind(settings.host, settings.port)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with asyncio.timeout(20):
                await answers.wait()
            yield Live(settings, house)
        finally:
            server.should_exit = True
            await running
            listening.close()


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    async with serving(tmp_path) as running:
        yield running


@pytest.fixture
async def owner(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with live.client() as client:
        yield client


@pytest.fixture
async def project(owner: httpx.AsyncClient) -> str:
    return str((await owner.post("/api/projects", json={"name": "Nordlicht"})).raise_for_status().json()["id"])


@pytest.fixture
async def environment(owner: httpx.AsyncClient, project: str) -> str:
    answer = await owner.post(
        f"/api/projects/{project}/environments", json={"name": "Valley", "parameters": {"archetype": "alpine"}}
    )
    return str(answer.raise_for_status().json()["id"])


