"""Bring the translators' files in i18n up to the template, or begin one for a new language."""

import argparse
from pathlib import Path

import polib

from . import odoo, paths
from .progress import ToolError
from .session import Session

FOLDER = paths.ROOT / "i18n"
TEMPLATE = FOLDER / f"{paths.ADDON}.pot"
# What a file says of its translators, and when they were last at it.
OWN = ("PO-Revision-Date", "Last-Translator", "Language-Team")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `tools/po`."""
    what = "as Odoo names its files, such as de or pt_BR; all that are there by default"
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=what)


def run(session: Session, options: argparse.Namespace) -> int:
    """Write the files anew, which does not need a running Odoo; say what is left to translate."""
    for name in options.languages or languages():
        missing = update(FOLDER / f"{name}.po", _core(session, name))
        session.progress.say(f"  {name}: {missing} texts to translate")
    return 0


def languages() -> list[str]:
    """The languages that have a file, as Odoo names its own files."""
    return sorted(file.stem for file in FOLDER.glob("*.po"))


def update(file: Path, core: Path) -> int:
    """Write a language's file anew, with the texts, order and places of the template.

    Translations of texts that are still there are kept; others are dropped, and new ones are empty.

    :param file: which need not exist yet
    :param core: Odoo's own translation into the same language, for the rules of its plurals
    :return: how many texts have no translation
    """
    kept = polib.pofile(str(file)) if file.exists() else polib.POFile()
    known = {entry.msgid: entry.msgstr for entry in kept if not (entry.obsolete or entry.fuzzy)}
    texts = polib.pofile(str(TEMPLATE))
    for entry in texts:
        entry.msgstr = known.get(entry.msgid, "")
    own = {name: kept.metadata[name] for name in OWN if kept.metadata.get(name)}
    own["Plural-Forms"] = polib.pofile(str(core)).metadata["Plural-Forms"]
    texts.metadata = _header(texts.metadata | own, file.stem)
    texts.save(str(file))
    return len(texts.untranslated_entries())


def _header(fields: dict[str, str], language: str) -> dict[str, str]:
    """The fields of a file's header, with its language where Odoo's files have it."""
    names = list(fields)
    names.insert(names.index("MIME-Version"), "Language")
    return {name: fields.get(name, language) for name in names}


def _core(session: Session, language: str) -> Path:
    """The file that Odoo's own Point of Sale has."""
    for folder in odoo.locate(session).addons():
        file = folder / "point_of_sale" / "i18n" / f"{language}.po"
        if file.exists():
            return file
    raise ToolError(f"Odoo does not have the language {language}; it calls German de.")
