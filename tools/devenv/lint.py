"""Run the linters of .pre-commit-config.yaml, or show that each one can fail."""

import argparse
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import yaml

from . import apt, node, paths
from .environment import Environment
from .session import Session

CONFIG = paths.ROOT / ".pre-commit-config.yaml"
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
    """Run all linters on the checkout; 0 if none has anything to say."""
    apt.require(session, {"git": "git"})
    env = _environment(session)
    return _self_test(session, env) if options.self_test else _lint(session, env, options.fix)


def _lint(session: Session, env: Mapping[str, str], fix: bool) -> int:
    # Under its own name, whatever the clone is called.
    link = session.dir / paths.ADDON
    link.symlink_to(paths.ROOT)
    here = {"cwd": paths.ROOT, "env": {**env, "POS_MIXPAY_ADDON": str(link)}}
    if fix:
        session.run([*PRE_COMMIT, "--hook-stage", "manual"], **here)
    failed = session.run(PRE_COMMIT, **here)
    session.progress.say("Some linters complain." if failed else "All linters are content.")
    return 1 if failed else 0


PRE_COMMIT = ["pre-commit", "run", "--all-files", "--color", "auto"]


def _environment(session: Session) -> dict[str, str]:
    """Where the linters are, and what they may write."""
    modules = node.modules(session)
    cache = paths.cache_dir()
    places = [Environment.python.parent, modules / ".bin", os.environ["PATH"]]
    return {
        "PATH": os.pathsep.join(map(str, places)),
        "POS_MIXPAY_NODE_MODULES": f"{modules}/",
        "PRE_COMMIT_HOME": str(cache / "pre-commit"),
        "RUFF_CACHE_DIR": str(cache / "ruff"),
        "MYPY_CACHE_DIR": str(cache / "mypy"),
        "PYLINTHOME": str(cache / "pylint"),
        # Whoever owns the checkout (a mounted folder, say): git need not trust it for more.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }


def _self_test(session: Session, env: Mapping[str, str]) -> int:
    """Seed a fault per linter in a copy; each has to fail, and to name the file."""
    copy = session.dir / paths.ADDON
    shutil.copytree(paths.ROOT, copy, ignore=shutil.ignore_patterns(".git", ".*_cache"))
    here = {"cwd": copy, "env": {**env, "POS_MIXPAY_ADDON": str(copy)}}
    with session.step("Copying the project") as step:
        step.run(["git", "init", "--quiet"], **here)
    deaf = [linter for linter in _linters() if not _notices(session, linter, copy, here)]
    session.progress.say(
        f"Did not notice: {', '.join(deaf)}" if deaf else "Each linter noticed its seeded fault."
    )
    return 1 if deaf else 0


def _linters() -> list[str]:
    (repo,) = yaml.safe_load(CONFIG.read_text())["repos"]
    return [hook["id"] for hook in repo["hooks"] if "manual" not in hook["stages"]]


def _notices(session: Session, linter: str, copy: Path, here: Mapping[str, object]) -> bool:
    name, fault = FAULTS[linter]
    (copy / name).write_text(fault)
    with session.step(f"{linter} on a seeded fault") as step:
        code = step.run([*PRE_COMMIT, linter], check=False, **here)
        said = step.log.read_text(errors="replace")
        step.ok = code != 0 and SEEDED in said
        step.note = "noticed" if step.ok else "NOT NOTICED"
    (copy / name).unlink()
    if not step.ok:
        session.progress.say(said)
    return step.ok
