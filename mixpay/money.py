"""Amounts: decimals from strings, never binary floats.

MixPay writes amounts as JSON strings and may write one amount in several ways ("10", "10.00",
"10.00000000" are equal), so they are compared as numbers and never as texts.
"""

from __future__ import annotations

import re
from decimal import Decimal

from . import clean

# Twelve digits before the point: more than any till sees, and still exact in the 15 significant
# digits of the floats that Odoo's ORM hands out.
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,18})?", re.ASCII)
MAX_SIGNIFICANT_DIGITS = 15


class AmountError(ValueError):
    """A text or number that is no amount one can charge."""


def parse(value: object) -> Decimal:
    """Return an amount that MixPay reported.

    :param value: a string such as "10.00"; numbers are tolerated
    :raises AmountError: for anything that is not a plain decimal, zero or more
    """
    text = value if isinstance(value, str) else clean.text(value)
    if not _AMOUNT.fullmatch(text):
        raise AmountError(f"not an amount: {_shown(value)}")
    return Decimal(text)


def _shown(value: object) -> str:
    """Return the beginning of what is no amount, for a log; the rest may be anything."""
    return repr(value[:60]) if isinstance(value, str) else type(value).__name__


def parse_or_none(value: object) -> Decimal | None:
    """Return an amount that MixPay reported, None for an empty or unreadable one."""
    try:
        return parse(value)
    except AmountError:
        return None


def to_charge(value: object, decimals: int) -> Decimal:
    """Return the amount that a register asks for, checked.

    :param value: string or number; a string is taken to the letter, so that "10.000" has three
        decimals, whereas a number has no more decimals than it needs
    :param decimals: how many decimals the currency has
    :raises AmountError: for no number, zero, negative, too many decimals, or huge
    """
    amount = parse(value)
    if not isinstance(value, str):
        amount = amount.normalize() if amount % 1 else amount.quantize(Decimal(1))
    exponent = int(amount.as_tuple().exponent)
    if -exponent > decimals:
        raise AmountError(f"more than {decimals} decimals: {_shown(value)}")
    if amount <= 0:
        raise AmountError(f"not more than zero: {_shown(value)}")
    amount = amount.quantize(Decimal(1).scaleb(-decimals))
    if len(amount.as_tuple().digits) > MAX_SIGNIFICANT_DIGITS:
        raise AmountError(f"too large: {_shown(value)}")
    return amount


def from_float(value: float, decimals: int) -> Decimal:
    """Return a float of Odoo's ORM, rounded to the currency's decimals, as an exact amount."""
    return Decimal(f"{value:.{decimals}f}")


def to_text(amount: Decimal, decimals: int) -> str:
    """Return an amount as MixPay and the register read it: plain, with the currency's decimals."""
    return f"{amount:.{decimals}f}"


def short(amount: Decimal) -> str:
    """Return an amount of a coin as people read it: no exponent, no zeros at the end."""
    return f"{amount.normalize():f}"
