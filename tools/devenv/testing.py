"""Set up and run the tests: the layers at the same time where they don't depend on each other."""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from . import companions, net, paths, results
from .environment import TEMPLATE, TEMPLATE_ALL, TEMPLATE_SECTORS, Environment
from .progress import ToolError
from .results import OdooLog, Result
from .session import Command, Session, Step

LAYERS = ("pure", "odoo", "servers", "compat")
TESTS = paths.ROOT / "tests"
AT_ONCE = 2  # whoever runs beside them makes their browsers slow
SHOWN_FAILURES = 15
# Addons that ours must get along with, though it does not need them.
COMPANIONS = ("pos_hr", "pos_restaurant")
TESTS_OF_BOOKS = ("TestMixpayAuditor", "TestMixpayBooks", "TestMixpaySuspense")
COMPAT_TAG = "pos_mixpay_compat"
NO_TEST_CHOSEN = 5  # pytest's exit status when -k matches nothing


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `tools/test`."""
    layers = f"run these only: {', '.join(LAYERS)}"
    parser.add_argument("layers", nargs="*", metavar="LAYER", type=_layer, help=layers)
    chosen = "pytest's -k, for pure, servers and compat"
    parser.add_argument("-k", metavar="EXPRESSION", help=chosen)
    tags = "Odoo's --test-tags, for odoo (default: /pos_mixpay), e.g. /pos_mixpay:TestX, and for"
    parser.add_argument("--tags", help=f"{tags} compat (default: {COMPAT_TAG}), alone")
    quick = "without compat, the tests beside all other modules of the Point of Sale"
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--serial", action="store_true", help="one layer after the other")


def _layer(name: str) -> str:
    if name not in LAYERS:
        raise argparse.ArgumentTypeError(f"no such layer: {name}")
    return name


def chosen_layers(options: argparse.Namespace) -> Sequence[str]:
    """The layers that are asked for; else all, but for a quick run."""
    everything = [layer for layer in LAYERS if not (options.quick and layer == "compat")]
    return options.layers or everything


def run(session: Session, options: argparse.Namespace) -> int:
    """Run the layers asked for, all by default; the last line says how many tests passed."""
    started = time.monotonic()
    done = _Tests(session, options).run(chosen_layers(options))
    passed = sum(result.passed for result in done.values())
    failed = sum(result.failed for result in done.values())
    _report(session, done, time.monotonic() - started)
    session.close()
    session.progress.say(f"{paths.ADDON}: {passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


def _report(session: Session, done: Mapping[str, Result], seconds: float) -> None:
    say = session.progress.say
    for layer, result in done.items():
        for name, detail in list(result.failures.items())[:SHOWN_FAILURES]:
            indented = "\n".join(f"    {line}" for line in detail.splitlines())
            say(f"\nFAILED in {layer}: {name}\n{indented}")
        if result.failed > SHOWN_FAILURES:
            say(f"\n… and {result.failed - SHOWN_FAILURES} more failures in {layer}")
    say("\n  layer     passed  failed")
    for layer, result in done.items():
        say(f"  {layer:<9} {result.passed:>6}  {result.failed:>6}")
    say(f"  in {seconds:.0f} s; logs: {session.logs}\n")


def run_pytest(
    environment: Environment,
    step: Step,
    folder: Path,
    options: Command,
    env: Mapping[str, str] | None = None,
) -> tuple[Path, int]:
    """Run pytest by the settings in the folder's own pytest.ini: its report, and exit status."""
    report = step.log.with_name(f"{step.log.stem}-{folder.parent.name}-{folder.name}.xml")
    command = [environment.python, "-B", "-m", "pytest", "--junit-xml", report]
    settings = ["-p", "no:cacheprovider", "-o", "junit_family=xunit2", "-o", "xfail_strict=true"]
    code = step.run([*command, *settings, *options], check=False, cwd=folder, env=env)
    return report, code


