"""The append-only log of document updates, the histories (epochs) they form, and loading.

Rows are never changed; they are the documents' history, and the only thing a document is ever rebuilt from. Only
retention removes some, where an operator asked for it and two verified snapshots stand for each (`store.snapshots`).
Each row belongs to the epoch of the room that took it: rows of a node that has not heard of a new epoch yet stay in the
old history, saved and out of the way.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from store.database import Database
from store.errors import ConflictError, DamagedError
from store.ids import DOC_KINDS, DocId, DocKind, ProjectId
from store.snapshots import Snapshot, Snapshots, readable_state, snapshots_in
from store.tables import documents, epochs, updates

_SQLITE_ROWS_PER_INSERT = 4000  # eight values each, below SQLite's 32,766 variables


@dataclass(frozen=True, slots=True)
class Update:
    """One raw update as it came in.

    Args:
        doc: the document it changes.
        payload: the Yjs update (v1), unread here.
        author: user id, or what wrote it ("farm").
        origin: "session", "attach", "direct" …
        session: the connection it came by, "" for none.
        node: the process that took it.
        at: unix seconds.
        epoch: the history it belongs to.
    """

    doc: DocId
    payload: bytes
    author: str
    origin: str
    session: str
    node: str
    at: float
    epoch: int = field(default=1, kw_only=True)


@dataclass(frozen=True, slots=True)
class Row(Update):
    """An update in the log; `seq` grows with every row of the whole log, and with COMMIT order within a document."""

    seq: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a document is rebuilt from: the snapshot (covering rows up to and with `upto`), then `rows` in order.

    Args:
        epoch: whose rows these are.
        rows_before: how many rows the snapshot stands for.
        moment: `at` of the youngest row in the snapshot; 0 without one.
        marker: a Yjs client id that only documents of this epoch have heard of; None in the first epoch.
        missing: rows between the snapshot and `rows` that retention has removed; 0 whenever a document is opened.
    """

    epoch: int
    snapshot: bytes | None
    upto: int
    rows: list[Row]
    rows_before: int = 0
    moment: float = 0.0
    marker: int | None = None
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the log as history lists it."""

    seq: int
    epoch: int
    at: float
    author: str
    origin: str
    session: str
    node: str
    size: int


_COLUMNS = tuple(updates.c[name] for name in ("payload", "author", "origin", "session", "node", "at", "seq", "epoch"))


class UpdateLog(Snapshots):
    """Reads and appends updates.

    Args:
        database: with its tables up to date.
        clock: unix seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        super().__init__(database, clock)

    async def append(self, batch: Sequence[Update]) -> list[int]:
        """Write updates of any documents in one transaction; when this returns they are COMMITted.

        Returns:
            Their seqs, in the order given.

        Raises:
            UnavailableError, StorageFullError: none of them was written. (If the connection died during COMMIT they
                may have been; appending an update twice is harmless to the document.)
        """
        if not batch:
            return []
        if self._database.dialect == "sqlite":
            return await self._database.write_sqlite(lambda connection: _append_sqlite(connection, batch))
        async with self._database.write_one_statement() as connection:
            return await _append_postgres(connection, batch)

    async def load(
        self, doc: DocId, *, epoch: int | None = None, until: int | None = None, below: int | None = None
    ) -> Loaded:
        """Everything needed to rebuild a document; an unknown document is empty, in epoch 1. Creates nothing.

        Args:
            epoch: whose history; the present one when left out.
            until: as it was after the row with this seq.
            below: use no snapshot that reaches this seq, because the caller could not read it.

        Raises:
            DamagedError: rows are gone that no readable snapshot stands for. Not with `until`, see `Loaded.missing`.
        """
        async with self._database.read() as connection:
            if self._database.dialect == "postgresql":
                # All statements see one moment: retention may remove rows between them, once a newer snapshot stands.
                await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            if epoch is None:
                epoch = await connection.scalar(select(documents.c.epoch).where(documents.c.doc == str(doc))) or 1
            marker = await connection.scalar(
                select(epochs.c.marker).where(epochs.c.doc == str(doc), epochs.c.epoch == epoch)
            )
            known = await snapshots_in(connection, doc, epoch)
            base, state = await self._base(connection, doc, known, until, below)
            upto, before = (base.upto, base.rows) if base else (0, 0)
            missing = await _missing(connection, doc, epoch, known, upto, before, until)
            if missing and until is None:
                raise DamagedError(
                    f"{missing} rows of document {doc} are gone and no readable snapshot stands for them: "
                    "bring the database back from a backup"
                )
            rows = await _rows_after(connection, doc, upto, epoch, until) if not missing else []
        return Loaded(epoch, state, upto, rows, before, base.moment if base else 0.0, marker, missing)

    async def tail(self, doc: DocId, after: int, epoch: int | None = None) -> list[Row]:
        """The document's rows with `seq > after`, oldest first; of the present epoch when none is named."""
        async with self._database.read() as connection:
            if epoch is None:
                epoch = await connection.scalar(select(documents.c.epoch).where(documents.c.doc == str(doc))) or 1
            return await _rows_after(connection, doc, after, epoch)

    async def history(self, doc: DocId, *, limit: int, before: int | None = None) -> list[Row]:
        """The document's rows of all epochs, newest first, from just below `before` downwards."""
        query = select(*_COLUMNS).where(updates.c.doc == str(doc)).order_by(updates.c.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(updates.c.seq < before)
        async with self._database.read() as connection:
            return [_row(doc, found) for found in await connection.execute(query)]

    async def changes(self, doc: DocId, *, limit: int, before: int | None = None) -> list[Change]:
        """`history` without the payloads."""
        names = ("seq", "epoch", "at", "author", "origin", "session", "node")
        query = (
            select(*(updates.c[name] for name in names), func.length(updates.c.payload))
            .where(updates.c.doc == str(doc)).order_by(updates.c.seq.desc()).limit(limit)
        )  # fmt: skip
        if before is not None:
            query = query.where(updates.c.seq < before)
        async with self._database.read() as connection:
            return [Change(*tuple(found)) for found in await connection.execute(query)]

    async def position(self, doc: DocId, *, at: float | None = None, seq: int | None = None) -> tuple[int, int] | None:
        """The epoch and seq of the last row (or checkpoint, where the rows are gone) at a moment.

        Args:
            at: unix seconds; the epoch is the one that was current then.
            seq: or the newest row up to this one, in its own epoch.

        Returns:
            None when the document was empty then.
        """
        async with self._database.read() as connection:
            if seq is not None:
                rows = select(updates.c.epoch, updates.c.seq).where(updates.c.doc == str(doc), updates.c.seq <= seq)
                found = (await connection.execute(rows.order_by(updates.c.seq.desc()).limit(1))).first()
                epoch = found.epoch if found else 1
                known = await snapshots_in(connection, doc, epoch)
                uptos = [kept.upto for kept in known if kept.is_verified and kept.upto <= seq]
            else:
                begun = select(func.max(epochs.c.epoch)).where(epochs.c.doc == str(doc), epochs.c.began_at <= at)
                epoch = await connection.scalar(begun) or 1
                rows = select(updates.c.epoch, updates.c.seq).where(
                    updates.c.doc == str(doc), updates.c.epoch == epoch, updates.c.at <= at
                )
                found = (await connection.execute(rows.order_by(updates.c.seq.desc()).limit(1))).first()
                known = await snapshots_in(connection, doc, epoch)
                uptos = [kept.upto for kept in known if kept.is_verified and kept.moment <= (at or 0.0)]
        best = max([found.seq if found else 0, *uptos])
        return (epoch, best) if best else None

    async def epochs(self, project: ProjectId) -> dict[DocKind, int]:
        """Which history each of a project's documents is in; 1 for one that was never written."""
        names = {str(DocId(project, kind)): kind for kind in DOC_KINDS}
        query = select(documents.c.doc, documents.c.epoch).where(documents.c.doc.in_(names))
        async with self._database.read() as connection:
            found = {names[doc]: int(epoch) for doc, epoch in await connection.execute(query)}
        return {kind: found.get(kind, 1) for kind in DOC_KINDS}

    async def epochs_of(self, docs: Sequence[DocId]) -> dict[DocId, int]:
        """The present epoch of each document."""
        names = {str(doc): doc for doc in docs}
        query = select(documents.c.doc, documents.c.epoch).where(documents.c.doc.in_(names))
        rows = await self._database.look(lambda connection: connection.execute(query).all())
        found = {names[doc]: int(epoch) for doc, epoch in rows}
        return {doc: found.get(doc, 1) for doc in docs}

    async def begin_epoch(self, first: Update, marker: int) -> int:
        """Begin another history of a document, in one transaction. Everything of the old one stays in the log.

        Args:
            first: the new history's first row; `first.epoch` is its number, one above the present.
            marker: see `Loaded.marker`.

        Returns:
            The seq of the first row.

        Raises:
            ConflictError: the present epoch is another than the one before `first.epoch`; nothing was changed.
        """
        doc = str(first.doc)
        async with self._database.write() as connection:
            if self._database.dialect == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(doc)})
            present = await connection.scalar(select(documents.c.epoch).where(documents.c.doc == doc)) or 1
            if present != first.epoch - 1:
                raise ConflictError(f"document {first.doc} is in epoch {present}: epoch {first.epoch} cannot follow")
            statement = self._insert(documents).values(doc=doc, epoch=first.epoch)
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["doc"], set_={"epoch": statement.excluded.epoch})
            )
            await connection.execute(
                insert(epochs).values(doc=doc, epoch=first.epoch, began_at=first.at, marker=marker)
            )
            row = insert(updates).values(
                doc=doc, payload=first.payload, author=first.author, origin=first.origin, session=first.session,
                node=first.node, at=first.at, epoch=first.epoch,
            )  # fmt: skip
            return int((await connection.execute(row.returning(updates.c.seq))).scalar_one())

    async def _base(
        self, connection: AsyncConnection, doc: DocId, known: Sequence[Snapshot], until: int | None, below: int | None
    ) -> tuple[Snapshot | None, bytes | None]:
        for snapshot in known:
            is_beyond = (until is not None and snapshot.upto > until) or (below is not None and snapshot.upto >= below)
            if snapshot.is_verified and not is_beyond:
                state = await readable_state(connection, doc, snapshot)
                if state is not None:
                    return snapshot, state
        return None, None


