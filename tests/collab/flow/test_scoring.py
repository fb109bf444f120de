"""Scores of angle sets on their way: asked for when a set is complete, written once, outdated by any other picture."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from collab.direct import request_angles
from collab.document import EnvironmentsDoc
from collab.room import Room
from collab.scoring import attach_scores, score_spec, variation_of
from collab.verdict import Verdict
from render.scores.request import is_scores, parse_scores
from render.spec import STANDARD_KINDS
from store.jobs import Job
from tests.collab.flow.house import ENV, Node, change, edit, make, open_house, open_node, open_shelves, state, value
from tests.helpers.waiting import wait_until

SLOTS = [f"base/{camera}" for camera in STANDARD_KINDS]


def summary(verdict: str = "passed", spatial: float | None = 0.97) -> dict[str, Any]:
    """Scores as a worker measures them."""
    return {
        "version": "1", "verdict": verdict, "identity": None,
        "spatial": {"score": spatial, "worst": None, "coverage": 0.3, "measured": 12, "possible": 30, "dropped": {},
                    "geometric": {"agrees": 1.0, "returns": 1.0}, "reason": ""},
        "mood": {"score": 1.0, "by_camera": {camera: {"score": 1.0, "asked": 3, "missed": []}
                                            for camera in STANDARD_KINDS}},
    }  # fmt: skip


async def angles(node: Node, room: Room, variation: str | None = None) -> None:
    """The six standard angles, rendered."""
    await request_angles(room, node.farm, ENV, user="usr_ana", variation=variation)
    slots = [f"{variation or 'base'}/{camera}" for camera in STANDARD_KINDS]
    while any(state(room, slot) == "queued" for slot in slots):
        job = await node.painter.claim()
        assert not is_scores(json.loads(job.spec)), "scores wait for every picture"
        await node.painter.finish(job)
        await wait_until(lambda job=job: state(room, job.slot) != "queued", what="the picture is attached")


async def finish(node: Node, job: Job, scores: dict[str, Any]) -> None:
    report = (await node.stores.objects.put(json.dumps(scores).encode())).id
    result = {"scores": scores, "report": report, "finished_at": time.time()}
    for done in await node.stores.ledger.finish(job.id, job.fence, result, time.time()):
        await node.painter._say("done", done, progress=1.0)


def all_scored(room: Room) -> bool:
    return all((value(room, slot).get("scores") or {}).get("verdict") for slot in SLOTS)


async def test_six_angles_that_stand_are_scored_together_and_each_slot_says_so(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await angles(node, room)
        job = await node.painter.claim()
        spec = parse_scores(json.loads(job.spec))
        assert (job.slot, job.lane, variation_of(job.slot)) == ("base/*", "settled", "base")
        assert {camera: each.image for camera, each in spec.pictures.items()} == {
            camera: value(room, f"base/{camera}")["image"] for camera in STANDARD_KINDS
        }
        await finish(node, job, summary())
        await wait_until(lambda: all_scored(room), what="the scores are attached")
        here = value(room, "base/medium")
        assert (here["state"], here["scores"]["digest"]) == ("done", job.digest)
        assert here["scores"]["spatial"]["score"] == 0.97
        assert here["scores"]["mood"]["here"] == {"score": 1.0, "asked": 3, "missed": []}
        assert await node.painter.none_left(), "a set that is scored is not asked for again"


async def test_a_set_under_the_gate_is_a_draft_and_is_not_rendered_again_for_it(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await angles(node, room)
        await finish(node, await node.painter.claim(), summary("draft", 0.81))
        await wait_until(lambda: all_scored(room), what="the scores are attached")
        assert [state(room, slot) for slot in SLOTS] == ["draft"] * 6
        batch = await request_angles(room, node.farm, ENV, user="usr_ana")
        assert {each.state for each in batch.jobs} == {"done"}
        assert [state(room, slot) for slot in SLOTS] == ["draft"] * 6


async def test_F1_scores_of_pictures_that_changed_meanwhile_do_not_count(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await angles(node, room)
        old = await node.painter.claim()
        change(room, time_of_day=18.0)
        await wait_until(lambda: state(room) == "queued", what="the edit settles")
        await finish(node, old, summary())
        while any(state(room, slot) == "queued" for slot in SLOTS):
            job = await node.painter.paint()
            await wait_until(lambda job=job: state(room, job.slot) != "queued", what="the picture is attached")
        new = await node.painter.claim()
        assert variation_of(new.slot) == "base"
        assert new.digest != old.digest
        assert not all_scored(room)
        await finish(node, new, summary(spatial=0.99))
        await wait_until(lambda: all_scored(room), what="the scores are attached")
        assert value(room)["scores"]["spatial"]["score"] == 0.99


async def test_attaching_scores_twice_changes_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await angles(node, room)
        view = EnvironmentsDoc(room.doc).view(ENV)
        assert view is not None
        spec = score_spec(view, "base")
        assert spec is not None
        digest = spec.digest()
        assert attach_scores(room, ENV, "base", digest, summary(), "job_1") is Verdict.ATTACHED
        before = room.doc.get_state()
        assert attach_scores(room, ENV, "base", digest, summary(), "job_2") is Verdict.ALREADY
        assert attach_scores(room, ENV, "base", "0" * 64, summary(), "job_3") is Verdict.OUTDATED
        assert room.doc.get_state() == before


async def test_opening_a_room_asks_for_scores_that_never_came(tmp_path: Path) -> None:
    async with open_shelves(tmp_path) as stores:
        async with open_node(stores) as node:
            room = await node.room()
            make(room)
            await angles(node, room)
            job = await node.painter.claim()
            await stores.ledger.cancel(job.id, time.time())
        async with open_node(stores, node="node-2") as node:
            room = await node.room()
            again = await node.painter.claim()
            assert again.digest == job.digest
            await finish(node, again, summary())
            await wait_until(lambda: all_scored(room), what="the scores are attached")


async def test_a_variation_is_compared_with_its_base_and_a_base_that_changes_outdates_it(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        edit(room, lambda tree: tree.add_variation(
            ENV, "var_dusk", label="Dusk", axis="time_of_day", overrides={"time_of_day": 20.0}, proposed_by="usr_ana"
        ))  # fmt: skip
        await angles(node, room)
        await finish(node, await node.painter.claim(), summary())
        await angles(node, room, "var_dusk")
        job = await node.painter.claim()
        spec = parse_scores(json.loads(job.spec))
        assert job.slot == "var_dusk/*"
        assert spec.base["medium"].image == value(room, "base/medium")["image"]
        assert spec.pictures["medium"].image == value(room, "var_dusk/medium")["image"]


async def test_F6_scores_that_cannot_be_made_say_why_and_are_no_pass(tmp_path: Path) -> None:
    async with open_house(tmp_path) as node:
        room = await node.room()
        make(room)
        await angles(node, room)
        await node.painter.fail(await node.painter.claim(), "engine", "The scores could not be read.")
        await wait_until(lambda: all_scored(room), what="the reason is attached")
        scores = value(room)["scores"]
        assert (scores["verdict"], scores["reason"]) == ("not measured", "The scores could not be read.")
        assert state(room) == "done"
        assert await node.painter.none_left()
