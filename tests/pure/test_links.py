from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from mixpay import links

TERMS = links.Terms(
    trace_id="1f7b2f0e-5d6b-4c39-8a52-0e5f6f1f3c11",
    payee_id="8e69e534-d0c4-3e04-8b61-37a73cd9e7d7",
    settlement_asset_id="b91e18ff-a9ae-3dc7-8679-e935d9a4b34b",
    quote_asset_id="usd",
    quote_amount=Decimal("12.50"),
    remark="Corner shop Order 0001",
    expires_at=1_800_000_000,
    callback_url="https://shop.example/pos_mixpay/callback/abc",
    strict_mode=True,
)


def test_a_pay_link_carries_all_terms_once():
    parts = urlsplit(links.pay_link("https://mixpay.me", TERMS))
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "mixpay.me", "/pay")
    assert parse_qs(parts.query) == {
        "payeeId": [TERMS.payee_id],
        "settlementAssetId": [TERMS.settlement_asset_id],
        "quoteAssetId": ["usd"],
        "quoteAmount": ["12.50"],
        "traceId": [TERMS.trace_id],
        "remark": ["Corner shop Order 0001"],
        "expiredTimestamp": ["1800000000"],
        "strictMode": ["1"],
        "callbackUrl": ["https://shop.example/pos_mixpay/callback/abc"],
    }


def test_a_hostile_remark_stays_a_value():
    hostile = replace(TERMS, remark="x&quoteAmount=0.01#")
    query = parse_qs(urlsplit(links.pay_link("https://mixpay.me", hostile)).query)
    assert query["quoteAmount"] == ["12.50"]
    assert query["remark"] == ["x&quoteAmount=0.01#"]


def test_parameters_of_the_api_call():
    assert TERMS.parameters()["strictMode"] is True
    assert TERMS.parameters()["callbackEvent"] == "pending|paid_less|settle"
    quiet = replace(TERMS, callback_url="").parameters()
    assert not {"callbackUrl", "callbackEvent"} & quiet.keys()


@pytest.mark.parametrize(
    ("shop", "order", "expected"),
    [
        ("Corner shop", "Order 0001", "Corner shop Order 0001"),
        ("A" * 60, "Order 0001", "A" * 39 + " Order 0001"),
        ("Shop", "X" * 60, "X" * 50),
        ("Two\nlines", "1", "Two lines 1"),
        ("", "", ""),
    ],
)
def test_remarks(shop, order, expected):
    assert links.remark(shop, order) == expected
    assert len(links.remark(shop, order)) <= 50


@pytest.mark.parametrize(
    "url",
    [
        "https://api.mixpay.me/v1",
        "https://api.mixpay.me/v1/",
        "http://localhost:8070/v1",
        "http://127.0.0.1:8070",
        "http://[::1]:8070",
    ],
)
def test_safe_addresses(url):
    assert links.checked_base_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.mixpay.me",
        "http://api.mixpay.me/v1",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost@evil.example/",
        "https://user:pass@api.mixpay.me",
        "https://",
        "https://api.mixpay.me:port",
        "https://api.mixpay.me/?x=1",
        "ftp://localhost",
        "file:///etc/passwd",
        "//api.mixpay.me",
    ],
)
def test_unsafe_addresses(url):
    with pytest.raises(links.AddressError):
        links.checked_base_url(url)


@pytest.mark.parametrize(
    ("url", "is_local", "is_mixpay"),
    [
        ("http://localhost:8070/v1", True, False),
        ("http://127.0.0.1", True, False),
        ("https://api.mixpay.me/v1", False, True),
        ("https://MIXPAY.me./", False, True),
        ("https://notmixpay.me", False, False),
        ("https://mixpay.me.example", False, False),
        ("https://[", False, False),
        ("", False, False),
    ],
)
def test_whose_addresses_they_are(url, is_local, is_mixpay):
    assert links.is_local(url) is is_local
    assert links.is_mixpay(url) is is_mixpay
