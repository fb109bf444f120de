"""Wake-up tickets: the Dramatiq message `tick(lane)`, which carries no job.

A ticket says "there may be something to do in this lane"; the ledger says what. So a lost ticket costs a moment (the
sweeper sends another), a doubled one finds nothing, and neither loses nor repeats a render. Only brokers and queues
live here; who answers a ticket is in `ticket_office.py`.
"""

from __future__ import annotations

import asyncio
import logging
from queue import Queue
from typing import Any, cast

import redis
from dramatiq import Broker, Message
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import BrokerConnectionError

from render.config import LANES, FarmConfig
from render.spec import Lane
from store.errors import UnavailableError

logger = logging.getLogger(__name__)

ACTOR = "tick"
HEARTBEAT_TIMEOUT_MS = 15_000
MAINTENANCE_PER_MILLION = 20_000


def queue_name(lane: Lane) -> str:
    """The Dramatiq queue of a lane."""
    return f"render_{lane}"


def open_broker(config: FarmConfig) -> Broker:
    """The broker tickets travel through: Redis when configured, else inside this process. Opens no connection.

    No Dramatiq middleware is loaded: time limits and aborts raise into threads at any bytecode (a finished job is then
    recorded failed, or the only worker thread dies), and retries are the ledger's business.
    """
    broker: Broker
    if config.redis_url is None:
        broker = StubBroker(middleware=[])
    else:
        client = redis.Redis.from_url(config.redis_url, socket_connect_timeout=2.0, socket_timeout=5.0)
        broker = cast(Any, RedisBroker)(
            client=client, middleware=[], heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
            maintenance_chance=MAINTENANCE_PER_MILLION,
        )
    for lane in LANES:
        broker.declare_queue(queue_name(lane))
    # Tickets are never delayed; without this every lane would poll a second, always empty queue.
    broker.delay_queues.clear()
    return broker


class Tickets:
    """The sending side of a broker."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def send(self, lane: Lane, count: int = 1) -> None:
        """Send wake-up tickets.

        Raises:
            UnavailableError: Redis does not answer. The jobs are safe in the ledger; workers find them when they sweep.
        """
        if count > 0:
            await self._call(self._send, lane, count)

    async def depth(self, lane: Lane) -> int:
        """How many tickets wait in the lane, or are in a worker's hand.

        Raises:
            UnavailableError: Redis does not answer.
        """
        return int(await self._call(self._depth, lane))

    def _send(self, lane: Lane, count: int) -> None:
        for _ in range(count):
            self._broker.enqueue(
                Message(queue_name=queue_name(lane), actor_name=ACTOR, args=(lane,), kwargs={}, options={})
            )

    def _depth(self, lane: Lane) -> int:
        if isinstance(self._broker, StubBroker):
            return cast("Queue[bytes]", self._broker.queues[queue_name(lane)]).unfinished_tasks
        return int(cast(Any, self._broker).do_qsize(queue_name(lane)))

    async def _call(self, function: Any, *args: Any) -> Any:
        if isinstance(self._broker, StubBroker):
            return function(*args)
        try:
            return await asyncio.to_thread(function, *args)
        except (redis.RedisError, BrokerConnectionError) as error:
            raise UnavailableError(f"Redis takes no render tickets ({error}); check CYCLORAMA_REDIS_URL") from error

    def close(self) -> None:
        """Close the broker's connections."""
        self._broker.close()
        if isinstance(self._broker, RedisBroker):
            self._broker.client.close()
