"""Personal data goes when nobody has to keep it any more; money facts stay."""

from unittest.mock import patch

import psycopg2
from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..mixpay import facts
from .test_mixpay_export import MixpayExportCase

ROOM = "odoo.addons.pos_mixpay.models.mixpay_retention"


@tagged("post_install", "-at_install")
class TestMixpayRetention(MixpayExportCase, TestPoSCommon):
    def old(self, at="2015-10-15 12:00:00"):
        payment = self.sold(at)
        self.settle(payment, at)
        payment.write(
            {
                "decision": "refunded",
                "decision_note": "to 0xfeed",
                "decided_by": "Boss",
                "decided_at": at,
                "explorer_url": "https://explorer.example/0xabcdef",
            }
        )
        self.env["mixpay.transfer"].sudo().create(
            {"payment_id": payment.id, "txid": "0xabcdef", "amount": "10.0125", "symbol": "USDT"}
        )
        self.env["mixpay.event"]._record("reported", payment=payment, data={"answer": "0xabcdef"})
        payment.message_post(body="to 0xfeed")
        self.age(payment, at)
        return payment

    def age(self, payment, at):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mixpay_payment SET create_date = %s, write_date = %s WHERE id = %s",
            [at, at, payment.id],
        )
        self.env.invalidate_all()

    def remove(self):
        self.env.flush_all()
        self.run_job("anonymize")
        self.env.invalidate_all()

    def traces(self, payment):
        """Return all that is kept of a payment, as text."""
        self.env.invalidate_all()
        records = (
            payment,
            payment.transfer_ids,
            self.env["mixpay.event"].sudo().search([("payment_id", "=", payment.id)]),
            payment.pos_payment_id,
            self.env["mixpay.export.line"].sudo().search([("payment_id", "=", payment.id)]),
            payment.message_ids,
        )
        return " ".join(str(record.read()) for record in records)

    def test_what_leads_to_a_person_goes_and_money_stays(self):
        payment = self.old()
        export = self.export({"date_from": "2015-10-01", "date_to": "2015-10-31"})
        before = self.rows(export)
        self.assertIn("0xfeed", str(self.rows(export, "decisions")))
        for text in ("0xabcdef", "0xfeed", "Boss"):
            self.assertIn(text, self.traces(payment))
        self.remove()
        self.assertTrue(payment.anonymized_at)
        for text in ("0xabcdef", "0xfeed"):
            self.assertNotIn(text, self.traces(payment))
        self.assertEqual((payment.amount, payment.paid_amount), (10.0, 10.0))
        self.assertEqual((payment.settle_amount, payment.decision), ("10.0125", "refunded"))
        self.assertEqual(payment.transfer_ids.amount, "10.0125")
        after = self.rows(export)
        for name in ("amount", "value", "units", "settled_units"):
            self.assertEqual(facts.total(after, name), facts.total(before, name))
        self.assertNotIn("0xfeed", str(self.rows(export, "decisions")))
        for one in export.file_ids:
            self.assertNotIn(b"0xabcdef", one.raw, one.name)
            self.assertNotIn(b"0xfeed", one.raw, one.name)
        self.assertEqual(len(export.file_ids), 5)

    def test_also_from_the_notes_of_orders_and_sessions(self):
        payment = self.old()
        payment.confirmation_reason = "Bob's <0xfeed>"
        decisions, order = self.env["mixpay.decision"], payment.pos_order_id
        decisions._log_note(payment, "to 0xfeed", "Boss")
        decisions._post_in_session(payment, payment.confirmation_reason, "Boss")
        payment.pos_session_id._mixpay_log_opened(payment)
        order.message_post(body="Delivered")
        self.age(payment, "2015-10-15 12:00:00")
        notes = order.message_ids | payment.pos_session_id.message_ids
        self.assertEqual(" ".join(notes.mapped("body")).count("0xfeed"), 2)
        self.remove()
        left = " ".join(notes.exists().mapped("body"))
        self.assertNotIn("0xfeed", left)
        self.assertIn("Delivered", left)
        self.assertIn("to review", left)

    def test_statement_lines_keep_coins_and_no_transactions(self):
        payment, young = self.old(), self.old()
        lines = [
            self.env["account.bank.statement.line"]
            .sudo()
            .create(
                {
                    "journal_id": self.method.journal_id.id,
                    "amount": 10.0,
                    "transaction_details": {
                        "mixpay": {"sent": {"amount": "10.0125", "transactions": ["0xabcdef"]}}
                    },
                    "mixpay_booking_id": self.env["mixpay.booking"]
                    .sudo()
                    .create(
                        {
                            "payment_id": one.id,
                            "company_id": self.company.id,
                            "kind": "receipt",
                            "state": "done",
                        }
                    )
                    .id,
                }
            )
            for one in (payment, young)
        ]
        self.age(young, "2025-10-15 12:00:00")
        self.remove()
        facts_left = [line.transaction_details["mixpay"]["sent"] for line in lines]
        self.assertEqual(facts_left[0], {"amount": "10.0125"})
        self.assertEqual(facts_left[1]["transactions"], ["0xabcdef"])

    def test_it_is_no_adjustment(self):
        self.old()
        self.export({"date_from": "2015-10-01", "date_to": "2015-10-31"})
        self.remove()
        self.assertFalse(self.rows(self.export()))

    def test_also_of_exports_in_a_language_that_is_not_used_any_more(self):
        german = self.env["res.lang"]._activate_lang("de_DE")
        payment = self.old()
        exports = self.env["mixpay.export"].with_context(lang="de_DE")
        export = exports.create({"date_from": "2015-10-01", "date_to": "2015-10-31"}).sudo()
        german.active = False
        self.env.invalidate_all()
        with self.assertNoLogs(ROOM, "WARNING"):
            self.remove()
        self.assertTrue(payment.anonymized_at)
        self.assertEqual(len(export.file_ids), 5)
        for one in export.file_ids:
            self.assertNotIn(b"0xabcdef", one.raw, one.name)
        page = "pos_mixpay.mixpay_export_report"
        self.assertIn(
            b"MixPay", self.env["ir.actions.report"]._render_qweb_html(page, export.ids)[0]
        )

    def test_only_once_the_years_are_over(self):
        with freeze_time("2026-01-01"):
            payment, young = self.old("2015-12-31 12:00:00"), self.old("2016-01-02 12:00:00")
            self.remove()
        self.assertTrue(payment.anonymized_at)
        self.assertFalse(young.anonymized_at)
        self.company.mixpay_retention_years = 30
        kept = self.old()
        self.remove()
        self.assertFalse(kept.anonymized_at)

    def test_what_waits_for_a_decision_is_kept(self):
        payment = self.old()
        payment.write({"issue": "surplus"})
        self.age(payment, "2015-10-15 12:00:00")
        self.remove()
        self.assertFalse(payment.anonymized_at)

    def test_years_are_bounded(self):
        for years in (0, 5, 31, -1):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.cr.savepoint(),
            ):
                self.company.mixpay_retention_years = years
                self.env.flush_all()
            self.company.invalidate_recordset()

    def test_in_batches(self):
        payments = self.old() | self.old() | self.old()
        with patch(f"{ROOM}.BATCH", 1), patch(f"{ROOM}.MOST_BATCHES", 2):
            self.remove()
            self.assertEqual(len(payments.filtered("anonymized_at")), 2)
            self.remove()
        self.assertTrue(all(payments.mapped("anonymized_at")))

    def test_changes_of_the_years_are_on_record(self):
        self.company.mixpay_retention_years = 12
        event = self.env["mixpay.event"].search([], limit=1)
        self.assertEqual(event.data["setting"], "mixpay_retention_years")
        self.assertEqual(event.company_id, self.company)
