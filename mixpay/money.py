"""Amounts: decimals from strings, never binary floats.

MixPay writes amounts as JSON strings and may write one amount in several ways ("10", "10.00",
"10.00000000" are equal), so they are compared as numbers and never as texts.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal

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
    amount = parse_or_none(value)
    if amount is None:
        raise AmountError(f"not an amount: {_shown(value)}")
    return amount


def _shown(value: object) -> str:
    """Return the beginning of what is no amount, for a log; the rest may be anything."""
    return repr(value[:60]) if isinstance(value, str) else type(value).__name__


def parse_or_none(value: object) -> Decimal | None:
    """Return an amount that MixPay reported, None for an empty or unreadable one."""
    text = value if isinstance(value, str) else clean.text(value)
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def plain(value: object) -> str:
    """Return an amount that MixPay reported as plain decimal text; empty for what is none."""
    text = value if isinstance(value, str) else clean.text(value)
    return f"{Decimal(text):f}" if _AMOUNT.fullmatch(text) else ""


def same(one: str, other: object) -> bool:
    """Tell whether two writings are of one amount; the first is one."""
    text = other if isinstance(other, str) else clean.text(other)
    return bool(_AMOUNT.fullmatch(text)) and Decimal(text) == Decimal(one)


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


def short(amount: Decimal) -> str:
    """Return an amount of a coin as people read it: no exponent, no zeros at the end."""
    return f"{amount.normalize():f}"


def rounded(number: Decimal, digits: int) -> Decimal:
    """Return a number with so many significant digits."""
    return Context(prec=digits).create_decimal(number)
