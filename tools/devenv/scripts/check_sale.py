"""Fed to `odoo shell`: the sale that was made in the browser, checked in the books."""

import json
import os

env = globals()["env"]  # given by Odoo's shell


def check(condition, complaint):
    if not condition:
        raise SystemExit(f"The sale is not right in the database: {complaint}")


with open(json.loads(os.environ["POS_MIXPAY_DEMO"])["sold"]) as file:
    sold = json.load(file)

record = env["mixpay.payment"].search([("link", "=", sold["link"])])
check(len(record) == 1, f"{len(record)} MixPay payments with the link shown as QR code")
check(record.state == "success", f"the MixPay payment is {record.state}")
check(record.is_test, "the MixPay payment is not marked as a test")

line = env["pos.payment"].search([("transaction_id", "=", record.trace_id)])
check(len(line) == 1, f"{len(line)} payments of orders with trace id {record.trace_id}")
check(line.payment_method_id.use_payment_terminal == "mixpay", "paid with another method")

order = line.pos_order_id
currency = order.currency_id
check(order.state in ("paid", "done"), f"the order is {order.state}")
check(order.payment_ids == line, "the order has other payments too")
for amount in (order.amount_total, order.amount_paid, line.amount):
    check(currency.compare_amounts(amount, record.amount) == 0, f"{amount} for {record.amount}")

sold |= {
    "product": ", ".join(order.lines.mapped("full_product_name")),
    "amount": f"{order.amount_total:.{currency.decimal_places}f}",
    "currency": currency.name,
    "coin": line.card_brand or "an unnamed coin",
    "order": order.name,
    "state": order.state,
    "trace_id": record.trace_id,
}
with open(json.loads(os.environ["POS_MIXPAY_DEMO"])["sold"], "w") as file:
    json.dump(sold, file)
