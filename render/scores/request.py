"""What is asked of the farm when a set of pictures is to be scored. Loads no torch.

A score is work like a picture: it has a spec, a digest, a row in the ledger. Its spec names pictures, not scenes: the
same pictures give the same scores, and a set whose picture changed asks for another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from render.errors import SpecError
from store.ids import ObjectId, is_object_id

SCORES_VERSION = "1"
"""Raise it whenever scores change for the same pictures: it is part of every digest."""
SCORES_TIER = "scores"
SCORES_SUFFIX = "/*"
"""A score's slot is `<variation|base>/*`: all angles of one variation. No camera can be called that."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivered picture: the objects that hold it.

    Args:
        image: PNG. depth: EXR with reference depth and the camera.
    """

    image: ObjectId
    depth: ObjectId


@dataclass(frozen=True, slots=True)
class ScoreSpec:
    """A set to be scored.

    Args:
        pictures: by camera. base: the same cameras' pictures of the base, for a variation; else empty.
    """

    pictures: Mapping[str, Delivered]
    base: Mapping[str, Delivered] = field(default_factory=dict)
    tier: str = SCORES_TIER

    def to_json(self) -> dict[str, Any]:
        """Canonical, JSON-ready form; `parse_scores` reads it back."""
        return {
            "kind": "scores",
            "scores_version": SCORES_VERSION,
            "pictures": {name: [each.image, each.depth] for name, each in self.pictures.items()},
            "base": {name: [each.image, each.depth] for name, each in self.base.items()},
        }

    def digest(self) -> str:
        """Hex sha256 of the canonical JSON."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def needed(self) -> Iterator[tuple[str, str, Delivered]]:
        """Every picture as (part, camera, objects), part being `pictures` or `base`."""
        for camera, each in self.pictures.items():
            yield "pictures", camera, each
        for camera, each in self.base.items():
            yield "base", camera, each


def is_scores(spec: Mapping[str, Any]) -> bool:
    """Whether a spec's JSON asks for scores instead of a picture."""
    return spec.get("kind") == "scores"


def parse_scores(value: Mapping[str, Any]) -> ScoreSpec:
    """Read back `ScoreSpec.to_json()`.

    Raises:
        SpecError: it is not one.
    """
    return ScoreSpec(_delivered(value, "pictures"), _delivered(value, "base"))


def _delivered(value: Mapping[str, Any], part: str) -> dict[str, Delivered]:
    named = value.get(part)
    if not isinstance(named, Mapping):
        raise SpecError(part, "must be an object of pictures by camera")
    found: dict[str, Delivered] = {}
    for camera, ids in named.items():
        if not isinstance(ids, list) or len(ids) != 2 or not all(isinstance(i, str) and is_object_id(i) for i in ids):
            raise SpecError(f"{part}.{camera}", "must be the object ids of a picture and its depth")
        found[str(camera)] = Delivered(ObjectId(ids[0]), ObjectId(ids[1]))
    return found
