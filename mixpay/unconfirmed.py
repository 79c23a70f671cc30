"""Which payment may count as paid before it is confirmed: what MixPay must say of it."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from . import ids, money, states
from .result import PaymentResult


def is_seen_in_full(result: PaymentResult) -> bool:
    """Tell whether MixPay sees all that was to be paid, in the coin that was to be paid.

    It does so of a payment that is being confirmed only: before, there is nothing, and after, no
    need. Of a payment from before 2026-08-13 it may say otherwise in a field of its own.
    """
    due = money.parse_or_none(result.payable_amount)
    seen = money.parse_or_none(result.payment_amount)
    return (
        result.state == states.CONFIRMING
        and result.is_fully_paid is not False
        and bool(due)
        and seen is not None
        and seen >= (due or 0)
        and ids.same(result.payable_asset_id, result.payment_asset_id)
    )


def is_within(
    result: PaymentResult, amount: Decimal, most: Decimal, asset_ids: Collection[str]
) -> bool:
    """Tell whether a payment is within what a shop accepts unconfirmed.

    :param amount: the price, in the currency that the limit is in
    :param most: what one payment may be, 0 for none
    :param asset_ids: MixPay's ids of the coins, each on its network
    """
    is_listed = any(ids.same(one, result.payment_asset_id) for one in asset_ids)
    return is_listed and 0 < amount <= most
