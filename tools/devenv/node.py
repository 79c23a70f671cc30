"""The JavaScript packages of tools/package.json."""

import shutil
from pathlib import Path

from . import apt, paths
from .session import Session

FILES = (paths.TOOLS / "package.json", paths.TOOLS / "package-lock.json")
NPM_CI = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]


def modules(session: Session) -> Path:
    """The `node_modules` folder with exactly the locked packages; outside of the checkout."""
    apt.require(session, {"node": "nodejs", "npm": "npm"})

    def build(folder: Path) -> None:
        for file in FILES:
            shutil.copy(file, folder)
        with session.step("Installing JavaScript packages") as step:
            step.run(NPM_CI, cwd=folder, env={"npm_config_cache": str(paths.cache_dir() / "npm")})

    return paths.artefact("node", paths.fingerprint(*FILES), build) / "node_modules"
