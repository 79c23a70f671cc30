"""What only real commits, processes and jobs can show about money rule 10, clocks and load.

A bad record is a row without a moment that the code counts on: a fault nobody has thought of.
"""

from __future__ import annotations

import time
from typing import Any

import requests
from model.till import Order, Till
from shop import PUBLIC_HOST, Shop

NOW = "clock_timestamp() AT TIME ZONE 'UTC'"
CHANGES = "UPDATE mixpay_payment SET {} WHERE trace_id = %s"


def make_due(shop: Shop, *payments: dict[str, Any], minutes: int = 1) -> None:
    for payment in payments:
        shop.database.rows(
            f"UPDATE mixpay_job SET due_at = {NOW} - %s * interval '1 minute', attempted_at = NULL"
            " WHERE payment_id = (SELECT id FROM mixpay_payment WHERE trace_id = %s)",
            minutes,
            payment["trace_id"],
        )


def values(shop: Shop, payment: dict[str, Any], *names: str) -> tuple[Any, ...]:
    [row] = shop.database.rows(
        f"SELECT {', '.join(names)} FROM mixpay_payment WHERE trace_id = %s", payment["trace_id"]
    )
    return row


def watch(shop: Shop, payment: dict[str, Any]) -> tuple[int, float]:
    """Return how often in a row a payment failed, and the seconds until it is due."""
    [row] = shop.database.rows(
        f"SELECT coalesce(processing_failures, 0), extract(epoch FROM due_at - {NOW})::float"
        " FROM mixpay_job JOIN mixpay_payment ON payment_id = mixpay_payment.id"
        " WHERE trace_id = %s",
        payment["trace_id"],
    )
    return row


def logged(shop: Shop, payment: dict[str, Any]) -> list[str]:
    [payment_id] = values(shop, payment, "id")
    return shop.server.logged(f"MixPay payment {payment_id} could not be processed")


def test_one_bad_payment_keeps_nobody_waiting(shop: Shop) -> None:
    register = shop.register()
    bad, good = register.create(), register.create()
    shop.database.rows(CHANGES.format("create_date = NULL"), bad["trace_id"])
    shop.pay(good)
    make_due(shop, bad, minutes=2)
    make_due(shop, good)
    shop.run_jobs()
    assert values(shop, good, "state") == ("success",)
    assert values(shop, bad, "state", "issue") == ("unpaid", "error")
    assert watch(shop, bad)[0] == 1
    assert watch(shop, bad)[1] > 5
    make_due(shop, bad)
    shop.run_jobs()
    assert watch(shop, bad)[0] == 2
    assert watch(shop, bad)[1] > 15
    assert len(logged(shop, bad)) == 1, "once, not at each try"
    shop.database.rows(CHANGES.format(f"create_date = {NOW}"), bad["trace_id"])
    make_due(shop, bad)
    shop.run_jobs()
    assert values(shop, bad, "error", "issue") == (None, None)
    assert watch(shop, bad)[0] == 0


def test_one_bad_payment_costs_a_register_nothing(shop: Shop) -> None:
    register = shop.register()
    bad, good = register.create(), register.create()
    shop.database.rows(CHANGES.format("create_date = NULL"), bad["trace_id"])
    shop.pay(good)
    make_due(shop, bad, minutes=2)
    make_due(shop, good)
    assert register.wait_for_state(good, "success")["line_status"] == "done"
    assert register.status(bad, check_now=True)["state"] == "unpaid"


def test_one_bad_order_keeps_no_other_from_being_finished(shop: Shop) -> None:
    till = Till(shop, shop.server, [shop.register(), shop.register()])
    sales = []
    for _count in range(2):
        order = Order()
        payment = till.send(0, order.add_line("10.00"))
        till.save(0, order, "draft")
        shop.pay(payment)
        make_due(shop, payment)
        till.registers[0].wait_for_state(payment, "success")
        sales.append((order, payment))
    (bad_order, bad), (good_order, good) = sales
    early = (
        "finish_at = '2000-01-01', notified_at = NULL, finished_at = '2000-01-01',"
        f" register_asked_at = {NOW} - interval '1 minute'"
    )
    for payment in (bad, good):
        shop.database.rows(CHANGES.format(early), payment["trace_id"])
    shop.database.rows(CHANGES.format("finished_at = NULL"), bad["trace_id"])
    shop.run_jobs()
    states = dict(
        shop.database.rows(
            "SELECT uuid, state FROM pos_order WHERE uuid IN (%s, %s)",
            bad_order.uuid,
            good_order.uuid,
        )
    )
    assert states == {bad_order.uuid: "draft", good_order.uuid: "paid"}
    failures, issue, is_later = values(shop, bad, "finish_failures", "issue", f"finish_at > {NOW}")
    assert (failures, issue, is_later) == (1, "error", True)
    shop.database.rows(CHANGES.format(early), bad["trace_id"])
    shop.run_jobs()
    assert values(shop, bad, "finish_failures", "issue", "error") == (0, None, None)


CLOCKS = {
    "mixpay_slot": ["busy_until"],
    "mixpay_job": ["due_at", "attempted_at", "synced_at", "webhook_at", "lease_until"],
    "mixpay_endpoint": ["open_until", "probe_until", "refused_at"],
    "mixpay_callback": ["asked_at", "lease_until"],
}


