"""The append-only log of document updates, and snapshots that make loading short.

Rows are never changed or removed: they are the documents' history, and the only thing a document is ever rebuilt from.
A snapshot is a shortcut over the rows up to its `upto`, never their replacement.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from store.database import Database
from store.ids import DOC_KINDS, DocId, DocKind, ProjectId
from store.tables import documents, snapshots, updates

_SQLITE_ROWS_PER_INSERT = 4000  # seven values each, below SQLite's 32,766 variables


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
    """

    doc: DocId
    payload: bytes
    author: str
    origin: str
    session: str
    node: str
    at: float


@dataclass(frozen=True, slots=True)
class Row(Update):
    """An update in the log; `seq` grows with every row of the whole log, and with COMMIT order within a document."""

    seq: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a document is rebuilt from: the snapshot (covering rows up to and with `upto`), then `rows` in order."""

    epoch: int
    snapshot: bytes | None
    upto: int
    rows: list[Row]


_COLUMNS = tuple(updates.c[name] for name in ("payload", "author", "origin", "session", "node", "at", "seq"))


class UpdateLog:
    """Reads and appends updates.

    Args:
        database: with its tables up to date.
        clock: unix seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

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

    async def load(self, doc: DocId) -> Loaded:
        """Everything needed to rebuild a document; an unknown document is empty, in epoch 1. Creates nothing."""
        async with self._database.read() as connection:
            epoch = await connection.scalar(select(documents.c.epoch).where(documents.c.doc == str(doc)))
            snapshot = (
                await connection.execute(
                    select(snapshots.c.upto, snapshots.c.state).where(snapshots.c.doc == str(doc))
                )
            ).first()
            upto = snapshot.upto if snapshot else 0
            rows = await _rows_after(connection, doc, upto)
        return Loaded(epoch=epoch or 1, snapshot=snapshot.state if snapshot else None, upto=upto, rows=rows)

    async def tail(self, doc: DocId, after: int) -> list[Row]:
        """The document's rows with `seq > after`, oldest first."""
        async with self._database.read() as connection:
            return await _rows_after(connection, doc, after)

    async def put_snapshot(self, doc: DocId, upto: int, state: bytes) -> None:
        """Keep `state` as the merge of all rows up to and with `upto`. An older snapshot never replaces a newer one."""
        insert = sqlite.insert if self._database.dialect == "sqlite" else postgresql.insert
        row = {"doc": str(doc), "upto": upto, "state": state, "at": self._clock()}
        statement = insert(snapshots).values(row)
        newer = {name: statement.excluded[name] for name in ("upto", "state", "at")}
        async with self._database.write() as connection:
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["doc"], set_=newer, where=snapshots.c.upto <= statement.excluded.upto
                )
            )

    async def history(self, doc: DocId, *, limit: int, before: int | None = None) -> list[Row]:
        """The document's rows, newest first, from just below `before` downwards."""
        query = select(*_COLUMNS).where(updates.c.doc == str(doc)).order_by(updates.c.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(updates.c.seq < before)
        async with self._database.read() as connection:
            return [Row(doc, *found) for found in await connection.execute(query)]

    async def epochs(self, project: ProjectId) -> dict[DocKind, int]:
        """Which history each of a project's documents is in; 1 for one that was never written."""
        names = {str(DocId(project, kind)): kind for kind in DOC_KINDS}
        query = select(documents.c.doc, documents.c.epoch).where(documents.c.doc.in_(names))
        async with self._database.read() as connection:
            found = {names[doc]: int(epoch) for doc, epoch in await connection.execute(query)}
        return {kind: found.get(kind, 1) for kind in DOC_KINDS}

    async def set_epoch(self, doc: DocId, epoch: int) -> None:
        """Begin another history of this document: clients of the old epoch are refused from now on."""
        insert = sqlite.insert if self._database.dialect == "sqlite" else postgresql.insert
        statement = insert(documents).values(doc=str(doc), epoch=epoch)
        async with self._database.write() as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["doc"], set_={"epoch": statement.excluded.epoch})
            )


def _append_sqlite(connection: sqlite3.Connection, batch: Sequence[Update]) -> list[int]:
    seqs: list[int] = []
    for start in range(0, len(batch), _SQLITE_ROWS_PER_INSERT):
        part = batch[start : start + _SQLITE_ROWS_PER_INSERT]
        values: list[object] = []
        for update in part:
            values += (
                str(update.doc), update.payload, update.author, update.origin, update.session, update.node, update.at
            )
        places = ",".join(["(?,?,?,?,?,?,?)"] * len(part))
        added = connection.execute(
            f"INSERT INTO updates (doc,payload,author,origin,session,node,at) VALUES {places} RETURNING seq", values
        )
        seqs += sorted(seq for (seq,) in added)
    return seqs


# One statement. The locks make seq order and COMMIT order the same within a document: without them a second node could
# read past a row that has its seq but is not visible yet, and leave it out of a snapshot for good. The aggregate is
# taken before the sorted rows draw their seqs, and the keys come in order, so that two nodes cannot block each other.
_APPEND_POSTGRES = text(
    """
    INSERT INTO updates (doc, payload, author, origin, session, node, at)
    SELECT u.doc, u.payload, u.author, u.origin, u.session, u.node, u.at
    FROM (SELECT count(pg_advisory_xact_lock(key)) AS held FROM unnest(CAST(:keys AS bigint[])) AS key) AS locks,
         unnest(CAST(:docs AS text[]), CAST(:payloads AS bytea[]), CAST(:authors AS text[]), CAST(:origins AS text[]),
                CAST(:sessions AS text[]), CAST(:nodes AS text[]), CAST(:times AS float8[]))
             WITH ORDINALITY AS u(doc, payload, author, origin, session, node, at, place)
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
        },
    )
    return sorted(result.scalars())


def _lock_key(doc: str) -> int:
    return int.from_bytes(hashlib.blake2b(doc.encode(), digest_size=8).digest(), "big", signed=True)


async def _rows_after(connection: AsyncConnection, doc: DocId, after: int) -> list[Row]:
    query = select(*_COLUMNS).where(updates.c.doc == str(doc), updates.c.seq > after).order_by(updates.c.seq)
    return [Row(doc, *found) for found in await connection.execute(query)]
