"""A room under attack, in a process of its own: what kills it is seen from outside, with the bytes that did.

    python -m tests.fuzz.yard --first 0 --inputs 250 --by-structure 0.8 --diary FILE [--kind environments]

Each round is one seed: honest people edit all the while, a hostile client says `PER_ROUND` frames and comes back each
time it is closed. Every frame is in the diary before it is said. Prints one line of JSON per round.
"""

# ruff: noqa: ASYNC110 — one `with` for the room, one for the people in it; yielding is what lets them work

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import logging
import os
import random
import sys
from pathlib import Path
from typing import Any, cast

import psutil
from pycrdt import Doc, Map

from collab import codec
from collab.config import CollabConfig
from collab.replica import Replica, compacted
from collab.session import Role
from store.ids import DocKind
from tests.collab.sync.client import Client, connected, doc_id, person, rooms_over
from tests.collab.sync.memory_log import MemoryLog
from tests.fuzz import hostile
from tests.helpers.waiting import wait_until

PER_ROUND = 250
CONFIG = CollabConfig(
    messages_burst=1e9, bytes_burst=1e12, user_messages_burst=1e9, user_bytes_burst=1e12, idle_unload_s=3600
)
ALLOWED = (1000, 1006, 1013, 4400, 4403, 4413)
"""1006: the hostile client's own document broke over what it had said in its own name."""


class Failure(AssertionError):
    """An honest client was harmed."""


def _contents(doc: Doc[Any], root: str) -> dict[str, Any]:
    """The records of a root that Python can show; the others (XML) by their kind."""
    records: Any = doc.get(root, type=Map)
    shown = {}
    for key in list(records.keys()):
        try:
            value = records[key]
            plain = value.to_py() if hasattr(value, "to_py") else value
            shown[key] = json.dumps(plain, sort_keys=True, default=_named)
        except (ValueError, KeyError) as error:
            shown[key] = type(error).__name__
    return shown


def _named(value: object) -> str:
    """What JSON cannot show: a document within a document by its own name, which all replicas know it by."""
    return f"document {value.guid}" if isinstance(value, Doc) else repr(value)


