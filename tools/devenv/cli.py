"""The commands behind the launchers."""

import argparse
import subprocess
import sys
from collections.abc import Callable

from . import paths
from .environment import Environment
from .progress import ToolError
from .session import Session


def main(arguments: list[str]) -> int:
    """Run a command; what a person has to know is said in words, without a traceback."""
    command, *rest = arguments
    try:
        return COMMANDS[command](rest)
    except ToolError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr, flush=True)
        return 130


def _demo(arguments: list[str]) -> int:
    from . import demo

    parser = argparse.ArgumentParser(
        prog="tools/demo", description="Set up and serve a shop in which MixPay can be tried out."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, help="Odoo's port (8069, or the next free one)")
    parser.add_argument("--fresh", action="store_true", help="forget earlier sales: start anew")
    parser.add_argument(
        "--check", action="store_true", help="make one sale in a headless browser, then stop"
    )
    parser.add_argument(
        "--screenshots", metavar="DIR", help="with --check: where to put its pictures"
    )
    options = parser.parse_args(arguments)
    with Session("demo") as session:
        return demo.run(session, options)


def _test(arguments: list[str]) -> int:
    from . import testing

    parser = argparse.ArgumentParser(prog="tools/test", description="Set up and run the tests.")
    parser.add_argument(
        "layers",
        nargs="*",
        metavar="LAYER",
        help=f"run these only: {', '.join(testing.LAYERS)}",
    )
    parser.add_argument("-k", metavar="EXPRESSION", help="pytest's -k, for pure and servers")
    parser.add_argument(
        "--tags", help="Odoo's --test-tags, for odoo (default: /pos_mixpay), e.g. /pos_mixpay:TestX"
    )
    parser.add_argument("--serial", action="store_true", help="one layer after the other")
    options = parser.parse_args(arguments)
    if unknown := set(options.layers) - set(testing.LAYERS):
        parser.error(f"no such layer: {', '.join(sorted(unknown))}")
    with Session("test") as session:
        return testing.run(session, options)


def _lint(arguments: list[str]) -> int:
    from . import lint

    parser = argparse.ArgumentParser(prog="tools/lint", description="Run the linters.")
    parser.add_argument("--fix", action="store_true", help="let ruff and prettier repair")
    parser.add_argument(
        "--self-test", action="store_true", help="show that each linter fails on a seeded fault"
    )
    options = parser.parse_args(arguments)
    with Session("lint") as session:
        return lint.self_test(session) if options.self_test else lint.run(session, fix=options.fix)


def _mutate(arguments: list[str]) -> int:
    from . import mutate

    parser = argparse.ArgumentParser(
        prog="tools/mutate",
        description="Show that tests fail without the money rules, on copies of the project.",
    )
    parser.add_argument(
        "rules", nargs="*", type=int, metavar="RULE", help="numbers of rules (default: all)"
    )
    options = parser.parse_args(arguments)
    with Session("mutate") as session:
        return mutate.run(session, options)


def _odoo(arguments: list[str]) -> int:
    """Odoo's own command line, on a throw-away copy of the template databases."""
    with Session("odoo") as session:
        environment = Environment(session)
        environment.prepare_python()
        environment.prepare_browser()
        environment.prepare_odoo(unit_tests=True)
        environment.prepare_database()
        environment.new_database("dev")
        session.progress.say(
            f"Database 'dev' has Odoo's modules; add {paths.ADDON} with: -d dev -i {paths.ADDON}"
        )
        return subprocess.call([*environment.command, *arguments], env=environment.child_env())


def _sale(arguments: list[str]) -> int:
    """Not for people: `tools/demo --check` calls it inside the virtual environment."""
    from . import sale

    return sale.main(arguments)


def _bench(arguments: list[str]) -> int:
    from .bench import catalogue, setup

    parser = argparse.ArgumentParser(
        prog="tools/bench",
        description="Measure what the addon costs, side by side with Odoo's own.",
        epilog="Measures: "
        + "; ".join(f"{item.name}: {item.description}" for item in catalogue.MEASURES),
    )
    parser.add_argument("--quick", action="store_true", help="fewer samples, in three minutes")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        choices=catalogue.NAMES,
        help="take this measure only (may be repeated)",
    )
    parser.add_argument("--json", metavar="FILE", help="put the JSON document there")
    options = parser.parse_args(arguments)
    with Session("bench") as session:
        return setup.run(session, options)


def _bench_measures(arguments: list[str]) -> int:
    """Not for people: `tools/bench` calls it inside the virtual environment."""
    from .bench import runner

    return runner.main(arguments)


def _trace(arguments: list[str]) -> int:
    from . import trace

    summary = (trace.__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog="tools/trace", description=summary)
    trace.add_options(parser)
    options = parser.parse_args(arguments)
    with Session("trace") as session:
        return trace.run(session, options)


def _trace_requests(arguments: list[str]) -> int:
    """Not for people: `tools/trace` calls it inside the virtual environment."""
    from . import trace

    return trace.main(arguments)


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "demo": _demo,
    "test": _test,
    "lint": _lint,
    "mutate": _mutate,
    "odoo": _odoo,
    "bench": _bench,
    "sale": _sale,
    "bench-measures": _bench_measures,
    "trace": _trace,
    "trace-requests": _trace_requests,
}
