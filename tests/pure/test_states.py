"""The table of states, over every pair, and MixPay's two lifecycles."""

import itertools

import pytest
from mixpay import states

ENDS = {"success", "failed", "mismatch"}


@pytest.mark.parametrize(("old", "new"), itertools.product(states.STATES, repeat=2))
def test_every_pair_of_states(old, new):
    if old in ENDS:
        allowed = False  # end states never reopen
    elif new == "draft":
        allowed = False
    elif new == "unpaid":
        allowed = old == "draft"  # money that was seen is never unseen
    else:
        allowed = True  # steps may be skipped, and confirming and paid_less alternate
    if old == new and old in {"draft", "unpaid"}:
        allowed = False
    assert (new in states.TRANSITIONS[old]) is allowed


def test_ends_and_live_states():
    assert set(states.FINAL) == ENDS
    assert set(states.LIVE) == set(states.STATES) - ENDS


@pytest.mark.parametrize(
    ("status", "is_fully_paid", "expected"),
    [
        ("unpaid", None, "unpaid"),
        ("confirming", None, "confirming"),
        ("paid_less", False, "paid_less"),
        ("pending", None, "pending"),
        ("pending", True, "pending"),
        ("pending", False, "paid_less"),
        ("auditing", None, "auditing"),
        ("success", True, "success"),
        ("failed", None, "failed"),
        ("refunding", None, None),
        ("SUCCESS", None, None),
        ("", None, None),
        ("draft", None, None),
        ("mismatch", None, None),
    ],
)
def test_mixpay_statuses(status, is_fully_paid, expected):
    assert states.from_mixpay(status, is_fully_paid) == expected
