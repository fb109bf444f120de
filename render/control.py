"""Words from the farm to its workers: stop this job, or whatever runs for this slot. They only make it quick.

The ledger row is always changed first. A worker that misses the message learns the same on its next beat.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from store.ids import JobId
from store.jobs import Job

CONTROL_STREAM = "farm.control"

StopMode = Literal["cancel", "supersede"]
"""`cancel`: nobody wants it, stop now. `supersede`: a newer one waits, but a preview shows its first picture first."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Nobody wants this job any more."""

    job: JobId


@dataclass(frozen=True, slots=True)
class Supersede:
    """A slot has a newer request: what runs for it is to make room, except the job to keep."""

    project: str
    environment: str
    slot: str
    lane: str
    keep: str = ""

    def concerns(self, job: Job) -> bool:
        """Whether the job is one that makes room."""
        slot = (job.project, job.environment, job.slot, job.lane)
        return slot == (self.project, self.environment, self.slot, self.lane) and job.id != self.keep


Control = Stop | Supersede


def encode_control(message: Control) -> bytes:
    """UTF-8 JSON; `decode_control` reads it back."""
    return json.dumps({"kind": type(message).__name__.lower(), **asdict(message)}).encode()


def decode_control(payload: bytes) -> Control:
    """Read an encoded message.

    Raises:
        ValueError: the payload is not one.
    """
    try:
        value = json.loads(payload)
        kind = value.pop("kind")
        if kind == "stop":
            return Stop(**value)
        if kind == "supersede":
            return Supersede(**value)
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"not a control message: {error}") from error
    raise ValueError(f"not a control message: unknown kind {kind!r}")
