"""What a finished job leaves in the ledger and the document: names of objects, never bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store.ids import ObjectId, is_object_id

THUMB_PREFIX = "thumb_"


def settled_result(about: Mapping[str, Any], ids: Mapping[str, ObjectId], finished_at: float) -> dict[str, Any]:
    """The result of a settled render.

    Args:
        about: width, height, tier, engine, camera, scores, notes, render_s.
        ids: object ids of `image`, `depth`, `thumb_<width>`, and `sidecar` where there is one.
        finished_at: unix seconds.
    """
    thumbs = {part.removeprefix(THUMB_PREFIX): ids[part] for part in ids if part.startswith(THUMB_PREFIX)}
    files: dict[str, Any] = {part: ids[part] for part in ("image", "depth", "sidecar") if part in ids}
    return {**about, **files, "thumbs": thumbs, "finished_at": finished_at}


def scores_result(about: Mapping[str, Any], ids: Mapping[str, ObjectId], finished_at: float) -> dict[str, Any]:
    """The result of a scored set: the scores, and the object that holds every pair's figures (`report`, JSON)."""
    return {**about, "report": ids["report"], "finished_at": finished_at}


def object_ids(result: Mapping[str, Any]) -> list[ObjectId]:
    """Every object a result names."""
    named = [result.get(part) for part in ("image", "depth", "sidecar", "report")]
    named += dict(result.get("thumbs") or {}).values()
    return [ObjectId(name) for name in named if isinstance(name, str) and is_object_id(name)]
