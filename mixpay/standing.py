"""How a payment stands: all that follows from its fields, decided in one place, once.

The record and what is read for a register (`Snapshot`) have fields of the same names, so both are
evaluated by the same function.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from . import money, states
from .issues import SURPLUS_CLOSED

# In which a payment that was accepted unconfirmed may still begin to pay an order.
PROVISIONAL_STATES = frozenset({states.CONFIRMING, states.PENDING})
# Money that has arrived, or that only has to be confirmed. Too little may be left by the cashier.
HELD_STATES = frozenset({states.SUCCESS, states.CONFIRMING, states.PENDING, states.AUDITING})


class Standing(NamedTuple):
    """What follows from a payment's fields.

    :ivar is_final: MixPay has said its last word
    :ivar is_being_checked: MixPay has reported an end on other terms, and was not asked again yet;
        not where it is none of our money: another payee's, or a link that was never paid
    :ivar is_too_late: its order has ended without it, and nobody has attached it to another
    :ivar is_accepted: it counts as paid: MixPay says so, an approver has answered for it, or it was
        accepted unconfirmed
    :ivar is_unconfirmed: it counts as paid, or did when its order was, before MixPay says so: the
        shop's own settings accepted it
    :ivar is_held: money is there, or on its way, that no order has used so far: its order may not
        be paid without it, nor may its line or its order be removed, until it is used, or an
        approver gives it up; then it is abandoned
    :ivar is_over: nobody waits for it at a till any more, or need to
    :ivar line_status: the status that the register's payment line gets
    """

    is_final: bool
    is_being_checked: bool
    is_too_late: bool
    is_accepted: bool
    is_unconfirmed: bool
    is_held: bool
    is_over: bool
    line_status: str


def standing(payment: Any) -> Standing:
    """Return how a payment stands.

    :param payment: a `mixpay.payment` record, or a `Snapshot`
    """
    state = states.STATES[payment.state]
    is_written_off = bool(payment.written_off_at)
    is_being_checked = bool(payment.other_terms_at) and not (payment.is_taken or state.is_final)
    is_too_late = bool(payment.order_ended_at) and not payment.attached_uuid
    is_unconfirmed = payment.state != states.SUCCESS and _is_accepted_unconfirmed(payment)
    is_paid = payment.state == states.SUCCESS or bool(payment.confirmed_at) or is_unconfirmed
    # Its line is free. Money that arrives all the same makes the line done: it is the line's own.
    is_given_up = payment.is_abandoned and payment.state != states.SUCCESS
    is_let_go = payment.is_abandoned or payment.covered_at or is_written_off
    if (payment.confirmed_at or is_unconfirmed) and not is_too_late:
        line_status = states.LINE_DONE
    elif payment.attached_uuid or is_written_off or is_too_late or is_given_up:
        line_status = states.LINE_RETRY
    else:
        line_status = states.LINE_WAITING_CAPTURE if is_being_checked else state.line_status
    return Standing(
        is_final=state.is_final,
        is_being_checked=is_being_checked,
        is_too_late=is_too_late,
        is_accepted=bool(payment.covered_at)
        or (is_paid and not is_written_off and not is_too_late),
        is_unconfirmed=is_unconfirmed,
        is_held=not is_let_go and (payment.state in HELD_STATES or is_being_checked),
        is_over=bool(
            state.is_final or payment.is_abandoned or payment.confirmed_at or is_unconfirmed
        ),
        line_status=line_status,
    )


def _is_accepted_unconfirmed(payment: Any) -> bool:
    """Tell whether a payment counts since it was accepted unconfirmed.

    Once it pays an order that stays so, whatever becomes of it. Until then it takes one that goes
    on well, and that nobody has given up.
    """
    is_in_doubt = payment.other_terms_at or payment.is_taken or payment.is_abandoned
    return bool(payment.accepted_unconfirmed_at) and (
        bool(payment.covered_at) or (payment.state in PROVISIONAL_STATES and not is_in_doubt)
    )


def may_confirm(payment: Any, stands: Standing) -> bool:
    """Tell whether an approver may mark a payment as paid: somebody waits, and there is a reason.

    The reasons: time is up, funds are detected, or MixPay gives no answer.
    """
    if stands.is_over:
        return False
    is_detected = states.STATES[payment.state].funds_detected or payment.funds_detected
    return bool(is_detected or payment.time_left < 1 or payment.is_unanswered)


def has_failed_with_money(payment: Any) -> bool:
    """Tell whether a payment failed though its customer had sent money: MixPay has it.

    Then nobody is asked to pay again; otherwise a new code may be shown.
    """
    if payment.state != states.FAILED or payment.is_taken:
        return False
    is_seen = payment.funds_detected or money.parse_or_none(payment.payment_amount)
    return bool(is_seen) or payment.failure_code in states.FAILURES_WITH_MONEY


def customer_step(payment: Any, stands: Standing) -> str:
    """Return what the payer's own screen says about a payment, empty for nothing.

    One of `states.CUSTOMER_STEPS`. After an end with money of theirs, or in any doubt about that,
    they are sent to a person: "not paid" is only said where nothing arrived.
    """
    if stands.line_status == states.LINE_DONE:
        return "paid"
    if stands.is_being_checked:
        return "check"
    if payment.is_abandoned or payment.attached_uuid or stands.is_too_late:
        return ""
    return "ask" if has_failed_with_money(payment) else states.CUSTOMER_STEPS[payment.state]


def has_open_surplus(payment: Any) -> bool:
    """Tell whether more was paid than was due, and has not gone back."""
    is_closed = payment.surplus_status in SURPLUS_CLOSED
    return not is_closed and bool(money.parse_or_none(payment.surplus_amount))


class Price(NamedTuple):
    """What a payment asks for.

    :ivar amount: decimal text with the currency's decimals
    :ivar currency: its name, as in "EUR"
    :ivar symbol: the currency's sign
    :ivar position: where the sign stands: `before` or `after` the amount
    :ivar decimal_places: how many decimals the currency has
    """

    amount: str
    currency: str
    symbol: str
    position: str
    decimal_places: int


@dataclass(frozen=True)
class Snapshot:
    """What a register is told of a payment, read once in a request; empty values are None.

    Fields are those of the record. What comes from elsewhere:

    :ivar approval_id: the id of the latest request for approval
    :ivar time_left: seconds until MixPay's deadline, by MixPay's clock
    :ivar is_unanswered: whether MixPay gives no answer about it at the moment
    :ivar is_polled: whether MixPay is still asked about it; what follows is about that
    :ivar due_in: seconds until MixPay is asked; 0 or less when it is due
    :ivar synced_for: how many seconds old MixPay's last word is, None without one
    :ivar is_free: whether nobody has the lease
    :ivar queue_length: how many others were waiting when MixPay was last asked about it
    :ivar retry_after: seconds for which nobody calls MixPay, where it gave no answers; else None
    """

    price: Price
    id: int
    trace_id: str
    state: str
    is_abandoned: bool
    link: str | None
    link_type: str
    expires_at: datetime
    order_name: str | None
    payment_uuid: str
    order_uuid: str
    is_test: bool
    api_url: str
    other_terms_at: datetime | None
    is_taken: bool
    confirmed_at: datetime | None
    confirmed_by: str | None
    accepted_unconfirmed_at: datetime | None
    attached_uuid: str | None
    written_off_at: datetime | None
    covered_at: datetime | None
    order_ended_at: datetime | None
    notified_at: datetime | None
    funds_detected: bool
    approval_id: int | None
    issue: str | None
    decision: str | None
    written_off_as: str | None
    recovered_at: datetime | None
    failure_code: str | None
    failure_reason: str | None
    txid: str | None
    payable_amount: str | None
    payable_symbol: str | None
    payable_asset_id: str | None
    payable_version: str | None
    payment_amount: str | None
    payment_symbol: str | None
    payment_asset_id: str | None
    payment_version: str | None
    payee_name: str | None
    confirmations: int | None
    required_confirmations: int | None
    surplus_amount: str | None
    surplus_status: str | None
    paid_at: datetime | None
    finished_at: datetime | None
    payment_method_id: int
    time_left: float
    is_unanswered: bool
    is_polled: bool
    due_in: float
    synced_for: float | None
    is_free: bool
    queue_length: int
    retry_after: float | None

    @cached_property
    def stands(self) -> Standing:
        """How it stands."""
        return standing(self)
