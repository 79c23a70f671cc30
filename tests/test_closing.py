"""Closing a session never blocks and never loses: money rules 6 and 10."""

import uuid

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import MixpayShopCase


class ClosingMixin(MixpayShopCase):
    """Every way of closing a session, and drafts that MixPay has to do with."""

    def from_the_back_office(self, session):
        session.action_pos_session_closing_control()

    def from_the_register(self, session):
        """Close as the register does, in its three requests."""
        if session.config_id.cash_control:
            answer = session.post_closing_cash_details(session.cash_register_balance_end)
            self.assertTrue(answer["successful"], answer)
        session.update_closing_control_state_session("")
        answer = session.close_session_from_ui()
        self.assertTrue(answer["successful"], answer)

    def by_force(self, session):
        """Close with the wizard that takes a difference, after a first attempt."""
        session.update_closing_control_state_session("")
        wizard = self.env["pos.close.session.wizard"].create({})
        wizard.with_context(active_ids=session.ids).close_session()

    def without_cash(self):
        """Go on in a session of a shop that takes no cash."""
        self.pos_session.action_pos_session_closing_control()
        self.config.payment_method_ids -= self.config.payment_method_ids.filtered("is_cash_count")
        self.open_new_session()
        self.assertFalse(self.config.cash_control)

    def waiting(self, state="unpaid", session=None, **reported):
        """Return a draft order whose line waits for a payment in a state, and the payment."""
        self.line_uuid = str(uuid.uuid4())
        order = self.sync(self.order_data(state="draft"))
        payment = self.record()
        if state:
            payment.env["mixpay.answer"]._transition(payment, state, reported)
        return order, payment

    def open_session(self):
        """Open the next session as a register does, cashier's pop-up included."""
        self.config.open_ui()
        self.pos_session = self.config.current_session_id
        self.assertEqual(self.pos_session.state, "opening_control")
        self.pos_session.set_opening_control(0, "")
        return self.pos_session


@tagged("post_install", "-at_install")
class TestMixpayClosingWays(ClosingMixin, TestPoSCommon):
    """What is paid is finished, what waits goes on, whichever way a session is closed."""

    def assert_carried(self, order, payment, session):
        self.assertEqual(session.state, "closed")
        self.assertEqual(order.state, "draft")
        self.assertFalse(order.session_id)
        self.assertFalse(payment.is_abandoned)
        self.assertIn(order.pos_reference, " ".join(session.message_ids.mapped("body")))

    def test_what_waits_goes_on_and_what_is_paid_is_finished(self):
        closings = [self.from_the_back_office, self.from_the_register, self.by_force]
        for has_cash in (True, False):
            if not has_cash:
                self.without_cash()
            for close in closings:
                with self.subTest(close=close.__name__, has_cash=has_cash):
                    session = self.pos_session
                    paid, _payment = self.waiting("success")
                    others = [
                        self.waiting(state)
                        for state in (None, "unpaid", "paid_less", "confirming", "pending")
                    ]
                    close(session)
                    self.assertIn(paid.state, ("paid", "done"))
                    self.assertEqual(paid.session_id, session)
                    for order, payment in others:
                        self.assert_carried(order, payment, session)
                    self.open_session()
                    for order, payment in others:
                        self.assertEqual(order.session_id, self.pos_session)
                        self.assertEqual(payment.pos_session_id, self.pos_session)

    def test_a_rescue_session(self):
        self.pos_session.rescue = True
        (order, payment), session = self.waiting(), self.pos_session
        self.from_the_back_office(session)
        self.assert_carried(order, payment, session)

    def test_an_order_to_invoice_without_a_customer(self):
        for close in (self.from_the_back_office, self.from_the_register):
            with self.subTest(close=close.__name__):
                order, payment = self.waiting("success")
                order.to_invoice, session = True, self.pos_session
                with self.assertLogs("odoo.addons.pos_mixpay", "WARNING"):
                    close(session)
                self.assert_carried(order, payment, session)
                self.open_session()
                order.to_invoice = False

    def test_a_method_that_identifies_customers(self):
        """Paid without a customer, the order would keep its session from ever being closed."""
        self.pos_session.action_pos_session_closing_control()
        self.method.split_transactions = True
        for close in (self.from_the_back_office, self.from_the_register):
            with self.subTest(close=close.__name__):
                session = self.open_session()
                order, payment = self.waiting("success")
                close(session)
                self.assert_carried(order, payment, session)
        self.open_session()
        with self.assertRaisesRegex(ValidationError, "customer"), self.cr.savepoint():
            order.action_pos_order_paid()
        order.partner_id = self.customer
        order.action_pos_order_paid()
        self.from_the_back_office(self.pos_session)
        self.assertEqual(self.pos_session.state, "closed")
