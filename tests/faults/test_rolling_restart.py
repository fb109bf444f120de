"""Two nodes under load, restarted one after the other, or one of them killed: nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from tests.faults.two_nodes import crowd_at, figure, two_nodes
from tests.faults.writers import clocks, content
from tests.helpers.forwarder import forwarding
from tests.helpers.peer import Peer
from tests.helpers.waiting import wait_until
from tests.interop.conftest import node_packages  # noqa: F401 — installs what the node clients import

ROUNDS = int(os.environ.get("CYCLORAMA_ROLLING_ROUNDS", "1"))
KILLS = int(os.environ.get("CYCLORAMA_NODE_KILLS", "1"))
MAY_END_WITH = {1001, 1006, 1012}


@pytest.mark.timeout(120 + 30 * ROUNDS)
async def test_D1_a_rolling_restart_under_load_loses_nothing_and_shows_nobody_an_error(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    async with (
        two_nodes(tmp_path, postgres_url, redis_url) as nodes,
        forwarding(*nodes.ports) as front,
        crowd_at(nodes, front) as crowd,
    ):
        await crowd.begin()
        stops = []
        for round_ in range(ROUNDS):
            for number in (0, 1):
                await crowd.progress(200, f"people write, round {round_}")
                stops.append(await nodes.restart(number))
                await crowd.promises_are_kept()
        await crowd.progress(200, "people write after the last restart")
        await crowd.rest()
        told = await crowd.promises_are_kept()
        took = await crowd.settle()

        codes = await crowd.all_codes()
        assert codes <= MAY_END_WITH, codes
        assert not front.refused
        assert crowd.caller.statuses.keys() == {200}
        print(
            f"{len(stops)} restarts (slowest {max(stops):.2f} s): {told} acknowledged edits in the log, "
            f"{crowd.caller.counted} REST answers, {crowd.caller.switched} switched, codes {sorted(codes)}, "
            f"equal after {took:.2f} s"
        )


@pytest.mark.timeout(120 + 30 * KILLS)
async def test_D1_a_node_killed_under_load_loses_nothing_that_was_acknowledged(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    async with (
        two_nodes(tmp_path, postgres_url, redis_url) as nodes,
        forwarding(*nodes.ports) as front,
        crowd_at(nodes, front) as crowd,
    ):
        await crowd.begin()
        for round_ in range(KILLS):
            await crowd.progress(200, f"people write, round {round_}")
            nodes.servers[round_ % 2].kill9()
            await crowd.promises_are_kept()
            await crowd.progress(100, "people go on at the other node")
            await crowd.promises_are_kept()
            await asyncio.to_thread(nodes.start, round_ % 2)
        await crowd.rest()
        told = await crowd.promises_are_kept()
        took = await crowd.settle()
        assert await crowd.all_codes() <= MAY_END_WITH
        print(f"{KILLS} kills: {told} acknowledged edits in the log, equal after {took:.2f} s")


@pytest.mark.timeout(120)
async def test_D1_what_a_killed_node_had_handed_on_and_not_saved_is_saved_by_the_other(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    port = int(postgres_url.rpartition(":")[2].partition("/")[0])
    async with forwarding(port) as line:
        its_own = {"CYCLORAMA_DATABASE_URL": postgres_url.replace(f":{port}/", f":{line.port}/")}
        async with two_nodes(tmp_path, postgres_url, redis_url, its_own) as nodes:
            first, second = nodes.servers
            async with Peer(second.ws_url, nodes.project) as ben:
                async with Peer(first.ws_url, nodes.project) as ana:
                    root = ana.doc.get("faults", type=type(ana.environments))
                    root["saved"] = 1
                    await ana.until(lambda: clocks(ana.saved_state).get(ana.doc.client_id), what="saved")
                    line.freeze()
                    keys = {f"only heard {n}" for n in range(50)}
                    for key in keys:
                        root[key] = "å 山"
                    await ben.until(lambda: keys <= content(ben.doc).keys(), what="handed on")
                    before = clocks(ana.saved_state)[ana.doc.client_id]
                    assert not keys & (await nodes.log()).keys()
                    first.kill9()
                    begun = time.monotonic()
                    mine = clocks(ana.doc.get_state())[ana.doc.client_id]
                    assert before < mine
                assert clocks(ben.saved_state).get(ana.doc.client_id, 0) <= before, "nobody says it is saved"

                async def saved() -> bool:
                    return keys <= (await nodes.log()).keys()

                await wait_until(saved, 30, "the other node saves what it heard")
                took = time.monotonic() - begun
                await ben.until(
                    lambda: clocks(ben.saved_state).get(ana.doc.client_id, 0) >= mine, 5, "and says that it is saved"
                )
                assert figure(second, "relay_rescued") >= 1
                print(f"{len(keys)} edits of the dead node were in the log after {took:.1f} s")
