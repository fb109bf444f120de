"""How much one person and one project may ask of this process: sockets, messages, bytes, and bytes of documents.

A connection spends from its own buckets and settles with its person's and its project's only now and then, so that a
frame costs a subtraction or two. What a connection spends between two settlements (at most `_STRIDE` messages or
`_STRIDE_BYTES`) is the only thing that the shared limits can be overdrawn by.

The shared limits stand far above what a studio does behind one account (ten writers with 200 updates a second each
pass). When a project's are used up, those who took most of it are refused and the others go on.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable

from collab.config import CollabConfig
from collab.errors import TooFastError, TooLargeError
from collab.pace import Bucket
from store.ids import DocId

_STRIDE = 16
_STRIDE_BYTES = 64 * 1024
_DOCUMENTS_REMEMBERED = 20_000
_FAIR_SHARE = 0.5
"""A person with more than this part of the own burst left is not who emptied the project's buckets."""


class _Shared:
    """One person or one project: who is connected, and what they may still say."""

    __slots__ = ("bytes", "messages", "sockets")

    def __init__(self, messages: Bucket, size: Bucket) -> None:
        self.sockets = 0
        self.messages = messages
        self.bytes = size


class Allowance:
    """What one connection may say. Made by `Quotas.allowance`, counted from `Quotas.enter` to `Quotas.leave`."""

    __slots__ = (
        "_bytes", "_chunk", "_left", "_left_bytes", "_messages", "_owed", "_owed_bytes", "_quotas", "is_in",
        "person", "project", "reason",
    )  # fmt: skip

    def __init__(self, quotas: Quotas, person: str, project: str, now: float) -> None:
        config = quotas.config
        self.person = person
        self.project = project
        self.reason = ""
        self.is_in = False
        self._quotas = quotas
        self._messages = Bucket(config.messages_per_s, config.messages_burst, now)
        self._bytes = Bucket(config.bytes_per_s, config.bytes_burst, now)
        self._left = self._left_bytes = 0.0  # taken from the own buckets in advance, not spent yet
        self._owed = self._owed_bytes = 0.0  # spent, not yet taken from the shared buckets

    def take(self, size: int, now: float) -> bool:
        """Spend one message of this many bytes; False when a limit is reached, and `reason` then says which."""
        self._left -= 1
        self._left_bytes -= size
        if self._left >= 0 and self._left_bytes >= 0:
            return True
        self._left += 1
        self._left_bytes += size
        return self._settle(size, now)

    def burden(self, messages: int, size: int) -> None:
        """Add what a message turned out to cost beyond itself; it is missing from the next ones."""
        self._left -= messages
        self._left_bytes -= size

    def _settle(self, size: int, now: float) -> bool:
        config = self._quotas.config
        messages, spare = self._messages, self._bytes
        if self._left < 1:
            granted = min(max(_STRIDE, 1 - int(self._left)), int(messages.level(now)))
            messages.take(granted, now)
            self._left += granted
            self._owed += granted
        if self._left_bytes < size:
            wanted = size - self._left_bytes
            level = spare.level(now)
            granted_bytes = min(max(wanted, _STRIDE_BYTES), level) if level >= wanted else 0
            spare.take(granted_bytes, now)
            self._left_bytes += granted_bytes
            self._owed_bytes += granted_bytes
        if self._left < 1:
            return self._refused("messages", f"{config.messages_per_s:g} messages a second on one connection")
        if self._left_bytes < size:
            return self._refused("bytes", f"{config.bytes_per_s:g} bytes a second on one connection")
        self._left -= 1
        self._left_bytes -= size
        owed, owed_bytes = self._owed - self._left, self._owed_bytes - self._left_bytes
        self._owed, self._owed_bytes = self._left, self._left_bytes
        rule = self._quotas.charge(self, owed, owed_bytes, now)
        return rule is None or self._refused(*rule)

    def _refused(self, rule: str, limit: str) -> bool:
        self.reason = f"more than {limit}; come back later"
        self._quotas.refused[rule] += 1
        return False


