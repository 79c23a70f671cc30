"""Measure what the addon costs, side by side with Odoo's own."""

import argparse
import os
import platform
import re
import subprocess
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

from .. import browser as chromium
from .. import environment
from ..environment import Environment
from ..progress import in_columns
from ..session import Session
from .figures import Taken, document, table
from .lab import MEASURES, Lab, Measure

TEMPLATE = "bench_template"
# Odoo's own background jobs, all due at once in a new database, would only be in the way.
POSTPONE_JOBS = """
    UPDATE ir_cron SET nextcall = nextcall + interval '10 years'
     WHERE id NOT IN (
        SELECT res_id FROM ir_model_data WHERE module = 'pos_mixpay' AND model = 'ir.cron'
     )
"""

# In the order in which they are measured.
for module in ("http", "books", "browser", "size", "load"):
    import_module(f".{module}", __package__)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `tools/bench`."""
    rows = [(f"  {name}", measure.description) for name, measure in MEASURES.items()]
    parser.epilog = "measures:\n" + "\n".join(in_columns(rows))
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="fewer samples, in three minutes")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        choices=list(MEASURES),
        help="take this measure only (may be repeated)",
    )
    parser.add_argument("--json", metavar="FILE", help="put the JSON document there")


def run(session: Session, options: argparse.Namespace) -> int:
    """Take the measures; 0 if every one could be taken, whatever came out."""
    here = Environment(session, browser_tests=True)
    here.start(environment.YARDSTICK)
    here.install_addon(TEMPLATE, environment.YARDSTICK.name)
    here.cluster.sql(POSTPONE_JOBS, TEMPLATE)
    here.open_to_shops(TEMPLATE)
    started = time.monotonic()
    machine = _machine(here)
    with Lab(session, quick=options.quick) as lab:
        taken = [_take(lab, measure) for measure in chosen(options.only)]
    mode = "quick" if options.quick else "full"
    seconds = round(time.monotonic() - started, 1)
    text = document({"mode": mode, "seconds": seconds, "machine": machine}, taken)
    if options.json:
        Path(options.json).write_text(text)
    else:
        session.progress.say(text)
    session.progress.say(f"\n{table(taken)}\nLogs: {session.logs}")
    return 1 if any(measure.error for measure in taken) else 0


def chosen(only: list[str] | None) -> list[Measure]:
    """The measures asked for, in their own order; all by default."""
    return [measure for name, measure in MEASURES.items() if name in (only or MEASURES)]


def _take(lab: Lab, measure: Measure) -> Taken:
    """Take one measure; one that cannot be taken does not end the others."""
    taken = Taken(measure.name, measure.description)
    if lab.quick and not measure.in_quick:
        taken.skipped = "not in --quick"
        return taken
    lab.say(f"{measure.name}: {measure.description}")
    started = time.monotonic()
    try:
        with lab.measuring():
            taken.outcome = measure.take(lab)
    except Exception as error:  # whatever it is: said, and the exit status tells
        lab.say(traceback.format_exc())
        taken.error = f"{type(error).__name__}: {error}".splitlines()[0]
    taken.seconds = time.monotonic() - started
    for row in taken.outcome.rows:
        lab.say("    " + "  ".join(filter(None, row.cells())))
    lab.say(f"    took {taken.seconds:.0f} s" + (f"; FAILED: {taken.error}" * bool(taken.error)))
    return taken


def _machine(here: Environment) -> dict[str, Any]:
    """What the figures are measured on."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    postgresql = re.search(r"[\d.]+", here.cluster.version)
    return {
        "cpu": cpu[1] if cpu else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "ram_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "odoo": _version([*here.command, "--version"]),
        "postgresql": postgresql[0] if postgresql else here.cluster.version,
        "chromium": _version([str(chromium.program()), "--version"]),
    }


def _version(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
