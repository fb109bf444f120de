"""Tries a change on a copy of the document before it touches the real one: votes and annotations, where people write
beside each other and some of what they write is theirs alone.

After the trial the copy is the document as it would be, the real one as it is; for each record touched the two are
compared. What is not allowed (G1), to anybody:
- to add, change or remove a vote under another user's key, `ballots/<ballot>/votes/<user>`;
- to open a ballot, annotation or reply in another person's name, or to change in whose name it stands;
- to change what another person wrote or drew: `body`, `anchor`, `strokes` of an annotation or reply.
Records of others may be removed, or marked deleted, by editors and owners only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pycrdt import Array, Doc, Map, Text

from collab.codec import decode_state_vector
from collab.errors import ForbiddenError, ProtocolError
from collab.replica import ANY_KEY, ROOTS, Replica, call_guarded
from collab.session import Principal, Session
from collab.structs import extent_of
from store.ids import DocId, DocKind

Record = dict[str, Any]
Rule = Callable[[Record | None, Record | None, Principal], str | None]

_AUTHORED = ("body", "anchor", "strokes")
_STEWARDS = ("editor", "owner")


class Shadow:
    """The copy of one document, kept level with it; built when the first change comes.

    Args:
        doc_id: chooses the rules.
        replica: the document that is guarded.
    """

    def __init__(self, doc_id: DocId, replica: Replica) -> None:
        self._replica = replica
        self._rules = RULES[doc_id.kind]
        self._roots = ROOTS[doc_id.kind]
        self._doc: Doc[Any] | None = None
        self._watched: list[tuple[Map[Any], Any]] = []
        self._touched: set[tuple[str, str]] = set()

    def admit(self, session: Session, update: bytes) -> None:
        """Try an update.

        Raises:
            ForbiddenError: the session's user may not make this change; the reason names the rule.
            ProtocolError: it does not decode, or builds on changes that are not here (what it does could not be seen).
        """
        try:
            self._try(update)
            state = self._level_doc().get_state()
            if extent_of(update).waits_for_more_than(decode_state_vector(state)):
                raise ProtocolError("this change builds on one that has not arrived; connect again to send both")
            for root, key in self._touched_records():
                problem = self._rules[root](
                    _record(self._replica.doc, root, key), _record(self._level_doc(), root, key), session.principal
                )
                if problem is not None:
                    raise ForbiddenError(f"G1: {problem}")
        except (ForbiddenError, ProtocolError):
            self.forget()
            raise
        except Exception as error:  # of pycrdt, over a record that holds what Python cannot show
            self.forget()
            raise ProtocolError(f"a record that cannot be read: {error!r}") from error

    def follow(self, update: bytes) -> None:
        """Take a change that came through another door."""
        if self._doc is None:
            return
        try:
            self._try(update)
        except ProtocolError:
            self.forget()

    def forget(self) -> None:
        """Drop the copy; the next change builds it anew from the document's updates."""
        for _, subscription in self._watched:
            subscription.drop()
        self._watched.clear()
        self._doc = None

    def _try(self, update: bytes) -> None:
        doc = self._level_doc()
        self._touched.clear()
        call_guarded("an update", doc.apply_update, update)

    def _level_doc(self) -> Doc[Any]:
        if self._doc is None:
            self._doc = Doc()
            for piece in self._replica.pieces():
                call_guarded("an update of the log", self._doc.apply_update, piece)
            for name in self._roots:
                root: Map[Any] = self._doc.get(name, type=Map)
                # Below pycrdt's Python layer, in which yrs can panic over an event: it would only be printed, and a
                # change that nobody noted would pass unseen.
                self._watched.append((root, root.integrated.observe_deep(self._noter(name, self._touched))))
        return self._doc

    def _touched_records(self) -> list[tuple[str, str]]:
        records = {(root, key) for root, key in self._touched if key != ANY_KEY}
        for root in {root for root, key in self._touched if key == ANY_KEY}:
            for doc in (self._replica.doc, self._level_doc()):
                all_: Map[Any] = doc.get(root, type=Map)
                records.update((root, key) for key in list(all_.keys()))
        return sorted(records)

    @staticmethod
    def _noter(root: str, touched: set[tuple[str, str]]) -> Callable[[list[Any]], None]:
        def note(events: list[Any]) -> None:
            for event in events:
                try:
                    if event.path:
                        touched.add((root, str(event.path[0])))
                    else:
                        touched.update((root, key) for key in event.keys)
                except (KeyboardInterrupt, SystemExit):
                    raise
                except BaseException:  # a PanicException is none: what changed is not known, so all is looked at
                    touched.add((root, ANY_KEY))

        return note


