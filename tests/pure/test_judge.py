"""Only MixPay's own answer, on our own terms, makes a payment paid: money rule 3."""

import pytest
from mixpay import result
from mixpay.judge import Verdict, judge
from test_links import TERMS

ETHEREUM_USDT = "4d8c508b-91c5-375b-92b0-ee702ed2dac5"
SHIB = "dcde18b9-f015-326f-b8b1-5b820a060e44"
STATUSES = ["unpaid", "paid_less", "confirming", "pending", "auditing", "success", "failed"]


def answer(**changes):
    """Return MixPay's report of our payment, with changes."""
    data = {
        "status": "success",
        "traceId": TERMS.trace_id,
        "payeeId": TERMS.payee_id,
        "quoteAmount": "12.5",
        "quoteAssetId": "usd",
        "settleAsset": TERMS.settlement_asset_id,
        "settleStatus": "success",
    }
    return result.parse(data | changes)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("link_type", ["code", "paylink"])
def test_every_status_on_our_terms(status, link_type):
    state = judge("draft", TERMS, link_type, answer(status=status)).state
    assert state == status


@pytest.mark.parametrize(
    "changes",
    [
        {"payeeId": TERMS.payee_id.replace("-", "").upper()},
        {"quoteAmount": "12.50000000"},
        {"quoteAssetId": "USD"},
        {"traceId": TERMS.trace_id.upper()},
    ],
)
def test_other_writings_of_our_terms_are_ours(changes):
    assert judge("unpaid", TERMS, "code", answer(**changes)).state == "success"


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("traceId", "00000000-0000-4000-8000-000000000000"),
        ("payeeId", "00000000-0000-4000-8000-000000000000"),
        ("quoteAmount", "12.49"),
        ("quoteAmount", "0.0125"),
        ("quoteAssetId", "jpy"),
        ("traceId", None),
        ("payeeId", ""),
        ("quoteAmount", None),
        ("quoteAmount", "NaN"),
        ("quoteAmount", ["12.5"]),
        ("quoteAssetId", {}),
    ],
)
def test_an_end_on_other_terms_is_a_mismatch(status, name, value):
    verdict = judge("unpaid", TERMS, "code", answer(status=status, **{name: value}))
    if status in ("success", "failed"):
        assert verdict == Verdict("mismatch", (name,))
    else:
        assert verdict == Verdict("unpaid")


@pytest.mark.parametrize("old", ["success", "failed", "mismatch"])
@pytest.mark.parametrize("status", STATUSES)
def test_ends_never_reopen(old, status):
    assert judge(old, TERMS, "code", answer(status=status)).state == old


def test_an_unknown_status_waits_on():
    verdict = judge("confirming", TERMS, "code", answer(status="teleported"))
    assert verdict == Verdict("confirming", unknown_status="teleported")


@pytest.mark.parametrize(
    ("strict", "quote", "settled", "expected"),
    [
        (True, "usd", TERMS.settlement_asset_id, "success"),
        (True, "usd", ETHEREUM_USDT, "mismatch"),
        (False, "usd", ETHEREUM_USDT, "success"),
        (False, "aed", "b5289c48-ec3a-3cdb-b2c4-0913d1812cd5", "success"),
        (False, "aed", ETHEREUM_USDT, "mismatch"),
        (False, "usd", SHIB, "mismatch"),
        (False, "usd", "", "pending"),
    ],
)
def test_a_pay_link_must_settle_as_agreed(strict, quote, settled, expected):
    terms = type(TERMS)(**(TERMS.__dict__ | {"strict_mode": strict, "quote_asset_id": quote}))
    report = answer(quoteAssetId=quote, settleAsset=settled)
    assert judge("unpaid", terms, "paylink", report).state == expected
    assert judge("unpaid", terms, "code", report).state == "success"


def test_a_legacy_underpayment():
    report = answer(status="pending", payment={"isFullyPaid": False})
    assert judge("unpaid", TERMS, "code", report).state == "paid_less"


def test_hostile_and_odd_fields_are_read_as_text_or_not_at_all():
    report = answer(
        txid={"a": 1},
        blockExplorerUrl="javascript:alert(1)",
        confirmations="many",
        failureReason="<b>x</b>" * 100,
        date="2023-06-25T13:47:23.000000Z",
        payment="yes",
        surplusAmount=True,
    )
    assert report.txid == ""
    assert report.explorer_url == ""
    assert report.confirmations == -1
    assert len(report.failure_reason) == 200
    assert report.paid_at == 1687700843
    assert report.is_fully_paid is None
    assert report.surplus_amount == ""


def test_dates_are_typed_loosely():
    moments = [answer(date=value).paid_at for value in (1656513302, "1656513302", "", None, True)]
    assert moments == [1656513302, 1656513302, None, None, None]
