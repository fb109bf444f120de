"""kill -9 of Redis under two nodes: each serves its people and says so, and all is one when it is back, empty."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from tests.faults.two_nodes import Nodes, figure, said, two_nodes
from tests.faults.writers import PythonWriter, connect_again, content
from tests.helpers.peer import Peer
from tests.helpers.services import RedisServer
from tests.helpers.waiting import wait_until

ROUNDS = int(os.environ.get("CYCLORAMA_REDIS_KILLS", "2"))
OUTAGE_S = 2.0


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis that forgets everything when it is killed."""
    server = RedisServer()
    server.start()
    yield server
    server.remove()


async def write_on(writers: list[PythonWriter]) -> None:
    while True:
        for writer in writers:
            writer.write()
        await asyncio.sleep(0.01)


async def promises_are_kept(nodes: Nodes, writers: list[PythonWriter]) -> int:
    told = set().union(*(writer.acknowledged for writer in writers))
    lost = told - (await nodes.log()).keys()
    assert not lost, f"{len(lost)} of {len(told)} acknowledged edits are not in the log"
    return len(told)


@pytest.mark.timeout(120 + 30 * ROUNDS)
async def test_without_redis_nodes_serve_their_people_say_so_and_are_one_again_when_it_comes_back_empty(
    tmp_path: Path, postgres_url: str, redis: RedisServer
) -> None:
    async with two_nodes(tmp_path, postgres_url, redis.url) as nodes, AsyncExitStack() as stack:
        ana, ben, eva = writers = [
            PythonWriter(name, nodes.project, nodes.environment, seed)
            for seed, name in enumerate(("ana", "ben", "eva"))
        ]
        for writer, server in zip(writers, (nodes.servers[0], nodes.servers[0], nodes.servers[1]), strict=True):
            await connect_again(writer, server, stack)
        peers = [writer.peer for writer in writers]
        assert all(peers)

        def seen(by: Peer, whom: Peer) -> bool:
            return whom.doc.client_id in by.states

        peers[0].say({"looking_at": "here"})
        peers[2].say({"looking_at": "there"})
        await wait_until(lambda: seen(peers[2], peers[0]) and seen(peers[0], peers[2]), what="presence crosses nodes")
        writing = asyncio.create_task(write_on(writers))
        stack.callback(writing.cancel)
        heals = []
        for _ in range(ROUNDS):
            await wait_until(lambda: content(eva.doc).keys() & set(ana.acknowledged), what="edits cross nodes")
            redis.kill()
            began = time.monotonic()
            acknowledged = [len(writer.acknowledged) for writer in writers]
            before = content(ben.doc).keys()
            for peer in peers:
                await peer.until(lambda peer=peer: said(peer, "relay")[-1:] == ["cut_off"], 10, "told")
            async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
                for server in nodes.servers:
                    ready = await client.get(f"{server.url}/readyz")
                    assert ready.status_code == 200
                    assert "cut off" in ready.json()["checks"]["relay"]
                    assert await asyncio.to_thread(figure, server, "relay_cut_off_rooms") >= 1
            await asyncio.sleep(max(0.0, began + OUTAGE_S - time.monotonic()))  # the outage's length
            for writer, many in zip(writers, acknowledged, strict=True):
                assert len(writer.acknowledged) > many + 20, "acknowledgements keep coming: the log is in the database"
            news = {key for key in content(ben.doc).keys() - before if key.startswith("ana")}
            assert len(news) > 20, "people of one node see each other's edits"
            await promises_are_kept(nodes, writers)

            redis.start()
            back = time.monotonic()
            marks = {writer.write() for writer in writers}
            await wait_until(
                lambda marks=marks: all(marks <= content(one.doc).keys() for one in writers), 30, "edits cross again"
            )
            lacking = max(len(content(one.doc)) for one in writers)
            await wait_until(
                lambda lacking=lacking: all(len(content(one.doc)) >= lacking for one in writers), 30, "and the missed"
            )
            heals.append(time.monotonic() - back)
            for peer in peers:
                await peer.until(lambda peer=peer: said(peer, "relay")[-1:] == ["ok"], 15, "told that all is well")
            peers[0].say({"looking_at": "elsewhere"})
            await peers[2].until(
                lambda: peers[2].states[peers[0].doc.client_id]["looking_at"] == "elsewhere", 5, "presence"
            )
        writing.cancel()
        await wait_until(
            lambda: all(content(one.doc) == content(ana.doc) and not one.waiting for one in writers), 30, "all is equal"
        )
        told = await promises_are_kept(nodes, writers)
        assert content(ana.doc) == await nodes.log()
        assert len(content(ana.doc)) == sum(one.written for one in writers) == told
        assert all(peer.close_code is None for peer in peers), "nobody was sent away"
        print(f"{ROUNDS} kills of Redis: {told} acknowledged edits in the log, one after {max(heals):.2f} s at most")
