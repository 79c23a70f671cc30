"""What the tests with other modules share."""

from odoo.tests import tagged

from ..test_frontend import MixpayTourCommon

compat = tagged("post_install", "-at_install", "-standard", "pos_mixpay_compat")


class CompatTours(MixpayTourCommon):
    """A shop that takes MixPay beside what the other modules bring, and our tours about that."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Not in the manifest: they import what only the other modules have.
        tours = "pos_mixpay/static/tests/compat"
        bundles = {
            "web.assets_tests": f"{tours}/*.js",
            "pos_self_order.assets_tests": f"{tours}/customer/*.js",
        }
        for bundle, path in bundles.items():
            cls.env["ir.asset"].create({"name": path, "bundle": bundle, "path": path})

    @classmethod
    def open_register(cls, config=None):
        """Open a Point of Sale (the usual one) as its cashier; return its session."""
        config = config or cls.main_pos_config
        config.with_user(cls.pos_user).open_ui()
        return config.current_session_id

    def mixpay_payments(self, order):
        """Return the MixPay payments of an order, oldest first."""
        return self.env["mixpay.payment"].search([("order_uuid", "=", order.uuid)], order="id")

    def assert_backed(self, order):
        """Every MixPay line of a paid order stands for a success of its own, and its amount."""
        lines = order.payment_ids.filtered(
            lambda line: line.payment_method_id.use_payment_terminal == "mixpay"
        )
        payments = self.env["mixpay.payment"].search([("pos_payment_id", "in", lines.ids)])
        self.assertTrue(lines)
        self.assertEqual(len(payments), len(lines))
        for payment in payments:
            line = payment.pos_payment_id
            self.assertEqual(payment.state, "success")
            self.assertEqual(payment.pos_order_id, order)
            self.assertEqual(line.transaction_id, payment.trace_id)
            self.assertEqual(line.currency_id.compare_amounts(line.amount, payment.amount), 0)
