"""Statuses, deadlines and settlement, moved by hand and by the clock."""

from decimal import Decimal

import pytest
from simulator import SimulatorError
from test_simulator_kit import BTC, USDT, opened, result


@pytest.fixture
def trace(simulator):
    return opened(simulator)


def statuses(simulator, trace):
    return [step["status"] for step in simulator.payment(trace)["history"]]


def test_a_payment_runs_by_itself_over_two_seconds(simulator, trace):
    simulator.pay(trace, asset=BTC)
    assert result(simulator, trace)["status"] == "confirming"
    simulator.advance(1)
    assert result(simulator, trace)["status"] == "pending"
    simulator.advance(1)
    assert result(simulator, trace)["status"] == "success"
    assert statuses(simulator, trace) == ["unpaid", "confirming", "pending", "success"]
    assert result(simulator, trace)["paymentSymbol"] == "BTC"


def test_one_big_step_of_the_clock_is_as_good_as_many(simulator, trace):
    simulator.pay(trace)
    simulator.advance(500)
    assert statuses(simulator, trace) == ["unpaid", "confirming", "pending", "success"]


def test_at_once(simulator, trace):
    simulator.set_knobs(auto_confirm_seconds=0)
    simulator.pay(trace)
    assert result(simulator, trace)["settleStatus"] == "success"
    assert statuses(simulator, trace)[-1] == "success"


def test_step_by_step(simulator, trace):
    simulator.set_knobs(auto_confirm_seconds=None, auto_settle_seconds=None)
    simulator.pay(trace)
    simulator.advance(600)
    assert result(simulator, trace)["status"] == "confirming"
    assert result(simulator, trace)["confirmations"] == 0
    simulator.confirm(trace)
    simulator.review(trace)
    assert result(simulator, trace)["status"] == "auditing"
    simulator.approve(trace)
    assert result(simulator, trace)["status"] == "pending"
    simulator.succeed(trace)
    assert result(simulator, trace)["settleStatus"] == "pending"
    assert result(simulator, trace)["settleAsset"] == ""
    simulator.settle(trace)
    assert result(simulator, trace)["settleAsset"] == USDT


def test_too_little_then_topped_up(simulator, trace):
    simulator.pay_less(trace, asset=USDT)
    simulator.advance(2)
    short = result(simulator, trace)
    assert (short["status"], short["payableAmount"], short["paymentAmount"]) == (
        "paid_less", "10", "5",
    )  # fmt: skip
    assert short["payment"]["isFullyPaid"] is False
    simulator.top_up(trace, amount="1")
    simulator.advance(2)
    assert result(simulator, trace)["paymentAmount"] == "6"
    simulator.top_up(trace)
    simulator.advance(2)
    assert result(simulator, trace)["status"] == "success"
    assert len(result(simulator, trace)["transactions"]) == 3


def test_too_much(simulator, trace):
    simulator.pay_more(trace, asset=USDT)
    simulator.advance(2)
    paid = result(simulator, trace)
    assert (paid["status"], paid["surplusAmount"], paid["surplusStatus"]) == (
        "success", "2.5", "pending",
    )  # fmt: skip


def test_nothing_by_the_deadline_fails(simulator, trace):
    simulator.advance(2880 * 60 - 5)
    assert result(simulator, trace)["status"] == "unpaid"
    simulator.advance(6)
    assert result(simulator, trace)["failureCode"] == "40000"


@pytest.mark.parametrize("steps", [(), ("confirm",)])
def test_too_little_by_the_deadline_fails(simulator, trace, steps):
    simulator.see(trace, amount="1")
    for step in steps:
        simulator.act(trace, step)
    simulator.advance(2880 * 60 + 1)
    assert result(simulator, trace)["failureCode"] == "40024"


def test_fully_seen_may_confirm_after_the_deadline(simulator, trace):
    simulator.see(trace)
    simulator.advance(2880 * 60 + 600)
    assert result(simulator, trace)["status"] == "confirming"
    simulator.confirm(trace)
    simulator.succeed(trace)
    assert result(simulator, trace)["status"] == "success"


def test_but_not_forever(simulator, trace):
    simulator.set_knobs(confirmation_window_seconds=60)
    other = opened(simulator)
    simulator.see(other)
    simulator.advance(2880 * 60 + 61)
    assert result(simulator, other)["status"] == "failed"


def test_an_order_keeps_the_deadline_it_asked_for(simulator):
    now = int(simulator.clock.now())
    trace = opened(simulator, expiredTimestamp=now + 60)
    assert result(simulator, trace)["expiredAt"] == now + 60
    simulator.advance(61)
    assert result(simulator, trace)["status"] == "failed"


def test_the_wrong_coin_fails(simulator):
    trace = opened(simulator, paymentAssetId=BTC)
    simulator.pay(trace, asset=USDT)
    assert result(simulator, trace)["failureCode"] == "40020"


