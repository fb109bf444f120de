"""One server per SQLite file, unless Redis connects them.

Two servers over one file, each with rooms and a relay of its own, would show people two versions of one document and
lose sight of each other's pictures. Nothing would be lost, but nobody would understand it either; so the second is
refused. The lock is the kernel's: it goes with the process, however that ends.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.settings import Settings
from store.errors import UnavailableError

logger = logging.getLogger(__name__)

_LOCKED = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Be the only server of this SQLite file while the block lasts; does nothing where servers may be many.

    Args:
        settings: the folder of the file exists.

    Raises:
        UnavailableError: another server has it; says which.
    """
    if settings.redis_url is not None or not settings.database_url.startswith("sqlite:"):
        yield
        return
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    handle = os.open(f"{database}-server", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _LOCKED:  # a file system without locks, as some network ones are
                logger.warning("house.not_locked database=%s: %s", database, error)
            else:
                other = os.read(handle, 300).decode(errors="replace").strip()
                raise UnavailableError(
                    f"another server ({other or 'just starting'}) uses {database} already. Stop it, choose another "
                    "folder with --data, or connect both by CYCLORAMA_REDIS_URL"
                ) from error
        else:
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()} at {settings.public_url}".encode(), 0)
        yield
    finally:
        os.close(handle)
