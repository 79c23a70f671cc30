"""Who approves proves who they are, on the server, with few tries: money rule 8."""

import uuid

from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import MixpayRoutesCase


@tagged("post_install", "-at_install")
class TestMixpayApproval(MixpayRoutesCase, TestPoSCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "mixpay_manager",
            "base.group_user,point_of_sale.group_pos_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.payment = self.create_payment()
        self.trace_id = self.payment["trace_id"]

    def approve(self, route="override", **changes):
        return self.call(route, **self.approval(**changes))

    def approval(self, **changes):
        proof = {
            "trace_id": self.trace_id,
            "approver_kind": "user",
            "approver_id": self.manager.id,
            "secret": "mixpay_manager",
            "reason": "seen in the wallet",
        }
        return proof | changes

    def assert_not_approved(self, words, route="override", **changes):
        with mute_logger("odoo.addons.pos_mixpay.models.mixpay_approval"):
            self.assert_refused(words, route, **self.approval(**changes))
        self.assertFalse(self.record().override_at)

    def record(self):
        payment = self.env["mixpay.payment"].search([("trace_id", "=", self.trace_id)])
        payment.invalidate_recordset()
        return payment

    def approvals(self):
        return self.env["mixpay.approval"].sudo().search([("approver", "=", self.manager.name)])

    # === OVERRIDE === #

    def test_override(self):
        self.assertTrue(self.payment["can_override"])
        answer = self.approve()
        self.assertEqual(answer["line_status"], "done")
        self.assertTrue(answer["is_overridden"])
        payment = self.record()
        self.assertEqual(payment.override_by, self.manager.name)
        self.assertEqual(payment.override_reason, "seen in the wallet")
        approval = self.approvals()
        self.assertTrue(approval.is_granted)
        self.assertEqual(approval.payment_ids, payment)
        self.assertEqual(approval.user_id, self.cashier)

    def test_the_line_goes_on_with_what_was_confirmed(self):
        self.approve()
        again = self.create_payment(
            order_uuid=self.payment["order_uuid"], payment_uuid=self.payment["payment_uuid"]
        )
        self.assertEqual(again["trace_id"], self.trace_id)
        self.assertEqual(again["line_status"], "done")

    def test_what_is_confirmed_by_hand_is_covered(self):
        line = {self.payment["payment_uuid"]: "10.00"}
        answer = self.call("check", session_id=self.pos_session.id, lines=line)
        self.assertIn("not finished", answer["reasons"][self.payment["payment_uuid"]])
        self.approve()
        answer = self.call("check", session_id=self.pos_session.id, lines=line)
        self.assertFalse(answer["uncovered"])

    # === PROOF === #

    def test_the_till_s_login_proves_nothing(self):
        self.authenticate("mixpay_manager", "mixpay_manager")
        self.assert_not_approved("not the password", secret="")
        self.assert_not_approved("not the password", secret=None)

    def test_a_wrong_password(self):
        self.assert_not_approved("not the password", secret="guess")
        self.assertFalse(self.approvals().is_granted)

    def test_a_cashier_approves_nothing(self):
        self.assert_not_approved("who approves", approver_id=self.cashier.id, secret="mixpay_till")

    def test_a_manager_of_another_company_approves_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "mixpay_stranger",
            "base.group_user,point_of_sale.group_pos_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assert_not_approved("who approves", approver_id=stranger.id, secret="mixpay_stranger")

    def test_a_reason_is_needed(self):
        for reason in ("", "   ", None, 5, ["x"]):
            with self.subTest(reason=reason):
                self.assert_not_approved("reason", reason=reason)

    def test_right_ones_are_not_counted_as_tries(self):
        for _sale in range(7):
            self.trace_id = self.create_payment()["trace_id"]
            self.approve()
        self.assertEqual(len(self.approvals().filtered("is_granted")), 7)

    def test_who_can_be_asked(self):
        approvers = self.call("approvers", session_id=self.pos_session.id)["approvers"]
        names = {approver["name"] for approver in approvers}
        self.assertIn(self.manager.name, names)
        self.assertNotIn(self.cashier.name, names)
        self.assertEqual({"kind", "id", "name"}, set(approvers[0]))

    def test_employees_of_pos_hr_prove_it_with_their_pin(self):
        employees = self.env["hr.employee"].sudo()
        boss, other = employees.create(
            [
                {"name": "Shift lead", "pin": "7351", "company_id": self.company.id},
                {"name": "Till", "pin": "1111", "company_id": self.company.id},
            ]
        )
        self.config.sudo().write({"module_pos_hr": True, "advanced_employee_ids": [(4, boss.id)]})
        by_boss = {"approver_kind": "employee", "approver_id": boss.id}
        self.assert_not_approved("not the password or PIN", **by_boss, secret="1111")
        self.assert_not_approved(
            "who approves", approver_kind="employee", approver_id=other.id, secret="1111"
        )
        self.approve(**by_boss, secret="7351")
        self.assertEqual(self.record().override_by, "Shift lead")

    def test_another_company_s_payment(self):
        other = self.env["res.company"].create({"name": "Other"})
        hidden = self.record_payment(self.pos_session, self.method, company_id=other.id)
        for route in ("override", "let_go"):
            self.assert_refused("not yours", route, **self.approval(trace_id=hidden.trace_id))

    # === LETTING GO OF SEEN MONEY === #

    def test_only_an_approver_lets_go_of_seen_money(self):
        self.simulator.act(self.trace_id, "pay")
        answer = self.call("cancel", trace_id=self.trace_id)
        self.assertEqual(answer["state"], "confirming")
        self.assertFalse(answer["is_abandoned"])
        self.assertTrue(answer["can_let_go"])
        self.assert_not_approved("not the password", route="let_go", secret="guess")
        answer = self.approve("let_go", reason="the customer pays cash")
        self.assertTrue(answer["is_abandoned"])
        self.assertTrue(answer["slip"])

    def test_too_little_can_be_cancelled_and_prints_a_slip(self):
        self.simulator.act(self.trace_id, "pay_less")
        self.simulator.act(self.trace_id, "confirm")
        answer = self.call("cancel", trace_id=self.trace_id)
        self.assertEqual(answer["state"], "paid_less")
        self.assertTrue(answer["is_abandoned"])
        self.assertIn(["MixPay trace ID", self.trace_id], answer["slip"]["lines"])

    def test_money_on_its_way_blocks_an_order_paid_otherwise(self):
        self.record().sudo()._set_state("confirming", {})
        params = {
            "session_id": self.pos_session.id,
            "lines": {},
            "order_uuid": self.payment["order_uuid"],
        }
        [blocking] = self.call("check", **params)["blocking"]
        self.assertEqual(blocking["trace_id"], self.trace_id)
        self.approve("let_go")
        self.assertFalse(self.call("check", **params)["blocking"])

    # === CLOSING A SESSION === #

    def test_what_is_open_is_shown_at_closing_and_who_saw_it_is_kept(self):
        self.approve()
        answer = self.call("closing", session_id=self.pos_session.id)
        [shown] = answer["payments"]
        self.assertEqual(shown["trace_id"], self.trace_id)
        self.assertIn("not verified", shown["issue_text"])
        self.call("acknowledge", session_id=self.pos_session.id, trace_ids=[self.trace_id])
        self.assertEqual(self.record().acknowledged_by_id, self.cashier)
        self.assertEqual(self.record().issue, "unverified", "it stays open until decided")

    # === DECIDING IN THE BACK OFFICE === #

    def decide(self, payments, password="mixpay_manager", user="mixpay_manager", **vals):
        self.authenticate(user, user)
        vals = {"payment_ids": [(6, 0, payments.ids)], "note": "in cash"} | vals
        wizard = self.make_jsonrpc_request(
            "/web/dataset/call_kw/mixpay.decide/create",
            {"model": "mixpay.decide", "method": "create", "args": [vals], "kwargs": {}},
        )
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw/mixpay.decide/action_decide",
            {
                "model": "mixpay.decide",
                "method": "action_decide",
                "args": [[wizard]],
                "kwargs": {"context": {"mixpay_password": password}},
            },
        )

    def late_payment(self):
        payment = self.record_payment(self.pos_session, self.method, payment_uuid=str(uuid.uuid4()))
        payment._abandon()
        payment._set_state("success", {})
        return payment

    def test_a_manager_decides_with_a_password(self):
        payment = self.late_payment()
        with mute_logger("odoo.addons.pos_mixpay.models.mixpay_approval", "odoo.http"):
            with self.assertRaisesRegex(JsonRpcException, "UserError"):
                self.decide(payment, "guess", decision="refunded")
            payment.invalidate_recordset()
            self.assertFalse(payment.decision)
            with self.assertRaisesRegex(JsonRpcException, "AccessError"):
                self.decide(payment, user="mixpay_till", decision="refunded")
        self.decide(payment, decision="refunded")
        payment.invalidate_recordset()
        self.assertEqual(payment.decision, "refunded")
        self.assertEqual(payment.decided_by, self.manager.name)
        self.assertEqual(self.approvals()[0].payment_ids, payment)

    def test_a_manager_attaches_late_money_to_an_order_that_waits_for_it(self):
        payment = self.late_payment()
        product = self.create_product("Tea", self.categ_basic, 10.0)
        data = self.create_ui_order_data([(product, 1)], uuid=str(uuid.uuid4()))
        data |= {"state": "draft", "payment_ids": [], "amount_paid": 0}
        synced = self.env["pos.order"].sync_from_ui([data | {"access_token": "x"}])
        order = self.env["pos.order"].browse(synced["pos.order"][0]["id"])
        self.decide(payment, decision="attached", order_id=order.id)
        order.invalidate_recordset()
        payment.invalidate_recordset()
        self.assertEqual(order.state, "paid")
        self.assertEqual(payment.pos_order_id, order)
        self.assertEqual(payment.decision, "attached")
        self.assertFalse(payment.issue)
