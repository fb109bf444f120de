"""Scores of a set that lies in a directory: what `render.scores` measures of each set of angles, as rows to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from render.engines.base import Progress
from render.errors import SpecError
from render.scores.gate import IDENTITY_GATE, SPATIAL_GATE
from render.set_plan import BASE
from render.sets import Framed

if TYPE_CHECKING:
    from render.scores.reading import Ready

HEAD = ("of", "one place", "same place", "mood", "about")
"""Of the table that `SetScores.rows` gives."""
NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class VariationScores:
    """What was measured of the base or of one variation.

    Args:
        label: what people read.
        pictures: how many took part.
        summary: as documents carry it, see `render.scores.report.summarised`.
        failed: why pictures took no part.
    """

    label: str
    pictures: int
    summary: Mapping[str, Any]
    failed: str = ""

    @property
    def spatial(self) -> float | None:
        """S of its angles; None when not measured."""
        score: float | None = self.summary["spatial"]["score"]
        return score

    @property
    def identity(self) -> float | None:
        """I against the base, of the worst camera; None when not measured, or of the base itself."""
        part = self.summary["identity"]
        return None if part is None else part["score"]

    @property
    def mood(self) -> float | None:
        """Share of the signs of its hour, weather and season that its pictures bear."""
        score: float | None = self.summary["mood"]["score"]
        return score

    @property
    def is_draft(self) -> bool:
        """Whether a score is under its gate."""
        return bool(self.summary["verdict"] == "draft")

    def row(self, *, is_base: bool) -> tuple[str, str, str, str, str]:
        """As under `HEAD`."""
        return (
            self.label, _shown(self.spatial, SPATIAL_GATE) if self.pictures > 1 else "–",
            "–" if is_base else _shown(self.identity, IDENTITY_GATE),
            "–" if self.mood is None else f"{self.mood:.0%}", self.about(),
        )

    def about(self) -> str:
        """What the scores rest on, or why there are none."""
        spatial, identity = self.summary["spatial"], self.summary["identity"] or {}
        words = [self.failed]
        if self.pictures > 1:
            worst = spatial["worst"]
            words.append(spatial["reason"])
            if worst is not None:
                pairs = f"{spatial['measured']} of {spatial['possible']} pairs"
                words.append(f"{pairs} share {spatial['coverage']:.0%} of the picture")
                words.append(f"weakest {' → '.join(worst['pair'])} {worst['score']:.3f}")
        if identity:
            words += sorted({each["reason"] for each in identity["by_camera"].values()})
            if identity["worst"] and len(identity["by_camera"]) > 1:
                words.append(f"least the same place {identity['worst']}")
        return "; ".join(filter(None, words)).replace("_", " ")


@dataclass(frozen=True, slots=True)
class SetScores:
    """What was measured of a whole set.

    Args:
        of: by variation, the base first; empty when there was nothing to compare.
        about: why it is empty.
    """

    of: Mapping[str, VariationScores]
    about: str = ""

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """A table under `HEAD`."""
        if not self.of:
            return [("Base", NOT_MEASURED, "–", "–", self.about)]
        return [scores.row(is_base=variation == BASE) for variation, scores in self.of.items()]


def score_framed(
    framed: Sequence[Framed], out_dir: Path, progress: Progress = lambda share, phase: None
) -> SetScores:
    """Score a set from its files: the angles of the base and of every variation among themselves, each variation's
    pictures against the base's.

    Args:
        framed: pictures that lie in `out_dir`.
        out_dir: their folder.
        progress: called with the share done (0–1).
    """
    flat = [each for each in framed if each.frame.camera != "pano"]
    if len(flat) < 2:
        return SetScores({}, "one picture alone cannot be compared; ask for --angles or --variations")
    from render.scores.identity import score_identity
    from render.scores.mood import score_mood
    from render.scores.report import summarised
    from render.scores.spatial import score_measured

    groups = [(name, list(group)) for name, group in groupby(flat, lambda each: each.frame.variation)]
    base: Mapping[str, Ready] = {}
    found: dict[str, VariationScores] = {}
    for index, (variation, group) in enumerate(groups):
        progress(index / len(groups), f"comparing {group[0].frame.variation_label.lower()}")
        ready, failed = _read(group, out_dir)
        if variation == BASE:
            base = ready
        spatial = score_measured({camera: each.picture for camera, each in ready.items()})
        identity = {
            camera: score_identity(base[camera], each) for camera, each in ready.items()
            if variation != BASE and camera in base
        }
        mood = {camera: score_mood(each) for camera, each in ready.items()}
        if variation != BASE and not identity:
            failed = failed or "the base has no picture of this angle"
        found[variation] = VariationScores(
            group[0].frame.variation_label, len(ready), summarised(spatial, identity, mood), failed
        )
    progress(1.0, "done")
    return SetScores(found)


def _read(group: Sequence[Framed], out_dir: Path) -> tuple[dict[str, Ready], str]:
    """The pictures of one set of angles by camera, and what is wrong with those that cannot be read."""
    from render.scores.reading import read_measured

    ready: dict[str, Ready] = {}
    failed: list[str] = []
    for each in group:
        try:
            png, exr = ((out_dir / each.file(part)).read_bytes() for part in ("image", "depth"))
            ready[each.frame.camera] = read_measured(png, exr)
        except SpecError as error:
            failed.append(f"{each.frame.camera}: {error.message}")
    return ready, "; ".join(failed)


def _shown(score: float | None, gate: float) -> str:
    if score is None:
        return NOT_MEASURED
    return f"{score:.3f}" if score >= gate else f"{score:.3f} draft"
