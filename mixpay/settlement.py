"""What is asked after MixPay's last word about a payment, and when: settlement, and late money.

Nobody waits for any of this, so it is asked rarely, and behind everything else. All times are
seconds.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import NamedTuple

from . import ids, money, states

SETTLED = "success"
_HOUR = 3600.0
_DAY = 24 * _HOUR
# Most payments are settled within minutes, so that one question learns all there is.
_FIRST = 600.0
# (age since the last word, pause). MixPay's documentation promises no time.
_STEPS = ((_HOUR, 1200.0), (6 * _HOUR, _HOUR), (_DAY, 4 * _HOUR), (30 * _DAY, _DAY))
_LATER = 7 * _DAY
# Money that is on its way for a payment which had failed.
_LATE_FUNDS = _HOUR
_FAILURE_FIRST = 600.0
_FAILURE_LONGEST = _DAY
# MixPay is asked for so long for the transfers of a settled payment: it may never list any.
_TRANSFERS_FOR = 30 * _DAY
# For so long a payment may be unsettled before people are told.
UNSETTLED_AFTER = _DAY
# Failed since nobody paid (enough) in time, even if money came later; older payments have no code.
_EXPIRED = frozenset({"", "40000", "40024"})
# A rate is a quotient: so many digits of it are kept, which is more than either amount has.
_RATE_DIGITS = Context(prec=18)


class Followed(NamedTuple):
    """What the next question depends on, of a payment whose end is known.

    :ivar state: its state; it never changes any more
    :ivar failure_code: MixPay's, empty for none
    :ivar had_link: whether there was anything that a customer could pay
    :ivar is_settled: whether MixPay has paid the money out
    :ivar has_transfers: whether each transfer of the payer is on record
    :ivar are_late_funds_pending: whether money is on its way although the payment had failed
    :ivar is_recovered: whether such money has arrived
    """

    state: str
    failure_code: str = ""
    had_link: bool = True
    is_settled: bool = False
    has_transfers: bool = False
    are_late_funds_pending: bool = False
    is_recovered: bool = False


def first_pause(at: Followed) -> float | None:
    """Return after how many seconds MixPay is first asked again; None for never."""
    if at.state == states.SUCCESS:
        return _FIRST
    return _HOUR if is_expired(at) else None


def pause(at: Followed, age: float) -> float | None:
    """Return after how many seconds MixPay is asked again after an answer; None for never.

    :param age: seconds since MixPay's last word about the payment
    """
    if at.are_late_funds_pending:
        return _LATE_FUNDS
    if at.state == states.SUCCESS or at.is_recovered:
        if at.is_settled and (at.has_transfers or age >= _TRANSFERS_FOR):
            return None
        return next((step for until, step in _STEPS if age < until), _LATER)
    # Once an hour after the end, and once a day after it.
    return _DAY - age if is_expired(at) and age < _DAY else None


def pause_after_failures(failures: int) -> float:
    """Return after how many seconds MixPay is asked again that gave no usable answer.

    :param failures: how many there were in a row, from 1
    """
    return min(_FAILURE_FIRST * 2.0 ** min(failures - 1, 10), _FAILURE_LONGEST)


def is_expired(at: Followed) -> bool:
    """Tell whether a payment failed by its deadline, so that money may still have come later."""
    return at.state == states.FAILED and at.had_link and at.failure_code in _EXPIRED


def is_other_coin(chosen_asset_id: str, settled_asset_id: str) -> bool:
    """Tell whether the shop got another coin than the one it chose, agreed or not."""
    return bool(settled_asset_id) and not ids.same(chosen_asset_id, settled_asset_id)


def rate(quote_amount: str, payable_amount: str) -> str:
    """Return what one unit of the payer's coin was worth, as a decimal text in the price's unit.

    Both amounts are MixPay's: the price, and what the payer had to send for it. Empty where one
    is missing.
    """
    price, payable = money.parse_or_none(quote_amount), money.parse_or_none(payable_amount)
    if not price or not payable:
        return ""
    return f"{_RATE_DIGITS.divide(Decimal(price), payable).normalize():f}"
