"""The commands behind the launchers."""

import argparse
import os
import subprocess
import sys
from importlib import import_module

from . import paths, po
from .environment import Environment
from .progress import ToolError
from .session import Session

# Each module says in its docstring's first line what it does, and has `add_options(parser)` and
# `run(session, options)`.
MODULES = {"test": "testing", "bench": "bench.command", "screenshots": "screens"}
# What the tests share: `simulator` and `shop` may be imported.
sys.path += [str(paths.TESTS), str(paths.TESTS / "servers")]


def main(arguments: list[str]) -> int:
    """Run a command; what a person has to know is said in words, without a traceback."""
    sys.stdout.reconfigure(errors="replace")
    command, *rest = arguments
    try:
        return {"odoo": _odoo, "pot": _pot}.get(command, _run)(command, rest)
    except ToolError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr, flush=True)
        return 130


def _run(command: str, arguments: list[str]) -> int:
    module = import_module(f".{MODULES.get(command, command)}", __package__)
    summary = (module.__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog=f"tools/{command}", description=summary)
    module.add_options(parser)
    options = parser.parse_args(arguments)
    with Session(command) as session:
        return module.run(session, options)


def _odoo(command: str, arguments: list[str]) -> int:
    """Odoo's own command line, on a throw-away copy of the template databases."""
    with Session(command) as session:
        environment = Environment(session, browser_tests=True)
        environment.start()
        environment.new_database("dev")
        session.progress.say(
            f"Database 'dev' has Odoo's modules; add {paths.ADDON} with: -d dev -i {paths.ADDON}"
        )
        env = {**os.environ, **environment.env}
        return subprocess.call([*environment.command, *arguments], env=env)


def _pot(command: str, arguments: list[str]) -> int:
    """Write i18n/pos_mixpay.pot by Odoo's own export, and bring the languages' files up to it."""
    argparse.ArgumentParser(prog="tools/pot", description=_pot.__doc__).parse_args(arguments)
    with Session(command) as session:
        environment = Environment(session)
        environment.start()
        environment.install_addon("pot")
        with session.step("Exporting the texts") as step:
            environment.run_odoo(step, ["i18n", "export", "-d", "pot", paths.ADDON])
        return po.run(session, argparse.Namespace(languages=[]))
