"""Independent parts of one picture, computed on several threads.

torch's own threads meet after every small operation, which on cores that others use too takes many times as long;
these meet once per part. How a picture is parted never depends on how many threads there are, so its pixels do not
either (E1).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import torch

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")

_LEAST = 1 << 17
"""Samples: with fewer, operations are so short that threads mostly wait for the interpreter."""

_pool: ThreadPoolExecutor | None = None
_hands = 1


def use_hands(count: int) -> None:
    """Let this process compute that many parts at once.

    Raises:
        ValueError: count is less than 1.
    """
    global _hands, _pool
    if count < 1:
        raise ValueError(f"a process needs at least one thread to render with, not {count}")
    if count != _hands and _pool is not None:
        _pool.shutdown()
        _pool = None
    _hands = count


def abreast(*parts: Callable[[], T], samples: int = _LEAST) -> list[T]:
    """What the parts return, in their order; the first is always computed by the calling thread.

    Args:
        parts: what is to be computed; they may not wait for each other.
        samples: how many the parts work on together; few are worked on by the calling thread alone, and so are all
            on another device than the CPU, which does not wait for its operations.

    Parts may part their own work again. When one raises, parts not yet begun are left out, and the first error in
    order is raised when those begun have ended.
    """
    if _hands == 1 or len(parts) < 2 or samples < _LEAST or torch.empty(0).device.type != "cpu":
        return [part() for part in parts]
    work = _Work(parts)
    inference = torch.is_inference_mode_enabled()
    helpers = [_pooled().submit(work.help, inference) for _ in range(min(_hands, len(parts)) - 1)]
    work.go_on()
    for helper in helpers:
        if not helper.cancel():
            helper.result()
    return work.results()


def both(one: Callable[[], A], other: Callable[[], B], samples: int = _LEAST) -> tuple[A, B]:
    """As `abreast`, for two parts of different types."""
    other_found: list[B] = []

    def second() -> None:
        other_found.append(other())

    first_found: list[A] = []

    def first() -> None:
        first_found.append(one())

    abreast(first, second, samples=samples)
    return first_found[0], other_found[0]


def spans(count: int, of: int = 1) -> list[slice]:
    """The two halves of that many samples in a row, or of rows `of` so many; one span where they are few."""
    if count < 2 or count * of < _LEAST:
        return [slice(0, count)]
    return [slice(0, count // 2), slice(count // 2, count)]


class _Work(Generic[T]):
    """Parts that several threads take one after another."""

    def __init__(self, parts: Sequence[Callable[[], T]]) -> None:
        self._parts = parts
        self._found: dict[int, T] = {}
        self._errors: dict[int, BaseException] = {}
        self._next = 1
        self._lock = threading.Lock()

    def go_on(self) -> None:
        """The calling thread's share: the first part, then whatever is left."""
        self._do(0)
        self._take()

    def help(self, inference: bool) -> None:
        """Another thread's share."""
        with torch.inference_mode(inference):
            self._take()

    def results(self) -> list[T]:
        """What all parts returned.

        Raises:
            BaseException: as the first part that failed raised it.
        """
        if self._errors:
            raise self._errors[min(self._errors)]
        return [self._found[k] for k in range(len(self._parts))]

    def _take(self) -> None:
        while True:
            with self._lock:
                own = self._next
                if own >= len(self._parts) or self._errors:
                    return
                self._next += 1
            self._do(own)

    def _do(self, own: int) -> None:
        try:
            self._found[own] = self._parts[own]()
        except BaseException as error:  # handed to the calling thread
            self._errors[own] = error


def _pooled() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(_hands - 1, thread_name_prefix="render")
    return _pool
