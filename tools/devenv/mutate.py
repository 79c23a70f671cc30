"""Show that tests fail without the money rules: each mutation is noticed by the test it names."""

import argparse
import ast
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from . import paths, results
from .environment import Environment
from .progress import ToolError, in_columns
from .session import Session, Step
from .testing import run_odoo_tests, run_pytest, threads

MUTATIONS = paths.TOOLS / "mutations.yaml"
TEMPLATE = "mutate_template"
UNMUTATED = "unmutated"
LEFT_OUT = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", "node_modules")
PARALLEL = 2


class DoesNotApply(Exception):
    """The text that a mutation replaces is not there, or not once, or what results is no Python."""


@dataclass(frozen=True)
class Mutation:
    """A fault put into the source: `old`, found exactly once in `file`, becomes `new`.

    :ivar rule: number of the money rule that is broken
    :ivar what: what the fault does, for people
    :ivar test: the layer it is in, a slash, and `test_file.py::test_name` for pytest,
        `TestClass.test_name` for Odoo
    :ivar is_stored: whether the fault is in what an installation puts into the database
    """

    rule: int
    what: str
    file: str
    old: str
    new: str
    test: str
    is_stored: bool = False

    def applied_to(self, text: str) -> str:
        """The content of `file` with the fault in it.

        :raises DoesNotApply: unless the old text is there exactly once, and what results is Python
            where it was; of JavaScript, a wrong one would be noticed by any test
        """
        if (times := text.count(self.old)) != 1:
            raise DoesNotApply(f"its text is {times} times in {self.file}")
        changed = text.replace(self.old, self.new)
        if not self.file.endswith(".py"):
            return changed
        try:
            ast.parse(changed)
        except SyntaxError as error:
            raise DoesNotApply(f"{self.file} would not be Python: {error}") from error
        return changed


def known_as(test: str) -> str:
    """How results call a mutation's test."""
    return test.partition("/")[2].replace(".py::", ".")


def read_mutations() -> list[Mutation]:
    """All mutations, by rule."""
    rules = yaml.safe_load(MUTATIONS.read_text())
    return [Mutation(rule, **entry) for rule, entries in rules.items() for entry in entries]


def choose(rules: Sequence[int], words: Sequence[str] | None) -> list[Mutation]:
    """The mutations of these rules that have any of these words; nothing given means all.

    :raises ToolError: if there are none
    """
    chosen = [
        mutation
        for mutation in read_mutations()
        if (not rules or mutation.rule in rules)
        and (not words or any(part in mutation.what for part in words))
    ]
    if not chosen:
        raise ToolError("There is no such mutation.")
    return chosen


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `tools/mutate`."""
    rules = "numbers of rules (default: all)"
    parser.add_argument("rules", nargs="*", type=int, metavar="RULE", help=rules)
    words = "only mutations whose description has these words"
    parser.add_argument("-k", metavar="WORDS", action="append", help=f"{words}; may be repeated")


def run(session: Session, options: argparse.Namespace) -> int:
    """Run the mutations asked for; 0 if each one was noticed by the test that it names."""
    chosen = choose(options.rules, options.k)
    runner = _Runner(session)
    runner.set_up({mutation.test for mutation in chosen})
    with threads(session, PARALLEL) as pool:
        problems = list(pool.map(runner.problem, range(len(chosen)), chosen))
    survived = sum(map(bool, problems))
    session.progress.say("\n" + table(chosen, problems) + "\n")
    session.progress.say(f"{len(chosen) - survived} mutations noticed, {survived} not")
    return 1 if survived else 0


def table(mutations: Sequence[Mutation], problems: Sequence[str]) -> str:
    """Rule, mutation, and the test that failed, or why it did not."""
    rows = [("  rule", "mutation", "test that failed")]
    for mutation, problem in zip(mutations, problems, strict=True):
        noticed = f"NOT NOTICED: {problem}" if problem else mutation.test
        rows.append((f"  {mutation.rule}", mutation.what, noticed))
    return "\n".join(in_columns(rows))


class _Runner:
    """Runs narrow selections of tests on copies of the project."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._environment: Environment

    def set_up(self, tests: set[str]) -> None:
        """Prepare what `tests` need, and see all of them pass on a copy without mutation."""
        layers: dict[str, list[str]] = {}
        for test in sorted(tests):
            layers.setdefault(test.partition("/")[0], []).append(test)
        if set(layers) - {"pure"}:
            self._environment = Environment(self._session, browser_tests=True)
            self._environment.start()
            self._environment.install_addon(TEMPLATE)
        copy = self._copy(UNMUTATED)
        failed: list[str] = []
        for layer, chosen in layers.items():
            with self._session.step(f"Without mutation: {len(chosen)} {layer} tests") as step:
                passed = self._passed(step, chosen, copy)
                failed += [test for test in chosen if not passed.get(test)]
                step.ok = not failed
        if failed:
            listed = "\n  ".join(failed)
            raise ToolError(f"Without any mutation these tests fail already:\n  {listed}")

    def problem(self, number: int, mutation: Mutation) -> str:
        """Why a mutation was not noticed by its test; empty when it was."""
        title = f"Rule {mutation.rule}, {number + 1}: {mutation.what}"
        with self._session.step(title) as step:
            problem = self._problem(step, f"mutant_{number}", mutation)
            step.ok = not problem
            step.note = problem or f"noticed by {mutation.test}"
        return problem

    def _problem(self, step: Step, name: str, mutation: Mutation) -> str:
        copy = self._copy(name)
        file = copy / mutation.file
        try:
            file.write_text(mutation.applied_to(file.read_text()))
        except DoesNotApply as error:
            return str(error)
        passed = self._passed(step, [mutation.test], copy, is_updated=mutation.is_stored)
        shutil.rmtree(copy.parent)
        if mutation.test not in passed:
            return f"{mutation.test} did not run; see {step.log}"
        return f"{mutation.test} passes" if passed[mutation.test] else ""

    def _copy(self, name: str) -> Path:
        """A copy of the project, under its own name in an addons path of its own.

        All come from the first one: somebody may be at work in the checkout.
        """
        copies = self._session.dir / "copies"
        source = paths.ROOT if name == UNMUTATED else copies / UNMUTATED / paths.ADDON
        return Path(shutil.copytree(source, copies / name / paths.ADDON, ignore=LEFT_OUT))

    def _passed(
        self, step: Step, tests: Sequence[str], copy: Path, *, is_updated: bool = False
    ) -> dict[str, bool]:
        """Whether each of the tests that ran has passed, in all of its cases; all of one layer.

        :param is_updated: whether the addon is updated in the database before
        """
        layer = tests[0].partition("/")[0]
        names = [test.partition("/")[2] for test in tests]
        database = copy.parent.name
        if layer == "odoo":
            # A database in which the addon is installed already.
            self._environment.new_database(database, TEMPLATE)
            tags = ",".join(f"/{paths.ADDON}:{name}" for name in names)
            options = ["--addons-path", copy.parent, *(["-u", paths.ADDON] if is_updated else [])]
            found = run_odoo_tests(self._environment, step, database, tags, options)
            self._environment.cluster.drop(database)
        else:
            env = {}
            if layer == "servers":
                logs = self._session.logs / database
                env = self._environment.servers_env(TEMPLATE, logs, addons_path=copy.parent)
            found, _code = run_pytest(step, copy / "tests" / layer, names, env)
        cases = {test: results.of_test(found, known_as(test)) for test in tests}
        return {test: not any(troubles) for test, troubles in cases.items() if troubles}
