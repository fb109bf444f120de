"""Who may write what.

The permission boundary is the document: filtering fields out of updates is none (Yjs' own threat model). Inside the
annotations and votes documents, where people write beside each other, `collab.shadow` tries each update on a copy.
"""

from __future__ import annotations

from collab.session import Role
from store.ids import DocKind

_WRITERS: dict[DocKind, frozenset[Role]] = {
    "environments": frozenset(("editor", "owner")),
    "annotations": frozenset(("reviewer", "editor", "owner")),
    "votes": frozenset(("reviewer", "editor", "owner")),
}


def may_write(kind: DocKind, role: Role) -> bool:
    """Whether a role may change documents of a kind: viewers none, reviewers notes and votes, the others all."""
    return role in _WRITERS[kind]


def refusal(kind: DocKind, role: Role) -> str:
    """The sentence for somebody who may not."""
    needed = "an editor" if kind == "environments" else "a reviewer"
    return f"G1: as a {role} you can look; changing {kind} needs {needed}"
