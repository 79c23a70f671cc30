"""MixPay's budget: 60 calls in any minute, over all APIs together (MixPay's documentation)."""

from __future__ import annotations

from collections import deque

#: Seconds over which calls are counted.
WINDOW = 60.0


class RateLimiter:
    """A sliding window. A refused call takes nothing from the budget."""

    def __init__(self) -> None:
        self._taken: deque[float] = deque()

    def take(self, now: float, limit: int) -> tuple[bool, int]:
        """Return whether the call is within the budget, and how many calls remain."""
        while self._taken and self._taken[0] <= now - WINDOW:
            self._taken.popleft()
        if len(self._taken) >= limit:
            return False, 0
        self._taken.append(now)
        return True, limit - len(self._taken)

    def clear(self) -> None:
        self._taken.clear()
