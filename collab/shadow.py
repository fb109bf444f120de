"""Tries a change on a copy of the document before it touches the real one: votes and annotations, where people write
beside each other and some of what they write is theirs alone.

What is not allowed (G1):
- a vote under another user's key: `ballots/<ballot>/votes/<user>`
- replacing or removing a ballot, or its votes, in which others have voted
- another person's annotation or reply: its `body`, `author` and anchor, or removing it from the map
- opening an annotation or reply in another person's name

Editors and owners may remove and close; nobody may vote or write in another's name.
"""

from __future__ import annotations

import logging

from pycrdt import Doc, Map

from collab.errors import CollabError, ForbiddenError
from collab.replica import Replica
from collab.session import Session
from store.ids import DocId

logger = logging.getLogger(__name__)


class Shadow:
    """The copy of one document, kept level with it.

    Args:
        doc_id: chooses the rules.
        replica: the document that is guarded.
    """

    def __init__(self, doc_id: DocId, replica: Replica) -> None:
        self._doc_id = doc_id
        self._replica = replica

    def admit(self, session: Session, update: bytes) -> None:
        """Raises ForbiddenError when the session may not make this change."""

    def follow(self, update: bytes) -> None:
        """Take a change that came through another door."""


__all__ = ["CollabError", "Doc", "ForbiddenError", "Map", "Shadow"]
