"""How a payment stands, from its fields."""

from dataclasses import fields, replace
from datetime import datetime

import pytest
from mixpay import states
from mixpay.standing import (
    Snapshot,
    customer_step,
    has_failed_with_money,
    has_open_surplus,
    may_confirm,
    standing,
)

NOW = datetime(2026, 11, 26)
SNAPSHOT = Snapshot(
    **{field.name: None for field in fields(Snapshot)}
    | {"state": states.UNPAID, "time_left": 100.0, "queue_length": 0, "is_free": True}
)


def stands(**changes):
    return standing(replace(SNAPSHOT, **changes))


def test_what_waits_for_the_customer():
    waiting = stands()
    assert waiting == (False, False, False, False, False, False, False, "waitingCard")
    assert replace(SNAPSHOT).stands == waiting


@pytest.mark.parametrize("state", states.STATES)
def test_money_on_its_way_or_there_is_held(state):
    is_held = state in ("success", "confirming", "pending", "auditing")
    assert stands(state=state).is_held == is_held
    assert not stands(state=state, is_abandoned=True).is_held
    assert not stands(state=state, covered_at=NOW).is_held
    assert not stands(state=state, written_off_at=NOW).is_held


def test_only_money_that_is_there_is_accepted():
    for state in states.STATES:
        assert stands(state=state).is_accepted == (state == "success")
    assert stands(confirmed_at=NOW).is_accepted, "an approver has answered for it"


@pytest.mark.parametrize("state", states.STATES)
def test_what_was_accepted_unconfirmed_pays_while_it_goes_on_well(state):
    accepted = stands(state=state, accepted_unconfirmed_at=NOW)
    is_well = state in ("confirming", "pending")
    assert accepted.is_unconfirmed == is_well
    assert accepted.is_accepted == (is_well or state == "success")
    assert (accepted.line_status == "done") == accepted.is_accepted
    for doubt in ("other_terms_at", "is_taken", "is_abandoned"):
        doubted = stands(state=state, accepted_unconfirmed_at=NOW, **{doubt: NOW})
        assert not doubted.is_unconfirmed


@pytest.mark.parametrize("state", states.STATES)
def test_once_it_pays_an_order_that_stays_so(state):
    used = stands(state=state, accepted_unconfirmed_at=NOW, covered_at=NOW, is_taken=True)
    assert used.is_accepted
    assert used.is_over
    assert used.is_unconfirmed == (state != "success")
    assert used.line_status == "done"


def test_what_was_accepted_for_an_order_that_ended_otherwise_pays_nothing():
    late = stands(state="confirming", accepted_unconfirmed_at=NOW, order_ended_at=NOW)
    assert not late.is_accepted
    assert late.line_status == "retry"


def test_what_was_written_off_or_came_too_late_is_not_accepted():
    assert not stands(state="success", written_off_at=NOW).is_accepted
    late = stands(state="success", order_ended_at=NOW)
    assert late.is_too_late
    assert not late.is_accepted
    attached = stands(state="success", order_ended_at=NOW, attached_uuid="u")
    assert attached.is_accepted
    assert not attached.is_too_late
    assert stands(state="success", order_ended_at=NOW, covered_at=NOW).is_accepted, "for ever"


def test_an_answer_on_other_terms_is_checked_and_holds():
    checked = stands(other_terms_at=NOW)
    assert checked.is_being_checked
    assert checked.is_held
    assert checked.line_status == "waitingCapture"
    assert not stands(other_terms_at=NOW, is_taken=True).is_being_checked
    assert not stands(other_terms_at=NOW, state="mismatch").is_being_checked


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("draft", "waiting"),
        ("unpaid", "waitingCard"),
        ("paid_less", "waitingCard"),
        ("confirming", "waitingCapture"),
        ("pending", "waitingCapture"),
        ("auditing", "waitingCapture"),
        ("success", "done"),
        ("failed", "retry"),
        ("mismatch", "retry"),
    ],
)
def test_the_line_s_status(state, expected):
    assert stands(state=state).line_status == expected
    abandoned = "done" if state == "success" else "retry"
    assert stands(state=state, is_abandoned=True).line_status == abandoned


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"confirmed_at": NOW}, "done"),
        ({"confirmed_at": NOW, "order_ended_at": NOW}, "retry"),
        ({"state": "success"}, "done"),
        ({"state": "success", "is_abandoned": True}, "done"),
        ({"state": "success", "written_off_at": NOW}, "retry"),
        ({"state": "success", "attached_uuid": "u"}, "retry"),
        ({"is_abandoned": True}, "retry"),
        ({"is_abandoned": True, "other_terms_at": NOW}, "retry"),
    ],
)
def test_what_its_line_shows(changes, status):
    assert stands(**changes).line_status == status


def test_an_approver_needs_a_reason():
    def may(**changes):
        payment = replace(SNAPSHOT, **changes)
        return may_confirm(payment, payment.stands)

    assert not may()
    assert may(time_left=0.5)
    assert may(is_unanswered=True)
    assert may(funds_detected=True)
    assert may(state="pending")
    for over in ({"state": "failed"}, {"is_abandoned": True}, {"confirmed_at": NOW}):
        assert not may(time_left=-1.0, **over)


def test_a_surplus_is_open_until_it_went_back():
    assert not has_open_surplus(SNAPSHOT)
    assert not has_open_surplus(replace(SNAPSHOT, surplus_amount="0"))
    assert has_open_surplus(replace(SNAPSHOT, surplus_amount="1.5"))
    assert has_open_surplus(replace(SNAPSHOT, surplus_amount="1.5", surplus_status="pending"))
    assert not has_open_surplus(replace(SNAPSHOT, surplus_amount="1.5", surplus_status="success"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"failure_code": "40000"}, False),
        ({"failure_code": "40000", "funds_detected": True}, True),
        *(({"failure_code": code}, True) for code in sorted(states.FAILURES_WITH_MONEY)),
        ({"failure_code": "40025", "is_taken": True}, False),
        ({"failure_code": "40025", "state": states.SUCCESS}, False),
        ({"failure_code": None}, False),
        ({"payment_amount": "0.5"}, True),
        ({"payment_amount": "0"}, False),
    ],
)
def test_failed_with_the_customer_s_money(changes, expected):
    assert (
        has_failed_with_money(replace(SNAPSHOT, **{"state": states.FAILED, **changes})) is expected
    )


def step(**changes):
    payment = replace(SNAPSHOT, **changes)
    return customer_step(payment, payment.stands)


@pytest.mark.parametrize("state", states.STATES)
def test_every_state_has_words_for_the_customer(state):
    assert step(state=state) == states.CUSTOMER_STEPS[state]


def test_a_customer_is_told_that_nothing_was_paid_only_where_that_is_so():
    assert step(state="failed", failure_code="40000") == "not_paid"
    assert step(state="failed", failure_code="40024") == "ask"
    assert step(state="failed", funds_detected=True) == "ask"
    assert step(state="mismatch") == "ask"
    assert step(other_terms_at=NOW) == "check"


def test_what_nobody_waits_for_is_no_customer_s_any_more():
    assert step(is_abandoned=True) == ""
    assert step(state="failed", attached_uuid="u") == ""
    assert step(state="success", order_ended_at=NOW) == ""


def test_what_counts_as_paid_is_paid_for_the_customer():
    assert step(confirmed_at=NOW) == "paid"
    assert step(state="success", is_abandoned=True) == "paid"
