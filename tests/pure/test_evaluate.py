"""Only MixPay's own answer, on our own terms, makes a payment paid: money rule 3."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from mixpay import errors, result
from mixpay.evaluate import Evaluation, evaluate, is_confirmed
from test_links import TERMS

ETHEREUM_USDT = "4d8c508b-91c5-375b-92b0-ee702ed2dac5"
MAED = "b5289c48-ec3a-3cdb-b2c4-0913d1812cd5"
SHIB = "dcde18b9-f015-326f-b8b1-5b820a060e44"
STRANGER = "00000000-0000-4000-8000-000000000000"
STATUSES = ["unpaid", "paid_less", "confirming", "pending", "auditing", "success", "failed"]


def answer(**changes):
    """Return MixPay's report of our payment, with changes."""
    return result.parse(data(**changes))


def data(**changes):
    """Return the fields of an answer about our payment, with changes."""
    return {
        "status": "success",
        "traceId": TERMS.trace_id,
        "payeeId": TERMS.payee_id,
        "quoteAmount": "12.5",
        "quoteAssetId": "usd",
        **changes,
    }


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_on_our_terms(status):
    assert evaluate("draft", TERMS, answer(status=status)).state == status


@pytest.mark.parametrize(
    "changes",
    [
        {"payeeId": TERMS.payee_id.replace("-", "").upper()},
        {"quoteAmount": "12.50000000"},
        {"quoteAmount": 12.5},
        {"quoteAssetId": "USD"},
        {"traceId": TERMS.trace_id.upper()},
    ],
)
def test_other_writings_of_our_terms_are_ours(changes):
    assert evaluate("unpaid", TERMS, answer(**changes)).state == "success"


def test_a_json_number_is_an_amount():
    terms = replace(TERMS, quote_amount=Decimal("10"))
    assert evaluate("unpaid", terms, answer(quoteAmount=10)).state == "success"


UNREADABLE = [
    ("traceId", None),
    ("traceId", STRANGER),
    ("payeeId", ""),
    ("payeeId", "our payee"),
    ("quoteAmount", None),
    ("quoteAmount", "NaN"),
    ("quoteAmount", "12.5\x00"),
    ("quoteAmount", ["12.5"]),
    ("quoteAmount", True),
    ("quoteAssetId", {}),
    ("quoteAssetId", "u\ud800sd"),
]


@pytest.mark.parametrize("status", STATUSES[1:])
@pytest.mark.parametrize(("name", "value"), UNREADABLE)
def test_what_cannot_be_read_is_no_state(status, name, value):
    evaluation = evaluate("unpaid", TERMS, answer(status=status, **{name: value}))
    assert evaluation == Evaluation("unpaid", is_usable=False)
    with pytest.raises(errors.MixpayUnusable):
        result.read(data(status=status, **{name: value}), TERMS.trace_id)


@pytest.mark.parametrize("status", [None, "", 7, ["success"], True])
def test_an_answer_without_a_status_is_unusable(status):
    with pytest.raises(errors.MixpayUnusable):
        result.read(data(status=status), TERMS.trace_id)


@pytest.mark.parametrize("answered", [None, [], "success", 1])
def test_an_answer_without_a_payment_is_unusable(answered):
    with pytest.raises(errors.MixpayUnusable):
        result.read(answered, TERMS.trace_id)


def test_a_link_that_nobody_opened_needs_no_terms():
    report = result.read({"status": "unpaid", "traceId": TERMS.trace_id}, TERMS.trace_id)
    assert evaluate("draft", TERMS, report) == Evaluation("unpaid")
    assert evaluate("confirming", TERMS, report) == Evaluation("confirming")


OTHER_TERMS = [
    ("payeeId", STRANGER),
    ("quoteAmount", "12.49"),
    ("quoteAmount", "0.0125"),
    ("quoteAssetId", "jpy"),
]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("name", "value"), OTHER_TERMS)
def test_an_end_on_other_terms_is_a_mismatch(status, name, value):
    evaluation = evaluate("unpaid", TERMS, answer(status=status, **{name: value}))
    assert evaluation.state == "unpaid", "one answer alone changes nothing"
    assert evaluation.others == (name,)
    ends = {"success": "mismatch", "failed": "failed"}
    assert evaluation.end == ends.get(status, "")
    assert evaluation.is_ours == (status == "success" and name != "payeeId")


