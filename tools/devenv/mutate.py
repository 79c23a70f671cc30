"""Show that tests fail without the money rules: each mutation is noticed by the test it names."""

import argparse
import ast
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import paths, results
from .environment import Environment
from .mutations import MUTATIONS, ODOO, PURE, SERVERS, Mutation
from .progress import ToolError
from .session import Session, Step
from .testing import run_odoo_tests, run_pytest, threads

TEMPLATE = "mutate_template"
UNMUTATED = "unmutated"
LEFT_OUT = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", "node_modules")
PARALLEL = 2


class DoesNotApply(Exception):
    """The text that a mutation replaces is not there, or not once, or what results is no Python."""


def mutated(text: str, mutation: Mutation) -> str:
    """The content of a file with the mutation in it.

    :raises DoesNotApply: unless the old text is there exactly once, and what results is Python
        where it was; of JavaScript, a wrong one would be noticed by any test
    """
    if (times := text.count(mutation.old)) != 1:
        raise DoesNotApply(f"its text is {times} times in {mutation.file}")
    changed = text.replace(mutation.old, mutation.new)
    if not mutation.file.endswith(".py"):
        return changed
    try:
        ast.parse(changed)
    except SyntaxError as error:
        raise DoesNotApply(f"{mutation.file} would not be Python: {error}") from error
    return changed


@dataclass(frozen=True)
class Outcome:
    """What became of a mutation: `problem` is empty when its test has failed."""

    mutation: Mutation
    problem: str = ""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `tools/mutate`."""
    rules = "numbers of rules (default: all)"
    parser.add_argument("rules", nargs="*", type=int, metavar="RULE", help=rules)


def run(session: Session, options: argparse.Namespace) -> int:
    """Run the mutations asked for; 0 if each one was noticed by the test that it names."""
    chosen = [m for m in MUTATIONS if not options.rules or m.rule in options.rules]
    runner = _Runner(session, chosen)
    runner.set_up()
    if failed := runner.check_unmutated():
        raise ToolError("Without any mutation these tests fail already:\n  " + "\n  ".join(failed))
    with threads(session, PARALLEL) as pool:
        outcomes = list(pool.map(runner.outcome, range(len(chosen)), chosen))
    survived = [outcome for outcome in outcomes if outcome.problem]
    session.progress.say("\n" + table(outcomes) + "\n")
    session.progress.say(f"{len(outcomes) - len(survived)} mutations noticed, {len(survived)} not")
    return 1 if survived else 0


def table(outcomes: Sequence[Outcome]) -> str:
    """Rule, mutation, and the test that failed, or why it did not."""
    rows = [("rule", "mutation", "test that failed")]
    for outcome in outcomes:
        mutation = outcome.mutation
        evaluation = f"NOT NOTICED: {outcome.problem}" if outcome.problem else mutation.test
        rows.append((str(mutation.rule), mutation.what, evaluation))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows)


class _Runner:
    """Runs narrow selections of tests on copies of the project."""

    def __init__(self, session: Session, mutations: Sequence[Mutation]) -> None:
        self._session = session
        self._mutations = mutations
        self._layers = {mutation.layer for mutation in mutations}
        self._environment = Environment(session)

    def set_up(self) -> None:
        """Odoo with a database that has the addon installed, if need be."""
        if self._layers - {PURE}:
            self._environment.prepare_browser()
            self._environment.prepare_odoo(unit_tests=True)
            self._environment.prepare_database()
            self._environment.install_addon(TEMPLATE)

    # -- what is run ---------------------------------------------------------------------------

    def check_unmutated(self) -> list[str]:
        """The named tests, all of a layer in one go, on a copy without mutation."""
        copy = self._copy(UNMUTATED)
        failed: list[str] = []
        for layer in sorted(self._layers):
            tests = sorted({m.test for m in self._mutations if m.layer == layer})
            with self._session.step(f"Without mutation: {len(tests)} {layer} tests") as step:
                passed = self._run(step, layer, tests, copy, UNMUTATED)
                missing = [test for test in tests if not passed.get(test)]
                step.ok = not missing
            failed += missing
        return failed

    def outcome(self, number: int, mutation: Mutation) -> Outcome:
        """Run a mutation's test on a copy with the mutation in it."""
        title = f"Rule {mutation.rule}, {number + 1}: {mutation.what}"
        with self._session.step(title) as step:
            problem = self._problem(step, number, mutation)
            step.ok = not problem
            step.note = problem or f"noticed by {mutation.test}"
        return Outcome(mutation, problem)

    def _problem(self, step: Step, number: int, mutation: Mutation) -> str:
        """Why the mutation was not noticed; empty when it was."""
        name = f"mutant_{number}"
        copy = self._copy(name)
        file = copy / mutation.file
        try:
            file.write_text(mutated(file.read_text(), mutation))
        except DoesNotApply as error:
            return str(error)
        passed = self._run(step, mutation.layer, [mutation.test], copy, name)
        shutil.rmtree(copy.parent)
        if mutation.test not in passed:
            return f"{mutation.test} did not run; see {step.log}"
        return f"{mutation.test} passes" if passed[mutation.test] else ""

    def _copy(self, name: str) -> Path:
        """A copy of the project, under its own name in an addons path of its own.

        All come from the first one: somebody may be at work in the checkout.
        """
        source = paths.ROOT if name == UNMUTATED else self._folder(UNMUTATED)
        shutil.copytree(source, self._folder(name), ignore=LEFT_OUT)
        return self._folder(name)

    def _folder(self, name: str) -> Path:
        return self._session.dir / "copies" / name / paths.ADDON

    # -- how -----------------------------------------------------------------------------------

    def _run(
        self, step: Step, layer: str, tests: Sequence[str], copy: Path, name: str
    ) -> dict[str, bool]:
        """Whether each of the tests that ran has passed."""
        if layer == ODOO:
            return self._odoo(step, tests, copy, name)
        env: dict[str, str] = {}
        if layer == SERVERS:
            logs = self._session.logs / name
            env = self._environment.servers_env(TEMPLATE, logs, addons_path=copy.parent)
        report, _ = run_pytest(self._environment, step, copy / "tests" / layer, tests, env)
        return results.read_outcomes(report) if report.exists() else {}

    def _odoo(self, step: Step, tests: Sequence[str], copy: Path, name: str) -> dict[str, bool]:
        """Odoo's test classes on a database in which the addon is installed already."""
        self._environment.new_database(name, TEMPLATE)
        tags = ",".join(f"/{paths.ADDON}:{test}" for test in tests)
        options = ["--addons-path", copy.parent]
        log, _ = run_odoo_tests(self._environment, step, name, tags, options)
        self._environment.cluster.drop(name)
        # Odoo's log names them `module.Class.test`.
        return {ran.partition(".")[2]: ran not in log.result.failures for ran in log.ran}
