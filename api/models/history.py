"""A document's history as REST gives it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.models.base import Output
from store.ids import DocKind


class ChangeOut(Output):
    """One row of a document's log: what one session did within one commit."""

    seq: int = Field(description="Its place in the log; give it as `seq` to see the document just after it.")
    epoch: int = Field(description="The history it belongs to.")
    at: float
    author: str = Field(description="A user's id, or `farm`.")
    origin: str = Field(description="By which door it came: `session`, `direct:patch`, `attach:<job>`, `epoch:…`.")
    session: str
    node: str
    bytes: int


class HistoryOut(Output):
    """Changes of one document, newest first; `before` continues the list and is null at its end."""

    document: DocKind
    epoch: int
    changes: list[ChangeOut]
    before: int | None


class MomentOut(Output):
    """A document as it was."""

    document: DocKind
    epoch: int
    seq: int = Field(description="The last change that is in it; 0 when the document was empty.")
    at: float = Field(description="When that change was made.")
    exact: bool = Field(description="False where older changes gave way to checkpoints, and this is the one before.")
    content: dict[str, Any] = Field(description="The document's roots as JSON.")
