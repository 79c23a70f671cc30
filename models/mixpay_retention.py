"""Removes what is personal from old evidence, once nobody has to keep it. Money facts stay."""

import logging
from html import unescape

from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.tools import SQL

from ..failures import reason_of
from ..mixpay.refunds import PAID, PENDING
from ..transactions import own_transaction
from .mixpay_export_facts import PERSONAL
from .res_company_books import DEFAULT_RETENTION, LEAST_RETENTION

_logger = logging.getLogger(__name__)

BATCH = 200
# At most so many batches in a run: the rest comes the next day.
MOST_BATCHES = 50
REMOVED = "removed"
# Table → columns that are emptied, because they lead to a person or describe one.
_EMPTIED = {
    "mixpay_payment": (
        "txid",
        "explorer_url",
        "link",
        "remark",
        "callback_url",
        "order_data",
        "decision_note",
        "confirmation_reason",
    ),
    "mixpay_transfer": ("explorer_url",),
    "mixpay_lookup": ("txid", "answer"),
    "mixpay_approval": ("reason",),
    "mixpay_refund": ("address", "memo", "txid", "reason", "given_back_how"),
}


class MixpayPayment(models.Model):
    _inherit = "mixpay.payment"

    anonymized_at = fields.Datetime(
        string="Personal Data Removed On",
        readonly=True,
        copy=False,
        help="Its addresses and texts about people were kept as long as the company has set.",
    )


# What is done about payments besides emptying columns, given their ids.
_OF_PAYMENTS = (
    "UPDATE mixpay_payment SET anonymized_at = clock_timestamp() AT TIME ZONE 'UTC'"
    " WHERE id = ANY(%s)",
    # Required and unique, so it gets a number of its own.
    f"UPDATE mixpay_transfer SET txid = '{REMOVED} ' || id WHERE payment_id = ANY(%s)",
    # Odoo's own line keeps it, too.
    "UPDATE pos_payment SET payment_ref_no = NULL WHERE id IN (SELECT pos_payment_id"
    " FROM mixpay_payment WHERE id = ANY(%s))",
    # What was decided holds on, whoever decided and why: money is never given back again.
    "UPDATE mixpay_event SET data = jsonb_build_object('removed', TRUE)"
    " || CASE WHEN kind = 'decided'"
    " THEN jsonb_build_object('decision', data -> 'decision', 'issue', data -> 'issue')"
    " ELSE '{}'::jsonb END WHERE payment_id = ANY(%s)",
)


