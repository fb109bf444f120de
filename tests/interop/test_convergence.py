"""What stock clients rely on: their copies become one, presence comes back, a killed server costs nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pycrdt import Array, Doc, Map, Text

from tests.helpers.waiting import wait_until
from tests.interop.conftest import Node, RoomServer, node_client
from tests.interop.python_clients import python_client


def python_dump(doc: Doc[Any]) -> dict[str, Any]:
    return {
        "environments": doc.get("environments", type=Map).to_py(),
        "notes": str(doc.get("notes", type=Text)),
        "list": doc.get("list", type=Array).to_py(),
    }


async def agree(*nodes: Node, with_doc: Doc[Any] | None = None) -> dict[str, Any]:
    """Wait until all hold the same, nothing waits for anything, and return it."""
    dumps: list[dict[str, Any]] = []

    async def equal() -> bool:
        dumps[:] = await asyncio.gather(*(node.do("dump") for node in nodes))
        if any(dump["pending"] for dump in dumps) or any(dump != dumps[0] for dump in dumps):
            return False
        mine = {key: dumps[0][key] for key in ("environments", "notes", "list")}
        return with_doc is None or python_dump(with_doc) == mine

    await wait_until(equal, timeout_s=15, what="all clients hold the same document")
    return dumps[0]


async def test_R1_pycrdts_own_provider_is_a_client_like_the_others(server: RoomServer) -> None:
    async with (
        node_client("random_client.mjs", server.url, "usr_node") as node,
        python_client(server.url, "prj_one/environments") as doc,
    ):
        await node.do("open", room="prj_one/environments")
        await node.do("edit", seed=1, count=40, pause=1, gentle=True)
        text = doc.get("notes", type=Text)
        text += " — blå 山 😀"
        doc.get("environments", type=Map)["from python"] = {"ja": [1, 2.5, None]}
        whole = await agree(node, with_doc=doc)

        assert "blå 山 😀" in whole["notes"]
        assert whole["environments"]["from python"] == {"ja": [1, 2.5, None]}


async def test_R6_presence_of_stock_clients_comes_goes_and_comes_back(server: RoomServer) -> None:
    async with (
        node_client("random_client.mjs", server.url, "usr_ana") as ana,
        node_client("random_client.mjs", server.url, "usr_ben") as ben,
    ):
        for node in (ana, ben):
            await node.do("open", room="prj_one/environments")
        await ana.do("be", state={"user": {"id": "usr_ben", "name": "Not Ben"}, "looking_at": "env_1"})
        number = str(await ana.do("client"))

        async def ben_sees_ana() -> Any:
            return (await ben.do("presence")).get(number)

        await wait_until(ben_sees_ana)
        assert (await ben_sees_ana())["user"] == {"id": "usr_ana", "name": "Guest", "color": "#888888"}

        await ana.do("offline")

        async def gone() -> bool:
            return not await ben_sees_ana()

        await wait_until(gone)
        await ana.do("online")
        await wait_until(ben_sees_ana, timeout_s=5, what="back at once, not only with the next refresh in 15 s")


async def test_D1_stock_clients_lose_nothing_when_the_server_is_killed(server: RoomServer) -> None:
    async with (
        node_client("random_client.mjs", server.url, "usr_ana") as ana,
        node_client("random_client.mjs", server.url, "usr_ben") as ben,
    ):
        for node in (ana, ben):
            await node.do("open", room="prj_one/environments")
        for round_ in range(3):
            await asyncio.gather(ana.do("edit", seed=round_, count=30), ben.do("edit", seed=100 + round_, count=30))
            server.kill()
            await asyncio.gather(ana.do("edit", seed=200 + round_, count=10), ben.do("edit", seed=9, count=10))
            server.start()
            await server.ready()
            await asyncio.gather(ana.do("online"), ben.do("online"))
        whole = await agree(ana, ben)

        async with node_client("random_client.mjs", server.url, "usr_eva") as eva:
            await eva.do("open", room="prj_one/environments")
            assert (await agree(ana, ben, eva)) == whole


@pytest.mark.timeout(60)
async def test_R1_a_silent_stock_client_stays_connected(server: RoomServer) -> None:
    """y-websocket drops a server that says nothing for 30 s, pings not counting."""
    async with node_client("random_client.mjs", server.url, "usr_ana") as ana:
        await ana.do("open", room="prj_one/environments")
        await ana.do("be", state=None)
        async with asyncio.timeout(50):
            for _ in range(35):
                await asyncio.sleep(1)
                assert await ana.do("connected")
