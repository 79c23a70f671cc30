"""Counting tests: what ran is compared with what is written in the source.

Odoo silently passes over plain `unittest.TestCase` classes, test modules that nobody imported, and
browser tests where no browser starts; pytest over files whose names don't match. So the tests
are looked up in the source, and one that did not run has failed.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from . import paths

DETAIL_LINES = 60

#: Test → what is wrong, empty if it has passed. They are called `module.Class.test`, or less of it.
Results = dict[str, str]


def count(results: Results) -> tuple[int, int]:
    """How many have passed, and failed."""
    failed = sum(map(bool, results.values()))
    return len(results) - failed, failed


def of_test(results: Results, test: str) -> list[str]:
    """What is wrong with a test, given by the end of its name, in each of its cases that ran."""
    return [
        trouble
        for name, trouble in results.items()
        if f".{name.partition('[')[0]}".endswith(f".{test}")
    ]


def check_all_ran(results: Results, written: Iterable[str]) -> None:
    """Have those fail that are written but did not run, or twice under one name."""
    for name, times in Counter(written).items():
        if not of_test(results, name):
            results[name] = "did not run"
        elif times > 1:
            results[name] = f"written {times} times"


# -- what is written ---------------------------------------------------------------------------


def _functions(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_function and node.name.startswith("test"):
            yield node.name


def written_tests(folder: Path, pattern: str) -> Iterator[str]:
    """The tests of a folder's files; a name given twice (one hides the other) comes twice."""
    for file in sorted(folder.glob(pattern)):
        module = ".".join(file.relative_to(folder).with_suffix("").parts)
        body = ast.parse(file.read_text(), filename=str(file)).body
        yield from (f"{module}.{name}" for name in _functions(body))
        for node in body:
            if isinstance(node, ast.ClassDef):
                yield from (f"{module}.{node.name}.{name}" for name in _functions(node.body))


HOOT_TEST = re.compile(r"^\s*test(?P<modifiers>(?:\.\w+(?:\([^)]*\))?)*)\(", re.MULTILINE)
HOOT_NOT_RUN = re.compile(r"\b(?:test|describe)[\w.()]*\.(?:skip|todo|only|debug)\b")
HOOT = "hoot test"


def check_hoot(results: Results, folder: Path) -> None:
    """Have unit tests in JavaScript fail that did not run, or that are switched off."""
    written, ran = 0, sum(name.startswith(HOOT) for name in results)
    for file in sorted(folder.rglob("*.test.js")):
        text = file.read_text()
        written += len(HOOT_TEST.findall(text))
        for match in HOOT_NOT_RUN.finditer(text):
            results[f"{file.name}: {match[0]}"] = "is switched off, or switches others off"
    if ran < written:
        results["hoot unit tests"] = f"{written} written, {ran} passed"


# -- pytest ------------------------------------------------------------------------------------


def read_junit(report: Path) -> Results:
    """The results of pytest; skipped and expected-to-fail tests have failed."""
    results: Results = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name', '')}".lstrip(".")
        results[name] = ""
        for tag in ("failure", "error", "skipped"):
            if (trouble := case.find(tag)) is not None:
                results[name] = f"{tag}: {trouble.text or trouble.get('message') or ''}"
                break
    return results


# -- Odoo --------------------------------------------------------------------------------------

ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ ([A-Z]+) \S+ ([\w.]+): ", re.MULTILINE)
STARTING = re.compile(r"Starting (\S+) \.\.\.")
SKIPPED = re.compile(r"skipped \S+ : (.*)")
SUMMARY = re.compile(r"\d+ failed, \d+ error\(s\) of (\d+) tests")
HOOT_PASSED = re.compile(r"Passed (\d+) tests \(")


def read_odoo_log(text: str, exit_code: int) -> Results:
    """The results of Odoo's test classes, by its log; its own count and exit status must agree."""
    log = _OdooLog()
    # The text before the first entry, then level, logger and text (of several lines) of each.
    _, *parts = ENTRY.split(text)
    for level, logger, said in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        log.read(level, logger, said.rstrip("\n"))
    if log.counted is None:
        log.fail("Odoo", "ended without a count of tests")
    elif log.counted != log.started:
        log.fail("Odoo", f"counted {log.counted} tests, {log.started} started")
    if exit_code and not any(log.results.values()):
        log.fail("Odoo", f"ended with status {exit_code}")
    return log.results


class _OdooLog:
    """Takes a log's entries, and knows which test each one belongs to."""

    def __init__(self) -> None:
        self.results: Results = {}
        self.started = 0
        self.counted: int | None = None
        self._current = "in the log"

    def fail(self, name: str, detail: str) -> None:
        """Note a failure; several details of one test make one failure."""
        self.results[name] = f"{self.results.get(name, '')}\n{detail}".lstrip("\n")

    def read(self, level: str, logger: str, text: str) -> None:
        """Take an entry."""
        summary = SUMMARY.search(text)
        if match := STARTING.match(text):
            self.started += 1
            self._current = f"{logger.rpartition('.')[2]}.{match[1]}"
            self.results.setdefault(self._current, "")
        elif match := SKIPPED.match(text):
            self.fail(self._current, f"skipped: {match[1]}")
        elif level in ("ERROR", "CRITICAL") and not summary:
            self.fail(self._current, f"{logger}: {text}")
        elif level == "WARNING" and not self.started and paths.ADDON in text:
            # While the addon loads: a field, view or access rule that Odoo finds fault with.
            self.fail(f"warning while loading: {text.splitlines()[0]}", f"{logger}: {text}")
        if summary:
            self.counted = int(summary[1])
        if match := HOOT_PASSED.search(text):
            ran = sum(name.startswith(HOOT) for name in self.results)
            more = range(ran + 1, ran + 1 + int(match[1]))
            self.results |= {f"{HOOT} {number}": "" for number in more}


def clip(text: str) -> str:
    """The beginning and the end of something long."""
    lines = text.strip().splitlines()
    if len(lines) > DETAIL_LINES:
        half = DETAIL_LINES // 2
        lines = [*lines[:half], f"[… {len(lines) - 2 * half} lines …]", *lines[-half:]]
    return "\n".join(lines)
