"""Counting tests: what ran is compared with what is written in the source.

Odoo silently passes over plain `unittest.TestCase` classes, test modules that nobody imported, and
browser tests where no browser starts; pytest over files whose names don't match. So the tests
are looked up in the source, and one that did not run has failed.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from . import paths

DETAIL_LINES = 60


@dataclass
class Result:
    """The outcome of one layer: a count, and a description for each failed test."""

    passed: int = 0
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        return len(self.failures)

    def fail(self, name: str, detail: str) -> None:
        """Note a failure; several details of one test make one failure."""
        known = self.failures.get(name)
        self.failures[name] = clip(f"{known}\n{detail}") if known else detail

    def add(self, other: "Result") -> None:
        """Count the tests of another result too."""
        self.passed += other.passed
        self.failures.update(other.failures)


# -- what is written ---------------------------------------------------------------------------


def _functions(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_function and node.name.startswith("test"):
            yield node.name


def written_tests(file: Path) -> list[str]:
    """`Class.method` and plain functions; a name given twice (one hides the other) comes twice."""
    tree = ast.parse(file.read_text(), filename=str(file))
    found = list(_functions(tree.body))
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found += [f"{node.name}.{name}" for name in _functions(node.body)]
    return found


def written_odoo_tests(folder: Path) -> list[str]:
    """`module.Class.method` for the Odoo tests directly in `folder`."""
    return [
        f"{file.stem}.{name}"
        for file in sorted(folder.glob("test_*.py"))
        for name in written_tests(file)
    ]


HOOT_TEST = re.compile(r"^\s*test(?P<modifiers>(?:\.\w+(?:\([^)]*\))?)*)\(", re.MULTILINE)
HOOT_NOT_RUN = re.compile(r"\b(?:test|describe)[\w.()]*\.(?:skip|todo|only|debug)\b")


def written_hoot_tests(folder: Path) -> tuple[int, list[str]]:
    """How many hoot tests there are at least, and the places that switch some off."""
    count, switched_off = 0, []
    for file in sorted(folder.rglob("*.test.js")):
        text = file.read_text()
        count += len(HOOT_TEST.findall(text))
        switched_off += [f"{file.name}: {match[0]}" for match in HOOT_NOT_RUN.finditer(text)]
    return count, switched_off


# -- pytest ------------------------------------------------------------------------------------


def read_junit(report: Path, folder: Path, *, everything: bool) -> Result:
    """The result of pytest in `folder`; skipped and expected-to-fail tests have failed."""
    result = Result()
    ran: set[str] = set()
    for name, trouble in _cases(report):
        ran.add(name.partition("[")[0])
        if trouble is None:
            result.passed += 1
        else:
            text = trouble.text or trouble.get("message") or ""
            result.fail(f"{folder.name}: {name}", f"{trouble.tag}: {clip(text)}")
    if everything:
        _compare_with_source(result, ran, folder)
    return result


def read_outcomes(report: Path) -> dict[str, bool]:
    """Whether each `test_file.py::test_name` of a report has passed, in all of its cases."""
    outcomes: dict[str, bool] = {}
    for name, trouble in _cases(report):
        module, _, test = name.partition("[")[0].rpartition(".")
        known = f"{module.rpartition('.')[2]}.py::{test}"
        outcomes[known] = outcomes.get(known, True) and trouble is None
    return outcomes


def _cases(report: Path) -> Iterator[tuple[str, ElementTree.Element | None]]:
    """The tests of a report, and what is wrong with each."""
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name', '')}".lstrip(".")
        found = [case.find(tag) for tag in ("failure", "error", "skipped")]
        yield name, next((trouble for trouble in found if trouble is not None), None)


def _compare_with_source(result: Result, ran: set[str], folder: Path) -> None:
    for file in sorted(folder.rglob("*.py")):
        module = ".".join(file.relative_to(folder).with_suffix("").parts)
        for name, times in Counter(written_tests(file)).items():
            if not any(f".{test}".endswith(f".{module}.{name}") for test in ran):
                result.fail(f"{folder.name}: {module}.{name}", "did not run")
            elif times > 1:
                result.fail(f"{folder.name}: {module}.{name}", f"written {times} times")


# -- Odoo --------------------------------------------------------------------------------------

ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ ([A-Z]+) \S+ ([\w.]+): ", re.MULTILINE)
STARTING = re.compile(r"Starting (?P<name>\S+) \.\.\.")
SKIPPED = re.compile(r"skipped (?P<name>\S+) : (?P<reason>.*)")
SUMMARY = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
HOOT_PASSED = re.compile(r"Passed (\d+) tests \(")


class OdooLog:
    """Reads an Odoo log entry by entry, and knows which test each one belongs to."""

    def __init__(self, text: str) -> None:
        self.result = Result()
        self.ran: list[str] = []
        self.hoot = 0
        self._summary: int | None = None
        # The text before the first entry, then level, logger and text (of several lines) of each.
        _, *parts = ENTRY.split(text)
        for level, logger, said in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            self._read(level, logger, said.rstrip("\n"))
        broken = set(self.result.failures)
        self.result.passed = sum(name not in broken for name in self.ran) + self.hoot

    def _read(self, level: str, logger: str, text: str) -> None:
        summary = SUMMARY.search(text)
        if match := STARTING.match(text):
            self.ran.append(f"{logger.rpartition('.')[2]}.{match['name']}")
        elif match := SKIPPED.match(text):
            self.result.fail(self._test(match["name"]), f"skipped: {match['reason']}")
        elif level in ("ERROR", "CRITICAL") and not summary:
            self.result.fail(self._test("in the log"), clip(f"{logger}: {text}"))
        elif level == "WARNING" and not self.ran and paths.ADDON in text:
            # While the addon loads: a field, view or access rule that Odoo finds fault with.
            name = f"warning while loading: {text.splitlines()[0]}"
            self.result.fail(name, clip(f"{logger}: {text}"))
        if summary:
            self._summary = int(summary[3])
        if match := HOOT_PASSED.search(text):
            self.hoot += int(match[1])

    def _test(self, otherwise: str) -> str:
        return self.ran[-1] if self.ran else otherwise

    def check(self, written: list[str], hoot_written: int, exit_code: int) -> None:
        """Compare with the source; each test that did not run has failed."""
        for name, times in Counter(written).items():
            if name not in self.ran:
                self.result.fail(name, "did not run")
            elif times > 1:
                self.result.fail(name, f"written {times} times")
        if self.hoot < hoot_written:
            missing = f"{hoot_written} written, {self.hoot} passed"
            self.result.fail("hoot unit tests", missing)
        self.check_end(exit_code)

    def check_end(self, exit_code: int) -> None:
        """Odoo's own count and exit status must agree with what was read."""
        if self._summary is None:
            self.result.fail("Odoo", "ended without a count of tests")
        elif self._summary != len(self.ran):
            self.result.fail("Odoo", f"counted {self._summary} tests, {len(self.ran)} started")
        if exit_code and not self.result.failures:
            self.result.fail("Odoo", f"ended with status {exit_code}")


def clip(text: str) -> str:
    """The beginning and the end of something long."""
    lines = text.strip().splitlines()
    if len(lines) > DETAIL_LINES:
        half = DETAIL_LINES // 2
        lines = [*lines[:half], f"[… {len(lines) - 2 * half} lines …]", *lines[-half:]]
    return "\n".join(lines)
