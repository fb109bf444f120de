"""Where the engine computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from render.errors import EngineError


@contextmanager
def on_device(name: str) -> Iterator[None]:
    """Make tensors on a device, wherever none is named.

    Args:
        name: as torch names it: `cpu`, `cuda`, `cuda:1`.
    """
    if name == "cpu":  # the default; a context would cost every call a microsecond
        yield
        return
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)  # same spec, same pixels (E1), on this device
    try:
        with torch.device(name):
            yield
    finally:
        torch.use_deterministic_algorithms(before)


def checked_device(name: str) -> str:
    """The device's name, if it is here.

    Raises:
        EngineError: it is not.
    """
    if name == "cpu":
        return name
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise EngineError(f"torch cannot use the device {name!r} here ({error}); set CYCLORAMA_DEVICE=cpu") from error
    return name
