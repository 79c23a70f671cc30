"""`tools/po` brings translators' files up to the template, and loses none of their work."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest
from devenv import po

PLURALS = "nplurals=2; plural=n != 1;"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A template of two texts, and Odoo's own file."""
    template = polib.POFile()
    template.metadata = {
        "POT-Creation-Date": "2026-11-26 13:57+0000",
        "PO-Revision-Date": "2026-11-26 13:57+0000",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": "",
    }
    for text in ("Pay", "Wait"):
        place = f"code:addons/pos_mixpay/{text}.py"
        template.append(polib.POEntry(msgid=text, comment="module: x", occurrences=[(place, "0")]))
    template.save(str(tmp_path / "shop.pot"))
    monkeypatch.setattr(po, "TEMPLATE", tmp_path / "shop.pot")
    core = polib.POFile()
    core.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": PLURALS}
    core.save(str(tmp_path / "core.po"))
    return tmp_path


def update(folder: Path) -> int:
    return po.update(folder / "de.po", folder / "core.po")


def test_a_new_language_has_all_texts_and_a_header(folder: Path) -> None:
    assert update(folder) == 2
    begun = polib.pofile(str(folder / "de.po"))
    assert [entry.msgid for entry in begun] == ["Pay", "Wait"]
    assert list(begun.metadata)[2:4] == ["Language", "MIME-Version"]
    assert (begun.metadata["Language"], begun.metadata["Plural-Forms"]) == ("de", PLURALS)


def test_what_is_translated_is_kept_and_what_is_gone_is_not(folder: Path) -> None:
    own = polib.POFile()
    own.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Last-Translator": "Zoë"}
    own += [polib.POEntry(msgid="Gone", msgstr="Weg"), polib.POEntry(msgid="Wait", msgstr="Warten")]
    own.append(polib.POEntry(msgid="Pay", msgstr="Geld?", flags=["fuzzy"]))
    own.save(str(folder / "de.po"))
    assert update(folder) == 1
    updated = polib.pofile(str(folder / "de.po"))
    assert [(entry.msgid, entry.msgstr) for entry in updated] == [("Pay", ""), ("Wait", "Warten")]
    assert updated.find("Wait").occurrences == [("code:addons/pos_mixpay/Wait.py", "0")]
    assert updated.metadata["Last-Translator"] == "Zoë"


def test_it_writes_the_same_again(folder: Path) -> None:
    update(folder)
    once = (folder / "de.po").read_bytes()
    update(folder)
    assert (folder / "de.po").read_bytes() == once
