"""The linters, and a seeded fault for each one to show that it can fail."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import node, paths, python
from .session import Session, Step

SEEDED = "seeded_fault"
# OCA's own author and README.rst; and a local `_ = self.env._` is taken for the old import.
PYLINT_OFF = "manifest-required-author,missing-readme,prefer-env-translation"


@dataclass(frozen=True)
class Linter:
    """A linter: how to run it on the addon in `folder`, and what it has to complain about."""

    name: str
    command: Callable[[Path], list["str | Path"]]
    faulty_file: str
    fault: str
    fix: tuple[str, ...] = ()


class _Tools:
    """Where the linters are; installed when first needed."""

    def __init__(self, session: Session) -> None:
        self._bin = python.virtualenv(
            session, "venv-lint", paths.TOOLS / "requirements-lint.txt"
        ).parent
        self._modules = node.modules(session)
        cache = paths.cache_dir()
        self.env = {
            "POS_MIXPAY_NODE_MODULES": f"{self._modules}/",
            "RUFF_CACHE_DIR": str(cache / "ruff"),
            "MYPY_CACHE_DIR": str(cache / "mypy"),
            "PYLINTHOME": str(cache / "pylint"),
        }

    def linters(self) -> list[Linter]:
        eslint = ["node", self._modules / "eslint/bin/eslint.js"]
        prettier = ["node", self._modules / "prettier/bin/prettier.cjs"]
        return [
            Linter(
                "ruff",
                lambda _folder: [self._bin / "ruff", "check"],
                f"models/{SEEDED}.py",
                "import os\n",
                fix=("--fix",),
            ),
            Linter(
                "ruff format",
                lambda _folder: [self._bin / "ruff", "format", "--check"],
                f"models/{SEEDED}.py",
                "x = {  'a':1 }\n",
            ),
            Linter(
                "pylint-odoo",
                lambda folder: [self._bin / "pylint", f"--rcfile={folder}/.pylintrc"]
                + [f"--disable={PYLINT_OFF}", folder],
                f"models/{SEEDED}.py",
                "def pay(self):\n    self.env.cr.commit()\n",
            ),
            Linter(
                "mypy",
                lambda _folder: [self._bin / "mypy", "mixpay"],
                f"mixpay/{SEEDED}.py",
                "def pay(amount):\n    return amount\n",
            ),
            Linter(
                "eslint",
                lambda _folder: [*eslint, "--max-warnings=0", "static"],
                f"static/src/{SEEDED}.js",
                "notDefinedAnywhere();\n",
                fix=("--fix",),
            ),
            Linter(
                "prettier",
                lambda _folder: [*prettier, "--check", "static/**/*.js"],
                f"static/src/{SEEDED}.js",
                "const a = {b:1}\n",
            ),
        ]


def run(session: Session, *, fix: bool) -> int:
    """Run all linters on the checkout; 0 if none has anything to say."""
    tools = _Tools(session)
    # Under its own name, whatever the clone is called: pylint-odoo goes by it.
    folder = _linked(session)
    failed = []
    for linter in tools.linters():
        command = linter.command(folder)
        if fix:
            command = _fixing(linter, command)
        with session.step(linter.name) as step:
            step.ok = _lint(step, command, folder, tools) == 0
        if not step.ok:
            failed.append(linter.name)
            session.progress.say(_output(step))
    session.progress.say(f"Failed: {', '.join(failed)}" if failed else "All linters are content.")
    return 1 if failed else 0


def _fixing(linter: Linter, command: list["str | Path"]) -> list["str | Path"]:
    if linter.name == "prettier":
        return ["--write" if word == "--check" else word for word in command]
    if linter.name == "ruff format":
        return [word for word in command if word != "--check"]
    return [*command, *linter.fix]


def self_test(session: Session) -> int:
    """Seed a fault per linter in a copy; each has to fail, and to name the file."""
    tools = _Tools(session)
    deaf = []
    for linter in tools.linters():
        folder = session.dir / "seeded" / linter.name.replace(" ", "-") / paths.ADDON
        shutil.copytree(paths.ROOT, folder, ignore=shutil.ignore_patterns(".git", ".*_cache"))
        (folder / linter.faulty_file).write_text(linter.fault)
        with session.step(f"{linter.name} on a seeded fault") as step:
            code = _lint(step, linter.command(folder), folder, tools)
            step.ok = code != 0 and SEEDED in _output(step)
            step.note = "noticed" if step.ok else "NOT NOTICED"
        if not step.ok:
            deaf.append(linter.name)
            session.progress.say(_output(step))
    session.progress.say(
        f"Did not notice: {', '.join(deaf)}" if deaf else "Each linter noticed its seeded fault."
    )
    return 1 if deaf else 0


def _linked(session: Session) -> Path:
    link = session.dir / paths.ADDON
    link.symlink_to(paths.ROOT)
    return link


def _lint(step: Step, command: list["str | Path"], folder: Path, tools: _Tools) -> int:
    return step.run(command, check=False, cwd=folder, env=tools.env)


def _output(step: Step) -> str:
    """What the linter said, without the line that shows the command."""
    return "\n".join(step.log.read_text(errors="replace").splitlines()[1:])
