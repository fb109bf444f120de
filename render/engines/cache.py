"""A small store of what is dear to make, bounded in bytes; what was used longest ago goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class ByteCache(Generic[V]):
    """Keeps values up to a total size; the newest stays even when it alone is larger.

    Args:
        limit_bytes: total to keep.
        size_of: bytes a value holds, asked when it is stored.
    """

    def __init__(self, limit_bytes: int, size_of: Callable[[V], int]) -> None:
        self._limit, self._size_of = limit_bytes, size_of
        self._values: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._lock = threading.RLock()

    def get_or_make(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of key; made under the lock, so that two threads never build the same world."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
            value = make()
            self._values[key] = (value, self._size_of(value))
            while len(self._values) > 1 and self.bytes > self._limit:
                self._values.popitem(last=False)
            return value

    @property
    def bytes(self) -> int:
        """Bytes held now."""
        with self._lock:
            return sum(size for _, size in self._values.values())

    def __len__(self) -> int:
        return len(self._values)
