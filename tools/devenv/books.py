"""The sale that was made in the browser, looked up in Odoo's database."""

from collections.abc import Callable
from typing import Any

Record = dict[str, Any]
#: Asks Odoo for records: a model's name, a domain, and the fields wanted.
Search = Callable[[str, list[Any], list[str]], list[Record]]


class SaleError(Exception):
    """The sale did not go as it should."""


def look_up(search: Search, link: str) -> dict[str, str]:
    """Find the sale that was paid at a link; return what was sold, in words.

    :raises SaleError: what is not as it should be
    """

    def only(model: str, domain: list[Any], fields: list[str]) -> Record:
        found = search(model, domain, fields)
        if len(found) != 1:
            raise SaleError(f"the database has {len(found)} {model} with {domain}, not one")
        return found[0]

    domain = [("link", "=", link), ("state", "=", "success"), ("is_test", "=", True)]
    mixpay = only("mixpay.payment", domain, ["trace_id", "amount"])
    domain = [("payment_method_id.use_payment_terminal", "=", "mixpay")]
    domain += [("transaction_id", "=", mixpay["trace_id"])]
    fields = ["amount", "currency_id", "card_brand", "pos_order_id"]
    payment = only("pos.payment", domain, fields)
    domain = [("id", "=", payment["pos_order_id"][0]), ("state", "in", ["paid", "done"])]
    fields = ["name", "state", "amount_total", "amount_paid", "payment_ids", "lines"]
    order = only("pos.order", domain, fields)
    if order["payment_ids"] != [payment["id"]]:
        raise SaleError(f"order {order['name']} has other payments too")
    amounts = [mixpay["amount"], payment["amount"], order["amount_paid"], order["amount_total"]]
    if len({f"{amount:.2f}" for amount in amounts}) > 1:
        raise SaleError(f"paid, booked, and due are not the same: {amounts}")
    line = only("pos.order.line", [("id", "in", order["lines"])], ["full_product_name"])
    return {
        "product": line["full_product_name"],
        "amount": f"{order['amount_total']:.2f}",
        "currency": payment["currency_id"][1],
        "coin": payment["card_brand"] or "an unnamed coin",
        "order": order["name"],
        "state": order["state"],
        "trace_id": mixpay["trace_id"],
    }
