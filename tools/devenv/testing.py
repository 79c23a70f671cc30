"""Running the layers of tests, at the same time where they don't depend on each other."""

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from . import net, paths, postgres, results
from .environment import Environment
from .progress import ToolError
from .results import Result
from .session import Session, Step

LAYERS = ("pure", "odoo", "servers")
TESTS = paths.ROOT / "tests"
SHOWN_FAILURES = 15
# Addons that ours must get along with, though it does not need them.
COMPANIONS = ("pos_hr", "pos_restaurant")


def run(session: Session, options: argparse.Namespace) -> int:
    """Run the layers asked for, all by default; the last line says how many tests passed."""
    layers = options.layers or list(LAYERS)
    started = time.monotonic()
    done = _Tests(session, options).run(layers)
    passed = sum(result.passed for result in done.values())
    failed = sum(result.failed for result in done.values())
    _report(session, done, time.monotonic() - started)
    session.close()
    session.progress.say(f"{paths.ADDON}: {passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


def _report(session: Session, done: dict[str, Result], seconds: float) -> None:
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


class _Tests:
    def __init__(self, session: Session, options: argparse.Namespace) -> None:
        self._session = session
        self._options = options
        self._environment = Environment(session)

    def run(self, layers: list[str]) -> dict[str, Result]:
        """Each layer's result, in order."""
        self._environment.prepare_python()
        running: dict[str, Future[Result]] = {}
        with ThreadPoolExecutor(1 if self._options.serial else len(LAYERS)) as pool:
            try:
                if "pure" in layers:
                    running["pure"] = pool.submit(self._guarded, "pure", self._pure)
                if set(layers) - {"pure"}:
                    self._set_up()
                for name, layer in (("odoo", self._odoo), ("servers", self._servers)):
                    if name in layers:
                        running[name] = pool.submit(self._guarded, name, layer)
                return {name: future.result() for name, future in running.items()}
            except BaseException:
                # The pool waits for its threads, and they wait for their processes.
                self._session.close()
                raise

    def _set_up(self) -> None:
        self._environment.prepare_browser()
        self._environment.prepare_odoo(unit_tests=True)
        self._environment.prepare_database()

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
            result = self._pytest(step, TESTS / "pure", {})
            tools = self._pytest(step, paths.TOOLS / "tests", {})
            result.passed += tools.passed
            result.failures.update(tools.failures)
            _show(step, result)
        return result

    def _odoo(self) -> Result:
        """Odoo's test classes; through some of them tours and hoot tests in a browser."""
        self._environment.new_database("test")
        with self._session.step("Odoo and browser tests") as step:
            code = self._environment.run_odoo(
                step,
                ["-d", "test", "-i", ",".join([paths.ADDON, *COMPANIONS]), "--stop-after-init"]
                + ["--test-tags", self._options.tags or f"/{paths.ADDON}"]
                + ["--http-port", str(net.free_port())]
                + ["--screenshots", self._session.logs / "screenshots"],
                check=False,
            )
            log = results.OdooLog(step.log.read_text(errors="replace"))
            self._check_odoo(log, code)
            _show(step, log.result)
        return log.result

    def _check_odoo(self, log: results.OdooLog, code: int) -> None:
        if self._options.tags:
            log.check_end(code)
            return
        hoot, switched_off = results.written_hoot_tests(paths.ROOT / "static" / "tests")
        log.check(results.written_odoo_tests(TESTS), hoot, code)
        for place in switched_off:
            log.result.fail(f"hoot: {place}", "is switched off, or switches others off")

    def _servers(self) -> Result:
        """Tests that start Odoo servers of their own."""
        self._environment.install_addon("servers_template")
        with self._session.step("Tests with real servers") as step:
            result = self._pytest(step, TESTS / "servers", self._servers_env())
            _show(step, result)
        return result

    def _servers_env(self) -> dict[str, str]:
        environment = self._environment
        logs = self._session.logs / "servers"
        logs.mkdir()
        return {
            **environment.child_env(),
            "POS_MIXPAY_TEST_ODOO": json.dumps(environment.command),
            "POS_MIXPAY_TEST_PGHOST": environment.cluster.host,
            "POS_MIXPAY_TEST_PGUSER": postgres.ROLE,
            "POS_MIXPAY_TEST_TEMPLATE": "servers_template",
            "POS_MIXPAY_TEST_DATA_DIR": str(environment.data_dir),
            "POS_MIXPAY_TEST_ADDONS_PATH": str(environment.addons_path),
            "POS_MIXPAY_TEST_LOG_DIR": str(logs),
        }

    def _pytest(self, step: Step, folder: Path, env: dict[str, str]) -> Result:
        """Run pytest in `folder`, by the settings in its own pytest.ini."""
        result = Result()
        if not folder.is_dir():
            result.fail(f"{folder.name} tests", f"there is no folder {folder}")
            return result
        report = self._session.logs / f"{folder.parent.name}-{folder.name}.xml"
        command = [self._environment.python, "-B", "-m", "pytest", "--junit-xml", report]
        options = ["-p", "no:cacheprovider", "-o", "junit_family=xunit2", "-o", "xfail_strict=true"]
        chosen = ["-k", self._options.k] if self._options.k else []
        code = step.run([*command, *options, *chosen], check=False, cwd=folder, env=env)
        if report.exists():
            result = results.read_junit(report, folder, everything=not chosen)
        if code and not result.failures and not (chosen and code == _NO_TEST_CHOSEN):
            result.fail(
                f"{folder.name} tests", str(step.failed(f"pytest ended with status {code}"))
            )
        return result


_NO_TEST_CHOSEN = 5  # pytest's exit status when -k matches nothing


def _show(step: Step, result: Result) -> None:
    step.ok = not result.failed
    step.note = f"{result.passed} passed, {result.failed} failed"
