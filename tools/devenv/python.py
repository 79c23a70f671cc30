"""Virtual environments."""

import subprocess
from pathlib import Path

from . import apt, paths
from .progress import ToolError
from .session import Session

# Odoo 19 runs on Python 3.10 to 3.13. The first of these that can make a virtual environment;
# 3.11 and 3.12 first, for which all packages come ready-built.
CANDIDATES = ("python3.11", "python3.12", "python3.10", "python3.13", "python3", "/usr/bin/python3")
PROBE = """
import ensurepip, sys, venv
print(sys.executable)
sys.exit(not (3, 10) <= sys.version_info < (3, 14))
"""


def virtualenv(session: Session, name: str, requirements: Path) -> Path:
    """A virtual environment with `requirements`; returns the path of its Python."""
    base = _interpreter(session)
    version = subprocess.run(
        [base, "--version"], capture_output=True, text=True, check=False
    ).stdout

    def build(folder: Path) -> None:
        with session.step(f"Installing Python packages ({requirements.name})") as step:
            step.run([base, "-m", "venv", folder])
            step.run(
                [folder / "bin" / "python", "-m", "pip", "install", "--no-input"]
                + ["--disable-pip-version-check", "--requirement", requirements]
            )

    folder = paths.artefact(name, paths.fingerprint(base, version, requirements), build)
    return folder / "bin" / "python"


def _interpreter(session: Session) -> str:
    """A Python fit for Odoo 19; Debian's is installed if there is none."""
    if not (found := _search()):
        apt.install(session, ["python3", "python3-venv"])
        found = _search()
    if not found:
        raise ToolError("Odoo 19 needs Python 3.10 to 3.13 with its venv module.")
    return found


def _search() -> str | None:
    for candidate in CANDIDATES:
        try:
            probe = subprocess.run(
                [candidate, "-c", PROBE], capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            continue
        if probe.returncode == 0:
            return probe.stdout.strip()
    return None
