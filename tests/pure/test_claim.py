"""What a slip's page tells of a payment, and who gets a slip."""

from types import SimpleNamespace

import pytest
from mixpay import claim, states
from mixpay.issues import KEPT, REFUNDED

GIVEN_BACK_FIRST = {"written_off_at": "then", "written_off_as": REFUNDED, "decision": KEPT}
ACCEPTED = {"covered_at": "then", "accepted_unconfirmed_at": "then"}


def payment(state, **values):
    fields = (
        *("written_off_at", "written_off_as", "covered_at", "decision", "recovered_at"),
        *("accepted_unconfirmed_at", "is_taken", "funds_detected", "failure_code", "is_abandoned"),
        "other_terms_at",
    )
    return SimpleNamespace(state=state, **(dict.fromkeys(fields) | values))


@pytest.mark.parametrize(
    ("state", "values", "stage"),
    [
        (states.DRAFT, {}, claim.NOTHING),
        (states.UNPAID, {}, claim.NOTHING),
        (states.PAID_LESS, {}, claim.SHORT),
        (states.CONFIRMING, {}, claim.MOVING),
        (states.CONFIRMING, {"other_terms_at": "now"}, claim.CHECKED),
        (states.PENDING, {}, claim.MOVING),
        (states.AUDITING, {}, claim.REVIEWED),
        (states.SUCCESS, {}, claim.ARRIVED),
        (states.SUCCESS, {"covered_at": "then"}, claim.BOOKED),
        (states.SUCCESS, {"written_off_at": "then", "decision": REFUNDED}, claim.GIVEN_BACK),
        (states.SUCCESS, {"written_off_at": "then", "decision": KEPT}, claim.CLOSED),
        (states.SUCCESS, {"decision": KEPT}, claim.ARRIVED),  # of its surplus only
        (states.SUCCESS, GIVEN_BACK_FIRST, claim.GIVEN_BACK),
        (states.FAILED, {}, claim.NOTHING),
        (states.FAILED, {"funds_detected": True}, claim.RETURNING),
        (states.FAILED, {"failure_code": "40020"}, claim.RETURNING),
        (states.FAILED, {"funds_detected": True, "decision": REFUNDED}, claim.GIVEN_BACK),
        (states.FAILED, {"recovered_at": "later"}, claim.ARRIVED),
        (states.FAILED, {"covered_at": "then"}, claim.BOOKED),  # a manager marked it as paid
        (states.CONFIRMING, ACCEPTED, claim.MOVING),
        (states.PAID_LESS, ACCEPTED, claim.CHECKED),
        (states.FAILED, ACCEPTED, claim.CHECKED),
        (states.SUCCESS, ACCEPTED, claim.BOOKED),
        (states.MISMATCH, {}, claim.CHECKED),
    ],
)
def test_stages(state, values, stage):
    assert claim.stage(payment(state, **values)) == stage


def test_who_has_paid_and_has_no_order_may_have_a_slip():
    seen = {"funds_detected": True}
    for state in (states.PAID_LESS, states.CONFIRMING, states.AUDITING, states.SUCCESS):
        assert claim.may_have_slip(payment(state, **seen))
    assert not claim.may_have_slip(payment(states.UNPAID))
    assert not claim.may_have_slip(payment(states.SUCCESS, covered_at="then", **seen))
    assert not claim.may_have_slip(payment(states.FAILED, failure_code="40000"))


def test_a_slip_is_printed_once_nobody_waits():
    seen = {"funds_detected": True}
    assert not claim.needs_slip(payment(states.CONFIRMING, **seen))
    assert claim.needs_slip(payment(states.CONFIRMING, is_abandoned=True, **seen))
    assert claim.needs_slip(payment(states.FAILED, **seen))
    assert claim.needs_slip(payment(states.MISMATCH, **seen))
    assert not claim.needs_slip(payment(states.MISMATCH, is_taken=True))
    assert not claim.needs_slip(payment(states.SUCCESS, is_abandoned=True, **seen))
