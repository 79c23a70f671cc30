"""Refunds in coins at the same instant, at two servers: real transactions, real locks."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sales import order_data, sell
from shop import Register, RpcError, Shop

REGISTERS = 4
TIMES = 5
# This shop's payments are tests, which are never given back: as if they were real.
REAL = "UPDATE mixpay_payment SET is_test = false WHERE payment_method_id = %s"
ALLOW = """
    UPDATE pos_payment_method
       SET mixpay_refunds = true, mixpay_test_mode = false
     WHERE id = %s
"""
FORBID = """
    UPDATE pos_payment_method
       SET mixpay_refunds = false, mixpay_test_mode = true
     WHERE id = %s
"""


def take_back(shop: Shop, register: Register, order_id: int, method_id: int = 0) -> str:
    """Take a cup of tea back; return the UUID of the line that gives money back.

    :param method_id: with what the order is finished; else it is a draft that is to give coins back
    """
    [line_id] = register.call("pos.order.line", "search", [("order_id", "=", order_id)])
    line_uuid, state = str(uuid.uuid4()), "paid" if method_id else "draft"
    method_id = method_id or shop.method_id
    data = order_data(shop, method_id, order_uuid=str(uuid.uuid4()), uuid=line_uuid)
    tea, payment = data["lines"][0][2], data["payment_ids"][0][2]
    below = {"qty": -1, "price_subtotal": -10, "price_subtotal_incl": -10}
    tea |= below | {"refunded_orderline_id": line_id}
    payment |= {"amount": -10, "payment_status": "done" if state == "paid" else "retry"}
    paid = -10 if state == "paid" else 0
    data |= {"state": state, "amount_total": -10, "amount_paid": paid, "is_refund": True}
    register.call("pos.order", "sync_from_ui", [data])
    return line_uuid


def test_payouts_of_one_order_follow_each_other(shop: Shop) -> None:
    second = shop.add_server(workers=2)
    registers = [shop.register(server) for server in (shop.server, second)] * 2
    order_id = sell(shop, registers[0], shop.method_id)
    shop.database.rows(REAL, shop.method_id)
    shop.database.rows(ALLOW, shop.method_id)
    lines = [take_back(shop, register, order_id) for register in registers]
    barrier = threading.Barrier(REGISTERS)

    def ask(register: Register, line_uuid: str) -> str:
        barrier.wait()
        params = {"session_id": shop.session_id, "payment_uuid": line_uuid, "reason": "cold"}
        try:
            return register.route("/pos_mixpay/refund_ask", **params)["state"]
        except RpcError as error:
            return str(error)

    try:
        with ThreadPoolExecutor(REGISTERS) as pool:
            answers = list(pool.map(ask, registers, lines))
    finally:
        shop.database.rows(FORBID, shop.method_id)
        second.stop()
    assert sum(answer == "asked" for answer in answers) == 1, answers
    assert all(answer == "asked" or "can be given back" in answer for answer in answers), answers
    assert shop.database.rows("SELECT count(*), sum(amount) FROM mixpay_refund") == [(1, 10)]


def add_other_method(shop: Shop) -> int:
    """Have the shop take cards, too; Odoo itself lets nobody add that while it is open."""
    [journal_id] = shop.admin.call("account.journal", "search", [("type", "=", "bank")], limit=1)
    vals = {"name": "Card", "journal_id": journal_id}
    method_id: int = shop.admin.call("pos.payment.method", "create", vals)
    relation = "pos_config_pos_payment_method_rel (pos_config_id, pos_payment_method_id)"
    shop.database.rows(f"INSERT INTO {relation} VALUES (%s, %s)", shop.config_id, method_id)
    return method_id


def test_coins_and_other_money_are_not_both_given_back(shop: Shop) -> None:
    second = shop.add_server(workers=2)
    coins, other = shop.register(), shop.register(second)
    card_id = add_other_method(shop)
    barrier = threading.Barrier(2)

    def prepare() -> tuple[int, int]:
        """Sell a cup of tea and have its refund in coins approved; return both orders."""
        shop.database.rows(FORBID, shop.method_id)
        order_id = sell(shop, coins, shop.method_id)
        shop.database.rows(REAL, shop.method_id)
        shop.database.rows(ALLOW, shop.method_id)
        line_uuid = take_back(shop, coins, order_id)
        params = {"session_id": shop.session_id, "payment_uuid": line_uuid, "reason": "cold"}
        coins.route("/pos_mixpay/refund_ask", **params)
        shop.database.rows("UPDATE mixpay_refund SET state = 'approved' WHERE state = 'asked'")
        found = coins.call("pos.order", "search", [("payment_ids.uuid", "=", line_uuid)])
        return order_id, found[0]

    def at_once(act: Callable[[], object]) -> bool:
        barrier.wait()
        try:
            act()
        except RpcError:
            return False
        return True

    try:
        for _time in range(TIMES):
            order_id, refund_id = prepare()
            with ThreadPoolExecutor(2) as pool:
                ways = (
                    partial(coins.call, "pos.order", "action_pos_order_paid", [refund_id]),
                    partial(take_back, shop, other, order_id, card_id),
                )
                assert sum(pool.map(at_once, ways)) == 1
    finally:
        shop.database.rows(FORBID, shop.method_id)
        second.stop()
