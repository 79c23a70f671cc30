"""Many at the same instant: two servers with two workers each, real transactions, no mocks."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
import requests
from model.till import Order, Till
from shop import TRON_USDT, OdooServer, Register, Shop, wait_for

#: MixPay is asked about a payment at most once in this time, whoever wants to know.
INTERVAL_SECONDS = 2.0
#: What an answer that is being applied does to a payment's row.
ANSWER = "UPDATE mixpay_payment SET confirmations = confirmations + 1 WHERE payment_uuid = %s"


@pytest.fixture(scope="module")
def second_server(open_shop: Shop) -> Iterator[OdooServer]:
    """Another server on the same database."""
    server = open_shop.add_server(workers=2)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def registers(open_shop: Shop, second_server: OdooServer) -> list[Register]:
    """Registers at both servers, in turn."""
    return [open_shop.register(server) for server in (open_shop.server, second_server) * 4]


@pytest.fixture(autouse=True)
def no_errors_logged(open_shop: Shop, second_server: OdooServer) -> Iterator[None]:
    before = len(open_shop.server.errors()), len(second_server.errors())
    yield
    assert open_shop.server.errors()[before[0] :] == []
    assert second_server.errors()[before[1] :] == []


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of these at the same instant; return what they return, or raise what they raise."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def all_who_ask(shop: Shop, registers: list[Register], payment: dict[str, Any]) -> list[Any]:
    """Polls, "check now", MixPay's callback (doubled) and the background job."""
    urls = [shop.callback_url(payment, register.server) for register in registers[4:6]]
    polls = [lambda r=r: r.status(payment) for r in registers[:2]]
    checks = [lambda r=r: r.status(payment, check_now=True) for r in registers[2:4]]
    callbacks = [lambda u=u: requests.post(u, json={}, timeout=60).status_code for u in urls]
    till = Till(shop, shop.server, registers[6:8])
    # Odoo itself lets each job run once at a time.
    return [*polls, *checks, *callbacks, lambda: till.run_job(0)]


def make_due(shop: Shop) -> None:
    shop.database.rows(
        "UPDATE mixpay_job SET attempted_at = NULL, due_at = now() - '1 d'::interval"
    )


def notifications(shop: Shop, payment: dict[str, Any]) -> int:
    """Count the messages to registers about a payment."""
    [(count,)] = shop.database.rows(
        "SELECT count(*) FROM bus_bus JOIN mixpay_payment AS payment ON trace_id = %s"
        " WHERE message LIKE '%%MIXPAY_PAYMENT%%' AND message::json -> 'payload' ->> 'id'"
        " = payment.id::text",
        payment["trace_id"],
    )
    return int(count)


def transitions(shop: Shop, payment: dict[str, Any], change: str) -> int:
    """Count the log lines of both servers about a transition."""
    text = f"{payment['trace_id']}: {change}"
    return sum(len(server.logged(text)) for server in shop.servers)


def assert_never_asked_twice_in_a_row(shop: Shop, payment: dict[str, Any]) -> None:
    calls = shop.calls("payments_result")
    times = [call["time"] for call in calls if call["params"]["traceId"] == payment["trace_id"]]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert all(pause >= INTERVAL_SECONDS - 0.05 for pause in pauses), pauses


@pytest.mark.parametrize("latency", [0.0, 0.3])
def test_one_answer_makes_one_transition_and_one_notification(
    shop: Shop, registers: list[Register], latency: float
) -> None:
    shop.simulator.simulator.set_knobs(latency=latency)
    payment = registers[0].create()
    before = notifications(shop, payment)
    shop.pay(payment)
    make_due(shop)
    at_once(*all_who_ask(shop, registers, payment))
    assert registers[0].wait_for_state(payment, "success")["line_status"] == "done"
    assert transitions(shop, payment, "unpaid → success") == 1
    assert notifications(shop, payment) - before == 1
    assert_never_asked_twice_in_a_row(shop, payment)


def test_a_whole_life_under_questions_from_everywhere(
    shop: Shop, registers: list[Register]
) -> None:
    payment = registers[0].create()
    before = notifications(shop, payment)
    steps = ("pay_less", "confirm", "top_up", "confirm", "succeed")
    states = ("confirming", "paid_less", "confirming", "pending", "success")
    for step, state in zip(steps, states, strict=True):
        shop.pay(payment, step)
        make_due(shop)
        at_once(*all_who_ask(shop, registers, payment))
        registers[1].wait_for_state(payment, state)
    assert notifications(shop, payment) - before == len(states)
    assert transitions(shop, payment, "pending → success") == 1


def test_create_at_two_servers_makes_one_payment(shop: Shop, registers: list[Register]) -> None:
    line = {"payment_uuid": str(uuid.uuid4()), "order_uuid": str(uuid.uuid4())}
    shown = at_once(*[lambda r=r: r.create("10.00", **line) for r in registers])
    assert len({payment["trace_id"] for payment in shown}) == 1
    assert {payment["state"] for payment in shown} == {"unpaid"}
    assert len(shop.calls("one_time_payment")) == 1


def test_cancel_and_success_at_the_same_instant_lose_nothing(
    shop: Shop, registers: list[Register]
) -> None:
    for _round in range(3):
        payment = registers[0].create()
        make_due(shop)
        at_once(
            lambda p=payment: registers[1].cancel(p),
            lambda p=payment: shop.pay(p),
            *all_who_ask(shop, registers, payment),
        )
        shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
        # Paid and waited for, or late: known either way, and the line is done.
        final = registers[2].status(payment, check_now=True)
        assert (final["state"], final["line_status"]) == ("success", "done")
        assert transitions(shop, payment, "unpaid → success") <= 1


