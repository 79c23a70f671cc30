"""What MixPay must say of a payment that is accepted before its network has confirmed it."""

from decimal import Decimal

import pytest
from mixpay import result, unconfirmed

TRON = "b91e18ff-a9ae-3dc7-8679-e935d9a4b34b"
ETHEREUM = "4d8c508b-91c5-375b-92b0-ee702ed2dac5"
SEEN = {
    "status": "confirming",
    "payableAmount": "10.01",
    "payableAssetId": TRON,
    "paymentAmount": "10.01000000",
    "paymentAssetId": TRON,
}


def answer(**changes):
    return result.parse({**SEEN, **changes})


def test_all_of_it_in_the_coin_that_was_to_be_paid():
    assert unconfirmed.is_seen_in_full(answer())
    assert unconfirmed.is_seen_in_full(answer(paymentAmount="11"))
    assert unconfirmed.is_seen_in_full(answer(payment={"isFullyPaid": True}))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "unpaid"},
        {"status": "paid_less"},
        {"status": "pending"},
        {"status": "auditing"},
        {"status": "success"},
        {"status": "failed"},
        {"status": "unheard-of"},
        {"paymentAmount": "10.00999999"},
        {"paymentAmount": "0"},
        {"paymentAmount": ""},
        {"paymentAmount": "-20"},
        {"paymentAmount": "1e9"},
        {"payableAmount": ""},
        {"payableAmount": "0"},
        {"payment": {"isFullyPaid": False}},
        {"paymentAssetId": ETHEREUM},
        {"paymentAssetId": ""},
        {"payableAssetId": ""},
        {"payableAssetId": "", "paymentAssetId": ""},
    ],
)
def test_anything_less_waits(changes):
    assert not unconfirmed.is_seen_in_full(answer(**changes))


def test_within_the_limit_and_on_the_list():
    ten = Decimal("10.00")
    assert unconfirmed.is_within(answer(), ten, ten, [ETHEREUM, TRON])
    assert unconfirmed.is_within(answer(), ten, ten, [TRON.upper()])
    assert not unconfirmed.is_within(answer(), Decimal("10.01"), ten, [TRON])
    assert not unconfirmed.is_within(answer(), ten, Decimal(0), [TRON])
    assert not unconfirmed.is_within(answer(), Decimal(-1), ten, [TRON])
    assert not unconfirmed.is_within(answer(), ten, ten, [ETHEREUM])
    assert not unconfirmed.is_within(answer(), ten, ten, [])
    assert not unconfirmed.is_within(answer(paymentAssetId=""), ten, ten, [""])
