"""Made-up languages, which take the places of two that the addon does not speak.

One is written from right to left: English texts in Hebrew letters. The words of the other are
longer, as many languages' are: who has room for it has room for them.
"""

import math
import re
import shutil
from collections.abc import Callable

import polib

from . import paths, po
from .session import Session

MIRRORED, LONGER = "he", "fi"
GROWTH = 0.4
# Any letter does, as long as it is always the same one.
LETTERS = {chr(ord("a") + number): chr(0x5D0 + number) for number in range(26)}
# Placeholders, tags and entities stay.
KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd]|<[^>]+>|&\w+;|\$\{[^}]*\})")
WORD = re.compile(r"[A-Za-z]+")


def add_languages(session: Session) -> None:
    """Put a copy of the addon that has the translations in the place of the checkout's link."""
    addon = session.dir / "addons" / paths.ADDON
    addon.unlink()
    shutil.copytree(paths.ROOT, addon, ignore=shutil.ignore_patterns(".git", "tools", "docs"))
    for name, turn in ((MIRRORED, mirrored), (LONGER, longer)):
        texts = polib.pofile(str(po.TEMPLATE))
        for entry in texts:
            entry.msgstr = pseudo(entry.msgid, turn)
        texts.save(str(addon / "i18n" / f"{name}.po"))


def pseudo(text: str, turn: Callable[[str], str]) -> str:
    """Return a text in a made-up language; what is no text in it stays as it is."""
    parts = KEPT.split(text)
    return "".join(part if index % 2 else turn(part) for index, part in enumerate(parts))


def mirrored(text: str) -> str:
    """Return a text in Hebrew letters."""
    return "".join(LETTERS.get(letter.lower(), letter) for letter in text)


def longer(text: str) -> str:
    """Return a text whose words begin again at their ends."""
    return WORD.sub(lambda word: word[0] + word[0][: math.ceil(GROWTH * len(word[0]))], text)
