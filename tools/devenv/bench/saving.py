"""What a long history of payments costs each order that a register saves.

One server, one process, one login per shop. The two shops differ in their payments only: both have
the old sessions, which core reads one and all whenever it looks for the open one.
"""

import uuid
from typing import Any

from . import stats
from .http import CREATE, STATUS, new_line, open_payments
from .lab import Lab
from .report import Outcome, Row, Target
from .shops import BenchShop
from .stock import add_old_payments, add_old_sessions

SAVE = "/web/dataset/call_kw/pos.order/sync_from_ui"
AMOUNT = 10.0
# As the register writes times.
ORDERED_AT = "2026-01-01 10:00:00"
# Whoever asks next hears of what was paid: how long a question must be past is not measured here.
ASK_NOW = "UPDATE mixpay_job SET attempted_at = NULL, webhook_at = NULL, lease_until = NULL"


def save_orders(lab: Lab) -> Outcome:
    """Milliseconds to save an order as paid, in cash and with MixPay, beside old payments."""
    count = lab.pick(1_000_000, 50_000)
    old, empty = _Register(lab.own_shop()), _Register(lab.own_shop())
    lab.say(f"    filling in {count:,} old payments")
    open_payments(old.shop, old.shop.cashier(), 1)  # the pattern of the old ones
    add_old_payments(old.shop.database, count)
    add_old_sessions(empty.shop.database, count)
    samples = lab.pick(200, 40)
    cash_old, cash = stats.alternate(samples, [old.save_cash, empty.save_cash], warm_up=20)
    samples = lab.pick(100, 20)
    mixpay_old, mixpay = stats.alternate(samples, [old.save_mixpay, empty.save_mixpay], warm_up=5)
    rows = [
        Row(
            f"saving an order paid {how}, {count:,} old payments, p50; yardstick: none",
            stats.p50(value),
            "ms",
            Target(1.1, "×"),
            yardstick=stats.p50(yardstick),
            by_ratio=True,
        )
        for how, value, yardstick in (
            ("in cash", cash_old, cash),
            ("with MixPay", mixpay_old, mixpay),
        )
    ]
    taken = {
        "cash_with_history_ms": cash_old,
        "cash_ms": cash,
        "mixpay_with_history_ms": mixpay_old,
        "mixpay_ms": mixpay,
    }
    rounded = {name: stats.rounded(values, 2) for name, values in taken.items()}
    return Outcome(rows, rounded, {"old payments": count})


class _Register:
    """A till for cash and MixPay, in a shop that never runs out of calls."""

    def __init__(self, shop: BenchShop) -> None:
        self.shop = shop
        shop.lift_limit()
        # A callback under way would be work beside what is timed.
        shop.simulator.simulator.set_knobs(callback_lost=True)
        self._cashier = shop.cashier()
        self._cash_id = shop.cash_id()
        self._session_id = shop.new_till("Cash till", [self._cash_id, shop.method_id]).session_id

    def save_cash(self) -> float:
        """Save a new order that is paid in cash."""
        return self._save(str(uuid.uuid4()), str(uuid.uuid4()), self._cash_id)

    def save_mixpay(self) -> float:
        """Save a new order that is paid with MixPay; only the saving is timed."""
        line = new_line(self.shop.method_id, self._session_id)
        trace_id = self._cashier.call(CREATE, line)["trace_id"]
        self.shop.pay({"trace_id": trace_id})
        self._hear_of(trace_id)
        return self._save(line["order_uuid"], line["payment_uuid"], self.shop.method_id)

    def _hear_of(self, trace_id: str) -> None:
        self.shop.database.rows(ASK_NOW)
        answer = self._cashier.call(STATUS, {"trace_ids": [trace_id], "check_now": True})
        if answer["payments"][0]["line_status"] != "done":
            raise RuntimeError(f"not paid: {answer}")

    def _save(self, order_uuid: str, line_uuid: str, method_id: int) -> float:
        payment = {
            "uuid": line_uuid,
            "amount": AMOUNT,
            "payment_method_id": method_id,
            "payment_date": ORDERED_AT,
            "payment_status": "done",
        }
        order = self._order(order_uuid, payment)
        params = {"model": "pos.order", "method": "sync_from_ui", "args": [[order]], "kwargs": {}}
        return self._cashier.timed(SAVE, params)

    def _order(self, order_uuid: str, payment: dict[str, Any]) -> dict[str, Any]:
        """An order of one product, as a register sends it."""
        product = {
            "uuid": str(uuid.uuid4()),
            "product_id": self.shop.product_id,
            "qty": 1,
            "price_unit": AMOUNT,
            "price_subtotal": AMOUNT,
            "price_subtotal_incl": AMOUNT,
            "tax_ids": [[6, 0, []]],
        }
        return {
            "uuid": order_uuid,
            "access_token": str(uuid.uuid4()),
            "name": "Order 0001",
            "state": "paid",
            "session_id": self._session_id,
            "date_order": ORDERED_AT,
            "amount_total": AMOUNT,
            "amount_paid": AMOUNT,
            "amount_tax": 0,
            "amount_return": 0,
            "to_invoice": False,
            "last_order_preparation_change": "{}",
            "lines": [[0, 0, product]],
            "payment_ids": [[0, 0, payment]],
        }
