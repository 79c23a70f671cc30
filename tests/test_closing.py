"""Closing a session never blocks and never loses: money rules 6 and 10."""

import uuid
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import CASHIER, MixpayShopCase


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

    def waiting(self, state="unpaid", **reported):
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

    def test_what_closing_finishes_is_not_named_as_going_on(self):
        """The register shows the names before closing; what closing finishes goes on nowhere."""
        paid, _payment = self.waiting("success")
        unknown, left = self.waiting("success")
        unknown.to_invoice = True  # but it has no customer
        late, payment = self.waiting()
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        waits, _payment = self.waiting("confirming")
        session, orders = self.pos_session, paid | unknown | late | waits
        self.assertEqual(session._mixpay_orders_to_defer(), orders)
        self.assertEqual(session._mixpay_orders_to_finish(orders), paid)
        self.assertEqual(set(orders.mapped("state")), {"draft"}, "nothing is finished by asking")
        self.assertFalse(left.finish_reason, "nor is anybody told")
        with mute_logger("odoo.addons.pos_mixpay.models.pos_session"):
            self.from_the_register(session)
        self.assertEqual(orders.filtered(lambda order: order.state == "draft"), orders - paid)

    def test_what_raises_is_named_as_going_on(self):
        order, _payment = self.waiting("success")

        def raises(_order):
            raise RuntimeError("out of order")

        with (
            patch.object(self.registry["pos.order"], "_mixpay_finish_obstacle", raises),
            self.assertLogs("odoo.addons.pos_mixpay.models.pos_session", "WARNING"),
        ):
            self.assertFalse(self.pos_session._mixpay_orders_to_finish(order))

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
                with mute_logger("odoo.addons.pos_mixpay.models.pos_session"):
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

    def test_an_order_that_its_register_has_not_saved_yet(self):
        """The device died a moment ago, or is another one that is about to save it."""
        data = self.order_data(state="draft")
        payment, session = self.record(order_uuid=data["uuid"], order_data=data), self.pos_session
        self.from_the_register(session)
        order = self.env["pos.order"].search([("uuid", "=", data["uuid"])])
        self.assert_carried(order, payment, session)
        self.assertEqual(order.payment_ids.uuid, self.line_uuid)

    def test_an_order_whose_payment_was_asked_for_as_the_session_was_closed(self):
        """The closing saw nothing of it, and its device died then."""
        data = self.order_data(state="draft")
        self.pos_session.action_pos_session_closing_control()
        payment = self.record(order_uuid=data["uuid"], order_data=data)
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        payment.flush_recordset()
        self.env.cr.execute(
            "UPDATE mixpay_payment SET create_date = create_date - interval '1 minute'"
        )
        payment.invalidate_recordset()
        self.leave_alone(payment)
        room = payment.env["mixpay.fulfilment"]
        room._finish_what_is_left(payment)
        self.assertTrue(payment.order_data, "for the next session")
        session = self.open_session()
        room._finish_what_is_left(payment)
        order = self.env["pos.order"].search([("uuid", "=", data["uuid"])])
        self.assertEqual((order.session_id, order.state), (session, "paid"))

    def test_money_that_came_after_the_cashier_gave_up_is_left_to_a_person(self):
        order, payment = self.waiting()
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        session = self.pos_session
        self.from_the_register(session)
        self.assertEqual((session.state, order.state), ("closed", "draft"))
        self.assertFalse(order.session_id)
        self.assertEqual(payment.issue, "late")

    def test_what_nobody_waits_for_is_as_core_has_it(self):
        order, payment = self.waiting()
        payment._abandon()
        answer = self.pos_session.post_closing_cash_details(0)
        self.assertFalse(answer["successful"])
        self.assertEqual(answer["open_order_ids"], order.ids)
        order.action_pos_order_cancel()
        self.from_the_register(self.pos_session)

    def test_core_s_dialog_names_no_order_that_goes_on(self):
        """What is offered to be cancelled is what MixPay has nothing to do with."""
        order, payment = self.waiting()
        other = self.draft()
        for has_cash in (True, False):
            if not has_cash:
                self.env["pos.order"].browse(other.id).action_pos_order_cancel()
                self.without_cash()
                (order, payment), other = self.waiting(), self.draft()
            session = self.pos_session
            if has_cash:
                answer = session.post_closing_cash_details(0)
            else:
                session.update_closing_control_state_session("")
                answer = session.close_session_from_ui()
            self.assertFalse(answer["successful"])
            self.assertEqual(answer["open_order_ids"], other.ids)
            self.assertIn(order, session._mixpay_deferred_orders())
            other.action_pos_order_cancel()
            self.from_the_register(session)
            self.assertEqual(session.state, "closed")
            self.assertFalse(payment.is_abandoned)
            self.open_session()