@pytest.mark.parametrize(
    ("changes", "end", "is_ours"),
    [
        ({"status": "failed"}, "failed", False),
        ({"status": "failed", "paymentAmount": "0"}, "failed", False),
        ({"status": "failed", "paymentAmount": "3"}, "mismatch", True),
        ({"status": "failed", "failureCode": "40024"}, "mismatch", True),
        ({"status": "failed", "paymentAmount": "3", "payeeId": STRANGER}, "failed", False),
        ({"status": "success", "payeeId": STRANGER}, "mismatch", False),
    ],
)
def test_only_money_for_our_payee_is_our_money(changes, end, is_ours):
    evaluation = evaluate("unpaid", TERMS, answer(**{"quoteAmount": "1", **changes}))
    assert (evaluation.end, evaluation.is_ours) == (end, is_ours)


def test_an_end_on_other_terms_is_believed_the_second_time():
    first = evaluate("unpaid", TERMS, answer(quoteAmount="1"))
    again = evaluate("unpaid", TERMS, answer(quoteAmount="1.00"))
    other = evaluate("unpaid", TERMS, answer(quoteAmount="2"))
    before = evaluate("unpaid", TERMS, answer(quoteAmount="1", status="pending"))
    assert is_confirmed(again, first.report, 30)
    assert not is_confirmed(again, first.report, 29.9)
    assert not is_confirmed(other, first.report, 60)
    assert not is_confirmed(before, before.report, 60)


@pytest.mark.parametrize("old", ["success", "failed", "mismatch"])
@pytest.mark.parametrize("status", STATUSES)
def test_ends_never_reopen(old, status):
    assert evaluate(old, TERMS, answer(status=status)).state == old


def test_an_unknown_status_waits_on():
    evaluation = evaluate("confirming", TERMS, answer(status="teleported"))
    assert evaluation == Evaluation("confirming", unknown_status="teleported")


@pytest.mark.parametrize("settled", [TERMS.settlement_asset_id, ETHEREUM_USDT, SHIB, "", None])
def test_a_success_in_whichever_coin_is_a_success_at_once(settled):
    assert evaluate("unpaid", TERMS, answer(settleAsset=settled)).state == "success"


@pytest.mark.parametrize(
    ("strict", "quote", "settled", "expected"),
    [
        (True, "usd", TERMS.settlement_asset_id, True),
        (True, "usd", ETHEREUM_USDT, False),
        (False, "usd", ETHEREUM_USDT, True),
        (False, "aed", MAED, True),
        (False, "aed", ETHEREUM_USDT, False),
        (False, "usd", SHIB, False),
    ],
)
def test_which_coins_are_agreed(strict, quote, settled, expected):
    terms = replace(TERMS, strict_mode=strict, quote_asset_id=quote)
    assert result.settles_as_agreed(terms, settled) is expected


@pytest.mark.parametrize(
    ("payable", "paid", "expected"),
    [
        ("10", "9.99", True),
        ("10", "10.0", False),
        ("10", "11", False),
        ("10", "", False),
        ("", "1", False),
        ("10", "0", True),
    ],
)
def test_whether_less_was_recognized_than_was_due(payable, paid, expected):
    assert result.is_short(payable, paid) is expected


def test_a_legacy_underpayment():
    report = answer(status="pending", payment={"isFullyPaid": False})
    assert evaluate("unpaid", TERMS, report).state == "paid_less"


def test_how_many_confirmations_are_needed():
    assert answer().required_confirmations == 0
    assert answer(transactions={"requiredConfirms": 9}).required_confirmations == 0
    two = [{"requiredConfirms": 3}, {"requiredConfirms": 20}]
    assert answer(transactions=two).required_confirmations == 20


def test_hostile_and_odd_fields_are_read_as_text_or_not_at_all():
    report = answer(
        status="pending",
        txid={"a": 1},
        blockExplorerUrl="javascript:alert(1)",
        confirmations="many",
        transactions=[None, {"requiredConfirms": "all"}, {"requiredConfirms": -3}],
        failureReason="<b>x</b>" * 100,
        date="2023-06-25T13:47:23.000000Z",
        payment="yes",
        surplusAmount=True,
    )
    assert report.txid == ""
    assert report.explorer_url == ""
    assert report.confirmations == -1
    assert report.required_confirmations == 0
    assert len(report.failure_reason) == 200
    assert report.paid_at == datetime(2023, 6, 25, 13, 47, 23)
    assert report.state == "pending"
    assert report.surplus_amount == ""


def test_dates_are_typed_loosely():
    moments = [answer(date=value).paid_at for value in (1656513302, "1656513302", "", None, True)]
    paid_at = datetime(2022, 6, 29, 14, 35, 2)
    assert moments == [paid_at, paid_at, None, None, None]
