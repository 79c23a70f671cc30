"""Money that fits no sale: what is listed, who is told, and who may decide. Rules 6 and 8."""

import importlib.util
import uuid
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_path, mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..mixpay import result, states
from .common import MixpayShopCase, MixpaySimulatorMixin


@tagged("post_install", "-at_install")
class TestMixpayIssues(MixpayShopCase, TestPoSCommon):
    """What becomes an issue, and what ends it."""

    def test_a_paid_sale_is_no_issue(self):
        payment = self.paid()
        order = self.sync(self.order_data())
        self.assertEqual(order.state, "paid")
        self.assertFalse(payment.issue)
        self.assertFalse(payment.settle_at)

    def test_money_for_a_cancelled_sale(self):
        payment = self.record()
        payment._abandon()
        payment._set_state("success", {})
        self.assertEqual(payment.issue, "late")

    def test_money_in_no_order(self):
        payment = self.paid()
        payment._review()
        self.assertFalse(payment.issue, "its register has a while to finish the sale")
        payment.finished_at -= timedelta(hours=1)
        payment._review()
        self.assertEqual(payment.issue, "no_order")
        self.sync(self.order_data())
        self.assertFalse(payment.issue, "booked after all")

    def test_other_terms(self):
        payment = self.record()
        with mute_logger("odoo.addons.pos_mixpay.models.mixpay_payment"):
            payment._set_state("mismatch", {"mismatch": "quoteAmount"})
        self.assertEqual(payment.issue, "mismatch")
        self.assertEqual(payment.activity_ids.user_id, self.company._mixpay_managers())
        self.assertTrue(payment.activity_ids)

    def test_failed_without_money_is_no_issue(self):
        payment = self.record()
        payment._set_state("unpaid", {})
        payment._set_state("failed", {"failure_code": "40000"})
        self.assertFalse(payment.issue)

    def test_failed_with_money(self):
        for code in sorted(states.FAILURES_WITH_MONEY):
            payment = self.record(payment_uuid=str(uuid.uuid4()))
            payment._set_state("failed", {"failure_code": code})
            with self.subTest(code=code):
                self.assertEqual(payment.issue, "failed_seen")
        payment = self.record(payment_uuid=str(uuid.uuid4()))
        payment._set_state("paid_less", {})
        payment._set_state("failed", {"failure_code": "0"})
        self.assertEqual(payment.issue, "failed_seen", "MixPay had reported money before")

    def test_surplus(self):
        payment = self.paid(surplus_amount="0.5", surplus_status="pending")
        self.sync(self.order_data())
        self.assertEqual(payment.issue, "surplus")
        self.assertIn("too much", payment._to_register()["notice"])
        self.assertTrue(payment.settle_at, "its way back is followed")
        payment._set_state("success", {"surplus_status": "success"})
        payment._settle_what_is_left()
        self.assertFalse(payment.issue)
        self.assertFalse(payment.settle_at)

    def test_a_second_transfer_changes_nothing_that_was_booked(self):
        payment = self.paid()
        self.sync(self.order_data())
        fields_kept = ["state", "txid", "payment_amount", "amount", "pos_payment_id"]
        before = payment.read(fields_kept)
        report = {
            "status": "failed",
            "failureCode": "40021",
            "traceId": payment.trace_id,
            "payeeId": payment.payee_id,
            "quoteAmount": "10",
            "quoteAssetId": payment.quote_asset_id,
            "txid": "0xother",
            "paymentAmount": "99",
        }
        payment._apply_result(result.parse(report))
        self.assertEqual(before, payment.read(fields_kept))

    def test_managers_are_told_when_no_session_is_open(self):
        payment = self.record()
        payment._abandon()
        self.pos_session.state = "closed"
        payment._set_state("success", {})
        self.assertTrue(payment.activity_ids)

    def test_an_open_register_is_told_of_late_money(self):
        payment = self.record()
        payment._abandon()
        payment._set_state("success", {})
        self.assertFalse(payment.activity_ids)
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].sudo().search([("message", "ilike", "MIXPAY_LATE")])
        self.assertIn(payment.trace_id, sent.message)
        self.assertIn(payment.order_name or "?", payment._to_register()["notice"])

    def test_daily_reminder(self):
        payment = self.record()
        payment._abandon()
        payment._set_state("success", {})
        self.env["res.company"]._cron_mixpay_remind()
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertIn(payment.trace_id, mail.body_html)
        self.assertEqual(mail.recipient_ids, self.company._mixpay_managers().partner_id)

    def test_reported_texts_are_escaped_for_people(self):
        payment = self.record(order_name="<img src=x>")
        payment._abandon()
        payment._set_state("success", {})
        self.env["res.company"]._cron_mixpay_remind()
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertNotIn("<img src=x>", mail.body_html)


