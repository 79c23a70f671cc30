"""Money that fits no sale: what is listed, who is told, and who may decide. Rules 6 and 8."""

import importlib.util
import json
import uuid
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_path, mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..mixpay import result, states
from .common import CASHIER, PAYEE, MixpayShopCase, MixpaySimulatorMixin


@tagged("post_install", "-at_install")
class TestMixpayIssues(MixpayShopCase, TestPoSCommon):
    """What becomes an issue, and what ends it."""

    def test_a_paid_sale_is_no_issue(self):
        payment = self.paid()
        order = self.sync(self.order_data())
        self.assertEqual(order.state, "paid")
        self.assertFalse(payment.issue)
        self.assertFalse(payment.finish_at)

    def test_money_for_a_cancelled_sale(self):
        payment = self.record()
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.assertEqual(payment.issue, "late")

    def test_money_in_no_order(self):
        payment = self.paid()
        payment.env["mixpay.review"]._review(payment)
        self.assertFalse(payment.issue, "its register has a while to finish the sale")
        payment.finished_at -= timedelta(hours=1)
        payment.env["mixpay.review"]._review(payment)
        self.assertEqual(payment.issue, "no_order")
        self.sync(self.order_data())
        self.assertFalse(payment.issue, "booked after all")

    def test_other_terms(self):
        payment = self.record()
        with mute_logger("odoo.addons.pos_mixpay.models.mixpay_answer"):
            payment.env["mixpay.answer"]._transition(
                payment, "mismatch", {"mismatch": "quoteAmount"}
            )
        self.assertEqual(payment.issue, "mismatch")
        self.assertEqual(payment.activity_ids.user_id, self.company._mixpay_managers())
        self.assertTrue(payment.activity_ids)

    def test_failed_without_money_is_no_issue(self):
        payment = self.record()
        payment.env["mixpay.answer"]._transition(payment, "unpaid", {})
        payment.env["mixpay.answer"]._transition(payment, "failed", {"failure_code": "40000"})
        self.assertFalse(payment.issue)

    def test_failed_with_money(self):
        for code in sorted(states.FAILURES_WITH_MONEY):
            payment = self.record(payment_uuid=str(uuid.uuid4()))
            payment.env["mixpay.answer"]._transition(payment, "failed", {"failure_code": code})
            with self.subTest(code=code):
                self.assertEqual(payment.issue, "failed_with_funds")
        payment = self.record(payment_uuid=str(uuid.uuid4()))
        payment.env["mixpay.answer"]._transition(payment, "paid_less", {})
        payment.env["mixpay.answer"]._transition(payment, "failed", {"failure_code": "0"})
        self.assertEqual(payment.issue, "failed_with_funds", "MixPay had reported money before")

    def test_surplus(self):
        payment = self.paid(surplus_amount="0.5", surplus_status="pending")
        self.sync(self.order_data())
        self.assertEqual(payment.issue, "surplus")
        self.assertIn("too much", payment.env["mixpay.presenter"]._to_register(payment)["notice"])
        self.assertTrue(payment.finish_at, "its way back is followed")
        payment.env["mixpay.answer"]._transition(payment, "success", {"surplus_status": "success"})
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertFalse(payment.issue)
        self.assertFalse(payment.finish_at)

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
        payment.env["mixpay.answer"]._apply_result(payment, result.parse(report))
        self.assertEqual(before, payment.read(fields_kept))

    def test_managers_are_told_when_no_session_is_open(self):
        payment = self.record()
        payment._abandon()
        self.pos_session.state = "closed"
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.assertTrue(payment.activity_ids)

    def test_an_open_register_is_told_of_late_money(self):
        payment = self.record()
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.assertFalse(payment.activity_ids)
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].sudo().search([("message", "ilike", "MIXPAY_LATE")])
        self.assertEqual(json.loads(sent.message)["payload"], {"id": payment.id})
        self.assertIn(
            payment.order_name or "?",
            payment.env["mixpay.presenter"]._to_register(payment)["notice"],
        )

    def test_daily_reminder(self):
        payment = self.record()
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.run_job("remind")
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertIn(payment.trace_id, mail.body_html)
        self.assertEqual(mail.recipient_ids, self.company._mixpay_managers().partner_id)

    def test_alarms_wait_for_no_mail_server(self):
        """A callback, or a register that asks, would wait for each mail of theirs."""
        managers = self.company._mixpay_managers()
        managers.write({"notification_type": "email", "email": "manager@shop.example"})
        payment = self.record()
        with patch.object(self.env.registry["mail.mail"], "send") as send:
            payment.env["mixpay.answer"]._transition(payment, "mismatch", {})
        send.assert_not_called()
        self.assertEqual(payment.activity_ids.user_id, managers)
        domain = [("model", "=", payment._name), ("res_id", "=", payment.id)]
        mails = self.env["mail.mail"].search(domain)
        self.assertEqual(mails.recipient_ids, managers.partner_id)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})

    def test_a_cashier_s_defaults_hide_nothing_from_managers(self):
        """Users save defaults of their own, which hold for all that their login creates."""
        cashier = new_test_user(self.env, "cashier", "base.group_user,point_of_sale.group_pos_user")
        defaults = self.env["ir.default"].with_user(cashier)
        defaults.set("mail.activity", "active", False, user_id=True)
        defaults.set("mail.mail", "state", "cancel", user_id=True)
        hostile = {"mail_activity_automation_skip": True, "default_active": False}
        payment = self.record().with_user(cashier).sudo().with_context(**hostile)
        payment.issue = "mismatch"
        payment.env["mixpay.review"]._schedule_activities(payment)
        activities = (
            self.env["mail.activity"]
            .with_context(active_test=False)
            .search([("res_model", "=", payment._name), ("res_id", "=", payment.id)])
        )
        self.assertEqual(activities.mapped("active"), [True] * len(self.company._mixpay_managers()))
        company = payment.company_id
        company._mixpay_mail(
            company._mixpay_managers().partner_id, lambda env: ("Subject", env.user.name)
        )
        mails = self.env["mail.mail"].search([("subject", "=", "Subject")])
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertIn("cashier", "".join(mails.mapped("body_html")))

    def test_reported_texts_are_escaped_for_people(self):
        payment = self.record(order_name="<img src=x>")
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.run_job("remind")
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertNotIn("<img src=x>", mail.body_html)


