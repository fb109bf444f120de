"""Heavy merges, out of the way: pycrdt holds the GIL in every call, so what is large goes to another process.

The functions here are what that process runs. They take and give bytes and plain values, never a Doc.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

from pycrdt import Doc, Map, Snapshot, get_state, get_update

from collab.codec import EMPTY_UPDATE, decode_state_vector, encode_state_vector, read_uint
from collab.errors import ProtocolError
from collab.replica import ROOTS, apply_to, call_guarded, compacted, merged
from collab.schema import json_safe
from collab.structs import extent_of
from store.ids import DocKind

logger = logging.getLogger(__name__)

T = TypeVar("T")
Ranges = dict[int, list[tuple[int, int]]]
"""Clocks from (included) to (excluded), by client."""
_NICE = 10
_IDLE_S = 120.0
"""After this long without work the process ends: it keeps 60 MB."""


class Merger:
    """Runs a function of bytes where it does not hold up the event loop: here when small, else in another process.

    Args:
        inline_bytes: up to so many bytes it runs here.
    """

    def __init__(self, inline_bytes: int) -> None:
        self._inline_bytes = inline_bytes
        self._pool: ProcessPoolExecutor | None = None
        self._busy = 0
        self._rest_due: asyncio.TimerHandle | None = None

    async def run(self, work: Callable[..., T], *args: Any, size: int) -> T:
        """`work(*args)`, whose input is `size` bytes.

        Raises:
            BrokenProcessPool: the process died over it, twice.
        """
        if size < self._inline_bytes:
            return work(*args)
        if self._rest_due is not None:
            self._rest_due.cancel()
        self._busy += 1
        try:
            return await self._elsewhere(work, *args, size=size)
        finally:
            self._busy -= 1
            if not self._busy:
                self._rest_due = asyncio.get_running_loop().call_later(_IDLE_S, self.close)

    async def _elsewhere(self, work: Callable[..., T], *args: Any, size: int) -> T:
        for attempt in range(2):
            pool = self._pool
            if pool is None:
                pool = self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_give_way)
            try:
                return await asyncio.get_running_loop().run_in_executor(pool, work, *args)
            except BrokenProcessPool:  # killed for memory, say, or by an update that breaks yrs: try with a new one
                logger.error("merger.died work=%s bytes=%d attempt=%d", work.__name__, size, attempt)
                if self._pool is pool:
                    self._pool = None
                pool.shutdown(wait=False)
                if attempt:
                    raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Let go of the process; the next work starts another."""
        if self._rest_due is not None:
            self._rest_due.cancel()
            self._rest_due = None
        if self._pool is not None:
            # Ended, not waited for: the interpreter joins pool processes at its exit, and a merge of a large document
            # on a busy machine would keep a server from ending for many seconds. What it merges stays in the log.
            processes = list((self._pool._processes or {}).values())
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()
            self._pool = None


@dataclass(frozen=True, slots=True)
class Merged:
    """What `merge_checked` made.

    Args:
        state: one update that holds what the pieces hold, or None: they do not merge, or not to the same.
        is_base_bad: the first piece, a snapshot, cannot be read.
        unreadable: how many of the others cannot.
    """

    state: bytes | None
    is_base_bad: bool = False
    unreadable: int = 0


def merge_checked(base: bytes | None, rows: Sequence[bytes]) -> Merged:
    """Merge a snapshot and the rows after it, and see with our own eyes that nothing was lost: every struct and every
    deletion that is in the pieces is in the state, waiting ones too; and if what was deleted has been left out, that
    the document is the same with and without it.
    """
    if base is not None and not _is_readable(base):
        return Merged(None, is_base_bad=True)
    pieces = [row for row in rows if _is_readable(row)]
    unreadable = len(rows) - len(pieces)
    pieces = [*([base] if base is not None else []), *pieces]
    state = compacted(pieces)
    if state is None:
        return Merged(None, unreadable=unreadable)
    return Merged(state if agree(pieces, [state]) else None, unreadable=unreadable)


def agree(pieces: Sequence[bytes], others: Sequence[bytes]) -> bool:
    """Whether two ways to build a document give the same."""
    try:
        return _held_by(pieces) == _held_by(others)
    except ProtocolError as error:
        logger.warning("merging.not_compared pieces=%d: %s", len(pieces), error)
        return False