def test_a_second_transfer_fails_nothing(simulator, trace):
    simulator.succeed(trace)
    simulator.second_transfer(trace)
    paid = result(simulator, trace)
    assert (paid["status"], paid["failureCode"]) == ("success", "40021")
    assert Decimal(paid["paymentAmount"]) == Decimal(paid["payableAmount"])
    assert len(paid["transactions"]) == 2


@pytest.mark.parametrize("end", ["succeed", "fail", "cancel", "expire"])
@pytest.mark.parametrize("action", ["pay", "see", "process", "review", "succeed", "fail", "cancel"])
def test_an_end_is_an_end(simulator, trace, end, action):
    simulator.act(trace, end)
    before = result(simulator, trace)
    with pytest.raises(SimulatorError):
        simulator.act(trace, action)
    assert result(simulator, trace) == before


@pytest.mark.parametrize("code", ["40000", "40025", "40027", "10095", "49999"])
def test_failing_with_any_code(simulator, trace, code):
    simulator.fail(trace, code=code, reason="because")
    failed = result(simulator, trace)
    assert (failed["failureCode"], failed["failureReason"]) == (code, "because")


def test_cancel(simulator, trace):
    simulator.cancel(trace)
    assert result(simulator, trace)["failureCode"] == "40032"


def test_raw_says_anything_and_stops(simulator, trace):
    simulator.raw(trace, {"status": "teleported", "quoteAmount": "0.01"})
    assert result(simulator, trace)["status"] == "teleported"
    simulator.raw(trace)
    assert result(simulator, trace)["status"] == "unpaid"


def test_legacy_orders_hide_the_new_statuses(simulator):
    simulator.set_knobs(lifecycle="legacy")
    trace = opened(simulator)
    simulator.see(trace, amount="4", asset=USDT)
    assert result(simulator, trace)["status"] == "pending"
    simulator.confirm(trace)
    short = result(simulator, trace)
    assert (short["status"], short["payment"]["isFullyPaid"]) == ("pending", False)
    simulator.fail(trace)
    assert result(simulator, trace)["failureCode"] == "0"
    simulator.set_knobs(legacy_failure_zero=False)
    assert result(simulator, trace)["failureCode"] == "40025"


@pytest.mark.parametrize(
    "details", [{"amount": "-1"}, {"amount": []}, {"asset": "x"}, {"asset": []}, {"nope": 1}]
)
def test_nonsense_is_refused(simulator, trace, details):
    with pytest.raises(SimulatorError):
        simulator.act(trace, "pay", **details)


def test_unknown_actions_and_orders_are_refused(simulator, trace):
    with pytest.raises(SimulatorError):
        simulator.act(trace, "opened")
    with pytest.raises(SimulatorError):
        simulator.pay("00000000-0000-4000-8000-000000000000")


def test_reset_forgets_everything(simulator, trace):
    simulator.advance(100)
    simulator.set_knobs(latency=1)
    simulator.reset()
    state = simulator.state()
    assert (state["payments"], state["offset"], state["changedKnobs"]) == ({}, 0.0, {})


def test_a_review_of_a_short_payment_does_not_pay_the_rest(simulator, trace):
    simulator.set_knobs(auto_confirm_seconds=None)
    simulator.pay_less(trace)
    paid = result(simulator, trace)["paymentAmount"]
    simulator.review(trace)
    simulator.approve(trace)
    assert result(simulator, trace)["status"] == "paid_less"
    assert result(simulator, trace)["paymentAmount"] == paid
    simulator.top_up(trace)
    simulator.review(trace)
    simulator.approve(trace)
    assert result(simulator, trace)["status"] == "pending"


def test_a_review_of_nothing_is_approved_to_unpaid(simulator, trace):
    simulator.review(trace)
    simulator.approve(trace)
    assert result(simulator, trace)["status"] == "unpaid"


def test_a_short_payment_that_is_approved_too_late_has_failed(simulator, trace):
    simulator.set_knobs(auto_confirm_seconds=None)
    simulator.pay_less(trace)
    simulator.review(trace)
    simulator.advance(86_400 * 3)
    simulator.approve(trace)
    assert result(simulator, trace)["failureCode"] == "40024"


@pytest.mark.parametrize(
    ("late", "status", "paid"), [("listed", "failed", "0"), ("success", "success", "10")]
)
def test_what_is_paid_after_the_end(simulator, trace, late, status, paid):
    simulator.set_knobs(late_payment=late, result_extras="always")
    with pytest.raises(SimulatorError):
        simulator.pay_late(trace)
    simulator.expire(trace)
    simulator.pay_late(trace, asset=USDT)
    told = result(simulator, trace)
    assert (told["status"], told["paymentAmount"]) == (status, paid)
    assert [item["paymentAmount"] for item in told["transactions"]] == ["10"]
