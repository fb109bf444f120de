"""What is measured of one delivered set: the summary that documents carry, and the report with every figure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from render.errors import EngineError
from render.scores.gate import verdict
from render.scores.identity import Identity, score_identity
from render.scores.mood import Mood, score_mood
from render.scores.reading import Ready
from render.scores.request import SCORES_VERSION, ScoreSpec
from render.scores.spatial import SpatialScore, score_measured

Supplies = Mapping[str, Ready | Exception]
"""By `pictures/<camera>` or `base/<camera>`; an exception where the files could not be read."""


def score_delivered(
    spec: ScoreSpec, supplies: Supplies, check: Callable[[float], None]
) -> tuple[dict[str, Any], bytes]:
    """Score a set.

    Args:
        spec: which pictures.
        supplies: the pictures.
        check: told the share done; may raise to stop.

    Returns:
        `{"scores": summary}` and the report, UTF-8 JSON.

    Raises:
        RenderError: a picture did not arrive, or is not one that can be scored.
    """
    held: dict[tuple[str, str], Ready] = {}
    for part, camera, _ in spec.needed():
        found = supplies.get(f"{part}/{camera}")
        if isinstance(found, Exception):
            raise found
        if found is None:
            raise EngineError(f"the picture of {camera} did not arrive at the render process")
        held[part, camera] = found
    check(0.05)
    spatial = score_measured(
        {camera: held["pictures", camera].picture for camera in spec.pictures}, lambda share: check(0.05 + 0.7 * share)
    )
    check(0.75)
    identity = {camera: score_identity(held["base", camera], held["pictures", camera]) for camera in spec.base}
    check(0.95)
    mood = {camera: score_mood(held["pictures", camera]) for camera in spec.pictures}
    summary = summarised(spatial, identity, mood)
    return {"scores": summary}, json.dumps({**summary, "pairs": _pairs(spatial)}, sort_keys=True).encode()


def summarised(
    spatial: SpatialScore, identity: Mapping[str, Identity], mood: Mapping[str, Mood]
) -> dict[str, Any]:
    """What documents carry of a set."""
    known = {camera: each.score for camera, each in identity.items() if each.score is not None}
    worst = min(known, key=lambda camera: known[camera]) if known else None
    moods = [each.score for each in mood.values() if each.score is not None]
    lowest = None if worst is None else known[worst]
    return {
        "version": SCORES_VERSION,
        "verdict": verdict(spatial.score, lowest),
        "spatial": spatial.to_json(),
        "identity": None if not identity else {
            "score": None if lowest is None else round(lowest, 4), "worst": worst,
            "by_camera": {camera: each.to_json() for camera, each in identity.items()},
        },
        "mood": {
            "score": round(sum(moods) / len(moods), 4) if moods else None,
            "by_camera": {camera: each.to_json() for camera, each in mood.items()},
        },
    }  # fmt: skip


def _pairs(spatial: SpatialScore) -> list[dict[str, Any]]:
    return [
        {
            "first": pair.first, "second": pair.second, "score": None if pair.score is None else round(pair.score, 4),
            "coverage": round(pair.coverage, 4), **{name: round(share, 4) for name, share in pair.parts.items()},
        }
        for pair in spatial.pairs
    ]  # fmt: skip
