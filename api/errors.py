"""What goes wrong, as the outside sees it: RFC 9457 problem JSON. One table maps the house's errors to answers.

Sources: https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from collab.errors import CollabError, NotSavingError
from collab.schema import InvalidEditError, NoSuchRecordError
from render.errors import RenderError, SpecError
from store.errors import ConflictError, NotFoundError, StorageFullError, StoreError, UnavailableError

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"

PROBLEMS: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read"),
    "sign-in": (401, "Sign in first"),
    "not-allowed": (403, "You may not do that"),
    "not-found": (404, "There is no such thing"),
    "wrong-method": (405, "This address does not take that method"),
    "conflict": (409, "It has changed, or exists already"),
    "too-large": (413, "The request is too large"),
    "not-json": (415, "Send JSON"),
    "range": (416, "That range lies outside the object"),
    "invalid": (422, "Something in the request is not valid"),
    "too-often": (429, "Too many attempts"),
    "failed": (500, "Something went wrong on our side"),
    "unavailable": (503, "A service this needs does not answer"),
    "storage-full": (507, "There is no room left for this"),
}
"""Every kind of problem: its word (part of `type`), status and title. The API's docs page lists them."""

_KIND_BY_STATUS = {status: kind for kind, (status, _) in PROBLEMS.items()}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: its dotted path in the request, and a sentence with the mend."""

    field: str
    message: str


@dataclass
class Problem(Exception):
    """Raised by routes to answer with a problem.

    Args:
        kind: a key of PROBLEMS.
        detail: a sentence about this very case, with the mend where there is one.
        errors: the fields at fault, if fields are at fault.
        headers: further response headers.
    """

    kind: str
    detail: str = ""
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_of(error: BaseException) -> Problem | None:
    """The problem a domain error is shown as, or None when it is not one of ours."""
    match error:
        case Problem():
            return error
        case SpecError() | InvalidEditError():
            return Problem("invalid", str(error), [FieldError(error.field, error.message)])
        case NoSuchRecordError():
            return Problem("not-found", str(error))
        case NotSavingError():
            return Problem("unavailable", str(error), headers={"retry-after": "5"})
        case CollabError():
            return Problem("failed", str(error))
        case RenderError():
            return Problem("failed", str(error))
        case NotFoundError():
            return Problem("not-found", str(error))
        case ConflictError():
            return Problem("conflict", str(error))
        case UnavailableError():
            return Problem("unavailable", str(error), headers={"retry-after": "2"})
        case StorageFullError():
            return Problem("storage-full", str(error), headers={"retry-after": "60"})
        case StoreError():
            return Problem("failed", str(error))
    return None


def problem_response(problem: Problem, scope: Scope) -> Response:
    """The problem as a response to the request in `scope`, and as an event in the log."""
    status, title = PROBLEMS[problem.kind]
    request_id = scope.get("request_id", "")
    body: dict[str, Any] = {
        "type": f"/api/docs#problem-{problem.kind}",
        "title": title,
        "status": status,
        "detail": problem.detail or title,
        "instance": scope["path"],
        "errors": [{"field": e.field, "message": e.message} for e in problem.errors],
        "request_id": request_id,
    }
    logger.log(
        logging.WARNING if status >= 500 else logging.INFO,
        "request.%s request=%s user=%s method=%s path=%s status=%d kind=%s: %.300s",
        "failed" if status >= 500 else "refused", request_id, scope.get("user_id", ""), scope["method"], scope["path"],
        status, problem.kind, problem.detail,
    )
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, status, dict(problem.headers), PROBLEM_JSON)


def install_error_handlers(app: FastAPI) -> None:
    """Make every error of the app a problem."""

    async def domain(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        assert problem is not None
        return problem_response(problem, request.scope)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem_response(_invalid(error), request.scope)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        kind = _KIND_BY_STATUS.get(error.status_code, "failed" if error.status_code >= 500 else "malformed")
        details = {
            "not-found": f"nothing lives at {request.url.path[:200]}",
            "wrong-method": f"{request.url.path[:200]} does not take {request.method[:20]}",
            "malformed": "the body is not readable JSON",
        }
        problem = Problem(kind, details.get(kind, str(error.detail)), headers=error.headers or {})
        return problem_response(problem, request.scope)

    for kind in (Problem, StoreError, RenderError, CollabError):
        app.add_exception_handler(kind, domain)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


_WHERE = frozenset({"body", "path", "query", "header", "cookie"})


def _invalid(error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(e["type"] == "json_invalid" for e in found):
        at = found[0]["loc"][-1]
        why = found[0].get("ctx", {}).get("error", "")
        return Problem("malformed", f"the body is not JSON: {why} at character {at}")
    if isinstance(error.body, bytes):
        return Problem("not-json", "send the body as JSON, with the header content-type: application/json")
    errors = []
    for e in found:
        parts = [str(part) for part in e["loc"]]
        if parts and parts[0] in _WHERE:
            parts = parts[1:]
        errors.append(FieldError(".".join(parts)[:200] or "body", _sentence(e)[:400]))
    first = errors[0] if errors else FieldError("body", "is not valid")
    return Problem("invalid", f"{first.field}: {first.message}", errors[:50])


def _sentence(error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return "no such field; leave it out"
        case "missing":
            return "is required"
        case "string_too_long":
            return f"may have at most {context['max_length']} characters"
        case "string_too_short":
            return f"must have at least {context['min_length']} characters"
        case "too_long":
            return f"may have at most {context['max_length']} entries"
        case "finite_number":
            return "must be a finite number"
        case "literal_error":
            return f"must be one of {context['expected']}"
        case "value_error":
            return str(context["error"])
    message = str(error["msg"])
    return message.replace("Input should be", "must be").replace("Input", "it")
