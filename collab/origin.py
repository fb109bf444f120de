"""Who or what caused a change. Every transaction on a room's document has exactly one origin.

The origin decides what happens next: whether the change is saved here, whether it may start a render, whose name
stands beside it in the history. Origins are frozen and hashable because pycrdt keeps them by hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

OriginKind = Literal["session", "attach", "direct", "relay", "load"]


@dataclass(frozen=True, slots=True)
class SessionOrigin:
    """A person's client, over a connection."""

    user: str
    session: str
    kind: ClassVar[OriginKind] = "session"
    may_trigger: ClassVar[bool] = True

    @property
    def author(self) -> str:
        """The user's id."""
        return self.user


@dataclass(frozen=True, slots=True)
class AttachOrigin:
    """The farm's result for a job, written into the document."""

    job: str
    kind: ClassVar[OriginKind] = "attach"
    may_trigger: ClassVar[bool] = False

    @property
    def author(self) -> str:
        """`farm`: a render has no person behind it; the job says who asked."""
        return "farm"


@dataclass(frozen=True, slots=True)
class DirectOrigin:
    """A person or tool through another door than a socket; `what` names the door (`rest`, `import`, `rollback`)."""

    user: str
    what: str
    kind: ClassVar[OriginKind] = "direct"
    may_trigger: ClassVar[bool] = True

    @property
    def author(self) -> str:
        """The user's id."""
        return self.user


@dataclass(frozen=True, slots=True)
class RelayOrigin:
    """Another node, which has already saved the change or will, and which plans the renders for it."""

    node: str
    kind: ClassVar[OriginKind] = "relay"
    may_trigger: ClassVar[bool] = False

    @property
    def author(self) -> str:
        """Empty: the node that took the change knows its author."""
        return ""


@dataclass(frozen=True, slots=True)
class LoadOrigin:
    """The log, when a room opens."""

    kind: ClassVar[OriginKind] = "load"
    may_trigger: ClassVar[bool] = False

    @property
    def author(self) -> str:
        """Empty: every row of the log has its own author."""
        return ""


Origin = SessionOrigin | AttachOrigin | DirectOrigin | RelayOrigin | LoadOrigin
