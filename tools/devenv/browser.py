"""Debian's Chromium, as Playwright starts it."""

import shutil
from pathlib import Path
from typing import Any

from . import apt
from .session import Session

NAMES = ("chromium", "google-chrome", "chromium-browser")
# The smallest packages that have the letters of all languages, and a file by which each is known.
FONTS = {
    "fonts-dejavu-core": "dejavu/DejaVuSans.ttf",  # Arabic, Hebrew, Cyrillic, Vietnamese
    "fonts-droid-fallback": "droid/DroidSansFallbackFull.ttf",  # Chinese, Japanese
    "fonts-nanum": "nanum/NanumGothic.ttf",  # Korean
    "fonts-tlwg-loma-ttf": "tlwg/Loma.ttf",  # Thai
}
FONTS_FOLDER = Path("/usr/share/fonts/truetype")


def install(session: Session) -> None:
    """Have a Chromium on this machine."""
    if not program():
        apt.install(session, ["chromium", "fonts-liberation"])


def install_fonts(session: Session) -> None:
    """Have fonts for all languages of the addon, where pictures of them are taken."""
    missing = [name for name, file in FONTS.items() if not (FONTS_FOLDER / file).exists()]
    if missing:
        apt.install(session, missing)


def program() -> str | None:
    """The path of this machine's Chromium, if it has one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def options() -> dict[str, Any]:
    """What each `launch…` of Playwright's Chromium is given.

    Playwright's own browsers are never downloaded, and it always starts Chromium without its
    sandbox, which root cannot have.
    """
    return {"executable_path": program(), "args": ["--disable-gpu"]}
