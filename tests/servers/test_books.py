"""The books of a real shop: two servers at once, real commits, a real closing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sales import close_session, open_session, sell
from shop import Register, Shop, wait_for

SALES = 6
DUE = "SELECT count(*) FROM mixpay_booking WHERE state = 'waiting'"
# As MixPay's report would: this shop's payments are tests, which are never entered.
SETTLE = """
    UPDATE mixpay_payment
       SET is_test = false, settle_status = 'success',
           settled_at = now() AT TIME ZONE 'UTC'
     WHERE payment_method_id = %s
"""
PLAN = """
    INSERT INTO mixpay_booking
                (payment_id, company_id, payment_method_id, currency_id, kind, state, due_at)
         SELECT id, company_id, payment_method_id, currency_id, 'receipt', 'waiting',
                now() AT TIME ZONE 'UTC' - interval '1 minute'
           FROM mixpay_payment
          WHERE payment_method_id = %s
"""
COUNT = """
    UPDATE mixpay_payment
       SET is_test = false, counted_at = %s, paid_amount = amount
     WHERE payment_method_id = %s
 RETURNING id
"""
CHANGE = "UPDATE mixpay_payment SET decided_by = %s, write_date = now() WHERE id = %s"
ROWS = """
    SELECT shown ->> 'decided_by', count(*), sum(nullif(shown ->> 'amount', '')::numeric)
      FROM mixpay_export_line
     WHERE payment_id = %s
  GROUP BY 1
"""


@pytest.fixture
def till(shop: Shop) -> Iterator[Shop]:
    """The shop with a till of its own, whose method has accounts of its own."""
    kept = shop.method_id, shop.config_id, shop.session_id, shop.product_id
    shop.open_till()
    close_session(shop)
    wizard = shop.admin.call("mixpay.set.up.books", "create", {"payment_method_id": shop.method_id})
    shop.admin.call("mixpay.set.up.books", "action_create_accounts", [wizard])
    open_session(shop)
    yield shop
    shop.method_id, shop.config_id, shop.session_id, shop.product_id = kept


def the_job(client: Register) -> int:
    """Return an action that does what the job does, and that two may run at once."""
    [model] = client.call("ir.model", "search", [("model", "=", "mixpay.books")])
    vals = {
        "name": "Enter now",
        "model_id": model,
        "state": "code",
        "code": "env['mixpay.books']._cron_book()",
    }
    return client.call("ir.actions.server", "create", vals)


def at_once(clients: list[Register], act: Callable[[Register], object]) -> None:
    """Have clients do something in the same moment."""
    barrier = threading.Barrier(len(clients))

    def run(client: Register) -> None:
        barrier.wait()
        act(client)

    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(run, clients))


def test_two_servers_enter_each_settlement_once(till: Shop) -> None:
    clients = [till.register(), till.register(till.add_server(workers=2))] * 2
    for _number in range(SALES):
        sell(till, till.admin, till.method_id)
    close_session(till)
    action = the_job(till.admin)
    till.database.rows(SETTLE, till.method_id)
    till.database.rows(PLAN, till.method_id)

    def enter() -> bool:
        at_once(clients, lambda client: client.call("ir.actions.server", "run", [action]))
        return till.database.rows(DUE) == [(0,)]

    wait_for(enter, "all to be entered", seconds=60)
    lines = till.database.rows(
        """
        SELECT payment.trace_id, count(line.id), bool_and(line.is_reconciled), sum(line.amount)
          FROM mixpay_payment AS payment
     LEFT JOIN account_bank_statement_line AS line
            ON line.payment_ref LIKE '%%' || payment.trace_id
         WHERE payment.payment_method_id = %s
      GROUP BY payment.trace_id
        """,
        till.method_id,
    )
    assert len(lines) == SALES
    assert {(count, matched, float(amount)) for _trace, count, matched, amount in lines} == {
        (1, True, 10.0)
    }
    assert till.database.rows("SELECT count(*) FROM mixpay_booking WHERE state <> 'done'") == [(0,)]


def test_two_people_who_export_at_once_have_a_change_once(till: Shop) -> None:
    clients = [till.register(), till.register(till.add_server(workers=2))]
    sell(till, till.admin, till.method_id)
    close_session(till)
    first = date.today() - timedelta(days=30)
    [(payment,)] = till.database.rows(COUNT, f"{first} 12:00:00", till.method_id)
    days = dict.fromkeys(clients, first)

    def export(client: Register) -> None:
        day = str(days[client])
        client.call("mixpay.export", "create", {"date_from": day, "date_to": day})

    export(clients[0])
    for number in range(1, 4):
        till.database.rows(CHANGE, f"Boss {number}", payment)
        for offset, client in enumerate(clients):
            days[client] = first + timedelta(days=2 * number + offset)
        at_once(clients, export)
    found = till.database.rows(ROWS, payment)
    assert sorted((name or "", count) for name, count, _sum in found) == [
        ("", 1),
        ("Boss 1", 1),
        ("Boss 2", 1),
        ("Boss 3", 1),
    ]
    assert sum(amount or 0 for _name, _count, amount in found) == 10
