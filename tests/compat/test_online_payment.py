"""Odoo's own online payments beside ours."""

import uuid

from odoo.addons.pos_online_payment.tests.test_frontend import TestUi as OnlinePayments

from .common import CompatTours, compat


@compat
class TestOnlinePayment(CompatTours, OnlinePayments):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pos_config.payment_method_ids += cls.mixpay_method

    def test_beside_online_payments(self):
        """An order that could be paid online, too: that clears drafts before validation."""
        order = self._open_session_fake_cashier_unpaid_order()
        order.uuid = str(uuid.uuid4())  # that of core's helper is none
        self.start_pos_tour("MixpayCompatBesideOnlineTour")
        self.assertEqual(order.state, "paid")
        self.assertEqual(order.payment_ids.payment_method_id, self.mixpay_method)
        self.assert_backed(order)
