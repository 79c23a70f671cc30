"""How calls to MixPay are limited: rate, concurrency, circuit breaker, polls and callbacks.

The clock of all this is the database's, and stands in rows; so tests move those rows' moments
rather than wait.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from shop import RESULTS, OdooServer, Register, RpcError, Shop, wait_for

NOW = "clock_timestamp() AT TIME ZONE 'UTC'"
# Of the slots: those of a minute's calls, and those of the calls under way.
MINUTE = "WHERE purpose <> 'concurrency'"
CALLS = "WHERE purpose = 'concurrency'"
IN_TRANSACTION = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND state = 'idle in transaction'"
)
ABOUT_REFUSALS = "FROM mail_activity WHERE summary LIKE 'MixPay refuses calls%%'"


def make_due(shop: Shop, payment: dict[str, Any], seconds: float = 1) -> None:
    """Have a payment be due, since some seconds."""
    shop.database.rows(
        f"UPDATE mixpay_job SET due_at = {NOW} - %s * interval '1 second', attempted_at = NULL"
        " WHERE payment_id = (SELECT id FROM mixpay_payment WHERE trace_id = %s)",
        seconds,
        payment["trace_id"],
    )


def due_in(shop: Shop, payment: dict[str, Any]) -> float:
    """Return the seconds until a payment is due."""
    [(seconds,)] = shop.database.rows(
        f"SELECT extract(epoch FROM due_at - {NOW})::float FROM mixpay_job"
        " WHERE payment_id = (SELECT id FROM mixpay_payment WHERE trace_id = %s)",
        payment["trace_id"],
    )
    return seconds


def is_watched(shop: Shop, payment: dict[str, Any]) -> bool:
    return bool(
        shop.database.rows(
            "SELECT 1 FROM mixpay_job JOIN mixpay_payment ON payment_id = mixpay_payment.id"
            " WHERE trace_id = %s",
            payment["trace_id"],
        )
    )


def end_pause(shop: Shop) -> None:
    """Let the breaker's pause be over."""
    shop.database.rows(f"UPDATE mixpay_endpoint SET open_until = {NOW} - interval '1 second'")


def breaker(shop: Shop) -> tuple[bool, int]:
    """Return whether the breaker is open, and how many times in a row it was opened."""
    [row] = shop.database.rows(
        "SELECT open_until IS NOT NULL, coalesce(times_opened, 0) FROM mixpay_endpoint"
    )
    return row


def call_back(shop: Shop, payment: dict[str, Any], **headers: str) -> int:
    """Call Odoo as MixPay does; return the HTTP status."""
    url = shop.callback_url(payment)
    return requests.post(url, json={}, headers=headers, timeout=30).status_code


def state(shop: Shop, payment: dict[str, Any]) -> str:
    [(name,)] = shop.database.rows(
        "SELECT state FROM mixpay_payment WHERE trace_id = %s", payment["trace_id"]
    )
    return name


# -- breaker -----------------------------------------------------------------------------------


def open_breaker(shop: Shop, register: Register, payment: dict[str, Any]) -> None:
    shop.simulator.simulator.set_knobs(force_code=[{"code": 1429, "path": RESULTS, "calls": None}])
    make_due(shop, payment)
    register.status(payment)
    assert len(shop.calls(RESULTS)) == 1
    assert breaker(shop) == (True, 1)


def test_after_1429_nobody_calls_and_people_are_told(shop: Shop) -> None:
    registers = [shop.register() for _ in range(4)]
    payments = [register.create() for register in registers]
    open_breaker(shop, registers[0], payments[0])
    for payment in payments:
        make_due(shop, payment)
    for register, payment in zip(registers, payments, strict=True):  # whichever worker answers
        assert "asked again in" in register.status(payment)["notice"]
        started = time.monotonic()
        assert "cannot be reached" in register.status(payment, check_now=True)["notice"]
        assert "cannot be reached" in register.cancel(payment)["notice"]
        assert time.monotonic() - started < 2
    new = registers[0].create()
    assert new["link_type"] == "paylink"
    assert len(shop.calls()) == 5, "four codes, and the question that met 1429"


