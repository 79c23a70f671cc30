"""Set up and run the tests: the layers at the same time where they don't depend on each other."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from . import environment, paths, results
from .environment import Environment
from .progress import ToolError, in_columns
from .results import Results
from .screens_languages import ALL, HARDEST
from .session import Command, Session, Step, free_port

LAYERS = ("pure", "odoo", "servers", "compat", "languages")
SLOW = ("compat", "languages")
# What needs no database of this run: the last one is a command of its own.
APART = {"pure", "languages"}
AT_ONCE = 2  # whoever runs beside them makes their browsers slow
SHOWN_FAILURES = 15
# Addons that ours must get along with, though it does not need them.
COMPANIONS = ("pos_hr", "pos_restaurant")
TESTS_OF_BOOKS = ("TestMixpayAuditor", "TestMixpayBooks", "TestMixpaySuspense")
# What accountants of OCA's users work with; they do not build on the Point of Sale.
RECONCILERS = ("account_reconcile_oca", "account_statement_import_base")
COMPAT_TAG = "pos_mixpay_compat"
NO_TEST_CHOSEN = 5  # pytest's exit status when -k matches nothing
PYTEST = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider"]
PYTEST += ["-o", "junit_family=xunit2", "-o", "xfail_strict=true"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `tools/test`."""
    layers = f"run these only: {', '.join(LAYERS)}"
    parser.add_argument("layers", nargs="*", metavar="LAYER", type=_layer, help=layers)
    chosen = "pytest's -k, for pure, servers and compat"
    parser.add_argument("-k", metavar="EXPRESSION", help=chosen)
    tags = "Odoo's --test-tags, for odoo (default: /pos_mixpay), e.g. /pos_mixpay:TestX, and for"
    parser.add_argument("--tags", help=f"{tags} compat (default: {COMPAT_TAG}), alone")
    quick = "without compat, the tests beside all other modules of the Point of Sale, and languages"
    parser.add_argument("--quick", action="store_true", help=quick)
    every = "languages: all of them, not only those in which texts need most room"
    parser.add_argument("--every-language", action="store_true", help=every)
    parser.add_argument("--serial", action="store_true", help="one layer after the other")


def _layer(name: str) -> str:
    if name not in LAYERS:
        raise argparse.ArgumentTypeError(f"no such layer: {name}")
    return name


def chosen_layers(options: argparse.Namespace) -> Sequence[str]:
    """The layers that are asked for; else all, but for a quick run."""
    everything = [layer for layer in LAYERS if not (options.quick and layer in SLOW)]
    return options.layers or everything


