"""Whole sales without a browser, and modules coming and going, for tests with a real shop."""

from __future__ import annotations

import uuid

from shop import Register, RpcError, Shop

MODULE_SECONDS = 600


def module(shop: Shop, button: str) -> None:
    """Press a button of the addon in the list of apps; modules take their time."""
    [module_id] = shop.admin.call("ir.module.module", "search", [("name", "=", "pos_mixpay")])
    path = f"/web/dataset/call_kw/ir.module.module/{button}"
    params = {"model": "ir.module.module", "method": button, "args": [[module_id]], "kwargs": {}}
    body = {"jsonrpc": "2.0", "method": "call", "params": params}
    answer = shop.admin.http.post(shop.server.url + path, json=body, timeout=MODULE_SECONDS).json()
    if "error" in answer:
        raise RpcError(answer["error"])


def order_data(shop: Shop, method_id: int, **line: str) -> dict:
    """Return what a register sends for one cup of tea of 10.00."""
    order_uuid = line.pop("order_uuid")
    payment = {
        "amount": 10,
        "payment_method_id": method_id,
        "payment_date": "2026-01-01 10:00:00",
        "payment_status": "done",
        **line,
    }
    tea = {
        "uuid": str(uuid.uuid4()),
        "product_id": shop.product_id,
        "qty": 1,
        "price_unit": 10,
        "price_subtotal": 10,
        "price_subtotal_incl": 10,
        "tax_ids": [[6, 0, []]],
    }
    return {
        "uuid": order_uuid,
        "access_token": str(uuid.uuid4()),
        "name": f"Order {order_uuid[:8]}",
        "session_id": shop.session_id,
        "user_id": shop.admin.uid,
        "date_order": "2026-01-01 10:00:00",
        "state": "paid",
        "amount_paid": 10,
        "amount_total": 10,
        "amount_tax": 0,
        "amount_return": 0,
        "to_invoice": False,
        "last_order_preparation_change": "{}",
        "lines": [[0, 0, tea]],
        "payment_ids": [[0, 0, payment]],
    }


def sell(shop: Shop, register: Register, method_id: int) -> int:
    """Sell a cup of tea with MixPay; return the order's id."""
    payment = register.create(payment_method_id=method_id)
    shop.pay(payment)
    register.wait_for_state(payment, "success")
    data = order_data(
        shop, method_id, order_uuid=payment["order_uuid"], uuid=payment["payment_uuid"]
    )
    answer = register.call("pos.order", "sync_from_ui", [data])
    return answer["pos.order"][0]["id"]


def leave_paid(shop: Shop, register: Register, method_id: int) -> int:
    """Save a draft that is paid with MixPay, and go away; return its id."""
    payment = register.create(payment_method_id=method_id)
    data = order_data(
        shop, method_id, order_uuid=payment["order_uuid"], uuid=payment["payment_uuid"]
    )
    answer = register.call("pos.order", "sync_from_ui", [data | {"state": "draft"}])
    shop.pay(payment)
    register.wait_for_state(payment, "success")
    return answer["pos.order"][0]["id"]


def open_session(shop: Shop) -> None:
    shop.session_id = shop.admin.call("pos.session", "create", {"config_id": shop.config_id})
    shop.admin.call("pos.session", "set_opening_control", [shop.session_id], 0, "")


def close_session(shop: Shop) -> None:
    answer = shop.admin.call("pos.session", "close_session_from_ui", [shop.session_id])
    assert answer["successful"], answer