@tagged("post_install", "-at_install")
class TestMixpayDecisions(MixpayShopCase, TestPoSCommon):
    """What a person can do about it; who it is was proven before."""

    def late(self, **changes):
        payment = self.record(**changes)
        payment._abandon()
        payment._set_state("success", {})
        return payment

    def test_a_decision_is_kept_and_ends_the_issue(self):
        payment = self.late()
        payment._decide("refunded", "10.00 in cash", "a manager")
        self.assertFalse(payment.issue)
        self.assertEqual(payment.decided_by, "a manager")
        self.assertEqual(payment.decision_note, "10.00 in cash")
        self.assertIn("10.00 in cash", payment.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "nothing to decide"):
            payment._decide("kept", "again", "a manager")

    def test_money_given_back_pays_no_sale(self):
        payment = self.late()
        payment._decide("refunded", "in cash", "a manager")
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            self.sync(self.order_data())
        self.assertEqual(payment._to_register()["line_status"], "retry")

    def test_another_issue_comes_up_again(self):
        payment = self.record()
        payment._override("seen in the wallet", "a manager")
        payment._decide("kept", "it will come", "a manager")
        payment._set_state("failed", {"failure_code": "40000"})
        self.assertEqual(payment.issue, "override_failed")

    def test_attached_to_the_order_that_is_still_unpaid(self):
        payment = self.late(payment_uuid=str(uuid.uuid4()))
        order = self.draft()
        payment._attach(order)
        self.assertEqual(order.state, "paid")
        self.assertEqual(payment.pos_order_id, order)
        self.assertEqual(order.payment_ids.transaction_id, payment.trace_id)
        self.assertFalse(payment.issue)

    def test_attached_once(self):
        payment = self.late(payment_uuid=str(uuid.uuid4()))
        payment._attach(self.draft())
        with self.assertRaisesRegex(UserError, "no order holds"):
            payment._attach(self.draft())

    def test_the_line_it_was_made_for_is_not_paid_by_it_any_more(self):
        payment = self.late()
        payment._attach(self.draft())
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            self.sync(self.order_data())

    def test_attach_refused(self):
        payment = self.late(amount=9.0)
        with self.assertRaisesRegex(UserError, "is waiting for"):
            payment._attach(self.draft())
        paid = self.paid()
        order = self.sync(self.order_data())
        with self.assertRaisesRegex(UserError, "not waiting for money"):
            self.late(payment_uuid=str(uuid.uuid4()))._attach(order)
        with self.assertRaisesRegex(UserError, "no order holds"):
            paid._attach(self.draft())
        other = self.late(payment_uuid=str(uuid.uuid4()), currency_id=self.env.ref("base.EUR").id)
        with self.assertRaisesRegex(UserError, "same currency"):
            other._attach(self.draft())
        company = self.env["res.company"].create({"name": "Other"})
        other = self.late(payment_uuid=str(uuid.uuid4()), company_id=company.id)
        with self.assertRaisesRegex(UserError, "same company"):
            other._attach(self.draft())

    def test_what_was_not_paid_is_not_attached(self):
        payment = self.record()
        with self.assertRaisesRegex(UserError, "has arrived"):
            payment._attach(self.draft())

    def test_confirmed_by_hand(self):
        payment = self.record()
        payment._override("seen in the wallet", "a manager")
        self.assertEqual(payment._to_register()["line_status"], "done")
        self.assertEqual(payment.state, "draft", "MixPay has not said so")
        order = self.sync(self.order_data())
        self.assertEqual(order.state, "paid")
        self.assertEqual(order.payment_ids.transaction_id, payment.trace_id)
        self.assertEqual(payment.issue, "unverified")
        self.assertIn("seen in the wallet", self.pos_session.message_ids[0].body)

    def test_confirmed_by_hand_then_by_mixpay(self):
        payment = self.record()
        payment._override("seen in the wallet", "a manager")
        self.sync(self.order_data())
        payment._set_state("success", {})
        self.assertFalse(payment.issue)

    def test_confirmed_by_hand_but_not_paid(self):
        payment = self.record()
        payment._override("seen in the wallet", "a manager")
        order = self.sync(self.order_data())
        payment._set_state("failed", {"failure_code": "40000"})
        self.assertEqual(payment.issue, "override_failed")
        self.assertTrue(payment.activity_ids)
        self.assertEqual(order.state, "paid", "the goods are gone: a person must look")

    def test_confirmed_by_hand_is_used_once(self):
        payment = self.record()
        payment._override("seen in the wallet", "a manager")
        self.sync(self.order_data())
        self.assertTrue(payment.pos_payment_id)
        other = self.order_data()
        other["uuid"] = other["payment_ids"][0][2]["uuid"] = str(uuid.uuid4())
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            self.sync(other)

    def test_what_is_over_cannot_be_confirmed_by_hand(self):
        for state in states.FINAL:
            payment = self.record(payment_uuid=str(uuid.uuid4()))
            payment._set_state(state, {})
            with self.subTest(state=state), self.assertRaisesRegex(UserError, "by hand"):
                payment._override("please", "a manager")
        payment = self.record()
        payment._abandon()
        with self.assertRaisesRegex(UserError, "by hand"):
            payment._override("please", "a manager")

    def test_let_go(self):
        payment = self.record()
        payment._set_state("confirming", {"payment_amount": "5", "payment_symbol": "USDT"})
        self.assertTrue(payment._to_register()["can_let_go"])
        payment._let_go("the customer pays cash", "a manager")
        self.assertTrue(payment.is_abandoned)
        slip = payment._to_register()["slip"]
        self.assertIn(["MixPay trace ID", payment.trace_id], slip["lines"])
        self.assertIn(["Received", "5 USDT"], slip["lines"])
        with self.assertRaisesRegex(UserError, "Nobody waits"):
            payment._let_go("again", "a manager")

    def test_nothing_seen_needs_no_letting_go(self):
        payment = self.record()
        payment._set_state("unpaid", {})
        self.assertFalse(payment._to_register()["can_let_go"])
        payment._abandon()
        self.assertFalse(payment._to_register()["slip"])

    def test_evidence_is_never_deleted(self):
        change = self.env["mixpay.change"].sudo().create({"name": "x", "user_id": self.env.uid})
        with self.assertRaisesRegex(UserError, "for ever"):
            change.unlink()
        approval = (
            self.env["mixpay.approval"]
            .sudo()
            .create(
                {
                    "company_id": self.company.id,
                    "action": "confirm",
                    "channel": "till",
                    "user_id": self.env.uid,
                    "approver": "a manager",
                }
            )
        )
        with self.assertRaisesRegex(UserError, "for ever"):
            approval.unlink()


