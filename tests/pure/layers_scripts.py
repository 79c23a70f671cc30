"""Reads from the addon's JavaScript which file imports which, and what each exports.

A reader of imports, exports, comments and strings, and not of the whole language. Beside imports,
any string that names one of the addon's modules is an arrow. Comments, and so types, are none.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from layers import Arrow, File, Tree

ADDON = "@pos_mixpay/"
SOURCES = "static/src"
_COMMENT_OR_STRING = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`""",
    re.DOTALL,
)
_STRING = re.compile(r"""["'`]((?:@pos_mixpay/|\.\.?/)[\w./-]+)["'`]""")
_DECLARED = re.compile(
    r"^export\s+(?:async\s+)?(?:function\*?|class|const|let|var)\s+(\w+)([^\n]*)", re.MULTILINE
)
_LISTED = re.compile(r"^export\s*\{([^}]*)\}(\s*from)?", re.MULTILINE)


def read(root: Path) -> Tree:
    """Return the rooms and arrows of the scripts of the addon in a folder."""
    texts = {
        path.relative_to(root).as_posix(): without_comments(path.read_text())
        for path in sorted((root / SOURCES).rglob("*.js"))
    }
    files = {
        path: File(path, (path,), len(text.splitlines()), exports=tuple(sorted(exports_of(text))))
        for path, text in texts.items()
    }
    arrows = [arrow for path in texts for arrow in _arrows(path, texts)]
    return Tree(files, arrows)


def without_comments(text: str) -> str:
    """Blank all comments; lines stay where they are."""

    def blank(found: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", found[0]) if found["comment"] else found[0]

    return _COMMENT_OR_STRING.sub(blank, text)


def _arrows(path: str, texts: dict[str, str]) -> Iterator[Arrow]:
    for found in _STRING.finditer(texts[path]):
        name = found[1]
        if name.startswith(ADDON):
            target = f"{SOURCES}/{name.removeprefix(ADDON)}"
        else:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        target = target.removesuffix(".js") + ".js"
        if target in texts and target != path:
            line = texts[path].count("\n", 0, found.start()) + 1
            yield Arrow(path, (target,), line, f"names {name}")


def exports_of(text: str) -> set[str]:
    """Return what a file exports of its own.

    What it passes on is no second thing of that name: `export { a } from …`, and a stand-in that is
    made of nothing but the name, `export const a = later("a")`.
    """
    names = set()
    for name, rest in _DECLARED.findall(text):
        if not re.fullmatch(rf"""\s*=\s*\w+\(["']{name}["']\);?\s*""", rest):
            names.add(name)
    for listed, is_passed_on in _LISTED.findall(text):
        if not is_passed_on:
            names |= {item.split()[-1] for item in listed.split(",") if item.strip()}
    return names