class Quotas:
    """The shared limits of a process.

    Args:
        config: the limits.
        clock: monotonic seconds.
    """

    def __init__(self, config: CollabConfig, clock: Callable[[], float]) -> None:
        self.config = config
        self.refused: Counter[str] = Counter()
        """Refusals since start by rule."""
        self._clock = clock
        self._people: dict[str, _Shared] = {}
        self._projects: dict[str, _Shared] = {}
        self._emptied: OrderedDict[tuple[str, bool], _Shared] = OrderedDict()
        self._weights: OrderedDict[DocId, int] = OrderedDict()
        self._project_bytes: dict[str, int] = {}

    def allowance(self, person: str, project: str) -> Allowance:
        """What one more connection of a person to a project may say."""
        return Allowance(self, person, project, self._clock())

    def enter(self, allowance: Allowance) -> None:
        """Let a connection in.

        Raises:
            TooFastError: the person or the project has as many as it may.
        """
        config, now = self.config, self._clock()
        person, project = allowance.person, allowance.project
        here = self._people.get(person)
        if here is not None and here.sockets >= config.sockets_per_user:
            self.refused["sockets_per_user"] += 1
            raise TooFastError(f"{config.sockets_per_user} connections of one person are the limit; close some")
        here = self._projects.get(project)
        if here is not None and here.sockets >= config.sockets_per_project:
            self.refused["sockets_per_project"] += 1
            raise TooFastError(f"{config.sockets_per_project} connections to one project are the limit; close some")
        one, all_ = self._of(person, now, is_person=True), self._of(project, now, is_person=False)
        one.sockets += 1
        all_.sockets += 1
        allowance.is_in = True

    def leave(self, allowance: Allowance) -> None:
        """A connection has ended. Twice does no harm."""
        if not allowance.is_in:
            return
        allowance.is_in = False
        self._out(allowance.person, self._people, is_person=True)
        self._out(allowance.project, self._projects, is_person=False)

    def charge(self, allowance: Allowance, messages: float, size: float, now: float) -> tuple[str, str] | None:
        """Take what a connection has spent from its person's and its project's buckets.

        Returns:
            The rule that is broken and its limit in words, or None.
        """
        config = self.config
        one = self._people.get(allowance.person)
        all_ = self._projects.get(allowance.project)
        if one is None or all_ is None:  # the connection has ended; what it still had in flight counts no more
            return None
        if not one.messages.take(messages, now):
            return "messages_per_user", f"{config.user_messages_per_s:g} messages a second from one person"
        if not one.bytes.take(size, now):
            return "bytes_per_user", f"{config.user_bytes_per_s:g} bytes a second from one person"
        if not all_.messages.take(messages, now) and (
            one.messages.level(now) < _FAIR_SHARE * config.user_messages_burst
        ):
            return "messages_per_project", f"{config.project_messages_per_s:g} messages a second in one project"
        if not all_.bytes.take(size, now) and one.bytes.level(now) < _FAIR_SHARE * config.user_bytes_burst:
            return "bytes_per_project", f"{config.project_bytes_per_s:g} bytes a second in one project"
        return None

    def weigh(self, doc: DocId, size: int) -> None:
        """Take note of a document's size, as when it is loaded or has grown."""
        before = self._weights.pop(doc, 0)
        self._weights[doc] = size
        self._project_bytes[doc.project] = self._project_bytes.get(doc.project, 0) + size - before
        if len(self._weights) > _DOCUMENTS_REMEMBERED:
            old, weight = self._weights.popitem(last=False)
            self._project_bytes[old.project] -= weight
            if self._project_bytes[old.project] <= 0:
                del self._project_bytes[old.project]

    def admit_bytes(self, doc: DocId, size: int, added: int) -> None:
        """Ask whether a document of `size` bytes may grow by `added`.

        Raises:
            TooLargeError: the document or its project would be above its limit; names it.
        """
        config = self.config
        if size + added > config.max_document_bytes:
            self.refused["document_bytes"] += 1
            raise TooLargeError(
                f"this document holds {size} bytes and takes no more; {config.max_document_bytes} is the limit"
            )
        whole = self._project_bytes.get(doc.project, 0) - self._weights.get(doc, 0) + size
        if whole + added > config.max_project_bytes:
            self.refused["project_bytes"] += 1
            raise TooLargeError(
                f"the documents of this project hold {whole} bytes and take no more; "
                f"{config.max_project_bytes} is the limit"
            )

    def _of(self, name: str, now: float, *, is_person: bool) -> _Shared:
        here = self._people if is_person else self._projects
        shared = here.get(name) or self._emptied.pop((name, is_person), None)
        if shared is None:
            config = self.config
            shared = _Shared(
                Bucket(config.user_messages_per_s, config.user_messages_burst, now),
                Bucket(config.user_bytes_per_s, config.user_bytes_burst, now),
            ) if is_person else _Shared(
                Bucket(config.project_messages_per_s, config.project_messages_burst, now),
                Bucket(config.project_bytes_per_s, config.project_bytes_burst, now),
            )  # fmt: skip
        here[name] = shared
        return shared

    def _out(self, name: str, here: dict[str, _Shared], *, is_person: bool) -> None:
        shared = here[name]
        shared.sockets -= 1
        if shared.sockets:
            return
        # Kept for a while: who is refused must not get full buckets by coming back.
        del here[name]
        self._emptied[name, is_person] = shared
        if len(self._emptied) > _DOCUMENTS_REMEMBERED:
            self._emptied.popitem(last=False)
