"""Texts and JSON that come from outside, made fit for the database, logs, mails and screens."""

from __future__ import annotations

import math
import unicodedata

# Of an order that a register sends: lists in lists of values, and some thousand lines.
MAX_DEPTH = 20
MAX_NODES = 200_000

# A character that turns the writing direction makes a text read otherwise than it is.
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SPACES = frozenset({"Cc", "Zl", "Zp", "Zs"})


class UnfitError(ValueError):
    """A value that cannot be kept as JSON."""


def clean(value: object, length: int) -> str:
    """Return a text as one line of valid UTF-8 without control characters, cut to a length.

    :param value: anything; what is neither text nor number is an empty text
    :param length: how many characters to keep at most
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    if isinstance(value, int) and abs(value) >= 10**18:
        return ""  # no number of an order; and Python refuses to write down very long ones
    # What is cut off is not looked at: a text may be a megabyte long.
    text = "".join(map(_clean_character, str(value)[: 4 * length]))
    return " ".join(text.split())[:length].strip()


def _clean_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs" or character in _DIRECTIONS:  # half a character
        return ""
    return " " if category in _SPACES else character


def clean_json(value: object) -> object:
    """Return JSON values as PostgreSQL can keep them: texts without NUL and half characters.

    Line breaks stay: notes have them.

    :raises UnfitError: for what is too deep or too large, and for numbers that are none
    """
    return _JsonCleaner().cleaned(value, 0)


class _JsonCleaner:
    def __init__(self) -> None:
        self._nodes = 0

    def cleaned(self, value: object, depth: int) -> object:
        """Return a value at a depth with all that is in it."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise UnfitError("too deep or too large")
        if isinstance(value, str):
            return _storable(value)
        if isinstance(value, list):
            return [self.cleaned(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {_storable(str(k)): self.cleaned(v, depth + 1) for k, v in value.items()}
        return _checked_number(value)


def _checked_number(value: object) -> object:
    """Return a number, boolean or null.

    :raises UnfitError: for NaN, infinity and what is no amount of anything
    """
    if isinstance(value, (int, float)) and not (math.isfinite(value) and abs(value) < 10**18):
        raise UnfitError("not a finite number")
    return value


def _storable(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