@tagged("post_install", "-at_install")
class TestMixpayNextSession(ClosingMixin, TestPoSCommon):
    """What was deferred goes on in the next session, whenever that is opened."""

    def test_after_weeks_and_a_change_of_the_clocks(self):
        """Nobody opened the shop for longer than the job looks after a paid order."""
        with freeze_time("2026-10-24 23:30:00"):
            order, payment = self.waiting()
            self.pos_session.action_pos_session_closing_control()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        payment.write({"finished_at": "2026-10-25 00:59:00", "finish_at": False})
        session = self.open_session()
        self.assertEqual(order.session_id, session)
        self.assertEqual(payment.pos_session_id, session)
        self.assertTrue(payment.finish_at, "the job looks after it again")
        self.leave_alone(payment)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertEqual(order.state, "paid")
        self.from_the_register(session)
        self.assertEqual(order.state, "done")

    def test_a_session_over_midnight_in_the_night_of_the_clocks(self):
        """Asked for before midnight, paid after it: sold when it is finished, in one session."""
        self.env.user.tz, session = "Europe/Berlin", self.pos_session
        with freeze_time("2026-10-24 23:59:30"):
            order, payment = self.waiting()
        for moment, is_paid in (("2026-10-25 00:00:30", False), ("2026-10-25 01:00:30", True)):
            with freeze_time(moment):
                if is_paid:
                    payment.env["mixpay.answer"]._transition(payment, "success", {})
                payment.env["mixpay.fulfilment"]._complete(order)
                self.assertEqual(order.state, "paid" if is_paid else "draft")
        self.assertEqual(str(order.date_order), "2026-10-25 01:00:30")
        self.assertEqual((order.session_id, payment.pos_session_id), (session, session))
        self.from_the_register(session)
        self.assertEqual((session.state, order.state), ("closed", "done"))

    def test_an_order_left_in_a_closed_session(self):
        order, payment = self.waiting("confirming")
        self.pos_session.write({"state": "closed"})
        self.assertTrue(order.session_id)
        session = self.open_session()
        self.assertEqual(order.session_id, session)
        self.assertFalse(payment.is_abandoned)

    def test_an_order_that_another_shop_was_paid_for(self):
        """Its shop shares its orders with this one, where it goes on."""
        other = self.config.copy({"name": "Next Door", "trusted_config_ids": self.config.ids})
        order = self.sync(self.order_data(state="draft"))
        payment = self.paid(pos_config_id=other.id)
        payment.finish_at = False
        self.pos_session.write({"state": "closed"})
        self.open_session()
        self.assertEqual(order.session_id, self.pos_session)
        self.assertTrue(payment.finish_at, "the job looks after it again")

    # === WHAT IS PAID STANDS IN A SESSION === #

    def deferred(self):
        """Return a paid draft that waits for the next session, since a customer was missing."""
        order, payment = self.waiting("success")
        order.to_invoice = True
        with mute_logger("odoo.addons.pos_mixpay.models.pos_session"):
            self.from_the_back_office(self.pos_session)
        order.to_invoice = False
        self.assertEqual((order.state, order.session_id.id), ("draft", False))
        return order, payment

    def pay_in_the_back_office(self, order):
        wizard = self.env["pos.make.payment"].with_context(active_id=order.id)
        values = {"amount": 0, "payment_method_id": self.method.id, "config_id": self.config.id}
        wizard.create(values).check()

    def test_an_order_without_a_session_is_paid_in_the_open_one(self):
        order, payment = self.deferred()
        session = self.open_session()
        order.session_id = False
        self.pay_in_the_back_office(order)
        self.assertEqual((order.state, order.session_id), ("paid", session))
        self.assertEqual(payment.pos_payment_id.session_id, session)
        self.assertIn(self.config.name, order.name)

    def test_where_no_session_is_open_it_waits(self):
        order, _payment = self.deferred()
        with self.assertRaisesRegex(UserError, "Open a session"), self.cr.savepoint():
            self.pay_in_the_back_office(order)
        order.invalidate_recordset()
        self.assertEqual(order.state, "draft")

    def assert_paid_in_the_open_one(self, session_id):
        order, _payment = self.deferred()
        session = self.open_session()
        cashier = self.new_user("mixpay_console", CASHIER)
        order.with_user(cashier).write({"state": "paid", "session_id": session_id})
        self.assertEqual((order.state, order.session_id), ("paid", session))

    def test_a_cashier_pays_an_order_in_no_session(self):
        self.assert_paid_in_the_open_one(False)

    def test_a_cashier_pays_an_order_in_a_closed_session(self):
        self.assert_paid_in_the_open_one(self.pos_session.id)

    def test_opening_can_be_taken_back(self):
        """Core deletes a session in opening control only when no order is in it."""
        order, _payment = self.waiting()
        self.pos_session.action_pos_session_closing_control()
        self.config.open_ui()
        session = self.config.current_session_id
        session.delete_opening_control_session()
        self.assertFalse(session.exists())
        self.assertFalse(order.session_id)
        self.assertEqual(order.session_id, self.env["pos.session"])
        self.open_session()
        self.assertEqual(order.session_id, self.pos_session)

    def test_a_shop_opens_whatever_an_order_raises(self):
        order, _payment = self.waiting()
        other, _payment = self.waiting()
        self.pos_session.action_pos_session_closing_control()
        model, original = (
            self.registry["pos.session"],
            self.registry["pos.session"]._mixpay_take_over_order,
        )

        def take_over(session, taken):
            if taken == order:
                raise RuntimeError("out of order")
            return original(session, taken)

        with (
            patch.object(model, "_mixpay_take_over_order", take_over),
            self.assertLogs("odoo.addons.pos_mixpay.models.pos_session", "WARNING"),
        ):
            session = self.open_session()
        self.assertEqual(session.state, "opened")
        self.assertEqual(other.session_id, session)
        self.assertFalse(order.session_id)

    def test_another_shop_s_orders_stay_there(self):
        order, _payment = self.waiting()
        self.pos_session.action_pos_session_closing_control()
        other = self.config.copy({"name": "Next Door"})
        other.open_ui()
        other.current_session_id.set_opening_control(0, "")
        self.assertFalse(order.session_id)

    def test_what_happened_is_on_record(self):
        order, payment = self.waiting()
        self.pos_session.action_pos_session_closing_control()
        event = self.env["mixpay.event"].search(
            [("payment_id", "=", payment.id), ("kind", "=", "order_deferred")]
        )
        self.assertEqual(event.data["order"], order.pos_reference)
        closed, session = self.pos_session, self.open_session()
        report = self.env["report.point_of_sale.report_saledetails"]
        for one, is_named in ((closed, True), (session, False)):
            deferred = report.get_sale_details(session_ids=one.ids)["mixpay"]["deferred"]
            self.assertEqual(any(payment.trace_id in line for line in deferred), is_named)
