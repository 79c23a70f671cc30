"""Who approves proves who they are, in their own login or by their own code: money rule 8."""

import re
import uuid
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import CASHIER, MANAGER, MixpayRoutesCase

CODE = "482913"
CODE_LOGGER = "odoo.addons.pos_mixpay.models.mixpay_code"


class RefusedError(Exception):
    """What the server answered instead of a result."""


class MixpayApprovalCase(MixpayRoutesCase, TestPoSCommon, HttpCase):
    """A till under a cashier's login, and a manager with a code."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.new_user("mixpay_manager", MANAGER)
        cls.manager._mixpay_set_approval_code(CODE)

    @classmethod
    def new_user(cls, login, *args, **vals):
        return super().new_user(login, *args, email=f"{login}@example.com", **vals)

    def setUp(self):
        super().setUp()
        self.payment = self.create_payment()
        self.trace_id = self.payment["trace_id"]
        self.show_funds()

    def show_funds(self, state="confirming", **values):
        self.env["mixpay.answer"].sudo()._transition(self.record().sudo(), state, values)

    def record(self):
        payment = self.env["mixpay.payment"].search([("trace_id", "=", self.trace_id)])
        payment.invalidate_recordset()
        return payment

    def status(self):
        return self.call("status", trace_ids=[self.trace_id])["payments"][0]

    def by_code(self, **changes):
        params = {
            "trace_id": self.trace_id,
            "action": "confirm",
            "approver_id": self.manager.id,
            "code": CODE,
            "reason": "seen in the wallet",
        }
        return params | changes

    def approve(self, **changes):
        return self.call("approve", **self.by_code(**changes))

    def assert_not_approved(self, words, **changes):
        with mute_logger(CODE_LOGGER):
            self.assert_refused(words, "approve", **self.by_code(**changes))
        self.assertFalse(self.record().confirmed_at)

    def request(self, action="confirm", reason="the customer shows it"):
        return self.call("request_approval", trace_id=self.trace_id, action=action, reason=reason)[
            "approval_id"
        ]

    def rpc(self, login, model, method, *args, context=None, **kwargs):
        """Call a method in somebody's own login, and go back to the till's."""
        params = {"model": model, "method": method, "args": args}
        params["kwargs"] = {"context": context or {}} | kwargs
        body = {"jsonrpc": "2.0", "id": 0, "method": "call", "params": params}
        self.authenticate(login, login)
        try:
            url = f"{self.base_url()}/web/dataset/call_kw/{model}/{method}"
            answer = self.opener.post(url, json=body).json()
        finally:
            self.authenticate("mixpay_till", "mixpay_till")
        self.env.invalidate_all()
        if "error" in answer:
            said = answer["error"]["data"]
            raise RefusedError(f"{said['name']}: {said['message']}")
        return answer.get("result")

    def assert_rpc_refused(self, words, function, *args, **options):
        with mute_logger("odoo.http", CODE_LOGGER), self.assertRaisesRegex(RefusedError, words):
            function(*args, **options)

    def decide(self, approval_id, method="action_approve", login="mixpay_manager", context=None):
        """Decide on an own device."""
        return self.rpc(login, "mixpay.approval", method, [approval_id], context=context)

    def assert_cannot_decide(self, words, approval_id, **options):
        self.assert_rpc_refused(words, self.decide, approval_id, **options)
        self.assertFalse(self.record().confirmed_at)

    def approval(self, approval_id):
        approval = self.env["mixpay.approval"].browse(approval_id)
        approval.invalidate_recordset()
        return approval

    def events(self, kind):
        return (
            self.env["mixpay.event"]
            .sudo()
            .search([("kind", "=", kind), ("payment_id", "=", self.record().id)])
        )

    def age(self, approval_id, minutes):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mixpay_approval SET create_date = create_date - %s * interval '1 minute'"
            " WHERE id = %s",
            [minutes, approval_id],
        )
        self.env.invalidate_all()

    def messages(self, approval):
        return (
            self.env["mail.message"]
            .sudo()
            .search([("model", "=", "mixpay.approval"), ("res_id", "=", approval.id)])
        )

    def mails(self, user):
        return self.env["mail.mail"].sudo().search([("recipient_ids", "in", user.partner_id.ids)])


@tagged("post_install", "-at_install")
class TestMixpayRequests(MixpayApprovalCase):
    """On the approver's own device."""

    def test_asked_and_granted(self):
        answer = self.call(
            "request_approval", trace_id=self.trace_id, action="confirm", reason="shown to me"
        )
        self.assertEqual(answer["state"], "requested")
        shown = self.status()["approval"]
        self.assertEqual(shown["id"], answer["approval_id"])
        self.assertEqual((shown["action"], shown["state"]), ("confirm", "requested"))
        self.assertEqual((shown["by"], shown["reason"]), ("", "shown to me"))
        self.assertIn(shown["seconds_left"], range(200, 301))
        self.assertFalse(shown["has_effect"])
        self.decide(answer["approval_id"])
        payment = self.record()
        self.assertEqual(payment.confirmed_by, self.manager.name)
        self.assertEqual(payment.confirmation_reason, "shown to me")
        status = self.status()
        self.assertEqual(status["line_status"], "done")
        self.assertEqual(status["approval"]["state"], "granted")
        self.assertEqual(status["approval"]["by"], self.manager.name)
        self.assertTrue(status["approval"]["has_effect"])
        self.assertTrue(self.events("approval_requested"))
        [event] = self.events("approval_granted")
        self.assertEqual(event.actor, self.manager.name)
        self.assertEqual(event.user_id, self.manager)
        self.assertEqual(event.data["asked_by"], self.cashier.login)
        self.assertIn(self.manager.name, payment.env["mixpay.presenter"]._report_line(payment))

    def test_asked_and_refused(self):
        approval_id = self.request()
        self.decide(approval_id, "action_refuse")
        self.assertFalse(self.record().confirmed_at)
        shown = self.status()["approval"]
        self.assertEqual((shown["state"], shown["by"]), ("refused", self.manager.name))
        self.assertTrue(self.events("approval_refused"))
        again = self.request(reason="really")
        self.assertNotEqual(again, approval_id)
        self.assertIn("the customer shows it", self.approval(again).earlier_refusals)
        self.assert_cannot_decide("decided already", approval_id)

    def test_the_login_that_asked_never_decides(self):
        self.authenticate("mixpay_manager", "mixpay_manager")
        self.new_user("mixpay_other", MANAGER)
        approval_id = self.request()
        for method in ("action_approve", "action_refuse"):
            self.assert_cannot_decide("This login has asked", approval_id, method=method)
        self.assertEqual(self.approval(approval_id).state, "requested")
        self.decide(approval_id, login="mixpay_other")
        self.assertTrue(self.record().confirmed_at)

    def test_the_login_of_the_till_never_decides(self):
        """A cashier asks from a phone; the till runs under a manager's login."""
        self.authenticate("mixpay_manager", "mixpay_manager")
        self.trace_id = self.create_payment()["trace_id"]
        self.show_funds()
        self.authenticate("mixpay_till", "mixpay_till")
        self.new_user("mixpay_other", MANAGER)
        approval_id = self.request()
        self.assertNotIn(self.manager, self.approval(approval_id).asked_user_ids)
        self.assert_cannot_decide("sells at the till", approval_id)
        self.decide(approval_id, login="mixpay_other")
        self.assertTrue(self.record().confirmed_at)

    def test_nobody_else_decides(self):
        approval_id = self.request()
        other = self.env["res.company"].create({"name": "Other"})
        self.new_user("mixpay_stranger", MANAGER, company=other)
        self.new_user("mixpay_till_2", CASHIER)
        for login in ("mixpay_till", "mixpay_till_2", "mixpay_clerk", "mixpay_stranger"):
            with self.subTest(login=login):
                self.assert_cannot_decide("AccessError", approval_id, login=login)

    def test_a_manager_who_is_none_any_more(self):
        approval_id = self.request()
        self.manager.group_ids -= self.env.ref("point_of_sale.group_pos_manager")
        self.assert_cannot_decide("not responsible", approval_id)

    def test_an_expired_request(self):
        approval_id = self.request()
        self.age(approval_id, 14)
        self.assertEqual(self.approval(approval_id).state, "expired")
        shown = self.status()["approval"]
        self.assertEqual((shown["state"], shown["seconds_left"]), ("expired", 0))
        self.assert_cannot_decide("expired", approval_id)
        found = self.env["mixpay.approval"].search([("state", "=", "expired")])
        self.assertIn(approval_id, found.ids)
        found = self.env["mixpay.approval"].search([("state", "=", "requested")])
        self.assertNotIn(approval_id, found.ids)
        self.assertNotEqual(self.request(), approval_id)
        self.assertFalse(self.approval(approval_id).activity_ids)

    def test_long_ago_is_not_shown_any_more(self):
        self.age(self.request(), 16)
        self.assertIs(self.status()["approval"], False)

    def test_one_open_request_of_a_kind(self):
        first = self.request()
        self.assertEqual(self.request(reason="once more"), first)
        self.assertNotEqual(self.request(action="force_cancel"), first)

    def test_six_in_a_quarter_of_an_hour(self):
        for _request in range(6):
            self.decide(self.request(), "action_refuse")
        params = {"trace_id": self.trace_id, "action": "confirm", "reason": "please"}
        self.assert_refused("too often", "request_approval", **params)
        self.env.cr.execute(
            "UPDATE mixpay_approval SET create_date = create_date - interval '16 minutes'"
        )
        self.env.invalidate_all()
        self.request()

    def test_a_reason_is_needed(self):
        for reason in ("", "   ", "\x00\n", None, 5, ["x"], "\ud800"):
            params = {"trace_id": self.trace_id, "action": "confirm", "reason": reason}
            with self.subTest(reason=reason):
                self.assert_refused("reason", "request_approval", **params)

    def test_nothing_else_can_be_asked(self):
        for action in ("decide", "", None, ["confirm"]):
            params = {"trace_id": self.trace_id, "action": action, "reason": "x"}
            with self.subTest(action=action):
                self.assert_refused("cannot be approved", "request_approval", **params)

    def test_nobody_to_ask(self):
        others = self.company._mixpay_managers() - self.manager
        others.group_ids -= self.env.ref("point_of_sale.group_pos_manager")
        self.authenticate("mixpay_manager", "mixpay_manager")
        params = {"trace_id": self.trace_id, "action": "confirm", "reason": "x"}
        self.assert_refused("Nobody can be asked", "request_approval", **params)
        answer = self.call("approvers", session_id=self.pos_session.id, trace_id=self.trace_id)
        self.assertFalse(answer["can_request"])

    def test_a_changed_payment_is_shown_again(self):
        """An approval holds for the state and funds it showed."""
        approval_id = self.request()
        self.show_funds("auditing", payment_amount="9", payment_symbol="USDT")
        action = self.decide(approval_id)
        self.assertIn("decide again", action["params"]["message"])
        self.assertFalse(self.record().confirmed_at)
        approval = self.approval(approval_id)
        self.assertEqual(approval.state, "requested")
        self.assertEqual(approval.funds_text, "9 USDT")
        self.assertIn("refuse", approval.warning)
        self.decide(approval_id)
        self.assertTrue(self.record().confirmed_at)

    def test_other_funds_are_another_decision(self):
        self.show_funds("paid_less", payment_amount="1", payment_symbol="USDT")
        approval_id = self.request()
        self.record().sudo().write({"payment_amount": "2"})
        self.decide(approval_id)
        self.assertFalse(self.record().confirmed_at)

    def test_a_decision_without_effect_is_never_granted(self):
        approval_id = self.request()
        self.show_funds("success")
        self.decide(approval_id)
        approval = self.approval(approval_id)
        self.assertEqual(approval.state, "expired")
        self.assertFalse(approval.has_effect)
        self.assertEqual(approval.approver, self.manager.name)
        self.assertFalse(self.record().confirmed_at)
        self.assertFalse(self.events("approval_granted"))
        self.assertEqual(self.events("approval_without_effect").data["state"], "success")

    def test_stop_waiting(self):
        approval_id = self.request(action="force_cancel", reason="pays cash")
        self.decide(approval_id)
        self.assertTrue(self.record().is_abandoned)
        self.assertTrue(self.status()["slip"])

    def test_those_responsible_are_told_in_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        french = self.new_user("mixpay_french", MANAGER, lang="fr_FR")
        approval = self.approval(self.request(reason='<a href="https://evil.example">x</a>'))
        self.assertIn(french, approval.asked_user_ids)
        self.assertNotIn(self.cashier, approval.asked_user_ids)
        self.assertTrue(approval.notified_at)
        messages = self.messages(approval)
        for user in (self.manager, french):
            self.assertIn(user.partner_id, messages.partner_ids)
        of_french = messages.filtered(lambda m: french.partner_id in m.partner_ids)
        self.assertNotIn(self.manager.partner_id, of_french.partner_ids)
        for text in [*messages.mapped("body"), *approval.sudo().activity_ids.mapped("note")]:
            self.assertNotIn("<a href", text)
            self.assertIn("evil.example", text)
        self.assertIn(self.manager, approval.sudo().activity_ids.user_id)

    def test_notifications_reach_mail_readers_by_push_too(self):
        approval = self.approval(self.request())
        self.assertEqual(self.manager.notification_type, "email")
        recipients = [{"id": self.manager.partner_id.id, "active": True, "notif": "email"}]
        pushed = approval._notify_get_recipients_for_extra_notifications(
            self.messages(approval)[:1], recipients
        )
        self.assertIn(self.manager.partner_id.id, pushed)

    def test_a_request_stands_though_nobody_could_be_notified(self):
        def broken(*_args):
            raise ValueError("a mail server")

        notifications = self.env["mixpay.approval.notification"]
        self.patch(type(notifications), "_send_request", broken)
        with mute_logger("odoo.addons.pos_mixpay.models.mixpay_approval_notification"):
            approval_id = self.request()
        self.assertFalse(self.approval(approval_id).notified_at)
        self.decide(approval_id)
        self.assertTrue(self.record().confirmed_at)

    def test_the_activities_of_others_go_away(self):
        self.new_user("mixpay_other", MANAGER)
        approval_id = self.request()
        activities = self.approval(approval_id).sudo().activity_ids
        self.assertGreaterEqual(len(activities), 2)
        self.decide(approval_id, "action_refuse")
        self.assertFalse(activities.exists())

    def test_what_a_browser_sends_as_context_changes_nothing(self):
        context = {
            "default_outcome": "granted",
            "default_kind": "approval_granted",
            "default_create_date": "2001-01-01 00:00:00",
            "default_user_id": self.cashier.id,
        }
        self.decide(self.request(), "action_refuse", context=context)
        [event] = self.events("approval_refused")
        self.assertGreater(event.create_date, fields.Datetime.now() - timedelta(hours=1))
        self.assertEqual(event.user_id, self.manager)

    def test_nobody_writes_approvals_from_outside(self):
        approval = self.approval(self.request())
        for user in (self.cashier, self.manager, self.env.ref("base.user_admin")):
            for vals in ({"outcome": "granted"}, {"asked_user_ids": [(4, self.cashier.id)]}):
                with self.assertRaises(AccessError):
                    approval.with_user(user).write(vals)
            with self.assertRaises(AccessError):
                approval.with_user(user).copy()

    def test_cashiers_see_no_approvals_and_those_asked_see_theirs(self):
        leader = self.new_user("mixpay_leader")
        self.env["mixpay.approver"].create(
            {"name": "Leader", "user_id": leader.id, "company_id": self.company.id}
            | {"max_amount": 50}
        )
        approval_id = self.request()
        approval = self.approval(approval_id)
        self.assertFalse(approval.with_user(self.cashier).search([]))
        self.assertEqual(approval.with_user(leader).search([]), approval)
        # What the page asks for, as a browser does.
        view = approval.with_user(leader).get_view(view_type="form")
        self.assertIn("action_approve", view["arch"])
        spec = {name: {} for name in view["models"]["mixpay.approval"]}
        spec |= {name: {"fields": {"display_name": {}}} for name in ("user_id", "currency_id")}
        [page] = self.rpc(
            "mixpay_leader", "mixpay.approval", "web_read", [approval_id], specification=spec
        )
        self.assertEqual((page["amount"], page["order_name"]), (10.0, "Order 0001"))
        self.assertEqual(page["reason"], "the customer shows it")
        self.assertTrue(page["can_decide"])


