"""Debian's Chromium, as Playwright starts it."""

import shutil
from typing import Any

from . import apt
from .session import Session

NAMES = ("chromium", "google-chrome", "chromium-browser")


def install(session: Session) -> None:
    """Have a Chromium on this machine."""
    if not program():
        apt.install(session, ["chromium", "fonts-liberation"])


def program() -> str | None:
    """The path of this machine's Chromium, if it has one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def options() -> dict[str, Any]:
    """What each `launch…` of Playwright's Chromium is given.

    Playwright's own browsers are never downloaded, and it always starts Chromium without its
    sandbox, which root cannot have.
    """
    return {"executable_path": program(), "args": ["--disable-gpu"]}
