"""What comes from outside, made harmless: bounded texts, finite numbers, addresses, moments.

Nothing here raises, whatever is passed. What cannot be read is empty, or None.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

TEXT_LENGTH = 200
# Digits of a number, before or after the point: more than any amount, time or code has.
MAX_DIGITS = 40
_LAST_MOMENT = 2**33
# Without them Persian and joined emoji read otherwise; all other format characters are invisible,
# or turn the direction in which the rest is read.
_JOINERS = "\u200c\u200d"


def text(value: object, length: int = TEXT_LENGTH) -> str:
    """Return a text, or a number as text, on one line: valid UTF-8 without control characters.

    :param length: after so many characters it is cut
    """
    if not isinstance(value, str):
        number = decimal(value)
        return "" if number is None else f"{number:f}"[:length]
    # Cut first: cleaning a megabyte takes its time.
    value = value[: length * 4]
    if not value.isprintable():
        value = "".join(map(_clean, value))
    return " ".join(value.split())[:length].rstrip()


def _clean(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    if category == "Cs" or (category == "Cf" and character not in _JOINERS):
        return ""
    return character


def token(value: object, length: int = TEXT_LENGTH) -> str:
    """Return a word that is compared, such as an identifier: taken as it is, or not at all."""
    if not isinstance(value, str) or len(value) > length * 4:
        return ""
    word = value.strip(" ")
    return word if len(word) <= length and word.isascii() and word.isprintable() else ""


def decimal(value: object) -> Decimal | None:
    """Return a finite number that has no more than `MAX_DIGITS` on either side of the point."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    if isinstance(value, int) and value.bit_length() > MAX_DIGITS * 4:
        return None
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return number if is_bounded(number) else None


def is_bounded(number: Decimal) -> bool:
    """Tell whether a number is finite, and short when it is written without exponent."""
    if not number.is_finite():
        return False
    exponent = int(number.as_tuple().exponent)
    return exponent >= -MAX_DIGITS and number.adjusted() < MAX_DIGITS


def json_integer(digits: str) -> int | None:
    """Return an integer of a JSON text, None for an absurdly long one."""
    return int(digits) if len(digits) <= MAX_DIGITS else None


def json_decimal(digits: str) -> Decimal | None:
    """Return another number of a JSON text to the letter, None where that is absurdly long."""
    try:
        number = Decimal(digits) if len(digits) <= 2 * MAX_DIGITS else None
    except InvalidOperation:  # an exponent beyond what decimals can have
        return None
    return number if number is not None and is_bounded(number) else None


def integer(value: object, low: int, high: int) -> int | None:
    """Return an integer within bounds, None for anything else."""
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return value if is_integer and low <= value <= high else None  # type: ignore[operator,return-value]


def web_address(value: object) -> str:
    """Return an https address that a browser can open; empty for anything else."""
    address = token(value, 500)
    return address if is_https(address) and " " not in address else ""


def is_https(url: str) -> bool:
    """Tell whether a text is an https address with a host, and without a log-in."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # such as https://[
        return False
    return parts.scheme == "https" and bool(parts.hostname) and parts.username is None


def moment(value: object) -> datetime | None:
    """Return a moment as Odoo keeps it, in UTC without saying so; None for what is none.

    :param value: Unix seconds, as a number or as text, or an ISO date
    """
    number = _seconds_of_text(value) if isinstance(value, str) else value
    seconds = integer(number, 1, _LAST_MOMENT)
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)


def _seconds_of_text(value: str) -> int | None:
    if len(value) > MAX_DIGITS:
        return None
    if value.isascii() and value.isdigit():
        return int(value)
    try:
        at = datetime.fromisoformat(value.replace("Z", "+00:00"))
        return int((at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp())
    except (ValueError, OverflowError):  # the latter for year 9999 with an offset
        return None
