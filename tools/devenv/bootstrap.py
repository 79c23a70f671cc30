"""The virtual environment in which the tools run, made by uv.

Nothing is installed yet when this is called: only the standard library and `paths` are used.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import paths

UV = "uv==0.13.9"
PYTHONS = ">=3.10,<3.14"  # what Odoo 19 runs on
REQUIREMENTS = paths.TOOLS / "requirements.txt"

# uv does not read pip's configuration, so what a machine has set there is handed to it.
OPTIONS = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "constraint": "--constraints",
    "trusted-host": "--allow-insecure-host",
}
VARIABLES = {"cert": "SSL_CERT_FILE", "proxy": "ALL_PROXY", "default-timeout": "UV_HTTP_TIMEOUT"}


def enter() -> None:
    """Go on in the virtual environment, which is made first if need be."""
    if Path(sys.prefix).parent == paths.cache_dir():
        return
    try:
        key = paths.fingerprint(UV, PYTHONS, REQUIREMENTS)
        python = paths.artefact("venv", key, _build) / "bin" / "python"
    except subprocess.CalledProcessError as error:
        sys.exit(f"Setting up Python failed: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    os.execv(python, [str(python), "-B", *sys.argv])


def uv_settings(pip_config: str) -> tuple[list[str], dict[str, str]]:
    """Options and environment variables for uv that say what `pip config list` says."""
    settings: dict[str, str] = {}
    # Later ones win, as in pip: `global`, then its command's own section, then the environment.
    for section in ("global.", "install.", ":env:."):
        for line in pip_config.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section):
                settings[name.removeprefix(section)] = ast.literal_eval(value)
    options = [
        word
        for name, option in OPTIONS.items()
        for value in settings.get(name, "").split()
        for word in (option, value)
    ]
    return options, {VARIABLES[name]: settings[name] for name in VARIABLES if name in settings}


def install_addons(requirements: Path, folder: Path) -> None:
    """Put Odoo addons of the package index, and nothing that they depend on, into `folder`."""
    # Not even Odoo, which they name as a package, and which the index does not have.
    options = ["--no-deps", "--verify-hashes", "--target", folder]
    _uv("pip", "install", *options, "--requirements", requirements)


def _build(folder: Path) -> None:
    print("  … Installing Python packages (once)", flush=True)
    _uv("venv", "--python", PYTHONS, folder)
    _uv("pip", "sync", "--python", folder, REQUIREMENTS)


def _uv(*command: "str | Path") -> None:
    """Run uv with what the machine has set for pip."""
    programs = paths.artefact("uv", paths.fingerprint(UV, sys.version), _build_uv) / "bin"
    listing = [programs / "python", "-m", "pip", "config", "list"]
    pip_config = subprocess.run(listing, check=True, capture_output=True, text=True).stdout
    options, variables = uv_settings(pip_config)
    if command[0] == "pip":
        # Like pip, uv is to take the version that is pinned from whichever index has it.
        command = (*command, "--index-strategy", "unsafe-best-match", *options)
    cache = {"UV_CACHE_DIR": str(paths.cache_dir() / "uv"), "UV_COMPILE_BYTECODE": "1"}
    # Not in a folder whose uv.toml or pyproject.toml would have a say.
    _run([programs / "uv", "--quiet", *command], env=cache | variables | os.environ, cwd="/")


def _build_uv(folder: Path) -> None:
    quiet = ["-qq", "--no-input", "--disable-pip-version-check"]
    _run([sys.executable, "-m", "venv", folder])
    _run([folder / "bin" / "python", "-m", "pip", "install", *quiet, UV])


def _run(command: list["str | Path"], **options: Any) -> None:
    """Run a command to its end, which comes at once if this program is killed."""
    subprocess.run(["setpriv", "--pdeathsig", "TERM", *command], check=True, **options)
