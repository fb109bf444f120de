"""Environments over REST are edits of the living document: durable when answered, with an author, seen by everybody."""

from __future__ import annotations

import httpx
import pycrdt

from render.queue import RenderRequest
from render.scores.request import Delivered, ScoreSpec
from render.spec import RenderTarget
from store.ids import DocId, EnvironmentId, ObjectId, ProjectId
from tests.api.conftest import Live
from tests.helpers.peer import Peer
from tests.helpers.waiting import wait_until


async def test_an_environment_is_made_changed_archived_and_restored(owner: httpx.AsyncClient, project: str) -> None:
    body = {"name": "Cove", "description": "Where she lands", "parameters": {"archetype": "coast"}, "tags": ["night"]}
    made = (await owner.post(f"/api/projects/{project}/environments", json=body)).json()
    path = f"/api/environments/{made['id']}"

    changes = {
        "parameters": {"time_of_day": 24, "season": 3.5}, "style": {"mood": "quiet"}, "quality": "low",
        "cameras": {"pier": {"kind": "custom", "position_m": [0, 0, 4], "look_at_m": [0, 50, 2], "focal_mm": 50}},
    }
    changed = (await owner.patch(path, json=changes)).json()
    archived = (await owner.delete(path)).json()
    living = (await owner.get(f"/api/projects/{project}/environments")).json()["environments"]
    put_away = (await owner.get(f"/api/projects/{project}/environments", params={"archived": True})).json()
    restored = (await owner.post(f"{path}/restore")).json()

    assert made["project_id"] == project
    assert made["created_by"] == "usr_owner"
    assert made["tags"] == ["night"]
    assert changed["parameters"] == {"archetype": "coast", "time_of_day": 0, "season": 3.5}
    assert changed["style"] == {"mood": "quiet"}
    assert changed["cameras"]["pier"]["focal_mm"] == 50
    assert archived["archived_at"] > made["created_at"]
    assert living == []
    assert [e["id"] for e in put_away["environments"]] == [made["id"]]
    assert restored["archived_at"] is None


async def test_null_takes_a_key_away_and_what_is_left_out_stays(owner: httpx.AsyncClient, environment: str) -> None:
    path = f"/api/environments/{environment}"
    await owner.patch(path, json={"parameters": {"haze": 0.9, "relief": 0.1}, "tags": {"hero": True}})

    after = (await owner.patch(path, json={"parameters": {"haze": None}, "name": None})).json()

    assert after["parameters"] == {"archetype": "alpine", "relief": 0.1}
    assert (after["name"], after["tags"]) == ("Valley", ["hero"])


async def test_a_half_wrong_patch_changes_nothing(owner: httpx.AsyncClient, environment: str) -> None:
    path = f"/api/environments/{environment}"
    before = (await owner.get(path)).json()

    answer = await owner.patch(path, json={"name": "New", "parameters": {"haze": 0.1, "fog": 1}})

    assert answer.status_code == 422
    assert (await owner.get(path)).json() == before


async def test_D1_an_answered_edit_is_in_the_log_with_its_author(
    live: Live, owner: httpx.AsyncClient, project: str, environment: str
) -> None:
    await owner.patch(f"/api/environments/{environment}", json={"name": "Gorge"})

    history = await live.house.stores.log.history(DocId(ProjectId(project), "environments"), limit=10, before=None)

    assert {row.author for row in history if row.origin.startswith("direct")} == {"usr_owner"}
    assert any(b"Gorge" in row.payload for row in history)


async def test_everybody_sees_an_edit_made_over_rest(
    live: Live, owner: httpx.AsyncClient, project: str, environment: str
) -> None:
    async with Peer(live.ws_url, project) as ana:
        await owner.patch(f"/api/environments/{environment}", json={"parameters": {"haze": 0.7}})
        await ana.until(lambda: ana.environments[environment]["parameters"].get("haze") == 0.7, what="the edit")

        ana.set_parameter(environment, "season", 2.5)

        async def arrived() -> bool:
            seen = (await owner.get(f"/api/environments/{environment}")).json()
            return bool(seen["parameters"].get("season") == 2.5)

        await wait_until(arrived, what="her edit is seen over REST")


async def test_an_environment_made_in_a_browser_has_an_address(
    live: Live, owner: httpx.AsyncClient, project: str
) -> None:
    async with Peer(live.ws_url, project) as ana:
        ana.environments["env_frombrowser"] = pycrdt.Map({"name": "Glade", "parameters": pycrdt.Map({"haze": 7.0})})

        async def known() -> bool:
            return (await owner.get("/api/environments/env_frombrowser")).status_code == 200

        await wait_until(known, what="the directory follows the document")
    seen = (await owner.get("/api/environments/env_frombrowser")).json()
    assert seen["name"] == "Glade"
    assert seen["problems"][0]["field"] == "parameters.haze"


