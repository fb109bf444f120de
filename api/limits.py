"""How much and how often: the body limit of every request, and the pace of sign-in attempts."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Problem, problem_response

BODY_LIMIT_BYTES = 1_000_000


class BodyLimit:
    """Refuses bodies over the limit, by their announced length at once or by count as they arrive.

    The connection is left to drain instead of being cut, so that the client reads the answer and not a reset.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int = BODY_LIMIT_BYTES) -> None:
        self.app = app
        self.limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        too_large = Problem("too-large", f"a request may carry {self.limit_bytes:,} bytes at most")
        if not announced.isdecimal() or int(announced) > self.limit_bytes:
            await problem_response(too_large, scope)(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.limit_bytes:
                raise too_large
            return message

        await self.app(scope, counted, send)


class Pace:
    """At most `limit` failures per key in `window_s`; of at most `capacity` keys, the least recent forgotten first."""

    def __init__(self, limit: int, window_s: float, clock: Callable[[], float], capacity: int = 10_000) -> None:
        self.limit, self.window_s, self.capacity = limit, window_s, capacity
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """Seconds until the key may try again; 0 when it may now."""
        failures = self._failures.get(key)
        if not failures:
            return 0.0
        now = self._clock()
        while failures and failures[0] <= now - self.window_s:
            failures.popleft()
        if len(failures) < self.limit:
            return 0.0
        return failures[0] + self.window_s - now

    def failed(self, key: str) -> None:
        """Count one failure."""
        self._failures.setdefault(key, deque(maxlen=self.limit)).append(self._clock())
        self._failures.move_to_end(key)
        while len(self._failures) > self.capacity:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the key's failures."""
        self._failures.pop(key, None)
