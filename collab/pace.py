"""A token bucket: how fast one connection may speak."""

from __future__ import annotations


class Bucket:
    """Holds `burst` tokens, refilled at `rate` per second.

    Args:
        rate: tokens per second.
        burst: most tokens it holds; it starts full.
        now: seconds of a monotonic clock.
    """

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = now

    def level(self, now: float) -> float:
        """Tokens that are there now."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        return self._left

    def take(self, amount: float, now: float) -> bool:
        """Take tokens; False when there are not enough, and then none are taken."""
        left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if left < amount:
            self._left = left
            return False
        self._left = left - amount
        return True
