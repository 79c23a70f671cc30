"""Every language says all that the template says, and nothing in a form that breaks a page."""

import re
import unicodedata
from collections import Counter
from pathlib import Path

import polib
import pytest

FOLDER = Path(__file__).parents[2] / "i18n"
TEMPLATE = polib.pofile(str(FOLDER / "pos_mixpay.pot"))
LANGUAGES = (
    *("ar", "de", "es", "fr", "id", "it", "ja", "ko", "nl"),
    *("pl", "pt_BR", "ru", "th", "tr", "vi", "zh_CN", "zh_TW"),
)
# The letters of languages that have others than English.
SCRIPTS = {
    "ar": "ARABIC",
    "ja": "(CJK|HIRAGANA|KATAKANA)",
    "ko": "HANGUL",
    "ru": "CYRILLIC",
    "th": "THAI",
    "zh_CN": "CJK",
    "zh_TW": "CJK",
}
# Where letters run from right to left, a mark says in which direction its neighbour is read:
# without one, an order's number after such a letter would be shown with its groups in turn.
MIRRORED = ("ar",)
MARKS = "\u200e\u200f"

PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sdf%]|\$?\{[^}]*\}|&\w+;")
MARKUP = re.compile(r"<[^>]+>")
# What is called the same everywhere, and codes that people are to type or compare.
NAME = re.compile(
    r"\b(MixPay|Mixin|Odoo|Tron|Bitcoin|USDT|EUR|BTC|UTC|ID|UUID|URL|API|POS|QR|CSV|XLSX|PDF|HTTP"
    r"|h|min|s|txid|SHA-256|[\da-f]{8}(-[\da-f]{4,12}){4}|https?://\S+|\w*[_.]\w+)\b"
)
# Words of no other language here: who finds one has found a sentence that stayed English.
ENGLISH = re.compile(r"\b(the|your|with|this|which|when)\b", re.I)
QUOTED = re.compile(r"“([^”]+)”")

# Words that a language has, too, or has taken over: a text of these alone may stay as it is.
SAME = {
    "de": "asset coin coins export icon journal login manager name pause person status symbol test"
    " transfer transfers",
    "es": "back error no office total trace",
    "fr": "action attention confirmations contact date export journal messages minutes module pause"
    " questions session source taxes test total trace transaction",
    "id": "block cut data draft explorer login off order settlement status suspense total transfer",
    "it": "asset back no office test trace",
    "nl": "asset coin coins contact data export in login manager module order orders status test",
    "pl": "login status symbol test trace",
    "pt_BR": "login regular status total",
    "tr": "test transfer",
    "vi": "coin",
    "zh_TW": "code",
}


def read(language):
    """Return a language's translations by English text, as far as there are some."""
    entries = polib.pofile(str(FOLDER / f"{language}.po"))
    return {entry.msgid: entry.msgstr for entry in entries if entry.msgstr}


def words(text):
    """Return a text without what is never translated."""
    return NAME.sub("", MARKUP.sub("", PLACEHOLDER.sub("", text)))


def has_letters(text):
    return any(letter.isalpha() for letter in text)


def has_invisible(text, allowed):
    kinds = {unicodedata.category(letter) for letter in text if letter not in f"{allowed}\n"}
    return bool(kinds & {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"})


def shown(wrong):
    """Return what a failure says: all that is wrong, one below the other."""
    return "\n" + "\n".join(f"{text!r}\n    {found!r}" for text, found in wrong.items())


def test_all_languages_are_looked_at():
    assert sorted(file.stem for file in FOLDER.glob("*.po")) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
class TestLanguage:
    def test_it_follows_the_template(self, language):
        """Texts, their order, and where they stand: `tools/po` writes a file so."""
        file = FOLDER / f"{language}.po"
        kept = polib.pofile(str(file))
        assert [(entry.msgid, entry.comment, entry.occurrences) for entry in kept] == [
            (entry.msgid, entry.comment, entry.occurrences) for entry in TEMPLATE
        ]
        assert str(kept) == file.read_text(encoding="utf-8")
        assert kept.metadata["Language"] == language
        assert kept.metadata["Content-Type"] == "text/plain; charset=UTF-8"

    def test_nothing_is_missing(self, language):
        entries = polib.pofile(str(FOLDER / f"{language}.po"))
        assert not [entry.msgid for entry in entries if not entry.msgstr.strip() or entry.fuzzy]

    def test_placeholders_and_markup_are_the_same(self, language):
        for part in (PLACEHOLDER, MARKUP):
            assert not (
                wrong := {
                    text: translation
                    for text, translation in read(language).items()
                    if Counter(part.findall(text)) != Counter(part.findall(translation))
                }
            ), shown(wrong)

    def test_percent_signs_are_placeholders_where_there_are_some(self, language):
        """Python's `%` fails on any other one."""
        assert not (
            wrong := {
                text: translation
                for text, translation in read(language).items()
                if PLACEHOLDER.search(text) and "%" in PLACEHOLDER.sub("", translation)
            }
        ), shown(wrong)

    def test_it_begins_and_ends_as_the_text_does(self, language):
        """With the same spaces and lines: texts may be put together."""
        border = re.compile(r"^\s*|\s*$")
        assert not (
            wrong := {
                text: translation
                for text, translation in read(language).items()
                if border.findall(text) != border.findall(translation)
            }
        ), shown(wrong)

    def test_nothing_invisible_is_in_it(self, language):
        """No control characters, and none that turn the direction of what follows."""
        assert not (
            wrong := {
                text: translation
                for text, translation in read(language).items()
                if has_invisible(translation, MARKS if language in MIRRORED else "")
            }
        ), shown(wrong)

    def test_no_text_stayed_english(self, language):
        same = set(SAME.get(language, "").split())
        assert not (
            wrong := {
                text: translation
                for text, translation in read(language).items()
                if has_letters(words(text))
                and not self.is_translated(language, text, translation)
                and not set(re.findall(r"\w+", words(text).lower())) <= same
            }
        ), shown(wrong)

    @staticmethod
    def is_translated(language, text, translation):
        if ENGLISH.search(words(translation)):
            return False
        if not has_letters(words(translation)):
            return translation != text
        if script := SCRIPTS.get(language):
            names = (unicodedata.name(letter, "") for letter in translation)
            return any(re.match(script, name) for name in names)
        return translation != text

    def test_it_calls_a_button_what_the_button_says(self, language):
        translations = read(language)
        wrong = {
            text: translation
            for text, translation in translations.items()
            for name in QUOTED.findall(text)
            if name in translations and translations[name] not in translation
        }
        assert not wrong, shown(wrong)
