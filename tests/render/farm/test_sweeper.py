"""What the sweeper heals, one round at a time."""

from __future__ import annotations

import json

import pytest

from render.announce import Announcer
from render.config import FarmConfig
from render.events import FARM_STREAM
from render.queue import Farm
from render.spec import Lane
from render.sweeper import Sweeper
from render.tickets import Tickets, open_broker
from store.errors import UnavailableError
from store.jobs import JobState
from store.opening import Stores
from tests.helpers.waiting import wait_until
from tests.render.farm.conftest import Heard, wanted, with_config


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tickets(quick: FarmConfig) -> Tickets:
    return Tickets(open_broker(quick))


@pytest.fixture
def sweeper(stores: Stores, tickets: Tickets, quick: FarmConfig, clock: Clock) -> Sweeper:
    return Sweeper(stores, tickets, Announcer(stores.relay), quick, clock=clock)


@pytest.fixture
def farm(stores: Stores, tickets: Tickets, clock: Clock) -> Farm:
    return Farm(stores, tickets, clock=clock)


async def test_F2_expired_lease_is_queued_again_and_said(
    stores: Stores, farm: Farm, sweeper: Sweeper, heard: Heard, clock: Clock
) -> None:
    [answer] = await farm.submit([wanted()])
    await stores.ledger.claim(lane="settled", worker="dead", lease_s=15, now=clock())

    await sweeper.sweep()
    assert (await stores.ledger.get(answer.job_id)).state == JobState.RUNNING

    clock.now += 16
    await sweeper.sweep()
    assert (await stores.ledger.get(answer.job_id)).state == JobState.QUEUED
    await wait_until(heard.saw(answer.job_id, "requeued"))


async def test_job_that_kills_its_workers_is_parked(
    stores: Stores, farm: Farm, sweeper: Sweeper, heard: Heard, clock: Clock
) -> None:
    [answer] = await farm.submit([wanted()])
    for _ in range(3):
        await stores.ledger.claim(lane="settled", worker="dead", lease_s=15, now=clock())
        clock.now += 16
        await sweeper.sweep()

    await wait_until(heard.saw(answer.job_id, "failed"))
    assert heard.of(answer.job_id, "failed")[0].error_kind == "worker_lost"


async def test_tickets_are_topped_up_to_what_waits_and_not_beyond(
    stores: Stores, farm: Farm, tickets: Tickets, quick: FarmConfig, clock: Clock
) -> None:
    few = Sweeper(stores, tickets, Announcer(stores.relay), with_config(quick, max_tickets=4), clock=clock)
    await farm.submit([wanted(seed=seed, slot=f"base/{seed}") for seed in range(2)])
    assert await tickets.depth("settled") == 2

    for _ in range(3):
        await few.sweep()
    assert await tickets.depth("settled") == 2

    await farm.submit([wanted(seed=seed, slot=f"base/{seed}") for seed in range(2, 9)])
    drained = open_broker(quick)
    fresh = Tickets(drained)
    await Sweeper(stores, fresh, Announcer(stores.relay), with_config(quick, max_tickets=4), clock=clock).sweep()
    assert await fresh.depth("settled") == 4
    assert await fresh.depth("preview") == 0


async def test_worker_is_nudged_when_jobs_wait(stores: Stores, quick: FarmConfig, farm: Farm, clock: Clock) -> None:
    nudged: list[Lane] = []

    class NoRedis(Tickets):
        async def depth(self, lane: Lane) -> int:
            raise UnavailableError("Redis is away")

    await farm.submit([wanted("preview")])
    tickets = NoRedis(open_broker(quick))
    await Sweeper(stores, tickets, Announcer(stores.relay), quick, nudge=nudged.append, clock=clock).sweep()

    assert nudged == ["preview"]


async def test_old_previews_and_their_pictures_are_forgotten(
    stores: Stores, farm: Farm, sweeper: Sweeper, clock: Clock
) -> None:
    [answer] = await farm.submit([wanted("preview")])
    job = await stores.ledger.claim(lane="preview", worker="w", lease_s=15, now=clock())
    assert job is not None
    jpeg = (await stores.objects.put(b"\xff\xd8\xff\xe0 a picture")).id
    png = (await stores.objects.put(b"\x89PNG\r\n\x1a\n not a preview's")).id
    await stores.ledger.finish(job.id, job.fence, {"image": jpeg, "depth": png}, clock())

    clock.now += 3500
    await sweeper.sweep()
    assert await stores.objects.head(jpeg)

    clock.now += 200
    await sweeper.sweep()
    assert await stores.objects.head(jpeg) is None
    assert await stores.objects.head(png), "only JPEG, which no settled render names, is ever deleted"
    assert await stores.ledger.find_done(answer.digest) is None


async def test_events_the_relay_would_not_take_are_said_later_in_order(
    stores: Stores, farm: Farm, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = stores.relay.publish
    is_away = True

    async def sometimes(stream: str, payload: bytes) -> str:
        if is_away and stream == FARM_STREAM:
            raise UnavailableError("Redis is away")
        return await publish(stream, payload)

    monkeypatch.setattr(stores.relay, "publish", sometimes)
    [first] = await farm.submit([wanted(seed=1)])
    [second] = await farm.submit([wanted(seed=2)])
    is_away = False
    await farm.announcer.flush()

    await wait_until(heard.saw(second.job_id, "queued"))
    assert [(event.type, event.job) for event in heard.events] == [
        ("queued", first.job_id), ("superseded", first.job_id), ("queued", second.job_id),
    ]


async def test_row_spec_reads_back_as_the_spec_asked_for(stores: Stores, farm: Farm) -> None:
    request = wanted(seed=12)
    [answer] = await farm.submit([request])
    job = await stores.ledger.get(answer.job_id)
    assert json.loads(job.spec) == json.loads(json.dumps(request.spec.to_json()))
    assert job.digest == request.spec.digest()


@pytest.mark.parametrize(
    "wrong", [{"lease_s": 0}, {"beat_s": 10}, {"engines": "somewhere"}, {"threads": 0}]
)
def test_config_refuses_what_cannot_work(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        with_config(FarmConfig(), **wrong)
