"""Scores of a set that lies in a directory: what `render.scores` measures, as rows that people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from render.engines.base import Progress
from render.errors import SpecError
from render.scores import IDENTITY_GATE, SPATIAL_GATE
from render.sets import BASE, Framed

NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class SetScores:
    """What was measured.

    Args:
        spatial: of the base's angles; None when it was not measured.
        spatial_about: why not, or what it rests on.
        identity: by variation id; None where it was not measured.
        identity_about: by variation id.
    """

    spatial: float | None
    spatial_about: str
    identity: Mapping[str, float | None] = field(default_factory=dict)
    identity_about: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, str, str]]:
        """What, score, and what to know about it."""
        rows = [("Angles, spatial", _shown(self.spatial, SPATIAL_GATE), self.spatial_about)]
        for variation, score in self.identity.items():
            rows.append((
                f"{variation}, identity", _shown(score, IDENTITY_GATE), self.identity_about.get(variation, "")
            ))
        return rows

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "spatial": self.spatial, "spatial_about": self.spatial_about, "identity": dict(self.identity),
            "identity_about": dict(self.identity_about),
        }


def score_framed(
    framed: Sequence[Framed], out_dir: Path, progress: Progress = lambda share, phase: None
) -> SetScores:
    """Score a set from its files: the base's angles among themselves, each variation against the base.

    Args:
        framed: pictures that lie in `out_dir`.
        out_dir: their folder.
        progress: called with the share done (0–1).
    """
    base = [each for each in framed if each.frame.variation == BASE and each.frame.camera != "pano"]
    others = [each for each in framed if each.frame.variation != BASE]
    if len(base) < 2 and not others:
        return SetScores(None, "one picture alone cannot be compared; ask for --angles or --variations")
    from render.scores.identity import score_identity
    from render.scores.reading import Ready, read_measured
    from render.scores.spatial import score_measured

    progress(0.0, "reading the pictures back")
    ready: dict[str, Ready] = {}
    failed: dict[str, str] = {}
    for each in [*base, *others]:
        try:
            png, exr = ((out_dir / each.file(part)).read_bytes() for part in ("image", "depth"))
            ready[each.frame.slot] = read_measured(png, exr)
        except SpecError as error:
            failed[each.frame.slot] = error.message
    spatial, about = None, "ask for --angles"
    if len(base) > 1:
        measured = score_measured(
            {each.frame.camera: ready[each.frame.slot].picture for each in base if each.frame.slot in ready},
            lambda share: progress(0.8 * share, "comparing the angles"),
        )
        spatial = measured.score
        about = f"{measured.measured} of {measured.possible} pairs share {measured.coverage:.0%} of the picture"
        if measured.worst is not None and measured.worst.score is not None:
            about += f"; worst {measured.worst.first} → {measured.worst.second} {measured.worst.score:.3f}"
        about = "; ".join(filter(None, [measured.reason, about]))
    identity: dict[str, float | None] = {}
    remarks: dict[str, str] = {}
    for each in others:
        progress(0.9, f"comparing {each.frame.variation_label.lower()}")
        origin, name = f"{BASE}/{each.frame.camera}", each.frame.variation
        if origin not in ready or each.frame.slot not in ready:
            identity[name] = None
            remarks[name] = failed.get(each.frame.slot) or failed.get(origin) or "the base has no picture of this angle"
            continue
        found = score_identity(ready[origin], ready[each.frame.slot])
        identity[name], remarks[name] = found.score, found.reason
    progress(1.0, "done")
    return SetScores(spatial, about, identity, remarks)


def _shown(score: float | None, gate: float) -> str:
    if score is None:
        return NOT_MEASURED
    return f"{score:.3f}" if score >= gate else f"{score:.3f} (below {gate:g}: a draft)"
