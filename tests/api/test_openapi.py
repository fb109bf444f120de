"""The OpenAPI file is valid, whole, and the one the client's types are made from; its page needs no other host."""

from __future__ import annotations

import json
import re

import httpx
from openapi_spec_validator import validate

from api.app import create_app
from api.errors import PROBLEMS
from api.openapi import openapi_of
from api.settings import REPOSITORY, Settings


def test_the_file_in_the_client_is_what_the_server_says() -> None:
    kept = json.loads((REPOSITORY / "client" / "openapi.json").read_text())

    said = json.loads(json.dumps(openapi_of(create_app(Settings()))))
    assert kept == said, "run: cyclorama openapi > client/openapi.json"


def test_it_is_valid_and_every_operation_has_a_name_and_problems() -> None:
    document = openapi_of(create_app(Settings()))
    validate(document)

    operations = [op for path in document["paths"].values() for op in path.values()]
    names = [op["operationId"] for op in operations]
    assert document["openapi"].startswith("3.1")
    assert len(set(names)) == len(names) >= 25
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]*", name) for name in names)
    assert all("application/problem+json" in op["responses"]["default"]["content"] for op in operations)
    assert all(op["summary"] for op in operations)


async def test_the_documentation_shows_every_operation_and_problem_without_scripts(owner: httpx.AsyncClient) -> None:
    page = (await owner.get("/api/docs")).text
    document = (await owner.get("/api/openapi.json")).json()

    for operations in document["paths"].values():
        for operation in operations.values():
            assert f"id='{operation['operationId']}'" in page
    assert all(f"id='problem-{kind}'" in page for kind in PROBLEMS)
    assert "<script" not in page
    assert not re.search(r"https?://", page)


async def test_the_scene_schema_is_published(owner: httpx.AsyncClient) -> None:
    schema = (await owner.get("/api/scene-schema")).json()

    assert schema["properties"]["time_of_day"]["maximum"] == 24
    assert schema["properties"]["time_of_day"]["x-control"] == "hour_dial"
