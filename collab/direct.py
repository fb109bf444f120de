"""What tools ask of documents: edits and renders by hand, through the same door as people, with an author.

Each call validates first, edits the room under DirectOrigin, and returns once the edit is durable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from collab import renders
from collab.directory import Directory
from collab.document import EnvironmentsDoc
from collab.ordering import (
    ANGLES_PRIORITY,
    EDIT_PRIORITY,
    VARIATIONS_PRIORITY,
    Farm,
    Order,
    Placed,
    always,
    place,
)
from collab.origin import DirectOrigin
from collab.planning import names_something, plan
from collab.room import Room
from collab.schema import (
    BASE,
    MAX_VARIATIONS,
    PANO,
    EnvironmentView,
    InvalidEditError,
    LimitError,
    NewEnvironment,
    NoSuchRecordError,
)
from collab.variations import proposals
from render.errors import SpecError
from render.spec import STANDARD_KINDS
from store.errors import ConflictError
from store.ids import EnvironmentId, JobId, new_id
from store.jobs import Job

T = TypeVar("T")

SAVED_WITHIN_S = 4.0
"""A tool that asks hears "not saved yet" before its own patience ends; the room keeps the edit and goes on trying."""


class RetryingFarm(Protocol):
    """What a retry asks of the farm; render.queue.Farm provides it."""

    async def retry(self, job_id: JobId, user: str) -> Job:
        """Ask again for what an ended job asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request by hand set going."""

    id: str
    jobs: tuple[Placed, ...]


async def create_environment(
    room: Room, directory: Directory, new: NewEnvironment, *, user: str, now: float,
    environment: EnvironmentId | None = None,
) -> EnvironmentView:
    """Add an environment to the project; its first picture is rendered by itself.

    Args:
        room: of the project's environments.
        directory: so that the id alone finds it from now on.
        new: its first contents.
        user: who makes it.
        now: Unix seconds.
        environment: its id; a fresh one when None.

    Raises:
        InvalidEditError, LimitError: see EnvironmentsDoc.create_environment.
        UnavailableError: it is not known to be durable.
    """
    made = environment or EnvironmentId(new_id("env"))
    view = _edit(
        room, user, "create", lambda tree: tree.create_environment(made, new, created_by=user, now=now)
    )
    await directory.put(made, room.doc_id.project)
    await room.saved(SAVED_WITHIN_S)
    return view


async def patch_environment(
    room: Room, environment: str, changes: Mapping[str, object], *, user: str
) -> EnvironmentView:
    """Change fields of an environment; see EnvironmentsDoc.patch for what and how.

    Raises:
        NoSuchRecordError, InvalidEditError, LimitError: nothing was changed.
        UnavailableError: the change is not known to be durable.
    """
    view = _edit(room, user, "patch", lambda tree: tree.patch(environment, changes))
    await room.saved(SAVED_WITHIN_S)
    return view


async def archive_environment(room: Room, environment: str, *, user: str, now: float) -> EnvironmentView:
    """Put an environment away; it can be restored. Raises as `patch_environment` does."""
    view = _edit(room, user, "archive", lambda tree: tree.archive(environment, now))
    await room.saved(SAVED_WITHIN_S)
    return view


async def restore_environment(room: Room, environment: str, *, user: str) -> EnvironmentView:
    """Bring an archived environment back. Raises as `patch_environment` does."""
    view = _edit(room, user, "restore", lambda tree: tree.archive(environment, None))
    await room.saved(SAVED_WITHIN_S)
    return view


async def request_generate(
    room: Room, farm: Farm, environment: str, *, user: str, variation: str | None = None, camera: str | None = None,
    quality: str | None = None, use_360: bool = False,
) -> Batch:
    """Render one slot now.

    Args:
        room: of the project's environments.
        farm: renders.
        environment: which one.
        user: who asks.
        variation: of the environment; the base when None.
        camera: a standard angle, a custom camera's id or "pano"; the wide establishing angle when None.
        quality: becomes the environment's quality when given: a slot has one quality, so that everybody sees the same.
        use_360: the panorama instead of a camera.

    Raises:
        NoSuchRecordError: no such environment, variation or camera.
        InvalidEditError: the environment is archived, or the quality unknown.
        UnavailableError: the farm or the store does not answer; the slot stays marked and is asked for again.
    """
    if use_360 and camera not in (None, PANO):
        raise InvalidEditError("camera", "leave the camera out with use_360: a panorama has none")
    slot = f"{variation or BASE}/{PANO if use_360 else camera or STANDARD_KINDS[0]}"
    view = _live(room, environment, [slot])
    if quality is not None and quality != view.quality:
        _edit(room, user, "generate", lambda tree: tree.patch(environment, {"quality": quality}))
    return await _request(room, farm, environment, [slot], EDIT_PRIORITY, user=user, what="generate")


async def request_angles(
    room: Room, farm: Farm, environment: str, *, user: str, angles: Sequence[str] | None = None,
    variation: str | None = None,
) -> Batch:
    """Render several angles now, and from then on after every edit.

    Args:
        room, farm, environment, user, variation: as in `request_generate`.
        angles: standard angles, custom cameras' ids or "pano"; the six standard angles when None.

    Raises:
        As `request_generate` does.
    """
    if angles is not None and not angles:
        raise InvalidEditError("angles", "name at least one angle, or leave it out for the six standard ones")
    slots = [f"{variation or BASE}/{angle}" for angle in dict.fromkeys(angles or STANDARD_KINDS)]
    _live(room, environment, slots)
    return await _request(room, farm, environment, slots, ANGLES_PRIORITY, user=user, what="multi-angle")


async def request_variations(
    room: Room, farm: Farm, environment: str, *, user: str, types: Sequence[str], camera: str | None = None
) -> Batch:
    """Propose the named sets of variations and render each from one camera.

    A variation of the set that exists already keeps its overrides, which somebody may have tuned.

    Args:
        room, farm, environment, user: as in `request_generate`.
        types: any of time_of_day, weather, season.
        camera: as in `request_generate`.

    Raises:
        As `request_generate` does; LimitError when the environment has its fill of variations.
    """
    wanted = proposals(types)
    camera = camera or STANDARD_KINDS[0]
    view = _live(room, environment, [f"{BASE}/{camera}"])
    missing = [proposal for proposal in wanted if proposal.id not in view.variations]
    if missing and len(view.variations) + len(missing) > MAX_VARIATIONS:
        raise LimitError("variations", f"an environment holds at most {MAX_VARIATIONS}; remove some first")

    def add(tree: EnvironmentsDoc) -> None:
        for proposal in missing:
            tree.add_variation(
                environment, proposal.id, label=proposal.label, axis=proposal.axis, overrides=proposal.overrides,
                proposed_by=user,
            )

    if missing:
        _edit(room, user, "variations", add)
    slots = [f"{proposal.id}/{camera}" for proposal in wanted]
    return await _request(room, farm, environment, slots, VARIATIONS_PRIORITY, user=user, what="variations")


async def request_retry(room: Room, farm: RetryingFarm, job: Job, *, user: str) -> Job:
    """Ask again for an ended job's picture, as a new job.

    If the document still asks for that picture, its slot says so first, as with every other request: a canceled or
    failed slot is `queued` again, and kept rendered from then on.

    Args:
        room: of the job's project's environments.
        farm: renders.
        job: the ended one.
        user: who asks.

    Raises:
        ConflictError: the job has not ended.
        UnavailableError: the farm or the store does not answer; the slot stays marked and is asked for again.
    """
    if not job.is_terminal:
        raise ConflictError(f"job {job.id} is still {job.state}; cancel it first or wait for it")
    if job.lane == "settled" and _asks_for(room, job):
        value = EnvironmentsDoc(room.doc).render(job.environment, job.slot)
        if not renders.awaits(value, job.digest) and not renders.is_current(value, job.digest):
            mark = renders.queued(value, job.digest)
            _edit(room, user, "retry", lambda tree: tree.set_render(job.environment, job.slot, mark))
    retried = await farm.retry(job.id, user)
    await room.saved(SAVED_WITHIN_S)
    return retried


def _asks_for(room: Room, job: Job) -> bool:
    """Whether the document still wants what the job was to render."""
    view = EnvironmentsDoc(room.doc).view(job.environment)
    if view is None or not view.is_live or not names_something(view, job.slot):
        return False
    try:
        return plan(view, job.slot).digest() == job.digest
    except SpecError:
        return False


def _edit(room: Room, user: str, what: str, change: Callable[[EnvironmentsDoc], T]) -> T:
    return room.edit(DirectOrigin(user, what), lambda doc: change(EnvironmentsDoc(doc)))


def _live(room: Room, environment: str, slots: Sequence[str]) -> EnvironmentView:
    """The environment, if it is one to render and the slots name something in it."""
    view = EnvironmentsDoc(room.doc).view(environment)
    if view is None:
        raise NoSuchRecordError(f"no environment {environment} in this project")
    if not view.is_live:
        what = "archived; restore it first" if view.archived_at is not None else "no map in the document; recreate it"
        raise InvalidEditError("environment", f"{environment} is {what}")
    for slot in slots:
        if not names_something(view, slot):
            raise NoSuchRecordError(f"environment {environment} has no variation or camera for {slot[:140]}")
    return view


async def _request(
    room: Room, farm: Farm, environment: str, slots: Sequence[str], priority: int, *, user: str, what: str
) -> Batch:
    batch = new_id("bat")
    orders = [Order(EnvironmentId(environment), slot, priority) for slot in slots]
    placed = await place(
        room, farm, orders, origin=DirectOrigin(user, what), user=user, batch=batch, wants=always
    )
    await room.saved(SAVED_WITHIN_S)
    return Batch(batch, tuple(placed))
