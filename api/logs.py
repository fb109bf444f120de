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


_ESCAPES = {code: repr(chr(code))[1:-1] for code in (*range(32), 127, 0x85, 0x2028, 0x2029)}


class _Formatter(logging.Formatter):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:
        """One line whatever a stranger put into a path or a name; a traceback still follows on lines of its own."""
        return super().formatMessage(record).translate(_ESCAPES)

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
