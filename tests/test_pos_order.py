"""The server refuses a paid order whose MixPay line is not covered: money rule 4."""

import importlib.util
import uuid
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import file_path, mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import CASHIER, MixpayShopCase

BOOKING = "odoo.addons.pos_mixpay.models.mixpay_fulfilment"


@tagged("post_install", "-at_install")
class TestMixpayOrder(MixpayShopCase, TestPoSCommon):
    def assert_refused(self, data, reason=""):
        with self.assertRaisesRegex(ValidationError, f"no MixPay payment.*{reason}"):
            self.sync(data)

    def test_a_covered_order_is_paid_and_carries_the_evidence(self):
        payment = self.paid(payment_version="TRC20")
        order = self.sync(self.order_data())
        self.assertEqual(order.state, "paid")
        line = order.payment_ids
        self.assertEqual(line.transaction_id, payment.trace_id)
        self.assertEqual(line.payment_ref_no, "0xabc")
        self.assertEqual(line.card_brand, "USDT (TRC20)")
        self.assertEqual(payment.pos_payment_id, line)
        self.assertEqual(payment.pos_order_id, order)

    def test_what_the_register_says_about_the_transaction_is_not_believed(self):
        payment = self.paid()
        order = self.sync(self.order_data(transaction_id="forged", card_brand="Gold"))
        self.assertEqual(order.payment_ids.transaction_id, payment.trace_id)
        self.assertEqual(order.payment_ids.card_brand, "USDT")

    def test_no_payment(self):
        self.assert_refused(self.order_data(payment_status="done"))

    def assert_refused_in_states(self, *names):
        for state in names:
            self.line_uuid = str(uuid.uuid4())
            self.env["mixpay.answer"].sudo()._transition(self.record(), state, {})
            with self.subTest(state=state):
                self.assert_refused(self.order_data(), "not finished")

    def test_a_payment_still_on_its_way(self):
        self.assert_refused_in_states("unpaid", "paid_less", "confirming", "pending", "auditing")

    def test_failed_or_on_other_terms(self):
        self.assert_refused_in_states("failed", "mismatch")

    def test_another_line_s_payment(self):
        payment = self.paid(payment_uuid=str(uuid.uuid4()))
        self.assert_refused(
            self.order_data(transaction_id=payment.trace_id), "no payment was requested"
        )

    def test_another_amount(self):
        self.paid(amount=9.99)
        self.assert_refused(self.order_data(), "but the line says")

    def test_another_currency(self):
        self.paid(currency_id=self.env.ref("base.EUR").id)
        self.assert_refused(self.order_data(), "no payment was requested")

    def test_another_company(self):
        self.paid(company_id=self.env["res.company"].create({"name": "Other"}).id)
        self.assert_refused(self.order_data(), "another company's")

    def test_another_method(self):
        other = self.create_mixpay_method(name="Other")
        self.paid(payment_method_id=other.id)
        self.assert_refused(self.order_data(), "another payment method")

    def test_a_test_payment_where_test_mode_is_not_allowed(self):
        self.paid()
        self.env["ir.config_parameter"].sudo().set_param("pos_mixpay.allow_test_mode", "False")
        self.assert_refused(self.order_data(), "it is a test payment")

    def test_a_refund_line_is_not_covered_by_anything(self):
        self.assert_refused(self.order_data(amount=-10.0), "no payment was requested")

    def test_a_draft_may_wait_but_not_become_paid(self):
        order = self.sync(self.order_data(state="draft"))
        self.assertEqual(order.state, "draft")
        with self.assertRaisesRegex(ValidationError, "no MixPay payment"), self.cr.savepoint():
            order.action_pos_order_paid()
        with self.assertRaisesRegex(ValidationError, "no MixPay payment"), self.cr.savepoint():
            order.write({"state": "paid"})

    def test_a_payment_that_arrives_after_the_draft_covers_it(self):
        order = self.sync(self.order_data(state="draft"))
        payment = self.paid()
        self.assertEqual(payment.pos_order_id, order)
        self.assertEqual(order.payment_ids.transaction_id, payment.trace_id)
        order.action_pos_order_paid()
        self.assertEqual(order.state, "paid")

    def test_a_covered_line_cannot_be_changed_in_a_paid_order(self):
        self.paid()
        order = self.sync(self.order_data())
        line = order.payment_ids
        for vals in ({"amount": 11.0}, {"uuid": str(uuid.uuid4())}):
            with self.subTest(vals=vals), self.assertRaisesRegex(ValidationError, "cannot be"):
                line.write(vals)

    def test_a_covered_line_stays_in_its_paid_order(self):
        self.paid()
        order = self.sync(self.order_data())
        with self.assertRaisesRegex(ValidationError, "cannot be removed"):
            order.payment_ids.unlink()
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        replaced = [(2, order.payment_ids.id), (0, 0, {"amount": 10, "payment_method_id": cash.id})]
        with self.assertRaisesRegex(ValidationError, "cannot be removed"):
            order.write({"payment_ids": replaced})

    def test_lines_of_drafts_may_be_removed(self):
        self.record()
        order = self.sync(self.order_data(state="draft"))
        order.payment_ids.unlink()
        self.assertFalse(order.payment_ids)

    def test_online_payments_leave_lines_of_drafts_alone(self):
        """Before validation, `pos_online_payment` clears a draft order that it does not know."""
        payment = self.paid()
        order = self.sync(self.order_data(state="draft"))
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        order.add_payment({"pos_order_id": order.id, "payment_method_id": cash.id, "amount": 1.0})
        lines = order.payment_ids
        order.get_and_set_online_payments_data(0)
        self.assertEqual(order.payment_ids, lines)
        payment.env["mixpay.decision"]._force_cancel(
            payment, "the customer pays online", "a manager"
        )
        lines.filtered(lambda line: line.payment_method_id == self.method).unlink()
        order.get_and_set_online_payments_data(0)
        self.assertFalse(order.payment_ids)

    def test_a_line_cannot_become_ours_in_a_paid_order(self):
        data = self.create_ui_order_data([(self.product, 1)], uuid=str(uuid.uuid4()))
        data |= {"state": "paid", "access_token": str(uuid.uuid4())}
        order = self.sync(data)
        with self.assertRaisesRegex(ValidationError, "no MixPay payment"):
            order.payment_ids.write({"payment_method_id": self.method.id})

    def test_the_back_office_wizard(self):
        order = self.sync(self.order_data(state="draft", amount=0.0))
        wizard = self.env["pos.make.payment"].with_context(active_id=order.id)
        wizard = wizard.create({"amount": 10.0, "payment_method_id": self.method.id})
        with self.assertRaisesRegex(ValidationError, "no MixPay payment"):
            wizard.check()

    # === EVERY OTHER PATH TO A PAID ORDER === #

    def test_edit_payment_in_the_back_office(self):
        """The order's form writes its payment lines."""
        order = self.sync(self.order_data_in_cash())
        line = order.payment_ids
        changed = [(1, line.id, {"payment_method_id": self.method.id})]
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            order.write({"payment_ids": changed})
        added = [(0, 0, {"amount": 10.0, "payment_method_id": self.method.id})]
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            order.write({"payment_ids": added})

    def test_rpc_writes_of_a_cashier(self):
        cashier = self.new_user("mixpay_console", CASHIER)
        draft = self.sync(self.order_data(state="draft")).with_user(cashier)
        for state in ("paid", "done"):
            with self.assertRaisesRegex(ValidationError, "cannot be paid"), self.cr.savepoint():
                draft.write({"state": state})
        paid = self.sync(self.order_data_in_cash()).with_user(cashier)
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            self.env["pos.payment"].with_user(cashier).create(
                {
                    "pos_order_id": paid.id,
                    "amount": 1.0,
                    "payment_method_id": self.method.id,
                }
            )
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            draft.payment_ids.write({"pos_order_id": paid.id})

    def test_invoicing(self):
        order = self.sync(self.order_data(state="draft"))
        order.partner_id = self.customer
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            order.action_pos_order_invoice()
        self.line_uuid = str(uuid.uuid4())
        data = self.order_data()
        data |= {"to_invoice": True, "partner_id": self.customer.id}
        self.assert_refused(data)

    def test_a_replayed_payment(self):
        """The payment of one line covers that line, and no copy of it."""
        self.paid()
        first = self.sync(self.order_data())
        copy = self.order_data(transaction_id=first.payment_ids.transaction_id)
        copy["uuid"] = copy["payment_ids"][0][2]["uuid"] = str(uuid.uuid4())
        self.assert_refused(copy)

    def test_a_payment_of_another_order(self):
        """The line's UUID is the browser's word: it moves no money from one order to another."""
        self.paid()
        data = self.order_data()
        data["uuid"] = str(uuid.uuid4())
        with self.assertRaisesRegex(ValidationError, "made for another order"):
            self.sync(data)

    def test_a_line_lets_go_of_the_payment_of_its_old_amount(self):
        """Money that came late, for an amount that the line had then, is in no book."""
        late = self.paid(is_abandoned=True)
        order = self.sync(self.order_data(state="draft"))
        self.assertEqual(late.pos_payment_id, order.payment_ids)
        order.payment_ids.amount = 4.0
        self.assertFalse(late.pos_payment_id)
        paid = self.paid(amount=4.0)
        order.payment_ids.amount = 4.0
        self.assertEqual(paid.pos_payment_id, order.payment_ids)
        self.assertEqual(late.issue, "late")

    def test_coins_pay_no_more_than_what_is_due(self):
        self.paid(amount=15.0)
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        data = self.order_data(amount=15.0)
        change = {"amount": -5.0, "payment_method_id": cash.id, "uuid": str(uuid.uuid4())}
        data["payment_ids"].append((0, 0, {"name": fields.Datetime.now(), **change}))
        with self.assertRaisesRegex(ValidationError, "No change is given"):
            self.sync(data)

    def test_no_change_whatever_a_register_says_of_the_total(self):
        """Core works the total out anew where change is given: after the order counts as paid."""
        payment = self.paid(amount=15.0)
        data = self.order_data(amount=15.0) | {"amount_total": 15.0, "amount_return": -5.0}
        with self.assertRaisesRegex(ValidationError, "No change is given"), self.cr.savepoint():
            self.sync(data)
        payment.invalidate_recordset()
        self.assertFalse(payment.covered_at)

    def test_no_change_after_the_order_is_paid(self):
        self.paid()
        order = self.sync(self.order_data())
        cashier = self.new_user("mixpay_console", CASHIER)
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        change = {"pos_order_id": order.id, "amount": -5.0, "payment_method_id": cash.id}
        lines = self.env["pos.payment"].with_user(cashier)
        with self.assertRaisesRegex(ValidationError, "No change is given"), self.cr.savepoint():
            lines.create(change)
        other = lines.create(change | {"amount": 5.0})
        lines.create(change)
        with self.assertRaisesRegex(ValidationError, "No change is given"), self.cr.savepoint():
            other.amount = 1.0

    def test_the_refusal_names_line_and_reason(self):
        for reason, record in {
            "no payment was requested": lambda: None,
            "is not finished": self.record,
            "was paid, but the line says": lambda: self.paid(amount=9.0),
        }.items():
            self.line_uuid = str(uuid.uuid4())
            record()
            with self.subTest(reason), self.assertRaisesRegex(ValidationError, f"MixPay.*{reason}"):
                self.sync(self.order_data())

    # === THE END OF AN ORDER IS THE END OF WAITING === #

    def test_a_removed_line_s_payment_is_watched_on(self):
        payment = self.record()
        order = self.sync(self.order_data(state="draft"))
        order.payment_ids.unlink()
        self.assertTrue(payment.is_abandoned)

    def test_a_deleted_order_s_payment_is_watched_on(self):
        for end in (
            lambda order: order.action_pos_order_cancel(),
            lambda order: self.env["pos.order"].remove_from_ui(order.ids),
            lambda order: order.unlink(),
        ):
            self.line_uuid = str(uuid.uuid4())
            data = self.order_data(state="draft")
            payment = self.record(order_uuid=data["uuid"])
            end(self.sync(data))
            self.assertTrue(payment.is_abandoned)

    def test_an_order_paid_otherwise_waits_for_no_coins(self):
        data = self.order_data_in_cash()
        payment = self.record(order_uuid=data["uuid"])
        self.sync(data)
        self.assertTrue(payment.is_abandoned)

    def test_orders_with_money_on_its_way_are_not_cancelled(self):
        data = self.order_data(state="draft")
        payment = self.record(order_uuid=data["uuid"])
        payment.env["mixpay.answer"]._transition(payment, "confirming", {})
        order, other = self.sync(data), self.draft()
        with self.assertRaisesRegex(UserError, "cannot be cancelled.*have a manager"):
            order.action_pos_order_cancel()
        (order | other).action_pos_order_cancel()
        self.assertEqual((order.state, other.state), ("draft", "cancel"))
        self.assertFalse(self.env["pos.order"].remove_from_ui(order.ids))
        self.assertTrue(order.exists())
        order.write({"state": "cancel"})
        self.assertEqual(order.state, "draft")
        self.assertFalse(payment.is_abandoned)
        payment.env["mixpay.decision"]._force_cancel(payment, "the customer pays cash", "a manager")
        order.action_pos_order_cancel()
        self.assertEqual(order.state, "cancel")

    # === SALES THAT NO REGISTER FINISHES: MONEY RULE 9 === #

    def test_the_server_finishes_a_paid_order(self):
        order = self.sync(self.order_data(state="draft"))
        payment = self.paid(order_uuid=order.uuid)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertEqual(order.state, "draft", "its register has a while to do it")
        self.leave_alone(payment)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertEqual(order.state, "paid")
        self.assertFalse(payment.finish_at)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertEqual(len(order.payment_ids), 1)

    def sent_along(self, **changes):
        """Record a payment whose register died before it saved the order; return it."""
        data = self.order_data(state="draft")
        payment = self.record(**{"order_data": data, "order_uuid": data["uuid"]} | changes)
        self.env["mixpay.job"]._enqueue(payment)
        self.age(payment, 21)
        return payment

    def age(self, payment, seconds):
        payment.flush_recordset()
        self.env.cr.execute(
            "UPDATE mixpay_payment SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(seconds=seconds), payment.id],
        )
        payment.invalidate_recordset()

    def test_an_order_that_its_register_never_saved_is_saved(self):
        payment = self.sent_along()
        self.assertEqual(payment.env["mixpay.fulfilment"]._whose_order_is_missing(), payment)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        order = self.order_of_payment(payment)
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.amount_total, 10.0)
        self.assertEqual(order.payment_ids.uuid, payment.payment_uuid)
        self.assertFalse(payment.order_data)
        self.assertFalse(payment.env["mixpay.fulfilment"]._whose_order_is_missing())

    def test_it_is_not_looked_for_again_and_again_where_it_cannot_be_saved(self):
        """A rescue session of another evening takes no orders but its own."""
        payment = self.sent_along()
        self.env.cr.execute(
            "UPDATE pos_session SET state = 'closed' WHERE id = %s", [self.pos_session.id]
        )
        rescue = self.pos_session.copy({"config_id": self.config.id, "rescue": True})
        rescue.state = "opened"
        rescue.flush_recordset()
        self.env.invalidate_all()
        self.assertFalse(payment.env["mixpay.fulfilment"]._whose_order_is_missing())
        rescue.rescue = False
        rescue.flush_recordset()
        self.assertEqual(payment.env["mixpay.fulfilment"]._whose_order_is_missing(), payment)

    def test_nobody_saves_what_a_register_is_about_to_save(self):
        payment = self.sent_along()
        self.age(payment, 5)
        self.assertFalse(payment.env["mixpay.fulfilment"]._whose_order_is_missing())
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertFalse(self.order_of_payment(payment))
        self.assertTrue(payment.order_data, "later")

    def test_an_order_that_was_never_saved_is_finished_when_it_is_paid(self):
        payment = self.sent_along()
        payment.env["mixpay.answer"]._transition(payment, "success", {"txid": "0xabc"})
        self.leave_alone(payment)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        order = self.order_of_payment(payment)
        self.assertEqual(order.state, "paid")
        self.assertEqual(payment.pos_payment_id, order.payment_ids)

    def test_what_a_register_saved_since_is_left_alone(self):
        payment = self.sent_along()
        data = self.order_data(state="draft") | {"payment_ids": []}
        order = self.sync(data)
        order.flush_recordset()  # a write's date is its transaction's, and a test is one
        self.env.cr.execute(
            "UPDATE pos_order SET write_date = %s WHERE id = %s", [fields.Datetime.now(), order.id]
        )
        order.invalidate_recordset()
        self.assertEqual(payment.env["mixpay.fulfilment"]._whose_order_is_missing(), payment)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertFalse(order.payment_ids)
        self.assertFalse(
            payment.env["mixpay.fulfilment"]._whose_order_is_missing(), "looked at once"
        )

    def test_an_order_that_the_cashier_gave_up_is_not_saved(self):
        payment = self.sent_along(is_abandoned=True)
        self.assertFalse(payment.env["mixpay.fulfilment"]._whose_order_is_missing())
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertFalse(self.order_of_payment(payment))

    def test_an_order_that_cannot_be_saved_is_tried_once(self):
        payment = self.sent_along()
        payment.order_data = payment.order_data | {"lines": "of a browser's console"}
        with mute_logger("odoo.sql_db"), self.assertLogs(BOOKING, "WARNING"):
            payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertFalse(self.order_of_payment(payment))
        self.assertFalse(payment.env["mixpay.fulfilment"]._whose_order_is_missing())

    def test_orders_that_came_along_are_forgotten(self):
        payment = self.sent_along()
        payment.env["mixpay.fulfilment"]._gc_order_data()
        payment.invalidate_recordset()
        self.assertTrue(payment.order_data)
        self.age(payment, 9 * 24 * 3600)
        payment.env["mixpay.fulfilment"]._gc_order_data()
        payment.invalidate_recordset()
        self.assertFalse(payment.order_data)

    def test_a_register_that_knows_is_left_alone_for_longer(self):
        order = self.sync(self.order_data(state="draft"))
        payment = self.paid(order_uuid=order.uuid)
        payment.finished_at -= timedelta(minutes=5)
        payment.notified_at = fields.Datetime.now() - timedelta(minutes=5)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertEqual(order.state, "draft")

    def test_what_is_not_paid_in_full_is_not_finished(self):
        order = self.sync(self.order_data(state="draft", amount=9.0))
        payment = self.paid(order_uuid=order.uuid, amount=9.0)
        self.leave_alone(payment)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertEqual(order.state, "draft")
        self.assertTrue(payment.finish_at, "looked at again")

    def test_nor_what_another_terminal_still_waits_for(self):
        data = self.order_data(state="draft", amount=9.0)
        bank = self.config.payment_method_ids.filtered(lambda m: m.type == "bank") - self.method
        line = {"amount": 1.0, "payment_method_id": bank[:1].id, "payment_status": "waiting"}
        data["payment_ids"].append((0, 0, {"name": fields.Datetime.now(), **line}))
        order = self.sync(data)
        payment = self.paid(order_uuid=order.uuid, amount=9.0)
        self.leave_alone(payment)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertEqual(order.state, "draft")

    def test_an_abandoned_payment_finishes_nothing(self):
        order = self.sync(self.order_data(state="draft"))
        payment = self.record(order_uuid=order.uuid)
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.leave_alone(payment)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertEqual(order.state, "draft")
        self.assertNotEqual(order.payment_ids.payment_status, "done")
        self.assertEqual(payment.issue, "late")

    # === CLOSING A SESSION === #

    def test_orders_with_money_on_its_way_go_on_in_the_next_session(self):
        data = self.order_data(state="draft")
        payment = self.record(order_uuid=data["uuid"])
        payment.env["mixpay.answer"]._transition(payment, "confirming", {})
        order, session = self.sync(data), self.pos_session
        self.assertEqual(session._mixpay_to_show_at_closing(), payment)
        session.action_pos_session_closing_control()
        self.assertEqual(session.state, "closed")
        self.assertEqual(order.state, "draft")
        self.assertFalse(payment.is_abandoned)
        details = self.env["report.point_of_sale.report_saledetails"].get_sale_details(
            session_ids=session.ids
        )
        self.assertTrue(any(payment.trace_id in line for line in details["mixpay"]["deferred"]))
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.leave_alone(payment)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertEqual(order.state, "draft", "there is no session for it yet")
        self.open_new_session()
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertEqual(order.state, "paid")
        self.assertEqual(order.session_id, self.pos_session)

    def test_a_paid_order_is_finished_at_closing(self):
        order = self.sync(self.order_data(state="draft"))
        self.paid(order_uuid=order.uuid)
        self.pos_session.action_pos_session_closing_control()
        self.assertIn(order.state, ("paid", "done"))
        self.assertEqual(self.pos_session.state, "closed")

    def test_nobody_waits_after_closing_for_what_has_no_order(self):
        payment = self.record()
        self.pos_session.action_pos_session_closing_control()
        self.assertTrue(payment.is_abandoned)

    def order_data_in_cash(self):
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        data = self.create_ui_order_data(
            [(self.product, 1)], payments=[(cash, 10.0)], uuid=str(uuid.uuid4())
        )
        return data | {"state": "paid", "access_token": str(uuid.uuid4())}


