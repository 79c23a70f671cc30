"""Samples and figures: what measures find, as a table for people and a document for machines."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..progress import in_columns

COLUMNS = ("measure", "value", "yardstick", "ratio", "target", "reached")
NUMERIC = (1, 2, 3)

Sampler = Callable[[], float]


# -- samples -----------------------------------------------------------------------------------


def p50(samples: Sequence[float]) -> float:
    """The median."""
    return statistics.median(samples)


def p95(samples: Sequence[float]) -> float:
    """What all but one in twenty stay within, interpolated between neighbours."""
    if len(samples) < 2:
        return statistics.fmean(samples)
    return statistics.quantiles(samples, n=20, method="inclusive")[-1]


def midmean(samples: Sequence[float]) -> float:
    """The mean of the middle half: deaf to hiccups, and on few samples steadier than the median."""
    ordered = sorted(samples)
    quarter = len(ordered) // 4
    return statistics.fmean(ordered[quarter : len(ordered) - quarter])


def busiest(times: Sequence[float], seconds: float) -> int:
    """The largest number of `times` in any window of `seconds`; a window excludes its end."""
    ordered = sorted(times)
    return max((sum(t <= x < t + seconds for x in ordered) for t in ordered), default=0)


def alternate(
    count: int, samplers: Sequence[Sampler], warm_up: int = 0, *, is_mirrored: bool = True
) -> list[list[float]]:
    """Take `count` samples of each sampler, in turns, so that noise and drift meet all alike.

    :param warm_up: rounds before those that count
    :param is_mirrored: whether every other round goes backwards, so that nobody always comes
        second. Then each comes twice in a row; where the second time is quicker for that, samples
        fall into two heaps, and their median anywhere between.
    :return: the samples of each sampler
    """
    taken: list[list[float]] = [[] for _ in samplers]
    for number in range(-warm_up, count):
        order = list(enumerate(samplers))
        for index, sampler in reversed(order) if is_mirrored and number % 2 == 0 else order:
            value = sampler()
            if number >= 0:
                taken[index].append(value)
    return taken


# -- figures -----------------------------------------------------------------------------------


@dataclass
class Row:
    """One line of the table: a figure, and the limit that it must not exceed.

    With a yardstick, what counts is the ratio to it.
    """

    measure: str
    value: float
    unit: str
    limit: float
    yardstick: float | None = None
    ratio: float | None = field(init=False, default=None)
    reached: bool = field(init=False)

    def __post_init__(self) -> None:
        if self.yardstick is not None:
            self.ratio = self.value / self.yardstick
        self.reached = (self.value if self.ratio is None else self.ratio) <= self.limit

    def cells(self) -> list[str]:
        """For the table."""
        yardstick, ratio, limit = "", "", _with_unit(self.limit, self.unit)
        if self.ratio is not None:
            yardstick = _with_unit(self.yardstick, self.unit)
            ratio, limit = f"{self.ratio:.2f}×", f"{_number(self.limit)}×"
        value = _with_unit(self.value, self.unit)
        reached = "yes" if self.reached else "NO"
        return [self.measure, value, yardstick, ratio, f"≤ {limit}", reached]


@dataclass
class Outcome:
    """What a measure found.

    :ivar samples: raw, named with their unit, as "status_ms"
    :ivar details: what else is worth knowing: counts, conditions, medians of parts
    """

    rows: list[Row] = field(default_factory=list)
    samples: dict[str, list[float]] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class Taken:
    """A measure of this run: its outcome, or why there is none."""

    name: str
    description: str
    seconds: float = 0.0
    error: str = ""
    skipped: str = ""
    outcome: Outcome = field(default_factory=Outcome)


# -- document and table ------------------------------------------------------------------------


def document(head: dict[str, Any], taken: Sequence[Taken]) -> str:
    """The JSON document of a run, one measure a line: for machines, and to be read at need."""
    lines = []
    for measure in taken:
        body = asdict(measure)
        lines.append(json.dumps(_rounded(body | body.pop("outcome")), ensure_ascii=False))
    start = json.dumps({"format": 2, **head}, ensure_ascii=False, indent=1)[:-2]
    return f'{start},\n "measures": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def _rounded(value: Any) -> Any:
    """The same, with numbers short enough to be kept in a file."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, 3) if isinstance(value, float) else value


def table(taken: Sequence[Taken]) -> str:
    """The figures in columns, with what could not be measured, and what was missed, below."""
    rows = [row for measure in taken for row in measure.outcome.rows]
    lines = in_columns([COLUMNS, *(row.cells() for row in rows)], NUMERIC)
    lines.insert(1, "─" * max(map(len, lines)))
    lines += [f"not measured: {m.name}: {m.skipped}" for m in taken if m.skipped]
    lines += [f"FAILED: {m.name}: {m.error}" for m in taken if m.error]
    return "\n".join([*lines, "", _verdict(rows)])


def _verdict(rows: Sequence[Row]) -> str:
    missed = [row.cells() for row in rows if not row.reached]
    if not rows:
        return "Nothing was measured."
    if not missed:
        return f"All {len(rows)} targets reached."
    lines = [f"TARGETS MISSED: {len(missed)} of {len(rows)}"]
    for measure, value, _yardstick, ratio, target, _reached in missed:
        lines.append(f"  {measure}: {ratio or value}, target {target}")
    return "\n".join(lines)


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"


def _with_unit(value: float, unit: str) -> str:
    return f"{_number(value)} {unit}".rstrip()
