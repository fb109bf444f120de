"""Open everything that keeps something, in one call; close it again in the right order."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from store.config import StoreConfig
from store.database import Database
from store.directory import Directory
from store.grants import Grants
from store.ledger import JobLedger
from store.objects.base import ObjectStore
from store.objects.filesystem import FilesystemObjects
from store.people import People
from store.relay.base import Relay
from store.relay.memory import MemoryRelay
from store.schema import bring_up_to_date
from store.updates import UpdateLog


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that keeps something, open and ready."""

    database: Database
    log: UpdateLog
    ledger: JobLedger
    people: People
    directory: Directory
    grants: Grants
    objects: ObjectStore
    relay: Relay


@asynccontextmanager
async def open_stores(
    config: StoreConfig, *, clock: Callable[[], float] = time.time, relay: Relay | None = None
) -> AsyncIterator[Stores]:
    """Open the database (bringing its tables up to date), the object store and the relay.

    Args:
        config: where they are.
        clock: unix seconds, for rows that are stamped here.
        relay: to use instead of the one `config` names; it stays open afterwards.

    Raises:
        UnavailableError: one of them does not answer; says which, and how to mend that.
        StorageFullError: there is no room for the tables.
    """
    async with AsyncExitStack() as stack:
        database = Database(config.database_url)
        stack.push_async_callback(database.close)
        await bring_up_to_date(database)
        objects = open_objects(config.objects_url)
        stack.push_async_callback(objects.close)
        await objects.check()
        if relay is None:
            relay = open_relay(config.redis_url)
            stack.push_async_callback(relay.close)
        await relay.check()
        yield Stores(
            database=database,
            log=UpdateLog(database, clock),
            ledger=JobLedger(database, clock),
            people=People(database, clock),
            directory=Directory(database),
            grants=Grants(database),
            objects=objects,
            relay=relay,
        )


def open_objects(url: str) -> ObjectStore:
    """The object store that `StoreConfig.objects_url` names; nothing is asked of it yet."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FilesystemObjects(Path(unquote(parts.path)))
    from store.objects.s3 import open_s3  # boto3 takes 0.3 s to import, which a server with files need not pay

    return open_s3(url)


def open_relay(redis_url: str | None) -> Relay:
    """The relay that `StoreConfig.redis_url` names; nothing is asked of it yet."""
    if redis_url is None:
        return MemoryRelay()
    from store.relay.redis import RedisRelay

    return RedisRelay(redis_url)