class MixpayOrderCase(MixpayShopCase):
    """Who may write orders and lines: a cashier's login, and whoever goes around all rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cashier = cls.new_user("mixpay_rpc_cashier", CASHIER)
        cls.cash = cls.config.payment_method_ids.filtered("is_cash_count")[:1]

    def by_anybody(self, records):
        """Return records as a cashier's requests see them, and with all rights."""
        return (records.with_user(self.cashier), records.sudo())

    def paid_order(self):
        """Return an order that a MixPay payment has paid, and the payment."""
        payment = self.paid()
        return self.sync(self.order_data()), payment

    def draft_with(self, state, **reported):
        """Return a draft order whose line waits for a payment in a state, and the payment."""
        order = self.sync(self.order_data(state="draft"))
        payment = self.record()
        payment.env["mixpay.answer"]._transition(payment, state, reported)
        return order, payment

    def cash_data(self, order_uuid):
        """Return what a register sends for the same order, paid in cash."""
        data = self.create_ui_order_data(
            [(self.product, 1)], payments=[(self.cash, 10.0)], uuid=order_uuid
        )
        return data | {"state": "paid", "access_token": str(uuid.uuid4())}

    def rename_in_the_database(self, order):
        """Give an order and its lines other UUIDs, past everything that refuses it."""
        self.env.flush_all()
        for table, ids in (("pos_order", order.ids), ("pos_payment", order.payment_ids.ids)):
            self.env.cr.execute(
                f"UPDATE {table} SET uuid = gen_random_uuid() WHERE id = ANY(%s)", [ids]
            )
        self.env.invalidate_all()

    def assert_unchanged(self, records, write, words):
        """Check that a write is refused in words, and has changed nothing."""
        self.env.flush_all()
        with self.assertRaisesRegex((UserError, ValidationError), words), self.cr.savepoint():
            write(records)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestMixpayUsedOnce(MixpayOrderCase, TestPoSCommon):
    """From the moment an order counts as paid, its payment stays with it: money rule 4."""

    def other_values(self):
        """Return other values for everything that identifies an order or a line."""
        other_config = self.config.copy({"name": "Another"})
        other_session = self.env["pos.session"].create({"config_id": other_config.id})
        company = self.env["res.company"].create({"name": "Other"})
        both = {"session_id": other_session.id, "company_id": company.id, "uuid": "another"}
        euro = {"currency_id": self.env.ref("base.EUR").id}
        return both | euro | {"config_id": other_config.id}, both | euro | {
            "pos_order_id": self.draft().id,
            "payment_method_id": self.cash.id,
            "amount": 9.0,
        }

    def test_a_line_counts_in_the_session_of_its_order(self):
        other_config = self.config.copy({"name": "Another"})
        other_session = self.env["pos.session"].create({"config_id": other_config.id})
        order = self.sync(self.order_data(state="draft"))
        self.paid()
        cashier = self.new_user("mixpay_till7", CASHIER)
        line = order.payment_ids.with_user(cashier)
        line.write({"session_id": other_session.id})
        self.assertEqual(line.session_id, other_session, "core lets it pass")
        order.with_user(cashier).action_pos_order_paid()
        self.assertEqual(line.session_id, order.session_id)

    def test_what_identifies_a_paid_order_and_its_line_stays(self):
        order, payment = self.paid_order()
        line = order.payment_ids
        of_order, of_line = self.other_values()
        for records, values in ((order, of_order), (line, of_line)):
            for name, value in values.items():
                before = records[name]
                for mine in self.by_anybody(records):
                    with self.subTest(model=records._name, name=name, su=mine.env.su):
                        self.assert_unchanged(
                            mine,
                            lambda mine, name=name, value=value: mine.write({name: value}),
                            "has paid.*cannot be changed",
                        )
                        self.assertEqual(records[name], before)
        self.assertEqual(payment.pos_payment_id, line)

    def test_a_paid_order_never_becomes_unpaid_again(self):
        order, payment = self.paid_order()
        for mine in self.by_anybody(order):
            for state in (False, None, "", "draft", "cancel"):
                with self.subTest(state=state, su=mine.env.su):
                    self.assert_unchanged(
                        mine, lambda mine, state=state: mine.write({"state": state}), "paid"
                    )
        self.assertEqual(order.state, "paid")
        self.assertTrue(payment._is_booked())

    def test_an_order_without_any_state_is_not_taken_for_unpaid(self):
        """Core lets a state be emptied, and an empty one be set back."""
        order = self.sync(self.order_data(state="draft"))
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            order.with_user(self.cashier).write({"state": False})

    def test_its_lines_go_by_no_command(self):
        order, payment = self.paid_order()
        line, draft = order.payment_ids, self.draft()
        commands = (
            (order, [(2, line.id)]),
            (order, [(3, line.id)]),
            (order, [(5,)]),
            (order, [(6, 0, [])]),
            (order, [(1, line.id, {"amount": 1.0})]),
            (order, [(1, line.id, {"uuid": str(uuid.uuid4())})]),
            (draft, [(4, line.id)]),
            (draft, [(6, 0, line.ids)]),
        )
        for target, command in commands:
            for mine in self.by_anybody(target):
                with self.subTest(command=command, su=mine.env.su):
                    self.assert_unchanged(
                        mine,
                        lambda mine, command=command: mine.write({"payment_ids": command}),
                        "with MixPay",
                    )
        for mine in self.by_anybody(line):
            self.assert_unchanged(mine, lambda mine: mine.unlink(), "cannot be removed")
        for mine in self.by_anybody(order):
            self.assert_unchanged(mine, lambda mine: mine.unlink(), "must be new or cancelled")
        self.assertEqual(payment.pos_payment_id, line)

    def test_nor_by_the_session_s_list_of_orders(self):
        order, _payment = self.paid_order()
        other = self.env["pos.session"].create({"config_id": self.config.copy({"name": "B"}).id})
        for mine in self.by_anybody(other):
            self.assert_unchanged(
                mine, lambda mine: mine.write({"order_ids": [(4, order.id)]}), "has paid"
            )

    def test_a_session_stays_with_its_point_of_sale(self):
        self.paid_order()
        other = self.config.copy({"name": "B"})
        for mine in self.by_anybody(self.pos_session):
            self.assert_unchanged(
                mine, lambda mine: mine.write({"config_id": other.id}), "stays with its Point"
            )

    def test_no_currency_from_the_cache(self):
        """In one that knows no cents, a line of some cents would be nothing that must be paid."""
        data = self.order_data(state="draft", amount=0.4)
        cash = {"amount": 9.6, "payment_method_id": self.cash.id, "uuid": str(uuid.uuid4())}
        data["payment_ids"].append((0, 0, {"name": fields.Datetime.now(), **cash}))
        order = self.sync(data)
        line = order.payment_ids.filtered(lambda line: line.payment_method_id == self.method)
        changed = [(1, line.id, {"currency_id": self.env.ref("base.JPY").id})]
        self.assert_unchanged(
            order.with_user(self.cashier),
            lambda order: order.write({"payment_ids": changed, "state": "paid"}),
            "cannot be paid",
        )

    def test_several_changes_at_once(self):
        order, _payment = self.paid_order()
        self.assert_unchanged(
            order.with_user(self.cashier),
            lambda mine: mine.write(
                {"internal_note": "x", "uuid": str(uuid.uuid4()), "payment_ids": [(5,)]}
            ),
            "has paid",
        )

    def test_equal_values_may_be_written_again(self):
        """A register sends whole lines."""
        order, payment = self.paid_order()
        line = order.payment_ids
        line.write(
            {
                "uuid": line.uuid,
                "pos_order_id": order.id,
                "payment_method_id": self.method.id,
                "amount": 10.001,
                "session_id": line.session_id.id,
            }
        )
        line.write({"payment_method_id": self.method, "amount": "10"})
        order.write(
            {
                "uuid": order.uuid,
                "session_id": order.session_id.id,
                "config_id": order.config_id.id,
                "company_id": order.company_id.id,
                "payment_ids": [(1, line.id, {"amount": 10.0, "uuid": line.uuid})],
            }
        )
        self.assertEqual((line.amount, payment.pos_payment_id), (10.0, line))

    def test_a_register_that_sends_the_order_again(self):
        order, payment = self.paid_order()
        data = self.order_data(transaction_id="old", card_brand="old")
        self.assertEqual(self.sync(data), order)
        self.assertEqual(order.payment_ids.transaction_id, payment.trace_id)

    def test_what_core_writes_on_a_paid_order(self):
        """Tips, notes, prints, invoices."""
        order, _payment = self.paid_order()
        mine = order.with_user(self.cashier)
        mine.write({"is_tipped": True, "tip_amount": 0.0, "nb_print": 1, "to_invoice": False})
        order.payment_ids.with_user(self.cashier).write({"payment_status": "done", "ticket": "x"})
        self.assertTrue(order.is_tipped)

    def test_a_tip_is_no_money_that_came(self):
        """`pos_restaurant` adds a tip to the line's amount."""
        order, _payment = self.paid_order()
        self.assert_unchanged(
            order.payment_ids,
            lambda line: line._update_payment_line_for_tip(1.0),
            "cannot be changed",
        )

    def test_evidence_is_the_server_s_whatever_is_written(self):
        order, payment = self.paid_order()
        line = order.payment_ids
        forged = {"transaction_id": "forged", "payment_ref_no": "forged", "card_brand": "forged"}
        for mine in self.by_anybody(line):
            mine.write(dict(forged))
            mine.write({"payment_ref_no": False, "ticket": "kept"})
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(
                (line.transaction_id, line.payment_ref_no, line.card_brand, line.ticket),
                (payment.trace_id, "0xabc", "USDT", "kept"),
            )

    def test_evidence_that_comes_after_a_manual_confirmation_is_stored(self):
        payment = self.record()
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen in the wallet", "a manager")
        order = self.sync(self.order_data())
        self.assertFalse(order.payment_ids.payment_ref_no)
        payment.env["mixpay.answer"]._transition(payment, "success", {"txid": "0xlate"})
        self.assertEqual(order.payment_ids.payment_ref_no, "0xlate")

    def test_a_second_order_with_the_old_identifiers_finds_the_payment_used(self):
        """Also where somebody got around the ORM."""
        order, payment = self.paid_order()
        self.rename_in_the_database(order)
        with self.assertRaisesRegex(ValidationError, "was used for another line"):
            self.sync(self.order_data())
        self.assertTrue(payment._is_booked())

    def test_the_payment_s_own_record_stays_with_its_line(self):
        order, payment = self.paid_order()
        other = self.sync(self.order_data_of_another_line())
        for vals in (
            {"pos_payment_id": False},
            {"pos_payment_id": other.payment_ids.id},
            {"pos_order_id": other.id},
            {"attached_uuid": other.payment_ids.uuid},
            {"covered_at": False},
        ):
            with self.subTest(vals=vals):
                self.assert_unchanged(
                    payment.sudo(), lambda p, vals=vals: p.write(vals), "stays with it"
                )
        payment.write({"pos_payment_id": order.payment_ids.id, "pos_order_id": order.id})

    def order_data_of_another_line(self):
        self.line_uuid = str(uuid.uuid4())
        return self.order_data(state="draft")

    def test_what_was_proven_is_not_asked_again(self):
        """Test mode is switched off, or the method is given another terminal: it is still paid."""
        order, payment = self.paid_order()
        self.env["ir.config_parameter"].sudo().set_param("pos_mixpay.allow_test_mode", "False")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE pos_payment_method SET use_payment_terminal = NULL, active = false"
            " WHERE id = %s",
            self.method.ids,
        )
        self.env.invalidate_all()
        line = order.payment_ids
        self.assert_unchanged(line, lambda line: line.unlink(), "cannot be removed")
        self.assert_unchanged(line, lambda line: line.write({"amount": 1}), "cannot be changed")
        self.pos_session.action_pos_session_closing_control()
        self.assertEqual((order.state, self.pos_session.state), ("done", "closed"))
        self.assertEqual(payment.pos_payment_id, line)

    def test_a_method_converted_to_mixpay_locks_no_session(self):
        order = self.sync(self.cash_data(str(uuid.uuid4())))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE pos_payment SET payment_method_id = %s WHERE pos_order_id = %s",
            [self.method.id, order.id],
        )
        self.env.invalidate_all()
        order.payment_ids.write({"amount": 10.0, "payment_method_id": self.method.id})
        order.write({"state": "done"})
        self.assertEqual(order.state, "done")

    def test_an_invoice_asks_for_nothing_again(self):
        order, _payment = self.paid_order()
        self.env["ir.config_parameter"].sudo().set_param("pos_mixpay.allow_test_mode", "False")
        order.partner_id = self.customer
        order.action_pos_order_invoice()
        self.assertEqual(order.state, "done")

    def test_created_as_paid_by_rpc(self):
        """Also by a default of the context, or step by step in one write."""
        vals = {
            key: value for key, value in self.order_data().items() if key not in ("name", "lines")
        }
        orders = self.env["pos.order"].with_user(self.cashier)
        with self.assertRaisesRegex(ValidationError, "cannot be paid"), self.cr.savepoint():
            orders.create(dict(vals))
        del vals["state"]
        with self.assertRaisesRegex(ValidationError, "cannot be paid"), self.cr.savepoint():
            orders.with_context(default_state="paid").create(dict(vals))
        order = orders.create(vals | {"payment_ids": []})
        lines = [(0, 0, {"amount": 10.0, "payment_method_id": self.method.id})]
        with self.assertRaisesRegex(ValidationError, "cannot be paid"), self.cr.savepoint():
            order.write({"payment_ids": lines, "state": "paid"})

    def test_a_payment_s_record_takes_no_defaults_of_users(self):
        """Neither from a request's context nor from what users save as their own defaults."""
        self.env["ir.default"].with_user(self.cashier).set(
            "mixpay.payment", "state", "success", user_id=self.cashier.id
        )
        hostile = self.env["mixpay.payment"].with_user(self.cashier).sudo()
        hostile = hostile.with_context(
            default_override_at="2020-01-01 00:00:00", default_attached_uuid=self.line_uuid
        )
        asset = self.method.mixpay_settlement_asset_id
        payment = self.record()
        vals = payment.copy_data()[0] | {"payment_uuid": str(uuid.uuid4())}
        for name in ("state", "confirmed_at", "attached_uuid"):
            vals.pop(name, None)
        made = hostile.create(vals | {"settlement_asset_id": asset.asset_id})
        self.assertEqual(
            (made.state, made.confirmed_at, made.attached_uuid), ("draft", False, False)
        )

    def test_a_copy_of_a_paid_order_has_no_payment(self):
        order, payment = self.paid_order()
        copy = order.with_user(self.cashier).copy()
        self.assertFalse(copy.payment_ids)
        with self.assertRaisesRegex(ValidationError, "cannot be paid"), self.cr.savepoint():
            order.payment_ids.with_user(self.cashier).copy()
        refund = order._refund()
        self.assertFalse(refund.payment_ids)
        self.assertEqual(payment.pos_order_id, order)

    def test_drafts_stay_free(self):
        """Core moves lines of drafts, as where a table's orders are merged."""
        order, other = self.sync(self.order_data(state="draft")), self.draft()
        payment = self.paid(is_abandoned=True)
        line = order.payment_ids
        self.assertEqual(payment.pos_payment_id, line)
        line.with_user(self.cashier).write({"pos_order_id": other.id})
        self.assertFalse(payment.pos_payment_id)
        line.with_user(self.cashier).write({"pos_order_id": order.id})
        self.assertEqual(payment.pos_payment_id, line)
        line.with_user(self.cashier).write({"payment_method_id": self.cash.id})
        self.assertFalse(payment.pos_payment_id)

    def test_a_line_moved_into_a_paid_order_must_be_covered(self):
        paid = self.sync(self.cash_data(str(uuid.uuid4())))
        draft = self.sync(self.order_data(state="draft"))
        self.assert_unchanged(
            draft.payment_ids.with_user(self.cashier),
            lambda line: line.write({"pos_order_id": paid.id}),
            "cannot be paid",
        )

    # === MONEY THAT CAME LATE FOR AN ORDER THAT HAS ENDED === #

    def ended_orders(self):
        """Yield how an order ends without its payment, each with a fresh line."""
        ends = {
            "cancelled": lambda order: order.action_pos_order_cancel(),
            "deleted": lambda order: order.unlink(),
            "paid in cash": lambda order: order.write(
                {
                    "payment_ids": [
                        (5,),
                        (0, 0, {"amount": 10.0, "payment_method_id": self.cash.id}),
                    ],
                    "state": "paid",
                }
            ),
        }
        for end in ends.values():
            self.line_uuid = str(uuid.uuid4())
            order = self.sync(self.order_data(state="draft"))
            payment = self.record()
            end(order)
            yield order, payment

    def test_late_money_of_an_ended_order_needs_a_decision(self):
        for order, payment in self.ended_orders():
            self.assertTrue(payment.is_abandoned)
            payment.env["mixpay.answer"]._transition(payment, "success", {})
            self.assertEqual(payment.issue, "late")
            shown = payment.env["mixpay.presenter"]._to_register(payment)
            self.assertEqual(shown["line_status"], "retry")
            self.assertIn("Tell your manager", shown["notice"])
            if order.exists():
                self.rename_in_the_database(order)
            with self.assertRaisesRegex(ValidationError, "after its order had ended"):
                self.sync(self.order_data())
            self.assertFalse(payment._is_booked())
            payment.env["mixpay.fulfilment"]._attach(payment, self.draft())
            self.assertTrue(payment._is_booked())

    def test_late_money_on_a_line_of_a_draft_makes_it_done(self):
        """The cashier gave up waiting; the order did not end."""
        order = self.sync(self.order_data(state="draft"))
        payment = self.record()
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.assertEqual(
            payment.env["mixpay.presenter"]._to_register(payment)["line_status"], "done"
        )
        order.action_pos_order_paid()
        self.assertEqual(payment.pos_order_id, order)

    def test_money_in_no_order_can_be_decided_about_at_once(self):
        payment = self.paid()
        self.assertFalse(payment.issue)
        self.assertTrue(payment._can_decide())
        payment.env["mixpay.decision"]._decide(payment, "refunded", "in cash", "a manager")
        self.assertFalse(payment._can_decide())
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            self.sync(self.order_data())

    def test_money_given_back_stays_given_back(self):
        """Whatever is decided about its surplus afterwards."""
        payment = self.paid(is_abandoned=True, surplus_amount="0.5", surplus_status="pending")
        payment.env["mixpay.decision"]._decide(payment, "refunded", "in cash", "a manager")
        self.assertEqual(payment.issue, "surplus")
        payment.env["mixpay.decision"]._decide(payment, "kept", "nobody claimed it", "a manager")
        self.assertFalse(payment.issue or payment._is_held() or payment._can_decide())
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            self.sync(self.order_data())

    def test_what_an_order_holds_cannot_be_decided_about(self):
        _order, payment = self.paid_order()
        self.assertFalse(payment._can_decide())
        with self.assertRaisesRegex(UserError, "nothing to decide"):
            payment.env["mixpay.decision"]._decide(payment, "refunded", "twice", "a manager")