class Round:
    """One seed."""

    def __init__(self, seed: int, kind: DocKind, by_structure: float, diary: Path, only: list[bytes] | None) -> None:
        self.seed = seed
        self.kind = kind
        self.root = {"environments": "environments", "annotations": "annotations", "votes": "ballots"}[kind]
        self.by_structure = by_structure
        self.diary = diary
        self.only = only
        self.chance = random.Random(seed)
        self.edits = random.Random(seed)  # of its own, so that the same frames meet the same edits when repeated
        self.closed: dict[int, int] = {}
        self.stream: list[bytes] = []
        self.state: dict[int, int] = {}
        self.names: dict[int, str] = {}

    async def run(self) -> dict[str, Any]:
        """Play it, and say what happened."""
        role: Role = "editor" if self.kind == "environments" else "reviewer"
        world = hostile.World(hostile.seeds(self.chance), self.chance.randrange(1, 2**32))
        log = MemoryLog()
        async with rooms_over(log, config=CONFIG) as rooms, rooms.use(doc_id(self.kind)) as room:
            one, other = (Client(Doc(client_id=self.chance.randrange(1, 2**32))) for _ in range(2))
            async with (
                connected(room, person("ana", "owner"), one) as ana,
                connected(room, person("ben", "owner"), other) as ben,
                connected(room, person("cid", "viewer")) as cid,
            ):
                self.names = {ana.doc.client_id: "usr_ana", ben.doc.client_id: "usr_ben"}
                for client in (ana, ben):
                    client.be({"cursor": [0, 0]})  # as stock clients do
                await wait_until(lambda: len(room.presence) == 2)
                sent = 0
                total = PER_ROUND if self.only is None else len(self.only)
                with self.diary.open("wb", buffering=0) as diary:
                    while sent < total:
                        async with connected(room, person("eve", role), Client(Doc(client_id=world.own))) as eve:
                            while eve.result is None and sent < total:
                                if sent % 10 == 0:
                                    self.edit(self.edits.choice([ana, ben]), sent)
                                for client in (ana, ben):
                                    self.harmless(client)
                                world.clocks = codec.decode_state_vector(room.replica.state())
                                world.clocks.setdefault(ana.doc.client_id, 0)
                                frame = self.frame(world, sent)
                                diary.write(frame.hex().encode() + b"\n")
                                eve.say(frame)
                                sent += 1
                                while eve.unread and eve.result is None:
                                    await asyncio.sleep(0)
                        if eve.result is None or eve.result[0] not in ALLOWED:
                            raise Failure(f"the hostile client ended with {eve.result}")
                        code = eve.result[0]
                        self.closed[code] = self.closed.get(code, 0) + 1
                self.edit(ana, -1)
                await self.same(ana, ben, room.replica)
                await room.saved(5)
                self.stream = [frame for frame in cid.frames if frame[0] == 0 and frame[1] != 0]
                self.state = codec.decode_state_vector(room.replica.state())
                self.reload(log, room.replica, ana)
        rss = psutil.Process().memory_info().rss
        return {"seed": self.seed, "closed": self.closed, "rows": len(log.rows), "rss": rss}

    def frame(self, world: hostile.World, at: int) -> bytes:
        """The next frame of the hostile client."""
        if self.only is not None:
            return self.only[at]
        return hostile.frame(self.chance, world, by_structure=self.by_structure)

    def edit(self, client: Client, number: int) -> None:
        """What an honest person does meanwhile."""
        record: Any = client.doc.get(self.root, type=Map)
        if self.kind == "environments":
            record[f"still {number % 40}"] = number
        else:
            author = "author" if self.kind == "annotations" else "opened_by"
            mine = self.names[client.doc.client_id]
            with client.doc.transaction():
                record[f"{mine} {number}"] = Map({author: mine, "subject": "x"})

    def harmless(self, client: Client) -> None:
        """An honest client is still here."""
        if client.result is not None:
            raise Failure(f"an honest client was closed: {client.result}")

    async def same(self, ana: Client, ben: Client, replica: Replica) -> None:
        """All hold the same."""
        docs = {"ana": ana.doc, "ben": ben.doc, "server": replica.doc}
        states = {name: codec.decode_state_vector(doc.get_state()) for name, doc in docs.items()}

        def differences() -> list[Any]:
            for name, doc in docs.items():
                states[name] = codec.decode_state_vector(doc.get_state())
            vectors = [
                (client, [state.get(client, 0) for state in states.values()])
                for client in {client for state in states.values() for client in state}
                if len({state.get(client, 0) for state in states.values()}) > 1
            ]
            shown = [_contents(doc, self.root) for doc in docs.values()]
            values = [
                (key, [one.get(key) for one in shown])
                for key in {key for one in shown for key in one}
                if len({one.get(key) for one in shown}) > 1
            ]
            return [*vectors[:3], *values[:3]]

        try:
            await wait_until(lambda: not differences(), timeout_s=5)
        except AssertionError:
            raise Failure(f"honest clients do not converge: {self.names} {differences()}") from None
        for client in (ana, ben):
            self.harmless(client)

    def reload(self, log: MemoryLog, replica: Replica, ana: Client) -> None:
        """The log gives the same document again, to whoever joins late and as a snapshot too."""
        again = Replica(doc_id(self.kind))
        for row in log.rows:
            again.load(row.payload)
        if again.version != len(log.rows):
            raise Failure("a row of the log cannot be read back")
        is_as_far = codec.decode_state_vector(again.state()) == codec.decode_state_vector(ana.doc.get_state())
        if not is_as_far or _contents(again.doc, self.root) != _contents(ana.doc, self.root):
            mine, theirs = _contents(ana.doc, self.root), _contents(again.doc, self.root)
            keys = [key for key in {*mine, *theirs} if mine.get(key) != theirs.get(key)]
            raise Failure(f"the log gives another document: {is_as_far}, "
                          f"{[(key, mine.get(key), theirs.get(key)) for key in keys[:5]]}")
        for source in (again, replica):
            late: Doc[Any] = Doc()
            for piece in source.diff(b"\x00"):
                late.apply_update(piece)
            if _contents(late, self.root) != _contents(ana.doc, self.root):
                raise Failure("who joins late gets another document")
        whole = compacted(again.pieces())
        slim: Doc[Any] = Doc()
        if whole is None:
            raise Failure("the log does not merge")
        slim.apply_update(whole)
        if _contents(slim, self.root) != _contents(ana.doc, self.root):
            raise Failure("a snapshot gives another document")
        again.close()


def main() -> None:
    """Play the rounds that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--inputs", type=int, default=PER_ROUND)
    parser.add_argument("--by-structure", type=float, default=0.8)
    parser.add_argument("--diary", type=Path, required=True)
    parser.add_argument("--kind", choices=["environments", "annotations", "votes"])
    parser.add_argument("--only", type=Path, help="a file of frames in hex, said instead of invented ones")
    parser.add_argument("--streams", type=Path, help="where to write what an honest client heard, for other readers")
    arguments = parser.parse_args()
    if not os.environ.get("LOUD"):
        logging.disable(logging.CRITICAL)
    os.environ["RUST_BACKTRACE"] = "0"
    only = None
    if arguments.only is not None:
        only = [bytes.fromhex(line) for line in arguments.only.read_text().split("\n") if line or None]
    for number in range(max(1, arguments.inputs // PER_ROUND)):
        seed = arguments.first + number
        kinds = ["environments"] * 4 + ["annotations", "votes"]
        kind = cast(DocKind, arguments.kind or random.Random(seed).choice(kinds))
        round_ = Round(seed, kind, arguments.by_structure, arguments.diary, only)
        try:
            print(json.dumps(asyncio.run(round_.run())), flush=True)
        except (AssertionError, Exception) as error:
            print(json.dumps({"seed": seed, "kind": kind, "failed": repr(error)}), flush=True)
            sys.exit(3)
        if arguments.streams is not None:
            with arguments.streams.open("a") as file:
                frames = [base64.b64encode(frame).decode() for frame in round_.stream]
                line = {"seed": seed, "root": round_.root, "frames": frames, "state": round_.state}
                file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
