"""Where a customer's money stands that no sale has: what a slip's page tells, in one word."""

from __future__ import annotations

from typing import Any

from . import states
from .issues import KEPT, REFUNDED

BOOKED = "booked"
GIVEN_BACK = "given_back"
CLOSED = "closed"
ARRIVED = "arrived"
CHECKED = "checked"
RETURNING = "returning"
MOVING = "moving"
REVIEWED = "reviewed"
SHORT = "short"
NOTHING = "nothing"

# Nothing more comes of these: the page stops asking.
RESOLVED = frozenset({BOOKED, GIVEN_BACK, CLOSED})
_DECIDED = {REFUNDED: GIVEN_BACK, KEPT: CLOSED}
_WAITING = {
    states.PAID_LESS: SHORT,
    states.CONFIRMING: MOVING,
    states.PENDING: MOVING,
    states.AUDITING: REVIEWED,
}


def stage(payment: Any) -> str:
    """Return where a payment's money stands, for who has paid it.

    :param payment: a `Snapshot`, or a record with the same fields
    """
    is_over = payment.written_off_at or payment.state in (states.FAILED, states.MISMATCH)
    if payment.covered_at:
        return _stage_of_booked(payment)
    decision = payment.written_off_as or payment.decision  # what came first is about all of it
    if is_over and decision in _DECIDED:
        return _DECIDED[decision]
    if payment.state == states.SUCCESS or payment.recovered_at:
        return ARRIVED
    if payment.state == states.MISMATCH or payment.other_terms_at or payment.is_taken:
        return CHECKED
    if payment.state == states.FAILED:
        return RETURNING if _is_on_its_way_back(payment) else NOTHING
    return _WAITING.get(payment.state, NOTHING)


def _stage_of_booked(payment: Any) -> str:
    """Return the stage of what pays an order; what was accepted unconfirmed is not there yet."""
    if not payment.accepted_unconfirmed_at or payment.state == states.SUCCESS:
        return BOOKED
    return MOVING if payment.state in (states.CONFIRMING, states.PENDING) else CHECKED


def _is_on_its_way_back(payment: Any) -> bool:
    return bool(payment.funds_detected) or payment.failure_code in states.FAILURES_WITH_MONEY


def may_have_slip(payment: Any) -> bool:
    """Tell whether money was seen that no order has: who sent it may have a slip."""
    if payment.covered_at:
        return False
    where = stage(payment)
    is_seen = bool(payment.funds_detected) or where in (RETURNING, ARRIVED)
    return is_seen and where not in RESOLVED


def needs_slip(payment: Any) -> bool:
    """Tell whether a slip is printed unasked: the sale does not wait for that money any more.

    Not for money that has arrived in the end: who sent it has a slip from before, or has left.
    """
    is_over = payment.is_abandoned or states.STATES[payment.state].is_final
    return bool(is_over) and stage(payment) != ARRIVED and may_have_slip(payment)
