"""Debian's Chromium, as Playwright starts it. Runs in the virtual environment."""

import shutil
from typing import Any

NAMES = ("chromium", "google-chrome", "chromium-browser")


def program() -> str:
    """The path of this machine's Chromium.

    :raises StopIteration: if there is none (`Environment.prepare_browser` installs it)
    """
    return next(filter(None, map(shutil.which, NAMES)))


def options() -> dict[str, Any]:
    """What each `launch…` of Playwright's Chromium is given.

    Playwright's own browsers are never downloaded, and it always starts Chromium without its
    sandbox, which root cannot have.
    """
    return {"executable_path": program(), "args": ["--disable-gpu"]}
