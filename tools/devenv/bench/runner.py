"""Takes the measures, inside the virtual environment."""

import json
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from . import catalogue, report
from .catalogue import Measure
from .lab import Lab
from .machine import describe
from .report import Taken


def main(arguments: list[str]) -> int:
    """`bench-measures SETTINGS`; writes the document and, beside it, the table."""
    signal.signal(signal.SIGTERM, _interrupt)
    settings: dict[str, Any] = json.loads(arguments[0])
    started = time.monotonic()
    machine = describe()
    with Lab(quick=settings["quick"]) as lab:
        taken = [_take(lab, measure) for measure in catalogue.chosen(settings["only"])]
    mode = "quick" if settings["quick"] else "full"
    body = report.document(mode, machine, taken, time.monotonic() - started)
    answer = Path(settings["answer"])
    answer.with_suffix(".txt").write_text(report.table(taken))
    answer.write_text(report.to_json(body))
    return 1 if any(measure.error for measure in taken) else 0


def _take(lab: Lab, measure: Measure) -> Taken:
    """Take one measure; one that cannot be taken does not end the others."""
    taken = Taken(measure.name, measure.description)
    if lab.quick and not measure.in_quick:
        taken.skipped = catalogue.NOT_IN_QUICK
        return taken
    lab.say(f"{measure.name}: {measure.description}")
    started = time.monotonic()
    try:
        lab.begin_measure(measure.module)
        taken.outcome = measure.load()(lab)
    except Exception as error:  # whatever it is: said, and the exit status tells
        traceback.print_exc(file=sys.stdout)
        taken.error = f"{type(error).__name__}: {error}".splitlines()[0]
    finally:
        lab.end_measure()
    taken.seconds = time.monotonic() - started
    for row in (taken.outcome or report.Outcome()).rows:
        lab.say("    " + "  ".join(filter(None, row.cells())))
    lab.say(f"    took {taken.seconds:.0f} s" + (f"; FAILED: {taken.error}" * bool(taken.error)))
    return taken


def _interrupt(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)
