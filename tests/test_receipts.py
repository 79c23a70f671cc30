"""What receipts and invoices say of a MixPay payment: the server's words."""

from datetime import datetime

from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import MANAGER, USDT_TRON, MixpayShopCase

TXID = "0xabcdef0123456789abcdef0123456789"
REPORTED = {
    "payable_amount": "10.0125",
    "payable_symbol": "USDT",
    "payable_asset_id": USDT_TRON,
    "payment_amount": "10.0125",
    "payment_symbol": "USDT",
    "payment_asset_id": USDT_TRON,
    "txid": TXID,
    "paid_at": datetime(2026, 11, 26, 8, 0),
}


@tagged("post_install", "-at_install")
class TestMixpayReceipts(MixpayShopCase, TestPoSCommon):
    def setUp(self):
        super().setUp()
        self.env.user.tz = "Europe/Berlin"

    def sell(self, **line):
        """Sell one product for MixPay; return the payment and the line of its order."""
        payment = self.record(is_test=False)
        payment.env["mixpay.answer"]._transition(payment, "success", REPORTED)
        order = self.sync(self.order_data(**line))
        return payment, order.payment_ids

    def receipt(self, line):
        """Return what a register reads of an order's line, as lines of text."""
        self.env.flush_all()
        line.invalidate_recordset(["mixpay_receipt"])
        [values] = line._load_pos_data_read(line, self.config)
        return (values["mixpay_receipt"] or "").split("\n")

    def test_coin_network_amount_rate_and_references(self):
        payment, line = self.sell()
        sent, rate, transaction, reference = self.receipt(line)
        self.assertEqual(sent, "Sent: 10.0125 USDT (Tron)")
        self.assertRegex(rate, r"^Rate: 1 USDT = 0\.998752 USD \(11/26/2026 09:00.AM\)$")
        self.assertEqual(transaction, "Transaction: 0xabcdef…23456789")
        self.assertEqual(reference, f"MixPay reference: {payment.trace_id}")

    def test_without_coins_the_references_stay(self):
        self.method.mixpay_receipt_coins = False
        payment, line = self.sell()
        self.assertEqual(
            self.receipt(line),
            ["Transaction: 0xabcdef…23456789", f"MixPay reference: {payment.trace_id}"],
        )

    def test_a_test_payment_says_so(self):
        payment = self.paid()
        line = self.sync(self.order_data()).payment_ids
        self.assertTrue(payment.is_test)
        self.assertEqual(self.receipt(line)[0], "TEST: no real money was paid")

    def test_a_line_that_is_not_paid_says_nothing(self):
        self.record(is_test=False)
        line = self.sync(self.order_data(state="draft")).payment_ids
        self.assertEqual(self.receipt(line), [""])

    def test_a_register_makes_nothing_up(self):
        _payment, line = self.sell(mixpay_receipt="Sent: 1000 BTC")
        self.assertNotIn("BTC", "".join(self.receipt(line)))

    def test_the_register_knows_it_before_its_order_is_saved(self):
        payment = self.record(is_test=False)
        presenter = payment.env["mixpay.presenter"]
        self.assertFalse(presenter._to_register(payment)["receipt"])
        payment.env["mixpay.answer"]._transition(payment, "success", REPORTED)
        self.assertIn("10.0125 USDT", presenter._to_register(payment)["receipt"])

    def test_an_invoice_s_payment_says_the_same(self):
        payment = self.record(is_test=False)
        payment.env["mixpay.answer"]._transition(payment, "success", REPORTED)
        data = self.order_data()
        data |= {"partner_id": self.customer.id, "to_invoice": True}
        order = self.sync(data)
        [paid] = order.account_move.invoice_payments_widget["content"]
        self.assertIn("Sent: 10.0125 USDT (Tron), Rate: 1 USDT", paid["pos_payment_name"])
        self.assertIn(payment.trace_id, paid["pos_payment_name"])

    def test_a_manager_leaves_coins_out_and_that_is_on_record(self):
        manager = self.new_user("mixpay_manager", MANAGER)
        self.method.with_user(manager).mixpay_receipt_coins = False
        event = self.env["mixpay.event"].search([], limit=1)
        self.assertEqual(event.kind, "method_changed")
        self.assertEqual(event.data["setting"], "mixpay_receipt_coins")
        self.assertEqual(event.user_id, manager)
