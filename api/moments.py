"""History from the command line, straight from the database; a running server goes on meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from api.settings import Settings
from collab.config import CollabConfig
from collab.history import Histories, Moment
from collab.merging import Merger
from store.errors import NotFoundError
from store.ids import DocId, DocKind, ProjectId, is_id
from store.opening import open_stores


@asynccontextmanager
async def _histories(settings: Settings, project: str, document: DocKind) -> AsyncIterator[tuple[Histories, DocId]]:
    async with open_stores(settings.store) as stores:
        if not is_id(project):
            raise NotFoundError(f"{project[:80]!r} is no project's id; it looks like prj_…, as in the page's address")
        found = await stores.people.get_project(ProjectId(project))
        merger = Merger(CollabConfig().merge_in_process_bytes)
        try:
            yield Histories(stores.log, merger), DocId(found.id, document)
        finally:
            merger.close()


async def list_changes(
    settings: Settings, project: str, document: DocKind, *, limit: int, before: int | None
) -> list[str]:
    """Lines of a table, newest change first."""
    async with _histories(settings, project, document) as (histories, doc):
        changes = await histories.changes(doc, limit=limit, before=before)
    head = f"{'seq':>9}  {'when (UTC)':<23}  {'epoch':>5}  {'bytes':>8}  {'author':<20}  origin"
    return [head, *(
        f"{change.seq:>9}  {shown(change.at):<23}  {change.epoch:>5}  {change.size:>8}  {change.author:<20}  "
        f"{change.origin}"
        for change in changes
    )]  # fmt: skip


async def moment_of(
    settings: Settings, project: str, document: DocKind, *, time: float | None, seq: int | None
) -> Moment:
    """The document as it was."""
    async with _histories(settings, project, document) as (histories, doc):
        return await histories.at(doc, time=time, seq=seq)


async def begin_epoch(
    settings: Settings, project: str, document: DocKind, *, time: float | None, seq: int | None
) -> str:
    """Begin another history; what to tell the operator.

    Raises:
        NoSuchMomentError, ConflictError: see `Histories.begin_epoch`.
    """
    async with _histories(settings, project, document) as (histories, doc):
        epoch, moment = await histories.begin_epoch(doc, "operator", settings.node, time=time, seq=seq)
    return (
        f"{doc} is in epoch {epoch} now, as it was at {shown(moment.at)} UTC (change {moment.seq} of epoch "
        f"{moment.epoch}). Who has it open is sent away within seconds and keeps a copy to export; nothing was deleted."
    )


def shown(at: float) -> str:
    """Unix seconds as people read them."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def read_time(text: str) -> float:
    """Unix seconds, or ISO 8601 (UTC when it names no zone).

    Raises:
        ValueError: it is neither.
    """
    try:
        at = float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not 0 <= at < 2**53:
        raise ValueError("out of range")
    return at
