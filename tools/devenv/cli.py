"""The commands behind the launchers."""

import argparse
import subprocess
import sys
from importlib import import_module

from . import paths
from .environment import Environment
from .progress import ToolError
from .session import Session

# Each module says in its docstring's first line what it does, and has `add_options(parser)` and
# `run(session, options)`.
COMMANDS = {
    "demo": "demo",
    "test": "testing",
    "lint": "lint",
    "mutate": "mutate",
    "bench": "bench.setup",
    "pot": "pot",
    "trace": "trace",
    "screenshots": "screens",
}
# Not for people: other commands call these for a part of their work.
HELPERS = {"sale": "sale", "bench-measures": "bench.runner", "trace-requests": "trace"}


def main(arguments: list[str]) -> int:
    """Run a command; what a person has to know is said in words, without a traceback."""
    sys.stdout.reconfigure(errors="replace")
    command, *rest = arguments
    try:
        if command == "odoo":
            return _odoo(rest)
        if command in HELPERS:
            return import_module(f".{HELPERS[command]}", __package__).main(rest)
        return _run(command, rest)
    except ToolError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr, flush=True)
        return 130


def _run(command: str, arguments: list[str]) -> int:
    module = import_module(f".{COMMANDS[command]}", __package__)
    summary = (module.__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog=f"tools/{command}", description=summary)
    module.add_options(parser)
    options = parser.parse_args(arguments)
    with Session(command) as session:
        return module.run(session, options)


def _odoo(arguments: list[str]) -> int:
    """Odoo's own command line, on a throw-away copy of the template databases."""
    with Session("odoo") as session:
        environment = Environment(session)
        environment.prepare_browser()
        environment.prepare_odoo(unit_tests=True)
        environment.prepare_database()
        environment.new_database("dev")
        session.progress.say(
            f"Database 'dev' has Odoo's modules; add {paths.ADDON} with: -d dev -i {paths.ADDON}"
        )
        return subprocess.call([*environment.command, *arguments], env=environment.child_env())
