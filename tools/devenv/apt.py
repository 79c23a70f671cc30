"""Debian packages: installing the machine's own, and taking single ones out of `sid`."""

import os
import platform
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from .progress import ToolError
from .session import Session, Step

ENV = {"DEBIAN_FRONTEND": "noninteractive"}
CLUSTER_CONF = Path("/etc/postgresql-common/createcluster.d/pos_mixpay.conf")


def require(session: Session, commands: dict[str, str]) -> None:
    """Install the packages of those `commands` (command → package) that are not on the PATH."""
    missing = [package for command, package in commands.items() if not shutil.which(command)]
    if missing:
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
        step.run(
            # Another apt at work (unattended upgrades) is waited for.
            ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
            + ["install", "--no-install-recommends", *names.split()],
            env=ENV,
        )


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


# -- the machine's configured sources ---------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """One configured package source: the fields of a deb822 stanza."""

    fields: dict[str, str]

    def words(self, field: str) -> list[str]:
        return self.fields.get(field, "").split()

    def for_suite(self, suite: str) -> str:
        """The same archive, as a stanza for another suite."""
        fields = {**self.fields, "Types": "deb", "Suites": suite, "Components": "main"}
        return "".join(f"{name}: {value}\n" for name, value in fields.items())


def configured_sources(etc: Path = Path("/etc/apt")) -> list[Source]:
    """What this machine gets its packages from, in both of apt's formats."""
    found = []
    for file in sorted([etc / "sources.list", *etc.glob("sources.list.d/*")]):
        if file.suffix == ".list" and file.exists():
            found += _parse_one_line(file.read_text())
        elif file.suffix == ".sources":
            found += _parse_deb822(file.read_text())
    return found


def _parse_one_line(text: str) -> list[Source]:
    """`deb [option=value …] uri suite component…`"""
    found = []
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line.strip())
        if not match:
            continue
        options, uri, suite, components = match.groups()
        fields = {"URIs": uri, "Suites": suite, "Components": components.strip()}
        for option in (options or "").split():
            name, _, value = option.partition("=")
            fields[_OPTIONS.get(name, name.title())] = value.replace(",", " ")
        found.append(Source(fields))
    return found


# One-line options whose names differ from those of deb822's fields.
_OPTIONS = {"arch": "Architectures", "lang": "Languages", "target": "Targets"}


def _parse_deb822(text: str) -> list[Source]:
    """Stanzas of `Field: value`, with continuation lines."""
    found = []
    text = "".join(line for line in text.splitlines(keepends=True) if line[0] != "#")
    for stanza in re.split(r"\n\s*\n", text):
        pairs = re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)
        fields = {_NAMES.get(name.lower(), name): value.rstrip() for name, value in pairs}
        if "deb" in fields.get("Types", "").split() and fields.get("Enabled", "yes") != "no":
            found.append(Source(fields))
    return found


_NAMES = {
    name.lower(): name for name in ("Types", "URIs", "Suites", "Components", "Signed-By", "Enabled")
}


def debian_mirrors() -> list[Source]:
    """The configured sources that are Debian's own main archive."""
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "sid")
    suites = {codename, "stable", "testing", "oldstable", "unstable", "sid"}
    return [
        source
        for source in configured_sources()
        if suites & set(source.words("Suites"))
        and "main" in source.words("Components")
        and not any(uri.startswith("cdrom:") for uri in source.words("URIs"))
    ]


# -- single packages, without touching the machine --------------------------------------------


def download(step: Step, packages: Iterable[str], into: Path) -> None:
    """Download packages of the machine's own suite."""
    command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *packages]
    if step.run(command, check=False, cwd=into, env=ENV):
        # No package lists yet, or outdated ones. Root may refresh them; others have to.
        if os.geteuid() == 0:
            step.run(["apt-get", "-q", "update"], env=ENV)
        step.run(command, cwd=into, env=ENV)


def download_from(step: Step, suite: str, packages: Iterable[str], into: Path) -> None:
    """Download packages of another suite, with package lists of its own in `into`."""
    mirrors = debian_mirrors()
    if not mirrors:
        raise ToolError("No Debian archive among this machine's package sources.")
    for number, mirror in enumerate(mirrors):
        private = into / f"apt-{number}"
        options = _private_options(private, mirror.for_suite(suite))
        update = step.run(["apt-get", "-q", *options, "update"], check=False, env=ENV)
        fetch = ["apt-get", "-q", *options, "download", *packages]
        if not update and not step.run(fetch, check=False, cwd=into, env=ENV):
            shutil.rmtree(private)
            return
    raise step.failed(f"could not download {' '.join(packages)} from {suite}")


def _private_options(folder: Path, stanza: str) -> list[str]:
    (folder / "parts").mkdir(parents=True)
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "parts" / "private.sources").write_text(stanza)
    settings = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": folder / "parts",
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
