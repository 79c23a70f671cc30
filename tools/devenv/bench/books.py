"""Measures of the accountant's files: a whole period, in turns with core's own export of it."""

import json
from datetime import date, timedelta
from urllib.parse import quote

from .figures import Outcome, alternate
from .http import SavingTill, p50_row
from .lab import Lab, measure
from .shops import BenchShop, Caller
from .stock import add_old_sales

EXPORT = "/web/dataset/call_kw/mixpay.export/create"
CORE_EXPORT = "/web/export/xlsx?data="
# About as many columns as the two linked sheets have; what core knows of a sale and its payment.
CORE_COLUMNS = (
    *("name", "pos_reference", "company_id", "config_id", "session_id", "user_id", "partner_id"),
    *("account_move", "session_move_id", "date_order", "currency_id", "currency_rate", "state"),
    *("amount_total", "amount_tax", "amount_paid", "amount_return", "tip_amount", "is_tipped"),
    *(
        f"payment_ids/{name}"
        for name in ("payment_method_id", "amount", "payment_date", "transaction_id")
    ),
    *(f"payment_ids/{name}" for name in ("payment_ref_no", "card_brand", "uuid")),
    *(f"lines/{name}" for name in ("product_id", "price_subtotal", "price_subtotal_incl")),
)
# Five files against one: rows of payments and of orders are kept, and written as CSV and workbooks.
LIMIT = 5.0
FORGET = (
    "DELETE FROM mixpay_export_line",
    "DELETE FROM ir_attachment WHERE res_model = 'mixpay.export'",
    "DELETE FROM mixpay_export",
)


@measure("export")
def export_period(lab: Lab) -> Outcome:
    """Freezing a period's sales and making its files, against core's own export of them.

    One request each, by an administrator; milliseconds a sale. Ours reads payments and orders,
    keeps rows of both, and makes five files of seven sheets; core's makes one workbook.
    """
    count = lab.pick(5_000, 500)
    desk = _Accountant(lab.own_shop(), count)
    ours, core = alternate(lab.pick(5, 3), [desk.export, desk.core_export], warm_up=1)
    title = f"export of {count:,} sales, a sale, p50; yardstick: core's export of the orders"
    return Outcome(
        [p50_row(title, ours, core, LIMIT)], {"export_ms": ours, "core_ms": core}, {"sales": count}
    )


class _Accountant:
    """Somebody who exports the sales of one past day."""

    def __init__(self, shop: BenchShop, count: int) -> None:
        self._shop, self._count = shop, count
        self._day = date.today() - timedelta(days=3)
        SavingTill(shop).save_mixpay()
        add_old_sales(shop.database, count, self._day)
        self._login = Caller(shop.server, shop.admin.http.cookies["session_id"])

    def export(self) -> float:
        """Freeze the day."""
        for statement in FORGET:
            self._shop.database.rows(statement)
        vals = {"date_from": str(self._day), "date_to": str(self._day)}
        params = {"model": "mixpay.export", "method": "create", "args": [vals], "kwargs": {}}
        milliseconds = self._login.timed(EXPORT, params)
        [(payments, orders)] = self._shop.database.rows(
            "SELECT payment_count, order_count FROM mixpay_export"
        )
        if not payments == orders == self._count:
            raise RuntimeError(f"exported {payments} payments and {orders} orders")
        return milliseconds / self._count

    def core_export(self) -> float:
        """Export the same orders as anybody does from their list."""
        fields = [{"name": name, "label": name, "type": "char"} for name in CORE_COLUMNS]
        data = {
            "model": "pos.order",
            "fields": fields,
            "ids": False,
            "domain": [("name", "=like", "Past/%")],
            "groupby": [],
            "import_compat": False,
            "context": {},
        }
        return self._login.timed_get(CORE_EXPORT + quote(json.dumps(data))) / self._count