def _append_sqlite(connection: sqlite3.Connection, batch: Sequence[Update]) -> list[int]:
    seqs: list[int] = []
    for start in range(0, len(batch), _SQLITE_ROWS_PER_INSERT):
        part = batch[start : start + _SQLITE_ROWS_PER_INSERT]
        values: list[object] = []
        for update in part:
            values += (
                str(update.doc), update.payload, update.author, update.origin, update.session, update.node, update.at,
                update.epoch,
            )
        places = ",".join(["(?,?,?,?,?,?,?,?)"] * len(part))
        columns = "doc,payload,author,origin,session,node,at,epoch"
        added = connection.execute(f"INSERT INTO updates ({columns}) VALUES {places} RETURNING seq", values)
        seqs += sorted(seq for (seq,) in added)
    return seqs


# One statement. The locks make seq order and COMMIT order the same within a document: without them a second node could
# read past a row that has its seq but is not visible yet, and leave it out of a snapshot for good. The aggregate is
# taken before the sorted rows draw their seqs, and the keys come in order, so that two nodes cannot block each other.
_APPEND_POSTGRES = text(
    """
    INSERT INTO updates (doc, payload, author, origin, session, node, at, epoch)
    SELECT u.doc, u.payload, u.author, u.origin, u.session, u.node, u.at, u.epoch
    FROM (SELECT count(pg_advisory_xact_lock(key)) AS held FROM unnest(CAST(:keys AS bigint[])) AS key) AS locks,
         unnest(CAST(:docs AS text[]), CAST(:payloads AS bytea[]), CAST(:authors AS text[]), CAST(:origins AS text[]),
                CAST(:sessions AS text[]), CAST(:nodes AS text[]), CAST(:times AS float8[]),
                CAST(:epochs AS integer[]))
             WITH ORDINALITY AS u(doc, payload, author, origin, session, node, at, epoch, place)
    WHERE locks.held >= 0
    ORDER BY u.place
    RETURNING seq
    """
)


