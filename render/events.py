"""What the farm tells the house: one small JSON record per change of a job, versioned by its `type` word.

Events travel the relay's `farm` stream. Started, Progress and Preview are ephemeral (shown in presence); Done and
Failed are also written into the document by whoever attaches.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from render.spec import Lane, RenderTarget
from store.ids import EnvironmentId, JobId, ProjectId

EventType = Literal["queued", "started", "progress", "done", "failed", "canceled", "superseded", "requeued"]

FARM_STREAM = "farm"


@dataclass(frozen=True, slots=True)
class RenderEvent:
    """One step in the life of one job.

    `progress` is 0–1, `phase` a word for people ("building the land"). `result` on a done event holds
    `{image, depth, thumbs, width, height, engine, camera, scores, finished_at, render_s}`; on a progressive preview
    it holds `{image, width, height}`. `error` and `error_kind` are set on failed events.
    """

    type: EventType
    job: JobId
    target: RenderTarget
    lane: Lane
    tier: str
    digest: str
    progress: float = 0.0
    phase: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    error_kind: str = ""
    error: str = ""

    def encode(self) -> bytes:
        """UTF-8 JSON; `decode_event` reads it back."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()


def decode_event(payload: bytes) -> RenderEvent:
    """Read an encoded event.

    Raises:
        ValueError: the payload is not an event this version knows.
    """
    try:
        value = json.loads(payload)
        target = value.pop("target")
        return RenderEvent(
            target=RenderTarget(
                ProjectId(target["project"]), EnvironmentId(target["environment"]), str(target["slot"])
            ),
            **{**value, "job": JobId(value["job"])},
        )
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"not a render event: {error}") from error
