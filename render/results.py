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
        ids: object ids of `image`, `depth`, `thumb_<width>`.
        finished_at: unix seconds.
    """
    thumbs = {part.removeprefix(THUMB_PREFIX): ids[part] for part in ids if part.startswith(THUMB_PREFIX)}
    return {**about, "image": ids["image"], "depth": ids["depth"], "thumbs": thumbs, "finished_at": finished_at}


def object_ids(result: Mapping[str, Any]) -> list[ObjectId]:
    """Every object a result names."""
    named = [result.get("image"), result.get("depth"), *dict(result.get("thumbs") or {}).values()]
    return [ObjectId(name) for name in named if isinstance(name, str) and is_object_id(name)]