@tagged("post_install", "-at_install")
class TestMixpayApproval(MixpayApprovalCase):
    """At the till, by code."""

    def codes(self, user=None):
        return self.env["mixpay.code"]._of(user or self.manager)

    # === DECISIONS === #

    def test_confirmed_by_code(self):
        answer = self.approve()
        self.assertEqual(answer["line_status"], "done")
        self.assertTrue(answer["is_confirmed_manually"])
        payment = self.record()
        self.assertEqual(payment.confirmed_by, self.manager.name)
        self.assertEqual(payment.confirmation_reason, "seen in the wallet")
        [event] = self.events("approval_granted")
        self.assertEqual(event.user_id, self.cashier)
        self.assertEqual((event.actor, event.data["proof"]), (self.manager.name, "till"))

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

    def test_a_code_closes_the_open_request(self):
        approval_id = self.request()
        self.approve()
        self.assertEqual(self.approval(approval_id).state, "granted")
        self.assertEqual(self.status()["approval"]["by"], self.manager.name)
        self.assertFalse(self.approval(approval_id).sudo().activity_ids)

    def test_a_code_typed_for_what_has_ended_is_without_effect(self):
        self.show_funds("success")
        answer = self.approve()
        self.assertEqual(answer["state"], "success")
        self.assertIn("no effect", answer["notice"])
        self.assertFalse(self.record().confirmed_at)
        self.assertFalse(self.events("approval_granted"))
        self.assertTrue(self.events("approval_without_effect"))
        self.assertIn("no: ", self.mails(self.manager)[0].body_html)

    def test_without_a_reason_to_it_is_neither_offered_nor_accepted(self):
        self.trace_id = self.create_payment()["trace_id"]
        self.assertFalse(self.status()["can_confirm_manually"])
        self.assert_not_approved("still has time")
        params = {"trace_id": self.trace_id, "action": "confirm", "reason": "x"}
        self.assert_refused("still has time", "request_approval", **params)
        self.assertFalse(self.codes().attempts, "no attempt is used up")

    def test_time_is_up(self):
        self.trace_id = self.create_payment()["trace_id"]
        self.env.cr.execute(
            "UPDATE mixpay_payment SET expires_at = now() - interval '1 second'"
            " WHERE trace_id = %s",
            [self.trace_id],
        )
        self.env.invalidate_all()
        self.assertTrue(self.status()["can_confirm_manually"])
        self.approve()

    def test_mixpay_gives_no_answer(self):
        self.trace_id = self.create_payment()["trace_id"]
        job = self.env["mixpay.job"].sudo().search([("payment_id", "=", self.record().id)])
        due_at = fields.Datetime.now() + timedelta(hours=1)
        job.write({"failures": 1, "due_at": due_at, "pause": 3700})
        self.env.flush_all()
        self.assertTrue(self.status()["can_confirm_manually"])
        self.approve()

    def test_under_review_there_is_a_warning(self):
        self.assertFalse(self.status()["warning"])
        self.show_funds("auditing")
        self.assertIn("may still refuse", self.status()["warning"])

    # === PROOF === #

    def test_the_till_s_login_proves_nothing(self):
        self.authenticate("mixpay_manager", "mixpay_manager")
        for code in ("", None, 482913, ["482913"], "mixpay_manager"):
            with self.subTest(code=code):
                self.codes().write({"attempts": 0})
                self.env["mixpay.code.attempt"].sudo().search([]).unlink()
                self.assert_not_approved("not the approval code", code=code)

    def test_a_wrong_code(self):
        self.assert_not_approved("not the approval code", code="482914")
        [event] = self.events("code_wrong")
        self.assertEqual(event.user_id, self.cashier)
        self.assertFalse(self.env["mixpay.approval"].sudo().search([("channel", "=", "till")]))

    def test_five_wrong_codes_block_it_at_tills_only(self):
        for _attempt in range(5):
            self.assert_not_approved("not the approval code", code="000001")
        self.assert_not_approved("Too many wrong codes")
        self.assertIn("blocked", self.mails(self.manager)[0].body_html)
        self.decide(self.request())
        self.assertTrue(self.record().confirmed_at, "one's own device is never locked")

    def test_and_in_the_back_office_it_works_on(self):
        for _attempt in range(5):
            self.assert_not_approved("not the approval code", code="000001")
        payment = self.late_payment()
        self.decide_in_office(payment)
        self.assertEqual(payment.decision, "refunded")

    def test_one_login_has_ten_attempts(self):
        other = self.new_user("mixpay_other", MANAGER)
        third = self.new_user("mixpay_third", MANAGER)
        for user in (other, third):
            user._mixpay_set_approval_code("591738")
        for user in (self.manager, other):
            for _attempt in range(5):
                self.assert_not_approved("not the", code="000001", approver_id=user.id)
        self.assert_not_approved("Too many", code="591738", approver_id=third.id)

    def test_twenty_wrong_ones_disable_the_code(self):
        self.codes().write({"attempts": 19})
        self.assert_not_approved("not the approval code", code="000001")
        self.assertTrue(self.codes().is_disabled)
        self.assertIn("guessing", self.mails(self.manager)[0].body_html)
        self.assert_not_approved("Choose who approves")
        self.manager._mixpay_set_approval_code("591738")
        self.approve(code="591738")

    def test_a_right_one_in_between_starts_anew(self):
        self.codes().write({"attempts": 19})
        self.approve()
        self.assertFalse(self.codes().attempts)

    def test_right_ones_are_not_counted_as_wrong(self):
        for _sale in range(7):
            self.trace_id = self.create_payment()["trace_id"]
            self.show_funds()
            self.approve()
        self.assertEqual(len(self.env["mixpay.code.attempt"].sudo().search([])), 7)

    def test_a_cashier_approves_nothing(self):
        self.cashier._mixpay_set_approval_code("591738")
        self.assert_not_approved("Choose who", approver_id=self.cashier.id, code="591738")

    def test_a_manager_of_another_company_approves_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self.new_user("mixpay_stranger", MANAGER, company=other)
        stranger._mixpay_set_approval_code("591738")
        self.assert_not_approved("Choose who", approver_id=stranger.id, code="591738")

    def test_another_company_s_payment(self):
        other = self.env["res.company"].create({"name": "Other"})
        hidden = self.record_payment(self.pos_session, self.method, company_id=other.id)
        self.assert_not_approved("not yours", trace_id=hidden.trace_id)
        params = {"trace_id": hidden.trace_id, "action": "confirm", "reason": "x"}
        self.assert_refused("not yours", "request_approval", **params)

    def test_a_reason_is_needed(self):
        for reason in ("", "   ", None, 5, ["x"]):
            with self.subTest(reason=reason):
                self.assert_not_approved("reason", reason=reason)

    def test_the_old_routes_are_gone(self):
        for route in ("override", "let_go"):
            answer = self.opener.post(f"{self.base_url()}/pos_mixpay/{route}", json={})
            self.assertNotEqual(answer.status_code, 200)

    def test_employees_and_what_cashiers_may_write_approve_nothing(self):
        """No employee, no PIN, no switch of a Point of Sale, no default and no context."""
        employee = (
            self.env["hr.employee"]
            .sudo()
            .create(
                {
                    "name": "Till",
                    "pin": "482913",
                    "company_id": self.company.id,
                    "user_id": self.cashier.id,
                }
            )
        )
        self.config.sudo().write(
            {"module_pos_hr": True, "advanced_employee_ids": [(4, employee.id)]}
        )
        for kind in ("employee", "user", "approver", None, 5):
            for person in (employee.id, self.cashier.id):
                if (kind, person) == ("user", self.manager.id):
                    continue  # an employee may have a manager's number
                with self.subTest(kind=kind, person=person):
                    self.assert_not_approved("Choose who", approver_kind=kind, approver_id=person)
        names = {
            one["name"]
            for one in self.call("approvers", session_id=self.pos_session.id)["approvers"]
        }
        self.assertEqual(names, {self.manager.name})
        approvers = self.env["mixpay.approver"].with_user(self.cashier)
        vals = {"name": "Me", "user_id": self.cashier.id, "max_amount": 1000}
        with self.assertRaises(AccessError):
            approvers.create(vals)
        with self.assertRaises(AccessError):
            approvers.search([])
        for model in ("mixpay.code", "mixpay.code.attempt"):
            for user in (self.cashier, self.manager, self.env.ref("base.user_admin")):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])
        self.env["ir.default"].with_user(self.cashier).set(
            "mixpay.approver", "user_id", self.cashier.id, user_id=True
        )
        self.assert_not_approved("Choose who", approver_id=self.cashier.id)

    # === WHO IS THERE === #

    def test_who_can_be_asked(self):
        answer = self.call("approvers", session_id=self.pos_session.id, trace_id=self.trace_id)
        [approver] = answer["approvers"]
        self.assertEqual(
            approver,
            {"id": self.manager.id, "kind": "user", "name": self.manager.name, "has_code": True},
        )
        self.assertTrue(answer["codes_allowed"])
        self.assertTrue(answer["can_request"])

    def test_a_named_approver_without_a_login(self):
        leader = self.named(name="Shift leader", max_amount=15)
        self.env["mixpay.code"]._set(leader, "735190")
        params = {"session_id": self.pos_session.id, "trace_id": self.trace_id}
        shown = self.call("approvers", **params)["approvers"]
        self.assertIn(("approver", leader.id), [(one["kind"], one["id"]) for one in shown])
        by_leader = {"approver_kind": "approver", "approver_id": leader.id, "code": "735190"}
        self.assert_not_approved("not the approval code", **(by_leader | {"code": CODE}))
        self.approve(**by_leader)
        self.assertEqual(self.record().confirmed_by, "Shift leader")
        self.assertTrue(self.events("approval_granted"))

    def test_a_login_that_left_the_company_approves_nothing_there(self):
        """Nobody thinks of the list of approvers when somebody goes to another company."""
        leader = self.new_user("mixpay_leader")
        other = self.env["res.company"].create({"name": "Other"})
        self.named(name="Leader", user_id=leader.id)
        leader._mixpay_set_approval_code("735190")
        by_leader = {"approver_id": leader.id, "code": "735190"}
        home = {"company_id": self.company.id, "company_ids": [(6, 0, self.company.ids)]}
        abroad = {"company_id": other.id, "company_ids": [(6, 0, other.ids)]}
        portal = [(6, 0, self.env.ref("base.group_portal").ids)]
        for change in (abroad, home | {"group_ids": portal}):
            leader.write(change)
            self.assert_not_approved("Choose who", **by_leader)
        self.assertNotIn(leader, self.approval(self.request()).asked_user_ids)
        leader.group_ids = self.env.ref("base.group_user")
        self.approve(**by_leader)

    def test_beyond_an_approver_s_amount_or_shop(self):
        small = self.named(name="Small", max_amount=9.99)
        other_shop = self.config.copy({"name": "Elsewhere", "payment_method_ids": False})
        elsewhere = self.named(name="Elsewhere", pos_config_ids=[(6, 0, other_shop.ids)])
        params = {"session_id": self.pos_session.id, "trace_id": self.trace_id}
        for approver in (small, elsewhere):
            self.env["mixpay.code"]._set(approver, "735190")
            shown = self.call("approvers", **params)["approvers"]
            self.assertNotIn(approver.name, [one["name"] for one in shown])
            self.assert_not_approved(
                "Choose who", approver_kind="approver", approver_id=approver.id, code="735190"
            )

    def test_a_named_approver_decides_on_their_own_device(self):
        leader = self.new_user("mixpay_leader")
        approver = self.named(name="Leader", user_id=leader.id, max_amount=10)
        approval_id = self.request()
        self.assertIn(leader, self.approval(approval_id).asked_user_ids)
        approver.max_amount = 9
        self.assert_cannot_decide("not responsible", approval_id, login="mixpay_leader")
        approver.max_amount = 10
        self.decide(approval_id, login="mixpay_leader")
        self.assertEqual(self.record().confirmed_by, leader.name)

    def test_who_is_named_at_the_till_counts_from_the_next_session_on(self):
        """A cashier names somebody, at a till that runs under a manager's login."""
        self.begin_session(timedelta(hours=-1))
        self.authenticate("mixpay_manager", "mixpay_manager")
        self.trace_id = self.create_payment()["trace_id"]
        self.show_funds()
        self.authenticate("mixpay_till", "mixpay_till")
        leader = self.new_user("mixpay_leader")
        self.named(name="Leader", user_id=leader.id)
        self.new_user("mixpay_other", MANAGER)
        approval_id = self.request()
        self.assert_cannot_decide("AccessError", approval_id, login="mixpay_leader")
        leader._mixpay_set_approval_code("735190")
        self.assert_not_approved("Choose who", approver_id=leader.id, code="735190")
        self.pos_session.start_at = fields.Datetime.now() + timedelta(days=1)  # anybody may
        self.assert_not_approved("Choose who", approver_id=leader.id, code="735190")
        self.begin_session(timedelta(minutes=1))
        self.approve(approver_id=leader.id, code="735190")
        self.assertEqual(self.record().confirmed_by, leader.name)

    def begin_session(self, after):
        """Have the session be one that began some time after now."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE pos_session SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() + after, self.pos_session.id],
        )
        self.env.invalidate_all()

    def test_an_archived_shop_makes_no_approver_of_all(self):
        shop = self.config.copy({"name": "Elsewhere", "payment_method_ids": False})
        elsewhere = self.named(name="Elsewhere", pos_config_ids=[(6, 0, shop.ids)])
        self.env["mixpay.code"]._set(elsewhere, "735190")
        shop.active = False
        self.env.invalidate_all()
        self.assert_not_approved(
            "Choose who", approver_kind="approver", approver_id=elsewhere.id, code="735190"
        )
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            shop.unlink()

    def named(self, **vals):
        vals = {"company_id": self.company.id, "max_amount": 100} | vals
        return self.env["mixpay.approver"].with_user(self.manager).create(vals).sudo()

    # === WHO IS NAMED === #

    def test_only_managers_of_the_company_name_approvers(self):
        approver = self.named(name="Leader")
        events = self.env["mixpay.event"].sudo().search([("kind", "=", "approver_changed")])
        self.assertEqual(events[0].data["new"]["name"], "Leader")
        self.assertEqual(events[0].user_id, self.manager)
        self.assertIn("Leader", self.mails(self.manager)[0].body_html)
        approver.with_user(self.manager).max_amount = 7
        approver.with_user(self.manager).unlink()
        events = (
            self.env["mixpay.event"].sudo().search([("kind", "=", "approver_changed")], limit=2)
        )
        self.assertEqual(events[1].data["new"]["max_amount"], "7.0")
        self.assertFalse(events[0].data["new"])
        # Not even through code that runs as the superuser for a cashier, as core's does in places.
        with self.assertRaises(AccessError):
            self.named(name="Me").with_user(self.cashier).sudo().write({"max_amount": 9})
        other = self.env["res.company"].create({"name": "Other"})
        for company in (other, self.company):
            user = self.manager if company == other else self.cashier
            with self.assertRaises(AccessError):
                self.env["mixpay.approver"].with_user(user).create(
                    {"name": "Me", "company_id": company.id, "max_amount": 5}
                )

    def test_who_names_an_approver_reads_what_their_login_cannot_do(self):
        view = self.env["mixpay.approver"].with_user(self.manager).get_view(view_type="form")
        self.assertIn("cannot approve on its own phone", view["arch"])

    def test_an_approver_s_login_belongs_to_the_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self.new_user("mixpay_stranger", company=other)
        with self.assertRaises(ValidationError):
            self.named(name="Stranger", user_id=stranger.id)

    # === SETTING A CODE === #

    def test_codes_that_are_refused(self):
        for code in ("12345", "", None, 482913, "48291a", "111111", "123456", "987654", "890123"):
            with self.subTest(code=code), self.assertRaises(UserError):
                self.manager._mixpay_set_approval_code(code)
        with self.assertRaises(UserError):
            self.manager._mixpay_set_approval_code("٤٨٢٩١٣")

    def test_a_code_is_kept_as_a_salted_slow_hash(self):
        other = self.new_user("mixpay_other", MANAGER)
        other._mixpay_set_approval_code(CODE)
        first, second = self.codes().code_hash, self.codes(other).code_hash
        self.assertNotIn(CODE, first)
        self.assertNotEqual(first, second)
        self.assertTrue(first.startswith("$pbkdf2-sha512$"))

    def set_code(self, login="mixpay_manager", approver=False, **changes):
        typed = {"mixpay_password": login, "mixpay_code": "735190"}
        typed |= {"mixpay_code_repeated": "735190"} | changes
        vals = {"approver_id": approver and approver.id}
        wizard_id = self.rpc(login, "mixpay.set.code", "create", vals)
        return self.rpc(login, "mixpay.set.code", "action_set", [wizard_id], context=typed)

    def assert_code_not_set(self, words, **options):
        self.assert_rpc_refused(words, self.set_code, **options)

    def test_one_s_own_code_takes_one_s_own_password_each_time(self):
        self.assert_code_not_set("not your password", mixpay_password="guess")
        self.assert_code_not_set("not your password", mixpay_password=None)
        self.assert_code_not_set("not the same", mixpay_code_repeated="735191")
        action = self.set_code()
        self.assertEqual(action["type"], "ir.actions.act_window_close")
        self.assertFalse(action.get("context"))
        self.assertIn("was set", self.mails(self.manager)[0].body_html)
        self.approve(code="735190")
        self.assert_code_not_set("not your password", mixpay_password="guess")

    def test_a_manager_s_password_for_who_has_no_login(self):
        leader = self.named(name="Shift leader")
        self.assert_code_not_set("AccessError", login="mixpay_till", approver=leader)
        self.assert_code_not_set("not your password", approver=leader, mixpay_password="guess")
        self.set_code(approver=leader)
        self.assertTrue(leader.has_code)
        self.approve(approver_kind="approver", approver_id=leader.id, code="735190")
        with_login = self.named(name="Leader", user_id=self.cashier.id)
        self.assert_code_not_set("own preferences", approver=with_login)

    def test_nothing_typed_is_stored(self):
        self.set_code()
        for table in ("mixpay_set_code", "mixpay_decide"):
            self.env.cr.execute(f"SELECT * FROM {table}")
            names = {column.name for column in self.env.cr.description}
            self.assertFalse(names & {"password", "code", "code_repeated"})

    def test_private_methods_are_private(self):
        name = "_mixpay_set_approval_code"
        args = ("mixpay_manager", "res.users", name, [self.manager.id], "735190")
        self.assert_rpc_refused("AccessError", self.rpc, *args)

    # === A CODE THAT WAS WATCHED === #

    def test_its_owner_is_told_what_was_approved_and_revokes_with_a_tap(self):
        self.approve(reason="<b>seen</b>")
        mail = self.mails(self.manager)[0]
        for part in ("10.00", "Order 0001", self.config.name, self.cashier.login):
            self.assertIn(part, mail.body_html)
        self.assertNotIn("<b>seen", mail.body_html)
        [link] = re.findall(r"/pos_mixpay/revoke_code\?token=\w+", mail.body_html)
        approval = self.env["mixpay.approval"].sudo().search([("channel", "=", "till")])
        messages = self.messages(approval)
        self.assertIn(self.manager.partner_id, messages.partner_ids)
        self.assertFalse(messages.mail_ids, "one mail is enough")
        self.authenticate(None, None)
        answer = self.url_open(link, allow_redirects=False)
        self.assertIn("/web/login", answer.headers["Location"])
        self.assertTrue(self.codes()._is_usable(), "it takes the owner's login")
        self.authenticate("mixpay_manager", "mixpay_manager")
        for other in ("/pos_mixpay/revoke_code", link[:-1], f"{link}0", f"{link}%C3%BC"):
            self.assertIn("revokes no code", self.url_open(other).text)
        self.assertTrue(self.codes()._is_usable(), "a page cannot have it revoked without the link")
        page = self.url_open(link)
        self.assertIn("code is revoked", page.text)
        self.env.invalidate_all()
        self.assertFalse(self.codes()._is_usable())
        self.authenticate("mixpay_till", "mixpay_till")
        self.trace_id = self.create_payment()["trace_id"]
        self.show_funds()
        self.assert_not_approved("Choose who")

    def test_caps(self):
        self.company.write({"mixpay_code_max_amount": 9.99})
        self.assert_not_approved("up to")
        answer = self.call("approvers", session_id=self.pos_session.id, trace_id=self.trace_id)
        self.assertFalse(answer["codes_allowed"])
        self.assertFalse(answer["approvers"])
        self.company.write({"mixpay_code_max_amount": 10, "mixpay_code_max_daily": 25})
        for _sale in range(2):
            self.approve()
            self.trace_id = self.create_payment()["trace_id"]
            self.show_funds()
        self.assert_not_approved("a day")
        self.env.cr.execute(
            "UPDATE mixpay_code_attempt SET create_date = create_date - interval '25 hours'"
        )
        self.env.invalidate_all()
        self.approve()

    def test_a_day_s_cap_holds_in_the_currencies_of_all_companies(self):
        other = self.company_of_weak_money()
        other.write({"mixpay_code_max_amount": 200_000, "mixpay_code_max_daily": 160_500})
        self.company.write({"mixpay_code_max_amount": 10, "mixpay_code_max_daily": 1609})
        self.env.flush_all()
        self.codes()._record_attempt(other.id, "till", 160_000.0)  # 1600 of the shop's money
        self.assert_not_approved("a day")
        self.company.mixpay_code_max_daily = 1610
        self.approve()
        with self.assertRaisesRegex(UserError, "a day"):  # 1000 of theirs were used here
            self.codes()._record_attempt(other.id, "till", 1.0)

    def company_of_weak_money(self):
        """Create a company whose money is worth a hundredth of the shop's."""
        weak = self.env["res.currency"].create({"name": "WKM", "symbol": "w"})
        self.env["res.currency.rate"].create(
            {"currency_id": weak.id, "rate": 100.0, "name": "2020-01-01", "company_id": False}
        )
        return self.env["res.company"].create({"name": "Abroad", "currency_id": weak.id})

    def test_codes_are_switched_off(self):
        self.company.mixpay_code_enabled = False
        self.assert_not_approved("not used at tills")
        answer = self.call("approvers", session_id=self.pos_session.id)
        self.assertFalse(answer["codes_allowed"])
        self.assertFalse(answer["approvers"])
        self.assertTrue(answer["can_request"])

    # === MONEY THAT IS HELD === #

    def test_only_an_approver_lets_go_of_seen_money(self):
        self.trace_id = self.create_payment()["trace_id"]
        self.simulator.act(self.trace_id, "pay")
        answer = self.call("cancel", trace_id=self.trace_id)
        self.assertEqual(answer["state"], "confirming")
        self.assertFalse(answer["is_abandoned"])
        self.assertTrue(answer["can_force_cancel"])
        self.assert_not_approved("not the approval code", action="force_cancel", code="000001")
        answer = self.approve(action="force_cancel", reason="the customer pays cash")
        self.assertTrue(answer["is_abandoned"])
        self.assertTrue(answer["slip"])

    def test_what_is_being_checked_can_be_let_go(self):
        self.trace_id = self.create_payment()["trace_id"]
        self.assertFalse(self.status()["can_force_cancel"])
        self.record().sudo().write({"other_terms_at": fields.Datetime.now()})
        self.assertTrue(self.status()["can_force_cancel"])
        self.approve(action="force_cancel")
        self.assertTrue(self.record().is_abandoned)

    def test_too_little_can_be_cancelled_and_prints_a_slip(self):
        self.trace_id = self.create_payment()["trace_id"]
        self.simulator.act(self.trace_id, "pay_less")
        self.simulator.act(self.trace_id, "confirm")
        answer = self.call("cancel", trace_id=self.trace_id)
        self.assertEqual(answer["state"], "paid_less")
        self.assertTrue(answer["is_abandoned"])
        self.assertIn(["MixPay trace ID", self.trace_id], answer["slip"]["lines"])

    def test_money_on_its_way_blocks_an_order_paid_otherwise(self):
        params = {
            "session_id": self.pos_session.id,
            "lines": {},
            "order_uuid": self.payment["order_uuid"],
        }
        [blocking] = self.call("check", **params)["blocking"]
        self.assertEqual(blocking["trace_id"], self.trace_id)
        self.approve(action="force_cancel")
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

    def decide_in_office(self, payments, code=CODE, user="mixpay_manager", **vals):
        vals = {"payment_ids": [(6, 0, payments.ids)], "note": "in cash"} | vals
        vals.setdefault("decision", "refunded")
        wizard_id = self.rpc(user, "mixpay.decide", "create", vals)
        return self.rpc(
            user, "mixpay.decide", "action_decide", [wizard_id], context={"mixpay_code": code}
        )

    def assert_not_decided(self, words, payment, **options):
        self.assert_rpc_refused(words, self.decide_in_office, payment, **options)
        self.assertFalse(payment.decision)

    def late_payment(self):
        payment = self.record_payment(self.pos_session, self.method, payment_uuid=str(uuid.uuid4()))
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        return payment

    def test_a_manager_decides_with_a_code(self):
        payment = self.late_payment()
        self.assert_not_decided("not the approval code", payment, code="000001")
        self.assert_not_decided("not the approval code", payment, code="mixpay_manager")
        self.assert_not_decided("AccessError", payment, user="mixpay_till")
        action = self.decide_in_office(payment)
        self.assertFalse(action.get("context"), "the code goes nowhere else")
        self.assertEqual(payment.decision, "refunded")
        self.assertEqual(payment.decided_by, self.manager.name)
        self.trace_id = payment.trace_id
        [event] = self.events("decided")
        self.assertEqual(event.actor, self.manager.name)
        self.assertEqual(event.data["reason"], "in cash")
        self.assertEqual(len(self.events("code_wrong")), 2)

    def test_who_has_no_code_is_led_to_setting_one(self):
        payment = self.late_payment()
        self.new_user("mixpay_other", MANAGER)
        self.assert_not_decided("Set your approval code first", payment, user="mixpay_other")
        wizard = self.env["mixpay.decide"].with_user(self.manager).create({})
        self.assertTrue(wizard.has_code)
        self.assertEqual(wizard.action_set_code()["res_model"], "mixpay.set.code")

    def test_a_manager_attaches_late_money_to_an_order_that_waits_for_it(self):
        payment = self.late_payment()
        product = self.create_product("Tea", self.categ_basic, 10.0)
        data = self.create_ui_order_data([(product, 1)], uuid=str(uuid.uuid4()))
        data |= {"state": "draft", "payment_ids": [], "amount_paid": 0}
        synced = self.env["pos.order"].sync_from_ui([data | {"access_token": "x"}])
        order = self.env["pos.order"].browse(synced["pos.order"][0]["id"])
        self.decide_in_office(payment, decision="attached", order_id=order.id)
        order.invalidate_recordset()
        self.assertEqual(order.state, "paid")
        self.assertEqual(payment.pos_order_id, order)
        self.assertEqual(payment.decision, "attached")
        self.assertFalse(payment.issue)

    # === STATUS STAYS CHEAP === #

    def test_one_query_more_where_something_was_requested(self):
        self.request()
        others = [self.create_payment()["trace_id"] for _count in range(3)]
        self.env.cr.execute(
            "UPDATE mixpay_job SET due_at = due_at + interval '1 day', pause = 90000"
        )
        model = self.env["mixpay.payment"].with_user(self.cashier).with_context(lang="en_US")
        # Money was seen, too: another query tells which language its customer reads.
        for traces, queries in ((others, 1), ([self.trace_id, *others], 3)):
            model.env["mixpay.checkout"]._poll(
                traces
            )  # what is kept between requests is not counted
            self.env.flush_all()
            self.env.invalidate_all()
            with self.assertQueryCount(queries):
                model.env["mixpay.checkout"]._poll(traces)
