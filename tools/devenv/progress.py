"""Says what is going on: a living line on a terminal, plain lines elsewhere."""

import itertools
import sys
import threading
import time

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
TICK_SECONDS = 0.1
HEARTBEAT_SECONDS = 60  # without a terminal: a sign of life for long steps


class ToolError(Exception):
    """Something a person has to know or do; its text is all that is shown."""


class Progress:
    """The steps under way, possibly several at once."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._unicode = (sys.stdout.encoding or "").lower().startswith("utf")
        self._lock = threading.RLock()
        self._active: dict[str, float] = {}
        self._ticker: threading.Thread | None = None

    def say(self, text: str = "") -> None:
        """Print lines that stay, above the living line."""
        with self._lock:
            self._erase()
            if not self._unicode:
                text = text.encode("ascii", "replace").decode()
            print(text, flush=True)

    def start(self, title: str) -> None:
        """A step begins."""
        with self._lock:
            self._active[title] = time.monotonic()
            if not self._live:
                self.say(f"  … {title}")
            if self._ticker is None:
                self._ticker = threading.Thread(target=self._tick, daemon=True)
                self._ticker.start()

    def finish(self, title: str, *, ok: bool = True, note: str = "") -> None:
        """A step ended."""
        with self._lock:
            seconds = time.monotonic() - self._active.pop(title)
            mark = "✓" if ok else "✗"
            self.say(f"  {mark} {title} ({_duration(seconds)}){note and '  ' + note}")

    def _tick(self) -> None:
        beat = time.monotonic()
        for frame in itertools.cycle(FRAMES if self._unicode else "|/-\\"):
            time.sleep(TICK_SECONDS)
            with self._lock:
                if self._live:
                    self._draw(frame)
                elif time.monotonic() - max([beat, *self._active.values()]) > HEARTBEAT_SECONDS:
                    beat = time.monotonic()
                    if self._active:
                        self.say(f"  … {self._summary()}")

    def _draw(self, frame: str) -> None:
        if self._active:
            self._erase()
            print(f"  {frame} {self._summary()}"[:100], end="", flush=True)

    def _erase(self) -> None:
        if self._live:
            print("\r\033[2K", end="")

    def _summary(self) -> str:
        now = time.monotonic()
        return " · ".join(f"{title} {_duration(now - at)}" for title, at in self._active.items())


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
