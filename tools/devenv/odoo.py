"""Odoo 19: one that is pointed to, one on the PATH, or Debian's package downloaded."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import apt, paths
from .progress import ToolError
from .session import Session, Step

SERIES = "19.0"
FROM_SID = ["odoo-19", "fonts-montserrat"]
# What the package's relative links point to.
FROM_OWN_SUITE = ["libjs-jquery", "libjs-jquery-form", "libjs-underscore"] + [
    f"fonts-{name}" for name in ("font-awesome", "roboto-unhinted", "inconsolata", "ocr-b")
]
RECIPE = 1  # raise it to have everybody download again

# Debian leaves this file out; without it Odoo's bundle of unit tests fails to load.
SEGMENTATION = Path("mail/static/lib/selfie_segmentation/selfie_segmentation.js")
SEGMENTATION_PACKAGE = Path("@mediapipe/selfie_segmentation/selfie_segmentation.js")

SCRIPT = """\
import sys

sys.path.insert(0, {folder!r})
import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
"""


@dataclass(frozen=True)
class Odoo:
    """An Odoo 19: `folder` contains the Python package `odoo`."""

    folder: Path
    downloaded: bool

    @property
    def version(self) -> str:
        """What a database made with it depends on."""
        release = self.folder / "odoo" / "release.py"
        return paths.fingerprint(release, release.stat().st_mtime, str(self.folder))

    def script(self) -> Path:
        """A program that runs it under any interpreter; it may be run again by its path."""
        text = SCRIPT.format(folder=str(self.folder))

        def build(folder: Path) -> None:
            (folder / "odoo-bin").write_text(text)

        return paths.artefact("odoo-bin", paths.fingerprint(text), build) / "odoo-bin"

    def complete(self, node_modules: Path) -> None:
        """Add the file that Debian's package lacks."""
        target = self.folder / "odoo" / "addons" / SEGMENTATION
        if self.downloaded and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_suffix(f".{os.getpid()}")
            shutil.copy(node_modules / SEGMENTATION_PACKAGE, partial)
            partial.rename(target)


def locate(session: Session) -> Odoo:
    """The Odoo to use."""
    if chosen := os.environ.get("POS_MIXPAY_ODOO"):
        return Odoo(_chosen(Path(chosen).expanduser().resolve()), downloaded=False)
    if found := _on_path():
        session.progress.say(f"  Using the Odoo in {found}")
        return Odoo(found, downloaded=False)
    return Odoo(_download(session), downloaded=True)


def _chosen(path: Path) -> Path:
    folder = path if path.is_dir() else path.parent
    if series := _series(folder):
        if series == SERIES:
            return folder
        raise ToolError(f"POS_MIXPAY_ODOO: {path} is Odoo {series}; {SERIES} is needed.")
    raise ToolError(
        f"POS_MIXPAY_ODOO: {path} is neither Odoo's source tree nor the odoo-bin in one."
    )


def _series(folder: Path) -> str | None:
    release = folder / "odoo" / "release.py"
    if not release.is_file():
        return None
    match = re.search(r"^version_info = \((\w+|'[^']*'), *(\d+)", release.read_text(), re.M)
    return f"{match[1]}.{match[2]}" if match else None


def _on_path() -> Path | None:
    """The folder of an installed Odoo 19, asked from the interpreter its command names."""
    command = shutil.which("odoo") or shutil.which("odoo-bin")
    if not command:
        return None
    folder = Path(command).resolve().parent
    if _series(folder) == SERIES:
        return folder
    interpreter = Path(command).read_text(errors="replace").partition("\n")[0]
    probe = "import odoo.release, pathlib; print(pathlib.Path(odoo.release.__file__).parents[1])"
    answer = subprocess.run(
        [*interpreter.removeprefix("#!").split(), "-c", probe],
        capture_output=True,
        text=True,
        check=False,
    )
    folder = Path(answer.stdout.strip())
    return folder if answer.returncode == 0 and _series(folder) == SERIES else None


def _download(session: Session) -> Path:
    """Debian's package from `sid`, unpacked into the cache; nothing is installed."""

    def build(folder: Path) -> None:
        if not shutil.which("apt-get"):
            raise ToolError("Set POS_MIXPAY_ODOO to a source tree of Odoo 19.")
        with session.step("Downloading Odoo 19 (Debian package, about 120 MB)") as step:
            _unpack(step, folder)

    return paths.artefact("odoo", f"{SERIES}-{RECIPE}", build) / "usr/lib/python3/dist-packages"


def _unpack(step: Step, folder: Path) -> None:
    debs = folder / "debs"
    debs.mkdir()
    try:
        apt.download_from(step, "sid", FROM_SID, debs)
        apt.download(step, FROM_OWN_SUITE, debs)
    except ToolError as error:
        hint = "Or set POS_MIXPAY_ODOO to a source tree of Odoo 19."
        raise ToolError(f"{error}\n  {hint}") from None
    for deb in sorted(debs.glob("*.deb")):
        step.run(["dpkg", "-x", deb, folder])
    shutil.rmtree(debs)
