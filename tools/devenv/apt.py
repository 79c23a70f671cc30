"""Debian packages: installing the machine's own, and taking single ones out of `sid`."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from .progress import ToolError
from .session import Session, Step

ENV = {"DEBIAN_FRONTEND": "noninteractive"}
CLUSTER_CONF = Path("/etc/postgresql-common/createcluster.d/pos_mixpay.conf")
KEYRINGS = Path("/usr/share/keyrings")


def require(session: Session, commands: dict[str, str]) -> None:
    """Install the packages of those `commands` (command → package) that are not on the PATH."""
    if missing := [package for command, package in commands.items() if not shutil.which(command)]:
        install(session, missing)


def install(session: Session, packages: Iterable[str]) -> None:
    """`apt-get install` as root; others are told what to install."""
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        raise ToolError(f"Please install these first (their Debian names): {names}")
    if os.geteuid() != 0:
        raise ToolError(f"Please install these first: sudo apt-get install {names}")
    quiet = _no_system_cluster() if "postgresql" in names else nullcontext()
    with session.step(f"Installing {names}") as step, quiet:
        step.run(["apt-get", "-q", "update"], env=ENV)
        # Another apt at work (unattended upgrades) is waited for.
        options = ["-q", "-y", "-o", "DPkg::Lock::Timeout=300", "--no-install-recommends"]
        step.run(["apt-get", *options, "install", *names.split()], env=ENV)


@contextmanager
def _no_system_cluster() -> Iterator[None]:
    """Keep Debian's PostgreSQL packages from starting a server for the whole machine."""
    CLUSTER_CONF.parent.mkdir(parents=True, exist_ok=True)
    CLUSTER_CONF.write_text("create_main_cluster = false\nstart_conf = 'manual'\n")
    try:
        yield
    finally:
        CLUSTER_CONF.unlink()
        for folder in (CLUSTER_CONF.parent, CLUSTER_CONF.parent.parent):
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()


def debian_mirrors(*options: str) -> list[str]:
    """The archives with a component `main` that this machine uses, as apt reads its sources.

    :param options: for apt-get, before its command
    """
    form = ["--no-release-info", "--format", "$(COMPONENT) $(REPO_URI)", "Created-By: Packages"]
    command = ["apt-get", *options, "indextargets", *form]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [line.split() for line in done.stdout.splitlines()]
    return list(dict.fromkeys(uri for component, uri in found if component == "main"))


def download_from(step: Step, suite: str, packages: Iterable[str], into: Path) -> None:
    """Download packages of another suite, with package lists of its own in `into`."""
    # Archives of security updates, or of other people, have no such suite, or not under that key.
    for number, mirror in enumerate(debian_mirrors()):
        options = _private_options(into / f"apt-{number}", f"{mirror} {suite} main")
        update = step.run(["apt-get", "-q", *options, "update"], check=False, env=ENV)
        fetch = ["apt-get", "-q", *options, "download", *packages]
        if not update and not step.run(fetch, check=False, cwd=into, env=ENV):
            return
    raise step.failed(f"could not download {' '.join(packages)} from {suite}")


def _private_options(folder: Path, source: str) -> list[str]:
    """Have apt use this source alone, without touching the machine's own package lists."""
    (folder / "lists" / "partial").mkdir(parents=True)
    keyring = next(KEYRINGS.glob("debian-archive-keyring.*"), None)
    signed = f"[signed-by={keyring}] " if keyring else ""
    (folder / "sources.list").write_text(f"deb {signed}{source}\n")
    settings = {
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
        # Desktop catalogues and command indexes would be downloaded for nothing.
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
        "APT::Update::Post-Invoke-Success::": "true",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
