"""Run the linters of .pre-commit-config.yaml, or show that each one can fail."""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from . import apt, node, paths
from .session import Session

CONFIG = paths.ROOT / ".pre-commit-config.yaml"
PRE_COMMIT = ["pre-commit", "run", "--all-files", "--color=auto"]
SEEDED = "seeded_fault"
# What each linter has to complain about: a file, and what is wrong in it.
FAULTS = {
    "ruff": (f"models/{SEEDED}.py", "import os\n"),
    "ruff-format": (f"models/{SEEDED}.py", "x = {  'a':1 }\n"),
    "pylint-odoo": (f"models/{SEEDED}.py", "def pay(self):\n    self.env.cr.commit()\n"),
    "mypy": (f"mixpay/{SEEDED}.py", "def pay(amount):\n    return amount\n"),
    "eslint": (f"static/src/{SEEDED}.js", "notDefinedAnywhere();\n"),
    "prettier": (f"static/src/{SEEDED}.js", "const a = {b:1}\n"),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `tools/lint`."""
    parser.add_argument("--fix", action="store_true", help="let ruff, eslint and prettier repair")
    parser.add_argument(
        "--self-test", action="store_true", help="show that each linter fails on a seeded fault"
    )


def run(session: Session, options: argparse.Namespace) -> int:
    """Run all linters; 0 if none has anything to say, or if each one noticed its seeded fault.

    They look at a copy: it is called pos_mixpay whatever the checkout is called, it is a git
    repository of our own, and somebody may go on editing meanwhile.
    """
    apt.require(session, {"git": "git"})
    # Called from a git hook, we would be told to use the repository of that hook.
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]
    env = _environment(session)
    if options.fix:
        session.run([*PRE_COMMIT, "--hook-stage", "manual"], cwd=paths.ROOT, env=env)
    copy = session.dir / paths.ADDON
    left_out = shutil.ignore_patterns(".git", ".*_cache")
    shutil.copytree(paths.ROOT, copy, symlinks=True, ignore=left_out)
    here = {"cwd": copy, "env": env}
    session.run(["git", "init", "--quiet"], **here)
    if options.self_test:
        failed = [linter for linter in _linters() if not _notices(session, linter, here)]
        verdict = f"Did not notice: {', '.join(failed)}"
        praise = "Each linter noticed its seeded fault."
    else:
        failed = session.run(PRE_COMMIT, **here)
        verdict, praise = "Some linters complain.", "All linters are content."
    session.progress.say(verdict if failed else praise)
    return 1 if failed else 0


def _environment(session: Session) -> dict[str, str]:
    """Where the linters are, and what they may write."""
    modules = node.modules(session)
    cache = paths.cache_dir()
    places = [Path(sys.executable).parent, modules / ".bin", os.environ["PATH"]]
    return {
        "PATH": os.pathsep.join(map(str, places)),
        "POS_MIXPAY_NODE_MODULES": f"{modules}/",
        "PRE_COMMIT_HOME": str(cache / "pre-commit"),
        "RUFF_CACHE_DIR": str(cache / "ruff"),
        "MYPY_CACHE_DIR": str(cache / "mypy"),
        "PYLINTHOME": str(cache / "pylint"),
    }


def _linters() -> list[str]:
    (repository,) = yaml.safe_load(CONFIG.read_text())["repos"]
    return [hook["id"] for hook in repository["hooks"] if "manual" not in hook["stages"]]


def _notices(session: Session, linter: str, here: Mapping[str, Any]) -> bool:
    """Whether it fails on its seeded fault, and names the file."""
    name, fault = FAULTS[linter]
    file = here["cwd"] / name
    file.write_text(fault)
    with session.step(f"{linter} on a seeded fault") as step:
        code = step.run([*PRE_COMMIT, linter], check=False, **here)
        said = step.log.read_text(errors="replace")
        step.ok = code != 0 and SEEDED in said
        step.note = "noticed" if step.ok else "NOT NOTICED"
    file.unlink()
    if not step.ok:
        session.progress.say(said)
    return step.ok
