"""A payment follows its line into another order, and never into a stranger's: money rules 1, 4."""

import uuid
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import CASHIER, MixpayShopCase


@tagged("post_install", "-at_install")
class TestMixpayMoving(MixpayShopCase, TestPoSCommon):
    """Two devices' orders become one; what a cashier may do with that."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cashier = cls.new_user("mixpay_moving_cashier", CASHIER)

    def move(self, line, order):
        """Write a line into another order, as whoever has a browser's console may."""
        line.with_user(self.cashier).write({"pos_order_id": order.id})
        order._compute_prices()

    def moved_events(self, payment):
        domain = [("payment_id", "=", payment.id), ("kind", "=", "order_moved")]
        return self.env["mixpay.event"].search(domain)

    def draft_with_payment(self, state="success"):
        """Return a draft order whose line was made for a payment in a state, and the payment."""
        self.line_uuid = str(uuid.uuid4())
        order = self.sync(self.order_data(state="draft"))
        payment = self.record()
        payment.env["mixpay.answer"]._transition(payment, state, {})
        return order, payment

    def assert_not_followed(self, payment, order):
        self.assertFalse(payment.moved_order_uuid)
        self.assertFalse(self.moved_events(payment))
        self.assertFalse(payment._is_for_order(order.uuid))

    def assert_unpaid(self, order, words="another order"):
        with self.assertRaisesRegex(ValidationError, words), self.cr.savepoint():
            order.write({"state": "paid"})

    # === IT FOLLOWS === #

    def test_from_an_order_that_was_never_saved(self):
        """The second device's order becomes part of the first one's: it never exists here."""
        payment, order = self.paid(), self.draft()
        data = self.order_data(state="draft")
        order.write({"payment_ids": data["payment_ids"]})
        self.assertEqual(payment.moved_order_uuid, order.uuid)
        self.assertNotEqual(payment.order_uuid, order.uuid, "what it was asked for stays")
        self.assertEqual(self.moved_events(payment).data["to"], order.uuid)
        order._compute_prices()
        order.action_pos_order_paid()
        self.assertEqual(payment.pos_order_id, order)
        self.assertTrue(payment._is_booked())

    def test_a_payment_that_is_recorded_after_its_line_was_merged(self):
        order, data = self.draft(), self.order_data(state="draft")
        order.write({"payment_ids": data["payment_ids"]})
        payment = self.paid()
        payment.env["mixpay.coverage"]._link_to_pos_payment(payment)
        self.assertEqual(payment.moved_order_uuid, order.uuid)
        self.assertEqual(payment.pos_order_id, order)

    def test_while_it_is_waiting_and_the_server_finishes_the_order(self):
        first, payment = self.draft_with_payment("unpaid")
        other = self.draft()
        self.move(first.payment_ids, other)
        first.action_pos_order_cancel()
        self.assertFalse(payment.is_abandoned, "its order goes on elsewhere")
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.assertFalse(payment.order_ended_at)
        self.assertEqual(payment.env["mixpay.move"]._draft_order(payment), other)
        self.pos_session.action_pos_session_closing_control()
        self.assertIn(other.state, ("paid", "done"))
        self.assertEqual(payment.pos_order_id, other)

    def test_an_order_that_it_left_may_go(self):
        first, payment = self.draft_with_payment("confirming")
        self.move(first.payment_ids, self.draft())
        first.with_user(self.cashier).action_pos_order_cancel()
        self.assertEqual(first.state, "cancel")
        self.assertFalse(payment.is_abandoned)

    def test_it_goes_back_with_its_line(self):
        first, payment = self.draft_with_payment()
        line, other = first.payment_ids, self.draft()
        self.move(line, other)
        self.move(line, first)
        self.assertFalse(payment.moved_order_uuid)
        self.assertEqual(len(self.moved_events(payment)), 2)
        self.assertTrue(payment._backs(line))

    def test_the_report_names_it(self):
        first, payment = self.draft_with_payment()
        other = self.draft()
        self.move(first.payment_ids, other)
        report = self.env["report.point_of_sale.report_saledetails"]
        details = report.get_sale_details(session_ids=self.pos_session.ids)["mixpay"]
        self.assertEqual(len(details["moved"]), 1)
        self.assertIn(other.pos_reference, details["moved"][0])
        self.assertIn(payment.trace_id, details["moved"][0])

    def test_a_register_goes_on_with_it_in_the_order_where_it_is(self):
        first, payment = self.draft_with_payment("unpaid")
        other = self.draft()
        self.move(first.payment_ids, other)
        checkout = payment.env["mixpay.checkout"]
        usable = checkout._usable(payment, self.pos_session, 10, other.uuid)
        self.assertEqual(usable, payment)
        blocking = self.env["mixpay.coverage"]._blocking
        payment.env["mixpay.answer"]._transition(payment, "confirming", {})
        self.assertEqual(blocking(other.uuid, [], self.company), payment)

    # === A LINE IS IN ONE ORDER === #

    def test_the_write_that_moves_a_line_takes_it_from_the_draft_that_it_leaves(self):
        """By its order, or by the list of the other one: the former draft is without it at once."""
        moves = {
            "the line's order": lambda line, other: line.write({"pos_order_id": other.id}),
            "the order's lines": lambda line, other: other.write({"payment_ids": [(4, line.id)]}),
        }
        seen = []
        follow = self.registry["mixpay.move"]._may_follow

        def may_follow(move, payment, order):
            former = self.env["pos.order"].search([("uuid", "=", payment._order_uuid())])
            seen.append(payment.payment_uuid in former.payment_ids.mapped("uuid"))
            return follow(move, payment, order)

        for name, move in moves.items():
            with (
                self.subTest(name=name),
                patch.object(self.registry["mixpay.move"], "_may_follow", may_follow),
            ):
                first, payment = self.draft_with_payment()
                line, other = first.payment_ids, self.draft()
                seen.clear()
                move(line, other)
                self.assertEqual(seen, [False], "asked once, when it had left")
                self.assertEqual(payment.moved_order_uuid, other.uuid)

    def test_a_line_that_a_draft_still_has_is_written_into_no_other(self):
        """A device that does not know where the line is sends it as new: the database refuses."""
        _first, payment = self.draft_with_payment()
        other = self.draft()
        data = self.order_data(state="draft") | {"uuid": other.uuid, "lines": []}
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            self.sync(data)
        self.assert_not_followed(payment, other)

    # === NEVER INTO A STRANGER'S BILL === #

    def test_not_what_a_browser_says_of_a_paid_order(self):
        payment, order = self.paid(), self.draft()
        data = self.order_data()
        data["uuid"] = str(uuid.uuid4())
        with self.assertRaisesRegex(ValidationError, "another order"), self.cr.savepoint():
            self.sync(data)
        self.assert_not_followed(payment, order)
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        pay = (0, 0, {"amount": 10.0, "payment_method_id": cash.id})
        order.write({"payment_ids": [pay], "state": "paid"})
        self.assertFalse(payment.env["mixpay.move"]._may_follow(payment, order))

    def test_not_from_an_order_that_was_paid_or_cancelled(self):
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        for end in ("cancel", "cash"):
            with self.subTest(end=end):
                first, payment = self.draft_with_payment("unpaid")
                line, other = first.payment_ids, self.draft()
                if end == "cancel":
                    first.action_pos_order_cancel()
                else:
                    line.amount = 0.0
                    pay = (0, 0, {"amount": 10.0, "payment_method_id": cash.id})
                    first.write({"payment_ids": [pay], "state": "paid"})
                payment.env["mixpay.answer"]._transition(payment, "success", {})
                line.write({"pos_order_id": other.id, "amount": 10.0})
                self.assert_not_followed(payment, other)
                self.assert_unpaid(other)

    def test_not_from_an_order_that_ended_past_everything(self):
        first, payment = self.draft_with_payment()
        other = self.draft()
        self.env.cr.execute("UPDATE pos_order SET state = 'paid' WHERE id = %s", [first.id])
        first.invalidate_recordset()
        self.assertFalse(payment.env["mixpay.move"]._may_follow(payment, other))

    def test_what_came_to_nothing_stays_where_it_was(self):
        first, payment = self.draft_with_payment("failed")
        other = self.draft()
        self.move(first.payment_ids, other)
        self.assert_not_followed(payment, other)

    def test_not_what_was_given_up(self):
        first, payment = self.draft_with_payment("unpaid")
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        other = self.draft()
        self.move(first.payment_ids, other)
        self.assert_not_followed(payment, other)
        self.assert_unpaid(other)

    def test_not_by_the_uuid_of_a_line_that_its_register_has_not_saved(self):
        """Whoever sells reads it from the payment, and may give it to a line of any order."""
        data = self.order_data(state="draft")
        data["lines"][0][2]["uuid"] = str(uuid.uuid4())
        payment, stranger = self.paid(order_data=data), self.draft()
        stranger.with_user(self.cashier).write({"payment_ids": data["payment_ids"]})
        self.assert_not_followed(payment, stranger)
        self.assert_unpaid(stranger)
        stranger.write({"lines": data["lines"]})
        payment.env["mixpay.coverage"]._link_to_pos_payment(payment)
        self.assertEqual(payment.moved_order_uuid, stranger.uuid, "core took over all of it")

    def test_not_into_another_customer_s_order(self):
        first, payment = self.draft_with_payment()
        other = self.draft()
        first.partner_id, other.partner_id = self.customer, self.other_customer
        self.move(first.payment_ids, other)
        self.assert_not_followed(payment, other)
        self.assert_unpaid(other)

    def test_not_into_another_shop_s_order_unless_they_share_orders(self):
        first, payment = self.draft_with_payment()
        line, other_config = first.payment_ids, self.config.copy({"name": "Next Door"})
        other_config.payment_method_ids = self.method
        other_config.open_ui()
        data = self.order_data(state="draft") | {"uuid": str(uuid.uuid4()), "payment_ids": []}
        data |= {"session_id": other_config.current_session_id.id, "amount_paid": 0}
        other = self.sync(data)
        self.assertEqual(other.config_id, other_config)
        line.write({"pos_order_id": other.id})
        self.assert_not_followed(payment, other)
        self.assert_unpaid(other)
        line.write({"pos_order_id": first.id})
        other_config.trusted_config_ids = self.config
        line.write({"pos_order_id": other.id})
        self.assertEqual(payment.moved_order_uuid, other.uuid)

    def test_not_into_another_company_s_order(self):
        first, payment = self.draft_with_payment()
        other = self.draft()
        self.env.cr.execute(
            "UPDATE pos_order SET company_id = %s WHERE id = %s",
            [self.env["res.company"].create({"name": "Stranger"}).id, other.id],
        )
        other.invalidate_recordset()
        self.assertFalse(payment.env["mixpay.move"]._may_follow(payment, other))
        first.payment_ids.write({"pos_order_id": other.id})
        self.assert_not_followed(payment, other)

    # === ONE PAYMENT, ONE ORDER === #

    def test_one_payment_never_covers_two_orders(self):
        first, payment = self.draft_with_payment()
        line, other = first.payment_ids, self.draft()
        self.move(line, other)
        other.action_pos_order_paid()
        self.assertTrue(payment._is_booked())
        for write in (
            lambda: self.move(line, first),
            lambda: payment._move_to_order(first.uuid),
            lambda: payment.write({"moved_order_uuid": False}),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                write()
        again = {"payment_ids": [(0, 0, {"amount": 10.0, "payment_method_id": self.method.id})]}
        first.write(again)
        self.assert_unpaid(first, "no payment was requested")
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            first.payment_ids.uuid = line.uuid
            self.env.flush_all()
        self.assertEqual(payment.pos_order_id, other)

    def test_the_first_order_is_not_paid_otherwise_while_its_money_is_elsewhere(self):
        first, _payment = self.draft_with_payment("confirming")
        self.move(first.payment_ids, self.draft())
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        pay = (0, 0, {"amount": 10.0, "payment_method_id": cash.id})
        with self.assertRaisesRegex(ValidationError, "MixPay has money"), self.cr.savepoint():
            first.write({"payment_ids": [pay], "state": "paid"})

    # === REGISTERS THAT DIFFER === #

    def method_is_taken_off(self):
        self.config.payment_method_ids -= self.method

    def method_is_archived(self):
        self.method.active = False

    def test_a_line_stays_whatever_its_shop_takes_by_now(self):
        for change in (self.method_is_taken_off, self.method_is_archived):
            with self.subTest(change=change.__name__):
                order, payment = self.draft_with_payment("unpaid")
                self.pos_session.action_pos_session_closing_control()
                change()
                self.config.open_ui()
                self.pos_session = self.config.current_session_id
                self.pos_session.set_opening_control(0, "")
                log = " ".join(self.pos_session.message_ids.mapped("body"))
                self.assertIn("does not take any more", log)
                self.save_again(order)
                payment.env["mixpay.answer"]._transition(payment, "success", {})
                self.save_again(order, state="paid")
                self.assertEqual(order.state, "paid")
                self.pos_session.action_pos_session_closing_control()
                self.assertEqual(self.pos_session.state, "closed")
                self.method.active = True
                self.config.payment_method_ids |= self.method
                self.open_new_session()

    def save_again(self, order, state="draft"):
        """Save an order as a register does that has loaded it: with all values of its line."""
        line = order.payment_ids
        vals = {"payment_method_id": self.method.id, "amount": line.amount, "uuid": line.uuid}
        data = self.order_data(state=state)
        data |= {"uuid": order.uuid, "session_id": self.pos_session.id, "lines": []}
        self.sync(data | {"payment_ids": [(1, line.id, vals)]})

    def test_a_line_that_mixpay_was_never_asked_about_is_refused_as_ever(self):
        order = self.draft()
        method = self.create_mixpay_method(name="MixPay of another shop")
        line = {"amount": 10.0, "payment_method_id": method.id}
        with self.assertRaisesRegex(ValidationError, "not allowed"), self.cr.savepoint():
            order.write({"payment_ids": [(0, 0, line)]})


@tagged("post_install", "-at_install")
class TestMixpayRestoring(MixpayShopCase, TestPoSCommon):
    """An order that its register never saved, where core has one for all that is at a table."""

    def restore(self, at_table, **changes):
        """Restore the order of a dead device, with another one at some table; return it."""
        self.other, data = self.draft(), self.order_data(state="draft")
        data |= changes
        self.payment = self.record(order_uuid=data["uuid"], order_data=data)
        model = self.registry["pos.order"]
        original = model._get_open_order

        def get_open_order(orders, order):
            return at_table if order.get("table_id") else original(orders, order)

        with patch.object(model, "_get_open_order", get_open_order):
            self.payment.env["mixpay.fulfilment"]._restore_order(self.payment, is_last_chance=True)
        return self.env["pos.order"].search([("uuid", "=", data["uuid"])])

    def test_the_order_of_a_dead_device_joins_no_other(self):
        stranger = self.draft()
        order = self.restore(stranger, table_id=7)
        self.assertEqual(order.state, "draft")
        self.assertFalse(stranger.payment_ids)
        self.assertFalse(self.payment.moved_order_uuid)
        self.assertFalse(self.payment.error)

    def test_what_went_into_another_order_is_not_restored(self):
        order, data = self.draft(), self.order_data(state="draft")
        payment = self.record(order_uuid=data["uuid"], order_data=data)
        order.write({"payment_ids": data["payment_ids"]})
        payment.env["mixpay.fulfilment"]._restore_order(payment, is_last_chance=True)
        self.assertFalse(self.env["pos.order"].search([("uuid", "=", data["uuid"])]))
        self.assertFalse(payment.error)
