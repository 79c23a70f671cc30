"""Whatever MixPay answers about one payment, nothing fails, and its neighbour is sold as always."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from model.till import Order, Till
from shop import Register, Shop
from simulator.odd import VALUES

#: How much longer than usual a sale may take, on a machine that does other things as well.
SLOWER = 3
_RESULT = """
    status traceId payeeId quoteAmount quoteAssetId quoteSymbol payee payeeMixinNumber
    payeeAvatarUrl payableAmount payableSymbol payableAssetId payableAssetVersion
    paymentAmount paymentSymbol paymentAssetId paymentAssetVersion txid blockExplorerUrl
    confirmations transactions payment surplusAmount surplusStatus settleStatus settleAmount
    settleSymbol settleAsset failureCode failureReason expiredAt returnTo date
"""
ENVELOPE = ["code", "success", "message", "data", "timestampMs"]
FIELDS = ENVELOPE + [f"data.{name}" for name in _RESULT.split()]
HEADERS = [
    {"Location": "https://["},
    {"Content-Encoding": "gzip"},
    {"Set-Cookie": "\xff=\x7f; Max-Age=" + "9" * 400},
    {"x-ratelimit-remaining": "NaN"},
    {"x-ratelimit-remaining": "-1"},
    {"x-ratelimit-remaining": "0", "x-ratelimit-limit": "9" * 400},
]
RULES = st.fixed_dictionaries(
    {"field": st.sampled_from(FIELDS), "odd": st.sampled_from(sorted(VALUES))},
    optional={
        "status": st.sampled_from([302, 404, 500]),
        "headers": st.sampled_from(HEADERS),
    },
)
#: What is allowed for an odd answer to a payment that MixPay calls a success, or still unpaid.
NOT_BOOKED = ("unpaid", "pending")


def ask_at_once(shop: Shop) -> None:
    """Have every payment due, whatever was answered before."""
    shop.database.rows(
        "UPDATE mixpay_job SET attempted_at = NULL, due_at = now() - '1 d'::interval"
    )
    shop.database.rows("DELETE FROM mixpay_endpoint")
    shop.database.rows("UPDATE mixpay_slot SET busy_until = NULL WHERE purpose <> 'concurrency'")


def sell(shop: Shop, register: Register) -> float:
    """Sell to a customer who pays at once; return the seconds it took."""
    payment = register.create()
    shop.pay(payment)
    shop.database.rows("UPDATE mixpay_slot SET busy_until = NULL WHERE purpose <> 'concurrency'")
    begun = time.monotonic()
    assert register.wait_for_state(payment, "success")["line_status"] == "done"
    return time.monotonic() - begun


def is_for_show(rule: dict) -> bool:
    """Tell whether an odd value decides nothing, so that the success may count."""
    terms = ("status", "traceId", "payeeId", "quoteAmount", "quoteAssetId")
    decisive = {"code", "success", "data", *(f"data.{name}" for name in terms)}
    return rule["field"] not in decisive or (rule["field"], rule["odd"]) == ("success", "true")


def test_an_odd_answer_about_one_payment_stops_nobody(shop: Shop) -> None:
    register, simulator = shop.register(), shop.simulator.simulator
    shop.set_param("requests_per_minute", "1000")
    simulator.set_knobs(rate_limit=100_000)
    usual = sell(shop, register)

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(RULES, min_size=1, max_size=2))
    def play(rules: list[dict]) -> None:
        payment = register.create()
        shop.pay(payment)
        simulator.set_knobs(odd_answers=[{**r, "trace": payment["trace_id"]} for r in rules])
        for _time in range(2):
            ask_at_once(shop)
            answer = register.status(payment, check_now=True)
            is_harmless = all(map(is_for_show, rules))
            assert answer["state"] in NOT_BOOKED or (is_harmless and answer["state"] == "success")
        assert register.status(payment)["payment_uuid"] == payment["payment_uuid"]
        simulator.set_knobs(odd_answers=[])
        ask_at_once(shop)
        state = register.status(payment, check_now=True)["state"]
        assert state == "success", f"afterwards, it is {state}"

    play()
    # With odd answers about one that stays odd, others are sold as always, the job included.
    odd = register.create()
    simulator.set_knobs(
        odd_answers=[{"trace": odd["trace_id"], "field": "data.quoteAmount", "odd": "nan"}]
    )
    for _sale in range(2):
        assert sell(shop, register) < usual + SLOWER
    ask_at_once(shop)
    [job_id] = shop.admin.call(
        "ir.cron", "search", [("model_id.model", "=", "mixpay.sync")], limit=1
    )
    shop.admin.call("ir.cron", "method_direct_trigger", [job_id])
    assert register.status(odd)["state"] == "unpaid"


@pytest.mark.parametrize("field", ["data.code", "data.info.quoteAmount", "timestampMs"])
def test_an_odd_answer_to_a_new_payment_keeps_the_shop_selling(shop: Shop, field: str) -> None:
    register = shop.register()
    for odd in sorted(VALUES):
        rule = {"path": "/v1/one_time_payment", "field": field, "odd": odd}
        shop.simulator.simulator.set_knobs(odd_answers=[rule])
        payment = register.create()
        assert payment["state"] == "unpaid", odd
        assert 800 < payment["seconds_left"] <= 900, "no absurd clock"
        ask_at_once(shop)


@pytest.mark.parametrize(
    "held",
    [
        "SELECT 1 FROM mixpay_payment WHERE payment_uuid = %s FOR UPDATE",
        "SELECT 1 FROM pos_payment WHERE uuid = %s FOR UPDATE",
    ],
    ids=["payment", "line"],
)
def test_a_closing_that_holds_the_lines_holds_no_worker(shop: Shop, held: str) -> None:
    """A row that is locked for long is not waited for: the payment stays due, and comes later."""
    register = shop.register()
    till, order = Till(shop, shop.server, [register, shop.register()]), Order()
    payment = till.send(0, order.add_line("10.00"))
    till.save(0, order, "draft")
    shop.pay(payment)
    blocker = shop.database._connect(shop.database.name)
    blocker.autocommit = False
    try:
        with blocker.cursor() as cr:
            cr.execute(held, [payment["payment_uuid"]])
            assert cr.fetchall() == [(1,)]
            ask_at_once(shop)
            begun = time.monotonic()
            assert register.status(payment, check_now=True)["state"] == "unpaid"
            assert time.monotonic() - begun < 10, "it was waited for"
    finally:
        blocker.rollback()
        blocker.close()
    assert register.wait_for_state(payment, "success")["line_status"] == "done"
