"""Scores of angle sets: what is scored, and how what was measured goes into the document as an ordinary edit.

A set is the six standard angles of the base or of one variation. It is scored from the pictures as delivered, so its
digest is made of their object ids: a picture that changes makes another set, which is asked for anew, and an older
answer no longer counts. The job is a row like any other, of the slot `<variation|base>/*`, behind all pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collab import renders
from collab.document import EnvironmentsDoc
from collab.origin import AttachOrigin
from collab.planning import plan
from collab.room import Room
from collab.schema import BASE, EnvironmentView
from collab.verdict import Verdict
from render.errors import SpecError
from render.scores.request import SCORES_SUFFIX, Delivered, ScoreSpec
from render.spec import STANDARD_KINDS
from store.ids import ObjectId, is_id, is_object_id


def score_spec(view: EnvironmentView, variation: str) -> ScoreSpec | None:
    """What to score of the base or a variation; None while one of its six pictures is missing or outdated."""
    own = _delivered(view, variation)
    if own is None:
        return None
    base = _delivered(view, BASE) if variation != BASE else None
    return ScoreSpec(own, base or {})


def variation_of(slot: str) -> str | None:
    """The variation whose set a slot `<variation|base>/*` stands for; None for a picture's slot."""
    variation, found, rest = slot.partition(SCORES_SUFFIX)
    return variation if found and not rest and is_id(variation) else None


def attach_scores(
    room: Room, environment: str, variation: str, digest: str, scores: Mapping[str, Any], job: str
) -> Verdict:
    """Write a set's scores into its six slots; a set under the gate is a draft from then on.

    Args:
        room: of the project's environments.
        environment, variation: whose set.
        digest: of the ScoreSpec that was scored.
        scores: the summary, see render/scores/report.py.
        job: its id, for the history.
    """
    tree = EnvironmentsDoc(room.doc)
    view = tree.view(environment)
    if view is None or not view.is_live:
        return Verdict.GONE
    wanted = score_spec(view, variation)
    if wanted is None or wanted.digest() != digest:
        return Verdict.OUTDATED
    if is_scored(view, variation, digest):
        return Verdict.ALREADY
    values: dict[str, dict[str, Any]] = {}
    for camera in STANDARD_KINDS:
        slot = f"{variation}/{camera}"
        values[slot] = renders.scored(view.renders[slot], _for_slot(scores, camera, digest))

    def write(doc: Any) -> None:
        live = EnvironmentsDoc(doc)
        for slot, value in values.items():
            live.set_render(environment, slot, value)

    room.edit(AttachOrigin(job), write)
    return Verdict.ATTACHED


def attach_unscored(
    room: Room, environment: str, variation: str, digest: str, kind: str, sentence: str, job: str
) -> Verdict:
    """The farm could not score the set: said in the slots, unless the same request may succeed next time."""
    if kind in renders.HEALABLE:
        return Verdict.ALREADY
    return attach_scores(room, environment, variation, digest, {"verdict": "not measured", "reason": sentence}, job)


def _delivered(view: EnvironmentView, variation: str) -> dict[str, Delivered] | None:
    """The six pictures, if each is the one the document asks for."""
    found: dict[str, Delivered] = {}
    for camera in STANDARD_KINDS:
        slot = f"{variation}/{camera}"
        value = view.renders.get(slot)
        if value is None or not renders.has_picture(value) or not is_object_id(str(value.get("depth"))):
            return None
        try:
            if not renders.is_current(value, plan(view, slot).digest()):
                return None
        except SpecError:
            return None
        found[camera] = Delivered(ObjectId(value["image"]), ObjectId(value["depth"]))
    return found


def is_scored(view: EnvironmentView, variation: str, digest: str) -> bool:
    """Whether all six slots say what this very set is worth."""
    for camera in STANDARD_KINDS:
        scores = view.renders.get(f"{variation}/{camera}", {}).get("scores")
        if not isinstance(scores, Mapping) or scores.get("digest") != digest:
            return False
    return True


def _for_slot(scores: Mapping[str, Any], camera: str, digest: str) -> dict[str, Any]:
    """The set's summary as one slot carries it: of identity and mood, what concerns this camera."""
    value: dict[str, Any] = {**scores, "digest": digest}
    for name in ("identity", "mood"):
        part = scores.get(name)
        if isinstance(part, Mapping):
            by_camera = part.get("by_camera")
            own = by_camera.get(camera) if isinstance(by_camera, Mapping) else None
            value[name] = {key: item for key, item in part.items() if key != "by_camera"} | {"here": own}
    return value
