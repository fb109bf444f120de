"""Endings and their words."""

from __future__ import annotations

import signal

import pytest

from render.errors import EngineError, OutOfMemoryError, SpecError
from render.failures import OOM, ChildDiedError, after_death, of_error, read_failure, storage


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), "oom"),
        (OutOfMemoryError("too large"), "oom"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:125] DefaultCPUAllocator: can't allocate memory"), "oom"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "oom"),
        (SpecError("camera", "inside a hill"), "validation"),
        (EngineError("no water table"), "engine"),
        (ModuleNotFoundError("No module named 'diffusers'", name="diffusers"), "model_missing"),
        (ZeroDivisionError("division by zero"), "engine"),
    ],
)
def test_F6_an_engines_exception_has_a_kind(error: BaseException, kind: str) -> None:
    failure = of_error(error)
    assert failure.kind == kind
    assert failure.sentence


def test_F6_a_sentence_for_the_project_names_no_folder_of_the_server() -> None:
    said = "cannot import name 'sky' from 'render.light' (/srv/films/render/light/__init__.py)"
    assert of_error(ImportError(said)).sentence.startswith(
        "The engine failed: cannot import name 'sky' from 'render.light' (__init__.py)."
    )
    full = OSError(28, "No space left on device", "/var/lib/cyclorama/objects/picture.png")
    assert "No space left on device: 'picture.png'" in storage(full).sentence
    assert "https://s3.example/films/a" in storage("no answer from https://s3.example/films/a").sentence


def test_F6_first_crash_is_tried_again_and_the_second_is_not() -> None:
    crash = ChildDiedError(-signal.SIGSEGV)
    assert after_death(crash, 1) is None
    second = after_death(crash, 2)
    assert second is not None
    assert (second.kind, "SIGSEGV" in second.sentence) == ("engine", True)


def test_F6_killed_by_the_kernel_is_out_of_memory_at_once() -> None:
    assert after_death(ChildDiedError(-signal.SIGKILL), 1) == OOM


def test_F6_a_process_that_never_starts_says_why() -> None:
    died = ChildDiedError(1, "Traceback …\nModuleNotFoundError: No module named 'torch'", started=False)
    failure = after_death(died, 2)
    assert failure is not None
    assert "No module named 'torch'" in failure.sentence


def test_unknown_kind_from_a_newer_process_becomes_engine() -> None:
    assert read_failure("moon_phase", "x").kind == "engine"
