"""What became of an outcome of the farm when it met the document."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What became of an outcome."""

    ATTACHED = "attached"
    ALREADY = "already"
    """The document says so already."""
    OUTDATED = "outdated"
    """The document asks for another picture by now."""
    GONE = "gone"
    """The environment is archived, broken or not there."""
