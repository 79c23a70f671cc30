"""Facts for the books as rows that may be summed: which columns there are, and later changes.

A fact is a dictionary of texts. What is summed is decimal text, kept exactly. The rows that all
exports ever gave of one payment, added up, are what is known of it now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

TEXT, NUMBER, UNITS = "text", "number", "units"
# Of floats, which spreadsheets calculate with, so many digits are exact.
EXACT_DIGITS = 15
# Columns of taxes come behind those that every order has: `base:7` and `tax:7` of the tax 7.
OF_TAXES = ("base:", "tax:")

Facts = Mapping[str, str]


class Column(NamedTuple):
    """A column of a sheet.

    :ivar name: key of the facts in it
    :ivar kind: TEXT; NUMBER; UNITS, exact text, and a number beside it where that is exact
    """

    name: str
    kind: str = TEXT


def _columns(text: str) -> tuple[Column, ...]:
    return tuple(Column(*part.split("/")) for part in text.split())


_PLACE = "kind company shop session cashier order order_key invoice entry date time zone"
SHEETS = {
    "orders": _columns(
        f"{_PLACE} currency total/number net/number tips/number tax/number"
        " mixpay/number others/number"
    ),
    "payments": _columns(
        f"{_PLACE} trace_id status basis currency amount/number value_currency value/number"
        " coin network units/units rate rate_unit rate_source rate_at txids"
        " settled_coin settled_network settled_units/units settled_at settled_entry"
        " settled_value/number difference/number value_source fee/number"
        " decision decided_by decided_at"
    ),
    "totals": _columns(
        "currency payments/number amount/number unsettled/number amount_unsettled/number"
    ),
    "open": _columns(
        "reason company shop session order date time zone trace_id status issue currency"
        " amount/number coin network units/units"
    ),
    "coins": _columns("coin opening/units received/units spent/units closing/units"),
    "decisions": _columns(
        "what order trace_id currency amount/number decision reason decided_by date time zone"
    ),
    "settings": _columns("scope setting value since"),
}
# What there is room for on paper; the files have the rest.
PRINTED = {
    "open": ["reason", "order", "date", "trace_id", "issue", "currency", "amount", "coin", "units"],
    "decisions": [
        "what",
        "order",
        "trace_id",
        "currency",
        "amount",
        "decision",
        "reason",
        "decided_by",
        "date",
    ],
}
# Two amounts of different ones of these are never subtracted from each other.
_UNITS_OF = ("currency", "value_currency", "coin", "network", "settled_coin", "settled_network")


def is_summed(sheet: str, name: str) -> bool:
    """Tell whether what stands in a column is an amount."""
    kinds = {column.name: column.kind for column in SHEETS[sheet]}
    return name.startswith(OF_TAXES) or kinds.get(name, TEXT) != TEXT


def number(text: str | None) -> Decimal:
    """Return an amount as a number; 0 for none."""
    try:
        amount = Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)


def plain(amount: Decimal) -> str:
    """Return an amount as text without exponent; empty for 0."""
    return f"{amount:f}" if amount else ""


def is_exact(text: str) -> bool:
    """Tell whether a spreadsheet's numbers can hold an amount to its last digit."""
    return len(number(text).normalize().as_tuple().digits) <= EXACT_DIGITS


def adjustments(sheet: str, before: Facts, now: Facts) -> list[dict[str, str]]:
    """Return the rows by which what was exported becomes what is known now; none where it is that.

    One row has the differences of amounts, and texts as they are now. Where a coin or a currency
    has changed, one takes back what was exported, and another has what is known now. A fact that
    is not there says what an empty one does: personal ones are removed from what was exported.
    """
    if _filled(before) == _filled(now):
        return []
    if any(before.get(name) and before.get(name) != now.get(name) for name in _UNITS_OF):
        return [_difference(sheet, before, before, {}), dict(now)]
    return [_difference(sheet, now, before, now)]


def _filled(known: Facts) -> dict[str, str]:
    return {name: text for name, text in known.items() if text}


def _difference(sheet: str, texts: Facts, before: Facts, now: Facts) -> dict[str, str]:
    row = dict(texts)
    for name in {*before, *now}:
        if is_summed(sheet, name):
            row[name] = plain(number(now.get(name)) - number(before.get(name)))
    return row


def total(rows: Iterable[Facts], name: str) -> str:
    """Return the sum of a column, exactly; empty for 0."""
    return plain(sum((number(row.get(name)) for row in rows), Decimal(0)))