def test_one_call_finds_out_whether_mixpay_is_back(shop: Shop) -> None:
    registers = [shop.register() for _ in range(4)]
    payments = [register.create() for register in registers]
    open_breaker(shop, registers[0], payments[0])
    end_pause(shop)
    for payment in payments:
        make_due(shop, payment)
    assert registers[0].create()["link_type"] == "paylink", "a customer is no guinea pig"
    registers[0].status(payments[0])
    assert breaker(shop) == (True, 2)
    assert len(shop.calls(RESULTS)) == 2
    end_pause(shop)
    shop.simulator.simulator.set_knobs(force_code=[], latency=0.5)
    for payment in payments:
        make_due(shop, payment)
    with ThreadPoolExecutor(4) as pool:
        answers = [
            pool.submit(register.status, payment, check_now=True)
            for register, payment in zip(registers, payments, strict=True)
        ]
        wait_for(lambda: len(shop.calls(RESULTS)) > 2 or None, "the probe")
        assert len(shop.calls(RESULTS)) == 3
        for answer in answers:
            answer.result()
    assert breaker(shop) == (False, 0)


def test_without_a_pay_link_the_cashier_is_told_at_once(shop: Shop) -> None:
    register = shop.register()
    open_breaker(shop, register, register.create())
    shop.set_method(mixpay_link_fallback=False)
    started = time.monotonic()
    with pytest.raises(RpcError, match="cannot be reached"):
        register.create()
    assert time.monotonic() - started < 2
    assert len(shop.calls()) == 2


