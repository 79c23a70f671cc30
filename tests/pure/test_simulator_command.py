"""The simulator as a program of its own: see docs/simulator.md."""

from __future__ import annotations

import ast
import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import simulator

PACKAGE = Path(simulator.__file__).parent
# What type checkers import, programs don't.
FOR_TYPES_ONLY = "_typeshed"


def imported(file: Path) -> set[str]:
    """The top-level packages that a file imports, its own package apart."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_it_needs_werkzeug_and_nothing_else():
    needed = set().union(*map(imported, PACKAGE.rglob("*.py")))
    assert needed - sys.stdlib_module_names - {FOR_TYPES_ONLY} == {"werkzeug"}


def test_it_runs_from_the_folder_tests_until_it_is_told_to_end():
    # -E: nothing comes from PYTHONPATH.
    command = [sys.executable, "-E", "-B", "-m", "simulator", "--port", "0"]
    command += ["--knob", "rate_limit=7", "--knob", "payee_name=Somebody"]
    with subprocess.Popen(
        command, cwd=PACKAGE.parent, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            control = process.stdout.readline().split()[-1]
            with urllib.request.urlopen(f"{control}knobs", timeout=10) as answer:
                values = json.load(answer)["values"]
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert (values["rate_limit"], values["payee_name"]) == (7, "Somebody")
