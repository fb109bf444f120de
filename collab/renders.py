"""The values that stand in `renders[slot]`, and how each follows from the one before. Pure Python.

    digest     of the picture named by `image`
    wanted     of the picture asked for, while it is queued or after it failed; then `digest` and `image` still tell
               of the picture before, so that nothing goes blank
    canceled   of the picture somebody stopped; it is not asked for again by itself

A slot that never had a picture carries `digest` = `wanted` and no `image`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collab.schema import plain_number
from store.ids import is_object_id

RenderValue = Mapping[str, Any]

HEALABLE = frozenset({"worker_lost", "storage", "timeout_no_progress"})
"""Failures that say nothing about the request: the same request may succeed next time."""

_OF_THE_REQUEST = ("state", "wanted", "canceled", "error", "error_kind")


def queued(old: RenderValue | None, wanted: str) -> dict[str, Any]:
    """A picture is on its way; the one before stays."""
    return {"digest": wanted, **_picture(old), "state": "queued", "wanted": wanted}


def done(digest: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """The picture is there.

    Args:
        digest: of the spec it was rendered from.
        result: the farm's result, see render/events.py.
    """
    return {**{key: _plain(value) for key, value in result.items()}, "state": "done", "digest": digest}


def failed(old: RenderValue | None, wanted: str, kind: str, sentence: str) -> dict[str, Any]:
    """The picture did not come, and why; the one before stays.

    Args:
        old: what stands in the slot.
        wanted: digest of the failed request; empty when the environment could not even be planned.
        kind: a render.errors.FailureKind.
        sentence: what happened, for people.
    """
    base = {"digest": wanted} if wanted else {}
    return {**base, **_picture(old), "state": "failed", "wanted": wanted, "error_kind": kind, "error": sentence}


def canceled(old: RenderValue, digest: str) -> dict[str, Any] | None:
    """Back to the picture before; None (no slot) when there was none."""
    picture = _picture(old)
    return {**picture, "state": _state_of(picture), "canceled": digest} if picture else None


def scored(value: RenderValue, scores: Mapping[str, Any]) -> dict[str, Any]:
    """The same picture, and what its set is worth: under the gate it is a draft."""
    told = {key: _plain(item) for key, item in value.items()} | {"scores": dict(scores)}
    return told | {"state": _state_of(told)}


def has_picture(value: RenderValue | None) -> bool:
    """Whether the slot names a picture, of whatever age."""
    return value is not None and isinstance(value.get("image"), str) and is_object_id(value["image"])


def is_current(value: RenderValue | None, digest: str) -> bool:
    """Whether the slot holds the finished picture of that digest."""
    return has_picture(value) and value is not None and value.get("state") in ("done", "draft") and (
        value.get("digest") == digest
    )


def awaits(value: RenderValue | None, digest: str) -> bool:
    """Whether the slot says that this very picture is on its way."""
    return value is not None and value.get("state") == "queued" and value.get("wanted", value.get("digest")) == digest


def failed_for(value: RenderValue | None, digest: str) -> str | None:
    """The kind of failure, when this very picture failed; else None."""
    if value is None or value.get("state") != "failed" or value.get("wanted") != digest:
        return None
    kind = value.get("error_kind")
    return kind if isinstance(kind, str) else ""


def is_owed(value: RenderValue | None, digest: str) -> bool:
    """Whether the slot is to be rendered for this digest.

    It is when the picture is missing, outdated or said to be on its way (asking twice is harmless), or when a failure
    said nothing about the request. It is not when this very picture is there, cannot be made, or was stopped by hand.
    """
    if is_current(value, digest) or (value is not None and value.get("canceled") == digest):
        return False
    failure = failed_for(value, digest)
    return failure is None or failure in HEALABLE


def _state_of(picture: RenderValue) -> str:
    scores = picture.get("scores")
    return "draft" if isinstance(scores, Mapping) and scores.get("verdict") == "draft" else "done"


def _picture(value: RenderValue | None) -> dict[str, Any]:
    """What a value says of its picture, without what it says of a request; empty when it has none."""
    if value is None or not has_picture(value):
        return {}
    return {key: _plain(item) for key, item in value.items() if key not in _OF_THE_REQUEST}


def _plain(value: Any) -> Any:
    """Whole numbers as such again: the document reads 768 back as 768.0."""
    return plain_number(value) if isinstance(value, float) and value == value and abs(value) < 2**53 else value
