"""What is asked after MixPay's last word, and when; and the full report that comes back."""

from datetime import datetime
from itertools import pairwise

import pytest
from mixpay import settlement, transfers
from mixpay.errors import MixpayUnusable
from mixpay.settlement import Followed, first_pause, pause

HOUR, DAY = 3600.0, 86_400.0
PAID = Followed("success")
TRACE = "8e69e534-d0c4-3e04-8b61-37a73cd9e7d7"
USDT, BTC = "4d8c508b-91c5-375b-92b0-ee702ed2dac5", "c6d0c728-2624-429b-8e0d-d9d19b6592fa"


def questions(at, until):
    """Return at which ages a payment is asked about, while nothing changes."""
    age, ages = first_pause(at), []
    while age is not None and age < until:
        ages.append(age)
        step = pause(at, age)
        age = None if step is None else age + step
    return ages


def test_a_settlement_is_followed_ever_less_often_and_never_forgotten():
    ages = questions(PAID, 90 * DAY)
    steps = [later - sooner for sooner, later in pairwise(ages)]
    assert ages[0] == 600
    assert steps == sorted(steps)
    assert len([age for age in ages if age < DAY]) < 20
    assert steps[-1] == 7 * DAY


def test_it_ends_when_all_is_known():
    assert pause(PAID._replace(is_settled=True), 600) is not None
    assert pause(PAID._replace(has_transfers=True), 600) is not None
    assert pause(PAID._replace(is_settled=True, has_transfers=True), 600) is None


def test_transfers_that_mixpay_never_lists_are_not_asked_for_for_ever():
    settled = PAID._replace(is_settled=True)
    assert pause(settled, 29 * DAY) is not None
    assert pause(settled, 30 * DAY) is None
    assert pause(PAID, 300 * DAY) is not None, "money that is not paid out is never forgotten"


@pytest.mark.parametrize("code", ["", "40000", "40024"])
def test_what_expired_is_asked_about_after_an_hour_and_after_a_day(code):
    assert questions(Followed("failed", code), 90 * DAY) == [HOUR, DAY]


@pytest.mark.parametrize(
    "at",
    [
        Followed("failed", "40032"),
        Followed("failed", "10095"),
        Followed("failed", "40000", had_link=False),
        Followed("mismatch"),
    ],
)
def test_other_ends_are_ends(at):
    assert first_pause(at) is None


def test_late_money_is_followed_until_it_is_there_and_settled():
    failed = Followed("failed", "40000")
    assert pause(failed._replace(are_late_funds_pending=True), 5 * DAY) == HOUR
    recovered = failed._replace(is_recovered=True)
    assert pause(recovered, 5 * DAY) is not None
    assert pause(recovered._replace(is_settled=True, has_transfers=True), 5 * DAY) is None


def test_failures_wait_ever_longer():
    pauses = [settlement.pause_after_failures(number) for number in range(1, 30)]
    assert pauses[:3] == [600, 1200, 2400]
    assert pauses[-1] == DAY


@pytest.mark.parametrize(
    ("price", "payable", "rate"),
    [
        ("10", "0.0001", "100000"),
        ("0.01", "0.010013", "0.998701687805852392"),
        ("10.00", "8", "1.25"),
        ("10", "0", ""),
        ("", "1", ""),
        ("10", "1e5", ""),
    ],
)
def test_rate(price, payable, rate):
    assert settlement.rate(price, payable) == rate


def test_another_coin():
    assert not settlement.is_other_coin(USDT, "")
    assert not settlement.is_other_coin(USDT, USDT.upper())
    assert settlement.is_other_coin(USDT, BTC)


def report(**changes):
    data = {
        "status": "success",
        "traceId": TRACE,
        "payeeId": TRACE,
        "quoteAmount": "10",
        "quoteAssetId": "usd",
        **changes,
    }
    return transfers.read(data, TRACE)


def transfer(**changes):
    return {
        "paymentAmount": "0.2",
        "paymentAssetId": "25dabac5-056a-48ff-b9f9-f67395dc407c",
        "paymentAssetSymbol": "TRX",
        "paymentAssetVersion": "",
        "txid": "7add",
        "blockExplorerUrl": "https://tronscan.org/#/transaction/7add",
        "broadcastAt": "2023-06-25T13:47:23.000000Z",
        **changes,
    }


def test_transfers_of_the_documentation_s_sample():
    [read] = report(transactions=[transfer()]).transfers
    assert (read.txid, read.amount, read.symbol) == ("7add", "0.2", "TRX")
    assert read.broadcast_at == datetime(2023, 6, 25, 13, 47, 23)


def test_no_list_is_not_an_empty_list():
    assert report().transfers is None
    assert report(transactions={}).transfers is None
    assert report(transactions=[]).transfers == ()


def test_odd_transfers_are_left_out_and_one_is_one():
    odd = [None, 5, transfer(txid=""), transfer(paymentAmount="-1"), transfer(), transfer()]
    assert [item.txid for item in report(transactions=odd).transfers] == ["7add"]
    many = [transfer(txid=str(number)) for number in range(1000)]
    assert len(report(transactions=many).transfers) == transfers.MOST_TRANSFERS


def test_hostile_values_in_a_transfer():
    [read] = report(
        transactions=[
            transfer(broadcastAt=[], blockExplorerUrl="javascript:alert(1)", paymentAssetId={})
        ]
    ).transfers
    assert (read.broadcast_at, read.explorer_url, read.asset_id) == (None, "", "")


def test_the_raw_answer_is_bounded_plain_text():
    raw = report(payee="\0" * 100_000).raw
    assert len(raw) == transfers.RAW_LENGTH
    assert raw.isascii()
    assert raw.isprintable()


def test_another_trace_is_no_report():
    with pytest.raises(MixpayUnusable):
        report(traceId="11111111-2222-4333-8444-555555555555")
