"""What every HTTP answer carries: a request id, and headers that keep browsers from being tricked."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Problem, problem_of, problem_response
from api.metrics import Meters
from store.ids import new_id

logger = logging.getLogger(__name__)

_POLICY = (
    "default-src 'self'",
    "script-src 'self'{scripts}",
    # Svelte sets style attributes (a meter's width, a dial's angle).
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "font-src 'self' data:",
    "connect-src 'self' ws: wss: blob: data:",
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)


def content_security_policy(script_hashes: Iterable[str] = ()) -> str:
    """The policy of every page: our own origin only, plus the inline scripts whose hashes are named.

    Args:
        script_hashes: `sha256-<base64>` of each inline script that may run (SvelteKit's page starts itself with one).
    """
    scripts = "".join(f" '{each}'" for each in script_hashes)
    return "; ".join(_POLICY).format(scripts=scripts)


_PLAIN_POLICY = content_security_policy()


class EveryAnswer:
    """Gives each request an id, each answer its headers, the meters its duration, and what crashes a 500."""

    def __init__(self, app: ASGIApp, meters: Meters, https: bool = False) -> None:
        self.app = app
        self.meters = meters
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = scope["request_id"] = new_id("req")
        begun = time.perf_counter()
        status = 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "same-origin"
                headers["cross-origin-opener-policy"] = "same-origin"
                headers.setdefault("cross-origin-resource-policy", "same-origin")
                headers.setdefault("content-security-policy", _PLAIN_POLICY)
                headers.setdefault("permissions-policy", "camera=(), microphone=(), geolocation=()")
                if scope["path"].startswith("/api/"):
                    headers.setdefault("cache-control", "no-store")
                if self.https:
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        try:
            await self.app(scope, receive, dressed)
        except Exception as error:
            logger.exception("request.crashed request=%s method=%s path=%s", request_id, scope["method"], scope["path"])
            if status:
                raise  # the answer has begun; only the connection's end can say that it is not whole
            detail = f"the server's log has an event with this request's id, {request_id}"
            await problem_response(problem_of(error) or Problem("failed", detail), scope)(scope, receive, dressed)
        finally:
            seconds = time.perf_counter() - begun
            route = scope.get("route")
            # The route's pattern, never the path: a label per environment would fill Prometheus' memory.
            self.meters.answered(scope["method"], getattr(route, "path", "") or "other", status, seconds)
            logger.debug(
                "request.answered request=%s method=%s path=%s status=%d ms=%.1f",
                request_id, scope["method"], scope["path"], status, seconds * 1000,
            )
