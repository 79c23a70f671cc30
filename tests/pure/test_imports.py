"""What a script imports from another one of the addon's is exported there.

Odoo's bundles do not look: a name that is not there is `undefined` until somebody calls it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from layers_scripts import without_comments

ROOT = Path(__file__).resolve().parents[2]
ADDON = "@pos_mixpay/"
# `import A, { b, c as d } from "…"`, and what is passed on, `export { a } from "…"`.
IMPORT = re.compile(
    r"""\b(?:import\s+(?:\w+\s*,\s*)?|export\s*)\{([^}]*)\}\s*from\s*["']"""
    r"""((?:@pos_mixpay/|\.\.?/)[^"']+)["']"""
)
DECLARED = re.compile(
    r"^export\s+(?:async\s+)?(?:function\*?|class|const|let|var)\s+(\w+)", re.MULTILINE
)
LISTED = re.compile(r"^export\s*\{([^}]*)\}", re.MULTILINE)


def check(root: Path) -> list[str]:
    """Return each import of something that is not there, below an addon's folder."""
    paths = [*(root / "static/src").rglob("*.js"), *(root / "static/tests").rglob("*.js")]
    texts = {
        path.relative_to(root).as_posix(): without_comments(path.read_text())
        for path in sorted(paths)
    }
    exports = {path: exported(text) for path, text in texts.items()}
    faults = []
    for path, text in texts.items():
        for target, names in imported(path, text):
            missing = sorted(names - exports.get(target, set()))
            faults += [f"{path}: {target} has no {name}" for name in missing]
    return faults


def imported(path: str, text: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each file that a script imports names from, with the names there."""
    for listed, source in IMPORT.findall(text):
        is_ours = source.startswith(ADDON)
        base = "static/src" if is_ours else posixpath.dirname(path)
        target = posixpath.normpath(posixpath.join(base, source.removeprefix(ADDON)))
        yield target.removesuffix(".js") + ".js", names_of(listed, 0)


def exported(text: str) -> set[str]:
    """Return the names that others may import from a script."""
    names = set(DECLARED.findall(text))
    return names.union(*(names_of(listed, -1) for listed in LISTED.findall(text)))


def names_of(listed: str, side: int) -> set[str]:
    """Return the names in braces: of `a as b` the one at a side, 0 for `a` and -1 for `b`."""
    return {item.split()[side] for item in listed.split(",") if item.strip()}


SCRIPTS = {
    "src/app/texts.js": "export const hello = () => 1;\nexport let count = 0;\n"
    "export function plain() {}\nexport async function later() {}\nexport class Thing {}\n"
    "const inner = 1;\nexport { inner as outer };\n// export const old = 1;\n",
    "src/lazy/main.js": 'export { hello, plain as simple } from "@pos_mixpay/app/texts";\n',
    "src/lazy/user.js": 'import { hello, later, plain as p } from "@pos_mixpay/app/texts";\n'
    'import {\n    count,\n    outer,\n    Thing,\n} from "@pos_mixpay/app/texts.js";\n'
    'import { simple } from "@pos_mixpay/lazy/main";\nimport { other } from "@web/core/other";\n',
    "tests/unit/utils.js": "export const help = 1;\n",
    "tests/unit/user.test.js": 'import { help } from "./utils";\n'
    'import { help as h } from "@pos_mixpay/../tests/unit/utils";\n',
}


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Scripts that import what is there, in every way that there is."""
    for path, text in SCRIPTS.items():
        file = tmp_path / "static" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_what_is_imported_is_there():
    read = [path for path in (ROOT / "static").rglob("*.js") if "@pos_mixpay/" in path.read_text()]
    assert read  # or nothing was looked at
    assert check(ROOT) == []


def test_sound_scripts_have_no_faults(sound):
    assert check(sound) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('import { gone } from "@pos_mixpay/app/texts";', "static/src/app/texts.js has no gone"),
        (
            'import {\n    hello,\n    gone as hi,\n} from "@pos_mixpay/app/texts";',
            "static/src/app/texts.js has no gone",
        ),
        ('import { inner } from "@pos_mixpay/app/texts";', "static/src/app/texts.js has no inner"),
        ('import { old } from "@pos_mixpay/app/texts";', "static/src/app/texts.js has no old"),
        ('import { plain } from "@pos_mixpay/lazy/main";', "static/src/lazy/main.js has no plain"),
        ('import { hello } from "@pos_mixpay/app/text";', "static/src/app/text.js has no hello"),
        ('export { gone } from "@pos_mixpay/app/texts";', "static/src/app/texts.js has no gone"),
        ('import { aid } from "./utils";', "static/tests/unit/utils.js has no aid"),
    ],
)
def test_a_name_that_is_not_there(sound, line, fault):
    (sound / "static/tests/unit/more.test.js").write_text(f"{line}\n")
    assert check(sound) == [f"static/tests/unit/more.test.js: {fault}"]
