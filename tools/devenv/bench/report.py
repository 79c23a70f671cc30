"""The result of a run: rows for people, one JSON document for machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

COLUMNS = ("measure", "value", "yardstick", "ratio", "target", "reached")
NUMERIC = (1, 2, 3)


@dataclass(frozen=True)
class Target:
    """What a value, or its ratio to a yardstick, must not exceed; `unit` as in the table."""

    limit: float
    unit: str = ""

    def __str__(self) -> str:
        return f"≤ {_number(self.limit)}{_suffix(self.unit)}"


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure, what it is compared with, and what it should be."""

    measure: str
    value: float
    unit: str
    target: Target
    yardstick: float | None = None
    #: What is held against the target: the value itself, or its ratio to the yardstick.
    by_ratio: bool = False

    @property
    def ratio(self) -> float | None:
        """The value in yardsticks."""
        return self.value / self.yardstick if self.yardstick else None

    @property
    def judged(self) -> float:
        """The figure that the target is about."""
        if not self.by_ratio:
            return self.value
        if self.ratio is None:
            raise ValueError(f"{self.measure}: no yardstick")
        return self.ratio

    @property
    def reached(self) -> bool:
        """Whether the target is met."""
        return self.judged <= self.target.limit

    def as_dict(self) -> dict[str, Any]:
        """For the JSON document."""
        limit = {"limit": self.target.limit, "unit": self.target.unit, "by_ratio": self.by_ratio}
        return {
            "measure": self.measure,
            "value": round(self.value, 4),
            "unit": self.unit,
            "yardstick": None if self.yardstick is None else round(self.yardstick, 4),
            "ratio": None if self.ratio is None else round(self.ratio, 4),
            "target": limit,
            "reached": self.reached,
        }

    def cells(self) -> list[str]:
        """For the table."""
        suffix = _suffix(self.unit)
        yardstick = "" if self.yardstick is None else f"{_number(self.yardstick)}{suffix}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}×"
        reached = "yes" if self.reached else "NO"
        value = f"{_number(self.value)}{suffix}"
        return [self.measure, value, yardstick, ratio, str(self.target), reached]


@dataclass
class Outcome:
    """What a measure found; `samples` are raw and named with their unit, as "status_ms"."""

    rows: list[Row] = field(default_factory=list)
    samples: dict[str, list[float]] = field(default_factory=dict)
    #: What else is worth knowing: counts, conditions, medians of parts.
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class Taken:
    """A measure of this run: its outcome, or why there is none."""

    name: str
    description: str
    seconds: float = 0.0
    outcome: Outcome | None = None
    error: str = ""
    skipped: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For the JSON document."""
        outcome = self.outcome or Outcome()
        return {
            "name": self.name,
            "description": self.description,
            "seconds": round(self.seconds, 1),
            "error": self.error,
            "skipped": self.skipped,
            "rows": [row.as_dict() for row in outcome.rows],
            "details": outcome.details,
            "samples": outcome.samples,
        }


@dataclass(frozen=True)
class Machine:
    """What the figures were measured on."""

    cpu: str
    cores: int
    ram_gb: float
    load_before: float
    system: str
    python: str
    odoo: str
    postgresql: str
    chromium: str

    def as_dict(self) -> dict[str, Any]:
        """For the JSON document."""
        return asdict(self)


def document(mode: str, machine: Machine, taken: Sequence[Taken], seconds: float) -> dict[str, Any]:
    """The JSON document of a run."""
    return {
        "format": 1,
        "mode": mode,
        "seconds": round(seconds, 1),
        "machine": machine.as_dict(),
        "measures": [measure.as_dict() for measure in taken],
    }


def to_json(body: dict[str, Any]) -> str:
    """One measure a line: to be compared by machines, and to be read at need."""
    head = {key: value for key, value in body.items() if key != "measures"}
    lines = [json.dumps(measure, ensure_ascii=False) for measure in body["measures"]]
    start = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    return f'{start},\n "measures": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def table(taken: Sequence[Taken]) -> str:
    """The figures in columns, with what could not be measured, and what was missed, below."""
    rows = [row for measure in taken for row in (measure.outcome or Outcome()).rows]
    cells = [list(COLUMNS), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(COLUMNS))]
    lines = [_line(line, widths) for line in cells]
    lines.insert(1, "─" * len(lines[0]))
    lines += [f"not measured: {m.name}: {m.skipped}" for m in taken if m.skipped]
    lines += [f"FAILED: {m.name}: {m.error}" for m in taken if m.error]
    return "\n".join([*lines, "", _verdict(rows)])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if column in NUMERIC else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded)


def _verdict(rows: Sequence[Row]) -> str:
    missed = [row for row in rows if not row.reached]
    if not rows:
        return "Nothing was measured."
    if not missed:
        return f"All {len(rows)} targets reached."
    return "\n".join([f"TARGETS MISSED: {len(missed)} of {len(rows)}", *map(_miss, missed)])


def _miss(row: Row) -> str:
    _measure, value, _yardstick, ratio, target, _reached = row.cells()
    return f"  {row.measure}: {ratio if row.by_ratio else value}, target {target}"


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"


def _suffix(unit: str) -> str:
    return unit if unit in ("×", "") else f" {unit}"
