"""The simulator's idea of now, and what is due when."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable

from .errors import SimulatorError


class Clock:
    """Wall clock plus an offset that tests move forward instead of sleeping."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise SimulatorError("advance takes a number of seconds")
        if not 0 <= seconds < 10**9:  # also refuses NaN
            raise SimulatorError("the clock only moves forward, by less than 10^9 s")
        self.offset += seconds


class Timers:
    """Functions to call at a moment of the clock. Not locked: the simulator's lock guards it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._moment: float | None = None
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._ids = itertools.count()

    def call_at(self, when: float, function: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (when, next(self._ids), function))

    def now(self) -> float:
        """Now; inside a function called late, the moment it was due at.

        So what follows in steps stays in step, however far the clock was advanced at once.
        """
        return self._clock.now() if self._moment is None else self._moment

    def run_due(self) -> None:
        """Call what is due, in order of its time; what that adds runs too when due."""
        now = self._clock.now()
        try:
            while self._heap and self._heap[0][0] <= now:
                self._moment, _, function = heapq.heappop(self._heap)
                function()
        finally:
            self._moment = None

    def next_due(self) -> float | None:
        return self._heap[0][0] if self._heap else None

    def clear(self) -> None:
        self._heap.clear()
