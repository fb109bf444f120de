"""Stock clients under random edits, partitions, reconnects and a killed server end with the same document."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets
from pycrdt import Array, Channel, Doc, Map, Provider, Text

from tests.helpers.waiting import wait_until
from tests.interop.conftest import Node, RoomServer, node_client

SEEDS = range(int(os.environ.get("CYCLORAMA_CONVERGENCE_SEEDS", "20")))


class SocketChannel(Channel):
    """What pycrdt's provider speaks through."""

    def __init__(self, socket: websockets.ClientConnection, path: str) -> None:
        self._socket, self._path = socket, path

    @property
    def path(self) -> str:
        return self._path

    async def __anext__(self) -> bytes:
        try:
            return await self.recv()
        except websockets.ConnectionClosed:
            raise StopAsyncIteration from None

    async def send(self, message: bytes) -> None:
        await self._socket.send(message)

    async def recv(self) -> bytes:
        message = await self._socket.recv()
        assert isinstance(message, bytes)
        return message


@contextlib.asynccontextmanager
async def python_client(server: RoomServer, room: str) -> AsyncIterator[Doc[Any]]:
    """pycrdt's own provider, unchanged."""
    doc: Doc[Any] = Doc()
    async with (
        websockets.connect(f"{server.url}/{room}?user=usr_python", proxy=None) as socket,
        Provider(doc, SocketChannel(socket, room)),
    ):
        yield doc


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


async def test_R1_stock_clients_converge_under_random_edits_and_partitions(server: RoomServer) -> None:
    async with contextlib.AsyncExitStack() as stack:
        nodes = [
            await stack.enter_async_context(node_client("random_client.mjs", server.url, f"usr_{n}")) for n in range(3)
        ]
        for seed in SEEDS:
            chance = random.Random(seed)
            await asyncio.gather(*(node.do("open", room=f"prj_{seed}/environments") for node in nodes))
            away: set[int] = set()
            for _ in range(4):
                for at, node in enumerate(nodes):
                    if chance.random() < 0.4:
                        await node.do("online" if at in away else "offline")
                        away ^= {at}
                await asyncio.gather(
                    *(
                        node.do("edit", seed=chance.randrange(2**31), count=chance.randrange(1, 30), pause=2)
                        for node in nodes
                    )
                )
            await asyncio.gather(*(nodes[at].do("online") for at in away))
            try:
                await agree(*nodes)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}: {error}") from error


async def test_R1_pycrdts_own_provider_is_a_client_like_the_others(server: RoomServer) -> None:
    async with (
        node_client("random_client.mjs", server.url, "usr_node") as node,
        python_client(server, "prj_one/environments") as doc,
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
