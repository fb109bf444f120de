"""What the job ledger promises, on both engines (DESIGN F1–F6)."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from store.config import StoreConfig
from store.errors import ConflictError, NotFoundError
from store.ids import EnvironmentId, JobId, ProjectId, UserId
from store.ledger import Job, JobLedger, JobState, NewJob
from store.opening import Stores, open_stores
from tests.contracts.conftest import Clock

LEASE_S = 15.0
RESULT = {"image": "a" * 64, "width": 512, "scores": None}

WANTED = NewJob(
    project=ProjectId("prj_a"), environment=EnvironmentId("env_a"), user=UserId("usr_a"),
    slot="base/wide_establishing", lane="settled", tier="low", digest="d0", spec='{"seed":1}', priority=2,
)


@pytest.fixture
def ledger(stores: Stores) -> JobLedger:
    return stores.ledger


async def submit(ledger: JobLedger, *wanted: NewJob) -> list[Job]:
    return [submission.job for submission in await ledger.submit(wanted)]


async def claim(ledger: JobLedger, clock: Clock, *, lane: str = "settled", worker: str = "worker_1") -> Job:
    job = await ledger.claim(lane=lane, worker=worker, lease_s=LEASE_S, now=clock())
    assert job is not None
    return job


async def test_a_job_is_submitted_claimed_and_finished(ledger: JobLedger, clock: Clock) -> None:
    [submission] = await ledger.submit([WANTED])
    assert submission.fresh
    assert (submission.job.state, submission.job.fence, submission.job.attempt) == (JobState.QUEUED, 0, 0)
    assert await ledger.waiting("settled") == 1

    clock.forward(1.5)
    job = await claim(ledger, clock)

    assert job.id == submission.job.id
    assert (job.state, job.fence, job.attempt, job.lease_owner) == (JobState.RUNNING, 1, 1, "worker_1")
    assert (job.lease_until, job.started_at) == (clock() + LEASE_S, clock())
    assert await ledger.waiting("settled") == 0

    [done] = await ledger.finish(job.id, job.fence, RESULT, clock.forward(2))
    assert (done.state, done.result, done.progress, done.finished_at) == (JobState.DONE, RESULT, 1.0, clock())
    assert await ledger.get(job.id) == done
    assert await ledger.find_done("d0") == done


async def test_the_row_keeps_what_was_asked_for(ledger: JobLedger, clock: Clock) -> None:
    [job] = await submit(ledger, replace(WANTED, batch="six angles", spec='{"é": "\\u2603"}'))

    assert (job.project, job.environment, job.user, job.slot) == ("prj_a", "env_a", "usr_a", "base/wide_establishing")
    assert (job.lane, job.tier, job.digest, job.priority, job.batch) == ("settled", "low", "d0", 2, "six angles")
    assert job.spec == '{"é": "\\u2603"}'
    assert job.created_at == clock()


async def test_nothing_to_claim_is_none_and_lanes_are_apart(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, WANTED)

    assert await ledger.claim(lane="preview", worker="w", lease_s=LEASE_S, now=clock()) is None


async def test_an_unknown_job_is_said_to_be_missing(ledger: JobLedger, clock: Clock) -> None:
    with pytest.raises(NotFoundError, match="job_none"):
        await ledger.get(JobId("job_none"))
    with pytest.raises(NotFoundError):
        await ledger.cancel(JobId("job_none"), clock())
    with pytest.raises(NotFoundError):
        await ledger.retry(JobId("job_none"), UserId("usr_a"), clock())


# ── F1: latest wins ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_F1_a_newer_request_supersedes_the_queued_one_of_its_slot(ledger: JobLedger, clock: Clock) -> None:
    [old] = await submit(ledger, WANTED)
    other_slot, other_lane, other_environment = await submit(
        ledger,
        replace(WANTED, slot="base/medium", digest="d5"),
        replace(WANTED, lane="preview", digest="d6"),
        replace(WANTED, environment=EnvironmentId("env_b"), digest="d7"),
    )

    [submission] = await ledger.submit([replace(WANTED, digest="d1")])

    assert [job.id for job in submission.superseded] == [old.id]
    assert submission.superseded[0].state == JobState.SUPERSEDED
    assert (await ledger.get(old.id)).superseded_by == submission.job.id
    for untouched in (other_slot, other_lane, other_environment):
        assert (await ledger.get(untouched.id)).state == JobState.QUEUED


async def test_F1_requests_of_one_call_outdate_each_other_too(ledger: JobLedger) -> None:
    first, second = await ledger.submit([WANTED, replace(WANTED, digest="d1")])

    assert (await ledger.get(first.job.id)).state == JobState.SUPERSEDED
    assert (await ledger.get(second.job.id)).state == JobState.QUEUED


@pytest.mark.parametrize("lane", ["preview", "settled"])
async def test_F1_a_running_job_is_asked_to_stop_for_a_newer_one(ledger: JobLedger, clock: Clock, lane: str) -> None:
    [old] = await submit(ledger, replace(WANTED, lane=lane))
    running = await claim(ledger, clock, lane=lane)
    assert await ledger.beat(running.id, running.fence, lease_s=LEASE_S, now=clock()) == "held"

    [new] = await submit(ledger, replace(WANTED, lane=lane, digest="d1"))

    assert await ledger.beat(running.id, running.fence, lease_s=LEASE_S, now=clock()) == "cancel"
    stopped = await ledger.stop(running.id, running.fence, clock())
    assert stopped is not None
    assert (stopped.id, stopped.state, stopped.superseded_by) == (old.id, JobState.SUPERSEDED, new.id)
    assert (await claim(ledger, clock, lane=lane)).id == new.id


async def test_F1_going_back_to_the_running_picture_lets_it_go_on(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, WANTED)
    running = await claim(ledger, clock)
    [between] = await submit(ledger, replace(WANTED, digest="d1"))

    [submission] = await ledger.submit([WANTED])

    assert (submission.job.id, submission.fresh) == (running.id, False)
    assert [job.id for job in submission.superseded] == [between.id]
    assert await ledger.beat(running.id, running.fence, lease_s=LEASE_S, now=clock()) == "held"
    assert [job.id for job in await ledger.finish(running.id, running.fence, RESULT, clock())] == [running.id]


async def test_F1_going_back_after_the_worker_began_to_stop_queues_it_again(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, WANTED)
    running = await claim(ledger, clock)
    await submit(ledger, replace(WANTED, digest="d1"))
    assert await ledger.beat(running.id, running.fence, lease_s=LEASE_S, now=clock()) == "cancel"
    await submit(ledger, WANTED)

    stopped = await ledger.stop(running.id, running.fence, clock())

    assert stopped is not None
    assert stopped.state == JobState.QUEUED
    assert (await claim(ledger, clock)).fence == running.fence + 1


async def test_F1_two_nodes_submitting_to_one_slot_leave_one_queued_row(stores: Stores, clock: Clock) -> None:
    await asyncio.gather(*(stores.ledger.submit([replace(WANTED, digest=f"d{n}")]) for n in range(12)))

    jobs = await stores.ledger.list_jobs(WANTED.project)
    assert Counter(job.state for job in jobs) == {JobState.QUEUED: 1, JobState.SUPERSEDED: 11}


# ── F2: leases, fences ───────────────────────────────────────────────────────────────────────────────────────────


async def test_F2_beats_keep_the_lease_and_carry_progress(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, WANTED)
    job = await claim(ledger, clock)

    beat = await ledger.beat(
        job.id, job.fence, lease_s=LEASE_S, now=clock.forward(14), progress=0.5, phase="building the land"
    )
    assert beat == "held"

    assert await ledger.expire(clock.forward(14)) == []
    row = await ledger.get(job.id)
    assert (row.progress, row.phase) == (0.5, "building the land")


async def test_F2_a_lost_lease_requeues_the_job_and_its_old_worker_can_touch_nothing(
    ledger: JobLedger, clock: Clock
) -> None:
    await submit(ledger, WANTED)
    lost = await claim(ledger, clock)

    [back] = await ledger.expire(clock.forward(LEASE_S + 1))
    assert (back.state, back.lost_count, back.lease_owner) == (JobState.QUEUED, 1, None)

    now = await claim(ledger, clock, worker="worker_2")
    assert (now.id, now.fence, now.attempt) == (lost.id, lost.fence + 1, 2)
    assert await ledger.beat(lost.id, lost.fence, lease_s=LEASE_S, now=clock()) == "lost"
    assert await ledger.finish(lost.id, lost.fence, {"image": "stale"}, clock()) == []
    assert await ledger.fail(lost.id, lost.fence, "engine", "stale", clock()) is None
    assert not await ledger.release(lost.id, lost.fence)
    assert await ledger.stop(lost.id, lost.fence, clock()) is None

    [done] = await ledger.finish(now.id, now.fence, RESULT, clock())
    assert done.result == RESULT


async def test_F2_a_job_whose_worker_is_lost_three_times_is_parked(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, WANTED)
    for _ in range(2):
        await claim(ledger, clock)
        [back] = await ledger.expire(clock.forward(LEASE_S + 1))
        assert back.state == JobState.QUEUED
    await claim(ledger, clock)

    [parked] = await ledger.expire(clock.forward(LEASE_S + 1))

    assert (parked.state, parked.error_kind, parked.lost_count) == (JobState.FAILED, "worker_lost", 3)
    assert parked.error
    assert "three" in parked.error or "3" in parked.error
    assert await ledger.claim(lane="settled", worker="w", lease_s=LEASE_S, now=clock()) is None


async def test_F2_a_lost_job_that_was_asked_to_stop_is_not_queued_again(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, WANTED)
    lost = await claim(ledger, clock)
    await submit(ledger, replace(WANTED, digest="d1"))

    [ended] = await ledger.expire(clock.forward(LEASE_S + 1))

    assert (ended.id, ended.state) == (lost.id, JobState.SUPERSEDED)


async def test_F2_several_sweepers_count_a_loss_once(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, *(replace(WANTED, slot=f"base/{n}", digest=f"d{n}") for n in range(5)))
    for _ in range(5):
        await claim(ledger, clock)
    clock.forward(LEASE_S + 1)

    swept = await asyncio.gather(*(ledger.expire(clock()) for _ in range(4)))

    assert sorted(job.lost_count for jobs in swept for job in jobs) == [1] * 5


async def test_a_draining_worker_gives_its_job_back_without_a_mark(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, WANTED)
    job = await claim(ledger, clock)

    assert await ledger.release(job.id, job.fence)

    again = await claim(ledger, clock, worker="worker_2")
    assert (again.id, again.lost_count, again.fence) == (job.id, 0, job.fence + 1)


async def test_F2_twenty_workers_claim_fifty_jobs_each_once(
    stores: Stores, database_url: str, tmp_path_factory: pytest.TempPathFactory, clock: Clock
) -> None:
    await stores.ledger.submit([
        replace(
            WANTED, slot=f"base/{n}", digest=f"d{n}", project=ProjectId(f"prj_{n % 3}"), user=UserId(f"usr_{n % 4}")
        )
        for n in range(50)
    ])
    config = StoreConfig(database_url, f"file://{tmp_path_factory.mktemp('objects')}")

    async def work(ledger: JobLedger, worker: str) -> list[JobId]:
        taken = []
        while (job := await ledger.claim(lane="settled", worker=worker, lease_s=LEASE_S, now=clock())) is not None:
            taken.append(job.id)
            await ledger.finish(job.id, job.fence, RESULT, clock())
        return taken

    async with open_stores(config, clock=clock) as second:
        taken = await asyncio.gather(*(
            work(stores.ledger if n % 2 else second.ledger, f"worker_{n}") for n in range(20)
        ))

    claimed = [job for jobs in taken for job in jobs]
    assert len(claimed) == len(set(claimed)) == 50
    assert {job.state for job in await stores.ledger.list_jobs(ProjectId("prj_0"))} == {JobState.DONE}


# ── F3: cancel, row first ────────────────────────────────────────────────────────────────────────────────────────


async def test_F3_canceling_a_queued_job_closes_it_at_once(ledger: JobLedger, clock: Clock) -> None:
    [job] = await submit(ledger, WANTED)

    canceled = await ledger.cancel(job.id, clock())

    assert canceled is not None
    assert (canceled.state, canceled.finished_at) == (JobState.CANCELED, clock())
    assert await ledger.cancel(job.id, clock()) is None
    assert await ledger.claim(lane="settled", worker="w", lease_s=LEASE_S, now=clock()) is None


async def test_F3_canceling_a_running_job_closes_the_row_first_and_its_worker_learns_it(
    ledger: JobLedger, clock: Clock
) -> None:
    await submit(ledger, WANTED)
    job = await claim(ledger, clock)

    canceled = await ledger.cancel(job.id, clock())

    assert canceled is not None
    assert canceled.state == JobState.CANCELED
    assert await ledger.beat(job.id, job.fence, lease_s=LEASE_S, now=clock()) == "cancel"
    assert await ledger.finish(job.id, job.fence, RESULT, clock()) == []
    assert await ledger.stop(job.id, job.fence, clock()) is None
    assert (await ledger.get(job.id)).state == JobState.CANCELED


# ── F4: fair, aged ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_F4_urgent_jobs_go_first(ledger: JobLedger, clock: Clock) -> None:
    _, urgent = await submit(ledger, WANTED, replace(WANTED, slot="base/medium", digest="d1", priority=0))

    assert (await claim(ledger, clock)).id == urgent.id


async def order_of_claims(ledger: JobLedger, clock: Clock, count: int) -> list[Job]:
    taken = []
    for _ in range(count):
        clock.forward(1)
        taken.append(await claim(ledger, clock))
    return taken


async def test_F4_projects_take_turns_however_much_one_of_them_asks_for(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, *(replace(WANTED, slot=f"base/{n}", digest=f"a{n}") for n in range(6)))
    clock.forward(1)
    await submit(
        ledger,
        *(replace(WANTED, project=ProjectId("prj_b"), slot=f"base/{n}", digest=f"b{n}") for n in range(2)),
    )

    taken = await order_of_claims(ledger, clock, 8)

    assert [job.project[-1] for job in taken] == ["a", "b", "a", "b", "a", "a", "a", "a"]


async def test_F4_users_of_one_project_take_turns(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, *(replace(WANTED, slot=f"base/{n}", digest=f"a{n}") for n in range(4)))
    await submit(
        ledger,
        *(replace(WANTED, user=UserId("usr_b"), slot=f"other/{n}", digest=f"b{n}") for n in range(2)),
    )

    taken = await order_of_claims(ledger, clock, 6)

    assert [job.user[-1] for job in taken] == ["a", "b", "a", "b", "a", "a"]


async def test_F4_jobs_of_one_user_go_in_the_order_they_came(ledger: JobLedger, clock: Clock) -> None:
    submitted = await submit(ledger, *(replace(WANTED, slot=f"base/{n}", digest=f"a{n}") for n in range(5)))

    assert [job.id for job in await order_of_claims(ledger, clock, 5)] == [job.id for job in submitted]


async def test_F4_waiting_makes_a_job_more_urgent_so_that_batch_work_never_starves(
    ledger: JobLedger, clock: Clock
) -> None:
    [batch] = await submit(ledger, replace(WANTED, priority=4))
    clock.forward(19 * 60)
    [hero] = await submit(ledger, replace(WANTED, slot="base/medium", digest="d1", priority=2))
    assert (await claim(ledger, clock)).id == hero.id

    clock.forward(2 * 60)
    await submit(ledger, replace(WANTED, slot="base/high_angle", digest="d2", priority=2))

    assert (await claim(ledger, clock)).id == batch.id


async def test_F4_ageing_never_lifts_batch_work_above_previews(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, replace(WANTED, priority=4))
    clock.forward(24 * 3600)
    [urgent] = await submit(ledger, replace(WANTED, slot="base/medium", digest="d1", priority=0))

    assert (await claim(ledger, clock)).id == urgent.id


# ── F5: the same digest never renders twice ──────────────────────────────────────────────────────────────────────


async def test_F5_asking_again_for_a_picture_under_way_gives_the_same_job(ledger: JobLedger, clock: Clock) -> None:
    [first] = await submit(ledger, WANTED)
    [queued] = await ledger.submit([WANTED])
    await claim(ledger, clock)
    [running] = await ledger.submit([WANTED])

    assert queued.job.id == running.job.id == first.id
    assert not queued.fresh
    assert not running.fresh
    assert queued.superseded == running.superseded == []


async def test_F5_a_digest_that_is_running_is_not_claimed_again_and_its_result_closes_all(
    ledger: JobLedger, clock: Clock
) -> None:
    twin = replace(WANTED, project=ProjectId("prj_b"))
    first, second, third = await submit(ledger, WANTED, twin, replace(WANTED, slot="v1/medium"))
    running = await claim(ledger, clock)
    assert running.id == first.id
    assert await ledger.claim(lane="settled", worker="worker_2", lease_s=LEASE_S, now=clock()) is None

    done = await ledger.finish(running.id, running.fence, RESULT, clock())

    assert [job.id for job in done] == [first.id, second.id, third.id]
    assert all((job.state, job.result) == (JobState.DONE, RESULT) for job in done)
    assert await ledger.waiting("settled") == 0


async def test_F5_a_waiting_twin_is_rendered_when_the_first_one_fails(ledger: JobLedger, clock: Clock) -> None:
    _, second = await submit(ledger, WANTED, replace(WANTED, project=ProjectId("prj_b")))
    running = await claim(ledger, clock)

    await ledger.fail(running.id, running.fence, "engine", "The engine stumbled.", clock())

    assert (await claim(ledger, clock)).id == second.id


async def test_F5_many_workers_never_run_one_digest_at_the_same_time(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, *(replace(WANTED, slot=f"base/{n}", digest=f"d{n % 3}") for n in range(30)))

    taken = await asyncio.gather(*(
        ledger.claim(lane="settled", worker=f"w{n}", lease_s=LEASE_S, now=clock()) for n in range(15)
    ))

    digests = [job.digest for job in taken if job is not None]
    assert sorted(digests) == ["d0", "d1", "d2"]


async def test_find_done_gives_the_latest_result(ledger: JobLedger, clock: Clock) -> None:
    assert await ledger.find_done("d0") is None
    for image in ("first", "second"):
        await submit(ledger, WANTED)
        job = await claim(ledger, clock)
        await ledger.finish(job.id, job.fence, {"image": image}, clock.forward(1))

    found = await ledger.find_done("d0")

    assert found is not None
    assert found.result == {"image": "second"}


# ── F6: failures, retries, lists ─────────────────────────────────────────────────────────────────────────────────


async def test_F6_a_failure_has_a_kind_and_a_sentence(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, WANTED)
    job = await claim(ledger, clock)

    failed = await ledger.fail(job.id, job.fence, "oom", "The picture does not fit into memory.", clock())

    assert failed is not None
    assert (failed.state, failed.error_kind, failed.error) == (
        JobState.FAILED, "oom", "The picture does not fit into memory.",
    )
    assert await ledger.get(job.id) == failed


async def test_a_retry_is_a_new_row_that_names_the_old_one(ledger: JobLedger, clock: Clock) -> None:
    [old] = await submit(ledger, WANTED)
    with pytest.raises(ConflictError, match=old.id):
        await ledger.retry(old.id, UserId("usr_b"), clock())
    job = await claim(ledger, clock)
    await ledger.fail(job.id, job.fence, "engine", "no", clock())

    new = await ledger.retry(old.id, UserId("usr_b"), clock())

    assert new.id != old.id
    assert (new.retried_from, new.user, new.state, new.attempt) == (old.id, "usr_b", JobState.QUEUED, 0)
    assert (new.digest, new.spec, new.slot) == (old.digest, old.spec, old.slot)
    assert (await ledger.get(old.id)).state == JobState.FAILED


async def test_a_projects_jobs_are_listed_newest_first(ledger: JobLedger, clock: Clock) -> None:
    jobs = await submit(ledger, *(replace(WANTED, slot=f"base/{n}", digest=f"d{n}") for n in range(4)))
    await submit(ledger, replace(WANTED, project=ProjectId("prj_b"), digest="x"))
    await ledger.cancel(jobs[1].id, clock())

    everything = await ledger.list_jobs(WANTED.project)
    queued = await ledger.list_jobs(WANTED.project, states=[JobState.QUEUED], limit=2)

    assert [job.id for job in everything] == [job.id for job in jobs[::-1]]
    assert [job.id for job in queued] == [jobs[3].id, jobs[2].id]


async def test_old_closed_previews_are_pruned_and_nothing_else(ledger: JobLedger, clock: Clock) -> None:
    preview = replace(WANTED, lane="preview")
    for wanted in (preview, WANTED):
        await submit(ledger, wanted)
        job = await claim(ledger, clock, lane=wanted.lane)
        await ledger.finish(job.id, job.fence, RESULT, clock())
    [waiting] = await submit(ledger, replace(preview, digest="d1"))
    clock.forward(3600)

    pruned = await ledger.prune_previews(clock() - 60)

    assert [(job.lane, job.digest, job.result) for job in pruned] == [("preview", "d0", RESULT)]
    assert {job.lane for job in await ledger.list_jobs(WANTED.project, states=[JobState.DONE])} == {"settled"}
    assert (await ledger.get(waiting.id)).state == JobState.QUEUED


async def test_F5_what_is_done_already_answers_and_outdates_what_waits_for_its_slot(
    ledger: JobLedger, clock: Clock
) -> None:
    [first] = await submit(ledger, WANTED)
    job = await claim(ledger, clock)
    [done] = await ledger.finish(job.id, job.fence, RESULT, clock())
    other = replace(WANTED, project=ProjectId("prj_b"))
    [waiting] = await submit(ledger, replace(WANTED, digest="d1"))
    [elsewhere] = await submit(ledger, replace(other, digest="d1"))

    [here] = await ledger.submit([WANTED], remember=True)
    [there] = await ledger.submit([other], remember=True)

    assert (here.job, here.fresh, [old.id for old in here.superseded]) == (done, False, [waiting.id])
    assert (await ledger.get(waiting.id)).superseded_by == first.id
    assert (there.job, [old.id for old in there.superseded]) == (done, [elsewhere.id])
    assert (await ledger.get(elsewhere.id)).superseded_by is None, "no project hears of another's jobs"
    assert await ledger.waiting("settled") == 0
    [anew] = await ledger.submit([WANTED])
    assert (anew.fresh, anew.job.state) == (True, JobState.QUEUED)


async def test_F1_running_requests_that_are_outdated_are_named(ledger: JobLedger, clock: Clock) -> None:
    await submit(ledger, WANTED)
    running = await claim(ledger, clock)

    [newer] = await ledger.submit([replace(WANTED, digest="d1")])

    assert [old.id for old in newer.stopping] == [running.id]
    assert (newer.superseded, newer.fresh) == ([], True)


async def test_F4_what_waits_becomes_as_urgent_as_the_most_urgent_who_asks(ledger: JobLedger, clock: Clock) -> None:
    [healed] = await submit(ledger, replace(WANTED, priority=40))
    await submit(ledger, replace(WANTED, environment=EnvironmentId("env_b"), digest="d1", priority=20))

    [asked] = await submit(ledger, replace(WANTED, priority=10))
    await submit(ledger, replace(WANTED, priority=30))

    assert (asked.id, asked.priority) == (healed.id, 10)
    assert (await claim(ledger, clock)).id == healed.id
