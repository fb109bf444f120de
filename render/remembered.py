"""Pictures made before: the same digest is never rendered twice while its files exist (promise F5)."""

from __future__ import annotations

import asyncio

from render.results import object_ids
from store.jobs import Job
from store.ledger import JobLedger
from store.objects.base import ObjectStore


async def remembered(ledger: JobLedger, objects: ObjectStore, digest: str) -> Job | None:
    """The latest done job with this digest, if every file it names is still there; else it is to be rendered again.

    Raises:
        UnavailableError: ledger or object store do not answer.
    """
    done = await ledger.find_done(digest)
    return done if done is not None and await are_there(objects, done) else None


async def are_there(objects: ObjectStore, done: Job) -> bool:
    """Whether every file that a done job names is still there.

    Raises:
        UnavailableError: the object store does not answer.
    """
    found = await asyncio.gather(*(objects.head(object_id) for object_id in object_ids(done.result or {})))
    return bool(found) and None not in found
