"""Snapshots: merged states that stand for the first rows of a document's log, so that loading need not read them all.

A snapshot is written unverified, read back and compared by its maker, and only then verified; loading looks at nothing
else. Several are kept per document, so that one that turns out unreadable is stepped over. Those of retention are
checkpoints: rows below them may be gone (see `thin`), and they are what is left of that time.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from store.database import Database
from store.ids import DocId
from store.tables import claims, snapshots, updates

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of a snapshot without its state.

    Args:
        epoch: the history it belongs to.
        upto: it stands for all rows of its epoch up to and with this seq.
        moment: `at` of the youngest of those rows, unix seconds.
        rows: how many rows those are, ever written.
        is_verified: it was read back from the store and found right.
        is_checkpoint: kept for good, because the rows below may be gone.
    """

    epoch: int
    upto: int
    moment: float
    rows: int
    is_verified: bool
    is_checkpoint: bool


@dataclass(frozen=True, slots=True)
class OldRow:
    """A row without its payload."""

    epoch: int
    seq: int
    at: float


class Snapshots:
    """Reads and writes snapshots, and finds the documents that need one.

    Args:
        database: with its tables up to date.
        clock: unix seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._insert = sqlite.insert if database.dialect == "sqlite" else postgresql.insert

    async def put_snapshot(self, doc: DocId, snapshot: Snapshot, state: bytes) -> None:
        """Keep `state`, not yet to be trusted. One that is verified already stays as it is, but becomes a checkpoint
        if this one is to be one.
        """
        statement = self._insert(snapshots).values(
            doc=str(doc), epoch=snapshot.epoch, upto=snapshot.upto, state=state, sha256=_sha256(state),
            moment=snapshot.moment, rows=snapshot.rows, at=self._clock(), is_verified=False,
            is_checkpoint=snapshot.is_checkpoint,
        )  # fmt: skip
        new = statement.excluded
        rewritten = {name: new[name] for name in ("state", "sha256", "moment", "rows", "at", "is_checkpoint")}
        async with self._database.write() as connection:
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["doc", "epoch", "upto"], set_=rewritten, where=~snapshots.c.is_verified
                )
            )
            if snapshot.is_checkpoint:
                await connection.execute(
                    update(snapshots).where(_named(doc, snapshot.epoch, snapshot.upto)).values(is_checkpoint=True)
                )

    async def read_snapshot(self, doc: DocId, epoch: int, upto: int) -> bytes | None:
        """The state as it lies in the store now, verified or not; None when there is none or its sum is wrong."""
        query = select(snapshots.c.state, snapshots.c.sha256).where(_named(doc, epoch, upto))
        async with self._database.read() as connection:
            found = (await connection.execute(query)).first()
        return bytes(found.state) if found is not None and _sha256(found.state) == found.sha256 else None

    async def trust_snapshot(self, doc: DocId, epoch: int, upto: int, state: bytes) -> bool:
        """From now on loading may use it, if it still is `state`. Returns whether it is."""
        async with self._database.write() as connection:
            done = await connection.execute(
                update(snapshots)
                .where(_named(doc, epoch, upto), snapshots.c.sha256 == _sha256(state))
                .values(is_verified=True)
            )
            return done.rowcount == 1

    async def distrust_snapshot(self, doc: DocId, epoch: int, upto: int) -> None:
        """It turned out unreadable: loading steps over it and retention does not count it."""
        async with self._database.write() as connection:
            await connection.execute(update(snapshots).where(_named(doc, epoch, upto)).values(is_verified=False))

    async def snapshots_of(self, doc: DocId, epoch: int) -> list[Snapshot]:
        """All of an epoch, oldest first, unverified ones too."""
        async with self._database.read() as connection:
            return (await snapshots_in(connection, doc, epoch))[::-1]

    async def drop_snapshots(self, doc: DocId, epoch: int, uptos: Sequence[int]) -> None:
        """Let go of snapshots that are not needed; never of a checkpoint."""
        async with self._database.write() as connection:
            await connection.execute(
                delete(snapshots).where(
                    snapshots.c.doc == str(doc), snapshots.c.epoch == epoch, snapshots.c.upto.in_(uptos),
                    ~snapshots.c.is_checkpoint,
                )
            )  # fmt: skip

    async def behind(self, *, rows: int, size: int, before: float, limit: int = 100) -> list[DocId]:
        """Documents, in memory or not, whose rows since their snapshot are many, large or old; the largest first.

        Args:
            rows: so many of them.
            size: so many bytes.
            before: two or more of which one was written before this (unix seconds).
        """
        values = {"rows": rows, "size": size, "before": before, "limit": limit}
        async with self._database.read() as connection:
            found = await connection.execute(_BEHIND, values)
            return [DocId.parse(name) for (name,) in found]

    async def with_rows_before(self, before: float) -> list[DocId]:
        """Documents whose oldest row was written before a time."""
        async with self._database.read() as connection:
            found = await connection.execute(_OLD, {"before": before})
            return [DocId.parse(name) for (name,) in found]

    async def old_rows(self, doc: DocId, epoch: int, before: float) -> list[OldRow]:
        """The first rows of an epoch, up to the first that was not written before a time."""
        mine = (updates.c.doc == str(doc)) & (updates.c.epoch == epoch)
        first_young = select(func.min(updates.c.seq)).where(mine, updates.c.at >= before)
        query = select(updates.c.epoch, updates.c.seq, updates.c.at).where(mine).order_by(updates.c.seq)
        async with self._database.read() as connection:
            end = await connection.scalar(first_young)
            if end is not None:
                query = query.where(updates.c.seq < end)
            return [OldRow(*found) for found in await connection.execute(query)]

    async def epochs_with_rows(self, doc: DocId) -> list[int]:
        """Every epoch of which there are rows."""
        query = select(updates.c.epoch).where(updates.c.doc == str(doc)).distinct().order_by(updates.c.epoch)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def thin(self, doc: DocId, epoch: int, upto: int) -> int:
        """Remove the rows up to and with a checkpoint, in one statement, if two verified snapshots stand for each.

        Returns:
            How many were removed; 0 when they must stay.
        """
        standing = and_(
            snapshots.c.doc == str(doc), snapshots.c.epoch == epoch, snapshots.c.upto >= upto, snapshots.c.is_verified
        )
        enough = select(func.count()).select_from(snapshots).where(standing).scalar_subquery()
        checkpoint = (
            select(func.count()).select_from(snapshots)
            .where(_named(doc, epoch, upto), snapshots.c.is_verified, snapshots.c.is_checkpoint).scalar_subquery()
        )  # fmt: skip
        async with self._database.write() as connection:
            done = await connection.execute(
                delete(updates).where(
                    updates.c.doc == str(doc), updates.c.epoch == epoch, updates.c.seq <= upto, enough >= 2,
                    checkpoint == 1,
                )
            )  # fmt: skip
            return done.rowcount

    async def claim(self, name: str, owner: str, for_s: float) -> bool:
        """Take a piece of housekeeping for a while, so that no two nodes do it at once; one's own may be taken again.

        It only spares double work: whoever outlives the claim harms nothing. A dead owner's claim runs out.
        """
        now = self._clock()
        statement = self._insert(claims).values(name=name, owner=owner, until=now + for_s)
        taken = statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"owner": statement.excluded.owner, "until": statement.excluded.until},
            where=(claims.c.until < now) | (claims.c.owner == owner),
        ).returning(claims.c.owner)
        async with self._database.write() as connection:
            return (await connection.execute(taken)).first() is not None

    async def release(self, name: str, owner: str) -> None:
        """Give a claim back."""
        async with self._database.write() as connection:
            await connection.execute(delete(claims).where(claims.c.name == name, claims.c.owner == owner))


async def snapshots_in(connection: AsyncConnection, doc: DocId, epoch: int) -> list[Snapshot]:
    """All of an epoch, newest first."""
    columns = (snapshots.c[name] for name in ("epoch", "upto", "moment", "rows", "is_verified", "is_checkpoint"))
    query = select(*columns).where(snapshots.c.doc == str(doc), snapshots.c.epoch == epoch)
    return [Snapshot(*found) for found in await connection.execute(query.order_by(snapshots.c.upto.desc()))]


async def readable_state(connection: AsyncConnection, doc: DocId, snapshot: Snapshot) -> bytes | None:
    """A snapshot's state, or None when its bytes are not those that were written."""
    query = select(snapshots.c.state, snapshots.c.sha256).where(_named(doc, snapshot.epoch, snapshot.upto))
    found = (await connection.execute(query)).first()
    if found is not None and _sha256(found.state) == found.sha256:
        return bytes(found.state)
    logger.error("snapshot.damaged doc=%s epoch=%d upto=%d", doc, snapshot.epoch, snapshot.upto)
    return None