@tagged("post_install", "-at_install")
class TestMixpayOldApprovals(MixpayShopCase, TestPoSCommon):
    """What the version before has recorded: tries, each granted or not."""

    def migrate(self):
        path = file_path("pos_mixpay/migrations/19.0.1.1.0/pre-approval.py")
        spec = importlib.util.spec_from_file_location("pre_approval", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.migrate(self.env.cr, "19.0.1.0.0")

    def test_they_are_approvals(self):
        payment = self.record()
        self.env.cr.execute(
            """
            ALTER TABLE mixpay_approval
              ALTER COLUMN channel DROP NOT NULL,
              ADD COLUMN approver_kind varchar,
              ADD COLUMN approver_ref int4,
              ADD COLUMN is_granted boolean
            """
        )
        self.env.cr.execute(
            """
            INSERT INTO mixpay_approval (create_date, company_id, action, reason, user_id,
                                         approver_kind, approver_ref, approver, is_granted)
                 VALUES (now(), %(company)s, 'override', 'seen', %(uid)s, 'user', %(uid)s, 'Ann',
                         TRUE),
                        (now(), %(company)s, 'let_go', 'cash', %(uid)s, 'employee', 1, 'Bob',
                         NULL)
              RETURNING id
            """,
            {"company": self.company.id, "uid": self.env.uid},
        )
        ids = [approval_id for (approval_id,) in self.env.cr.fetchall()]
        self.env.cr.execute(
            "INSERT INTO mixpay_approval_mixpay_payment_rel VALUES (%s, %s)", [ids[0], payment.id]
        )
        self.migrate()
        granted, refused = self.env["mixpay.approval"].browse(ids)
        self.assertEqual((granted.action, granted.state), ("confirm", "granted"))
        self.assertEqual((granted.payment_id, granted.amount), (payment, 10.0))
        self.assertEqual(granted.approver_user_id, self.env.user)
        self.assertEqual((refused.action, refused.state), ("force_cancel", "refused"))
        self.assertFalse(refused.approver_user_id)
        self.migrate()
        self.assertEqual(granted.state, "granted")


@tagged("post_install", "-at_install")
class TestMixpayChanges(MixpaySimulatorMixin, TestPoSCommon):
    """Where the money goes: every change is known to who must know."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_shop()
        cls.boss = new_test_user(
            cls.env,
            "mixpay_boss",
            "base.group_system,point_of_sale.group_pos_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def changes(self):
        return self.env["mixpay.change"].search(
            [("create_date", ">", fields.Datetime.now() - timedelta(minutes=5))]
        )

    def test_payee(self):
        old, new = self.method.mixpay_payee_id, str(uuid.uuid4())
        before = self.changes()
        self.method.mixpay_payee_id = new
        change = self.changes() - before
        self.assertEqual((change.old_value, change.new_value), (old, new))
        self.assertEqual(change.payment_method_id, self.method)
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertIn(new, mail.body_html)
        self.assertIn(self.boss.partner_id, mail.recipient_ids)

    def test_asset(self):
        asset = self.env["mixpay.asset"].search(
            [("is_settlement", "=", True), ("id", "!=", self.method.mixpay_settlement_asset_id.id)],
            limit=1,
        )
        before = self.changes()
        self.method.mixpay_settlement_asset_id = asset
        self.assertEqual((self.changes() - before).new_value, asset.display_name)

    def test_what_stays_is_no_change(self):
        before = self.changes()
        self.method.write({"mixpay_payee_id": self.method.mixpay_payee_id, "name": "Coins"})
        self.assertFalse(self.changes() - before)

    def test_address(self):
        params = self.env["ir.config_parameter"]
        before = self.changes()
        params.set_param("pos_mixpay.api_url", "https://other.example/v1")
        params.set_param("pos_mixpay.api_url", "https://third.example/v1")
        params.set_param("pos_mixpay.api_url", False)
        news = (self.changes() - before).sorted("id")
        self.assertEqual(
            [(change.old_value, change.new_value) for change in news],
            [
                ("", "https://other.example/v1"),
                ("https://other.example/v1", "https://third.example/v1"),
                ("https://third.example/v1", ""),
            ],
        )

    def test_the_next_session_s_report_shows_it(self):
        self.method.mixpay_payee_id = str(uuid.uuid4())
        self.open_new_session()
        report = self.env["report.point_of_sale.report_saledetails"]
        details = report.get_sale_details(session_ids=self.pos_session.ids)
        self.assertTrue(any(self.method.mixpay_payee_id in x for x in details["mixpay"]["changes"]))
        html = self.env["ir.actions.report"]._render_qweb_html(
            "point_of_sale.sale_details_report", self.pos_session.ids
        )[0]
        self.assertIn(self.method.mixpay_payee_id, html.decode())
