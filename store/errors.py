"""What can go wrong with bytes and rows.

    StoreError
    ├── NotFoundError      the named thing is not there
    ├── ConflictError      it is there already, or has moved on
    ├── UnavailableError   the database, bucket or Redis cannot be reached now; trying again later may work
    │   └── ContentionError   two transactions blocked each other and this one gave way; trying again at once will work
    ├── StorageFullError   no room left for the bytes
    └── DamagedError       part of what was kept is gone or unreadable; only a backup brings it back
"""

from __future__ import annotations


class StoreError(Exception):
    """Base of everything that store raises on purpose."""


class NotFoundError(StoreError):
    """The named thing is not in the store."""


class ConflictError(StoreError):
    """The thing exists already, or changed under the caller's hand."""


class UnavailableError(StoreError):
    """A backing service does not answer; the message names it and says how to mend that."""


class ContentionError(UnavailableError):
    """Two transactions stood in each other's way, and the database let the other one pass."""


class StorageFullError(StoreError):
    """The disk, bucket or quota has no room for the bytes."""


class DamagedError(StoreError):
    """Part of a document's log is gone and no readable snapshot stands for it."""