def _named(doc: DocId, epoch: int, upto: int) -> ColumnElement[bool]:
    return and_(snapshots.c.doc == str(doc), snapshots.c.epoch == epoch, snapshots.c.upto == upto)


def _sha256(state: bytes) -> str:
    return hashlib.sha256(state).hexdigest()


# Names of all documents by hopping through the index of rows: no scan of a log that may hold millions.
_NAMES = """
    WITH RECURSIVE names(doc) AS (
        SELECT min(doc) FROM updates
        UNION ALL
        SELECT (SELECT min(u.doc) FROM updates u WHERE u.doc > names.doc) FROM names WHERE names.doc IS NOT NULL
    )"""

_BEHIND = text(
    _NAMES
    + """, heads AS (
        SELECT n.doc, coalesce(d.epoch, 1) AS epoch,
               coalesce((SELECT max(s.upto) FROM snapshots s
                         WHERE s.doc = n.doc AND s.epoch = coalesce(d.epoch, 1) AND s.is_verified), 0) AS upto
        FROM names n LEFT JOIN documents d ON d.doc = n.doc WHERE n.doc IS NOT NULL
    ), tails AS (
        SELECT h.doc, count(*) AS many, sum(length(u.payload)) AS size, min(u.at) AS oldest
        FROM heads h JOIN updates u ON u.doc = h.doc AND u.seq > h.upto AND u.epoch = h.epoch
        GROUP BY h.doc
    )
    SELECT doc FROM tails WHERE many >= :rows OR size >= :size OR (many >= 2 AND oldest < :before)
    ORDER BY size DESC LIMIT :limit
    """
)

_OLD = text(
    _NAMES
    + """
    SELECT doc FROM names WHERE doc IS NOT NULL
    AND (SELECT u.at FROM updates u WHERE u.doc = names.doc ORDER BY u.seq LIMIT 1) < :before
    """
)
