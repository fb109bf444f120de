"""The log: one line per event, `event key=value …`, on stderr."""

from __future__ import annotations

import logging
import time

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s %(message)s"
# Libraries that talk about every request or message; uvicorn would write down each websocket's `?token=`.
_TALKATIVE = (
    "aiosqlite", "alembic", "asyncio", "boto3", "botocore", "dramatiq", "httpx", "urllib3", "uvicorn", "uvicorn.access",
    "uvicorn.error", "websockets",
)


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
