"""Refunds in coins at the same instant, at two servers: real transactions, real locks."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

from sales import order_data, sell
from shop import Register, RpcError, Shop

REGISTERS = 4
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


def take_back(shop: Shop, register: Register, order_id: int) -> str:
    """Take a cup of tea back; return the UUID of the line that is to give coins back."""
    [line_id] = register.call("pos.order.line", "search", [("order_id", "=", order_id)])
    line_uuid = str(uuid.uuid4())
    data = order_data(shop, shop.method_id, order_uuid=str(uuid.uuid4()), uuid=line_uuid)
    tea, payment = data["lines"][0][2], data["payment_ids"][0][2]
    below = {"qty": -1, "price_subtotal": -10, "price_subtotal_incl": -10}
    tea |= below | {"refunded_orderline_id": line_id}
    payment |= {"amount": -10, "payment_status": "retry"}
    data |= {"state": "draft", "amount_total": -10, "amount_paid": 0, "is_refund": True}
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