def test_silence_opens_the_breaker_only_when_it_goes_on(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    shop.simulator.simulator.set_knobs(http_500_next=10)
    for count in (1, 2, 3, 4, 5):
        make_due(shop, payment)
        register.status(payment)
        assert breaker(shop)[0] == (count >= 3)
    assert len(shop.calls(RESULTS)) == 3


# -- concurrency --------------------------------------------------------------------------------


def test_a_mixpay_that_hangs_holds_one_worker_for_polls(shop: Shop) -> None:
    first, second = shop.register(), shop.register()
    payments = [first.create(), second.create()]
    for payment in payments:
        make_due(shop, payment)
    shop.simulator.simulator.set_knobs(hang=3.0)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(first.status, payments[0])
        wait_for(lambda: shop.calls(RESULTS), "the call that hangs")
        started = time.monotonic()
        second.status(payments[1])
        assert time.monotonic() - started < 1.5
        hanging.result()
    assert len(shop.calls(RESULTS)) == 1


def test_the_slot_of_a_dead_worker_becomes_free(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    shop.database.rows(f"UPDATE mixpay_slot SET busy_until = {NOW} + interval '5 seconds' {CALLS}")
    make_due(shop, payment)
    register.status(payment)
    assert shop.asked() == []
    shop.database.rows(
        f"UPDATE mixpay_slot SET busy_until = busy_until - interval '5 seconds' {CALLS}"
    )
    register.status(payment)
    assert shop.asked() == [payment["trace_id"]]


def test_who_finds_every_slot_taken_gets_a_code_from_the_next_free_one(shop: Shop) -> None:
    shop.set_method(mixpay_link_fallback=False)
    register = shop.register()
    register.create()  # the rows are there from now on
    shop.database.rows(
        f"UPDATE mixpay_slot SET busy_until = {NOW} + interval '1.5 seconds' {CALLS}"
    )
    assert register.create()["link_type"] == "code"


def test_the_catalogue_is_read_with_no_transaction_open(shop: Shop) -> None:
    """Money rule 2: whatever MixPay takes its time for, nobody's rows are held meanwhile."""
    shop.simulator.simulator.set_knobs(hang=3.0)
    with ThreadPoolExecutor(1) as pool:
        refreshing = pool.submit(shop.admin.call, "mixpay.asset", "action_refresh", [])
        wait_for(lambda: shop.calls("_assets"), "the call that hangs")
        none = "no open transaction while MixPay is called"
        wait_for(lambda: shop.database.rows(IN_TRANSACTION) == [(0,)], none, seconds=1.5)
        with pytest.raises(RpcError, match="could not be read"):
            refreshing.result()


def test_calls_end_after_the_time_that_is_set(shop: Shop) -> None:
    shop.set_param("timeout_seconds", "1")
    register = shop.register()
    payment = register.create()
    shop.simulator.simulator.set_knobs(hang=5.0)
    make_due(shop, payment)
    started = time.monotonic()
    register.status(payment)
    assert 1 <= time.monotonic() - started < 3
    shop.set_param("timeout_seconds", "6")


# -- polls -------------------------------------------------------------------------------------


def test_a_poll_asks_about_who_has_waited_longest_in_the_shop(shop: Shop) -> None:
    first, second = shop.register(), shop.register()
    old, new = first.create(), second.create()
    make_due(shop, old, seconds=30)
    make_due(shop, new, seconds=1)
    second.status(new)
    second.status(new)
    assert shop.asked() == [old["trace_id"], new["trace_id"]]


def test_what_is_not_due_is_not_asked_about(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    for _count in range(5):
        answer = register.route("/pos_mixpay/status", trace_ids=[payment["trace_id"]])
        assert 1000 <= answer["poll_after"] <= 3020
    assert shop.asked() == []


def test_many_who_wait_share_the_budget(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    for _count in range(19):
        register.create()
    make_due(shop, payment, seconds=60)
    register.status(payment)
    assert shop.asked() == [payment["trace_id"]]
    assert due_in(shop, payment) > 20, "alone it would be 2.25"


def test_the_more_wait_the_less_often_registers_ask(shop: Shop) -> None:
    register = shop.register()
    payments = [register.create() for _ in range(4)]
    trace_ids = [payment["trace_id"] for payment in payments]
    shop.database.rows("UPDATE mixpay_job SET due_at = due_at + interval '1 hour', pause = 3700")
    crowds = shop.database.rows("SELECT queue_length FROM mixpay_job ORDER BY payment_id")
    assert crowds == [(0,), (1,), (2,), (3,)]
    assert register.route("/pos_mixpay/status", trace_ids=trace_ids)["poll_after"] == 3000
    shop.database.rows("UPDATE mixpay_job SET queue_length = 200 WHERE queue_length = 2")
    assert register.route("/pos_mixpay/status", trace_ids=trace_ids)["poll_after"] == 4000


def test_the_job_asks_about_all_that_is_due(shop: Shop) -> None:
    register = shop.register()
    payments = [register.create() for _ in range(5)]
    for payment in payments:
        make_due(shop, payment)
        shop.pay(payment)
    shop.run_jobs()
    assert {state(shop, payment) for payment in payments} == {"success"}


# -- callbacks ---------------------------------------------------------------------------------


def test_however_many_callbacks_mixpay_is_asked_once_in_an_interval(shop: Shop) -> None:
    payment = shop.register().create()
    shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
    assert call_back(shop, payment) == 200
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: call_back(shop, payment), range(4)))
    assert len(shop.asked()) <= 2  # the second when the interval was over
    assert set(answers) <= {200, 404}
    assert due_in(shop, payment) < 3 or 200 in answers


def test_a_callback_within_the_interval_waits_for_its_turn(shop: Shop) -> None:
    payment = shop.register().create()
    shop.database.rows(f"UPDATE mixpay_job SET attempted_at = {NOW}")
    started = time.monotonic()
    assert call_back(shop, payment) == 200
    assert 1 < time.monotonic() - started < 4
    assert len(shop.asked()) == 1


def test_of_many_callbacks_only_one_holds_a_worker_to_wait(shop: Shop) -> None:
    payment = shop.register().create()
    shop.database.rows(f"UPDATE mixpay_job SET attempted_at = {NOW}")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: call_back(shop, payment), range(4)))
    assert sorted(answers) == [200, 404, 404, 404]


def test_a_callback_that_waits_asks_with_no_transaction_open(shop: Shop) -> None:
    payment = shop.register().create()
    shop.database.rows(f"UPDATE mixpay_job SET attempted_at = {NOW}")
    shop.simulator.simulator.set_knobs(latency=3.0, latency_paths=[RESULTS])
    with ThreadPoolExecutor(1) as pool:
        callback = pool.submit(call_back, shop, payment)
        wait_for(lambda: shop.calls(RESULTS), "the question after the wait")
        none = "no open transaction while MixPay is called"
        wait_for(lambda: shop.database.rows(IN_TRANSACTION) == [(0,)], none, seconds=1.5)
        assert not callback.done()
        assert shop.database.rows(f"SELECT lease_until > {NOW} FROM mixpay_callback") == [(True,)]
        assert callback.result() == 200
    assert shop.database.rows("SELECT lease_until FROM mixpay_callback") == [(None,)]