@tagged("post_install", "-at_install")
class TestMixpayDecisions(MixpayShopCase, TestPoSCommon):
    """What a person can do about it; who it is was proven before."""

    def late(self, **changes):
        payment = self.record(**changes)
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        return payment

    def test_a_decision_is_kept_and_ends_the_issue(self):
        payment = self.late()
        payment.env["mixpay.decision"]._decide(payment, "refunded", "10.00 in cash", "a manager")
        self.assertFalse(payment.issue)
        self.assertEqual(payment.decided_by, "a manager")
        self.assertEqual(payment.decision_note, "10.00 in cash")
        self.assertIn("10.00 in cash", payment.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "nothing to decide"):
            payment.env["mixpay.decision"]._decide(payment, "kept", "again", "a manager")

    def test_attaching_is_offered_where_an_order_waits_for_one_payment(self):
        """Core's widget shows those decisions that this field names."""
        payment, other = self.late(), self.late()
        wizards = self.env["mixpay.decide"]
        alone = wizards.create({"payment_ids": [(6, 0, payment.ids)]})
        self.assertEqual(alone.decisions_offered, "refunded kept")
        self.draft()
        alone.invalidate_recordset()
        self.assertEqual(alone.decisions_offered, "attached refunded kept")
        both = wizards.create({"payment_ids": [(6, 0, (payment + other).ids)]})
        self.assertEqual(both.decisions_offered, "refunded kept")

    def test_money_given_back_pays_no_sale(self):
        payment = self.late()
        payment.env["mixpay.decision"]._decide(payment, "refunded", "in cash", "a manager")
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            self.sync(self.order_data())
        self.assertEqual(
            payment.env["mixpay.presenter"]._to_register(payment)["line_status"], "retry"
        )

    def test_another_issue_comes_up_again(self):
        payment = self.record()
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen in the wallet", "a manager")
        payment.env["mixpay.decision"]._decide(payment, "kept", "it will come", "a manager")
        payment.env["mixpay.answer"]._transition(payment, "failed", {"failure_code": "40000"})
        self.assertEqual(payment.issue, "confirmed_failed")

    def unsettled(self, payment, status="pending"):
        """Let MixPay say two days later whether it has paid the money out."""
        payment.reported_at = payment.finished_at + timedelta(days=2)
        payment.env["mixpay.answer"]._transition(payment, "success", {"settle_status": status})

    def test_a_decision_holds_when_another_was_taken_after_it(self):
        payment = self.paid(surplus_amount="0.5", surplus_status="expired")
        self.sync(self.order_data())
        self.assertEqual(payment.issue, "surplus")
        payment.env["mixpay.decision"]._decide(payment, "refunded", "0.50 in cash", "a manager")
        self.unsettled(payment)
        self.assertEqual(payment.issue, "unsettled")
        payment.env["mixpay.decision"]._decide(payment, "kept", "MixPay was asked", "a manager")
        self.unsettled(payment, "success")
        self.assertFalse(payment.issue, "nobody is asked to give it back twice")
        payment.env["mixpay.retention"]._anonymize(payment)
        decided = self.env["mixpay.event"].search(
            [("payment_id", "=", payment.id), ("kind", "=", "decided")]
        )
        self.assertFalse(any(event.data.get("reason") for event in decided))
        payment.env["mixpay.review"]._review(payment)
        self.assertFalse(payment.issue, "nor when the years are over")

    def test_a_surplus_that_comes_after_a_decision_about_the_rest_is_listed(self):
        payment = self.paid()
        self.sync(self.order_data())
        self.unsettled(payment)
        payment.env["mixpay.decision"]._decide(payment, "kept", "MixPay was asked", "a manager")
        surplus = {"surplus_amount": "0.5", "surplus_status": "pending"}
        payment.env["mixpay.answer"]._transition(payment, "success", surplus)
        self.assertEqual(payment.issue, "surplus")

    def test_a_decision_about_something_else_hides_no_money_without_an_order(self):
        for decide_early in (self.kept_while_confirmed, self.kept_though_short):
            self.line_uuid = str(uuid.uuid4())
            with self.subTest(decide_early.__name__):
                payment = decide_early()
                payment.env["mixpay.fulfilment"]._plan_finishing(payment)
                self.assertTrue(payment.finish_at, "its sale may still be finished")
                payment.finished_at -= timedelta(hours=1)
                payment.env["mixpay.review"]._review(payment)
                self.assertEqual(payment.issue, "no_order")

    def kept_while_confirmed(self):
        payment = self.record()
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen in the wallet", "a manager")
        payment.env["mixpay.decision"]._decide(payment, "kept", "it will come", "a manager")
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        return payment

    def kept_though_short(self):
        payment = self.record()
        amounts = {"payable_amount": "10", "payment_amount": "9"}
        payment.env["mixpay.answer"]._transition(payment, "success", amounts)
        self.assertEqual(payment.issue, "short_success")
        payment.env["mixpay.decision"]._decide(payment, "kept", "that is enough", "a manager")
        self.assertFalse(payment.issue)
        return payment

    def test_what_was_given_back_pays_no_sale_whatever_it_was_listed_for(self):
        payment = self.record()
        payment.env["mixpay.answer"]._transition(
            payment, "success", {"payable_amount": "10", "payment_amount": "9"}
        )
        payment.env["mixpay.decision"]._decide(payment, "refunded", "9 in cash", "a manager")
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            self.sync(self.order_data())

    def test_attached_to_the_order_that_is_still_unpaid(self):
        payment = self.late(payment_uuid=str(uuid.uuid4()))
        order = self.draft()
        payment.env["mixpay.fulfilment"]._attach(payment, order)
        self.assertEqual(order.state, "paid")
        self.assertEqual(payment.pos_order_id, order)
        self.assertEqual(order.payment_ids.transaction_id, payment.trace_id)
        self.assertFalse(payment.issue)

    def test_attached_once(self):
        payment = self.late(payment_uuid=str(uuid.uuid4()))
        payment.env["mixpay.fulfilment"]._attach(payment, self.draft())
        with self.assertRaisesRegex(UserError, "no order holds"):
            payment.env["mixpay.fulfilment"]._attach(payment, self.draft())

    def test_the_line_it_was_made_for_is_not_paid_by_it_any_more(self):
        payment = self.late()
        payment.env["mixpay.fulfilment"]._attach(payment, self.draft())
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            self.sync(self.order_data())

    def test_attach_refused(self):
        payment = self.late(amount=9.0)
        with self.assertRaisesRegex(UserError, "is waiting for"):
            payment.env["mixpay.fulfilment"]._attach(payment, self.draft())
        paid = self.paid()
        order = self.sync(self.order_data())
        with self.assertRaisesRegex(UserError, "not waiting for money"):
            self.env["mixpay.fulfilment"].sudo()._attach(
                self.late(payment_uuid=str(uuid.uuid4())), order
            )
        with self.assertRaisesRegex(UserError, "no order holds"):
            paid.env["mixpay.fulfilment"]._attach(paid, self.draft())
        other = self.late(payment_uuid=str(uuid.uuid4()), currency_id=self.env.ref("base.EUR").id)
        with self.assertRaisesRegex(UserError, "same currency"):
            other.env["mixpay.fulfilment"]._attach(other, self.draft())
        company = self.env["res.company"].create({"name": "Other"})
        other = self.late(payment_uuid=str(uuid.uuid4()), company_id=company.id)
        with self.assertRaisesRegex(UserError, "same company"):
            other.env["mixpay.fulfilment"]._attach(other, self.draft())

    def test_what_was_not_paid_is_not_attached(self):
        payment = self.record()
        with self.assertRaisesRegex(UserError, "has arrived"):
            payment.env["mixpay.fulfilment"]._attach(payment, self.draft())

    def test_confirmed_by_hand(self):
        payment = self.record()
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen in the wallet", "a manager")
        self.assertEqual(
            payment.env["mixpay.presenter"]._to_register(payment)["line_status"], "done"
        )
        self.assertEqual(payment.state, "draft", "MixPay has not said so")
        order = self.sync(self.order_data())
        self.assertEqual(order.state, "paid")
        self.assertEqual(order.payment_ids.transaction_id, payment.trace_id)
        self.assertEqual(payment.issue, "unverified")
        self.assertIn("seen in the wallet", self.pos_session.message_ids[0].body)

    def test_confirmed_by_hand_then_by_mixpay(self):
        payment = self.record()
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen in the wallet", "a manager")
        self.sync(self.order_data())
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.assertFalse(payment.issue)

    def test_confirmed_by_hand_but_not_paid(self):
        payment = self.record()
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen in the wallet", "a manager")
        order = self.sync(self.order_data())
        payment.env["mixpay.answer"]._transition(payment, "failed", {"failure_code": "40000"})
        self.assertEqual(payment.issue, "confirmed_failed")
        self.assertTrue(payment.activity_ids)
        self.assertEqual(order.state, "paid", "the goods are gone: a person must look")

    def test_confirmed_by_hand_is_used_once(self):
        payment = self.record()
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen in the wallet", "a manager")
        self.sync(self.order_data())
        self.assertTrue(payment.pos_payment_id)
        other = self.order_data()
        other["uuid"] = other["payment_ids"][0][2]["uuid"] = str(uuid.uuid4())
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            self.sync(other)

    def test_what_is_over_cannot_be_confirmed_by_hand(self):
        for state in states.FINAL:
            payment = self.record(payment_uuid=str(uuid.uuid4()))
            payment.env["mixpay.answer"]._transition(payment, state, {})
            with (
                self.subTest(state=state),
                self.assertRaisesRegex(UserError, "no longer be marked"),
            ):
                payment.env["mixpay.decision"]._confirm_manually(payment, "please", "a manager")
        payment = self.record()
        payment._abandon()
        with self.assertRaisesRegex(UserError, "no longer be marked"):
            payment.env["mixpay.decision"]._confirm_manually(payment, "please", "a manager")

    def test_let_go(self):
        payment = self.record()
        payment.env["mixpay.answer"]._transition(
            payment, "confirming", {"payment_amount": "5", "payment_symbol": "USDT"}
        )
        self.assertTrue(payment.env["mixpay.presenter"]._to_register(payment)["can_force_cancel"])
        payment.env["mixpay.decision"]._force_cancel(payment, "the customer pays cash", "a manager")
        self.assertTrue(payment.is_abandoned)
        slip = payment.env["mixpay.presenter"]._to_register(payment)["slip"]
        self.assertIn(["MixPay trace ID", payment.trace_id], slip["lines"])
        self.assertIn(["Arrived", "5 USDT"], slip["lines"])
        with self.assertRaisesRegex(UserError, "Nobody waits"):
            payment.env["mixpay.decision"]._force_cancel(payment, "again", "a manager")

    def test_nothing_seen_needs_no_letting_go(self):
        payment = self.record()
        payment.env["mixpay.answer"]._transition(payment, "unpaid", {})
        self.assertFalse(payment.env["mixpay.presenter"]._to_register(payment)["can_force_cancel"])
        payment._abandon()
        self.assertFalse(payment.env["mixpay.presenter"]._to_register(payment)["slip"])

    def test_evidence_is_never_deleted(self):
        event = self.env["mixpay.event"]._record("setting_changed", data={"setting": "x"})
        with self.assertRaisesRegex(UserError, "for ever"):
            event.unlink()
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            event.write({"data": {}})
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
        cls.boss = cls.new_user("mixpay_boss", "base.group_system,point_of_sale.group_pos_manager")

    def changes(self):
        return self.env["mixpay.event"].search([])

    def shown(self, events):
        """Return (setting, old, new) of events, the first one first."""
        return [
            (event.data["setting"], event.data["old"], event.data["new"])
            for event in events.sorted("id")
        ]

    def news_of(self, change, *args):
        """Return what goes on record while `change` is called."""
        before = self.changes()
        change(*args)
        return self.changes() - before

    def test_payee(self):
        old, new = self.method.mixpay_payee_id, str(uuid.uuid4())
        event = self.news_of(self.method.write, {"mixpay_payee_id": new})
        self.assertEqual(self.shown(event), [("mixpay_payee_id", old, new)])
        self.assertEqual(event.payment_method_id, self.method)
        self.assertEqual(event.user_id, self.env.user)
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertIn(new, mail.body_html)
        self.assertIn(self.boss.partner_id, mail.recipient_ids)

    def test_asset(self):
        old = self.method.mixpay_settlement_asset_id
        asset = self.env["mixpay.asset"].search(
            [("is_settlement", "=", True), ("id", "!=", old.id)], limit=1
        )
        event = self.news_of(self.method.write, {"mixpay_settlement_asset_id": asset.id})
        self.assertEqual(
            self.shown(event),
            [("mixpay_settlement_asset_id", old.display_name, asset.display_name)],
        )

    def test_each_setting_that_decides_about_money(self):
        journal = self.method.journal_id.copy({"code": "MIXB"})
        for vals, shown in (
            ({"mixpay_strict_mode": True}, [("mixpay_strict_mode", False, True)]),
            ({"mixpay_link_type": "paylink"}, [("mixpay_link_type", "code", "paylink")]),
            ({"mixpay_link_fallback": False}, [("mixpay_link_fallback", True, False)]),
            ({"mixpay_expiry_minutes": 20}, [("mixpay_expiry_minutes", 15, 20)]),
            ({"mixpay_test_mode": False}, [("mixpay_test_mode", True, False)]),
            (
                {"journal_id": journal.id},
                [("journal_id", self.method.journal_id.display_name, journal.display_name)],
            ),
            ({"config_ids": [(5,)]}, [("config_ids", self.config.name, "")]),
            ({"active": False}, [("active", True, False)]),
            ({"use_payment_terminal": False}, [("use_payment_terminal", "mixpay", False)]),
        ):
            with self.subTest(vals=vals):
                event = self.news_of(self.method.write, vals)
                self.assertEqual(self.shown(event), shown)
                self.assertIn("changed", event.summary)

    def test_what_stays_is_no_change(self):
        vals = {"mixpay_payee_id": f" {self.method.mixpay_payee_id} ", "name": "Coins"}
        self.assertFalse(self.news_of(self.method.write, vals))

    def test_other_methods_are_nobody_s_business(self):
        card = self.env["pos.payment.method"].create(
            {"name": "Card", "journal_id": self.method.journal_id.id}
        )
        self.assertFalse(self.news_of(card.write, {"active": False}))

    def test_a_method_is_created_and_deleted(self):
        before = self.changes()
        method = self.create_mixpay_method(name="Second")
        shown = self.shown(self.changes() - before)
        self.assertIn(("created", "", "Second"), shown)
        self.assertIn(("mixpay_payee_id", None, PAYEE), shown)
        self.assertIn(("mixpay_test_mode", None, True), shown)
        event = self.news_of(method.unlink)
        self.assertEqual(self.shown(event), [("deleted", "Second", "")])
        self.assertIn("deleted the payment method", event.summary)

    def test_a_point_of_sale_takes_a_method_or_takes_it_no_more(self):
        """From either side, and by whoever may write a Point of Sale: cashiers may."""
        cashier = self.new_user("mixpay_cashier", CASHIER)
        name, config = self.config.name, self.config.with_user(cashier)
        event = self.news_of(config.write, {"payment_method_ids": [(3, self.method.id)]})
        self.assertEqual(self.shown(event), [("config_ids", name, "")])
        self.assertEqual(event.user_id, cashier)
        event = self.news_of(config.write, {"payment_method_ids": [(4, self.method.id)]})
        self.assertEqual(self.shown(event), [("config_ids", "", name)])
        vals = {"name": "Market", "payment_method_ids": [(6, 0, self.method.ids)]}
        before = self.changes()
        market = self.env["pos.config"].create(vals)
        self.assertEqual(
            self.shown(self.changes() - before), [("config_ids", name, f"Market, {name}")]
        )
        event = self.news_of(market.unlink)
        self.assertEqual(self.shown(event), [("config_ids", f"Market, {name}", name)])

    def test_address(self):
        params = self.env["ir.config_parameter"]
        before = self.changes()
        params.set_param("pos_mixpay.api_url", "https://other.example/v1")
        params.set_param("pos_mixpay.api_url", "https://third.example/v1")
        params.set_param("pos_mixpay.api_url", False)
        self.assertEqual(
            self.shown(self.changes() - before),
            [
                ("pos_mixpay.api_url", "", "https://other.example/v1"),
                ("pos_mixpay.api_url", "https://other.example/v1", "https://third.example/v1"),
                ("pos_mixpay.api_url", "https://third.example/v1", ""),
            ],
        )

    def test_each_parameter_of_ours(self):
        params = self.env["ir.config_parameter"]
        for name in ("allow_test_mode", "paused", "requests_per_minute", "payee_delay_hours"):
            with self.subTest(name=name):
                old = params.get_param(f"pos_mixpay.{name}", "")
                event = self.news_of(params.set_param, f"pos_mixpay.{name}", "7")
                self.assertEqual(self.shown(event), [(f"pos_mixpay.{name}", old, "7")])
        self.assertFalse(self.news_of(params.set_param, "web.base.title", "7"))

    def test_secrets_are_not_on_record(self):
        params = self.env["ir.config_parameter"]
        for name, value in (("some_token", "hunter2"), ("api_url", "https://me:hunter2@x.example")):
            event = self.news_of(params.set_param, f"pos_mixpay.{name}", value)
            self.assertTrue(event)
            self.assertNotIn("hunter2", f"{event.data} {event.summary}")

    def test_a_renamed_parameter(self):
        params = self.env["ir.config_parameter"]
        params.set_param("pos_mixpay.x", "1")
        param = params.search([("key", "=", "pos_mixpay.x")])
        event = self.news_of(param.write, {"key": "elsewhere.x"})
        self.assertEqual(self.shown(event), [("pos_mixpay.x", "1", "")])

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
