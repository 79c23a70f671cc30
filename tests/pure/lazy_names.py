"""Checks what registers call of the part that is loaded when it is needed: by name, so that no
import says whether there is such a thing.

A name is said in the call, as in `callLazy(pos, "showSlip")` or `findLazy()?.showSlip`. Where it is
a method's parameter, the types of that parameter are the names, `@param {"a" | "b"} name`; the
template beside the script may pass no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from layers_scripts import ADDON, SOURCES, exports_of, without_comments

MAIN = f"{SOURCES}/lazy/main.js"
LOADER = f"{SOURCES}/app/loader.js"
_PASSED_ON = re.compile(r'^export\s*\{([^}]*)\}\s*from\s*"([^"]+)"', re.MULTILINE)
_CALL = re.compile(r"(?<!function )\b(?:callLazy|lazyDialog)\(\s*[\w.]+,\s*(?:\"(\w+)\"|(\w+))")
_MEMBER = re.compile(r"(?:\bfindLazy\(\)|\bloadLazy\(\)\)|\blazy\) => lazy)\??\.(\w+)")
_PARAMETER = re.compile(
    r'@param \{("\w+"(?: \| "\w+")*)\} (?P<name>\w+)[^/]*\*/\s*(?P<method>\w+)\((?P=name)\)'
    r" \{\s*return callLazy\([\w.]+, (?P=name),"
)


def check(root: Path) -> list[str]:
    """Return everything that is wrong below an addon's folder, one line for each fault."""
    offered, faults = _offered(root)
    called: set[str] = set()
    for path in sorted((root / SOURCES).rglob("*.js")):
        place = path.relative_to(root).as_posix()
        names, unclear = _called(path)
        called |= names
        faults += [f"not offered: {place} calls {name}" for name in sorted(names - offered)]
        faults += [f"which names? {place} {problem}" for problem in unclear]
    return faults + [f"offered to nobody: {name}" for name in sorted(offered - called)]


def _offered(root: Path) -> tuple[set[str], list[str]]:
    """Return what the lazy part offers, and what it passes on that is not there."""
    offered: set[str] = set()
    faults = []
    for listed, source in _PASSED_ON.findall(without_comments((root / MAIN).read_text())):
        names = {item.split()[-1] for item in listed.split(",") if item.strip()}
        path = root / SOURCES / f"{source.removeprefix(ADDON)}.js"
        exported = exports_of(without_comments(path.read_text()))
        faults += [f"not exported: {source} has no {name}" for name in sorted(names - exported)]
        offered |= names
    return offered, faults


def _called(path: Path) -> tuple[set[str], list[str]]:
    """Return the names that a script calls, and where they cannot be told."""
    text = path.read_text()
    code = without_comments(text)
    names = set(_MEMBER.findall(code))
    parameters: set[str] = set()
    unclear = []
    for types, parameter, method in _PARAMETER.findall(text):
        known = set(re.findall(r"\w+", types))
        parameters.add(parameter)
        names |= known
        passed = set(_passed(path.with_suffix(".xml"), method))
        unclear += [f"has {name} passed to {method}" for name in sorted(passed - known)]
    for name, variable in _CALL.findall(code):
        if name:
            names.add(name)
        elif variable not in parameters:
            unclear.append(f"calls what {variable} says")
    return names, unclear


def _passed(template: Path, method: str) -> Iterator[str]:
    if template.exists():
        yield from re.findall(rf"\b{method}\('(\w+)'\)", template.read_text())
