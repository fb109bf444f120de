"""What becomes of a job when its render ends badly: the one place that decides retry or failure, and the words for it.

| what happened                                | first time      | again / otherwise                    |
|----------------------------------------------|-----------------|--------------------------------------|
| spec cannot be rendered as written           | failed          | `validation`, the engine's sentence  |
| MemoryError, allocator, killed by the kernel | failed          | `oom`, with what to do               |
| render process died of something else        | retried at once | `engine`                             |
| render process would not start               | retried at once | `engine` or `model_missing`          |
| engine raised                                | failed          | `engine`                             |
| pixels are not finite                        | failed          | `nan_output`                         |
| silent for `no_progress_s`                   | killed, failed  | `timeout_no_progress`                |
| store full, or gone for `storage_retry_s`    | failed          | `storage`                            |
| worker silent for `lease_s`                  | queued again    | third time `worker_lost` (in ledger) |
| canceled or superseded                       | closed          | not a failure                        |
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import get_args

from render.errors import FailureKind, RenderError, is_out_of_memory

_FOLDERS = re.compile(r"(?<![\w/:.])/(?:[^/\s'\"()]+/)+")
"""Folders of an absolute path, in a sentence that everybody in the project reads."""
MAX_CRASHES = 2
"""A render whose process died is tried once more: a stray crash heals, a poisonous spec does not loop."""


class RenderFailedError(Exception):
    """A render ended badly; `failure` is what the ledger row will say."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.kind}: {failure.sentence}")
        self.failure = failure


class ChildDiedError(Exception):
    """The render process ended without an answer.

    Args:
        returncode: as from subprocess; negative is the number of the signal that killed it.
        last_words: the end of its standard error.
        started: whether it had ever become ready.
    """

    def __init__(self, returncode: int | None, last_words: str = "", *, started: bool = True) -> None:
        super().__init__(f"render process ended with {returncode}")
        self.returncode = returncode
        self.last_words = last_words
        self.started = started


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed: a kind for programs, a sentence for people."""

    kind: FailureKind
    sentence: str


OOM = Failure(
    "oom",
    "The picture did not fit into memory. Choose a lower quality tier or a smaller size, or give the worker more "
    "memory.",
)
NAN_OUTPUT = Failure(
    "nan_output", "The engine produced pixels that are not numbers, so the picture was thrown away. Change the seed or "
    "report these parameters as a bug.",
)


def stuck(silent_s: float) -> Failure:
    """The engine said nothing for too long."""
    return Failure(
        "timeout_no_progress", f"The render showed no progress for {silent_s:g} seconds and was stopped. Try again; if "
        "it happens twice, choose a lower quality tier.",
    )


def storage(reason: object) -> Failure:
    """The picture was made but could not be kept."""
    why = _without_folders(str(reason))
    return Failure("storage", f"The picture was rendered but could not be stored: {why}. Retry once that is mended.")


def picture_gone(camera: str) -> Failure:
    """A delivered picture that was to be scored is no longer in the store."""
    return Failure("storage", f"The picture of {camera} is no longer in the store, so its set cannot be scored. Render "
                   "that angle again.")


def of_error(error: BaseException) -> Failure:
    """The failure an exception in the engine stands for."""
    text = _without_folders(str(error)) or type(error).__name__
    if is_out_of_memory(error):
        return OOM
    if isinstance(error, RenderError):
        return OOM if error.kind == "oom" else Failure(error.kind, text)
    if isinstance(error, ModuleNotFoundError):
        return Failure("model_missing", f"The worker lacks {error.name}, which this engine needs; install it there.")
    return Failure("engine", f"The engine failed: {text[:400]}. The worker's log has the details.")


def read_failure(kind: object, sentence: object) -> Failure:
    """A failure as a render process reported it; unknown kinds become `engine`."""
    for known in get_args(FailureKind):
        if kind == known:
            return Failure(known, str(sentence)[:1000])
    return Failure("engine", str(sentence)[:1000])


def after_death(error: ChildDiedError, crashes: int) -> Failure | None:
    """What to do when the render process died by itself.

    Args:
        error: how it ended.
        crashes: how many times it has died over this job, this time included.

    Returns:
        None to try once more, else the failure to record.
    """
    if error.returncode == -signal.SIGKILL:
        return OOM
    if crashes < MAX_CRASHES:
        return None
    how = f"ended with code {error.returncode}"
    if error.returncode is not None and error.returncode < 0:
        try:
            how = f"was ended by {signal.Signals(-error.returncode).name}"
        except ValueError:
            how = f"was ended by signal {-error.returncode}"
    if not error.started:
        reason = error.last_words.strip().splitlines()[-1:] or ["no message"]
        why = _without_folders(reason[0])[:300]
        return Failure("engine", f"The render process could not start ({why}); the worker's log has the details.")
    return Failure("engine", f"The render process {how}, twice. The worker's log has the details.")


def _without_folders(text: str) -> str:
    return _FOLDERS.sub("", text)