def set_clock_back(shop: Shop) -> None:
    """Set the database's clock back by two hours: all that is noted then lies that far ahead."""
    for table, columns in CLOCKS.items():
        changes = ", ".join(f"{name} = {name} + interval '2 hours'" for name in columns)
        shop.database.rows(f"UPDATE {table} SET {changes}")


def test_a_clock_set_back_blinds_nobody(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    make_due(shop, payment)
    register.status(payment)
    set_clock_back(shop)
    shop.pay(payment)
    started = time.monotonic()
    register.wait_for_state(payment, "success")
    assert time.monotonic() - started < 10


def test_an_open_breaker_and_dead_leases_end_with_a_clock_set_back(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    shop.database.rows(
        f"INSERT INTO mixpay_endpoint (api_url, failures, times_opened, open_until, probe_until)"
        f" SELECT DISTINCT api_url, 3, 1, {NOW} + interval '3 s', {NOW} FROM mixpay_job"
        " ON CONFLICT (api_url) DO UPDATE SET failures = 3, times_opened = 1,"
        " open_until = EXCLUDED.open_until, probe_until = EXCLUDED.probe_until"
    )
    shop.database.rows(
        f"UPDATE mixpay_slot SET busy_until = {NOW} + interval '5 s' WHERE purpose = 'concurrency'"
    )
    shop.database.rows(f"UPDATE mixpay_job SET lease_until = {NOW} + interval '5 s'")
    set_clock_back(shop)
    shop.pay(payment)
    started = time.monotonic()
    register.wait_for_state(payment, "success")
    assert time.monotonic() - started < 10


def test_callbacks_are_heard_after_the_clock_was_set_back(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    make_due(shop, payment)
    register.status(payment)
    set_clock_back(shop)
    # Not even due: the callback alone brings the news.
    shop.database.rows(f"UPDATE mixpay_job SET due_at = {NOW} + interval '1 h', pause = 7200")
    shop.pay(payment)
    assert requests.post(shop.callback_url(payment), json={}, timeout=30).status_code == 200
    assert values(shop, payment, "state") == ("success",)


def test_a_callback_waits_for_its_turn_after_the_clock_was_set_back(shop: Shop) -> None:
    payment = shop.register().create()
    shop.database.rows(
        "INSERT INTO mixpay_callback (payment_id, questions, asked_at, lease_until)"
        f" SELECT max(id), 1, {NOW}, {NOW} + interval '5 s' FROM mixpay_payment"
    )
    set_clock_back(shop)
    shop.database.rows(f"UPDATE mixpay_job SET attempted_at = {NOW}")
    assert requests.post(shop.callback_url(payment), json={}, timeout=30).status_code == 200


# -- load --------------------------------------------------------------------------------------


def abandon(shop: Shop, count: int) -> list[str]:
    """Begin and give up payments, as one operator can; return their traces."""
    register = shop.register()
    payments = [register.create() for _ in range(count)]
    for payment in payments:
        register.cancel(payment)
    return [payment["trace_id"] for payment in payments]


def test_sales_that_somebody_waits_for_go_first(shop: Shop) -> None:
    abandoned = abandon(shop, 6)
    shop.reset_budget()
    register = shop.register()
    fresh = register.create()
    shop.database.rows(
        f"UPDATE mixpay_job SET due_at = {NOW} - interval '1 h', attempted_at = NULL"
    )
    make_due(shop, fresh)
    count = len(shop.asked())
    register.status(fresh)
    assert shop.asked()[count:] == [fresh["trace_id"]]
    assert watch(shop, fresh)[1] < 4, "nobody makes room for those that were given up"
    shop.database.rows(
        f"UPDATE mixpay_job SET due_at = {NOW} - interval '1 h', attempted_at = NULL"
    )
    count = len(shop.asked())
    shop.run_jobs()
    assert set(shop.asked()[count : count + 5]) <= set(abandoned), "the job looks after them first"
    assert set(shop.asked()[count:]) == {*abandoned, fresh["trace_id"]}


def test_those_given_up_make_room_for_each_other(shop: Shop) -> None:
    abandoned = abandon(shop, 1)[0]
    register = shop.register()
    register.create()
    shop.database.rows(
        "INSERT INTO mixpay_job (payment_id, api_url, due_at, poll_interval, is_background)"
        f" SELECT payment.id, payment.api_url, {NOW} + interval '1 h', 1, TRUE"
        "   FROM mixpay_payment AS payment"
        "  WHERE NOT EXISTS (SELECT FROM mixpay_job WHERE payment_id = payment.id)"
        "  LIMIT 60"
    )
    shop.database.rows("UPDATE mixpay_job SET pause = 7200")
    payment = {"trace_id": abandoned}
    make_due(shop, payment)
    shop.run_jobs()
    assert watch(shop, payment)[1] > 60


def test_strangers_fill_no_log(shop: Shop) -> None:
    text = "tokens that belong to no MixPay payment"
    before = len(shop.server.logged(text))
    for number in range(60):
        answer = requests.post(
            f"{shop.server.url}/pos_mixpay/callback/{number:043d}",
            json={},
            headers={"Host": PUBLIC_HOST},
            timeout=10,
        )
        assert answer.status_code == 404
    lines = len(shop.server.logged(text)) - before
    assert lines <= 2, "one in a minute, of each of two workers"
    assert len(shop.server.logged(text)) >= 1
