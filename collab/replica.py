"""The server's replica of one document: the pycrdt Doc, the updates it is made of, and what still waits.

The replica never trusts its Doc alone. `Doc.get_update()` leaves out updates that wait for earlier ones, and one
mutated update in about 6,000 passes the decode and then panics inside `apply_update`, after which the Doc cannot be
trusted. So the raw updates are kept beside it (a small part of what the Doc itself weighs), and a touched Doc is built
anew.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pycrdt import Doc, Map, get_state, get_update, merge_updates

from collab.codec import EMPTY_UPDATE, decode_state_vector
from collab.errors import CollabError, ProtocolError
from collab.nesting import Nesting
from collab.origin import LoadOrigin, Origin
from collab.structs import Extent, extent_of
from store.ids import DocId, DocKind

logger = logging.getLogger(__name__)

T = TypeVar("T")
Path = tuple[str | int, ...]
OnPaths = Callable[[frozenset[Path], Origin], None]

ROOTS: dict[DocKind, tuple[str, ...]] = {
    "environments": ("meta", "environments"),
    "annotations": ("annotations",),
    "votes": ("ballots", "approvals"),
}
"""Root maps whose changed paths are reported."""
PATH_DEPTH = 4
ANY_KEY = "\0*"
"""Stands for keys that could not be read while noting; nobody outside sees it."""
_FOLD_EVERY = 4096
_SETTLE_EVERY = 64
_SLIM_BYTES = 2**20
_FOLD_BYTES = 2**20
_DIFFS_KEPT = 8
_WAITING_KEPT = 1000


def compacted(pieces: Sequence[bytes]) -> bytes | None:
    """The pieces as one update, without what has been deleted if that is safe to leave out.

    A Doc forgets deleted content, which makes a document of many slider drags a fraction of its log. Its encoding is
    used only if nothing waits in it and no text in it could have been torn (see `Replica.diff`).

    Returns:
        The update, or None when the pieces do not merge.
    """
    whole = merged(pieces)
    if len(whole) != 1:
        return None
    try:
        doc: Doc[Any] = Doc()
        call_guarded("the log", doc.apply_update, whole[0])
        slim = doc.get_update()
        before, after = extent_of(whole[0]), extent_of(slim)
    except ProtocolError as error:
        logger.warning("replica.not_compacted bytes=%d: %s", len(whole[0]), error)
        return whole[0]
    state = decode_state_vector(doc.get_state())
    is_faithful = before.last == after.last == state and not before.waits_for_more_than(state)
    return slim if is_faithful and not before.has_astral_text else whole[0]


class PoisonError(ProtocolError):
    """The update broke the Doc; the replica has built itself anew without it."""


def call_guarded(what: str, call: Callable[..., T], *args: Any) -> T:
    """Call into pycrdt with bytes from outside.

    Raises:
        ProtocolError: it raised anything, a PanicException (a BaseException) included.
    """
    try:
        return call(*args)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise ProtocolError(f"{what} that does not decode: {error}") from error


def merged(updates: Sequence[bytes]) -> list[bytes]:
    """The updates as one if they can be merged, as they are if not."""
    if len(updates) < 2:
        return list(updates)
    try:
        return [call_guarded("updates", merge_updates, *updates)]
    except ProtocolError as error:
        logger.warning("replica.merge_failed updates=%d: %s", len(updates), error)
        return list(updates)


class Replica:
    """One document in memory.

    Args:
        doc_id: names it in logs and chooses the roots that are watched.
        on_paths: told which paths changed and by whom, right after the transaction.
    """

    def __init__(self, doc_id: DocId, on_paths: OnPaths | None = None) -> None:
        self.doc_id = doc_id
        self.doc: Doc[Any] = Doc()
        self.own_client = self.doc.client_id
        self.version = 0
        self.bytes = 0
        self._waiting: list[tuple[bytes, Extent]] = []
        self.has_astral_text = False
        self._nesting = Nesting()
        self._on_paths = on_paths
        self._history: list[bytes] = []
        self._recent: list[bytes] = []
        self._unseen: list[tuple[bytes, Extent | None]] = []
        self._watched: list[Any] = []
        self._roots: list[Map[Any]] = []
        self._touched: set[Path] = set()
        self._diffs: dict[bytes, list[bytes]] = {}
        self._diffs_version = -1
        self._slim_at: float = math.inf

    def load(self, update: bytes) -> None:
        """Take a piece of the log while opening. A piece that breaks is logged and left out, not fatal."""
        try:
            self._apply(update, LoadOrigin())
        except ProtocolError as error:
            logger.error("replica.row_refused doc=%s bytes=%d: %s", self.doc_id, len(update), error)

    def watch(self) -> None:
        """Begin to report changed paths; called once the log is loaded."""
        self._slim_at = self.bytes + max(_SLIM_BYTES, self.bytes)
        if self._on_paths is None:
            return
        for name in ROOTS[self.doc_id.kind]:
            root: Map[Any] = self.doc.get(name, type=Map)
            # The wrapper must stay alive: an observer on a temporary wrapper never fires.
            # Below pycrdt's Python layer, which builds wrappers of every old and new value: 18 µs an update, here 6.
            # The callback must hold neither this replica nor its Doc: Rust keeps what it holds alive.
            self._watched.append(root.integrated.observe_deep(_noter(name, self._touched)))
            self._roots.append(root)

    def apply(self, update: bytes, origin: Origin, extent: Extent | None = None) -> None:
        """Apply an update from outside.

        Args:
            update: one update, or several merged.
            origin: who caused it.
            extent: what `checked` found in it, when it has been.

        Raises:
            PoisonError: it broke the Doc, which has been rebuilt; observers must look at `doc` again.
            ProtocolError: it does not decode; nothing was touched.
        """
        self._apply(update, origin, extent)

    def check_depth(self, extent: Extent) -> None:
        """Look whether an update that is to be tried elsewhere nests too deep.

        Raises:
            ProtocolError: it does.
        """
        self._nesting.admit(extent.places, self._state)

    def edit(self, origin: Origin, change: Callable[[Doc[Any]], T]) -> tuple[T | None, list[bytes], Exception | None]:
        """Let the server itself change the document in one transaction.

        Returns:
            What `change` returned, the updates it made, and what it raised: a Yjs transaction cannot be undone, so what
            was changed before the error must reach everybody all the same.
        """
        updates: list[bytes] = []
        result: T | None = None
        failure: Exception | None = None
        subscription = self.doc.observe(lambda event: updates.append(event.update))
        try:
            with self.doc.transaction(origin=origin):
                try:
                    result = change(self.doc)
                except Exception as error:  # handed to the caller
                    failure = error
        finally:
            self.doc.unobserve(subscription)
        updates = [update for update in updates if update != EMPTY_UPDATE]
        for update in updates:
            self._keep(update)
        self._report(origin)
        return result, updates, failure

    def state(self) -> bytes:
        """The state vector."""
        return self.doc.get_state()

    def diff(self, state_vector: bytes) -> list[bytes]:
        """What a peer with this state vector lacks: one update, and those that wait for earlier ones.

        Shared between peers that ask with the same state vector, such as 200 people who open one document.

        Raises:
            ProtocolError: the state vector does not decode.
        """
        self.settle()
        if self._diffs_version != self.version or len(self._diffs) > _DIFFS_KEPT:
            self._diffs.clear()
            self._diffs_version = self.version
        found = self._diffs.get(state_vector)
        if found is None:
            if self.has_astral_text:
                # yrs tears a text when a client deletes half of an emoji (JavaScript can): from then on what the Doc
                # encodes breaks stock clients. Its byte-level functions only pass on what the clients themselves wrote.
                found = [
                    call_guarded("a state vector", get_update, piece, state_vector) for piece in merged(self.pieces())
                ]
            else:
                found = [call_guarded("a state vector", self.doc.get_update, state_vector), *self.waiting]
            self._diffs[state_vector] = found or [EMPTY_UPDATE]
        return self._diffs[state_vector]

    @property
    def waiting(self) -> list[bytes]:
        """Updates that wait for earlier ones."""
        self.settle()
        return [update for update, _ in self._waiting]

    @property
    def waiting_extents(self) -> list[Extent]:
        """How far they reach."""
        self.settle()
        return [extent for _, extent in self._waiting]

    def settle(self) -> None:
        """Look at the updates taken since the last time: do they still wait for earlier ones, what is in them."""
        if self._unseen:
            self.look_through(self.state())

    def look_through(self, state_vector: bytes) -> None:
        """`settle` for a thread, which must not touch the Doc: the state vector is given."""
        unseen, self._unseen = self._unseen, []
        state = decode_state_vector(state_vector)
        waiting = self._waiting
        for update, extent in unseen:
            if extent is None:
                try:
                    extent = extent_of(update)
                except ProtocolError as error:  # of the log or another node; clients' are refused
                    logger.warning("replica.extent_unknown doc=%s bytes=%d: %s", self.doc_id, len(update), error)
                    continue
                self._nesting.note(extent.places)
                extent.places.clear()  # large, and needed no more
            self.has_astral_text |= extent.has_astral_text
            waiting.append((update, extent))
        self._waiting = [pair for pair in waiting if pair[1].waits_for_more_than(state)][-_WAITING_KEPT:]

    def adds_nothing(self, update: bytes) -> bool:
        """Whether all structs of an update are here already. Deletions are not compared.

        Raises:
            ProtocolError: the update does not decode.
        """
        return update == EMPTY_UPDATE or extent_of(update).adds_nothing_to(decode_state_vector(self.state()))

    def pieces(self) -> list[bytes]:
        """Everything ever taken, in order, in few pieces; merged they are the whole document, waiting updates too."""
        return [*self._history, *self._recent]

    def close(self) -> None:
        """Let go of the Doc: an observer left on it would keep it in memory for good."""
        for subscription in self._watched:
            subscription.drop()
        self._watched.clear()
        self._roots.clear()
        self._diffs.clear()

    def _apply(self, update: bytes, origin: Origin, extent: Extent | None = None) -> None:
        if extent is None:
            if origin.kind == "session":
                extent = checked(update)
            else:
                call_guarded("an update", get_state, update)
        depths = self._nesting.admit(extent.places, self._state) if extent is not None else None
        try:
            apply_to(self.doc, update)
        except (KeyboardInterrupt, SystemExit):
            raise
        except ValueError as error:  # raised by the decoder, before the Doc is touched
            raise ProtocolError(f"an update that does not decode: {error}") from error
        except BaseException as error:  # pyo3's PanicException is no Exception
            logger.error("replica.panicked doc=%s bytes=%d: %r", self.doc_id, len(update), error)
            self._touched.clear()
            # What another node has taken is in the log and has to be taken here: yrs also panics, rarely, on honest
            # updates that come out of order, and takes them merged in order. A client is refused: it comes back with
            # everything in order, and what breaks our Doc could break another client's.
            if origin.kind != "relay" or not self._rebuild([*self.pieces(), update]):
                if not self._rebuild(self.pieces()):
                    raise CollabError(f"document {self.doc_id} cannot be built from its own updates") from error
                raise PoisonError(f"an update that cannot be applied: {error}") from error
            # What it changed was not seen: everything may have.
            self._touched.update((root, ANY_KEY) for root in ROOTS[self.doc_id.kind])
        if extent is not None and depths is not None:
            self._nesting.keep(depths)
            extent.places.clear()  # large, and needed no more
        self._keep(update, extent)
        self._report(origin)

    def _keep(self, update: bytes, extent: Extent | None = None) -> None:
        self.version += 1
        self.bytes += len(update)
        self._recent.append(update)
        self._unseen.append((update, extent))
        if len(self._unseen) >= _SETTLE_EVERY:
            self.settle()
        if self.bytes >= self._slim_at:
            self._slim()
        if len(self._recent) >= _FOLD_EVERY:
            self._history.extend(merged(self._recent))
            self._recent = []
            # Neighbours of like size become one, so that few pieces remain; large ones are left alone, as merging
            # them would hold up the loop.
            while len(self._history) > 1 and len(self._history[-2]) <= 2 * len(self._history[-1]) <= _FOLD_BYTES:
                last, before = self._history.pop(), self._history.pop()
                both = merged([before, last])
                self._history.extend(both)
                if len(both) > 1:
                    break

    def _slim(self) -> None:
        """Weigh the document anew, and keep it instead of the updates that made it: of many drags of a slider the last
        is left. Where a text may have been torn (see `diff`) the updates are kept all the same."""
        try:
            encoded = call_guarded("the document", self.doc.get_update)
        except ProtocolError as error:
            logger.error("replica.not_slimmed doc=%s bytes=%d: %s", self.doc_id, self.bytes, error)
        else:
            waiting = self.waiting
            if not self.has_astral_text:
                self._history, self._recent = [encoded, *waiting], []
            self.bytes = len(encoded) + sum(map(len, waiting))
        self._slim_at = self.bytes + max(_SLIM_BYTES, self.bytes)

    def _rebuild(self, pieces: Sequence[bytes]) -> bool:
        """Put a fresh Doc made of these pieces in place of the broken one, if they can be applied."""
        doc: Doc[Any] = Doc()
        try:
            for piece in merged(pieces):
                apply_to(doc, piece)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            logger.warning("replica.not_rebuilt doc=%s pieces=%d: %r", self.doc_id, len(pieces), error)
            return False
        self.close()
        self.doc = doc
        self.version += 1
        self.watch()
        return True

    def _state(self) -> dict[int, int]:
        return decode_state_vector(self.state())

    def _keys_at(self, path: Path) -> list[str]:
        value: Any = self.doc.get(str(path[0]), type=Map)
        for key in path[1:]:
            value = value.get(str(key)) if isinstance(value, Map) else None
        return list(value.keys()) if isinstance(value, Map) else []

    def _report(self, origin: Origin) -> None:
        if self._touched:
            for path in [path for path in self._touched if path[-1] == ANY_KEY]:
                self._touched.remove(path)
                self._touched.update((*path[:-1], key) for key in self._keys_at(path[:-1]))
            paths = frozenset(self._touched)
            self._touched.clear()
            if self._on_paths is not None:
                self._on_paths(paths, origin)


def checked(update: bytes) -> Extent:
    """Look through a client's update before anything is touched: that it decodes, and our own walk too, since what yrs
    lets pass and the format does not know could break a client that is stricter.

    Raises:
        ProtocolError: it is not a v1 update.
    """
    extent = extent_of(update)  # first: some updates end the process as soon as yrs reads them
    call_guarded("an update", get_state, update)
    return extent


def apply_to(doc: Doc[Any], update: bytes) -> None:
    """`doc.apply_update(update)` without pycrdt's Python layer of nested transactions and origins: a third of the time.

    Raises:
        BaseException: what the update makes yrs raise, a PanicException included.
    """
    below = doc._doc
    transaction = below.create_transaction()
    try:
        below.apply_update(transaction, update)
        transaction.commit()
    finally:
        transaction.drop()


def _noter(root: str, touched: set[Path]) -> Callable[[list[Any]], None]:
    def note(events: list[Any]) -> None:
        for event in events:
            above = (root, *event.path)
            try:
                keys = getattr(event, "keys", None) if len(above) < PATH_DEPTH else None
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException:  # yrs can panic here when an update came out of order; see `_report`
                touched.add((*above, ANY_KEY))
                continue
            if keys is None:
                touched.add(above[:PATH_DEPTH])
            else:
                touched.update((*above, key) for key in keys)

    return note