def test_a_worker_that_died_waiting_is_soon_replaced(shop: Shop) -> None:
    payment = shop.register().create()
    shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
    assert call_back(shop, payment) == 200
    died = "UPDATE mixpay_callback SET asked_at = '2000-01-01', lease_until = {}"
    shop.database.rows(died.format(f"{NOW} + interval '10 s'"))
    shop.database.rows(f"UPDATE mixpay_job SET attempted_at = {NOW}")
    assert call_back(shop, payment) == 404, "somebody may still be waiting"
    shop.database.rows(died.format(NOW))
    shop.database.rows(f"UPDATE mixpay_job SET attempted_at = {NOW}")
    assert call_back(shop, payment) == 200


def test_what_mixpay_has_called_about_is_asked_next_and_not_as_a_poll(shop: Shop) -> None:
    register = shop.register()
    waiting, payment = register.create(), register.create()
    shop.database.rows(f"UPDATE mixpay_slot SET busy_until = {NOW} + interval '61 s' {MINUTE}")
    shop.pay(payment)
    assert call_back(shop, payment) == 404, "no call is left"
    assert due_in(shop, payment) < 2
    make_due(shop, payment)
    make_due(shop, waiting, seconds=60)
    shop.database.rows(f"UPDATE mixpay_slot SET busy_until = NULL {MINUTE} AND number > 52")
    assert register.status(waiting)["state"] == "unpaid"
    assert shop.asked() == [payment["trace_id"]]


