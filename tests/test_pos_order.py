"""The server refuses a paid order whose MixPay line is not covered: money rule 4."""

import uuid
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import MixpayShopCase

BOOKING = "odoo.addons.pos_mixpay.models.mixpay_booking_mixin"


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
            self.record()._set_state(state, {})
            with self.subTest(state=state):
                self.assert_refused(self.order_data(), "not finished")

    def test_a_payment_still_on_its_way(self):
        self.assert_refused_in_states("unpaid", "paid_less", "confirming", "pending", "auditing")

    def test_failed_or_on_other_terms(self):
        self.assert_refused_in_states("failed", "mismatch")

    def test_another_line_s_payment(self):
        payment = self.paid(payment_uuid=str(uuid.uuid4()))
        self.assert_refused(self.order_data(transaction_id=payment.trace_id), "not asked for it")

    def test_another_amount(self):
        self.paid(amount=9.99)
        self.assert_refused(self.order_data(), "but the line says")

    def test_another_currency(self):
        self.paid(currency_id=self.env.ref("base.EUR").id)
        self.assert_refused(self.order_data(), "not asked for it")

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
        self.assert_refused(self.order_data(amount=-10.0), "not asked for it")

    def test_a_draft_may_wait_but_not_become_paid(self):
        order = self.sync(self.order_data(state="draft"))
        self.assertEqual(order.state, "draft")
        with self.assertRaisesRegex(ValidationError, "no MixPay payment"):
            order.action_pos_order_paid()
        with self.assertRaisesRegex(ValidationError, "no MixPay payment"):
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
            with self.subTest(vals=vals), self.assertRaisesRegex(ValidationError, "no MixPay"):
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
        self.paid()
        order = self.sync(self.order_data(state="draft"))
        order.payment_ids.unlink()
        self.assertFalse(order.payment_ids)

    def test_online_payments_leave_lines_of_drafts_alone(self):
        """Before validation, `pos_online_payment` clears a draft order that it does not know."""
        self.paid()
        order = self.sync(self.order_data(state="draft"))
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        order.add_payment({"pos_order_id": order.id, "payment_method_id": cash.id, "amount": 1.0})
        lines = order.payment_ids
        order.get_and_set_online_payments_data(0)
        self.assertEqual(order.payment_ids, lines)
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
        groups = "base.group_user,point_of_sale.group_pos_user"
        company = {"company_id": self.company.id, "company_ids": [(6, 0, self.company.ids)]}
        cashier = new_test_user(self.env, "mixpay_console", groups, **company)
        draft = self.sync(self.order_data(state="draft")).with_user(cashier)
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            draft.write({"state": "paid"})
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            draft.write({"state": "done"})
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

    def test_the_refusal_names_line_and_reason(self):
        for reason, record in {
            "MixPay was not asked": lambda: None,
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
        payment._set_state("confirming", {})
        order, other = self.sync(data), self.draft()
        with self.assertRaisesRegex(UserError, "money on its way"):
            order.action_pos_order_cancel()
        (order | other).action_pos_order_cancel()
        self.assertEqual((order.state, other.state), ("draft", "cancel"))
        self.assertFalse(self.env["pos.order"].remove_from_ui(order.ids))
        self.assertTrue(order.exists())
        order.write({"state": "cancel"})
        self.assertEqual(order.state, "draft")
        self.assertFalse(payment.is_abandoned)
        payment._let_go("the customer pays cash", "a manager")
        order.action_pos_order_cancel()
        self.assertEqual(order.state, "cancel")

    # === SALES THAT NO REGISTER FINISHES: MONEY RULE 9 === #

    def test_the_server_finishes_a_paid_order(self):
        order = self.sync(self.order_data(state="draft"))
        payment = self.paid(order_uuid=order.uuid)
        payment._settle_what_is_left()
        self.assertEqual(order.state, "draft", "its register has a while to do it")
        payment.finished_at -= timedelta(minutes=1)
        payment._settle_what_is_left()
        self.assertEqual(order.state, "paid")
        self.assertFalse(payment.settle_at)
        payment._settle_what_is_left()
        self.assertEqual(len(order.payment_ids), 1)

    def sent_along(self, **changes):
        """Record a payment whose register died before it saved the order; return it."""
        data = self.order_data(state="draft")
        payment = self.record(**{"order_data": data, "order_uuid": data["uuid"]} | changes)
        self.env["mixpay.watch"]._start(payment)
        self.age(payment, 21)
        return payment

    def age(self, payment, seconds):
        payment.flush_recordset()
        self.env.cr.execute(
            "UPDATE mixpay_payment SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(seconds=seconds), payment.id],
        )
        payment.invalidate_recordset()

    def order_of_payment(self, payment):
        return self.env["pos.order"].search([("uuid", "=", payment.order_uuid)])

    def test_an_order_that_its_register_never_saved_is_saved(self):
        payment = self.sent_along()
        self.assertEqual(payment._whose_order_is_missing(), payment)
        payment._settle_what_is_left()
        order = self.order_of_payment(payment)
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.amount_total, 10.0)
        self.assertEqual(order.payment_ids.uuid, payment.payment_uuid)
        self.assertFalse(payment.order_data)
        self.assertFalse(payment._whose_order_is_missing())

    def test_nobody_saves_what_a_register_is_about_to_save(self):
        payment = self.sent_along()
        self.age(payment, 5)
        self.assertFalse(payment._whose_order_is_missing())
        payment._settle_what_is_left()
        self.assertFalse(self.order_of_payment(payment))
        self.assertTrue(payment.order_data, "later")

    def test_an_order_that_was_never_saved_is_finished_when_it_is_paid(self):
        payment = self.sent_along()
        payment._set_state("success", {"txid": "0xabc"})
        payment.finished_at -= timedelta(minutes=1)
        payment._settle_what_is_left()
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
        self.assertEqual(payment._whose_order_is_missing(), payment)
        payment._settle_what_is_left()
        self.assertFalse(order.payment_ids)
        self.assertFalse(payment._whose_order_is_missing(), "looked at once")

    def test_an_order_that_the_cashier_gave_up_is_not_saved(self):
        payment = self.sent_along(is_abandoned=True)
        self.assertFalse(payment._whose_order_is_missing())
        payment._settle_what_is_left()
        self.assertFalse(self.order_of_payment(payment))

    def test_an_order_that_cannot_be_saved_is_tried_once(self):
        payment = self.sent_along()
        payment.order_data = payment.order_data | {"lines": "of a browser's console"}
        with mute_logger("odoo.sql_db"), self.assertLogs(BOOKING, "WARNING"):
            payment._settle_what_is_left()
        self.assertFalse(self.order_of_payment(payment))
        self.assertFalse(payment._whose_order_is_missing())

    def test_orders_that_came_along_are_forgotten(self):
        payment = self.sent_along()
        payment._gc_order_data()
        payment.invalidate_recordset()
        self.assertTrue(payment.order_data)
        self.age(payment, 9 * 24 * 3600)
        payment._gc_order_data()
        payment.invalidate_recordset()
        self.assertFalse(payment.order_data)

    def test_a_register_that_knows_is_left_alone_for_longer(self):
        order = self.sync(self.order_data(state="draft"))
        payment = self.paid(order_uuid=order.uuid)
        payment.finished_at -= timedelta(minutes=5)
        payment.told_at = fields.Datetime.now() - timedelta(minutes=5)
        payment._settle_what_is_left()
        self.assertEqual(order.state, "draft")

    def test_what_is_not_paid_in_full_is_not_finished(self):
        order = self.sync(self.order_data(state="draft", amount=9.0))
        payment = self.paid(order_uuid=order.uuid, amount=9.0)
        payment.finished_at -= timedelta(minutes=1)
        payment._settle_what_is_left()
        self.assertEqual(order.state, "draft")
        self.assertTrue(payment.settle_at, "looked at again")

    def test_nor_what_another_terminal_still_waits_for(self):
        data = self.order_data(state="draft", amount=9.0)
        bank = self.config.payment_method_ids.filtered(lambda m: m.type == "bank") - self.method
        line = {"amount": 1.0, "payment_method_id": bank[:1].id, "payment_status": "waiting"}
        data["payment_ids"].append((0, 0, {"name": fields.Datetime.now(), **line}))
        order = self.sync(data)
        payment = self.paid(order_uuid=order.uuid, amount=9.0)
        payment.finished_at -= timedelta(minutes=1)
        payment._settle_what_is_left()
        self.assertEqual(order.state, "draft")

    def test_an_abandoned_payment_finishes_nothing(self):
        order = self.sync(self.order_data(state="draft"))
        payment = self.record(order_uuid=order.uuid)
        payment._abandon()
        payment._set_state("success", {})
        payment.finished_at -= timedelta(minutes=1)
        payment._settle_what_is_left()
        self.assertEqual(order.state, "draft")
        self.assertEqual(payment.issue, "late")

    # === CLOSING A SESSION === #

    def test_orders_with_money_on_its_way_go_on_in_the_next_session(self):
        data = self.order_data(state="draft")
        payment = self.record(order_uuid=data["uuid"])
        payment._set_state("confirming", {})
        order, session = self.sync(data), self.pos_session
        self.assertEqual(session._mixpay_to_show_at_closing(), payment)
        session.action_pos_session_closing_control()
        self.assertEqual(session.state, "closed")
        self.assertEqual(order.state, "draft")
        self.assertFalse(payment.is_abandoned)
        details = self.env["report.point_of_sale.report_saledetails"].get_sale_details(
            session_ids=session.ids
        )
        self.assertTrue(any(payment.trace_id in line for line in details["mixpay"]["carried"]))
        payment._set_state("success", {})
        payment.finished_at -= timedelta(minutes=1)
        payment._settle_what_is_left()
        self.assertEqual(order.state, "draft", "there is no session for it yet")
        self.open_new_session()
        payment._settle_what_is_left()
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