async def test_pictures_are_asked_for_with_no_word_about_which(owner: httpx.AsyncClient, environment: str) -> None:
    path = f"/api/environments/{environment}"

    one = await owner.post(f"{path}/generate")
    six = await owner.post(f"{path}/multi-angle")
    varied = await owner.post(f"{path}/variations")

    assert [one.status_code, six.status_code, varied.status_code] == [202, 202, 202]
    assert [job["slot"] for job in one.json()["jobs"]] == ["base/wide_establishing"]
    assert len(six.json()["jobs"]) == 6
    axes = {value["axis"] for value in (await owner.get(path)).json()["variations"].values()}
    assert axes == {"time_of_day", "weather", "season"}
    assert len(varied.json()["jobs"]) == len((await owner.get(path)).json()["variations"]) == 11


async def test_pictures_are_asked_for_and_canceled(owner: httpx.AsyncClient, project: str, environment: str) -> None:
    path = f"/api/environments/{environment}"
    angles = await owner.post(f"{path}/multi-angle", json={})
    body = angles.json()

    assert angles.status_code == 202
    assert [job["slot"] for job in body["jobs"]] == [
        f"base/{angle}"
        for angle in ("wide_establishing", "medium_wide", "medium", "medium_close", "low_angle", "high_angle")
    ]
    assert body["job_ids"] == [job["job_id"] for job in body["jobs"]]
    assert {job["state"] for job in body["jobs"]} == {"queued"}
    renders = (await owner.get(path)).json()["renders"]
    assert {slot: value["state"] for slot, value in renders.items()} == dict.fromkeys(renders, "queued")
    assert len(renders) == 6

    job = (await owner.get(f"/api/jobs/{body['job_ids'][1]}")).json()
    assert (job["state"], job["batch"], job["environment_id"]) == ("queued", body["batch"], environment)
    assert job["requested_by"] == "usr_owner"

    canceled = (await owner.delete(f"/api/jobs/{job['id']}")).json()
    again = (await owner.delete(f"/api/jobs/{job['id']}")).json()
    retried = await owner.post(f"/api/jobs/{job['id']}/retry")
    slot = (await owner.get(path)).json()["renders"][job["slot"]]
    too_soon = await owner.post(f"/api/jobs/{retried.json()['id']}/retry")
    listed = (await owner.get(f"/api/projects/{project}/jobs", params={"state": "canceled"})).json()["jobs"]

    assert canceled["state"] == again["state"] == "canceled"
    assert retried.status_code == 202
    assert slot["state"] == "queued"
    assert retried.json()["retried_from"] == job["id"]
    assert too_soon.status_code == 409
    assert [each["id"] for each in listed] == [job["id"]]


async def test_variations_come_in_the_sets_prd_005_names(owner: httpx.AsyncClient, environment: str) -> None:
    path = f"/api/environments/{environment}"
    answer = await owner.post(f"{path}/variations", json={"types": ["weather", "season"]})

    assert answer.status_code == 202
    assert len(answer.json()["job_ids"]) == 7
    variations = (await owner.get(path)).json()["variations"]
    assert sorted(v["label"] for v in variations.values() if v["axis"] == "weather") == ["Cloudy", "Rainy", "Sunny"]
    again = (await owner.post(f"{path}/variations", json={"types": ["weather"]})).json()
    assert set(again["job_ids"]) < set(answer.json()["job_ids"]), "the same picture is not asked for twice"


async def test_requests_for_pictures_are_checked(owner: httpx.AsyncClient, environment: str) -> None:
    path = f"/api/environments/{environment}"
    for suffix, body, status in (
        ("generate", {"camera": "drone"}, 404),
        ("generate", {"variation": "time-dawn"}, 404),
        ("generate", {"camera": "medium", "use_360": True}, 422),
        ("generate", {"quality": "ultra"}, 422),
        ("generate", {"camera": "a/b"}, 422),
        ("multi-angle", {"angles": []}, 422),
        ("variations", {"types": ["moons"]}, 422),
        ("variations", {"types": []}, 422),
    ):
        answer = await owner.post(f"{path}/{suffix}", json=body)
        assert answer.status_code == status, (suffix, body, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    # The first picture is on its way by itself; nothing else was asked for.
    assert set((await owner.get(path)).json()["renders"]) <= {"base/wide_establishing"}
    await owner.delete(path)
    assert (await owner.post(f"{path}/generate", json={})).status_code == 422


async def test_generate_sets_the_quality_it_is_asked_for(owner: httpx.AsyncClient, environment: str) -> None:
    path = f"/api/environments/{environment}"
    made = (await owner.post(f"{path}/generate", json={"quality": "high", "use_360": True})).json()

    assert [job["slot"] for job in made["jobs"]] == ["base/pano"]
    assert (await owner.get(f"/api/jobs/{made['job_ids'][0]}")).json()["tier"] == "high"
    assert (await owner.get(path)).json()["quality"] == "high"


async def test_jobs_are_listed_when_scores_are_among_them(
    live: Live, owner: httpx.AsyncClient, project: str, environment: str
) -> None:
    target = RenderTarget(ProjectId(project), EnvironmentId(environment), "base/*")
    spec = ScoreSpec({"medium": Delivered(ObjectId("a" * 64), ObjectId("b" * 64))})
    await live.house.farm.submit([RenderRequest(target, spec, "settled", "usr_owner", 50)])

    listed = (await owner.get(f"/api/projects/{project}/jobs")).raise_for_status().json()["jobs"]

    assert [(job["slot"], job["tier"]) for job in listed] == [("base/*", "scores")]