def run(session: Session, options: argparse.Namespace) -> int:
    """Run the layers asked for, all by default; the last line says how many tests passed."""
    started = time.monotonic()
    done = _Tests(session, options).run(chosen_layers(options))
    counts = {layer: results.count(found) for layer, found in done.items()}
    for layer, found in done.items():
        _show_failures(session, layer, found)
    rows = [("layer", "passed", "failed")]
    rows += [(layer, str(passed), str(failed)) for layer, (passed, failed) in counts.items()]
    session.progress.say("\n  " + "\n  ".join(in_columns(rows, numeric={1, 2})))
    session.progress.say(f"  in {time.monotonic() - started:.0f} s; logs: {session.logs}\n")
    session.close()
    passed, failed = map(sum, zip(*counts.values(), strict=True))
    session.progress.say(f"{paths.ADDON}: {passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


def _show_failures(session: Session, layer: str, found: Results) -> None:
    failures = {name: trouble for name, trouble in found.items() if trouble}
    for name, trouble in list(failures.items())[:SHOWN_FAILURES]:
        indented = results.clip(trouble).replace("\n", "\n    ")
        session.progress.say(f"\nFAILED in {layer}: {name}\n    {indented}")
    if len(failures) > SHOWN_FAILURES:
        session.progress.say(f"\n… and {len(failures) - SHOWN_FAILURES} more failures in {layer}")


def run_pytest(
    step: Step, folder: Path, options: Command, env: Mapping[str, str] | None = None
) -> tuple[Results, int]:
    """Run pytest by the settings in the folder's own pytest.ini: results, and its exit status."""
    report = step.log.with_name(f"{step.log.stem}-{folder.parent.name}-{folder.name}.xml")
    command = [*PYTEST, "--junit-xml", report, *options]
    code = step.run(command, check=False, cwd=folder, env=env)
    return results.read_junit(report) if report.exists() else {}, code


def run_odoo_tests(
    environment: Environment, step: Step, database: str, tags: str, options: Command
) -> Results:
    """Run Odoo's test classes in a database."""
    port = ["--http-port", str(free_port())]
    command = ["-d", database, "--test-tags", tags, "--stop-after-init", *port, *options]
    code = environment.run_odoo(step, command, check=False)
    return results.read_odoo_log(step.log.read_text(errors="replace"), code)


@contextmanager
def threads(session: Session, number: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of threads whose processes are ended if this program is."""
    with ThreadPoolExecutor(number) as pool:
        try:
            yield pool
        except BaseException:
            # The pool waits for its threads, and they wait for their processes.
            session.close()
            raise


class _Tests:
    def __init__(self, session: Session, options: argparse.Namespace) -> None:
        self._session = session
        self._options = options
        self._environment: Environment

    def run(self, layers: Sequence[str]) -> dict[str, Results]:
        """Each layer's results, in order."""
        running: dict[str, Future[Results]] = {}
        with threads(self._session, 1 if self._options.serial else AT_ONCE) as pool:
            if "pure" in layers:
                running["pure"] = pool.submit(self._guarded, "pure", self._pure)
            if set(layers) - APART:
                # In this thread: the database server would end with another one.
                self._environment = Environment(self._session, browser_tests=True)
                self._environment.start(self._template(layers))
            others = {
                "odoo": self._odoo,
                "servers": self._servers,
                "compat": self._compat,
                "languages": self._languages,
            }
            for name in [name for name in others if name in layers]:
                running[name] = pool.submit(self._guarded, name, others[name])
            return {name: future.result() for name, future in running.items()}

    def _template(self, layers: Sequence[str]) -> environment.Template:
        if "compat" not in layers:
            return environment.POS
        return environment.SECTORS if self._options.tags else environment.ALL

    def _guarded(self, name: str, layer: Callable[[], Results]) -> Results:
        """A layer that breaks down is a failure, and the others go on."""
        try:
            return layer() or {f"the {name} tests": "no test ran"}
        except ToolError as error:
            return {f"the {name} tests": str(error)}

    # -- the layers ----------------------------------------------------------------------------

    def _pure(self) -> Results:
        """Tests without Odoo: the addon's pure Python, the simulator, and the tools."""
        with self._shown("Pure tests") as (step, found):
            found.update(self._pytest(step, paths.TESTS / "pure"))
            found.update(self._pytest(step, paths.TOOLS / "tests"))
        return found

    def _odoo(self) -> Results:
        """Odoo's test classes; through some of them tours and hoot tests in a browser."""
        self._environment.new_database("test")
        modules = ",".join([paths.ADDON, *COMPANIONS])
        with self._shown("Odoo and browser tests") as (step, found):
            tags = f"/{paths.ADDON}"
            found.update(self._odoo_tests(step, "test", tags, modules, paths.TESTS))
            if not self._options.tags:
                results.check_hoot(found, paths.ROOT / "static" / "tests")
        return found

    def _servers(self) -> Results:
        """Tests that start Odoo servers of their own."""
        self._environment.install_addon("servers_template")
        env = self._environment.servers_env("servers_template", self._session.logs / "servers")
        with self._shown("Tests with real servers") as (step, found):
            found.update(self._pytest(step, paths.TESTS / "servers", env))
        return found

    def _compat(self) -> Results:
        """Tests with the other modules of the Point of Sale: what each does, and all at once."""
        found: Results = {}
        if self._options.tags or not self._options.k:
            found.update(self._with_sectors())
        if not self._options.tags:
            found.update(self._beside_all())
        if not (self._options.tags or self._options.k):
            found.update(self._with_reconcilers())
        return found

    def _with_sectors(self) -> Results:
        """Odoo's test classes in `tests/compat`, with tours through what other modules add."""
        self._environment.new_database("compat", environment.SECTORS.name)
        folder = paths.TESTS / "compat"
        with self._shown("Tests with other modules of the Point of Sale") as (step, found):
            found.update(self._odoo_tests(step, "compat", COMPAT_TAG, paths.ADDON, folder))
        return found

    def _with_reconcilers(self) -> Results:
        """What the books come to where accountants reconcile with OCA's modules."""
        self._environment.new_database("reconcilers")
        with self._shown("The books beside OCA's bank reconciliation") as (step, found):
            tags = ",".join(f"/{paths.ADDON}:{name}" for name in TESTS_OF_BOOKS)
            options = ["-i", ",".join([paths.ADDON, *RECONCILERS])]
            found.update(run_odoo_tests(self._environment, step, "reconcilers", tags, options))
        return found

    def _beside_all(self) -> Results:
        """Install, sell and uninstall beside all modules of the Point of Sale at once."""
        self._environment.install_addon("all", environment.ALL.name)
        env = self._environment.servers_env("all", self._session.logs / "beside")
        modules = self._environment.companions()
        env["POS_MIXPAY_TEST_COMPANIONS"] = ",".join(map("=".join, modules.items()))
        with self._shown("Beside all modules of the Point of Sale") as (step, found):
            found.update(self._pytest(step, paths.TESTS / "beside", env))
        return found

    def _languages(self) -> Results:
        """Whether each text of the most important screens has its room, in other languages."""
        report = self._session.logs / "languages.json"
        chosen = (ALL,) if self._options.every_language else HARDEST
        options = [f"--lang={name}" for name in chosen]
        command = [sys.executable, "-B", paths.TOOLS / "main.py", "screenshots", *options]
        with self._shown("Screens in other languages") as (step, found):
            step.run([*command, "--look-only", "--report", report], check=False)
            if not report.exists():
                raise step.failed("not all screens were reached")
            found.update(json.loads(report.read_text()))
        return found

    # -- how -----------------------------------------------------------------------------------

    @contextmanager
    def _shown(self, title: str) -> Iterator[tuple[Step, Results]]:
        """A step, and where its results go; their number is shown with it."""
        found: Results = {}
        with self._session.step(title) as step:
            yield step, found
            passed, failed = results.count(found)
            step.ok = not failed
            step.note = f"{passed} passed, {failed} failed"

    def _odoo_tests(
        self, step: Step, database: str, tags: str, modules: str, folder: Path
    ) -> Results:
        """Run Odoo's test classes of a folder, or those that are asked for."""
        options = ["-i", modules, "--screenshots", self._session.logs / "screenshots"]
        chosen = self._options.tags
        found = run_odoo_tests(self._environment, step, database, chosen or tags, options)
        if not chosen:
            results.check_all_ran(found, results.written_tests(folder, "test_*.py"))
        return found

    def _pytest(self, step: Step, folder: Path, env: Mapping[str, str] | None = None) -> Results:
        """Run the tests of a folder, or those of them that are asked for."""
        chosen = ["-k", self._options.k] if self._options.k else []
        found, code = run_pytest(step, folder, chosen, env)
        if found and not chosen:
            results.check_all_ran(found, results.written_tests(folder, "**/*.py"))
        if code and not any(found.values()) and not (chosen and code == NO_TEST_CHOSEN):
            found[f"{folder.name} tests"] = str(step.failed(f"pytest ended with status {code}"))
        # Files of two folders may have the same name.
        return {f"{folder.parent.name}/{folder.name}: {name}": found[name] for name in found}
