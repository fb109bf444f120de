"""The log: one line per event, `event key=value …`, on stderr."""

from __future__ import annotations

import logging
import time

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s %(message)s"
# Libraries that talk at info about every request or message.
_TALKATIVE = ("botocore", "boto3", "urllib3", "httpx", "alembic", "aiosqlite", "asyncio", "uvicorn.access", "dramatiq")


class _Formatter(logging.Formatter):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.converter = time.gmtime

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"


def set_up_logging(level: str) -> None:
    """Send everything from `level` up to stderr.

    Args:
        level: debug, info, warning or error.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(_FORMAT))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
