"""The sale that was made in the browser, looked up in Odoo's database."""

from collections.abc import Callable
from typing import Any

Record = dict[str, Any]
#: Asks Odoo for the records of a model: its name, a domain, and the fields wanted.
Search = Callable[[str, list[Any], dict[str, Any]], list[Record]]

_MIXPAY: dict[str, Any] = {"trace_id": {}, "state": {}, "is_test": {}, "amount": {}}
_ORDER: dict[str, Any] = {
    "name": {},
    "state": {},
    "amount_total": {},
    "amount_paid": {},
    "payment_ids": {},
    "lines": {"fields": {"full_product_name": {}}},
}
_PAYMENT: dict[str, Any] = {
    "amount": {},
    "card_brand": {},
    "currency_id": {"fields": {"name": {}, "decimal_places": {}}},
    "payment_method_id": {"fields": {"use_payment_terminal": {}}},
    "pos_order_id": {"fields": _ORDER},
}


class SaleError(Exception):
    """The sale did not go as it should."""


def check(condition: object, complaint: str) -> None:
    """Go on only if all is well.

    :raises SaleError: with the complaint
    """
    if not condition:
        raise SaleError(complaint)


def look_up(search: Search, link: str) -> dict[str, str]:
    """Find the sale that was paid at a link; return what was sold, in words.

    :raises SaleError: what is not as it should be
    """
    shown = search("mixpay.payment", [("link", "=", link)], _MIXPAY)
    check(len(shown) == 1, f"{len(shown)} MixPay payments with the link shown as QR code")
    trace_id, state = shown[0]["trace_id"], shown[0]["state"]
    check(state == "success", f"the MixPay payment is {state}")
    check(shown[0]["is_test"], "the MixPay payment is not marked as a test")
    booked = search("pos.payment", [("transaction_id", "=", trace_id)], _PAYMENT)
    check(len(booked) == 1, f"{len(booked)} payments of orders with trace id {trace_id}")
    _check_order(booked[0], shown[0]["amount"])
    return {**_in_words(booked[0]), "trace_id": trace_id}


def _check_order(payment: Record, expected: float) -> None:
    order = payment["pos_order_id"]
    terminal = payment["payment_method_id"]["use_payment_terminal"]
    check(terminal == "mixpay", "paid with another method")
    check(order["state"] in ("paid", "done"), f"the order is {order['state']}")
    check(order["payment_ids"] == [payment["id"]], "the order has other payments too")
    digits = payment["currency_id"]["decimal_places"]
    for amount in (order["amount_total"], order["amount_paid"], payment["amount"]):
        check(round(amount - expected, digits) == 0, f"{amount} for {expected}")


def _in_words(payment: Record) -> dict[str, str]:
    order, currency = payment["pos_order_id"], payment["currency_id"]
    return {
        "product": ", ".join(line["full_product_name"] for line in order["lines"]),
        "amount": f"{order['amount_total']:.{currency['decimal_places']}f}",
        "currency": currency["name"],
        "coin": payment["card_brand"] or "an unnamed coin",
        "order": order["name"],
        "state": order["state"],
    }
