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

    def test_partly_online(self):
        """A customer pays a half online, and the other one by MixPay."""
        order = self._open_session_fake_cashier_unpaid_order()
        order.uuid = str(uuid.uuid4())  # that of core's helper is none
        half = order.currency_id.round(order.amount_total / 2)
        order.with_user(self.pos_user).get_and_set_online_payments_data(half)
        self._fake_online_payment(order.id, order.access_token, self.payment_provider.id)
        self.assertEqual(order.state, "draft")
        self.start_pos_tour("MixpayCompatPartlyOnlineTour")
        self.assertEqual(order.state, "paid")
        self.assert_backed(order)
        online = order.payment_ids.filtered("payment_method_id.is_online_payment")
        self.assertAlmostEqual(sum(online.mapped("amount")), half)