@dataclass(frozen=True, slots=True)
class Replayed:
    """What `replayed` made: one update, the same as JSON by root name, and whether the first piece could be read."""

    update: bytes
    json: bytes
    is_base_readable: bool


def replayed(pieces: Sequence[bytes], kind: DocKind) -> Replayed:
    """The document that these pieces of the log make. Pieces that cannot be read are left out, as a room does."""
    readable = [piece for piece in pieces if _is_readable(piece)]
    doc = _doc_of(readable)
    content = {name: json_safe(doc.get(name, type=Map).to_py()) for name in dict.fromkeys(("meta", *ROOTS[kind]))}
    return Replayed(
        compacted(readable) or EMPTY_UPDATE,
        json.dumps({name: value for name, value in content.items() if value}, ensure_ascii=False).encode(),
        bool(pieces) and bool(readable) and readable[0] is pieces[0],
    )


def new_history(state: bytes, epoch: int, marker: int) -> bytes:
    """A state as the beginning of another history: `meta.epoch` is written into it by a client id of its own, so that
    every copy that descends from here can be told from those that do not.

    Raises:
        ProtocolError: the state does not decode.
    """
    doc: Doc[Any] = Doc(client_id=marker)
    call_guarded("a state", apply_to, doc, state)
    before = doc.get_state()
    doc.get("meta", type=Map)["epoch"] = epoch
    whole = merged([state, doc.get_update(before)])
    if len(whole) != 1:
        raise ProtocolError("the state and the mark of the new history do not merge")
    return whole[0]


def clients_of(state: bytes) -> set[int]:
    """Every client id that wrote into a state, waiting updates included.

    Raises:
        ProtocolError: the state does not decode.
    """
    return set(extent_of(state).last)


def _is_readable(piece: bytes) -> bool:
    try:
        call_guarded("a piece of the log", get_state, piece)
    except ProtocolError:
        return False
    return True


def _doc_of(pieces: Sequence[bytes]) -> Doc[Any]:
    """Merged first: given one by one and out of order, yrs leaves some of them waiting that need not."""
    doc: Doc[Any] = Doc()
    for piece in merged(pieces):
        call_guarded("the log", apply_to, doc, piece)
    return doc


def _held_by(pieces: Sequence[bytes]) -> tuple[Any, ...]:
    """What the pieces hold, comparable: the state vector and content of their document, and the clocks of all structs
    and all deletions that stand in them, applied or waiting.
    """
    doc = _doc_of(pieces)
    roots = {name: doc.get(name, type=Map).to_py() for names in ROOTS.values() for name in names}
    structs: dict[int, list[tuple[int, int]]] = {}
    # Of two who set one key at once the later deletes the other's in everybody's document, and in nobody's update.
    deleted = {client: list(ranges) for client, ranges in _deletions(Snapshot.from_doc(doc).encode()).items()}
    for piece in pieces:
        extent = extent_of(piece)
        for client, clock, size, *_ in extent.places:
            structs.setdefault(client, []).append((clock, clock + size))
        rest = call_guarded("a piece of the log", get_update, piece, encode_state_vector(extent.last))
        if rest[:1] != b"\x00":
            raise ProtocolError("an update whose structs cannot be told from its deletions")
        for client, ranges in _deletions(rest[1:]).items():
            deleted.setdefault(client, []).extend(ranges)
    return decode_state_vector(doc.get_state()), repr(_sorted(roots)), _joined(structs), _joined(deleted)


def _joined(found: dict[int, list[tuple[int, int]]]) -> Ranges:
    """Ranges in order, neighbours as one."""
    result: Ranges = {}
    for client, ranges in found.items():
        joined: list[tuple[int, int]] = []
        for begin, end in sorted(ranges):
            if joined and begin <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((begin, end))
        if joined:
            result[client] = joined
    return result


def _deletions(delete_set: bytes) -> Ranges:
    """The delete set that these bytes begin with."""
    deleted: dict[int, list[tuple[int, int]]] = {}
    clients, at = read_uint(delete_set, 0)
    for _ in range(clients):
        client, at = read_uint(delete_set, at)
        count, at = read_uint(delete_set, at)
        for _ in range(count):
            clock, at = read_uint(delete_set, at)
            size, at = read_uint(delete_set, at)
            deleted.setdefault(client, []).append((clock, clock + size))
    return _joined(deleted)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _give_way() -> None:
    """Whoever edits or renders goes first."""
    with contextlib.suppress(OSError):
        os.nice(_NICE)
