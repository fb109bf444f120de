"""Try a transaction again that gave way to another one."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from store.errors import ContentionError

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)

_TRIES = 4


def gives_way(transaction: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Repeat a method that is one transaction while it meets ContentionError, a few times."""

    @wraps(transaction)
    async def repeated(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, _TRIES):
            try:
                return await transaction(*args, **kwargs)
            except ContentionError as error:
                logger.info("store.gave_way transaction=%s attempt=%d: %s", transaction.__qualname__, attempt, error)
        return await transaction(*args, **kwargs)

    return repeated
