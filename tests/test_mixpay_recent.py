"""What a register took lately: the list, its search, and a verdict for who says they paid."""

import uuid
from datetime import timedelta

from odoo.tests import HttpCase, tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..models import mixpay_recent
from .common import STRANGER, USDT_ETHEREUM, MixpayRoutesCase


@tagged("post_install", "-at_install")
class TestMixpayRecent(MixpayRoutesCase, TestPoSCommon, HttpCase):
    def recent(self, words="", session=None):
        session = session or self.pos_session
        return self.call("recent", session_id=session.id, words=words)["payments"]

    def ask(self, trace_id):
        return self.call("ask", session_id=self.pos_session.id, trace_id=trace_id)

    def pass_time(self):
        """Have MixPay be asked again: a while has passed since it was."""
        self.env.cr.execute("UPDATE mixpay_job SET attempted_at = NULL, synced_at = NULL")

    def record_of(self, payment):
        self.env.invalidate_all()
        return self.env["mixpay.payment"].sudo().browse(payment["id"])

    def change(self, payment, column, value):
        """Change what the ORM keeps to itself."""
        self.env.flush_all()
        self.env.cr.execute(
            f"UPDATE mixpay_payment SET {column} = %s WHERE id = %s", [value, payment["id"]]
        )
        self.env.invalidate_all()

    # === THE LIST === #

    def test_the_own_shops_last_seven_days_newest_first(self):
        first, second = self.create_payment(), self.create_payment(order_name="Order 0002")
        old, foreign = self.create_payment(), self.create_payment()
        days = timedelta(days=mixpay_recent.DAYS, minutes=1)
        self.change(old, "create_date", self.record_of(old).create_date - days)
        self.change(foreign, "pos_config_id", self.config.copy({"name": "Another shop"}).id)
        self.assertEqual(
            [p["trace_id"] for p in self.recent()], [second["trace_id"], first["trace_id"]]
        )
        self.assertEqual(self.recent()[0]["verdict"], "nothing")
        self.assertTrue(self.recent()[0]["created_at"].endswith("Z"))

    def test_a_closed_sessions_payment_is_found_by_the_next_session(self):
        payment = self.create_payment()
        self.record_of(payment)._abandon()
        self.pos_session.post_closing_cash_details(0)
        self.pos_session.close_session_from_ui()
        self.config.open_ui()
        session = self.config.current_session_id
        self.assertNotEqual(session, self.pos_session)
        self.assertEqual(
            [p["trace_id"] for p in self.recent(session=session)], [payment["trace_id"]]
        )

    def test_it_is_found_by_order_amount_trace_and_transaction(self):
        self.create_payment(order_name="Order 0001", amount="10.00")
        wanted = self.create_payment(order_name="Order 0042", amount="12.34")
        record = self.record_of(wanted)
        record.txid = "0xAbCdEf0123456789"
        record.flush_recordset()
        trace_id = wanted["trace_id"]
        for words in (
            "0042",
            "12.34",
            " 12,34 ",
            trace_id,
            trace_id.replace("-", "").upper(),
            f"\u2066{trace_id}\u200e ",
            trace_id[:9].upper(),
            "0xabcdef01",
        ):
            found = [p["trace_id"] for p in self.recent(words)]
            self.assertEqual(found, [trace_id], words)
        # Neither an identifier's middle, nor a pattern, nor what is no text.
        for words in (trace_id[4:20], "0xabc", "%%%%%%%%", "0_abcdef0", "x" * 5000, "\x00'"):
            self.assertEqual(self.recent(words), [], words)
        self.assertEqual(len(self.recent(["0042"])), 2)

    def test_only_a_cashier_with_a_session_of_that_shop_reads_it(self):
        self.create_payment()
        self.assert_refused("session", "recent", session_id=0)
        self.authenticate("mixpay_clerk", "mixpay_clerk")
        self.assert_refused("Point of Sale", "recent", session_id=self.pos_session.id)
        trace_id = str(uuid.uuid4())
        self.assert_refused(
            "Point of Sale", "ask", session_id=self.pos_session.id, trace_id=trace_id
        )

    # === THE VERDICT === #

    def test_nothing_seen_short_and_paid(self):
        payment = self.create_payment()
        trace_id = payment["trace_id"]
        self.assertEqual(self.ask(trace_id)["verdict"], "nothing")
        self.simulator.pay(trace_id, asset=USDT_ETHEREUM)
        self.pass_time()
        self.assertEqual(self.ask(trace_id)["verdict"], "seen")
        self.simulator.succeed(trace_id)
        self.pass_time()
        answer = self.ask(trace_id)
        self.assertEqual((answer["verdict"], answer["state"]), ("paid", "success"))
        self.assertIn("Order 0001", answer["verdict_text"])

    def test_short_says_by_how_much(self):
        payment = self.create_payment()
        self.simulator.pay_less(payment["trace_id"], asset=USDT_ETHEREUM, amount="4")
        self.simulator.confirm(payment["trace_id"])
        self.pass_time()
        answer = self.ask(payment["trace_id"])
        self.assertEqual(answer["verdict"], "short")
        self.assertIn("6.00", answer["verdict_text"])

    def test_money_for_a_sale_that_did_not_wait_is_not_charged_again(self):
        payment = self.create_payment()
        record = self.record_of(payment)
        record._abandon()
        record.order_ended_at = record._now()
        record.flush_recordset()
        self.simulator.pay(payment["trace_id"], asset=USDT_ETHEREUM)
        self.simulator.succeed(payment["trace_id"])
        self.pass_time()
        answer = self.ask(payment["trace_id"])
        self.assertEqual(answer["verdict"], "review")
        self.assertIn("Do not charge again", answer["verdict_text"])

    def test_what_mixpay_has_not_confirmed_is_not_called_paid(self):
        """Marked as paid by hand, or accepted unconfirmed: an order has it, whatever it became."""
        for column in ("confirmed_at", "accepted_unconfirmed_at"):
            for state, verdict in (("confirming", "seen"), ("failed", "review")):
                payment = self.create_payment()
                now = self.record_of(payment)._now()
                for name, value in ((column, now), ("covered_at", now), ("state", state)):
                    self.change(payment, name, value)
                with self.subTest(column=column, state=state):
                    self.assertEqual(self.recent()[0]["verdict"], verdict)

    def test_money_that_mixpay_sends_back_is_not_called_nothing(self):
        """Of another coin than the one that was to be paid MixPay recognizes no amount."""
        trace_id = self.create_payment()["trace_id"]
        self.simulator.fail(trace_id, code="40020")
        self.pass_time()
        answer = self.ask(trace_id)
        self.assertEqual((answer["state"], answer["verdict"]), ("failed", "review"))
        self.assertIn("Money was sent", answer["verdict_text"])
        self.assertEqual(self.recent()[0]["verdict"], "review")
        forgotten = self.forgotten(is_paid=False)
        self.simulator.fail(forgotten, code="40020")
        self.assertEqual(self.ask(forgotten)["verdict"], "review")
        self.env.invalidate_all()
        payment = self.env["mixpay.payment"].search([("trace_id", "=", forgotten)])
        self.assertEqual(payment.issue, "failed_with_funds")

    def test_what_a_manager_has_decided_is_said(self):
        """Or somebody would give it back twice."""
        for decision, words in (("refunded", "given back already"), ("kept", "has decided")):
            payment = self.create_payment()
            facts = {"is_abandoned": True, "state": "success", "written_off_as": decision}
            facts["written_off_at"] = self.record_of(payment)._now()
            for name, value in facts.items():
                self.change(payment, name, value)
            with self.subTest(decision=decision):
                shown = self.recent()[0]
                self.assertEqual(shown["verdict"], "closed")
                self.assertIn(words, shown["verdict_text"])

    def test_a_code_that_was_opened_otherwise_is_only_paid_when_it_is(self):
        for state, verdict, words in (
            ("unpaid", "review", "has opened this code"),
            ("failed", "nothing", "Nothing received"),
            ("mismatch", "review", "paid to somebody else"),
        ):
            payment = self.create_payment()
            for name, value in {"is_abandoned": True, "is_taken": True, "state": state}.items():
                self.change(payment, name, value)
            with self.subTest(state=state):
                shown = self.recent()[0]
                self.assertEqual(shown["verdict"], verdict)
                self.assertIn(words, shown["verdict_text"])

    def test_mixpay_out_of_reach_is_said_and_changes_nothing(self):
        payment = self.create_payment()
        self.pass_time()
        self.simulator.set_knobs(http_500_rate=1)
        answer = self.ask(payment["trace_id"])
        self.assertEqual((answer["verdict"], answer["state"]), ("nothing", "unpaid"))
        self.assertIn("MixPay", answer["notice"])

    # === WHAT THIS SHOP DID NOT MAKE === #

    def test_a_strangers_payment_is_not_ours(self):
        self.assertEqual(self.ask(self.forgotten(payee=STRANGER))["verdict"], "review")
        self.assertEqual(self.ask(str(uuid.uuid4()))["verdict"], "nothing")

    def test_ours_without_a_record_goes_onto_the_list_and_pays_nothing(self):
        trace_id = self.forgotten()
        answer = self.ask(trace_id)
        self.assertEqual(answer["verdict"], "review")
        self.env.invalidate_all()
        payment = self.env["mixpay.payment"].search([("trace_id", "=", trace_id)])
        self.assertEqual(payment.issue, "late")
        self.assertFalse(payment._backs(self.env["pos.payment"]))

    def test_what_was_paid_since_it_was_asked_about_is_not_called_nothing(self):
        """Of a pay link MixPay knows nothing until its payer has opened it."""
        trace_id = str(uuid.uuid4())
        self.assertEqual(self.ask(trace_id)["verdict"], "nothing")
        self.forgotten(trace_id=trace_id)
        self.simulator.set_knobs(http_500_next=1)
        for verdict in ("unasked", "review"):
            self.may_ask_again()
            self.assertEqual(self.ask(trace_id)["verdict"], verdict)

    def test_another_shops_payment_is_not_told_of(self):
        payment = self.create_payment()
        self.change(payment, "pos_config_id", self.config.copy({"name": "Another shop"}).id)
        self.assert_refused("another Point of Sale", "ask", **self.asking(payment["trace_id"]))

    def asking(self, trace_id):
        return {"session_id": self.pos_session.id, "trace_id": trace_id}

    def test_a_session_looks_up_a_few(self):
        for _number in range(5):
            self.assertEqual(self.ask(str(uuid.uuid4()))["verdict"], "nothing")
        calls = len(self.simulator.requests())
        self.assert_refused("too many", "ask", **self.asking(str(uuid.uuid4())))
        self.assertEqual(len(self.simulator.requests()), calls)

    def test_a_payment_that_has_ended_is_asked_about_once_a_minute(self):
        payment = self.create_payment()
        self.simulator.pay(payment["trace_id"], asset=USDT_ETHEREUM)
        self.simulator.succeed(payment["trace_id"])
        self.pass_time()
        self.ask(payment["trace_id"])
        self.ask(payment["trace_id"])
        calls = len(self.simulator.requests())
        self.ask(payment["trace_id"])
        self.assertEqual(len(self.simulator.requests()), calls)
