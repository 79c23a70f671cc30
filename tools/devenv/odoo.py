"""Odoo 19: one that is pointed to, or Debian's package downloaded."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import apt, paths
from .progress import ToolError
from .session import Session

SERIES = "19.0"
# The last ones are what the package's relative links point to.
PACKAGES = ["odoo-19", "fonts-montserrat", "libjs-jquery", "libjs-jquery-form", "libjs-underscore"]
PACKAGES += ["fonts-font-awesome", "fonts-roboto-unhinted", "fonts-inconsolata", "fonts-ocr-b"]
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

    def addons(self) -> list[Path]:
        """The folders with Odoo's own modules; a source tree has two of them."""
        folders = [self.folder / "odoo" / "addons", self.folder / "addons"]
        return [folder for folder in folders if folder.is_dir()]

    def script(self) -> Path:
        """A program that runs it under any interpreter; it may be run again by its path."""
        text = SCRIPT.format(folder=str(self.folder))

        def build(folder: Path) -> None:
            (folder / "odoo-bin").write_text(text)

        return paths.artefact("odoo-bin", paths.fingerprint(text), build) / "odoo-bin"

    def complete(self, node_modules: Path) -> None:
        """Add the file that Debian's package lacks."""
        target = self.folder / "odoo" / "addons" / SEGMENTATION
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_suffix(f".{os.getpid()}")
            shutil.copy(node_modules / SEGMENTATION_PACKAGE, partial)
            partial.rename(target)


def locate(session: Session) -> Odoo:
    """The Odoo to use."""
    if chosen := os.environ.get("POS_MIXPAY_ODOO"):
        return Odoo(_chosen(Path(chosen).expanduser().resolve()), downloaded=False)
    return Odoo(_download(session), downloaded=True)


def _chosen(path: Path) -> Path:
    folder = path if path.is_dir() else path.parent
    release = folder / "odoo" / "release.py"
    text = release.read_text() if release.is_file() else ""
    found = re.search(r"^version_info = \((\w+|'[^']*'), *(\d+)", text, re.M)
    if not found:
        raise ToolError(
            f"POS_MIXPAY_ODOO: {path} is neither Odoo's source tree nor the odoo-bin in one."
        )
    if (series := f"{found[1]}.{found[2]}") != SERIES:
        raise ToolError(f"POS_MIXPAY_ODOO: {path} is Odoo {series}; {SERIES} is needed.")
    return folder


def _download(session: Session) -> Path:
    """Debian's package from `sid`, unpacked into the cache; nothing is installed."""

    def build(folder: Path) -> None:
        debs = folder / "debs"
        debs.mkdir()
        with session.step("Downloading Odoo 19 (Debian package, about 120 MB)") as step:
            try:
                apt.download_from(step, "sid", PACKAGES, debs)
            except (ToolError, FileNotFoundError) as error:
                hint = "Or set POS_MIXPAY_ODOO to a source tree of Odoo 19."
                raise ToolError(f"{error}\n  {hint}") from None
            for deb in sorted(debs.glob("*.deb")):
                step.run(["dpkg", "-x", deb, folder])
        shutil.rmtree(debs)

    return paths.artefact("odoo", f"{SERIES}-{RECIPE}", build) / "usr/lib/python3/dist-packages"
