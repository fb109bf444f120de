"""The websocket's door: who may enter, with what, and how they are sent away (G1, G2)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from api.auth import COOKIE
from store.ids import ProjectId, UserId
from tests.api.conftest import Live, serving
from tests.helpers.house import OWNER_TOKEN, start_server
from tests.helpers.peer import Peer
from tests.helpers.waiting import wait_until


async def code_of(url: str, **headers: str) -> int:
    """Connect, wait for the end, and tell the close code."""
    async with websockets.connect(url, additional_headers=headers, proxy=None) as socket:
        async with asyncio.timeout(10):
            await socket.wait_closed()
        assert socket.close_code is not None
        return socket.close_code


async def enters(url: str, **headers: str) -> bool:
    """Whether the room greets (its first frame is a sync step 1)."""
    async with websockets.connect(url, additional_headers=headers, proxy=None) as socket:
        async with asyncio.timeout(10):
            first = await socket.recv()
        return isinstance(first, bytes) and first[:2] == b"\x00\x00"


@pytest.fixture
def door(live: Live, project: str) -> str:
    return f"{live.ws_url}/ws/project/{project}/environments"


async def test_bearer_query_and_cookie_open_the_door(live: Live, owner: httpx.AsyncClient, door: str) -> None:
    from api.auth import sign_in_link

    link = await sign_in_link(live.house, await live.house.stores.people.get_user(UserId("usr_owner")))
    async with live.client(None) as browser:
        await browser.get(link)
        cookie = f"{COOKIE}={browser.cookies[COOKIE]}"

    assert await enters(door, authorization=f"Bearer {OWNER_TOKEN}")
    assert await enters(f"{door}?token={OWNER_TOKEN}")
    assert await enters(door, cookie=cookie, origin=live.url)
    assert await code_of(door, cookie=cookie, origin="https://evil.example.com") == 4403
    assert await code_of(door, cookie=cookie) == 4403


async def test_strangers_are_told_to_sign_in(door: str) -> None:
    assert await code_of(door) == 4401
    assert await code_of(f"{door}?token=cyc_wrong") == 4401


async def test_documents_that_are_not_yours_or_not_there_are_4404(live: Live, door: str) -> None:
    token = await live.person()

    assert await code_of(f"{door}?token={token}") == 4404
    assert await code_of(f"{live.ws_url}/ws/project/prj_nowhere/environments?token={OWNER_TOKEN}") == 4404
    for path in ("/ws/project/x/secrets", "/ws/project/x", "/ws/", "/", "/ws/project/../environments"):
        assert await code_of(f"{live.ws_url}{path}?token={OWNER_TOKEN}") == 4404


async def test_another_history_is_4409(door: str) -> None:
    assert await enters(f"{door}?token={OWNER_TOKEN}&epoch=1")
    assert await code_of(f"{door}?token={OWNER_TOKEN}&epoch=7") == 4409
    assert await code_of(f"{door}?token={OWNER_TOKEN}&epoch=first") == 4400


@pytest.mark.parametrize("kind", ["annotations", "votes"])
async def test_every_kind_of_document_has_a_room(live: Live, project: str, kind: str) -> None:
    assert await enters(f"{live.ws_url}/ws/project/{project}/{kind}?token={OWNER_TOKEN}")


@pytest.mark.parametrize(
    ("frame", "code"),
    [("text", 4400), (b"", 4400), (b"\x63", 4400), (b"\x00\x02" + b"\xff" * 20, 4400), (bytes(9 * 2**20), 4413)],
)
async def test_R3_what_is_no_protocol_closes_only_its_sender(
    live: Live, door: str, project: str, frame: str | bytes, code: int
) -> None:
    async with Peer(live.ws_url, project) as honest:
        async with websockets.connect(f"{door}?token={OWNER_TOKEN}", proxy=None, max_size=None) as rogue:
            await rogue.send(frame)
            async with asyncio.timeout(10):
                await rogue.wait_closed()
            assert rogue.close_code == code
            assert rogue.close_reason
        honest.environments["env_x"] = "still works"
        await honest.until(lambda: honest.saved_state, what="the honest edit is saved")


async def test_G1_a_viewers_write_is_refused(live: Live, project: str, environment: str) -> None:
    token = await live.person(project, "viewer")
    async with Peer(live.ws_url, project, token=token) as viewer:
        assert environment in viewer.environments
        viewer.set_parameter(environment, "haze", 1.0)
        await wait_until(lambda: viewer.close_code is not None)

    assert viewer.close_code == 4403


async def test_G2_revoking_a_member_closes_their_sockets_at_once(
    live: Live, owner: httpx.AsyncClient, project: str
) -> None:
    token = await live.person(project, "editor")
    async with live.client(token) as ben:
        me = (await ben.get("/api/me")).json()["user"]["id"]
    async with Peer(live.ws_url, project, token=token) as gone, Peer(live.ws_url, project) as stays:
        await owner.delete(f"/api/projects/{project}/members/{me}")
        await wait_until(lambda: gone.close_code is not None)

        assert gone.close_code == 4403
        assert stays.close_code is None
    assert await code_of(f"{live.ws_url}/ws/project/{project}/environments?token={token}") == 4404


async def test_G2_a_new_role_counts_at_once(live: Live, owner: httpx.AsyncClient, project: str) -> None:
    token = await live.person(project, "editor")
    async with live.client(token) as ben:
        me = (await ben.get("/api/me")).json()["user"]["id"]
    async with Peer(live.ws_url, project, token=token) as demoted:
        await owner.put(f"/api/projects/{project}/members/{me}", json={"role": "viewer"})
        await wait_until(lambda: demoted.close_code is not None)

    assert demoted.close_code == 1012, "a code after which clients come back by themselves"


async def test_revoking_a_token_closes_the_sockets_it_opened(
    live: Live, owner: httpx.AsyncClient, project: str
) -> None:
    made = (await owner.post("/api/me/tokens", json={"label": "script"})).json()
    async with Peer(live.ws_url, project, token=made["token"]) as script, Peer(live.ws_url, project) as other:
        await owner.delete(f"/api/me/tokens/{made['id']}")
        await wait_until(lambda: script.close_code is not None)

        assert script.close_code == 4401
        assert other.close_code is None


async def test_G2_a_revocation_while_the_socket_is_entering_is_not_missed(
    live: Live, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await live.person(project, "editor")
    people = live.house.stores.people
    looked_up, go_on = asyncio.Event(), asyncio.Event()
    role_of = people.role_of

    async def slow_role_of(*arguments: Any) -> Any:
        role = await role_of(*arguments)
        looked_up.set()
        await go_on.wait()
        return role

    monkeypatch.setattr(people, "role_of", slow_role_of)
    ending = asyncio.create_task(code_of(f"{live.ws_url}/ws/project/{project}/environments?token={token}"))
    await looked_up.wait()
    user = await people.find_user_by_email("ben@example.com")
    assert user is not None
    await people.drop_member(ProjectId(project), user.id)
    await live.house.member_changed(ProjectId(project), user.id, lost=True)
    go_on.set()

    assert await ending == 4403


async def test_G2_revoking_a_member_closes_their_sockets_on_every_node(tmp_path: Path, redis_url: str) -> None:
    database = f"sqlite:///{tmp_path}/shared.db"
    common: dict[str, Any] = {"database_url": database, "redis_url": redis_url}
    async with (
        serving(tmp_path, node="one", **common) as one,
        serving(tmp_path, node="two", **common) as two,
        one.client() as owner,
    ):
        project = (await owner.post("/api/projects", json={"name": "x"})).json()["id"]
        token = await one.person(project, "editor")
        user = await one.house.stores.people.find_user_by_email("ben@example.com")
        assert user is not None
        async with Peer(two.ws_url, project, token=token) as elsewhere:
            await owner.delete(f"/api/projects/{project}/members/{user.id}")
            await wait_until(lambda: elsewhere.close_code is not None)

    assert elsewhere.close_code == 4403


async def test_tokens_in_addresses_do_not_reach_the_log(tmp_path: Path) -> None:
    server = start_server(tmp_path, {"CYCLORAMA_LOG_LEVEL": "debug"})
    try:
        assert await code_of(f"{server.ws_url}/ws/project/prj_x/environments?token={OWNER_TOKEN}") == 4404
        assert await code_of(f"{server.ws_url}/ws/project/prj_x/environments?token=cyc_wrong-secret") == 4401
    finally:
        server.stop()
    log = server.log.read_text()

    assert "code=4404" in log
    assert OWNER_TOKEN not in log
    assert "wrong-secret" not in log
