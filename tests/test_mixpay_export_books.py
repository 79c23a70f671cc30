"""What the journal knows of payments is in the accountant's files."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..mixpay import facts
from .test_books import MixpayBooksCase


@tagged("post_install", "-at_install")
class TestMixpayExportBooks(MixpayBooksCase, TestPoSCommon):
    def test_entry_of_the_settlement_and_a_value_that_comes_later(self):
        payment = self.sell()
        self.close()
        self.settle(payment)
        self.book()
        first = self.export(0)
        [row] = self.rows(first)
        self.assertEqual(row["settled_entry"], self.lines(payment).move_id.name)
        self.assertEqual(row.get("settled_value", ""), "")
        wizard = self.env["mixpay.enter.value"].create(
            {
                "booking_id": self.booking(payment).id,
                "value": 9.8,
                "source": "the exchange",
                "date": fields.Date.today(),
            }
        )
        wizard.action_enter()
        self.book()
        second = self.export(1)
        [row] = self.rows(second)
        self.assertEqual((row["kind"], row["amount"]), ("Adjustment", ""))
        self.assertEqual(row["value_source"], f"the exchange {fields.Date.today()}")
        rows = self.rows(first) + self.rows(second)
        self.assertEqual(facts.number(facts.total(rows, "settled_value")), facts.number("9.8"))
        self.assertEqual(facts.number(facts.total(rows, "difference")), facts.number("-0.2"))

    def test_coins_sold_go_out(self):
        payment = self.sell()
        self.close()
        self.settle(payment)
        self.book()
        today = fields.Date.today()
        sold = self.env["mixpay.cash.out"].create(
            {
                "payment_method_id": self.method.id,
                "date": today,
                "coin": "USDT (Tron)",
                "units": "4.000000000000000001",
                "cost": 4.0,
                "cost_method": "First in, first out",
                "proceeds": 4.0,
                "proceeds_account_id": self.company_data["default_account_assets"].id,
            }
        )
        sold.action_post()
        [coin] = self.rows(self.export(0), "coins")
        self.assertEqual(
            [coin[name] for name in ("coin", "opening", "received", "spent", "closing")],
            ["USDT (Tron)", "0", "10", "4.000000000000000001", "5.999999999999999999"],
        )
        [coin] = self.rows(self.export(1), "coins")
        self.assertEqual((coin["opening"], coin["spent"]), ("5.999999999999999999", "0"))
        # It was a mistake: the accountant reverses its entry, in a later period.
        day = today + timedelta(days=2)
        back = sold.move_id._reverse_moves([{"date": day}])
        self.assertFalse(back.statement_line_id)
        with freeze_time(day):
            back.action_post()
        [coin] = self.rows(self.export(2), "coins")
        self.assertEqual(
            [coin[name] for name in ("opening", "spent", "closing")],
            ["5.999999999999999999", "-4.000000000000000001", "10.000000000000000000"],
        )
        self.assertEqual(self.balance(self.method.journal_id.default_account_id), 10.0)

    def test_coins_sold_go_out_once_whatever_the_time_zone(self):
        self.company.mixpay_timezone = "Asia/Tokyo"
        today = fields.Date.today()
        sold = self.env["mixpay.cash.out"].create(
            {
                "payment_method_id": self.method.id,
                "date": today,
                "coin": "USDT (Tron)",
                "units": "4",
                "cost": 4.0,
                "cost_method": "First in, first out",
                "proceeds": 4.0,
                "proceeds_account_id": self.company_data["default_account_assets"].id,
            }
        )
        sold.action_post()
        [first] = self.rows(self.export(0), "coins")
        self.company.mixpay_timezone = "America/New_York"
        [second] = self.rows(self.export(1), "coins")
        self.assertEqual((first["spent"], second["spent"]), ("4", "0"))
        self.assertEqual(second["opening"], first["closing"])
