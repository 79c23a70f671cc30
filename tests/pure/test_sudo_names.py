"""A variable that holds records read past the user's rights says so: its name ends with `_sudo`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = (".", "controllers", "models", "report", "wizard")
# Methods that return records with the rights of those that they are called on.
KEEPING = re.compile(
    "browse|create|exists|filtered.*|search(_fetch)?|sorted|with_.*|_covering|_of_(lines|orders)"
)


def reads_past_rights(expression: ast.expr) -> bool:
    """Tell whether an expression is made of records by `sudo()`, as far as its text shows."""
    match expression:
        case ast.Call(func=ast.Attribute(attr="sudo"), args=arguments):
            return not arguments
        case ast.Call(func=ast.Attribute(attr=name, value=inner)):
            return bool(KEEPING.fullmatch(name)) and reads_past_rights(inner)
        case ast.Attribute(attr=name, value=inner):
            return name.endswith(("_id", "_ids")) and reads_past_rights(inner)
        case ast.Subscript(slice=ast.Slice(), value=inner) | ast.BinOp(left=inner):
            return reads_past_rights(inner)
    return False


def unsaid(source: str) -> Iterator[str]:
    """Yield variables that hold such records, and whose names do not say so."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if reads_past_rights(value) and not name.endswith("_sudo"):
                    yield f"line {node.lineno}: {name}"


def test_names_say_that_records_are_read_past_the_users_rights():
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).glob("*.py"))]
    found = [
        f"{file.relative_to(ROOT)}, {name}" for file in files for name in unsaid(file.read_text())
    ]
    assert len(files) > 100
    assert not found, "\n".join(found)


def test_what_is_told_apart():
    assert list(unsaid("a = self.sudo().search([]).order_id[:1]"))
    assert list(unsaid("def f(a):\n    a = a.sudo().filtered('b')"))
    assert not list(unsaid("a_sudo = self.sudo()"))
    assert not list(unsaid("a = self.sudo(False)"))
    assert not list(unsaid("a = self.sudo().name"))
