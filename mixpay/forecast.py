"""What MixPay can be asked for a register now, and when that register asks Odoo again."""

from __future__ import annotations

from collections.abc import Iterable

from . import polling
from .standing import Snapshot


def due_address(payments: Iterable[Snapshot]) -> str | None:
    """Return MixPay's address where one of these payments is due; None where none is.

    A cheap check before an attempt is made; whether MixPay may be called is decided there.
    """
    return next(
        (
            payment.api_url
            for payment in payments
            if payment.is_polled
            and payment.due_in <= 0
            and payment.is_free
            and (payment.retry_after or 0) <= 0
        ),
        None,
    )


def poll_after(payments: Iterable[Snapshot]) -> int:
    """Return after how many milliseconds the register of these payments asks Odoo again."""
    polled = [payment for payment in payments if payment.is_polled]
    return polling.register_poll_ms(
        (payment.due_in for payment in polled),
        max((payment.queue_length for payment in polled), default=0),
    )
