"""JSON taken strictly: no NaN or Infinity, no bottomless nesting, no duplicate keys that hide one another."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.errors import FieldError, Problem


class StrictRequest(Request):
    """A request whose `json()` refuses what RFC 8259 has no word for."""

    async def json(self) -> Any:
        """The parsed body.

        Raises:
            Problem: NaN, Infinity, a key given twice, nesting without end, or bytes that are not UTF-8.
            json.JSONDecodeError: not JSON.
        """
        if not hasattr(self, "_json"):
            try:
                self._json = json.loads(
                    await self.body(), parse_constant=_refuse_constant, object_pairs_hook=_object
                )
            except RecursionError as error:
                raise Problem("malformed", "the body is nested too deeply") from error
            except UnicodeDecodeError as error:
                raise Problem("malformed", "the body is not UTF-8") from error
            except json.JSONDecodeError:
                raise
            except ValueError as error:  # Python's limit on digits of an int
                raise Problem("malformed", "the body holds a number with too many digits") from error
        return self._json


class StrictRoute(APIRoute):
    """A route that reads its body strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, given a StrictRequest, with our own problems let through its body parsing."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            try:
                return await handler(StrictRequest(request.scope, request.receive))
            except HTTPException as error:
                if isinstance(error.__cause__, Problem):  # FastAPI wraps whatever its body parsing raised
                    raise error.__cause__ from None
                raise

        return strict


def _refuse_constant(name: str) -> NoReturn:
    raise Problem("invalid", f"{name} is not a number JSON knows", [FieldError("body", "every number must be finite")])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Problem("malformed", f"the key {key[:80]!r} is given twice in one object")
            seen.add(key)
    return value
