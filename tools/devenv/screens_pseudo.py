"""A made-up language that is written from right to left: English texts in Hebrew letters."""

import re
import shutil

import polib
from playwright.sync_api import Browser

from . import paths
from .screens_studio import Studio
from .screens_till import Devices, Till
from .session import Session

LANGUAGE = "he_IL"
TEMPLATE = paths.ROOT / "i18n" / f"{paths.ADDON}.pot"
# Any letter does, as long as it is always the same one.
LETTERS = {chr(ord("a") + number): chr(0x5D0 + number) for number in range(26)}
# Placeholders, tags and entities stay.
KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd]|<[^>]+>|&\w+;|\$\{[^}]*\})")


def speak_pseudo(session: Session, studio: Studio, chromium: Browser) -> None:
    """Have the administrator's register speak the language; core's part is in real Hebrew."""
    _add_translation(session)
    context = studio.new_context(chromium, (800, 600))
    till = Till(context, studio, Devices({}, {}, {}))
    till.log_in()
    languages = [("code", "=", LANGUAGE), ("active", "in", [True, False])]
    ids = till.call("res.lang", "search", [languages])
    [wizard] = till.call("base.language.install", "create", [[{"lang_ids": [[6, 0, ids]]}]])
    till.call("base.language.install", "lang_install", [[wizard]])
    users = till.call("res.users", "search", [[("login", "=", "admin")]])
    till.call("res.users", "write", [users, {"lang": LANGUAGE}])
    context.close()


def _add_translation(session: Session) -> None:
    """Put a copy of the addon that has the translation in the place of the checkout's link."""
    addon = session.dir / "addons" / paths.ADDON
    addon.unlink()
    shutil.copytree(paths.ROOT, addon, ignore=shutil.ignore_patterns(".git", "tools", "docs"))
    texts = polib.pofile(str(TEMPLATE))
    for entry in texts:
        entry.msgstr = pseudo(entry.msgid)
    texts.save(str(addon / "i18n" / "he.po"))


def pseudo(text: str) -> str:
    """Return a text in the made-up language; what is no text in it stays as it is."""
    parts = KEPT.split(text)
    return "".join(
        part if index % 2 else "".join(LETTERS.get(letter.lower(), letter) for letter in part)
        for index, part in enumerate(parts)
    )