async def _append_postgres(connection: AsyncConnection, batch: Sequence[Update]) -> list[int]:
    docs = [str(update.doc) for update in batch]
    result = await connection.execute(
        _APPEND_POSTGRES,
        {
            "keys": sorted({_lock_key(doc) for doc in docs}),
            "docs": docs,
            "payloads": [update.payload for update in batch],
            "authors": [update.author for update in batch],
            "origins": [update.origin for update in batch],
            "sessions": [update.session for update in batch],
            "nodes": [update.node for update in batch],
            "times": [update.at for update in batch],
            "epochs": [update.epoch for update in batch],
        },
    )
    return sorted(result.scalars())


def _lock_key(doc: str) -> int:
    return int.from_bytes(hashlib.blake2b(doc.encode(), digest_size=8).digest(), "big", signed=True)


async def _rows_after(
    connection: AsyncConnection, doc: DocId, after: int, epoch: int, until: int | None = None
) -> list[Row]:
    query = select(*_COLUMNS).where(updates.c.doc == str(doc), updates.c.seq > after, updates.c.epoch == epoch)
    if until is not None:
        query = query.where(updates.c.seq <= until)
    return [_row(doc, found) for found in await connection.execute(query.order_by(updates.c.seq))]


async def _missing(
    connection: AsyncConnection, doc: DocId, epoch: int, known: Sequence[Snapshot], upto: int, before: int,
    until: int | None,
) -> int:  # fmt: skip
    """How many rows after `upto` are gone, as far as a later snapshot (trusted or not) can tell by its count."""
    later = [snapshot for snapshot in known if snapshot.upto > upto]
    if until is not None:  # the nearest that reaches so far says enough
        later = [snapshot for snapshot in later if snapshot.upto >= until][-1:] if until > upto else []
    if not later:
        return 0
    count = select(func.count()).select_from(updates).where(
        updates.c.doc == str(doc), updates.c.epoch == epoch, updates.c.seq > upto, updates.c.seq <= later[0].upto
    )
    there = await connection.scalar(count) or 0
    return max(0, later[0].rows - before - there)


def _row(doc: DocId, found: Any) -> Row:
    payload, author, origin, session, node, at, seq, epoch = found
    return Row(doc, payload, author, origin, session, node, at, seq, epoch=epoch)