def test_two_amounts_of_one_line_at_the_same_instant_leave_one_live_qr_code(
    shop: Shop, registers: list[Register]
) -> None:
    line = {"payment_uuid": str(uuid.uuid4()), "order_uuid": str(uuid.uuid4())}
    at_once(
        *[lambda r=r: r.create("10.00", **line) for r in registers[:3]],
        *[lambda r=r: r.create("8.00", **line) for r in registers[3:6]],
    )
    live = shop.database.rows(
        "SELECT trace_id FROM mixpay_payment WHERE payment_uuid = %s AND is_abandoned IS NOT TRUE",
        line["payment_uuid"],
    )
    assert len(live) == 1


def test_an_order_that_two_registers_and_the_server_finish_is_paid_once(
    shop: Shop, registers: list[Register]
) -> None:
    till = Till(shop, shop.server, registers[:4])
    order = Order()
    payment = till.send(0, order.add_line("10.00"))
    till.save(0, order, "draft")
    shop.pay(payment)
    make_due(shop)
    registers[0].wait_for_state(payment, "success")
    shop.database.rows(
        "UPDATE mixpay_payment SET finish_at = '2000-01-01', notified_at = NULL,"
        " finished_at = '2000-01-01', register_asked_at = now() AT TIME ZONE 'UTC'"
        " - interval '1 minute' WHERE trace_id = %s",
        payment["trace_id"],
    )
    at_once(
        lambda: till.save(1, order, "paid"),
        lambda: till.save(2, order, "paid"),
        lambda: till.run_job(3),
    )
    booked = shop.database.rows(
        "SELECT pos_order.state, line.transaction_id, mixpay_payment.trace_id FROM pos_order"
        " JOIN pos_payment AS line ON line.pos_order_id = pos_order.id"
        " LEFT JOIN mixpay_payment ON mixpay_payment.pos_payment_id = line.id"
        " WHERE pos_order.uuid = %s",
        order.uuid,
    )
    assert booked == [("paid", payment["trace_id"], payment["trace_id"])]


def test_many_payments_at_once_each_make_their_transition_once(
    shop: Shop, registers: list[Register]
) -> None:
    payments = at_once(*[lambda r=r: r.create() for r in registers])
    for payment in payments:
        shop.pay(payment)
    make_due(shop)

    def everything_is_known() -> bool:
        pairs = zip(registers, payments[1:] + payments[:1], strict=True)
        answers = at_once(*[lambda r=r, p=p: r.status(p) for r, p in pairs])
        return all(answer["state"] == "success" for answer in answers)

    wait_for(everything_is_known, "all payments", step=0.5)
    for payment in payments:
        assert transitions(shop, payment, "unpaid → success") == 1
        assert_never_asked_twice_in_a_row(shop, payment)


def test_a_line_removed_at_the_instant_of_an_answer_logs_no_error(shop: Shop) -> None:
    """Odoo repeats the removal, and then knows of the answer."""
    till = Till(shop, shop.server, [shop.register(), shop.register()])
    line = Order().add_line("5.00")
    till.send(0, line)
    till.save(0, line.order, "draft")
    line_id = till.stored_id("pos_payment", line.uuid)
    with shop.database.transaction() as cr, ThreadPoolExecutor(1) as pool:
        cr.execute(ANSWER, [line.uuid])
        removal = pool.submit(till.registers[0].call, "pos.payment", "unlink", [line_id])
        wait_for(shop.database.has_waiting, "the removal, which waits")
        cr.connection.commit()
        assert removal.result()
    assert not till.stored_id("pos_payment", line.uuid)


def test_two_registers_at_once_do_not_pass_the_cap_of_unconfirmed_money(
    shop: Shop, registers: list[Register]
) -> None:
    """Each of the four alone is within the cap; together, two of them are."""
    shop.simulator.simulator.set_knobs(auto_confirm_seconds=None)
    [asset_id] = shop.admin.call("mixpay.asset", "search", [("asset_id", "=", TRON_USDT)])
    [config] = shop.admin.call("pos.config", "read", [shop.config_id], ["company_id"])
    company_id = config["company_id"][0]
    limits = {"mixpay_unconfirmed_limit": 20, "mixpay_unconfirmed_asset_ids": [[6, 0, [asset_id]]]}
    shop.admin.call("pos.payment.method", "write", [shop.method_id], limits)
    shop.admin.call("res.company", "write", [company_id], {"mixpay_unconfirmed_max_daily": 25})
    try:
        payments = [register.create() for register in registers[:4]]
        for payment in payments:
            shop.pay(payment, "pay")
        make_due(shop)
        at_once(
            *(
                lambda r=register, p=payment: r.status(p, check_now=True)
                for register, payment in zip(registers, payments, strict=False)
            )
        )
        for register, payment in zip(registers, payments, strict=False):
            register.wait_for_state(payment, "confirming")
        [(count, total)] = shop.database.rows(
            "SELECT count(*), sum(amount) FROM mixpay_payment"
            " WHERE accepted_unconfirmed_at IS NOT NULL"
        )
        assert (count, float(total)) == (2, 20.0)
    finally:
        shop.admin.call("res.company", "write", [company_id], {"mixpay_unconfirmed_max_daily": 500})
        off = {"mixpay_unconfirmed_limit": 0, "mixpay_unconfirmed_asset_ids": [[5]]}
        shop.admin.call("pos.payment.method", "write", [shop.method_id], off)
