"""Says what is going on: a living line on a terminal, plain lines elsewhere."""

import threading
import time
from collections.abc import Collection, Sequence

from rich.console import Console
from rich.progress import Progress as LiveProgress
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

HEARTBEAT_SECONDS = 60  # without a terminal: a sign of life for long steps


class ToolError(Exception):
    """Something a person has to know or do; its text is all that is shown."""


class Progress:
    """The steps under way, possibly several at once."""

    def __init__(self) -> None:
        self._console = Console(soft_wrap=True)
        columns = SpinnerColumn(), TextColumn("{task.description}", markup=False)
        self._live = LiveProgress(
            *columns, TimeElapsedColumn(), console=self._console, transient=True
        )
        self._lock = threading.RLock()
        if not self._console.is_terminal:
            threading.Thread(target=self._beat, daemon=True).start()

    def say(self, text: str = "") -> None:
        """Print lines that stay, above the living ones."""
        self._console.print(text, markup=False, highlight=False, emoji=False)

    def start(self, title: str) -> TaskID:
        """A step begins."""
        with self._lock:
            if not self._console.is_terminal:
                self.say(f"  … {title}")
            elif not self._live.tasks:
                self._live.start()
            return self._live.add_task(title, total=None)

    def finish(self, step: TaskID, *, ok: bool = True, note: str = "") -> None:
        """A step ended."""
        with self._lock:
            task = next(task for task in self._live.tasks if task.id == step)
            minutes, seconds = divmod(int(task.elapsed or 0), 60)
            duration = f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
            mark = "✓" if ok else "✗"
            self._live.remove_task(step)
            self.say(f"  {mark} {task.description} ({duration})  {note}".rstrip())
            if self._console.is_terminal and not self._live.tasks:
                self._live.stop()

    def _beat(self) -> None:
        while True:
            time.sleep(HEARTBEAT_SECONDS)
            if titles := [task.description for task in self._live.tasks]:
                self.say(f"  … still: {' · '.join(titles)}")


def in_columns(rows: Sequence[Sequence[str]], numeric: Collection[int] = ()) -> list[str]:
    """Lines with the cells of `rows` below each other; `numeric` columns end at the same place."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number in numeric else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