@tagged("post_install", "-at_install")
class TestMixpayHeld(MixpayOrderCase, TestPoSCommon):
    """While money is there or on its way, only an approver lets go of it."""

    HELD = ("confirming", "pending", "auditing", "success")

    def held_orders(self):
        """Yield a draft order for each state that holds it, with its payment."""
        for state in self.HELD:
            self.line_uuid = str(uuid.uuid4())
            yield self.draft_with(state)
        self.line_uuid = str(uuid.uuid4())
        order, payment = self.draft_with("unpaid")
        payment.other_terms_at = fields.Datetime.now()
        yield order, payment

    def assert_held(self, records, write):
        self.assert_unchanged(records, write, "have a manager stop waiting")

    def test_not_paid_otherwise(self):
        """With the line removed behind the server's back, or of another method by now."""
        for order, payment in self.held_orders():
            line = order.payment_ids
            for mine in self.by_anybody(order):
                self.assert_held(
                    mine,
                    lambda mine, line=line: mine.write(
                        {
                            "payment_ids": [(1, line.id, {"payment_method_id": self.cash.id})],
                            "state": "paid",
                        }
                    ),
                )
                self.assert_held(
                    mine,
                    lambda mine, line=line: mine.write(
                        {
                            "payment_ids": [
                                (1, line.id, {"amount": 0.0}),
                                (0, 0, {"amount": 10.0, "payment_method_id": self.cash.id}),
                            ],
                            "state": "paid",
                        }
                    ),
                )
            payment.env["mixpay.decision"]._force_cancel(
                payment, "the customer pays cash", "a manager"
            )
            order.with_user(self.cashier).write(
                {
                    "payment_ids": [
                        (2, line.id),
                        (0, 0, {"amount": 10.0, "payment_method_id": self.cash.id}),
                    ]
                }
            )
            order.with_user(self.cashier).action_pos_order_paid()
            self.assertEqual(order.state, "paid")

    def test_not_by_a_register_that_knows_nothing_of_it(self):
        """The order was never saved, and comes paid in cash: with its UUID, or with its line's."""
        for state in self.HELD:
            self.line_uuid = str(uuid.uuid4())
            self.env["mixpay.answer"].sudo()._transition(self.record(), state, {})
            data = self.cash_data(self.order_of(self.line_uuid))
            self.assert_held(self.env["pos.order"], lambda _o, data=data: self.sync(data))
            data = self.cash_data(str(uuid.uuid4()))
            data["payment_ids"][0][2]["uuid"] = self.line_uuid
            self.assert_held(self.env["pos.order"], lambda _o, data=data: self.sync(data))

    def test_not_ended_by_an_order_that_is_created_cancelled(self):
        payment = self.record()
        payment.env["mixpay.answer"]._transition(payment, "confirming", {})
        data = self.order_data(state="cancel") | {"payment_ids": []}
        data.pop("name", None)
        orders = self.env["pos.order"].with_user(self.cashier)
        self.assert_held(orders, lambda orders: orders.create(data))
        self.assertFalse(payment.is_abandoned)

    def test_its_line_is_not_removed(self):
        for order, _payment in self.held_orders():
            for mine in self.by_anybody(order.payment_ids):
                self.assert_held(mine, lambda mine: mine.unlink())
            for mine in self.by_anybody(order):
                self.assert_held(mine, lambda mine: mine.write({"payment_ids": [(5,)]}))
                data = self.order_data(state="draft") | {
                    "payment_ids": [(3, order.payment_ids.id)],
                    "uuid": order.uuid,
                }
                self.assert_held(mine, lambda _mine, data=data: self.sync(data))

    def test_its_order_is_not_removed(self):
        for order, payment in self.held_orders():
            for mine in self.by_anybody(order):
                self.assert_held(mine, lambda mine: mine.unlink())
                self.assert_held(mine, lambda mine: mine.action_pos_order_cancel())
                mine.write({"state": "cancel"})
                mine.remove_from_ui(order.ids)
            self.assertEqual(order.state, "draft")
            self.assertFalse(payment.is_abandoned)

    def test_it_is_found_since_nothing_is_renamed(self):
        """From the moment when MixPay was asked."""
        for state in ("unpaid", "paid_less", *self.HELD):
            self.line_uuid = str(uuid.uuid4())
            order, _payment = self.draft_with(state)
            for records in (order, order.payment_ids):
                for mine in self.by_anybody(records):
                    self.assert_unchanged(
                        mine,
                        lambda mine: mine.write({"uuid": str(uuid.uuid4())}),
                        "keep their identifiers",
                    )
        order = self.draft()
        order.write({"uuid": str(uuid.uuid4())})

    def test_the_end_of_a_session_lets_go_of_nothing(self):
        payment = self.record()
        payment.env["mixpay.answer"]._transition(payment, "confirming", {})
        self.pos_session.with_user(self.cashier).write({"state": "closed"})
        self.assertFalse(payment.is_abandoned)

    def test_a_line_that_moved_is_still_held(self):
        for order, _payment in self.held_orders():
            other = self.draft()
            line = order.payment_ids
            line.with_user(self.cashier).write({"pos_order_id": other.id})
            cash = [(0, 0, {"amount": 10.0, "payment_method_id": self.cash.id})]
            pay = {"payment_ids": cash, "state": "paid"}
            self.assert_held(order, lambda order, pay=pay: order.write(dict(pay)))
            line.write({"amount": 0.0})
            self.assert_held(other, lambda other, pay=pay: other.write(dict(pay)))

    def test_an_order_that_became_cheaper_says_what_to_do(self):
        order, payment = self.draft_with("success")
        order.amount_total = 8.0
        line = order.payment_ids
        self.assert_unchanged(
            order,
            lambda order: order.write({"state": "paid"}),
            "No change.*Add to the order.*manager",
        )
        changed = [(1, line.id, {"amount": 8.0})]
        self.assert_unchanged(
            order,
            lambda order: order.write({"payment_ids": changed, "state": "paid"}),
            "10.00.*but the line says.*manager",
        )
        self.assertFalse(payment._is_booked())

    def test_what_holds_nothing(self):
        """Nothing was seen, too little was, it failed, or an approver has let go."""
        for state in ("unpaid", "paid_less", "failed", "mismatch"):
            self.line_uuid = str(uuid.uuid4())
            order, payment = self.draft_with(state)
            with self.subTest(state=state):
                order.payment_ids.with_user(self.cashier).unlink()
                self.assertTrue(payment.is_abandoned or payment._is_final())
                order.with_user(self.cashier).action_pos_order_cancel()
                self.assertEqual(order.state, "cancel")

    def test_a_manual_confirmation_backs_its_line(self):
        order, payment = self.draft_with("confirming")
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen in the wallet", "a manager")
        order.with_user(self.cashier).action_pos_order_paid()
        self.assertEqual(payment.pos_order_id, order)

    def test_an_approver_can_always_let_go_of_what_is_held(self):
        for _order, payment in self.held_orders():
            payment.env["mixpay.decision"]._force_cancel(payment, "it takes too long", "a manager")
            self.assertFalse(payment._is_held())
        self.line_uuid = str(uuid.uuid4())
        _order, payment = self.draft_with("confirming")
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen in the wallet", "a manager")
        self.assertTrue(payment._is_held())
        payment.env["mixpay.decision"]._force_cancel(
            payment, "it was another customer's", "a manager"
        )
        self.assertFalse(payment._is_held())

    def test_another_amount_on_the_line_lets_go_of_nothing(self):
        """A register that asks for a payment of another amount gives up the first."""
        _order, payment = self.draft_with("unpaid")
        payment.other_terms_at = fields.Datetime.now()
        with self.assertRaisesRegex(UserError, "already sent money"):
            payment.env["mixpay.checkout"]._usable(
                payment, self.pos_session, Decimal("4.00"), payment.order_uuid
            )
        self.assertFalse(payment.is_abandoned)

    def test_an_order_in_cash_costs_one_look_up(self):
        """Of payments of its UUIDs, by indexes; nothing else is read."""
        self.sync(self.cash_data(str(uuid.uuid4())))
        data, asked = self.cash_data(str(uuid.uuid4())), []
        execute = type(self.env.cr).execute

        def spy(cr, query, *args, **kwargs):
            if "mixpay" in str(query):
                asked.append(str(query))
            return execute(cr, query, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", spy):
            self.sync(data)
            self.env.flush_all()
        self.assertEqual(len(asked), 1, asked)

    def test_payments_are_looked_up_by_indexes(self):
        self.record()
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        plans = []
        execute = type(self.env.cr).execute

        def explain(cr, query, params=None, *args, **kwargs):
            if "UNION" in str(query):
                execute(cr, "EXPLAIN " + str(query), params)
                plans.extend(row[0] for row in cr.fetchall())
            return execute(cr, query, params, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", explain):
            self.env["mixpay.payment"].sudo()._of_lines([self.line_uuid], ["x"])
        self.assertFalse([step for step in plans if "Seq Scan" in step], plans)
        for name in ("payment_uuid", "attached_uuid", "order_uuid"):
            self.assertTrue(any(name in step and "Index" in step for step in plans), plans)


@tagged("post_install", "-at_install")
class TestMixpayCoverageMigration(MixpayOrderCase, TestPoSCommon):
    def migrate(self):
        path = file_path("pos_mixpay/migrations/19.0.1.1.0/post-coverage.py")
        spec = importlib.util.spec_from_file_location("post_coverage", path)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        self.env.flush_all()
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()

    def test_what_was_booked_before_stays_booked(self):
        """Version 1.0 knew it from the line and its order alone."""
        used = self.paid()
        order = self.sync(self.order_data())
        self.line_uuid = str(uuid.uuid4())
        cancelled = self.record()
        self.sync(self.order_data(state="draft")).action_pos_order_cancel()
        self.line_uuid = str(uuid.uuid4())
        waiting = self.paid()
        draft = self.sync(self.order_data(state="draft"))
        self.line_uuid = str(uuid.uuid4())
        given_back = self.paid()
        given_back.env["mixpay.decision"]._decide(given_back, "refunded", "in cash", "a manager")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mixpay_payment"
            " SET covered_at = NULL, order_ended_at = NULL, written_off_at = NULL"
        )
        self.env.invalidate_all()
        self.migrate()
        self.assertEqual((used.covered_at, used.pos_order_id), (used.finished_at, order))
        self.assertTrue(cancelled.order_ended_at)
        self.assertEqual(
            (used | cancelled | waiting | given_back).filtered("written_off_at"), given_back
        )
        self.assertFalse(used.order_ended_at or waiting.order_ended_at)
        self.assertEqual((waiting.covered_at, waiting.pos_order_id), (False, draft))
        self.migrate()
        self.assertEqual(used.covered_at, used.finished_at)

    def test_the_cashiers_rule_is_renewed_where_it_was_not_changed(self):
        rule = self.env.ref("pos_mixpay.mixpay_payment_rule_cashier")
        new = rule.domain_force
        rule.domain_force = "[('pos_session_id.state', '!=', 'closed')]"
        self.migrate()
        self.assertEqual(rule.domain_force, new)
        rule.domain_force = "[(1, '=', 1)]"
        self.migrate()
        self.assertEqual(rule.domain_force, "[(1, '=', 1)]")


@tagged("post_install", "-at_install")
class TestMixpayRounding(MixpayShopCase, TestPoSCommon):
    """A shop that rounds all totals, not those in cash alone: the register asks for 10.05."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rounding = cls.env["account.cash.rounding"].create(
            {
                "name": "To five cents",
                "rounding": 0.05,
                "rounding_method": "UP",
                "strategy": "add_invoice_line",
                "profit_account_id": cls.company_data["default_account_revenue"].id,
                "loss_account_id": cls.company_data["default_account_expense"].id,
            }
        )
        cls.config.write(
            {
                "cash_rounding": True,
                "only_round_cash_method": False,
                "rounding_method": rounding.id,
            }
        )
        cls.product = cls.create_product("Cake", cls.categ_basic, 10.03)

    def draft_with_line(self):
        return self.sync(self.order_data(state="draft", amount=10.05))

    def test_what_rounds_up_is_paid(self):
        self.paid(amount=10.05)
        self.assertEqual(self.sync(self.order_data(amount=10.05)).state, "paid")

    def test_more_than_the_rounded_total_is_still_refused(self):
        self.paid(amount=10.10)
        with self.assertRaisesRegex(ValidationError, "No change is given"):
            self.sync(self.order_data(amount=10.10))

    def test_the_server_finishes_it(self):
        order = self.draft_with_line()
        payment = self.paid(amount=10.05, order_uuid=order.uuid)
        self.leave_alone(payment)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertEqual(order.state, "paid")

    def test_late_money_is_attached_to_it(self):
        payment = self.record(amount=10.05, payment_uuid=str(uuid.uuid4()))
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        order = self.draft()
        payment.env["mixpay.fulfilment"]._attach(payment, order)
        self.assertEqual(order.state, "paid")