def ballot_rule(before: Record | None, after: Record | None, who: Principal) -> str | None:
    """Why this change of a ballot is not allowed, or None."""
    if after is None and who.role in _STEWARDS:
        return None
    if _votes_of_others(before, who) != _votes_of_others(after, who):
        return "a vote can be cast, changed or withdrawn only by the person whose vote it is"
    return _name_rule(before, after, who, "opened_by", "a ballot")


def approval_rule(before: Record | None, after: Record | None, who: Principal) -> str | None:
    """Why this change of an approval is not allowed, or None."""
    if _votes_of_others(before, who) != _votes_of_others(after, who):
        return "an approval can be given or withdrawn only by the person whose approval it is"
    return _name_rule(before, after, who, "user", "an approval")


def annotation_rule(before: Record | None, after: Record | None, who: Principal) -> str | None:
    """Why this change of an annotation, or of a reply in one, is not allowed, or None."""
    problem = _authored_rule(before, after, who)
    if problem is not None:
        return problem
    old, new = _map(before, "replies"), _map(after, "replies")
    if after is None and who.role not in _STEWARDS and any(_author(reply) != who.user_id for reply in old.values()):
        return "an annotation with replies of others can be removed only by an editor"
    if after is not None:
        for key in {*old, *new}:
            problem = _authored_rule(_as_record(old.get(key)), _as_record(new.get(key)), who)
            if problem is not None:
                return problem
    return None


def _authored_rule(before: Record | None, after: Record | None, who: Principal) -> str | None:
    if before == after:
        return None
    if before is None:
        return None if _author(after) == who.user_id else "what you write must carry your own id as its author"
    mine = _author(before) == who.user_id
    if after is None:
        return None if mine or who.role in _STEWARDS else "another person's note can be removed only by an editor"
    if _author(after) != _author(before):
        return "the author of a note cannot be changed"
    if not mine and any(before.get(field) != after.get(field) for field in _AUTHORED):
        return "what another person wrote or drew can be changed only by them"
    if not mine and before.get("deleted_at") != after.get("deleted_at") and who.role not in _STEWARDS:
        return "another person's note can be removed or restored only by an editor"
    return None


def _name_rule(before: Record | None, after: Record | None, who: Principal, field: str, what: str) -> str | None:
    old, new = (before or {}).get(field), (after or {}).get(field)
    if before is None or old is None:
        return None if new in (None, who.user_id) else f"{what} cannot be opened in another person's name"
    if old != who.user_id and after is None:
        return f"{what} of another person can be removed only by an editor"
    return None if after is None or old == new else f"in whose name {what} stands cannot be changed"


def _votes_of_others(record: Record | None, who: Principal) -> Record:
    return {user: vote for user, vote in _map(record, "votes").items() if user != who.user_id}


def _author(record: object) -> object:
    return record.get("author") if isinstance(record, dict) else None


def _map(record: Record | None, field: str) -> Record:
    value = (record or {}).get(field)
    return value if isinstance(value, dict) else {}


def _as_record(value: object) -> Record | None:
    """A record, or None for none; what stands in a record's place without being one has no author and is refused."""
    return None if value is None else value if isinstance(value, dict) else {"": value}


def _record(doc: Doc[Any], root: str, key: str) -> Record | None:
    records: Map[Any] = doc.get(root, type=Map)
    value: Any = records.get(key)
    return _as_record(value.to_py() if isinstance(value, (Map, Array, Text)) else value)


RULES: dict[DocKind, dict[str, Rule]] = {
    "environments": {},
    "annotations": {"annotations": annotation_rule},
    "votes": {"ballots": ballot_rule, "approvals": approval_rule},
}
