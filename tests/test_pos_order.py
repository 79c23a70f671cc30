"""The server refuses a paid order whose MixPay line is not covered: money rule 4."""

import uuid

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import MixpaySimulatorMixin


@tagged("post_install", "-at_install")
class TestMixpayOrder(MixpaySimulatorMixin, TestPoSCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_shop()
        cls.product = cls.create_product("Tea", cls.categ_basic, 10.0)

    def setUp(self):
        super().setUp()
        self.open_new_session()
        self.line_uuid = str(uuid.uuid4())

    def order_data(self, state="paid", amount=10.0, **line):
        data = self.create_ui_order_data(
            [(self.product, 1)], payments=[(self.method, amount)], uuid=str(uuid.uuid4())
        )
        data["state"] = state
        data["access_token"] = str(uuid.uuid4())
        data["payment_ids"][0][2].update({"uuid": self.line_uuid, **line})
        return data

    def sync(self, data):
        result = self.env["pos.order"].sync_from_ui([data])
        return self.env["pos.order"].browse(result["pos.order"][0]["id"])

    def paid(self, **changes):
        """Record a payment and walk it to success as MixPay's answers would."""
        vals = {"payment_uuid": self.line_uuid} | changes
        payment = self.record_payment(self.pos_session, self.method, **vals)
        payment._set_state("success", {"txid": "0xabc", "payment_symbol": "USDT"})
        return payment

    def assert_refused(self, data):
        with self.assertRaisesRegex(ValidationError, "no MixPay payment"):
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
            payment = self.record_payment(
                self.pos_session, self.method, payment_uuid=self.line_uuid
            )
            payment._set_state(state, {})
            with self.subTest(state=state):
                self.assert_refused(self.order_data())

    def test_a_payment_still_on_its_way(self):
        self.assert_refused_in_states("unpaid", "paid_less", "confirming", "pending", "auditing")

    def test_failed_or_on_other_terms(self):
        self.assert_refused_in_states("failed", "mismatch")

    def test_another_line_s_payment(self):
        payment = self.paid(payment_uuid=str(uuid.uuid4()))
        self.assert_refused(self.order_data(transaction_id=payment.trace_id))

    def test_another_amount(self):
        self.paid(amount=9.99)
        self.assert_refused(self.order_data())

    def test_another_currency(self):
        self.paid(currency_id=self.env.ref("base.EUR").id)
        self.assert_refused(self.order_data())

    def test_another_company(self):
        self.paid(company_id=self.env["res.company"].create({"name": "Other"}).id)
        self.assert_refused(self.order_data())

    def test_another_method(self):
        other = self.create_mixpay_method(name="Other")
        self.paid(payment_method_id=other.id)
        self.assert_refused(self.order_data())

    def test_a_test_payment_where_test_mode_is_not_allowed(self):
        self.paid()
        self.env["ir.config_parameter"].sudo().set_param("pos_mixpay.allow_test_mode", "False")
        self.assert_refused(self.order_data())

    def test_a_refund_line_is_not_covered_by_anything(self):
        self.assert_refused(self.order_data(amount=-10.0))

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
