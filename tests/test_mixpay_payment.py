import dataclasses
from decimal import Decimal

from psycopg2 import errors as pg_errors

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .. import texts
from ..mixpay import result, states
from ..mixpay.standing import standing
from ..models.mixpay_payment import TERMS
from .common import USDT_TRON, MixpaySimulatorMixin

SENT = {
    "payment_amount": "1.72",
    "payment_symbol": "USDT",
    "payment_version": "TRC20",
    "payment_asset_id": USDT_TRON,
}
CANCELLED = "Cancelled at the register"


@tagged("post_install", "-at_install")
class TestMixpayPayment(MixpaySimulatorMixin, TestPoSCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_shop()
        cls.config.open_ui()
        cls.pos_session = cls.config.current_session_id
        cls.payment = cls.record_payment(cls.pos_session, cls.method)
        cls.cashier = cls.env["res.users"].create(
            {
                "name": "Cashier",
                "login": "mixpay_cashier",
                "group_ids": [(6, 0, [cls.env.ref("point_of_sale.group_pos_user").id])],
            }
        )

    def test_terms_never_change(self):
        for name in TERMS:
            with self.subTest(name=name), self.assertRaisesRegex(UserError, "never change"):
                self.payment.write({name: self.payment[name]})

    def test_every_field_that_is_a_term_is_guarded(self):
        terms = self.payment._terms()
        names = {field.name for field in dataclasses.fields(terms)} - {"quote_amount"}
        self.assertLessEqual(names | {"amount", "currency_id"}, TERMS)

    def test_a_new_payment_states_all_its_terms(self):
        vals = self.env["mixpay.checkout"]._new_vals(
            self.method, self.pos_session, Decimal("10.00"), "order", "line", "Order 1"
        )
        self.assertLessEqual(TERMS, vals.keys())
        lookup = self.env["mixpay.lookup"]._add_lookup(vals["trace_id"], self.method)
        report = result.parse({"quoteAmount": "10.00"})
        taken = lookup._values_of_payment(report, self.pos_session.currency_id)
        of_customer = {"callback_token", "callback_url", "remark"}
        self.assertEqual(TERMS - taken.keys(), of_customer, "whom nobody asks any more")
        from_method = self.env["mixpay.payment"]._terms_of_method(self.method)
        for stated in (vals, taken):
            self.assertLessEqual(from_method.items(), stated.items())
            self.assertIsInstance(stated["amount"], Decimal)

    def test_only_allowed_transitions_are_written(self):
        self.payment.env["mixpay.answer"]._transition(self.payment, "failed", {})
        for state in set(states.STATES) - {"failed"}:
            with self.subTest(state=state), self.assertRaisesRegex(UserError, "cannot go from"):
                self.payment.write({"state": state})

    def test_nobody_deletes_a_payment(self):
        with self.assertRaisesRegex(UserError, "kept for ever"):
            self.payment.sudo().unlink()
        with self.assertRaises(AccessError):
            self.payment.with_user(self.cashier).unlink()

    def test_nobody_writes_or_creates_payments_from_outside(self):
        for user in (self.cashier, self.env.ref("base.user_admin")):
            with self.assertRaises(AccessError):
                self.payment.with_user(user).write({"state": "success"})
            with self.assertRaises(AccessError):
                self.payment.with_user(user).copy()

    def test_secrets_stay_with_administrators(self):
        with self.assertRaises(AccessError):
            self.payment.with_user(self.cashier).read(["callback_token"])
        with self.assertRaises(AccessError):
            self.payment.with_user(self.cashier).read(["payee_id"])
        self.assertEqual(self.payment.with_user(self.cashier).state, "draft")

    def test_other_companies_payments_are_not_seen(self):
        other = self.env["res.company"].create({"name": "Other"})
        hidden = self.record_payment(self.pos_session, self.method, company_id=other.id)
        seen = self.env["mixpay.payment"].with_user(self.cashier).search([])
        self.assertNotIn(hidden, seen)
        self.assertIn(self.payment, seen)

    def test_cashiers_see_what_open_sessions_need(self):
        self.pos_session.state = "closed"
        seen = self.env["mixpay.payment"].with_user(self.cashier).search([])
        self.assertNotIn(self.payment, seen)
        self.assertIn(self.payment, self.env["mixpay.payment"].search([]))
        hidden = ("approval", "approver", "event", "payee", "slot", "job")
        for model in (f"mixpay.{name}" for name in hidden):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.cashier).search([])

    def test_an_unknown_status_is_logged_once(self):
        payment = self.payment
        report = {"status": "dancing", "traceId": payment.trace_id}
        with self.assertLogs("odoo.addons.pos_mixpay.models.mixpay_answer", "WARNING") as logs:
            payment.env["mixpay.answer"]._apply_result(payment, result.parse(report))
            payment.env["mixpay.answer"]._apply_result(payment, result.parse(report))
        self.assertEqual(len(logs.output), 1)
        self.assertIn("dancing", logs.output[0])
        self.assertEqual(payment.state, "draft")

    def test_one_live_payment_per_line(self):
        line = self.payment.payment_uuid
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(pg_errors.UniqueViolation),
            self.cr.savepoint(),
        ):
            self.record_payment(self.pos_session, self.method, payment_uuid=line)
        self.payment._abandon()
        self.record_payment(self.pos_session, self.method, payment_uuid=line)

    def test_what_the_register_gets(self):
        self.payment.env["mixpay.answer"]._transition(
            self.payment, "unpaid", {"link": "https://mixpay.me/code/x"}
        )
        shown = self.payment.env["mixpay.presenter"]._to_register(self.payment, with_qr=True)
        self.assertEqual(shown["amount"], "10.00")
        self.assertEqual(shown["expires_at"], self.payment.expires_at.isoformat() + "Z")
        self.assertAlmostEqual(shown["seconds_left"], self.seconds_left(), delta=5)
        self.assertTrue(shown["qr"].startswith("data:image/svg+xml;base64,"))
        self.assertNotIn("qr", self.payment.env["mixpay.presenter"]._to_register(self.payment))
        self.assertFalse({"payee_id", "callback_token", "api_url"} & shown.keys())

    def seconds_left(self):
        """Return the seconds until the payment expires, by this machine's clock."""
        return (self.payment.expires_at - fields.Datetime.now()).total_seconds()

    def test_time_left_is_mixpay_s(self):
        self.payment.clock_offset = 600.0
        self.assertAlmostEqual(self.payment.time_left, self.seconds_left() - 600, delta=5)
        self.payment.clock_offset = 6000.0
        self.assertLess(self.payment.time_left, 0)

    def test_every_state_has_words_and_time_s_up_is_no_failure(self):
        for state in states.STATES:
            payment = self.record_payment(self.pos_session, self.method)
            if state != "draft":
                payment.env["mixpay.answer"]._transition(payment, state, {})
            label, message = texts.state_texts(self.env, payment, standing(payment))
            with self.subTest(state=state):
                self.assertTrue(label and message)
        late = self.record_payment(self.pos_session, self.method)
        late.env["mixpay.answer"]._transition(late, "unpaid", {"clock_offset": 10_000.0})
        self.assertIn("Still checking", texts.state_texts(self.env, late, standing(late))[1])
        self.assertEqual(
            late.env["mixpay.presenter"]._to_register(late)["line_status"], "waitingCard"
        )

    def test_what_is_missing_is_told_in_both_currencies(self):
        self.payment.env["mixpay.answer"]._transition(
            self.payment,
            "paid_less",
            {
                "payable_amount": "10.05",
                "payment_amount": "8.04",
                "payable_symbol": "USDT",
                "payable_version": "TRC20",
                "payable_asset_id": USDT_TRON,
                "payment_symbol": "USDT",
                "payment_version": "TRC20",
                "payment_asset_id": USDT_TRON,
            },
        )
        shown = self.shown()
        self.assertEqual(shown["remaining"]["coin"], "2.01 USDT (Tron)")
        self.assertIn("2.00", shown["remaining"]["currency"])
        self.assertRegex(shown["state_text"], r"2\.00.* still missing \(2\.01 USDT, Tron\)")
        self.assertRegex(shown["message"], r"Received 8\.04.* of 10\.05 USDT \(Tron\)\.")
        self.assertEqual(self.payment.sent, "8.04 USDT (Tron)")
        self.assertEqual(self.payment.to_send, "10.05 USDT (Tron)")

    def shown(self):
        """What a register is told of the payment."""
        self.env.flush_all()
        return self.env["mixpay.presenter"]._to_register(self.payment)

    def end(self, state, **values):
        self.env["mixpay.answer"]._transition(self.payment, state, values)
        return self.shown()

    def test_a_payment_that_failed_without_money_may_be_asked_for_again(self):
        shown = self.end("failed", failure_code="40000")
        self.assertEqual(shown["state_text"], "Not paid in time")
        self.assertIn("nothing was charged", shown["message"])
        self.assertTrue(shown["may_ask_again"])
        self.assertFalse(shown["slip"])

    def test_money_that_was_sent_for_a_failed_payment_is_not_asked_for_again(self):
        """Each code has words of its own, all with the next step, and there is a slip."""
        said = set()
        for code in ("40000", "40020", "40024", "40025", "40027", "40032", "10095", "99999"):
            self.payment = self.record_payment(self.pos_session, self.method)
            shown = self.end("failed", failure_code=code, funds_detected=True, **SENT)
            with self.subTest(code=code):
                self.assertEqual(shown["state_text"], "Failed after money was sent")
                self.assertIn("MixPay", shown["message"])
                self.assertIn("Do not charge the customer again", shown["message"])
                self.assertNotIn("try again", shown["message"].lower())
                self.assertFalse(shown["may_ask_again"])
                self.assertTrue(shown["slip"])
            said.add(shown["message"])
        self.assertGreaterEqual(len(said), 7)

    def test_cancelled_says_what_had_arrived(self):
        self.assertEqual(self.end("unpaid", is_abandoned=True)["state_text"], CANCELLED)
        for state in ("paid_less", "confirming", "failed"):
            self.payment = self.record_payment(self.pos_session, self.method, is_abandoned=True)
            shown = self.end(state, **SENT)
            with self.subTest(state=state):
                self.assertEqual(
                    shown["state_text"], f"{CANCELLED}, after 1.72 USDT (Tron) had arrived"
                )
                self.assertIn("the slip", shown["message"])

    def test_what_is_seen_of_a_transfer(self):
        txid = "ab" * 32
        shown = self.end("confirming", confirmations=3, txid=txid, **SENT)
        self.assertEqual(shown["confirmations"], "Confirmations so far: 3")
        self.assertEqual(shown["sent"], "1.72 USDT (Tron)")
        self.assertEqual(shown["explorer"], f"https://tronscan.org/#/transaction/{txid}")
        self.payment.write({"required_confirmations": 20, "txid": "javascript:alert(1)"})
        shown = self.shown()
        self.assertEqual(shown["confirmations"], "Confirmations: 3 of 20")
        self.assertEqual(shown["explorer"], "")
        self.assertEqual(self.end("pending")["confirmations"], "")

    def test_only_an_open_payment_has_an_old_answer(self):
        self.env["mixpay.job"]._enqueue(self.payment)
        job = self.env["mixpay.job"].sudo().search([("payment_id", "=", self.payment.id)])
        job.failures = 2
        shown = self.end("unpaid")
        self.assertTrue(shown["is_unreachable"])
        job.unlink()
        shown = self.shown()
        self.assertFalse(shown["is_unreachable"] or shown["answer_age"])

    def test_the_budget_leaves_room_for_what_matters_more(self):
        self.env["ir.config_parameter"].sudo().set_param("pos_mixpay.requests_per_minute", "6")
        taken = {kind: self.use_up(kind) for kind in ("poll", "create", "urgent")}
        self.assertEqual(taken, {"poll": 5, "create": 0, "urgent": 1}, "one is a person's")
        self.env["ir.config_parameter"].sudo().set_param("pos_mixpay.requests_per_minute", "60")
        self.assertEqual(self.use_up("poll"), 48, "numbers 7 to 54: the rest is kept for others")
        self.assertEqual(self.use_up("code"), 0, "a pay link will do")
        self.assertEqual([self.use_up(kind) for kind in ("called", "create", "urgent")], [2, 0, 4])
