"""Signing in: passwords, sessions in a cookie, tokens, and what a foreign page cannot do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import httpx

from api.auth import COOKIE, sign_in_link
from api.owner import kept_token
from store.ids import UserId
from tests.api.conftest import Live, serving
from tests.helpers.house import OWNER_TOKEN


async def with_password(live: Live, email: str = "ana@example.com", password: str = "correct horse") -> UserId:
    user = await live.house.stores.people.create_user("Ana", email, await live.house.passwords.hash(password))
    return user.id


async def test_a_password_gives_a_session_cookie_that_scripts_cannot_read(live: Live) -> None:
    await with_password(live)
    async with live.client(None) as browser:
        answer = await browser.post("/api/sign-in", json={"email": "ANA@example.com", "password": "correct horse"})

        cookie = answer.headers["set-cookie"]
        assert answer.json()["user"]["name"] == "Ana"
        assert cookie.startswith(f"{COOKIE}=cys_")
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie
        assert (await browser.get("/api/me")).json()["user"]["email"] == "ana@example.com"


async def test_https_makes_the_cookie_secure(tmp_path: Path) -> None:
    async with serving(tmp_path, public_url="https://films.example.com") as live:
        await with_password(live)
        async with live.client(None) as browser:
            body = {"email": "ana@example.com", "password": "correct horse"}
            assert "Secure" in (await browser.post("/api/sign-in", json=body)).headers["set-cookie"]
            assert "max-age" in (await browser.get("/healthz")).headers["strict-transport-security"]


async def test_wrong_password_and_unknown_address_look_the_same(live: Live) -> None:
    await with_password(live)
    async with live.client(None) as browser:
        wrong = await browser.post("/api/sign-in", json={"email": "ana@example.com", "password": "wrong horse"})
        nobody = await browser.post("/api/sign-in", json={"email": "eve@example.com", "password": "wrong horse"})

    assert (wrong.status_code, nobody.status_code) == (401, 401)
    assert wrong.json()["detail"] == nobody.json()["detail"]


async def test_guessing_is_slowed_down(live: Live) -> None:
    await with_password(live)
    body = {"email": "ana@example.com", "password": "wrong horse"}
    async with live.client(None) as browser:
        answers = [(await browser.post("/api/sign-in", json=body)).status_code for _ in range(10)]
        late = await browser.post("/api/sign-in", json=body | {"password": "correct horse"})

    assert set(answers) == {401}
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) > 0


async def test_signing_out_ends_the_session(live: Live) -> None:
    await with_password(live)
    async with live.client(None) as browser:
        await browser.post("/api/sign-in", json={"email": "ana@example.com", "password": "correct horse"})
        stolen = browser.cookies[COOKIE]
        assert (await browser.post("/api/sign-out", headers={"origin": live.url})).status_code == 204
        assert (await browser.get("/api/me")).status_code == 401
        assert (await browser.get("/api/me", headers={"cookie": f"{COOKIE}={stolen}"})).status_code == 401


async def test_a_foreign_page_cannot_use_the_cookie(live: Live) -> None:
    link = await sign_in_link(live.house, await live.house.stores.people.get_user(UserId("usr_owner")))
    async with live.client(None) as browser:
        await browser.get(link)
        foreign = [
            {"origin": "https://evil.example.com"},
            {"origin": "null"},
            {"origin": live.url.replace("127.0.0.1", "localhost")},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {},
        ]
        for headers in foreign:
            answer = await browser.post("/api/projects", json={"name": "forged"}, headers=headers)
            assert answer.status_code == 403, headers
        for headers in ({"origin": live.url}, {"sec-fetch-site": "same-origin"}):
            assert (await browser.post("/api/projects", json={"name": "mine"}, headers=headers)).status_code == 201


async def test_named_origins_may_use_the_cookie(tmp_path: Path) -> None:
    async with serving(tmp_path, origins=("http://localhost:5173",)) as live:
        link = await sign_in_link(live.house, await live.house.stores.people.get_user(UserId("usr_owner")))
        async with live.client(None) as browser:
            await browser.get(link)
            headers = {"origin": "http://localhost:5173"}
            assert (await browser.post("/api/projects", json={"name": "x"}, headers=headers)).status_code == 201


async def test_only_hashes_of_secrets_are_stored(live: Live, owner: httpx.AsyncClient) -> None:
    made = (await owner.post("/api/me/tokens", json={"label": "script"})).json()["token"]
    await with_password(live, password="a very secret sentence")

    held = b"".join(path.read_bytes() for path in live.settings.data.glob("cyclorama.db*"))

    assert made.encode() not in held
    assert OWNER_TOKEN.encode() not in held
    assert b"a very secret sentence" not in held
    assert b"$argon2id$" in held


async def test_tokens_are_listed_without_secret_and_can_be_revoked(live: Live, owner: httpx.AsyncClient) -> None:
    made = (await owner.post("/api/me/tokens", json={"label": "script"})).json()
    async with live.client(made["token"]) as script:
        assert (await script.get("/api/me")).status_code == 200
        listed = (await owner.get("/api/me/tokens")).json()["tokens"]
        assert made["token"] not in str(listed)
        assert {t["label"] for t in listed if t["current"]} == {"owner token (CYCLORAMA_OWNER_TOKEN)"}

        assert (await owner.delete(f"/api/me/tokens/{made['id']}")).status_code == 204
        assert (await script.get("/api/me")).status_code == 401
    assert (await owner.delete("/api/me/tokens/tok_somebody-elses")).status_code == 404


async def test_a_link_is_neither_a_token_nor_used_up_by_a_guessing_browser(live: Live) -> None:
    link = await sign_in_link(live.house, await live.house.stores.people.get_user(UserId("usr_owner")))
    secret = link.partition("token=")[2]
    async with live.client(secret) as tool:
        assert (await tool.get("/api/me")).status_code == 401
    async with live.client(None) as browser:
        assert (await browser.get(link, headers={"sec-purpose": "prefetch;prerender"})).status_code == 503
        assert (await browser.get(link)).status_code == 303
        assert (await browser.get(link)).status_code == 303, "who is signed in already just goes on"


async def test_changing_a_password_needs_the_old_one(live: Live) -> None:
    await with_password(live)
    async with live.client(None) as browser:
        await browser.post("/api/sign-in", json={"email": "ana@example.com", "password": "correct horse"})
        own = {"origin": live.url}
        refused = await browser.patch("/api/me", json={"password": "battery staple"}, headers=own)
        body = {"password": "battery staple", "current_password": "correct horse", "name": "Ana B"}
        changed = await browser.patch("/api/me", json=body, headers=own)

        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "current_password"
        assert changed.json()["user"]["name"] == "Ana B"
        again = await browser.post("/api/sign-in", json={"email": "ana@example.com", "password": "battery staple"})
        assert again.status_code == 200


async def test_the_owners_token_is_fixed_by_the_environment_and_the_old_one_ends(tmp_path: Path) -> None:
    async with serving(tmp_path) as live, live.client() as owner:
        assert (await owner.get("/api/me")).json()["user"]["id"] == "usr_owner"
    other = "another-owner-token-0123456789"
    async with serving(tmp_path, owner_token=other) as live, live.client() as old, live.client(other) as new:
        assert (await old.get("/api/me")).status_code == 401
        assert (await new.get("/api/me")).status_code == 200
    held = sqlite3.connect(tmp_path / "cyclorama.db").execute("select count(*) from tokens where kind = 'api'")
    assert held.fetchone() == (1,)


async def test_without_one_a_token_is_made_and_kept_private(tmp_path: Path) -> None:
    async with serving(tmp_path, owner_token=None) as live:
        path = tmp_path / "owner-token"
        assert path.stat().st_mode & 0o777 == 0o600
        async with live.client(kept_token(tmp_path)) as owner:
            assert (await owner.get("/api/me")).status_code == 200
    kept = path.read_text()
    async with serving(tmp_path, owner_token=None):
        assert path.read_text() == kept