def run_odoo_tests(
    environment: Environment, step: Step, database: str, tags: str, options: Command
) -> tuple[OdooLog, int]:
    """Run Odoo's test classes in a database: what its log says, and its exit status."""
    port = ["--http-port", str(net.free_port())]
    command = ["-d", database, "--test-tags", tags, "--stop-after-init", *port, *options]
    code = environment.run_odoo(step, command, check=False)
    return OdooLog(step.log.read_text(errors="replace")), code


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
        self._environment = Environment(session)

    def run(self, layers: Sequence[str]) -> dict[str, Result]:
        """Each layer's result, in order."""
        running: dict[str, Future[Result]] = {}
        with threads(self._session, 1 if self._options.serial else AT_ONCE) as pool:
            if "pure" in layers:
                running["pure"] = pool.submit(self._guarded, "pure", self._pure)
            if set(layers) - {"pure"}:
                # In this thread: the database server would end with another one.
                self._environment.prepare_browser()
                self._environment.prepare_odoo(unit_tests=True)
                self._environment.prepare_database(template=self._last_template(layers))
            others = {"odoo": self._odoo, "servers": self._servers, "compat": self._compat}
            for name in [name for name in others if name in layers]:
                running[name] = pool.submit(self._guarded, name, others[name])
            return {name: future.result() for name, future in running.items()}

    def _last_template(self, layers: Sequence[str]) -> str:
        if "compat" not in layers:
            return TEMPLATE
        return TEMPLATE_SECTORS if self._options.tags else TEMPLATE_ALL

    def _guarded(self, name: str, layer: Callable[[], Result]) -> Result:
        """A layer that breaks down is a failure, and the others go on."""
        try:
            result = layer()
        except ToolError as error:
            result = Result()
            result.fail(f"the {name} tests", str(error))
        if not result.passed and not result.failed:
            result.fail(f"the {name} tests", "no test ran")
        return result

    # -- the layers ----------------------------------------------------------------------------

    def _pure(self) -> Result:
        """Tests without Odoo: the addon's pure Python, the simulator, and the tools."""
        with self._session.step("Pure tests") as step:
            result = self._pytest(step, TESTS / "pure")
            result.add(self._pytest(step, paths.TOOLS / "tests"))
            return _shown(step, result)

    def _odoo(self) -> Result:
        """Odoo's test classes; through some of them tours and hoot tests in a browser."""
        self._environment.new_database("test")
        with self._session.step("Odoo and browser tests") as step:
            tags = self._options.tags or f"/{paths.ADDON}"
            install = ["-i", ",".join([paths.ADDON, *COMPANIONS])]
            pictures = ["--screenshots", self._session.logs / "screenshots"]
            log, code = run_odoo_tests(self._environment, step, "test", tags, [*install, *pictures])
            if self._options.tags:
                log.check_end(code)
            else:
                hoot, switched_off = results.written_hoot_tests(paths.ROOT / "static" / "tests")
                log.check(results.written_odoo_tests(TESTS), hoot, code)
                for place in switched_off:
                    log.result.fail(f"hoot: {place}", "is switched off, or switches others off")
            return _shown(step, log.result)

    def _compat(self) -> Result:
        """Tests with the other modules of the Point of Sale: what each does, and all at once."""
        chosen = self._options.tags, self._options.k
        result = Result()
        if chosen[0] or not any(chosen):
            result.add(self._with_sectors())
        if not chosen[0]:
            result.add(self._beside_all())
        if not any(chosen):
            result.add(self._with_reconcilers())
        return result

    def _with_sectors(self) -> Result:
        """Odoo's test classes in `tests/compat`, with tours through what other modules add."""
        self._environment.new_database("compat", TEMPLATE_SECTORS)
        with self._session.step("Tests with other modules of the Point of Sale") as step:
            tags = self._options.tags or COMPAT_TAG
            options = ["-i", paths.ADDON, "--screenshots", self._session.logs / "screenshots"]
            log, code = run_odoo_tests(self._environment, step, "compat", tags, options)
            if self._options.tags:
                log.check_end(code)
            else:
                log.check(results.written_odoo_tests(TESTS / "compat"), 0, code)
            return _shown(step, log.result)

    def _with_reconcilers(self) -> Result:
        """What the books come to where accountants reconcile with OCA's modules."""
        self._environment.new_database("reconcilers")
        with self._session.step("The books beside OCA's bank reconciliation") as step:
            tags = ",".join(f"/{paths.ADDON}:{name}" for name in TESTS_OF_BOOKS)
            modules = ",".join([paths.ADDON, *companions.RECONCILERS])
            log, code = run_odoo_tests(
                self._environment, step, "reconcilers", tags, ["-i", modules]
            )
            log.check_end(code)
            return _shown(step, log.result)

    def _beside_all(self) -> Result:
        """Install, sell and uninstall beside all modules of the Point of Sale at once."""
        self._environment.install_addon("all", TEMPLATE_ALL)
        logs = self._session.logs / "beside"
        env = self._environment.servers_env("all", logs)
        modules = self._environment.companions()
        env["POS_MIXPAY_TEST_COMPANIONS"] = ",".join(map("=".join, modules.items()))
        with self._session.step("Beside all modules of the Point of Sale") as step:
            return _shown(step, self._pytest(step, TESTS / "beside", env))

    def _servers(self) -> Result:
        """Tests that start Odoo servers of their own."""
        self._environment.install_addon("servers_template")
        logs = self._session.logs / "servers"
        env = self._environment.servers_env("servers_template", logs)
        with self._session.step("Tests with real servers") as step:
            return _shown(step, self._pytest(step, TESTS / "servers", env))

    def _pytest(self, step: Step, folder: Path, env: Mapping[str, str] | None = None) -> Result:
        """Run the tests in `folder`; the result says of each one what became of it."""
        result = Result()
        if not folder.is_dir():
            result.fail(f"{folder.name} tests", f"there is no folder {folder}")
            return result
        chosen = ["-k", self._options.k] if self._options.k else []
        report, code = run_pytest(self._environment, step, folder, chosen, env)
        if report.exists():
            result = results.read_junit(report, folder, everything=not chosen)
        if code and not result.failures and not (chosen and code == NO_TEST_CHOSEN):
            error = step.failed(f"pytest ended with status {code}")
            result.fail(f"{folder.name} tests", str(error))
        return result


def _shown(step: Step, result: Result) -> Result:
    step.ok = not result.failed
    step.note = f"{result.passed} passed, {result.failed} failed"
    return result
