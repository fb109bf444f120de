"""Store URLs and ids that cannot be right are refused where they are read."""

from __future__ import annotations

import pytest

from store.config import StoreConfig
from store.ids import DocId, ProjectId, is_id, is_object_id, new_id


@pytest.mark.parametrize(
    ("urls", "field"),
    [
        (("mysql://x", "file:///o", None), "database_url"),
        (("/var/db", "file:///o", None), "database_url"),
        (("sqlite:////db", "ftp://o", None), "objects_url"),
        (("sqlite:////db", "file:///o", "http://redis"), "redis_url"),
    ],
)
def test_a_url_of_the_wrong_kind_is_refused_by_name(urls: tuple[str, str, str | None], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        StoreConfig(*urls)


def test_a_refusal_does_not_repeat_the_password() -> None:
    with pytest.raises(ValueError) as raised:
        StoreConfig("mysql://me:hunter2@host/db", "file:///o")

    assert "hunter2" not in str(raised.value)


def test_a_document_is_named_by_its_project_and_kind() -> None:
    doc = DocId(ProjectId("prj_a"), "votes")

    assert DocId.parse(str(doc)) == doc
    for text in ("prj_a", "prj_a/other", "/votes", "a b/votes", "prj_a/votes/"):
        with pytest.raises(ValueError, match="no document"):
            DocId.parse(text)


def test_ids_say_what_they_name_and_are_safe_in_paths() -> None:
    made = {new_id("env") for _ in range(100)}

    assert len(made) == 100
    assert all(text.startswith("env_") and is_id(text) for text in made)
    assert not is_id("../etc")
    assert not is_id("")
    assert is_object_id("a" * 64)
    assert not is_object_id("A" * 64)
