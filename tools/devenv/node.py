"""The JavaScript packages of tools/package.json."""

import shutil
from pathlib import Path

from . import apt, paths
from .session import Session

FILES = ("package.json", "package-lock.json")


def modules(session: Session) -> Path:
    """The `node_modules` folder with exactly the locked packages; outside of the checkout."""
    apt.require(session, {"node": "nodejs", "npm": "npm"})

    def build(folder: Path) -> None:
        for name in FILES:
            shutil.copy(paths.TOOLS / name, folder)
        with session.step("Installing JavaScript packages") as step:
            step.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                env={"npm_config_cache": str(paths.cache_dir() / "npm")},
            )

    key = paths.fingerprint(*(paths.TOOLS / name for name in FILES))
    return paths.artefact("node", key, build) / "node_modules"
