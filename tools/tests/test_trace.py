"""What `tools/trace` counts: calls in the addon's files, how often the file changes, the amount."""

import importlib.util
import os
import runpy
import sys
from pathlib import Path
from types import ModuleType

import pytest
from devenv import trace

Trace = runpy.run_path(str(trace.SCRIPT), run_name="traced_odoo")["Trace"]

FIRST = """
def start(second):
    helper()
    [helper() for number in range(3)]
    numbers = [number for number in range(3)]
    second.work(numbers)
    return (lambda: helper())()


def helper():
    pass
"""
SECOND = """
from contextlib import contextmanager
from decimal import Decimal


@contextmanager
def open_it():
    yield


def work(numbers):
    with open_it():
        return sum(number for number in numbers)


def take(amount):
    return write({"amount": Decimal(amount), "name": "x"})


def write(values):
    return float(values["amount"])
"""


@pytest.fixture
def modules(tmp_path: Path) -> list[ModuleType]:
    loaded = []
    for name, text in (("first", FIRST), ("second", SECOND)):
        (tmp_path / f"{name}.py").write_text(text)
        spec = importlib.util.spec_from_file_location(name, tmp_path / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        loaded.append(module)
    return loaded


def traced(folder: Path, function, *args):
    request = Trace(os.path.join(folder, ""))
    sys.setprofile(request.profile)
    try:
        function(*args)
    finally:
        sys.setprofile(None)
    return request.as_dict("/pos_mixpay/create")


def test_calls_and_changes_of_file(tmp_path, modules):
    first, second = modules
    request = traced(tmp_path, first.start, second)
    assert [tuple(call) for call in request["calls"]] == [
        ("first.py", "start"),
        *[("first.py", "helper")] * 4,
        ("second.py", "work"),
        ("second.py", "open_it"),  # once, though it is entered twice
        ("first.py", request["calls"][-2][1]),  # the lambda, as this Python names it
        ("first.py", "helper"),
    ]
    figures = trace._figures(request)
    assert (figures["calls"], figures["functions"]) == (6, 5)
    assert (figures["file changes"], figures["files"]) == (2, 2)


def test_the_forms_of_the_amount(tmp_path, modules):
    request = traced(tmp_path, modules[1].take, trace.AMOUNT)
    assert [form for _number, *forms in request["amounts"] for form in forms] == [
        "str",  # take's argument
        "Decimal",  # among write's values
        "float",  # what write returns
        "float",  # and take
    ]
    figures = trace._figures(request)
    assert (figures["amount"], figures["forms"]) == (2, 2)


def test_the_script_and_the_tool_speak_of_the_same_amount():
    script = runpy.run_path(str(trace.SCRIPT), run_name="traced_odoo")
    assert str(script["AMOUNT"]) == trace.AMOUNT
