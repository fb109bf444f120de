"""Names of things: typed ids, how they are made, how they are checked.

Ids are opaque lower-case strings with a short prefix that says what they name (`prj_`, `env_`, `usr_`, `job_`).
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NewType, get_args

ProjectId = NewType("ProjectId", str)
EnvironmentId = NewType("EnvironmentId", str)
UserId = NewType("UserId", str)
JobId = NewType("JobId", str)
ObjectId = NewType("ObjectId", str)
"""Hex sha256 of the object's bytes."""

DocKind = Literal["environments", "annotations", "votes"]
DOC_KINDS: tuple[DocKind, ...] = get_args(DocKind)

Entropy = Callable[[int], bytes]

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OBJECT_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class DocId:
    """One Yjs document: a project and a kind. `str(doc_id)` is `"<project>/<kind>"`."""

    project: ProjectId
    kind: DocKind

    def __str__(self) -> str:
        return f"{self.project}/{self.kind}"

    @classmethod
    def parse(cls, text: str) -> DocId:
        """Read back `str(doc_id)`.

        Raises:
            ValueError: the text is not `<project>/<kind>` of a known kind.
        """
        project, _, kind = text.partition("/")
        for known in DOC_KINDS:
            if kind == known and is_id(project):
                return cls(ProjectId(project), known)
        raise ValueError(f"no document is called {text!r}: a document is '<project>/<kind>', kind one of {DOC_KINDS}")


def new_id(prefix: str, entropy: Entropy = os.urandom) -> str:
    """A fresh id: `prefix_` and 80 random bits in base32.

    Args:
        prefix: two to four lower-case letters that say what is named.
        entropy: source of random bytes; tests pass their own.
    """
    return f"{prefix}_{base64.b32encode(entropy(10)).decode().lower()}"


def is_id(text: str) -> bool:
    """Whether the text may stand for a project, environment, user, job, camera or variation."""
    return _ID.fullmatch(text) is not None


def is_object_id(text: str) -> bool:
    """Whether the text is the hex sha256 of something."""
    return _OBJECT_ID.fullmatch(text) is not None
