"""A document with a past: random edits of several clients, kept in a real log, and what it must be at each row."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pycrdt import Array, Doc, Map, Text
from sqlalchemy import event, text

from collab.compaction import Compactor
from collab.config import CollabConfig
from collab.merging import Merger, replayed
from collab.retention import Retention
from store.database import Database
from store.ids import DocId, ProjectId
from store.opening import Stores
from store.updates import Update

DOC = DocId(ProjectId("prj_past"), "environments")
WORDS = ["Åsen", "山", "storm", "dusk", "lake 🌊", ""]


class Killed(BaseException):
    """Stands for the end of the process at this very statement."""


def content(doc: Doc[Any], root: str = "environments") -> Any:
    return json.loads(json.dumps(doc.get(root, type=Map).to_py(), sort_keys=True))


@dataclass
class Studio:
    """Clients that edit one document, and everything they saw."""

    stores: Stores
    dice: random.Random
    at: float = 1_000_000.0
    clients: list[Doc[Any]] = field(default_factory=lambda: [Doc() for _ in range(3)])
    seen: list[tuple[int, float, Any]] = field(default_factory=list)
    """After each row: its seq, its time, and the content."""

    def edit(self, doc: Doc[Any]) -> None:
        root = doc.get("environments", type=Map)
        dice = self.dice
        match dice.randrange(6):
            case 0:
                root[f"env_{dice.randrange(4)}"] = Map({"name": dice.choice(WORDS), "parameters": Map({})})
            case 1 if list(root.keys()):
                del root[dice.choice(list(root.keys()))]
            case 2:
                root[f"note_{dice.randrange(2)}"] = Text(dice.choice(WORDS))
            case 3:
                root["list"] = Array([dice.random() for _ in range(dice.randrange(5))])
            case _:
                root["hour"] = dice.randrange(24)

    async def work(self, rows: int, *, seconds: float = 10.0, epoch: int = 1) -> None:
        """Edit so many times; now and then two edit without having heard of each other."""
        whole = self.clients[0]
        for _ in range(rows):
            author = self.dice.choice(self.clients)
            updates: list[bytes] = []
            subscription = author.observe(lambda done, updates=updates: updates.append(done.update))
            with author.transaction():
                self.edit(author)
            author.unobserve(subscription)
            if not updates:
                continue
            self.at += self.dice.random() * seconds
            row = Update(DOC, updates[0], "usr_ana", "session", "ses_1", "node-1", self.at, epoch=epoch)
            (seq,) = await self.stores.log.append([row])
            whole.apply_update(updates[0])
            if self.dice.random() < 0.7:
                for client in self.clients:
                    client.apply_update(whole.get_update(client.get_state()))
            self.seen.append((seq, self.at, content(whole)))

    async def now(self) -> Any:
        """What loading gives: the newest snapshot and the rows after it."""
        loaded = await self.stores.log.load(DOC)
        pieces = [*([loaded.snapshot] if loaded.snapshot else []), *(row.payload for row in loaded.rows)]
        return json.loads(replayed(pieces, "environments").json).get("environments", {})

    def keepers(self, name: str = "node-1", **config: Any) -> tuple[Compactor, Retention, Merger]:
        """Compaction and retention of one node, on the log's own clock."""
        merger = Merger(10**9)
        chosen = CollabConfig(**{"snapshot_rows": 10, "snapshot_age_s": 1e9, "checkpoint_rows": 40, **config})
        compactor = Compactor(self.stores.log, merger, chosen, name, self.stores.log._clock)
        return compactor, Retention(self.stores.log, compactor, merger, chosen, name, self.stores.log._clock), merger

    async def break_snapshot(self, upto: int, state: bytes) -> None:
        """Put other bytes in a snapshot's place, with a sum that fits."""
        import hashlib

        values = {"state": state, "sum": hashlib.sha256(state).hexdigest(), "upto": upto}
        async with self.stores.database.write() as connection:
            await connection.execute(
                text("UPDATE snapshots SET state = :state, sha256 = :sum WHERE upto = :upto"), values
            )


def normal(value: Any) -> Any:
    """As JSON has it: whole numbers without a point, keys in order."""
    if isinstance(value, dict):
        return {key: normal(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return int(value) if isinstance(value, float) and value == int(value) else value


@asynccontextmanager
async def killed_at(database: Database, statement: int) -> AsyncIterator[list[str]]:
    """The process "ends" at its nth statement or COMMIT; yields what was said until then."""
    said: list[str] = []

    def count(what: str) -> None:
        if not what.startswith(("BEGIN", "PRAGMA")):
            said.append(what)
        if len(said) >= statement:  # the dead clean nothing up either
            raise Killed(f"at {what}")

    def execute(_c: Any, _cursor: Any, sql: str, _p: Any, _context: Any, _many: bool) -> None:
        count(sql)

    def commit(_connection: Any) -> None:
        count("COMMIT")

    engines = {database._writer.sync_engine, database._reader.sync_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", execute)
        event.listen(engine, "commit", commit)
    try:
        yield said
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", execute)
            event.remove(engine, "commit", commit)
        for pool in {database._writer, database._reader}:  # a dead process leaves no connection behind
            await pool.dispose()
