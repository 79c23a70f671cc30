"""A line that comes up again, and orders that core would not save: nothing starts for either."""

import uuid
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..models.pos_order import named_by_lines
from .common import MixpayRoutesCase, MixpayShopCase


@tagged("post_install", "-at_install")
class TestMixpayResumption(MixpayRoutesCase, TestPoSCommon, HttpCase):
    def resume(self, payment_uuid, **params):
        params = {"session_id": self.pos_session.id, "payment_uuid": payment_uuid} | params
        return self.call("resume", **params)

    def payment_of(self, answer):
        return self.env["mixpay.payment"].sudo().search([("trace_id", "=", answer["trace_id"])])

    def test_the_same_code_comes_back(self):
        made = self.create_payment()
        calls = len(self.simulator.requests())
        answer = self.resume(made["payment_uuid"])
        self.assertEqual(answer["trace_id"], made["trace_id"])
        self.assertEqual(answer["qr"], made["qr"])
        self.assertEqual(len(self.simulator.requests()), calls, "MixPay is asked nothing")

    def test_a_line_that_nobody_asked_a_code_for_gets_none(self):
        self.assertFalse(self.resume(str(uuid.uuid4())))
        self.assertFalse(self.simulator.requests())
        self.assertFalse(self.env["mixpay.payment"].search_count([]))

    def test_a_payment_that_was_given_up_stays_given_up(self):
        made = self.create_payment()
        self.call("cancel", trace_id=made["trace_id"])
        answer = self.resume(made["payment_uuid"])
        self.assertTrue(answer["is_abandoned"])
        self.assertEqual(answer["line_status"], "retry")
        self.assertTrue(self.payment_of(made).is_abandoned)

    def test_it_is_found_by_its_line_whatever_order_that_is_in(self):
        """No order is named: two devices at one table have it in another than it was asked for."""
        made = self.create_payment()
        self.assertEqual(self.resume(made["payment_uuid"])["order_uuid"], made["order_uuid"])

    def test_a_payment_that_has_no_code_so_far_is_not_gone_on_with(self):
        payment = self.record_payment(self.pos_session, self.method)
        self.assertFalse(self.resume(payment.payment_uuid))

    def test_a_payment_that_goes_on_moves_into_the_session_of_now(self):
        made = self.create_payment()
        self.env["pos.order"].create(
            {
                "uuid": made["order_uuid"],
                "session_id": self.pos_session.id,
                "amount_tax": 0.0,
                "amount_total": 0.0,
                "amount_paid": 0.0,
                "amount_return": 0.0,
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE pos_session SET state = 'closed' WHERE id = %s", [self.pos_session.id]
        )
        self.env.invalidate_all()
        session = self.env["pos.session"].create({"config_id": self.config.id})
        session.state = "opened"
        self.resume(made["payment_uuid"], session_id=session.id)
        self.assertEqual(self.payment_of(made).pos_session_id, session)

    def test_another_point_of_sale_s_payment_stays_in_its_session(self):
        made = self.create_payment()
        other = self.env["pos.session"].create({"config_id": self.config.copy().id})
        other.state = "opened"
        self.assertTrue(self.resume(made["payment_uuid"], session_id=other.id))
        self.assertEqual(self.payment_of(made).pos_session_id, self.pos_session)

    def test_what_another_company_began_is_not_shown(self):
        other = self.env["res.company"].create({"name": "Other"})
        payment = self.record_payment(self.pos_session, self.method, company_id=other.id)
        payment.link = "https://mixpay.example/code/abc"
        self.assertFalse(self.resume(payment.payment_uuid))

    def test_what_may_not_be_asked(self):
        made = self.create_payment()
        uuid_of_line = made["payment_uuid"]
        params = {"session_id": self.pos_session.id, "payment_uuid": uuid_of_line}
        self.assert_refused("not the identifier", "resume", **params | {"payment_uuid": "x'"})
        self.assert_refused("not yours to use", "resume", **params | {"session_id": 0})
        self.authenticate("mixpay_clerk", "mixpay_clerk")
        self.assert_refused("Only users of the Point of Sale", "resume", **params)

    def test_a_receipt_that_was_printed_already_is_said_before_a_code(self):
        params = self.create_params()
        order = {"uuid": params["order_uuid"], "lines": [], "nb_print": 1}
        self.assert_refused("printed already", "create", order=order, **params)
        self.assertFalse(self.simulator.requests())
        self.assertFalse(self.env["mixpay.payment"].search_count([]))

    def test_begun_anew_on_one_register_is_told_to_the_others(self):
        made = self.create_payment()
        self.call("cancel", trace_id=made["trace_id"])
        self.env["bus.bus"].sudo().search([]).unlink()
        names = ("payment_uuid", "order_uuid", "amount")
        self.create_payment(**{name: made[name] for name in names})
        self.env["bus.bus"].flush_model()
        sent = self.env["bus.bus"].sudo().search([("message", "ilike", "MIXPAY_PAYMENT")])
        self.assertTrue(sent)


@tagged("post_install", "-at_install")
class TestMixpayUnsavable(MixpayShopCase, TestPoSCommon):
    """Orders that core refuses to save with one more electronic payment."""

    def check(self, data):
        self.env["pos.order"]._mixpay_check_can_be_saved(data["uuid"], data)

    def test_an_order_that_a_kiosk_printed(self):
        order = self.draft()
        data = {"uuid": order.uuid}
        self.check(data)
        order.nb_print = 1
        with self.assertRaisesRegex(UserError, "printed already"):
            self.check(data)
        # That is what core says of it.
        line = {"payment_method_id": self.method.id, "amount": 10.0, "payment_status": "waiting"}
        with self.assertRaisesRegex(UserError, "printed order"):
            order.write({"payment_ids": [(0, 0, line)]})

    def test_an_order_that_core_puts_into_a_printed_one(self):
        """As `pos_restaurant` does at a table where another device has saved one."""
        printed = self.draft()
        data = self.order_data(state="draft") | {"uuid": str(uuid.uuid4()), "table_id": 7}
        found = patch.object(self.registry["pos.order"], "_get_open_order", lambda *_: printed)
        with found:
            self.check(data)
            printed.nb_print = 1
            with self.assertRaisesRegex(UserError, "printed already"):
                self.check(data)

    def test_an_order_that_takes_back_products_of_several(self):
        lines = self.draft().lines | self.draft().lines
        data = self.order_data(state="draft")
        for refunded in lines[0], lines[1]:
            data["lines"].append([0, 0, {"refunded_orderline_id": refunded.id}])
            if refunded == lines[0]:
                self.check(data)
        with self.assertRaisesRegex(UserError, "several other orders"):
            self.check(data)

    def test_rubbish_is_no_reason_to_refuse(self):
        bad = [None, 7, [], [0], [0, 0, None], [0, 0, {"refunded_orderline_id": "x"}]]
        huge = [[0, 0, {"refunded_orderline_id": value}] for value in (0, -1, True, 2**31, 1.5)]
        for lines in (None, "x", {}, 7, bad, huge):
            with self.subTest(lines=lines):
                self.assertEqual(named_by_lines({"lines": lines}, "refunded_orderline_id"), [])
                self.check({"uuid": str(uuid.uuid4()), "lines": lines})


@tagged("post_install", "-at_install")
class TestMixpayLateWords(MixpayShopCase, TestPoSCommon):
    """What the cashier is told of money that comes when nobody waits for it any more."""

    def notice(self):
        payment = self.record()
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        return payment.env["mixpay.presenter"]._to_register(payment)["notice"]

    def test_with_its_line_still_there_it_can_be_used(self):
        self.sync(self.order_data(state="draft", payment_status="retry"))
        self.assertIn("Try again", self.notice())

    def test_without_its_line_a_manager_is_called(self):
        order = self.sync(self.order_data(state="draft", payment_status="retry"))
        order.payment_ids.unlink()
        self.assertNotIn("Try again", self.notice())

    def test_with_its_order_gone_a_manager_is_called(self):
        order = self.sync(self.order_data(state="draft", payment_status="retry"))
        order.unlink()
        notice = self.notice()
        self.assertNotIn("Try again", notice)
        self.assertIn("Tell your manager", notice)
