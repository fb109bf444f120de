"""The OpenAPI 3.1 file: what FastAPI finds in the routes, plus the problem every operation may answer with."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.auth import COOKIE
from api.errors import PROBLEM_JSON
from api.models.base import ProblemBody

TAGS = [
    {"name": "people", "description": "Signing in, one's own name and tokens."},
    {"name": "projects", "description": "Projects and who works on them."},
    {"name": "environments", "description": "The places of a project, and requests for pictures of them."},
    {"name": "history", "description": "What a project's documents were at any moment, and who changed them."},
    {"name": "jobs", "description": "Render jobs."},
    {"name": "objects", "description": "Pictures and depth, by the sha256 of their bytes."},
    {"name": "scene", "description": "What a scene can be told."},
    {"name": "health", "description": "Whether the server is alive and ready."},
]
DESCRIPTION = (
    "The place where a film team builds its locations together and sees them rendered while they talk. "
    "Edits made here go through the same living documents that browsers share over "
    "`/ws/project/{project_id}/environments`. Times are unix seconds. Tools send `Authorization: Bearer <token>`."
)


def installed_version() -> str:
    """The version of this installation."""
    try:
        return version("cyclorama")
    except PackageNotFoundError:
        return "0"


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """The app's OpenAPI 3.1 document; made once, then kept on the app."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    document = get_openapi(
        title="Cyclorama", version=installed_version(), description=DESCRIPTION, routes=app.routes, tags=TAGS
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["ProblemBody"] = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas["ProblemBody"].pop("$defs", None)
    schemas["FieldProblem"] = ProblemBody.model_json_schema()["$defs"]["FieldProblem"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An API token, for tools."},
        "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "A browser's session."},
    }
    problem = {
        "description": "A problem (RFC 9457) that says what is wrong and how to mend it.",
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = problem
            if path.startswith("/api/") and path not in ("/api/sign-in", "/api/scene-schema"):
                operation["security"] = [{"bearer": []}, {"cookie": []}]
    app.openapi_schema = document
    return document
