"""Asking the farm for settled pictures: mark the slots, submit, and attach at once what is known already.

The document comes first: the slot says `queued` before the farm hears of it, so that no worker can be overtaken by its
own mark. If this process dies in between, the room that opens next asks again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from collab import renders
from collab.attach import attach_done
from collab.document import EnvironmentsDoc
from collab.origin import Origin
from collab.planning import plan
from collab.renders import RenderValue
from collab.room import Room
from collab.schema import BASE, FIRST_SLOT, EnvironmentView
from render.errors import SpecError
from render.queue import Answer, RenderRequest
from render.spec import RenderSpec, RenderTarget
from store.ids import EnvironmentId, JobId

logger = logging.getLogger(__name__)

PREVIEW_PRIORITY = 0
EDIT_PRIORITY = 10
ANGLES_PRIORITY = 20
VARIATIONS_PRIORITY = 30
HEAL_PRIORITY = 40

Wants = Callable[[RenderValue | None, str], bool]
"""Whether a slot with this value is to be rendered for this digest."""


class Farm(Protocol):
    """The one thing asked of the farm; render.queue.Farm provides it."""

    async def submit(self, requests: Sequence[RenderRequest]) -> list[Answer]:
        """Ask for pictures; raises UnavailableError when nothing was asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """One slot to be rendered at the environment's quality."""

    environment: EnvironmentId
    slot: str
    priority: int = EDIT_PRIORITY


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of an order.

    Args:
        job_id: the job that makes or made the picture; None when no job of this project does.
        state: a store.jobs.JobState, or `failed` when the slot cannot be planned.
        error: why not, for people.
    """

    environment: EnvironmentId
    slot: str
    job_id: JobId | None
    state: str
    digest: str
    error: str = ""


def always(value: RenderValue | None, digest: str) -> bool:
    """Whoever asks by hand is always answered; a picture known already is not rendered again (F5)."""
    return True


def priority_of(slot: str) -> int:
    """How urgent a slot is after an edit: what everybody sees first, then the other angles, then the variations."""
    if slot == FIRST_SLOT:
        return EDIT_PRIORITY
    return ANGLES_PRIORITY if slot.startswith(f"{BASE}/") else VARIATIONS_PRIORITY


async def place(
    room: Room, farm: Farm, orders: Sequence[Order], *, origin: Origin, user: str, batch: str = "",
    wants: Wants = renders.is_owed,
) -> list[Placed]:
    """Mark and submit.

    Args:
        room: of the project's environments; held open by the caller.
        farm: renders.
        orders: slots; those of archived, broken or missing environments are passed over.
        origin: of the marks.
        user: on whose behalf; the farm is fair between users.
        batch: names the request these came with.
        wants: which of the orders are worth asking for.

    Raises:
        UnavailableError: the farm's ledger does not answer. The slots stay marked; ask again.
    """
    planned, marks, refused = _prepare(EnvironmentsDoc(room.doc), orders, wants)
    if marks:
        room.edit(origin, lambda doc: _mark(EnvironmentsDoc(doc), marks))
    for order, mark in marks:
        if mark["state"] == "failed":
            logger.info(
                "order.refused doc=%s environment=%s slot=%s user=%s: %.300s", room.doc_id, order.environment,
                order.slot, user, mark["error"],
            )
    requests = [
        RenderRequest(
            RenderTarget(room.doc_id.project, order.environment, order.slot), spec, "settled", user, order.priority,
            batch,
        )
        for order, spec in planned
    ]
    answers = await farm.submit(requests) if requests else []
    placed = []
    for (order, _), answer in zip(planned, answers, strict=True):
        if answer.state == "done" and answer.result is not None:
            attach_done(
                room, order.environment, order.slot, answer.digest, answer.result, answer.job_id or "remembered"
            )
        placed.append(Placed(order.environment, order.slot, answer.job_id, str(answer.state), answer.digest))
    return placed + refused


Mark = tuple[Order, dict[str, Any]]


def _prepare(
    tree: EnvironmentsDoc, orders: Sequence[Order], wants: Wants
) -> tuple[list[tuple[Order, RenderSpec]], list[Mark], list[Placed]]:
    """What to submit, what to write first, and what cannot be planned."""
    views: dict[EnvironmentId, EnvironmentView | None] = {}
    planned: list[tuple[Order, RenderSpec]] = []
    marks: list[Mark] = []
    refused: list[Placed] = []
    for order in orders:
        if order.environment not in views:
            views[order.environment] = tree.view(order.environment)
        view = views[order.environment]
        if view is None or not view.is_live:
            continue
        value = view.renders.get(order.slot)
        try:
            spec = plan(view, order.slot)
        except SpecError as error:
            refused.append(Placed(order.environment, order.slot, None, "failed", "", str(error)))
            # Written once: the same complaint is not written again at every edit.
            if value is None or value.get("state") != "failed" or value.get("error") != str(error):
                marks.append((order, renders.failed(value, "", error.kind, str(error))))
            continue
        digest = spec.digest()
        if not wants(value, digest):
            continue
        planned.append((order, spec))
        if not renders.awaits(value, digest) and not renders.is_current(value, digest):
            marks.append((order, renders.queued(value, digest)))
    return planned, marks, refused


def _mark(tree: EnvironmentsDoc, marks: Sequence[Mark]) -> None:
    for order, value in marks:
        tree.set_render(order.environment, order.slot, value)
