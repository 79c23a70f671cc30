"""What MixPay's documentation refuses, the simulator refuses."""

import time

import pytest
from simulator.errors import ApiError
from test_simulator_kit import PAYEE, order

NOW = int(time.time())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("payeeId", None),
        ("payeeId", "not-a-uuid"),
        ("payeeId", 12),
        ("settlementAssetId", None),
        ("settlementAssetId", "00000000-0000-4000-8000-000000000000"),
        ("quoteAssetId", None),
        ("quoteAssetId", "USD"),
        ("quoteAssetId", "xxx"),
        ("quoteAmount", None),
        ("quoteAmount", "0"),
        ("quoteAmount", "-1"),
        ("quoteAmount", "1,50"),
        ("quoteAmount", "1e3"),
        ("quoteAmount", "NaN"),
        ("quoteAmount", " 10"),
        ("quoteAmount", 1e-7),
        ("quoteAmount", True),
        ("quoteAmount", ["10"]),
        ("traceId", None),
        ("traceId", "x" * 36),
        ("traceId", PAYEE.replace("-", "")),
        ("orderId", "short"),
        ("orderId", "x" * 37),
        ("orderId", "POS/0001"),
        ("remark", "x" * 51),
        ("settlementMemo", "x" * 201),
        ("strictMode", "true"),
        ("strictMode", 2),
        ("strictMode", 1.0),
        ("paymentAssetId", "BTC"),
        ("expiredTimestamp", "tomorrow"),
        ("expiredTimestamp", True),
        ("expiredTimestamp", NOW + 600.5),
        ("returnTo", "javascript:alert(1)"),
        ("returnTo", "https://[::1"),
        ("callbackURL", "https://shop.example/"),
        ("remark", 5),
    ],
)
def test_refused_with_a_field_map(simulator, field, value):
    with pytest.raises(ApiError) as caught:
        simulator.create(order(**{field: value}))
    assert field in caught.value.fields


@pytest.mark.parametrize(
    ("code", "change"),
    [
        (10061, {"callbackUrl": "http://shop.example/x"}),
        (10061, {"callbackUrl": "https://"}),
        (10061, {"callbackUrl": "https://[::1"}),
        (10131, {"callbackEvent": "pending|paid"}),
        (10131, {"callbackEvent": ""}),
        (10063, {"expiredTimestamp": 600}),
        (10063, {"expiredTimestamp": NOW + 9}),
        (10063, {"expiredTimestamp": NOW - 600}),
        (10064, {"expiredTimestamp": (NOW + 600) * 1000}),
        (10064, {"expiredTimestamp": NOW + 2880 * 60 + 3600}),
    ],
)
def test_refused_with_a_code_of_its_own(simulator, code, change):
    with pytest.raises(ApiError) as caught:
        simulator.create(order(**change))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "change",
    [
        {"payeeId": PAYEE.replace("-", "")},
        {"quoteAmount": 10},
        {"quoteAmount": 10.5},
        {"quoteAssetId": "kwd", "quoteAmount": "0.001"},
        {"traceId": None, "orderId": "POS_00-1"},
        {"orderId": "123456"},
        {"strictMode": True},
        {"strictMode": 1},
        {"strictMode": "0"},
        {"remark": "ü" * 50},
        {"callbackUrl": "https://shop.example/x", "callbackEvent": "settle|pending|paid_less"},
        {"expiredTimestamp": NOW + 600},
        {"expiredTimestamp": str(NOW + 2880 * 60 - 60)},
    ],
)
def test_accepted(simulator, change):
    assert simulator.create(order(**change))["code"]


def test_every_wrong_field_is_named(simulator):
    with pytest.raises(ApiError) as caught:
        simulator.create({"quoteAmount": "x", "nonsense": "1"})
    assert set(caught.value.fields) == {
        "payeeId", "settlementAssetId", "quoteAssetId", "quoteAmount", "nonsense", "traceId",
    }  # fmt: skip


def test_a_pay_link_needs_no_settlement_asset_and_takes_looks(simulator):
    payment = simulator.open_paylink(
        order(settlementAssetId=None, quoteAssetId="aed", style="iframe", strictMode="1")
    )
    assert payment.terms.strict
    assert payment.terms.settlement_asset_id == "b5289c48-ec3a-3cdb-b2c4-0913d1812cd5"


def test_a_pay_link_takes_no_events(simulator):
    with pytest.raises(ApiError):
        simulator.open_paylink(order(callbackEvent="settle"))


def test_creating_again_gives_the_old_code_and_terms(simulator):
    first = simulator.create(order(traceId=None, orderId="order-1"))
    again = simulator.create(order(traceId=None, orderId="order-1", quoteAmount="1"))
    other = simulator.create(
        order(traceId=None, orderId="order-1", payeeId="525502dd-e552-4505-b114-32fe32ff23c2")
    )
    assert again == first
    assert again["info"]["quoteAmount"] == "10.00"
    assert other["code"] != first["code"]


@pytest.mark.parametrize(("action", "code"), [("succeed", 10020), ("fail", 10065)])
def test_creating_again_after_the_end(simulator, action, code):
    params = order()
    simulator.create(params)
    simulator.act(params["traceId"], action)
    with pytest.raises(ApiError) as caught:
        simulator.create(params)
    assert caught.value.code == code


def test_the_code_is_the_trace_when_one_is_given(simulator):
    params = order()
    assert simulator.create(params)["code"] == params["traceId"]


def test_the_first_visit_of_a_pay_link_fixes_the_terms(simulator):
    params = order()
    simulator.open_paylink({**params, "quoteAmount": "0.01"})
    assert simulator.create(params)["info"]["quoteAmount"] == "0.01"