def test_news_of_while_a_poll_is_under_way_are_not_lost(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    make_due(shop, payment)
    shop.simulator.simulator.set_knobs(latency=3.2, latency_paths=[RESULTS])
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(register.status, payment)
        wait_for(lambda: shop.calls(RESULTS), "the poll's question")
        assert call_back(shop, payment) == 404
        poll.result()
    assert due_in(shop, payment) <= 2, "otherwise it would be up to 15, among others"


def test_who_asks_for_too_long_leaves_the_turn_to_who_has_it_by_then(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    make_due(shop, payment)
    shop.simulator.simulator.set_knobs(latency=1.0, latency_paths=[RESULTS])
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(register.status, payment)
        wait_for(lambda: shop.calls(RESULTS), "the poll's question")
        shop.database.rows(
            f"UPDATE mixpay_job SET attempted_at = {NOW},"
            f" lease_until = {NOW} + interval '9 seconds'"
        )
        poll.result()
    [(is_taken, is_known)] = shop.database.rows(
        f"SELECT lease_until > {NOW}, synced_at >= attempted_at FROM mixpay_job"
    )
    assert is_taken, "another is asking"
    assert not is_known, "and its answer is not there yet"


def test_silence_is_not_the_last_word(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    shop.database.rows("UPDATE mixpay_payment SET expires_at = now() - interval '25 hours'")
    shop.simulator.simulator.set_knobs(http_500_next=10)
    make_due(shop, payment)
    register.status(payment)
    assert is_watched(shop, payment)
    shop.database.rows("DELETE FROM mixpay_job")  # as after an answer
    assert call_back(shop, payment) == 404
    assert is_watched(shop, payment)
    shop.simulator.simulator.set_knobs(http_500_next=0)
    shop.database.rows("DELETE FROM mixpay_endpoint")  # the breaker
    make_due(shop, payment)
    register.status(payment)
    assert not is_watched(shop, payment)


def test_a_callback_is_acknowledged_when_somebody_else_asked_after_it(shop: Shop) -> None:
    shop.simulator.simulator.set_knobs(latency=0.2, latency_paths=[RESULTS])
    payment = shop.register().create()
    shop.pay(payment)
    shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: call_back(shop, payment), range(2)))
    assert answers == [200, 200]
    assert len(shop.asked()) == 1
    assert call_back(shop, payment) == 200
    assert len(shop.asked()) == 1, "what is final needs no question"


def test_a_callback_brings_nothing_back_that_has_ended_meanwhile(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    shop.database.rows(
        "INSERT INTO mixpay_callback (payment_id, questions, asked_at)"
        " SELECT max(id), 1, '2000-01-01' FROM mixpay_payment"
    )
    with shop.database.transaction() as cr, ThreadPoolExecutor(1) as pool:
        # Not the payment's row, which an answer needs.
        cr.execute("SELECT FROM mixpay_callback FOR UPDATE")
        callback = pool.submit(call_back, shop, payment)
        wait_for(shop.database.has_waiting, "the callback that waits for its turn")
        shop.pay(payment)
        make_due(shop, payment)
        assert register.status(payment)["state"] == "success"
        cr.connection.rollback()
        assert callback.result() == 200
    assert not is_watched(shop, payment)
    assert len(shop.asked()) == 1


def test_polls_go_on_while_callbacks_arrive(shop: Shop) -> None:
    register = shop.register()
    first = register.create()
    shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
    shop.pay(first)
    assert call_back(shop, first) == 200
    second = register.create()
    assert due_in(shop, second) < 4, "its callback may be lost"
    shop.pay(second)
    make_due(shop, second)
    assert register.status(second)["state"] == "success"
    assert due_in(shop, register.create()) < 4


def test_several_callbacks_of_one_payment_cost_one_question(shop: Shop) -> None:
    payment = shop.register().create()
    shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
    assert call_back(shop, payment) == 200
    shop.database.rows(
        f"UPDATE mixpay_callback SET questions = 4, asked_at = {NOW} - interval '1 second'"
    )
    shop.database.rows(
        f"UPDATE mixpay_job SET attempted_at = {NOW} - interval '1 minute',"
        f" due_at = {NOW} + interval '10 minutes', pause = 600"
    )
    assert [call_back(shop, payment) for _ in range(3)] == [404] * 3
    assert len(shop.asked()) == 1
    assert 50 < due_in(shop, payment) < 60, "the fifth is a minute after the fourth"
    assert shop.database.rows("SELECT questions FROM mixpay_callback") == [(5,)]


def test_callbacks_that_nobody_waits_for_have_a_small_share_and_hold_no_worker(
    shop: Shop,
) -> None:
    register = shop.register()
    given_up = [register.create() for _ in range(6)]
    for payment in given_up:
        register.cancel(payment)
    shop.database.rows(
        f"UPDATE mixpay_job SET attempted_at = NULL, due_at = {NOW} + interval '30 s', pause = 30"
    )
    before = len(shop.calls())
    started = time.monotonic()
    assert {call_back(shop, payment) for payment in given_up * 10} == {404}
    assert time.monotonic() - started < 12, "none of the sixty waits for anything"
    assert len(shop.calls()) == before, "no callback asks MixPay itself"
    brought_forward = sum(due_in(shop, payment) < 5 for payment in given_up)
    assert brought_forward == 4, "of sixty calls a minute"
    assert register.create()["link_type"] == "code"


def test_calls_of_others_behind_the_same_address_count(shop: Shop) -> None:
    register = shop.register()
    for _ in range(55):
        requests.get(f"{shop.simulator.url}/v1/setting/quote_assets", timeout=10)
    assert register.create()["link_type"] == "code", "it learns of them from the answer"
    assert register.create()["link_type"] == "paylink"
    assert 1429 not in [call["code"] for call in shop.calls()]
    [(left,)] = shop.database.rows(
        f"SELECT count(*) FROM mixpay_slot {MINUTE} AND busy_until IS NULL AND number > 50"
    )
    assert left <= 4


def test_a_count_that_says_nothing_is_left_stops_nobody_for_long(shop: Shop) -> None:
    register = shop.register()
    headers = {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0"}
    shop.simulator.simulator.set_knobs(odd_answers=[{"headers": headers}])
    payment = register.create()
    shop.pay(payment)
    make_due(shop, payment)
    assert register.status(payment)["state"] == "unpaid", "for a moment it is believed"
    assert shop.asked() == []
    shop.database.rows(f"UPDATE mixpay_slot SET busy_until = busy_until - interval '10 s' {MINUTE}")
    assert register.status(payment)["state"] == "success"
    assert register.create()["link_type"] == "paylink", "a code can be done without"


def test_managers_are_told_of_the_first_refusal_only(shop: Shop) -> None:
    register = shop.register()
    shop.database.rows("DELETE FROM mixpay_endpoint")
    # Other tests have met refusals, too.
    shop.database.rows(f"DELETE {ABOUT_REFUSALS}")
    for number in (1, 2):
        shop.simulator.simulator.set_knobs(force_code=[{"code": 1429, "calls": 1}])
        assert register.create()["link_type"] == "paylink"
        assert len(shop.calls("/v1/one_time_payment")) == number
        # As after a minute, and a call that went well: or no customer's code is asked for again.
        shop.reset_budget()
        shop.database.rows("UPDATE mixpay_endpoint SET open_until = NULL")
        [(told,)] = shop.database.rows(f"SELECT count(DISTINCT res_id) {ABOUT_REFUSALS}")
        assert told == 1


def test_a_customer_who_pays_at_once_is_seen_at_once(shop: Shop) -> None:
    payment = shop.register().create()
    shop.pay(payment)
    assert call_back(shop, payment) == 200
    assert state(shop, payment) == "success"


# -- two servers -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def second_server(open_shop: Shop) -> Iterator[OdooServer]:
    """Another Odoo server on the same database."""
    return open_shop.add_server(workers=2)


def test_of_callbacks_to_two_servers_one_waits(shop: Shop, second_server: OdooServer) -> None:
    payment = shop.register().create()
    url = shop.callback_url(payment)
    urls = [url, url.replace(shop.server.url, second_server.url)] * 2
    assert urls[0] != urls[1]
    shop.database.rows(f"UPDATE mixpay_job SET attempted_at = {NOW}")
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda at: requests.post(at, json={}, timeout=30).status_code, urls)
    assert sorted(answers) == [200, 404, 404, 404]


def test_two_servers_share_circuit_and_slots(shop: Shop, second_server: OdooServer) -> None:
    here, there = shop.register(), shop.register(second_server)
    payments = [here.create(), there.create()]
    for payment in payments:
        make_due(shop, payment)
    shop.simulator.simulator.set_knobs(hang=2.0)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(here.status, payments[0])
        wait_for(lambda: shop.calls(RESULTS), "the call that hangs")
        there.status(payments[1])
        assert len(shop.calls(RESULTS)) == 1, "the slot for polls is taken, over there"
        hanging.result()
    shop.simulator.simulator.set_knobs(hang=0.0)
    shop.simulator.simulator.set_knobs(force_code=[{"code": 1429, "calls": None}])
    make_due(shop, payments[0])
    here.status(payments[0])
    count = len(shop.calls())
    assert "cannot be reached" in there.status(payments[1], check_now=True)["notice"]
    assert there.create()["link_type"] == "paylink"
    assert len(shop.calls()) == count


def test_two_servers_share_the_budget_and_lose_nothing(
    shop: Shop, second_server: OdooServer
) -> None:
    servers = (shop.server, second_server)
    retried = [len(server.logged("tries left")) for server in servers]
    limit = 20
    shop.set_param("requests_per_minute", str(limit))
    shop.simulator.simulator.set_knobs(rate_limit=limit)
    shop.database.rows("DELETE FROM mixpay_slot")
    registers = [shop.register(server) for server in servers * 3]

    def sell(register: Register) -> list[dict[str, Any]]:
        payments = [register.create() for _ in range(3)]
        for payment in payments:
            if payment["link_type"] == "code":
                shop.pay(payment)
        for _round in range(4):
            shop.database.rows(f"UPDATE mixpay_job SET due_at = {NOW} - interval '1 second'")
            for payment in payments:
                register.status(payment)
        return payments

    with ThreadPoolExecutor(len(registers)) as pool:
        sold = [payment for payments in pool.map(sell, registers) for payment in payments]
    answers = [call["code"] for call in shop.calls()]
    assert len(sold) == len({payment["trace_id"] for payment in sold}) == 18
    assert len(answers) <= limit
    assert 1429 not in answers
    for server, before in zip(servers, retried, strict=True):
        assert server.logged("could not serialize") == []
        assert server.logged("tries left")[before:] == []
    shop.database.rows("DELETE FROM mixpay_slot")