class MixpayRetention(models.AbstractModel):
    """Removes addresses and texts about people, in batches of payments, by plain statements.

    The records refuse to be changed, by whomever; this is the one exception, for the law's sake.
    """

    _name = "mixpay.retention"
    _description = "How long personal data of MixPay payments is kept"

    def _cron_anonymize(self):
        """Go through the companies; an error at one does not stop the others."""
        commit_progress = self.env["ir.cron"]._commit_progress
        # Archived ones, too: their evidence is as old as any.
        domain = [("active", "in", (True, False))]
        companies = self.env["res.company"].search(domain)
        commit_progress(remaining=len(companies))
        for company in companies:
            try:
                self._anonymize_company(company)
            except Exception as error:  # pylint: disable=broad-exception-caught
                # Any error: the data of other companies must be removed all the same.
                _logger.warning("Personal data of %s is kept: %s", company.id, reason_of(error))
            commit_progress(1)

    def _anonymize_company(self, company):
        before = self._before(company)
        for _number in range(MOST_BATCHES):
            with own_transaction(company) as own:
                if not own.env["mixpay.retention"]._anonymize_batch(own, before):
                    return

    def _before(self, company):
        """Return before when evidence is old: whole years, and never less than the least."""
        years = max(company.mixpay_retention_years or DEFAULT_RETENTION, LEAST_RETENTION)
        return fields.Datetime.now() - relativedelta(years=years)

    def _anonymize_batch(self, company, before):
        """Remove what is personal of some payments; return whether there may be more.

        Not of one that waits for a decision, or that changed within that time.
        """
        payments = self.env["mixpay.payment"].search(
            [
                ("company_id", "=", company.id),
                ("create_date", "<", before),
                ("write_date", "<", before),
                ("anonymized_at", "=", False),
                ("issue", "=", False),
            ],
            limit=BATCH,
            order="id",
        )
        if payments:
            self._anonymize(payments)
        # Of payments of others, or that nobody has taken onto the list.
        self._empty(
            "mixpay_lookup", SQL("company_id = %s AND create_date < %s", company.id, before)
        )
        self._anonymize_refunds(company, before)
        return len(payments) == BATCH

    def _anonymize_refunds(self, company, before):
        """Remove what is personal of refunds that are old, and not to be paid out any more."""
        refunds = self.env["mixpay.refund"].search(
            [
                ("company_id", "=", company.id),
                ("create_date", "<", before),
                ("write_date", "<", before),
                ("state", "not in", PENDING),
            ]
        )
        if refunds:
            self._forget_refunds(refunds)

    def _forget_refunds(self, refunds):
        """Remove what is personal of these refunds; this comes back daily, and finds nothing."""
        of_refunds = SQL("refund_id = ANY(%s)", refunds.ids)
        self.env.flush_all()
        self._empty("mixpay_refund", SQL("id = ANY(%s)", refunds.ids))
        self._empty("mixpay_approval", of_refunds)
        self._clean_statement_lines(of_refunds)
        # What Odoo's own line keeps of it.
        self.env.cr.execute(
            "UPDATE pos_payment SET payment_ref_no = NULL"
            " WHERE payment_ref_no IS NOT NULL AND uuid = ANY(%s)",
            [refunds.filtered(lambda one: one.state == PAID).mapped("payment_uuid")],
        )
        # Of the payments' history, which may be younger: found by the refunds' references.
        self.env.cr.execute(
            "UPDATE mixpay_event SET data = jsonb_build_object('removed', TRUE)"
            " WHERE payment_id = ANY(%s) AND kind = 'refund' AND data ->> 'reference' = ANY(%s)",
            [refunds.payment_ids.ids, refunds.mapped("reference")],
        )
        self.env.invalidate_all()
        refunds.message_ids.unlink()
        self._clean_exports(of_refunds)

    def _anonymize(self, payments):
        """Remove what is personal of these payments, wherever the addon keeps it."""
        self._notes_about(payments).unlink()
        self.env.flush_all()
        self._empty("mixpay_payment", SQL("id = ANY(%s)", payments.ids))
        for table in ("mixpay_transfer", "mixpay_lookup", "mixpay_approval"):
            self._empty(table, SQL("payment_id = ANY(%s)", payments.ids))
        for statement in _OF_PAYMENTS:
            self.env.cr.execute(statement, [payments.ids])
        self._clean_statement_lines(SQL("payment_id = ANY(%s) AND refund_id IS NULL", payments.ids))
        self.env.invalidate_all()
        payments.message_ids.unlink()
        self._clean_exports(
            SQL(
                "payment_id = ANY(%s) OR (company_id = ANY(%s) AND sheet = 'decisions'"
                " AND shown ->> 'trace_id' = ANY(%s))",
                payments.ids,
                payments.company_id.ids,
                payments.mapped("trace_id"),
            )
        )

    def _notes_about(self, payments):
        """Return the notes with people's reasons on the orders and sessions of these payments.

        Each has its payment's trace ID. What else a session's log says leads to nobody.
        """
        notes = self.env["mail.message"]
        of_orders = [("model", "=", "pos.order"), ("res_id", "in", payments.pos_order_id.ids)]
        traces = payments.mapped("trace_id")
        found = notes.search(of_orders).filtered(lambda n: any(t in (n.body or "") for t in traces))
        for payment in payments.filtered("confirmation_reason"):
            words = (payment.trace_id, payment.confirmation_reason)
            session_id = payment.pos_session_id.id
            of_session = [("model", "=", "pos.session"), ("res_id", "=", session_id)]
            found |= notes.search(of_session).filtered(
                lambda n, words=words: all(word in unescape(n.body or "") for word in words)
            )
        return found

    def _empty(self, table, condition):
        """Empty a table's personal columns, where they are not empty yet: this comes back daily."""
        columns = [SQL.identifier(column) for column in _EMPTIED[table]]
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE %s AND (%s)",
                SQL.identifier(table),
                SQL(", ").join(SQL("%s = NULL", column) for column in columns),
                condition,
                SQL(" OR ").join(SQL("%s IS NOT NULL", column) for column in columns),
            )
        )

    def _clean_statement_lines(self, condition):
        """Remove from statement lines the transactions that lead to wallets.

        :param condition: which of our entries in the books they belong to
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_bank_statement_line
                   SET transaction_details = transaction_details #- '{mixpay,sent,transactions}'
                 WHERE mixpay_booking_id IN (SELECT id FROM mixpay_booking WHERE %s)
                   AND transaction_details #> '{mixpay,sent,transactions}' IS NOT NULL
                """,
                condition,
            )
        )

    def _clean_exports(self, condition):
        """Remove it from exports: of the rows what is personal, and files that had it."""
        names = list(PERSONAL)
        self.env.cr.execute(
            SQL(
                """
                   UPDATE mixpay_export_line
                      SET shown = shown - %(names)s::text[], facts = facts - %(names)s::text[]
                    WHERE (%(condition)s)
                      AND (shown ?| %(names)s::text[] OR facts ?| %(names)s::text[])
                RETURNING export_id
                """,
                names=names,
                condition=condition,
            )
        )
        export_ids = {export_id for (export_id,) in self.env.cr.fetchall()}
        self.env.invalidate_all()
        for export in self.env["mixpay.export"].browse(sorted(export_ids)):
            export._renew_files()
