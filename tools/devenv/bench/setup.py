"""Measure what the addon costs, side by side with Odoo's own.

Prepares what a run needs, has the measures taken in a process of their own, and reports.
"""

import argparse
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from .. import paths, postgres
from ..environment import TEMPLATE, Environment
from ..progress import ToolError
from ..session import Session
from . import catalogue

# Odoo's own way of paying by QR code is the yardstick; nothing of it is in the addon.
YARDSTICK_MODULES = "pos_online_payment,payment_demo"
SHOP_TEMPLATE = "bench_template"
SHARED_WITH_TESTS = (paths.ROOT / "tests", paths.ROOT / "tests" / "servers")
FOLLOW_SECONDS = 0.3


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `tools/bench`."""
    measures = "; ".join(f"{item.name}: {item.description}" for item in catalogue.MEASURES)
    parser.epilog = f"Measures: {measures}"
    parser.add_argument("--quick", action="store_true", help="fewer samples, in three minutes")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        choices=catalogue.NAMES,
        help="take this measure only (may be repeated)",
    )
    parser.add_argument("--json", metavar="FILE", help="put the JSON document there")


def run(session: Session, options: argparse.Namespace) -> int:
    """Take the measures; 0 if every one could be taken, whatever came out."""
    environment = Environment(session)
    _prepare(environment)
    answer = session.dir / "bench.json"
    settings = {"quick": options.quick, "only": options.only, "answer": str(answer)}
    code = _measure(environment, settings)
    if not answer.exists():
        raise ToolError(f"The measures ended with status {code}. Logs: {session.logs}")
    _publish(answer, options.json, session.progress.say)
    session.progress.say(f"Logs: {session.logs}")
    return code


def _prepare(environment: Environment) -> None:
    environment.prepare_browser()
    environment.prepare_odoo()
    environment.prepare_database(_base(environment))
    environment.install_addon(SHOP_TEMPLATE)


def _base(environment: Environment) -> Path:
    """The saved databases, with Odoo's online payments installed besides; made once."""

    def build(folder: Path) -> None:
        environment.prepare_database()
        with environment.session.step(f"Installing {YARDSTICK_MODULES} (once)") as step:
            environment.run_odoo(
                step, ["-d", TEMPLATE, "-i", YARDSTICK_MODULES, "--stop-after-init", "--no-http"]
            )
        environment.save(folder)
        paths.remove(environment.cluster.home)
        paths.remove(environment.data_dir)

    return paths.artefact("bench", paths.fingerprint(environment.key, YARDSTICK_MODULES), build)


def _measure(environment: Environment, settings: dict[str, object]) -> int:
    """Run `runner` in the virtual environment, showing what it says."""
    session = environment.session
    log = session.logs / "bench.log"
    log.touch()
    process = session.spawn(
        [environment.python, "-B", paths.TOOLS / "main.py", "bench-measures", json.dumps(settings)],
        log,
        env=_env(environment),
    )
    try:
        return _follow(process, log, session.progress.say)
    finally:
        session.stop(process)


def _follow(process: "subprocess.Popen[bytes]", log: Path, say: Callable[[str], None]) -> int:
    with log.open(errors="replace") as lines:
        while True:
            ended = process.poll()
            for line in lines:
                say(line.rstrip("\n"))
            if ended is not None:
                return ended
            time.sleep(FOLLOW_SECONDS)


def _env(environment: Environment) -> dict[str, str]:
    """As the tests with real servers have it: see tests/servers/shop.py."""
    logs = environment.session.logs / "servers"
    logs.mkdir()
    # Should this program be killed, the kernel ends its servers too.
    command = ["setpriv", "--pdeathsig", "TERM", *environment.command]
    return {
        **environment.child_env(),
        "POS_MIXPAY_TEST_ODOO": json.dumps(command),
        "POS_MIXPAY_TEST_PGHOST": environment.cluster.host,
        "POS_MIXPAY_TEST_PGUSER": postgres.ROLE,
        "POS_MIXPAY_TEST_TEMPLATE": SHOP_TEMPLATE,
        "POS_MIXPAY_TEST_DATA_DIR": str(environment.data_dir),
        "POS_MIXPAY_TEST_ADDONS_PATH": str(environment.addons_path),
        "POS_MIXPAY_TEST_LOG_DIR": str(logs),
        "POS_MIXPAY_BENCH_PLAIN_TEMPLATE": TEMPLATE,
        "PYTHONPATH": os.pathsep.join(map(str, SHARED_WITH_TESTS)),
    }


def _publish(answer: Path, file: str | None, say: Callable[[str], None]) -> None:
    """Show the document, or put it into `file`; then the table, which people read."""
    text = answer.read_text()
    if file:
        Path(file).write_text(text)
    else:
        say(text)
    say("\n" + answer.with_suffix(".txt").read_text())
