"""The API's documentation for people, rendered from the OpenAPI file on the server: no script, no other host."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from api.errors import PROBLEMS
from api.pages import page


def docs_page(document: Mapping[str, Any]) -> str:
    """An HTML page of every operation, its fields and answers, and every problem.

    Args:
        document: the OpenAPI document.
    """
    schemas = document["components"]["schemas"]
    parts: list[str] = []
    for tag in document["tags"]:
        blocks = [
            _operation(method, path, operation, schemas)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
            if tag["name"] in operation.get("tags", [])
        ]
        parts.append(f"<h2 id='{tag['name']}'>{tag['name'].capitalize()}</h2><p>{escape(tag['description'])}</p>")
        parts += blocks
    tags = "".join(f"<a href='#{tag['name']}'>{tag['name'].capitalize()}</a>" for tag in document["tags"])
    rows = "".join(
        f"<tr id='problem-{kind}'><td><code>{kind}</code></td><td>{status}</td><td>{escape(title)}</td></tr>"
        for kind, (status, title) in PROBLEMS.items()
    )
    return page(
        "Cyclorama API",
        f"<h1>Cyclorama API <span class='quiet'>{escape(document['info']['version'])}</span></h1>"
        f"<p>{_prose(document['info']['description'])}</p>"
        f"<nav>{tags}<a href='#problems'>Problems</a><a href='/api/openapi.json'>openapi.json</a></nav>"
        + "".join(parts)
        + "<h2 id='problems'>Problems</h2><p>Every error is <code>application/problem+json</code> (RFC 9457): "
        "<code>type, title, status, detail, instance, errors: [{field, message}], request_id</code>.</p>"
        f"<table>{rows}</table>",
    )


def _operation(method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    parts = [
        f"<details id='{operation['operationId']}'><summary><span class='method {method}'>{method.upper()}</span>"
        f"<code>{escape(path)}</code><span class='quiet'>{escape(operation.get('summary', ''))}</span></summary>"
    ]
    if operation.get("description"):
        parts.append(f"<p>{_prose(operation['description'])}</p>")
    if operation.get("parameters"):
        rows = "".join(
            _row(p["name"], p["schema"], p.get("required", False), schemas, p.get("description"), p["in"])
            for p in operation["parameters"]
        )
        parts.append(f"<h3>Parameters</h3><table>{rows}</table>")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        parts.append(f"<h3>Body</h3>{_fields(body, schemas)}")
    for status, response in operation["responses"].items():
        if status == "default":
            continue
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        parts.append(f"<h3>{status} {escape(response.get('description', ''))}</h3>{_fields(schema, schemas)}")
    return "".join(parts) + "</details>"


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    resolved = _resolve(schema, schemas)
    if not resolved.get("properties"):
        return ""
    required = resolved.get("required", [])
    rows = "".join(
        _row(name, value, name in required, schemas, value.get("description"))
        for name, value in resolved["properties"].items()
    )
    about = f"<p class='quiet'>{escape(resolved['description'])}</p>" if resolved.get("description") else ""
    return f"{about}<table>{rows}</table>"


def _row(
    name: str, schema: Mapping[str, Any], required: bool, schemas: Mapping[str, Any], about: str | None, where: str = ""
) -> str:
    notes = [where] if where else []
    notes += ["required"] if required else []
    return (
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_type(schema, schemas))}</td>"
        f"<td class='quiet'>{', '.join(notes)}</td><td>{_prose(about or '')}</td></tr>"
    )


def _type(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        inner = schemas.get(name, {})
        fields = ", ".join(inner.get("properties", {}))
        return f"{name} {{{fields}}}" if fields else name
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(each, schemas) for each in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}), schemas)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_type(schema['additionalProperties'], schemas)}"
    low, high = schema.get("minLength", schema.get("minimum")), schema.get("maxLength", schema.get("maximum"))
    limits = [f"from {low:,}"] if low is not None else []
    limits += [f"to {high:,}"] if high is not None else []
    unit = " characters" if kind == "string" else ""
    return f"{kind}, {' '.join(limits)}{unit}" if limits else str(kind)


def _resolve(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        found: Mapping[str, Any] = schemas.get(schema["$ref"].rpartition("/")[2], {})
        return found
    return schema


def _prose(text: str) -> str:
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if n % 2 else piece for n, piece in enumerate(pieces))
