"""What can go wrong with a picture.

    RenderError
    ├── SpecError         the request cannot be rendered as written; the message names the field and the mend
    ├── OutOfMemoryError  the picture does not fit; a smaller size or lower tier will
    ├── CanceledError     somebody no longer wants it
    └── EngineError       the engine failed on a valid request
"""

from __future__ import annotations

from typing import Literal

FailureKind = Literal[
    "validation", "model_missing", "oom", "nan_output", "timeout_no_progress", "worker_lost", "storage", "engine"
]


class RenderError(Exception):
    """Base of everything that render raises on purpose; `kind` is what the ledger row carries."""

    kind: FailureKind = "engine"


class SpecError(RenderError):
    """The request cannot be rendered as written.

    Args:
        field: dotted path of the offending field, for the caller's form.
        message: what is wrong and what to do.
    """

    kind: FailureKind = "validation"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class OutOfMemoryError(RenderError):
    """The picture does not fit into memory."""

    kind: FailureKind = "oom"


class CanceledError(RenderError):
    """The job was canceled or superseded while it ran."""


class EngineError(RenderError):
    """The engine failed on a request that passed validation."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says in any library's words that memory has run out: Python's, torch's, CUDA's, C++'s."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(
        words in text for words in ("allocate memory", "out of memory", "bad_alloc", "std::bad_array_new_length")
    )
